"""What a sync link takes along and how: the rules of ``Objects`` and ``Options`` that concern several fields.

API document: ConfigureSyncJob, ModifySyncJobConfig, data types Objects, Database, Table, Options, DynamicOptions,
DdlOption, ConflictHandleOption, KafkaOption, TopicRule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.objects import OF_LINKS, check_database
from tencent_dts.sizes import check_choice
from tencent_dts.spec import load

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync_types import Database, DynamicOptions, KafkaOption, Objects, Options, Table

CHANGES = ("Insert", "Update", "Delete")
_DDL = {
    "Database": ("Create", "Drop", "Alter"),
    "Table": ("Create", "Drop", "Alter", "Truncate", "Rename"),
    "View": ("Create", "Drop"),
    "Index": ("Create", "Drop"),
}
_MONGODB_INIT = ("Data", "None")
_STRUCTURE_INIT = ("Full", "Structure")
_PARTITIONS = {
    "Single": ("AllInPartitionZero", "PartitionByTable", "PartitionByTableAndKey", "PartitionByCols"),
    "Multi": ("Random",),
}
# Options that only a link to Kafka has.
_OF_KAFKA = ("KafkaOption", "StartPosition", "FilterBeginCommit", "FilterCheckpoint")


def check_objects(objects: Objects, *, changing: bool = False) -> None:
    """Check ``Objects`` as far as the documents say what it needs.

    :param changing: they are the new objects of a running link.
    :raises InvalidInput: names the first wrong part.
    """
    _check_shape("objects", "DynamicObjects", objects)
    if objects.get("Mode") != "Partial":
        raise InvalidInput("objects, Mode", "Partial is the only mode", objects.get("Mode"))
    databases = objects.get("Databases") or []
    if not databases:
        raise InvalidInput("objects, Databases", "name at least one database")
    for index, database in enumerate(databases):
        name = f"objects, Databases {index}"
        check_database(name, database, OF_LINKS)
        for table in database.get("Tables") or []:
            _check_columns(f"{name}, Tables, {table['TableName']}", table, changing)


def completed(objects: Objects) -> Objects:
    """Objects as they are sent: the service refuses a table of TableMode Partial that does not say ``ColumnMode``."""
    return {**objects, "Databases": [_with_columns(database) for database in objects.get("Databases") or []]}


def _with_columns(database: Database) -> Database:
    if database.get("TableMode") != "Partial":
        return {**database}
    tables: list[Table] = [
        {**table, "ColumnMode": table.get("ColumnMode") or "All"} for table in database.get("Tables") or []
    ]
    return {**database, "Tables": tables}


def check_changes(options: DynamicOptions) -> None:
    """Check ``DynamicOptions``, the new options of a running link.

    :raises InvalidInput: names the first wrong part.
    """
    for name in ("OpTypes", "DdlOptions"):
        if name not in options:  # what is left out would not stay as it is
            raise InvalidInput(f"options, {name}", "new options need it; it replaces the old value")
    _check_shape("options", "DynamicOptions", options)
    check_operations(options)
    if topics := options.get("KafkaOption"):
        check_topics(topics)


def _check_shape(field: str, name: str, value: Mapping[str, object]) -> None:
    """Names and types first: the rules go by them."""
    action = "ConfigureSyncJob" if name == "Options" else "ModifySyncJobConfig"
    here = [problem for problem in load().problems(action, {name: value}) if problem.path.startswith(f"{name}.")]
    if here:
        raise InvalidInput(field, here[0].message.replace(f"{name}.", "", 1), mistyped=here[0].kind == "type")


def _check_columns(name: str, table: Table, changing: bool) -> None:
    """Of sync links alone: a table need not be taken with all its columns."""
    columns = table.get("ColumnMode")
    if columns == "Partial" and changing:
        raise InvalidInput(f"{name}, ColumnMode", "a running link takes whole tables only", columns)
    if columns == "Partial" and not table.get("Columns"):
        raise InvalidInput(f"{name}, Columns", "ColumnMode Partial needs at least one")


def check_options(options: Options, objects: Objects, source: str | None, target: str | None) -> None:
    """Check ``Options`` of a new link.

    :param objects: what it syncs.
    :param source: database type of the source; ``None``: not known yet.
    :param target: likewise of the target.
    :raises InvalidInput: names the first wrong part.
    """
    if options.get("RateLimitOption"):
        raise InvalidInput(
            "options, RateLimitOption", "it takes no effect here; order ModifySyncRateLimit once the job runs"
        )
    _check_shape("options", "Options", options)
    check_operations(options)
    init = options.get("InitType") or "Full"
    if objects.get("AdvancedObjects") and init not in _STRUCTURE_INIT:
        raise InvalidInput("options, InitType", "AdvancedObjects needs the structure: Full or Structure", init)
    if source == "mongodb" and init not in _MONGODB_INIT:
        raise InvalidInput("options, InitType", f"a MongoDB link knows {' and '.join(_MONGODB_INIT)}", init)
    _check_kafka(options, target)


def check_operations(options: Options | DynamicOptions) -> None:
    """Check the operations that a link takes along, and what it does about conflicts.

    :raises InvalidInput: names the first wrong part.
    """
    operations = options.get("OpTypes") or []
    if operations and not set(CHANGES) & set(operations):
        raise InvalidInput("options, OpTypes", f"it needs at least one of {', '.join(CHANGES)}", operations)
    if "PartialDDL" in operations and not options.get("DdlOptions"):
        raise InvalidInput("options, DdlOptions", "PartialDDL in OpTypes needs at least one")
    for option in options.get("DdlOptions") or []:
        kind = option.get("DdlObject")
        check_choice("options, DdlOptions, DdlObject", kind, _DDL)
        allowed = _DDL[kind or ""]
        wrong = [value for value in option.get("DdlValue") or [] if value not in allowed]
        if wrong:
            raise InvalidInput(f"options, DdlOptions, {kind}", f"allowed: {', '.join(allowed)}", wrong[0])
    condition = options.get("ConflictHandleOption") or {}
    if options.get("ConflictHandleType") == "ConditionCover" and not condition.get("ConditionColumn"):
        raise InvalidInput(
            "options, ConflictHandleOption, ConditionColumn", "ConflictHandleType ConditionCover needs it"
        )


def _check_kafka(options: Options, target: str | None) -> None:
    if target == "kafka":
        if not options.get("KafkaOption"):
            raise InvalidInput("options, KafkaOption", "a Kafka target needs it: DataType, TopicType, TopicRules")
    elif target is not None:
        for name in _OF_KAFKA:
            if options.get(name):
                raise InvalidInput(f"options, {name}", f"it is for a Kafka target; leave it out for {target}")
    if option := options.get("KafkaOption"):
        check_topics(option)


def check_topics(option: KafkaOption) -> None:
    """Check ``KafkaOption``.

    :raises InvalidInput: names the first wrong part.
    """
    where = "options, KafkaOption"
    for name in ("DataType", "TopicType", "TopicRules"):
        if not option.get(name):
            raise InvalidInput(f"{where}, {name}", "a Kafka target needs it")
    rules, kind = option["TopicRules"], option["TopicType"]
    if kind == "Single" and len({rule.get("TopicName") for rule in rules}) > 1:
        raise InvalidInput(f"{where}, TopicRules", "with TopicType Single all name the same topic")
    if "Default" not in (rules[-1].get("DbMatchMode"), rules[-1].get("TableMatchMode")):
        raise InvalidInput(f"{where}, TopicRules", "the last one needs match mode Default, for what no other matches")
    for index, rule in enumerate(rules):
        partition, allowed = rule.get("PartitionType"), _PARTITIONS.get(kind, ())
        if not rule.get("TopicName"):
            raise InvalidInput(f"{where}, TopicRules, {index}, TopicName", "every rule needs a topic")
        if partition and partition not in allowed:
            fix = f"allowed with TopicType {kind}: {', '.join(allowed)}"
            raise InvalidInput(f"{where}, TopicRules, {index}, PartitionType", fix, partition)
        if partition == "PartitionByCols" and not rule.get("Columns"):
            raise InvalidInput(f"{where}, TopicRules, {index}, Columns", "PartitionByCols needs at least one")


def uncomparable(options: Options, objects: Objects, target: str | None) -> str:
    """Why source and target of a link could not be proven equal; empty where they could."""
    if target == "kafka":
        return "a Kafka target holds no rows to compare"
    filtered = [options.get("OpTypes") or CHANGES]
    for rule in objects.get("DatabasesOpFilter") or []:
        below = [*(rule.get("Tables") or []), *(rule.get("Views") or [])]
        filters = [part.get("OpFilter") for part in (rule, *below)]
        filtered += [given["OpTypes"] for given in filters if given and given.get("OpTypes") is not None]
    missing = [change for change in CHANGES if not all(change in taken for taken in filtered)]
    return f"{' and '.join(missing)} of the source are left out" if missing else ""
