"""Changing a running sync link: sent once, never over another one, and taken for nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import Denied, Impossible
from tencent_dts.kinds.sync import change_states as table
from tencent_dts.kinds.sync.plan import CHANGED, modify_request
from tencent_dts.model.resource import Verdict
from tencent_dts.operators.sync_change import (
    DtsCreateModifyCheckSyncJobOperator,
    DtsDescribeModifyCheckSyncJobResultOperator,
    DtsModifySyncJobConfigOperator,
    DtsStartModifySyncJobOperator,
)
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud, objects
from tests.unit.stages import SPEED, STAGES, calls
from tests.unit.stages_sync_changes import change

pytestmark = pytest.mark.usefixtures("airflow_connections")

MODIFY = "ModifySyncJobConfig"


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    """Somebody at the console."""
    return SyncCloud(cloud.emulator)


def modify(job: str, *names: str, timeout: float = 30, **changes: Any) -> Task:
    plan = change(*names, **changes)
    return Task(DtsModifySyncJobConfigOperator(task_id="modify", job_id=job, configuration=plan, timeout=timeout))


def applied(person: SyncCloud, job: str) -> None:
    """Let the change that is configured take hold."""
    person.modify_checked(job)
    person.call("StartModifySyncJob", JobId=job)
    person.wait(30)


def databases(person: SyncCloud, job: str) -> list[str]:
    return [database["DbName"] for database in person.info(job)["Objects"]["Databases"]]


class TestSending:
    """The change is sent when it is not the one that was sent."""

    def test_the_same_change_is_not_sent_twice(self, person: SyncCloud) -> None:
        task = modify(person.syncing())
        task.run()
        task.clear().run()
        assert len(calls(person.emulator, MODIFY)) == 1

    def test_it_is_not_sent_again_after_a_check_has_passed_on_it(self, person: SyncCloud) -> None:
        job = person.syncing()
        task = modify(job)
        task.run()
        person.modify_checked(job)
        assert task.clear().run()["OptObjStatus"] == "CheckPass"

    def test_another_plan_waits_for_the_pending_change_like_for_anybody_s(self, person: SyncCloud) -> None:
        task = modify(person.syncing())
        task.run()
        task.operator.configuration = change("app", "other")
        with pytest.raises(TaskDeferred):
            task.clear().operator.execute(task.context)
        assert len(calls(person.emulator, MODIFY)) == 1

    def test_a_change_that_was_applied_is_not_sent_again_although_another_one_followed(self, person: SyncCloud) -> None:
        job = person.syncing()
        task = modify(job)
        task.run()
        applied(person, job)
        person.modify(job, DynamicObjects=objects("app"))
        applied(person, job)
        before = len(calls(person.emulator, MODIFY))
        task.clear().run()
        assert len(calls(person.emulator, MODIFY)) == before
        assert databases(person, job) == ["app"]

    def test_a_change_that_failed_is_sent_again(self, cloud: Cloud, person: SyncCloud) -> None:
        job = person.syncing()
        task = modify(job)
        task.run()
        person.modify_checked(job)
        for action, seconds in (("StartModifySyncJob", 0), ("PauseSyncJob", 40), ("ContinueSyncJob", 10)):
            person.call(action, JobId=job)
            person.wait(seconds)
        assert person.info(job)["OptObjStatus"] == "Failed"
        assert task.clear().run()["OptObjStatus"] == "Initialized"
        assert len(calls(person.emulator, MODIFY)) == 2

    def test_a_worker_that_died_after_the_call_knows_the_change_for_its_own(self, person: SyncCloud) -> None:
        job = person.syncing()
        task = modify(job)
        task.run()
        del task.store.values[f"{job}/digest"]
        assert task.clear().run()["OptObjStatus"] == "Initialized"
        assert task.deferrals == 0

    @pytest.mark.parametrize("died", [False, True], ids=["", "after the call"])
    def test_it_is_known_again_when_the_key_of_the_connection_was_rotated(
        self, died: bool, person: SyncCloud, monkeypatch: pytest.MonkeyPatch, airflow_connections: Any
    ) -> None:
        job = person.syncing()
        task = modify(job)
        task.run()
        if died:
            del task.store.values[f"{job}/digest"]
        else:
            person.modify_checked(job)
        rotated = airflow_connections["tencentcloud_default"] | {"login": "AKIDrotated", "password": "rotated-secret"}
        monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(rotated))
        assert task.clear().run()["OptObjStatus"] == ("Initialized" if died else "CheckPass")
        assert task.deferrals == 0

    def test_options_alone_can_be_changed(self, person: SyncCloud) -> None:
        options = {"OpTypes": ["Insert"], "DdlOptions": [{"DdlObject": "Table", "DdlValue": ["Create"]}]}
        modify(person.syncing(), objects={}, options=options).run()
        (call,) = calls(person.emulator, MODIFY)
        assert call["parameters"]["DynamicOptions"] == options
        assert "DynamicObjects" not in call["parameters"]


class TestAnotherChange:
    """One that somebody else has made is waited for, and replaced on somebody's word alone."""

    def test_one_that_takes_hold_is_waited_for_and_ours_follows(self, person: SyncCloud) -> None:
        job = STAGES["sync change Running"](person).job
        person.emulator.set_speed(SPEED)
        assert modify(job, "app", "other").run()["OptObjStatus"] == "Initialized"
        assert databases(person, job) == ["app", "more"]

    def test_one_that_is_pending_is_not_overwritten(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckPass"](person).job
        before = len(calls(person.emulator, MODIFY))
        task = modify(job, "app", "other", timeout=0.3)
        with pytest.raises(Impossible, match="it was not overwritten") as raised:
            task.run()
        assert "OptObjStatus CheckPass" in str(raised.value)
        with pytest.raises(Impossible, match="it was not overwritten"):
            task.retry().run()
        assert len(calls(person.emulator, MODIFY)) == before

    def test_a_clear_is_the_word_to_replace_it(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckPass"](person).job
        task = modify(job, "app", "other", timeout=0.3)
        with pytest.raises(Impossible, match="it was not overwritten"):
            task.run()
        task.clear().run()
        applied(person, job)
        assert databases(person, job) == ["app", "other"]

    def test_once_it_is_started_it_is_not_replaced_by_a_clear_either(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckPass"](person).job
        task = modify(job, "app", "other", timeout=0.3)
        with pytest.raises(Impossible):
            task.run()
        person.call("StartModifySyncJob", JobId=job)
        person.emulator.set_speed(SPEED)
        task.operator.timeout = 30
        task.clear().run()
        assert databases(person, job) == ["app", "more"]

    @pytest.mark.parametrize("code", ["RequestLimitExceeded", "UnauthorizedOperation"])
    def test_one_that_was_made_when_ours_was_refused_is_not_taken_for_ours(
        self, code: str, person: SyncCloud, meanwhile: Meanwhile
    ) -> None:
        """A refused call has sent nothing: what is pending then is somebody else's."""
        job = person.syncing()
        task = modify(job, "app", "other")
        person.emulator.add_fault({"action": MODIFY, "code": code, "times": 1})
        meanwhile.after_trouble(MODIFY, lambda: person.modify(job))
        if code == "UnauthorizedOperation":
            with pytest.raises(Denied):
                task.run()
            task.retry()
        with pytest.raises(TaskDeferred) as waits:
            task.operator.execute(task.context)
        assert waits.value.trigger.watch["goal"] == "no other change of the job pending"
        assert len(calls(person.emulator, MODIFY)) == 1, "the other hand's"

    def test_ours_that_was_carried_out_without_an_answer_stays_ours_although_a_second_sending_is_refused(
        self, person: SyncCloud
    ) -> None:
        task = modify(person.syncing())
        person.emulator.add_fault({"action": MODIFY, "drop": "after", "times": 1})
        person.emulator.add_fault({"action": MODIFY, "code": "UnauthorizedOperation", "nth": 1})
        with pytest.raises(Denied):
            task.run()
        person.emulator.add_fault({"action": MODIFY, "code": "UnauthorizedOperation", "times": 1})
        with pytest.raises(Denied):
            task.retry().run()
        assert task.retry().run()["OptObjStatus"] == "Initialized"
        assert task.deferrals == 0

    def test_a_word_to_replace_it_stands_until_the_call_is_accepted(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckPass"](person).job
        task = modify(job, "app", "other", timeout=0.3)
        with pytest.raises(Impossible, match="it was not overwritten"):
            task.run()
        person.emulator.add_fault({"action": MODIFY, "code": "RequestLimitExceeded", "times": 1})
        assert task.clear().run()["OptObjStatus"] == "Initialized"
        applied(person, job)
        assert databases(person, job) == ["app", "other"]

    @pytest.mark.parametrize("state", ["sync change CheckNotPass", "sync change Failed"])
    def test_one_that_came_to_nothing_makes_way(self, state: str, person: SyncCloud) -> None:
        job = STAGES[state](person).job
        assert modify(job, "app", "other").run()["OptObjStatus"] == "Initialized"

    def test_one_of_another_run_that_asked_for_the_same_is_enough(self, person: SyncCloud) -> None:
        job = STAGES["sync change Success"](person).job
        before = len(calls(person.emulator, MODIFY))
        assert modify(job).run()["OptObjStatus"] == "Success"
        assert len(calls(person.emulator, MODIFY)) == before


class TestSteps:
    """Check and start, each once."""

    def test_a_check_that_did_not_pass_is_ordered_again(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckNotPass"](person).job
        person.emulator.set_speed(SPEED)
        task = Task(DtsCreateModifyCheckSyncJobOperator(task_id="check", job_id=job))
        assert task.run()["OptObjStatus"] in ("Checking", "CheckPass")
        assert len(calls(person.emulator, "CreateModifyCheckSyncJob")) == 2

    def test_started_once_it_is_done(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckPass"](person).job
        task = Task(DtsStartModifySyncJobOperator(task_id="start", job_id=job))
        task.run()
        person.wait(30)
        assert task.clear().run()["OptObjStatus"] == "Success"
        assert len(calls(person.emulator, "StartModifySyncJob")) == 1

    def test_the_result_of_the_check(self, person: SyncCloud) -> None:
        job = STAGES["sync change CheckNotPass"](person).job
        found = Task(DtsDescribeModifyCheckSyncJobResultOperator(task_id="result", job_id=job)).run()
        assert (found["Status"], found["StepInfos"][-1]["StepId"]) == ("failed", "ModifyConfigCheck")


@pytest.mark.parametrize("row", [table.MODIFY, table.CHECK, table.START], ids=lambda row: row.action)
def test_an_unknown_status_waits_unless_the_job_itself_allows_the_action(row: Any) -> None:
    item = {"Status": "Running", "OptObjStatus": "objChecking", "AllActions": [row.permission, "view"]}
    assert row.judge({**item, "Actions": ["view"]}, called=False) is Verdict.UNKNOWN
    assert row.judge({**item, "Actions": [row.permission]}, called=False) is Verdict.ALLOWED
    assert row.judge({**item, "Actions": [row.permission]}, called=True) is Verdict.UNKNOWN


@pytest.mark.parametrize("goal", [table.MODIFIED, table.OUT_OF_THE_WAY], ids=lambda goal: goal.name)
def test_an_unknown_status_is_no_success(goal: Any) -> None:
    assert goal.judge({"OptObjStatus": "objSuccess"}) is Verdict.UNKNOWN


SHOWN: dict[str, Any] = {
    "Objects": {
        "Mode": "Partial",
        "Databases": [
            {"DbName": "shop", "DbMode": "Partial", "TableMode": "Partial", "Views": None}
            | {"Tables": [{"TableName": "a", "NewTableName": ""}, {"TableName": "b", "NewTableName": "c"}]},
            {"DbName": "app", "DbMode": "All", "TableMode": None},
        ],
    },
    "Options": {
        "InitType": "Full",
        "OpTypes": ["Update", "Insert"],
        "DdlOptions": [{"DdlObject": "Table", "DdlValue": ["Create", "Drop"]}],
        "ConflictHandleOption": None,
        "KafkaOption": {"TopicRules": [{"TopicName": "t", "DbName": "x"}, {"TopicName": "t", "DbName": "y"}]},
    },
}
TABLES = [{"TableName": "b", "NewTableName": "c"}, {"TableName": "a"}]
APP = {"DbName": "app", "DbMode": "All"}
SHOP = {"DbName": "shop", "DbMode": "Partial", "TableMode": "Partial", "Tables": TABLES}


def differences(change: Any, job: dict[str, Any]) -> list[str]:
    plan: Any = {"objects": {}, "options": {}, **change}
    return CHANGED.differences(modify_request("sync-1", plan), job)


def _objects(*databases: dict[str, Any]) -> dict[str, Any]:
    return {"objects": {"Mode": "Partial", "Databases": list(databases)}}


@for_every(
    "asked",
    [
        {},
        _objects(APP, SHOP),
        _objects({**SHOP, "Tables": [*reversed(TABLES)]}, {**APP, "TableMode": "All"}),
        {"options": {"OpTypes": ["Insert", "Update"], "ConflictHandleOption": {}}},
        {"options": {"DdlOptions": [{"DdlObject": "Table", "DdlValue": ["Drop", "Create"]}]}},
        {"options": {"KafkaOption": SHOWN["Options"]["KafkaOption"]}},
    ],
    ids=str,
)
def test_a_job_that_holds_what_was_asked_differs_in_nothing(asked: dict[str, Any]) -> None:
    assert differences(asked, SHOWN) == []


@for_every(
    "asked, told",
    [
        (_objects(APP), "Objects.Databases has shop, which was not asked for"),
        (_objects(APP, SHOP, {"DbName": "new"}), "Objects.Databases lacks new"),
        (_objects({**APP, "DbMode": "Partial"}, SHOP), "Objects.Databases, app.DbMode is All, not Partial"),
        (_objects({**APP, "TableMode": "Partial"}, SHOP), "Objects.Databases, app.TableMode is all, not Partial"),
        (
            _objects(APP, {"DbName": "shop", "DbMode": "Partial", "TableMode": "All"}),
            "Objects.Databases, shop.Tables has a, which was not asked for",
        ),
        (
            _objects(APP, {**SHOP, "Tables": [TABLES[0], {"TableName": "a", "NewTableName": "z"}]}),
            "Objects.Databases, shop.Tables, a.NewTableName is a, not z",
        ),
        ({"options": {"OpTypes": ["Insert", "Delete", "Update"]}}, "Options.OpTypes lacks Delete"),
        ({"options": {"OpTypes": ["Insert"]}}, "Options.OpTypes has Update, which was not asked for"),
        ({"options": {"ConflictHandleType": "Cover"}}, "Options.ConflictHandleType is ReportError, not Cover"),
        (
            {"options": {"ConflictHandleOption": {"ConditionColumn": "id"}}},
            "Options.ConflictHandleOption.ConditionColumn is not reported, not id",
        ),
        (
            {"options": {"KafkaOption": {"TopicRules": [{"TopicName": "t", "DbName": "y"}]}}},
            "Options.KafkaOption.TopicRules, number 1.DbName is x, not y",
        ),
    ],
)
def test_what_a_job_does_not_hold_is_told(asked: dict[str, Any], told: str) -> None:
    assert told in differences(asked, SHOWN)


@pytest.mark.parametrize("shown", [{}, {"Objects": None, "Options": None}])
def test_a_job_that_tells_nothing_holds_nothing(shown: dict[str, Any]) -> None:
    assert differences(_objects(APP), shown)
