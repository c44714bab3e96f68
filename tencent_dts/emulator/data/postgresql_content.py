"""What a PostgreSQL database holds of any kind, and how a target is made free for a copy that begins again."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tencent_dts.emulator.data import postgresql_objects
from tencent_dts.emulator.data.model import DataError, Objects
from tencent_dts.emulator.data.postgresql_objects import OWN
from tencent_dts.emulator.data.postgresql_session import Session, quoted

Thing = tuple[str, str]
"""What a server calls the kind of an object, and the object itself, as both sides write it and as it is dropped."""

# How it is dropped where that is not what its kind is called.
_DROPPED_AS = {"function": "ROUTINE", "procedure": "ROUTINE", "aggregate": "ROUTINE", "composite type": "TYPE"}


def content(side: Session, objects: Objects) -> dict[Thing, bool]:
    """Return everything that stands in the chosen schemas, and whether it is chosen itself.

    Left out is what belongs to something else and goes with it: parts of an extension, the sequence of a column, the
    constructors of a type. A partition counts, since it is chosen or not by itself.
    """
    found = side.rows(
        "SELECT i.type AS kind, i.identity AS identity, n.nspname AS schema, "
        f"CASE WHEN c.relkind IN ({postgresql_objects.RELATIONS}) THEN c.relname END AS name "
        "FROM pg_namespace n JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid "
        "AND d.deptype = 'n' LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid "
        "CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS i "
        f"WHERE n.nspname IN ({side.literals(postgresql_objects.schemas(side, objects))}) "
        "AND d.classid <> 'pg_extension'::regclass AND NOT EXISTS (SELECT 1 FROM pg_depend o "
        "WHERE o.classid = d.classid AND o.objid = d.objid AND o.objsubid = 0 AND (o.deptype IN ('e', 'i') "
        "OR o.deptype = 'a' AND c.relkind IS DISTINCT FROM 'r' AND c.relkind IS DISTINCT FROM 'p' "
        "AND c.relkind IS DISTINCT FROM 'f'))"
    )
    return {
        (row["kind"], row["identity"]): row["name"] is None
        or postgresql_objects.covers(objects, side.database, row["schema"], row["name"])
        for row in found
    }


def make_way(reading: Session, writing: Session, objects: Objects, name: str) -> None:
    """Drop what an earlier try of this job has copied; refuse a target that holds anything else, before any drop."""
    there = content(writing, objects)
    own: set[Thing] = set()
    if writing.value(f"SELECT to_regclass({writing.literal(quoted(OWN, name))})"):
        own = {thing for thing, chosen in content(reading, objects).items() if chosen} & there.keys()
    foreign = sorted(there.keys() - own)
    if foreign:
        words = f"the target holds {len(foreign)} objects that are not of this job"
        raise DataError(f"{words}: {' '.join(foreign[0])} of {writing.database}")
    _drop(writing, own)
    writing.rows(f"CREATE SCHEMA IF NOT EXISTS {quoted(OWN)}")
    writing.rows(f"CREATE TABLE IF NOT EXISTS {quoted(OWN, name)} (began timestamp)")
    writing.rows(f"COMMENT ON TABLE {quoted(OWN, name)} IS NULL")


def _drop(writing: Session, things: Collection[Thing]) -> None:
    """Drop objects that depend on each other in any way, and nothing that depends on them.

    In rounds, for a CASCADE would take what others have built on a copied table in a schema of their own.
    """
    left = _statements(things)
    while left:
        failed: dict[str, DataError] = {}
        for statement in left:
            try:
                writing.rows(statement)
            except DataError as error:
                failed[statement] = error
        if len(failed) == len(left):
            raise DataError(f"{left[0]}: {failed[left[0]]}")
        left = list(failed)


def _statements(things: Iterable[Thing]) -> list[str]:
    """Return what drops each; tables in one statement, for they can refer to each other."""
    tables = sorted(identity for kind, identity in things if kind == "table")
    others = sorted((_DROPPED_AS.get(kind, kind.upper()), identity) for kind, identity in things if kind != "table")
    views = [f"DROP {kind} {identity}" for kind, identity in others if "VIEW" in kind]
    rest = [f"DROP {kind} {identity}" for kind, identity in others if "VIEW" not in kind]
    return [*views, *([f"DROP TABLE {', '.join(tables)}"] if tables else []), *rest]
