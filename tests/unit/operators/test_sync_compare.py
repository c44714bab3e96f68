"""Comparing a sync link: ordered exactly once in a run, adopted afterwards, kept once the link has ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tencent_dts.errors import Impossible, JobNotFound
from tencent_dts.operators.sync_compare import (
    DtsCreateSyncCompareTaskOperator,
    DtsDescribeSyncCompareReportOperator,
    DtsDescribeSyncCompareTasksOperator,
)
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.stages import STAGES, calls
from tests.unit.subjects import remember_end

pytestmark = pytest.mark.usefixtures("airflow_connections")

CREATE = "CreateSyncCompareTask"


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    """Somebody at the console."""
    return SyncCloud(cloud.emulator)


def create(job: str, **arguments: Any) -> Task:
    return Task(DtsCreateSyncCompareTaskOperator(task_id="compare", job_id=job, **arguments))


def created(cloud: Cloud) -> list[str]:
    return [task["CompareTaskId"] for task in cloud.emulator.jobs()[0]["compare_tasks"]]


def status(person: SyncCloud, job: str, task: str) -> str:
    (item,) = person.call("DescribeSyncCompareTasks", JobId=job, CompareTaskId=task)["Items"]
    return str(item["Status"])


def test_it_is_ordered_once_and_adopted_afterwards(person: SyncCloud) -> None:
    task = create(person.syncing())
    first = task.run()
    assert task.clear().run() == first
    task.store.values.clear()
    assert task.clear().run() == first
    assert len(calls(person.emulator, CREATE)) == 1
    assert len(calls(person.emulator, "StartSyncCompare")) == 1


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize(
    "fault",
    [
        {"drop": "after"},
        {"drop": "before"},
        {"truncate": True},
        {"status": 502},
        {"code": "InternalError.UnknownError"},
        {"code": "RequestLimitExceeded"},
    ],
    ids=str,
)
def test_whatever_happens_to_the_call(fault: dict[str, Any], person: SyncCloud) -> None:
    job = person.syncing()
    person.emulator.add_fault({"action": CREATE, "times": 1, **fault})
    compare_task_id = create(job).run()
    assert created(person) == [compare_task_id]


def test_a_worker_that_died_after_the_call_creates_no_second(person: SyncCloud) -> None:
    job = person.syncing()
    task = create(job)
    person.emulator.add_fault({"action": "StartSyncCompare", "code": "UnauthorizedOperation", "times": 1})
    with pytest.raises(Exception, match="UnauthorizedOperation"):
        task.run()
    compare_task_id = task.clear().run()
    assert created(person) == [compare_task_id]


def test_two_workers_end_with_the_same_comparison(person: SyncCloud) -> None:
    job = person.syncing()
    with ThreadPoolExecutor(2) as workers:
        first, second = workers.map(lambda _: create(job).run(), range(2))
    assert first == second
    assert status(person, job, first) in ("readyRun", "running")


def test_of_two_of_this_task_the_one_that_another_worker_has_started_is_gone_on_with(person: SyncCloud) -> None:
    job = person.syncing()
    task = create(job, start=False)
    task.run()
    (older,) = person.emulator.jobs()[0]["compare_tasks"]
    other = person.call(CREATE, JobId=job, TaskName=older["TaskName"])["CompareTaskId"]
    person.call("StartSyncCompare", JobId=job, CompareTaskId=other)
    assert create(job).run() == other


def test_the_one_that_another_worker_starts_meanwhile_is_gone_on_with_too(
    person: SyncCloud, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "1")
    job, others = person.syncing(), []

    def start_another() -> None:
        (mine,) = person.emulator.jobs()[0]["compare_tasks"]
        others.append(person.call(CREATE, JobId=job, TaskName=mine["TaskName"])["CompareTaskId"])
        person.call("StartSyncCompare", JobId=job, CompareTaskId=others[0])

    meanwhile.before("StartSyncCompare", 1, start_another)
    assert [create(job).run()] == others


def test_the_task_s_name_says_whose_run_it_is_and_runs_do_not_share_one(person: SyncCloud) -> None:
    job = person.syncing()
    first = create(job)
    mine = first.run()
    person.wait(60)
    assert mine != Task(first.operator, run_id="another run").run()
    names = [task["TaskName"] for task in person.emulator.jobs()[0]["compare_tasks"]]
    assert len({name.partition("-")[0] for name in names}) == 2


def test_it_can_be_created_without_being_started(person: SyncCloud) -> None:
    job = person.syncing()
    assert status(person, job, create(job, start=False).run()) == "created"


def test_another_one_under_way_is_waited_for(person: SyncCloud) -> None:
    job = person.syncing()
    other = person.call(CREATE, JobId=job)["CompareTaskId"]
    person.call("StartSyncCompare", JobId=job, CompareTaskId=other)
    person.emulator.set_speed(60)
    assert status(person, job, create(job).run()) in ("readyRun", "running", "success")  # it was started


def test_what_is_compared_and_how_is_sent(person: SyncCloud) -> None:
    job = person.syncing(Objects=objects("app", "other"))
    custom = {
        "ObjectMode": "custom",
        "Objects": {"ObjectMode": "partial", "ObjectItems": [{"DbName": "other", "DbMode": "all"}]},
        "Options": {"Method": "sampleDataCheck", "SampleRate": 20, "ThreadCount": 3},
    }
    create(job, configuration=custom).run()
    (call,) = calls(person.emulator, CREATE)
    assert call["parameters"].items() >= custom.items()


def test_a_link_that_has_ended_cannot_be_compared_and_one_compared_before_keeps_its_id(person: SyncCloud) -> None:
    job = person.syncing()
    task = create(job)
    first = task.run()
    person.wait(60)
    person.call("StopSyncJob", JobId=job)
    person.wait(10)
    assert task.clear().run() == first
    with pytest.raises(Impossible, match="incremental phase"):
        Task(task.operator, run_id="another run").run()


def test_a_link_that_is_gone_keeps_the_id_of_its_comparison(person: SyncCloud) -> None:
    job = person.syncing()
    task = create(job)
    first = task.run()
    person.wait(60)
    for action, seconds in (("StopSyncJob", 10), ("IsolateSyncJob", 5), ("DestroySyncJob", 30)):
        person.call(action, JobId=job)
        person.wait(seconds)
    assert person.syncs() == []
    with pytest.raises(JobNotFound):
        task.clear().run()
    remember_end(job)
    assert task.clear().run() == first
    assert len(calls(person.emulator, CREATE)) == 1


def test_a_link_in_its_full_phase_is_not_compared_yet(person: SyncCloud) -> None:
    job = person.full_phase()
    with pytest.raises(Exception, match=CREATE):
        create(job).run()
    assert created(person) == []


def test_the_tasks_of_a_job_and_their_report(cloud: Cloud) -> None:
    subject = STAGES["sync compare success"](cloud)
    tasks = DtsDescribeSyncCompareTasksOperator(task_id="tasks", job_id=subject.job, status=["success"])
    assert [item["CompareTaskId"] for item in Task(tasks).run()] == [subject.task]
    report = DtsDescribeSyncCompareReportOperator(task_id="report", **subject.arguments())
    assert Task(report).run()["Abstract"]["Conclusion"] == "same"


def test_a_long_report_is_read_to_its_end(person: SyncCloud) -> None:
    job = person.syncing()
    rows = [{"Db": "app", "Table": "orders", "Chunk": number} for number in range(130)]
    person.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": "different", "rows": rows}})
    compare_task_id = create(job).run()
    person.wait(60)
    operator = DtsDescribeSyncCompareReportOperator(task_id="report", job_id=job, compare_task_id=compare_task_id)
    difference = Task(operator).run()["Detail"]["Difference"]
    assert [item["Chunk"] for item in difference["Items"]] == list(range(130))
