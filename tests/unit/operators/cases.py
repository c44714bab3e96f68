"""For every operator that changes a resource: in which states it has nothing to do, acts, waits, or gives up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.operators import compare, migration
from tencent_dts.operators.base import DtsOperator
from tests.unit.stages import Subject, plan

_STARTED = ("running", "readyComplete", "completing", "success", "manualPaused", "error", "resuming")
_ENDED = ("failed", "stopping", "canceled")


@dataclass(frozen=True)
class Case:
    """One operator.

    ``allowed``: a state in which it calls. ``ends``: states after it, on the axis it concerns. ``repeats``: sending
    it twice sets the same thing twice, so that an answer that was lost may be followed by a second call.
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

    @property
    def action(self) -> str:
        """The API action."""
        return self.operator.operation.action

    def task(self, subject: Subject, **more: Any) -> DtsOperator:
        """The operator, for one resource."""
        return self.operator(task_id="task", **subject.arguments(), **self.arguments, **more)


def _ends(*names: str) -> frozenset[str]:
    return frozenset(names)


CASES = [
    Case(
        migration.ModifyMigrationJobOperator,
        allowed="created without configuration",
        ends=_ends("created"),
        done=("checking", "readyRun", *_STARTED),
        under_way=("creating",),
        impossible=(*_ENDED, "isolated before its start"),
        arguments={"configuration": plan()},
        repeats=True,
    ),
    Case(
        migration.CreateMigrateCheckJobOperator,
        allowed="created",
        ends=_ends("checking", "checkPass"),
        done=("checking", "checkPass", "readyRun", *_STARTED),
        under_way=("creating",),
        impossible=_ENDED,
    ),
    Case(
        migration.SkipCheckItemOperator,
        allowed="checkNotPass",
        ends=_ends("checkNotPass"),
        done=("check item skipped", "readyRun", *_STARTED),
        under_way=("checking",),
        impossible=("created", *_ENDED),
        arguments={"skips": [{"step_id": "OptimizeCheck", "reason": "known to be harmless"}]},
        repeats=True,
    ),
    Case(
        migration.StartMigrateJobOperator,
        allowed="checkPass",
        ends=_ends("running", "readyComplete"),
        done=_STARTED,
        under_way=("checking", "readyRun"),
        impossible=("created", "checkNotPass", *_ENDED, "isolated before its start"),
    ),
    Case(
        migration.StopMigrateJobOperator,
        allowed="running",
        ends=_ends("canceled"),
        done=("canceled",),
        under_way=("stopping",),
        impossible=("checkPass", "success", "failed", "isolated at work"),
        gone_is_done=True,
    ),
    Case(
        migration.PauseMigrateJobOperator,
        allowed="readyComplete",
        ends=_ends("manualPaused"),
        done=("manualPaused",),
        under_way=("readyRun", "running", "pausing", "resuming"),
        impossible=("created", "success", "error", *_ENDED, "isolated at work"),
    ),
    Case(
        migration.ContinueMigrateJobOperator,
        allowed="manualPaused",
        ends=_ends("running", "readyComplete"),
        done=("running", "readyComplete", "success"),
        under_way=("pausing", "resuming"),
        impossible=("created", "error", *_ENDED),
    ),
    Case(
        migration.ResumeMigrateJobOperator,
        allowed="error",
        ends=_ends("running", "readyComplete"),
        done=("running", "readyComplete", "success"),
        under_way=("resuming",),
        impossible=("created", "manualPaused", *_ENDED),
    ),
    Case(
        migration.CompleteMigrateJobOperator,
        allowed="readyComplete",
        ends=_ends("success"),
        done=("success",),
        under_way=("completing", "resuming"),
        impossible=("running", "error", "manualPaused", *_ENDED, "isolated at work"),
        arguments={"unproven": True},
    ),
    Case(
        migration.IsolateMigrateJobOperator,
        allowed="success",
        ends=_ends("isolated"),
        done=("isolated", "offlining", "offlined"),
        under_way=("isolating", "resizing"),
        impossible=("running", "readyComplete", "error", "manualPaused", "completing"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
    Case(
        migration.RecoverMigrateJobOperator,
        allowed="isolated",
        ends=_ends("normal"),
        done=("success",),
        under_way=("isolating", "reversing"),
        impossible=("offlining", "offlined", "free"),
        axis="TradeStatus",
    ),
    Case(
        migration.DestroyMigrateJobOperator,
        allowed="isolated",
        ends=_ends("offlined"),
        done=("offlined",),
        under_way=("isolating", "offlining"),
        impossible=("success", "free"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
    Case(
        migration.ModifyMigrateJobSpecOperator,
        allowed="readyComplete",
        ends=_ends("normal"),
        done=("resized",),
        under_way=("resizing",),
        impossible=("isolated", "offlined", "free"),
        arguments={"new_instance_class": "large"},
        axis="TradeStatus",
    ),
    Case(
        migration.ModifyMigrateNameOperator,
        allowed="checkPass",
        ends=_ends("checkPass"),
        done=("renamed",),
        arguments={"job_name": "orders"},
    ),
    Case(
        compare.StartCompareOperator,
        allowed="compare created",
        ends=_ends("running", "success"),
        done=("compare running", "compare success"),
        under_way=("compare readyRun",),
        impossible=("compare failed", "compare stopping", "compare canceled"),
    ),
    Case(
        compare.StopCompareOperator,
        allowed="compare running",
        ends=_ends("canceled"),
        done=("compare success", "compare failed", "compare canceled"),
        under_way=("compare stopping",),
        impossible=("compare created",),
    ),
    Case(
        compare.DeleteCompareTaskOperator,
        allowed="compare success",
        ends=_ends("gone"),
        done=("compare deleted",),
        under_way=("compare stopping",),
        impossible=("compare created", "compare running"),
        gone_is_done=True,
    ),
    Case(
        compare.ModifyCompareTaskOperator,
        allowed="compare created",
        ends=_ends("created"),
        impossible=("compare running", "compare success", "compare failed", "compare canceled"),
        arguments={"configuration": {"ObjectMode": "sameAsMigrate", "Options": {"Method": "rowsCount"}}},
        repeats=True,
    ),
    Case(
        compare.ModifyCompareTaskNameOperator,
        allowed="compare created",
        ends=_ends("created"),
        done=("compare renamed",),
        arguments={"task_name": "orders"},
    ),
]
