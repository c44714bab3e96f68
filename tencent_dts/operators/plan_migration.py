"""The first task of a migration: check everything together, buy nothing.

API document: CreateMigrationService, ModifyMigrationJob, SkipCheckItem, CreateCompareTask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tencent_dts.api.endpoints import migration_endpoint
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.migration import plan as migration
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.planning import (
    Parameters,
    asked_compare,
    asked_skips,
    ordered_link,
    seconds,
)
from tencent_dts.params import MIGRATION
from tencent_dts.tasks.plan import (
    Planned,
    TwoSidedPlanOperator,
    cutover_deadlines,
    cutover_hours,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.compare import CreateCompareTaskRequest

_NO_JOB = "dts-00000000"


class DtsPlanMigrationOperator(TwoSidedPlanOperator):
    """Validate a migration as a whole and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.MIGRATION`.

    API document: CreateMigrationService, ModifyMigrationJob.
    """

    form = MIGRATION
    adopts = ("existing_job_id", MIGRATION_JOB)
    rules = migration.RULES
    endpoints = (migration_endpoint, migration_endpoint)

    def plan(self, request: Parameters, context: Context) -> migration.MigrationPlan:
        """The :class:`~tencent_dts.kinds.migration.plan.MigrationPlan`."""
        shared = self.shared(request, context)
        names = ("check_deadline", "ready_deadline", "report_deadline", "approval_deadline", "complete_deadline")
        deadlines = seconds(request, *names)
        window, delay = cutover_hours(request, context["task_state_store"])
        plan: migration.MigrationPlan = {
            **shared,
            "instance_class": request["instance_class"],
            "migrate_type": request["migrate_type"],
            "objects": request["objects"],
            "migrate_option": request["migrate_option"],
            "compare": asked_compare(request),
            "allowed_skipped_tables": request["allowed_skipped_tables"],
            "skips": asked_skips(request),
            "foreign_key_flag": request["foreign_key_flag"] or "",
            "approval": request["approval"],
            "ends_by_itself": request["migrate_type"] != "fullAndIncrement",
            "cutover_window": window.told(),
            # A timed start may take as long as it is away.
            "deadlines": {
                **deadlines,
                "start_deadline": shared["start_delay"] + deadlines["check_deadline"],
                **cutover_deadlines(deadlines, delay),
            },
        }
        return plan

    def parts(self, plan: migration.MigrationPlan) -> dict[str, object]:
        """What the purchase orders, and what single tasks wait for."""
        return {
            "region": plan["target"]["region"],
            "src_region": plan["source"]["region"],
            "src_database_type": plan["source"]["database_type"],
            "dst_database_type": plan["target"]["database_type"],
            "instance_class": plan["instance_class"],
            "job_title": plan["job_title"],
            "existing_job_id": plan["existing_job_id"],
            "ask": plan["approval"] and not plan["ends_by_itself"],
            "cutover": not plan["ends_by_itself"],
            "allowed_skipped_tables": plan["allowed_skipped_tables"],
            "hold_seconds": plan["hold_seconds"],
            "cutover_window": plan["cutover_window"],
            **plan["deadlines"],
            "compare": plan["compare"],
        }

    def requests(self, plan: migration.MigrationPlan) -> Iterator[Planned]:
        """The order, the configuration, the comparison."""
        yield "CreateMigrationService", migration.order_request(ordered_link(plan, plan["instance_class"]))
        yield "ModifyMigrationJob", migration.modify_request(_NO_JOB, plan, *databases_of(plan))
        compare: CreateCompareTaskRequest = {"JobId": _NO_JOB, **plan["compare"]}
        yield "CreateCompareTask", compare
