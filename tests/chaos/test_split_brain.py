"""Two workers in the same purchase at once, in many orders of their calls: one job survives, and both know it.

`make chaos` tries every order.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.chaos.two_workers import World, orders

pytestmark = pytest.mark.usefixtures("airflow_connections")
TRIED = 150


@pytest.mark.parametrize("step", [1, -1], ids=["ids grow", "ids shrink"])
def test_two_workers_in_one_purchase_end_with_one_job(step: int, dts_emulator: Any) -> None:
    tried = dict(orders(dts_emulator, World(step), at_most=TRIED, drawn=random.Random(step)))  # noqa: S311 - draws orders, guards nothing
    assert {order: wrong for order, wrong in tried.items() if wrong} == {}
    assert len(tried) == TRIED
