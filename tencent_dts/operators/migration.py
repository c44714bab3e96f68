"""Operators of the data-migration area, API version 2021-12-06: one for each action."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.kinds.check import OF_MIGRATION
from tencent_dts.kinds.migration import states as table
from tencent_dts.kinds.migration.kind import PURCHASE
from tencent_dts.kinds.migration.plan import INSTANCE_CLASSES, modify_request
from tencent_dts.tasks.base import DtsOperator
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.adoption import AdoptionGate
from tencent_dts.tasks.gates.check import CheckedGate, SkipGate, skip_request
from tencent_dts.tasks.gates.cutover import CutoverGate
from tencent_dts.tasks.gates.name import NameGate
from tencent_dts.tasks.gates.release import ReleaseGate
from tencent_dts.tasks.jobs import (
    ConfigurationSender,
    JobTask,
    ListJobsOperator,
    RateLimitGate,
    ResizeGate,
    TwoSidedTask,
)
from tencent_dts.tasks.planned import ConfigureGate, PlannedGate
from tencent_dts.templated import rendered


class MigrationJobTask(JobTask):
    """A task about one migration job."""

    resource = table.MIGRATION_JOB


class DtsMigrationJobOperator(MigrationJobTask, DtsOperator):
    """Base of the operators that change one migration job."""


class ConfigurationTask(TwoSidedTask, MigrationJobTask, ConfigurationSender):
    """A task that may send the job's configuration, passwords freshly read from the connections.

    :param configuration: the plan of the migration, see :class:`tencent_dts.kinds.migration.plan.MigrationPlan`.
    """

    def modification(self) -> dict[str, Any]:
        """The whole ModifyMigrationJob request; holds passwords, so it is never kept."""
        return modify_request(self.job_id, self.configuration, *self._databases)


class DtsModifyMigrationJobOperator(ConfigureGate, AdoptionGate, ConfigurationTask, DtsMigrationJobOperator):
    """Configure a migration job: endpoints, objects, migrate type, run mode.

    Sends nothing when the same configuration was sent before (a keyed digest is kept) and the job still
    shows it, or when the job is being checked or has started; one that does so with another
    configuration is an error. A changed configuration voids an earlier check.

    API document: ModifyMigrationJob.
    """

    operation = table.CONFIGURE

    def request(self) -> dict[str, Any]:
        """The whole configuration; Tags only for an adopted job, as they replace what is there."""
        return {**self.modification(), **self.adoption}


class DtsCreateMigrateCheckJobOperator(PlannedGate, DtsMigrationJobOperator):
    """Order the pre-check of a configured migration job.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateMigrateCheckJob.
    """

    operation = table.CHECK


class DtsSkipCheckItemOperator(SkipGate, DtsMigrationJobOperator):
    """Skip named items of the pre-check, each with a reason that is kept; a new check must follow.

    :param skips: list of ``{"step_id": "OptimizeCheck", "reason": "..."}``.
    :param foreign_key_flag: for ConstraintCheck: ``shield`` or ``migrate``.

    API document: SkipCheckItem.
    """

    operation = table.SKIP
    family = OF_MIGRATION
    adds_fields: ClassVar[tuple[str, ...]] = ("foreign_key_flag",)

    def __init__(self, *, foreign_key_flag: str | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.foreign_key_flag = rendered(foreign_key_flag)

    def request(self) -> dict[str, Any]:
        """The items, and what becomes of foreign keys."""
        return skip_request(self.step_ids(), self.foreign_key_flag)


class DtsStartMigrateJobOperator(CheckedGate, PlannedGate, DtsMigrationJobOperator):
    """Start a migration job whose check has passed.

    Succeeds without a call when the job has started already, at whatever later state. For run mode
    ``timed`` it waits until the job runs, so its deadline must reach beyond ``ExpectRunTime``.

    API document: StartMigrateJob.
    """

    operation = table.START
    family = OF_MIGRATION


class DtsStopMigrateJobOperator(DtsMigrationJobOperator):
    """Stop a migration job for good: a stopped job can never go on.

    API document: StopMigrateJob.
    """

    operation = table.STOP


class DtsPauseMigrateJobOperator(DtsMigrationJobOperator):
    """Pause a running migration job; the bill goes on.

    API document: PauseMigrateJob.
    """

    operation = table.PAUSE


class DtsContinueMigrateJobOperator(DtsMigrationJobOperator):
    """Let a paused migration job go on.

    API document: ContinueMigrateJob.
    """

    operation = table.CONTINUE


class DtsResumeMigrateJobOperator(DtsMigrationJobOperator):
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

    def request(self) -> dict[str, Any]:
        """How to go on."""
        return {"ResumeOption": self.resume_option}


class DtsCompleteMigrateJobOperator(PlannedGate, CutoverGate, DtsMigrationJobOperator):
    """Cut over: end a migration job whose data is proven equal and whose lag is 0.

    :param evidence: what the compare report sensor returned in this run.
    :param max_report_age: seconds for which the evidence is good, counted from when the data were compared, as DTS
        tells it; older, the comparison is repeated.
    :param approval: what the approval returned in this run; it must have been given for this evidence. Default: none
        is asked for.
    :param unproven: cut over without evidence, on purpose.
    :param complete_mode: ``waitForSync`` (default) or ``immediately``, for jobs of the old DTS only.

    API document: CompleteMigrateJob.
    """

    operation = table.COMPLETE

    def request(self) -> dict[str, Any]:
        """The mode, where one is asked for."""
        return {"CompleteMode": self.complete_mode} if self.complete_mode else {}


class DtsIsolateMigrateJobOperator(ReleaseGate, DtsMigrationJobOperator):
    """Isolate a migration job: its bill ends and the frozen hour's fee is released.

    Isolates surplus jobs of the same purchase, too. A free job is deleted by this. An isolated one is
    deleted after 7 days.

    :param even_if_running: isolate a job that has not ended, which interrupts the migration.

    API document: IsolateMigrateJob.
    """

    operation = table.ISOLATE
    kind = PURCHASE


class DtsRecoverMigrateJobOperator(DtsMigrationJobOperator):
    """Take a migration job out of isolation; its bill starts again.

    API document: RecoverMigrateJob.
    """

    operation = table.RECOVER


class DtsDestroyMigrateJobOperator(DtsMigrationJobOperator):
    """Delete an isolated migration job for good.

    API document: DestroyMigrateJob.
    """

    operation = table.DESTROY


class DtsModifyMigrateNameOperator(NameGate, DtsMigrationJobOperator):
    """Rename a migration job; the hash that its name begins with stays.

    :param job_name: the new readable part of the name.

    API document: ModifyMigrateName.
    """

    operation = table.RENAME

    def request(self) -> dict[str, Any]:
        """The new name."""
        return {"JobName": self.full_name}


class DtsModifyMigrateJobSpecOperator(ResizeGate, DtsMigrationJobOperator):
    """Change the instance class of a billed migration job, which interrupts it for some minutes.

    :param new_instance_class: ``micro``, ``small``, ``medium``, ``large``, ``xlarge`` or ``2xlarge``.

    API document: ModifyMigrateJobSpec.
    """

    operation = table.RESIZE
    instance_classes = ("micro", *INSTANCE_CLASSES)


class DtsModifyMigrateRateLimitOperator(RateLimitGate, DtsMigrationJobOperator):
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


class DtsDescribeMigrationDetailOperator(MigrationJobTask, DescribeOperator):
    """Return everything the API tells of one migration job.

    API document: DescribeMigrationDetail.
    """

    action = "DescribeMigrationDetail"


class DtsDescribeMigrationCheckJobOperator(MigrationJobTask, DescribeOperator):
    """Return the progress and result of a migration job's latest check.

    API document: DescribeMigrationCheckJob.
    """

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

    def request(self) -> dict[str, Any]:
        """The filters."""
        return {
            "DatabaseType": self.database_type,
            "MigrateRole": self.migrate_role,
            "InstanceId": self.instance_id,
            "InstanceName": self.instance_name,
        }
