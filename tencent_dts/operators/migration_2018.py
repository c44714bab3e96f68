"""Operators of the data-migration area, API version 2018-03-30: one for each action.

Its jobs are created with their configuration, cost nothing, and are deleted rather than isolated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.cutover import CutoverWindow
from tencent_dts.kinds.migration_2018 import states as table
from tencent_dts.kinds.migration_2018.kind import PURCHASE
from tencent_dts.kinds.migration_2018.names import readable_check, readable_job
from tencent_dts.kinds.migration_2018.plan import Migration2018Plan, UnnamedJob, create_request, modify_request
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.sizes import Flag
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.check import Checked
from tencent_dts.tasks.gates.evidence_2018 import Consistent
from tencent_dts.tasks.gates.lag import LagZero
from tencent_dts.tasks.gates.planned import AsPlanned, Reconfigured
from tencent_dts.tasks.gates.window import InWindow
from tencent_dts.tasks.jobs import ConfiguredJobTask, JobTask, ListJobsOperator, PlannedJobTask
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.tasks.release import ReleaseOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_2018 import CompleteMigrateJobRequest, ModifyMigrateJobRequest


class DtsCreateMigrateJob2018Operator(PurchaseTask):
    """Create a migration job with its configuration, exactly once, and return its JobId.

    However often the task is retried, cleared or killed, its run ends with one job: one created before is found by
    its tags and adopted as it is. A failed or stopped one is deleted and makes way for a new one. A job given by its
    id cannot be tagged, as no action of this version takes tags later on: it is watched by reads of its own.

    :param configuration: the plan of the migration, see
        :class:`tencent_dts.kinds.migration_2018.plan.Migration2018Plan`.

    API document: CreateMigrateJob (version 2018-03-30).
    """

    on_clear = "looks for the job of this task first, and creates one only where there is none"
    kind = PURCHASE
    configuration: Migration2018Plan

    def __init__(self, *, configuration: AnyPlan | XComArg, **kwargs: Any) -> None:
        super().__init__(configuration=configuration, **kwargs)

    def order(self) -> UnnamedJob:
        """The whole configuration, with freshly read connections; holds passwords, so it is never kept."""
        return create_request(self.configuration, *databases_of(self.configuration))


class DtsModifyMigrateJob2018Operator(ConfiguredJobTask, DtsOperator):
    """Configure a migration job again: endpoints, objects, options; it must be checked again afterwards.

    Sends nothing when the same configuration was sent before (a keyed digest is kept) and the job still shows it, or
    when the job is being checked or has started; one that does so with another configuration is an error.
    A failed or stopped job is taken back to its beginning.

    :param configuration: the plan of the migration, see
        :class:`tencent_dts.kinds.migration_2018.plan.Migration2018Plan`.

    API document: ModifyMigrateJob (version 2018-03-30).
    """

    configuration: Migration2018Plan
    operation = table.CONFIGURE_2018
    gates = (Reconfigured(),)

    def request(self) -> ModifyMigrateJobRequest:
        """The whole configuration; holds passwords, so it is never kept."""
        return modify_request(self.job_id, self.configuration, *self.databases)


class DtsCreateMigrateCheckJob2018Operator(PlannedJobTask, DtsOperator):
    """Order the pre-check of a migration job.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateMigrateCheckJob (version 2018-03-30).
    """

    operation = table.CHECK_2018
    gates = (AsPlanned(),)


class DtsStartMigrateJob2018Operator(PlannedJobTask, DtsOperator):
    """Start a migration job whose check has passed.

    Succeeds without a call when the job has started already, at whatever later state. A timed job counts as running
    while it waits for its time.

    API document: StartMigrateJob (version 2018-03-30).
    """

    operation = table.START_2018
    gates = (AsPlanned(), Checked(table.CHECK_OF_2018))


class DtsStopMigrateJob2018Operator(JobTask, DtsOperator):
    """Stop a migration job for good.

    A stopped job of this version ends as ``failed``: there is no status ``canceled``, and only its ErrorInfo
    distinguishes it from one that broke. A job that has failed already is left as it is.

    API document: StopMigrateJob (version 2018-03-30).
    """

    operation = table.STOP_2018


class DtsCompleteMigrateJob2018Operator(PlannedJobTask, DtsOperator):
    """Cut over: end a migration job whose own check found its data equal and whose lag is 0.

    A difference that the job has found is never waived.

    :param unproven: cut over although the job has compared nothing, on purpose.
    :param window: when the cutover may begin, see :class:`tencent_dts.kinds.cutover.CutoverWindow`; the wait for it
        counts for ``timeout``. Default: at any time.
    :param complete_mode: ``waitForSync`` (default) or ``immediately``, for jobs of the old DTS only.

    API document: CompleteMigrateJob (version 2018-03-30).
    """

    operation = table.COMPLETE_2018
    gates = (AsPlanned(), InWindow(table.READY_2018), Consistent(), LagZero(table.READY_2018))
    on_clear = "judges the data check of the job and its lag again, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("unproven", "window", "complete_mode")
    unproven = Flag()

    def __init__(
        self,
        *,
        unproven: bool | str | XComArg = False,
        window: CutoverWindow | XComArg | None = None,
        complete_mode: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.unproven = rendered(unproven)
        self.window = rendered(window)
        self.complete_mode = rendered(complete_mode)

    def request(self) -> CompleteMigrateJobRequest:
        """The mode, where one is asked for."""
        request: CompleteMigrateJobRequest = {"JobId": self.job_id}
        if self.complete_mode:
            request["CompleteMode"] = self.complete_mode
        return request


class DtsDeleteMigrateJob2018Operator(ReleaseOperator):
    """Delete a migration job that has ended or has not started; a job at work is refused.

    Deletes surplus jobs of the same creation, too.

    :param job_id: JobId, as ``dts-amm1jw5q``.

    API document: DeleteMigrateJob (version 2018-03-30).
    """

    operation = table.DELETE_2018
    kind = PURCHASE
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, job_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)


class DtsDescribeMigrateJobs2018Operator(ListJobsOperator):
    """List migration jobs, with names for their statuses and options, and their databases as objects.

    API document: DescribeMigrateJobs (version 2018-03-30).
    """

    resource = table.MIGRATION_JOB_2018
    action = "DescribeMigrateJobs"
    items = "JobList"

    def result(self, answer: Any) -> object:
        """The jobs by name."""
        return [readable_job(item) for item in answer]


class DtsDescribeMigrateCheckJob2018Operator(JobTask, DescribeOperator):
    """Return the progress and result of a migration job's latest check.

    API document: DescribeMigrateCheckJob (version 2018-03-30).
    """

    resource = table.MIGRATION_JOB_2018
    action = "DescribeMigrateCheckJob"

    def result(self, answer: Any) -> object:
        """The answer, with a name for its flag."""
        return readable_check(answer)
