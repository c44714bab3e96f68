"""The sensors of the data-consistency check, API version 2021-12-06."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.comparing import (
    NOT_COMPARED,
    Comparison,
    as_evidence,
    configuration_of,
    order_compare,
    read_report,
    start_created,
    was_never_started,
)
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.verdicts import REMEDIES, CompareResult, Doubt, doubt_of, shown_evidence
from tencent_dts.engine.waiting import Event
from tencent_dts.engine.wording import shown_ids, state_of
from tencent_dts.errors import ConfiguredOtherwise, DataNotProven, JobFailed, Permanent
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds import compare as table
from tencent_dts.kinds.compared import changed_since, is_marked
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.model.answers import Item, typed
from tencent_dts.sizes import Flag, Size, is_true
from tencent_dts.tasks.planned import HeldAgainstPlan
from tencent_dts.tasks.sensor import DtsSensor
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context


class DtsCompareSensor(DtsSensor):
    """Waits for a compare task and proves by its report that source and target are the same.

    :param job_id: JobId, as ``dts-amm1jw5q``, or ``sync-werwfs23`` of a sync job.
    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    :param configuration: the plan of the run, as its first task returns it; default: nothing is compared.
    :param allowed_skipped_tables: number of tables that the comparison may have skipped.
    """

    on_clear = "compares again with the same configuration, unless the job has been cut over or stopped"
    error = DataNotProven
    family: ClassVar[table.CompareFamily]
    identified_by = ("job_id", "compare_task_id")
    adds_fields: ClassVar[tuple[str, ...]] = (*identified_by, "configuration", "allowed_skipped_tables")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    required: object = True
    _given: str | None = None  # the comparison of a task before
    _latest: str | None = None  # the one that is looked at
    allowed_skipped_tables = Size("tables", most=6000, whole=True)

    def __init_subclass__(cls, **kwargs: object) -> None:
        if "family" in vars(cls):
            cls.goal = cls.family.compared
        super().__init_subclass__(**kwargs)

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        compare_task_id: str | XComArg,
        configuration: AnyPlan | XComArg | None = None,
        allowed_skipped_tables: int | str | XComArg = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.compare_task_id: str | None = rendered(compare_task_id)
        self.configuration = rendered({} if configuration is None else configuration)
        self.allowed_skipped_tables = rendered(allowed_skipped_tables)

    def ids(self) -> dict[str, str]:
        """JobId and CompareTaskId; only the job where nothing is to be compared."""
        return super().ids() if self.compare_task_id or is_true(self.required) else {"JobId": self.job_id}

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Read both databases' connections, and know which comparison is the latest."""
        super().prepare(context, account)
        self.databases = databases_of(self.configuration)
        if self.compare_task_id != self._latest:  # as it was rendered, and not as an earlier leg here has replaced it
            self._given = self.compare_task_id
        memory = Memory(context, self.job_id)  # the job alone: which comparison it is, this memory may have to say
        # One that was ordered here goes on being the latest, until a task before orders another.
        ordered = memory.get("compare_task_id") if memory.get("given") in (None, self._given) else None
        self._follow(ordered or self._given)

    def _follow(self, compare_task_id: str | None) -> None:
        self.compare_task_id = self._latest = compare_task_id

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """A job that is done with on our evidence is past being compared."""
        kind = self.family.task.job
        job = await read(client, kind, {"JobId": self.job_id})
        self._over = job is None or kind.axis.of(job) in self.family.over
        if job is None and (kept := memory.get("evidence")):
            return kept  # nothing is left to compare, and what was proven was proven
        if job is not None and self._over:
            if kept := memory.get("evidence"):
                return kept
            if not is_true(self.required):
                return {"job_id": self.job_id, "conclusion": NOT_COMPARED}
        elif not is_true(self.required):
            raise JobFailed(
                "The migration should have ended by itself, and has not succeeded",
                job_id=self.job_id,
                state=state_of(kind, job),
                next_step="Clear `ready` with its downstream: it waits for the end.",
            )
        elif memory.was_cleared_after_evidence():
            await self.rearm(client, memory, await read(client, self.resource, self.ids()))
            memory.forget_evidence()
        try:
            return await super().act(client, memory, event)
        finally:
            memory.set("judged", self.compare_task_id)

    async def fix(self, client: DtsClient, memory: Memory, item: Item | None) -> bool:
        """Start a comparison that was only created, unless the job compares nothing any more."""
        if self._over or not was_never_started(item):
            return False
        await start_created(client, self.family, self.ids(), self.log.info)
        return True

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Order a new comparison like the old one, unless a task before this one has ordered another since."""
        if memory.get("judged") not in (None, self.compare_task_id):
            return
        attempt = int(memory.get("attempt") or 0) + 1
        self.log.info("cleared after a report: comparing again (attempt %d)", attempt)
        comparison = Comparison(self.family, self.job_id, self.identity, configuration_of(typed(item or {})))
        new, attempt = await order_compare(client, comparison, attempt, memory, self.log.info)
        self._follow(new)
        memory.set("attempt", attempt)
        memory.set("compare_task_id", self.compare_task_id)
        memory.set("given", self._given)

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """A compare task that is gone, or was never started and cannot be any more."""
        if item is not None:
            return DataNotProven(
                "The comparison was never started, and its job compares nothing any more",
                job_id=shown_ids(self.ids()),
                state=state_of(self.resource, item),
                next_step="The job has ended; compare the databases by other means if they must be proven equal.",
            )
        return DataNotProven(
            "The compare task is gone",
            job_id=shown_ids(self.ids()),
            next_step="Clear this task with its downstream.",
        )

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> object:
        """Evidence, or the reason why there is none."""
        status = self.goal.axis.of(item)
        if status not in table.FINISHED:
            why = f"the comparison ended as {status}: {item.get('Message') or 'no reason given'}"
            raise self._negative(memory, Doubt(status if status in REMEDIES else "not reported", why))
        result = await read_report(client, self.family, self.ids())
        allowed = int(type(self).allowed_skipped_tables.of(self))
        if doubt := doubt_of(result, allowed):
            raise self._negative(memory, doubt, result)
        await self._judge_job(client, memory, item)
        evidence = as_evidence(typed(item), self.job_id, self.identity.run_key, result, allowed)
        memory.prove(evidence)
        self.log.info("proven: %s", shown_evidence(evidence))
        return evidence

    async def _judge_job(self, client: DtsClient, memory: Memory, task: Item) -> None:
        """What was compared must be what the job does now, and that what the plan says; cleared, it compares again."""
        job = await read(client, self.family.task.job, {"JobId": self.job_id})
        if job is None:
            return
        if is_marked(self.family, task) and (why := changed_since(self.family, task, job)):
            raise self._negative(memory, Doubt("changed", why))
        try:
            HeldAgainstPlan.of(self).refuse(job, "that its data are the same proves nothing")
        except ConfiguredOtherwise as problem:
            memory.report(problem)
            raise

    def _negative(self, memory: Memory, doubt: Doubt, result: CompareResult | None = None) -> DataNotProven:
        details = [*result["differences"], *result["skipped"]] if result else []
        return memory.report(
            DataNotProven(
                "The compare report does not prove that target and source are the same",
                job_id=shown_ids(self.ids()),
                cause="\n    ".join([doubt.why, *details]),
                next_step=f"{REMEDIES[doubt.cause]} Nothing was cut over or stopped.",
            )
        )


class DtsCompareReportSensor(DtsCompareSensor):
    """Wait for a compare task and prove by its report that source and target are the same.

    Succeeds only where the conclusion is ``same``, every table was compared, and no more tables were
    skipped than allowed; ``skipAll`` proves nothing. It returns the evidence for the cutover. Cleared
    after a report, good or bad, it orders a new comparison with the same configuration, unless the job
    has been cut over.

    :param required: false where the migration ends by itself: then there is nothing to compare, once
        the job has succeeded.

    API document: DescribeCompareReport.
    """

    family = table.OF_MIGRATION
    adds_fields: ClassVar[tuple[str, ...]] = ("required",)
    required = Flag()

    def __init__(self, *, required: bool | str | XComArg = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required = rendered(required)


class DtsSyncCompareReportSensor(DtsCompareSensor):
    """Wait for a compare task of a sync job and prove by its report that source and target are the same.

    Succeeds only where the conclusion is ``same``, every table was compared, and no more tables were
    skipped than allowed; ``skipAll`` proves nothing. Cleared after a report, good or bad, it orders a new
    comparison with the same configuration, unless the job has been stopped. A job that has been changed since it was
    compared, or that syncs something else than the plan, is an error.

    API document: DescribeSyncCompareReport.
    """

    family = table.OF_SYNC
