"""The first task of each run of a sync link: its making, its modification, its retirement.

API document: CreateSyncJob, ConfigureSyncJob, ModifySyncJobConfig, CreateSyncCompareTask.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tencent_dts.api.endpoints import sync_side
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.planning import Parameters, asked_compare, asked_skips, ordered_link, seconds
from tencent_dts.kinds.sync import plan as sync
from tencent_dts.kinds.sync.states import SYNC_JOB
from tencent_dts.params import MODIFY_SYNC, RETIRE_SYNC, SYNC
from tencent_dts.tasks.plan import (
    Planned,
    PlanOperator,
    TwoSidedPlanOperator,
    asked_by,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.compare import CreateSyncCompareTaskRequest

_NO_JOB = "sync-00000000"


def _comparison(plan: sync.SyncPlan | sync.RetirementPlan) -> Iterator[Planned]:
    if plan["compare_wanted"]:
        compare: CreateSyncCompareTaskRequest = {"JobId": _NO_JOB, **plan["compare"]}
        yield "CreateSyncCompareTask", compare


class DtsPlanSyncOperator(TwoSidedPlanOperator):
    """Validate a sync link as a whole and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.SYNC`.

    API document: CreateSyncJob, ConfigureSyncJob.
    """

    form = SYNC
    adopts = ("existing_job_id", SYNC_JOB)
    rules = sync.RULES
    endpoints = (partial(sync_side, side="Src"), partial(sync_side, side="Dst"))

    def plan(self, request: Parameters, context: Context) -> sync.SyncPlan:
        """The :class:`~tencent_dts.kinds.sync.plan.SyncPlan`."""
        shared = self.shared(request, context)
        deadlines = seconds(request, "check_deadline", "start_deadline", "caught_up_deadline", "report_deadline")
        plan: sync.SyncPlan = {
            **shared,
            "pay_mode": request["pay_mode"],
            "time_span": request["time_span"] or 0,
            "auto_renew": request["auto_renew"],
            "instance_class": request["instance_class"],
            "objects": sync.asked_objects(request),
            "options": request["options"],
            "job_mode": request["job_mode"],
            "skips": asked_skips(request),
            "compare": asked_compare(request),
            "compare_wanted": request["compare_wanted"],
            "allowed_skipped_tables": request["allowed_skipped_tables"],
            # A timed start may take as long as it is away.
            "deadlines": {**deadlines, "start_deadline": shared["start_delay"] + deadlines["start_deadline"]},
        }
        return plan

    def parts(self, plan: sync.SyncPlan) -> dict[str, object]:
        """What the purchase orders, and what single tasks wait for."""
        return {
            **self._order(plan),
            "region": plan["target"]["region"],
            "job_title": plan["job_title"],
            "existing_job_id": plan["existing_job_id"],
            "hold_seconds": plan["hold_seconds"],
            "compare": plan["compare"],
            "compare_wanted": plan["compare_wanted"],
            "allowed_skipped_tables": plan["allowed_skipped_tables"],
            **plan["deadlines"],
        }

    def requests(self, plan: sync.SyncPlan) -> Iterator[Planned]:
        """The order, the configuration, the comparison."""
        configuration = sync.configure_request(_NO_JOB, plan, *databases_of(plan))
        yield "CreateSyncJob", sync.order_request(self._order(plan))
        yield "ConfigureSyncJob", configuration
        yield from _comparison(plan)

    @staticmethod
    def _order(plan: sync.SyncPlan) -> sync.SyncOrder:
        return {
            **ordered_link(plan, plan["instance_class"]),
            "pay_mode": plan["pay_mode"],
            "time_span": plan["time_span"],
            "auto_renew": plan["auto_renew"],
        }


class DtsPlanSyncChangeOperator(PlanOperator):
    """Validate a change of a running sync link and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.MODIFY_SYNC`.

    API document: ModifySyncJobConfig, DescribeSyncJobs.
    """

    form = MODIFY_SYNC
    about = ("job_id", SYNC_JOB)
    rules = sync.MODIFICATION_RULES

    def plan(self, request: Parameters, context: Context) -> sync.ChangePlan:
        """The :class:`~tencent_dts.kinds.sync.plan.ChangePlan`."""
        requested_by, requested_at = asked_by(context)
        plan: sync.ChangePlan = {
            "job_id": request["job_id"],
            "region": request["region"],
            "objects": sync.asked_objects(request),
            "options": request["options"],
            "requested_by": requested_by,
            "requested_at": requested_at,
            "deadlines": seconds(request, "check_deadline", "applied_deadline"),
        }
        return plan

    def parts(self, plan: sync.ChangePlan) -> dict[str, object]:
        """The job, and what single tasks wait for."""
        return {"job_id": plan["job_id"], "region": plan["region"], **plan["deadlines"]}

    def requests(self, plan: sync.ChangePlan) -> Iterator[Planned]:
        """The change."""
        yield "ModifySyncJobConfig", sync.modify_request(plan["job_id"], plan)


class DtsPlanSyncRetirementOperator(PlanOperator):
    """Validate the retirement of a sync link and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.RETIRE_SYNC`.

    API document: StopSyncJob, IsolateSyncJob, DestroySyncJob, CreateSyncCompareTask, DescribeSyncJobs.
    """

    form = RETIRE_SYNC
    about = ("job_id", SYNC_JOB)
    rules = sync.RETIREMENT_RULES

    def plan(self, request: Parameters, context: Context) -> sync.RetirementPlan:
        """The :class:`~tencent_dts.kinds.sync.plan.RetirementPlan`."""
        plan: sync.RetirementPlan = {
            "job_id": request["job_id"],
            "region": request["region"],
            "compare_wanted": request["compare_wanted"],
            "compare": asked_compare(request),
            "allowed_skipped_tables": request["allowed_skipped_tables"],
            "stop": request["stop"],
            "isolate": request["isolate"],
            "destroy": request["destroy"],
            "deadlines": seconds(request, "report_deadline", "stop_deadline", "isolate_deadline"),
        }
        return plan

    def requests(self, plan: sync.RetirementPlan) -> Iterator[Planned]:
        """The comparison; the other steps are sent the job's id alone."""
        yield from _comparison(plan)
