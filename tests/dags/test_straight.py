"""A whole migration from the DAG that people run, and the other ways it may take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tencent_dts.times import BEIJING
from tests.dag_runs import LocalRun
from tests.dags.migrations import (
    CONF,
    Connections,
    assert_green,
    assert_red,
    change,
    databases,
    done,
    migrate_dag,
)
from tests.dags.quick_runs import QuickRun
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def test_straight_run_ends_isolated_after_one_purchase(dts_emulator: Any) -> None:
    run = LocalRun(migrate_dag(), CONF)
    assert_green(run, dts_emulator)
    assert run.xcom("report")["conclusion"] == "same"
    assert run.xcom("plan")["requested_by"] == "dag_test"  # whom Airflow names as the one who triggered it
    (job,) = dts_emulator.jobs()
    assert run.xcom("purchase") == job["JobId"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}["airflow-run"] == run.run_id


@pytest.mark.parametrize("migrate_type", ["full", "structure"])
def test_a_migration_that_ends_by_itself_is_not_compared_or_cut_over(dts_emulator: Any, migrate_type: str) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), {**CONF, "approval": True, "migrate_type": migrate_type})
    assert_green(run, dts_emulator, completes=0)
    assert done(dts_emulator, "CreateCompareTask") == 0
    assert run.xcom("report")["conclusion"] == "notCompared"
    assert_green(run.clear("compare"), dts_emulator, completes=0)


def test_a_database_named_like_a_number_stays_text(dts_emulator: Any) -> None:
    assert_green(QuickRun(dts_emulator, migrate_dag(), databases("2024")), dts_emulator)
    (call,) = dts_emulator.journal("ModifyMigrationJob")
    assert call["parameters"]["MigrateOption"]["DatabaseTable"]["Databases"][0]["DbName"] == "2024"


def test_a_timed_run_starts_at_its_time(dts_emulator: Any) -> None:
    begins = datetime.now(BEIJING) + timedelta(hours=1)
    conf = {**CONF, "run_mode": "timed", "expect_run_time": begins.strftime("%Y-%m-%d %H:%M:%S")}
    run = QuickRun(dts_emulator, migrate_dag(), conf)
    assert_green(run, dts_emulator)
    (job,) = dts_emulator.jobs()
    running = next(datetime.fromisoformat(at) for at, _, state in job["history"] if state == "running")
    assert running >= begins.replace(microsecond=0)


def test_an_undocumented_status_is_waited_through(dts_emulator: Any) -> None:
    assert_green(QuickRun(dts_emulator, migrate_dag(), databases("rehearse_unknown_status")), dts_emulator)


def test_a_lag_that_drains_slowly_is_waited_for(dts_emulator: Any) -> None:
    assert_green(QuickRun(dts_emulator, migrate_dag(), databases("rehearse_lag")), dts_emulator)


REDIS = {"source_connection": "source_redis", "target_connection": "target_redis"}


@pytest.fixture
def redis(airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two Redis databases as Airflow connections."""
    extra = {"access_type": "extranet", "region": "ap-guangzhou"}
    for name, host in (("source_redis", "203.0.113.7"), ("target_redis", "203.0.113.8")):
        change(
            monkeypatch,
            airflow_connections,
            name,
            conn_type="redis",
            host=host,
            port=6379,
            password="rehearsal",
            extra=extra,
        )


@pytest.mark.usefixtures("redis")
def test_a_redis_job_in_error_is_not_resumed_by_itself(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_error", **REDIS))
    assert_red(run, dts_emulator, "ready", "clearData or overwrite")
    assert_red(run.clear("ready"), dts_emulator, "ready", "not resumed by itself")
    assert done(dts_emulator, "ResumeMigrateJob") == 0
    person = Cloud(dts_emulator)
    person.call("ResumeMigrateJob", JobId=run.xcom("purchase"), ResumeOption="overwrite")
    assert_green(run.clear("ready"), dts_emulator)
