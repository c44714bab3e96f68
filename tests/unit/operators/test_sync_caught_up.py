"""Stopping a link whose data was proven equal: only while nothing is under way in it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.emulator.world import jobs
from tencent_dts.emulator.world.records import present
from tencent_dts.engine.records import KEY, Place, Record
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import Denied, EvidenceRejected, IdentityConflict, Impossible
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.sync import DtsStopSyncJobOperator
from tests.drive import AIRFLOW, Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SECONDS_TO_SINKER, SyncCloud
from tests.unit.operators.test_judged_item import sync_proof
from tests.unit.stages import SPEED, calls
from tests.unit.stages_sync import seeded

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    """Somebody at the console."""
    return SyncCloud(cloud.emulator)


def stop(job: str, caught_up: Any = True, **changes: Any) -> Task:
    return Task(DtsStopSyncJobOperator(task_id="stop", job_id=job, caught_up=caught_up, **changes))


def falls_behind(person: SyncCloud, job_id: str) -> None:
    """The source is written to faster than the link can follow; the API has no call for it."""
    world = person.emulator._service.world
    with world.store.transaction():
        (job,) = (job for job in jobs.every(world) if job["JobId"] == job_id)
        present(job["lag"])["drain"] = 10**6
        jobs.save(world, job)


def lagging(person: SyncCloud) -> str:
    job = person.ready_running({"JobName": "rehearse_lag"})
    person.wait(SECONDS_TO_SINKER + 5)
    assert person.info(job)["Detail"]["SecondsBehindMaster"] > 0
    return job


@pytest.mark.parametrize("wanted", [True, "True"])
def test_a_lag_that_is_not_0_is_waited_for(person: SyncCloud, wanted: Any) -> None:
    job = lagging(person)
    task = stop(job, wanted)
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    assert deferred.value.trigger.watch["goal"] == "caught up"
    assert person.emulator.journal("StopSyncJob") == []
    person.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "Stopped"


@pytest.mark.parametrize("made", [SyncCloud.full_phase, SyncCloud.paused_sync], ids=["full phase", "paused"])
def test_a_lag_that_is_not_known_is_not_0(made: Any, person: SyncCloud) -> None:
    task = stop(made(person))
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert person.emulator.journal("StopSyncJob") == []


def test_a_link_in_error_is_not_stopped_and_says_how_to_go_on(person: SyncCloud) -> None:
    job = person.erring()
    with pytest.raises(Impossible, match="clear `compare`") as raised:
        stop(job).run()
    assert "ResumableErr" in str(raised.value)
    assert person.emulator.journal("StopSyncJob") == []


class TestALinkThatHasEnded:
    """Stopped, it tells no lag: only the run that stopped it at lag 0 knows what its target holds."""

    @pytest.mark.parametrize(
        "made",
        [
            SyncCloud.stopped_sync,
            SyncCloud.isolated_sync,
            lambda person: person.erring(word="rehearse_failed"),
            lambda person: person.after(lambda: lagging(person), ("StopSyncJob", 10)),
        ],
        ids=["stopped", "isolated", "failed", "stopped behind its source"],
    )
    def test_by_another_hand_or_by_itself_it_proves_nothing(self, made: Any, person: SyncCloud) -> None:
        job = made(person)
        before = len(person.emulator.journal("StopSyncJob"))
        with pytest.raises(Impossible, match="not by this run's StopSyncJob at lag 0") as raised:
            stop(job).run()
        assert person.info(job)["Status"] in str(raised.value.state)
        assert "trigger a run that does not compare" in str(raised.value.next_step)
        assert len(person.emulator.journal("StopSyncJob")) == before

    def test_evidence_does_not_help_a_link_that_failed_after_it(self, person: SyncCloud) -> None:
        job = person.syncing()
        task = Task(
            DtsStopSyncJobOperator(task_id="stop", job_id=job, caught_up=True, evidence=sync_proof(person, job))
        )
        seeded(person, job, {"force_status": "Failed"})
        with pytest.raises(Impossible, match="lag 0"):
            task.run()

    def test_while_somebody_else_stops_it_nothing_is_green_either(self, person: SyncCloud) -> None:
        job = lagging(person)
        person.call("StopSyncJob", JobId=job)
        assert person.info(job)["Status"] == "Stopping"
        person.emulator.set_speed(SPEED)
        with pytest.raises(Impossible, match="lag 0"):
            stop(job).run()

    def test_stopped_as_it_is_it_may_have_ended_by_any_hand(self, person: SyncCloud) -> None:
        assert stop(person.erring(word="rehearse_failed"), "False").run()["Status"] == "Failed"
        assert stop(person.stopped_sync(), "False").run()["Status"] == "Stopped"

    def test_its_own_stop_is_remembered_whatever_becomes_of_the_link(self, person: SyncCloud) -> None:
        job = person.syncing()
        task = stop(job)
        person.emulator.set_speed(SPEED)
        task.run()
        assert task.clear().run()["Status"] == "Stopped"
        person.emulator.set_speed(0)
        person.call("IsolateSyncJob", JobId=job)
        person.wait(5)
        assert task.clear().run()["TradeStatus"] == "Isolated"
        assert len(person.emulator.journal("StopSyncJob")) == 1

    def test_a_stop_that_was_accepted_is_its_own_although_the_link_fails_before_it_has_stopped(
        self, person: SyncCloud
    ) -> None:
        job = person.syncing()
        task = stop(job, wait="no")
        task.run()
        seeded(person, job, {"force_status": "Failed"})
        assert task.clear().run()["Status"] == "Failed"

    def test_a_stop_whose_answer_was_lost_is_its_own(self, person: SyncCloud) -> None:
        job = person.syncing()
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "after", "times": 1})
        person.emulator.set_speed(SPEED)
        assert stop(job).run()["Status"] == "Stopped"
        assert len(person.emulator.journal("StopSyncJob")) == 1

    def test_a_stop_that_did_not_arrive_is_none_once_the_link_has_failed(
        self, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        job = person.syncing()
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "before", "times": 1})
        meanwhile.before("DescribeSyncJobs", 3, lambda: seeded(person, job, {"force_status": "Failed"}))
        with pytest.raises(Impossible, match="lag 0"):
            stop(job).run()

    def test_a_stop_that_did_not_arrive_is_none_once_the_link_lags(
        self, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        """Then another hand stops it, behind its source."""
        job = person.syncing()
        task = stop(job)
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "before", "times": 1})
        meanwhile.before("StopSyncJob", 1, lambda: falls_behind(person, job))
        with pytest.raises(TaskDeferred):
            task.operator.execute(task.context)
        assert calls(person.emulator, "StopSyncJob") == []
        person.call("StopSyncJob", JobId=job)
        person.wait(60)
        with pytest.raises(Impossible, match="not by this run's StopSyncJob at lag 0"):
            task.clear().run()

    def test_a_stop_that_did_not_arrive_is_none_once_its_evidence_is_refused(
        self, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        job = person.syncing()
        proof = sync_proof(person, job)
        task = Task(DtsStopSyncJobOperator(task_id="stop", job_id=job, caught_up=True, evidence=proof))
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "before", "times": 1})
        gone = {"JobId": job, "CompareTaskId": proof["compare_task_id"]}
        meanwhile.before("StopSyncJob", 1, lambda: person.call("DeleteSyncCompareTask", **gone))
        with pytest.raises(EvidenceRejected, match="gone"):
            task.run()
        person.call("StopSyncJob", JobId=job)
        person.wait(60)
        assert person.info(job)["Status"] == "Stopped"
        with pytest.raises(Impossible, match="not by this run's StopSyncJob"):
            task.clear().run()


class TestAStopThatWasNotSentOrRefused:
    """It has stopped nothing: where another hand then stops the link behind its source, that is no end to build on."""

    @pytest.fixture
    def task(self, person: SyncCloud) -> Task:
        job = person.syncing()
        return stop(job, evidence=sync_proof(person, job))

    @staticmethod
    def stopped_behind(person: SyncCloud, task: Task) -> None:
        """Another hand's doing."""
        falls_behind(person, task.operator.job_id)
        person.wait(30)
        assert person.info(task.operator.job_id)["Detail"]["SecondsBehindMaster"] > 0
        person.call("StopSyncJob", JobId=task.operator.job_id)
        person.wait(60)
        assert person.info(task.operator.job_id)["Status"] == "Stopped"

    @staticmethod
    def proves_nothing(task: Task) -> None:
        with pytest.raises(Impossible, match="not by this run's StopSyncJob at lag 0"):
            task.run()

    def test_refused_for_good(self, task: Task, person: SyncCloud) -> None:
        person.emulator.add_fault({"action": "StopSyncJob", "code": "UnauthorizedOperation", "times": 1})
        with pytest.raises(Denied):
            task.run()
        self.stopped_behind(person, task)
        self.proves_nothing(task.clear())

    def test_throttled(self, task: Task, person: SyncCloud, meanwhile: Meanwhile) -> None:
        person.emulator.add_fault({"action": "StopSyncJob", "code": "RequestLimitExceeded", "times": 1})
        meanwhile.after_trouble("StopSyncJob", lambda: self.stopped_behind(person, task))
        self.proves_nothing(task)

    def test_the_job_is_held_by_another_run(self, task: Task, person: SyncCloud) -> None:
        other = Holder("dag", "manual__other", "purchase")
        AIRFLOW.runs["dag", "manual__other"] = ("running", None)
        place = Place.of(DtsHook().resolve())
        AIRFLOW.variables[KEY + task.operator.job_id] = Record((other,), other, place).dumps()
        with pytest.raises(IdentityConflict, match="nothing was called"):
            task.run()
        self.stopped_behind(person, task)
        AIRFLOW.runs["dag", "manual__other"] = ("failed", None)
        self.proves_nothing(task.clear())

    def test_one_without_an_answer_that_the_link_at_work_refutes_although_its_evidence_cannot_be_read(
        self, task: Task, person: SyncCloud, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "0.2")
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "before", "times": 1})
        outage = {"action": "DescribeSyncCompareTasks", "status": 502}
        meanwhile.before("StopSyncJob", 1, lambda: person.emulator.add_fault(outage))
        with pytest.raises(TaskDeferred):
            task.operator.execute(task.context)
        person.emulator.clear_faults()
        self.stopped_behind(person, task)
        self.proves_nothing(task)

    def test_one_that_was_accepted_and_undone_long_ago(self, task: Task, person: SyncCloud) -> None:
        """A prepaid link can be reset and started again; what is at work since has not been stopped."""
        job = task.operator.job_id
        task.operator.wait = "no"
        task.run()
        seeded(person, job, {"force_status": "Running"})
        person.wait(3600)
        falls_behind(person, job)
        person.wait(30)
        task.operator.wait = "defer"
        with pytest.raises(TaskDeferred):
            task.clear().operator.execute(task.context)
        person.call("StopSyncJob", JobId=job)
        person.wait(60)
        self.proves_nothing(task.clear())

    def test_one_that_was_accepted_a_moment_ago_is_its_own_although_a_look_behind_it_shows_the_link_at_work(
        self, task: Task, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        task.operator.wait = "no"
        meanwhile.behind("DescribeSyncJobs", "StopSyncJob", 2)
        task.run()
        person.wait(60)
        task.operator.wait = "defer"
        assert task.clear().run()["Status"] == "Stopped"

    @pytest.mark.parametrize("looks", [1, 3], ids=["seen before it is sent again", "a second one is refused"])
    def test_one_that_was_carried_out_is_its_own_although_a_look_behind_it_shows_the_link_at_work(
        self, looks: int, task: Task, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        person.emulator.add_fault({"action": "StopSyncJob", "drop": "after", "times": 1})
        meanwhile.behind("DescribeSyncJobs", "StopSyncJob", looks)
        person.emulator.set_speed(SPEED)
        assert task.run()["Status"] == "Stopped"
        assert task.clear().run()["Status"] == "Stopped"
        assert len(person.emulator.journal("StopSyncJob")) == (1 if looks == 1 else 2)


def test_without_a_proof_to_keep_it_is_stopped_as_it_is(person: SyncCloud) -> None:
    person.emulator.set_speed(0)
    job = lagging(person)
    task = stop(job, "False")
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert len(person.emulator.journal("StopSyncJob")) == 1
