"""Wrong parameters are refused by the first task, with what is wrong, before anything is bought."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError

from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate
from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, Connections, assert_green, change, databases, migrate_dag, orders
from tests.dags.quick_runs import QuickRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

TOGETHER: list[tuple[dict[str, Any], str]] = [
    ({"instance_clas": "small"}, "did you mean instance_class"),
    ({"target_database_type": "redis"}, "no migration link from mysql to redis"),
    ({"target_connection": "source_mysql"}, "it is the source, too"),
    ({"run_mode": "timed"}, "expect_run_time"),
    ({"expect_run_time": "2030-01-01 00:00:00"}, "set run_mode to timed"),
    ({"run_mode": "timed", "expect_run_time": "2020-01-01 00:00:00"}, "must lie in the future"),
    ({"run_mode": "timed", "expect_run_time": "tomorrow"}, "Beijing time"),
    ({"compare_method": "rowsCount", "compare_sample_rate": 10}, "leave it at 100"),
    ({"objects": {"ObjectMode": "partial"}}, "at least one database"),
    ({"objects": {"ObjectMode": "partial", "Databases": [{"DbName": 2024, "DBMode": "all"}]}}, "DbName"),
    ({"source_connection": "no_such_connection"}, "no_such_connection"),
]
ALONE: list[tuple[dict[str, Any], str]] = [
    ({"instance_class": "tiny"}, "instance_class"),
    ({"hold_seconds": -1}, "hold_seconds"),
    ({"existing_job_id": "job 7"}, "existing_job_id"),
    ({"objects": {"ObjectMode": "some"}}, "ObjectMode"),
    ({"skip_check_items": [{"step_id": "OptimizeCheck"}]}, "reason"),
    ({"allowed_skipped_tables": "3"}, "allowed_skipped_tables"),
]


@pytest.mark.parametrize(("wrong", "said"), TOGETHER, ids=str)
def test_parameters_that_do_not_go_together_are_refused(dts_emulator: Any, wrong: dict[str, Any], said: str) -> None:
    with DAG("quick", schedule=None, params=migration_params()) as dag:
        migrate(None, retries=0)
    run = QuickRun(dts_emulator, dag, {**CONF, **wrong})
    assert run.state == "failed"
    assert run.red() == ["plan"]
    assert said in run.error("plan")
    assert dts_emulator.journal() == []


@pytest.mark.parametrize(("wrong", "said"), ALONE, ids=str)
def test_a_wrong_value_is_refused_by_the_form_and_by_the_plan(
    dts_emulator: Any, wrong: dict[str, Any], said: str
) -> None:
    form = migrate_dag().params
    with pytest.raises(ParamValidationError):
        form.update({**CONF, **wrong})
    with DAG("authored", schedule=None) as dag:
        migrate(None, request={**CONF, **wrong})
    run = QuickRun(dts_emulator, dag, {})
    assert run.red() == ["plan"]
    assert said in run.error("plan")
    assert dts_emulator.journal() == []


def test_a_corrected_connection_needs_one_clear_of_the_plan(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = airflow_connections["target_mysql"]["extra"]
    change(monkeypatch, airflow_connections, "target_mysql", extra={**right, "instance_id": ""})
    run = LocalRun(migrate_dag(), CONF)
    assert run.red() == ["plan"]
    assert "target_mysql" in run.error("plan")
    assert orders(dts_emulator) == []
    change(monkeypatch, airflow_connections, "target_mysql", extra=right)
    assert_green(run.clear("plan"), dts_emulator)


def test_where_airflow_does_not_merge_a_run_s_conf_the_form_s_example_is_not_bought(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS", "False")
    run = LocalRun(migrate_dag(), databases("orders", approval=True))
    assert run.red() == ["plan"]
    assert "dag_run_conf_overrides_params" in run.error("plan")
    assert dts_emulator.journal() == []


def test_jinja_in_a_request_is_text_and_refused_where_the_form_wants_none(dts_emulator: Any) -> None:
    asked = {**databases("shop"), "instance_class": "{{ params.size }}", "job_title": "{{ dag.dag_id }}-nightly"}
    with DAG("templated", schedule=None, params={"size": "xlarge", "hold": 0}) as dag:
        migrate("right", request=asked)
        migrate("wrong", request={**asked, "hold_seconds": "{{ params.hold }}"}, retries=0)
    run = LocalRun(dag)
    assert run.red() == ["wrong.plan"]
    assert "hold_seconds is '0'" in run.error("wrong.plan")
    (job,) = dts_emulator.journal("CreateMigrationService")
    assert job["parameters"]["InstanceClass"] == "xlarge"
    assert job["parameters"]["JobName"].endswith("templated-nightly")
