"""Operators of the data-consistency check of sync jobs, API version 2021-12-06: one for each action."""

from __future__ import annotations

from tencent_dts.kinds.compare import OF_SYNC
from tencent_dts.tasks.compare_tasks import (
    CompareTaskOperator,
    CreateCompareTask,
    ListCompareTasks,
    ModifyCompareTask,
    ReadCompareReport,
    RenameCompareTask,
)


class DtsCreateSyncCompareTaskOperator(CreateCompareTask):
    """Create a compare task of a sync job, exactly once in a run, start it, and return its CompareTaskId.

    Its TaskName carries the run, so that its report can later prove to be of this run.

    API document: CreateSyncCompareTask.
    """

    family = OF_SYNC
    resource = OF_SYNC.task


class DtsStartSyncCompareOperator(CompareTaskOperator):
    """Start a compare task of a sync job.

    API document: StartSyncCompare.
    """

    family = OF_SYNC
    operation = OF_SYNC.start


class DtsStopSyncCompareOperator(CompareTaskOperator):
    """Stop a running compare task of a sync job.

    API document: StopSyncCompare.
    """

    family = OF_SYNC
    operation = OF_SYNC.stop


class DtsDeleteSyncCompareTaskOperator(CompareTaskOperator):
    """Delete a compare task of a sync job that has ended.

    API document: DeleteSyncCompareTask.
    """

    family = OF_SYNC
    operation = OF_SYNC.delete


class DtsModifySyncCompareTaskOperator(ModifyCompareTask):
    """Change a compare task of a sync job that has not been started.

    API document: ModifySyncCompareTask.
    """

    family = OF_SYNC
    operation = OF_SYNC.modify


class DtsModifySyncCompareTaskNameOperator(RenameCompareTask):
    """Rename a compare task of a sync job. A renamed one no longer proves to be of its run.

    API document: ModifySyncCompareTaskName.
    """

    family = OF_SYNC
    operation = OF_SYNC.rename


class DtsDescribeSyncCompareTasksOperator(ListCompareTasks):
    """List the compare tasks of a sync job.

    API document: DescribeSyncCompareTasks.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.task.read


class DtsDescribeSyncCompareReportOperator(ReadCompareReport):
    """Return the report of a compare task of a sync job, with all differences and skipped tables, page by page.

    API document: DescribeSyncCompareReport.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.report
