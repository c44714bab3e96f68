"""Migration jobs of 2018: every action in every state, and what happens to a job by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.areas.migration_2018 import tables
from tencent_dts.spec import VERSION_2018, load
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import JOB, OPTION, Cloud2018, naming

SPEC = load(VERSION_2018)
WAITING = OPTION | {"RunMode": 2, "ExpectTime": "2099-01-01 00:00:00"}

STATES: dict[str, tuple[int, Callable[[Cloud2018], str]]] = {
    "creating": (1, lambda cloud: cloud.made()),
    "checking": (3, lambda cloud: cloud.then(cloud.made(), "CreateMigrateCheckJob")),
    "check passed": (4, lambda cloud: cloud.passed()),
    "check not passed": (5, lambda cloud: cloud.passed(**naming("rehearse_check_DstEmptyCheck"))),
    "running": (7, lambda cloud: cloud.begun(70)),
    "waiting for its time": (7, lambda cloud: cloud.begun(70, MigrateOption=WAITING)),
    "ready": (8, lambda cloud: cloud.in_time()),
    "success": (9, lambda cloud: cloud.then(cloud.in_time(), "CompleteMigrateJob", 10)),
    "failed": (10, lambda cloud: cloud.in_time(**naming("rehearse_failed"))),
    "stopped": (10, lambda cloud: cloud.then(cloud.in_time(), "StopMigrateJob", 10)),
    "stopping": (11, lambda cloud: cloud.then(cloud.in_time(), "StopMigrateJob")),
    "completing": (12, lambda cloud: cloud.then(cloud.in_time(), "CompleteMigrateJob")),
}
MODIFIABLE = {"creating", "check passed", "check not passed", "failed", "stopped"}
CALLABLE: dict[str, dict[str, int | None]] = {
    # The status that follows at once; None: the job is gone.
    "ModifyMigrateJob": dict.fromkeys(MODIFIABLE, 1),
    "CreateMigrateCheckJob": dict.fromkeys(("creating", "check passed", "check not passed"), 3),
    "StartMigrateJob": {"check passed": 7},
    "StopMigrateJob": dict.fromkeys(("running", "waiting for its time", "ready"), 11),
    "CompleteMigrateJob": {"ready": 12},
    "DeleteMigrateJob": dict.fromkeys(MODIFIABLE | {"success"}, None),
}
CONFLICT = "FailedOperation.StatusInConflict"
NOT_ALLOWED = "FailedOperation.NotAllowOperation"
REFUSALS = {"ModifyMigrateJob": NOT_ALLOWED, "CreateMigrateCheckJob": NOT_ALLOWED}
SPECIAL = {("checking", "CreateMigrateCheckJob"): "InternalError.DuplicateJob"}


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud2018:
    return Cloud2018(emulator)


@for_every("state", STATES, anew="cloud")
def test_each_state_is_reached_through_the_api(cloud: Cloud2018, state: str) -> None:
    number, reach = STATES[state]
    assert cloud.number(reach(cloud)) == number


@for_every("state, action", [(state, action) for state in STATES for action in CALLABLE], anew="cloud")
def test_every_action_in_every_state_does_what_the_documents_say(cloud: Cloud2018, state: str, action: str) -> None:
    number, reach = STATES[state]
    job = reach(cloud)
    if state in CALLABLE[action]:
        cloud.call(action, JobId=job)
        following = CALLABLE[action][state]
        shown = [item["Status"] for item in cloud.call("DescribeMigrateJobs", JobId=job)["JobList"]]
        assert shown == ([] if following is None else [following])
        return
    code = cloud.refused(action, JobId=job)
    assert code == SPECIAL.get((state, action), REFUSALS.get(action, CONFLICT))
    assert code in SPEC.actions[action].errors
    assert cloud.number(job) == number


@for_every("action", [*CALLABLE, "DescribeMigrateCheckJob"], anew="cloud")
def test_a_job_that_does_not_exist_is_answered_with_the_documented_code(cloud: Cloud2018, action: str) -> None:
    assert cloud.refused(action, JobId="dts-00000000") == "ResourceNotFound.JobNotExist"
    assert "ResourceNotFound.JobNotExist" in SPEC.actions[action].errors
    assert cloud.call("DescribeMigrateJobs", JobId="dts-00000000")["TotalCount"] == 0


def test_a_job_passes_through_its_steps_to_ready(cloud: Cloud2018) -> None:
    job = cloud.begun()
    seen = []
    for seconds in (0, 63, 44, 43, 20):
        cloud.wait(seconds)
        item = cloud.item(job)
        steps = [step["Status"] for step in item["Detail"]["StepInfo"]]
        seen.append((item["Status"], item["Detail"]["StepNow"], steps, item["Detail"]["SecondsBehindMaster"]))
    assert seen == [
        (7, 0, [4, 4, 4], -1),
        (7, 1, [3, 4, 4], -1),
        (7, 2, [1, 3, 4], -1),
        (7, 3, [1, 1, 3], 20),
        (8, 3, [1, 1, 3], 0),
    ]


@pytest.mark.parametrize("kind", [1, 2])
def test_without_increment_a_job_succeeds_by_itself(cloud: Cloud2018, kind: int) -> None:
    job = cloud.in_time(MigrateOption=OPTION | {"MigrateType": kind})
    item = cloud.item(job)
    assert (item["Status"], item["Detail"]["StepAll"], item["Detail"]["Progress"]) == (9, 2, "100")
    assert item["EndTime"] > item["StartTime"] > item["CreateTime"]


def test_a_timed_job_starts_at_its_time(cloud: Cloud2018, emulator: Emulator) -> None:
    job = cloud.made()
    created = cloud.item(job)["CreateTime"]
    soon = f"{created[:10]} 23:59:59"
    cloud.call("ModifyMigrateJob", JobId=job, MigrateOption={"RunMode": 2, "ExpectTime": soon})
    cloud.verdict(job)
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(86_400)
    assert cloud.item(job)["Detail"]["StepInfo"][0]["StartTime"] >= soon
    assert cloud.number(job) == 8


def test_only_a_failure_has_an_error_and_it_says_whether_the_user_stopped_the_job(cloud: Cloud2018) -> None:
    jobs = [STATES[state][1](cloud) for state in ("ready", "stopped", "failed")]
    ready, stopped, failed = ([error["ErrorLog"] for error in cloud.item(job)["ErrorInfo"]] for job in jobs)
    assert ready == []
    assert "stopped by the user" in stopped[0]
    assert "Find Resumable Error" in failed[0]


def test_a_failed_job_is_mended_by_modifying_and_checking_it_again(cloud: Cloud2018) -> None:
    job = STATES["failed"][1](cloud)
    cloud.call("ModifyMigrateJob", JobId=job, JobName="orders, second try")
    item = cloud.item(job)
    assert (item["Detail"]["StepInfo"], item["ErrorInfo"], item["JobName"]) == ([], [], "orders, second try")
    assert cloud.verdict(job)["CheckFlag"] == 1
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(63 + 44 + 43 + 20)
    assert cloud.number(job) == 8


def test_a_check_tells_its_progress_and_its_verdict(cloud: Cloud2018) -> None:
    job = cloud.made(**naming("rehearse_check_DstEmptyCheck"))

    def told() -> tuple[str, int, int]:
        answer = cloud.call("DescribeMigrateCheckJob", JobId=job)
        return answer["Status"], answer["CheckFlag"], answer["ErrorCode"]

    seen = [told()]
    cloud.call("CreateMigrateCheckJob", JobId=job)
    seen.append(told())
    cloud.wait(14)
    seen.append(told())
    cloud.wait(14)
    seen.append(told())
    assert seen == [("unavailable", 3, 0), ("starting", 3, 0), ("running", 3, 0), ("finished", 0, -1)]
    failed = cloud.call("DescribeMigrateCheckJob", JobId=job)
    assert "content conflict" in failed["ErrorMessage"]
    assert failed["Progress"] == "100"
    second = cloud.verdict(job)
    assert (second["CheckFlag"], second["ErrorCode"], second["ErrorMessage"]) == (1, 0, "ok")


def test_a_check_that_breaks_does_not_pass_and_says_so(cloud: Cloud2018, emulator: Emulator) -> None:
    emulator.seed({"match": {"any": True}, "check_run": "failed"})
    job = cloud.made()
    broken = cloud.verdict(job)
    assert (broken["Status"], broken["CheckFlag"]) == ("finished", 0)
    assert broken["ErrorMessage"]


@pytest.mark.parametrize("consistency", [2, 3, 4])
def test_a_consistency_check_is_a_step_of_the_run_that_reports_differences(cloud: Cloud2018, consistency: int) -> None:
    sample = {"SelectRowsPerTable": 10, "TablesSelectAll": 20, "TablesSelectCount": 30}
    option = OPTION | {"ConsistencyType": consistency, "ConsistencyParams": sample}
    same, different = (cloud.in_time(215, MigrateOption=option, JobName=name) for name in ("a", "rehearse_different"))
    for job, state, errors in ((same, 1, 0), (different, 2, 1)):
        item = cloud.item(job)
        assert item["Status"] == 8
        step = item["Detail"]["StepInfo"][2]
        assert (step["StepId"], step["Status"], len(item["ErrorInfo"])) == ("consistency", state, errors)


def test_an_unknown_status_shows_as_23_or_as_the_number_seeded(cloud: Cloud2018, emulator: Emulator) -> None:
    job = cloud.made()
    for seeded, shown in (("upgrading", 23), ("unknown", 23), ("99", 99), ("", 23), ("readyComplete", 8)):
        emulator.seed({"match": {"JobId": job}, "force_status": seeded})
        assert cloud.number(job) == shown


@for_every("status", tables.STATES, anew="cloud")
def test_no_call_breaks_on_what_a_seed_has_forced(cloud: Cloud2018, emulator: Emulator, status: str) -> None:
    for action in CALLABLE:
        job = cloud.made()
        emulator.seed({"match": {"JobId": job}, "force_status": status, "trade_status": "isolated"})
        assert cloud.number(job) == tables.STATUS[status.partition(".")[0]]
        try:
            cloud.call(action, JobId=job)
        except TencentCloudSDKException as refused:
            assert refused.get_code() in SPEC.actions[action].errors  # noqa: PT017 - either is right here
        cloud.wait(300)
        assert cloud.call("DescribeMigrateJobs", JobId=job)["TotalCount"] in (0, 1)


def test_more_idle_jobs_than_allowed_are_refused() -> None:
    with Emulator(speed=0, rate_limit=False, max_unused_jobs=2) as emulator:
        cloud = Cloud2018(emulator)
        first, _ = cloud.made(), cloud.made()
        assert cloud.refused("CreateMigrateJob", **JOB) == "LimitExceeded.MaxUnusedJobs"
        assert cloud.call("DescribeMigrateJobs")["TotalCount"] == 2
        cloud.call("DeleteMigrateJob", JobId=first)
        cloud.made()


def test_jobs_of_both_versions_do_not_see_each_other_and_those_of_2018_cost_nothing(
    cloud: Cloud2018, emulator: Emulator
) -> None:
    new = Cloud(emulator)
    job, other = cloud.in_time(), new.buy()
    assert new.listed() == [other]
    assert cloud.refused("StartMigrateJob", JobId=other) == "ResourceNotFound.JobNotExist"
    assert new.refused("StopMigrateJob", JobId=job) == "ResourceNotFound.JobNotExist"
    meter = emulator.meter()
    assert (meter["live"], meter["billed_hours"]) == ([other], {})
    shown = {entry["JobId"]: entry["Status"] for entry in emulator.jobs()}
    assert shown == {job: "readyComplete", other: "creating"}
