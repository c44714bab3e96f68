"""Compare tasks: how they are made, run, stopped, changed and deleted.

API documents: CreateCompareTask, StartCompare, StopCompare, DeleteCompareTask, ModifyCompareTask,
ModifyCompareTaskName, DescribeCompareTasks (with its example), CompareTaskInfo; the product guide on data
consistency checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import load
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration
from tests.unit.emulator.sync_cloud import SyncCloud

DENIED = "OperationDenied.OperationDeniedError"
NOT_FOUND = "ResourceNotFound.ResourceNotFoundError"
WRONG = "InvalidParameterValue.InvalidParameterValueError"
UNSET = "0000-00-00 00:00:00"


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def created(cloud: Cloud, job: str) -> str:
    return str(cloud.call("CreateCompareTask", JobId=job)["CompareTaskId"])


def stopping(cloud: Cloud, job: str) -> str:
    task = cloud.comparing(job)
    cloud.call("StopCompare", JobId=job, CompareTaskId=task)
    return task


def _waited(cloud: Cloud, task: str, seconds: float) -> str:
    cloud.wait(seconds)
    return task


def failed(cloud: Cloud, job: str) -> str:
    cloud.emulator.seed({"match": {"JobId": job}, "compare": {"status": "failed"}})
    return cloud.compare(job)


STATES: dict[str, Callable[[Cloud, str], str]] = {
    "created": created,
    "readyRun": Cloud.comparing,
    "running": lambda cloud, job: _waited(cloud, cloud.comparing(job), 2),
    "success": Cloud.compare,
    "stopping": stopping,
    "canceled": lambda cloud, job: _waited(cloud, stopping(cloud, job), 5),
    "failed": failed,
}
CALLABLE = {
    "created": {"StartCompare": "readyRun", "ModifyCompareTask": "created"},
    "readyRun": {"StopCompare": "stopping"},
    "running": {"StopCompare": "stopping"},
    "success": {"DeleteCompareTask": ""},
    "stopping": {},
    "canceled": {"DeleteCompareTask": ""},
    "failed": {"DeleteCompareTask": ""},
}
ACTIONS = ("StartCompare", "StopCompare", "DeleteCompareTask", "ModifyCompareTask")


@for_every("state", STATES, anew="cloud")
def test_each_state_is_reached_and_refuses_what_it_does_not_allow(cloud: Cloud, state: str) -> None:
    job = cloud.ready()
    task = STATES[state](cloud, job)
    before = cloud.task(job, task)
    assert before["Status"] == state
    for action in set(ACTIONS) - CALLABLE[state].keys():
        assert DENIED in load().actions[action].errors
        assert cloud.refused(action, JobId=job, CompareTaskId=task) == DENIED, action
    assert cloud.task(job, task) == before


@for_every(
    "state, action, following",
    [(state, action, following) for state, calls in CALLABLE.items() for action, following in calls.items()],
    anew="cloud",
)
def test_what_a_state_allows_leads_to_the_next(cloud: Cloud, state: str, action: str, following: str) -> None:
    job = cloud.ready()
    task = STATES[state](cloud, job)
    cloud.call(action, JobId=job, CompareTaskId=task)
    items = cloud.call("DescribeCompareTasks", JobId=job, CompareTaskId=task)["Items"]
    assert [item["Status"] for item in items] == ([following] if following else [])


@for_every("state", STATES, anew="cloud")
def test_a_task_can_be_renamed_in_every_state(cloud: Cloud, state: str) -> None:
    job = cloud.ready()
    task = STATES[state](cloud, job)
    cloud.call("ModifyCompareTaskName", JobId=job, CompareTaskId=task, TaskName="final")
    assert cloud.task(job, task)["TaskName"] == "final"


def test_a_task_is_named_by_its_job_and_after_its_id(cloud: Cloud) -> None:
    job = cloud.ready()
    task = created(cloud, job)
    prefix, _, tail = task.partition("-cmp-")
    assert (prefix, len(tail), tail.isalnum()) == (job, 8, True)
    assert cloud.task(job, task)["TaskName"] == task
    named = cloud.call("CreateCompareTask", JobId=job, TaskName="test_cmp")["CompareTaskId"]
    assert cloud.task(job, named)["TaskName"] == "test_cmp"


def test_a_run_takes_its_time_and_says_how_far_it_is(cloud: Cloud) -> None:
    job = cloud.ready()
    task = created(cloud, job)
    item = cloud.task(job, task)
    assert (item["StartedAt"], item["FinishedAt"], item["Conclusion"]) == (UNSET, UNSET, "")
    cloud.call("StartCompare", JobId=job, CompareTaskId=task)
    cloud.wait(2 + 9)
    item = cloud.task(job, task)
    assert (item["Status"], item["CompareProcess"]["Percent"], item["Conclusion"]) == ("running", 20, "")
    cloud.wait(36)
    item = cloud.task(job, task)
    assert (item["Status"], item["Conclusion"], item["Message"]) == ("success", "same", "done")
    assert item["CompareProcess"]["Percent"] == 100
    assert UNSET not in (item["StartedAt"], item["FinishedAt"])


def test_one_run_per_job_at_a_time(cloud: Cloud) -> None:
    job = cloud.ready()
    first = cloud.comparing(job)
    second = created(cloud, job)
    for _ in ("readyRun", "running"):
        assert cloud.refused("StartCompare", JobId=job, CompareTaskId=second) == DENIED
        cloud.wait(10)
    cloud.call("StopCompare", JobId=job, CompareTaskId=first)
    assert cloud.refused("StartCompare", JobId=job, CompareTaskId=second) == DENIED
    cloud.wait(5)
    cloud.call("StartCompare", JobId=job, CompareTaskId=second)
    other = cloud.ready()
    cloud.comparing(other)


def test_a_forced_stop_ends_the_run_at_once(cloud: Cloud) -> None:
    job = cloud.ready()
    task = cloud.comparing(job)
    cloud.call("StopCompare", JobId=job, CompareTaskId=task, ForceStop=True)
    assert cloud.task(job, task)["Status"] == "canceled"


@for_every("action", ["CompleteMigrateJob", "StopMigrateJob", "IsolateMigrateJob"])
@for_every("waited", [0, 10], anew="cloud")
def test_a_run_fails_when_its_job_ends_meanwhile(cloud: Cloud, action: str, waited: float) -> None:
    job = cloud.ready()
    task = cloud.comparing(job)
    cloud.wait(waited)
    cloud.call(action, JobId=job)
    cloud.wait(100)
    item = cloud.task(job, task)
    assert (item["Status"], item["Conclusion"]) == ("failed", "")
    assert item["Message"]


def test_an_ended_job_keeps_its_tasks_and_starts_none(cloud: Cloud) -> None:
    job = cloud.ready()
    task = created(cloud, job)
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.wait(10)
    assert cloud.refused("StartCompare", JobId=job, CompareTaskId=task) == DENIED
    assert cloud.task(job, task)["Status"] == "created"


@for_every("action", [*ACTIONS, "ModifyCompareTaskName", "DescribeCompareReport"], anew="cloud")
def test_a_task_that_does_not_exist_is_not_found(cloud: Cloud, action: str) -> None:
    job = cloud.ready()
    extra = {"TaskName": "new"} if action == "ModifyCompareTaskName" else {}
    for task in (f"{job}-cmp-00000000", created(cloud, cloud.ready())):
        assert cloud.refused(action, JobId=job, CompareTaskId=task, **extra) == NOT_FOUND
    assert NOT_FOUND in load().actions[action].errors


def test_a_deleted_task_is_gone(cloud: Cloud) -> None:
    job = cloud.ready()
    task = cloud.compare(job)
    cloud.call("DeleteCompareTask", JobId=job, CompareTaskId=task)
    assert cloud.refused("DeleteCompareTask", JobId=job, CompareTaskId=task) == NOT_FOUND
    assert cloud.call("DescribeCompareTasks", JobId=job, CompareTaskId=task)["TotalCount"] == 0


def test_tasks_are_listed_newest_first_by_status_and_page(cloud: Cloud) -> None:
    job = cloud.ready()
    done = cloud.compare(job)
    others = [created(cloud, job) for _ in range(3)][::-1]

    def listed(**params: object) -> list[str]:
        return [item["CompareTaskId"] for item in cloud.call("DescribeCompareTasks", JobId=job, **params)["Items"]]

    assert listed() == [*others, done]
    assert listed(Status=["created"]) == others
    assert listed(Status=["success", "failed"]) == [done]
    assert listed(Limit=2, Offset=1) == [*others, done][1:3]


def test_the_job_shows_its_latest_task(cloud: Cloud) -> None:
    job = cloud.ready()
    assert cloud.detail(job)["CompareTask"] == {"CompareTaskId": "", "Status": "notexist"}
    task = created(cloud, job)
    assert cloud.detail(job)["CompareTask"] == {"CompareTaskId": task, "Status": "unstart"}
    cloud.call("StartCompare", JobId=job, CompareTaskId=task)
    assert cloud.detail(job)["CompareTask"]["Status"] == "running"
    cloud.wait(47)
    assert cloud.detail(job)["CompareTask"]["Status"] == "consistent"
    cloud.emulator.seed({"match": {"JobId": job}, "compare": {"conclusion": "different"}})
    cloud.compare(job)
    assert cloud.detail(job)["CompareTask"]["Status"] == "inconsistent"
    stopping(cloud, job)
    cloud.wait(5)
    assert cloud.detail(job)["CompareTask"]["Status"] == "canceled"


def test_a_task_covers_what_the_job_migrates_unless_told_otherwise(cloud: Cloud) -> None:
    partial = {"DbName": "big", "DBMode": "partial", "TableMode": "partial", "Tables": [{"TableName": "a"}]}
    chosen = {"ObjectMode": "partial", "Databases": [partial, {"DbName": "db1", "DBMode": "all"}]}
    job = cloud.ready(MigrateOption={"DatabaseTable": chosen})
    config = cloud.task(job, created(cloud, job))["Config"]
    assert config["ObjectMode"] == "partial"
    assert [(item["DbName"], item["DbMode"], item["Tables"]) for item in config["ObjectItems"]] == [
        ("big", "partial", [{"TableName": "a"}]),
        ("db1", "all", None),
    ]
    custom = {"ObjectMode": "partial", "ObjectItems": [{"DbName": "db1", "DbMode": "all"}]}
    task = cloud.call("CreateCompareTask", JobId=job, ObjectMode="custom", Objects=custom)["CompareTaskId"]
    assert [item["DbName"] for item in cloud.task(job, task)["Config"]["ObjectItems"]] == ["db1"]


def test_custom_objects_are_required_and_lie_within_the_migration(cloud: Cloud) -> None:
    job = cloud.ready()
    strange = {"ObjectMode": "partial", "ObjectItems": [{"DbName": "elsewhere", "DbMode": "all"}]}
    task = created(cloud, job)
    for objects in (None, strange, {"ObjectMode": "all"}):
        params = {"JobId": job, "ObjectMode": "custom", "Objects": objects}
        assert cloud.refused("CreateCompareTask", **params) == WRONG
        assert cloud.refused("ModifyCompareTask", CompareTaskId=task, **params) == WRONG


def chosen(mode: str = "partial", /, **item: Any) -> dict[str, Any]:
    """Objects of a compare: one database of the job's own."""
    return {"Objects": {"ObjectMode": mode, "ObjectItems": [{"DbName": "app", "DbMode": "all"} | item]}}


