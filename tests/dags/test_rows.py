"""Migrations between two real servers, by the DAG that people run: rows move, and are proven to have moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task

from scripts import mariadb
from scripts.local import example_connections
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


def names_of(servers: Servers) -> dict[str, Any]:
    """What jobs call the source and the target."""
    return {f"203.0.113.{number}:3306": server.server for number, server in enumerate(servers, 1)}


@pytest.fixture
def emulator(
    servers: Servers, dts_emulator_options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulator]:
    """An emulator whose jobs between the two servers move rows, and Airflow's connections to all three."""
    with Emulator(**dts_emulator_options, servers=names_of(servers)) as started:
        connect(started, servers, monkeypatch)
        yield started


def connect(emulator: Emulator, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Airflow's connections to an emulator and, by the names that it maps, to the two servers."""
    host, port = emulator.endpoint.split(":")
    known = example_connections(host, int(port))
    change(monkeypatch, known, "tencentcloud_default")
    for name, conn_id, server in zip(names_of(servers), ("source_mysql", "target_mysql"), servers, strict=True):
        account = server.server.account
        parts: dict[str, Any] = {"conn_type": "mysql", "login": account.user, "password": account.password}
        extra = {"access_type": "extranet", "region": "ap-guangzhou"}
        change(monkeypatch, known, conn_id, host=name.partition(":")[0], port=3306, extra=extra, **parts)
    return known


def migrate_frozen(freeze: Callable[[], None]) -> Any:
    """The migration with a task of its author's, which freezes the source before the last comparison."""
    with DAG("frozen_shop", schedule=None, params=migration_params()) as dag:

        @task
        def frozen() -> None:
            freeze()

        migrate(None, before_cutover=frozen())
    return dag


def test_no_acknowledged_write_is_lost(emulator: Emulator, servers: Servers) -> None:
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
    for password in (server.server.account.password for server in servers):
        assert password not in json.dumps([emulator.journal(), emulator.jobs()])


@pytest.mark.long
def test_a_changed_row_is_found_and_named(emulator: Emulator, servers: Servers) -> None:
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


@pytest.mark.long
def test_servers_and_emulator_that_restart_before_the_cutover_lose_nothing(
    servers: Servers, dts_emulator_options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = servers
    state = {"state": tmp_path / "state", "servers": names_of(servers), **dts_emulator_options}
    emulator = Emulator(**state).start()
    connect(emulator, servers, monkeypatch)
    port = int(emulator.endpoint.rpartition(":")[2])
    client = Client(source)
    client.start()

    def restart() -> None:
        nonlocal emulator
        emulator.stop()
        target.restart()
        emulator = Emulator(port=port, **state).start()
        client.freeze()

    run = LocalRun(migrate_frozen(restart), databases("shop"))
    assert_green(run, emulator)
    assert missing(target, client.placed) == []
    assert checksums(source) == checksums(target)
    assert replications(target) == []
    emulator.stop()
