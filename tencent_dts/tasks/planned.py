"""Holds a job against the plan of its run: what it does must be what was asked for, or nothing is called.

A job can do something else because it was given by its id and is at work for someone else, or because a person
configured it in the console after this run did. Then its own comparison, which looks at what the job does, would
prove it, and it would be cut over. So the job's endpoints, objects and options, as the service shows them
(:mod:`tencent_dts.kinds.shown`), are held against the plan when a job is adopted, and again before each
call that takes it a step further.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs, DescribeSubscribeConf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tencent_dts.api.answers import Request
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import ConfiguredOtherwise
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.planned import Planned
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource

_AS_PLANNED = "as_planned"  # what a task remembers of a job that it has held against the plan

_BY_RESOURCE = {kind.resource.name: kind.planned for kind in KINDS}


def planned(resource: Resource) -> Planned:
    """How jobs of a kind are held against a plan."""
    return _BY_RESOURCE[resource.job.name]


def configuration_of(resource: Resource, job_id: str, plan: AnyPlan) -> Request:
    """The configuring request of a plan, with its connections freshly read; before any event loop runs."""
    kind = planned(resource)
    return kind.request(job_id, plan, *databases_of(plan, kind.sides))


def refuse_adoption(resource: Resource, item: Item, order: Request, asked: Request) -> None:
    """Refuse a job given by its id that is at work for something else than this run's plan.

    One that the run will configure itself must only have been bought for the same databases.

    :param order: the request that would have bought it.
    :param asked: the configuring request of the plan.
    :raises ConfiguredOtherwise: it differs; the error names each field, the job's value and the plan's.
    """
    kind = planned(resource)
    found = kind.bought.differences(order, item) if kind.bought is not None else []
    if not (kind.follows and kind.is_open(item)):
        found += kind.differences(asked, item)
    if found:
        raise _otherwise(
            resource,
            item,
            not_done="it was not adopted",
            found=found,
            next_step="Trigger a new run, with the parameters and connections that the job was configured with, or "
            "without its id. Where a connection of the plan is wrong, correct it and clear this task.",
        )


def _otherwise(
    resource: Resource, item: Item, *, not_done: str, found: list[str], next_step: str
) -> ConfiguredOtherwise:
    return ConfiguredOtherwise(
        f"The job does something else than the plan of this run; {not_done}",
        job_id=str(item.get(resource.key)),
        state=state_of(resource, item),
        cause="of the job, the value it shows, then the plan's\n    " + "\n    ".join(found),
        next_step=next_step,
    )


@dataclass(frozen=True)
class HeldAgainstPlan:
    """The plan of a task, and what its job must show of it before anything is let happen to it.

    :param resource: of the task.
    :param asked: the configuring request of the plan; empty: nothing is compared.
    :param plan: the plan itself.
    """

    resource: Resource
    asked: Request
    plan: AnyPlan

    @classmethod
    def of(cls, task: Any) -> HeldAgainstPlan:
        """Of a task that is given the plan of its run, if there is one, see :class:`.jobs.PlannedJobTask`."""
        plan, resource = task.configuration or {}, task.resource
        asked = planned(resource).request(task.ids()[resource.job.key], plan, *task.databases) if plan else {}
        return cls(resource, asked, plan)

    def mark(self) -> str:
        """The plan, as a later try knows it again."""
        return planned(self.resource).mark(self.asked, self.plan)

    def found(self, item: Item) -> list[str]:
        """Where the job does not show what the plan says."""
        return planned(self.resource).differences(self.asked, item) if self.asked else []

    def refuse(self, item: Item, not_done: str) -> None:
        """Let a job pass that does what the plan says.

        :raises ConfiguredOtherwise: it does something else; the error names each field and both values.
        """
        if found := self.found(item):
            raise _otherwise(
                self.resource.job,
                item,
                not_done=not_done,
                found=found,
                next_step=planned(self.resource).next_step(item),
            )

    def remember(self, memory: Memory) -> None:
        """The job was held against the plan, and does what that says."""
        if self.asked:
            memory.set(_AS_PLANNED, self.mark())

    def confirm(self, memory: Memory, item: Item, not_done: str) -> None:
        """Let a job count as done that does what the plan says, and remember that it did.

        One that is over keeps what it was found to do, whatever the connections of the plan say by now: they are
        changed, and their databases given up, once a migration has been cut over. That holds for the plan that it was
        held against: where the request was changed since, or a mapped list comes in another order, the job was for
        something else. One that was never compared is no exception: it may have been configured, started and ended by
        another hand.

        :raises ConfiguredOtherwise: it does something else; the error names each field and both values.
        """
        kind = planned(self.resource)
        over = kind.configure.axis.of(item) in kind.over or self.resource.is_released(item)
        if over and memory.get(_AS_PLANNED) == self.mark():  # where nothing is asked, nothing was kept
            return
        self.refuse(item, not_done)
        self.remember(memory)
