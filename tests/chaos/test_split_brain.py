"""Two workers in the same purchase at once, in many orders of their calls: one job survives, and both know it.

`make chaos` tries every order.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.chaos.two_workers import World, orders

pytestmark = pytest.mark.usefixtures("airflow_connections")
TRIED = 75
WORLDS = [World(step, lag) for step in (1, -1) for lag in (0.0, 5.0)]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_two_workers_in_one_purchase_end_with_one_job(world: World, dts_emulator: Any) -> None:
    tried = dict(orders(dts_emulator, world, at_most=TRIED, drawn=random.Random(world.step)))
    assert {order: wrong for order, wrong in tried.items() if wrong} == {}
    assert len(tried) == TRIED
