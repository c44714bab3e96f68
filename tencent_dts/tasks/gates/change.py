"""Lets a change of a running link be sent only where it overwrites no other that a person may be about to start.

API document: ModifySyncJobConfig.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import digest_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import DtsError, Impossible
from tencent_dts.kinds.sync import change_states as table
from tencent_dts.kinds.sync.plan import CHANGED
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.gate import Call, Gate

_ASKED = "asked"


@dataclass(frozen=True)
class NoOther(Gate):
    """A job keeps one change.

    One that was configured and not started, by another run or in the console, is waited for; if it is not started in
    time the task fails, and clearing it is the word to replace it.
    """

    async def look(self, call: Call) -> Watch | None:
        """Nothing is sent where the job holds the change already."""
        item = await read(call.client, call.task.resource, call.ids, again=False)
        applied = item is not None and table.OPT_OBJ_STATUS.of(item) in table.APPLIED
        call.satisfied = applied and not CHANGED.differences(call.task.request(), item or {})
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Ours, or nothing in the way: go on; another one pending: wait."""
        memory, log = call.memory, call.task.log
        if _digest(call) in (memory.get(_ASKED), memory.get("digest")):
            return None
        status, state = table.OPT_OBJ_STATUS.of(item), state_of(call.task.resource, item)
        if status in table.PENDING and not memory.was_cleared_after_report():
            if time.time() >= memory.deadline(call.task.patience()):
                raise memory.report(_in_the_way(call, item))
            log.info("another change of this job is pending (%s); waiting for it", state)
            return Watch(call.ids, goal=table.OUT_OF_THE_WAY.name)
        if status in table.PENDING | table.NOT_PASSED | table.LOST:
            log.warning("replacing another change that was not applied (%s)", state)
        return None

    def sending(self, call: Call) -> None:
        """Written before the call: a worker killed after it must know the change for its own."""
        if call.memory.get(_ASKED) != (digest := _digest(call)):
            call.memory.set(_ASKED, digest)
            call.noted = True

    def refused(self, call: Call, refusal: DtsError) -> None:
        """What is pending then is another's, unless an order before this one was carried out and not answered."""
        if call.noted and not call.unanswered:
            call.memory.forget(_ASKED)
            call.noted = False

    def accepted(self, call: Call, answer: Item) -> None:
        """The word to replace another change is used up."""
        call.memory.forget_report()


def _digest(call: Call) -> str:
    return digest_of(call.client.account.secret_key, call.task.request())


def _in_the_way(call: Call, item: Item) -> Impossible:
    return Impossible(
        "Another change of this job was configured and has not been started; it was not overwritten",
        job_id=call.ids["JobId"],
        state=state_of(call.task.resource, item),
        next_step="Start it where it was made, and clear this task when it is applied; or clear this task now: "
        "then it is replaced by the change of this run.",
    )
