"""Answers of API 2018-03-30 with names for its numbers, and its lists of databases as objects.

API document: DescribeMigrateJobs, DescribeMigrateCheckJob, data types MigrateJobInfo, MigrateOption.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tencent_dts.kinds.migration_2018 import plan as configuration
from tencent_dts.kinds.migration_2018 import states as table
from tencent_dts.model.answers import Item, dig

_OPTIONS: dict[str, Mapping[str, int]] = {
    "RunMode": configuration.RUN_MODES,
    "MigrateType": configuration.MIGRATE_TYPES,
    "MigrateObject": configuration.MIGRATE_OBJECTS,
    "ConsistencyType": configuration.CONSISTENCY,
}


def readable_job(item: Item) -> Item:
    """A job as listed, with names for its status, its options and its steps; a number without a name stays."""
    option = dict(item.get("MigrateOption") or {})
    option |= {name: _named(names, option[name]) for name, names in _OPTIONS.items() if name in option}
    detail = dict(item.get("Detail") or {})
    steps = [{**step, "Status": table.STEP_STATUS_2018.of(step)} for step in detail.get("StepInfo") or []]
    return {
        **item,
        "Status": table.MIGRATION_STATUS_2018.of(item),
        "MigrateOption": option,
        "Detail": detail | {"StepInfo": steps},
        "DatabaseInfo": databases_of(item.get("DatabaseInfo")),
    }


def readable_check(answer: Item) -> Item:
    """The answer to a check, with a name for its flag."""
    return {**answer, "CheckFlag": table.CHECK_FLAG_2018.of(answer)}


def consistency_of(item: Item) -> str:
    """The name of a job's ConsistencyType; "" where it is not reported."""
    return str(_named(configuration.CONSISTENCY, dig(item, "MigrateOption.ConsistencyType")) or "")


def databases_of(text: str | None) -> object:
    """The databases in a ``DatabaseInfo`` as objects; the text itself where it is no JSON."""
    try:
        return json.loads(text) if text else []
    except ValueError:
        return text


def _named(names: Mapping[str, int], number: object) -> object:
    return next((name for name, value in names.items() if value == number), number)
