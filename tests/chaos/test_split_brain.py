"""Two workers in the same purchase at once, in every order of their calls: one job survives, and both know it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.two_workers import World, orders

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.mark.parametrize("step", [1, -1], ids=["ids grow", "ids shrink"])
def test_two_workers_in_one_purchase_end_with_one_job(step: int, dts_emulator: Any) -> None:
    tried = list(orders(dts_emulator, World(step), at_most=2000))
    assert [found for found in tried if found[1]] == []
    assert len(tried) > 100
