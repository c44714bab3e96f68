"""What only the engine between two MariaDB servers does, without the emulator around it."""

from __future__ import annotations

import threading
import time

import pytest

from tencent_dts.emulator.data import mysql_floats
from tencent_dts.emulator.data.model import Account, DataError, Objects, Progress
from tencent_dts.emulator.data.mysql_filters import problems
from tests.unit.emulator.data.grounds import MYSQL, Engines, level

of_mariadb = pytest.mark.parametrize("running", [MYSQL], indirect=True, ids=["mariadb"])


@of_mariadb
@pytest.mark.long
def test_a_table_without_a_key_is_compared_as_a_whole(engines: Engines) -> None:
    engines.at_source("CREATE TABLE shop.keyless (v INT)", "INSERT INTO shop.keyless VALUES (5), (5), (5)")
    engine = engines.moved()
    assert engines.named(engine) == []
    engines.at_target("UPDATE shop.keyless SET v = 6 LIMIT 2")
    assert len(engines.named(engine)) == 1


@of_mariadb
@pytest.mark.long
def test_a_restarted_target_follows_on_with_its_filter(engines: Engines) -> None:
    engines.numbers(10)
    engines.target.execute("CREATE DATABASE other", "CREATE TABLE other.kept (id INT PRIMARY KEY)")
    engines.source.execute("CREATE TABLE other.kept (id INT PRIMARY KEY)")
    engine = engines.moved()
    engines.target.restart()
    assert not engine.lag().running
    engines.source.execute("INSERT INTO shop.numbers VALUES (1, 'new')", "INSERT INTO other.kept VALUES (1)")
    engine.replicate("")
    level(engine)
    assert engines.named(engine) == []
    assert engines.target.execute("SELECT * FROM other.kept") == []


@of_mariadb
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
def test_check_items_are_answered_by_the_source(item: tuple[str, str, str, str], engines: Engines) -> None:
    wrong, right, step, words = item
    engines.numbers(10)
    engines.source.execute(wrong)
    try:
        failed = [finding for finding in engines.make().check(None, None) if finding.result == "failed"]
    finally:
        engines.source.execute(right)
    assert [finding.step for finding in failed] == [step]
    assert words in failed[0].words
    assert [finding for finding in engines.make().check(None, None) if finding.result == "failed"] == []


@of_mariadb
@pytest.mark.long
def test_missing_privileges_and_objects_are_named(engines: Engines) -> None:
    engines.source.execute("CREATE USER poor IDENTIFIED BY 'pw'", "GRANT SELECT, RELOAD ON *.* TO poor")
    try:
        found = engines.make(Objects({"shop": None, "absent": None})).check(Account("poor", "pw"), None)
    finally:
        engines.source.execute("DROP USER poor")
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


@of_mariadb
@pytest.mark.long
def test_a_row_longer_than_a_packet_is_no_proof(engines: Engines) -> None:
    columns = ", ".join(f"c{number} VARCHAR(16000)" for number in range(4))
    engines.source.execute(
        f"CREATE TABLE shop.wide (id INT PRIMARY KEY, {columns}) CHARACTER SET latin1",
        "INSERT INTO shop.wide VALUES (1, " + ", ".join(["REPEAT('''', 16000)"] * 4) + ")",
    )
    engine = engines.moved()
    assert engines.named(engine) == []
    packet = engines.source.execute("SELECT @@GLOBAL.max_allowed_packet")[0][0]
    engines.source.execute("SET GLOBAL max_allowed_packet = 65536")
    try:
        with pytest.raises(DataError, match="longer than max_allowed_packet"):
            engines.named(engine)
    finally:
        engines.source.execute(f"SET GLOBAL max_allowed_packet = {packet}")


CROSSING = {"a database": Objects({"shop": None}), "a table": Objects({"shop": ("numbers",)}), "all": Objects(None)}


@of_mariadb
@pytest.mark.parametrize("chosen", CROSSING.values(), ids=CROSSING)
@pytest.mark.long
def test_what_a_statement_changes_decides_and_not_where_it_was_made(chosen: Objects, engines: Engines) -> None:
    everything = chosen.databases is None
    engines.numbers(10)
    engines.source.execute("CREATE TABLE other.kept (id INT PRIMARY KEY)", "CREATE DATABASE third")
    if not everything:  # a target's own, of the same names
        engines.target.execute("CREATE DATABASE other", "CREATE TABLE other.kept (id INT PRIMARY KEY)")
        engines.target.execute("CREATE DATABASE third")
    engine = engines.moved(chosen)
    try:
        engines.source.execute(
            *("USE shop", "DROP TABLE other.kept", "DROP DATABASE third"),
            *("CREATE USER mallory IDENTIFIED BY 'x'", "GRANT ALL ON *.* TO mallory", "CREATE ROLE intruder"),
            "SET PASSWORD FOR mallory = PASSWORD('y')",
            *("USE other", "ALTER TABLE shop.numbers ADD COLUMN extra INT"),
            *("USE mysql", "INSERT INTO shop.numbers VALUES (1, 'new', 7)"),
        )
        level(engine)
        assert engine.lag().words == ""
        assert engines.target.execute("SELECT * FROM shop.numbers WHERE id = 1") == [(1, "new", 7)]
        there = {name for (name,) in engines.target.execute("SHOW DATABASES")}
        assert ("third" in there) is not everything
        assert len(engines.target.execute("SHOW TABLES IN other")) == (0 if everything else 1)
        accounts = "SELECT user FROM mysql.user WHERE user IN ('mallory', 'intruder')"
        assert engines.target.execute(accounts) == []
    finally:
        engines.source.execute("DROP USER IF EXISTS mallory", "DROP ROLE IF EXISTS intruder")
        for server in (engines.source, engines.target):
            server.execute("DROP DATABASE IF EXISTS third")


@of_mariadb
@pytest.mark.long
def test_a_copy_that_waits_for_a_lock_can_be_given_up(engines: Engines) -> None:
    engines.numbers(10)
    engine, progress = engines.make(), Progress()
    words: list[str] = []

    def copy() -> None:
        try:
            engine.copy(progress, data=True)
        except DataError as error:
            words.append(str(error))

    waiting = "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'"
    copying = threading.Thread(target=copy)
    with engines.source.connect("shop") as blocking, blocking.cursor() as cursor:
        cursor.execute("LOCK TABLES numbers WRITE")
        copying.start()
        deadline = time.monotonic() + 60
        while not engines.source.execute(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        progress.canceled = True
        copying.join(60)  # while the lock is held
        assert words == ["the copy was canceled"]


@of_mariadb
@pytest.mark.long
def test_a_copy_whose_beginning_fails_ends(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_beside: mysql_floats.Beside) -> None:
        raise DataError("the source went away")

    engines.numbers(10)
    monkeypatch.setattr(mysql_floats.Beside, "dump_begun", lost)
    with pytest.raises(DataError, match="the source went away"):
        engines.make().copy(Progress(), data=True)
