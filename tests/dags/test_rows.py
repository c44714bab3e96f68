"""Migrations between two real servers, by the DAG that people run: rows move, and are proven to have moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task

from scripts.families import Family, family, names
from scripts.local import example_connections
from scripts.shop import ROWS, Client, lost
from tencent_dts.emulator import Emulator
from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate
from tests.dag_runs import LocalRun
from tests.dags.migrations import assert_green, assert_red, change, databases

pytestmark = pytest.mark.usefixtures("airflow_database")

Shops = Sequence[Any]


# One family is enough for every day: what differs between them is in their engines, which have tests of their own.
FAMILIES = [pytest.param(name, marks=[] if name == "mysql" else [pytest.mark.long]) for name in names()]


@pytest.fixture(scope="module", params=FAMILIES)
def chosen(request: pytest.FixtureRequest) -> Family:
    """A family of databases."""
    try:
        return family(request.param)
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def running(chosen: Family) -> Iterator[Shops]:
    """A source and a target for the tests of this module."""
    with chosen.shops(None) as started:
        yield started


@pytest.fixture
def shops(running: Shops) -> Iterator[Shops]:
    """The same, with a filled shop in the source and nothing in the target."""
    running[0].fill(ROWS)
    yield running
    for shop in running:
        shop.drop()


@pytest.fixture
def emulator(
    chosen: Family, shops: Shops, dts_emulator_options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulator]:
    """An emulator whose jobs between the two servers move rows, and Airflow's connections to all three."""
    with Emulator(**dts_emulator_options, servers=chosen.named(shops)) as started:
        connect(started, chosen, shops, monkeypatch)
        yield started


