"""Two servers of each family, and how the tests of engines say the same thing to both families."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scripts import mariadb, postgresql
from tencent_dts.emulator.data.engines import families
from tencent_dts.emulator.data.model import Engine, Family, Objects, Progress

JOB = "dts-abcdefgh"
ODD = "odd, `names` 'of' \"Tables\" 50%_ \xe9\u6f22"


class Running(Protocol):
    """A server of this machine's own."""

    server: Any

    def restart(self) -> None:
        """Stop in good order and start again."""


@dataclass(frozen=True)
class Ground:
    """What differs between the families. In both there is a database ``shop`` with tables ``shop.numbers`` and so on.

    ``numbers``: how as many rows as ``{count}`` are written, numbered ``n``. ``lock``: statements that lock a table.
    ``types``: a column of each type: its type, its value, and another value that it must not be taken for.
    ``removal``: by what a job's things are removed, and the last of it. ``unlink``: takes a target its replication.
    """

    name: str
    family: Family
    servers: Callable[[], contextlib.AbstractContextManager[Any]]
    lacking: Callable[[], str]
    shop: Objects
    some: Objects
    execute: Callable[..., list[Any]]
    fresh: Callable[[Any], None]
    drop: Callable[[Any], None]
    left: Callable[[Any, Any], list[Any]]
    quoted: Callable[..., str]
    numbers: str
    lock: tuple[str, str]
    duplicate: str
    refusal: str
    removal: tuple[str, str]
    unlink: Callable[[Any], Any]
    types: Mapping[str, tuple[str, str, str]] = field(repr=False)


def _mysql_left(source: mariadb.MariaDbServer, target: mariadb.MariaDbServer) -> list[Any]:
    marks = target.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name = '__tencentdb__'")
    positions = target.execute("SELECT * FROM mysql.gtid_slave_pos")
    return [*target.execute("SHOW ALL SLAVES STATUS"), *marks, *positions]


MYSQL = Ground(
    name="mariadb",
    family=families()["mysql"],
    servers=mariadb.servers,
    lacking=lambda: "" if mariadb.installed() else "MariaDB is not installed",
    shop=Objects({"shop": None}),
    some=Objects({"shop": ("numbers",), "other": None}),
    execute=lambda server, *statements: server.execute(*statements),
    fresh=lambda server: server.execute("CREATE DATABASE shop CHARACTER SET utf8mb4", "CREATE DATABASE other"),
    drop=lambda server: server.execute("DROP DATABASE IF EXISTS shop", "DROP DATABASE IF EXISTS other"),
    left=_mysql_left,
    quoted=lambda *names: ".".join("`" + name.replace("`", "``") + "`" for name in names),
    numbers="SELECT seq AS n FROM shop.seq_1_to_{count}",
    lock=("LOCK TABLES shop.numbers WRITE", "UNLOCK TABLES"),
    duplicate="Duplicate entry '1' for key 'PRIMARY'",
    removal=("tencent_dts.emulator.data.mysql.MariaDb._end",) * 2,
    unlink=lambda server: server.execute(
        f"STOP SLAVE '{JOB}'", f"RESET SLAVE '{JOB}' ALL", "SET GLOBAL gtid_slave_pos = ''"
    ),
    refusal="Error 1045: Access denied for user 'dts'@",
    types={
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
    },
)


def _postgresql_fresh(server: postgresql.PostgreSqlServer) -> None:
    server.execute("CREATE DATABASE shop")
    server.execute(
        "CREATE SCHEMA shop",
        "CREATE SCHEMA other",
        "CREATE TYPE shop.mood AS ENUM ('a', 'b')",
        "CREATE DOMAIN shop.token AS text CHECK (VALUE <> 'x')",
        database="shop",
    )


def _postgresql_left(source: postgresql.PostgreSqlServer, target: postgresql.PostgreSqlServer) -> list[Any]:
    found = [*source.execute("SELECT slot_name FROM pg_replication_slots")]
    found += target.execute("SELECT subname FROM pg_subscription")
    for server in (source, target):
        if server.execute("SELECT 1 FROM pg_database WHERE datname = 'shop'"):
            found += server.execute("SELECT pubname FROM pg_publication", database="shop")
            marks = "SELECT nspname FROM pg_namespace WHERE nspname = '__tencentdb__'"
            found += server.execute(marks, database="shop")
    return found


