"""Whole runs that end a sync link: nothing is stopped unproven where a proof is wanted, and nothing costs then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import done, orders, states
from tests.dags.syncs import LIVING, assert_green, assert_red, conclusions, link, sync_dag
from tests.meanwhile import Meanwhile
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


ISOLATED = [("Stopped", "Isolated")]


def retired(job: str, **conf: Any) -> LocalRun:
    return LocalRun(sync_dag("dts_sync_retire"), {"job_id": job, **conf})


def test_a_difference_keeps_the_link_running_until_it_was_mended(dts_emulator: Any) -> None:
    run = retired(link(dts_emulator, "rehearse_different"))
    assert_red(run, dts_emulator, "report", "different")
    assert states(dts_emulator) == LIVING
    assert_green(run.clear("report"))
    assert conclusions(dts_emulator) == ["different", "same"]
    assert states(dts_emulator) == ISOLATED


@pytest.mark.parametrize(
    ("wanted", "ordered"),
    [
        ({"stop": False, "isolate": False}, ["CreateSyncCompareTask", "StartSyncCompare"]),
        ({"compare_wanted": False, "isolate": False}, ["StopSyncJob"]),
    ],
    ids=["compared only", "stopped only"],
)
def test_each_step_can_be_left_out(dts_emulator: Any, wanted: dict[str, Any], ordered: list[str]) -> None:
    job = link(dts_emulator)
    before = len(orders(dts_emulator))
    assert_green(retired(job, **wanted))
    assert orders(dts_emulator)[before:] == ordered


def test_a_link_in_error_is_not_stopped_unproven_and_one_clear_ends_green_once_it_was_mended(dts_emulator: Any) -> None:
    job = link(dts_emulator)
    dts_emulator.seed({"match": {"JobId": job}, "force_status": "ResumableErr"})
    run = retired(job)
    assert_red(run, dts_emulator, "compare", "ResumableErr")
    SyncCloud(dts_emulator).call("ResumeSyncJob", JobId=job)
    dts_emulator.advance(60)
    assert_green(run.clear("compare"))
    assert states(dts_emulator) == ISOLATED
    assert dts_emulator.meter()["live"] == []


def test_a_failed_link_needs_no_stop(dts_emulator: Any) -> None:
    job = SyncCloud(dts_emulator).erring(word="rehearse_failed")
    assert_green(retired(job, compare_wanted=False))
    assert states(dts_emulator) == [("Failed", "Isolated")]
    assert done(dts_emulator, "StopSyncJob") == 0


def test_a_free_link_is_deleted_by_its_isolation(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": {"any": True}, "trade_status": "notBilled"})
    job = link(dts_emulator)
    assert_green(retired(job, compare_wanted=False, destroy=True))
    assert SyncCloud(dts_emulator).syncs() == []
    assert done(dts_emulator, "DestroySyncJob") == 0


def test_a_mistyped_id_or_another_region_is_red_in_the_first_task_and_nothing_is_green(dts_emulator: Any) -> None:
    job = link(dts_emulator)
    before = orders(dts_emulator)
    for conf in ({"job_id": "sync-misspelt"}, {"job_id": job, "region": "ap-shanghai"}):
        run = LocalRun(sync_dag("dts_sync_retire"), {"compare_wanted": False, **conf})
        assert run.red() == ["plan"]
        assert "was not found in region" in run.error("plan")
        assert "success" not in run.states().values()
    assert orders(dts_emulator) == before
    assert states(dts_emulator) == LIVING


def grown(emulator: Any, job: str) -> None:
    """Another hand has a second database synced, too."""
    person = SyncCloud(emulator)
    person.modify(job)
    person.modify_checked(job)
    person.call("StartModifySyncJob", JobId=job)
    person.wait(120)


CHANGED = "syncs other objects"


def test_a_link_that_grew_after_its_report_is_not_stopped_until_it_was_compared_again(dts_emulator: Any) -> None:
    job = link(dts_emulator, "app")
    dts_emulator.add_fault({"action": "StopSyncJob", "code": "UnauthorizedOperation", "times": 1})
    run = retired(job)
    assert run.red() == ["stop"]
    grown(dts_emulator, job)
    refused = len(dts_emulator.journal("StopSyncJob"))
    for _ in range(2):
        run.clear("stop")
        assert_red(run, dts_emulator, "stop", CHANGED, "clear `compare` with its downstream")
    assert len(dts_emulator.journal("StopSyncJob")) == refused
    assert_green(run.clear("compare"))
    assert conclusions(dts_emulator) == ["same", "same"]
    configured = [task["parameters"]["ObjectMode"] for task in dts_emulator.journal("CreateSyncCompareTask")]
    assert configured == ["sameAsMigrate"] * 2  # all that it syncs by now, not what the first one came to
    first, second = (task["TaskName"].split("-") for task in dts_emulator.jobs()[0]["compare_tasks"])
    assert first[-1] != second[-1]  # each tells what it is of
    assert states(dts_emulator) == ISOLATED


def test_a_link_that_grows_while_it_is_compared_has_no_proof(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = link(dts_emulator, "app")
    Meanwhile(monkeypatch).before("StartSyncCompare", 1, lambda: grown(dts_emulator, job))
    run = retired(job)
    assert_red(run, dts_emulator, "report", CHANGED, "clear this task with its downstream")
    assert_green(run.clear("report"))
    assert states(dts_emulator) == ISOLATED