MISTAKEN: list[dict[str, Any]] = [
    {"Objects": {"ObjectMode": "partial"}},
    {"Objects": {"ObjectMode": "partial", "ObjectItems": []}},
    chosen(DbMode="partial"),
    chosen(DbMode="partial", TableMode="partial"),
    chosen(TableMode="partial", Tables=[]),
    chosen(TableMode="partial", Tables=[{"TableName": ""}]),
    chosen(TableMode="partial", Tables=[{"TableName": "t1", "ColumnMode": "partial"}]),
    chosen(TableMode="partial", Tables=[{"TableName": "t1", "ColumnMode": "some"}]),
    chosen(ViewMode="partial"),
    {"Objects": chosen()["Objects"] | {"AdvancedObjects": ["index"]}},
    {"Objects": chosen()["Objects"] | {"AdvancedObjects": ["trigger"]}},
    {"Options": {"Type": "external"}},
    {"Options": {"CompareMode": ["everything"]}},
    {"Options": {"CompareMode": ["structureCheck"]}},
    {"Options": {"CompareMode": ["advanceObject"]}},
    {"Options": {"CompareMode": ["full", "increment"], "Method": "rowsCount"}},
    {"Options": {"ReCheckInterval": 61}},
    {"Options": {"ReCheckInterval": 0}},
    {"Options": {"ReCheckTime": -1}},
    {"Options": {"ThreadCount": 9}},
]


