"""PostgreSQL as an engine: its dump for the structure, its logical replication for rows, its LSNs for the lag."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tencent_dts.emulator.data import postgresql_check, postgresql_copy, postgresql_links, postgresql_objects
from tencent_dts.emulator.data.compare import SETTLE_SECONDS, Name, Sides, compare
from tencent_dts.emulator.data.model import Account, Comparison, DataError, Finding, Lag, Objects, Progress, Server
from tencent_dts.emulator.data.postgresql_compare import PostgreSqlSide
from tencent_dts.emulator.data.postgresql_links import Subscription
from tencent_dts.emulator.data.postgresql_log import trouble
from tencent_dts.emulator.data.postgresql_session import ENABLE_WORDS, Session, session

_MEGABYTE = 1 << 20
SILENT_SECONDS = 30
"""Seconds after which a target that does not ask its source is taken to be kept from it: by an error where its version
cannot disable a subscription by one."""
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class _Slot:
    """Up to where in its log a source has heard that a slot's changes are in the target; None: nowhere any more."""

    reached: int | None
    active: bool


class PostgreSql:
    """The engine of one job between two PostgreSQL servers; see :class:`Engine` for what each method does.

    ``name`` is the job's id, which its publications and subscriptions bear.
    """

    def __init__(self, name: str, source: Server, target: Server, objects: Objects) -> None:
        self._name = name
        self._source = source
        self._target = target
        self._objects = objects
        self._changing = threading.Lock()  # what the job has on the servers is made and removed by one at a time
        self._looking = threading.Lock()
        self._seen: deque[tuple[float, int]] = deque(maxlen=3600)  # where the source stood, and when
        self._heard = time.monotonic()  # when the target was last seen to follow

    def check(self, source: Account | None, target: Account | None) -> Sequence[Finding]:
        """See :meth:`Engine.check`."""
        return postgresql_check.check(self._source, self._target, self._objects, source, target)

    def copy(self, progress: Progress, *, data: bool) -> str:
        """See :meth:`Engine.copy`."""
        with self._changing:
            self._given_up(progress)
            databases = self._databases()
            postgresql_links.remove(self._source, self._target, self._name, databases)
        progress.done, progress.total = 0, sum(self._size(self._source, database) for database in databases)
        for database in databases:
            with self._changing:  # what the end of a job removes is not made any more after it
                self._given_up(progress)
                postgresql_copy.structure(self._source, self._target, self._objects, self._name, database)
        if data:
            for database in databases:
                with self._changing:
                    self._given_up(progress)
                    self._link(database)
            self._follow_copy(progress)
        self._set_sequences(databases)
        with session(self._source) as source:
            return str(source.value("SELECT pg_current_wal_flush_lsn()"))

    def _given_up(self, progress: Progress) -> None:
        if progress.canceled:
            raise DataError("the copy was canceled")

    def _link(self, database: str) -> None:
        with session(self._source, database) as source, session(self._target, database) as target:
            postgresql_links.publish(source, self._name, postgresql_objects.tables(source, self._objects))
            number = source.value(f"SELECT oid FROM pg_database WHERE datname = {source.literal(database)}")
            slot = f"{postgresql_links.slot_prefix(self._name)}{number}"
            postgresql_links.subscribe(self._source, target, self._name, slot)
            postgresql_links.remember(source, target, self._name)

    def _follow_copy(self, progress: Progress) -> None:
        """Wait until the servers have copied all tables."""
        behind = 1
        while behind:
            postgresql_copy.pause(progress)
            with session(self._target) as target:
                found = self._subscriptions(target)
                self._complain(target, found)
            unread = behind = done = 0
            for own in found:
                with session(self._target, own.database) as target:
                    more = postgresql_copy.copying(target, own.number)
                    done += postgresql_copy.size(target, self._objects)
                unread, behind = unread + more[0], behind + more[1]
            progress.done, progress.exported = done, not unread

    def _set_sequences(self, databases: Sequence[str]) -> None:
        for database in databases:
            postgresql_copy.set_sequences(self._source, self._target, self._objects, database)

    def replicate(self, position: str) -> None:
        """See :meth:`Engine.replicate`. ``position`` is no use: without its slot, a source has no log to go on from."""
        with self._changing:
            postgresql_links.readdress(self._source, self._target, self._name)
            if not postgresql_links.enable(self._target, self._name, wanted=True):
                raise DataError(
                    f"the target has no subscription of this job any more, and the source keeps no log since {position}"
                    " for it: what has changed meanwhile can only be copied again, by another job"
                )
            # What was all when a job was about to be finished is so no more.
            postgresql_copy.note(self._target, self._name, self._own_databases(), "")
            self._heard = time.monotonic()

    def lag(self) -> Lag:
        """See :meth:`Engine.lag`."""
        with session(self._source) as source, session(self._target) as target:
            found = self._subscriptions(target)
            if not found:
                return Lag(words="the target does not replicate: its subscription for this job is gone")
            position = int(source.value("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn"))
            slots = self._slots(source, found)
            gone = [slot for slot, state in slots.items() if state.reached is None]
            if gone:
                return Lag(words=f"the source holds the log for {gone[0]} no more: its replication slot is gone")
            words, running = self._words(target, found, slots)
            reached = min(state.reached or 0 for state in slots.values())
            if reached < position:
                position = _mark(source)
            if words or not running:
                return Lag(running=running, words=words)
            return Lag(
                max(0, position - reached) // _MEGABYTE, self._seconds(position, reached), reached >= position, running
            )

    def _seconds(self, position: int, reached: int) -> int:
        """Return for how many seconds the target has not been where the source was; -1 as long as that is not known.

        A source says of its log where it ends, not when it got there: that is what earlier looks are kept for.
        """
        now = time.monotonic()
        with self._looking:
            self._seen.append((now, position))
            while len(self._seen) > 1 and self._seen[1][1] <= reached:
                self._seen.popleft()
            if self._seen[0][1] > reached:
                return -1
            return int(now - self._seen[1][0]) if len(self._seen) > 1 else 0

    def _words(self, target: Session, found: Sequence[Subscription], slots: dict[str, _Slot]) -> tuple[str, bool]:
        """Return what has ended the replication, or "", and whether it runs."""
        if all(state.active for state in slots.values()):
            self._heard = time.monotonic()
        silent = time.monotonic() - self._heard > SILENT_SECONDS
        if all(own.enabled for own in found) and (target.version >= ENABLE_WORDS or not silent):
            return "", not silent
        told = trouble(target, self._name)
        # Where only the connection broke, to go on is all there is to do.
        return ("", False) if told.connection else (told.words, silent)

    def _complain(self, target: Session, found: Sequence[Subscription]) -> None:
        """Raise DataError in the server's words when a subscription has been ended by an error."""
        if not found:
            raise DataError("the target has no subscription of this job any more")
        if not all(own.enabled for own in found):
            raise DataError(trouble(target, self._name).words)

    def compare(self, objects: Objects, method: str, share: int, progress: Progress) -> Comparison:
        """See :meth:`Engine.compare`."""
        with session(self._source) as source:
            databases = postgresql_objects.databases(source, objects)
        names = {}
        for database in databases:
            with session(self._source, database) as source:
                names[database] = postgresql_objects.tables(source, objects)
        progress.done, progress.total = 0, sum(map(len, names.values()))
        found = Comparison()
        for database in databases:
            found.add(self._compare(database, names[database], method, share, progress))
        return found

    def _compare(self, database: str, names: Sequence[Name], method: str, share: int, progress: Progress) -> Comparison:
        with (
            session(self._source, database) as source,
            session(self._target, database) as target,
            ThreadPoolExecutor(1) as beside,
        ):

            def level() -> bool:
                return self._reached(source, _mark(source), SETTLE_SECONDS)

            sides = Sides(PostgreSqlSide(source), PostgreSqlSide(target), level, beside)
            return compare(sides, names, method, share, progress)

    def pause(self) -> None:
        """See :meth:`Engine.pause`."""
        with self._changing:
            postgresql_links.enable(self._target, self._name, wanted=False)

    def stop(self, *, finish: bool) -> str:
        """See :meth:`Engine.stop`. The position that was reached is "": without its slot nobody could go on from it."""
        databases = self._own_databases()
        if finish:
            self._finish(databases)
        with self._changing:
            try:
                postgresql_links.remove(self._source, self._target, self._name, databases)
            except DataError:
                # A source that does not answer keeps nothing in the target; what says how far the job is goes last.
                with session(self._target) as target:
                    following = self._subscriptions(target)
                if not following:
                    postgresql_copy.forget(self._target, self._name, databases)
                raise
            postgresql_copy.forget(self._target, self._name, databases)
        return ""

    def _finish(self, databases: Sequence[str]) -> None:
        """Bring the target to where the source is, in what is not replicated, too; once, and never without proof."""
        if postgresql_copy.finished(self._target, self._name, databases):
            return  # an earlier call has got this far, and may have begun to remove what could say so
        with session(self._target) as target:
            following = self._subscriptions(target)
        if not following:
            if postgresql_copy.unfinished(self._target, self._name, databases):
                raise DataError("the target has no subscription of this job any more, before all was applied")
            return  # an earlier call has come to its end
        self._catch_up()
        self._set_sequences(databases)
        for database in databases:
            postgresql_copy.refresh_views(self._source, self._target, self._objects, database)
        postgresql_copy.note(self._target, self._name, databases, postgresql_copy.FINISHED)

    def _catch_up(self) -> None:
        """Wait until the target has applied all that the source has committed by now."""
        with session(self._source) as source:
            position = _mark(source)
            while not self._reached(source, position, 1):
                lag = self.lag()
                if lag.words or not lag.running:
                    raise DataError(lag.words or "the replication stands still before all was applied")

    def _reached(self, source: Session, position: int, seconds: float) -> bool:
        """Return whether the target has applied the source's log up to a position, for which it is given time."""
        deadline = time.monotonic() + seconds
        with session(self._target) as target:
            found = self._subscriptions(target)
        while True:
            states = self._slots(source, found).values()
            if states and all(state.reached is not None and state.reached >= position for state in states):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)

    def _slots(self, source: Session, found: Sequence[Subscription]) -> dict[str, _Slot]:
        """Return how far the slots of subscriptions have come; one that the source does not know is nowhere."""
        rows = source.rows(
            "SELECT slot_name AS name, confirmed_flush_lsn - '0/0'::pg_lsn AS reached, active, wal_status "
            f"FROM pg_replication_slots WHERE slot_name IN ({source.literals(own.slot for own in found)})"
        )
        known = {
            row["name"]: _Slot(None if row["wal_status"] == "lost" else int(row["reached"] or 0), row["active"])
            for row in rows
        }
        return {own.slot: known.get(own.slot, _Slot(None, active=False)) for own in found}

    def _subscriptions(self, target: Session) -> list[Subscription]:
        return postgresql_links.subscriptions(target, self._name)

    def _databases(self) -> list[str]:
        with session(self._source) as source:
            return postgresql_objects.databases(source, self._objects)

    def _own_databases(self) -> list[str]:
        """Return the databases in which the job may have something, also while one of the servers does not answer."""
        if self._objects.databases is not None:
            return list(self._objects.databases)
        found: set[str] = set()
        for server in (self._source, self._target):
            # What does not answer is not cleaned either, which is said where that is tried.
            with contextlib.suppress(DataError), session(server) as looking:
                found.update(postgresql_objects.databases(looking, self._objects))
        return sorted(found)

    def _size(self, server: Server, database: str) -> int:
        with session(server, database) as side:
            return postgresql_copy.size(side, self._objects)


def problems(objects: Objects) -> list[str]:
    """Return why native replication cannot follow these objects: a table is in a schema, which must be named."""
    return [
        f"single tables of the database {name!r} without their SchemaName"
        for name, tables in (objects.databases or {}).items()
        if tables is not None
    ]


def _mark(source: Session) -> int:
    """Write a mark into the source's log, which nobody follows but by its place, and return that place.

    All that was committed before is before it and on disk: the log's own end may be within a transaction that is
    open, which no target reaches until it ends.
    """
    return int(source.value("SELECT pg_logical_emit_message(true, 'dts', '') - '0/0'::pg_lsn"))
