"""What is judged is acted on: a call that cannot be undone is judged on the very item, before each sending."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import DeadlinePassed, EvidenceRejected, Impossible, WrongState
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import (
    DtsCompleteMigrateJobOperator,
    DtsIsolateMigrateJobOperator,
    DtsStartMigrateJobOperator,
)
from tencent_dts.operators.migration_2018 import DtsCompleteMigrateJob2018Operator, DtsDeleteMigrateJob2018Operator
from tencent_dts.operators.subscription import DtsActivateSubscribe2018Operator
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator, DtsStopSyncJobOperator
from tencent_dts.operators.sync_compare import DtsCreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor, DtsSyncCompareReportSensor
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.sensors.sync import DtsSyncJobCaughtUpSensor
from tencent_dts.tasks.gates.gate import Call, Gate, Gates
from tencent_dts.tasks.gates.window import InWindow
from tests.chaos.virtual import VirtualClock
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED, calls, seeded
from tests.unit.stages_2018 import of_2018

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


def migration_proof(cloud: Cloud, job: str, **ti: Any) -> Any:
    compared = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job), **ti).run()
    cloud.wait(60)
    return Task(DtsCompareReportSensor(task_id="report", job_id=job, compare_task_id=compared), **ti).run()


def sync_proof(cloud: Cloud, job: str, **ti: Any) -> Any:
    compared = Task(DtsCreateSyncCompareTaskOperator(task_id="compare", job_id=job), **ti).run()
    cloud.wait(60)
    return Task(DtsSyncCompareReportSensor(task_id="report", job_id=job, compare_task_id=compared), **ti).run()


def complete(job: str, evidence: Any, **changes: Any) -> Task:
    return Task(DtsCompleteMigrateJobOperator(task_id="complete", job_id=job, evidence=evidence, **changes))


def stop(job: str, evidence: Any, **changes: Any) -> Task:
    return Task(DtsStopSyncJobOperator(task_id="stop", job_id=job, evidence=evidence, caught_up=True, **changes))


def defers(task: Task) -> Any:
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    return deferred.value.trigger.watch


def lag_comes_back(cloud: Cloud, job: str) -> None:
    """The job goes on being ready to complete, and has something to catch up with."""
    seeded(cloud, job, {"lag": {"seconds": 30, "megabytes": 12, "drain": 30}})
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    cloud.call("ContinueMigrateJob", JobId=job)
    cloud.wait(5 + 16)
    assert cloud.status(job) == "readyComplete"


LOST = [{"code": "RequestLimitExceeded"}, {"status": 502}, {"drop": "before"}]


@pytest.mark.parametrize("fault", LOST, ids=str)
class TestACallThatDidNotArriveIsJudgedAgainBeforeItIsSentAgain:
    def test_complete_meets_a_lag_that_has_come_back(
        self, fault: dict[str, Any], cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        job = cloud.ready()
        task = complete(job, migration_proof(cloud, job))
        cloud.emulator.add_fault({"action": "CompleteMigrateJob", "times": 1} | fault)
        meanwhile.before("DescribeMigrationDetail", 3, lambda: lag_comes_back(cloud, job))
        assert defers(task)["goal"] == "ready to complete"
        assert len(cloud.emulator.journal("CompleteMigrateJob")) == 1
        assert calls(cloud.emulator, "CompleteMigrateJob") == []

    def test_complete_meets_evidence_that_has_grown_old(
        self, fault: dict[str, Any], cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        job = cloud.ready()
        task = complete(job, migration_proof(cloud, job))
        cloud.emulator.add_fault({"action": "CompleteMigrateJob", "times": 1} | fault)
        meanwhile.before("DescribeMigrationDetail", 3, lambda: cloud.wait(7200))
        assert defers(task)["ids"]["CompareTaskId"]
        assert calls(cloud.emulator, "CompleteMigrateJob") == []
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 2

    def test_stop_meets_a_link_that_was_paused(
        self, fault: dict[str, Any], syncs: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        job = syncs.syncing()
        task = stop(job, sync_proof(syncs, job))
        syncs.emulator.add_fault({"action": "StopSyncJob", "times": 1} | fault)

        def paused() -> None:
            syncs.call("PauseSyncJob", JobId=job)
            syncs.wait(5)

        meanwhile.before("DescribeSyncJobs", 3, paused)
        assert defers(task)["goal"] == "caught up"
        assert calls(syncs.emulator, "StopSyncJob") == []

    def test_complete_of_2018_meets_a_job_that_is_at_work_again(
        self, fault: dict[str, Any], cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        old = of_2018(cloud)
        job = old.in_time()
        task = Task(DtsCompleteMigrateJob2018Operator(task_id="complete", job_id=job, unproven=True))
        old.emulator.add_fault({"action": "CompleteMigrateJob", "times": 1} | fault)
        meanwhile.before("DescribeMigrateJobs", 3, lambda: seeded(old, job, {"force_status": "running"}))
        with pytest.raises(Impossible, match="Clear `ready` with its downstream: the lag must be 0"):
            task.run()
        assert len(old.emulator.journal("CompleteMigrateJob")) == 1
        assert calls(old.emulator, "CompleteMigrateJob") == []

    def test_isolate_meets_a_job_that_was_started(
        self, fault: dict[str, Any], cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        job = cloud.checked()
        task = Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job))
        cloud.emulator.add_fault({"action": "IsolateMigrateJob", "times": 1} | fault)
        meanwhile.before("DescribeMigrationDetail", 4, lambda: cloud.call("StartMigrateJob", JobId=job))
        with pytest.raises(Impossible, match="at work"):
            task.run()
        assert calls(cloud.emulator, "IsolateMigrateJob") == []


class TestWhatChangesBetweenTwoLooks:
    def test_a_job_that_is_resuming_when_it_is_first_looked_at_is_judged_when_it_is_ready(self, cloud: Cloud) -> None:
        """The first look asks nothing of the gate; the call must not go out on the next one."""
        job = cloud.ready()
        foreign = migration_proof(cloud, job, run_id="manual__other")
        cloud.call("PauseMigrateJob", JobId=job)
        cloud.wait(5)
        cloud.call("ContinueMigrateJob", JobId=job)
        task = complete(job, foreign)
        defers(task)
        cloud.wait(600)  # it has caught up again
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected, match="another run"):
            task.run()
        assert cloud.emulator.journal("CompleteMigrateJob") == []

    def test_a_lag_that_comes_while_the_evidence_is_read(self, cloud: Cloud, meanwhile: Meanwhile) -> None:
        job = cloud.ready()
        task = complete(job, migration_proof(cloud, job))
        meanwhile.before("DescribeMigrationDetail", 2, lambda: lag_comes_back(cloud, job))
        assert defers(task)["goal"] == "ready to complete"
        assert cloud.emulator.journal("CompleteMigrateJob") == []

    def test_evidence_that_grows_old_after_it_was_read(self, cloud: Cloud, meanwhile: Meanwhile) -> None:
        job = cloud.ready()
        task = complete(job, migration_proof(cloud, job))
        meanwhile.before("DescribeMigrationDetail", 2, lambda: cloud.wait(7200))
        defers(task)
        assert cloud.emulator.journal("CompleteMigrateJob") == []

    def test_nothing_is_compared_again_before_the_window_of_the_cutover_opens(
        self, cloud: Cloud, passing_time: VirtualClock
    ) -> None:
        job = cloud.ready()
        evidence = migration_proof(cloud, job)
        cloud.wait(7200)  # it has grown old
        opens = datetime.fromtimestamp(passing_time.time() + 20000, UTC)
        watch = defers(complete(job, evidence, window={"not_before": opens.isoformat()}))
        assert (watch["goal"], watch["opens"] > passing_time.time()) == ("ready to complete", True)
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 1

    def test_a_window_that_closes_while_the_evidence_is_read(
        self, cloud: Cloud, meanwhile: Meanwhile, passing_time: VirtualClock
    ) -> None:
        job = cloud.ready()
        closes = datetime.fromtimestamp(passing_time.time() + 900, UTC)
        task = complete(job, migration_proof(cloud, job), window={"not_after": closes.isoformat()})
        meanwhile.before("DescribeMigrationDetail", 2, lambda: passing_time.sleep(1000))
        with pytest.raises(Impossible, match="The cutover window has passed"):
            task.run()
        assert cloud.emulator.journal("CompleteMigrateJob") == []

    def test_a_link_that_is_paused_after_the_first_look(self, syncs: SyncCloud, meanwhile: Meanwhile) -> None:
        job = syncs.syncing()
        task = stop(job, sync_proof(syncs, job))

        def paused() -> None:
            syncs.call("PauseSyncJob", JobId=job)
            syncs.wait(5)

        meanwhile.before("DescribeSyncJobs", 2, paused)
        assert defers(task)["goal"] == "caught up"
        assert syncs.emulator.journal("StopSyncJob") == []

    def test_a_job_that_is_started_after_it_was_seen_at_rest(self, cloud: Cloud, meanwhile: Meanwhile) -> None:
        job = cloud.checked()
        meanwhile.before("DescribeMigrationDetail", 2, lambda: cloud.call("StartMigrateJob", JobId=job))
        with pytest.raises(Impossible, match="at work"):
            Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
        assert cloud.emulator.journal("IsolateMigrateJob") == []

    def test_a_link_that_goes_on_after_it_was_seen_at_rest(self, syncs: SyncCloud, meanwhile: Meanwhile) -> None:
        job = syncs.paused_sync()

        def continued() -> None:
            syncs.call("ContinueSyncJob", JobId=job)
            syncs.wait(30)

        meanwhile.before("DescribeSyncJobs", 2, continued)
        with pytest.raises(Impossible, match="at work"):
            Task(DtsIsolateSyncJobOperator(task_id="isolate", job_id=job)).run()
        assert syncs.emulator.journal("IsolateSyncJob") == []

    def test_a_job_of_2018_that_is_started_after_it_was_seen_at_rest(self, cloud: Cloud, meanwhile: Meanwhile) -> None:
        old = of_2018(cloud)
        job = old.passed()

        def started() -> None:
            old.then(job, "StartMigrateJob", 70)

        meanwhile.before("DescribeMigrateJobs", 2, started)
        with pytest.raises(Impossible):
            Task(DtsDeleteMigrateJob2018Operator(task_id="delete", job_id=job)).run()
        assert old.emulator.journal("DeleteMigrateJob") == []

    def test_a_job_of_2018_is_judged_as_it_is_right_before_the_cutover(self, cloud: Cloud) -> None:
        """Its own item tells of the lag and of its check: nothing else is read, and nothing is judged earlier."""
        operator = DtsCompleteMigrateJob2018Operator(task_id="complete", job_id="dts-1", unproven=True)
        operator.databases = []
        reads = [gate for gate in operator.gates if type(gate).gather is not Gate.gather]
        assert [type(gate) for gate in reads] == [InWindow]  # which looks at the clock alone
        call = Call(operator, None, None)  # type: ignore[arg-type]  # nothing is read, and nothing remembered
        lagging = {"JobId": "dts-1", "Status": 8, "Detail": {"MasterSlaveDistance": 50, "SecondsBehindMaster": 9}}
        assert Gates(call, operator.gates).admit(lagging) is not None

    def test_a_subscription_that_is_bound_elsewhere_after_the_first_look(
        self, cloud: Cloud, meanwhile: Meanwhile
    ) -> None:
        old = of_2018(cloud)
        subscription = old.subscribed()
        configuration = {"instance_id": "cdb-00000001"}
        other = {"SubscribeId": subscription, "InstanceId": "cdb-00000002", "SubscribeObjectType": 0}

        def bound() -> None:
            old.call("ActivateSubscribe", **other)
            old.wait(60)

        meanwhile.before("DescribeSubscribeConf", 2, bound)
        task = Task(
            DtsActivateSubscribe2018Operator(task_id="activate", subscribe_id=subscription, configuration=configuration)
        )
        with pytest.raises(Impossible, match="another instance"):
            task.run()
        assert len(calls(cloud.emulator, "ActivateSubscribe")) == 1


# --- A job that was paused behind its report ---


def refusal_of(task: Any, error: type[Exception]) -> str:
    with pytest.raises(error) as caught:
        task.run()
    return str(caught.value)


@pytest.mark.parametrize("refused", ["CreateSyncCompareTask", "StartSyncCompare"])
def test_stop_of_a_link_that_was_paused_behind_its_report_says_to_continue_it(
    refused: str, syncs: SyncCloud, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison that is too old cannot be repeated; what is told is of that, and not of the stop."""
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "5")  # a start is patient: one comparison runs at a time
    job = syncs.syncing()
    task = stop(job, sync_proof(syncs, job), max_report_age=60)
    syncs.wait(3600)

    def paused() -> None:
        syncs.call("PauseSyncJob", JobId=job)
        syncs.wait(5)

    meanwhile.before(refused, 1, paused)
    told = refusal_of(task, WrongState)
    assert f"{refused} was answered with" in told
    assert "\n  next step: Order ContinueSyncJob first; then clear this task." in told
    assert re.search(r"\n  state: [^\n]*Paused", told)
    assert "clearing this task: looks for the comparison first, and orders it by CreateSyncCompareTask" in told
    assert calls(syncs.emulator, "StopSyncJob") == []
    syncs.call("ContinueSyncJob", JobId=job)
    syncs.wait(60)
    assert defers(task.clear())["ids"]["CompareTaskId"]


