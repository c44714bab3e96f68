"""One operator that changes a resource, as the tests over all of them want it told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.tasks.operator import DtsOperator
from tests.unit.subjects import Subject


@dataclass(frozen=True)
class Case:
    """One operator.

    ``allowed``: a state in which it calls. ``ends``: states after it, on the axis it concerns. ``repeats``: sending
    it twice sets the same thing twice, so that an answer that was lost may be followed by a second call. ``hole``: the
    stage in which the resource is not there. ``key``: the name of the job's id.
    """

    operator: type[DtsOperator]
    allowed: str
    ends: frozenset[str]
    done: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    axis: str = "Status"
    gone_is_done: bool = False
    repeats: bool = False
    hole: str = "no such job"
    key: str = "JobId"

    @property
    def action(self) -> str:
        """The API action."""
        return self.operator.operation.action

    def task(self, subject: Subject, **more: Any) -> DtsOperator:
        """The operator, for one resource."""
        return self.operator(task_id="task", **subject.arguments(), **self.arguments, **more)

    def of_nothing(self) -> DtsOperator:
        """The operator, with an empty id."""
        return self.task(Subject("", "x" if "compare" in self.allowed else "", self.key))


def ends(*names: str) -> frozenset[str]:
    """A set of states."""
    return frozenset(names)
