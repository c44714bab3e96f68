"""What a comparison asks, in the language of the MySQL family."""

from __future__ import annotations

from decimal import Decimal

from tencent_dts.emulator.data import mysql_objects
from tencent_dts.emulator.data.compare import CHUNK, Key, Name, Range, Row, Table
from tencent_dts.emulator.data.model import DataError
from tencent_dts.emulator.data.mysql_session import Session, quoted

_LONG = frozenset(("tinyblob", "blob", "mediumblob", "longblob", "tinytext", "text", "mediumtext", "longtext", "json"))
# Of other types, ranges could leave rows out: an ENUM is ordered by number and compared as text.
_RANGED = frozenset(
    (
        *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "char", "varchar", "binary", "varbinary"),
        *("date", "datetime", "timestamp", "time", "year"),
    )
)


class MySqlSide:
    """A server of the MySQL family in a comparison; see :class:`Side` for what each method answers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self, name: Name) -> Table | None:
        """See :meth:`Side.table`."""
        return mysql_objects.table(self._session, *name)

    def count(self, table: Table) -> int:
        """See :meth:`Side.count`."""
        return int(self._session.value(f"SELECT COUNT(*) FROM {quoted(*table.name)}"))

    def end(self, table: Table, low: Key | None) -> Key | None:
        """See :meth:`Side.end`."""
        if any(table.columns[name] not in _RANGED for name in table.key):
            return None
        columns = ", ".join(map(quoted, table.key))
        found = self._session.rows(
            f"SELECT {columns} FROM {quoted(*table.name)} WHERE {self._within(table, Range(low))} "
            f"ORDER BY {columns} LIMIT 1 OFFSET {CHUNK - 1}"
        )
        return tuple(found[0].values()) if found else None

    def sum(self, table: Table, part: Range) -> tuple[int, int]:
        """See :meth:`Side.sum`."""
        # The hash of a row longer than a packet is NULL, and a sum would leave it out: a millionth each tells of them.
        row = self._session.row(
            f"SELECT COUNT(*) AS n, COALESCE(SUM(COALESCE({_hash(table)}, 0.000001)), 0) AS s "
            f"FROM {quoted(*table.name)} WHERE {self._within(table, part)}"
        )
        total = Decimal(row["s"])
        if total % 1:
            name = quoted(*table.name)
            raise DataError(f"{name} holds rows longer than max_allowed_packet, which cannot be compared")
        return int(row["n"]), int(total)

    def hashes(self, table: Table, part: Range) -> dict[Key, int]:
        """See :meth:`Side.hashes`."""
        columns = ", ".join(map(quoted, table.key))
        found = self._session.rows(
            f"SELECT {_hash(table)} AS `__hash`, {columns} FROM {quoted(*table.name)} WHERE {self._within(table, part)}"
        )
        return {tuple(row[name] for name in table.key): row["__hash"] for row in found}

    def row(self, table: Table, key: Key) -> tuple[int, Row] | None:
        """See :meth:`Side.row`."""
        pairs = zip(table.key, key, strict=True)
        where = " AND ".join(f"{quoted(name)} = {self._session.literal(value)}" for name, value in pairs)
        columns = ", ".join(map(quoted, table.columns))  # by name: invisible ones, too
        found = self._session.rows(
            f"SELECT {_hash(table)} AS `__hash`, {columns} FROM {quoted(*table.name)} WHERE {where}"
        )
        return (found[0].pop("__hash"), found[0]) if found else None

    def _within(self, table: Table, part: Range) -> str:
        conditions = []
        if part.low is not None:
            conditions.append(self._beyond(table, part.low))
        if part.high is not None:
            conditions.append(f"NOT {self._beyond(table, part.high)}")
        return " AND ".join(conditions) or "TRUE"

    def _beyond(self, table: Table, key: Key) -> str:
        """Return the condition that a key comes after another, in a form for which servers use the index."""
        written = [(quoted(name), self._session.literal(value)) for name, value in zip(table.key, key, strict=True)]
        (first, value), *others = written
        condition = f"{first} > {value}"
        if not others:
            return f"({condition})"
        ways = [condition]
        for position, (name, bound) in enumerate(others, 1):
            same = " AND ".join(f"{name} = {value}" for name, value in written[:position])
            ways.append(f"({same} AND {name} > {bound})")
        return f"({first} >= {value} AND ({' OR '.join(ways)}))"


def _hash(table: Table) -> str:
    """Return an expression of 60 bits for a whole row: NULL is not '', and no column runs into the next."""
    parts = ", ".join(_exact(quoted(name), kind) for name, kind in table.columns.items())
    return f"CAST(CONV(LEFT(MD5(CONCAT({parts})), 15), 16, 10) AS UNSIGNED)"


def _exact(column: str, kind: str) -> str:
    # QUOTE tells NULL from 'NULL'. Bytes are compared, for a collation takes 'a' and 'A ' for the same.
    if kind in _LONG:
        return f"QUOTE(MD5({column}))"  # of any length: a result longer than a packet would be NULL
    if kind == "float":
        return f"QUOTE(CAST({column} + 0e0 AS BINARY))"  # as text, a float has lost its last digits
    if kind == "bit":
        return f"QUOTE({column} + 0)"
    return f"QUOTE(CAST({column} AS BINARY))"
