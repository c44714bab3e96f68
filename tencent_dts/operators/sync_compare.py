"""Operators of the data-consistency check of sync jobs, API version 2021-12-06: one for each action."""

from __future__ import annotations

from tencent_dts.kinds.compare import OF_SYNC
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


class DtsCreateSyncCompareTaskOperator(CreateCompareTask):
    """Create a compare task of a sync job, exactly once in a run, start it, and return its CompareTaskId.

    Its TaskName carries the run, so that its report can later prove to be of this run.

    API document: CreateSyncCompareTask.
    """

    family = OF_SYNC


class DtsStartSyncCompareOperator(CompareTaskTask, DtsOperator):
    """Start a compare task of a sync job.

    API document: StartSyncCompare.
    """

    operation = OF_SYNC.start


class DtsStopSyncCompareOperator(CompareTaskTask, DtsOperator):
    """Stop a running compare task of a sync job.

    API document: StopSyncCompare.
    """

    operation = OF_SYNC.stop


class DtsDeleteSyncCompareTaskOperator(CompareTaskTask, DtsOperator):
    """Delete a compare task of a sync job that has ended.

    API document: DeleteSyncCompareTask.
    """

    operation = OF_SYNC.delete


class DtsModifySyncCompareTaskOperator(ModifyCompareTask):
    """Change a compare task of a sync job that has not been started.

    API document: ModifySyncCompareTask.
    """

    operation = OF_SYNC.modify


class DtsModifySyncCompareTaskNameOperator(RenameCompareTask):
    """Rename a compare task of a sync job. A renamed one no longer proves to be of its run.

    API document: ModifySyncCompareTaskName.
    """

    operation = OF_SYNC.rename


class DtsDescribeSyncCompareTasksOperator(ListCompareTasks):
    """List the compare tasks of a sync job.

    API document: DescribeSyncCompareTasks.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.task.read


class DtsDescribeSyncCompareReportOperator(CompareTaskTask, DescribeOperator):
    """Return the report of a compare task of a sync job, with all differences and skipped tables, page by page.

    API document: DescribeSyncCompareReport.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.report
    nested = REPORT
