"""Plans of a sync link, its modification and its retirement: every rule of several fields, before anything is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Connection

from tencent_dts.errors import InvalidInput, JobNotFound
from tencent_dts.kinds.sync.plan import SyncOrder, configure_request, link_problem, modify_request, order_request
from tencent_dts.operators.plan_sync import (
    DtsPlanSyncChangeOperator,
    DtsPlanSyncOperator,
    DtsPlanSyncRetirementOperator,
)
from tencent_dts.params import SYNC
from tencent_dts.spec import load
from tencent_dts.times import BEIJING
from tests.drive import Task
from tests.rules import for_every
from tests.unit.subjects import remember_end

SOON = (datetime.now(BEIJING) + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")
pytestmark = pytest.mark.usefixtures("nothing_is_sent")

WHOLE = {"DbName": "shop", "DbMode": "All", "TableMode": "All"}
TOPICS = {
    "DataType": "canal-json",
    "TopicType": "Single",
    "TopicRules": [{"TopicName": "shop", "PartitionType": "PartitionByTable", "DbMatchMode": "Default"}],
}


def plan(**request: Any) -> Task:
    return Task(DtsPlanSyncOperator(task_id="plan", request=request))


def change(**request: Any) -> Task:
    return about(DtsPlanSyncChangeOperator, **request)


def end(**request: Any) -> Task:
    return about(DtsPlanSyncRetirementOperator, **request)


def about(kind: type[Any], **request: Any) -> Task:
    """A plan about a job; that it has ended, and is known to, is no matter of the plan."""
    remember_end("sync-werwfs23", region=request.get("region"))
    return Task(kind(task_id="plan", request={"job_id": "sync-werwfs23", **request}))


def objects(*databases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Mode": "Partial", "Databases": list(databases or [WHOLE]), **more}


def tables(*chosen: dict[str, Any]) -> dict[str, Any]:
    return objects({"DbName": "shop", "DbMode": "Partial", "TableMode": "Partial", "Tables": list(chosen)})


def test_the_defaults_are_a_whole_plan() -> None:
    task = plan()
    made = task.run()
    json.dumps(made)
    assert made["source"] == {"connection": "source_mysql", "database_type": "mysql", "region": "ap-guangzhou"}
    assert (made["pay_mode"], made["time_span"], made["instance_class"]) == ("PostPay", 0, "medium")
    assert made["compare"] == {
        "ObjectMode": "sameAsMigrate",
        "Options": {"Method": "dataCheck", "SampleRate": 100, "ThreadCount": 1},
    }
    assert made["deadlines"] == {
        "check_deadline": 3600.0,
        "start_deadline": 3600.0,
        "caught_up_deadline": 14 * 86400.0,
        "report_deadline": 86400.0,
    }
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        "src_database_type": "mysql",
        "src_region": "ap-guangzhou",
        "dst_database_type": "mysql",
        "dst_region": "ap-guangzhou",
        "instance_class": "medium",
        "pay_mode": "PostPay",
        "time_span": 0,
        "auto_renew": False,
        "region": "ap-guangzhou",
        "job_title": "dag",
        "existing_job_id": "",
        "hold_seconds": 30,
        "compare": made["compare"],
        "compare_wanted": True,
        "allowed_skipped_tables": 0,
        **made["deadlines"],
    }


def test_a_plan_holds_no_secret(nothing_is_sent: dict[str, Any]) -> None:
    task = plan()
    made = json.dumps([task.run(), task.ti.pushed, task.store.values])
    for conn in nothing_is_sent.values():
        assert conn["password"] not in made


def test_a_timed_start_is_beijing_time_and_lengthens_the_wait_for_the_start() -> None:
    moment = (datetime.now(UTC) + timedelta(hours=3)).astimezone(BEIJING).replace(microsecond=0)
    task = plan(run_mode="Timed", expect_run_time=moment.isoformat())
    made = task.run()
    assert made["expect_run_time"] == moment.strftime("%Y-%m-%d %H:%M:%S")
    assert made["deadlines"]["start_deadline"] > 3 * 3600 + 3000
    assert made["deadlines"]["check_deadline"] == 3600


def test_a_start_time_that_was_accepted_stays_so_when_the_task_is_cleared_later() -> None:
    task = plan(run_mode="Timed", expect_run_time="2020-01-01 00:00:00")
    task.store.set("accepted_expect_run_time", "2020-01-01 00:00:00")
    assert task.run()["start_delay"] == 0


def to_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"conn_type": "kafka", "extra": {"instance_id": "ckafka-8j4raxv8", "region": "ap-guangzhou"}}
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))


def test_a_kafka_target_is_planned_without_a_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    to_kafka(monkeypatch)
    task = plan(options={"KafkaOption": TOPICS, "FilterBeginCommit": True}, compare_wanted=False)
    assert task.run()["target"]["database_type"] == "kafka"
    assert task.ti.pushed["compare_wanted"] is False


@for_every(
    "request_, message",
    [
        ({"compare_wanted": False}, "options, KafkaOption: a Kafka target needs it: DataType, TopicType, TopicRules"),
        (
            {"options": {"KafkaOption": TOPICS}},
            "compare_wanted is True: a Kafka target holds no rows to compare; set it to false",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "DataType": ""}}, "compare_wanted": False},
            "options, KafkaOption, DataType: a Kafka target needs it",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "TopicRules": []}}, "compare_wanted": False},
            "options, KafkaOption, TopicRules: a Kafka target needs it",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "TopicRules": [{"TopicName": "a"}, {"TopicName": "b"}]}}},
            "options, KafkaOption, TopicRules: with TopicType Single all name the same topic",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "TopicRules": [{"TopicName": "a", "DbMatchMode": "Regular"}]}}},
            "options, KafkaOption, TopicRules: the last one needs match mode Default",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "TopicRules": [{"DbMatchMode": "Default"}]}}},
            "options, KafkaOption, TopicRules, 0, TopicName: every rule needs a topic",
        ),
        (
            {"options": {"KafkaOption": {**TOPICS, "TopicType": "Multi"}}},
            "TopicRules, 0, PartitionType is 'PartitionByTable': allowed with TopicType Multi: Random",
        ),
        (
            {
                "options": {
                    "KafkaOption": {
                        **TOPICS,
                        "TopicRules": [
                            {"TopicName": "a", "DbMatchMode": "Default", "PartitionType": "PartitionByCols"}
                        ],
                    }
                }
            },
            "options, KafkaOption, TopicRules, 0, Columns: PartitionByCols needs at least one",
        ),
    ],
    anew="nothing_is_sent",
)
def test_what_is_wrong_with_a_link_to_kafka_is_named(
    monkeypatch: pytest.MonkeyPatch, request_: dict[str, Any], message: str
) -> None:
    to_kafka(monkeypatch)
    with pytest.raises(InvalidInput) as raised:
        plan(**request_).run()
    assert message in str(raised.value)


@for_every(
    "request_, message",
    [
        ({"target_connection": "source_mysql"}, "target_connection is 'source_mysql': it is the source, too; name"),
        ({"source_database_type": "percona"}, "target_database_type: DTS has no sync link from percona to mysql"),
        ({"pay_mode": "PrePay"}, "time_span: pay_mode PrePay needs it: months from 1 to 100"),
        ({"time_span": 3}, "time_span is 3: leave it empty, or set pay_mode to PrePay"),
        ({"auto_renew": True}, "auto_renew is True: only pay_mode PrePay is renewed; set it to false"),
        ({"time_span": 101, "pay_mode": "PrePay"}, "time_span is 101: 101 is greater than the maximum of 100"),
        ({"instance_class": "xlarge"}, "instance_class is 'xlarge': 'xlarge' is not one of"),
        ({"run_mode": "Timed"}, "expect_run_time: run_mode Timed needs it, as 2026-12-31 02:00:00 (Beijing time)"),
        (
            {"expect_run_time": "2099-01-01 00:00:00"},
            "is '2099-01-01 00:00:00': leave it empty, or set run_mode to Timed",
        ),
        (
            {"run_mode": "Timed", "expect_run_time": "2020-01-01 00:00:00"},
            "expect_run_time is '2020-01-01 00:00:00': it must lie in the future (Beijing time)",
        ),
        (
            {"compare_method": "rowsCount", "compare_sample_rate": 20},
            "compare_sample_rate is 20: method rowsCount compares all; leave it at 100",
        ),
        (
            {"skip_check_items": [{"step_id": "OptimizeCheck", "reason": "   "}]},
            "skip_check_items, 0, reason is '   ': every item needs a reason",
        ),
        ({"existing_job_id": "dts-1"}, "existing_job_id is 'dts-1'"),
        ({"objects": {"Databases": [WHOLE]}}, "objects, Mode is None: Partial is the only mode"),
        ({"objects": {"Mode": "Partial"}}, "objects, Databases: name at least one database"),
        ({"objects": objects({"DbMode": "All"})}, "objects, Databases 0, DbName: every database needs its name"),
        ({"objects": objects({"DbName": "a"})}, "objects, Databases 0, DbMode is None: allowed: All, Partial"),
        ({"objects": objects({"DbName": 2024, "DbMode": "All"})}, "objects: Databases.0.DbName must be of type String"),
        ({"objects": objects({**WHOLE, "Tabels": []})}, "objects: Databases.0.Tabels is not a field here"),
        ({"objects": objects({"DbName": "a", "DbMode": "Partial"})}, "TableMode: DbMode Partial needs it"),
        ({"objects": tables()}, "objects, Databases 0, Tables: TableMode Partial needs at least one"),
        ({"objects": objects({**WHOLE, "ViewMode": "Partial"})}, "Views: ViewMode Partial needs at least one"),
        ({"objects": objects({**WHOLE, "FunctionMode": "Partial"})}, "Functions: FunctionMode Partial needs"),
        ({"objects": objects({**WHOLE, "ProcedureMode": "Partial"})}, "Procedures: ProcedureMode Partial needs"),
        ({"objects": objects({**WHOLE, "TriggerMode": "Partial"})}, "TriggerMode is 'Partial': sync does not take"),
        ({"objects": objects({**WHOLE, "EventMode": "Partial"})}, "EventMode is 'Partial': sync does not take"),
        ({"objects": tables({"NewTableName": "b"})}, "Tables, ?, TableName: every table needs its name"),
        (
            {"objects": tables({"TableName": "a", "NewTableName": "b", "TmpTables": ["_a_new"]})},
            "Tables, a, NewTableName is 'b': a table with TmpTables keeps its name; leave one out",
        ),
        (
            {"objects": tables({"TableName": "a", "TableEditMode": "rename"})},
            "Tables, a, NewTableName: TableEditMode rename needs it",
        ),
        (
            {"objects": tables({"TableName": "a", "TmpTables": ["_a_new"]})},
            "Tables, a, TableEditMode is None: TmpTables needs pt",
        ),
        (
            {"objects": tables({"TableName": "a", "ColumnMode": "Partial"})},
            "Tables, a, Columns: ColumnMode Partial needs at least one",
        ),
        (
            {"objects": objects(AdvancedObjects=["function"]), "options": {"InitType": "Data"}},
            "options, InitType is 'Data': AdvancedObjects needs the structure: Full or Structure",
        ),
        ({"options": {"InitTyp": "Full"}}, "options: InitTyp is not a field here"),
        ({"options": {"InitType": "Some"}}, "options: InitType is 'Some'; allowed: Data, data, Structure, Full, None"),
        (
            {"options": {"OpTypes": ["DDL"]}},
            "options, OpTypes is ['DDL']: it needs at least one of Insert, Update, Delete",
        ),
        (
            {"options": {"OpTypes": ["Insert", "Update", "Delete", "PartialDDL"]}},
            "options, DdlOptions: PartialDDL in OpTypes needs at least one",
        ),
        (
            {"options": {"DdlOptions": [{"DdlObject": "View", "DdlValue": ["Alter"]}]}},
            "options, DdlOptions, View is 'Alter': allowed: Create, Drop",
        ),
        (
            {"options": {"DdlOptions": [{"DdlValue": ["Create"]}]}},
            "options, DdlOptions, DdlObject is None: allowed: Database, Table, View, Index",
        ),
        (
            {"options": {"ConflictHandleType": "ConditionCover"}},
            "options, ConflictHandleOption, ConditionColumn: ConflictHandleType ConditionCover needs it",
        ),
        ({"options": {"RateLimitOption": {"CurrentDumpThread": 1}}}, "RateLimitOption: it takes no effect here"),
        (
            {"options": {"KafkaOption": TOPICS}},
            "options, KafkaOption: it is for a Kafka target; leave it out for mysql",
        ),
        ({"options": {"FilterCheckpoint": True}}, "options, FilterCheckpoint: it is for a Kafka target"),
        (
            {"options": {"OpTypes": ["Insert", "Update"]}},
            "compare_wanted is True: Delete of the source are left out; set it to false",
        ),
        (
            {"objects": objects(DatabasesOpFilter=[{"DbName": "shop", "OpFilter": {"OpTypes": ["Insert"]}}])},
            "compare_wanted is True: Update and Delete of the source are left out; set it to false",
        ),
        (
            {
                "objects": objects(
                    DatabasesOpFilter=[
                        {"DbName": "shop", "Tables": [{"TableName": "a", "OpFilter": {"OpTypes": []}}]},
                    ]
                )
            },
            "compare_wanted is True: Insert and Update and Delete of the source are left out",
        ),
    ],
    anew="nothing_is_sent",
)
def test_a_wrong_value_is_refused_named_and_mended(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        plan(**request_).run()
    assert message in str(raised.value)
    assert raised.value.next_step


def test_a_mongodb_link_is_initialized_with_data_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"conn_type": "mongo", "port": 27017, "extra": {"region": "ap-guangzhou"}}
    for name, host in (("SOURCE", "10.0.0.5"), ("TARGET", "10.0.0.6")):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_MYSQL", json.dumps({**value, "host": host}))
    with pytest.raises(InvalidInput, match="options, InitType is 'Full': a MongoDB link knows Data and None"):
        plan().run()
    assert plan(options={"InitType": "Data"}).run()["source"]["database_type"] == "mongodb"


def test_a_filtered_link_is_planned_where_nothing_shall_be_compared() -> None:
    made = plan(options={"OpTypes": ["Insert"]}, compare_wanted=False).run()
    assert made["options"] == {"OpTypes": ["Insert"]}


def test_renames_filters_and_conflict_rules_are_taken_as_they_are_and_every_table_says_its_columns() -> None:
    chosen = tables(
        {"TableName": "a", "NewTableName": "b", "TableEditMode": "rename"},
        {"TableName": "c", "FilterCondition": "id>1"},
        {"TableName": "d", "TableEditMode": "pt", "TmpTables": ["_d_new"]},
        {"TableName": "e", "ColumnMode": "Partial", "Columns": [{"ColumnName": "x", "NewColumnName": "y"}]},
    )
    options = {
        "ConflictHandleType": "ConditionCover",
        "ConflictHandleOption": {"ConditionColumn": "ts", "ConditionOperator": ">"},
        "OpTypes": ["Insert", "Update", "Delete", "PartialDDL"],
        "DdlOptions": [{"DdlObject": "Table", "DdlValue": ["Create", "Rename"]}],
    }
    made = plan(objects=chosen, options=options).run()
    columns = [table.pop("ColumnMode") for table in made["objects"]["Databases"][0]["Tables"]]
    assert columns == ["All", "All", "All", "Partial"]  # the service refuses a table that does not say it
    del chosen["Databases"][0]["Tables"][3]["ColumnMode"]
    assert (made["objects"], made["options"]) == (chosen, options)


@pytest.mark.parametrize("database", [{"DbMode": "All"}, {"DbMode": "Partial", "TableMode": "All"}], ids=str)
def test_objects_without_single_tables_are_sent_as_they_are(database: dict[str, Any]) -> None:
    chosen = {"Mode": "Partial", "Databases": [{"DbName": "shop", **database}], "AdvancedObjects": ["function"]}
    assert plan(objects=chosen).run()["objects"] == chosen


def test_a_connection_that_lacks_what_its_access_type_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"conn_type": "mysql", "extra": {"access_type": "vpc", "region": "ap-guangzhou"}}
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))
    with pytest.raises(InvalidInput, match="connection target_mysql, extra vpc_id: access type vpc needs it"):
        plan().run()


def test_the_configuration_is_sent_whole() -> None:
    made: Any = plan(run_mode="Timed", expect_run_time=SOON, options={"InitType": "Data"}).run()
    source, target = (
        Connection(conn_id=name, conn_type="mysql", host="10.0.0.5", port=3306, login="dts", password="a-password")
        for name in ("a", "b")
    )
    request = configure_request("sync-werwfs23", made, source, target)
    assert load().problems("ConfigureSyncJob", request) == []
    assert {name: request[name] for name in ("JobId", "JobMode", "RunMode", "ExpectRunTime", "Options")} == {
        "JobId": "sync-werwfs23",
        "JobMode": "fullMode",
        "RunMode": "Timed",
        "ExpectRunTime": SOON,
        "Options": {"InitType": "Data"},
    }
    assert request["SrcInfo"]["Password"] == "a-password"
    made["run_mode"] = "Immediate"
    assert "ExpectRunTime" not in configure_request("sync-1", made, source, target)


def test_only_a_prepaid_order_has_months() -> None:
    order: SyncOrder = {
        "src_database_type": "mysql",
        "src_region": "ap-guangzhou",
        "dst_database_type": "mysql",
        "dst_region": "ap-shanghai",
        "instance_class": "micro",
        "pay_mode": "PrePay",
        "time_span": 3,
        "auto_renew": True,
    }
    prepaid = order_request(order)
    assert load().problems("CreateSyncJob", prepaid) == []
    assert (prepaid["TimeSpan"], prepaid["AutoRenew"], prepaid["DstRegion"]) == (3, 1, "ap-shanghai")
    assert not {"TimeSpan", "AutoRenew"} & order_request({**order, "pay_mode": "PostPay"}).keys()


@for_every(
    "source, target, possible",
    [
        ("mysql", "mysql", True),
        ("mysql", "kafka", True),
        ("tdstore", "percona", True),
        ("tdpg", "tdpg", True),
        ("mongodb", "mongodb", True),
        ("percona", "mysql", False),
        ("postgresql", "mysql", False),
        ("mongodb", "kafka", False),
        ("mysql", "tdstore", False),
    ],
    anew="nothing_is_sent",
)
def test_links_that_dts_has_and_has_not(source: str, target: str, possible: bool) -> None:
    assert (link_problem(source, target) is None) is possible


def test_every_link_the_api_lists_is_known() -> None:
    import inspect
    import re

    from tencentcloud.dts.v20211206.models import DescribeSyncJobsRequest

    text = inspect.getdoc(DescribeSyncJobsRequest.__init__) or ""
    listed = re.findall(r"\b([a-z]+)2([a-z]+)\b", text)
    assert len(listed) > 25
    assert [pair for pair in listed if link_problem(*pair)] == []
    known = {(a, b) for a, b in listed} | {(kind, kind) for kind in SYNC.schema["source_database_type"]["enum"]}
    types = [[kind for kind in SYNC.schema[f"{side}_database_type"]["enum"] if kind] for side in ("source", "target")]
    assert {(a, b) for a in types[0] for b in types[1] if link_problem(a, b) is None} <= known


# --- Modification ---

NEW_OPTIONS: dict[str, Any] = {"OpTypes": ["Insert", "Update", "Delete"], "DdlOptions": []}


def test_a_change_holds_what_changes() -> None:
    task = change(objects=objects(), options=NEW_OPTIONS)
    made = task.run()
    json.dumps(made)
    assert modify_request("sync-werwfs23", made) == {
        "JobId": "sync-werwfs23",
        "DynamicObjects": objects(),
        "DynamicOptions": NEW_OPTIONS,
    }
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        "job_id": "sync-werwfs23",
        "region": "ap-guangzhou",
        "check_deadline": 3600.0,
        "applied_deadline": 86400.0,
    }
    assert modify_request("sync-werwfs23", change(objects=objects()).run()).keys() == {"JobId", "DynamicObjects"}
    assert modify_request("sync-werwfs23", change(options=NEW_OPTIONS).run()).keys() == {"JobId", "DynamicOptions"}


def test_a_region_that_is_given_wins() -> None:
    assert change(objects=objects(), region="ap-shanghai").run()["region"] == "ap-shanghai"


@for_every(
    "request_, message",
    [
        ({}, "objects, options: there is nothing to change; give one of them, or both"),
        ({"objects": {"Mode": "Partial"}}, "objects, Databases: name at least one database"),
        (
            {"objects": tables({"TableName": "a", "ColumnMode": "Partial", "Columns": [{"ColumnName": "x"}]})},
            "Tables, a, ColumnMode is 'Partial': a running link takes whole tables only",
        ),
        ({"options": {"DdlOptions": []}}, "options, OpTypes: new options need it; it replaces the old value"),
        ({"options": {"OpTypes": ["Insert"]}}, "options, DdlOptions: new options need it; it replaces the old value"),
        ({"options": {**NEW_OPTIONS, "InitType": "Full"}}, "options: InitType is not a field here"),
        ({"options": {**NEW_OPTIONS, "OpTypes": ["DDL"]}}, "options, OpTypes is ['DDL']: it needs at least one of"),
        (
            {"options": {**NEW_OPTIONS, "ConflictHandleType": "ConditionCover"}},
            "options, ConflictHandleOption, ConditionColumn",
        ),
        ({"options": {**NEW_OPTIONS, "KafkaOption": {"DataType": "Json"}}}, "options, KafkaOption, TopicType"),
        ({"objects": objects(), "skip_check_items": []}, "skip_check_items"),  # DTS skips no item of this check
        ({"objects": objects(), "job_id": "dts-1"}, "job_id is 'dts-1'"),
    ],
    anew="nothing_is_sent",
)
def test_a_wrong_change_is_refused_named_and_mended(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        change(**request_).run()
    assert message in str(raised.value)


# --- Retirement ---


def test_a_retirement_says_how_far_it_goes() -> None:
    task = end(destroy=True)
    made = task.run()
    json.dumps(made)
    assert (made["compare_wanted"], made["stop"], made["isolate"], made["destroy"]) == (True, True, True, True)
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        **{name: value for name, value in made.items() if name != "deadlines"},
        "report_deadline": 86400.0,
        "stop_deadline": 3600.0,
        "isolate_deadline": 3600.0,
    }
    assert end(stop=False, isolate=False).run()["stop"] is False


@for_every(
    "request_, message",
    [
        ({"destroy": True, "isolate": False}, "destroy is True: only an isolated job can be destroyed; set isolate to"),
        ({"stop": False}, "isolate is True: a running job cannot be isolated; set stop to true, too"),
        (
            {"stop": False, "isolate": False, "compare_wanted": False},
            "stop is False: there is nothing to do; set stop or compare_wanted to true",
        ),
        ({"compare_sample_rate": 50}, "compare_sample_rate is 50: method dataCheck compares all; leave it at 100"),
    ],
    anew="nothing_is_sent",
)
def test_a_retirement_that_contradicts_itself_is_refused(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        end(**request_).run()
    assert message in str(raised.value)


def test_a_job_must_be_named_for_no_default_could_be_right() -> None:
    for kind in (DtsPlanSyncChangeOperator, DtsPlanSyncRetirementOperator):
        with pytest.raises(InvalidInput, match="job_id: give it, as sync-werwfs23"):
            Task(kind(task_id="plan", request={})).run()


def test_a_run_about_a_job_that_is_not_there_is_red_at_once() -> None:
    for kind in (DtsPlanSyncChangeOperator, DtsPlanSyncRetirementOperator):
        request = {"job_id": "sync-misspelt", "objects": objects()} if kind is DtsPlanSyncChangeOperator else {}
        with pytest.raises(JobNotFound, match="sync-misspelt"):
            Task(kind(task_id="plan", request={"job_id": "sync-misspelt", **request})).run()
