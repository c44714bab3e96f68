"""What is looked at before a link is stopped: that its data were proven equal, and that nothing is under way in it.

API document: StopSyncJob, DescribeSyncJobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tencent_dts import settings
from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import cause_of, state_of
from tencent_dts.errors import DtsError, Impossible
from tencent_dts.kinds.compare import OF_SYNC
from tencent_dts.kinds.sync import states as table
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import is_true
from tencent_dts.tasks.gates.evidence import Evidence
from tencent_dts.tasks.gates.gate import Call, Gate
from tencent_dts.tasks.gates.lag import LagZero, go_out

_SENT, _ACCEPTED = "stop_sent", "stop_accepted"
_AGAIN = "clear `compare` with its downstream: it compares again."


def _to_be_proven(task: Any) -> bool:
    """Where evidence is to be given, and the link is not to be stopped as it is."""
    return bool(task.is_to_be_proven) and is_true(task.caught_up)


PROVEN = Evidence(OF_SYNC, table.CAUGHT_UP, f"If the link is still to be stopped, {_AGAIN}", _to_be_proven)
_ZERO = LagZero(table.CAUGHT_UP)


@dataclass(frozen=True)
class CaughtUp(Gate):
    """Lets a link be stopped, where ``caught_up`` asks for that, only while its lag is 0.

    The gate of the evidence stands within this one: what it refuses, too, shows what became of an earlier stop.
    """

    async def gather(self, call: Call, item: Item) -> Watch | None:
        """The link is at work, so what was sent before did not arrive, whatever becomes of this leg.

        What was accepted did; a link that is at work long afterwards was reset and started again.
        """
        call.memory.forget(_SENT)
        accepted_at = call.memory.get(_ACCEPTED)
        if accepted_at and call.client.now() > accepted_at + settings.settle_time():
            call.memory.forget(_ACCEPTED)
        return await PROVEN.gather(call, item)

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Evidence that is good, and a lag of 0."""
        first = PROVEN.admit(call, item) or _await_lag_zero(call, item)
        if first is None:
            go_out(call, item)
        return first

    def sending(self, call: Call) -> None:
        """Remember a stop that was judged: once the link has ended, it reports no lag any more."""
        call.memory.set(_SENT, value=True)

    def refused(self, call: Call, refusal: DtsError) -> None:
        """It has stopped nothing."""
        call.memory.forget(_SENT)

    def under_way(self, call: Call) -> None:
        """The link is at work no more: a stop without an answer did arrive, and a look since was behind it."""
        if call.unanswered:
            call.memory.set(_SENT, value=True)

    def accepted(self, call: Call, answer: Item) -> None:
        """Remember that the link's end is this run's, whatever status it ends in."""
        call.memory.set(_ACCEPTED, call.client.now())

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        """A link that this run has not stopped may have ended behind its source: that is no end to build on.

        Stopped in the console, or failed by itself after the comparison, it reports no lag any more, and nothing can
        be compared again.
        """
        if not is_true(call.task.caught_up) or called or call.memory.get(_ACCEPTED):
            return
        self.under_way(call)
        if call.memory.get(_SENT) and (item is None or table.SYNC_STATUS.of(item) in table.STOPPED):
            return  # the answer was lost; a failure is not what a stop leads to
        raise Impossible(
            "The link has ended, and not by this run's StopSyncJob at lag 0: nothing shows whether its target holds "
            "all that was written to the source",
            job_id=call.ids["JobId"],
            state=state_of(table.SYNC_JOB, item),
            cause=cause_of(item),
            next_step="Compare the databases by other means; a link that has ended compares nothing. Where they are "
            "equal, or the difference does not matter, trigger a run that does not compare: it ends this link.",
        )


def _await_lag_zero(call: Call, item: Item) -> Watch | None:
    """Nothing where the link is to be stopped as it is; a lag that can never become 0 is red."""
    if not is_true(call.task.caught_up):
        return None
    if table.CAUGHT_UP.judge(item) is Verdict.IMPOSSIBLE:
        raise Impossible(
            "The target does not hold all that was written to the source, and cannot catch up in this state; the "
            "job was not stopped",
            job_id=call.ids["JobId"],
            state=state_of(table.SYNC_JOB, item),
            cause=cause_of(item),
            next_step=f"Fix the cause and order ResumeSyncJob; when the link has caught up, {_AGAIN} "
            "To stop it as it is, trigger a run that does not compare.",
        )
    if table.CAUGHT_UP.judge(item) is Verdict.DONE:
        return None
    if order := table.GO_ON.get(table.SYNC_STATUS.of(item)):
        call.task.log.warning("the link is not at work, and does not go on by itself: %s", order)
    return _ZERO.wait_for_zero(call, item) or Watch(call.ids, goal=table.CAUGHT_UP.name)
