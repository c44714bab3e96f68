"""The replication of one job: publications and slots in the source, subscriptions in the target, and their removal.

A subscription belongs to one database, so a job has one for each; publications and subscriptions bear the job's
name, slots are named after it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from psycopg.conninfo import make_conninfo

from tencent_dts.emulator.data.compare import Name
from tencent_dts.emulator.data.model import DataError, Server
from tencent_dts.emulator.data.postgresql_session import ENABLE_WORDS, Session, quoted, session

FREE_SECONDS = 20
"""Seconds that a slot may take to become free once nobody reads it any more."""


@dataclass(frozen=True)
class Subscription:
    """A subscription as its server shows it; ``enabled``: it works, or tries to."""

    database: str
    number: int
    enabled: bool
    slot: str


def slot_prefix(name: str) -> str:
    """Return how the slots of a job begin: they may have small letters, digits and underscores only."""
    return f"dts_{re.sub('[^a-z0-9_]', '_', name.lower())}_"


def left(server: Server, known: Collection[str]) -> list[str]:
    """See :class:`Family`: slots, which fill the disk of a source, and subscriptions under jobs' names."""
    with session(server) as asking:
        slots = [row["name"] for row in asking.rows("SELECT slot_name AS name FROM pg_replication_slots")]
        subscribed = asking.rows(
            "SELECT d.datname AS database, s.subname AS name FROM pg_subscription s "
            "JOIN pg_database d ON d.oid = s.subdbid"
        )
    prefixes = tuple(map(slot_prefix, known))
    found = [
        f"slot {name}: SELECT pg_drop_replication_slot('{name}')"
        for name in slots
        if name.startswith(slot_prefix("dts-").rstrip("_")) and not name.startswith(prefixes)
    ]
    found += [
        f"subscription of {row['database']}: DROP SUBSCRIPTION {quoted(row['name'])}"
        for row in subscribed
        if row["name"].startswith("dts-") and row["name"] not in known
    ]
    return found


def publish(source: Session, name: str, tables: Sequence[Name]) -> None:
    """Publish tables under a job's name. Raises DataError before the source would refuse its own application.

    An UPDATE or DELETE of a published table that says of no row which it is fails in the source.
    """
    bare = without_identity(source, tables)
    if bare:
        raise DataError(f"{quoted(*bare[0])} has no replica identity: were it published, its updates would fail")
    written = ", ".join(f"ONLY {quoted(*table[1:])}" for table in tables)
    source.rows(f"CREATE PUBLICATION {quoted(name)}{' FOR TABLE ' if written else ''}{written}")


def without_identity(source: Session, tables: Iterable[Name]) -> list[Name]:
    """Return the tables whose rows cannot be told apart by the log: neither a primary key nor another identity."""
    found = source.rows(
        "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND (c.relreplident = 'n' OR c.relreplident = 'd' AND NOT EXISTS "
        "(SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))"
    )
    bare = {(row["schema"], row["name"]) for row in found}
    return [table for table in tables if table[1:] in bare]


def subscribe(server: Server, target: Session, name: str, slot: str) -> None:
    """Let the target's database copy what is published in the source's database of the same name, and follow it."""
    options = ["copy_data = true", f"slot_name = {target.literal(slot)}"]
    if target.version >= ENABLE_WORDS:
        options.append("disable_on_error = true")
    _log_nothing(target)
    address = target.literal(_address(server, target.database))
    target.rows(
        f"CREATE SUBSCRIPTION {quoted(name)} CONNECTION {address} PUBLICATION {quoted(name)} "
        f"WITH ({', '.join(options)})"
    )


def _address(server: Server, database: str) -> str:
    account = server.account
    return make_conninfo(
        host=server.host, port=server.port, user=account.user, password=account.password, dbname=database
    )


def _log_nothing(target: Session) -> None:
    """Keep a password out of the target's log, where a statement that fails, or each, would stand whole."""
    with contextlib.suppress(DataError):  # only a superuser may
        target.rows("SET log_min_error_statement = panic")
        target.rows("SET log_statement = none")


def readdress(server: Server, target: Server, name: str) -> None:
    """Let the subscriptions of a job lead to the source where it is now: it may have got another port or password."""
    with session(target) as looking:
        found = subscriptions(looking, name)
    for own in found:
        with session(target, own.database) as changing:
            address = _address(server, own.database)
            try:
                known = changing.value(f"SELECT subconninfo FROM pg_subscription WHERE oid = {own.number}")
            except DataError:
                continue  # only a superuser may know it, and to set it for nothing would interrupt the replication
            if known != address:
                _log_nothing(changing)
                changing.rows(f"ALTER SUBSCRIPTION {quoted(name)} CONNECTION {changing.literal(address)}")


