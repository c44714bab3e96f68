"""What every sensor of this package does: look, wait without a worker, and judge when looked at again.

A negative verdict is remembered before it is raised. When the task runs again it stands, unless
a person has cleared the task since: then the sensor is re-armed and orders what a new verdict needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from airflow.sdk import BaseSensorOperator

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.engine.wording import cause_of, shown_ids, shown_state, state_of, when_gone
from tencent_dts.errors import InvalidInput, JobFailed, Permanent
from tencent_dts.model.answers import Item
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import Size
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.facts import facts_of, summary

BUY_ANOTHER = "The job cannot go on. Clear `purchase` with its downstream: it isolates this job and buys another."


class DtsSensor(DtsTask, BaseSensorOperator):
    """Base of the sensors: a subclass names its goal, and what it does when it is re-armed.

    :param poke_interval: seconds between two looks; the same as ``poll_interval``.
    :param soft_fail: refused: a failed check or report is never skipped.
    :param never_fail: refused likewise.
    """

    waits = ("defer", "sync")
    on_clear = "looks at the job, and waits again for as long as before"
    goal: ClassVar[Goal]
    orders: ClassVar[tuple[tuple[Operation, str], ...]] = ()  # what leads to the goal in turn, and its task
    error: ClassVar[type[Permanent]] = JobFailed
    # By status: what to do about a negative verdict; "" for every other status.
    remedies: ClassVar[Mapping[str, str]] = MappingProxyType({"": "Fix the cause, then clear this task."})

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "goal" in vars(cls):
            cls.resource = cls.goal.resource
            cls.keeps_outcome = cls.resource.is_deleted_in_the_end

    def __init__(
        self,
        *,
        poll_interval: float | None = None,
        poke_interval: float | timedelta | None = None,
        soft_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        if soft_fail or never_fail:
            raise InvalidInput("soft_fail, never_fail", "not possible here: a failed check or report is never skipped")
        super().__init__(
            poll_interval=poll_interval if poll_interval is not None else poke_interval,
            **kwargs,
        )

    # --- What a kind of sensor says ---

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Order what a new verdict needs; called once after a clear."""

    async def fix(self, client: DtsClient, memory: Memory, item: Item | None) -> bool:
        """Do what a negative verdict still lacks, or what was asked for in advance against it.

        :returns: whether anything was done, so that the wait goes on.
        """
        return False

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """The error for a negative verdict."""
        return self.error(
            f"The job does not become `{self.goal.name}` by itself any more",
            job_id=shown_ids(self.ids()),
            state=await shown_state(client, self.resource, self.ids(), item),
            cause=cause_of(item),
            next_step=self.next_step(item) if item is not None else when_gone(self.resource),
        )

    def next_step(self, item: Item | None) -> str:
        """What to do about a negative verdict, by the status of the resource."""
        return self.remedies.get(self.resource.axis.of(item or {}), self.remedies[""])

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> Any:
        """What the task returns; it makes the last assertion, too, which the gates do for an operator."""
        return {**self.ids(), **summary(self.resource, item)}

    def watch_for(self, event: Event) -> Watch | None:
        """Watch for the goal."""
        return Watch(self.ids(), goal=self.goal.name, hold=self.hold())

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """Judge the resource: return, raise, or wait."""
        if (standing := memory.reported()) is not None:
            stands = "This verdict was reported before and stands; clear this task to judge again."
            raise self.error(standing, next_step=stands)
        item = await read(client, self.resource, self.ids())
        if memory.was_cleared_after_report():
            await self.rearm(client, memory, item)
            memory.forget_report()
            item = await read(client, self.resource, self.ids(), again=False)
        verdict = self.goal.judge(item)
        if verdict is Verdict.DONE and (item is None or not self.hold() or event.get("held")):
            ended = {**self.ids(), **summary(self.resource, None)}
            result = ended if item is None else await self.result(client, memory, item)
            self.log.info("`%s`: %s", self.goal.name, facts_of(self.resource, self.ids(), item))
            return result
        if verdict is Verdict.VOID and self.orders and event.get("reason") != Verdict.VOID.value:  # one look alone
            return Watch(self.ids(), goal=self.goal.name, hold=self.hold())
        if verdict in (Verdict.IMPOSSIBLE, Verdict.VOID):
            if await self.fix(client, memory, item):
                return Watch(self.ids(), goal=self.goal.name)
            missing = verdict is Verdict.VOID and self.orders
            raise memory.report(_not_ordered(self, item) if missing else await self.failure(client, item))
        if verdict is Verdict.UNKNOWN:
            self.log.warning("unknown status %r; waiting goes on", self.goal.axis.of(item or {}))
        return Watch(self.ids(), goal=self.goal.name, hold=self.hold())

    def hold(self) -> float:
        """Seconds for which the goal must go on being reached: ``hold_seconds``, of a sensor that has it."""
        held: Size | None = getattr(type(self), "hold_seconds", None)
        return held.of(self) if held is not None else 0.0


def _not_ordered(sensor: DtsSensor, item: Item | None) -> Permanent:
    """The error of a wait for what was not ordered, as where a task was marked as success that had not run.

    The sensor orders it by no clear of its own: to start a job or to end it is a task that everyone sees.
    """
    status = sensor.goal.axis.of(item or {})
    due = [order for order in sensor.orders if status in order[0].needs]
    operation, task = due[0] if due else sensor.orders[0]
    return sensor.error(
        f"Nothing leads to `{sensor.goal.name}`: {operation.action} was not ordered",
        job_id=shown_ids(sensor.ids()),
        state=state_of(sensor.resource, item),
        next_step=f"Clear `{task}` with its downstream: it orders {operation.action}. A task that was only marked as "
        "success has ordered nothing.",
    )
