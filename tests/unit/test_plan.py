"""Parameters and plan: every rule that a form cannot express, found before anything is bought."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError

from tencent_dts.advice import CORRECTION
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.migration.plan import check_objects, link_problem
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.params import MIGRATION
from tencent_dts.times import BEIJING
from tests.drive import Task
from tests.rules import for_every


def plan(**request: Any) -> Task:
    return Task(DtsPlanMigrationOperator(task_id="plan", request=request))


pytestmark = pytest.mark.usefixtures("nothing_is_sent")


def test_the_defaults_are_a_whole_plan() -> None:
    task = plan()
    made = task.run()
    assert made["source"] == {"connection": "source_mysql", "database_type": "mysql", "region": "ap-guangzhou"}
    assert made["deadlines"]["check_deadline"] == 3600
    assert task.ti.pushed["cutover"] is True
    json.dumps(made)


def test_a_database_named_by_digits_stays_text() -> None:
    objects = {"ObjectMode": "partial", "Databases": [{"DbName": "2024", "DBMode": "all"}]}
    assert plan(objects=objects).run()["objects"]["Databases"][0]["DbName"] == "2024"


@pytest.mark.parametrize("kind", ["full", "structure"])
def test_a_migration_that_ends_by_itself_asks_and_compares_nothing(kind: str) -> None:
    task = plan(migrate_type=kind)
    assert task.run()["ends_by_itself"]
    assert (task.ti.pushed["ask"], task.ti.pushed["cutover"]) == (False, False)


def soon(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def test_a_start_time_is_beijing_time_and_lengthens_the_wait_for_the_start() -> None:
    made = plan(run_mode="timed", expect_run_time=soon(hours=3)).run()
    assert 3 * 3600 - 60 < made["start_delay"] <= 3 * 3600
    assert made["deadlines"]["start_deadline"] > 3 * 3600


def test_a_start_time_with_a_zone_is_turned_into_beijing_time() -> None:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    made = plan(run_mode="timed", expect_run_time=moment.isoformat()).run()
    assert made["expect_run_time"] == moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


PARTIAL = {"ObjectMode": "partial", "Databases": [{"DbName": "shop", "DBMode": "all"}]}


@for_every(
    "request_, field",
    [
        ({"source_conection": "x"}, "source_connection"),
        ({"source_connection": ""}, "source_connection"),
        ({"target_connection": "source_mysql"}, "target_connection"),
        ({"source_database_type": "oracle"}, "source_database_type"),
        ({"source_database_type": "redis"}, "no migration link"),
        ({"source_region": "guangzhou"}, "source_region"),
        ({"instance_class": "huge"}, "instance_class"),
        ({"migrate_type": "some"}, "migrate_type"),
        ({"objects": {"ObjectMode": "partial"}}, "at least one database"),
        ({"objects": {"ObjectMode": "some"}}, "objects"),
        ({"objects": {"ObjectMode": "partial", "Databases": [{"DBMode": "all"}]}}, "DbName"),
        ({"objects": {"ObjectMode": "partial", "Databases": [{"DbName": 2024, "DBMode": "all"}]}}, "DbName"),
        ({"objects": {"ObjectMode": "partial", "Databases": [{"DbName": "a", "DBMode": "some"}]}}, "DBMode"),
        ({"objects": {**PARTIAL, "Databeses": []}}, "Databeses"),
        ({"migrate_option": {"MigrateType": "full"}}, "migrate_option"),
        ({"migrate_option": {"NoSuchField": 1}}, "NoSuchField"),
        ({"run_mode": "timed"}, "expect_run_time"),
        (
            {"cutover_not_after": "2020-01-01 00:00"},
            "cutover_not_after is '2020-01-01 00:00': it must lie in the future",
        ),
        ({"cutover_not_before": "2099-01-01 00:00"}, "cutover_not_before is '2099-01-01 00:00': it must lie within a"),
        ({"cutover_not_before": "2030-01-01 00:00", "cutover_time_zone": "Mars"}, "cutover_time_zone is 'Mars'"),
        ({"run_mode": "timed", "expect_run_time": "2020-01-01 00:00:00"}, "future"),
        ({"run_mode": "timed", "expect_run_time": "soon"}, "expect_run_time"),
        ({"expect_run_time": "2099-01-01 00:00:00"}, "run_mode"),
        ({"compare_method": "rowsCount", "compare_sample_rate": 20}, "compare_sample_rate"),
        ({"compare_sample_rate": 0}, "compare_sample_rate"),
        ({"compare_threads": 9}, "compare_threads"),
        ({"allowed_skipped_tables": -1}, "allowed_skipped_tables"),
        ({"skip_check_items": [{"step_id": "OptimizeCheck"}]}, "reason"),
        ({"skip_check_items": [{"step_id": "OptimizeCheck", "reason": "   "}]}, "reason"),
        ({"foreign_key_flag": "drop"}, "foreign_key_flag"),
        ({"check_deadline": 0}, "check_deadline"),
        ({"check_deadline": "24"}, "check_deadline is '24': '24' is not of type 'number'"),
        ({"check_deadline": "24h"}, "check_deadline"),
        ({"check_deadline": timedelta(hours=24)}, "check_deadline"),
        ({"hold_seconds": "30 s"}, "hold_seconds"),
        ({"hold_seconds": -1}, "hold_seconds"),
        ({"existing_job_id": "sync-1"}, "existing_job_id"),
        ({"hold_seconds": 3600, "ready_deadline": 1}, "hold_seconds is 3600: it must be shorter than ready_deadline"),
        ({"run_mode": "timed", "expect_run_time": "2099-01-01 00:00:00"}, "within a year"),
        ({"approval": "yes"}, "approval"),
    ],
    anew="nothing_is_sent",
)
def test_a_wrong_value_is_refused_and_named(request_: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput, match=field) as raised:
        plan(**request_).run()
    assert "trigger a new run" in (raised.value.next_step or "")


WRONG_HOST = {"conn_type": "mysql", "host": "a b", "port": 3306, "extra": {"region": "ap-guangzhou"}}


def test_what_is_wrong_is_corrected_where_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's parameters cannot change, so clearing helps nothing; a connection can."""
    task = Task(DtsPlanMigrationOperator(task_id="plan"), params={**MIGRATION.defaults(), "instance_class": "huge"})
    with pytest.raises(InvalidInput, match="instance_class") as raised:
        task.run()
    assert raised.value.next_step == CORRECTION["parameter"]
    with pytest.raises(InvalidInput, match="instance_class") as raised:
        plan(instance_class="huge").run()
    assert raised.value.next_step == CORRECTION["argument"]
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(WRONG_HOST))
    with pytest.raises(InvalidInput, match="connection source_mysql") as raised:
        plan().run()
    assert raised.value.next_step == CORRECTION["connection"]
    monkeypatch.delenv("AIRFLOW_CONN_SOURCE_MYSQL")
    with pytest.raises(InvalidInput, match="not defined") as raised:
        plan().run()
    assert raised.value.next_step == CORRECTION["connection"]
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "")
    with pytest.raises(InvalidInput, match="deployment") as raised:
        plan().run()
    assert raised.value.next_step == CORRECTION["option"]


