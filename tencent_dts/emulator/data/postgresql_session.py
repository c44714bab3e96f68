"""A session with a database of a PostgreSQL server, and how its names are written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tencent_dts.emulator.data.compare import Row
from tencent_dts.emulator.data.model import Account, DataError, Server

CONNECT_SECONDS = 5
QUERY_SECONDS = 600
"""Seconds for one statement: what the documents give a query of a comparison."""
MAINTENANCE = "postgres"
"""The database that every server has, from which the others are looked up and made."""
ENABLE_WORDS = 15
"""From this version on a subscription can be disabled by an error, which is how it shows that there was one."""

_SETTINGS = {
    # Values are compared and keyed as text, which must be the same on both sides whatever a server is set to.
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # Names of functions and types are the server's own, whatever the schemas of a database have.
    "search_path": "pg_catalog",
    # A database that its people have frozen must still answer.
    "default_transaction_read_only": "off",
    "statement_timeout": f"{QUERY_SECONDS}s",
    # A comparison asks for small ranges, for which neither pays, and whose size a planner overrates.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}


class Session:
    """An open session; every error of the server is a DataError in its words."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    @property
    def version(self) -> int:
        """The server's major version."""
        return self._connection.info.server_version // 10_000

    @property
    def database(self) -> str:
        """The database of this session."""
        return self._connection.info.dbname

    def rows(self, statement: str) -> list[Row]:
        """Run one statement and return its rows by column name; none for a statement that gives none."""
        with _own_words():
            cursor = self._connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def row(self, statement: str) -> Row:
        """Run a statement that gives one row."""
        return self.rows(statement)[0]

    def value(self, statement: str) -> Any:
        """Run a statement that gives one value; None when it gives no row."""
        found = self.rows(statement)
        return next(iter(found[0].values())) if found else None

    def literal(self, value: object) -> str:
        """Return a value as it is written in a statement."""
        return sql.Literal(value).as_string(self._connection)

    def literals(self, values: Iterable[object]) -> str:
        """Return several values as a list in a statement; an empty one finds nothing."""
        return ", ".join(map(self.literal, values)) or "NULL"


@contextlib.contextmanager
def _own_words() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise DataError(words(error)) from error


def words(error: psycopg.Error) -> str:
    """Return what a server says of an error: no part of the statement, which may hold a password."""
    if error.diag.message_primary is None:
        return str(error).strip()
    said = [f"Error {error.sqlstate}: {error.diag.message_primary}", error.diag.message_detail]
    return "; ".join(filter(None, said))


@contextlib.contextmanager
def session(server: Server, database: str = MAINTENANCE, account: Account | None = None) -> Iterator[Session]:
    """Open a session by the engine's own account, or by another."""
    login = account or server.account
    with _own_words():
        connection = psycopg.connect(
            host=server.host,
            port=server.port,
            user=login.user,
            password=login.password,
            dbname=database,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            client_encoding="UTF8",
            application_name="dts",
            options=" ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
            row_factory=dict_row,
        )
    with contextlib.closing(connection):
        yield Session(connection)


def quoted(*names: str) -> str:
    """Return a name, or several joined by dots, as it is written in a statement."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
