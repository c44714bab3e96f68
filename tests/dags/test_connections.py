"""Connections in whole runs: where they come from, and what becomes of a run without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import delete, select

from tests.dag_runs import LocalRun, overwrite_what_was_deleted
from tests.dags.migrations import CONF, Connections, assert_green, done, migrate_dag

pytestmark = pytest.mark.usefixtures("airflow_database")


@pytest.fixture
def in_the_database(airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example connections as people make them in the UI."""
    with create_session() as session:
        for conn_id, value in airflow_connections.items():
            monkeypatch.delenv(f"AIRFLOW_CONN_{conn_id.upper()}")
            parts = {**value, "extra": json.dumps(value["extra"])}
            session.add(Connection(conn_id=conn_id, **parts))
    yield
    with create_session() as session:
        session.execute(delete(Connection))
    overwrite_what_was_deleted()


@pytest.mark.usefixtures("in_the_database")
def test_dags_test_runs_with_connections_from_airflow_s_database(dts_emulator: Any) -> None:
    """Its triggers run in line, where the asynchronous way to a connection finds none."""
    dts_emulator.set_speed(60)  # slow enough that tasks are deferred
    run = LocalRun(migrate_dag(), CONF)
    assert_green(run, dts_emulator)
    with create_session() as session:
        kept = session.scalars(select(TaskInstance).where(TaskInstance.run_id == run.run_id)).all()
        assert {ti.try_number for ti in kept} == {1}


def test_a_connection_that_does_not_exist_is_red_at_once_and_nothing_is_bought(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TARGET_MYSQL")
    run = LocalRun(migrate_dag(), CONF)
    assert run.red() == ["plan"]
    assert "connection target_mysql: it is not defined; make it under Admin > Connections" in run.error("plan")
    with create_session() as session:
        plan = session.scalars(
            select(TaskInstance).where(TaskInstance.run_id == run.run_id, TaskInstance.task_id == "plan")
        ).one()
        assert plan.try_number == 1
    assert done(dts_emulator, "CreateMigrationService") == 0
