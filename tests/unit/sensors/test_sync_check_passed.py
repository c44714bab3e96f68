"""The check sensor of sync jobs: every failed item told, skips asked for, a corrected password after a clear."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import CheckNotPassed, JobFailed
from tencent_dts.operators.sync import DtsConfigureSyncJobOperator
from tencent_dts.sensors.sync import DtsSyncCheckPassedSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import ENDPOINT, SyncCloud, configuration
from tests.unit.stages import SPEED, calls
from tests.unit.stages_sync import plan, seeded

SKIPS = [{"step_id": "OptimizeCheck", "reason": "slow export is fine"}]


def sensor(job: str, **changes: Any) -> Task:
    return Task(DtsSyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan(**changes)))


def failed_check(cloud: SyncCloud, *steps: str, always: bool = False, **changes: Any) -> str:
    job = cloud.initialized(**changes)
    seeded(cloud, job, {"checks": dict.fromkeys(steps, "failed"), "always": always})
    cloud.sync_check(job)
    return job


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


@pytest.fixture(autouse=True)
def connections(airflow_connections: dict[str, Any]) -> dict[str, Any]:
    return airflow_connections


def test_every_failed_item_is_told_with_reason_solution_and_help(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "BinlogParamCheck", "DstSpaceCheck")
    with pytest.raises(CheckNotPassed, match="2 items") as raised:
        sensor(job).run()
    text = str(raised.value)
    for told in ("BinlogParamCheck", "DstSpaceCheck", "binlog_format", "solution: Enlarge the disk", "help: https://"):
        assert told in text


def test_a_check_that_broke_is_red(syncs: SyncCloud) -> None:
    job = syncs.initialized()
    seeded(syncs, job, {"check_run": "failed"})
    syncs.sync_check(job)
    with pytest.raises(CheckNotPassed):
        sensor(job).run()


def test_after_a_clear_it_configures_and_checks_anew(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    checks = len(calls(syncs.emulator, "CreateCheckSyncJob"))
    syncs.emulator.set_speed(SPEED)
    assert task.clear().run()["Status"] == "CheckPass"
    assert len(calls(syncs.emulator, "CreateCheckSyncJob")) == checks + 1


def test_a_corrected_password_is_sent_after_a_clear(
    syncs: SyncCloud, connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = syncs.check_passed(SrcInfo=ENDPOINT | {"Password": "wrong-password"})
    task = sensor(job)
    with pytest.raises(CheckNotPassed, match="ConnectDBCheck"):
        task.run()
    source = {**connections["source_mysql"], "login": "mended", "password": "corrected-password"}
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(source))
    syncs.emulator.set_speed(SPEED)
    task.clear().run()
    assert syncs.info(job)["SrcInfo"]["User"] == "mended"
    assert "corrected-password" not in str((task.store.values, task.ti.pushed))


def test_a_verdict_that_stays_negative_is_red_again(syncs: SyncCloud) -> None:
    task = sensor(failed_check(syncs, "DstSpaceCheck", always=True))
    syncs.emulator.set_speed(SPEED)
    for _ in range(3):
        with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
            task.clear().run()
    assert len(calls(syncs.emulator, "CreateCheckSyncJob")) == 3


def test_items_to_skip_are_skipped_and_recorded(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "OptimizeCheck", always=True)
    syncs.emulator.set_speed(SPEED)
    result = sensor(job, skips=SKIPS).run()
    assert result["Status"] == "CheckPass"
    assert result["skipped"] == [{**SKIPS[0], "requested_by": "someone", "requested_at": plan()["requested_at"]}]
    (call,) = calls(syncs.emulator, "SkipSyncCheckItem")
    assert call["parameters"] == {"JobId": job, "StepIds": ["OptimizeCheck"]}


def test_an_item_that_nobody_asked_to_skip_keeps_the_others_from_being_skipped(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "OptimizeCheck", "DstSpaceCheck")
    with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
        sensor(job, skips=SKIPS).run()
    assert calls(syncs.emulator, "SkipSyncCheckItem") == []


def test_skips_are_applied_again_after_a_new_configuration(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "OptimizeCheck", always=True)
    seeded(syncs, job, {"checks": {"DstSpaceCheck": "failed"}})
    syncs.sync_check(job)
    task = sensor(job, skips=SKIPS)
    syncs.emulator.set_speed(SPEED)
    with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
        task.run()
    assert task.clear().run()["Status"] == "CheckPass"


def test_cleared_while_a_check_runs_nothing_is_sent(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    syncs.call("CreateCheckSyncJob", JobId=job)
    before = len(syncs.emulator.journal("ConfigureSyncJob"))
    with pytest.raises(TaskDeferred):
        task.clear().operator.execute(task.context)
    assert len(syncs.emulator.journal("ConfigureSyncJob")) == before


def test_cleared_after_the_job_has_started_it_changes_nothing(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    syncs.sync_check(job)
    syncs.call("StartSyncJob", JobId=job)
    before = len(syncs.emulator.journal("ConfigureSyncJob"))
    assert task.clear().run()["Status"] == "CheckPass"
    assert len(syncs.emulator.journal("ConfigureSyncJob")) == before


@pytest.mark.parametrize(("status", "way_on"), [("Stopped", "Trigger a new run"), ("Failed", "Clear `purchase`")])
def test_a_job_that_has_ended_is_not_waited_for(status: str, way_on: str, syncs: SyncCloud) -> None:
    job = seeded(syncs, syncs.initialized(), {"force_status": status})
    task = sensor(job)
    with pytest.raises(JobFailed, match=way_on):
        task.operator.execute(task.context)


def test_a_check_of_an_earlier_configuration_is_not_believed_and_another_ordered(syncs: SyncCloud) -> None:
    job = seeded(syncs, syncs.check_passed(), {"force_status": "Initialized"})
    before = len(calls(syncs.emulator, "CreateCheckSyncJob"))
    syncs.emulator.set_speed(SPEED)
    assert sensor(job).run()["Status"] == "CheckPass"
    assert len(calls(syncs.emulator, "CreateCheckSyncJob")) == before + 1


def test_a_check_that_the_job_denies_is_not_believed(syncs: SyncCloud) -> None:
    """The result says `success`, but an item of it was not reported."""
    job = seeded(syncs, syncs.check_passed(), {"force_status": "CheckNotPass"})
    task = sensor(job)
    with pytest.raises(CheckNotPassed, match="the job does not"):
        task.run()
    syncs.emulator.set_speed(SPEED)
    assert task.clear().run()["Status"] == "CheckPass"


def test_the_same_configuration_is_sent_by_sensor_and_operator(syncs: SyncCloud) -> None:
    job = failed_check(syncs, "DstSpaceCheck")
    task = sensor(job)
    with pytest.raises(CheckNotPassed):
        task.run()
    syncs.emulator.set_speed(SPEED)
    task.clear().run()
    Task(DtsConfigureSyncJobOperator(task_id="configure", job_id=job, configuration=plan())).run()
    by_hand, by_sensor, by_operator = calls(syncs.emulator, "ConfigureSyncJob")
    assert by_sensor["parameters"] == by_operator["parameters"]
    assert by_hand["parameters"]["Objects"] == configuration()["Objects"] == by_sensor["parameters"]["Objects"]
