"""DAGs whose templates are rendered as Python's own values: a name that becomes something else is red, and says why."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG

from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator
from tencent_dts.operators.plan_sync import DtsPlanSyncOperator
from tencent_dts.params import migration_params
from tests.dag_runs import LocalRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

OPTION = "render_template_as_native_obj"
INSTANCE = {"instance_id": "cdb-9dijwkkw", "region": "ap-guangzhou", "subscribe_object_type": "data"}


def _migration(name: str) -> dict[str, Any]:
    return {"objects": {"ObjectMode": "partial", "Databases": [{"DbName": name, "DBMode": "all"}]}}


def _link(name: str) -> dict[str, Any]:
    table = {"TableName": name, "TableEditMode": "rename", "NewTableName": "orders"}
    database = {"DbName": "shop", "DbMode": "Partial", "TableMode": "Partial", "Tables": [table]}
    return {"objects": {"Mode": "Partial", "Databases": [database]}}


def _migration_2018(name: str) -> dict[str, Any]:
    return {"migrate_object": "tables", "databases": [{"Database": "shop", "Table": ["orders", name]}]}


def _subscription(name: str) -> dict[str, Any]:
    return {**INSTANCE, "objects": [{"DatabaseName": name}]}


KINDS = [
    (DtsPlanMigrationOperator, _migration, "DbName"),
    (DtsPlanMigrationOperator, lambda name: {"job_title": name}, "job_title"),
    (DtsPlanMigrationOperator, lambda name: {"migrate_option": {"ExtraAttr": [{"Key": name, "Value": "x"}]}}, "Key"),
    (DtsPlanSyncOperator, _link, "TableName"),
    (DtsPlanMigration2018Operator, _migration_2018, "databases"),
    (DtsPlanMigration2018Operator, lambda name: {"extern_params": {"SrcAuthDatabase": name}}, "SrcAuthDatabase"),
    (DtsPlanSubscriptionOperator, _subscription, "DatabaseName"),
]


def _planned(kind: type[Any], request: dict[str, Any], *, native: bool = True, **own: Any) -> LocalRun:
    with DAG("native", schedule=None, render_template_as_native_obj=native) as dag:
        kind(task_id="plan", request=request, **own)
    return LocalRun(dag)


@pytest.mark.parametrize("name", ["2024", "True", "{{ 2000 + 24 }}"])
@pytest.mark.parametrize(("kind", "request_of", "field"), KINDS, ids=lambda value: getattr(value, "__name__", None))
def test_a_name_that_became_something_else_is_refused_by_the_options_name(
    kind: type[Any], request_of: Any, field: str, name: str, dts_emulator: Any
) -> None:
    run = _planned(kind, request_of(name))
    assert run.red() == ["plan"]
    assert field in run.error("plan")
    assert f"{OPTION}=True" in run.error("plan")
    assert "Correct it in the DAG" in run.error("plan")  # it is added to what else is to be done
    assert dts_emulator.journal() == []


@pytest.mark.parametrize(("kind", "request_of"), [row[:2] for row in KINDS if "Src" not in row[2] and row[2] != "Key"])
def test_a_name_in_quotes_of_its_own_stays_text(kind: type[Any], request_of: Any, dts_emulator: Any) -> None:
    run = _planned(kind, request_of("'{{ 2000 + 24 }}'"))
    assert run.red() == []
    assert "'2024'" in str(run.xcom("plan"))


def test_the_option_of_the_task_itself_counts() -> None:
    assert OPTION in _planned(DtsPlanMigrationOperator, _migration("2024"), native=False, **{OPTION: True}).error(
        "plan"
    )
    assert _planned(DtsPlanMigrationOperator, _migration("2024"), **{OPTION: False}).red() == []


@pytest.mark.parametrize(
    ("request_", "native"),
    [
        ({"objects": {"ObjectMode": "partial", "Databases": [{"DbName": 2024, "DBMode": "all"}]}}, False),
        ({"instance_class": "huge"}, True),
    ],
    ids=["a number in a DAG without it", "a text that is wrong"],
)
def test_the_option_is_not_blamed_for_what_it_did_not_do(request_: dict[str, Any], native: bool) -> None:
    run = _planned(DtsPlanMigrationOperator, request_, native=native)
    assert run.red() == ["plan"]
    assert OPTION not in run.error("plan")


def test_the_option_is_not_blamed_for_a_runs_parameter(dts_emulator: Any) -> None:
    """The parameters of a run are no templates."""
    with DAG("native", schedule=None, render_template_as_native_obj=True, params=migration_params()) as dag:
        DtsPlanMigrationOperator(task_id="plan")
    objects = {"ObjectMode": "partial", "Databases": [{"DbName": 2024, "DBMode": "all"}]}
    run = LocalRun(dag, {"objects": objects})
    assert "DbName must be of type String" in run.error("plan")
    assert OPTION not in run.error("plan")
