"""The reaper judges before each sending: what was an orphan at rest when it was looked at may be one no more."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.engine import runs
from tests.drive import AIRFLOW
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.test_judged_item import LOST
from tests.unit.operators.test_reap import ENDS, MADE, RUN, airflow, orders, reap, tags
from tests.unit.stages import calls

__all__ = ["airflow"]  # a fixture

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow", "passing_time")

ISOLATE = "IsolateMigrateJob"


def cleared() -> None:
    AIRFLOW.runs[RUN] = ("running", None)


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_run_that_is_cleared_before_an_order_is_sent_again_keeps_its_job(
    fault: dict[str, Any], cloud: Cloud, meanwhile: Meanwhile
) -> None:
    cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": ISOLATE, "times": 1} | fault)
    meanwhile.before(ISOLATE, 1, cleared)
    report = reap().run()
    assert calls(cloud.emulator, ISOLATE) == []
    assert len(cloud.emulator.journal(ISOLATE)) == 1
    assert (report["counts"]["alive"], report["counts"]["ended"], report["failed"]) == (1, 0, [])


@pytest.mark.parametrize("name", [name for name, ordered in ENDS.items() if len(ordered) == 1])
def test_so_does_one_of_any_kind(name: str, cloud: Cloud, meanwhile: Meanwhile) -> None:
    MADE[name](cloud)
    (action,) = ENDS[name]
    cloud.emulator.add_fault({"action": action, "times": 1, "code": "RequestLimitExceeded"})
    meanwhile.before(action, 1, cleared)
    assert reap(stop_running=True).run()["counts"]["alive"] == 1
    assert calls(cloud.emulator, action) == []


def test_a_job_that_is_started_before_an_order_is_sent_again_is_left_at_work(
    cloud: Cloud, meanwhile: Meanwhile
) -> None:
    job = cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": ISOLATE, "times": 1, "code": "RequestLimitExceeded"})
    meanwhile.before(ISOLATE, 1, lambda: cloud.call("StartMigrateJob", JobId=job))
    (row,) = reap().run()["orphans"]
    assert "stop_running" in row["held"]
    assert row["done"] == []
    assert calls(cloud.emulator, ISOLATE) == []


def test_one_that_is_started_is_not_isolated_at_work_though_it_may_be_stopped(
    cloud: Cloud, meanwhile: Meanwhile
) -> None:
    job = cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": ISOLATE, "times": 1, "code": "RequestLimitExceeded"})

    def started() -> None:
        cloud.call("StartMigrateJob", JobId=job)
        cloud.wait(70)

    meanwhile.before(ISOLATE, 1, started)
    (row,) = reap(stop_running=True).run()["orphans"]
    assert f"{ISOLATE} is not for it now" in row["held"]
    assert calls(cloud.emulator, ISOLATE) == []


def test_a_job_that_is_started_while_its_runs_are_asked_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third time is the last before the order: after the list, the look at the job alone, and for the sending."""
    job = cloud.checked(purchase=tags())
    really, asked = runs.look_up, 0

    def look_up(dag_id: str, run_id: str) -> runs.Run:
        nonlocal asked
        asked += 1
        if asked == 3:
            cloud.call("StartMigrateJob", JobId=job)
        return really(dag_id, run_id)

    monkeypatch.setattr(runs, "look_up", look_up)
    (row,) = reap().run()["orphans"]
    assert "stop_running" in row["held"]
    assert cloud.emulator.journal(ISOLATE) == []


def test_a_dag_that_is_spared_begins_to_work(cloud: Cloud, meanwhile: Meanwhile) -> None:
    cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": ISOLATE, "times": 1, "code": "RequestLimitExceeded"})
    meanwhile.before(ISOLATE, 1, lambda: AIRFLOW.runs.update({("dts_sync_modify", "manual__1"): ("running", None)}))
    (row,) = reap().run()["orphans"]
    assert "sparing_dags" in row["held"]
    assert calls(cloud.emulator, ISOLATE) == []


def test_a_job_whose_run_is_cleared_is_not_stopped_in_place_of_a_refused_pause(
    cloud: Cloud, meanwhile: Meanwhile
) -> None:
    MADE["sync at work"](cloud)
    cloud.emulator.add_fault({"action": "PauseSyncJob", "code": "OperationDenied.OperationDeniedError"})
    meanwhile.before("PauseSyncJob", 4, cleared)  # the last time that a refusal is taken
    report = reap(stop_running=True).run()
    assert set(orders(cloud.emulator)[-4:]) == {"PauseSyncJob"}
    assert report["counts"]["alive"] == 1
