"""A whole migration of API 2018-03-30 as one task group: from the creation to the deletion of the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

from airflow.sdk import TaskGroup, chain

from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.migration_2018 import (
    CompleteMigrateJob2018Operator,
    CreateMigrateCheckJob2018Operator,
    CreateMigrateJob2018Operator,
    DeleteMigrateJob2018Operator,
    StartMigrateJob2018Operator,
)
from tencent_dts.operators.plan_2018 import PlanMigration2018Operator
from tencent_dts.sensors.migration_2018 import (
    MigrateCheckPassed2018Sensor,
    MigrateJobReady2018Sensor,
    MigrateJobSucceeded2018Sensor,
)
from tencent_dts.task_groups.common import common_arguments
from tencent_dts.task_groups.docs_migration_2018 import DOCS


def migrate_2018(
    group_id: str | None = "migrate_2018",
    *,
    request: Mapping[str, Any] | None = None,
    tencentcloud_conn_id: str = DtsHook.default_conn_name,
    before_cutover: Any = None,
    retries: int = 2,
    retry_delay: timedelta = timedelta(seconds=30),
    poll_interval: float | None = None,
    notifiers: Sequence[Any] = (),
) -> TaskGroup | None:
    """Build the tasks of a whole migration of API 2018-03-30.

    plan → create → check → check_passed → start → ready → (before_cutover) → complete → succeeded → delete. Any of
    its tasks may be cleared, killed or retried at any moment. A migration that ends by itself (``full``,
    ``structure``) takes the same way: what does not concern it returns at once.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.MIGRATE_2018`; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param before_cutover: a task or task group of your own that runs when the job is ready: freeze the source here.
        The job has checked its data before; what is written to the source in between is replicated, not compared.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when a task is red.
    :returns: the task group, if there is one.
    """
    common = common_arguments(tencentcloud_conn_id, retries, retry_delay, notifiers)
    with nullcontext() if group_id is None else TaskGroup(group_id) as group:
        lifecycle = _Lifecycle(common, request, poll_interval)
        chain(
            *lifecycle.until_ready(),
            *([before_cutover] if before_cutover is not None else []),
            *lifecycle.until_deleted(),
        )
    return group


class _Lifecycle:
    """Builds the tasks, in the DAG or group that is open."""

    def __init__(self, common: Mapping[str, Any], request: Mapping[str, Any] | None, poll_interval: float | None):
        self._plan = PlanMigration2018Operator(task_id="plan", request=request, doc_md=DOCS["plan"], **common)
        self._part = cast("Any", self._plan.output)  # each key is an XCom of its own
        self._common = {**common, "poll_interval": poll_interval}
        self._create = CreateMigrateJob2018Operator(
            task_id="create",
            configuration=self._part,
            region=self._part["region"],
            job_title=self._part["job_title"],
            existing_job_id=self._part["existing_job_id"],
            doc_md=DOCS["create"],
            **self._common,
        )

    def _task(self, kind: Any, task_id: str, deadline: str, **kwargs: Any) -> Any:
        return kind(
            task_id=task_id,
            job_id=self._create.output,
            region=self._part["region"],
            deadline=self._part[deadline],
            doc_md=DOCS[task_id],
            **self._common,
            **kwargs,
        )

    def until_ready(self) -> list[Any]:
        """From the plan to a job that could be cut over."""
        part, task = self._part, self._task
        return [
            self._plan,
            self._create,
            task(CreateMigrateCheckJob2018Operator, "check", "check_deadline"),
            task(MigrateCheckPassed2018Sensor, "check_passed", "check_deadline", configuration=part),
            task(StartMigrateJob2018Operator, "start", "start_deadline"),
            task(MigrateJobReady2018Sensor, "ready", "ready_deadline", hold_seconds=part["hold_seconds"]),
        ]

    def until_deleted(self) -> list[Any]:
        """From the cutover to the end of the job."""
        task = self._task
        unproven = self._part["cutover_unproven"]
        return [
            task(CompleteMigrateJob2018Operator, "complete", "complete_deadline", unproven=unproven),
            task(MigrateJobSucceeded2018Sensor, "succeeded", "complete_deadline"),
            task(DeleteMigrateJob2018Operator, "delete", "complete_deadline"),
        ]
