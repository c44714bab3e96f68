"""What single operators of sync jobs promise beyond the common rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tencent_dts.errors import DtsError, Impossible, InvalidInput
from tencent_dts.operators import sync
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import ENDPOINT, SyncCloud, objects
from tests.unit.operators.test_sync_purchase import purchase
from tests.unit.stages import SPEED, calls, clock_runs, drive
from tests.unit.stages_sync import JOBS, plan, seeded

CONFIGURE = "ConfigureSyncJob"


@pytest.fixture(autouse=True)
def connections(airflow_connections: dict[str, Any]) -> dict[str, Any]:
    return airflow_connections


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


class TestConfigure:
    """The whole configuration is sent when it is not the one that was sent."""

    def task(self, job: str, **changes: Any) -> Task:
        return Task(sync.DtsConfigureSyncJobOperator(task_id="configure", job_id=job, configuration=plan(**changes)))

    def test_the_whole_configuration_is_sent_once(self, syncs: SyncCloud) -> None:
        job = syncs.buy_sync()
        task = self.task(job)
        task.run()
        task.clear().run()
        (call,) = calls(syncs.emulator, CONFIGURE)
        sent = call["parameters"]
        assert sent.keys() >= {"SrcInfo", "DstInfo", "SrcAccessType", "DstAccessType", "Objects", "Options", "RunMode"}
        assert "Tags" not in sent
        assert (syncs.info(job)["Objects"]["Databases"][0]["DbName"], syncs.sync_status(job)) == ("app", "Initialized")

    def test_it_is_not_sent_again_after_a_check_has_passed_on_it(self, syncs: SyncCloud) -> None:
        job = syncs.buy_sync()
        task = self.task(job)
        task.run()
        syncs.sync_check(job)
        task.clear().run()
        assert syncs.sync_status(job) == "CheckPass"

    def test_another_plan_is_sent(self, syncs: SyncCloud) -> None:
        job = syncs.buy_sync()
        task = self.task(job)
        task.run()
        task.operator.configuration = plan(objects=objects("app", "more"))
        task.clear().run()
        assert len(calls(syncs.emulator, CONFIGURE)) == 2

    def test_another_password_is_sent_although_it_is_kept_nowhere(
        self, syncs: SyncCloud, connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = self.task(syncs.buy_sync())
        task.run()
        changed = {**connections["source_mysql"], "password": "another-password"}
        monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(changed))
        task.clear().run()
        assert len(calls(syncs.emulator, CONFIGURE)) == 2
        assert "password" not in str((task.store.values, task.ti.pushed))

    def test_a_job_that_was_reset_is_configured_anew(self, syncs: SyncCloud) -> None:
        job = syncs.buy_sync(PayMode="PrePay")
        task = self.task(job)
        task.run()
        seeded(syncs, job, {"force_status": "Stopped"})
        syncs.call("ResetSyncJob", JobId=job)
        syncs.wait(10)
        assert task.clear().run()["Status"] == "Initialized"
        assert len(calls(syncs.emulator, CONFIGURE)) == 2

    def test_a_stopped_job_is_told_to_be_over_and_nothing_is_sent(self, syncs: SyncCloud) -> None:
        job = JOBS["sync Stopped"](syncs).job
        before = len(syncs.emulator.journal(CONFIGURE))
        with pytest.raises(Impossible, match="on purpose"):
            self.task(job).run()
        assert len(syncs.emulator.journal(CONFIGURE)) == before

    def test_a_connection_that_lacks_something_is_named_before_anything_is_sent(
        self, syncs: SyncCloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = syncs.buy_sync()
        broken = {"conn_type": "mysql", "login": "dts", "password": "x", "extra": {"access_type": "vpc"}}
        monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(broken))
        with pytest.raises(InvalidInput, match="source_mysql"):
            self.task(job).run()
        assert syncs.emulator.journal(CONFIGURE) == []


class TestSkip:
    """Check items are skipped by name, each with a reason, and once."""

    def skip(self, job: str, *skips: dict[str, str]) -> Task:
        return Task(sync.DtsSkipSyncCheckItemOperator(task_id="skip", job_id=job, skips=skips))

    def test_only_the_items_are_sent(self, syncs: SyncCloud) -> None:
        job = JOBS["sync CheckNotPass"](syncs).job
        self.skip(job, {"step_id": "OptimizeCheck", "reason": "known"}).run()
        (call,) = calls(syncs.emulator, "SkipSyncCheckItem")
        assert call["parameters"] == {"JobId": job, "StepIds": ["OptimizeCheck"]}

    @pytest.mark.parametrize("skip", [{"step_id": "OptimizeCheck"}, {"reason": "no item"}])
    def test_an_item_without_name_or_reason_is_refused(self, skip: dict[str, str], syncs: SyncCloud) -> None:
        job = JOBS["sync CheckNotPass"](syncs).job
        with pytest.raises(InvalidInput, match="step_id and a reason"):
            self.skip(job, skip).run()
        assert syncs.emulator.journal("SkipSyncCheckItem") == []

    def test_an_item_that_cannot_be_skipped_is_refused_with_the_services_reason(self, syncs: SyncCloud) -> None:
        job = syncs.check_passed(SrcInfo=ENDPOINT | {"Password": "wrong-password"})
        with pytest.raises(DtsError, match="cannot be skipped"):
            self.skip(job, {"step_id": "ConnectDBCheck", "reason": "let us try"}).run()


class TestIsolate:
    """Nothing at work is interrupted, nothing is left running up a bill."""

    def isolate(self, job: str) -> sync.DtsIsolateSyncJobOperator:
        return sync.DtsIsolateSyncJobOperator(task_id="isolate", job_id=job)

    @pytest.mark.parametrize("state", ["Running", "ReadyRunning", "ResumableErr"])
    def test_a_job_at_work_is_refused_and_the_way_to_rest_is_named(self, state: str, syncs: SyncCloud) -> None:
        job = JOBS[f"sync {state}"](syncs).job
        with pytest.raises(Impossible, match="StopSyncJob or PauseSyncJob") as raised:
            Task(self.isolate(job)).run()
        assert "even_if_running" not in str(raised.value)
        assert syncs.emulator.journal("IsolateSyncJob") == []

    @pytest.mark.parametrize("state", ["UnInitialized", "CheckPass", "Paused", "Stopped", "Failed", "prepaid, stopped"])
    def test_a_job_at_rest_is_isolated(self, state: str, syncs: SyncCloud) -> None:
        job = JOBS[f"sync {state}"](syncs).job
        assert drive(syncs.emulator, self.isolate(job))["TradeStatus"] == "Isolated"
        assert syncs.emulator.meter()["live"] == []

    def test_a_status_of_no_name_is_not_isolated(self, syncs: SyncCloud) -> None:
        job = seeded(syncs, syncs.stopped_sync(), {"force_status": "upgrading"})
        with pytest.raises(Impossible, match="upgrading"):
            Task(self.isolate(job)).run()

    def test_a_free_job_is_deleted(self, syncs: SyncCloud) -> None:
        job = JOBS["sync free, stopped"](syncs).job
        assert drive(syncs.emulator, self.isolate(job))["TradeStatus"] in ("NotBilled", "gone")
        syncs.wait(10)
        assert syncs.syncs() == []
        assert drive(syncs.emulator, self.isolate(job))["TradeStatus"] == "gone"

    def test_a_stranger_s_job_of_another_purchase_is_left_alone(self, syncs: SyncCloud) -> None:
        other = syncs.check_passed()
        syncs.emulator.set_speed(SPEED)
        job = Task(purchase()).run()
        drive(syncs.emulator, self.isolate(job))
        assert syncs.sync_trade(other) == "Normal"


class TestEnding:
    """Stopping and destroying, whose documents list no code for a wrong state but an error of the service."""

    def test_a_stop_that_another_worker_has_ordered_meanwhile_is_waited_for(self, syncs: SyncCloud) -> None:
        job = syncs.syncing()
        syncs.emulator.add_fault({"action": "StopSyncJob", "code": "InternalError.UnknownError", "when": "after"})
        with clock_runs(syncs.emulator):
            syncs.emulator.set_speed(SPEED)
            result = Task(sync.DtsStopSyncJobOperator(task_id="stop", job_id=job)).run()
        assert result["Status"] == "Stopped"
        assert len(syncs.emulator.journal("StopSyncJob")) == 1

    def test_a_paused_job_is_stopped(self, syncs: SyncCloud) -> None:
        job = syncs.paused_sync()
        assert drive(syncs.emulator, sync.DtsStopSyncJobOperator(task_id="stop", job_id=job))["Status"] == "Stopped"

    def test_a_paused_job_that_does_not_allow_it_is_not_waited_for(self, syncs: SyncCloud) -> None:
        job = JOBS["sync isolated while paused"](syncs).job
        with pytest.raises(Impossible):
            Task(sync.DtsStopSyncJobOperator(task_id="stop", job_id=job)).run()

    def test_stopping_a_job_twice_calls_once(self, syncs: SyncCloud) -> None:
        job = syncs.syncing()
        for _ in range(2):
            drive(syncs.emulator, sync.DtsStopSyncJobOperator(task_id="stop", job_id=job))
        assert len(syncs.emulator.journal("StopSyncJob")) == 1

    def test_when_killed_is_pause_or_stop(self) -> None:
        for choice in ("leave", "pause", "stop"):
            sync.DtsStartSyncJobOperator(task_id="x", job_id="sync-1", when_killed=choice)
        with pytest.raises(InvalidInput, match="when_killed"):
            sync.DtsStartSyncJobOperator(task_id="x", job_id="sync-1", when_killed="destroy")


class TestReset:
    """A reset job is as if newly bought, and is still its run's."""

    def test_it_is_found_by_its_tags_although_it_lost_its_name(self, syncs: SyncCloud) -> None:
        syncs.emulator.set_speed(SPEED)
        buyer = Task(purchase(pay_mode="PrePay", time_span=1))
        job = buyer.run()
        seeded(syncs, job, {"force_status": "Stopped"})
        reset = Task(sync.DtsResetSyncJobOperator(task_id="reset", job_id=job))
        assert reset.run()["Status"] == "UnInitialized"
        assert syncs.info(job)["JobName"] == job
        assert buyer.clear().run() == job
        assert len(calls(syncs.emulator, "CreateSyncJob")) == 1

    def test_what_dts_does_not_reset_is_refused_with_its_reason(self, syncs: SyncCloud) -> None:
        other = {"SrcDatabaseType": "mongodb", "DstDatabaseType": "mongodb", "PayMode": "PrePay"}
        job = seeded(syncs, syncs.buy_sync(**other), {"force_status": "Stopped"})
        with pytest.raises(DtsError, match="MySQL family"):
            Task(sync.DtsResetSyncJobOperator(task_id="reset", job_id=job)).run()


