"""Sync jobs, their changes and compare tasks: what each sensor does in every state."""

from __future__ import annotations

from typing import Any

from tencent_dts.errors import CheckNotPassed
from tencent_dts.sensors import sync
from tencent_dts.tasks.sensor import DtsSensor
from tests.unit.sensors import cases_sync_changes, cases_sync_compare
from tests.unit.sensors.case import Case
from tests.unit.stages_sync import plan

_OVER = ("Stopping", "Stopped", "Failed")


def _case(
    sensor: type[DtsSensor],
    soon: str,
    *,
    reached: tuple[str, ...],
    waiting: tuple[str, ...],
    failing: tuple[str, ...] = (),
    **more: Any,
) -> Case:
    """A row; the names of stages stand without what tells them from those of other kinds of jobs."""
    lists = {"reached": reached, "waiting": waiting, "failing": failing}
    named: dict[str, Any] = {kind: tuple(f"sync {name}" for name in names) for kind, names in lists.items()}
    return Case(sensor, soon=f"sync {soon}", hole="no such sync job", **named, **more)


JOBS: list[Case] = [
    _case(
        sync.DtsSyncCheckPassedSensor,
        "Checking",
        reached=("CheckPass", "check item skipped", "ReadyRunning", "Running", "Paused", "ResumableErr"),
        waiting=("Checking", "Initialized"),
        failing=("CheckNotPass",),
        error=CheckNotPassed,
        arguments={"configuration": plan()},
    ),
    _case(
        sync.DtsSyncJobCaughtUpSensor,
        "with a lag that drains",
        reached=("Running in the incremental step", "prepaid", "free"),
        waiting=("CheckPass", "ReadyRunning", "Running", "with a lag that drains", "Pausing", "Paused", "Resuming"),
        failing=("ResumableErr", *_OVER),
    ),
    _case(
        sync.DtsSyncJobPausedSensor,
        "Pausing",
        reached=("Paused",),
        waiting=("Running", "Running in the incremental step", "Pausing", "Resuming"),
        failing=("ResumableErr", *_OVER),
    ),
    _case(
        sync.DtsSyncJobIsolatedSensor,
        "isolating",
        reached=("isolated", "prepaid, isolated", "offlining"),
        waiting=("Stopped", "isolating", "recovering", "resizing", "free, being deleted"),
        gone_is_reached=True,
    ),
]
CASES: list[Case] = [*JOBS, *cases_sync_changes.CASES, *cases_sync_compare.CASES]
