"""Operators of the data-consistency check of migration jobs, API version 2021-12-06: one for each action."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.kinds.compare import OF_MIGRATION
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.compare_tasks import (
    REPORT,
    CompareTaskTask,
    CreateCompareTask,
    ListCompareTasks,
    ModifyCompareTask,
    RenameCompareTask,
)
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.templated import rendered


class DtsCreateCompareTaskOperator(CreateCompareTask):
    """Create a compare task, exactly once in a run, start it, and return its CompareTaskId.

    Its TaskName carries the run, so that its report can later prove to be of this run.

    :param required: false where the migration ends by itself (``full``, ``structure``): then it returns
        "" without a call, once the job has succeeded.

    API document: CreateCompareTask.
    """

    family = OF_MIGRATION
    adds_fields: ClassVar[tuple[str, ...]] = ("required",)
    required = Flag()

    def __init__(self, *, required: bool | str | XComArg = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required = rendered(required)

    def needs_none(self) -> bool:
        """A migration that ends by itself has nothing to compare."""
        return not is_true(self.required)


class DtsStartCompareOperator(CompareTaskTask, DtsOperator):
    """Start a compare task.

    API document: StartCompare.
    """

    operation = OF_MIGRATION.start


class DtsStopCompareOperator(CompareTaskTask, DtsOperator):
    """Stop a running compare task.

    API document: StopCompare.
    """

    operation = OF_MIGRATION.stop


class DtsDeleteCompareTaskOperator(CompareTaskTask, DtsOperator):
    """Delete a compare task that has ended.

    API document: DeleteCompareTask.
    """

    operation = OF_MIGRATION.delete


class DtsModifyCompareTaskOperator(ModifyCompareTask):
    """Change a compare task that has not been started.

    API document: ModifyCompareTask.
    """

    operation = OF_MIGRATION.modify


class DtsModifyCompareTaskNameOperator(RenameCompareTask):
    """Rename a compare task. A renamed one no longer proves to be of its run.

    API document: ModifyCompareTaskName.
    """

    operation = OF_MIGRATION.rename


class DtsDescribeCompareTasksOperator(ListCompareTasks):
    """List the compare tasks of a migration job.

    API document: DescribeCompareTasks.
    """

    resource = OF_MIGRATION.task
    action = OF_MIGRATION.task.read


class DtsDescribeCompareReportOperator(CompareTaskTask, DescribeOperator):
    """Return the report of a compare task, with all differences and skipped tables, page by page.

    API document: DescribeCompareReport.
    """

    resource = OF_MIGRATION.task
    action = OF_MIGRATION.report
    nested = REPORT
