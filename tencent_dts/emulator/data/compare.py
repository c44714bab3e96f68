"""Are the rows the same? Checksums by ranges of the primary key on both servers, drilled down to rows.

What is asked of a server is in its own language: a :class:`Side` for each family of servers.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from tencent_dts.emulator.data.model import Comparison, DataError, Difference, Progress, Skipped

CHUNK = 5000
"""Rows of one range."""
SETTLE_SECONDS = 20
LOOKS = 10
SHOWN = 100
"""Characters of a value that a report shows."""
NAMED = 100
"""Differing rows that are named of one table; the rest would only make the report long."""
WITHOUT_KEY = 10_000
NO_KEY = "The table has no primary key and more than 10000 rows."

Name = tuple[str, ...]
"""A table's database, its schema where the family has schemas, and its own name."""
Key = tuple[object, ...]
Row = dict[str, Any]
"""A row by the names of its columns."""
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Range:
    """Keys above ``low`` up to ``high``; None leaves that end open, so that no row on either side is outside."""

    low: Key | None = None
    high: Key | None = None


@dataclass(frozen=True)
class Table:
    """A table and how it is compared.

    ``columns`` with their types; ``key``: the columns of its primary key in order, ``index`` the key's own name.
    """

    name: Name
    columns: dict[str, str]
    key: tuple[str, ...]
    index: str = "PRIMARY"


class Side(Protocol):
    """A session with one of the two servers, which answers what a comparison asks."""

    def table(self, name: Name) -> Table | None:
        """Describe a table; None when there is none."""

    def count(self, table: Table) -> int:
        """Count all rows."""

    def end(self, table: Table, low: Key | None) -> Key | None:
        """Return the key at which a range of ``CHUNK`` rows above ``low`` ends; None where the last range begins."""

    def sum(self, table: Table, part: Range) -> tuple[int, int]:
        """Return how many rows a range has and the sum of their hashes, which no order of theirs changes."""

    def hashes(self, table: Table, part: Range) -> dict[Key, int]:
        """Return the hashes of the rows of a range by their keys."""

    def row(self, table: Table, key: Key) -> tuple[int, Row] | None:
        """Return the row of a key, its hash first; None when there is none."""


@dataclass(frozen=True)
class Sides:
    """Sessions with both servers; ``level`` waits until the target has reached the source, or says that it does not.

    ``beside`` asks the target while the source answers.
    """

    source: Side
    target: Side
    level: Callable[[], bool]
    beside: ThreadPoolExecutor


def compare(sides: Sides, names: Sequence[Name], method: str, share: int, progress: Progress) -> Comparison:
    """Compare tables; see :meth:`Engine.compare`. Each that is done counts in ``progress``."""
    found = Comparison()
    for name in names:
        here, there = sides.source.table(name), sides.target.table(name)
        found.tables += 1
        if here is None:
            continue  # dropped meanwhile
        if there is None or here != there:
            words = "the table does not exist" if there is None else _described(there)
            found.differences.append(_difference(name, 0, _described(here), words))
        elif method == "rowsCount":
            _count(_Pair(sides, here, progress), found)
        else:
            stride = max(1, round(100 / share)) if method == "sampleDataCheck" else 1
            _check(_Pair(sides, here, progress), found, stride)
        progress.done += 1
    return found


def _described(table: Table) -> str:
    return f"columns: {', '.join(table.columns)}"


def _difference(name: Name, chunk: int, source: str, target: str, **where: str) -> Difference:
    return Difference(name[0], name[-1], chunk, source, target, schema="".join(name[1:-1]), **where)


@dataclass(frozen=True)
class _Pair:
    """One table on both servers."""

    sides: Sides
    table: Table
    progress: Progress

    def both(self, ask: Callable[[Side], _Told]) -> tuple[_Told, _Told]:
        """Return what both servers answer."""
        if self.progress.canceled:
            raise DataError("the comparison was canceled")
        there = self.sides.beside.submit(ask, self.sides.target)
        return ask(self.sides.source), there.result()

    def settled(self, ask: Callable[[Side], _Told]) -> tuple[_Told, _Told]:
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
    here, there = pair.settled(lambda side: side.count(pair.table))
    found.source_rows += here
    found.target_rows += there
    if here != there:
        found.differences.append(_difference(pair.table.name, 0, f"{here} rows", f"{there} rows"))


def _check(pair: _Pair, found: Comparison, stride: int) -> None:
    table = pair.table
    if not table.key and pair.sides.source.count(table) > WITHOUT_KEY:
        found.skipped.append(Skipped(table.name[0], table.name[-1], NO_KEY, schema="".join(table.name[1:-1])))
        return
    named = 0
    for number, part in enumerate(_ranges(pair.sides.source, table)):
        if number % stride:
            continue
        here, there = _sums(pair, part)
        found.source_rows += here[0]
        found.target_rows += there[0]
        if here != there and named < NAMED:
            differing = list(islice(_rows(pair, part, number), NAMED - named))
            named += len(differing)
            found.differences += differing


def _sums(pair: _Pair, part: Range) -> tuple[tuple[int, int], tuple[int, int]]:
    return pair.both(lambda side: side.sum(pair.table, part))


def _row(pair: _Pair, key: Key) -> tuple[tuple[int, Row] | None, tuple[int, Row] | None]:
    return pair.settled(lambda side: side.row(pair.table, key))


def _ranges(source: Side, table: Table) -> Iterator[Range]:
    """Ranges of about ``CHUNK`` rows of the source that together hold every key there could be."""
    low: Key | None = None
    while table.key and (high := source.end(table, low)) is not None:
        yield Range(low, high)
        low = high
    yield Range(low)


def _rows(pair: _Pair, part: Range, chunk: int) -> Iterator[Difference]:
    """Find the differing rows of a range whose checksums differ, if they still do once the target has caught up."""
    table = pair.table
    if not table.key:
        here, there = pair.settled(lambda side: side.sum(table, part))
        if here != there:
            words = [f"{count} rows, checksum {total}" for count, total in (here, there)]
            yield _difference(table.name, chunk, *words)
        return
    for key in _differing(*pair.both(lambda side: side.hashes(table, part))):
        before, after = _row(pair, key)
        if before != after:
            named = ", ".join(_plain(value) for value in key)
            shown = _shown(table, before and before[1], after and after[1])
            yield _difference(table.name, chunk, *shown, index=table.index, lower=named, upper=named)


def _differing(here: Mapping[Key, int], there: Mapping[Key, int]) -> Sequence[Key]:
    return [key for key in dict.fromkeys([*here, *there]) if here.get(key) != there.get(key)]


def _shown(table: Table, here: Row | None, there: Row | None) -> tuple[str, str]:
    """Return the key and the differing columns of both sides as JSON; a row that is missing is "", the other its key.

    Rows are data of others, and a report is read and kept: it names a row, and quotes no more of it than it must.
    """
    differing = (
        set() if here is None or there is None else {name for name in table.columns if here[name] != there[name]}
    )
    wanted = [name for name in table.columns if name in table.key or name in differing]
    texts = [
        "" if row is None else json.dumps({name: _cut(row[name]) for name in wanted}, ensure_ascii=False)
        for row in (here, there)
    ]
    return texts[0], texts[1]


def _cut(value: object) -> object:
    """Return a value as a report shows it, no longer than it may be."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else _plain(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
