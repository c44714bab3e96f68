"""Sensors of the data-migration area, API version 2021-12-06."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.converge import Item, cause_of, converge, read, state_of
from tencent_dts.errors import CheckNotPassed, JobFailed, Permanent
from tencent_dts.memory import Memory
from tencent_dts.operators.migration import ConfigurationTask, MigrationJobTask
from tencent_dts.operators.skips import skip_request
from tencent_dts.sensors.base import DtsSensor
from tencent_dts.states import dig
from tencent_dts.states import migration as table
from tencent_dts.verdicts import explain_items, failed_items, skipped_steps
from tencent_dts.waiting import Watch

if TYPE_CHECKING:
    from airflow.sdk import Context

_ANEW = "The job cannot go on. Clear `purchase` with its downstream: it isolates this job and buys another."
_REDIS = ("redis", "keewidb", "tendis")


class MigrationJobSensor(MigrationJobTask, DtsSensor):
    """Base of the sensors that wait for a state of one migration job."""

    def next_step(self, item: Item | None) -> str:
        """By the state: a faulted job can be resumed, an ended one cannot."""
        if table.MIGRATION_STATUS.of(item or {}) in table.FAULTED:
            return "Mend the cause, then order ResumeMigrateJob and clear this task."
        return _ANEW


class MigrationCheckPassedSensor(ConfigurationTask, DtsSensor):
    """Wait until the pre-check of a migration job has passed; report every failed item with its solution.

    Failed items that the plan says to skip are skipped, and a new check is ordered. Cleared after a
    failure, it sends the configuration again with freshly read connections (the commonest mend is a
    corrected password) and orders a new check.

    API document: DescribeMigrationCheckJob.
    """

    goal = table.CHECK_PASSED
    error = CheckNotPassed
    template_fields: Sequence[str]

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read the databases' connections only where they will be sent."""
        if Memory(context, self.ids()["JobId"]).was_cleared_after_report():
            super().prepare(context, account)

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Configure anew and order a new check, unless the job is past that."""
        job = await read(client, table.MIGRATION_JOB, self.ids())
        if table.MIGRATION_STATUS.of(job or {}) in table.BEFORE_START:
            self.log.info("cleared after a failed check: sending the configuration again and checking anew")
            await converge(client, table.CONFIGURE, self.ids(), self.modification())
            await converge(client, table.CHECK, self.ids(), self.ids())

    async def mend(self, client: DtsClient, memory: Memory, item: Item | None) -> bool:
        """Skip what the plan says to skip, once, and check anew."""
        if item is None:
            return False
        failed = {entry["step_id"] for entry in failed_items(item)}
        wanted = [skip for skip in self.configuration["skips"] if skip["step_id"] in failed]
        pending = [skip for skip in wanted if skip["step_id"] not in skipped_steps(item)]
        if not pending or failed - {skip["step_id"] for skip in wanted}:
            return False
        for skip in pending:
            asked = f"asked for by {self.configuration['requested_by']} at {self.configuration['requested_at']}"
            self.log.warning("skipping check item %s, %s: %s", skip["step_id"], asked, skip["reason"])
        step_ids = [skip["step_id"] for skip in pending]
        request = {**self.ids(), **skip_request(step_ids, self.configuration["foreign_key_flag"])}
        await converge(client, table.SKIP, self.ids(), request)
        await converge(client, table.CHECK, self.ids(), self.ids())
        return True

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """Every failed item, with reason, solution and help."""
        if item is None:
            return await super().failure(client, item)
        items = failed_items(item)
        told = explain_items(items) or str(item.get("BriefMsg") or "the check itself broke; nothing more is told")
        return CheckNotPassed(
            f"The pre-check did not pass: {len(items)} items failed",
            job_id=self.ids()["JobId"],
            state=f"CheckFlag {self.goal.axis.of(item) or 'not told'}",
            cause=told,
            next_step="Mend each item (or correct the connection), then clear this task with its downstream: it sends "
            "the configuration again with freshly read connections and orders a new check.",
        )

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> dict[str, Any]:
        """The verdict, and what was skipped on whose word."""
        skipped = skipped_steps(item)
        asked = {"requested_by": self.configuration["requested_by"], "requested_at": self.configuration["requested_at"]}
        record = [{**skip, **asked} for skip in self.configuration["skips"] if skip["step_id"] in skipped]
        return {**self.ids(), "CheckFlag": self.goal.axis.of(item), "skipped": record}

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> Any:
        """A job that has started has passed its check."""
        job = await read(client, table.MIGRATION_JOB, self.ids())
        status = table.MIGRATION_STATUS.of(job or {})
        if status in table.PAST_CHECK:
            return {**self.ids(), "CheckFlag": "checkPass", "skipped": []}
        if status in table.CHECKING and memory.was_cleared_after_report():
            # No configuration is taken while a check runs: what was corrected could not be sent yet.
            return Watch(self.ids(), goal=self.goal.name)
        result = await super().act(client, memory, event)
        if isinstance(result, Watch) and status in table.ENDED_BADLY:
            raise JobFailed(
                "The job has ended; its check will not pass any more",
                job_id=self.ids()["JobId"],
                state=state_of(table.MIGRATION_JOB, job),
                cause=cause_of(job),
                next_step=_ANEW,
            )
        return result


class MigrationJobReadySensor(MigrationJobSensor):
    """Wait until a migration job is ready to complete with a lag of 0 MB and 0 s, held for a while.

    A migration that ends by itself (``full``, ``structure``) is waited for until it has succeeded.
    Cleared after an error, it orders ResumeMigrateJob with ``normal``; a Redis job is not resumed by
    itself, as that could empty or overwrite the target.

    :param hold_seconds: for so long the lag must stay 0.

    API document: DescribeMigrationDetail.
    """

    goal = table.READY
    adds_fields: ClassVar[tuple[str, ...]] = ("hold_seconds",)

    def __init__(self, *, hold_seconds: float | str = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hold_seconds = hold_seconds

    def hold(self) -> float:
        """The time given."""
        return float(self.hold_seconds or 0)

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Resume a job that is in error."""
        if item is None or table.MIGRATION_STATUS.of(item) not in table.FAULTED:
            return
        if _is_redis(item):
            raise JobFailed(
                "A Redis job in error is not resumed by itself: clearData and overwrite change the target",
                job_id=self.ids()["JobId"],
                state=table.MIGRATION_STATUS.of(item),
                next_step="Order ResumeMigrateJob (ResumeMigrateJobOperator with resume_option clearData or "
                "overwrite, or the console), then clear this task.",
            )
        self.log.info("cleared after an error: ordering ResumeMigrateJob (normal)")
        await converge(client, table.RESUME, self.ids(), {**self.ids(), "ResumeOption": "normal"})

    def next_step(self, item: Item | None) -> str:
        """An error can be resumed by a clear, except for Redis."""
        if table.MIGRATION_STATUS.of(item or {}) not in table.FAULTED:
            return _ANEW
        if _is_redis(item or {}):
            return (
                "Mend the cause, order ResumeMigrateJob with clearData or overwrite (ResumeMigrateJobOperator), "
                "then clear this task. It is never done by itself: both change the target."
            )
        return "Mend the cause, then clear this task with its downstream: it orders ResumeMigrateJob (normal)."


def _is_redis(item: Item) -> bool:
    return dig(item, "SrcInfo.DatabaseType") in _REDIS


class MigrationJobSucceededSensor(MigrationJobSensor):
    """Wait until a migration job has succeeded.

    API document: DescribeMigrationDetail.
    """

    goal = table.SUCCEEDED


class MigrationJobPausedSensor(MigrationJobSensor):
    """Wait until a migration job is paused.

    API document: DescribeMigrationDetail.
    """

    goal = table.PAUSED


class MigrationJobIsolatedSensor(MigrationJobSensor):
    """Wait until a migration job is isolated: its bill has ended. A job that is gone counts.

    API document: DescribeMigrationDetail.
    """

    goal = table.ISOLATED
