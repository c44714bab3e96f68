"""One Clear on the red task, with its downstream, finishes the run."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.tasks.links import NEXT_STEP_KEY
from tests.dag_runs import LocalRun
from tests.dags.migrations import (
    CONF,
    assert_green,
    assert_red,
    conclusions,
    databases,
    done,
    migrate_dag,
    orders,
)
from tests.dags.quick_runs import QuickRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def test_a_difference_that_was_mended_needs_one_clear_of_the_report(dts_emulator: Any) -> None:
    run = LocalRun(migrate_dag(), databases("rehearse_different"))
    assert_red(run, dts_emulator, "report", "different", "rehearse_different.")
    told = run.xcom("report", NEXT_STEP_KEY)  # the DTS tab shows it
    assert told
    assert told in run.error("report")
    assert_green(run.clear("report"), dts_emulator)
    assert run.xcom("report", NEXT_STEP_KEY) is None
    assert conclusions(dts_emulator) == ["different", "same"]


def test_a_job_that_failed_for_good_needs_one_clear_of_the_purchase(dts_emulator: Any) -> None:
    run = LocalRun(migrate_dag(), databases("rehearse_failed"))
    assert run.red()[0] in ("start", "ready")
    assert "Clear `purchase` with its downstream" in run.error(run.red()[0])
    run.clear("purchase")
    assert run.state == "success", run.states()
    failed, mended = dts_emulator.jobs()
    assert (failed["Status"], mended["Status"]) == ("failed", "success")
    assert {failed["TradeStatus"], mended["TradeStatus"]} == {"isolated"}
    assert dts_emulator.meter()["live"] == []


def test_a_difference_that_stays_is_red_after_every_clear(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_different_always"))
    assert_red(run.clear("report"), dts_emulator, "report", "different")
    assert_red(run.clear("compare"), dts_emulator, "report", "different")
    assert conclusions(dts_emulator) == ["different"] * 3


def test_a_failed_comparison_needs_one_clear_of_the_report(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_compare_failed"))
    assert_red(run, dts_emulator, "report", "failed")
    assert_green(run.clear("report"), dts_emulator)


def test_a_report_that_skips_everything_is_red(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_skip_all"))
    assert_red(run, dts_emulator, "report", "skipAll", "nothing was compared")


@pytest.mark.parametrize(("allowed", "state"), [(0, "failed"), (1, "success")])
def test_a_skipped_table_must_be_allowed(dts_emulator: Any, allowed: int, state: str) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_skipped", "orders", allowed_skipped_tables=allowed))
    assert run.state == state
    assert done(dts_emulator, "CompleteMigrateJob") == allowed


@pytest.mark.parametrize("status", ["error", "resumableErr"])
def test_an_error_while_it_replicates_needs_one_clear_of_ready(dts_emulator: Any, status: str) -> None:
    dts_emulator.seed({"match": {"any": True}, "fail_at": "incremental", "status": status})
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    assert_red(run, dts_emulator, "ready", status, "ResumeMigrateJob")
    assert done(dts_emulator, "ResumeMigrateJob") == 0
    assert_green(run.clear("ready"), dts_emulator)
    assert done(dts_emulator, "ResumeMigrateJob") == 1


def test_clearing_any_task_above_a_red_one_alone_orders_nothing(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_different"))
    before = orders(dts_emulator)
    for task_id in ("plan", "purchase", "configure", "check", "check_passed", "start", "ready", "compare"):
        run.clear(task_id, downstream=False)
        assert_red(run, dts_emulator, "report", "different")
        assert orders(dts_emulator) == before, task_id
    assert_green(run.clear("report"), dts_emulator)


@pytest.mark.parametrize("task_id", ["plan", "configure", "start", "compare"])
def test_clearing_a_task_above_the_red_one_with_its_downstream_ends_green_too(dts_emulator: Any, task_id: str) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_different"))
    assert_green(run.clear(task_id), dts_emulator)
    assert conclusions(dts_emulator) == ["different", "same"]
