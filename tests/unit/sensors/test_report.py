"""The report sensor: what proves the data equal, what does not, and a new comparison after a clear."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.errors import DataNotProven, JobFailed
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud, databases
from tests.unit.stages import SPEED, calls, seeded

pytestmark = pytest.mark.usefixtures("airflow_connections")


def compared(cloud: Cloud, *names: str, rows: list[dict[str, Any]] | None = None, **seed: Any) -> tuple[str, str]:
    """A job and its finished compare task."""
    job = cloud.ready(MigrateOption=databases(*names or ("app",)))
    if rows or seed:
        seeded(cloud, job, {"compare": {"rows": rows} if rows else seed})
    task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
    cloud.wait(60)
    return job, task


def sensor(job: str, task: str, **changes: Any) -> Task:
    return Task(DtsCompareReportSensor(task_id="report", job_id=job, compare_task_id=task, **changes))


def test_same_is_evidence_of_job_run_and_coverage(cloud: Cloud) -> None:
    job, task = compared(cloud)
    evidence = sensor(job, task).run()
    assert evidence["job_id"] == job
    assert evidence["compare_task_id"] == task
    assert (evidence["conclusion"], evidence["skipped_tables"]) == ("same", 0)
    assert evidence["checked_tables"] == evidence["total_tables"] > 0


@pytest.mark.parametrize(
    ("seed", "told", "remedy"),
    [
        ({"conclusion": "different", "different_tables": 2}, "conclusion different", "why the data differ"),
        ({"conclusion": "skipAll"}, "conclusion skipAll", "primary key"),
        ({"skipped_tables": 1}, "skipped tables: 1; allowed: 0", "`allowed_skipped_tables`"),
        ({"status": "failed", "message": "the query timed out"}, "the query timed out", "says nothing of the data"),
    ],
    ids=str,
)
def test_what_does_not_prove_it_is_red_with_the_reason_and_its_own_next_step(
    seed: dict[str, Any], told: str, remedy: str, cloud: Cloud
) -> None:
    job, task = compared(cloud, **seed)
    with pytest.raises(DataNotProven, match=told) as raised:
        sensor(job, task).run()
    assert remedy in str(raised.value.next_step)
    assert "clear this task" in str(raised.value.next_step)


def test_a_comparison_that_somebody_stopped_says_nothing_of_the_data(cloud: Cloud) -> None:
    job = cloud.ready()
    task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
    cloud.call("StopCompare", JobId=job, CompareTaskId=task)
    cloud.wait(60)
    with pytest.raises(DataNotProven, match="ended as canceled") as raised:
        sensor(job, task).run()
    assert "was stopped before its end" in str(raised.value.next_step)


def test_differences_are_shown_without_the_rows_values(cloud: Cloud) -> None:
    row = {"Db": "app", "Table": "orders", "Chunk": 4, "SrcItem": '{"card": "4111-1111"}', "IndexName": "PRIMARY"}
    job, task = compared(cloud, rows=[row])
    with pytest.raises(DataNotProven, match=r"app\.orders: chunk 4") as raised:
        sensor(job, task).run()
    assert "4111" not in str(raised.value)


@pytest.mark.parametrize("allowed", [1, "1", 2])
def test_skipped_tables_may_be_allowed(allowed: Any, cloud: Cloud) -> None:
    job, task = compared(cloud, skipped_tables=1)
    assert sensor(job, task, allowed_skipped_tables=allowed).run()["skipped_tables"] == 1


def test_all_skipped_proves_nothing_whatever_is_allowed(cloud: Cloud) -> None:
    job, task = compared(cloud, conclusion="skipAll")
    with pytest.raises(DataNotProven, match="skipAll"):
        sensor(job, task, allowed_skipped_tables=6000).run()


def test_cleared_after_a_difference_it_compares_again_with_the_same_configuration(cloud: Cloud) -> None:
    job = cloud.ready(MigrateOption=databases("rehearse_different", "other"))
    custom = {
        "ObjectMode": "custom",
        "Objects": {"ObjectMode": "partial", "ObjectItems": [{"DbName": "other", "DbMode": "all"}]},
        "Options": {"Method": "sampleDataCheck", "SampleRate": 20, "ThreadCount": 3},
    }
    first = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job, configuration=custom)).run()
    cloud.wait(60)
    task = sensor(job, first)
    with pytest.raises(DataNotProven, match="different"):
        task.run()
    cloud.emulator.set_speed(SPEED)
    evidence = task.clear().run()
    second = evidence["compare_task_id"]
    assert second != first
    old, new = cloud.task(job, first), cloud.task(job, second)
    assert (old["Config"], old["Options"]) == (new["Config"], new["Options"])
    assert task.retry().run()["compare_task_id"] == second


def test_cleared_after_proof_it_proves_anew_and_an_automatic_retry_does_not(cloud: Cloud) -> None:
    job, compare_task = compared(cloud)
    task = sensor(job, compare_task)
    assert task.run()["compare_task_id"] == compare_task
    assert task.retry().run()["compare_task_id"] == compare_task
    cloud.emulator.set_speed(SPEED)
    again = task.clear().run()
    assert again["compare_task_id"] != compare_task
    assert again["conclusion"] == "same"


@pytest.mark.parametrize("clears", [0, 1], ids=["nothing was ordered here", "one was ordered here"])
def test_what_the_task_before_orders_anew_is_judged_and_no_other_is_ordered(clears: int, cloud: Cloud) -> None:
    job, compare_task = compared(cloud)
    task = sensor(job, compare_task)
    cloud.emulator.set_speed(SPEED)
    for _ in range(1 + clears):
        task.run()
        task.operator = sensor(job, compare_task).operator  # as it is rendered for the next try
        task.clear()
    newer = Task(DtsCreateCompareTaskOperator(task_id="again", job_id=job)).run()
    ordered = len(calls(cloud.emulator, "CreateCompareTask"))
    task.operator = sensor(job, newer).operator
    assert task.run()["compare_task_id"] == newer
    assert len(calls(cloud.emulator, "CreateCompareTask")) == ordered


def test_an_automatic_retry_orders_no_comparison(cloud: Cloud) -> None:
    job, compare_task = compared(cloud, conclusion="different")
    task = sensor(job, compare_task)
    for _ in range(3):
        with pytest.raises(DataNotProven):
            task.retry().run()
    assert len(calls(cloud.emulator, "CreateCompareTask")) == 1


@pytest.mark.parametrize("action", ["CreateCompareTask", "StartCompare"])
def test_a_lost_answer_to_the_new_comparison_orders_no_second(action: str, cloud: Cloud) -> None:
    job, compare_task = compared(cloud, conclusion="different")
    task = sensor(job, compare_task)
    with pytest.raises(DataNotProven):
        task.run()
    cloud.emulator.add_fault({"action": action, "drop": "after", "times": 1})
    cloud.emulator.set_speed(SPEED)
    task.clear().run()
    assert len(calls(cloud.emulator, "CreateCompareTask")) == 2
    assert len(calls(cloud.emulator, "StartCompare")) == 2


def test_after_the_cutover_the_evidence_is_kept(cloud: Cloud) -> None:
    job, compare_task = compared(cloud)
    task = sensor(job, compare_task)
    evidence = task.run()
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.wait(10)
    assert task.clear().run() == evidence


def test_nothing_is_required_where_the_migration_has_ended_by_itself(cloud: Cloud) -> None:
    job = cloud.succeeded()
    assert sensor(job, "", required="False").run() == {"job_id": job, "conclusion": "notCompared"}


def test_where_it_should_have_ended_by_itself_and_has_not_it_is_red(cloud: Cloud) -> None:
    with pytest.raises(JobFailed, match="ready"):
        sensor(cloud.dumping(), "", required=False).run()


class TestCreating:
    """The comparison that a run orders."""

    def test_it_is_ordered_once_and_adopted_afterwards(self, cloud: Cloud) -> None:
        job = cloud.ready()
        task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job))
        first = task.run()
        assert task.clear().run() == first
        task.store.values.clear()
        assert task.clear().run() == first
        assert len(calls(cloud.emulator, "CreateCompareTask")) == 1

    @pytest.mark.parametrize(
        "fault", [{"drop": "after"}, {"drop": "before"}, {"truncate": True}, {"code": "RequestLimitExceeded"}], ids=str
    )
    def test_whatever_happens_to_the_call(self, fault: dict[str, Any], cloud: Cloud) -> None:
        job = cloud.ready()
        cloud.emulator.add_fault({"action": "CreateCompareTask", "times": 1, **fault})
        compare_task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
        assert [task["CompareTaskId"] for task in cloud.emulator.jobs()[0]["compare_tasks"]] == [compare_task]

    def test_it_can_be_created_without_being_started(self, cloud: Cloud) -> None:
        job = cloud.ready()
        task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job, start=False)).run()
        assert cloud.task(job, task)["Status"] == "created"

    def test_another_one_under_way_is_waited_for(self, cloud: Cloud) -> None:
        job = cloud.ready()
        cloud.comparing(job)
        cloud.emulator.set_speed(60)
        compare_task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
        assert cloud.task(job, compare_task)["Status"] in ("readyRun", "running", "success")

    @pytest.mark.parametrize("required", [True, "True"])
    def test_a_job_that_has_ended_cannot_be_compared(self, required: Any, cloud: Cloud) -> None:
        with pytest.raises(Exception, match="incremental phase"):
            Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=cloud.succeeded(), required=required)).run()

    def test_nothing_to_do_where_the_migration_ends_by_itself(self, cloud: Cloud) -> None:
        task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=cloud.succeeded(), required="False"))
        assert task.run() == ""

    def test_cleared_after_the_cutover_it_keeps_its_id(self, cloud: Cloud) -> None:
        job = cloud.ready()
        task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job))
        compare_task = task.run()
        cloud.wait(60)
        cloud.call("CompleteMigrateJob", JobId=job)
        cloud.wait(10)
        assert task.clear().run() == compare_task
