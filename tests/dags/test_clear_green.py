"""Any task of a run that has ended well may be cleared, alone or with its downstream: nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from scripts.local import connections
from tencent_dts.emulator import Emulator
from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, assert_green, migrate_dag, orders

TASKS = (
    *("plan", "purchase", "configure", "check", "check_passed", "start", "ready"),
    *("compare", "report", "approve", "complete", "succeeded", "isolate"),
)

pytestmark = pytest.mark.long


class Green(NamedTuple):
    """A run that has ended well, and the emulator it ran on."""

    run: LocalRun
    emulator: Emulator


@pytest.fixture(scope="module")
def green(airflow_database: None, dts_emulator_options: dict[str, Any]) -> Iterator[Green]:
    """One run for the whole module: what clearing one task leaves behind must not hurt the next clear either."""
    with Emulator(**dts_emulator_options) as emulator, pytest.MonkeyPatch.context() as patch:
        host, port = emulator.endpoint.split(":")
        for name, value in connections(host, int(port)).items():
            patch.setenv(name, value)
        yield Green(LocalRun(migrate_dag(), CONF), emulator)


def test_the_tasks_are_all_here(green: Green) -> None:
    assert set(green.run.states()) == set(TASKS)
    assert_green(green.run, green.emulator)


@pytest.mark.parametrize("downstream", [False, True], ids=["alone", "with its downstream"])
@pytest.mark.parametrize("task_id", TASKS)
def test_clearing_orders_nothing(green: Green, task_id: str, downstream: bool) -> None:
    before = orders(green.emulator)
    green.run.clear(task_id, downstream=downstream)
    assert_green(green.run, green.emulator)
    assert orders(green.emulator) == before


@pytest.mark.parametrize("task_id", ["plan", "purchase"])
def test_clearing_after_the_job_was_deleted_buys_nothing(green: Green, task_id: str) -> None:
    green.emulator.advance(8 * 86400)
    before = orders(green.emulator)
    green.run.clear(task_id, downstream=False)
    assert green.run.state == "success"
    green.run.clear(task_id)
    assert orders(green.emulator) == before