def test_stop_that_waits_for_a_paused_link_says_at_once_and_at_its_deadline_to_continue_it(
    syncs: SyncCloud, capfd: pytest.CaptureFixture[str]
) -> None:
    """The evidence is fresh, so nothing is compared again; a lag of 0 is waited for, which no pause leads to."""
    job = syncs.syncing()
    task = stop(job, sync_proof(syncs, job), timeout=1, poll_interval=0.1)
    syncs.call("PauseSyncJob", JobId=job)
    syncs.wait(5)
    told = refusal_of(task, DeadlinePassed)
    assert "\n  next step: The job was left as it is, and does not go on by itself. Order ContinueSyncJob first" in told
    assert re.search(r"\n  state: [^\n]*Paused", told)
    assert "does not go on by itself: Order ContinueSyncJob first" in "".join(capfd.readouterr())
    assert syncs.emulator.journal("StopSyncJob") == []
    syncs.call("ContinueSyncJob", JobId=job)
    syncs.wait(60)
    assert defers(task.clear())["operation"][1] == "StopSyncJob"


def test_a_wait_for_a_paused_job_says_at_its_deadline_to_continue_it(cloud: Cloud, syncs: SyncCloud) -> None:
    job = cloud.ready()
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    told = refusal_of(
        Task(DtsMigrationJobReadySensor(task_id="ready", job_id=job, timeout=1, poll_interval=0.1)), DeadlinePassed
    )
    assert "does not go on by itself. Order ContinueMigrateJob first; then clear this task." in told
    lagging = syncs.syncing()
    seeded(syncs, lagging, {"lag": {"seconds": 90, "megabytes": 12, "drain": 3000}})
    waits = Task(DtsSyncJobCaughtUpSensor(task_id="caught_up", job_id=lagging, timeout=1, poll_interval=0.1))
    syncs.call("PauseSyncJob", JobId=lagging)
    syncs.wait(5)
    assert "Order ContinueSyncJob first" in refusal_of(waits, DeadlinePassed)
    syncs.call("ContinueSyncJob", JobId=lagging)
    syncs.wait(10)
    assert "Clear this task to wait as long again" in refusal_of(waits.clear(), DeadlinePassed)


