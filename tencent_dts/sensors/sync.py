"""Sensors of the data-sync area, API version 2021-12-06."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import converge
from tencent_dts.engine.memory import Memory
from tencent_dts.kinds.check import OF_SYNC
from tencent_dts.kinds.sync import states as table
from tencent_dts.kinds.sync.plan import configure_request
from tencent_dts.model.answers import Item
from tencent_dts.sizes import DAY, Size
from tencent_dts.tasks.check_sensor import CheckPassedSensor
from tencent_dts.tasks.jobs import JobTask, PlannedJobTask
from tencent_dts.tasks.planned import HeldAgainstPlan
from tencent_dts.tasks.sensor import BUY_ANOTHER, DtsSensor
from tencent_dts.templated import rendered

_RESUME = "Fix the cause, then order ResumeSyncJob and clear this task."
_ON_PURPOSE = "The job was stopped, and cannot go on. Trigger a new run if data is to be synced again."
_REMEDIES = {**dict.fromkeys(table.STOPPED, _ON_PURPOSE), **dict.fromkeys(table.FAULTED, _RESUME), "": BUY_ANOTHER}


class DtsSyncCheckPassedSensor(CheckPassedSensor):
    """Wait until the check of a sync job has passed; report every failed item with its solution.

    It has passed where the check says ``success``, no step of it failed but those that were skipped,
    and the job does not deny it. Failed items that the plan says to skip are skipped, and a new check is
    ordered. Cleared after a failure, it sends the configuration again with freshly read connections (the
    commonest fix is a corrected password) and orders a new check.

    :param configuration: the plan of the sync, see :class:`tencent_dts.kinds.sync.plan.SyncPlan`.

    API document: DescribeCheckSyncJobResult.
    """

    family = OF_SYNC
    configure = staticmethod(configure_request)


class DtsSyncJobCaughtUpSensor(PlannedJobTask, DtsSensor):
    """Wait until a sync job runs with a lag of 0 MB and 0 s, held for a while.

    While existing data is copied the job is ``Running`` already, but its lag is unknown: that is waited
    for. Cleared after an error, it orders ResumeSyncJob. A job that syncs something else than the plan is an error.

    :param hold_seconds: seconds that the lag must stay at 0.

    API document: DescribeSyncJobs.
    """

    on_clear = "orders ResumeSyncJob where the job is in error, and waits again"
    goal = table.CAUGHT_UP
    remedies = _REMEDIES
    orders = ((table.START, "start"),)
    adds_fields: ClassVar[tuple[str, ...]] = ("hold_seconds",)
    hold_seconds = Size(most=DAY)

    def __init__(self, *, hold_seconds: float | str | XComArg = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hold_seconds = rendered(hold_seconds)

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Resume a job that is in error."""
        if item is not None and table.SYNC_STATUS.of(item) in table.FAULTED:
            self.log.info("cleared after an error: ordering ResumeSyncJob")
            await converge(client, table.RESUME, self.ids(), self.ids())

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> object:
        """Green only where the link that has caught up is the one asked for."""
        HeldAgainstPlan.of(self).refuse(item, "that it has caught up proves nothing")
        return await super().result(client, memory, item)

    def next_step(self, item: Item | None) -> str:
        """Clearing this task resumes a job in error."""
        if table.SYNC_STATUS.of(item or {}) in table.FAULTED:
            return "Fix the cause, then clear this task with its downstream."
        return super().next_step(item)


class DtsSyncJobPausedSensor(JobTask, DtsSensor):
    """Wait until a sync job is paused.

    API document: DescribeSyncJobs.
    """

    goal = table.PAUSED
    remedies = _REMEDIES
    orders = ((table.START, "start"),)


class DtsSyncJobIsolatedSensor(JobTask, DtsSensor):
    """Wait until a sync job is isolated, so that its bill has ended.

    A job that is gone counts as isolated where its end was seen.

    API document: DescribeSyncJobs.
    """

    goal = table.ISOLATED
    remedies = _REMEDIES
    orders = ((table.ISOLATE, "isolate"),)
