"""A job's way from its purchase to its end: times, steps, lag, the kinds of migration, what people do on the way.

API documents: DescribeMigrationDetail (with its example's times), StartMigrateJob, CompleteMigrateJob,
StopMigrateJob, PauseMigrateJob, ContinueMigrateJob, ResumeMigrateJob, MigrateDetailInfo, StepDetailInfo.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration

UNSET = "0000-00-00 00:00:00"


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def lag(detail: dict[str, Any]) -> tuple[int, int]:
    return detail["StepInfo"]["MasterSlaveDistance"], detail["StepInfo"]["SecondsBehindMaster"]


def steps(detail: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(step["StepId"], step["Status"], step["Percent"]) for step in detail["StepInfo"]["StepInfo"]]


def statuses(cloud: Cloud, job: str) -> list[str]:
    """The statuses a job has had, each once in a row."""
    (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
    history = [state for _, axis, state in found["history"] if axis == "Status"]
    return [state for state, _ in groupby(history)]


def test_a_purchase_is_creating_for_a_moment_then_created(cloud: Cloud) -> None:
    job = cloud.buy()
    assert cloud.status(job) == "creating"
    cloud.wait(2)
    assert cloud.status(job) == "created"


def test_a_job_without_a_name_is_named_after_its_id(cloud: Cloud) -> None:
    assert cloud.detail(job := cloud.buy())["JobName"] == job
    assert cloud.detail(cloud.buy(JobName="orders"))["JobName"] == "orders"


def test_one_purchase_can_make_several_jobs(cloud: Cloud) -> None:
    ids = cloud.call(
        "CreateMigrationService",
        SrcDatabaseType="mysql",
        DstDatabaseType="cynosdbmysql",
        SrcRegion="ap-beijing",
        DstRegion="ap-guangzhou",
        InstanceClass="2xlarge",
        Count=3,
        JobName="three",
    )["JobIds"]
    assert len(set(ids)) == 3
    assert sorted(cloud.listed(JobName="three")) == sorted(ids)


def test_a_purchase_goes_to_the_region_of_its_target(cloud: Cloud) -> None:
    assert cloud.refused("CreateMigrationService", **purchase(DstRegion="ap-shanghai")) == (
        "InvalidParameterValue.InvalidParameterValueError"
    )
    cloud.buy(SrcRegion="ap-shanghai")


def purchase(**changes: Any) -> dict[str, Any]:
    regions = {"SrcRegion": "ap-guangzhou", "DstRegion": "ap-guangzhou"}
    return {"SrcDatabaseType": "mysql", "DstDatabaseType": "mysql", "InstanceClass": "small"} | regions | changes


@pytest.mark.parametrize(("source", "target"), [("mysql", "redis"), ("postgresql", "mysql"), ("redis", "mongodb")])
def test_a_link_that_dts_does_not_migrate_cannot_be_bought(cloud: Cloud, source: str, target: str) -> None:
    params = purchase(SrcDatabaseType=source, DstDatabaseType=target)
    assert cloud.refused("CreateMigrationService", **params) == "InvalidParameterValue.InvalidParameterValueError"


def test_the_way_to_ready_complete_takes_the_times_of_the_documents_example(cloud: Cloud) -> None:
    job = cloud.configured()
    assert cloud.check(job)["CheckFlag"] == "checkPass"
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(1000)
    detail = cloud.detail(job)

    def seconds(earlier: str, later: str) -> int:
        parsed = [datetime.strptime(text, "%Y-%m-%d %H:%M:%S") for text in (earlier, later)]  # noqa: DTZ007 - Beijing
        return round((parsed[1] - parsed[0]) / timedelta(seconds=1))

    check = detail["CheckStepInfo"]
    begun = [step["StartTime"] for step in detail["StepInfo"]["StepInfo"]]
    assert seconds(check["StartAt"], check["EndAt"]) == pytest.approx(28, abs=1)
    times = [detail["StartTime"], *begun]
    assert [seconds(a, b) for a, b in pairwise(times)] == pytest.approx([63, 44, 43], abs=1)
    assert detail["Status"] == "readyComplete"


def test_steps_progress_one_after_the_other(cloud: Cloud) -> None:
    job = cloud.started()
    assert cloud.detail(job)["StepInfo"]["StepNow"] == 0
    cloud.wait(63 + 22)
    detail = cloud.detail(job)
    assert (detail["StepInfo"]["StepAll"], detail["StepInfo"]["StepNow"]) == (3, 1)
    assert steps(detail) == [("dumper", "running", 50), ("loader", "notStarted", 0), ("sinker", "notStarted", 0)]
    cloud.wait(22 + 43)
    detail = cloud.detail(job)
    assert detail["StepInfo"]["StepNow"] == 3
    assert steps(detail) == [("dumper", "finished", 100), ("loader", "finished", 100), ("sinker", "running", 100)]


def test_progress_never_goes_back(cloud: Cloud) -> None:
    job = cloud.dumping()
    seen = []
    for _ in range(20):
        seen.append(steps(cloud.detail(job))[0][2])
        cloud.wait(2)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert 80 < seen[-1] < 100


def test_the_lag_is_unknown_before_the_incremental_step_then_grows_and_drains(cloud: Cloud) -> None:
    job = cloud.dumping()
    assert lag(cloud.detail(job)) == (-1, -1)
    cloud.wait(44 + 43)
    seen = []
    for _ in range(20):
        seen.append(lag(cloud.detail(job)))
        cloud.wait(1)
    peak = seen.index(max(seen))
    assert 0 < peak < 10
    assert seen[: peak + 1] == sorted(seen[: peak + 1])
    assert seen[peak:] == sorted(seen[peak:], reverse=True)
    assert all(megabytes > 0 and seconds > 0 for megabytes, seconds in seen)
    assert lag(cloud.detail(job)) == (0, 0)


def test_a_job_is_ready_before_its_lag_is_gone(cloud: Cloud) -> None:
    job = cloud.incremental()
    cloud.wait(16)
    detail = cloud.detail(job)
    assert detail["Status"] == "readyComplete"
    assert min(lag(detail)) > 0


def test_a_ready_job_stays_ready_for_ever(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.wait(60 * 86400)
    assert cloud.status(job) == "readyComplete"


def test_completing_ends_in_success_with_the_incremental_step_finished(cloud: Cloud) -> None:
    job = cloud.ready()
    assert cloud.detail(job)["EndTime"] == UNSET
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.wait(10)
    detail = cloud.detail(job)
    assert detail["Status"] == "success"
    assert detail["EndTime"] != UNSET
    assert steps(detail)[-1] == ("sinker", "finished", 100)
    assert lag(detail) == (-1, -1)


@pytest.mark.parametrize("kind", ["full", "structure"])
def test_migrations_without_an_incremental_step_end_by_themselves(cloud: Cloud, kind: str) -> None:
    job = cloud.started(MigrateOption={"MigrateType": kind})
    cloud.wait(63 + 44)
    detail = cloud.detail(job)
    assert (detail["Status"], detail["StepInfo"]["StepAll"]) == ("running", 2)
    cloud.wait(43)
    assert statuses(cloud, job)[-3:] == ["readyRun", "running", "success"]
    assert lag(cloud.detail(job)) == (-1, -1)


def test_a_timed_job_waits_in_ready_run_for_its_time_of_beijing(cloud: Cloud) -> None:
    # Written as Beijing time: two hours and eight time zones ahead of UTC.
    now = datetime.fromisoformat(cloud.emulator.clock()["utc"])
    start = (now + timedelta(hours=2 + 8)).strftime("%Y-%m-%d %H:%M:%S")
    job = cloud.started(RunMode="timed", ExpectRunTime=start)
    cloud.wait(7000)
    assert cloud.status(job) == "readyRun"
    assert cloud.detail(job)["ExpectRunTime"] == start
    cloud.wait(200)
    assert cloud.status(job) == "running"


def test_a_timed_job_whose_time_is_past_starts_at_once(cloud: Cloud) -> None:
    job = cloud.started(RunMode="timed", ExpectRunTime="2020-01-01 00:00:00")
    cloud.wait(63)
    assert cloud.status(job) == "running"


def test_a_stopped_job_is_canceled_and_never_goes_on(cloud: Cloud) -> None:
    job = cloud.dumping()
    cloud.call("StopMigrateJob", JobId=job)
    cloud.wait(10)
    assert cloud.status(job) == "canceled"
    cloud.wait(86400)
    assert cloud.status(job) == "canceled"


def test_a_paused_job_has_no_valid_lag_and_goes_on_to_ready(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(3600)
    assert lag(cloud.detail(job)) == (-1, -1)
    cloud.call("ContinueMigrateJob", JobId=job)
    cloud.wait(5)
    detail = cloud.detail(job)
    assert detail["Status"] == "running"
    assert min(lag(detail)) > 0
    cloud.wait(20)
    assert (cloud.status(job), lag(cloud.detail(job))) == ("readyComplete", (0, 0))


def test_an_error_says_what_happened_and_a_retry_mends_it(cloud: Cloud) -> None:
    job = cloud.incremental(purchase={"JobName": "rehearse_error"})
    cloud.wait(10)
    detail = cloud.detail(job)
    assert detail["Status"] == "error"
    assert detail["BriefMsg"]
    assert detail["ErrorInfo"][0]["ErrorLog"].startswith("Find Resumable Error")
    assert detail["ErrorInfo"][0]["Solution"]
    assert steps(detail)[-1][1] == "failed"
    assert lag(detail) == (-1, -1)
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    cloud.wait(5 + 20)
    detail = cloud.detail(job)
    assert (detail["Status"], detail["BriefMsg"], detail["ErrorInfo"]) == ("readyComplete", "", [])


def test_resume_options_belong_to_their_links(cloud: Cloud) -> None:
    mysql = cloud.incremental(purchase={"JobName": "rehearse_error"})
    redis = cloud.incremental("redis", purchase={"JobName": "rehearse_error"})
    cloud.wait(10)
    for job, options in ((mysql, ("clearData", "overwrite")), (redis, ("normal",))):
        for option in options:
            code = cloud.refused("ResumeMigrateJob", JobId=job, ResumeOption=option)
            assert code == "InvalidParameterValue.InvalidParameterValue"
        assert cloud.status(job) == "error"


def test_a_failed_redis_job_can_be_retried_from_the_start(cloud: Cloud) -> None:
    job = cloud.incremental("redis", purchase={"JobName": "rehearse_failed"})
    cloud.wait(10)
    assert cloud.status(job) == "failed"
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="clearData")
    cloud.wait(5)
    assert steps(cloud.detail(job))[0][:2] == ("dumper", "running")
    cloud.wait(44 + 43 + 20)
    assert cloud.status(job) == "readyComplete"


def test_automatic_retry_mends_an_error_by_itself(cloud: Cloud) -> None:
    job = cloud.incremental(purchase={"JobName": "rehearse_error"}, AutoRetryTimeRangeMinutes=5)
    cloud.wait(10)
    assert cloud.status(job) == "error"
    cloud.wait(60 + 5 + 20)
    assert statuses(cloud, job)[-4:] == ["error", "resuming", "running", "readyComplete"]


def test_automatic_retry_ends_with_its_time_range(cloud: Cloud) -> None:
    job = cloud.incremental(purchase={"JobName": "rehearse_error_always"}, AutoRetryTimeRangeMinutes=5)
    cloud.wait(3600)
    assert cloud.status(job) == "error"
    assert statuses(cloud, job).count("resuming") == 4


@pytest.mark.parametrize("trouble", ["error", "failed"])
def test_a_job_left_in_trouble_for_fourteen_days_is_canceled(cloud: Cloud, trouble: str) -> None:
    job = cloud.incremental(purchase={"JobName": f"rehearse_{trouble}"})
    cloud.wait(13 * 86400)
    assert cloud.status(job) == trouble
    cloud.wait(86400 + 60)
    assert cloud.status(job) == "canceled"


def test_a_clock_that_jumps_gives_the_same_history_as_one_that_runs(cloud: Cloud) -> None:
    jumped = cloud.started()
    cloud.wait(500)
    walked = cloud.started()
    for _ in range(50):
        cloud.wait(10)
        cloud.status(walked)
    assert statuses(cloud, jumped) == statuses(cloud, walked)


def test_a_new_configuration_voids_the_check(cloud: Cloud) -> None:
    job = cloud.checked()
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    assert cloud.status(job) == "created"
    assert cloud.call("DescribeMigrationCheckJob", JobId=job)["Status"] == "notStarted"
    assert cloud.detail(job)["CheckStepInfo"] is None


@for_every(
    "made, runs",
    [
        (Cloud.configured, False),
        (Cloud.checked, False),
        (Cloud.started, False),
        (Cloud.dumping, True),
        (Cloud.incremental, True),
        (Cloud.ready, True),
        (Cloud.succeeded, False),
    ],
    anew="cloud",
)
def test_rates_are_limited_only_while_the_job_runs(cloud: Cloud, made: Any, runs: bool) -> None:
    job = made(cloud)
    if runs:
        cloud.call("ModifyMigrateRateLimit", JobId=job, SinkerThread=2)
    else:
        assert cloud.refused("ModifyMigrateRateLimit", JobId=job, SinkerThread=2) == "UnsupportedOperation"


@for_every(
    "rates",
    [
        *({"DumpThread": 0}, {"DumpThread": 17}, {"LoadThread": 0}, {"LoadThread": 17}, {"SinkerThread": 129}),
        *({"DumpRps": 0}, {"DumpRps": 50_000_001}, {"LoadRps": 0}),
    ],
    ids=str,
    anew="cloud",
)
def test_rates_have_their_ranges(cloud: Cloud, rates: dict[str, int]) -> None:
    assert cloud.refused("ModifyMigrateRateLimit", JobId=cloud.dumping(), **rates).startswith("InvalidParameterValue")


def test_a_mongodb_link_reads_at_most_20000_rows_a_second(cloud: Cloud) -> None:
    job = cloud.dumping("mongodb")
    assert cloud.refused("ModifyMigrateRateLimit", JobId=job, DumpRps=20_001).startswith("InvalidParameterValue")
    cloud.call("ModifyMigrateRateLimit", JobId=job, DumpRps=20_000)
    cloud.call("ModifyMigrateRateLimit", JobId=cloud.dumping(), DumpRps=20_001)


def test_the_defaults_of_a_configuration_are_answered(cloud: Cloud) -> None:
    assert cloud.detail(cloud.buy())["RunMode"] == "immediate"
    assert cloud.detail(cloud.configured())["MigrateOption"]["MigrateType"] == "fullAndIncrement"
    assert (
        cloud.detail(cloud.configured(MigrateOption={"MigrateType": "full"}))["MigrateOption"]["MigrateType"] == "full"
    )


def test_a_refusal_says_which_step_of_a_running_job_it_needs(cloud: Cloud) -> None:
    job = cloud.dumping()
    cloud.refused("CreateCompareTask", JobId=job)
    message = cloud.emulator.journal("CreateCompareTask")[-1]["message"]
    assert f"{job} is running. It needs: readyComplete, running in the incremental step." in message


def test_rate_limits_show_in_the_detail_once_the_job_runs(cloud: Cloud) -> None:
    job = cloud.checked()
    assert cloud.detail(job)["RateLimitOption"] is None
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(63)
    assert cloud.detail(job)["RateLimitOption"]["HasUserSetRateLimit"] == "no"
    cloud.call("ModifyMigrateRateLimit", JobId=job, DumpThread=3)
    rates = cloud.detail(job)["RateLimitOption"]
    assert (rates["CurrentDumpThread"], rates["HasUserSetRateLimit"]) == (3, "yes")
    assert rates["CurrentLoadRps"] == rates["DefaultLoadRps"]
