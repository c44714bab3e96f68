"""Migrations between two real servers, by the DAG that people run: rows move, and are proven to have moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts import mariadb
from scripts.local import connections
from tencent_dts.emulator import Emulator
from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, assert_green, assert_red, change, databases, migrate_dag
from tests.dags.shop import Client, checksums, fill, missing, replications

pytestmark = [
    pytest.mark.usefixtures("airflow_database"),
    pytest.mark.skipif(not mariadb.installed(), reason="MariaDB is not installed: scripts/install_system_packages.sh"),
]

Servers = list[mariadb.MariaDbServer]


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    """A source and a target for the tests of this module."""
    with mariadb.servers() as started:
        yield started


@pytest.fixture
def servers(running: Servers) -> Iterator[Servers]:
    """The same, with a filled shop in the source and nothing in the target."""
    fill(running[0])
    yield running
    for server in running:
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS shop")


@pytest.fixture
def emulator(servers: Servers, dts_emulator_options: dict[str, Any]) -> Iterator[Emulator]:
    """An emulator whose jobs between the two servers move rows."""
    names = {f"203.0.113.{number}:3306": server.server for number, server in enumerate(servers, 1)}
    with Emulator(**dts_emulator_options, servers=names) as started:
        yield started


@pytest.fixture
def named(emulator: Emulator, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Airflow's connections to that emulator and, by the names that it maps, to the two servers."""
    host, port = emulator.endpoint.split(":")
    values = connections(host, int(port))
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    known = {name.removeprefix("AIRFLOW_CONN_").lower(): json.loads(value) for name, value in values.items()}
    for number, conn_id in enumerate(("source_mysql", "target_mysql"), 1):
        account = servers[number - 1].server.account
        change(
            monkeypatch,
            known,
            conn_id,
            host=f"203.0.113.{number}",
            port=3306,
            login=account.user,
            password=account.password,
            extra={"access_type": "extranet", "region": "ap-guangzhou"},
        )
    return known


def migrate_frozen(freeze: Any) -> Any:
    """The DAG that people run, whose author freezes the source before the last comparison."""
    from airflow.sdk import dag, task

    from tencent_dts.task_groups import migrate

    @task
    def frozen() -> None:
        freeze()

    @dag(dag_id="frozen_shop", schedule=None)
    def frozen_shop() -> None:
        migrate(before_cutover=frozen)

    return frozen_shop


def test_no_acknowledged_write_is_lost(emulator: Emulator, servers: Servers, named: Connections) -> None:
    source, target = servers
    client = Client(source)
    client.start()
    run = LocalRun(migrate_dag(), databases("shop"))
    client.freeze()
    assert run.states() == {}, run.states()


def test_a_changed_row_is_found_and_named(emulator: Emulator, servers: Servers, named: Connections) -> None:
    assert named
