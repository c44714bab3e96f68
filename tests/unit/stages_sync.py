"""Sync jobs, their changes and compare tasks in every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit import stages_sync_changes, stages_sync_compare
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.raw import REGION
from tests.unit.emulator.sync_cloud import SECONDS_TO_SINKER, SyncCloud, objects
from tests.unit.emulator.test_sync_states import PREPAID, STATES
from tests.unit.subjects import Stage, Subject


def plan(**changes: Any) -> dict[str, Any]:
    """A plan as ``DtsPlanSyncOperator`` returns it, as far as the configuration of a job goes."""
    return {
        "source": {"connection": "source_mysql", "database_type": "mysql", "region": REGION},
        "target": {"connection": "target_mysql", "database_type": "mysql", "region": REGION},
        "objects": objects(),
        "options": {},
        "job_mode": "liteMode",
        "run_mode": "Immediate",
        "expect_run_time": "",
        "skips": [],
        "requested_by": "someone",
        "requested_at": "2026-11-23T00:00:00+00:00",
    } | changes


def seeded(cloud: Cloud, job: str, seed: dict[str, Any]) -> str:
    """Force a job into a state that no call leads to."""
    cloud.emulator.seed({"match": {"JobId": job}, **seed})
    return job


def _after(made: Callable[[SyncCloud], str], *steps: tuple[str, float], **params: Any) -> Callable[[SyncCloud], str]:
    """A job after calls, each with the seconds to wait after it."""

    def make(cloud: SyncCloud) -> str:
        job = made(cloud)
        for action, seconds in steps:
            cloud.call(action, JobId=job, **params)
            cloud.wait(seconds)
        return job

    return make


def _prepaid(made: Callable[[SyncCloud, dict[str, Any]], str]) -> Callable[[SyncCloud], str]:
    return lambda cloud: made(cloud, PREPAID)


def _free(made: Callable[[SyncCloud], str], seconds: float | None = None) -> Callable[[SyncCloud], str]:
    """A free job; so many seconds after it was isolated, where that is given."""

    def make(cloud: SyncCloud) -> str:
        job = seeded(cloud, made(cloud), {"trade_status": "notBilled"})
        if seconds is not None:
            cloud.call("IsolateSyncJob", JobId=job)
            cloud.wait(seconds)
        return job

    return make


def _item_skipped(cloud: SyncCloud) -> str:
    job = STATES["CheckNotPass"](cloud)
    cloud.call("SkipSyncCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    cloud.sync_check(job)
    return job


def _draining(cloud: SyncCloud) -> str:
    job = cloud.ready_running()
    cloud.wait(SECONDS_TO_SINKER + 2)
    return job


def _in_arrears(cloud: SyncCloud) -> str:
    return seeded(cloud, cloud.stopped_sync(), {"trade_status": "arrears"})


_ISOLATE = ("IsolateSyncJob", 5.0)
_MADE: dict[str, Callable[[SyncCloud], str]] = {
    **STATES,
    "with a lag that drains": _draining,
    "check item skipped": _item_skipped,
    "prepaid": _prepaid(SyncCloud.syncing),
    "prepaid, stopped": _prepaid(SyncCloud.stopped_sync),
    "prepaid, isolated": _prepaid(SyncCloud.isolated_sync),
    "reset": _after(_prepaid(SyncCloud.stopped_sync), ("ResetSyncJob", 10)),
    "isolating": _after(SyncCloud.stopped_sync, ("IsolateSyncJob", 2)),
    "isolated": SyncCloud.isolated_sync,
    "isolated before its start": _after(SyncCloud.check_passed, _ISOLATE),
    "isolated while paused": _after(SyncCloud.paused_sync, _ISOLATE),
    "isolated for debt": _in_arrears,
    "recovering": _after(SyncCloud.isolated_sync, ("RecoverSyncJob", 2)),
    "offlining": _after(SyncCloud.isolated_sync, ("DestroySyncJob", 2)),
    "destroyed": _after(SyncCloud.isolated_sync, ("DestroySyncJob", 10)),
    "resizing": _after(SyncCloud.syncing, ("ResizeSyncJob", 100), NewInstanceClass="large"),
    "resized": _after(SyncCloud.syncing, ("ResizeSyncJob", 240), NewInstanceClass="large"),
    "resizing while stopped": _after(SyncCloud.stopped_sync, ("ResizeSyncJob", 100), NewInstanceClass="large"),
    "free": _free(SyncCloud.syncing),
    "free, stopped": _free(SyncCloud.stopped_sync),
    "free, being deleted": _free(SyncCloud.stopped_sync, 2),
}


def _of_job(make: Callable[[SyncCloud], str]) -> Stage:
    return lambda cloud: Subject(make(SyncCloud(cloud.emulator)))


JOBS: dict[str, Stage] = {
    **{f"sync {name}": _of_job(make) for name, make in _MADE.items()},
    "no such sync job": lambda _: Subject("sync-nosuchjb"),
}
STAGES: dict[str, Stage] = {**JOBS, **stages_sync_changes.STAGES, **stages_sync_compare.STAGES}
