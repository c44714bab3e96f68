"""Schemas as people have them between two MariaDB servers: all of it arrives, is followed and is compared."""

from __future__ import annotations

import threading

import pytest

from scripts import mariadb
from tencent_dts.emulator.data.model import Objects, Progress
from tencent_dts.emulator.data.mysql_filters import NONE
from tests.unit.emulator.data.grounds import JOB, MYSQL, Engines, level

of_mariadb = pytest.mark.parametrize("running", [MYSQL], indirect=True, ids=["mariadb"])

NAMES = (
    "with.dot",
    "with blank",
    "it's",
    'a "quoted" one',
    "back`tick",
    "UPPER",
    "\xe9t\xe9 \u6f22",
    "100%",
    "a_b",
    "$and-more!",
)


def quoted(*names: str) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


@of_mariadb
@pytest.mark.long
def test_databases_and_tables_of_any_name_arrive_are_followed_and_compared(engines: Engines) -> None:
    decoys = ("aXb", "100")  # which a pattern would let through
    tables = {name: quoted(name, name[::-1]) for name in (*NAMES, *decoys)}
    for name, table in tables.items():
        engines.source.execute(
            f"CREATE DATABASE {quoted(name)}",
            f"CREATE TABLE {table} ({quoted(name)} INT PRIMARY KEY, {quoted('v' + name)} VARCHAR(20))",
            f"INSERT INTO {table} VALUES (1, 'first')",
        )
    chosen = Objects(dict.fromkeys(NAMES))
    try:
        engine = engines.moved(chosen)
        for table in tables.values():
            engines.source.execute(f"INSERT INTO {table} VALUES (2, 'second')")
        level(engine)
        there = {row[0] for row in engines.target.execute("SHOW DATABASES")}
        assert there & {*NAMES, *decoys} == set(NAMES)
        assert engine.compare(chosen, "dataCheck", 100, Progress()).differences == []
        for name in NAMES:
            engines.target.execute(f"UPDATE {tables[name]} SET {quoted('v' + name)} = 'x' WHERE {quoted(name)} = 2")
        found = engine.compare(chosen, "dataCheck", 100, Progress()).differences
        assert sorted((row.database, row.table, row.lower) for row in found) == sorted(
            (name, name[::-1], "2") for name in NAMES
        )
    finally:
        engines.made[-1].stop(finish=False)
        for server in (engines.source, engines.target):
            server.execute(*(f"DROP DATABASE IF EXISTS {quoted(name)}" for name in (*NAMES, *decoys)))


@of_mariadb
@pytest.mark.long
def test_single_tables_of_any_name_are_followed_and_their_neighbours_are_not(engines: Engines) -> None:
    others = ("aXb", "100", "UPPERS")
    for name in (*NAMES, *others):
        engines.source.execute(f"CREATE TABLE {quoted('shop', name)} (id INT PRIMARY KEY)")
    engines.source.execute("CREATE TABLE other.whole_ (id INT PRIMARY KEY)")
    chosen = Objects({"shop": NAMES, "other": None})
    engine = engines.moved(chosen)
    for name in (*NAMES, *others):
        engines.source.execute(f"INSERT INTO {quoted('shop', name)} VALUES (2)")
    engines.source.execute("INSERT INTO other.whole_ VALUES (2)")
    level(engine)
    assert engine.lag().words == ""
    assert {row[0] for row in engines.target.execute("SHOW TABLES IN shop")} == set(NAMES)
    assert engine.compare(chosen, "dataCheck", 100, Progress()).source_rows == len(NAMES) + 1
    assert engine.compare(chosen, "dataCheck", 100, Progress()).differences == []


@of_mariadb
@pytest.mark.long
def test_keys_views_triggers_routines_and_generated_columns_arrive_and_work_once(engines: Engines) -> None:
    engines.source.execute(
        "USE shop",
        "CREATE TABLE customers (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), UNIQUE (name))",
        "CREATE TABLE orders (id INT PRIMARY KEY, customer INT, net DECIMAL(10,2), "
        "gross DECIMAL(10,2) AS (net * 1.2) STORED, half DECIMAL(10,2) AS (net / 2) VIRTUAL, "
        "hidden INT INVISIBLE DEFAULT 7, CHECK (net >= 0), FOREIGN KEY (customer) REFERENCES customers (id))",
        "CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT, said VARCHAR(50))",
        "CREATE TABLE versions (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING",
        "CREATE SEQUENCE numbers_of_orders START WITH 5",
        "CREATE FUNCTION twice (n INT) RETURNS INT DETERMINISTIC RETURN 2 * n",
        "CREATE VIEW doubled AS SELECT twice(id) AS n FROM orders",
        "CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW "
        "INSERT INTO audit (said) VALUES (CONCAT('order ', NEW.id))",
        "INSERT INTO customers (name) VALUES ('a'), ('b')",
        "INSERT INTO orders (id, customer, net) VALUES (1, 1, 10)",
        "INSERT INTO versions VALUES (1, 1)",
        "UPDATE versions SET v = 2",
    )
    engines.make().copy(Progress(), data=True)  # whose emulator was killed: what it has made does not stand in the way
    engine = engines.moved()
    engines.source.execute("USE shop", "INSERT INTO orders (id, customer, net) VALUES (2, 2, 20)")
    level(engine)
    assert engine.lag().words == ""
    found = engine.compare(MYSQL.shop, "dataCheck", 100, Progress())
    assert (found.differences, found.tables) == ([], 4)
    look = ("SELECT said FROM shop.audit", "SELECT n FROM shop.doubled", "SELECT gross, half, hidden FROM shop.orders")
    assert [engines.target.execute(query) for query in look] == [engines.source.execute(query) for query in look]
    assert len(engines.target.execute(look[0])) == 2  # the trigger of the target has not worked once more
    engines.target.execute("UPDATE shop.versions SET v = 3", "UPDATE shop.orders SET hidden = 8 WHERE id = 2")
    assert sorted(engines.named(engine)) == ["orders:2", "versions:1"]


