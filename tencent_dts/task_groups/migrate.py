"""A whole migration as one task group: from the purchase to the isolation of the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

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
from tencent_dts.task_groups.common import common_arguments
from tencent_dts.task_groups.docs import DOCS


def migrate(
    group_id: str | None = "migrate",
    *,
    request: Mapping[str, Any] | None = None,
    tencentcloud_conn_id: str = DtsHook.default_conn_name,
    before_cutover: Any = None,
    max_report_age: float = 3600,
    retries: int = 2,
    retry_delay: timedelta = timedelta(seconds=30),
    poll_interval: float | None = None,
    notifiers: Sequence[Any] = (),
) -> TaskGroup | None:
    """Build the tasks of a whole migration.

    plan → purchase → configure → check → check_passed → start → ready → (before_cutover) → compare →
    report → approve → complete → succeeded → isolate. Any of its tasks may be cleared, killed or retried at
    any moment. A migration that ends by itself (``full``, ``structure``) takes the same way: what does not
    concern it returns at once.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.MIGRATION`; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param before_cutover: a task or task group of your own that runs when the job is ready, before the
        final comparison: freeze the source here, or the proof can be overtaken by writes.
    :param max_report_age: seconds for which a compare report is good; older, the comparison is repeated.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when the approval is asked for, and when a task is red.
    :returns: the task group, if there is one.
    """
    common = common_arguments(tencentcloud_conn_id, retries, retry_delay, notifiers)
    with nullcontext() if group_id is None else TaskGroup(group_id) as group:
        lifecycle = _Lifecycle(common, request, poll_interval)
        chain(
            *lifecycle.until_ready(),
            *([before_cutover] if before_cutover is not None else []),
            *lifecycle.until_isolated(max_report_age, notifiers),
        )
    return group


class _Lifecycle:
    """Builds the tasks, in the DAG or group that is open."""

    def __init__(self, common: Mapping[str, Any], request: Mapping[str, Any] | None, poll_interval: float | None):
        self._plan = PlanMigrationOperator(task_id="plan", request=request, doc_md=DOCS["plan"], **common)
        self._part = cast("Any", self._plan.output)  # each key is an XCom of its own
        self._common = {**common, "poll_interval": poll_interval}
        self._purchase = self._buy()
        self._job: dict[str, Any] = {
            "job_id": self._purchase.output,
            "region": self._part["region"],
            **self._common,
        }

    def _buy(self) -> Any:
        part = self._part
        return CreateMigrationServiceOperator(
            task_id="purchase",
            src_database_type=part["src_database_type"],
            dst_database_type=part["dst_database_type"],
            src_region=part["src_region"],
            dst_region=part["region"],
            instance_class=part["instance_class"],
            job_title=part["job_title"],
            existing_job_id=part["existing_job_id"],
            doc_md=DOCS["purchase"],
            **self._common,
        )

    def _task(self, kind: Any, task_id: str, deadline: str | None = None, **kwargs: Any) -> Any:
        if deadline is not None:
            kwargs["deadline"] = self._part[deadline]
        return kind(task_id=task_id, doc_md=DOCS[task_id], **self._job, **kwargs)

    def until_ready(self) -> list[Any]:
        """From the plan to a job that could be cut over."""
        part, task = self._part, self._task
        return [
            self._plan,
            self._purchase,
            task(ModifyMigrationJobOperator, "configure", "check_deadline", configuration=part),
            task(CreateMigrateCheckJobOperator, "check", "check_deadline"),
            task(MigrationCheckPassedSensor, "check_passed", "check_deadline", configuration=part),
            task(StartMigrateJobOperator, "start", "start_deadline"),
            task(MigrationJobReadySensor, "ready", "ready_deadline", hold_seconds=part["hold_seconds"]),
        ]

    def until_isolated(self, max_report_age: float, notifiers: Sequence[Any]) -> list[Any]:
        """From the proof to the end of the bill."""
        part, task = self._part, self._task
        compare = task(CreateCompareTaskOperator, "compare", configuration=part["compare"], required=part["cutover"])
        report = task(
            CompareReportSensor,
            "report",
            "report_deadline",
            compare_task_id=compare.output,
            allowed_skipped_tables=part["allowed_skipped_tables"],
            required=part["cutover"],
        )
        approve = ApproveCutoverOperator(
            task_id="approve",
            job_id=self._job["job_id"],
            evidence=report.output,
            ask=part["ask"],
            deadline=part["approval_deadline"],
            tencentcloud_conn_id=self._common["tencentcloud_conn_id"],
            region=part["region"],
            notifiers=list(notifiers),
            on_failure_callback=self._common["on_failure_callback"],
            doc_md=DOCS["approve"],
            retries=0,
        )
        evidence = {"evidence": report.output, "max_report_age": max_report_age}
        return [
            compare,
            report,
            approve,
            task(CompleteMigrateJobOperator, "complete", "complete_deadline", **evidence),
            task(MigrationJobSucceededSensor, "succeeded", "complete_deadline"),
            task(IsolateMigrateJobOperator, "isolate", "complete_deadline"),
        ]