@for_every("mistake", MISTAKEN, ids=str, anew="cloud")
def test_what_a_compare_cannot_cover_is_refused(cloud: Cloud, mistake: dict[str, Any]) -> None:
    job = cloud.ready()
    task = created(cloud, job)
    params = {"JobId": job, **({"ObjectMode": "custom"} if "Objects" in mistake else {}), **mistake}
    assert cloud.refused("CreateCompareTask", **params) == WRONG
    before = cloud.task(job, task)
    assert cloud.refused("ModifyCompareTask", CompareTaskId=task, **params) == WRONG
    assert cloud.task(job, task) == before


def test_a_table_that_the_job_does_not_have_cannot_be_compared(cloud: Cloud) -> None:
    named = {"DbName": "app", "DBMode": "partial", "TableMode": "partial", "Tables": [{"TableName": "t1"}]}
    job = cloud.ready(MigrateOption={"DatabaseTable": {"ObjectMode": "partial", "Databases": [named]}})
    for table, code in (("t1", ""), ("t2", WRONG)):
        params = {"JobId": job, "ObjectMode": "custom", **chosen(TableMode="partial", Tables=[{"TableName": table}])}
        if code:
            assert cloud.refused("CreateCompareTask", **params) == code
        else:
            cloud.call("CreateCompareTask", **params)


