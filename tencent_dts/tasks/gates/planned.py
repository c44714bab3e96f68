"""Holds a job against the plan of its run before each call that takes it a step further, and where none is needed.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs.
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts.engine.converge import read
from tencent_dts.engine.waiting import Watch
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Verdict
from tencent_dts.tasks.gates.gate import Call, Gate
from tencent_dts.tasks.planned import HeldAgainstPlan


@dataclass(frozen=True)
class AsPlanned(Gate):
    """Takes a job a step further only while it shows what the plan says."""

    async def look(self, call: Call) -> Watch | None:
        """A plan that makes no request is refused at once, whatever the job's state."""
        HeldAgainstPlan.of(call.task)
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """The very job that is about to be called must show what the plan says."""
        HeldAgainstPlan.of(call.task).refuse(item, _not_called(call))
        return None

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        """A job that is past this step, by whose hand ever, must do what the plan says all the same."""
        _confirm(HeldAgainstPlan.of(call.task), call, item, called=called)


@dataclass(frozen=True)
class Reconfigured(Gate):
    """Sends a configuration again that was replaced, and says so where it is too late for that."""

    async def look(self, call: Call) -> Watch | None:
        """Look whether what was sent before still stands."""
        plan, operation = _sent(call), call.task.operation
        item = await read(call.client, operation.resource, call.ids, again=False)
        if item is not None and operation.judge(item, called=False) is Verdict.ALLOWED:
            call.replaced = bool(found := plan.found(item))
            if found and call.memory.get("digest"):
                warning = "the job has been configured otherwise since; configuring it again: %s"
                call.task.log.warning(warning, "; ".join(found))
        return None

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        """A job that is past being configured must show what would have been sent."""
        _confirm(_sent(call), call, item, called=called)


def _sent(call: Call) -> HeldAgainstPlan:
    """The plan is what is about to be sent."""
    return HeldAgainstPlan(call.task.resource, call.task.request(), call.task.configuration or {})


def _confirm(plan: HeldAgainstPlan, call: Call, item: Item | None, *, called: bool) -> None:
    if called:  # a call of our own was held against the plan right before it was sent
        plan.remember(call.memory)
    elif item is not None:
        plan.confirm(call.memory, item, _not_called(call))


def _not_called(call: Call) -> str:
    return f"{call.task.operation.action} was not called"
