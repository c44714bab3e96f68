"""Jobs and compare tasks of the emulator in every state, and the tasks of this package that meet them there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.drive import AIRFLOW
from tests.unit import stages_2018, stages_subscription, stages_sync
from tests.unit.emulator.cloud import Cloud, databases
from tests.unit.emulator.test_migration_states import STATES
from tests.unit.subjects import HOLE, SPEED, Stage, Subject, calls, clock_runs, drive

__all__ = ["HOLE", "SPEED", "STAGES", "Stage", "Staged", "Subject"]
__all__ += ["calls", "changes", "clock_runs", "drive", "plan", "seeded"]


def plan(*names: str, **changes: Any) -> dict[str, Any]:
    """A plan as ``DtsPlanMigrationOperator`` returns it, for these databases."""
    return {
        "source": {"connection": "source_mysql", "database_type": "mysql", "region": "ap-guangzhou"},
        "target": {"connection": "target_mysql", "database_type": "mysql", "region": "ap-guangzhou"},
        "migrate_type": "fullAndIncrement",
        "objects": databases(*names or ("app",))["DatabaseTable"],
        "migrate_option": {},
        "run_mode": "immediate",
        "expect_run_time": "",
        "skips": [],
        "foreign_key_flag": "",
        "requested_by": "someone",
        "requested_at": "2026-11-23T00:00:00+00:00",
    } | changes


def seeded(cloud: Cloud, job: str, seed: Mapping[str, Any]) -> str:
    """Force a job into a state that no call leads to."""
    cloud.emulator.seed({"match": {"JobId": job}, **seed})
    return job


def _resizing(cloud: Cloud, seconds: float) -> str:
    job = cloud.succeeded()
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large")
    cloud.wait(seconds)
    return job


def _skipped(cloud: Cloud) -> str:
    job = STATES["checkNotPass"](cloud)
    cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    cloud.check(job)
    return job


def _renamed(cloud: Cloud) -> str:
    job = cloud.checked()
    cloud.call("ModifyMigrateName", JobId=job, JobName="orders")
    return job


def _traded(*steps: tuple[str, float], **changes: Any) -> Callable[[Cloud], str]:
    return lambda cloud: cloud.after(cloud.succeeded, *steps, **changes)


_ISOLATE = ("IsolateMigrateJob", 5.0)
_JOBS: dict[str, Callable[[Cloud], str]] = {
    **STATES,
    "isolating": _traded(("IsolateMigrateJob", 2)),
    "isolated": _traded(_ISOLATE),
    "isolated before its start": lambda cloud: cloud.after(cloud.checked, _ISOLATE),
    "isolated at work": lambda cloud: cloud.after(cloud.ready, _ISOLATE),
    "reversing": _traded(_ISOLATE, ("RecoverMigrateJob", 2)),
    "offlining": _traded(_ISOLATE, ("DestroyMigrateJob", 2)),
    "offlined": _traded(_ISOLATE, ("DestroyMigrateJob", 5)),
    "resizing": lambda cloud: _resizing(cloud, 100),
    "resized": lambda cloud: _resizing(cloud, 240),
    "free": lambda cloud: seeded(cloud, cloud.succeeded(), {"trade_status": "notBilled"}),
    "check item skipped": _skipped,
    "renamed": _renamed,
}


def _compare(seconds: float = 0, *, start: bool = True, call: str = "", after: float = 0, name: str = "app") -> Stage:
    """A compare task so many seconds after its start, or a call later."""

    def stage(cloud: Cloud) -> Subject:
        job = cloud.ready(MigrateOption=databases(name))
        task = str(cloud.call("CreateCompareTask", JobId=job, TaskName="compare")["CompareTaskId"])
        if start:
            cloud.call("StartCompare", JobId=job, CompareTaskId=task)
            cloud.wait(seconds)
        if call:
            cloud.call(call, JobId=job, CompareTaskId=task)
            cloud.wait(after)
        return Subject(job, task)

    return stage


def _renamed_compare(cloud: Cloud) -> Subject:
    subject = _compare(start=False)(cloud)
    cloud.call("ModifyCompareTaskName", JobId=subject.job, CompareTaskId=subject.task, TaskName="orders")
    return subject


def _lost_compare(cloud: Cloud) -> Subject:
    subject = _compare(47, call="DeleteCompareTask")(cloud)
    return Subject(subject.job, f"{subject.job}-cmp-nosuchtk")


def _of_job(make: Callable[[Cloud], str]) -> Stage:
    return lambda cloud: Subject(make(cloud))


STAGES: dict[str, Stage] = {
    **{name: _of_job(make) for name, make in _JOBS.items()},
    "no such job": lambda _: Subject(HOLE),
    "compare created": _compare(start=False),
    "compare readyRun": _compare(1),
    "compare running": _compare(10),
    "compare success": _compare(47),
    "compare failed": _compare(47, name="rehearse_compare_failed"),
    "compare stopping": _compare(10, call="StopCompare", after=2),
    "compare canceled": _compare(10, call="StopCompare", after=5),
    "compare deleted": _compare(47, call="DeleteCompareTask"),
    "compare renamed": _renamed_compare,
    "no such compare": _lost_compare,
    **stages_sync.STAGES,
    **stages_2018.STAGES,
    **stages_subscription.STAGES,
}


def changes(cloud: Cloud) -> list[str]:
    """The calls so far that could have changed something."""
    return [call["action"] for call in cloud.emulator.journal() if not call["action"].startswith("Describe")]


class Staged:
    """A resource in a state, for one task after the other: made again where one of them has changed something."""

    def __init__(self, cloud: Cloud, state: str) -> None:
        self._cloud, self._state = cloud, state
        self._subject: Subject | None = None
        self._made: list[str] = []

    def subject(self) -> Subject:
        """The resource, in an Airflow and an account that know of no task before."""
        AIRFLOW.reset()
        if self._subject is None or not self.is_untouched:
            self._cloud.emulator.reset()
            self._cloud.emulator.set_speed(0)
            self._subject = STAGES[self._state](self._cloud)
            self._made = changes(self._cloud)
        return self._subject

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was called since that could have changed it."""
        return changes(self._cloud) == self._made
