"""Sensors of the data-migration area, API version 2021-12-06."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import converge
from tencent_dts.engine.memory import Memory
from tencent_dts.errors import JobFailed
from tencent_dts.kinds.check import OF_MIGRATION
from tencent_dts.kinds.cutover import CutoverWindow
from tencent_dts.kinds.migration import states as table
from tencent_dts.kinds.migration.plan import modify_request
from tencent_dts.model.answers import Item, dig
from tencent_dts.sizes import DAY, Size
from tencent_dts.tasks.check_sensor import CheckPassedSensor
from tencent_dts.tasks.gates.window import opening
from tencent_dts.tasks.jobs import JobTask, PlannedJobTask
from tencent_dts.tasks.planned import HeldAgainstPlan
from tencent_dts.tasks.sensor import BUY_ANOTHER, DtsSensor
from tencent_dts.templated import rendered

_REMEDIES = {
    **dict.fromkeys(table.FAULTED, "Fix the cause, then order ResumeMigrateJob and clear this task."),
    "": BUY_ANOTHER,
}
_REDIS = ("redis", "keewidb", "tendis")


class DtsMigrationCheckPassedSensor(CheckPassedSensor):
    """Wait until the pre-check of a migration job has passed; report every failed item with its solution.

    Failed items that the plan says to skip are skipped, and a new check is ordered. Cleared after a
    failure, it sends the configuration again with freshly read connections (the commonest fix is a
    corrected password) and orders a new check.

    :param configuration: the plan of the migration, see :class:`tencent_dts.kinds.migration.plan.MigrationPlan`.

    API document: DescribeMigrationCheckJob.
    """

    family = OF_MIGRATION
    configure = staticmethod(modify_request)


class DtsMigrationJobReadySensor(JobTask, DtsSensor):
    """Wait until a migration job is ready to complete with a lag of 0 MB and 0 s, held for a while.

    A migration that ends by itself (``full``, ``structure``) is waited for until it has succeeded.
    Cleared after an error, it orders ResumeMigrateJob with ``normal``; a Redis job is not resumed by
    itself, as that could empty or overwrite the target.

    :param hold_seconds: seconds that the lag must stay at 0.
    :param window: when the cutover may begin: the wait goes on until then, and is an error once it has passed.
        Default: it does not matter yet.

    API document: DescribeMigrationDetail.
    """

    on_clear = "orders ResumeMigrateJob where the job is in error (never for Redis), and waits again"
    goal = table.READY
    remedies = _REMEDIES
    orders = ((table.START, "start"),)
    adds_fields: ClassVar[tuple[str, ...]] = ("hold_seconds", "window")
    hold_seconds = Size(most=DAY)

    def __init__(
        self,
        *,
        hold_seconds: float | str | XComArg = 0,
        window: CutoverWindow | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hold_seconds = rendered(hold_seconds)
        self.window = rendered(window)

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> object:
        """Wait on where the cutover window is not open yet."""
        first = opening(self, self.window, client, item, self.goal)
        return first if first is not None else await super().result(client, memory, item)

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Resume a job that is in error."""
        if item is None or table.MIGRATION_STATUS.of(item) not in table.FAULTED:
            return
        if _is_redis(item):
            raise JobFailed(
                "A Redis job in error is not resumed by itself: clearData and overwrite change the target",
                job_id=self.ids()["JobId"],
                state=table.MIGRATION_STATUS.of(item),
                next_step="Order ResumeMigrateJob (DtsResumeMigrateJobOperator with resume_option clearData or "
                "overwrite, or the console), then clear this task.",
            )
        self.log.info("cleared after an error: ordering ResumeMigrateJob (normal)")
        await converge(client, table.RESUME, self.ids(), {**self.ids(), "ResumeOption": "normal"})

    def next_step(self, item: Item | None) -> str:
        """Clearing this task resumes a job in error, except one of Redis."""
        if table.MIGRATION_STATUS.of(item or {}) not in table.FAULTED:
            return super().next_step(item)
        if _is_redis(item or {}):
            return (
                "Fix the cause, order ResumeMigrateJob with clearData or overwrite (DtsResumeMigrateJobOperator), "
                "then clear this task. It is never done by itself: both change the target."
            )
        return "Fix the cause, then clear this task with its downstream."


def _is_redis(item: Item) -> bool:
    return dig(item, "SrcInfo.DatabaseType") in _REDIS


class DtsMigrationJobSucceededSensor(PlannedJobTask, DtsSensor):
    """Wait until a migration job has succeeded. A job that migrated something else than the plan is an error.

    API document: DescribeMigrationDetail.
    """

    goal = table.SUCCEEDED
    remedies = _REMEDIES
    orders = ((table.START, "start"), (table.COMPLETE, "complete"))

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> object:
        """Green only where what has succeeded is what was asked for."""
        HeldAgainstPlan.of(self).confirm(memory, item, "that it has succeeded proves nothing")
        return await super().result(client, memory, item)


class DtsMigrationJobPausedSensor(JobTask, DtsSensor):
    """Wait until a migration job is paused.

    API document: DescribeMigrationDetail.
    """

    goal = table.PAUSED
    remedies = _REMEDIES
    orders = ((table.START, "start"),)


class DtsMigrationJobIsolatedSensor(JobTask, DtsSensor):
    """Wait until a migration job is isolated, so that its bill has ended.

    A job that is gone counts as isolated where its end was seen.

    API document: DescribeMigrationDetail.
    """

    goal = table.ISOLATED
    remedies = _REMEDIES
    orders = ((table.ISOLATE, "isolate"),)
