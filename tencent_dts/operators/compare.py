"""Operators of the data-consistency check area, API version 2021-12-06: one for each action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.comparing import order_compare
from tencent_dts.converge import impossible, read
from tencent_dts.errors import Impossible, InvalidInput
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DescribeOperator, DtsOperator, DtsTask, identity_of, is_true
from tencent_dts.operators.migration import MigrationJobTask
from tencent_dts.purchases import CompareCreation
from tencent_dts.states import compare as table
from tencent_dts.states import migration as migration_table

if TYPE_CHECKING:
    from airflow.sdk import Context


class CompareTaskTask(MigrationJobTask):
    """A task about one compare task of a migration job.

    :param compare_task_id: CompareTaskId, as ``dts-8yv4w2i1-cmp-37skmii9``.
    """

    resource = table.COMPARE_TASK
    adds_fields: ClassVar[tuple[str, ...]] = ("compare_task_id",)

    def __init__(self, *, compare_task_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.compare_task_id = compare_task_id

    def ids(self) -> dict[str, str]:
        """JobId and CompareTaskId."""
        if not self.compare_task_id:
            raise InvalidInput("compare_task_id", "give a CompareTaskId, as dts-8yv4w2i1-cmp-37skmii9")
        return {**super().ids(), "CompareTaskId": self.compare_task_id}


class CompareTaskOperator(CompareTaskTask, DtsOperator):
    """Base of the operators that change one compare task."""


class CompareConfiguration(DtsTask):
    """What is compared, and how.

    :param configuration: ``ObjectMode`` (``sameAsMigrate`` or ``custom``), ``Objects`` and ``Options``
        (``Method``: ``dataCheck``, ``sampleDataCheck`` or ``rowsCount``; ``SampleRate`` in per cent;
        ``ThreadCount`` 1 to 8).
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, configuration: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration


class CreateCompareTaskOperator(CompareConfiguration, MigrationJobTask):
    """Create a compare task, exactly once in a run, start it, and return its CompareTaskId.

    Its TaskName carries the run, so that its report can later prove to be of this run.

    :param start: order StartCompare as well; a compare task that is only created does nothing.
    :param required: false where the migration ends by itself (``full``, ``structure``): then it returns
        "" without a call, once the job has succeeded.

    API document: CreateCompareTask.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("required",)

    def __init__(self, *, start: bool = True, required: bool | str = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.required = required

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know whose run this is."""
        self._identity = identity_of(context)

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> str:
        """Adopt the one that this task created before, or create it."""
        job = await read(client, migration_table.MIGRATION_JOB, self.ids())
        ended = job is not None and migration_table.MIGRATION_STATUS.of(job) in migration_table.CUT_OVER
        if ended and (kept := memory.get("compare_task_id")):
            return str(kept)
        if ended and not is_true(self.required):
            return ""
        if ended or job is None:
            raise _too_late(impossible(migration_table.PAUSE, self.ids(), job))
        name = self._identity.compare_name(0)
        creation = CompareCreation(self.ids()["JobId"], name, self.configuration or {})
        compare_task_id = await order_compare(client, creation, memory, self.log.info, start=self.start)
        memory.set("compare_task_id", compare_task_id)
        return compare_task_id


def _too_late(problem: Impossible) -> Impossible:
    return Impossible(
        "CreateCompareTask is impossible: data can be compared in the incremental phase only",
        job_id=problem.job_id,
        state=problem.state,
        next_step="The job has ended; compare the databases by other means if they must be proven equal.",
    )


class StartCompareOperator(CompareTaskOperator):
    """Start a compare task.

    API document: StartCompare.
    """

    operation = table.START_COMPARE


class StopCompareOperator(CompareTaskOperator):
    """Stop a running compare task.

    API document: StopCompare.
    """

    operation = table.STOP_COMPARE


class DeleteCompareTaskOperator(CompareTaskOperator):
    """Delete a compare task that has ended.

    API document: DeleteCompareTask.
    """

    operation = table.DELETE_COMPARE


class ModifyCompareTaskOperator(CompareConfiguration, CompareTaskOperator):
    """Change a compare task that has not been started.

    API document: ModifyCompareTask.
    """

    operation = table.MODIFY_COMPARE

    def request(self) -> dict[str, Any]:
        """The configuration."""
        return dict(self.configuration or {})


class ModifyCompareTaskNameOperator(CompareTaskOperator):
    """Rename a compare task. A renamed one no longer proves to be of its run.

    :param task_name: the new TaskName.

    API document: ModifyCompareTaskName.
    """

    operation = table.RENAME_COMPARE
    adds_fields: ClassVar[tuple[str, ...]] = ("task_name",)

    def __init__(self, *, task_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task_name = task_name

    def request(self) -> dict[str, Any]:
        """The new name."""
        return {"TaskName": self.task_name}


class DescribeCompareTasksOperator(MigrationJobTask, DescribeOperator):
    """List the compare tasks of a migration job.

    :param status: only these: ``created``, ``readyRun``, ``running``, ``success``, ``stopping``,
        ``failed``, ``canceled``.

    API document: DescribeCompareTasks.
    """

    action = "DescribeCompareTasks"
    items = "Items"
    adds_fields: ClassVar[tuple[str, ...]] = ("status",)

    def __init__(self, *, status: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status = status

    def request(self) -> dict[str, Any]:
        """The job, and the statuses where only some are wanted."""
        return {**self.ids(), "Status": list(self.status) if self.status else None}


class DescribeCompareReportOperator(CompareTaskTask, DescribeOperator):
    """Return the report of a compare task, with all differences and skipped tables, page by page.

    API document: DescribeCompareReport.
    """

    action = "DescribeCompareReport"
    nested: ClassVar[dict[str, str]] = {"Detail.Difference": "Difference", "Detail.Skipped": "Skipped"}
