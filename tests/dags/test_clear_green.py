"""Any task of a run that has ended well may be cleared, alone or with its downstream: nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tencent_dts.emulator import Emulator
from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, assert_green, migrate_dag, orders
from tests.dags.quick_runs import QuickRun
from tests.dags.syncs import on_an_emulator

TASKS = (
    *("plan", "purchase", "configure", "check", "check_passed", "start", "ready"),
    *("compare", "report", "approve", "complete", "succeeded", "isolate"),
)

pytestmark = pytest.mark.long


class Green(NamedTuple):
    """A run that has ended well, and the emulator it ran on."""

    run: LocalRun | QuickRun
    emulator: Emulator


@pytest.fixture(scope="module")
def green(airflow_database: None, dts_emulator_options: dict[str, Any]) -> Iterator[Green]:
    """One run for the whole module: what clearing one task leaves behind must not hurt the next clear either."""
    with on_an_emulator(dts_emulator_options) as emulator:
        yield Green(LocalRun(migrate_dag(), CONF), emulator)


def test_the_tasks_are_all_here(green: Green) -> None:
    assert set(green.run.states()) == set(TASKS)
    assert_green(green.run, green.emulator)


def clears(green: Green, task_id: str, *, downstream: bool) -> None:
    before = orders(green.emulator)
    green.run.clear(task_id, downstream=downstream)
    assert_green(green.run, green.emulator)
    assert orders(green.emulator) == before, task_id


@pytest.mark.parametrize("task_id", TASKS)
def test_clearing_one_alone_orders_nothing(green: Green, task_id: str) -> None:
    clears(green, task_id, downstream=False)


def test_clearing_all_of_them_orders_nothing(green: Green) -> None:
    clears(green, "plan", downstream=True)


def test_clearing_any_with_its_downstream_orders_nothing(dts_emulator_options: dict[str, Any]) -> None:
    with on_an_emulator(dts_emulator_options) as emulator:
        quick = Green(QuickRun(emulator, migrate_dag(), CONF), emulator)
        for task_id in TASKS:
            clears(quick, task_id, downstream=True)


@pytest.mark.parametrize("task_id", ["plan", "purchase"])
def test_clearing_after_the_job_was_deleted_buys_nothing(green: Green, task_id: str) -> None:
    green.emulator.advance(8 * 86400)
    before = orders(green.emulator)
    green.run.clear(task_id, downstream=False)
    assert green.run.state == "success"
    green.run.clear(task_id)
    assert orders(green.emulator) == before
