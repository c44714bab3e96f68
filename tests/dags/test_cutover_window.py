"""A cutover at an hour: `complete` waits for it, and is red once it has passed, with the job at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

from tencent_dts.params import migrate_2018_params, migration_params
from tencent_dts.task_groups import migrate, migrate_2018
from tests.dags.migrations import CONF, done
from tests.dags.quick_runs import QuickRun
from tests.dags.test_migrate_2018 import CONF as CONF_2018

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

HOUR = 3600.0
KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "migrate": (migrate, migration_params, CONF),
    "migrate_2018": (migrate_2018, migrate_2018_params, CONF_2018),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def hours_from_now(hours: float) -> datetime:
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)


def a_run(emulator: Any, kind: str, *, freeze: bool = False, thaw: Any = None, **conf: Any) -> QuickRun:
    """A run of one kind of migration."""
    build, params, usual = KINDS[kind]
    with DAG("hours", schedule=None, params=params()) as dag:

        @task
        def frozen() -> float:
            return float(emulator.clock()["now"])

        build(None, before_cutover=frozen() if freeze else None, after_cutover=thaw, poll_interval=120)
    return QuickRun(emulator, dag, {**usual, **conf})


def moments(emulator: Any, action: str) -> list[datetime]:
    """When an action was called, by the emulator's clock."""
    return [datetime.fromtimestamp(call["time"], UTC) for call in emulator.journal(action)]


@every_kind
def test_the_cutover_waits_for_its_hour_and_stands_on_a_comparison_of_that_hour(dts_emulator: Any, kind: str) -> None:
    opens = hours_from_now(5)
    run = a_run(dts_emulator, kind, cutover_not_before=opens.isoformat())
    assert run.state == "success", {name: run.error(name) for name in run.red()}
    (completed,) = moments(dts_emulator, "CompleteMigrateJob")
    assert opens <= completed < opens + timedelta(minutes=20)
    if kind == "migrate":  # the one of 2018 compares once, by itself
        first, last = moments(dts_emulator, "CreateCompareTask")
        assert first < opens - timedelta(hours=4)
        assert last > opens


@every_kind
def test_a_window_that_has_passed_is_red_with_the_job_at_work_and_a_later_one_ends_green(
    dts_emulator: Any, kind: str
) -> None:
    run = a_run(dts_emulator, kind, cutover_not_after=hours_from_now(1).isoformat(), hold_seconds=2 * HOUR)
    for _ in range(2):  # a clear changes nothing about it
        assert run.red() == ["complete"]
        for part in ("The cutover window has passed", "finds the same window", "goes on replicating", "readyComplete"):
            assert part in run.error("complete")
        assert done(dts_emulator, "CompleteMigrateJob") == 0
        run.clear("plan", downstream=False)  # a window that was accepted stays accepted
        assert run.states()["plan"] == "success"
        run.clear("complete")
    (job,) = dts_emulator.jobs()
    assert job["Status"] == "readyComplete"
    later = a_run(dts_emulator, kind, existing_job_id=job["JobId"], cutover_not_after=hours_from_now(48).isoformat())
    assert later.state == "success", {name: later.error(name) for name in later.red()}


@every_kind
def test_a_source_is_frozen_once_the_window_has_begun(dts_emulator: Any, kind: str) -> None:
    opens = hours_from_now(12)
    run = a_run(dts_emulator, kind, freeze=True, cutover_not_before=opens.isoformat())
    assert run.state == "success", {name: run.error(name) for name in run.red()}
    frozen = datetime.fromtimestamp(run.xcom("frozen"), UTC)
    assert opens <= frozen < opens + timedelta(minutes=20)
    assert done(dts_emulator, "CreateCompareTask") == (kind == "migrate")


@every_kind
def test_a_source_is_not_frozen_for_a_window_that_has_passed(dts_emulator: Any, kind: str) -> None:
    window = {"cutover_not_after": hours_from_now(1).isoformat()}
    run = a_run(dts_emulator, kind, freeze=True, hold_seconds=2 * HOUR, **window)
    assert run.red() == ["ready"]
    assert "The cutover window has passed" in run.error("ready")
    assert run.states()["frozen"] == "upstream_failed"


@every_kind
def test_what_was_cut_over_in_its_window_may_be_cleared_after_it(dts_emulator: Any, kind: str) -> None:
    run = a_run(dts_emulator, kind, freeze=True, cutover_not_after=hours_from_now(3).isoformat(), hold_seconds=HOUR)
    assert run.state == "success", {name: run.error(name) for name in run.red()}
    dts_emulator.advance(4 * HOUR)
    for task_id in ("ready", "complete"):
        run.clear(task_id, downstream=False)
        assert run.states()[task_id] == "success", run.error(task_id)
    assert done(dts_emulator, "CompleteMigrateJob") == 1


@pytest.mark.parametrize("group", ["moved", None])
@every_kind
def test_what_follows_the_cutover_does_not_keep_the_bill_running(kind: str, group: str | None) -> None:
    within = f"{group}." if group else ""
    with DAG("after", schedule=None) as dag:
        made: Any = EmptyOperator
        switch = made(task_id="switch")
        KINDS[kind][0](group, after_cutover=switch) >> made(task_id="last")
    last = "isolate" if kind == "migrate" else "delete"
    assert switch.upstream_task_ids == {f"{within}succeeded"}
    assert dag.get_task(f"{within}{last}").upstream_task_ids == {f"{within}succeeded"}
    assert dag.get_task("last").upstream_task_ids == {"switch", f"{within}{last}"}
