"""When a wait goes on although something outside the job is wrong: DTS cannot be read, or the trigger broke.

Neither says anything of the job, so neither ends a wait before its deadline, and neither is taken for a success.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowRescheduleException

from tencent_dts import settings, spec
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import NotYet
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event, Log, Watch, jittered
from tencent_dts.engine.wording import shown_ids, state_of
from tencent_dts.errors import (
    OUTAGES,
    DeadlinePassed,
    DtsError,
    DtsProblem,
    InvalidInput,
    NotShownYet,
    Throttled,
)
from tencent_dts.kinds.rows import OPERATIONS
from tencent_dts.model.goal import Goal
from tencent_dts.tasks.bills import Known, not_known
from tencent_dts.times import in_utc
from tencent_dts.triggers.pause import DtsPauseTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.tasks.base import DtsTask

_LONGEST_PAUSE = 600.0
_BEYOND = 300.0  # seconds that a trigger may be late
_BREAKS = "broken_triggers"
_OUTAGE = "outage"
_SECONDS_TO_BEGIN = 3600.0  # so long a task that has nothing to wait for yet goes on trying: it may be the connection


def goes_on(task: DtsTask, problem: DtsProblem) -> bool:
    """Whether a task goes on waiting beyond a problem.

    It does where an outage met nothing but reading, or a call was refused before it began, in a task that waits or
    begins again (:attr:`~tencent_dts.tasks.base.DtsTask.begins_again`). A changing call with an unknown outcome fails
    the task, whose next try looks at what came of it. Nor is a throttled purchase waited for: a person decides how long
    one is worth it.
    """
    if task.wait == "no" or not _passes(problem, task.resource.version):
        return False
    return task.begins_again or task.watch_for({}) is not None


def at_stake(task: DtsTask, context: Context, problem: DtsProblem) -> Known | None:
    """The job whose bill an error must state: that of the task, that it bought before, or that it was refused."""
    try:
        ids = task.ids()
    except InvalidInput:  # no job was given, or only a part of it is missing, such as its comparison
        given = (getattr(task, name, None) for name in ("job_id", "subscribe_id"))
        alone = next((job_id for job_id in given if isinstance(job_id, str) and job_id), None)
        return (task.resource.job, alone) if alone else None
    memory = task.memory_of(context)
    ours = memory.job_id or memory.purchased() or ("" if ids else problem.job_id)
    return (task.resource.job, ours) if ours and not goes_on(task, problem) else None


def _passes(problem: DtsProblem, version: str) -> bool:
    if isinstance(problem, Throttled) and (version, problem.action) in OPERATIONS:
        return True
    return isinstance(problem, OUTAGES) and (spec.only_reads(problem.action) or problem.action == "credentials")


@dataclass(frozen=True)
class Woken:
    """A wait on the worker is over, or an outage has stopped it: the next leg begins, with everything read again.

    :param event: what that leg must know, as a trigger passes it on.
    """

    event: Event


def outlasting(task: DtsTask, context: Context, leg: Callable[[], object], event: Event) -> object:
    """Run a leg, which an outage of DTS does not end before the deadline of the wait.

    It may be the connection that is wrong, so it is read again for the next leg, on a worker as after a trigger. That a
    call was accepted before the outage goes along, or it would be sent again where a look is behind.

    :returns: what the leg came to, what to wait for, or with what the next leg begins.
    :raises DeadlinePassed: the outage has lasted until the deadline.
    """
    try:
        result = leg()
    except OUTAGES as outage:
        if not goes_on(task, outage):
            raise
        return _after(outage, task, context, event)
    if isinstance(result, Watch | NotYet):  # it goes on waiting, and the next outage is another one
        _forget_outage(task.memory_of(context))
    return result


def _after(outage: DtsError, task: DtsTask, context: Context, event: Event) -> Watch | Woken:
    # Nothing else of the event holds any more: what was seen before an outage may be past.
    known = {"called": bool(event.get("called")) or outage.called}
    memory = task.memory_of(context)  # not that of the leg, which may have learnt of a job: its deadline is another
    watch, deadline = task.watch_for(known), task.deadline_of(memory)
    if watch is None:
        deadline = min(deadline, memory.deadline(_SECONDS_TO_BEGIN, _OUTAGE))
    if time.time() >= deadline:
        conn_id = task.tencentcloud_conn_id
        late = _too_late(watch, task.patience(), outage, conn_id) if watch else _not_begun(task, memory, outage)
        raise late from outage
    task.log.warning("%s; it is tried again until %s", outage.what, in_utc(deadline))
    if task.wait == "sync":
        time.sleep(pause_before(task, deadline))
        return Woken(known)
    # A leg tries for so long on a worker, which others may need more while the outage lasts.
    at_least = settings.call_timeout()
    if watch is None:
        if known["called"]:
            memory.note_called()
        come_back(task, deadline, at_least=at_least, called=known["called"])
    if isinstance(outage, NotShownYet):
        watch = replace(watch, visible_by=outage.visible_by)
    if event.get("reason"):  # the trigger sees what this leg could not: it would wake the task at once, ever again
        watch = replace(watch, rests=pause_before(task, deadline, at_least=at_least))
    return watch


def _forget_outage(memory: Memory) -> None:
    if memory.get(_OUTAGE):
        memory.forget(_OUTAGE)


def pause_before(task: DtsTask, deadline: float, *, at_least: float = 0.0) -> float:
    """Seconds until a task looks again: its interval, spread a little, and nothing beyond the deadline.

    :param deadline: epoch seconds at which the task gives up.
    :param at_least: seconds, where the interval is too short.
    """
    return max(0.0, min(jittered(max(task.interval(), at_least)), deadline - time.time()))


def come_back(task: DtsTask, deadline: float, *, at_least: float = 0.0, called: bool = False) -> NoReturn:
    """Wait without a worker. Nothing is watched: everything is looked at again then.

    :param deadline: epoch seconds at which the task gives up.
    :param at_least: seconds, where the interval is too short.
    :param called: this try has had its call accepted, as the next leg must know.
    """
    until = time.time() + max(pause_before(task, deadline, at_least=at_least), settings.first_look())
    timeout = net_below(deadline)
    task.defer(trigger=DtsPauseTrigger(until, called=called), method_name="resume", timeout=timeout)
    raise AssertionError("a deferral has returned")


def net_below(deadline: float) -> timedelta:
    """The timeout of a deferral, in case its trigger hangs: a trigger that does not will have ended by then.

    :param deadline: epoch seconds at which the task gives up.
    """
    return timedelta(seconds=max(0.0, deadline - time.time()) + _BEYOND)


def pause_after_break(memory: Memory, ti: Any, interval: float, deadline: float, logger: Log) -> None:
    """Count a trigger that ended without an event, say so, and from the second one in a row on pause before the next.

    :param interval: seconds between two looks of the wait.
    :param deadline: epoch seconds at which the wait ends; no pause goes beyond it.
    :raises AirflowRescheduleException: the task comes back after a pause, and holds no worker for it.
    """
    kept = memory.get(_BREAKS)
    breaks = kept["count"] + 1 if kept and kept["try"] == ti.try_number else 1
    memory.set(_BREAKS, {"try": ti.try_number, "count": breaks})
    pause = pause_after(breaks, interval, deadline)
    text = "the trigger ended without an event, %d in a row; its log says why; the job is read again in %.0f s"
    logger.warning(text, breaks, pause)
    if pause:
        back = datetime.now(UTC) + timedelta(seconds=pause)
        raise AirflowRescheduleException(back)


def forget_breaks(memory: Memory) -> None:
    """A trigger has done its work."""
    kept: Event | None = memory.get(_BREAKS)
    if kept and kept["count"]:
        memory.set(_BREAKS, {**kept, "count": 0})


def pause_after(breaks: int, interval: float, deadline: float) -> float:
    """Seconds to wait before the next trigger: none after the first break, then growing up to ten minutes.

    :param interval: seconds between two looks of the wait.
    :param deadline: epoch seconds at which the wait ends; no pause goes beyond it.
    """
    pause = interval * 2.0 ** min(breaks - 2, 32) if breaks > 1 else 0.0
    return max(0.0, min(pause, _LONGEST_PAUSE, deadline - time.time()))


async def deadline_passed(client: DtsClient, watch: Watch, seconds: float) -> DeadlinePassed:
    """The error of a wait that has lasted as long as it may, whether the job can be read or not."""
    try:
        item = await read(client, watch.resource, watch.ids, until=time.monotonic())
    except DtsError as error:
        return _too_late(watch, seconds, error, client.account.connection_id)
    passed = _passed(watch, seconds, state_of(watch.resource, item))
    row = watch.row
    if isinstance(row, Goal) and (order := row.go_on.get(row.axis.of(item or {}))):
        passed.next_step = f"The job was left as it is, and does not go on by itself. {order}"
    return passed


def _too_late(watch: Watch, seconds: float, outage: DtsError, conn_id: str) -> DeadlinePassed:
    passed = _passed(watch, seconds, f"not known ({outage.code})")
    passed.cause, passed.request_id = f"{outage.action}: {outage.cause or outage.code}", outage.request_id
    passed.next_step = f"{_see(conn_id)} {passed.next_step}"
    passed.bill = not_known(outage.code, passed.job_id or "the job")
    return passed


def _see(conn_id: str) -> str:
    return f"See whether connection `{conn_id}` leads to the right endpoint, and the service and the network work."


def _not_begun(task: DtsTask, memory: Memory, outage: DtsError) -> DeadlinePassed:
    """The error of a task that reads before it orders; it may cost what it ordered before, if anything."""
    job_id = memory.job_id or memory.purchased()
    passed = DeadlinePassed(
        f"DTS could not be read for {min(task.patience(), _SECONDS_TO_BEGIN):.0f} s; nothing was ordered meanwhile",
        job_id=job_id or None,
        state=f"not known ({outage.code})",
        cause=f"{outage.action}: {outage.cause or outage.code}",
        request_id=outage.request_id,
        next_step=f"{_see(task.tencentcloud_conn_id)} Then clear this task.",
    )
    if job_id or memory.announced():
        passed.bill = not_known(outage.code, job_id or "what was ordered before")
    return passed


def _passed(watch: Watch, seconds: float, state: str) -> DeadlinePassed:
    what = watch.goal or watch.operation[1]
    return DeadlinePassed(
        f"Waiting for `{what}` reached its deadline of {seconds:.0f} s",
        job_id=shown_ids(watch.ids),
        state=state,
        next_step="The job was left as it is. Clear this task to wait as long again, or stop and isolate the job "
        "if it is not wanted.",
    )
