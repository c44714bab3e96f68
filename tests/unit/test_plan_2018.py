"""Plans of a 2018 migration: names for numbers, and every rule of several fields, before anything is sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Connection

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.migration_2018.plan import (
    CONSISTENCY,
    MIGRATE_OBJECTS,
    MIGRATE_TYPES,
    RUN_MODES,
    create_request,
    link_problem,
    modify_request,
)
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.spec import VERSION_2018, load
from tencent_dts.times import BEIJING
from tests.drive import Task
from tests.rules import for_every

SOON = (datetime.now(BEIJING) + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")
pytestmark = pytest.mark.usefixtures("nothing_is_sent")

SAMPLES = {"sampled_rows": 10, "sampled_tables": 20, "counted_tables": 30}


def plan(**request: Any) -> Task:
    return Task(DtsPlanMigration2018Operator(task_id="plan", request=request))


def database(name: str, conn_type: str = "mysql", **extra: Any) -> Connection:
    return Connection(
        conn_id=name,
        conn_type=conn_type,
        host="10.0.0.5",
        port=3306,
        login="dts",
        password="a-password",
        extra=json.dumps(extra),
    )


def created(**request: Any) -> Any:
    return create_request(plan(**request).run(), database("source"), database("target", instance_id="cdb-1"))


def test_the_defaults_are_a_whole_plan() -> None:
    task = plan()
    made = task.run()
    json.dumps(made)
    assert (made["migrate_type"], made["migrate_object"], made["consistency"]) == (
        "fullAndIncrement",
        "instance",
        "full",
    )
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        "region": "ap-guangzhou",
        "job_title": "dag",
        "existing_job_id": "",
        "cutover": True,
        "cutover_unproven": False,
        "cutover_window": {"not_before": "", "not_after": ""},
        "cutover_deadline": 7200.0,
        "opening_deadline": 14 * 86400.0,
        "hold_seconds": 30,
        "check_deadline": 3600.0,
        "start_deadline": 3600.0,
        "ready_deadline": 14 * 86400.0,
        "complete_deadline": 7200.0,
    }


def test_a_plan_holds_no_secret_and_no_number_of_the_api(nothing_is_sent: dict[str, Any]) -> None:
    task = plan(consistency="spotCheck", **SAMPLES)
    made = json.dumps([task.run(), task.ti.pushed, task.store.values])
    for conn in nothing_is_sent.values():
        assert conn["password"] not in made
    assert "ConsistencyType" not in made


def test_names_are_the_numbers_of_the_document() -> None:
    assert MIGRATE_TYPES == {"structure": 1, "full": 2, "fullAndIncrement": 3}
    assert MIGRATE_OBJECTS == {"instance": 1, "tables": 2}
    assert RUN_MODES == {"immediate": 1, "timed": 2}
    assert CONSISTENCY == {"notConfigured": 1, "full": 2, "spotCheck": 3, "inconsistentTables": 4, "noCheck": 5}
    shape = load(VERSION_2018).types["MigrateOption"]
    for field, names in (
        ("MigrateType", MIGRATE_TYPES),
        ("MigrateObject", MIGRATE_OBJECTS),
        ("RunMode", RUN_MODES),
        ("ConsistencyType", CONSISTENCY),
    ):
        assert sorted(names.values()) == list(range(shape[field].minimum or 0, (shape[field].maximum or 0) + 1))


def test_a_creation_is_the_document_s_example() -> None:
    request = created(migrate_type="full")
    assert load(VERSION_2018).problems("CreateMigrateJob", {"JobName": "a", **request}) == []
    assert request["MigrateOption"] == {
        "ExternParams": "{}",
        "MigrateObject": 1,
        "RunMode": 1,
        "ConsistencyType": 2,
        "MigrateType": 2,
        "IsOverrideRoot": 0,
    }
    assert request["DatabaseInfo"] == "[]"
    assert request["SrcInfo"] == {
        "Supplier": "others",
        "Ip": "10.0.0.5",
        "Region": "ap-guangzhou",
        "User": "dts",
        "Password": "a-password",
        "Port": 3306,
    }
    assert request["DstInfo"] == {
        "InstanceId": "cdb-1",
        "Region": "ap-guangzhou",
        "ReadOnly": 0,
        "User": "dts",
        "Password": "a-password",
    }
    assert (request["SrcDatabaseType"], request["DstDatabaseType"]) == ("mysql", "mysql")


def test_databases_are_the_text_of_a_list() -> None:
    chosen = [{"Database": "shöp", "Table": ["a", "b"]}, {"Database": "2024", "Schema": "s1"}]
    request = created(migrate_object="tables", databases=chosen)
    assert json.loads(request["DatabaseInfo"]) == chosen
    assert "shöp" in request["DatabaseInfo"]
    assert request["MigrateOption"]["MigrateObject"] == 2


def test_a_spot_check_has_its_shares() -> None:
    option = created(consistency="spotCheck", **SAMPLES)["MigrateOption"]
    assert option["ConsistencyType"] == 3
    assert option["ConsistencyParams"] == {"SelectRowsPerTable": 10, "TablesSelectAll": 20, "TablesSelectCount": 30}


def test_a_timed_start_has_its_time() -> None:
    option = created(run_mode="timed", expect_run_time=SOON)["MigrateOption"]
    assert (option["RunMode"], option["ExpectTime"]) == (2, SOON)


def test_a_timed_job_may_be_waited_for_until_its_time_and_as_long_as_any_other() -> None:
    made = plan(run_mode="timed", expect_run_time=SOON).run()
    usual = plan().run()["deadlines"]
    for name in ("start_deadline", "ready_deadline"):
        assert made["deadlines"][name] == made["start_delay"] + usual[name]


def test_a_modification_names_the_job_and_neither_types_nor_name() -> None:
    made = plan(is_override_root=True, read_only=True).run()
    request = modify_request("dts-1k10iy0v", made, database("source"), database("target", instance_id="cdb-1"))
    assert load(VERSION_2018).problems("ModifyMigrateJob", request) == []
    assert request["JobId"] == "dts-1k10iy0v"
    assert request["MigrateOption"]["IsOverrideRoot"] == 1
    assert request["DstInfo"]["ReadOnly"] == 1
    assert not {"SrcDatabaseType", "DstDatabaseType", "JobName", "Tags"} & request.keys()


def test_redis_has_further_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, extra in (("SOURCE", {"access_type": "extranet"}), ("TARGET", {"instance_id": "crs-1"})):
        value = {"conn_type": "redis", "host": "10.0.0.5", "port": 6379, "extra": {**extra, "region": "ap-guangzhou"}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_MYSQL", json.dumps(value))
    made = plan(extern_params={"ReplTimeout": 120}).run()
    request = create_request(made, database("source", "redis"), database("target", "redis", instance_id="crs-1"))
    assert json.loads(request["MigrateOption"]["ExternParams"]) == {"ReplTimeout": 120}
    assert "ReadOnly" not in request["DstInfo"]
    with pytest.raises(InvalidInput, match="read_only is True: it is for MySQL; set it to false for redis"):
        plan(read_only=True).run()


@pytest.mark.parametrize("kind", ["full", "structure"])
def test_a_migration_that_ends_by_itself_is_not_cut_over(kind: str) -> None:
    task = plan(migrate_type=kind, consistency="notConfigured")
    assert task.run()["ends_by_itself"]
    assert task.ti.pushed["cutover"] is False


@pytest.mark.parametrize("kind", ["notConfigured", "noCheck", "inconsistentTables"])
def test_a_cutover_without_a_check_must_be_spelled_out(kind: str) -> None:
    with pytest.raises(InvalidInput, match=f"cutover_unproven is False: consistency {kind} proves nothing"):
        plan(consistency=kind).run()
    task = plan(consistency=kind, cutover_unproven=True)
    task.run()
    assert task.ti.pushed["cutover_unproven"] is True


@for_every(
    "request_, message",
    [
        ({"target_connection": "source_mysql"}, "target_connection is 'source_mysql': it is the source, too"),
        ({"source_database_type": "redis"}, "target_database_type: DTS has no migration link from redis to mysql"),
        ({"source_database_type": "tdsqlmysql"}, "source_database_type is 'tdsqlmysql'"),
        ({"migrate_object": "tables"}, "databases: migrate_object tables needs at least one database"),
        (
            {"databases": [{"Database": "a"}]},
            "databases is [{'Database': 'a'}]: migrate_object instance takes all; leave it empty, or choose tables",
        ),
        ({"migrate_object": "tables", "databases": [{"Table": ["a"]}]}, "'Database' is a required property"),
        (
            {"migrate_type": "structure", "consistency": "notConfigured", "is_override_root": True},
            "is_override_root is True: the root account is taken along with the data of a whole instance only",
        ),
        (
            {"migrate_object": "tables", "databases": [{"Database": "a"}], "is_override_root": True},
            "is_override_root is True: the root account",
        ),
        (
            {"migrate_object": "tables", "databases": [{"Database": "a"}], "read_only": True},
            "read_only is True: only the target of a whole instance can be read-only; set it to false",
        ),
        (
            {"extern_params": {"ReplTimeout": 120}},
            "extern_params is {'ReplTimeout': 120}: only redis and mongodb have some; leave it empty for mysql",
        ),
        ({"consistency": "spotCheck"}, "sampled_rows: consistency spotCheck needs it: per cent, from 1 to 100"),
        (
            {"consistency": "spotCheck", **SAMPLES, "counted_tables": None},
            "counted_tables: consistency spotCheck needs it",
        ),
        ({"sampled_tables": 10}, "sampled_tables is 10: consistency full takes no sample; leave it empty"),
        ({"sampled_rows": 101}, "sampled_rows is 101"),
        (
            {"migrate_type": "structure"},
            "consistency is 'full': a structure has no data to check",
        ),
        ({"cutover_unproven": True}, "cutover_unproven is True: consistency full checks the data; set it to false"),
        (
            {"migrate_type": "full", "cutover_unproven": True},
            "cutover_unproven is True: this migration ends without a cutover; set it to false",
        ),
        (
            {"cutover_not_after": "2020-01-01 00:00"},
            "cutover_not_after is '2020-01-01 00:00': it must lie in the future",
        ),
        ({"cutover_not_before": "2099-01-01 00:00"}, "cutover_not_before is '2099-01-01 00:00': it must lie within a"),
        ({"cutover_not_after": "2099-01-01 00:00"}, "cutover_not_after is '2099-01-01 00:00': it must lie within a"),
        (
            {"cutover_not_after": "2099-01-01 00:00", "migrate_type": "full"},
            "cutover_not_after is '2099-01-01 00:00': l",
        ),
        ({"run_mode": "timed"}, "expect_run_time: run_mode timed needs it"),
        ({"expect_run_time": "2099-01-01 00:00:00"}, "leave it empty, or set run_mode to timed"),
        ({"run_mode": "timed", "expect_run_time": "2020-01-01 00:00:00"}, "it must lie in the future (Beijing time)"),
        ({"existing_job_id": "sync-1"}, "existing_job_id is 'sync-1'"),
    ],
    anew="nothing_is_sent",
)
def test_a_wrong_value_is_refused_named_and_mended(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        plan(**request_).run()
    assert message in str(raised.value)
    assert raised.value.next_step


def test_a_target_outside_the_cloud_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"conn_type": "mysql", "host": "203.0.113.5", "port": 3306, "extra": {"region": "ap-guangzhou"}}
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))
    with pytest.raises(InvalidInput, match="connection target_mysql, extra access_type is 'extranet': allowed: cdb"):
        plan().run()


@for_every(
    "source, target, possible",
    [
        ("mysql", "cynosdbmysql", True),
        ("percona", "mysql", True),
        ("sqlserver", "sqlserver", True),
        ("mysql", "postgresql", False),
        ("oracle", "oracle", False),
    ],
    anew="nothing_is_sent",
)
def test_links_that_dts_has_and_has_not(source: str, target: str, possible: bool) -> None:
    assert (link_problem(source, target) is None) is possible


@pytest.mark.parametrize("name", ["SrcAuthDatabase", "SrcAuthFlag", "SrcAuthMechanism"])
def test_what_mongodb_has_is_text(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"extern_params, {name} is 1"):
        plan(extern_params={name: 1}).run()
