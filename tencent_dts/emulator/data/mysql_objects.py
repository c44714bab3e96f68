"""Which tables, columns and keys a server of the MySQL family has."""

from __future__ import annotations

from tencent_dts.emulator.data.compare import Table
from tencent_dts.emulator.data.model import Objects
from tencent_dts.emulator.data.mysql_session import SYSTEM, Session


def databases(session: Session, objects: Objects) -> list[str]:
    """Return the databases chosen: those named, or all but the server's own."""
    if objects.databases is not None:
        return list(objects.databases)
    found = [row["name"] for row in session.rows("SELECT schema_name AS name FROM information_schema.schemata")]
    return sorted(name for name in found if name.lower() not in SYSTEM)


KINDS = {"BASE TABLE": "TABLE", "SYSTEM VERSIONED": "TABLE", "VIEW": "VIEW", "SEQUENCE": "SEQUENCE"}
"""What a server calls its tables and what else has rows or looks as if, and the word that drops each."""


def kinds(session: Session, objects: Objects) -> dict[tuple[str, str], str]:
    """Return the word that drops it by (database, name) of the chosen tables, views and sequences that there are."""
    found = session.rows(
        "SELECT table_schema AS db, table_name AS name, table_type AS type FROM information_schema.tables "
        f"WHERE table_schema IN ({session.literals(databases(session, objects))}) ORDER BY table_schema, table_name"
    )
    chosen = [row for row in found if row["type"] in KINDS and covers(objects, row["db"], row["name"])]
    return {(row["db"], row["name"]): KINDS[row["type"]] for row in chosen}


def names(session: Session, objects: Objects, *, views: bool = False) -> list[tuple[str, str]]:
    """Return (database, name) of the chosen tables that there are, with ``views`` of views and sequences, too."""
    return [name for name, kind in kinds(session, objects).items() if views or kind == "TABLE"]


def stored(session: Session, objects: Objects) -> list[tuple[str, str, str]]:
    """Return (word that drops it, database, name) of the routines and events of the chosen databases."""
    chosen = session.literals(databases(session, objects))
    rows = session.rows(
        "SELECT routine_type AS kind, routine_schema AS db, routine_name AS name FROM information_schema.routines "
        f"WHERE routine_schema IN ({chosen}) UNION SELECT 'EVENT', event_schema, event_name "
        f"FROM information_schema.events WHERE event_schema IN ({chosen})"
    )
    return [(row["kind"], row["db"], row["name"]) for row in rows]


def covers(objects: Objects, database: str, table: str) -> bool:
    """Return whether a table of a chosen database is chosen."""
    tables = None if objects.databases is None else objects.databases.get(database, ())
    return tables is None or table in tables


def left_out(session: Session, objects: Objects) -> list[tuple[str, str]]:
    """Return (database, table or view) of what chosen databases have besides what is chosen."""
    everything = Objects(dict.fromkeys(databases(session, objects)))
    return [name for name in names(session, everything, views=True) if not covers(objects, *name)]


def absent(session: Session, objects: Objects) -> list[str]:
    """Return what is chosen by name and does not exist."""
    if objects.databases is None:
        return []
    there = set(names(session, objects, views=True))
    known = {row["name"] for row in session.rows("SELECT schema_name AS name FROM information_schema.schemata")}
    missing = [f"database {name}" for name in objects.databases if name not in known]
    wanted = [(name, table) for name, tables in objects.databases.items() for table in tables or ()]
    return missing + [f"table {database}.{table}" for database, table in wanted if (database, table) not in there]


def table(session: Session, database: str, name: str) -> Table | None:
    """Return a table as the server describes it, or None when there is none."""
    where = f"WHERE table_schema = {session.literal(database)} AND table_name = {session.literal(name)}"
    columns = session.rows(
        f"SELECT column_name AS name, data_type AS type FROM information_schema.columns {where} "
        "ORDER BY ordinal_position"
    )
    key = session.rows(
        f"SELECT column_name AS name FROM information_schema.statistics {where} AND index_name = 'PRIMARY' "
        "ORDER BY seq_in_index"
    )
    if not columns:
        return None
    types = {row["name"]: row["type"].lower() for row in columns}
    return Table((database, name), types, tuple(row["name"] for row in key))
