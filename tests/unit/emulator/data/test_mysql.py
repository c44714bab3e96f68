"""The engine between two MariaDB servers, without the emulator around it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts import mariadb
from tencent_dts.emulator.data.model import Account, DataError, Objects, Progress
from tencent_dts.emulator.data.mysql import MariaDb, problems

pytestmark = pytest.mark.skipif(not mariadb.installed(), reason="scripts/install_system_packages.sh installs MariaDB")

JOB = "dts-abcdefgh"
ODD = "odd, `names` 'of' \"Tables\" 50%_ \xe9\u6f22"
TYPES = {
    "i": ("INT", "1", "2"),
    "nullable": ("VARCHAR(20)", "NULL", "''"),
    "blank": ("VARCHAR(20)", "'a'", "'a '"),
    "letter": ("VARCHAR(20)", "'a'", "'A'"),
    "four_bytes": ("VARCHAR(20) CHARACTER SET utf8mb4", "'\U0001f6d2'", "'\U0001f6d3'"),
    "long_text": ("LONGTEXT", "REPEAT('x', 70000)", "CONCAT(REPEAT('x', 69999), 'y')"),
    "picture": ("BLOB", "x'00ff27'", "x'00fe27'"),
    "document": ("JSON", """'{"a": 1}'""", """'{"a": 2}'"""),
    "exact": ("DECIMAL(30,10)", "0.1000000001", "0.1000000002"),
    "rough": ("FLOAT", "1.5", "1.5000001"),  # a dump writes no more digits than the first has
    "rougher": ("DOUBLE", "0.1", "0.10000000000000002"),
    "at": ("TIMESTAMP(6) NULL", "'2026-03-29 00:30:00.000001'", "'2026-03-29 00:30:00.000002'"),
    "on_day": ("DATETIME", "'2026-03-29 02:30:00'", "'2026-03-29 03:30:00'"),
    "flags": ("BIT(9)", "b'100000000'", "b'100000001'"),
    "choice": ("ENUM('a', 'b')", "'a'", "'b'"),
    "choices": ("SET('a', 'b')", "'a'", "'a,b'"),
    "place": ("POINT", "POINT(1, 1)", "POINT(1, 2)"),
    "length": ("TIME(3)", "'-00:00:01.001'", "'00:00:01.001'"),
}
"""A column of each type: its type, its value, and another value that it must not be taken for."""


@pytest.fixture(scope="module")
def running() -> Iterator[list[mariadb.MariaDbServer]]:
    with mariadb.servers() as started:
        yield started


@pytest.fixture
def source(running: list[mariadb.MariaDbServer]) -> Iterator[mariadb.MariaDbServer]:
    running[0].execute("CREATE DATABASE shop CHARACTER SET utf8mb4", "CREATE DATABASE other")
    yield running[0]
    running[0].execute("DROP DATABASE shop", "DROP DATABASE other")


@pytest.fixture
def target(running: list[mariadb.MariaDbServer]) -> Iterator[mariadb.MariaDbServer]:
    yield running[1]
    running[1].execute("DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS other")


SHOP = Objects({"shop": None})


@pytest.fixture
def make(source: Any, target: Any) -> Iterator[Callable[..., MariaDb]]:
    """Make the engine of a job; whatever it replicates ends with the test."""
    made: list[MariaDb] = []

    def engine(objects: Objects = SHOP, job: str = JOB) -> MariaDb:
        made.append(MariaDb(job, source.server, target.server, objects))
        return made[-1]

    yield engine
    for each in made:
        each.stop(finish=False)
    assert left(target) == []


def left(target: mariadb.MariaDbServer) -> list[Any]:
    """What a job has left on its target besides what was copied."""
    marks = target.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name = '__tencentdb__'")
    positions = target.execute("SELECT * FROM mysql.gtid_slave_pos")
    return [*target.execute("SHOW ALL SLAVES STATUS"), *marks, *positions]


def numbers(server: mariadb.MariaDbServer, low: int = 1, high: int = 12000) -> None:
    """A table whose keys leave room within, and around."""
    server.execute(
        "CREATE TABLE shop.numbers (id INT PRIMARY KEY, value VARCHAR(20))",
        "USE shop",
        f"INSERT INTO numbers SELECT seq * 10, seq FROM seq_{low}_to_{high}",
    )


def moved(engine: MariaDb, objects: Objects = SHOP) -> MariaDb:
    """Copy and replicate, and wait until all is applied."""
    engine.replicate(engine.copy(Progress(), data=True))
    level(engine)
    return engine


def level(engine: MariaDb) -> None:
    deadline = time.monotonic() + 60
    while not engine.lag().applied:
        assert time.monotonic() < deadline, engine.lag()
        time.sleep(0.05)


def named(engine: MariaDb, objects: Objects = SHOP, method: str = "dataCheck", share: int = 100) -> list[str]:
    found = engine.compare(objects, method, share, Progress())
    return [f"{row.table}:{row.lower or row.target}" for row in found.differences]


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ("UPDATE shop.numbers SET value = 'x' WHERE id = 60010", "60010"),
        ("DELETE FROM shop.numbers WHERE id = 60010", "60010"),
        ("DELETE FROM shop.numbers WHERE id = 120000", "120000"),
        ("INSERT INTO shop.numbers VALUES (-5, 'below')", "-5"),
        ("INSERT INTO shop.numbers VALUES (60011, 'within')", "60011"),
        ("INSERT INTO shop.numbers VALUES (120001, 'above')", "120001"),
    ],
    ids=["changed", "missing", "last missing", "below", "within", "above"],
)
def test_each_planted_row_is_found_and_named(planted: str, name: str, source: Any, target: Any, make: Any) -> None:
    numbers(source)
    engine = moved(make())
    assert named(engine) == []
    target.execute(planted)
    assert named(engine) == [f"numbers:{name}"]


def test_a_changed_column_of_each_type_is_found(source: Any, target: Any, make: Any) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in TYPES.items())
    values = ", ".join(value for _, value, _ in TYPES.values())
    source.execute(
        f"CREATE TABLE shop.types (id INT PRIMARY KEY, {columns})", f"INSERT INTO shop.types VALUES (7, {values})"
    )
    engine = moved(make())
    assert named(engine) == []
    missed = []
    for name, (_, value, other) in TYPES.items():
        target.execute(f"UPDATE shop.types SET {name} = {other}")
        missed += [] if named(engine) == ["types:7"] else [name]
        target.execute(f"UPDATE shop.types SET {name} = {value}")
    assert missed == []
    assert named(engine) == []


@pytest.mark.long
def test_keys_of_several_columns_and_of_text_and_no_keys(source: Any, target: Any, make: Any) -> None:
    source.execute(
        f"CREATE TABLE shop.`{ODD.replace('`', '``')}` (a INT, `b.c` VARCHAR(20), v INT, PRIMARY KEY (a, `b.c`))",
        "CREATE TABLE shop.texts (token VARCHAR(40) PRIMARY KEY, v INT)",
        "CREATE TABLE shop.keyless (v INT)",
        "CREATE TABLE shop.empty (id INT PRIMARY KEY)",
        "CREATE VIEW shop.some AS SELECT * FROM shop.texts",
        "USE shop",
        f"INSERT INTO `{ODD.replace('`', '``')}` SELECT seq DIV 100, CONCAT('k', seq), seq FROM seq_1_to_11000",
        "INSERT INTO texts SELECT CONCAT('it''s \\\\ ', seq), seq FROM seq_1_to_11000",
        "INSERT INTO keyless SELECT 5 FROM seq_1_to_3",
    )
    engine = moved(make())
    assert named(engine) == []
    target.execute(
        f"UPDATE shop.`{ODD.replace('`', '``')}` SET v = 0 WHERE a = 77 AND `b.c` = 'k7711'",
        "DELETE FROM shop.texts WHERE v = 5005",
        "UPDATE shop.keyless SET v = 6 LIMIT 2",
    )
    assert [name.rpartition(":")[2] for name in named(engine)][1:] == ["77, k7711", "it's \\ 5005"]
    assert len(named(engine)) == 3


@pytest.mark.long
def test_rows_are_counted_and_sampled(source: Any, target: Any, make: Any) -> None:
    numbers(source)
    engine = moved(make())
    target.execute("DELETE FROM shop.numbers WHERE id = 10")
    assert named(engine, method="rowsCount") == ["numbers:11999 rows"]
    assert named(engine, method="sampleDataCheck", share=50) == ["numbers:10"]


def test_a_missing_table_and_another_column_are_differences(source: Any, target: Any, make: Any) -> None:
    numbers(source, high=10)
    source.execute("CREATE TABLE shop.gone (id INT PRIMARY KEY)")
    engine = moved(make())
    target.execute("DROP TABLE shop.gone", "ALTER TABLE shop.numbers ADD COLUMN more INT")
    assert named(engine) == ["gone:the table does not exist", "numbers:columns: id, value, more"]


def test_a_target_with_tables_of_others_is_refused_and_left_as_it_is(source: Any, target: Any, make: Any) -> None:
    numbers(source, high=10)
    target.execute("CREATE DATABASE shop", "CREATE TABLE shop.numbers (of_others INT)")
    engine = make()
    assert [finding.step for finding in engine.check(None, None) if finding.result == "failed"] == ["DstEmptyCheck"]
    for _ in range(2):  # to try again does not make them its own
        with pytest.raises(DataError, match=r"not of this job: shop\.numbers"):
            engine.copy(Progress(), data=True)
    assert target.execute("SHOW COLUMNS FROM shop.numbers")[0][0] == "of_others"


@pytest.mark.long
def test_a_copy_begun_before_is_begun_again(source: Any, target: Any, make: Any) -> None:
    numbers(source)
    make().copy(Progress(), data=True)
    engine = moved(make())  # another process, which knows nothing of the first
    assert named(engine) == []


@pytest.mark.long
def test_only_what_is_chosen_is_copied_and_followed(source: Any, target: Any, make: Any) -> None:
    numbers(source, high=10)
    source.execute("CREATE TABLE shop.left_out (id INT PRIMARY KEY)", "CREATE TABLE other.table_ (id INT PRIMARY KEY)")
    chosen = Objects({"shop": ("numbers",), "other": None})
    engine = moved(make(chosen))
    source.execute("INSERT INTO shop.left_out VALUES (1)", "INSERT INTO other.table_ VALUES (1)")
    source.execute("INSERT INTO shop.numbers VALUES (1, 'new')")
    level(engine)
    assert engine.lag().words == ""
    assert target.execute("SHOW TABLES IN shop") == [("numbers",)]
    assert named(engine, chosen) == []
    assert target.execute("SELECT id FROM other.table_") == [(1,)]


@pytest.mark.long
def test_a_restarted_target_follows_on_with_its_filter(source: Any, target: Any, make: Any) -> None:
    numbers(source, high=10)
    target.execute("CREATE DATABASE other", "CREATE TABLE other.kept (id INT PRIMARY KEY)")
    source.execute("CREATE TABLE other.kept (id INT PRIMARY KEY)")
    engine = moved(make())
    target.restart()
    assert not engine.lag().running
    source.execute("INSERT INTO shop.numbers VALUES (1, 'new')", "INSERT INTO other.kept VALUES (1)")
    engine.replicate("")
    level(engine)
    assert named(engine) == []
    assert target.execute("SELECT * FROM other.kept") == []


@pytest.mark.long
def test_what_ends_a_replication_is_said_in_the_servers_words(source: Any, target: Any, make: Any) -> None:
    numbers(source, high=10)
    engine = moved(make())
    target.execute("INSERT INTO shop.numbers VALUES (1, 'first')")
    source.execute("INSERT INTO shop.numbers VALUES (1, 'second')")
    deadline = time.monotonic() + 60
    while not engine.lag().words:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "Duplicate entry '1' for key 'PRIMARY'" in engine.lag().words
    with pytest.raises(DataError, match="Duplicate entry"):
        engine.stop(finish=True)
    target.execute("DELETE FROM shop.numbers WHERE id = 1")
    engine.replicate("")
    engine.stop(finish=True)
    assert left(target) == []
    assert target.execute("SELECT value FROM shop.numbers WHERE id = 1") == [("second",)]


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_wrong_password_is_the_servers_own_refusal(side: str, make: Any) -> None:
    (finding,) = make().check(**{"source": None, "target": None, side: Account("dts", "wrong")})
    assert finding.step == "ConnectDBCheck"
    assert finding.words.startswith(f"{side}: Error 1045: Access denied for user 'dts'@")


@pytest.mark.parametrize(
    "item",
    [
        ("SET GLOBAL binlog_format = MIXED", "SET GLOBAL binlog_format = ROW", "BinlogParamCheck", "is MIXED"),
        ("SET GLOBAL server_id = 2", "SET GLOBAL server_id = 1", "BinlogParamCheck", "server_id is 2 in the source"),
        (
            "CREATE TABLE shop.cascading (id INT PRIMARY KEY, n INT, FOREIGN KEY (n) REFERENCES shop.numbers (id) "
            "ON DELETE CASCADE)",
            "DROP TABLE shop.cascading",
            "ConstraintCheck",
            "ON DELETE CASCADE",
        ),
    ],
    ids=["binlog_format", "server_id", "foreign key"],
)
def test_check_items_are_answered_by_the_source(item: tuple[str, str, str, str], source: Any, make: Any) -> None:
    wrong, right, step, words = item
    numbers(source, high=10)
    source.execute(wrong)
    try:
        failed = [finding for finding in make().check(None, None) if finding.result == "failed"]
    finally:
        source.execute(right)
    assert [finding.step for finding in failed] == [step]
    assert words in failed[0].words
    assert [finding for finding in make().check(None, None) if finding.result == "failed"] == []


@pytest.mark.long
def test_missing_privileges_and_objects_are_named(source: Any, make: Any) -> None:
    source.execute("CREATE USER poor IDENTIFIED BY 'pw'", "GRANT SELECT, RELOAD ON *.* TO poor")
    try:
        found = make(Objects({"shop": None, "absent": None})).check(Account("poor", "pw"), None)
    finally:
        source.execute("DROP USER poor")
    said = [finding.words for finding in found if finding.step == "SrcPrivilegeCheck"]
    assert (
        "missing: LOCK TABLES, BINLOG MONITOR, REPLICATION SLAVE, SHOW VIEW, PROCESS; GRANT SELECT, RELOAD" in said[0]
    )
    assert "IDENTIFIED" not in said[0]
    assert said[1].startswith("database absent does not exist")


def test_names_that_no_filter_can_hold_are_refused() -> None:
    assert problems(Objects({"a,b": None})) == ["database 'a,b' has a comma in its name"]
    assert len(problems(Objects({"a.b": ("t",)}))) == 1
    assert problems(Objects({"a.b": None, "c": ("t.u",)})) == []


@pytest.mark.long
def test_a_row_longer_than_a_packet_is_no_proof(source: Any, target: Any, make: Any) -> None:
    columns = ", ".join(f"c{number} VARCHAR(16000)" for number in range(4))
    source.execute(
        f"CREATE TABLE shop.wide (id INT PRIMARY KEY, {columns}) CHARACTER SET latin1",
        "INSERT INTO shop.wide VALUES (1, " + ", ".join(["REPEAT('''', 16000)"] * 4) + ")",
    )
    engine = moved(make())
    assert named(engine) == []
    packet = source.execute("SELECT @@GLOBAL.max_allowed_packet")[0][0]
    source.execute("SET GLOBAL max_allowed_packet = 65536")
    try:
        with pytest.raises(DataError, match="longer than max_allowed_packet"):
            named(engine)
    finally:
        source.execute(f"SET GLOBAL max_allowed_packet = {packet}")


def test_the_end_waits_until_the_target_has_applied_what_the_source_has_committed(
    source: Any, target: Any, make: Any
) -> None:
    numbers(source, high=10)
    engine = moved(make())
    with target.connect() as blocking, blocking.cursor() as cursor:
        cursor.execute("LOCK TABLES shop.numbers WRITE")
        source.execute("INSERT INTO shop.numbers VALUES (1, 'late')")
        ending = threading.Thread(target=engine.stop, kwargs={"finish": True})
        ending.start()
        ending.join(2)
        assert ending.is_alive()
        cursor.execute("UNLOCK TABLES")
    ending.join(60)
    assert target.execute("SELECT value FROM shop.numbers WHERE id = 1") == [("late",)]
    assert left(target) == []
