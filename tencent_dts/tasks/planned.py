"""Holds a job against the plan of its run: what it does must be what was asked for, or nothing is called.

A job can do something else because it was given by its id and is at work for somebody, or because a person
configured it in the console after this run did. Then its own comparison, which looks at what the job does, would
prove it, and it would be cut over. So the job's endpoints, objects and options, as the service shows them
(:mod:`tencent_dts.kinds.shown`), are held against the plan when a job is adopted, and again before each
call that takes it a step further.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs, DescribeSubscribeConf.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import ConfiguredOtherwise
from tencent_dts.kinds.planned import Planned
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource, Verdict
from tencent_dts.tasks.base import DtsOperator, DtsTask, airflow_connection
from tencent_dts.tasks.jobs import ConfigurationSender, TwoSidedTask

_AS_PLANNED = "as_planned"  # what a task remembers of a job that it has held against the plan

_BY_RESOURCE = {kind.resource.name: kind.planned for kind in KINDS}


def planned(resource: Resource) -> Planned:
    """How jobs of a kind are held against a plan."""
    return _BY_RESOURCE[resource.job.name]


def configuration_of(resource: Resource, job_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The configuring request of a plan, with its connections freshly read; before any event loop runs."""
    kind = planned(resource)
    return kind.request(job_id, plan, *(airflow_connection(plan[side]["connection"]) for side in kind.sides))


def refuse_adoption(resource: Resource, item: Item, order: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
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


class HeldAgainstPlan(DtsTask):
    """Base of the tasks that compare a job with the plan before they let anything happen to it."""

    configuration: Any  # the plan

    @abstractmethod
    def asked(self) -> Mapping[str, Any]:
        """The configuring request of the plan; empty: nothing is compared."""

    def mark(self) -> str:
        """The plan, as a later try knows it again."""
        return planned(self.resource).mark(self.asked(), self.configuration or {})

    def found(self, item: Item) -> list[str]:
        """Where the job does not show what the plan says."""
        asked = self.asked()
        return planned(self.resource).differences(asked, item) if asked else []

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


def confirm_planned(task: HeldAgainstPlan, memory: Memory, item: Item, not_done: str) -> None:
    """Let a job count as done that does what the plan says, and remember that it did.

    One that is over keeps what it was found to do, whatever the connections of the plan say by now: they are changed,
    and their databases given up, once a migration has been cut over. That holds for the plan that it was held against:
    where the request was changed since, or a mapped list comes in another order, the job was for something else. One
    that was never compared is no exception: it may have been configured, started and ended by another hand.

    :raises ConfiguredOtherwise: it does something else; the error names each field and both values.
    """
    kind = planned(task.resource)
    over = kind.configure.axis.of(item) in kind.over or task.resource.is_released(item)
    mark = task.mark() if task.asked() else ""
    if over and memory.get(_AS_PLANNED) == mark:  # without a plan there is no mark, and nothing kept
        return
    task.refuse(item, not_done)
    if mark:
        memory.set(_AS_PLANNED, mark)


class PlanHolder(HeldAgainstPlan, TwoSidedTask):
    """A task that is told the plan of its run, if there is one.

    :param configuration: the plan of the run, as its first task returns it; default: nothing is compared.
    """

    def __init__(self, *, configuration: Mapping[str, Any] | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(configuration={} if configuration is None else configuration, **kwargs)

    def asked(self) -> Mapping[str, Any]:
        """The configuring request of the plan."""
        if not self.configuration:
            return {}
        return planned(self.resource).request(self.ids()[self.resource.job.key], self.configuration, *self._databases)


class PlannedOperator(HeldAgainstPlan, DtsOperator):
    """Base of the operators that hold a job against the plan also where nothing is left to be called."""

    def not_called(self) -> str:
        """What was not done, for the error."""
        return f"{self.operation.action} was not called"

    def to_be_called(self, memory: Memory, item: Item) -> None:
        """Look at a job whose state allows the call; before each sending it is judged again."""

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Look at the job before the call."""
        item = await read(client, self.resource, self.ids()) if self.asked() else None
        if item is not None and self.operation.judge(item, called=False) is Verdict.ALLOWED:
            self.to_be_called(memory, item)
        return await super().gate(client, memory)

    def confirm(self, memory: Memory, item: Item | None, *, called: bool) -> None:
        """A job that is past this step, by whose hand ever, must do what the plan says all the same."""
        super().confirm(memory, item, called=called)
        if not called and item is not None:  # a call of our own was held against the plan right before it was sent
            confirm_planned(self, memory, item, self.not_called())
        elif called and self.asked():
            memory.set(_AS_PLANNED, self.mark())


class PlannedGate(PlannedOperator, PlanHolder):
    """Takes a job a step further only while it shows what the plan says."""

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """The very job that is about to be called must show what the plan says."""
        self.refuse(item, self.not_called())
        return super().admit(memory, item)


class ConfigureGate(PlannedOperator, ConfigurationSender):
    """Sends a configuration again that somebody has replaced, and tells where it is too late for that."""

    def asked(self) -> Mapping[str, Any]:
        """What is about to be sent."""
        return self.modification()

    def to_be_called(self, memory: Memory, item: Item) -> None:
        """Look whether what was sent before still stands."""
        self.replaced = bool(found := self.found(item))
        if found and memory.get("digest"):
            self.log.warning("the job has been configured otherwise since; configuring it again: %s", "; ".join(found))
