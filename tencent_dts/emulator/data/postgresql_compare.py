"""What a comparison asks, in the language of PostgreSQL."""

from __future__ import annotations

from tencent_dts.emulator.data import postgresql_objects
from tencent_dts.emulator.data.compare import CHUNK, Key, Name, Range, Row, Table
from tencent_dts.emulator.data.postgresql_session import Session, quoted


class PostgreSqlSide:
    """A database of a PostgreSQL server in a comparison; see :class:`Side` for what each method answers.

    Keys are taken as text: every type has one, and gives the same value back.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self, name: Name) -> Table | None:
        """See :meth:`Side.table`."""
        return postgresql_objects.table(self._session, name)

    def count(self, table: Table) -> int:
        """See :meth:`Side.count`."""
        return int(self._session.value(f"SELECT count(*) FROM {_from(table)}"))

    def end(self, table: Table, low: Key | None) -> Key | None:
        """See :meth:`Side.end`."""
        found = self._session.rows(
            f"SELECT {_texts(table.key)} FROM {_from(table)} WHERE {self._within(table, Range(low))} "
            f"ORDER BY {_columns(table.key)} LIMIT 1 OFFSET {CHUNK - 1}"
        )
        return tuple(found[0].values()) if found else None

    def sum(self, table: Table, part: Range) -> tuple[int, int]:
        """See :meth:`Side.sum`."""
        row = self._session.row(
            f"SELECT count(*) AS n, coalesce(sum({_hash(table)}), 0) AS s FROM {_from(table)} "
            f"WHERE {self._within(table, part)}"
        )
        return int(row["n"]), int(row["s"])

    def hashes(self, table: Table, part: Range) -> dict[Key, int]:
        """See :meth:`Side.hashes`."""
        found = self._session.rows(
            f"SELECT {_texts(table.key)}, {_hash(table)} AS hash FROM {_from(table)} WHERE {self._within(table, part)}"
        )
        return {tuple(row.values())[:-1]: row["hash"] for row in found}

    def row(self, table: Table, key: Key) -> tuple[int, Row] | None:
        """See :meth:`Side.row`."""
        names = tuple(table.columns)
        found = self._session.rows(
            f"SELECT {_texts(names)}, {_hash(table)} AS hash FROM {_from(table)} "
            f"WHERE ({_columns(table.key)}) = ({self._values(table, key)})"
        )
        if not found:
            return None
        *values, total = found[0].values()
        return total, dict(zip(names, values, strict=True))

    def _within(self, table: Table, part: Range) -> str:
        """Return the condition that a row is in a range: rows are compared as wholes, for which an index serves."""
        columns = f"({_columns(table.key)})"
        bounds = [(">", part.low), ("<=", part.high)]
        conditions = [f"{columns} {sign} ({self._values(table, key)})" for sign, key in bounds if key is not None]
        return " AND ".join(conditions) or "TRUE"

    def _values(self, table: Table, key: Key) -> str:
        pairs = zip(table.key, key, strict=True)
        return ", ".join(f"{self._session.literal(value)}::{table.columns[name]}" for name, value in pairs)


def _from(table: Table) -> str:
    # ONLY: what inherits from a table is a table of its own.
    return f"ONLY {quoted(*table.name[1:])} AS t"


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f"t.{quoted(name)}" for name in names)


def _texts(names: tuple[str, ...]) -> str:
    """Return columns as text, under names of their own that no column has."""
    return ", ".join(f"t.{quoted(name)}::text AS v{number}" for number, name in enumerate(names))


def _hash(table: Table) -> str:
    """Return an expression of 64 bits for a whole row: its text tells NULL from '' and one column from the next."""
    return f"hashtextextended(ROW({_columns(tuple(table.columns))})::text, 0)"
