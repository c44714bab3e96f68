"""The items of the check, answered by PostgreSQL servers. The documents' check items of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tencent_dts.emulator.data import postgresql_content, postgresql_links, postgresql_objects
from tencent_dts.emulator.data.model import Account, DataError, Finding, Objects, Server
from tencent_dts.emulator.data.postgresql_session import MAINTENANCE, Session, quoted, session

OLDEST = 14
_AT_WORK = "WHERE pid IS NOT NULL"
_MAY_SUBSCRIBE = 16
"""From this version on it takes a role rather than a superuser to subscribe."""


@dataclass(frozen=True)
class _Pair:
    """Sessions with a database on both sides; ``made``: the target has it, else the session is with another one."""

    source: Session
    target: Session
    objects: Objects
    made: bool


def check(
    source: Server, target: Server, objects: Objects, source_login: Account | None, target_login: Account | None
) -> list[Finding]:
    """Return what is wrong; the logins are those that the job names, None where they are not known any more."""
    refused = [*_login("source", source, source_login), *_login("target", target, target_login)]
    if refused:
        return refused
    with session(source, account=source_login) as reading, session(target, account=target_login) as writing:
        chosen = postgresql_objects.databases(reading, objects)
        known, there = (
            postgresql_objects.names_in(side, "SELECT datname FROM pg_database") for side in (reading, writing)
        )
        found = [finding for item in _OF_SERVERS for finding in item(reading, writing, len(chosen))]
    found += [_absent(f"database {name}") for name in chosen if name not in known]
    for name in chosen:
        if name in known:
            with (
                session(source, name, source_login) as reading,
                session(target, name if name in there else MAINTENANCE, target_login) as writing,
            ):
                pair = _Pair(reading, writing, objects, name in there)
                found += [finding for item in _OF_DATABASES for finding in item(pair)]
    return found


def _login(side: str, server: Server, login: Account | None) -> Iterator[Finding]:
    for account in (login, server.account):
        try:
            with session(server, account=account):
                pass
        except DataError as error:
            yield Finding("ConnectDBCheck", "failed", f"{side}: {error}")
            return


def _absent(what: str) -> Finding:
    return Finding("SrcPrivilegeCheck", "failed", f"{what} does not exist in the source, or may not be seen")


def _version(source: Session, target: Session, _databases: int) -> Iterator[Finding]:
    for side, session_ in (("source", source), ("target", target)):
        if session_.version < OLDEST:
            words = f"{side} version {_shown(session_, 'server_version')}: PostgreSQL {OLDEST} or later is needed"
            yield Finding("VersionCheck", "failed", words)
    if source.version > target.version:
        versions = [_shown(side, "server_version") for side in (source, target)]
        words = f"source version {versions[0]} is higher than target version {versions[1]}"
        yield Finding("VersionCheck", "failed", words)


def _shown(side: Session, setting: str) -> str:
    return str(side.value(f"SHOW {setting}"))


def _role(side: Session) -> tuple[str, bool, bool]:
    """Return an account's name, whether it is a superuser, and whether it may replicate."""
    role = side.row("SELECT rolname, rolsuper, rolreplication FROM pg_roles WHERE rolname = current_user")
    return role["rolname"], role["rolsuper"], role["rolreplication"]


def _roles(source: Session, target: Session, _databases: int) -> Iterator[Finding]:
    name, all_, replication = _role(source)
    if not all_ and not replication:
        yield Finding("SrcPrivilegeCheck", "failed", f"the role {name} of the source has not REPLICATION")
    name, all_, _ = _role(target)
    if target.version < _MAY_SUBSCRIBE:
        if not all_:
            words = f"the role {name} of the target is not a superuser, as CREATE SUBSCRIPTION wants it before version"
            yield Finding("DstPrivilegeCheck", "failed", f"{words} {_MAY_SUBSCRIBE}")
    elif not all_ and not target.value("SELECT pg_has_role(current_user, 'pg_create_subscription', 'MEMBER')"):
        words = f"the role {name} of the target is not a member of pg_create_subscription"
        yield Finding("DstPrivilegeCheck", "failed", words)


