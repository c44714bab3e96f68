"""Sensors of the data-migration area, API version 2018-03-30."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.wording import cause_of, state_of
from tencent_dts.errors import CheckNotPassed, DataNotProven, Permanent
from tencent_dts.kinds.cutover import CutoverWindow
from tencent_dts.kinds.migration_2018 import states as table
from tencent_dts.kinds.migration_2018.names import consistency_of
from tencent_dts.kinds.migration_2018.plan import is_proving, modify_request
from tencent_dts.model.answers import Item
from tencent_dts.sizes import DAY, Size
from tencent_dts.tasks.check_sensor import FIX, CheckPassedSensor
from tencent_dts.tasks.gates.window import opening
from tencent_dts.tasks.jobs import JobTask, PlannedJobTask
from tencent_dts.tasks.planned import HeldAgainstPlan
from tencent_dts.tasks.sensor import DtsSensor
from tencent_dts.templated import rendered

_DIFFERENT = (
    "The migration has ended, and a job checks its data once. Find out why they differ, empty the target or fix it by "
    "hand, and trigger a new run; delete this job once its record is no longer needed."
)
_REMEDIES = {"": table.NO_RESUME}  # nothing resumes a job of this version


class DtsMigrateCheckPassed2018Sensor(CheckPassedSensor):
    """Wait until the pre-check of a migration job has passed; report what it says otherwise.

    No item of it can be skipped. Cleared after a failure, it sends the configuration again (ModifyMigrateJob) with
    freshly read connections and orders a new check.

    :param configuration: the plan of the migration, see
        :class:`tencent_dts.kinds.migration_2018.plan.Migration2018Plan`.

    API document: DescribeMigrateCheckJob (version 2018-03-30).
    """

    family = table.CHECK_OF_2018
    configure = staticmethod(modify_request)

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """The one message that the check of this version has."""
        if item is None:
            return await super().failure(client, item)
        return CheckNotPassed(
            "The pre-check did not pass",
            job_id=self.ids()["JobId"],
            state=f"CheckFlag {self.goal.axis.of(item) or 'not reported'}",
            cause=self.with_sides(str(item.get("ErrorMessage") or "the check itself broke; nothing more is reported")),
            next_step=FIX,
        )


class DtsMigrateJobReady2018Sensor(JobTask, DtsSensor):
    """Wait until a migration job is ready to complete with a lag of 0 MB and 0 s, held for a while.

    A migration that ends by itself (``full``, ``structure``) is waited for until it has succeeded. There is no resume
    in this version: a failed job makes way when its creation is cleared.

    :param hold_seconds: seconds that the lag must stay at 0.
    :param window: when the cutover may begin: the wait goes on until then, and is an error once it has passed.
        Default: it does not matter yet.

    API document: DescribeMigrateJobs (version 2018-03-30).
    """

    goal = table.READY_2018
    remedies = _REMEDIES
    orders = ((table.START_2018, "start"),)
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


class DtsMigrateJobSucceeded2018Sensor(PlannedJobTask, DtsSensor):
    """Wait until a migration job has succeeded, and its own check of the data, where it made one, found no difference.

    A job that migrated something else than the plan is an error.

    API document: DescribeMigrateJobs (version 2018-03-30).
    """

    goal = table.SUCCEEDED_2018
    remedies = _REMEDIES
    orders = ((table.START_2018, "start"), (table.COMPLETE_2018, "complete"))

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """A job whose data differ has succeeded all the same."""
        if item is None or self.goal.axis.of(item) not in table.ENDED_WELL_2018:
            return await super().failure(client, item)
        return DataNotProven(
            "The job has succeeded, but its own check found that the data differ",
            job_id=self.ids()["JobId"],
            state=state_of(self.resource, item),
            cause=cause_of(item),
            next_step=_DIFFERENT,
        )

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> object:
        """The job's state, and which check of its data it rests on."""
        kind = consistency_of(item)
        if is_proving(kind) and item.get("ErrorInfo"):
            raise await self.failure(client, item)
        HeldAgainstPlan.of(self).confirm(memory, item, "that it has succeeded proves nothing")
        return {**await super().result(client, memory, item), "ConsistencyType": kind}
