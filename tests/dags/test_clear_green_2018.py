"""Any task of a run of 2018 that has ended well, and whose job is deleted, may be cleared: nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dags.migrations import orders
from tests.dags.syncs import Green, on_an_emulator
from tests.dags.test_migrate_2018 import CONF, TASKS, assert_green, quick_2018

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def green(airflow_database: None, dts_emulator_options: dict[str, Any]) -> Iterator[Green]:
    """One run for all tests below: what clearing one task leaves behind must not hurt the next clear either."""
    with on_an_emulator(dts_emulator_options) as emulator:
        yield Green(quick_2018(CONF), emulator)


def test_the_tasks_are_all_here(green: Green) -> None:
    assert set(green.run.states()) == set(TASKS)
    assert_green(green.run, green.emulator)


@pytest.mark.parametrize(
    ("task_id", "downstream"),
    [(task_id, False) for task_id in TASKS] + [(task_id, True) for task_id in TASKS[2:]],
)
def test_clearing_orders_nothing(green: Green, task_id: str, downstream: bool) -> None:
    before = orders(green.emulator)
    green.run.clear(task_id, downstream=downstream)
    assert_green(green.run, green.emulator)
    assert orders(green.emulator) == before


def test_clearing_the_creation_with_its_downstream_creates_nothing_and_says_why(green: Green) -> None:
    before = orders(green.emulator)
    green.run.clear("plan")
    assert orders(green.emulator) == before
    assert green.run.red() == ["create"]
    assert "has succeeded, and is gone" in green.run.error("create")