def connect(emulator: Emulator, chosen: Family, shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's connections to an emulator and, by the names that it maps, to the two servers."""
    host, port = emulator.endpoint.split(":")
    cloud = {"tencentcloud_default": example_connections(host, int(port))["tencentcloud_default"]}
    for name, connection in (cloud | chosen.connections(shops)).items():
        change(monkeypatch, {}, name, **connection)


def conf(chosen: Family) -> dict[str, Any]:
    """The parameters of a run that migrates the shop."""
    ids = dict(zip(("source_connection", "target_connection"), chosen.connection_ids, strict=True))
    return databases("shop", **ids)


def migrate_frozen(freeze: Callable[[], object]) -> Any:
    """The migration with a task of its author's, which freezes the source before the last comparison."""
    with DAG("frozen_shop", schedule=None, params=migration_params()) as dag:

        @task
        def frozen() -> None:
            freeze()

        migrate(None, before_cutover=frozen())
    return dag


def execute(shop: Any, statement: str) -> None:
    """Change something in a shop."""
    with closing(shop.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        connection.commit()


def test_no_acknowledged_write_is_lost(emulator: Emulator, chosen: Family, shops: Shops) -> None:
    source, target = shops
    client = Client()
    client.open(source)
    run = LocalRun(migrate_frozen(client.freeze), conf(chosen))
    assert_green(run, emulator)
    assert run.xcom("report")["conclusion"] == "same"
    assert len(client.placed) > 20  # the client did write meanwhile
    assert lost(target, client) == []
    assert source.checksums() == target.checksums()
    assert target.left() == []
    for shop in shops:
        assert shop.server.account.password not in json.dumps([emulator.journal(), emulator.jobs()])


LINE = '"order" = 900 AND "line.no" = 2'
PLANTED = (
    (
        "UPDATE orders SET amount = amount + 1 WHERE id = 234",
        "UPDATE orders SET amount = amount - 1 WHERE id = 234",
        "orders: chunk 0, ",
        " from 234 to 234",
    ),
    (f'DELETE FROM "order lines" WHERE {LINE}', "", "order lines: chunk 0, ", " from 900, 2 to 900, 2"),
    (
        "INSERT INTO payments VALUES ('above all others', 1, 5)",
        "DELETE FROM payments",
        "payments: chunk 0, ",
        " from above all others to above all others",
    ),
)
"""What is done to the target, what puts it right ("": the source's row), and how the report must name it."""


def copy_line(source: Any, target: Any) -> None:
    """Put the row back that was deleted."""
    with closing(source.connect()) as reading, closing(reading.cursor()) as cursor:
        cursor.execute(f'SELECT * FROM "order lines" WHERE {LINE}')
        row = cursor.fetchone()
    with closing(target.connect()) as writing, closing(writing.cursor()) as cursor:
        cursor.execute('INSERT INTO "order lines" VALUES (%s, %s, %s, %s)', row)
        writing.commit()


@pytest.mark.long
def test_each_planted_row_is_named_and_one_clear_when_all_is_put_right_ends_well(
    emulator: Emulator, chosen: Family, shops: Shops
) -> None:
    source, target = shops
    run = LocalRun(migrate_frozen(lambda: execute(target, PLANTED[0][0])), conf(chosen))
    for number, (_, right, *said) in enumerate(PLANTED, 1):
        assert_red(run, emulator, "report", *said)
        if right:
            execute(target, right)
        else:
            copy_line(source, target)
        for planted, *_ in PLANTED[number : number + 1]:
            execute(target, planted)
            run.clear("report")
    assert_green(run.clear("report"), emulator)
    assert source.checksums() == target.checksums()
    assert target.left() == []


UNFIT = {
    "binlog_format": (
        0,
        "SET GLOBAL binlog_format = MIXED",
        "SET GLOBAL binlog_format = ROW",
        "binlog_format is MIXED in the source, not ROW",
    ),
    "content": (
        1,
        "CREATE TABLE shop.orders (of_others INT)",
        "DROP TABLE shop.orders",
        "the target holds 1 tables or views in the chosen databases: `shop`.`orders`",
    ),
    "rule of a key": (
        0,
        "ALTER TABLE shop.orders ADD CONSTRAINT twice FOREIGN KEY (customer) REFERENCES shop.customers (id) "
        "ON DELETE CASCADE",
        "ALTER TABLE shop.orders DROP FOREIGN KEY twice",
        "foreign key twice of `shop`.`orders` has ON DELETE CASCADE",
    ),
}
"""Which server is made unfit and how, how it is put right, and what the check must say."""


@pytest.mark.long
@pytest.mark.parametrize("chosen", ["mysql"], indirect=True)
def test_what_the_check_finds_is_said_and_one_clear_when_all_is_put_right_ends_well(
    emulator: Emulator, chosen: Family, shops: Shops
) -> None:
    shops[1].running.execute("CREATE DATABASE shop")
    run: LocalRun | None = None
    for side, wrong, right, said in UNFIT.values():
        shops[side].running.execute(wrong)
        try:
            run = run.clear("check_passed") if run else LocalRun(migrate_frozen(lambda: None), conf(chosen))
            assert_red(run, emulator, "check_passed", said)
        finally:
            shops[side].running.execute(right)
    assert run is not None
    assert_green(run.clear("check_passed"), emulator)
    assert shops[0].checksums() == shops[1].checksums()


@pytest.mark.long
def test_servers_and_emulator_that_restart_before_the_cutover_lose_nothing(
    chosen: Family, shops: Shops, dts_emulator_options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = shops
    state = {"state": tmp_path / "state", "servers": chosen.named(shops), **dts_emulator_options}
    emulator = Emulator(**state).start()
    connect(emulator, chosen, shops, monkeypatch)
    port = int(emulator.endpoint.rpartition(":")[2])
    client = Client()
    client.open(source)

    def restart() -> None:
        nonlocal emulator
        emulator.stop()
        target.running.restart()
        emulator = Emulator(port=port, **state).start()
        client.freeze()

    run = LocalRun(migrate_frozen(restart), conf(chosen))
    assert_green(run, emulator)
    assert lost(target, client) == []
    assert source.checksums() == target.checksums()
    assert target.left() == []
    emulator.stop()
