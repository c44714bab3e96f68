"""Are the rows the same? Checksums by ranges of the primary key on both servers, drilled down to rows."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TypeVar

from tencent_dts.emulator.data import mysql_objects
from tencent_dts.emulator.data.model import Comparison, DataError, Difference, Objects, Progress
from tencent_dts.emulator.data.mysql_objects import Table
from tencent_dts.emulator.data.mysql_session import Row, Session, quoted

CHUNK = 5000
"""Rows of one range."""
SETTLE_SECONDS = 20
LOOKS = 10
NAMED = 100
"""Differing rows that are named of one table; the rest would only make the report long."""
WITHOUT_KEY = 10_000
NO_KEY = "The table has no primary key and more than 10000 rows."

_LONG = frozenset(("tinyblob", "blob", "mediumblob", "longblob", "tinytext", "text", "mediumtext", "longtext", "json"))
# Of other types, ranges could leave rows out: an ENUM is ordered by number and compared as text.
_RANGED = frozenset(
    (
        *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "char", "varchar", "binary", "varbinary"),
        *("date", "datetime", "timestamp", "time", "year"),
    )
)

Key = tuple[object, ...]
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Range:
    """Keys above ``low`` up to ``high``; None leaves that end open, so that no row on either side is outside."""

    low: Key | None = None
    high: Key | None = None


@dataclass(frozen=True)
class Sides:
    """Sessions with both servers; ``level`` waits until the target has reached the source, or says that it does not.

    ``beside`` asks the target while the source answers.
    """

    source: Session
    target: Session
    level: Callable[[], bool]
    beside: ThreadPoolExecutor


def compare(sides: Sides, objects: Objects, method: str, share: int, progress: Progress) -> Comparison:
    """Compare the chosen tables; see :meth:`Engine.compare`."""
    found = Comparison()
    names = mysql_objects.names(sides.source, objects)
    progress.done, progress.total = 0, len(names)
    for name in names:
        here, there = mysql_objects.table(sides.source, *name), mysql_objects.table(sides.target, *name)
        found.tables += 1
        if here is None:
            continue  # dropped meanwhile
        if there is None or here != there:
            words = "the table does not exist" if there is None else f"columns: {', '.join(there.columns)}"
            found.differences.append(Difference(*name, 0, f"columns: {', '.join(here.columns)}", words))
        elif method == "rowsCount":
            _count(_Pair(sides, here, progress), found)
        else:
            stride = max(1, round(100 / share)) if method == "sampleDataCheck" else 1
            _check(_Pair(sides, here, progress), found, stride)
        progress.done += 1
    return found


@dataclass(frozen=True)
class _Pair:
    """One table on both servers."""

    sides: Sides
    table: Table
    progress: Progress

    def both(self, ask: Callable[[Session], _Told]) -> tuple[_Told, _Told]:
        """Return what both servers answer."""
        if self.progress.canceled:
            raise DataError("the comparison was canceled")
        there = self.sides.beside.submit(ask, self.sides.target)
        return ask(self.sides.source), there.result()

    def settled(self, ask: Callable[[Session], _Told]) -> tuple[_Told, _Told]:
        """Return what both answer of one moment: the source did not change while the target caught up.

        A source that is written to all the time may not come to rest; its last answers are then returned.
        """
        here, there = self.both(ask)
        for _ in range(LOOKS):
            if here == there:
                break
            if not self.sides.level():
                raise DataError("the target does not catch up with the source, so the two cannot be compared")
            there, after = ask(self.sides.target), ask(self.sides.source)
            if here == after:
                break
            here = after
        return here, there


def _count(pair: _Pair, found: Comparison) -> None:
    table = pair.table
    here, there = pair.settled(lambda side: int(side.value(f"SELECT COUNT(*) FROM {table.quoted}")))
    found.source_rows += here
    found.target_rows += there
    if here != there:
        found.differences.append(Difference(table.database, table.name, 0, f"{here} rows", f"{there} rows"))


def _check(pair: _Pair, found: Comparison, stride: int) -> None:
    table = pair.table
    if not table.key and int(pair.sides.source.value(f"SELECT COUNT(*) FROM {table.quoted}")) > WITHOUT_KEY:
        found.skipped.append((table.database, table.name, NO_KEY))
        return
    named = 0
    for number, part in enumerate(_ranges(pair.sides.source, table)):
        if number % stride:
            continue
        here, there = pair.both(partial(_sum, table=table, part=part))
        found.source_rows += here[0]
        found.target_rows += there[0]
        if here != there and named < NAMED:
            differing = list(islice(_rows(pair, part, number), NAMED - named))
            named += len(differing)
            found.differences += differing


def _ranges(source: Session, table: Table) -> Iterator[Range]:
    """Ranges of about ``CHUNK`` rows of the source that together hold every key there could be."""
    low: Key | None = None
    if table.key and all(table.columns[name] in _RANGED for name in table.key):
        columns = ", ".join(map(quoted, table.key))
        while True:
            found = source.rows(
                f"SELECT {columns} FROM {table.quoted} WHERE {_within(source, table, Range(low))} "
                f"ORDER BY {columns} LIMIT 1 OFFSET {CHUNK - 1}"
            )
            if not found:
                break
            high = tuple(found[0].values())
            yield Range(low, high)
            low = high
    yield Range(low)


def _within(side: Session, table: Table, part: Range) -> str:
    conditions = []
    if part.low is not None:
        conditions.append(_beyond(side, table, part.low, ">"))
    if part.high is not None:
        conditions.append(f"NOT {_beyond(side, table, part.high, '>')}")
    return " AND ".join(conditions) or "TRUE"


def _beyond(side: Session, table: Table, key: Key, sign: str) -> str:
    """Return the condition that a key comes after another, in a form for which servers use the index."""
    written = [(quoted(name), side.literal(value)) for name, value in zip(table.key, key, strict=True)]
    (first, value), *others = written
    condition = f"{first} {sign} {value}"
    if not others:
        return f"({condition})"
    ways = [condition]
    for position, (name, bound) in enumerate(others, 1):
        same = " AND ".join(f"{name} = {value}" for name, value in written[:position])
        ways.append(f"({same} AND {name} {sign} {bound})")
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


def _sum(side: Session, table: Table, part: Range) -> tuple[int, int]:
    """Return how many rows a range has and the sum of their hashes, which no order of theirs changes."""
    # The hash of a row longer than a packet is NULL, and a sum would leave it out: a millionth each tells of them.
    row = side.row(
        f"SELECT COUNT(*) AS n, COALESCE(SUM(COALESCE({_hash(table)}, 0.000001)), 0) AS s "
        f"FROM {table.quoted} WHERE {_within(side, table, part)}"
    )
    total = Decimal(row["s"])
    if total % 1:
        raise DataError(f"{table.quoted} holds rows longer than max_allowed_packet, which cannot be compared")
    return int(row["n"]), int(total)


def _rows(pair: _Pair, part: Range, chunk: int) -> Iterator[Difference]:
    """Find the differing rows of a range whose checksums differ, if they still do once the target has caught up."""
    table = pair.table
    if not table.key:
        here, there = pair.settled(partial(_sum, table=table, part=part))
        if here != there:
            words = [f"{count} rows, checksum {total}" for count, total in (here, there)]
            yield Difference(table.database, table.name, chunk, *words)
        return
    hashes = pair.both(partial(_hashes, table=table, part=part))
    for key in _differing(*hashes):
        before, after = pair.settled(partial(_row, table=table, key=key))
        if before != after:
            named = ", ".join(_plain(value) for value in key)
            yield Difference(table.database, table.name, chunk, *_shown(table, before, after), "PRIMARY", named, named)


def _differing(here: Mapping[Key, int], there: Mapping[Key, int]) -> Sequence[Key]:
    return [key for key in dict.fromkeys([*here, *there]) if here.get(key) != there.get(key)]


def _hashes(side: Session, table: Table, part: Range) -> dict[Key, int]:
    columns = ", ".join(map(quoted, table.key))
    found = side.rows(
        f"SELECT {_hash(table)} AS `__hash`, {columns} FROM {table.quoted} WHERE {_within(side, table, part)}"
    )
    return {tuple(row[name] for name in table.key): row["__hash"] for row in found}


def _row(side: Session, table: Table, key: Key) -> Row | None:
    """Return a row as its hash and its columns."""
    where = " AND ".join(f"{quoted(name)} = {side.literal(value)}" for name, value in zip(table.key, key, strict=True))
    found = side.rows(f"SELECT {_hash(table)} AS `__hash`, {table.quoted}.* FROM {table.quoted} WHERE {where}")
    return found[0] if found else None


def _shown(table: Table, here: Row | None, there: Row | None) -> tuple[str, str]:
    """Return the key and the differing columns of both sides as JSON; a row that is missing is ""."""
    wanted = [
        name
        for name in table.columns
        if name in table.key or here is None or there is None or here[name] != there[name]
    ]
    texts = [
        "" if row is None else json.dumps({name: row[name] for name in wanted}, default=_plain, ensure_ascii=False)
        for row in (here, there)
    ]
    return texts[0], texts[1]


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value[:100].hex()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
