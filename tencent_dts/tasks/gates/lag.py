"""The last thing before a job is ended: its lag is 0, and known to be.

API document: DescribeMigrationDetail, DescribeMigrateJobs (version 2018-03-30).
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import state_of
from tencent_dts.model.answers import Item
from tencent_dts.model.goal import Goal
from tencent_dts.tasks.facts import facts_of
from tencent_dts.tasks.gates.gate import Call, Gate


@dataclass(frozen=True)
class LagZero(Gate):
    """Lets a call through at a lag of 0 MB and 0 s alone, and says what it goes out on; it stands last.

    :param goal: what is waited for while the lag is another, or unknown.
    """

    goal: Goal

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Wait for a lag of 0."""
        if (first := self.wait_for_zero(call, item)) is None:
            go_out(call, item)
        return first

    def wait_for_zero(self, call: Call, item: Item) -> Watch | None:
        """What to wait for; ``None`` where the lag is 0."""
        if call.task.resource.lag_of(item) == (0, 0):
            return None
        state = state_of(call.task.resource, item)
        call.task.log.info("the lag is not known to be 0 (%s); waiting for it", state)
        return Watch(call.ids, goal=self.goal.name)


def go_out(call: Call, item: Item) -> None:
    """Log on what grounds a call goes out."""
    facts = facts_of(call.task.resource, call.ids, item)
    call.task.log.info("%s goes out on: %s; %s", call.task.operation.action, call.rests_on, facts)