@for_every(
    "family, options, taken",
    [
        ("mysql", {"Type": "independent", "CompareMode": ["full", "increment"], "ReCheckInterval": 60}, True),
        ("postgresql", {"CompareMode": ["structureCheck"]}, True),
        ("mongodb", {"CompareMode": ["advanceObject"], "Type": "builtin"}, True),
        ("mongodb", {"Type": "independent"}, False),
        ("redis", {"Type": "independent"}, False),
        ("postgresql", {"CompareMode": ["advanceObject"]}, False),
    ],
    anew="cloud",
)
def test_which_links_know_which_comparisons(cloud: Cloud, family: str, options: dict[str, Any], taken: bool) -> None:
    job = cloud.ready(family)
    if taken:
        cloud.call("CreateCompareTask", JobId=job, Options=options)
    else:
        assert cloud.refused("CreateCompareTask", JobId=job, Options=options) == WRONG
    automatic = {"Consistency": {"Mode": "full", "Options": options}}
    fresh = cloud.buy(SrcDatabaseType=family, DstDatabaseType=family)
    cloud.wait(2)
    params = {"JobId": fresh, **configuration(family, MigrateOption=automatic)}
    if taken:
        cloud.call("ModifyMigrationJob", **params)
    else:
        assert cloud.refused("ModifyMigrationJob", **params) == WRONG


def test_columns_can_be_chosen_for_a_sync_job_only(emulator: Emulator) -> None:
    cloud = SyncCloud(emulator)
    job = cloud.syncing()
    table = {"TableName": "t1", "ColumnMode": "partial", "Columns": [{"ColumnName": "id"}]}
    params = {"JobId": job, "ObjectMode": "custom", **chosen(TableMode="partial", Tables=[table])}
    cloud.call("CreateSyncCompareTask", **params)
    del table["Columns"]
    assert cloud.refused("CreateSyncCompareTask", **params) == WRONG


def test_options_have_defaults_can_be_changed_and_answer_the_new_spelling(cloud: Cloud) -> None:
    job = cloud.ready()
    task = created(cloud, job)
    assert cloud.task(job, task)["Options"] == {"Method": "dataCheck", "SampleRate": 100, "ThreadCount": 1}
    cloud.call("ModifyCompareTask", JobId=job, CompareTaskId=task, Options={"Method": "rowCount"}, TaskName="rows")
    item = cloud.task(job, task)
    assert (item["Method"], item["Options"]["SampleRate"], item["TaskName"]) == ("rowsCount", 100, "rows")


def test_a_full_consistency_check_makes_a_task_that_runs_with_the_incremental_step(cloud: Cloud) -> None:
    job = cloud.started(MigrateOption={"Consistency": {"Mode": "full"}})
    (item,) = cloud.call("DescribeCompareTasks", JobId=job)["Items"]
    assert (item["TaskName"], item["Status"]) == ("defaultCmpTask", "created")
    cloud.wait(63 + 44 + 43)
    task = item["CompareTaskId"]
    assert cloud.task(job, task)["Status"] == "readyRun"
    cloud.wait(20)
    assert cloud.status(job) == "readyComplete"
    mine = created(cloud, job)
    assert cloud.refused("StartCompare", JobId=job, CompareTaskId=mine) == DENIED
    cloud.wait(27)
    assert cloud.task(job, task)["Conclusion"] == "same"
    cloud.call("StartCompare", JobId=job, CompareTaskId=mine)


@pytest.mark.parametrize("option", [{"Consistency": {"Mode": "noCheck"}}, {}, {"MigrateType": "full"}])
def test_no_other_job_makes_a_task_by_itself(cloud: Cloud, option: dict[str, object]) -> None:
    job = cloud.started(MigrateOption=option)
    assert cloud.call("DescribeCompareTasks", JobId=job)["TotalCount"] == 0
