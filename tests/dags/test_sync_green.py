"""Any task of a run about a sync link that has ended well may be cleared: nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import done, orders, states
from tests.dags.syncs import (
    CONF,
    MAKING,
    Green,
    assert_green,
    assert_linked,
    assert_nothing_is_ordered,
    link,
    modification,
    on_an_emulator,
    shown,
    sync_dag,
)

pytestmark = pytest.mark.long
MODIFYING = ("plan", "modify", "check", "check_passed", "start", "applied")
RETIRING = ("plan", "compare", "report", "stop", "isolate", "isolated", "destroy")


@pytest.fixture(scope="module")
def green(airflow_database: None, dts_emulator_options: dict[str, Any]) -> Iterator[Green]:
    """A run that made a link, for the whole module: a clear must not hurt the next one either."""
    with on_an_emulator(dts_emulator_options) as emulator:
        yield Green(LocalRun(sync_dag(), CONF), emulator)


def test_a_link_is_bought_once_and_proven_to_have_caught_up(green: Green) -> None:
    assert set(green.run.states()) == set(MAKING)
    assert_linked(green.run, green.emulator)
    assert green.run.xcom("report")["conclusion"] == "same"
    (job,) = green.emulator.jobs()
    assert {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}["airflow-run"] == green.run.run_id


def test_clearing_a_run_that_made_a_link_orders_nothing_but_a_comparison(green: Green) -> None:
    before = orders(green.emulator)
    for task_id in MAKING[:-1]:
        green.run.clear(task_id, downstream=False)
        assert_linked(green.run, green.emulator)
        assert orders(green.emulator) == before, task_id
    assert_linked(green.run.clear("plan"), green.emulator)
    assert orders(green.emulator) == [*before, "CreateSyncCompareTask", "StartSyncCompare"]


def test_clearing_the_purchase_of_a_link_that_was_retired_buys_nothing(green: Green) -> None:
    (job,) = green.emulator.jobs()
    retirement = LocalRun(sync_dag("dts_sync_retire"), {"job_id": job["JobId"], "compare_wanted": False})
    assert_green(retirement)
    assert states(green.emulator) == [("Stopped", "Isolated")]
    before = orders(green.emulator)
    green.run.clear("purchase", downstream=False)
    assert_green(green.run)
    green.run.clear("purchase")
    assert green.run.red() == ["configure"]
    assert "stopped on purpose" in green.run.error("configure")
    green.emulator.advance(8 * 86400)
    green.run.clear("purchase")
    assert green.run.red() == ["purchase"]
    assert "nothing is bought" in green.run.error("purchase")
    assert orders(green.emulator) == before
    assert done(green.emulator, "CreateSyncJob") == 1


def test_clearing_a_run_that_changed_a_link_orders_nothing(
    airflow_database: None, dts_emulator_options: dict[str, Any]
) -> None:
    with on_an_emulator(dts_emulator_options) as emulator:
        job = link(emulator)
        run = LocalRun(sync_dag("dts_sync_modify"), modification(job, "app", "more"))
        assert_green(run)
        assert shown(emulator, job) == ["app", "more"]
        assert_nothing_is_ordered(Green(run, emulator), MODIFYING)


def test_clearing_a_run_that_retired_a_link_orders_nothing(
    airflow_database: None, dts_emulator_options: dict[str, Any]
) -> None:
    with on_an_emulator(dts_emulator_options) as emulator:
        run = LocalRun(sync_dag("dts_sync_retire"), {"job_id": link(emulator), "destroy": True})
        assert_green(run)
        assert states(emulator) == [("Stopped", "Offlined")]
        assert emulator.meter()["live"] == []
        assert_nothing_is_ordered(Green(run, emulator), RETIRING)
