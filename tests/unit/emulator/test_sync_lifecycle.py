"""A sync job's way: steps by InitType, lag, pauses, errors, changes while it runs, and what rehearsals do to it.

API documents: StartSyncJob, PauseSyncJob, ContinueSyncJob, ResumeSyncJob, StopSyncJob, DescribeSyncJobs (with its
example), ModifySyncJobConfig, CreateModifyCheckSyncJob, StartModifySyncJob, SyncDetailInfo, StepInfo; the product
guide on pausing and on resetting.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tests.unit.emulator.sync_cloud import ENDPOINT, SyncCloud, configuration, objects

UNSUPPORTED = "UnsupportedOperation"
DENIED = "OperationDenied.OperationDeniedError"
CHANGE = {"DynamicOptions": {"OpTypes": ["Insert"], "DdlOptions": []}}


@pytest.fixture
def cloud(emulator: Emulator) -> SyncCloud:
    return SyncCloud(emulator)


def statuses(cloud: SyncCloud, job: str) -> list[str]:
    """The statuses a job has had, each once in a row."""
    (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
    history = [state for _, axis, state in found["history"] if axis == "Status"]
    return [state for state, _ in groupby(history)]


def steps(cloud: SyncCloud, job: str) -> list[tuple[str, str]]:
    return [(step["StepId"], step["Status"]) for step in cloud.info(job)["Detail"]["StepInfos"]]


def lag(cloud: SyncCloud, job: str) -> tuple[int, int]:
    detail = cloud.info(job)["Detail"]
    return detail["MasterSlaveDistance"], detail["SecondsBehindMaster"]


def test_a_sync_job_begins_uninitialized_and_is_named_after_its_id(cloud: SyncCloud) -> None:
    item = cloud.info(cloud.buy_sync())
    assert item["JobId"].startswith("sync-")
    assert (item["Status"], item["JobName"], item["InstanceClass"]) == ("UnInitialized", item["JobId"], "medium")
    assert item["Detail"] is item["Objects"] is item["Options"] is None


def test_a_bought_sync_job_can_be_slow_to_show_in_the_list() -> None:
    with Emulator(speed=0, rate_limit=False, visibility_delay=5) as emulator:
        cloud = SyncCloud(emulator)
        job = cloud.buy_sync()
        assert cloud.syncs() == []
        cloud.call("ConfigureSyncJob", JobId=job, **configuration())
        cloud.wait(5)
        assert cloud.syncs() == [job]


def test_a_purchase_whose_answer_is_lost_is_found_by_its_tags(cloud: SyncCloud) -> None:
    tags = [{"TagKey": "airflow-owner", "TagValue": "abc"}]
    cloud.emulator.add_fault({"action": "CreateSyncJob", "nth": 1, "drop": "after"})
    with pytest.raises(TencentCloudSDKException):
        cloud.buy_sync(Tags=tags)
    cloud.buy_sync(Tags=[{"TagKey": "airflow-owner", "TagValue": "other"}])
    (found,) = cloud.call("DescribeSyncJobs", TagFilters=[{"TagKey": "airflow-owner", "TagValue": ["abc"]}])["JobList"]
    assert (found["Status"], found["Tags"]) == ("UnInitialized", tags)


def test_one_purchase_can_make_several_jobs(cloud: SyncCloud) -> None:
    params = {"PayMode": "PostPay", "SrcDatabaseType": "mysql", "DstDatabaseType": "kafka", "Count": 3}
    ids = cloud.call("CreateSyncJob", SrcRegion="ap-beijing", DstRegion="ap-guangzhou", JobName="three", **params)
    assert sorted(cloud.syncs(JobName="three")) == sorted(ids["JobIds"])
    assert cloud.syncs(JobType="mysql2kafka", OrderSeq="ASC") == ids["JobIds"]
    assert cloud.syncs(JobIds=ids["JobIds"][:2], JobType="mysql2mysql") == []


@pytest.mark.parametrize(
    ("init_type", "expected"),
    [
        ("Full", ["schema-init", "dumper", "loader", "sinker"]),
        ("Structure", ["schema-init", "sinker"]),
        ("data", ["dumper", "loader", "sinker"]),
        ("None", ["sinker"]),
    ],
)
def test_the_steps_are_those_of_the_initialization(cloud: SyncCloud, init_type: str, expected: list[str]) -> None:
    job = cloud.full_phase(Options={"InitType": init_type})
    assert [name for name, _ in steps(cloud, job)] == expected
    cloud.wait(10 + 44 + 43)
    assert steps(cloud, job) == [*((name, "finished") for name in expected[:-1]), ("sinker", "running")]
    assert cloud.sync_status(job) == "Running"


def test_a_step_tells_its_progress_while_it_runs(cloud: SyncCloud) -> None:
    job = cloud.full_phase()
    cloud.wait(10 + 22)
    detail = cloud.info(job)["Detail"]
    assert (detail["StepAll"], detail["StepNow"], detail["Progress"], detail["CurrentStepProgress"]) == (4, 2, 50, 50)
    assert [step["Progress"] for step in detail["StepInfos"]] == [-1, 50, 0, 0]


def test_the_lag_is_unknown_before_the_incremental_step_then_drains_while_the_job_stays_running(
    cloud: SyncCloud,
) -> None:
    job = cloud.full_phase()
    assert lag(cloud, job) == (-1, -1)
    cloud.wait(10 + 44 + 43 + 2)
    assert min(lag(cloud, job)) > 0
    cloud.wait(20)
    assert (lag(cloud, job), cloud.sync_status(job)) == ((0, 0), "Running")
    cloud.wait(60 * 86400)
    assert cloud.sync_status(job) == "Running"


def test_a_timed_job_waits_in_ready_running(cloud: SyncCloud) -> None:
    later = cloud.emulator.clock()["beijing"].replace(":", "-").split()[0] + " 23:59:59"
    job = cloud.ready_running(RunMode="Timed", ExpectRunTime=later)
    assert cloud.info(job)["ExpectRunTime"] == later
    cloud.wait(86400)
    assert statuses(cloud, job)[-2:] == ["ReadyRunning", "Running"]


def test_a_paused_job_goes_on_and_after_seven_days_fails(cloud: SyncCloud) -> None:
    job = cloud.paused_sync()
    assert lag(cloud, job) == (-1, -1)
    assert steps(cloud, job)[-1] == ("sinker", "paused")
    cloud.wait(6 * 86400)
    cloud.call("ContinueSyncJob", JobId=job)
    cloud.wait(5 + 20)
    assert (cloud.sync_status(job), lag(cloud, job)) == ("Running", (0, 0))
    cloud.call("PauseSyncJob", JobId=job)
    cloud.wait(7 * 86400 + 60)
    assert cloud.sync_status(job) == "Failed"


def test_only_links_of_the_mysql_family_can_be_paused(cloud: SyncCloud) -> None:
    types = {"SrcDatabaseType": "postgresql", "DstDatabaseType": "postgresql"}
    job = cloud.syncing(types)
    assert cloud.refused("PauseSyncJob", JobId=job) == "OperationDenied.BizOperationDeniedError"
    assert cloud.sync_status(job) == "Running"


def test_an_error_says_what_happened_and_a_retry_mends_it(cloud: SyncCloud) -> None:
    job = cloud.erring()
    detail = cloud.info(job)["Detail"]
    assert detail["ErrInfo"]["Reason"].startswith("Find Resumable Error")
    assert detail["ErrInfo"]["Solution"]
    assert detail["StepInfos"][-1]["Errors"][0]["Code"] == "Error: sinker"
    cloud.call("ResumeSyncJob", JobId=job)
    cloud.wait(5 + 20)
    assert (cloud.sync_status(job), cloud.info(job)["Detail"]["ErrInfo"]["Reason"]) == ("Running", "")


def test_an_error_that_stays_makes_a_retry_fail(cloud: SyncCloud) -> None:
    job = cloud.erring(word="rehearse_error_always")
    cloud.call("ResumeSyncJob", JobId=job)
    cloud.wait(5)
    assert cloud.sync_status(job) == "Failed"


def test_automatic_retry_mends_an_error_by_itself(cloud: SyncCloud) -> None:
    job = cloud.syncing({"JobName": "rehearse_error"}, AutoRetryTimeRangeMinutes=5)
    cloud.wait(60 + 5 + 20)
    assert statuses(cloud, job)[-4:] == ["Running", "ResumableErr", "Resuming", "Running"]


def test_a_job_left_in_trouble_for_fourteen_days_is_stopped(cloud: SyncCloud) -> None:
    job = cloud.erring()
    cloud.wait(14 * 86400)
    assert cloud.sync_status(job) == "Stopped"


@pytest.mark.parametrize("databases", [["rehearse_lag"], ["rehearse_unknown_status"]])
def test_database_names_rehearse_a_sync_job_too(cloud: SyncCloud, databases: list[str]) -> None:
    job = cloud.syncing(Objects=objects(*databases))
    cloud.wait(10)
    seen = cloud.sync_status(job) if "status" in databases[0] else lag(cloud, job)[1] > 0
    assert seen in ("upgrading", True)
    cloud.wait(600)
    assert (cloud.sync_status(job), lag(cloud, job)) == ("Running", (0, 0))


def test_a_status_can_be_forced_by_a_seed(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    for wanted in ("ResumableErr", "Unknown", "sunbathing"):
        cloud.emulator.seed({"match": {"JobId": job}, "force_status": wanted})
        assert cloud.sync_status(job) == wanted


def test_a_reset_prepaid_job_is_as_new_and_named_after_its_id(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync({"PayMode": "PrePay", "JobName": "orders"})
    cloud.call("ResetSyncJob", JobId=job)
    assert cloud.sync_status(job) == "Resetting"
    cloud.wait(10)
    item = cloud.info(job)
    assert (item["Status"], item["JobName"], item["Objects"], item["Detail"]) == ("UnInitialized", job, None, None)
    cloud.call("ConfigureSyncJob", JobId=job, **configuration())
    assert cloud.sync_check(job)["Status"] == "success"


def test_a_job_paid_by_the_hour_is_not_reset(cloud: SyncCloud) -> None:
    assert cloud.refused("ResetSyncJob", JobId=cloud.stopped_sync()) == UNSUPPORTED


def test_a_change_is_configured_checked_and_started_while_the_job_runs(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    cloud.modify(job)
    assert cloud.info(job)["OptObjStatus"] == "Initialized"
    assert cloud.modify_checked(job)["Status"] == "success"
    assert {"checkOptObj", "startOptObj"} <= set(cloud.info(job)["Actions"])
    cloud.call("StartModifySyncJob", JobId=job)
    item = cloud.info(job)
    assert (item["OptObjStatus"], len(item["Objects"]["Databases"])) == ("Running", 1)
    cloud.wait(30)
    item = cloud.info(job)
    assert (item["OptObjStatus"], item["Status"]) == ("Success", "Running")
    assert [database["DbName"] for database in item["Objects"]["Databases"]] == ["app", "more"]
    assert statuses(cloud, job)[-1] == "Running"


def test_a_change_of_options_replaces_what_it_names(cloud: SyncCloud) -> None:
    job = cloud.syncing(Options={"ConflictHandleType": "Cover"})
    cloud.modify(job, **CHANGE)
    cloud.modify_checked(job)
    cloud.call("StartModifySyncJob", JobId=job)
    cloud.wait(30)
    options = cloud.info(job)["Options"]
    assert (options["OpTypes"], options["ConflictHandleType"]) == (["Insert"], "Cover")


def test_a_change_is_checked_step_by_step_with_one_step_of_its_own(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    cloud.modify(job)
    assert cloud.call("DescribeModifyCheckSyncJobResult", JobId=job)["Status"] == "notStarted"
    cloud.call("CreateModifyCheckSyncJob", JobId=job)
    cloud.wait(14)
    answer = cloud.call("DescribeModifyCheckSyncJobResult", JobId=job)
    assert (answer["Status"], answer["StepCount"], answer["StepCur"]) == ("running", 15, 7)
    assert answer["StepInfos"][-1]["StepId"] == "ModifyConfigCheck"


def test_a_change_whose_check_does_not_pass_is_not_started_until_it_does(cloud: SyncCloud) -> None:
    job = cloud.syncing({"JobName": "rehearse_check_ModifyConfigCheck"})
    cloud.modify(job)
    answer = cloud.modify_checked(job)
    assert (answer["Status"], answer["StepInfos"][-1]["Status"]) == ("failed", "failed")
    assert answer["StepInfos"][-1]["Errors"][0]["Solution"]
    item = cloud.info(job)
    assert item["OptObjStatus"] == "CheckNotPass"
    assert "checkOptObj" in item["Actions"]
    assert "startOptObj" not in item["Actions"]
    assert cloud.refused("StartModifySyncJob", JobId=job) == UNSUPPORTED
    assert cloud.modify_checked(job)["Status"] == "success"
    cloud.call("StartModifySyncJob", JobId=job)


def test_the_calls_of_a_change_have_their_order(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    for action in ("CreateModifyCheckSyncJob", "StartModifySyncJob"):
        assert cloud.refused(action, JobId=job) == UNSUPPORTED
    cloud.modify(job)
    assert cloud.refused("StartModifySyncJob", JobId=job) == UNSUPPORTED
    cloud.call("CreateModifyCheckSyncJob", JobId=job)
    assert cloud.refused("CreateModifyCheckSyncJob", JobId=job) == UNSUPPORTED
    assert cloud.refused("ModifySyncJobConfig", JobId=job, **CHANGE) == DENIED
    cloud.wait(28)
    cloud.call("StartModifySyncJob", JobId=job)
    assert cloud.refused("ModifySyncJobConfig", JobId=job, **CHANGE) == DENIED
    cloud.wait(30)
    cloud.modify(job, **CHANGE)


@pytest.mark.parametrize("started", [True, False])
def test_a_change_under_way_fails_when_the_job_is_stopped(cloud: SyncCloud, started: bool) -> None:
    job = cloud.syncing()
    cloud.modify(job)
    cloud.modify_checked(job)
    cloud.call("StartModifySyncJob" if started else "CreateModifyCheckSyncJob", JobId=job)
    cloud.call("StopSyncJob", JobId=job)
    cloud.wait(60)
    item = cloud.info(job)
    assert (item["OptObjStatus"], len(item["Objects"]["Databases"])) == ("Failed", 1)


def test_rate_limits_show_among_the_options(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    cloud.call("ModifySyncRateLimit", JobId=job, SinkerThread=64)
    rates: dict[str, Any] = cloud.info(job)["Options"]["RateLimitOption"]
    assert (rates["CurrentSinkerThread"], rates["DefaultSinkerThread"]) == (64, 32)
    assert rates["HasUserSetRateLimit"] == "yes"


def test_jobs_are_found_by_instance_and_address(cloud: SyncCloud) -> None:
    cluster = {"SrcInfo": ENDPOINT | {"Ip": "198.51.100.7"}}
    job, _ = cloud.initialized(**cluster), cloud.initialized()
    assert cloud.syncs(SrcInfoPattern="198.51") == [job]
    assert cloud.syncs(DstInfoPattern="198.51") == []
    assert len(cloud.syncs(DstInfoPattern="203.0.113.10", RunMode="Immediate", PayMode="PostPay")) == 2
