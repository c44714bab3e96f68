"""FLOAT columns, which a dump writes with six digits: their exact values are taken over beside it.

They are read as DOUBLE, which loses nothing, from a snapshot of the source that is the dump's own: both are begun while
the source stands still for a moment, and both must have the same position in its binary log.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tencent_dts.emulator.data.compare import Table
from tencent_dts.emulator.data.model import DataError, Objects, Server
from tencent_dts.emulator.data.mysql_objects import databases, names, table
from tencent_dts.emulator.data.mysql_session import OWN, Session, quoted, session

_BLOCK = 1000
_PATIENCE_SECONDS = 30
_HELPER = quoted(OWN, "__floats")


@dataclass(frozen=True)
class Floats:
    """A table whose FLOAT ``columns`` can be taken over: its key tells its rows apart, and has none of them.

    ``touched`` are columns that an UPDATE would set to the present moment.
    """

    table: Table
    columns: tuple[str, ...]
    touched: tuple[str, ...]


def found(source: Session, objects: Objects) -> tuple[list[Floats], list[Table]]:
    """Return the chosen tables with FLOAT columns: those that can be taken over exactly, and those that cannot."""
    chosen = source.literals(databases(source, objects))
    columns = source.rows(
        "SELECT table_schema AS db, table_name AS tab, column_name AS col, data_type AS type, extra AS extra "
        f"FROM information_schema.columns WHERE table_schema IN ({chosen}) AND generation_expression IS NULL "
        "AND (data_type = 'float' OR extra LIKE '%on update%')"
    )
    exact, rounded = [], []
    for name in names(source, objects):
        own = [row for row in columns if (row["db"], row["tab"]) == name]
        floats = tuple(row["col"] for row in own if row["type"] == "float")
        described = table(source, *name) if floats else None
        if described is None:
            continue
        if described.key and not set(described.key) & set(floats):
            exact.append(Floats(described, floats, tuple(row["col"] for row in own if row["type"] != "float")))
        else:
            rounded.append(described)
    return exact, rounded


class Beside:
    """A snapshot beside that of a dump; without tables there is none."""

    def __init__(self, tables: Sequence[Floats], reading: Session | None = None, gate: Session | None = None) -> None:
        self._tables, self._reading, self._gate = tables, reading, gate

    def dump_begun(self) -> None:
        """Let the source go on: the dump has its snapshot."""
        if self._gate is not None:
            self._gate.rows("UNLOCK TABLES")

    def take_over(self, target: Server, position: tuple[str, int]) -> None:
        """Give rows that were loaded rounded their exact values; ``position`` is the dump's.

        Raises DataError where the two snapshots are not of one moment.
        """
        if self._reading is None:
            return
        rows = self._reading.rows("SHOW STATUS LIKE 'binlog_snapshot_%'")
        shown = {row["Variable_name"].lower(): row["Value"] for row in rows}
        own = shown["binlog_snapshot_file"], int(shown["binlog_snapshot_position"])
        if own != position:
            raise DataError(f"two snapshots of the source are not of one moment: {own}, {position}")
        with session(target) as writing:
            for item in self._tables:
                _take_over(self._reading, writing, item)


@contextlib.contextmanager
def beside(source: Server, tables: Sequence[Floats]) -> Iterator[Beside]:
    """Open a snapshot for these tables, and hold the source still until the dump has begun, too."""
    if not tables:
        yield Beside(())
        return
    with session(source) as reading, session(source) as gate:
        gate.rows(f"SET SESSION lock_wait_timeout = {_PATIENCE_SECONDS}")
        reading.rows("SET SESSION wait_timeout = 86400, net_write_timeout = 600, tx_isolation = 'REPEATABLE-READ'")
        gate.rows("FLUSH TABLES WITH READ LOCK")
        reading.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        yield Beside(tables, reading, gate)


def _take_over(reading: Session, writing: Session, item: Floats) -> None:
    name = quoted(*item.table.name)
    keys, floats = (list(map(quoted, columns)) for columns in (item.table.key, item.columns))
    exact = ", ".join([*keys, *(f"{column} + 0e0" for column in floats)])
    rounded = " OR ".join(f"NOT (CAST(CAST({column} AS CHAR) AS FLOAT) <=> {column})" for column in floats)
    # Its columns are the table's own, so that no collation or type comes between.
    helper = f"CREATE OR REPLACE TEMPORARY TABLE {_HELPER} AS SELECT {', '.join([*keys, *floats])}"
    writing.rows(f"{helper} FROM {name} WHERE FALSE")
    for block in reading.blocks(f"SELECT {exact} FROM {name} WHERE {rounded}", _BLOCK):
        values = ", ".join(f"({', '.join(map(writing.literal, row))})" for row in block)
        writing.rows(f"INSERT INTO {_HELPER} VALUES {values}")
    same = " AND ".join(f"t.{column} = f.{column}" for column in keys)
    changes = [f"t.{column} = f.{column}" for column in floats]
    changes += [f"t.{column} = t.{column}" for column in map(quoted, item.touched)]
    writing.rows(f"UPDATE {name} t JOIN {_HELPER} f ON {same} SET {', '.join(changes)}")
