"""One wait, run by the trigger and, through ``asyncio.run``, by a task that does not defer.

A wait looks at a resource again and again until its state asks for action, or its deadline is
reached. It never decides the task's fate: it wakes the task, which reads the resource itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypedDict

from tencent_dts import metrics, settings
from tencent_dts.api.client import DtsClient
from tencent_dts.api.pacing import drawn
from tencent_dts.engine.attention import Attention, seconds_of_calm
from tencent_dts.engine.converge import read
from tencent_dts.errors import OUTAGES, DtsError, marking_accepted
from tencent_dts.kinds.rows import GOALS, OPERATIONS
from tencent_dts.model.answers import Item, dig, text_at
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource, Verdict
from tencent_dts.times import in_utc

log = logging.getLogger(__name__)

_LOG_AT_LEAST_EVERY = 600.0
_WAITED_OUT = (Verdict.UNDER_WAY, Verdict.UNKNOWN)
_LACKING = (Verdict.UNDONE, Verdict.VOID)  # the state is one that needs an order
_REMARKS = {
    Verdict.UNDONE: " (the order was accepted, and the state is one that needs it)",
    Verdict.UNKNOWN: " (unknown status, waiting goes on)",
    Verdict.VOID: " (nothing leads to the goal: it was not ordered, has become void, or the job has ended)",
}
_RUNNING = ("running", "3")  # of a step; the second is how API 2018-03-30 writes it


Event = Mapping[str, Any]
"""What the next leg of a task starts with: a :class:`Woken`, or nothing in its first leg."""


class Log(Protocol):
    """What is used of a logger: those of Airflow are none of the standard library."""

    def info(self, msg: str, /, *args: object) -> object:
        """Report progress."""

    def warning(self, msg: str, /, *args: object) -> object:
        """Report trouble."""


class Woken(TypedDict):
    """Why a task is woken, and what its next leg must know.

    ``reason`` is the value of a verdict, ``deadline``, or the code of an error; ``called`` says that the operation's
    call had been accepted, ``held`` that the goal was reached for as long as it had to be.
    """

    reason: str
    called: bool
    held: bool


@dataclass(frozen=True)
class Watch:
    """What is waited for, as plain data: it travels to the triggerer through the metadata database.

    :param ids: the request fields that identify the resource.
    :param goal: name of a row of ``GOALS``; "" where an operation is waited for.
    :param operation: API version and action of a row of ``OPERATIONS``; empty where a goal is.
    :param called: the operation's call has been accepted.
    :param expected: the value that the operation's ``proof`` must have.
    :param hold: seconds for which the goal must go on being reached.
    :param visible_by: epoch seconds until which a job that is not found is one that is not shown yet.
    :param rests: seconds for which the task is not woken, whatever is seen; no moment, as clocks of workers differ.
    :param opens: epoch seconds before which that the goal is reached wakes no one; what speaks against it does.
    """

    ids: dict[str, str]
    goal: str = ""
    operation: list[str] = field(default_factory=list)
    called: bool = False
    expected: str = ""
    hold: float = 0.0
    visible_by: float = 0.0
    rests: float = 0.0
    opens: float = 0.0

    def to_dict(self) -> dict[str, object]:
        """Plain data for a trigger's kwargs."""
        return asdict(self)

    @property
    def row(self) -> Goal | Operation:
        """The row of the state tables; ``KeyError`` where the triggerer runs another version of this package."""
        return GOALS[self.goal] if self.goal else OPERATIONS[self.operation[0], self.operation[1]]

    @property
    def resource(self) -> Resource:
        """The kind of thing that is watched."""
        return self.row.resource

    @property
    def job_id(self) -> str:
        """The job that the resource is, or is a part of."""
        return self.ids[self.resource.job.key]

    def judge(self, item: Item | None) -> Verdict:
        """What the resource's state means to this wait."""
        row = self.row
        if item is None and time.time() < self.visible_by:
            return Verdict.UNDER_WAY
        if isinstance(row, Goal):
            return row.judge(item)
        return row.judge(item, called=self.called, expected=self.expected)


@dataclass(frozen=True)
class Round:
    """One turn of a poll: the client to look closer with, and the jobs listed.

    :param jobs: by their ids; ``None`` where nothing is listed and each member reads for itself.
    :param failed: the listing failed this time; members wait for the next turn.
    :param attention: grants the looks at a lag that the list leaves out; ``None`` grants each.
    """

    client: DtsClient | None
    jobs: Mapping[str, Item] | None = None
    failed: bool = False
    attention: Attention | None = None

    def listed(self, watch: Watch) -> Item | None:
        """The job of a wait, as the shared list has it."""
        return (self.jobs or {}).get(watch.job_id)


