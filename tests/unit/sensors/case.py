"""One sensor, as the tests over all of them want it told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.errors import JobFailed, Permanent
from tencent_dts.tasks.sensor import DtsSensor
from tests.unit.subjects import Subject


@dataclass(frozen=True)
class Case:
    """One sensor; ``failing`` are states that it fails in, as ``error``; ``soon`` leads to success by itself.

    ``hole`` is the stage in which the resource is not there, ``key`` the name of the job's id.
    """

    sensor: type[DtsSensor]
    reached: tuple[str, ...]
    soon: str
    waiting: tuple[str, ...]
    failing: tuple[str, ...]
    error: type[Permanent] = JobFailed
    arguments: Mapping[str, Any] = field(default_factory=dict)
    gone_is_reached: bool = False
    hole: str = "no such job"
    key: str = "JobId"

    def task(self, subject: Subject, **more: Any) -> DtsSensor:
        """The sensor, for one resource."""
        return self.sensor(task_id="task", **subject.arguments(), **self.arguments, **more)
