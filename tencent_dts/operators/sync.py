"""Operators of the data-sync area, API version 2021-12-06: one for each action, those about compare tasks apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.engine.verdicts import GivenEvidence
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.check import OF_SYNC
from tencent_dts.kinds.sync import states as table
from tencent_dts.kinds.sync.kind import PURCHASE
from tencent_dts.kinds.sync.plan import INSTANCE_CLASSES, PAY_MODES, SyncPlan, configure_request, order_request
from tencent_dts.sizes import Flag, Size, check_choice, is_true
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.caught_up import CaughtUp
from tencent_dts.tasks.gates.check import Checked, SkippedOnce, skip_request, step_ids
from tencent_dts.tasks.gates.planned import AsPlanned, Reconfigured
from tencent_dts.tasks.jobs import (
    ConfiguredJobTask,
    JobTask,
    ListJobsOperator,
    PlannedJobTask,
    RateLimitOperator,
    ResizeOperator,
)
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.purchase import LinkPurchaseTask
from tencent_dts.tasks.release import ReleaseOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import ConfigureSyncJobRequest, CreateSyncJobRequest, SkipSyncCheckItemRequest


_MOST_MONTHS = 100


class DtsCreateSyncJobOperator(LinkPurchaseTask):
    """Buy a sync job, exactly once, and return its JobId.

    However often the task is retried, cleared or killed, its run ends with one job: one bought before
    is found by its tags and adopted. A failed one makes way for a new one; one that was stopped was
    ended on purpose, so that it is adopted as it is and nothing is bought; an isolated one is never
    recovered by itself. A job bought elsewhere can be adopted, but not tagged, as ConfigureSyncJob
    takes no Tags: waits for it read it by itself instead of from the shared list.

    :param dst_database_type: as ``cynosdbmysql`` or ``kafka``.
    :param instance_class: ``micro``, ``small``, ``medium`` or ``large``; free links have ``medium`` only.
    :param pay_mode: ``PostPay`` (by the hour, default) or ``PrePay`` (for months, paid at once).
    :param time_span: for ``PrePay``: months to buy, 1 to 100.
    :param auto_renew: for ``PrePay``: renew it each time its months end.
    :param specification: ``Standard``, the only one there is; default: not sent.

    API document: CreateSyncJob.
    """

    kind = PURCHASE
    instance_classes = INSTANCE_CLASSES
    adds_fields: ClassVar[tuple[str, ...]] = ("pay_mode", "time_span", "auto_renew", "specification")
    auto_renew = Flag()
    time_span = Size("months", 0, _MOST_MONTHS, whole=True, optional=True)

    def __init__(
        self,
        *,
        pay_mode: str | XComArg = "PostPay",
        time_span: int | str | XComArg | None = None,
        auto_renew: bool | str | XComArg = False,
        specification: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pay_mode = rendered(pay_mode)
        self.time_span = rendered(time_span)
        self.auto_renew = rendered(auto_renew)
        self.specification = rendered(specification)

    def order(self) -> CreateSyncJobRequest:
        """Databases, regions, class, and how it is paid."""
        link = self.link()
        check_choice("pay_mode", self.pay_mode, PAY_MODES)
        months, renewed = self._months()
        order = order_request({**link, "pay_mode": self.pay_mode, "time_span": months, "auto_renew": renewed})
        return {**order, "Specification": self.specification} if self.specification else order

    def _months(self) -> tuple[int, bool]:
        """For how long a prepaid job is bought, and whether it is renewed: nothing that costs is left to a default."""
        months = int(DtsCreateSyncJobOperator.time_span.of(self))
        if self.pay_mode != "PrePay":
            if months:
                raise InvalidInput("time_span", "leave it out, or set pay_mode to PrePay", self.time_span)
            if is_true(self.auto_renew):
                raise InvalidInput("auto_renew", "only pay_mode PrePay is renewed; leave it out", self.auto_renew)
            return 0, False
        if not months:
            raise InvalidInput("time_span", f"pay_mode PrePay needs it: months from 1 to {_MOST_MONTHS}")
        return months, is_true(self.auto_renew)


class DtsConfigureSyncJobOperator(ConfiguredJobTask, DtsOperator):
    """Configure a sync job: endpoints, objects, options, run mode; always the whole configuration.

    Sends nothing when the same configuration was sent before (a keyed digest is kept) and the job still
    shows it, or when the job is being checked or has started; one that does so with another
    configuration is an error. A changed configuration voids an earlier check. ConfigureSyncJob
    takes no Tags, so that a job bought elsewhere stays untagged, and is polled by reads of its own.

    :param configuration: the plan of the sync, see :class:`tencent_dts.kinds.sync.plan.SyncPlan`.

    API document: ConfigureSyncJob.
    """

    configuration: SyncPlan
    operation = table.CONFIGURE
    gates = (Reconfigured(),)

    def request(self) -> ConfigureSyncJobRequest:
        """The whole configuration; holds passwords, so it is never kept."""
        return configure_request(self.job_id, self.configuration, *self.databases)


class DtsCreateCheckSyncJobOperator(PlannedJobTask, DtsOperator):
    """Order the check of a configured sync job.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateCheckSyncJob.
    """

    operation = table.CHECK
    gates = (AsPlanned(),)


class DtsSkipSyncCheckItemOperator(JobTask, DtsOperator):
    """Skip named items of the check, each with a reason that is kept; a new check must follow.

    :param skips: list of ``{"step_id": "OptimizeCheck", "reason": "..."}``.

    API document: SkipSyncCheckItem.
    """

    operation = table.SKIP
    gates = (SkippedOnce(OF_SYNC),)
    adds_fields: ClassVar[tuple[str, ...]] = ("skips",)
    json_fields: ClassVar[tuple[str, ...]] = ("skips",)

    def __init__(self, *, skips: Sequence[Mapping[str, str]] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.skips = rendered(skips)

    def request(self) -> SkipSyncCheckItemRequest:
        """The items."""
        return skip_request(self.job_id, step_ids(self.skips))


class DtsStartSyncJobOperator(PlannedJobTask, DtsOperator):
    """Start a sync job whose check has passed.

    Succeeds without a call when the job has started already, at whatever later state but a stopped one.
    For run mode ``Timed`` it waits until the job runs, so its deadline must reach beyond ``ExpectRunTime``.

    API document: StartSyncJob.
    """

    operation = table.START
    gates = (AsPlanned(), Checked(OF_SYNC))


class DtsStopSyncJobOperator(JobTask, DtsOperator):
    """Stop a sync job for good: a stopped job can never go on.

    A job that has failed syncs no more and counts as stopped. With ``caught_up`` it does not: a link that ended by
    itself or by another hand may have ended behind its source, and reports no lag any more.

    :param caught_up: true: stop it only at a lag of 0 MB and 0 s, which is waited for; a job in error, whose lag
        is not known, is not stopped then.
    :param evidence: what the compare report sensor returned in this run; with ``caught_up``, the link is stopped only
        where it proves the data equal.
    :param max_report_age: seconds for which the evidence is good, counted from when the data were compared, as DTS
        reports it; older, the comparison is repeated.

    API document: StopSyncJob.
    """

    operation = table.STOP
    gates = (CaughtUp(),)
    adds_fields: ClassVar[tuple[str, ...]] = ("evidence", "max_report_age", "caught_up")
    json_fields: ClassVar[tuple[str, ...]] = ("evidence",)
    caught_up = Flag()
    max_report_age = Size(above=True)

    def __init__(
        self,
        *,
        caught_up: bool | str | XComArg = False,
        evidence: GivenEvidence | XComArg | None = None,
        max_report_age: float | str | XComArg = 3600,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.caught_up = rendered(caught_up)
        self.evidence = rendered(evidence)
        self.is_to_be_proven = evidence is not None  # what it holds is known when the task runs, and may be nothing
        self.max_report_age = rendered(max_report_age)


class DtsPauseSyncJobOperator(JobTask, DtsOperator):
    """Pause a running sync job of the MySQL family; its bill by the hour stands still until it goes on.

    A job that is paused for more than 7 days fails: let it go on within 3 days.

    API document: PauseSyncJob.
    """

    operation = table.PAUSE


class DtsContinueSyncJobOperator(JobTask, DtsOperator):
    """Continue a paused sync job.

    API document: ContinueSyncJob.
    """

    operation = table.CONTINUE


class DtsResumeSyncJobOperator(JobTask, DtsOperator):
    """Retry a sync job that is in error.

    API document: ResumeSyncJob.
    """

    operation = table.RESUME


class DtsResetSyncJobOperator(JobTask, DtsOperator):
    """Make a stopped prepaid sync job of the MySQL family ready for another use, as if newly bought.

    Its name becomes its id; its tags stay, so that it is still found as its run's.

    API document: ResetSyncJob.
    """

    operation = table.RESET


class DtsResizeSyncJobOperator(ResizeOperator):
    """Change the instance class of a pay-as-you-go sync job, which interrupts it for some minutes.

    :param new_instance_class: ``micro``, ``small``, ``medium`` or ``large``.

    API document: ResizeSyncJob.
    """

    operation = table.RESIZE
    instance_classes = INSTANCE_CLASSES


class DtsModifySyncRateLimitOperator(RateLimitOperator):
    """Limit how fast a sync job reads and writes; what is not given stays as it is.

    Sends nothing when the same limits were sent before.

    API document: ModifySyncRateLimit.
    """

    operation = table.LIMIT_RATE


class DtsIsolateSyncJobOperator(ReleaseOperator):
    """Isolate a sync job that is stopped, paused, failed or was never started: its bill ends.

    A job at work is refused, by DTS too: order StopSyncJob or PauseSyncJob first, as a task that
    everyone sees. Isolates surplus jobs of the same purchase, too. A free job is deleted by this. An
    isolated one is deleted after 7 days.

    :param job_id: JobId, as ``sync-werwfs23``.

    API document: IsolateSyncJob.
    """

    operation = table.ISOLATE
    kind = PURCHASE
    identified_by = ("job_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, job_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)


class DtsRecoverSyncJobOperator(JobTask, DtsOperator):
    """Take a pay-as-you-go sync job out of isolation; its bill starts again.

    API document: RecoverSyncJob.
    """

    operation = table.RECOVER


class DtsDestroySyncJobOperator(JobTask, DtsOperator):
    """Delete an isolated sync job for good.

    API document: DestroySyncJob.
    """

    operation = table.DESTROY


class DtsDescribeSyncJobsOperator(ListJobsOperator):
    """List sync jobs.

    API document: DescribeSyncJobs.
    """

    resource = table.SYNC_JOB
    action = "DescribeSyncJobs"
    items = "JobList"


class DtsDescribeCheckSyncJobResultOperator(JobTask, DescribeOperator):
    """Return the progress and result of a sync job's latest check.

    API document: DescribeCheckSyncJobResult.
    """

    resource = table.SYNC_JOB
    action = "DescribeCheckSyncJobResult"