async def look(watch: Watch, turn: Round) -> tuple[Verdict, Item | None] | None:
    """Judge the resource, from the shared list where that is enough, by a read of its own where it is not.

    :returns: the verdict and what it was made of; ``None`` where a read is not worth it in this turn.
    """
    if turn.client is None:
        raise ValueError("a turn that failed cannot be looked at")
    row = watch.row
    listed = turn.listed(watch)
    if listed is not None:
        if isinstance(row, Goal) and row.glance[0] and watch.resource.job.stands_still(row.axis, listed):
            return Verdict.IMPOSSIBLE, listed  # a check of a job that is out of service never ends
        if isinstance(row, Goal) and row.glance[0] and text_at(listed, row.glance[0]) in row.glance[1]:
            return Verdict.UNDER_WAY, listed
        if watch.resource.listing and not _needs_detail(row, listed):
            return watch.judge(listed), listed
        if turn.attention is not None and _lacks_lag(row, listed) and not turn.attention.grants(watch.job_id):
            return None
    item = await read(turn.client, watch.resource, watch.ids, until=time.monotonic())
    verdict = watch.judge(item)
    if verdict in _WAITED_OUT and isinstance(row, Goal) and row.asks_job():
        verdict = await _look_beside(watch, row, turn.client) or verdict
    return verdict, item


async def _look_beside(watch: Watch, row: Goal, client: DtsClient) -> Verdict | None:
    """What the job of the resource says against a goal that is waited for; ``None`` where it says nothing.

    A check that was not ordered, or that another configuration has made void, looks like one that goes on: only its
    job shows the difference.
    """
    kind = watch.resource.job
    job = await read(client, kind, watch.ids, until=time.monotonic())
    if job is None:
        return None
    if kind.stands_still(row.axis, job):
        return Verdict.IMPOSSIBLE
    return Verdict.VOID if row.is_void(job, of_job=True) else None


def _needs_detail(row: Goal | Operation, listed: Item) -> bool:
    """Lists may leave out the lag, or what proves an operation; then a job is worth a read of its own.

    Not so where a job is read by the action that lists it: a read of its own would say the same.
    """
    if row.resource.read == row.resource.listing:
        return False
    if isinstance(row, Operation):
        return any(dig(listed, path) is None for path in row.proofs())
    return _lacks_lag(row, listed)


def _lacks_lag(row: Goal | Operation, listed: Item) -> bool:
    """Whether nothing but its lag is missing, which the list leaves out."""
    return isinstance(row, Goal) and row.axis.of(listed) in row.lag and row.resource.lag_of(listed) is None


_STEPS = ("StepInfo.StepInfo", "StepInfo", "Detail.StepInfos", "Detail.StepInfo", "StepInfos")


def progress(resource: Resource, item: Item | None) -> str:
    """One compact line: status, step, per cent, lag."""
    if item is None:
        return "not found"
    words = [resource.axis.of(item), *(str(item[name]) for name in ("CheckFlag", "Conclusion") if item.get(name))]
    if resource.bill is not None and (bill := resource.bill.of(item)).lower() != "normal":
        words.append(bill)
    steps = next((found for path in _STEPS if isinstance(found := dig(item, path), list)), [])
    running = [s for s in steps if str(s.get("Status") or s.get("StepStatus")) in _RUNNING]
    if running:
        words.append(f"step {running[0].get('StepId')} {running[0].get('Percent', running[0].get('Progress', ''))}%")
    if (percent := dig(item, "CompareProcess.Percent")) is not None:
        words.append(f"{percent}%")
    if (lag := resource.lag_of(item)) is not None:
        words.append(f"lag {lag[0]} MB {lag[1]} s")
    return ", ".join(word for word in words if word)


@dataclass
class _Diary:
    """Says what changed, once, and gives a sign of life every ten minutes."""

    logger: Log
    last: str = ""
    at: float = 0.0

    def note(self, text: str, *, warn: bool = False) -> None:
        now = time.monotonic()
        if text == self.last and now - self.at < _LOG_AT_LEAST_EVERY:
            return
        self.last, self.at = text, now
        (self.logger.warning if warn else self.logger.info)("%s", text)


@dataclass
class _Streak:
    """A verdict, and since when every turn has come to it; what was not seen was not held."""

    verdict: Verdict | None = None
    since: float = 0.0
    turns: int = 0
    unmoved: Item | None = None  # the job as it was last listed, where that was enough to go on waiting
    lag: tuple[int, int] | None = None
    lag_since: float = 0.0
    looked: float = 0.0  # by time.monotonic(), the latest look that saw anything; 0: none did

    def saw(self, verdict: Verdict | None) -> None:
        """Count a turn; ``None`` where it saw nothing."""
        if verdict is None:
            self.unmoved = None
        else:
            self.looked = time.monotonic()
        if verdict is not self.verdict:
            self.verdict, self.since, self.turns = verdict, time.time(), 0
        self.turns += 1

    def calm(self, watch: Watch, item: Item) -> float:
        """Seconds for which another look at the lag is not worth a read."""
        now, lag = time.time(), watch.resource.lag_of(item)
        if lag != self.lag:
            self.lag, self.lag_since = lag, now
        return seconds_of_calm(lag, now - self.lag_since, max(0.0, watch.opens - watch.hold - now))

    def asks_for_action(self, watch: Watch) -> bool:
        """Whether the task must be woken."""
        if self.verdict is Verdict.DONE:
            return time.time() >= max(watch.opens, self.since + watch.hold)
        # An order, of this task or a person's, may show only after a while. What does not by then was never given, was
        # undone, or has had no effect. One look is never enough, so no task is woken more often than once in two looks.
        if self.verdict in _LACKING:
            return self.turns > 1 and time.time() - self.since >= settings.settle_time()
        return self.verdict not in (None, *_WAITED_OUT)


