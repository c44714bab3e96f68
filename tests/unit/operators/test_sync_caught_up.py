"""Stopping a link whose data was proven equal: only while nothing is under way in it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import Impossible
from tencent_dts.operators.sync import StopSyncJobOperator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SECONDS_TO_SINKER, SyncCloud
from tests.unit.stages import SPEED

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    """Somebody at the console."""
    return SyncCloud(cloud.emulator)


def stop(job: str, caught_up: Any = True) -> Task:
    return Task(StopSyncJobOperator(task_id="stop", job_id=job, caught_up=caught_up))


def lagging(person: SyncCloud) -> str:
    job = person.ready_running({"JobName": "rehearse_lag"})
    person.wait(SECONDS_TO_SINKER + 5)
    assert person.info(job)["Detail"]["SecondsBehindMaster"] > 0
    return job


@pytest.mark.parametrize("wanted", [True, "True"])
def test_a_lag_that_is_not_0_is_waited_for(person: SyncCloud, wanted: Any) -> None:
    job = lagging(person)
    task = stop(job, wanted)
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    assert deferred.value.trigger.watch["goal"] == "caught up"
    assert person.emulator.journal("StopSyncJob") == []
    person.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "Stopped"


@pytest.mark.parametrize("made", [SyncCloud.full_phase, SyncCloud.paused_sync], ids=["full phase", "paused"])
def test_a_lag_that_is_not_known_is_not_0(made: Any, person: SyncCloud) -> None:
    task = stop(made(person))
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert person.emulator.journal("StopSyncJob") == []


def test_a_link_in_error_is_not_stopped_and_says_how_to_go_on(person: SyncCloud) -> None:
    job = person.erring()
    with pytest.raises(Impossible, match="clear `compare`") as raised:
        stop(job).run()
    assert "ResumableErr" in str(raised.value)
    assert person.emulator.journal("StopSyncJob") == []


@pytest.mark.parametrize("made", [SyncCloud.stopped_sync, SyncCloud.isolated_sync], ids=["stopped", "isolated"])
def test_a_link_that_has_ended_is_not_waited_for(made: Any, person: SyncCloud) -> None:
    job = made(person)
    before = len(person.emulator.journal("StopSyncJob"))
    assert stop(job).run()["Status"] == "Stopped"
    assert len(person.emulator.journal("StopSyncJob")) == before


def test_without_a_proof_to_keep_it_is_stopped_as_it_is(person: SyncCloud) -> None:
    person.emulator.set_speed(0)
    job = lagging(person)
    task = stop(job, "False")
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert len(person.emulator.journal("StopSyncJob")) == 1
