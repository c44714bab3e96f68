"""What of a MariaDB source's log a target follows: the filters of its replication."""

from __future__ import annotations

from tencent_dts.emulator.data.model import Objects
from tencent_dts.emulator.data.mysql_session import OWN, SYSTEM, Session

NONE = dict.fromkeys(("replicate_do_table", "replicate_wild_do_table", "replicate_wild_ignore_table"), "")
"""The variables of an empty filter."""


def filters(objects: Objects) -> dict[str, str]:
    """Return the variables that let only these objects through.

    None of them goes by database: such a filter asks which database a session has entered, not what its statement
    changes. So a statement on another database would pass, and one on a chosen database, made elsewhere, would not.
    """
    if objects.databases is None:
        # Accounts and grants count as changes of the tables of `mysql`.
        return {**NONE, "replicate_wild_ignore_table": ",".join(map(_all_of, sorted(SYSTEM)))}
    whole = [name for name, tables in objects.databases.items() if tables is None]
    single = [f"{name}.{table}" for name, tables in objects.databases.items() for table in tables or ()]
    # Only with a pattern does a server leave databases alone that others make and drop: one that no table has will do.
    patterns = list(map(_all_of, whole)) or [f"{_plain(OWN)}./"]
    return {
        **NONE,
        "replicate_do_table": ",".join(single),
        "replicate_wild_do_table": ",".join(patterns),
    }


def problems(objects: Objects) -> list[str]:
    """Return why native replication cannot follow these objects: its filters have no quotes."""
    found = [f"database {name!r} has a comma in its name" for name in objects.databases or () if "," in name]
    for name, tables in (objects.databases or {}).items():
        if tables is not None and "." in name:
            found.append(f"single tables of the database {name!r}, which has a dot in its name")
        found += [f"table {table!r} has a comma in its name" for table in tables or () if "," in table]
    return found


def twins(source: Session, objects: Objects) -> list[tuple[str, str]]:
    """Return (database, pattern) of what the filters take for a database of another name.

    To a pattern letters are the same in any case and with any accent, and a dot may stand in a name.
    """
    chosen = SYSTEM if objects.databases is None else objects.databases
    whole = sorted(name for name in chosen if objects.databases is None or objects.databases[name] is None)
    meant = {*whole, *SYSTEM}
    return [
        (row["name"], name)
        for name in whole
        for row in source.rows(
            "SELECT schema_name AS name FROM information_schema.schemata WHERE CONVERT(CONCAT(schema_name, '.') "
            f"USING utf8mb4) COLLATE utf8mb4_general_ci LIKE {source.literal(_all_of(name))}"
        )
        if row["name"] not in meant
    ]


def _all_of(database: str) -> str:
    """Return the pattern of all tables of a database."""
    return f"{_plain(database)}.%"


def _plain(name: str) -> str:
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
