"""The check before the start: its steps, verdicts, failures and skips.

API documents: CreateMigrateCheckJob, DescribeMigrationCheckJob (with its example), SkipCheckItem, CheckStep,
DetailCheckItem, CheckStepInfo; the product guide's pages on failed checks.
"""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world import checks
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration, endpoint

MYSQL_STEPS = [
    *("ConnectDBCheck", "VersionCheck", "SrcPrivilegeCheck", "SimpleParamCheck", "DstPrivilegeCheck"),
    *("DstEmptyCheck", "DstSpaceCheck", "BinlogParamCheck", "ConstraintCheck", "ConstraintRefCheck", "ViewCheck"),
    *("WarningParamCheck", "OptimizeCheck"),
]
STEP_COUNTS = {"mysql": 13, "postgresql": 9, "mongodb": 10, "sqlserver": 8, "redis": 7}


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    (wanted,) = [one for one in found["StepInfo"] if one["StepId"] == name]
    return dict(wanted)


def results(found: dict[str, Any]) -> dict[str, str]:
    return {one["StepId"]: one["StepStatus"] for one in found["StepInfo"]}


@for_every("family", checks.STEPS, anew="cloud")
def test_every_item_that_does_not_pass_has_a_line_of_its_log(cloud: Cloud, family: str) -> None:
    """Clients read ErrorLog[0] without looking, as the documents' example always has one."""
    found = dict.fromkeys(dict(checks.STEPS[family]), "failed") | {"ConnectDBCheck": "warning"}
    cloud.emulator.seed({"match": {"JobName": "troubled"}, "checks": found, "always": True})
    answer = cloud.check(cloud.configured(family, purchase={"JobName": "troubled"}))
    items = [item for step in answer["StepInfo"] for item in step["DetailCheckItems"]]
    assert len(items) == len(found)
    assert all(item["ErrorLog"] and all(item["ErrorLog"]) for item in items)


def test_a_mysql_check_has_the_thirteen_steps_of_the_documents_in_their_order(cloud: Cloud) -> None:
    found = cloud.check(cloud.configured())
    assert [one["StepId"] for one in found["StepInfo"]] == MYSQL_STEPS
    assert [one["StepNo"] for one in found["StepInfo"]] == list(range(13))
    assert (found["Status"], found["CheckFlag"], found["BriefMsg"]) == ("success", "checkPass", "success")
    assert set(results(found).values()) == {"pass"}


@for_every("kind, count", STEP_COUNTS.items(), anew="cloud")
def test_each_kind_of_link_has_steps_of_its_own_and_passes(cloud: Cloud, kind: str, count: int) -> None:
    found = cloud.check(cloud.configured(kind))
    assert found["CheckFlag"] == "checkPass"
    assert len(found["StepInfo"]) == len(results(found)) == count
    assert found["StepInfo"][0]["StepId"] == "ConnectDBCheck"


def test_a_job_never_checked_has_no_verdict(cloud: Cloud) -> None:
    found = cloud.call("DescribeMigrationCheckJob", JobId=cloud.configured())
    assert (found["Status"], found["StepInfo"], found["CheckFlag"]) == ("notStarted", [], "")


def test_a_check_shows_step_by_step_and_gives_its_verdict_at_the_end(cloud: Cloud) -> None:
    job = cloud.configured(purchase={"JobName": "rehearse_check_OptimizeCheck"})
    cloud.call("CreateMigrateCheckJob", JobId=job)
    waiting = []
    for _ in range(14):
        found = cloud.call("DescribeMigrationCheckJob", JobId=job)
        assert (found["Status"], found["CheckFlag"]) == ("running", "")
        assert len(found["StepInfo"]) == 13
        waiting.append(list(results(found).values()).count("notStarted"))
        percent = cloud.detail(job)["CheckStepInfo"]["Progress"]["Percent"]
        assert percent == int(100 * (13 - waiting[-1]) / 13)
        cloud.wait(2)
    assert waiting == sorted(waiting, reverse=True)
    assert (waiting[0], waiting[-1]) == (13, 1)
    found = cloud.call("DescribeMigrationCheckJob", JobId=job)
    assert (found["Status"], found["CheckFlag"]) == ("success", "checkNotPass")
    assert cloud.status(job) == "checkNotPass"


@for_every("name", MYSQL_STEPS, anew="cloud")
def test_every_step_can_fail_and_says_why_and_what_to_do(cloud: Cloud, name: str) -> None:
    found = cloud.check(cloud.configured(purchase={"JobName": f"rehearse_check_{name}"}))
    assert (found["Status"], found["CheckFlag"]) == ("success", "checkNotPass")
    (item,) = step(found, name)["DetailCheckItems"]
    assert (step(found, name)["StepStatus"], item["CheckResult"]) == ("failed", "failed")
    assert item["FailureReason"]
    assert item["Solution"]
    assert item["HelpDoc"][0].startswith("https://")


def test_a_warning_does_not_keep_the_check_from_passing(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "checks": {"WarningParamCheck": "warning"}})
    found = cloud.check(cloud.configured())
    assert step(found, "WarningParamCheck")["StepStatus"] == "warning"
    assert found["CheckFlag"] == "checkPass"


def test_a_root_account_is_warned_about_as_in_the_documents_example(cloud: Cloud) -> None:
    found = cloud.check(cloud.configured(SrcInfo=endpoint(User="root")))
    (item,) = step(found, "SrcPrivilegeCheck")["DetailCheckItems"]
    assert (item["CheckResult"], item["FailureReason"]) == ("warning", "")
    assert item["ErrorLog"][0].startswith("Your permission is as follows: GRANT")
    assert found["CheckFlag"] == "checkPass"


