"""What is waited for was ordered and still stands; if not, it is ordered: checks and comparisons of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import DataNotProven, DtsError, Impossible, JobFailed
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import DtsStartMigrateJobOperator
from tencent_dts.operators.migration_2018 import DtsStartMigrateJob2018Operator
from tencent_dts.operators.sync import DtsStartSyncJobOperator
from tencent_dts.operators.sync_change import DtsStartModifySyncJobOperator
from tencent_dts.operators.sync_compare import DtsCreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor, DtsSyncCompareReportSensor
from tencent_dts.sensors.migration import DtsMigrationCheckPassedSensor
from tencent_dts.sensors.migration_2018 import DtsMigrateCheckPassed2018Sensor
from tencent_dts.sensors.sync import DtsSyncCheckPassedSensor
from tencent_dts.sensors.sync_change import DtsSyncChangeCheckPassedSensor
from tests.drive import Task, first_event, rebuilt
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud, configuration
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.emulator.sync_cloud import configuration as configuration_sync
from tests.unit.stages import calls, plan
from tests.unit.stages_2018 import of_2018, plan_2018
from tests.unit.stages_sync import plan as plan_sync
from tests.unit.stages_sync_changes import change

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")


class TestAVoidCheck:
    """Configured again, in the console or by `configure` cleared alone: no check of that has been ordered."""

    def drive(self, cloud: Cloud, operator: Any, action: str, checks: int = 1) -> Any:
        before = len(calls(cloud.emulator, action))
        result = Task(operator).run()
        assert len(calls(cloud.emulator, action)) == before + checks
        return result

    def test_the_wait_of_a_migration_orders_it(self, cloud: Cloud) -> None:
        job = cloud.configured()
        sensor = DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        assert self.drive(cloud, sensor, "CreateMigrateCheckJob")["CheckFlag"] == "checkPass"

    def test_the_wait_of_a_link_orders_it(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).initialized()
        sensor = DtsSyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan_sync())
        assert self.drive(cloud, sensor, "CreateCheckSyncJob")["Status"] == "CheckPass"

    def test_the_wait_of_2018_orders_it(self, cloud: Cloud) -> None:
        job = of_2018(cloud).made()
        sensor = DtsMigrateCheckPassed2018Sensor(task_id="check_passed", job_id=job, configuration=plan_2018())
        assert self.drive(cloud, sensor, "CreateMigrateCheckJob")["CheckFlag"] == "checkPass"

    def test_a_clear_of_a_wait_that_reached_its_deadline_orders_it(self, cloud: Cloud) -> None:
        job = cloud.checked()
        cloud.call("ModifyMigrationJob", JobId=job, **configuration())
        assert cloud.status(job) == "created"
        sensor = DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        task = Task(sensor).clear()
        assert task.run()["CheckFlag"] == "checkPass"

    def test_the_start_of_a_migration_has_it_checked_first(self, cloud: Cloud) -> None:
        job = cloud.configured()
        result = self.drive(cloud, DtsStartMigrateJobOperator(task_id="start", job_id=job), "CreateMigrateCheckJob")
        assert result["JobId"] == job
        assert len(calls(cloud.emulator, "StartMigrateJob")) == 1

    def test_the_start_of_a_link_has_it_checked_first(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).initialized()
        self.drive(cloud, DtsStartSyncJobOperator(task_id="start", job_id=job), "CreateCheckSyncJob")
        assert len(calls(cloud.emulator, "StartSyncJob")) == 1

    def test_the_start_of_2018_has_it_checked_first(self, cloud: Cloud) -> None:
        job = of_2018(cloud).made()
        self.drive(cloud, DtsStartMigrateJob2018Operator(task_id="start", job_id=job), "CreateMigrateCheckJob")
        assert len(calls(cloud.emulator, "StartMigrateJob")) == 1

    def test_the_start_of_a_change_has_it_checked_first(self, cloud: Cloud) -> None:
        person = SyncCloud(cloud.emulator)
        person.modify(job := person.syncing())
        start = DtsStartModifySyncJobOperator(task_id="start", job_id=job)
        self.drive(cloud, start, "CreateModifyCheckSyncJob")
        assert len(calls(cloud.emulator, "StartModifySyncJob")) == 1

    def test_the_start_of_a_change_goes_no_further_where_that_check_does_not_pass(self, cloud: Cloud) -> None:
        person = SyncCloud(cloud.emulator)
        job = person.syncing()
        person.emulator.seed({"match": {"JobId": job}, "checks": {"ModifyConfigCheck": "failed"}})
        person.modify(job)
        with pytest.raises(Impossible, match="Clear `check` with its downstream"):
            self.drive(cloud, DtsStartModifySyncJobOperator(task_id="start", job_id=job), "CreateModifyCheckSyncJob")
        assert cloud.emulator.journal("StartModifySyncJob") == []

    def test_a_check_that_stands_is_not_ordered_again(self, cloud: Cloud) -> None:
        job = cloud.checked()
        self.drive(cloud, DtsStartMigrateJobOperator(task_id="start", job_id=job), "CreateMigrateCheckJob", checks=0)


@dataclass(frozen=True)
class _Checked:
    """A kind of job whose check is under way, and what another hand can do to it."""

    checking: Callable[[Cloud], str]
    reconfigure: Callable[[Cloud, str], Any]
    end: Callable[[Cloud, str], Any]
    sensor: Callable[[str], Any]
    start: Callable[[str], Any]
    order: str
    call: str

    def waits(self, cloud: Cloud, operator: Callable[[str], Any]) -> tuple[str, Task, Any]:
        """A task that waits without a worker, its job and its trigger."""
        job = self.checking(cloud)
        task = Task(operator(job))
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        return job, task, rebuilt(deferred.value.trigger)


def _person(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


def _change_under_check(cloud: Cloud) -> str:
    _person(cloud).modify(job := _person(cloud).syncing())
    cloud.call("CreateModifyCheckSyncJob", JobId=job)
    return job


def _forced(status: str) -> Callable[[Cloud, str], Any]:
    return lambda cloud, job: cloud.emulator.seed({"match": {"JobId": job}, "force_status": status})


CHECKED = {
    "migration": _Checked(
        checking=lambda cloud: cloud.after(cloud.configured, ("CreateMigrateCheckJob", 5)),
        reconfigure=lambda cloud, job: cloud.call("ModifyMigrationJob", JobId=job, **configuration()),
        end=_forced("canceled"),
        sensor=lambda job: DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan()),
        start=lambda job: DtsStartMigrateJobOperator(task_id="start", job_id=job),
        order="CreateMigrateCheckJob",
        call="StartMigrateJob",
    ),
    "link": _Checked(
        checking=lambda cloud: cloud.after(_person(cloud).initialized, ("CreateCheckSyncJob", 5)),
        reconfigure=lambda cloud, job: cloud.call("ConfigureSyncJob", JobId=job, **configuration_sync()),
        end=_forced("Failed"),
        sensor=lambda job: DtsSyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan_sync()),
        start=lambda job: DtsStartSyncJobOperator(task_id="start", job_id=job),
        order="CreateCheckSyncJob",
        call="StartSyncJob",
    ),
    "change of a link": _Checked(
        checking=_change_under_check,
        reconfigure=lambda cloud, job: _person(cloud).modify(job),
        end=lambda cloud, job: cloud.call("StopSyncJob", JobId=job),
        sensor=lambda job: DtsSyncChangeCheckPassedSensor(task_id="check_passed", job_id=job, configuration=change()),
        start=lambda job: DtsStartModifySyncJobOperator(task_id="start", job_id=job),
        order="CreateModifyCheckSyncJob",
        call="StartModifySyncJob",
    ),
    "migration of 2018": _Checked(
        checking=lambda cloud: of_2018(cloud).then(of_2018(cloud).made(), "CreateMigrateCheckJob", 5),
        reconfigure=lambda cloud, job: of_2018(cloud).call("ModifyMigrateJob", JobId=job, JobName="orders again"),
        end=_forced("failed"),
        sensor=lambda job: DtsMigrateCheckPassed2018Sensor(
            task_id="check_passed", job_id=job, configuration=plan_2018()
        ),
        start=lambda job: DtsStartMigrateJob2018Operator(task_id="start", job_id=job),
        order="CreateMigrateCheckJob",
        call="StartMigrateJob",
    ),
}


def woken(trigger: Any) -> str:
    """Why a trigger wakes its task."""
    return str(asyncio.run(asyncio.wait_for(first_event(trigger), 60))["reason"])


@pytest.mark.parametrize("kind", CHECKED.values(), ids=CHECKED)
class TestACheckThatBecomesVoidDuringTheWait:
    """Nobody clears anything: the trigger sees that nothing leads to its goal any more, and wakes the task."""

    def test_the_sensor_is_woken_and_orders_it_again(self, kind: _Checked, cloud: Cloud) -> None:
        job, task, trigger = kind.waits(cloud, kind.sensor)
        cloud.wait(28)
        kind.reconfigure(cloud, job)
        assert woken(trigger) == "void"
        assert task.run()["JobId"] == job
        assert len(calls(cloud.emulator, kind.order)) == 2

    def test_a_start_that_waits_for_it_likewise(self, kind: _Checked, cloud: Cloud) -> None:
        def void(cloud: Cloud) -> str:
            job = kind.checking(cloud)
            cloud.wait(28)
            kind.reconfigure(cloud, job)
            return job

        job, task, trigger = replace(kind, checking=void).waits(cloud, kind.start)
        cloud.wait(28)
        kind.reconfigure(cloud, job)
        assert woken(trigger) == "void"
        task.run()
        assert len(calls(cloud.emulator, kind.order)) == 3
        assert len(calls(cloud.emulator, kind.call)) == 1

    def test_a_job_that_ends_meanwhile_is_told_at_once(
        self, kind: _Checked, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__POLL_INTERVAL", "5")  # looks twice before the check would pass
        job, task, trigger = kind.waits(cloud, kind.sensor)
        kind.end(cloud, job)
        assert woken(trigger) == "void"
        with pytest.raises(JobFailed, match="check will not pass any more"):
            task.run()
        assert len(calls(cloud.emulator, kind.order)) == 1

    def test_one_that_goes_on_wakes_nobody(self, kind: _Checked, cloud: Cloud) -> None:
        job, task, trigger = kind.waits(cloud, kind.sensor)
        assert woken(trigger) == "done"
        assert task.run()["JobId"] == job
        assert len(calls(cloud.emulator, kind.order)) == 1


class TestACheckThatCannotBeOrdered:
    def test_of_a_change_while_the_link_is_paused_it_is_told_who_continues_it(self, cloud: Cloud) -> None:
        kind = CHECKED["change of a link"]
        job, task, trigger = kind.waits(cloud, kind.sensor)
        cloud.wait(28)
        kind.reconfigure(cloud, job)
        cloud.call("PauseSyncJob", JobId=job)
        cloud.wait(10)
        assert woken(trigger) == "void"
        for operator in (task.operator, kind.start(job)):
            with pytest.raises(Impossible, match="ContinueSyncJob, then clear this task"):
                Task(operator).run()
        assert len(calls(cloud.emulator, kind.order)) == 1

    def test_the_trigger_alone_sees_that_a_job_was_isolated(self, cloud: Cloud) -> None:
        kind = CHECKED["migration"]
        job, task, trigger = kind.waits(cloud, kind.sensor)
        cloud.call("IsolateMigrateJob", JobId=job)
        cloud.wait(5)
        assert woken(trigger) == "impossible"
        with pytest.raises(JobFailed, match="out of service"):
            task.run()


class TestAJobThatWasNeverConfigured:
    """No check of it can be ordered, so there is nothing to wait for: it is told at once what to clear."""

    def refused(self, cloud: Cloud, operator: Any, *actions: str) -> str:
        task = Task(operator)
        with pytest.raises(Impossible) as raised:
            task.operator.execute(task.context)
        assert [action for action in actions if cloud.emulator.journal(action)] == []
        return str(raised.value.next_step)

    def bought(self, cloud: Cloud) -> str:
        job = cloud.buy()
        cloud.wait(2)
        assert cloud.status(job) == "created"
        return job

    def test_the_start_of_a_migration(self, cloud: Cloud) -> None:
        start = DtsStartMigrateJobOperator(task_id="start", job_id=self.bought(cloud))
        assert "Clear `check`" in self.refused(cloud, start, "CreateMigrateCheckJob", "StartMigrateJob")

    def test_the_wait_for_the_check_of_a_migration(self, cloud: Cloud) -> None:
        job = self.bought(cloud)
        sensor = DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())
        assert "Clear `configure`" in self.refused(cloud, sensor, "CreateMigrateCheckJob")

    def test_the_start_of_a_link(self, cloud: Cloud) -> None:
        start = DtsStartSyncJobOperator(task_id="start", job_id=SyncCloud(cloud.emulator).buy_sync())
        assert "Clear `check`" in self.refused(cloud, start, "CreateCheckSyncJob", "StartSyncJob")

    def test_the_wait_for_the_check_of_a_link(self, cloud: Cloud) -> None:
        job = SyncCloud(cloud.emulator).buy_sync()
        sensor = DtsSyncCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan_sync())
        assert "Clear `configure`" in self.refused(cloud, sensor, "CreateCheckSyncJob")

    def test_the_start_of_a_change(self, cloud: Cloud) -> None:
        start = DtsStartModifySyncJobOperator(task_id="start", job_id=SyncCloud(cloud.emulator).syncing())
        assert "Clear `modify`" in self.refused(cloud, start, "CreateModifyCheckSyncJob", "StartModifySyncJob")

    def test_the_wait_for_the_check_of_a_change(self, cloud: Cloud) -> None:
        sensor = CHECKED["change of a link"].sensor(SyncCloud(cloud.emulator).syncing())
        assert "Clear `modify`" in self.refused(cloud, sensor, "CreateModifyCheckSyncJob")


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
        self._create = DtsCreateSyncCompareTaskOperator if sync else DtsCreateCompareTaskOperator
        self._report = DtsSyncCompareReportSensor if sync else DtsCompareReportSensor
        self.compare = Task(self._create(task_id="compare", job_id=self.job))

    def report(self, compare_task_id: str) -> Task:
        return Task(self._report(task_id="report", job_id=self.job, compare_task_id=compare_task_id))

    def ends_the_job(self) -> None:
        self.cloud.call("StopSyncJob" if self.word == "SyncCompare" else "CompleteMigrateJob", JobId=self.job)
        self.cloud.wait(10)

    def ends(self, task: str, ending: str) -> None:
        ids = {"JobId": self.job, "CompareTaskId": task}
        if ending == "canceled":
            self.cloud.call(f"Stop{self.word}", **ids)
        if ending == "failed":
            self.cloud.emulator.seed({"match": {"JobId": self.job}, "compare": {"status": "failed"}})
        self.cloud.wait(60)
        if ending == "deleted":
            self.cloud.call(f"Delete{self.word}Task", **ids)

    def creates(self) -> str:
        """A comparison whose creation was the last that its worker lived to see."""
        self.cloud.emulator.add_fault({"action": f"Start{self.word}", "code": "InvalidParameter", "times": 1})
        with pytest.raises(DtsError, match="InvalidParameter"):
            self.compare.run()
        return _latest(self)

    @property
    def started(self) -> int:
        return len(calls(self.cloud.emulator, f"Start{self.word}"))

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
        assert report.run()["compare_task_id"] not in (first, lost)


class TestAComparisonThatWasNeverStarted:
    def test_the_report_starts_it_at_once(self, compared: _Compared) -> None:
        report = compared.report(only := compared.creates())
        with pytest.raises(TaskDeferred):
            report.operator.execute(report.context)
        assert compared.started == 1
        assert report.run()["compare_task_id"] == only
        assert (compared.created, compared.started) == (1, 1)

    def test_a_trigger_that_waits_for_it_wakes_its_task(self, compared: _Compared) -> None:
        report = compared.report(compared.compare.run())
        with pytest.raises(TaskDeferred) as deferred:
            report.operator.execute(report.context)
        trigger = rebuilt(deferred.value.trigger)
        created = compared.cloud.call(f"Create{compared.word}Task", JobId=compared.job)["CompareTaskId"]
        trigger.watch["ids"]["CompareTaskId"] = created
        assert woken(trigger) == "void"

    def test_one_that_another_hand_has_stopped_meanwhile_is_judged_as_any_other(
        self, compared: _Compared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = compared.report(only := compared.creates())
        ids = {"JobId": compared.job, "CompareTaskId": only}

        def stopped() -> None:
            compared.cloud.call(f"Start{compared.word}", **ids)
            compared.cloud.call(f"Stop{compared.word}", **ids)
            compared.cloud.wait(10)

        Meanwhile(monkeypatch).before(f"Start{compared.word}", 1, stopped)
        with pytest.raises(DataNotProven, match="ended as canceled"):
            report.run()

    def test_it_is_not_started_on_a_verdict_that_stands(self, compared: _Compared) -> None:
        report = compared.report(compared.creates())
        compared.ends_the_job()
        for told in ("never started", "stands"):
            with pytest.raises(DataNotProven, match=told):
                report.run()
        assert compared.started == 0


def _latest(compared: _Compared) -> str:
    listed = compared.cloud.call(f"Describe{compared.word}Tasks", JobId=compared.job)["Items"]
    return str(max(listed, key=lambda item: (item["CreatedAt"], item["TaskName"]))["CompareTaskId"])