class TestSize:
    """Class and speed of a job."""

    def test_wrong_class_names_are_refused_when_the_dag_is_parsed(self) -> None:
        with pytest.raises(InvalidInput, match="new_instance_class"):
            sync.DtsResizeSyncJobOperator(task_id="x", job_id="sync-1", new_instance_class="xlarge")

    @pytest.mark.parametrize(
        ("state", "why"),
        [("prepaid", "pay-as-you-go"), ("free", "one class only"), ("isolated", "console|fresh start")],
    )
    def test_what_cannot_be_resized_says_why(self, state: str, why: str, syncs: SyncCloud) -> None:
        job = JOBS[f"sync {state}"](syncs).job
        operator = sync.DtsResizeSyncJobOperator(task_id="resize", job_id=job, new_instance_class="large")
        with pytest.raises(Impossible, match=why):
            Task(operator).run()

    def test_the_same_limits_are_sent_once(self, syncs: SyncCloud) -> None:
        task = Task(sync.DtsModifySyncRateLimitOperator(task_id="limit", job_id=syncs.syncing(), sinker_thread="8"))
        task.run()
        task.clear().run()
        (call,) = calls(syncs.emulator, "ModifySyncRateLimit")
        assert call["parameters"]["SinkerThread"] == 8

    @pytest.mark.parametrize("limits", [{}, {"dump_thread": 17}, {"load_rps": "many"}])
    def test_wrong_limits_are_refused(self, limits: dict[str, Any], syncs: SyncCloud) -> None:
        with pytest.raises(InvalidInput, match=next(iter(limits), "dump_thread")):
            Task(sync.DtsModifySyncRateLimitOperator(task_id="limit", job_id=syncs.buy_sync(), **limits)).run()


