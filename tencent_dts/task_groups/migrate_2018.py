"""A whole migration of API 2018-03-30 as one task group: from the creation to the deletion of the job."""

from __future__ import annotations

from typing import Unpack

from airflow.sdk import chain
from airflow.sdk.definitions._internal.mixins import DependencyMixin

from tencent_dts.kinds.migration_2018.texts import TEXTS
from tencent_dts.kinds.planning import Parameters
from tencent_dts.operators.migration_2018 import (
    DtsCompleteMigrateJob2018Operator,
    DtsCreateMigrateCheckJob2018Operator,
    DtsCreateMigrateJob2018Operator,
    DtsDeleteMigrateJob2018Operator,
    DtsStartMigrateJob2018Operator,
)
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.sensors.migration_2018 import (
    DtsMigrateCheckPassed2018Sensor,
    DtsMigrateJobReady2018Sensor,
    DtsMigrateJobSucceeded2018Sensor,
)
from tencent_dts.task_groups.common import TaskOptions, Tasks, open_group
from tencent_dts.task_groups.lifecycle import Migration2018, Own


def migrate_2018(
    group_id: str | None = "migrate_2018",
    *,
    request: Parameters | None = None,
    before_cutover: Own = None,
    after_cutover: Own = None,
    **options: Unpack[TaskOptions],
) -> Migration2018:
    """Build the tasks of a whole migration of API 2018-03-30.

    plan → create → check → check_passed → start → ready → (before_cutover) → complete → succeeded → delete. Any of
    its tasks may be cleared, killed or retried at any moment. A migration that ends by itself (``full``,
    ``structure``) takes the same way: what does not concern it returns at once.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.MIGRATE_2018`; ``None``: those of the run.
    :param before_cutover: a task or task group of your own that runs when the job is ready: freeze the source here.
        The job has checked its data before; what is written to the source in between is replicated, not compared.
        Where the run has a cutover window, it runs once that has begun.
    :param after_cutover: likewise, one that runs once the job has succeeded: point the application at the target here.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanMigration2018Operator, TEXTS["dts_migrate_2018"], request, **options)
        chain(
            *_until_ready(tasks, frozen_first=before_cutover is not None),
            *([before_cutover] if before_cutover is not None else []),
            *_until_deleted(tasks, frozen_first=before_cutover is not None),
        )
    return Migration2018(group, tasks.made, own={"succeeded": after_cutover}).without_shortcuts()


def _until_ready(tasks: Tasks, *, frozen_first: bool) -> list[DependencyMixin]:
    """From the plan to a job that could be cut over."""
    part = tasks.part
    names = ("job_title", "existing_job_id")
    create = tasks.order(DtsCreateMigrateJob2018Operator, "create", *names, configuration=part)
    tasks.about(job_id=create.output)
    return [
        tasks.plan,
        create,
        tasks.add(DtsCreateMigrateCheckJob2018Operator, "check", "check_deadline", configuration=part),
        tasks.add(DtsMigrateCheckPassed2018Sensor, "check_passed", "check_deadline", configuration=part),
        tasks.add(DtsStartMigrateJob2018Operator, "start", "start_deadline", configuration=part),
        tasks.add(
            DtsMigrateJobReady2018Sensor,
            "ready",
            "opening_deadline" if frozen_first else "ready_deadline",
            hold_seconds=part["hold_seconds"],
            # A source is not frozen for hours that no one is there for.
            window=part["cutover_window"] if frozen_first else None,
        ),
    ]


def _until_deleted(tasks: Tasks, *, frozen_first: bool) -> list[DependencyMixin]:
    """From the cutover to the end of the job."""
    part = tasks.part
    cutover = {"unproven": part["cutover_unproven"], "window": part["cutover_window"], "configuration": part}
    deadline = "complete_deadline" if frozen_first else "cutover_deadline"
    return [
        tasks.add(DtsCompleteMigrateJob2018Operator, "complete", deadline, **cutover),
        tasks.add(DtsMigrateJobSucceeded2018Sensor, "succeeded", "complete_deadline", configuration=tasks.part),
        tasks.add(DtsDeleteMigrateJob2018Operator, "delete", "complete_deadline"),
    ]
