"""The hours of a cutover: a call waits until they begin, and is not sent once they have passed.

API document: CompleteMigrateJob.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import Impossible
from tencent_dts.kinds.cutover import Window, window_of
from tencent_dts.model.answers import Item
from tencent_dts.model.goal import Goal
from tencent_dts.tasks.gates.gate import Call, Gate

_ASLEEP = 30.0
"""Seconds for which a task that waits for its window is not woken at all: the clocks of two machines may differ."""


@dataclass(frozen=True)
class InWindow(Gate):
    """Lets a call through within the task's ``window`` alone.

    :param goal: what the job must go on being while its window is not open.
    """

    goal: Goal

    async def gather(self, call: Call, item: Item) -> Watch | None:
        """Wait before anything is compared again for a cutover that must not begin yet."""
        return self.admit(call, item)

    def admit(self, call: Call, item: Item) -> Watch | None:
        """The comparison, or the turn to call, may have taken until the window was over."""
        return opening(call.task, call.task.window, call.client, item, self.goal)


def opening(task: Any, given: Mapping[str, object] | None, client: DtsClient, item: Item, goal: Goal) -> Watch | None:
    """What to wait for until a window opens; ``None`` where it is open. A worker's clock and DTS's must both say so.

    :param task: the task that waits, of a job.
    :param given: the window.
    :param client: whose answers tell the time by the clock of DTS.
    :raises Impossible: it has passed.
    """
    if goal.axis.of(item) not in goal.lag:
        return None  # it has been cut over, or there is nothing to be cut over
    window = window_of(given)
    if window == Window():
        return None
    ours, theirs = time.time(), client.now()
    if window.is_past(max(ours, theirs)):
        raise Impossible(
            f"The cutover window has passed ({window}); CompleteMigrateJob was not called",
            job_id=task.job_id,
            state=state_of(task.resource, item),
            next_step="Nothing was stopped: the job goes on replicating, and costs. Trigger a new run with a later "
            "window and this job as `existing_job_id`; or stop and isolate the job if the migration is given up. Where "
            "a task of yours has frozen the source before the cutover, open it again.",
            on_clear="finds the same window, which is the run's",
        )
    wait = window.seconds_until_open(min(ours, theirs))
    if not wait:
        return None
    task.log.info("waiting for the cutover window: %s", window)
    rests = min(_ASLEEP, wait)
    return Watch({"JobId": task.job_id}, goal=goal.name, rests=rests, opens=ours + wait)
