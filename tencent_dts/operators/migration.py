"""Operators of the data-migration area, API version 2021-12-06: one for each action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.engine.verdicts import GivenEvidence
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.check import OF_MIGRATION
from tencent_dts.kinds.cutover import CutoverWindow
from tencent_dts.kinds.migration import states as table
from tencent_dts.kinds.migration.kind import PURCHASE
from tencent_dts.kinds.migration.plan import INSTANCE_CLASSES, MigrationPlan, modify_request
from tencent_dts.sizes import Flag, Size, is_true
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.adoption import Adopted
from tencent_dts.tasks.gates.check import Checked, SkippedOnce, skip_request, step_ids
from tencent_dts.tasks.gates.cutover import PROVEN, Approved
from tencent_dts.tasks.gates.lag import LagZero
from tencent_dts.tasks.gates.name import KeepsPrefix
from tencent_dts.tasks.gates.planned import AsPlanned, Reconfigured
from tencent_dts.tasks.gates.window import InWindow
from tencent_dts.tasks.jobs import (
    ConfiguredJobTask,
    JobTask,
    ListJobsOperator,
    PlannedJobTask,
    RateLimitOperator,
    ResizeOperator,
)
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.release import ReleaseOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import (
        CompleteMigrateJobRequest,
        DescribeMigrateDBInstancesRequest,
        ModifyMigrationJobRequest,
        ResumeMigrateJobRequest,
        SkipCheckItemRequest,
    )


class DtsModifyMigrationJobOperator(ConfiguredJobTask, DtsOperator):
    """Configure a migration job: endpoints, objects, migrate type, run mode.

    Sends nothing when the same configuration was sent before (a keyed digest is kept) and the job still
    shows it, or when the job is being checked or has started; one that does so with another
    configuration is an error. A changed configuration voids an earlier check.

    :param configuration: the plan of the migration, see :class:`tencent_dts.kinds.migration.plan.MigrationPlan`.

    API document: ModifyMigrationJob.
    """

    configuration: MigrationPlan
    operation = table.CONFIGURE
    gates = (Reconfigured(), Adopted())

    def request(self) -> ModifyMigrationJobRequest:
        """The whole configuration; Tags, which replace what is there, are added for an adopted job alone."""
        return modify_request(self.job_id, self.configuration, *self.databases)


class DtsCreateMigrateCheckJobOperator(PlannedJobTask, DtsOperator):
    """Order the pre-check of a configured migration job.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateMigrateCheckJob.
    """

    operation = table.CHECK
    gates = (AsPlanned(),)


class DtsSkipCheckItemOperator(JobTask, DtsOperator):
    """Skip named items of the pre-check, each with a reason that is kept; a new check must follow.

    :param skips: list of ``{"step_id": "OptimizeCheck", "reason": "..."}``.
    :param foreign_key_flag: for ConstraintCheck: ``shield`` or ``migrate``.

    API document: SkipCheckItem.
    """

    operation = table.SKIP
    gates = (SkippedOnce(OF_MIGRATION),)
    adds_fields: ClassVar[tuple[str, ...]] = ("skips", "foreign_key_flag")
    json_fields: ClassVar[tuple[str, ...]] = ("skips",)

    def __init__(
        self,
        *,
        skips: Sequence[Mapping[str, str]] | XComArg,
        foreign_key_flag: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.skips = rendered(skips)
        self.foreign_key_flag = rendered(foreign_key_flag)

    def request(self) -> SkipCheckItemRequest:
        """The items, and what becomes of foreign keys."""
        return skip_request(self.job_id, step_ids(self.skips), self.foreign_key_flag)


class DtsStartMigrateJobOperator(PlannedJobTask, DtsOperator):
    """Start a migration job whose check has passed.

    Succeeds without a call when the job has started already, at whatever later state. For run mode
    ``timed`` it waits until the job runs, so its deadline must reach beyond ``ExpectRunTime``.

    API document: StartMigrateJob.
    """

    operation = table.START
    gates = (AsPlanned(), Checked(OF_MIGRATION))


class DtsStopMigrateJobOperator(JobTask, DtsOperator):
    """Stop a migration job for good: a stopped job can never go on.

    API document: StopMigrateJob.
    """

    operation = table.STOP


class DtsPauseMigrateJobOperator(JobTask, DtsOperator):
    """Pause a running migration job; the bill goes on.

    API document: PauseMigrateJob.
    """

    operation = table.PAUSE


class DtsContinueMigrateJobOperator(JobTask, DtsOperator):
    """Continue a paused migration job.

    API document: ContinueMigrateJob.
    """

    operation = table.CONTINUE


class DtsResumeMigrateJobOperator(JobTask, DtsOperator):
    """Retry a migration job that is in error.

    :param resume_option: ``normal`` (every database but Redis), ``clearData`` (empties the target
        first) or ``overwrite``; the latter two are for Redis only.

    API document: ResumeMigrateJob.
    """

    operation = table.RESUME
    adds_fields: ClassVar[tuple[str, ...]] = ("resume_option",)

    def __init__(self, *, resume_option: str | XComArg = "normal", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resume_option = rendered(resume_option)

    def request(self) -> ResumeMigrateJobRequest:
        """The resume option."""
        return {"JobId": self.job_id, "ResumeOption": self.resume_option}


class DtsCompleteMigrateJobOperator(PlannedJobTask, DtsOperator):
    """Cut over: end a migration job whose data is proven equal and whose lag is 0.

    :param evidence: what the compare report sensor returned in this run.
    :param max_report_age: seconds for which the evidence is good, counted from when the data were compared, as DTS
        reports it; older, the comparison is repeated.
    :param approval: what the approval returned in this run; it must have been given for this evidence. Default: none
        is asked for.
    :param unproven: cut over without evidence, on purpose.
    :param window: when the cutover may begin, see :class:`tencent_dts.kinds.cutover.CutoverWindow`; the wait for it
        counts for ``timeout``. Default: at any time.
    :param complete_mode: ``waitForSync`` (default) or ``immediately``, for jobs of the old DTS only.

    API document: CompleteMigrateJob.
    """

    operation = table.COMPLETE
    gates = (AsPlanned(), Approved(), InWindow(table.READY), PROVEN, LagZero(table.READY))
    on_clear = "judges evidence and lag again, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("evidence", "max_report_age", "approval", "window", "complete_mode")
    json_fields: ClassVar[tuple[str, ...]] = ("evidence",)
    max_report_age = Size(above=True)
    unproven = Flag()

    def __init__(
        self,
        *,
        evidence: GivenEvidence | XComArg | None = None,
        max_report_age: float | str | XComArg = 3600,
        approval: GivenEvidence | XComArg | None = None,
        unproven: bool = False,
        window: CutoverWindow | XComArg | None = None,
        complete_mode: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if is_true(unproven, "unproven") and evidence is not None:
            raise InvalidInput("unproven", "give evidence, or unproven=True, not both", unproven)
        if not is_true(unproven, "unproven") and evidence is None:
            raise InvalidInput("evidence", "give the compare report sensor's output, or unproven=True on purpose")
        self.evidence = rendered(evidence)
        self.max_report_age = rendered(max_report_age)
        self.approval = rendered(approval)
        self.is_to_be_approved = approval is not None  # what it holds is known when the task runs, and may be nothing
        self.unproven = unproven
        self.window = rendered(window)
        self.complete_mode = rendered(complete_mode)

    def request(self) -> CompleteMigrateJobRequest:
        """The mode, where one is asked for."""
        request: CompleteMigrateJobRequest = {"JobId": self.job_id}
        if self.complete_mode:
            request["CompleteMode"] = self.complete_mode
        return request


class DtsIsolateMigrateJobOperator(ReleaseOperator):
    """Isolate a migration job: its bill ends and the frozen hour's fee is released.

    Isolates surplus jobs of the same purchase, too. A free job is deleted by this. An isolated one is
    deleted after 7 days.

    :param job_id: JobId, as ``dts-amm1jw5q``.
    :param even_if_running: isolate a job that has not ended, which interrupts the migration.

    API document: IsolateMigrateJob.
    """

    operation = table.ISOLATE
    kind = PURCHASE
    waiver = " `even_if_running=True` orders it all the same."
    even_if_running = Flag()
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, job_id: str | XComArg, even_if_running: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.even_if_running = even_if_running


class DtsRecoverMigrateJobOperator(JobTask, DtsOperator):
    """Take a migration job out of isolation; its bill starts again.

    API document: RecoverMigrateJob.
    """

    operation = table.RECOVER


class DtsDestroyMigrateJobOperator(JobTask, DtsOperator):
    """Delete an isolated migration job for good.

    API document: DestroyMigrateJob.
    """

    operation = table.DESTROY


class DtsModifyMigrateNameOperator(JobTask, DtsOperator):
    """Rename a migration job; the hash that its name begins with stays.

    :param job_name: the new readable part of the name.

    API document: ModifyMigrateName.
    """

    operation = table.RENAME
    gates = (KeepsPrefix(),)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_name",)

    def __init__(self, *, job_name: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_name = rendered(job_name)


class DtsModifyMigrateJobSpecOperator(ResizeOperator):
    """Change the instance class of a billed migration job, which interrupts it for some minutes.

    :param new_instance_class: ``micro``, ``small``, ``medium``, ``large``, ``xlarge`` or ``2xlarge``.

    API document: ModifyMigrateJobSpec.
    """

    operation = table.RESIZE
    instance_classes = ("micro", *INSTANCE_CLASSES)


class DtsModifyMigrateRateLimitOperator(RateLimitOperator):
    """Limit how fast a migration job reads and writes; what is not given stays as it is.

    Sends nothing when the same limits were sent before.

    API document: ModifyMigrateRateLimit.
    """

    operation = table.LIMIT_RATE


class DtsDescribeMigrationJobsOperator(ListJobsOperator):
    """List migration jobs.

    API document: DescribeMigrationJobs.
    """

    resource = table.MIGRATION_JOB
    action = "DescribeMigrationJobs"
    items = "JobList"


class DtsDescribeMigrationDetailOperator(JobTask, DescribeOperator):
    """Return everything the API reports of one migration job.

    API document: DescribeMigrationDetail.
    """

    resource = table.MIGRATION_JOB
    action = "DescribeMigrationDetail"


class DtsDescribeMigrationCheckJobOperator(JobTask, DescribeOperator):
    """Return the progress and result of a migration job's latest check.

    API document: DescribeMigrationCheckJob.
    """

    resource = table.MIGRATION_JOB
    action = "DescribeMigrationCheckJob"


class DtsDescribeMigrateDBInstancesOperator(DescribeOperator):
    """List the cloud database instances that can be migrated.

    :param database_type: as ``mysql``.
    :param migrate_role: ``src`` or ``dst``.
    :param instance_id: only this instance.
    :param instance_name: only instances of this name.

    API document: DescribeMigrateDBInstances.
    """

    resource = table.MIGRATION_JOB
    action = "DescribeMigrateDBInstances"
    items = "Instances"
    adds_fields: ClassVar[tuple[str, ...]] = (
        "database_type",
        "migrate_role",
        "instance_id",
        "instance_name",
    )

    def __init__(
        self,
        *,
        database_type: str | XComArg,
        migrate_role: str | XComArg | None = None,
        instance_id: str | XComArg | None = None,
        instance_name: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.database_type = rendered(database_type)
        self.migrate_role = rendered(migrate_role)
        self.instance_id = rendered(instance_id)
        self.instance_name = rendered(instance_name)

    def request(self) -> DescribeMigrateDBInstancesRequest:
        """The filters."""
        request: DescribeMigrateDBInstancesRequest = {"DatabaseType": self.database_type}
        if self.migrate_role is not None:
            request["MigrateRole"] = self.migrate_role
        if self.instance_id is not None:
            request["InstanceId"] = self.instance_id
        if self.instance_name is not None:
            request["InstanceName"] = self.instance_name
        return request
