"""Order a data-consistency check, read its report, and turn it into evidence for a cutover.

API document: CreateCompareTask, StartCompare, DescribeCompareTasks, DescribeCompareReport; CreateSyncCompareTask and
its neighbours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from tencent_dts.client import DtsClient
from tencent_dts.converge import Item, converge
from tencent_dts.identity import Ledger, create_once
from tencent_dts.purchases import CompareCreation
from tencent_dts.states.compare import CompareFamily
from tencent_dts.verdicts import CompareResult, compare_result

_SHOWN = 100


class Evidence(TypedDict):
    """What a compare report sensor hands to the cutover; ``read_at`` in epoch seconds of Airflow's clock."""

    job_id: str
    run: str
    compare_task_id: str
    conclusion: str
    total_tables: int
    checked_tables: int
    skipped_tables: int
    allowed_skipped_tables: int
    read_at: float


NOT_COMPARED = "notCompared"


async def order_compare(
    client: DtsClient, creation: CompareCreation, ledger: Ledger, note: Callable[[str], None], *, start: bool = True
) -> str:
    """Create a compare task of this name, exactly once, and start it; returns the CompareTaskId."""
    compare_task_id = await create_once(client, creation, ledger, note)
    if start:
        ids = {"JobId": creation.job_id, "CompareTaskId": compare_task_id}
        await converge(client, creation.family.start, ids, ids)
    return compare_task_id


async def read_report(client: DtsClient, family: CompareFamily, ids: Mapping[str, str]) -> CompareResult:
    """The report of a finished compare task, with the first differences and skipped tables."""
    report = await client.call(family.report, {**ids, "DifferenceLimit": _SHOWN, "SkippedLimit": _SHOWN})
    return compare_result(report)


def configuration_of(item: Item) -> dict[str, Any]:
    """The configuration of an existing compare task, to order another one like it."""
    configuration: dict[str, Any] = {"ObjectMode": "sameAsMigrate"}
    if objects := _without_null(item.get("Config") or {}):
        configuration = {"ObjectMode": "custom", "Objects": objects}
    if options := _without_null(item.get("Options") or {}):
        configuration["Options"] = options
    return configuration


def _without_null(value: Any) -> Any:
    """Answers print null for what is not set; requests leave it out."""
    if isinstance(value, Mapping):
        return {key: _without_null(item) for key, item in value.items() if item is not None and item != ""}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def as_evidence(ids: Mapping[str, str], run_key: str, result: CompareResult, allowed_skipped_tables: int) -> Evidence:
    """Evidence of a report that was just read."""
    return {
        "job_id": ids["JobId"],
        "run": run_key,
        "compare_task_id": ids["CompareTaskId"],
        "conclusion": result["conclusion"],
        "total_tables": result["total_tables"],
        "checked_tables": result["checked_tables"],
        "skipped_tables": result["skipped_tables"],
        "allowed_skipped_tables": allowed_skipped_tables,
        "read_at": time.time(),
    }
