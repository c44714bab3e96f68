"""What is looked at before a link is stopped: that its data were proven equal, and that nothing is under way in it.

API document: StopSyncJob, DescribeSyncJobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import cause_of, state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import EvidenceRejected, Impossible
from tencent_dts.kinds.compare import OF_SYNC
from tencent_dts.kinds.sync import states as table
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.gates.evidence import EvidenceGate
from tencent_dts.templated import rendered

_SENT, _ACCEPTED = "stop_sent", "stop_accepted"
_AGAIN = "clear `compare` with its downstream: it compares again."


class CaughtUpGate(EvidenceGate):
    """Lets a link be stopped, where that is asked for, only while its lag is 0: what was compared is still so."""

    adds_fields: ClassVar[tuple[str, ...]] = ("caught_up",)
    caught_up = Flag()
    family = OF_SYNC
    caught_up_goal = table.CAUGHT_UP
    ask_again = f"If the link is still to be stopped, {_AGAIN}"

    def __init__(
        self,
        *,
        caught_up: bool | str | XComArg = False,
        evidence: Mapping[str, Any] | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(evidence=evidence, **kwargs)
        self.caught_up = rendered(caught_up)
        self._is_to_be_proven = evidence is not None  # what it holds is known when the task runs, and may be nothing

    def needs_proof(self) -> bool:
        """Where evidence is to be given, and the link is not to be stopped as it is."""
        return self._is_to_be_proven and is_true(self.caught_up)

    async def gather(self, client: DtsClient, memory: Memory, item: Item) -> Watch | None:
        """The link is at work, so what was sent before did not arrive: evidence that is refused now stops nothing."""
        try:
            return await super().gather(client, memory, item)
        except EvidenceRejected:
            memory.forget(_SENT)
            raise

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """Remember the sending of a stop that was judged: once the link has ended, it tells no lag any more."""
        memory.forget(_SENT)  # the link is at work, so an earlier one did not arrive
        first = super().admit(memory, item)
        if first is None:
            memory.set(_SENT, value=True)
        return first

    def accepted(self, memory: Memory, answer: Item) -> None:
        """Remember that the link's end is this run's, whatever status it ends in."""
        super().accepted(memory, answer)
        memory.set(_ACCEPTED, value=True)

    def confirm(self, memory: Memory, item: Item | None, *, called: bool) -> None:
        """A link that this run has not stopped may have ended behind its source: that is no end to build upon.

        Stopped in the console, or failed by itself after the comparison, it tells no lag any more, and nothing can
        be compared again.
        """
        super().confirm(memory, item, called=called)
        if not is_true(self.caught_up) or called or memory.get(_ACCEPTED):
            return
        if memory.get(_SENT) and (item is None or table.SYNC_STATUS.of(item) in table.STOPPED):
            return  # the answer was lost; a failure is not what a stop leads to
        raise Impossible(
            "The link has ended, and not by this run's StopSyncJob at lag 0: nothing tells whether its target holds "
            "all that was written to the source",
            job_id=self.ids()["JobId"],
            state=state_of(table.SYNC_JOB, item),
            cause=cause_of(item),
            next_step="Compare the databases by other means; a link that has ended compares nothing. Where they are "
            "equal, or the difference does not matter, trigger a run that does not compare: it ends this link.",
        )

    def _await_lag_zero(self, item: Item) -> Watch | None:
        """Nothing where the link is to be stopped as it is; a lag that can never become 0 is red."""
        if not is_true(self.caught_up):
            return None
        if table.CAUGHT_UP.judge(item) is Verdict.IMPOSSIBLE:
            raise Impossible(
                "The target does not hold all that was written to the source, and cannot catch up in this state; the "
                "job was not stopped",
                job_id=self.ids()["JobId"],
                state=state_of(table.SYNC_JOB, item),
                cause=cause_of(item),
                next_step=f"Fix the cause and order ResumeSyncJob; when the link has caught up, {_AGAIN} "
                "To stop it as it is, trigger a run that does not compare.",
            )
        if table.CAUGHT_UP.judge(item) is Verdict.DONE:
            return None
        if order := table.GO_ON.get(table.SYNC_STATUS.of(item)):
            self.log.warning("the link is not at work, and does not go on by itself: %s", order)
        return super()._await_lag_zero(item) or Watch(self.ids(), goal=table.CAUGHT_UP.name)
