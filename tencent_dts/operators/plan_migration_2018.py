"""The first task of a migration of API 2018-03-30.

API document: CreateMigrateJob, ModifyMigrateJob (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tencent_dts.api.endpoints import source_2018, target_2018
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.migration_2018 import plan as migration_2018
from tencent_dts.kinds.migration_2018.states import MIGRATION_JOB_2018
from tencent_dts.kinds.planning import Parameters, seconds
from tencent_dts.params import MIGRATE_2018
from tencent_dts.spec import VERSION_2018
from tencent_dts.tasks.plan import (
    Planned,
    TwoSidedPlanOperator,
    cutover_deadlines,
    cutover_hours,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.migration_2018 import CreateMigrateJobRequest


class DtsPlanMigration2018Operator(TwoSidedPlanOperator):
    """Validate a 2018 migration as a whole and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.MIGRATE_2018`; the API's integers have names there and in the plan.

    API document: CreateMigrateJob (version 2018-03-30).
    """

    form = MIGRATE_2018
    adopts = ("existing_job_id", MIGRATION_JOB_2018)
    rules = migration_2018.RULES
    endpoints = (source_2018, target_2018)
    version = VERSION_2018

    def plan(self, request: Parameters, context: Context) -> migration_2018.Migration2018Plan:
        """The :class:`~tencent_dts.kinds.migration_2018.plan.Migration2018Plan`."""
        shared = self.shared(request, context)
        deadlines = seconds(request, "check_deadline", "start_deadline", "ready_deadline", "complete_deadline")
        # A timed start may take as long as it is away; the job shows that it runs all the while.
        waits = {name: shared["start_delay"] + deadlines[name] for name in ("start_deadline", "ready_deadline")}
        window, delay = cutover_hours(request, context["task_state_store"])
        samples = {field: request[name] for field, name in migration_2018.SAMPLES.items() if request[name]}
        plan: migration_2018.Migration2018Plan = {
            **shared,
            "migrate_type": request["migrate_type"],
            "migrate_object": request["migrate_object"],
            "databases": list(request["databases"]),
            "consistency": request["consistency"],
            "consistency_params": samples,
            "is_override_root": request["is_override_root"],
            "read_only": request["read_only"],
            "extern_params": request["extern_params"],
            "ends_by_itself": request["migrate_type"] != "fullAndIncrement",
            "cutover_unproven": request["cutover_unproven"],
            "cutover_window": window.told(),
            "deadlines": deadlines | waits | cutover_deadlines(deadlines | waits, delay),
        }
        return plan

    def parts(self, plan: migration_2018.Migration2018Plan) -> dict[str, object]:
        """The purchase's names, and what single tasks wait for."""
        return {
            "region": plan["target"]["region"],
            "job_title": plan["job_title"],
            "existing_job_id": plan["existing_job_id"],
            "cutover": not plan["ends_by_itself"],
            "cutover_unproven": plan["cutover_unproven"],
            "hold_seconds": plan["hold_seconds"],
            "cutover_window": plan["cutover_window"],
            **plan["deadlines"],
        }

    def requests(self, plan: migration_2018.Migration2018Plan) -> Iterator[Planned]:
        """The creation and the configuration."""
        connections = databases_of(plan)
        unnamed = migration_2018.create_request(plan, *connections)
        created: CreateMigrateJobRequest = {"JobName": plan["job_title"], **unnamed}
        yield "CreateMigrateJob", created
        yield "ModifyMigrateJob", migration_2018.modify_request("dts-00000000", plan, *connections)
