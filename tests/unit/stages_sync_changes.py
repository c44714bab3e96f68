"""Changes of a running sync job in every state of theirs, and of the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.subjects import Stage, Subject

FAILING = "rehearse_check_ModifyConfigCheck"
Make = Callable[[SyncCloud], str]


def change(*names: str, **changes: Any) -> dict[str, Any]:
    """A plan as ``DtsPlanSyncChangeOperator`` returns it: these databases from now on."""
    return {
        "objects": objects(*names or ("app", "more")),
        "options": {},
        "requested_by": "someone",
        "requested_at": "2026-11-23T00:00:00+00:00",
    } | changes


def _changed(*steps: tuple[str, float], name: str = "orders") -> Make:
    """A running job after calls about a change that somebody has configured, each with the seconds after it."""

    def make(person: SyncCloud) -> str:
        job = person.syncing({"JobName": name})
        person.modify(job)
        for action, seconds in steps:
            person.call(action, JobId=job)
            person.wait(seconds)
        return job

    return make


_CHECK = ("CreateModifyCheckSyncJob", 28.0)
_START = ("StartModifySyncJob", 0.0)
_PAUSE, _STOP = ("PauseSyncJob", 5.0), ("StopSyncJob", 10.0)

_JOBS: dict[str, Make] = {
    "sync change none": lambda person: person.syncing(),
    "sync change in the full phase": lambda person: person.full_phase(),
    "sync change Initialized": _changed(),
    "sync change Checking": _changed(("CreateModifyCheckSyncJob", 5.0)),
    "sync change CheckPass": _changed(_CHECK),
    "sync change CheckNotPass": _changed(_CHECK, name=FAILING),
    "sync change Running": _changed(_CHECK, _START),
    "sync change Success": _changed(_CHECK, _START, ("DescribeSyncJobs", 30.0)),
    "sync change Failed": _changed(_CHECK, _START, _PAUSE, ("DescribeSyncJobs", 30.0), ("ContinueSyncJob", 10.0)),
    "sync change of a job not started": lambda person: person.initialized(),
    "sync change of a job starting": lambda person: person.ready_running(),
    "sync change of a job pausing": _changed(("PauseSyncJob", 2.0)),
    "sync change of a paused job": _changed(_PAUSE),
    "sync change of a stopped job": _changed(_STOP),
    "sync change of a job in error": lambda person: person.erring(),
    "sync change passed of a paused job": _changed(_CHECK, _PAUSE),
    "sync change Running of a paused job": _changed(_CHECK, _START, _PAUSE),
    "sync change Failed of a stopped job": _changed(_CHECK, _START, _STOP, ("DescribeSyncJobs", 30.0)),
}


def _of_job(make: Make) -> Stage:
    def stage(cloud: Cloud) -> Subject:
        return Subject(make(SyncCloud(cloud.emulator)))

    return stage


STAGES: dict[str, Stage] = {name: _of_job(make) for name, make in _JOBS.items()}
