"""Which databases, schemas, tables and keys a PostgreSQL server has, and which of them are chosen."""

from __future__ import annotations

from tencent_dts.emulator.data.compare import Name, Table
from tencent_dts.emulator.data.model import Objects, Tables
from tencent_dts.emulator.data.postgresql_session import Session

OWN = "__tencentdb__"
"""The schema in which DTS keeps what is its own. A table in it, named like a job, says that the job has begun to write
to this database: only then is what stands there its own."""

TABLE = "'r'"
"""What has rows of its own: tables, and partitions rather than what is partitioned."""
RELATIONS = "'r', 'p', 'v', 'm', 'f'"
_FREE = f"n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OWN}')"
_OF_EXTENSION = (
    "SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'"
)


def databases(session: Session, objects: Objects) -> list[str]:
    """Return the databases chosen: those named, or all but templates."""
    if objects.databases is not None:
        return list(objects.databases)
    return names_in(session, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1")


def names_in(session: Session, statement: str) -> list[str]:
    """Return the only column of a statement."""
    return [str(next(iter(row.values()))) for row in session.rows(statement)]


def chosen_in(objects: Objects, database: str) -> dict[str, Tables] | None:
    """Return the tables chosen by schema of a chosen database; None stands for all schemas."""
    return objects.schemas.get(database)


def covers(objects: Objects, database: str, schema: str, table: str) -> bool:
    """Return whether a table of a chosen database is chosen."""
    schemas = chosen_in(objects, database)
    if schemas is None:
        return True
    tables = schemas.get(schema, ())
    return tables is None or table in tables


def schemas(session: Session, objects: Objects) -> list[str]:
    """Return the schemas of the session's database that hold something chosen, as far as there are."""
    found = names_in(session, f"SELECT n.nspname FROM pg_namespace n WHERE {_FREE} ORDER BY 1")
    chosen = chosen_in(objects, session.database)
    return [name for name in found if chosen is None or name in chosen]


def other_schemas(session: Session, objects: Objects) -> list[str]:
    """Return the schemas of the session's database that hold nothing chosen."""
    found = names_in(session, f"SELECT n.nspname FROM pg_namespace n WHERE {_FREE} ORDER BY 1")
    chosen = schemas(session, objects)
    return [OWN, *(name for name in found if name not in chosen)]


def relations(session: Session, objects: Objects, kinds: str = RELATIONS) -> list[Name]:
    """Return (database, schema, name) of all relations of some kinds in the chosen schemas, but extensions' own."""
    found = session.rows(
        "SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ({kinds}) AND n.nspname IN ({session.literals(schemas(session, objects))}) "
        f"AND NOT EXISTS ({_OF_EXTENSION}) ORDER BY 1, 2"
    )
    return [(session.database, row["schema"], row["name"]) for row in found]


def tables(session: Session, objects: Objects) -> list[Name]:
    """Return (database, schema, name) of the chosen tables of the session's database that there are."""
    return [name for name in relations(session, objects, TABLE) if covers(objects, *name)]


def left_out(session: Session, objects: Objects) -> list[Name]:
    """Return what the chosen schemas have besides what is chosen."""
    return [name for name in relations(session, objects) if not covers(objects, *name)]


def absent(session: Session, objects: Objects) -> list[str]:
    """Return what is chosen by name in the session's database and does not exist."""
    chosen = chosen_in(objects, session.database) or {}
    there = schemas(session, objects)
    missing = [f"schema {session.database}.{name}" for name in chosen if name not in there]
    found = set(relations(session, objects))
    wanted = [(session.database, schema, name) for schema, names in chosen.items() for name in names or ()]
    return missing + [f"table {'.'.join(name)}" for name in wanted if name not in found]


def table(session: Session, name: Name) -> Table | None:
    """Return a table as the server describes it, or None when there is none."""
    _, schema, relation = name
    found = session.value(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE n.nspname = {session.literal(schema)} AND c.relname = {session.literal(relation)} "
        f"AND c.relkind IN ({TABLE})"
    )
    if found is None:
        return None
    columns = session.rows(
        "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute "
        f"WHERE attrelid = {found} AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    key = session.rows(
        "SELECT a.attname AS name, k.relname AS index FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid "
        "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS u (attnum, place) "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum "
        f"WHERE i.indrelid = {found} AND i.indisprimary AND u.place <= i.indnkeyatts ORDER BY u.place"
    )
    index = key[0]["index"] if key else ""
    return Table(name, {row["name"]: row["type"] for row in columns}, tuple(row["name"] for row in key), index)