def test_a_comparison_of_a_paused_job_says_to_continue_it(cloud: Cloud, syncs: SyncCloud) -> None:
    job = cloud.ready()
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    told = refusal_of(Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)), WrongState)
    assert "next step: Order ContinueMigrateJob first; then clear this task." in told
    link = syncs.paused_sync()
    told = refusal_of(Task(DtsCreateSyncCompareTaskOperator(task_id="compare", job_id=link)), WrongState)
    assert "next step: Order ContinueSyncJob first; then clear this task." in told


def test_complete_of_a_paused_job_says_to_continue_it(cloud: Cloud) -> None:
    job = cloud.ready()
    task = complete(job, migration_proof(cloud, job))
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    assert "next step: Order ContinueMigrateJob first; then clear this task." in refusal_of(task, Impossible)
    assert calls(cloud.emulator, "CompleteMigrateJob") == []


def test_the_last_look_before_a_call_is_judged_itself(cloud: Cloud, meanwhile: Meanwhile) -> None:
    """A person gives the same order right before that look: the task has nothing left to send."""
    other, job = cloud.checked(), cloud.checked()
    before = len(cloud.emulator.journal())
    Task(DtsStartMigrateJobOperator(task_id="start", job_id=other)).run()
    sent = [call["action"] for call in cloud.emulator.journal()[before:]]
    last = sent[: sent.index("StartMigrateJob")].count("DescribeMigrationDetail")
    assert last > 1
    meanwhile.before("DescribeMigrationDetail", last, lambda: cloud.call("StartMigrateJob", JobId=job))
    Task(DtsStartMigrateJobOperator(task_id="start", job_id=job)).run()
    assert [call["parameters"]["JobId"] for call in cloud.emulator.journal("StartMigrateJob")] == [other, job]
