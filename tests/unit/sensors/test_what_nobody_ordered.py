"""A wait for what nobody has ordered ends red, names the task that orders it, and orders nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import JobFailed
from tencent_dts.sensors.migration import (
    DtsMigrationJobIsolatedSensor,
    DtsMigrationJobPausedSensor,
    DtsMigrationJobReadySensor,
    DtsMigrationJobSucceededSensor,
)
from tencent_dts.sensors.migration_2018 import DtsMigrateJobReady2018Sensor, DtsMigrateJobSucceeded2018Sensor
from tencent_dts.sensors.subscription import DtsSubscribeIsolated2018Sensor
from tencent_dts.sensors.sync import DtsSyncJobCaughtUpSensor, DtsSyncJobIsolatedSensor, DtsSyncJobPausedSensor
from tencent_dts.sensors.sync_change import DtsSyncChangeAppliedSensor
from tencent_dts.tasks.sensor import DtsSensor
from tests.drive import Task
from tests.unit.classes import concrete
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED
from tests.unit.stages_sync_changes import change

pytestmark = pytest.mark.usefixtures("airflow_connections")

SETTLE = "AIRFLOW__TENCENT_DTS__SETTLE_TIME"


@dataclass(frozen=True)
class Unordered:
    """A sensor, a job of which nobody has ordered what it waits for, and what its error must name."""

    sensor: type[DtsSensor]
    made: Callable[[Any], str]
    action: str
    task: str
    person: type[Cloud] = Cloud

    def of(self, cloud: Cloud) -> tuple[str, Task]:
        """The job, and a task that waits for it."""
        job = self.made(self.person(cloud.emulator))
        key = "subscribe_id" if self.person is Cloud2018 and job.startswith("subs") else "job_id"
        given: dict[str, Any] = {key: job, "poll_interval": 5}
        if self.sensor is DtsSyncChangeAppliedSensor:
            given["configuration"] = change()
        return job, Task(self.sensor(task_id="waits", **given))


def _changed(person: SyncCloud, *, checked: bool) -> str:
    person.modify(job := person.syncing())
    if checked:
        person.modify_checked(job)
    return job


ROWS = [
    *(
        Unordered(DtsMigrationJobReadySensor, made, "StartMigrateJob", "start")
        for made in (Cloud.configured, Cloud.checked)
    ),
    Unordered(DtsMigrationJobSucceededSensor, Cloud.checked, "StartMigrateJob", "start"),
    Unordered(DtsMigrationJobSucceededSensor, Cloud.ready, "CompleteMigrateJob", "complete"),
    Unordered(DtsMigrationJobPausedSensor, Cloud.checked, "StartMigrateJob", "start"),
    Unordered(DtsMigrationJobIsolatedSensor, Cloud.succeeded, "IsolateMigrateJob", "isolate"),
    *(
        Unordered(DtsSyncJobCaughtUpSensor, made, "StartSyncJob", "start", SyncCloud)
        for made in (SyncCloud.buy_sync, SyncCloud.initialized, SyncCloud.check_passed)
    ),
    Unordered(DtsSyncJobPausedSensor, SyncCloud.check_passed, "StartSyncJob", "start", SyncCloud),
    Unordered(DtsSyncJobIsolatedSensor, SyncCloud.stopped_sync, "IsolateSyncJob", "isolate", SyncCloud),
    Unordered(DtsSyncChangeAppliedSensor, SyncCloud.syncing, "StartModifySyncJob", "start", SyncCloud),
    *(
        Unordered(DtsSyncChangeAppliedSensor, made, "StartModifySyncJob", "start", SyncCloud)
        for made in (partial(_changed, checked=False), partial(_changed, checked=True))
    ),
    *(
        Unordered(DtsMigrateJobReady2018Sensor, made, "StartMigrateJob", "start", Cloud2018)
        for made in (Cloud2018.made, Cloud2018.passed)
    ),
    Unordered(DtsMigrateJobSucceeded2018Sensor, Cloud2018.passed, "StartMigrateJob", "start", Cloud2018),
    Unordered(DtsMigrateJobSucceeded2018Sensor, Cloud2018.in_time, "CompleteMigrateJob", "complete", Cloud2018),
    Unordered(DtsSubscribeIsolated2018Sensor, Cloud2018.active, "IsolateSubscribe", "isolate", Cloud2018),
]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.sensor.__name__}-{row.action}")


def orders(cloud: Cloud) -> list[str]:
    return [call["action"] for call in cloud.emulator.journal() if not call["action"].startswith("Describe")]


def test_every_wait_that_names_an_order_has_its_row() -> None:
    assert {row.sensor for row in ROWS} == {cls for cls in concrete(DtsSensor) if cls.orders}


@pytest.mark.usefixtures("passing_time")
@every_row
def test_it_ends_red_and_names_the_order_the_state_and_the_task(row: Unordered, cloud: Cloud) -> None:
    job, task = row.of(cloud)
    before = orders(cloud)
    with pytest.raises(JobFailed, match=f"{row.action} was not ordered") as raised:
        task.run()
    assert f"Clear `{row.task}` with its downstream" in str(raised.value.next_step)
    assert (raised.value.job_id, bool(raised.value.state)) == (job, True)
    assert task.deferrals, "one look is never enough: it can be older than the order"
    with pytest.raises(JobFailed, match="stands"):
        task.retry().run()
    with pytest.raises(JobFailed, match="was not ordered"):
        task.clear().run()
    assert orders(cloud) == before


@every_row
def test_what_an_earlier_leg_has_seen_turns_no_later_one_red(
    row: Unordered, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order may have been given since, and undone again a moment ago: only a wait has seen what lasted."""
    _, task = row.of(cloud)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    monkeypatch.setenv(SETTLE, "0")
    with pytest.raises(TaskDeferred):
        task.operator.resume_execution(TRIGGER_FAIL_REPR, {"error": "Trigger failure"}, task.context)


def test_what_is_ordered_within_the_settle_time_is_waited_for_to_its_end(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.checked()
    task = Task(DtsMigrationJobReadySensor(task_id="ready", job_id=job, poll_interval=0.05))
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    cloud.call("StartMigrateJob", JobId=job)
    monkeypatch.setenv(SETTLE, "0")
    cloud.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "readyComplete"
