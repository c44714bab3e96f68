"""What the check says of MariaDB servers: each item is red in their words, and green when it is fixed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from scripts import mariadb
from tencent_dts.emulator.data.model import Account, Finding, Objects, Progress
from tencent_dts.emulator.data.mysql import MariaDb
from tests.unit.emulator.data.grounds import MYSQL, Engines

of_mariadb = pytest.mark.parametrize("running", [MYSQL], indirect=True, ids=["mariadb"])
Item = tuple[str, str, str, str, str]
"""Which server, what makes it wrong, what makes it right, the step of the check, its words."""

POOR = "CREATE USER poor IDENTIFIED BY 'pw'"
ITEMS: dict[str, Item] = {
    "binlog_format": (
        "source",
        "SET GLOBAL binlog_format = MIXED",
        "SET GLOBAL binlog_format = ROW",
        "BinlogParamCheck",
        "binlog_format is MIXED in the source, not ROW",
    ),
    "binlog_row_image": (
        "source",
        "SET GLOBAL binlog_row_image = MINIMAL",
        "SET GLOBAL binlog_row_image = FULL",
        "BinlogParamCheck",
        "binlog_row_image is MINIMAL in the source, not FULL",
    ),
    "server_id": (
        "source",
        "SET GLOBAL server_id = 2",
        "SET GLOBAL server_id = 1",
        "BinlogParamCheck",
        "server_id is 2 in the source and 2 in the target",
    ),
    "strict mode": (
        "target",
        "SET GLOBAL gtid_strict_mode = ON",
        "SET GLOBAL gtid_strict_mode = OFF",
        "BinlogParamCheck",
        "gtid_strict_mode is ON in the target",
    ),
    "another replication": (
        "target",
        "CHANGE MASTER 'dts-forgotten' TO MASTER_HOST = '127.0.0.1', MASTER_USER = 'x'",
        "RESET SLAVE 'dts-forgotten' ALL",
        "BinlogParamCheck",
        "the target replicates already, as 'dts-forgotten'; one job at a time can",
    ),
    "content": (
        "target",
        "CREATE OR REPLACE TABLE shop.numbers (id INT)",
        "DROP TABLE shop.numbers",
        "DstEmptyCheck",
        "the target holds 1 tables or views in the chosen databases: `shop`.`numbers`",
    ),
    "rule of a key": (
        "source",
        "CREATE TABLE shop.child (id INT PRIMARY KEY, n INT, FOREIGN KEY (n) REFERENCES numbers (id) "
        "ON DELETE CASCADE)",
        "DROP TABLE shop.child",
        "ConstraintCheck",
        "of `shop`.`child` has ON DELETE CASCADE",
    ),
    "key to what is not chosen": (
        "source",
        "CREATE TABLE shop.child (id INT PRIMARY KEY, n INT, FOREIGN KEY (n) REFERENCES other.far (id))",
        "DROP TABLE shop.child",
        "ConstraintRefCheck",
        "of `shop`.`child` refers to `other`.`far`, which is not selected",
    ),
    "definer": (
        "source",
        "CREATE DEFINER = nobody@nowhere VIEW shop.seen AS SELECT * FROM shop.numbers",
        "DROP VIEW shop.seen",
        "ViewCheck",
        "view `shop`.`seen`: its definer nobody@nowhere is not in the target",
    ),
    "no key": (
        "source",
        "CREATE TABLE shop.keyless (v INT)",
        "DROP TABLE shop.keyless",
        "WarningParamCheck",
        "`shop`.`keyless` has no primary key",
    ),
    "definer of a trigger": (
        "source",
        "CREATE DEFINER = nobody@nowhere TRIGGER shop.t BEFORE INSERT ON shop.numbers FOR EACH ROW SET NEW.value = 'x'",
        "DROP TRIGGER shop.t",
        "WarningParamCheck",
        "trigger `shop`.`t`: its definer nobody@nowhere is not in the target",
    ),
    "parameters": (
        "target",
        "SET GLOBAL max_allowed_packet = 4194304",
        "SET GLOBAL max_allowed_packet = 16777216",
        "WarningParamCheck",
        "max_allowed_packet is 16777216 in the source and 4194304 in the target",
    ),
}


def found(engines: Engines) -> Sequence[Finding]:
    return engines.make().check(None, None)


@of_mariadb
@pytest.mark.parametrize("names", [("rule of a key", "content"), pytest.param(ITEMS, marks=pytest.mark.long)], ids=len)
def test_each_item_is_red_in_the_servers_words_and_green_when_it_is_fixed(
    names: Collection[str], engines: Engines
) -> None:
    engines.numbers(10)
    engines.source.execute("CREATE TABLE other.far (id INT PRIMARY KEY)")
    engines.target.execute("CREATE DATABASE shop")
    assert found(engines) == []
    for name in names:
        side, wrong, right, step, words = ITEMS[name]
        server = getattr(engines, side)
        server.execute("USE shop", wrong)
        try:
            (finding,) = found(engines)
        finally:
            server.execute("USE shop", right)
        assert (finding.step, finding.result) == (step, "warning" if step == "WarningParamCheck" else "failed"), name
        assert words in finding.words
        assert found(engines) == [], name


@of_mariadb
@pytest.mark.long
@pytest.mark.parametrize(
    ("side", "step", "granted", "missing"),
    [
        ("source", "SrcPrivilegeCheck", "SELECT, RELOAD", "LOCK TABLES, BINLOG MONITOR, REPLICATION SLAVE, SHOW VIEW"),
        ("target", "DstPrivilegeCheck", "SELECT, INSERT", "ALTER, CREATE, DROP, INDEX, UPDATE, DELETE"),
    ],
)
def test_missing_privileges_are_named_until_they_are_granted(
    side: str, step: str, granted: str, missing: str, engines: Engines
) -> None:
    server = getattr(engines, side)
    server.execute(POOR, f"GRANT {granted} ON *.* TO poor")
    logins = {"source": None, "target": None, side: Account("poor", "pw")}
    try:
        (finding,) = (finding for finding in engines.make().check(**logins) if finding.result == "failed")
        server.execute("GRANT ALL ON *.* TO poor")
        assert engines.make().check(**logins) == []
    finally:
        server.execute("DROP USER poor")
    assert finding.step == step
    assert f"missing: {missing}" in finding.words
    assert f"; GRANT {granted} ON *.* TO" in finding.words
    assert "IDENTIFIED" not in finding.words


@of_mariadb
@pytest.mark.long
def test_what_is_chosen_and_does_not_exist_is_named(engines: Engines) -> None:
    engines.numbers(10)
    chosen = Objects({"shop": ("numbers", "absent"), "nowhere": None})
    words = [(finding.step, finding.words) for finding in engines.make(chosen).check(None, None)]
    assert words == [
        ("SrcPrivilegeCheck", "database nowhere does not exist in the source, or may not be seen"),
        ("SrcPrivilegeCheck", "table shop.absent does not exist in the source, or may not be seen"),
    ]


@of_mariadb
@pytest.mark.long
def test_a_table_that_differs_from_a_chosen_one_by_case_only_is_named(engines: Engines) -> None:
    engines.numbers(10)
    engines.source.execute("CREATE TABLE shop.NUMBERS (id INT PRIMARY KEY)")
    (finding,) = engines.make(Objects({"shop": ("numbers",)})).check(None, None)
    assert (finding.step, finding.result) == ("SimpleParamCheck", "failed")
    assert "`shop`.`NUMBERS` differs from a selected object by case only" in finding.words


@of_mariadb
@pytest.mark.long
@pytest.mark.parametrize("twin", ["Shop", "sh\xf6p", "shop.old"])
def test_a_database_that_a_filter_takes_for_a_chosen_one_is_named(twin: str, engines: Engines) -> None:
    engines.numbers(10)
    engines.source.execute(f"CREATE DATABASE `{twin}`")
    try:
        (finding,) = engines.make().check(None, None)
        alone = engines.make(Objects({"shop": ("numbers",)})).check(None, None)
        both = engines.make(Objects({"shop": None, twin: None})).check(None, None)
    finally:
        engines.source.execute(f"DROP DATABASE `{twin}`")
    assert (finding.step, finding.result) == ("SimpleParamCheck", "failed")
    assert f"a replication filter takes database `{twin}` for `shop`" in finding.words
    assert [*alone, *both] == []


@of_mariadb
@pytest.mark.long
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_server_that_is_not_there_is_said_so(side: str, engines: Engines) -> None:
    servers = {"source": engines.source.server, "target": engines.target.server}
    servers[side] = replace(servers[side], port=1)
    (finding,) = MariaDb("dts-abcdefgh", servers["source"], servers["target"], MYSQL.shop).check(None, None)
    assert (finding.step, finding.result) == ("ConnectDBCheck", "failed")
    assert finding.words.startswith(f"{side}: Error 2003: Can't connect to MySQL server on '127.0.0.1'")


STARTED: dict[str, tuple[str, str, str]] = {
    "log_bin": ("--skip-log-bin", "BinlogParamCheck", "log_bin is OFF in the source, not ON"),
    "lower_case_table_names": (
        "--lower-case-table-names=1",
        "SimpleParamCheck",
        "lower_case_table_names is 1 in the source and 0 in the target",
    ),
    "old": ("--version=10.6.1-MariaDB", "VersionCheck", "source version 10.6.1-MariaDB"),
    "MySQL": ("--version=8.4.3", "VersionCheck", "real servers of this family are MariaDB, 10.11 or later"),
    "newer": ("--version=11.8.1-MariaDB", "VersionCheck", "is higher than target version 10.11"),
}


@of_mariadb
@pytest.mark.long
@pytest.mark.parametrize(("option", "step", "words"), STARTED.values(), ids=STARTED)
def test_what_a_source_was_started_with_is_said(option: str, step: str, words: str, engines: Engines) -> None:
    with mariadb.servers(1, options=(option,)) as (source,):
        source.execute("CREATE DATABASE shop")
        findings = MariaDb("dts-abcdefgh", source.server, engines.target.server, MYSQL.shop).check(None, None)
    failed = [finding for finding in findings if finding.result == "failed"]
    assert [finding.step for finding in failed] == [step]
    assert words in failed[0].words


@of_mariadb
@pytest.mark.long
def test_a_second_job_into_one_target_is_refused_and_harms_nothing(engines: Engines) -> None:
    engines.numbers(10)
    engines.source.execute("CREATE TABLE other.far (id INT PRIMARY KEY)")
    first, second = engines.moved(), engines.make(Objects({"other": None}), "dts-ijklmnop")
    (finding,) = second.check(None, None)
    assert "the target replicates already, as 'dts-abcdefgh'" in finding.words
    with pytest.raises(Exception, match="replicates already, as 'dts-abcdefgh'"):
        second.replicate(second.copy(Progress(), data=True))
    second.stop(finish=False)
    engines.source.execute("INSERT INTO shop.numbers VALUES (1, 'late')")
    first.stop(finish=True)
    assert engines.target.execute("SELECT value FROM shop.numbers WHERE id = 1") == [("late",)]
