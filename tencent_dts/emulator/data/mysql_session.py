"""A session with a server of the MySQL family, and how its names are written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pymysql
import pymysql.cursors

from tencent_dts.emulator.data.compare import Row
from tencent_dts.emulator.data.model import Account, DataError, Server

CONNECT_SECONDS = 5
QUERY_SECONDS = 600
"""Seconds for one statement: what the documents give a query of a comparison."""

# Times are compared and keyed in one zone, and what a server's own mode does to quotes and backslashes is left out.
_SETTINGS = "SET SESSION time_zone = '+00:00', sql_mode = ''"
OWN = "__tencentdb__"
"""The database in which DTS keeps what is its own. A table in it, named like a job, says that the job has begun to
write to this target: only then is what stands there its own."""
SYSTEM = frozenset({"information_schema", "mysql", "performance_schema", "sys", OWN})


class Session:
    """An open session; every error of the server is a DataError in its words."""

    def __init__(self, connection: pymysql.connections.Connection[pymysql.cursors.DictCursor]) -> None:
        self._connection = connection

    def rows(self, statement: str) -> list[Row]:
        """Run one statement and return its rows by column name."""
        with _own_words(), self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def blocks(self, statement: str, size: int) -> Iterator[Sequence[tuple[object, ...]]]:
        """Run one statement and yield its rows by so many, without holding all of them."""
        with _own_words(), self._connection.cursor(pymysql.cursors.SSCursor) as cursor:
            cursor.execute(statement)
            while found := cursor.fetchmany(size):
                yield found

    def row(self, statement: str) -> Row:
        """Run a statement that gives one row."""
        return self.rows(statement)[0]

    def value(self, statement: str) -> Any:
        """Run a statement that gives one value; None when it gives no row."""
        found = self.rows(statement)
        return next(iter(found[0].values())) if found else None

    def literal(self, value: object) -> str:
        """Return a value as it is written in a statement."""
        written: str = self._connection.escape(value)
        return written

    def literals(self, values: Iterable[object]) -> str:
        """Return several values as a list in a statement; an empty one finds nothing."""
        return ", ".join(self.literal(value) for value in values) or "NULL"

    def variable(self, name: str) -> str:
        """Return a global variable; "" where the server has none of this name."""
        return str(next((row["Value"] for row in self.rows(f"SHOW GLOBAL VARIABLES LIKE '{name}'")), ""))


@contextlib.contextmanager
def _own_words() -> Iterator[None]:
    try:
        yield
    except pymysql.MySQLError as error:
        code, *words = error.args or ("",)
        raise DataError(f"Error {code}: {' '.join(map(str, words))}") from error


@contextlib.contextmanager
def session(server: Server, account: Account | None = None) -> Iterator[Session]:
    """Open a session by the engine's own account, or by another."""
    login = account or server.account
    with _own_words():
        connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=login.user,
            password=login.password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=QUERY_SECONDS,
            init_command=_SETTINGS,
            cursorclass=pymysql.cursors.DictCursor,
        )
    with contextlib.closing(connection):
        yield Session(connection)


def quoted(*names: str) -> str:
    """Return a name, or several joined by dots, as it is written in a statement."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)
