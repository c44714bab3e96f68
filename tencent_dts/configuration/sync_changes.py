"""What a sync job shows beside what a change of it asked for.

API document: DescribeSyncJobs (Objects, Options), ModifySyncJobConfig (DynamicObjects, DynamicOptions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What tells the items of a list apart, whatever their order.
_NAMES = ("DbName", "TableName", "ViewName", "DdlObject", "TopicName", "ColumnName")


def differences(change: Mapping[str, Any], job: Mapping[str, Any]) -> list[str]:
    """Where a job does not hold what a change asked for, one line each; empty where it holds all of it.

    The objects asked for are all that the job may have; of the options only those named are looked at.

    :param change: the plan of the change, see :class:`tencent_dts.configuration.sync.ModificationPlan`.
    :param job: the job as DescribeSyncJobs shows it.
    """
    asked = {"Objects": change.get("objects"), "Options": change.get("options")}
    return [line for name, value in asked.items() if value for line in _differ(name, value, job.get(name))]


def _differ(path: str, asked: Any, shown: Any) -> Iterator[str]:
    if isinstance(asked, Mapping):
        held = shown if isinstance(shown, Mapping) else {}
        for name, value in asked.items():
            yield from _differ(f"{path}.{name}", value, held.get(name))
    elif isinstance(asked, Sequence) and not isinstance(asked, str):
        yield from _differ_in_lists(path, asked, shown if isinstance(shown, Sequence) else [])
    elif asked not in (None, "") and asked != shown:
        yield f"{path} is {_told(shown)}, not {_told(asked)}"


def _differ_in_lists(path: str, asked: Sequence[Any], shown: Sequence[Any]) -> Iterator[str]:
    wanted, held = _by_name(asked), _by_name(shown)
    for name in wanted.keys() - held.keys():
        yield f"{path} lacks {name}"
    for name in held.keys() - wanted.keys():
        yield f"{path} has {name}, which was not asked for"
    for name in wanted.keys() & held.keys():
        yield from _differ(f"{path}, {name}", wanted[name], held[name])


def _by_name(items: Sequence[Any]) -> dict[str, Any]:
    """The items of a list by what tells them apart: their names, else their places; plain values by themselves."""
    named = {_name(item): item for item in items}
    if "" in named or len(named) < len(items):
        return {f"number {place}": item for place, item in enumerate(items, 1)}
    return named


def _name(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    return next((str(item[key]) for key in _NAMES if item.get(key)), "")


def _told(value: Any) -> str:
    return "not told" if value in (None, "") else str(value)