@pytest.mark.parametrize(("side", "name"), [("SrcInfo", "source"), ("DstInfo", "target")])
def test_a_wrong_password_fails_the_connection_with_error_1045_until_it_is_corrected(
    cloud: Cloud, side: str, name: str
) -> None:
    job = cloud.configured(**{side: endpoint(Password="the wrong one")})
    for _ in range(2):
        found = cloud.check(job)
        (item,) = step(found, "ConnectDBCheck")["DetailCheckItems"]
        assert "Error 1045" in item["ErrorLog"][0]
        assert "migrator" in item["ErrorLog"][0]
        assert name in item["FailureReason"]
        assert "the wrong one" not in str(found)
        assert found["CheckFlag"] == "checkNotPass"
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    assert cloud.check(job)["CheckFlag"] == "checkPass"


def test_a_failed_connection_blocks_the_steps_after_it(cloud: Cloud) -> None:
    found = cloud.check(cloud.configured(SrcInfo=endpoint(Password="wrong")))
    assert set(list(results(found).values())[1:]) == {"blocked"}


def test_a_skipped_item_shows_as_in_the_documents_example_and_lets_the_next_check_pass(cloud: Cloud) -> None:
    job = cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck_always"})
    answer = cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    assert answer["Message"] == "skip item successfully"
    assert cloud.status(job) == "checkNotPass"
    found = cloud.check(job)
    skipped = step(found, "OptimizeCheck")
    assert (skipped["StepStatus"], skipped["HasSkipped"]) == ("failed", True)
    (item,) = skipped["DetailCheckItems"]
    assert (item["CheckResult"], item["ErrorLog"], item["FailureReason"]) == ("warning", ["skipped"], "")
    assert (found["CheckFlag"], cloud.status(job)) == ("checkPass", "checkPass")
    progress = cloud.detail(job)["CheckStepInfo"]["Progress"]
    assert (progress["Status"], progress["Percent"]) == ("success", 100)
    last = progress["Steps"][-1]
    assert (last["StepId"], last["Status"], last["Percent"]) == ("OptimizeCheck", "skipped", 0)
    assert last["Warnings"] == [{"Message": "skipped", "Solution": "", "HelpDoc": ""}]


def test_skips_add_up_and_count_until_the_job_is_configured_anew(cloud: Cloud) -> None:
    name = "rehearse_check_OptimizeCheck_always rehearse_check_ConstraintCheck_always"
    job = cloud.checked(purchase={"JobName": name})
    cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    assert cloud.check(job)["CheckFlag"] == "checkNotPass"
    cloud.call("SkipCheckItem", JobId=job, StepIds=["ConstraintCheck"], ForeignKeyFlag="shield")
    assert cloud.check(job)["CheckFlag"] == "checkPass"
    assert cloud.check(job)["CheckFlag"] == "checkPass"
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    assert cloud.check(job)["CheckFlag"] == "checkNotPass"
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck", "ConstraintCheck"])
    assert cloud.check(job)["CheckFlag"] == "checkPass"


@pytest.mark.parametrize("steps", [["NoSuchCheck"], ["OptimizeCheck", "OplogCheck"], []])
def test_only_steps_of_the_link_can_be_skipped(cloud: Cloud, steps: list[str]) -> None:
    code = cloud.refused("SkipCheckItem", JobId=cloud.checked(), StepIds=steps)
    assert code == "InvalidParameterValue.InvalidParameterValueError"


def test_what_a_migration_cannot_do_without_cannot_be_skipped(cloud: Cloud) -> None:
    job = cloud.checked(SrcInfo=endpoint(Password="wrong"))
    code = cloud.refused("SkipCheckItem", JobId=job, StepIds=["ConnectDBCheck"])
    assert code == "OperationDenied.OperationDeniedError"
    assert cloud.check(job)["CheckFlag"] == "checkNotPass"


def test_a_check_run_can_break_by_itself(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "check_run": "failed"})
    job = cloud.configured()
    found = cloud.check(job)
    assert (found["Status"], found["CheckFlag"], cloud.status(job)) == ("failed", "checkNotPass", "checkNotPass")
    found = cloud.check(job)
    assert (found["Status"], found["CheckFlag"]) == ("success", "checkPass")


def test_a_passed_check_can_be_run_again(cloud: Cloud) -> None:
    job = cloud.checked()
    cloud.call("CreateMigrateCheckJob", JobId=job)
    assert cloud.status(job) == "checking"
    assert cloud.refused("StartMigrateJob", JobId=job) == "FailedOperation.StatusInConflict"


@pytest.mark.parametrize("action", ["CreateMigrateCheckJob", "StartMigrateJob"])
def test_too_many_idle_jobs_keep_others_from_being_checked_and_started(action: str) -> None:
    with Emulator(speed=0, rate_limit=False, max_unused_jobs=2) as emulator:
        cloud = Cloud(emulator)
        job = cloud.configured() if action == "CreateMigrateCheckJob" else cloud.checked()
        cloud.buy()
        idle = cloud.buy()
        cloud.wait(2)
        assert cloud.refused(action, JobId=job) == "LimitExceeded.MaxUnusedJobs"
        cloud.call("IsolateMigrateJob", JobId=idle)
        cloud.call(action, JobId=job)
