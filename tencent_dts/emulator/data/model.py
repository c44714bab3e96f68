"""What an engine is asked and what it answers: servers, objects, findings, progress, lag, differences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


class DataError(Exception):
    """A server or one of its tools refused or failed; the text is in its own words and holds no secret."""


@dataclass(frozen=True)
class Account:
    """A login of a server; the password shows in no representation."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """A database server of the rehearsal, with the account by which the engine works on it.

    ``family``: of which family of databases it is; "" where only its jobs say so.
    """

    host: str
    port: int
    account: Account
    family: str = ""

    @property
    def address(self) -> str:
        """The server as messages name it."""
        return f"{self.host}:{self.port}"


Tables = tuple[str, ...] | None
"""The tables chosen of a database or schema; None stands for all."""


@dataclass(frozen=True)
class Objects:
    """What is migrated or compared: tables by database; None stands for all of a database, and for all databases.

    ``schemas``: in families that have schemas, the tables by schema of a database that is not taken whole.
    """

    databases: dict[str, Tables] | None
    schemas: dict[str, dict[str, Tables]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What one item of the check has found, in the server's words; ``step`` is the id of the check's step."""

    step: str
    result: Literal["failed", "warning"]
    words: str


@dataclass
class Progress:
    """How far a copy or a comparison has come.

    Written by the thread that works, read by any other. ``done`` and ``total`` are bytes of a copy or tables of a
    comparison (``total`` is the server's estimate for a copy); ``exported``: the source has been read to its end;
    ``canceled`` asks the work to give up.
    """

    done: int = 0
    total: int = 0
    exported: bool = False
    canceled: bool = False

    @property
    def percent(self) -> int:
        """How far, from 0 to 99: only the end of the work is 100."""
        return min(99, 100 * self.done // self.total) if self.total else 0


@dataclass(frozen=True)
class Lag:
    """How far the target is behind: whole megabytes and seconds, rounded down, -1 while unknown.

    ``applied``: everything that the source had committed at this look is in the target. ``words``: the error that
    ended the replication, or "". ``running``: it runs, or tries to connect again.
    """

    megabytes: int = -1
    seconds: int = -1
    applied: bool = False
    running: bool = False
    words: str = ""


@dataclass(frozen=True)
class Difference:
    """A row, or a whole table, that is not the same on both sides; ``lower`` and ``upper`` are the row's key.

    ``source`` and ``target`` are JSON objects of the key and the columns that differ; "" where there is no row.
    ``schema`` is "" where the family has none.
    """

    database: str
    table: str
    chunk: int
    source: str
    target: str
    index: str = ""
    lower: str = ""
    upper: str = ""
    schema: str = ""


@dataclass(frozen=True)
class Skipped:
    """A table that was not compared, and why; ``schema`` is "" where the family has none."""

    database: str
    table: str
    reason: str
    schema: str = ""


@dataclass
class Comparison:
    """What a comparison has found; rows are those that were counted."""

    tables: int = 0
    source_rows: int = 0
    target_rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, other: Comparison) -> None:
        """Add what the comparison of another database has found."""
        self.tables += other.tables
        self.source_rows += other.source_rows
        self.target_rows += other.target_rows
        self.differences += other.differences
        self.skipped += other.skipped


class Engine(Protocol):
    """What real servers do for one job. Every method may take long: it runs in a thread and raises DataError.

    Each is safe to call again: after a failure, and in another process after the first was killed.
    """

    def check(self, source: Account | None, target: Account | None) -> Sequence[Finding]:
        """Look whether the job can work; ``source`` and ``target`` are the logins that the job itself names."""

    def copy(self, progress: Progress, *, data: bool) -> str:
        """Copy structure and, with ``data``, rows; return the position in the source from which to replicate.

        A target that holds anything in the chosen databases is refused, unless this job has begun to write there
        before, which the target itself remembers: then what stands under the names of its objects is dropped first.
        """

    def replicate(self, position: str) -> None:
        """Let the target follow the source from ``position`` or, where it has begun already, from where it stands."""

    def lag(self) -> Lag:
        """Look how far the target is behind."""

    def compare(self, objects: Objects, method: str, share: int, progress: Progress) -> Comparison:
        """Compare rows by ``dataCheck``, ``sampleDataCheck`` (``share`` percent of the chunks) or ``rowsCount``."""

    def pause(self) -> None:
        """Let the replication stand still; :meth:`replicate` lets it go on."""

    def stop(self, *, finish: bool) -> str:
        """End the replication and leave nothing of it behind; ``finish``: once all that is committed is applied.

        Return the position that was reached, from which :meth:`replicate` can go on; "" where nothing was replicated.
        """


@dataclass(frozen=True)
class Family:
    """How the jobs of one family of databases are served by real servers.

    ``make`` makes the engine of a job from its id, source, target and objects; ``problems`` says why such engines
    cannot work on some objects. ``left`` says what other jobs than some have on a server, and how that is removed.
    """

    make: Callable[[str, Server, Server, Objects], Engine]
    problems: Callable[[Objects], Sequence[str]]
    left: Callable[[Server, Collection[str]], Sequence[str]] = lambda _server, _known: ()
