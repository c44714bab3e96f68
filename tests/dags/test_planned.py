"""A run moves what its parameters say, or says what its job does instead; it never cuts over anything else."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, task, task_group

from tencent_dts.task_groups import migrate
from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, Connections, assert_green, change, databases, done, migrate_dag, orders
from tests.dags.quick_runs import QuickRun
from tests.unit.emulator.cloud import Cloud, configuration
from tests.unit.emulator.cloud import databases as option

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


@pytest.fixture
def cloud(dts_emulator: Any) -> Cloud:
    """Somebody at the console."""
    return Cloud(dts_emulator)


OTHERWISE = "The job does something else than the plan of this run"


def test_a_running_job_of_other_databases_is_not_adopted(dts_emulator: Any, cloud: Cloud) -> None:
    job = cloud.ready(MigrateOption=option("secrets"))
    before = orders(dts_emulator)
    run = QuickRun(dts_emulator, migrate_dag(), {**databases("orders"), "existing_job_id": job})
    assert run.red() == ["purchase"]
    for part in (OTHERWISE, "has secrets", "lacks orders", "Host is 203.0.113.10, not 203.0.113.5"):
        assert part in run.error("purchase")
    assert orders(dts_emulator) == before


def test_a_job_configured_in_the_console_is_put_right_by_clearing_configure(dts_emulator: Any, cloud: Cloud) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_check_BinlogParamCheck"))
    job = run.xcom("purchase")
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(MigrateOption=option("secrets")))
    checks = done(dts_emulator, "CreateMigrateCheckJob")
    run.clear("check")
    assert run.red() == ["check"]
    for part in (OTHERWISE, "has secrets", "Clear `configure` with its downstream", "until the job is isolated"):
        assert part in run.error("check")
    assert done(dts_emulator, "CreateMigrateCheckJob") == checks
    assert_green(run.clear("configure"), dts_emulator)


def test_a_connection_that_names_another_database_by_now_cuts_nothing_over(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = airflow_connections["source_mysql"]["host"]
    run = QuickRun(dts_emulator, migrate_dag(), {**CONF, **databases("rehearse_different")})
    assert run.red() == ["report"]
    change(monkeypatch, airflow_connections, "source_mysql", host="198.51.100.7")
    run.clear("report")
    assert run.red() == ["complete"]
    for part in (
        OTHERWISE,
        f"Host is {host}, not 198.51.100.7",
        "CompleteMigrateJob was not called",
        "until the job is isolated",
    ):
        assert part in run.error("complete")
    assert done(dts_emulator, "CompleteMigrateJob") == 0
    change(monkeypatch, airflow_connections, "source_mysql", host=host)
    assert_green(run.clear("complete"), dts_emulator)


def test_a_request_that_was_changed_meets_an_ended_job_red_and_the_old_one_green(dts_emulator: Any) -> None:
    def dag(*names: str) -> DAG:
        with DAG("changed", schedule=None) as made:
            migrate(None, request=databases(*names))
        return made

    run = LocalRun(dag("orders"))
    assert_green(run, dts_emulator)
    before = orders(dts_emulator)
    run.change(dag("payments"))
    run.clear("plan")
    assert run.red() == ["configure"]
    for part in (OTHERWISE, "has orders", "lacks payments", "was for something else", "trigger a new run"):
        assert part in run.error("configure")
    run.change(dag("orders"))
    assert_green(run.clear("plan"), dts_emulator)
    assert orders(dts_emulator) == before


def test_a_mapped_list_in_another_order_meets_ended_jobs_red(dts_emulator: Any) -> None:
    wanted = [databases("orders"), databases("payments")]
    lists = iter([wanted, wanted[::-1]])
    with DAG("reordered", schedule=None) as dag:

        @task
        def requests() -> list[dict[str, Any]]:
            return next(lists)

        @task_group
        def one(request: Any) -> None:
            migrate(None, request=request)

        one.expand(request=requests())
    run = LocalRun(dag)
    assert run.state == "success"
    before = orders(dts_emulator)
    run.clear("requests")
    assert run.red() == ["one.configure[0]", "one.configure[1]"]
    assert orders(dts_emulator) == before
