"""A whole migration as one task group: from the purchase to the isolation of the job."""

from __future__ import annotations

from typing import Unpack

from airflow.sdk import chain
from airflow.sdk.definitions._internal.mixins import DependencyMixin

from tencent_dts.kinds.migration.texts import TEXTS
from tencent_dts.kinds.planning import Parameters
from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import (
    DtsCompleteMigrateJobOperator,
    DtsCreateMigrateCheckJobOperator,
    DtsIsolateMigrateJobOperator,
    DtsModifyMigrationJobOperator,
    DtsStartMigrateJobOperator,
)
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tencent_dts.sensors.migration import (
    DtsMigrationCheckPassedSensor,
    DtsMigrationJobReadySensor,
    DtsMigrationJobSucceededSensor,
)
from tencent_dts.task_groups.common import TaskOptions, Tasks, open_group
from tencent_dts.task_groups.lifecycle import Migration, Own
from tencent_dts.tasks.steps import RULE

ORDER = (
    *("src_database_type", "dst_database_type", "src_region", "instance_class"),
    *("job_title", "existing_job_id"),
)


def migrate(
    group_id: str | None = "migrate",
    *,
    request: Parameters | None = None,
    before_cutover: Own = None,
    after_cutover: Own = None,
    max_report_age: float = 3600,
    **options: Unpack[TaskOptions],
) -> Migration:
    """Build the tasks of a whole migration.

    plan → purchase → configure → check → check_passed → start → ready → (before_cutover) → compare →
    report → approve → complete → succeeded → isolate. Any of its tasks may be cleared, killed or retried at
    any moment. A migration that ends by itself (``full``, ``structure``) takes the same way: what does not
    concern it returns at once.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.MIGRATION`; ``None``: those of the run.
    :param before_cutover: a task or task group of your own that runs when the job is ready, before the
        final comparison: freeze the source here, or writes can overtake the evidence. Where the run has a cutover
        window, it runs once that has begun; without it, all but the cutover itself is done beforehand.
    :param after_cutover: likewise, one that runs once the job has succeeded: point the application at the target here.
        The job is isolated meanwhile, and its bill ended, whatever becomes of it; what comes after the group waits for
        both.
    :param max_report_age: seconds for which a compare report is good; older, the comparison is repeated.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanMigrationOperator, TEXTS["dts_migrate"], request, **options)
        part = tasks.part
        tasks.order(
            DtsCreateMigrationServiceOperator, "purchase", *ORDER, dst_region=part["region"], configuration=part
        )
        link(tasks, max_report_age, before_cutover)
    return Migration(group, tasks.made, own={"succeeded": after_cutover}).without_shortcuts()


def link(tasks: Tasks, max_report_age: float, before_cutover: Own) -> None:
    """Add all that comes after ``plan`` and ``purchase``, and link the whole."""
    chain(
        *_until_ready(tasks, frozen_first=before_cutover is not None),
        *([before_cutover] if before_cutover is not None else []),
        *_until_isolated(tasks, max_report_age, frozen_first=before_cutover is not None),
    )


def _until_ready(tasks: Tasks, *, frozen_first: bool) -> list[DependencyMixin]:
    """From the plan to a job that could be cut over."""
    part, purchase = tasks.part, tasks.made["purchase"]
    tasks.about(job_id=purchase.output)
    return [
        tasks.plan,
        purchase,
        tasks.add(DtsModifyMigrationJobOperator, "configure", "check_deadline", configuration=part),
        tasks.add(DtsCreateMigrateCheckJobOperator, "check", "check_deadline", configuration=part),
        tasks.add(DtsMigrationCheckPassedSensor, "check_passed", "check_deadline", configuration=part),
        tasks.add(DtsStartMigrateJobOperator, "start", "start_deadline", configuration=part),
        tasks.add(
            DtsMigrationJobReadySensor,
            "ready",
            "opening_deadline" if frozen_first else "ready_deadline",
            hold_seconds=part["hold_seconds"],
            # A source is not frozen for hours that no one is there for.
            window=part["cutover_window"] if frozen_first else None,
        ),
    ]


def _until_isolated(tasks: Tasks, max_report_age: float, *, frozen_first: bool) -> list[DependencyMixin]:
    """From the evidence to the end of the bill."""
    part = tasks.part
    compare = tasks.add(
        DtsCreateCompareTaskOperator, "compare", configuration=part["compare"], required=part["cutover"]
    )
    report = tasks.add(
        DtsCompareReportSensor,
        "report",
        "report_deadline",
        compare_task_id=compare.output,
        allowed_skipped_tables=part["allowed_skipped_tables"],
        required=part["cutover"],
    )
    approve = tasks.step(
        DtsApproveCutoverOperator,
        "approve",
        evidence=report.output,
        ask=part["ask"],
        timeout=part["approval_deadline"],
        plan=part,
        notifiers=tasks.notifiers,
        trigger_rule=RULE,
        **tasks.of_any_task,
        **tasks.retrying,
    )
    evidence = {"evidence": report.output, "approval": approve.output, "max_report_age": max_report_age}
    evidence |= {"window": part["cutover_window"], "configuration": part}
    deadline = "complete_deadline" if frozen_first else "cutover_deadline"
    return [
        *(compare, report, approve),
        tasks.add(DtsCompleteMigrateJobOperator, "complete", deadline, **evidence),
        tasks.add(DtsMigrationJobSucceededSensor, "succeeded", "complete_deadline", configuration=part),
        tasks.add(DtsIsolateMigrateJobOperator, "isolate", "complete_deadline"),
    ]
