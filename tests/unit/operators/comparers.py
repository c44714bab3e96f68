"""Both kinds of job whose data are compared by a task of their own, as data for the laws that both keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.sync_compare import DtsCreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor, DtsSyncCompareReportSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud


@dataclass(frozen=True)
class Comparer:
    """How one kind of job is compared.

    :param operator: the class of the task that orders it.
    :param report: the class of the sensor that reads the report.
    :param action: what orders it.
    :param made: makes a job that can be compared.
    """

    operator: type[Any]
    report: Callable[..., Any]
    action: str
    made: Callable[[Cloud], str]

    def task(self, job_id: str) -> Task:
        """The task that orders a comparison."""
        return Task(self.operator(task_id="compare", job_id=job_id))


COMPARERS: dict[str, Comparer] = {
    "migration": Comparer(DtsCreateCompareTaskOperator, DtsCompareReportSensor, "CreateCompareTask", Cloud.ready),
    "sync": Comparer(
        DtsCreateSyncCompareTaskOperator,
        DtsSyncCompareReportSensor,
        "CreateSyncCompareTask",
        lambda cloud: SyncCloud(cloud.emulator).syncing(),
    ),
}
