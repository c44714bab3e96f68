"""The report sensor of sync links: what proves the data equal, what does not, and what a clear does."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.errors import DataNotProven, JobNotFound
from tencent_dts.operators.sync_compare import DtsCreateSyncCompareTaskOperator
from tencent_dts.sensors.compare import DtsSyncCompareReportSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.stages import SPEED, calls
from tests.unit.subjects import remember_end

pytestmark = pytest.mark.usefixtures("airflow_connections")

END = (("StopSyncJob", 10), ("IsolateSyncJob", 5), ("DestroySyncJob", 30))


def compared(cloud: Cloud, **seed: Any) -> tuple[SyncCloud, str, str]:
    """A link and its finished compare task."""
    person = SyncCloud(cloud.emulator)
    job = person.syncing(Objects=objects("app"))
    if seed:
        person.emulator.seed({"match": {"JobId": job}, "compare": seed})
    task = Task(DtsCreateSyncCompareTaskOperator(task_id="compare", job_id=job)).run()
    person.wait(60)
    return person, job, task


def sensor(job: str, task: str, **changes: Any) -> Task:
    return Task(DtsSyncCompareReportSensor(task_id="report", job_id=job, compare_task_id=task, **changes))


def test_same_is_evidence_of_job_run_and_coverage(cloud: Cloud) -> None:
    _, job, task = compared(cloud)
    evidence = sensor(job, task).run()
    assert (evidence["job_id"], evidence["compare_task_id"]) == (job, task)
    assert evidence["conclusion"] == "same"
    assert evidence["checked_tables"] == evidence["total_tables"] > 0


@pytest.mark.parametrize(
    ("seed", "told"),
    [
        ({"conclusion": "different", "different_tables": 2}, "conclusion different"),
        ({"conclusion": "skipAll"}, "nothing was compared"),
        ({"skipped_tables": 1}, "skipped tables: 1; allowed: 0"),
        ({"status": "failed", "message": "the query timed out"}, "the query timed out"),
    ],
    ids=str,
)
def test_what_does_not_prove_it_is_red_with_the_reason(seed: dict[str, Any], told: str, cloud: Cloud) -> None:
    _, job, task = compared(cloud, **seed)
    with pytest.raises(DataNotProven, match=told):
        sensor(job, task).run()


def test_skipped_tables_may_be_allowed_and_all_skipped_proves_nothing(cloud: Cloud) -> None:
    _, job, task = compared(cloud, skipped_tables=1)
    assert sensor(job, task, allowed_skipped_tables="1").run()["skipped_tables"] == 1
    _, job, task = compared(cloud, conclusion="skipAll")
    with pytest.raises(DataNotProven, match="skipAll"):
        sensor(job, task, allowed_skipped_tables=6000).run()


def test_a_clear_compares_again_after_a_difference_and_after_a_proof(cloud: Cloud) -> None:
    person, job, first = compared(cloud, conclusion="different")
    task = sensor(job, first)
    for _ in range(2):
        with pytest.raises(DataNotProven, match="different"):
            task.retry().run()
    assert len(calls(person.emulator, "CreateSyncCompareTask")) == 1
    person.emulator.set_speed(SPEED)
    second = task.clear().run()
    third = task.clear().run()
    assert (second["conclusion"], third["conclusion"]) == ("same", "same")
    assert len({first, second["compare_task_id"], third["compare_task_id"]}) == 3
    assert len(calls(person.emulator, "CreateSyncCompareTask")) == 3


def test_a_lost_answer_to_the_new_comparison_orders_no_second(cloud: Cloud) -> None:
    person, job, first = compared(cloud, conclusion="different")
    task = sensor(job, first)
    with pytest.raises(DataNotProven):
        task.run()
    person.emulator.add_fault({"action": "CreateSyncCompareTask", "drop": "after", "times": 1})
    person.emulator.set_speed(SPEED)
    task.clear().run()
    assert len(calls(person.emulator, "CreateSyncCompareTask")) == 2


@pytest.mark.parametrize("steps", [1, 2, 3], ids=["stopped", "isolated", "destroyed"])
def test_once_the_link_has_ended_the_evidence_is_kept(steps: int, cloud: Cloud) -> None:
    person, job, first = compared(cloud)
    task = sensor(job, first)
    evidence = task.run()
    for action, seconds in END[:steps]:
        person.call(action, JobId=job)
        person.wait(seconds)
    if steps == len(END):
        with pytest.raises(JobNotFound):
            task.clear().run()
        remember_end(job)
    assert task.clear().run() == evidence
    assert len(calls(person.emulator, "CreateSyncCompareTask")) == 1
