"""What the tasks of a fleet share that wait in its line: where they stand, how they wait, and what they say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowRescheduleException

from tencent_dts import settings
from tencent_dts.engine.identity import NotYet
from tencent_dts.engine.line import GO, HELD, STOPPED, Line, Number, Standing, look, mark_of, ticket_of, write
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.runs import TaskContext, delete_variable, index_of
from tencent_dts.engine.waiting import Event, jittered
from tencent_dts.errors import DeadlinePassed, DtsProblem, Impossible, Permanent
from tencent_dts.tasks.going_on import net_below
from tencent_dts.triggers.line import ALONE, DtsLineTrigger

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator


class FleetStopped(Permanent):
    """More members of a wave have failed than may: nothing more is bought."""


class MemberHeld(Permanent):
    """A member that another one comes after has failed."""


class FleetIncomplete(Permanent):
    """A member of a fleet is red, or was never begun."""


class NotInTurn(NotYet):
    """As many jobs are paid for as may be, or a member that comes before this one has not ended.

    :param turn: whose turn it is not.
    """

    def __init__(self, why: str, turn: Turn) -> None:
        super().__init__(f"its turn has not come: {why}", kept="")
        self.turn = turn

    def too_late(self, seconds: float) -> DeadlinePassed:
        """The error of a member that has waited as long as it may."""
        return DeadlinePassed(
            f"The turn of this member has not come in {seconds:.0f} s; nothing was bought",
            cause=str(self),
            next_step="End the jobs of red members, which count while they cost: fix and clear each, or end it in the "
            "console and mark its `isolate` as success. Then clear this task with its downstream.",
        )


@dataclass(frozen=True)
class InLine:
    """Where the members of a wave stand in the line of their fleet.

    :param line: what is fixed of the fleet.
    :param wave: number of the wave.
    """

    line: Line
    wave: int


class Turn:
    """The turn of one member to buy: it takes a ticket before its order, and holds it while it may have a job.

    :param in_line: where its wave stands.
    :param ti: its purchase.
    :param plan_id: id of the task that keeps what the member comes after; ``None``: it comes after none.
    """

    def __init__(self, in_line: InLine, ti: Any, plan_id: str | None) -> None:
        self._in_line = in_line
        self._ti = ti
        self._plan_id = plan_id
        self._number: Number = (in_line.wave, index_of(ti))
        prefix = in_line.line.prefix(ti.dag_id, ti.run_id)
        self._ticket, self._mark = ticket_of(prefix, self._number), mark_of(prefix, self._number)
        self._holds = False  # as far as this process knows
        self._after: list[Number] | None = None

    @contextmanager
    def held(self, memory: Memory) -> Iterator[None]:
        """Hold a ticket beyond the block where anything was bought or adopted in it, and give it back where not."""
        try:
            yield
        except DtsProblem:
            if memory.purchased() is None and not memory.ledger().orders():
                self._give_back()
            raise
        if memory.purchased() is not None:
            self._announce()

    async def take(self, memory: Memory) -> None:
        """Go on, with a ticket, if the turn has come.

        :raises NotInTurn: it has not.
        :raises FleetStopped: too many members of the wave have failed.
        :raises MemberHeld: a member that it comes after has failed.
        :raises Impossible: nothing after it would end what it buys.
        """
        standing = await self._look()
        if standing.is_green(self._number):  # what it bought would count as ended, and nothing would end it
            raise Impossible(
                "This member is about to buy, and its last task is green already, or marked so; nothing was bought",
                next_step="Clear this task with its downstream, so that what it buys is ended by this run.",
            )
        self._holds |= self._number in standing.tickets
        verdict = standing.turn(self._number, self.after)
        if verdict == GO:
            self._announce()
            if self._number in standing.stopped:
                delete_variable(self._mark)
            standing = await self._look()  # of two that look at once, at least one sees the ticket of the other
            verdict = standing.turn(self._number, self.after, announced=True)
        if verdict == GO:
            return
        if not memory.ledger().unknown():  # whatever else this member has bought was seen to have ended
            self._give_back()
        if verdict in (STOPPED, HELD):
            write(self._mark, self._ti.dag_id, self._ti.run_id)
            raise stopped(standing, self._in_line.wave, {}) if verdict == STOPPED else self._held_back(standing)
        paid = len(standing.holders(beside=self._number))
        raise NotInTurn(f"{paid} other members hold a paid job, of {standing.line.in_flight} that may", self)

    def wait(self, task: BaseOperator, event: Event, deadline: float, interval: float) -> NoReturn:
        """Wait for it without a worker, see :func:`wait_in_line`."""
        context = {"ti": self._ti}
        line = self._in_line.line
        wait_in_line(task, context, line, self._number, self.after, event=event, deadline=deadline, interval=interval)

    @property
    def after(self) -> list[Number]:
        """The members that must have ended well before; asked of the plan once."""
        if self._after is None:
            index = self._ti.map_index
            kept = self._ti.xcom_pull(task_ids=self._plan_id, key="after", map_indexes=index) if self._plan_id else None
            self._after = [(int(wave), int(at)) for wave, at in kept or ()]
        return self._after

    async def _look(self) -> Standing:
        return await look(self._in_line.line, self._ti.dag_id, self._ti.run_id)

    def _announce(self) -> None:
        if not self._holds:
            write(self._ticket, self._ti.dag_id, self._ti.run_id)
            self._holds = True

    def _give_back(self) -> None:
        if self._holds:
            delete_variable(self._ticket)
            self._holds = False

    def _held_back(self, standing: Standing) -> MemberHeld:
        waves = standing.line.waves
        red = ", ".join(f"{waves[at[0]].purchase}[{at[1]}]" for at in self.after if standing.is_red(at))
        return MemberHeld(
            "This member comes after another that has failed; nothing was bought",
            cause=f"the members of {red} are red",
            next_step="Fix that member and clear what is red of it; once it is green, clear this task with its "
            "downstream.",
        )


def wait_in_line(
    task: BaseOperator,
    context: TaskContext,
    line: Line,
    number: Number,
    after: Sequence[Number] = (),
    *,
    event: Event,
    deadline: float,
    interval: float,
) -> NoReturn:
    """Wait without a worker until the line has moved.

    :param after: members that must have ended well before.
    :param event: what the task was woken with, if it was.
    :param deadline: epoch seconds at which the task gives up.
    :param interval: seconds between two looks.
    :raises AirflowRescheduleException: no trigger can look here; the task comes back after the interval.
    """
    if event.get(ALONE):
        raise AirflowRescheduleException(datetime.now(UTC) + timedelta(seconds=jittered(interval)))
    trigger = DtsLineTrigger(
        line=line.to_dict(),
        dag_id=context["ti"].dag_id,
        run_id=context["ti"].run_id,
        number=list(number),
        after=[list(other) for other in after],
        interval=interval,
        deadline=deadline,
        first_look=settings.first_look(),
    )
    task.defer(trigger=trigger, method_name="resume", timeout=net_below(deadline))
    raise AssertionError("a deferral has returned")


def stopped(standing: Standing, wave: int, names: Mapping[Number, str]) -> FleetStopped:
    """The error of whatever would have been bought next.

    :param wave: the one in which too many have failed.
    :param names: of members, as far as they are known.
    """
    tasks, failed = standing.line.waves[wave], standing.failed(wave)
    told = ", ".join(names.get(at, f"index {at[1]}") for at in failed)
    return FleetStopped(
        f"{len(failed)} members of wave {tasks.name} have failed, and {tasks.max_failed} may; nothing more is bought. "
        "What is running goes on to its end",
        cause=f"failed: {told}",
        next_step="Fix what is red and clear it with its downstream; then clear this task with its downstream. The "
        f"task {tasks.purchase} can be cleared for all members at once (*only failed*).",
    )


def is_late(deadline: float) -> bool:
    """Whether a task has waited as long as it may."""
    return time.time() >= deadline
