"""What the page tells of a sync job in each of its states, read from the emulator over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tencent_dts.kinds.sync.states import SYNC_JOB
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.emulator.test_sync_states import NOT_PASSING, PREPAID, STATES
from tests.unit.plugins.markup import Markup

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


@pytest.fixture
def sync_page(page: Any) -> Any:
    """The page of a run with these sync jobs."""
    return partial(page, kind=SYNC_JOB)


@for_every("state", STATES)
def test_every_state_is_shown_with_its_name(syncs: SyncCloud, sync_page: Any, state: str) -> None:
    job = STATES[state](syncs)
    shown = sync_page(job)
    assert shown.pills[syncs.sync_status(job)] != "unknown"
    assert f"sync job {job} in ap-guangzhou" in shown.text
    assert "RequestId" not in shown.text


@for_every(
    "state, tone",
    [
        ("Initialized", "idle"),
        ("Checking", "busy"),
        ("CheckPass", "good"),
        ("CheckNotPass", "bad"),
        ("Running", "busy"),
        ("Running in the incremental step", "good"),
        ("Paused", "idle"),
        ("Stopped", "idle"),
        ("ResumableErr", "bad"),
        ("Failed", "bad"),
    ],
)
def test_a_state_is_coloured_by_what_it_means(syncs: SyncCloud, sync_page: Any, state: str, tone: str) -> None:
    job = STATES[state](syncs)
    assert sync_page(job).pills[syncs.sync_status(job)] == tone


def test_an_undocumented_status_is_shown_and_marked(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    syncs.emulator.seed({"match": {"JobId": job}, "force_status": "Upgrading"})
    assert sync_page(job).pills["Upgrading"] == "unknown"


def test_a_job_that_has_vanished_says_so(syncs: SyncCloud, sync_page: Any) -> None:
    shown = sync_page("sync-00000000")
    assert "DTS does not find this job" in shown.text


def test_route_options_and_the_way_to_the_console_are_shown(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    shown = sync_page(job)
    assert "mysql ap-guangzhou extranet → mysql ap-guangzhou extranet" in shown.text
    assert "Lag 0 MB, 0 s" in shown.text
    assert "Paid PostPay" in shown.text
    assert f"https://console.cloud.tencent.com/dts/replication?region=ap-guangzhou&jobId={job}" in shown.links


def test_the_steps_of_a_run_are_shown_with_their_progress(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.full_phase()
    syncs.wait(22)
    shown = sync_page(job)
    steps = syncs.info(job)["Detail"]["StepInfos"]
    assert shown.tags.count("progress") >= 1
    for step in steps:
        assert step["StepName"] in shown.text
    assert "Lag not known now" in shown.text


def test_a_step_that_tells_no_progress_shows_none(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    assert {step["Progress"] for step in syncs.info(job)["Detail"]["StepInfos"]} == {-1}
    assert "progress" not in sync_page(job).tags


def test_the_error_of_a_job_is_shown_with_what_to_do_about_it(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.erring()
    told = syncs.info(job)["Detail"]["ErrInfo"]
    shown = sync_page(job)
    assert f"{' '.join(told['Reason'].split())} {told['Message']}" in shown.text
    assert f"Solution: {' '.join(told['Solution'].split())}" in shown.text


def test_a_job_without_an_error_shows_none(syncs: SyncCloud, sync_page: Any) -> None:
    shown = sync_page(syncs.syncing())
    assert "no reason given" not in shown.text


def test_a_failed_check_item_is_shown_with_its_reason_and_solution(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.check_passed(NOT_PASSING)
    check = syncs.call("DescribeCheckSyncJobResult", JobId=job)
    (failed,) = [step for step in check["StepInfos"] if step["Status"] == "failed"]
    shown = sync_page(job)
    assert f"{failed['StepId']}: {failed['StepName']}" in shown.text
    assert " ".join(failed["Errors"][0]["Solution"].split()) in shown.text
    assert f"All {len(check['StepInfos'])} check items" in shown.text
    assert shown.pills["failed"] == "bad"


def test_a_skipped_check_item_is_shown_as_skipped(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.check_passed({"JobName": "rehearse_check_OptimizeCheck_always"})
    syncs.call("SkipSyncCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    syncs.sync_check(job)
    shown = sync_page(job)
    assert shown.pills["skipped"] == "warn"
    assert shown.pills["success"] == "good"


def test_a_check_under_way_is_shown_with_its_progress(syncs: SyncCloud, sync_page: Any) -> None:
    assert "Check running, " in sync_page(STATES["Checking"](syncs)).text


def test_a_change_of_a_running_job_is_shown_with_its_check(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    assert "Change of objects or options" not in sync_page(job).text
    syncs.wait(20)
    other = syncs.syncing()
    syncs.modify(other, DynamicObjects=objects("app", "more"))
    syncs.modify_checked(other)
    shown = sync_page(other)
    assert "Change of objects or options CheckPass success" in shown.text


def test_the_comparison_of_a_sync_job_is_shown(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    task = syncs.call("CreateSyncCompareTask", JobId=job)["CompareTaskId"]
    syncs.call("StartSyncCompare", JobId=job, CompareTaskId=task)
    syncs.wait(47)
    shown = sync_page(job)
    assert shown.pills["same"] == "good"
    assert "Tables 3 Compared 3 Different 0 Skipped 0 Different rows 0" in shown.text


def test_billed_hours_are_those_since_the_start(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    syncs.wait(2.5 * 3600)
    shown = sync_page(job)
    assert "h × medium, and counting" in shown.text  # noqa: RUF001 - as shown
    assert "Frozen fee one hour's fee is held until the job is isolated" in shown.text
    stopped = syncs.stopped_sync()
    syncs.wait(3600)
    assert ", and counting" not in sync_page(stopped).text


def test_the_hours_of_a_paused_job_stand_still(syncs: SyncCloud, sync_page: Any) -> None:
    shown = sync_page(syncs.paused_sync())
    assert "h × medium at most, standing still while the job is paused" in shown.text  # noqa: RUF001 - as shown
    assert ", and counting" not in shown.text


def test_the_fee_is_released_with_the_isolation(syncs: SyncCloud, sync_page: Any) -> None:
    shown = sync_page(syncs.isolated_sync())
    assert "Frozen fee released" in shown.text
    assert shown.pills["Isolated"] == "good"


def test_a_prepaid_job_is_not_billed_by_the_hour(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing(PREPAID)
    expires = syncs.info(job)["ExpireTime"]
    assert f"Billed so far (estimate) prepaid until {expires} Frozen fee none: it is prepaid" in sync_page(job).text


def test_a_job_that_costs_nothing_says_so(syncs: SyncCloud, sync_page: Any) -> None:
    job = syncs.syncing()
    syncs.emulator.seed({"match": {"JobId": job}, "trade_status": "notBilled"})
    assert "Frozen fee none: this job is free" in sync_page(job).text


@pytest.mark.parametrize("action", ["DescribeCheckSyncJobResult", "DescribeSyncCompareTasks"])
def test_a_part_that_cannot_be_read_hides_no_other(syncs: SyncCloud, sync_page: Any, action: str) -> None:
    job = syncs.syncing()
    syncs.emulator.add_fault({"action": action, "code": "UnauthorizedOperation"})
    shown: Markup = sync_page(job)
    assert f"{action} was answered with UnauthorizedOperation" in shown.text
    assert "Running" in shown.pills


def test_no_password_of_a_database_is_on_the_page(syncs: SyncCloud, sync_page: Any) -> None:
    text = sync_page(syncs.syncing()).text
    assert "correct horse" not in text
    assert "syncer" not in text