@of_mariadb
def test_every_digit_of_a_float_arrives_whatever_is_written_meanwhile(engines: Engines) -> None:
    engines.source.execute(
        "USE shop",
        "CREATE TABLE floats (token VARCHAR(20) COLLATE utf8mb4_unicode_ci, number INT, f FLOAT, g FLOAT(10,3), "
        "h FLOAT AS (f) STORED, at TIMESTAMP(6) NOT NULL DEFAULT '2026-01-01' ON UPDATE CURRENT_TIMESTAMP(6), "
        "PRIMARY KEY (token, number))",
        "INSERT INTO floats (token, number, f, g) SELECT CONCAT('it''s ', seq), seq, 1 + seq / 7, -seq * 1.2345 "
        "FROM seq_1_to_3000",
        "UPDATE floats SET at = '2026-01-01'",
        "UPDATE floats SET f = ELT(number, 16777217, 3.4028234e38, 1e-45, 0), g = NULL WHERE number < 5",
        "CREATE TABLE audit (id INT PRIMARY KEY AUTO_INCREMENT)",
        "CREATE TRIGGER noted AFTER UPDATE ON floats FOR EACH ROW INSERT INTO audit VALUES (NULL)",
        "CREATE TABLE keyless (f FLOAT)",
    )
    with_key = "`shop`.`keyless` has FLOAT columns and no key but of them: digits after the sixth are not copied"
    assert with_key in [finding.words for finding in engines.make().check(None, None)]
    writer = Writer(engines.source)
    writer.start()
    engine = engines.moved()
    writer.stop()
    level(engine)
    assert writer.written > 5
    assert engines.named(engine) == []
    checksums = "CHECKSUM TABLE shop.floats, shop.audit"
    assert engines.target.execute(checksums) == engines.source.execute(checksums)
    engines.target.execute("UPDATE shop.floats SET f = f * 1.000001 WHERE number = 1000")
    assert "floats:it's 1000, 1000" in engines.named(engine)


class Writer(threading.Thread):
    """Somebody who goes on writing FLOATs."""

    def __init__(self, server: mariadb.MariaDbServer) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._enough = threading.Event()
        self.written = 0

    def run(self) -> None:
        """Write without a pause."""
        with self._server.connect("shop") as connection, connection.cursor() as cursor:
            while not self._enough.is_set():
                self.written += cursor.execute(f"UPDATE floats SET f = f / 3 WHERE number = 5 + {self.written}")
                cursor.execute(f"INSERT INTO floats VALUES ('new', {self.written}, 1 / 3, 2 / 3, DEFAULT, DEFAULT)")

    def stop(self) -> None:
        """Write no more."""
        self._enough.set()
        self.join()


@of_mariadb
@pytest.mark.long
def test_a_hundred_tables_one_of_a_hundred_columns_and_an_empty_one(engines: Engines) -> None:
    columns = ", ".join(f"c{number} INT" for number in range(1, 100))
    values = ", ".join(str(number) for number in range(100))
    for number in range(98):
        engines.source.execute(
            f"CREATE TABLE shop.t{number} (id INT PRIMARY KEY)", f"INSERT INTO shop.t{number} VALUES ({number})"
        )
    engines.source.execute(
        f"CREATE TABLE shop.wide (id INT PRIMARY KEY, {columns})",
        f"INSERT INTO shop.wide VALUES ({values})",
        "CREATE TABLE shop.empty (id INT PRIMARY KEY)",
    )
    engine = engines.moved()
    found = engine.compare(MYSQL.shop, "dataCheck", 100, Progress())
    assert (found.tables, found.source_rows, found.target_rows, found.differences) == (100, 99, 99, [])
    engines.target.execute(
        "UPDATE shop.wide SET c99 = NULL", "DELETE FROM shop.t97", "INSERT INTO shop.empty VALUES (3)"
    )
    assert sorted(engines.named(engine)) == ["empty:3", "t97:97", "wide:0"]


@of_mariadb
@pytest.mark.long
def test_a_target_that_restarts_and_follows_everything_is_stopped_and_says_so(engines: Engines) -> None:
    engines.numbers(10)
    engine = engines.moved()
    # As a server without skip-slave-start does after a restart: its filters are forgotten, and it follows on.
    name = f"SET default_master_connection = '{JOB}'"
    forgotten = [f"SET GLOBAL {variable} = ''" for variable in NONE]
    engines.target.execute(name, f"STOP SLAVE '{JOB}'", *forgotten, f"START SLAVE '{JOB}'")
    lag = engine.lag()
    assert not lag.running
    assert "restarted without skip-slave-start and followed all of the source" in lag.words
    assert engine.lag().running is False
    engine.replicate("")  # as ResumeMigrateJob does
    engines.source.execute("INSERT INTO shop.numbers VALUES (1, 'late')")
    level(engine)
    assert engines.named(engine) == []


@of_mariadb
@pytest.mark.long
def test_a_load_whose_emulator_was_killed_is_ended_before_the_next_begins(engines: Engines) -> None:
    engines.numbers(10)
    orphan = engines.target.connect().cursor()
    orphan.execute(f"DO GET_LOCK('{JOB}', 0)")
    engine = engines.moved()
    with pytest.raises(Exception, match=r"Lost connection|gone away|killed"):
        orphan.execute("SELECT 1")
    assert engines.named(engine) == []
