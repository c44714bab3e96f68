"""The sensor that a sync job has caught up: lag 0, held; resumed by a clear, stopped never."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import DeadlinePassed, JobFailed, Permanent
from tencent_dts.sensors.sync import DtsSyncJobCaughtUpSensor, DtsSyncJobPausedSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED, calls
from tests.unit.stages_sync import JOBS, seeded

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


def sensor(job: str, **changes: Any) -> Task:
    return Task(DtsSyncJobCaughtUpSensor(task_id="caught_up", job_id=job, **changes))


def test_a_running_job_whose_lag_is_unknown_is_waited_for_until_it_is_zero(syncs: SyncCloud) -> None:
    job = syncs.full_phase()
    assert (syncs.sync_status(job), syncs.info(job)["Detail"]["SecondsBehindMaster"]) == ("Running", -1)
    task = sensor(job)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    syncs.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "Running"
    assert syncs.info(job)["Detail"]["SecondsBehindMaster"] == 0


def test_while_it_is_resized_the_lag_is_unknown(syncs: SyncCloud) -> None:
    task = sensor(JOBS["sync resizing"](syncs).job)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)


def test_lag_zero_must_hold(syncs: SyncCloud) -> None:
    began = time.time()
    task = sensor(syncs.syncing(), hold_seconds="1")
    assert task.run()["Status"] == "Running"
    assert time.time() - began >= 1
    assert task.deferrals == 1


def test_an_error_is_resumed_by_a_clear(syncs: SyncCloud) -> None:
    job = seeded(syncs, syncs.syncing(), {"force_status": "ResumableErr"})
    task = sensor(job)
    with pytest.raises(JobFailed, match="clear this task") as raised:
        task.run()
    assert "long query" in str(raised.value)
    syncs.emulator.set_speed(SPEED)
    assert task.clear().run()["Status"] == "Running"
    assert len(calls(syncs.emulator, "ResumeSyncJob")) == 1


def test_an_error_is_not_resumed_by_an_automatic_retry(syncs: SyncCloud) -> None:
    task = sensor(syncs.erring())
    for _ in range(2):
        with pytest.raises(JobFailed):
            task.retry().run()
    assert syncs.emulator.journal("ResumeSyncJob") == []


def test_a_resume_whose_answer_is_an_error_of_the_service_is_read_back(syncs: SyncCloud) -> None:
    """The document of ResumeSyncJob lists no other code, so that a wrong state says the same."""
    task = sensor(syncs.erring())
    with pytest.raises(JobFailed):
        task.run()
    fault = {"action": "ResumeSyncJob", "code": "InternalError.UnknownError", "when": "after", "times": 1}
    syncs.emulator.add_fault(fault)
    syncs.emulator.set_speed(SPEED)
    assert task.clear().run()["Status"] == "Running"
    assert len(syncs.emulator.journal("ResumeSyncJob")) == 1


def test_a_resume_that_ends_in_failure_names_the_way_on(syncs: SyncCloud) -> None:
    job = syncs.erring(word="rehearse_error_always")
    task = sensor(job)
    with pytest.raises(JobFailed, match="ResumableErr"):
        task.run()
    syncs.emulator.set_speed(SPEED)
    with pytest.raises(Permanent, match="Clear `purchase`"):
        task.clear().run()


@pytest.mark.parametrize("state", ["Stopping", "Stopped"])
def test_a_stopped_job_is_told_to_be_over_and_no_other_is_offered_by_a_clear(state: str, syncs: SyncCloud) -> None:
    with pytest.raises(JobFailed, match="Trigger a new run") as raised:
        sensor(JOBS[f"sync {state}"](syncs).job).run()
    assert "`purchase`" not in str(raised.value)


def test_a_job_paused_for_seven_days_fails(syncs: SyncCloud) -> None:
    job = syncs.paused_sync()
    task = sensor(job)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    syncs.wait(7 * 86400)
    with pytest.raises(JobFailed, match="Failed"):
        task.run()


def test_a_deadline_leaves_the_job_as_it_is(syncs: SyncCloud) -> None:
    job = syncs.full_phase()
    with pytest.raises(DeadlinePassed, match="caught up") as raised:
        sensor(job, timeout=0.3).run()
    assert "Running" in (raised.value.state or "")
    assert syncs.sync_status(job) == "Running"


def test_an_error_while_a_pause_is_waited_for_names_the_resume(syncs: SyncCloud) -> None:
    with pytest.raises(JobFailed, match="ResumeSyncJob"):
        Task(DtsSyncJobPausedSensor(task_id="paused", job_id=syncs.erring())).run()
