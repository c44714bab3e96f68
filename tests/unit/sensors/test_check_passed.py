"""The check sensor: every failed item told, skips asked for in advance, a corrected password after a clear."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tencent_dts.errors import CheckNotPassed, JobFailed
from tencent_dts.operators.migration import DtsCreateMigrateCheckJobOperator
from tencent_dts.sensors.migration import DtsMigrationCheckPassedSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud, configuration, endpoint
from tests.unit.sensors.cases import CASES, Case
from tests.unit.stages import SPEED, STAGES, calls, plan, seeded

WRONG = "wrong-password"


def sensor(job: str, **changes: Any) -> Task:
    return Task(DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan(**changes)))


def failed_check(cloud: Cloud, *steps: str, always: bool = False, **changes: Any) -> str:
    job = cloud.configured(**changes)
    seeded(cloud, job, {"checks": dict.fromkeys(steps, "failed"), "always": always})
    cloud.check(job)
    return job


@pytest.fixture(autouse=True)
def connections(airflow_connections: dict[str, Any]) -> dict[str, Any]:
    return airflow_connections


def test_every_failed_item_is_told_with_reason_solution_and_help(cloud: Cloud) -> None:
    job = failed_check(cloud, "BinlogParamCheck", "DstSpaceCheck")
    with pytest.raises(CheckNotPassed, match="2 items") as raised:
        sensor(job).run()
    text = str(raised.value)
    for told in ("BinlogParamCheck", "DstSpaceCheck", "binlog_format", "solution: Enlarge the disk", "help: https://"):
        assert told in text


@pytest.mark.parametrize(
    ("step", "sides"),
    [
        ("ConnectDBCheck", ["source", "target"]),
        ("SrcPrivilegeCheck", ["source"]),
        ("DstPrivilegeCheck", ["target"]),
    ],
)
def test_a_failure_names_connection_user_and_host_of_the_side_concerned(
    step: str, sides: list[str], cloud: Cloud
) -> None:
    job = failed_check(cloud, step, SrcInfo=endpoint(User="mover", Host="203.0.113.7"), DstInfo=endpoint(User="keeper"))
    with pytest.raises(CheckNotPassed) as raised:
        sensor(job).run()
    lines = [line.strip() for line in str(raised.value.cause).split("\n")]
    found = {side: line for side in ("source", "target") for line in lines if line.startswith(f"{side}: ")}
    assert list(found) == sides
    assert all(f"Airflow connection `{side}_mysql`" in line for side, line in found.items())
    for side, told in {"source": ("`mover`", "203.0.113.7"), "target": ("`keeper`",)}.items():
        assert all(text in found[side] for text in told if side in found)
    assert "Airflow connection" in str(raised.value.next_step)


def test_a_check_that_broke_is_red(cloud: Cloud) -> None:
    job = cloud.configured()
    seeded(cloud, job, {"check_run": "failed"})
    cloud.check(job)
    with pytest.raises(CheckNotPassed):
        sensor(job).run()


def test_after_a_clear_it_configures_and_checks_anew(cloud: Cloud) -> None:
    job = failed_check(cloud, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    checks = len(calls(cloud.emulator, "CreateMigrateCheckJob"))
    cloud.emulator.set_speed(SPEED)
    assert task.clear().run()["CheckFlag"] == "checkPass"
    assert len(calls(cloud.emulator, "CreateMigrateCheckJob")) == checks + 1


def test_a_corrected_password_is_sent_after_a_clear(
    cloud: Cloud, connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.configured(SrcInfo=endpoint(Password=WRONG))
    seeded(cloud, job, {"checks": {"ConnectDBCheck": "failed"}})
    cloud.check(job)
    task = sensor(job)
    with pytest.raises(CheckNotPassed, match="ConnectDBCheck"):
        task.run()
    source = {**connections["source_mysql"], "login": "mended", "password": "corrected-password"}
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(source))
    cloud.emulator.set_speed(SPEED)
    task.clear().run()
    assert cloud.detail(job)["SrcInfo"]["Info"][0]["User"] == "mended"


def test_a_verdict_that_stays_negative_is_red_again(cloud: Cloud) -> None:
    job = failed_check(cloud, "DstSpaceCheck", always=True)
    task = sensor(job)
    cloud.emulator.set_speed(SPEED)
    for _ in range(3):
        with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
            task.clear().run()
    assert len(calls(cloud.emulator, "CreateMigrateCheckJob")) == 3


def test_a_retry_after_a_clear_whose_new_order_failed_goes_on_with_it(cloud: Cloud) -> None:
    job = failed_check(cloud, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    cloud.emulator.add_fault({"action": "CreateMigrateCheckJob", "code": "InvalidParameter", "times": 1})
    cloud.emulator.set_speed(SPEED)
    with pytest.raises(Exception, match="InvalidParameter"):
        task.clear().run()
    assert task.clear().run()["CheckFlag"] == "checkPass"


def test_items_to_skip_are_skipped_and_recorded(cloud: Cloud) -> None:
    job = failed_check(cloud, "OptimizeCheck", always=True)
    skips = [{"step_id": "OptimizeCheck", "reason": "slow export is fine"}]
    cloud.emulator.set_speed(SPEED)
    result = sensor(job, skips=skips).run()
    assert result["CheckFlag"] == "checkPass"
    (record,) = result["skipped"]
    assert record == {**skips[0], "requested_by": "someone", "requested_at": plan()["requested_at"]}
    (call,) = calls(cloud.emulator, "SkipCheckItem")
    assert call["parameters"]["StepIds"] == ["OptimizeCheck"]


def test_skips_are_applied_again_after_a_new_configuration(cloud: Cloud) -> None:
    job = failed_check(cloud, "OptimizeCheck", always=True)
    seeded(cloud, job, {"checks": {"DstSpaceCheck": "failed"}})
    cloud.check(job)
    task = sensor(job, skips=[{"step_id": "OptimizeCheck", "reason": "slow export is fine"}])
    cloud.emulator.set_speed(SPEED)
    with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
        task.run()
    assert task.clear().run()["CheckFlag"] == "checkPass"


def test_an_item_that_nobody_asked_to_skip_keeps_the_others_from_being_skipped(cloud: Cloud) -> None:
    job = failed_check(cloud, "OptimizeCheck", "DstSpaceCheck")
    with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
        sensor(job, skips=[{"step_id": "OptimizeCheck", "reason": "slow export is fine"}]).run()
    assert calls(cloud.emulator, "SkipCheckItem") == []


def test_a_check_that_is_running_is_not_ordered_twice(cloud: Cloud) -> None:
    job = cloud.after(cloud.configured, ("CreateMigrateCheckJob", 5))
    cloud.emulator.set_speed(SPEED)
    task = Task(DtsCreateMigrateCheckJobOperator(task_id="check", job_id=job))
    task.run()
    assert len(cloud.emulator.journal("CreateMigrateCheckJob")) == 1


def test_cleared_after_the_job_has_started_it_changes_nothing(cloud: Cloud) -> None:
    job = failed_check(cloud, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    cloud.check(job)
    cloud.call("StartMigrateJob", JobId=job)
    before = len(cloud.emulator.journal("ModifyMigrationJob"))
    assert task.clear().run()["CheckFlag"] == "checkPass"
    assert len(cloud.emulator.journal("ModifyMigrationJob")) == before


def test_a_stopped_job_is_not_waited_for(cloud: Cloud) -> None:
    job = cloud.configured()
    cloud.emulator.seed({"match": {"JobId": job}, "force_status": "canceled"})
    task = sensor(job)
    with pytest.raises(JobFailed, match="purchase"):
        task.operator.execute(task.context)


def test_configuration_helper_matches_the_plan(cloud: Cloud) -> None:
    assert configuration()["MigrateOption"]["DatabaseTable"] == plan()["objects"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.error is CheckNotPassed], ids=lambda case: case.sensor.__name__
)
def test_a_failure_of_every_kind_names_the_connections_users_and_hosts(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.failing[0]](cloud)
    with pytest.raises(CheckNotPassed) as raised:
        Task(case.task(subject)).run()
    lines = [line.strip() for line in str(raised.value.cause).split("\n")]
    sides = [line for line in lines if line.startswith(("source: ", "target: "))]
    assert sides
    # The plan of a run tells its connections; that of a change of a link has none.
    connection = r"Airflow connection `\w+`, " if "source" in case.arguments["configuration"] else ""
    for line in sides:
        assert re.match(rf"\w+: {connection}user `\w+`, host `[\w.:-]+`", line), line