PART = {"DbName": "shop", "DBMode": "partial"}
TABLES = {**PART, "TableMode": "partial"}
RULED_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "no choice of tables": (PART, "TableMode"),
    "tables without their mode": ({**PART, "Tables": [{"TableName": "a"}]}, "TableMode"),
    **{
        f"part of the {kind}s": ({**PART, "TableMode": "all", f"{kind}Mode": "partial"}, f"{kind}s")
        for kind in ("View", "Role", "Function", "Procedure", "Event", "Trigger")
    },
    "part of the views of a whole database": ({**PART, "DBMode": "all", "ViewMode": "partial"}, "Views"),
    "no tables": (TABLES, "Tables"),
    "a table without a name": ({**TABLES, "Tables": [{"NewTableName": "b"}]}, "TableName"),
    "no new name": ({**TABLES, "Tables": [{"TableName": "a", "TableEditMode": "rename"}]}, "NewTableName"),
    "a new name and copies": (
        {**TABLES, "Tables": [{"TableName": "a", "TableEditMode": "pt", "NewTableName": "b", "TmpTables": ["_a_new"]}]},
        "NewTableName",
    ),
    "copies without pt": ({**TABLES, "Tables": [{"TableName": "a", "TmpTables": ["_a_new"]}]}, "TableEditMode"),
}


