"""No cutover without proof: of this job, of this run, fresh, covering what it should, at lag 0."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.comparing import shown_of
from tencent_dts.errors import EvidenceRejected, InvalidInput
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import DtsCompleteMigrateJobOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, databases
from tests.unit.stages import SPEED, calls, drive, seeded

pytestmark = pytest.mark.usefixtures("airflow_connections")

ACTION = "CompleteMigrateJob"


def complete(job: str, evidence: Any, **changes: Any) -> Task:
    return Task(DtsCompleteMigrateJobOperator(task_id="complete", job_id=job, evidence=evidence, **changes))


def proof(cloud: Cloud, job: str, *, allowed: int = 0, **ti: Any) -> dict[str, Any]:
    """What a compare and its report of one run hand to the cutover."""
    compare = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job), **ti)
    compare_task = compare.run()
    cloud.wait(60)
    report = DtsCompareReportSensor(
        task_id="report", job_id=job, compare_task_id=compare_task, allowed_skipped_tables=allowed
    )
    evidence: dict[str, Any] = Task(report, **ti).run()
    return evidence


@pytest.fixture
def job(cloud: Cloud) -> str:
    return cloud.ready()


def test_good_evidence_lets_it_through(cloud: Cloud, job: str) -> None:
    task = complete(job, proof(cloud, job))
    cloud.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "success"
    assert len(calls(cloud.emulator, ACTION)) == 1


@for_every(
    "change, told",
    [
        ({"job_id": "dts-someother"}, "job dts-someother"),
        ({"run": "of-another-run"}, "another run"),
        ({"conclusion": "different"}, "different"),
        ({"conclusion": "skipAll"}, "skipAll"),
        ({"conclusion": "notCompared"}, "notCompared"),
        ({"skipped_tables": 1}, "skipped tables: 1"),
        ({"checked_tables": 1}, "only 1 of"),
        ({"checked_tables": 0, "total_tables": 0}, "only 0 of 0"),
        ({"total_tables": -1}, "does not say"),
        ({"compare_task_id": "no-such-task"}, "gone"),
        (None, "there is no evidence"),
    ],
)
def test_evidence_that_is_not_good_completes_nothing(
    change: dict[str, Any] | None, told: str, cloud: Cloud, job: str
) -> None:
    evidence = {} if change is None else proof(cloud, job) | change
    with pytest.raises(EvidenceRejected, match=told) as raised:
        complete(job, evidence).run()
    assert "report" in (raised.value.next_step or "")
    assert cloud.emulator.journal(ACTION) == []


def test_evidence_of_another_run_with_its_mark_changed_is_found_out_by_the_compare_task(cloud: Cloud, job: str) -> None:
    foreign = proof(cloud, job, run_id="manual__other")
    mine = proof(cloud, job)
    with pytest.raises(EvidenceRejected, match="not ordered by this run"):
        complete(job, foreign | {"run": mine["run"]}).run()
    assert cloud.emulator.journal(ACTION) == []


def test_a_renamed_compare_task_proves_nothing_any_more(cloud: Cloud, job: str) -> None:
    evidence = proof(cloud, job)
    cloud.call("ModifyCompareTaskName", JobId=job, CompareTaskId=evidence["compare_task_id"], TaskName="mine")
    with pytest.raises(EvidenceRejected, match="not ordered by this run"):
        complete(job, evidence).run()


def test_neither_evidence_nor_unproven_is_refused_when_the_dag_is_parsed() -> None:
    options: list[dict[str, Any]] = [{}, {"evidence": {}, "unproven": True}]
    for wrong in options:
        with pytest.raises(InvalidInput):
            DtsCompleteMigrateJobOperator(task_id="complete", job_id="dts-1", **wrong)


def test_unproven_on_purpose_still_waits_for_lag_zero(cloud: Cloud) -> None:
    job = cloud.incremental()
    cloud.wait(16)
    task = Task(DtsCompleteMigrateJobOperator(task_id="complete", job_id=job, unproven=True))
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert cloud.emulator.journal(ACTION) == []
    assert drive(cloud.emulator, task.operator)["Status"] == "success"


def test_unknown_lag_completes_nothing(cloud: Cloud, job: str) -> None:
    evidence = proof(cloud, job)
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large")
    task = complete(job, evidence)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert cloud.emulator.journal(ACTION) == []


def test_lag_that_came_back_after_the_proof_is_waited_for(cloud: Cloud) -> None:
    job = cloud.ready()
    evidence = proof(cloud, job)
    seeded(cloud, job, {"lag": {"seconds": 30, "megabytes": 12, "drain": 30}})
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    cloud.call("ContinueMigrateJob", JobId=job)
    cloud.wait(5 + 16)
    task = complete(job, evidence)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert cloud.emulator.journal(ACTION) == []
    cloud.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "success"


class TestOldEvidence:
    """Older than ``max_report_age``: the task compares again, with the same configuration."""

    def test_it_compares_again_and_completes_on_the_same_result(self, cloud: Cloud, job: str) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        task = complete(job, evidence)
        cloud.emulator.set_speed(SPEED)
        assert task.run()["Status"] == "success"
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 2
        old, new = (call["parameters"] for call in calls(cloud.emulator, "CreateCompareTask"))
        assert old["TaskName"].split("-")[0] == new["TaskName"].split("-")[0]

    def test_it_counts_from_when_the_data_were_compared_not_from_reading_the_report(
        self, cloud: Cloud, job: str
    ) -> None:
        """As after an outage of a day, a red report cleared days later, or a run made again under the same id."""
        compared = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
        cloud.wait(26 * 3600)
        evidence = Task(DtsCompareReportSensor(task_id="report", job_id=job, compare_task_id=compared)).run()
        cloud.emulator.set_speed(SPEED)
        assert complete(job, evidence).run()["Status"] == "success"
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 2

    @pytest.mark.parametrize("hours", [-9, 9])
    def test_the_clock_of_the_worker_says_nothing_of_it(
        self, hours: int, cloud: Cloud, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cloud.wait(60)
        evidence = proof(cloud, job)
        evidence["compared_at"] += hours * 3600.0
        really = time.time
        monkeypatch.setattr(time, "time", lambda: really() + hours * 3600)
        cloud.wait(7200)
        task = complete(job, evidence)
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        assert deferred.value.trigger.watch["ids"]["CompareTaskId"] != evidence["compare_task_id"]
        assert cloud.emulator.journal(ACTION) == []

    @pytest.mark.parametrize("name", ["StartedAt", "FinishedAt"])
    @pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "2099-01-01 00:00:00"])
    def test_a_time_that_is_not_known_or_cannot_be_proves_nothing(
        self, name: str, text: str, cloud: Cloud, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        evidence = proof(cloud, job)
        really = DtsClient._send

        async def send(client: DtsClient, action: str, request: dict[str, Any]) -> Any:
            answer = await really(client, action, request)
            for item in answer.get("Items") or []:
                item[name] = text
            return answer

        monkeypatch.setattr(DtsClient, "_send", send)
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected, match="compared again") as raised:
            complete(job, evidence).run()
        assert ("clock" if "2099" in text else "not reported") in str(raised.value)
        assert cloud.emulator.journal(ACTION) == []

    def test_one_that_is_old_again_whenever_it_ends_is_repeated_three_times_at_each_clear(
        self, cloud: Cloud, job: str
    ) -> None:
        task = complete(job, proof(cloud, job), max_report_age=0.001)
        cloud.emulator.set_speed(SPEED)
        before = len(calls(cloud.emulator, "CreateCompareTask"))
        for times in (3, 6):
            with pytest.raises(EvidenceRejected, match="compared again, it is still"):
                task.run()
            assert len(calls(cloud.emulator, "CreateCompareTask")) - before == times
            task.clear()
        assert cloud.emulator.journal(ACTION) == []

    @pytest.mark.parametrize("ending", ["failed", "canceled", "gone"])
    def test_a_renewal_that_ends_badly_is_red_and_one_clear_compares_again(
        self, ending: str, cloud: Cloud, job: str
    ) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        if ending == "failed":
            seeded(cloud, job, {"compare": {"status": "failed"}})
        task = complete(job, evidence)
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        ids = deferred.value.trigger.watch["ids"]
        if ending == "canceled":
            cloud.call("StopCompare", **ids)
        cloud.wait(60)
        if ending == "gone":
            cloud.call("DeleteCompareTask", **ids)
        with pytest.raises(EvidenceRejected, match=ending):
            task.operator.resume_execution("resume", {"event": {"called": False}}, task.context)
        cloud.emulator.set_speed(SPEED)
        assert task.clear().run()["Status"] == "success"
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 3

    def test_a_renewal_whose_start_came_to_nothing_is_started_again(
        self, cloud: Cloud, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        really, lost = DtsClient._send, list[str]()

        async def send(client: DtsClient, action: str, request: dict[str, Any]) -> Any:
            if action == "StartCompare" and not lost:
                lost.append(request["CompareTaskId"])
                return {"RequestId": "of-an-order-that-was-taken-and-lost"}
            return await really(client, action, request)

        monkeypatch.setattr(DtsClient, "_send", send)
        cloud.emulator.set_speed(SPEED)
        assert complete(job, evidence, timeout=120).run()["Status"] == "success"
        assert [call["parameters"]["CompareTaskId"] for call in calls(cloud.emulator, "StartCompare")][1:] == lost
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 2

    def test_data_that_differs_by_now_completes_nothing(self, cloud: Cloud, job: str) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        seeded(cloud, job, {"compare": {"conclusion": "different"}})
        task = complete(job, evidence)
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected, match="different"):
            task.run()
        assert cloud.emulator.journal(ACTION) == []

    def test_other_coverage_completes_nothing_although_it_says_same(self, cloud: Cloud, job: str) -> None:
        evidence = proof(cloud, job, allowed=3)
        cloud.wait(7200)
        seeded(cloud, job, {"compare": {"skipped_tables": 1}})
        task = complete(job, evidence)
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected):
            task.run()
        assert cloud.emulator.journal(ACTION) == []

    @pytest.mark.parametrize("action", ["CreateCompareTask", "StartCompare"])
    def test_a_lost_answer_orders_no_second_comparison(self, action: str, cloud: Cloud, job: str) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        cloud.emulator.add_fault({"action": action, "drop": "after", "times": 1})
        task = complete(job, evidence)
        cloud.emulator.set_speed(SPEED)
        assert task.run()["Status"] == "success"
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 2

    def test_a_clear_after_a_rejection_compares_again_rather_than_trusting_the_old(
        self, cloud: Cloud, job: str
    ) -> None:
        evidence = proof(cloud, job)
        cloud.wait(7200)
        seeded(cloud, job, {"compare": {"conclusion": "different"}})
        task = complete(job, evidence)
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected):
            task.run()
        assert task.clear().run()["Status"] == "success"
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 3

    def test_fresh_proof_from_a_new_report_is_taken_after_a_rejection(self, cloud: Cloud) -> None:
        job = cloud.ready(MigrateOption=databases("app"))
        old = proof(cloud, job)
        cloud.wait(7200)
        seeded(cloud, job, {"compare": {"conclusion": "different"}})
        task = complete(job, old)
        cloud.emulator.set_speed(SPEED)
        with pytest.raises(EvidenceRejected):
            task.run()
        cloud.emulator.set_speed(0)
        again = proof(cloud, job, task_id="report_again")
        task.operator.evidence = again
        cloud.emulator.set_speed(SPEED)
        assert task.clear().run()["Status"] == "success"


@for_every(
    "change, told",
    [
        ({"compare_task_id": "another"}, "another comparison"),
        ({"skipped_tables": 7}, "another comparison"),
        ({"asked": "yes"}, "another comparison"),
        ({"asked": None}, "no approval was given"),
        (None, "no approval was given"),
    ],
)
def test_an_approval_that_was_not_given_for_this_evidence_completes_nothing(
    change: dict[str, Any] | None, told: str, cloud: Cloud, job: str
) -> None:
    evidence = proof(cloud, job)
    task = complete(job, evidence, approval={})
    task.operator.approval = None if change is None else {"asked": True, **shown_of(evidence)} | change
    with pytest.raises(EvidenceRejected, match=told) as raised:
        task.run()
    assert "Clear `approve`" in str(raised.value.next_step)
    assert cloud.emulator.journal(ACTION) == []


@pytest.mark.parametrize("asked", [True, False])
def test_an_approval_for_this_evidence_or_one_that_nobody_asked_for_lets_it_through(
    asked: bool, cloud: Cloud, job: str
) -> None:
    evidence = proof(cloud, job)
    task = complete(job, evidence, approval={"asked": asked, **(shown_of(evidence) if asked else {})})
    cloud.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "success"


def test_a_job_that_was_completed_needs_no_evidence_any_more(cloud: Cloud) -> None:
    job = cloud.succeeded()
    assert complete(job, {"conclusion": "notCompared"}).run()["Status"] == "success"
    assert len(calls(cloud.emulator, ACTION)) == 1