POSTGRESQL = Ground(
    name="postgresql",
    family=families()["postgresql"],
    servers=postgresql.servers,
    lacking=postgresql.lacking,
    shop=Objects({"shop": None}),
    some=Objects({"shop": None}, {"shop": {"shop": ("numbers",), "other": None}}),
    execute=lambda server, *statements: server.execute(*statements, database="shop"),
    fresh=_postgresql_fresh,
    drop=lambda server: server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)"),
    left=_postgresql_left,
    quoted=lambda *names: ".".join('"' + name.replace('"', '""') + '"' for name in names),
    numbers="SELECT n FROM generate_series(1, {count}) AS n",
    lock=("BEGIN; LOCK TABLE shop.numbers IN ACCESS EXCLUSIVE MODE", "COMMIT"),
    duplicate='"numbers_pkey"',  # what is said around it differs between versions
    removal=(
        "tencent_dts.emulator.data.postgresql_links.remove",
        "tencent_dts.emulator.data.postgresql_links._unsubscribe",
    ),
    unlink=lambda server: server.execute(f'DROP SUBSCRIPTION "{JOB}"', database="shop"),
    refusal='password authentication failed for user "dts"',
    types={
        "i": ("int", "1", "2"),
        "nullable": ("varchar(20)", "NULL", "''"),
        "blank": ("varchar(20)", "'a'", "'a '"),
        "letter": ("text", "'a'", "'A'"),
        "four_bytes": ("text", "'\U0001f6d2'", "'\U0001f6d3'"),
        "long_text": ("text", "repeat('x', 70000)", "repeat('x', 69999) || 'y'"),
        "fixed": ("char(3)", "'a'", "'b'"),
        "picture": ("bytea", r"'\x00ff27'", r"'\x00fe27'"),
        "document": ("jsonb", """'{"a": 1}'""", """'{"a": 2}'"""),
        "written": ("json", """'{"a": 1}'""", """'{"a":1}'"""),
        "exact": ("numeric(30,10)", "0.1000000001", "0.1000000002"),
        "no_number": ("numeric", "'NaN'", "0"),
        "rough": ("real", "1.5", "1.5000001"),
        "rougher": ("double precision", "0.1", "0.10000000000000002"),
        "at": ("timestamptz", "'2026-03-29 00:30:00.000001+00'", "'2026-03-29 00:30:00.000001+01'"),
        "on_day": ("timestamp", "'2026-03-29 02:30:00'", "'2026-03-29 03:30:00'"),
        "at_time": ("timetz", "'10:00+00'", "'12:00+02'"),  # the same moment, and not the same value
        "length": ("interval", "'1 month'", "'30 days'"),
        "flags": ("bit(9)", "B'100000000'", "B'100000001'"),
        "choice": ("shop.mood", "'a'", "'b'"),
        "of_domain": ("shop.token", "'a'", "'b'"),
        "list": ("text[]", "ARRAY['a', NULL]", "ARRAY['a', 'NULL']"),
        "nothing": ("int[]", "'{}'", "NULL"),
        "of_two": ("int[]", "'{{1,2}}'", "'{{1},{2}}'"),
        "within": ("int4range", "'[1,5)'", "'[1,6)'"),
        "place": ("point", "'(1,1)'", "'(1,2)'"),
        "address": ("inet", "'10.0.0.1'", "'10.0.0.1/24'"),
        "number": ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'"),
        "yes": ("boolean", "true", "false"),
        "price": ("money", "1.00::money", "1.01::money"),
        "words": ("tsvector", "'a b'", "'a c'"),
    },
)
GROUNDS = (MYSQL, POSTGRESQL)


@dataclass
class Engines:
    """The engines of a test and what they work on; ``made`` are removed at its end."""

    ground: Ground
    source: Any
    target: Any
    made: list[Engine] = field(default_factory=list)

    def make(self, objects: Objects | None = None, job: str = JOB) -> Engine:
        """Make the engine of a job."""
        chosen = objects or self.ground.shop
        self.made.append(self.ground.family.make(job, self.source.server, self.target.server, chosen))
        return self.made[-1]

    def at_source(self, *statements: str) -> list[Any]:
        """Run statements in the source's shop and return the rows of the last."""
        return self.ground.execute(self.source, *statements)

    def at_target(self, *statements: str) -> list[Any]:
        """Run statements in the target's shop and return the rows of the last."""
        return self.ground.execute(self.target, *statements)

    def left(self) -> list[Any]:
        """What jobs have left on the servers besides what was copied."""
        return self.ground.left(self.source, self.target)

    def numbers(self, count: int = 12000) -> None:
        """Make a table whose keys leave room within, and around."""
        self.at_source(
            "CREATE TABLE shop.numbers (id INT PRIMARY KEY, value VARCHAR(20))",
            f"INSERT INTO shop.numbers SELECT n * 10, n FROM ({self.ground.numbers.format(count=count)}) AS s",
        )

    def moved(self, objects: Objects | None = None) -> Engine:
        """Copy and replicate, and wait until all is applied."""
        engine = self.make(objects)
        engine.replicate(engine.copy(Progress(), data=True))
        level(engine)
        return engine

    def named(self, engine: Engine, method: str = "dataCheck", share: int = 100) -> list[str]:
        """The differences that a comparison finds, as table:key."""
        found = engine.compare(self.ground.shop, method, share, Progress())
        return [f"{row.table}:{row.lower or row.target}" for row in found.differences]


def level(engine: Engine) -> None:
    """Wait until all is applied."""
    deadline = time.monotonic() + 60
    while not (lag := engine.lag()).applied:
        assert time.monotonic() < deadline, lag
        assert not lag.words, lag
        time.sleep(0.05)
