"""What one database among the objects of a migration or of a sync link needs: one set of rules, in both spellings.

API document: data types DBItem and TableItem (ModifyMigrationJob), Database and Table (ConfigureSyncJob).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tencent_dts.errors import InvalidInput

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import DBItem, TableItem
    from tencent_dts.spec.shapes.sync_types import Database, Table

# What a database holds, as the fields are named: TableMode chooses, Tables names what is chosen.
_PARTS = ("Table", "View", "Role", "Function", "Procedure", "Event", "Trigger")


@dataclass(frozen=True)
class Spelling:
    """How an area of the API writes these fields.

    :param mode: the field that says whether a database is taken whole.
    :param whole: the value for all of something.
    :param part: the value for a part of it, which is named.
    :param left_out: what the area does not take along, whatever its fields are.
    """

    mode: str
    whole: str
    part: str
    left_out: tuple[str, ...] = ()


OF_MIGRATIONS = Spelling("DBMode", "all", "partial")
OF_LINKS = Spelling("DbMode", "All", "Partial", left_out=("Trigger", "Event"))


def check_database(name: str, database: DBItem | Database, spelling: Spelling) -> None:
    """Check one database, and its tables, as far as the documents say what they need.

    :param name: where it stands, for the error.
    :param database: a ``DBItem`` or a ``Database``; names and types have been checked.
    :raises InvalidInput: names the first wrong part.
    """
    mode, whole, part = spelling.mode, spelling.whole, spelling.part
    if not database.get("DbName"):
        raise InvalidInput(f"{name}, DbName", "every database needs its name")
    taken = database.get(mode)
    if taken not in (whole, part):
        raise InvalidInput(f"{name}, {mode}", f"allowed: {whole}, {part}", taken)
    if taken == part and not database.get("TableMode"):
        raise InvalidInput(f"{name}, TableMode", f"{mode} {part} needs it: {whole}, or {part} with Tables")
    for kind in _PARTS:
        if database.get(f"{kind}Mode") != part:
            continue
        if kind in spelling.left_out:
            raise InvalidInput(f"{name}, {kind}Mode", "sync does not take these along; leave it out", part)
        if not database.get(f"{kind}s"):
            raise InvalidInput(f"{name}, {kind}s", f"{kind}Mode {part} needs at least one")
    for table in database.get("Tables") or []:
        _check_table(f"{name}, Tables, {table.get('TableName') or '?'}", table)


def _check_table(name: str, table: TableItem | Table) -> None:
    edit, new_name, copies = (table.get(key) for key in ("TableEditMode", "NewTableName", "TmpTables"))
    if not table.get("TableName"):
        raise InvalidInput(f"{name}, TableName", "every table needs its name")
    if new_name and copies:
        raise InvalidInput(f"{name}, NewTableName", "a table with TmpTables keeps its name; leave one out", new_name)
    if edit == "rename" and not new_name:
        raise InvalidInput(f"{name}, NewTableName", "TableEditMode rename needs it")
    if copies and edit != "pt":
        raise InvalidInput(f"{name}, TableEditMode", "TmpTables needs pt", edit)