def remember(source: Session, target: Session, name: str) -> None:
    """Note in the source by which slots tables are copied at first, so that they are found when the target is lost."""
    (own,) = (each for each in subscriptions(target, name) if each.database == target.database)
    source.rows(f"COMMENT ON PUBLICATION {quoted(name)} IS {source.literal(_copying(target, own))}")


def _copying(target: Session, own: Subscription) -> str:
    """Return a pattern of the slots by which a subscription copies its tables, as the server names them."""
    return f"^pg_{own.number}_sync_[0-9]+_{target.value('SELECT system_identifier FROM pg_control_system()')}$"


def subscriptions(target: Session, name: str) -> list[Subscription]:
    """Return the subscriptions of a job, in whichever databases they are."""
    found = target.rows(
        "SELECT d.datname AS database, s.oid AS number, s.subenabled AS enabled, coalesce(s.subslotname, '') AS slot "
        "FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid "
        f"WHERE s.subname = {target.literal(name)} ORDER BY 1"
    )
    return [Subscription(**row) for row in found]


def enable(target: Server, name: str, *, wanted: bool) -> list[Subscription]:
    """Let all subscriptions of a job go on or, unless ``wanted``, stand still; return what there are."""
    with session(target) as looking:
        found = subscriptions(looking, name)
    for own in found:
        if own.enabled != wanted:
            with session(target, own.database) as changing:
                changing.rows(f"ALTER SUBSCRIPTION {quoted(name)} {'ENABLE' if wanted else 'DISABLE'}")
    return found


def remove(source: Server, target: Server, name: str, databases: Iterable[str]) -> None:
    """Remove all that a job has on both servers, also what the other side has forgotten. Raises DataError.

    Where one side does not answer, the other is cleaned all the same.
    """
    patterns = {f"^{slot_prefix(name)}"}
    failed: list[DataError] = []
    steps: tuple[Callable[[], None], ...] = (
        lambda: _disable(target, name, patterns),
        lambda: _unpublish(source, name, databases, patterns),
        lambda: _drop_slots(source, patterns),
        lambda: _unsubscribe(target, name),
    )
    for step in steps:
        try:
            step()
        except DataError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _disable(target: Server, name: str, patterns: set[str]) -> None:
    """Let nobody use the job's slots any more, and note which those are."""
    own = enable(target, name, wanted=False)
    with session(target) as looking:
        patterns.update(_copying(looking, each) for each in own)


def _unsubscribe(target: Server, name: str) -> None:
    """Drop the job's subscriptions, whose slots are gone: one that has them waits for whoever is making them."""
    with session(target) as looking:
        found = subscriptions(looking, name)
    for own in found:
        with session(target, own.database) as changing:
            # Without a slot of its own it is dropped even when the source does not answer.
            changing.rows(f"ALTER SUBSCRIPTION {quoted(name)} SET (slot_name = NONE)")
            changing.rows(f"DROP SUBSCRIPTION {quoted(name)}")


def _unpublish(source: Server, name: str, databases: Iterable[str], patterns: set[str]) -> None:
    with session(source) as looking:
        there = looking.rows(f"SELECT datname FROM pg_database WHERE datname IN ({looking.literals(databases)})")
    for row in there:
        with session(source, row["datname"]) as changing:
            noted = changing.value(
                "SELECT obj_description(oid, 'pg_publication') FROM pg_publication "
                f"WHERE pubname = {changing.literal(name)}"
            )
            patterns.update([noted] if noted else [])
            changing.rows(f"DROP PUBLICATION IF EXISTS {quoted(name)}")


def _drop_slots(source: Server, patterns: Iterable[str]) -> None:
    """Drop slots: one that is left would let the source keep its log until its disk is full."""
    deadline = time.monotonic() + FREE_SECONDS
    with session(source) as changing:
        conditions = [f"slot_name ~ {changing.literal(pattern)}" for pattern in patterns]
        while True:
            found = changing.rows(
                f"SELECT slot_name AS name, active_pid AS pid FROM pg_replication_slots WHERE {' OR '.join(conditions)}"
            )
            if not found:
                return
            for slot in found:
                _drop_slot(changing, slot["name"], slot["pid"], last=time.monotonic() > deadline)
            time.sleep(0.05)


def _drop_slot(source: Session, name: str, reader: int | None, *, last: bool) -> None:
    try:
        if reader is not None:
            source.rows(f"SELECT pg_terminate_backend({reader})")
        source.rows(f"SELECT pg_drop_replication_slot({source.literal(name)})")
    except DataError:
        # Its reader has not ended yet, or it is gone by itself.
        if last:
            raise