async def wait_until(
    watch: Watch,
    turns: AsyncIterator[Round],
    *,
    deadline: float,
    not_before: float = 0.0,
    logger: Log = log,
    reconnects: bool = False,
) -> Woken:
    """Look, turn by turn, until the state asks for action or the deadline is reached.

    Throttling, outages and lost answers fail nothing: the wait goes on with the next turn, or in the next client.

    :param deadline: epoch seconds.
    :param not_before: epoch seconds before which it does not return, whatever it sees.
    :param logger: where the progress lines go.
    :param reconnects: whoever waits reads the connection again, which may be what is wrong, and waits on by it.
    :returns: the event for the task: why it is woken, and what its next leg must know.
    :raises DtsError: of an outage, where whoever waits reconnects.
    """
    not_before = max(not_before, time.time() + watch.rests)
    diary = _Diary(logger)
    streak = _Streak()
    async for turn in turns:
        before = streak.looked
        try:
            with marking_accepted(watch.called):
                reason = await _turn_taken(watch, turn, streak, diary)
        except OUTAGES as error:
            if reconnects:
                raise
            reason = ""
            streak.saw(None)
            diary.note(f"{error.what}; waiting goes on", warn=True)
        except DtsError as error:  # the task meets it itself and fails with the whole message
            reason = error.code
        if not reason and time.time() >= deadline:
            reason = "deadline"
        if reason:
            _measure(watch, reason, before)
            await asyncio.sleep(max(0.0, not_before - time.time()))
            return {"reason": reason, "called": watch.called, "held": reason == Verdict.DONE.value}
    raise RuntimeError("a poll ended by itself; it must go on until it is cancelled")


_VERDICTS = frozenset(verdict.value for verdict in Verdict)


def _measure(watch: Watch, reason: str, before: float) -> None:
    """Send how a wait has ended.

    :param before: when it had looked before, by ``time.monotonic()``; 0: it had not.
    """
    kind = watch.resource.job.name
    told = reason if reason in _VERDICTS or reason == "deadline" else "error"
    metrics.send(metrics.WAITS_ENDED, kind=kind, reason=told)
    if before and told in _VERDICTS:
        metrics.send(metrics.DETECTION_TIME, 1000 * (time.monotonic() - before), kind=kind)


async def _turn_taken(watch: Watch, turn: Round, streak: _Streak, diary: _Diary) -> str:
    """Look once; returns why the task must be woken, "" where it goes on waiting."""
    if turn.failed or turn.client is None:
        streak.saw(None)
        diary.note("DTS could not be asked this time; waiting goes on", warn=True)
        return ""
    listed = turn.listed(watch)
    if listed is not None and listed == streak.unmoved:
        streak.looked = time.monotonic()
        diary.note(diary.last)
        return ""
    if (seen := await look(watch, turn)) is None:
        return ""  # neither seen nor missed
    verdict, item = seen
    streak.saw(verdict)
    streak.unmoved = listed if item is listed and verdict in _WAITED_OUT else None
    if turn.attention is not None and listed is not None and _lacks_lag(watch.row, listed):
        turn.attention.rest(watch.job_id, streak.calm(watch, item or {}))
    wakes = streak.asks_for_action(watch)
    remark = _REMARKS.get(verdict, "" if wakes or verdict is not Verdict.DONE else _still_held(watch))
    diary.note(progress(watch.resource, item) + remark, warn=verdict in _REMARKS)
    return verdict.value if wakes else ""


def _still_held(watch: Watch) -> str:
    """Why a goal that is reached wakes no one yet."""
    until = f"; waiting until {in_utc(watch.opens)}" if watch.opens else ""
    return f"; must hold for {watch.hold:.0f} s{until}" if watch.hold else until


async def own_turns(client: DtsClient, interval: float) -> AsyncIterator[Round]:
    """Turns without a shared list: every wait reads its own resource."""
    while True:
        yield Round(client)
        await asyncio.sleep(jittered(interval))


def jittered(interval: float) -> float:
    """An interval spread by a tenth either way, so that pollers do not march in step."""
    return interval * drawn(0.9, 1.1)