@for_every("case", RULED_OUT, anew="nothing_is_sent")
def test_objects_that_the_documents_rule_out_are_refused_before_anything_is_bought(case: str) -> None:
    database, field = RULED_OUT[case]
    with pytest.raises(InvalidInput, match=f"objects, Databases 1.*{field}") as raised:
        plan(objects={"ObjectMode": "partial", "Databases": [{"DbName": "a", "DBMode": "all"}, database]}).run()
    assert raised.value.field.rpartition(", ")[2] == field


@for_every(
    "conf, params, refused",
    [
        ({"instance_class": "large"}, {"instance_class": "medium"}, True),
        ({"objects": {"ObjectMode": "all"}}, {"objects": PARTIAL}, True),
        ({"instance_class": "large"}, {"instance_class": "large"}, False),
        ({}, {"instance_class": "large"}, False),
    ],
)
@for_every("request_", [None, {"instance_class": "small"}], ids=["form", "request"], anew="nothing_is_sent")
def test_a_run_whose_conf_was_not_merged_is_refused(
    conf: dict[str, Any], params: dict[str, Any], refused: bool, request_: dict[str, Any] | None
) -> None:
    task = Task(DtsPlanMigrationOperator(task_id="plan", request=request_), params=params, conf=conf)
    if not refused:
        assert task.run()["instance_class"]
        return
    with pytest.raises(InvalidInput, match=r"dag_run_conf_overrides_params, .*was not merged"):
        task.run()


def test_a_connection_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="no_such_connection"):
        plan(source_connection="no_such_connection").run()


def test_a_connection_that_lacks_what_its_access_type_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {
        "conn_type": "mysql",
        "login": "u",
        "password": "p",
        "extra": {"access_type": "cdb", "region": "ap-guangzhou"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))
    with pytest.raises(InvalidInput, match="connection target_mysql, extra instance_id"):
        plan().run()


def test_a_cloud_connection_that_is_wrong_is_found_before_anything_is_bought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", '{"conn_type": "tencentcloud", "login": "only"}')
    with pytest.raises(InvalidInput, match="tencentcloud_default"):
        plan().run()


def test_a_run_s_parameters_are_taken_where_the_author_gave_none() -> None:
    params = {**MIGRATION.defaults(), "instance_class": "xlarge"}
    task = Task(DtsPlanMigrationOperator(task_id="plan"), params=params)
    assert task.run()["instance_class"] == "xlarge"


@for_every(
    "source, target, kind, possible",
    [
        ("mysql", "cynosdbmysql", "fullAndIncrement", True),
        ("mysql", "mysql", "structure", True),
        ("redis", "keewidb", "fullAndIncrement", True),
        ("redis", "redis", "full", False),
        ("sqlserver", "sqlserver", "structure", False),
        ("mysql", "postgresql", "full", False),
        ("oracle", "oracle", "full", False),
    ],
    anew="nothing_is_sent",
)
def test_links_that_dts_has_and_has_not(source: str, target: str, kind: str, possible: bool) -> None:
    assert (link_problem(source, target, kind) is None) is possible


def test_the_run_s_own_cloud_connection_counts_for_every_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER_CLOUD", os.environ["AIRFLOW_CONN_TENCENTCLOUD_DEFAULT"])
    task = plan(cloud_connection="other_cloud")
    task.run()
    assert task.ti.pushed["tencentcloud_conn_id"] == "other_cloud"
    with pytest.raises((AirflowException, AirflowRuntimeError), match="no_such_cloud"):
        plan(cloud_connection="no_such_cloud").run()


@for_every(
    "objects, mistyped",
    [
        ({"ObjectMode": "partial", "Databases": [{"DbName": 2024, "DBMode": "all"}]}, True),
        ({"ObjectMode": "most"}, False),
        ({"ObjectMode": "partial"}, False),
    ],
)
def test_objects_of_a_wrong_type_are_told_from_wrong_ones(objects: Any, mistyped: bool) -> None:
    """An option of the DAG makes numbers of names, which the error then says."""
    with pytest.raises(InvalidInput) as raised:
        check_objects(objects)
    assert raised.value.mistyped is mistyped