def _log(source: Session, target: Session, databases: int) -> Iterator[Finding]:
    level = _shown(source, "wal_level")
    if level != "logical":
        yield Finding("IncrementalCheck", "failed", f"wal_level is {level} in the source, not logical")
    # While tables are copied at first, some have a slot and a sender of their own.
    slots = databases * (1 + int(_shown(target, "max_sync_workers_per_subscription")))
    for side, where, wanted, setting, used in (
        (source, "source", slots, "max_replication_slots", "pg_replication_slots"),
        (source, "source", slots, "max_wal_senders", "pg_stat_replication"),
        (target, "target", databases, "max_replication_slots", "pg_replication_origin"),
        (target, "target", databases + 1, "max_logical_replication_workers", f"pg_stat_subscription {_AT_WORK}"),
    ):
        given, taken = int(_shown(side, setting)), int(side.value(f"SELECT count(*) FROM {used}"))
        if given - taken < wanted:
            words = f"{setting} is {given} in the {where}, of which {taken} are in use and {wanted} needed"
            yield Finding("IncrementalCheck", "failed", words)


def _there(pair: _Pair) -> Iterator[Finding]:
    yield from map(_absent, postgresql_objects.absent(pair.source, pair.objects))


def _rights_in_source(pair: _Pair) -> Iterator[Finding]:
    source = pair.source
    if not source.value("SELECT has_database_privilege(current_database(), 'CREATE')"):
        words = f"no CREATE in the database {source.database} of the source, which a publication takes"
        yield Finding("SrcPrivilegeCheck", "failed", words)
    for right, condition in (
        ("SELECT on", "has_table_privilege(c.oid, 'SELECT')"),
        ("ownership of", "pg_has_role(c.relowner, 'USAGE')"),
    ):
        names = _where(pair, f"NOT {condition}")
        if names:
            yield Finding("SrcPrivilegeCheck", "failed", f"no {right} {len(names)} tables: {names[0]}")


def _where(pair: _Pair, condition: str) -> list[str]:
    """Return the chosen tables of the source for which a condition holds, as they are written."""
    found = pair.source.rows(
        "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ({postgresql_objects.TABLE}) AND {condition} ORDER BY 1, 2"
    )
    chosen = set(postgresql_objects.tables(pair.source, pair.objects))
    names = [(pair.source.database, row["schema"], row["name"]) for row in found]
    return [quoted(*name[1:]) for name in names if name in chosen]


def _rights_in_target(pair: _Pair) -> Iterator[Finding]:
    may = "has_database_privilege(current_database(), 'CREATE')"
    if not pair.made:
        may = "rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    if not pair.target.value(f"SELECT {may}"):
        what = f"CREATE in the database {pair.source.database}" if pair.made else "CREATEDB"
        yield Finding("DstPrivilegeCheck", "failed", f"no {what} of the target")


def _content(pair: _Pair) -> Iterator[Finding]:
    there = postgresql_content.content(pair.target, pair.objects) if pair.made else {}
    if there:
        words = f"the target holds {len(there)} objects in what was chosen: {' '.join(min(there))}"
        yield Finding("DstEmptyCheck", "failed", words)


def _identities(pair: _Pair) -> Iterator[Finding]:
    """What the log cannot tell of: a source even refuses updates of a published table whose rows have no identity."""
    tables = postgresql_objects.tables(pair.source, pair.objects)
    for bare in postgresql_links.without_identity(pair.source, tables):
        words = f"{quoted(*bare[1:])} has neither a primary key nor another replica identity"
        yield Finding("IncrementalCheck", "failed", words)
    for name in _where(pair, "c.relpersistence = 'u'"):
        yield Finding("IncrementalCheck", "failed", f"{name} is unlogged, so its rows are not replicated")
    if pair.source.value("SELECT 1 FROM pg_largeobject_metadata LIMIT 1"):
        words = f"the database {pair.source.database} holds large objects, which are not replicated"
        yield Finding("IncrementalCheck", "failed", words)


