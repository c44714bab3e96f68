"""Compare tasks of sync jobs in every state."""

from __future__ import annotations

from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.subjects import Stage, Subject


def _compare(seconds: float = 0, *, start: bool = True, call: str = "", after: float = 0, name: str = "app") -> Stage:
    """A compare task so many seconds after its start, or a call later."""

    def stage(cloud: Cloud) -> Subject:
        person = SyncCloud(cloud.emulator)
        job = person.syncing(Objects=objects(name))
        task = str(person.call("CreateSyncCompareTask", JobId=job, TaskName="compare")["CompareTaskId"])
        if start:
            person.call("StartSyncCompare", JobId=job, CompareTaskId=task)
            person.wait(seconds)
        if call:
            person.call(call, JobId=job, CompareTaskId=task)
            person.wait(after)
        return Subject(job, task)

    return stage


def _renamed(cloud: Cloud) -> Subject:
    subject = _compare(start=False)(cloud)
    cloud.call("ModifySyncCompareTaskName", JobId=subject.job, CompareTaskId=subject.task, TaskName="orders")
    return subject


def _lost(cloud: Cloud) -> Subject:
    subject = _compare(47, call="DeleteSyncCompareTask")(cloud)
    return Subject(subject.job, f"{subject.job}-cmp-nosuchtk")


STAGES: dict[str, Stage] = {
    "sync compare created": _compare(start=False),
    "sync compare readyRun": _compare(1),
    "sync compare running": _compare(10),
    "sync compare success": _compare(47),
    "sync compare failed": _compare(47, name="rehearse_compare_failed"),
    "sync compare stopping": _compare(10, call="StopSyncCompare", after=2),
    "sync compare canceled": _compare(10, call="StopSyncCompare", after=5),
    "sync compare deleted": _compare(47, call="DeleteSyncCompareTask"),
    "sync compare renamed": _renamed,
    "no such sync compare": _lost,
}
