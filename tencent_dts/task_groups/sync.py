"""A sync link's life as task groups: its making, its modification, its retirement."""

from __future__ import annotations

from typing import Any, Unpack

from airflow.sdk import chain

from tencent_dts.kinds.planning import Parameters
from tencent_dts.kinds.sync.texts import TEXTS
from tencent_dts.operators.plan_sync import (
    DtsPlanSyncChangeOperator,
    DtsPlanSyncOperator,
    DtsPlanSyncRetirementOperator,
)
from tencent_dts.operators.sync import (
    DtsConfigureSyncJobOperator,
    DtsCreateCheckSyncJobOperator,
    DtsCreateSyncJobOperator,
    DtsDestroySyncJobOperator,
    DtsIsolateSyncJobOperator,
    DtsStartSyncJobOperator,
    DtsStopSyncJobOperator,
)
from tencent_dts.operators.sync_change import (
    DtsCreateModifyCheckSyncJobOperator,
    DtsModifySyncJobConfigOperator,
    DtsStartModifySyncJobOperator,
)
from tencent_dts.operators.sync_compare import DtsCreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import DtsSyncCompareReportSensor
from tencent_dts.sensors.sync import DtsSyncCheckPassedSensor, DtsSyncJobCaughtUpSensor, DtsSyncJobIsolatedSensor
from tencent_dts.sensors.sync_change import DtsSyncChangeAppliedSensor, DtsSyncChangeCheckPassedSensor
from tencent_dts.task_groups.common import TaskOptions, Tasks, open_group
from tencent_dts.task_groups.lifecycle import SyncChange, SyncLink, SyncRetirement

_ORDER = (
    *("src_database_type", "src_region", "dst_database_type", "dst_region", "instance_class"),
    *("pay_mode", "time_span", "auto_renew", "job_title", "existing_job_id"),
)


def sync(
    group_id: str | None = "sync",
    *,
    request: Parameters | None = None,
    **options: Unpack[TaskOptions],
) -> SyncLink:
    """Build the tasks that make a sync link, from its purchase to the proof that it has caught up.

    plan → purchase → configure → check → check_passed → start → caught_up → compare → report. The link goes on when
    the run has ended, and costs, until :func:`retire_sync` ends it. Any task may be cleared, killed or retried at any
    moment. Without a comparison (``compare_wanted``) the last two return at once.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.SYNC`; ``None``: those of the run.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanSyncOperator, TEXTS["dts_sync"], request, **options)
        part = tasks.part
        purchase = tasks.order(DtsCreateSyncJobOperator, "purchase", *_ORDER, configuration=part)
        tasks.about(job_id=purchase.output)
        chain(
            tasks.plan,
            purchase,
            tasks.add(DtsConfigureSyncJobOperator, "configure", "check_deadline", configuration=part),
            tasks.add(DtsCreateCheckSyncJobOperator, "check", "check_deadline", configuration=part),
            tasks.add(DtsSyncCheckPassedSensor, "check_passed", "check_deadline", configuration=part),
            tasks.add(DtsStartSyncJobOperator, "start", "start_deadline", configuration=part),
            tasks.add(
                DtsSyncJobCaughtUpSensor,
                "caught_up",
                "caught_up_deadline",
                hold_seconds=part["hold_seconds"],
                configuration=part,
            ),
            *_comparison(tasks, configuration=part),
        )
    return SyncLink(group, tasks.made).without_shortcuts()


def modify_sync(
    group_id: str | None = "modify_sync",
    *,
    request: Parameters | None = None,
    **options: Unpack[TaskOptions],
) -> SyncChange:
    """Build the tasks that change the objects or options of a running sync link.

    plan → modify → check → check_passed → start → applied. The link goes on all the while; up to ``start`` nothing of
    it changes. Any task may be cleared, killed or retried at any moment.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.MODIFY_SYNC`; ``None``: those of the run.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanSyncChangeOperator, TEXTS["dts_sync_modify"], request, **options)
        part = tasks.part
        tasks.about(job_id=part["job_id"])
        chain(
            tasks.plan,
            tasks.add(DtsModifySyncJobConfigOperator, "modify", "check_deadline", configuration=part),
            tasks.add(DtsCreateModifyCheckSyncJobOperator, "check", "check_deadline"),
            tasks.add(DtsSyncChangeCheckPassedSensor, "check_passed", "check_deadline", configuration=part),
            tasks.add(DtsStartModifySyncJobOperator, "start", "applied_deadline"),
            tasks.add(DtsSyncChangeAppliedSensor, "applied", "applied_deadline", configuration=part),
        )
    return SyncChange(group, tasks.made).without_shortcuts()


def retire_sync(
    group_id: str | None = "retire_sync",
    *,
    request: Parameters | None = None,
    **options: Unpack[TaskOptions],
) -> SyncRetirement:
    """Build the tasks that end a sync link.

    plan → compare → report → stop → isolate → isolated → destroy, each but the first as far as the parameters want it.
    Where a comparison is wanted, nothing is stopped unless it says ``same`` and the lag is 0 once more. Stopping and
    destroying cannot be undone. Any task may be cleared, killed or retried at any moment.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.RETIRE_SYNC`; ``None``: those of the run.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanSyncRetirementOperator, TEXTS["dts_sync_retire"], request, **options)
        part = tasks.part
        tasks.about(job_id=part["job_id"])
        comparison = _comparison(tasks)
        proven = {"caught_up": part["compare_wanted"], "evidence": comparison[-1].output}
        destroyed = {"wanted": part["destroy"]}
        chain(
            tasks.plan,
            *comparison,
            tasks.add(DtsStopSyncJobOperator, "stop", "stop_deadline", wanted=part["stop"], **proven),
            tasks.add(DtsIsolateSyncJobOperator, "isolate", "isolate_deadline", wanted=part["isolate"]),
            # A free job is deleted by its isolation; until it is gone it can be mistaken for one that is not isolated.
            tasks.add(DtsSyncJobIsolatedSensor, "isolated", "isolate_deadline", **destroyed),
            tasks.add(DtsDestroySyncJobOperator, "destroy", "isolate_deadline", **destroyed),
        )
    return SyncRetirement(group, tasks.made).without_shortcuts()


def _comparison(tasks: Tasks, **plan: Any) -> list[Any]:
    """The tasks that compare source and target, where that is wanted.

    :param plan: the plan of a link that the run itself has made.
    """
    part = tasks.part
    wanted = {"wanted": part["compare_wanted"]}
    compare = tasks.add(DtsCreateSyncCompareTaskOperator, "compare", configuration=part["compare"], **wanted)
    report = {
        "compare_task_id": compare.output,
        "allowed_skipped_tables": part["allowed_skipped_tables"],
        **wanted,
        **plan,
    }
    return [compare, tasks.add(DtsSyncCompareReportSensor, "report", "report_deadline", **report)]
