"""Sensors of the change of a running sync job, API version 2021-12-06."""

from __future__ import annotations

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event
from tencent_dts.engine.wording import cause_of, state_of
from tencent_dts.errors import JobFailed
from tencent_dts.kinds.check import OF_SYNC_CHANGE
from tencent_dts.kinds.sync import change_states as table
from tencent_dts.kinds.sync.plan import CHANGED, ChangePlan, modify_request
from tencent_dts.model.answers import Item
from tencent_dts.tasks.check_sensor import CheckPassedSensor
from tencent_dts.tasks.facts import summary
from tencent_dts.tasks.jobs import ConfiguredJobTask
from tencent_dts.tasks.sensor import DtsSensor

_REMEDIES = {"": "Fix the cause, then clear `modify` with its downstream: the change is sent and checked again."}


class DtsSyncChangeCheckPassedSensor(CheckPassedSensor):
    """Wait until the check of a change has passed; report every failed item with its solution.

    Cleared after a failure, it sends the change again and orders a new check. Items of this check cannot be skipped.

    :param configuration: the plan of the change, see :class:`tencent_dts.kinds.sync.plan.ChangePlan`.

    API document: DescribeModifyCheckSyncJobResult.
    """

    on_clear = "waits again; after a failed check it first sends the change again and orders a new check"
    family = OF_SYNC_CHANGE
    configure = staticmethod(modify_request)
    sides = ()  # a change has no connections

    def next_step(self, item: Item | None) -> str:
        """No connection is part of a change."""
        return (
            "Fix each item, then clear this task with its downstream. The link goes on as it was. Another change "
            "needs a new run."
        )


class DtsSyncChangeAppliedSensor(ConfiguredJobTask, DtsSensor):
    """Wait until a change is applied, and prove that the job shows the objects and options asked for.

    :param configuration: the plan of the change, see :class:`tencent_dts.kinds.sync.plan.ChangePlan`.

    API document: DescribeSyncJobs.
    """

    configuration: ChangePlan
    goal = table.MODIFIED
    sides = ()  # a change has no connections
    remedies = _REMEDIES
    orders = ((table.START, "start"),)

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """A job that runs no more applies nothing."""
        item = await read(client, self.resource, self.ids())
        applied = item is not None and table.OPT_OBJ_STATUS.of(item) in table.APPLIED
        barred = "" if item is None or applied else table.START.bar(item)
        if barred and memory.reported() is None:
            raise memory.report(
                JobFailed(
                    "The job does not run, so the change is not applied",
                    job_id=self.ids()["JobId"],
                    state=f"{state_of(self.resource.job, item)}, {state_of(self.resource, item)}",
                    cause=cause_of(item),
                    next_step=f"{barred} Where the change has failed, clear `modify` with its downstream instead.",
                )
            )
        return await super().act(client, memory, event)

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> dict[str, object]:
        """Green only where the job itself shows what was asked for."""
        if found := CHANGED.differences(modify_request(self.job_id, self.configuration), item):
            raise memory.report(
                JobFailed(
                    "The change is reported as applied, but the job does not show what was asked for",
                    job_id=self.ids()["JobId"],
                    state=state_of(self.resource, item),
                    cause="\n    ".join(found),
                    next_step="The link may have been changed since. Look at its objects and options in the "
                    "console; trigger a new run if this change is still wanted.",
                )
            )
        return {**self.ids(), **summary(self.resource, item)}
