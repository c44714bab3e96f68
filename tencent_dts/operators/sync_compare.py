"""Operators of the data-consistency check of sync jobs, API version 2021-12-06: one for each action."""

from __future__ import annotations

from tencent_dts.operators.compare_tasks import (
    CompareTaskOperator,
    CreateCompareTask,
    ListCompareTasks,
    ModifyCompareTask,
    ReadCompareReport,
    RenameCompareTask,
)
from tencent_dts.states.compare import OF_SYNC


class CreateSyncCompareTaskOperator(CreateCompareTask):
    """Create a compare task of a sync job, exactly once in a run, start it, and return its CompareTaskId.

    Its TaskName carries the run, so that its report can later prove to be of this run.

    API document: CreateSyncCompareTask.
    """

    family = OF_SYNC
    resource = OF_SYNC.task


class StartSyncCompareOperator(CompareTaskOperator):
    """Start a compare task of a sync job.

    API document: StartSyncCompare.
    """

    family = OF_SYNC
    operation = OF_SYNC.start


class StopSyncCompareOperator(CompareTaskOperator):
    """Stop a running compare task of a sync job.

    API document: StopSyncCompare.
    """

    family = OF_SYNC
    operation = OF_SYNC.stop


class DeleteSyncCompareTaskOperator(CompareTaskOperator):
    """Delete a compare task of a sync job that has ended.

    API document: DeleteSyncCompareTask.
    """

    family = OF_SYNC
    operation = OF_SYNC.delete


class ModifySyncCompareTaskOperator(ModifyCompareTask):
    """Change a compare task of a sync job that has not been started.

    API document: ModifySyncCompareTask.
    """

    family = OF_SYNC
    operation = OF_SYNC.modify


class ModifySyncCompareTaskNameOperator(RenameCompareTask):
    """Rename a compare task of a sync job. A renamed one no longer proves to be of its run.

    API document: ModifySyncCompareTaskName.
    """

    family = OF_SYNC
    operation = OF_SYNC.rename


class DescribeSyncCompareTasksOperator(ListCompareTasks):
    """List the compare tasks of a sync job.

    API document: DescribeSyncCompareTasks.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.task.read


class DescribeSyncCompareReportOperator(ReadCompareReport):
    """Return the report of a compare task of a sync job, with all differences and skipped tables, page by page.

    API document: DescribeSyncCompareReport.
    """

    resource = OF_SYNC.task
    action = OF_SYNC.report