class TestDescribe:
    """Operators that return what they read."""

    def test_every_page_of_a_list(self, syncs: SyncCloud) -> None:
        for _ in range(12):
            syncs.buy_sync(Count=10)
        jobs = Task(sync.DtsDescribeSyncJobsOperator(task_id="list")).run()
        assert len({job["JobId"] for job in jobs}) == 120
        assert len(syncs.emulator.journal("DescribeSyncJobs")) == 2
        none = sync.DtsDescribeSyncJobsOperator(task_id="list", filters={"Status": ["Running"]})
        assert Task(none).run() == []

    def test_what_is_returned_holds_no_secret(self, syncs: SyncCloud) -> None:
        job = syncs.check_passed(SrcInfo=ENDPOINT | {"Password": "a-secret-of-ours"})
        (listed,) = Task(sync.DtsDescribeSyncJobsOperator(task_id="list", filters={"JobIds": [job]})).run()
        check = Task(sync.DtsDescribeCheckSyncJobResultOperator(task_id="check", job_id=job)).run()
        assert (listed["Status"], check["Status"], check["StepCount"]) == ("CheckPass", "success", 14)
        assert "a-secret-of-ours" not in str((listed, check))

    def test_a_job_that_is_not_there_is_an_error(self) -> None:
        with pytest.raises(DtsError, match="ResourceNotFound"):
            Task(sync.DtsDescribeCheckSyncJobResultOperator(task_id="check", job_id="sync-nosuchjb")).run()


def test_a_job_that_runs_at_a_time_is_waited_for_beyond_it(syncs: SyncCloud) -> None:
    job = syncs.check_passed(RunMode="Timed", ExpectRunTime="2099-01-01 00:00:00")
    task = Task(sync.DtsStartSyncJobOperator(task_id="start", job_id=job, timeout=0.3))
    with pytest.raises(Exception, match="ReadyRunning"):
        task.run()
    assert syncs.sync_status(job) == "ReadyRunning"
