"""What a compare task's objects and options need beyond names and types.

Documents: CreateCompareTask, CreateSyncCompareTask, ModifyCompareTask; data types CompareObject, CompareObjectItem,
CompareTableItem, CompareOptions (which links know which comparisons).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tencent_dts.emulator.world.kernel import Fields

ONLY = {"structureCheck": "postgresql", "advanceObject": "mongodb"}
"""Values of CompareMode that only the links of one family know."""

NEVER_INDEPENDENT = frozenset({"mongodb", "redis"})


def object_problems(custom: Fields, own: Fields, family: str, *, columns: bool) -> Iterator[str]:
    """Yield what is wrong with objects that are chosen for a compare.

    :param own: the objects of the job, as a CompareObject; what is chosen is among them.
    :param columns: whether the job's compares can be limited to columns, which those of sync jobs can.
    """
    items = custom.get("ObjectItems") or []
    if custom["ObjectMode"] == "partial" and not items:
        yield "Objects.ObjectItems is required when ObjectMode is partial"
    if custom["ObjectMode"] == "all" and own["ObjectMode"] == "partial":
        yield "Objects must be among the job's own objects, which are no whole instance"
    if custom.get("AdvancedObjects") and family != "mongodb":
        yield f"Objects.AdvancedObjects is for MongoDB links, not for {family}"
    known = {_place(item): item for item in own["ObjectItems"]}
    for index, item in enumerate(items):
        where = f"Objects.ObjectItems.{index}"
        yield from _item_problems(where, item, columns=columns)
        if own["ObjectMode"] == "partial":
            yield from _strangers(where, item, known)


def _item_problems(where: str, item: Fields, *, columns: bool) -> Iterator[str]:
    if item["DbMode"] == "partial" and not item.get("TableMode"):
        yield f"{where}.TableMode is required when DbMode is partial"
    for part in ("Table", "View"):
        if item.get(f"{part}Mode") == "partial" and not item.get(f"{part}s"):
            yield f"{where}.{part}s is required when {part}Mode is partial"
    for index, table in enumerate(item.get("Tables") or []):
        name = f"{where}.Tables.{index}"
        if not table.get("TableName"):
            yield f"{name}.TableName is required"
        if table.get("ColumnMode") == "partial" and not columns:
            yield f"{name}.ColumnMode partial is for sync jobs only"
        elif table.get("ColumnMode") == "partial" and not table.get("Columns"):
            yield f"{name}.Columns is required when ColumnMode is partial"


def _place(item: Fields) -> tuple[str, str]:
    """Return an item's database and, where the family has schemas, its schema."""
    return item["DbName"], item.get("SchemaName") or ""


def _strangers(where: str, item: Fields, known: Mapping[tuple[str, str], Fields]) -> Iterator[str]:
    """What is chosen although the job does not have it."""
    own = known.get(_place(item)) or known.get((item["DbName"], ""))
    if own is None:
        schema = f" with SchemaName {item['SchemaName']}" if item.get("SchemaName") else ""
        yield f"{where}.DbName is {item['DbName']}{schema}, which is not among the job's objects"
        return
    named = {table["TableName"] for table in own["Tables"] or []}
    chosen = [table.get("TableName") or "" for table in item.get("Tables") or []]
    strange = [name for name in chosen if named and name not in named]
    if strange:
        yield f"{where}.Tables: {', '.join(strange)} are not among the job's objects"


def option_problems(options: Fields, family: str) -> Iterator[str]:
    """Yield what is wrong with CompareOptions for the links of a family."""
    modes = options.get("CompareMode") or []
    if options.get("Type") == "independent" and family in NEVER_INDEPENDENT:
        yield f"Options.Type independent is not for {family} links"
    for mode, only in ONLY.items():
        if mode in modes and family != only:
            yield f"Options.CompareMode {mode} is for {only} links, not for {family}"
    if "increment" in modes and (options.get("Method") or "dataCheck") != "dataCheck":
        yield f"Options.Method is {options['Method']}; CompareMode increment needs dataCheck"