def _warnings(pair: _Pair) -> Iterator[Finding]:
    keyed = "EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"
    firing = "EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R'))"
    for condition, words in (
        (f"NOT {keyed}", "has no primary key"),
        (firing, "has triggers that are enabled ALWAYS or REPLICA: they act on what is replicated, too"),
    ):
        for name in _where(pair, condition):
            yield Finding("WarningParamCheck", "warning", f"{name} {words}")


def _foreign_keys(pair: _Pair) -> Iterator[Finding]:
    found = pair.source.rows(
        "SELECT k.conname AS key, n.nspname AS schema, c.relname AS name, fn.nspname AS there, f.relname AS refers "
        "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace "
        "WHERE k.contype = 'f' ORDER BY 2, 3, 1"
    )
    database, chosen = pair.source.database, set(postgresql_objects.relations(pair.source, pair.objects, "'r', 'p'"))
    chosen = {name for name in chosen if postgresql_objects.covers(pair.objects, *name)}
    for row in found:
        if (database, row["schema"], row["name"]) in chosen and (database, row["there"], row["refers"]) not in chosen:
            words = f"foreign key {row['key']} of {quoted(row['schema'], row['name'])} refers to"
            words = f"{words} {quoted(row['there'], row['refers'])}, which is not selected"
            yield Finding("DstEmptyCheck", "failed", words)


def _partitions(pair: _Pair) -> Iterator[Finding]:
    """A table that is selected by its name is selected without its partitions, in which its rows are."""
    found = pair.source.rows(
        "SELECT pn.nspname AS schema, p.relname AS name, n.nspname AS there, c.relname AS part FROM pg_inherits i "
        "JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace "
        "JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE p.relkind = 'p' ORDER BY 1, 2, 3, 4"
    )
    database, objects = pair.source.database, pair.objects
    for row in found:
        whole, part = (row["schema"], row["name"]), (row["there"], row["part"])
        if postgresql_objects.covers(objects, database, *whole) > postgresql_objects.covers(objects, database, *part):
            words = f"{quoted(*part)}, which is a partition of {quoted(*whole)}, is not selected"
            yield Finding("IncrementalCheck", "failed", words)


def _encoding(pair: _Pair) -> Iterator[Finding]:
    if not pair.made:
        return
    statement = (
        "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS lc_collate, datctype AS lc_ctype "
        "FROM pg_database WHERE datname = current_database()"
    )
    here, there = pair.source.row(statement), pair.target.row(statement)
    for name, value in here.items():
        if value != there[name]:
            words = f"{name} of {pair.source.database} is {value} in the source and {there[name]} in the target"
            yield Finding("WarningParamCheck", "failed" if name == "encoding" else "warning", words)


def _extensions(pair: _Pair) -> Iterator[Finding]:
    wanted = pair.source.rows(
        "SELECT e.extname AS name, n.nspname AS schema FROM pg_extension e JOIN pg_namespace n "
        "ON n.oid = e.extnamespace ORDER BY 1"
    )
    known = postgresql_objects.names_in(pair.target, "SELECT name FROM pg_available_extensions")
    left = postgresql_objects.other_schemas(pair.source, pair.objects)
    for row in wanted:
        if row["name"] not in known:
            yield Finding("PluginCheck", "failed", f"extension {row['name']} is not available in the target")
        if row["schema"] in left:
            words = f"extension {row['name']} is in the schema {row['schema']}, which is not selected"
            yield Finding("PluginCheck", "failed", words)


_OF_SERVERS: tuple[Callable[[Session, Session, int], Iterator[Finding]], ...] = (_version, _roles, _log)
_OF_DATABASES: tuple[Callable[[_Pair], Iterator[Finding]], ...] = (
    *(_there, _rights_in_source, _rights_in_target, _content, _identities, _warnings, _foreign_keys, _encoding),
    *(_extensions, _partitions),
)
