"""Migrations between two real servers, by the DAG that people run: rows move, and are proven to have moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.sdk import DAG, task

from scripts import mariadb
from scripts.local import connections
from tencent_dts.emulator import Emulator
from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate
from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, assert_green, assert_red, change, databases
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


def migrate_frozen(freeze: Callable[[], None]) -> Any:
    """The migration with a task of its author's, which freezes the source before the last comparison."""
    with DAG("frozen_shop", schedule=None, params=migration_params()) as dag:

        @task
        def frozen() -> None:
            freeze()

        migrate(None, before_cutover=frozen())
    return dag


def test_no_acknowledged_write_is_lost(emulator: Emulator, servers: Servers, named: Connections) -> None:
    assert named
    source, target = servers
    client = Client(source)
    client.start()
    run = LocalRun(migrate_frozen(client.freeze), databases("shop"))
    client.freeze()
    assert_green(run, emulator)
    assert run.xcom("report")["conclusion"] == "same"
    assert len(client.placed) > 100  # the client did write meanwhile
    assert missing(target, client.placed) == []
    assert checksums(source) == checksums(target)
    assert replications(target) == []


def test_a_changed_row_is_found_and_named(emulator: Emulator, servers: Servers, named: Connections) -> None:
    assert named
    _, target = servers

    def plant() -> None:
        with target.connect(database="shop") as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE orders SET amount = amount + 1 WHERE id = 1234")

    run = LocalRun(migrate_frozen(plant), databases("shop"))
    assert_red(run, emulator, "report", "shop.orders: chunk 0, PRIMARY from 1234 to 1234")
    with target.connect(database="shop") as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE orders SET amount = amount - 1 WHERE id = 1234")
    assert_green(run.clear("report"), emulator)
    assert replications(target) == []
