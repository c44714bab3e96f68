"""A whole migration as one task group: from the purchase to the isolation of the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import TaskGroup, chain

from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.approve import ApproveCutoverOperator
from tencent_dts.operators.compare import CreateCompareTaskOperator
from tencent_dts.operators.migration import (
    CompleteMigrateJobOperator,
    CreateMigrateCheckJobOperator,
    IsolateMigrateJobOperator,
    ModifyMigrationJobOperator,
    StartMigrateJobOperator,
)
from tencent_dts.operators.plan import PlanMigrationOperator
from tencent_dts.operators.purchase import CreateMigrationServiceOperator
from tencent_dts.sensors.compare import CompareReportSensor
from tencent_dts.sensors.migration import (
    MigrationCheckPassedSensor,
    MigrationJobReadySensor,
    MigrationJobSucceededSensor,
)
from tencent_dts.task_groups.docs import DOCS


def migrate(
    group_id: str = "migrate",
    *,
    request: Mapping[str, Any] | None = None,
    tencentcloud_conn_id: str = DtsHook.default_conn_name,
    before_cutover: Any = None,
    max_report_age: float = 3600,
    retries: int = 2,
    retry_delay: timedelta = timedelta(seconds=30),
    poll_interval: float | None = None,
    notifiers: Sequence[Any] = (),
    prefix_group_id: bool = True,
) -> TaskGroup:
    """Build the tasks of a whole migration.

    plan → purchase → configure → check → check_passed → start → ready → (before_cutover) → compare →
    report → approve → complete → succeeded → isolate. Any of its tasks may be cleared, killed or retried at
    any moment. A migration that ends by itself (``full``, ``structure``) takes the same way: what does not
    concern it returns at once.

    :param group_id: id of the task group.
    :param request: parameters by name, see :data:`tencent_dts.params.SCHEMA`; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param before_cutover: a task or task group of your own that runs when the job is ready, before the
        final comparison: freeze the source here, or the proof can be overtaken by writes.
    :param max_report_age: seconds for which a compare report is good; older, the comparison is repeated.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when the approval is asked for, and when a task is red.
    :param prefix_group_id: whether task ids begin with the group's id.
    :returns: the task group.
    """
    settings: dict[str, Any] = {"tencentcloud_conn_id": tencentcloud_conn_id, "retries": retries}
    settings |= {"retry_delay": retry_delay, "on_failure_callback": list(notifiers) or None}
    with TaskGroup(group_id, prefix_group_id=prefix_group_id) as group:
        plan = PlanMigrationOperator(task_id="plan", request=request, doc_md=DOCS["plan"], **settings)
        part: Any = plan.output  # each key is an XCom of its own
        settings["poll_interval"] = poll_interval
        purchase = CreateMigrationServiceOperator(
            task_id="purchase",
            src_database_type=part["src_database_type"],
            dst_database_type=part["dst_database_type"],
            src_region=part["src_region"],
            dst_region=part["region"],
            instance_class=part["instance_class"],
            job_title=part["job_title"],
            existing_job_id=part["existing_job_id"],
            doc_md=DOCS["purchase"],
            **settings,
        )
        job_id: Any = purchase.output
        job: dict[str, Any] = {"job_id": job_id, "region": part["region"], **settings}

        def task(kind: Any, task_id: str, **kwargs: Any) -> Any:
            return kind(task_id=task_id, doc_md=DOCS[task_id], **job, **kwargs)

        check_deadline, complete_deadline = part["check_deadline"], part["complete_deadline"]
        configure = task(ModifyMigrationJobOperator, "configure", configuration=part, deadline=check_deadline)
        check = task(CreateMigrateCheckJobOperator, "check", deadline=check_deadline)
        check_passed = task(MigrationCheckPassedSensor, "check_passed", configuration=part, deadline=check_deadline)
        start = task(StartMigrateJobOperator, "start", deadline=part["start_deadline"])
        ready = task(
            MigrationJobReadySensor, "ready", hold_seconds=part["hold_seconds"], deadline=part["ready_deadline"]
        )
        compare = task(CreateCompareTaskOperator, "compare", configuration=part["compare"], required=part["cutover"])
        report = task(
            CompareReportSensor,
            "report",
            compare_task_id=compare.output,
            allowed_skipped_tables=part["allowed_skipped_tables"],
            required=part["cutover"],
            deadline=part["report_deadline"],
        )
        approve = ApproveCutoverOperator(
            task_id="approve",
            job_id=job_id,
            evidence=report.output,
            ask=part["ask"],
            deadline=part["approval_deadline"],
            notifiers=list(notifiers),
            doc_md=DOCS["approve"],
            retries=0,
        )
        complete = task(
            CompleteMigrateJobOperator,
            "complete",
            evidence=report.output,
            max_report_age=max_report_age,
            deadline=complete_deadline,
        )
        succeeded = task(MigrationJobSucceededSensor, "succeeded", deadline=complete_deadline)
        isolate = task(IsolateMigrateJobOperator, "isolate", deadline=complete_deadline)
        chain(plan, purchase, configure, check, check_passed, start, ready)
        chain(ready, *([before_cutover] if before_cutover is not None else []), compare)
        chain(compare, report, approve, complete, succeeded, isolate)
    return group
