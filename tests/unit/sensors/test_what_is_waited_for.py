"""What is waited for was ordered and still stands; if not, it is ordered: checks and comparisons of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import DataNotProven, Impossible
from tencent_dts.operators.compare import CreateCompareTaskOperator
from tencent_dts.operators.migration import StartMigrateJobOperator
from tencent_dts.operators.migration_2018 import StartMigrateJob2018Operator
from tencent_dts.operators.sync import StartSyncJobOperator
from tencent_dts.operators.sync_compare import CreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import CompareReportSensor, SyncCompareReportSensor
from tencent_dts.sensors.migration import MigrationCheckPassedSensor
from tencent_dts.sensors.migration_2018 import MigrateCheckPassed2018Sensor
from tencent_dts.sensors.sync import SyncCheckPassedSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud, configuration
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED, calls, plan
from tests.unit.stages_2018 import of_2018, plan_2018
from tests.unit.stages_sync import plan as plan_sync

pytestmark = pytest.mark.usefixtures("airflow_connections")


class TestAVoidCheck:
    """Configured again, in the console or by `configure` cleared alone: no check of that has been ordered."""

    def drive(self, cloud: Cloud, operator: Any, action: str, checks: int = 1) -> Any:
        before = len(calls(cloud.emulator, action))
        cloud.emulator.set_speed(SPEED)
        result = Task(operator).run()
        assert len(calls(cloud.emulator, action)) == before + checks
        return result

    def test_the_wait_of_a_migration_orders_it(self, cloud: Cloud) -> None:
        job = cloud.configured()
        sensor = MigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        assert self.drive(cloud, sensor, "CreateMigrateCheckJob")["CheckFlag"] == "checkPass"

    def test_the_wait_of_a_link_orders_it(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).initialized()
        sensor = SyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan_sync())
        assert self.drive(cloud, sensor, "CreateCheckSyncJob")["Status"] == "CheckPass"

    def test_the_wait_of_2018_orders_it(self, cloud: Cloud) -> None:
        job = of_2018(cloud).made()
        sensor = MigrateCheckPassed2018Sensor(task_id="check_passed", job_id=job, configuration=plan_2018())
        assert self.drive(cloud, sensor, "CreateMigrateCheckJob")["CheckFlag"] == "checkPass"

    def test_a_clear_of_a_wait_that_reached_its_deadline_orders_it(self, cloud: Cloud) -> None:
        job = cloud.checked()
        cloud.call("ModifyMigrationJob", JobId=job, **configuration())
        assert cloud.status(job) == "created"
        sensor = MigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        task = Task(sensor).clear()
        cloud.emulator.set_speed(SPEED)
        assert task.run()["CheckFlag"] == "checkPass"

    def test_the_start_of_a_migration_has_it_checked_first(self, cloud: Cloud) -> None:
        job = cloud.configured()
        result = self.drive(cloud, StartMigrateJobOperator(task_id="start", job_id=job), "CreateMigrateCheckJob")
        assert result["JobId"] == job
        assert len(calls(cloud.emulator, "StartMigrateJob")) == 1

    def test_the_start_of_a_link_has_it_checked_first(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).initialized()
        self.drive(cloud, StartSyncJobOperator(task_id="start", job_id=job), "CreateCheckSyncJob")
        assert len(calls(cloud.emulator, "StartSyncJob")) == 1

    def test_the_start_of_2018_has_it_checked_first(self, cloud: Cloud) -> None:
        job = of_2018(cloud).made()
        self.drive(cloud, StartMigrateJob2018Operator(task_id="start", job_id=job), "CreateMigrateCheckJob")
        assert len(calls(cloud.emulator, "StartMigrateJob")) == 1

    def test_a_check_that_stands_is_not_ordered_again(self, cloud: Cloud) -> None:
        job = cloud.checked()
        self.drive(cloud, StartMigrateJobOperator(task_id="start", job_id=job), "CreateMigrateCheckJob", checks=0)


class TestAJobThatWasNeverConfigured:
    """No check of it can be ordered, so there is nothing to wait for: it is told at once what to clear."""

    def refused(self, cloud: Cloud, operator: Any, *actions: str) -> str:
        with pytest.raises(Impossible) as raised:
            Task(operator).run()
        assert [action for action in actions if cloud.emulator.journal(action)] == []
        return str(raised.value.next_step)

    def bought(self, cloud: Cloud) -> str:
        job = cloud.buy()
        cloud.wait(2)
        assert cloud.status(job) == "created"
        return job

    def test_the_start_of_a_migration(self, cloud: Cloud) -> None:
        start = StartMigrateJobOperator(task_id="start", job_id=self.bought(cloud))
        assert "Clear `check`" in self.refused(cloud, start, "CreateMigrateCheckJob", "StartMigrateJob")

    def test_the_wait_for_the_check_of_a_migration(self, cloud: Cloud) -> None:
        job = self.bought(cloud)
        sensor = MigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        assert "Clear `configure`" in self.refused(cloud, sensor, "CreateMigrateCheckJob")

    def test_the_start_of_a_link(self, cloud: Cloud) -> None:
        start = StartSyncJobOperator(task_id="start", job_id=SyncCloud(cloud.emulator).buy_sync())
        assert "Clear `check`" in self.refused(cloud, start, "CreateCheckSyncJob", "StartSyncJob")

    def test_the_wait_for_the_check_of_a_link(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).buy_sync()
        sensor = SyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan_sync())
        assert "Clear `configure`" in self.refused(cloud, sensor, "CreateCheckSyncJob")


@pytest.fixture(params=["migration", "sync"])
def compared(request: pytest.FixtureRequest, cloud: Cloud) -> Any:
    """How a kind of job is compared: the job, its tasks, the words of its actions."""
    return _Compared(cloud, request.param)


class _Compared:
    def __init__(self, cloud: Cloud, kind: str) -> None:
        self.cloud = cloud
        sync = kind == "sync"
        self.word = "SyncCompare" if sync else "Compare"
        self.job = SyncCloud(cloud.emulator).syncing() if sync else cloud.ready()
        self._create = CreateSyncCompareTaskOperator if sync else CreateCompareTaskOperator
        self._report = SyncCompareReportSensor if sync else CompareReportSensor
        self.compare = Task(self._create(task_id="compare", job_id=self.job))

    def report(self, compare_task_id: str) -> Task:
        return Task(self._report(task_id="report", job_id=self.job, compare_task_id=compare_task_id))

    def ends(self, task: str, ending: str) -> None:
        ids = {"JobId": self.job, "CompareTaskId": task}
        if ending == "canceled":
            self.cloud.call(f"Stop{self.word}", **ids)
        if ending == "failed":
            self.cloud.emulator.seed({"match": {"JobId": self.job}, "compare": {"status": "failed"}})
        self.cloud.wait(60)
        if ending == "deleted":
            self.cloud.call(f"Delete{self.word}Task", **ids)

    @property
    def created(self) -> int:
        return len(calls(self.cloud.emulator, f"Create{self.word}Task"))


class TestAComparisonThatCameToNothing:
    @pytest.mark.parametrize("ending", ["failed", "canceled", "deleted"])
    def test_compare_cleared_orders_the_next_one_and_the_report_waits_for_that_alone(
        self, ending: str, compared: _Compared
    ) -> None:
        first = compared.compare.run()
        compared.ends(first, ending)
        report = compared.report(first)
        if ending != "deleted":
            with pytest.raises(DataNotProven):
                report.run()
        second = compared.compare.clear().run()
        assert second != first
        report.operator.compare_task_id = second
        compared.cloud.emulator.set_speed(SPEED)
        assert report.clear().run()["compare_task_id"] == second
        assert compared.created == 2

    def test_one_that_is_under_way_or_has_ended_well_is_kept(self, compared: _Compared) -> None:
        first = compared.compare.run()
        assert compared.compare.clear().run() == first
        compared.cloud.wait(60)
        assert compared.compare.clear().run() == first
        assert compared.created == 1

    def test_a_worker_that_died_between_the_start_and_its_note_leaves_the_report_a_way_on(
        self, compared: _Compared
    ) -> None:
        first = compared.compare.run()
        compared.ends(first, "failed")
        report = compared.report(first)
        with pytest.raises(DataNotProven):
            report.run()
        before = dict(report.store.values)
        with pytest.raises(TaskDeferred):
            report.clear().operator.execute(report.context)
        report.store.values = before  # what the dead worker had not written
        lost = _latest(compared)
        compared.ends(lost, "failed")
        report.operator.compare_task_id = first
        compared.cloud.emulator.set_speed(SPEED)
        assert report.run()["compare_task_id"] not in (first, lost)


def _latest(compared: _Compared) -> str:
    listed = compared.cloud.call(f"Describe{compared.word}Tasks", JobId=compared.job)["Items"]
    return str(max(listed, key=lambda item: (item["CreatedAt"], item["TaskName"]))["CompareTaskId"])
