"""A job's data-consistency checks as the page shows them.

API document: DescribeCompareTasks, DescribeCompareReport. Values of differing rows are the user's data:
they stay in the console.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tencent_dts.engine.verdicts import compare_result
from tencent_dts.kinds import compare as table
from tencent_dts.model.answers import Item, dig, typed
from tencent_dts.model.resource import statuses
from tencent_dts.plugins.words import Mark, mark, percent, readable
from tencent_dts.times import shown

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare_types import (
        CompareTaskItem,
        DifferenceItem,
        OwnerDifference,
        RowsCountDifference,
        SkippedItem,
    )


_PROVEN = statuses("same")
_NOT_YET = statuses("")


@dataclass(frozen=True)
class Finding:
    """A difference or a skipped table: where, and what."""

    where: str
    what: str


@dataclass(frozen=True)
class Compare:
    """One compare task. ``counts`` are labelled numbers; ``more_*`` how many findings are not shown."""

    compare_task_id: str
    name: str
    status: Mark
    conclusion: Mark | None
    method: str
    started: str
    finished: str
    percent: int | None
    message: str
    counts: Sequence[tuple[str, str]] = ()
    differences: Sequence[Finding] = ()
    more_differences: int = 0
    skipped: Sequence[Finding] = ()
    more_skipped: int = 0

    @property
    def alarming(self) -> bool:
        """Whether it ended without proving that both sides are the same."""
        return "bad" in (self.status.tone, self.conclusion.tone if self.conclusion is not None else "")


def compare_of(item: Item, report: Item | None) -> Compare:
    """A compare task with its report, where it has one."""
    task: CompareTaskItem = typed(item)
    conclusion = str(task.get("Conclusion") or dig(report or {}, "Abstract.Conclusion") or "")
    proven = conclusion in _PROVEN
    differences, more_differences = _differences(report or {})
    skipped, more_skipped = _listed(report or {}, "Skipped", lambda item: item.get("Reason") or "no reason given")
    options = task.get("Options") or {}
    rate = f", {options['SampleRate']} % of the rows" if "SampleRate" in options else ""
    return Compare(
        compare_task_id=task.get("CompareTaskId", ""),
        name=_name(task.get("TaskName") or "") or task.get("CompareTaskId") or "not named",
        status=mark(
            table.COMPARE_STATUS,
            table.COMPARE_STATUS.of(item),
            [("good", statuses("success")), ("idle", statuses("created")), ("bad", statuses("failed", "canceled"))],
        ),
        conclusion=_conclusion(conclusion) if conclusion else None,
        method=f"{options.get('Method') or task.get('Method') or 'method not reported'}{rate}",
        started=shown(task.get("StartedAt")),
        finished=shown(task.get("FinishedAt")),
        percent=percent(dig(item, "CompareProcess.Percent")),
        message="" if proven else str(task.get("Message") or dig(item, "CompareProcess.Message") or ""),
        counts=_counts(report) if report is not None else (),
        differences=differences,
        more_differences=more_differences,
        skipped=skipped,
        more_skipped=more_skipped,
    )


def _name(name: str) -> str:
    """A task's name; of one that a run has ordered, which of the run's comparisons it is."""
    plain = readable(name)
    return f"comparison {int(plain) + 1}" if plain != name and plain.isdecimal() else plain


def _conclusion(value: str) -> Mark:
    return mark(table.CONCLUSION, value, [("good", _PROVEN), ("idle", _NOT_YET)], otherwise="bad")


def _counts(report: Item) -> Sequence[tuple[str, str]]:
    result = compare_result(typed(report))
    counts = (
        ("Tables", result["total_tables"]),
        ("Compared", result["checked_tables"]),
        ("Different", result["different_tables"]),
        ("Skipped", result["skipped_tables"]),
        ("Different rows", result["different_rows"]),
    )
    return tuple((label, str(number) if number >= 0 else "not reported") for label, number in counts)


Describe = Callable[[Any], str]
"""What a list of a report says of one of its items, each list of its own type."""


def _reason(item: SkippedItem) -> str:
    return item.get("Reason") or "no reason reported"


def _chunk(item: DifferenceItem) -> str:
    bounds = f"from {item.get('LowerBoundary', '?')} to {item.get('UpperBoundary', '?')}"
    return f"chunk {item.get('Chunk', '?')}, {item.get('IndexName') or 'index'} {bounds}"


def _rows(item: RowsCountDifference) -> str:
    return f"{item.get('SrcCount', '?')} rows in the source, {item.get('DstCount', '?')} in the target"


def _owners(item: OwnerDifference) -> str:
    return f"owner {item.get('SrcOwner') or '?'} in the source, {item.get('DstOwner') or '?'} in the target"


_KINDS: dict[str, Describe] = {
    "Difference": _chunk,
    "DifferenceRow": _rows,
    "DifferenceData": lambda _item: "data differ",
    "DifferenceSchema": lambda _item: "definitions differ",
    "DifferenceOwner": _owners,
    "DifferenceAdvancedObjects": lambda _item: "objects differ",
}


def _differences(report: Item) -> tuple[list[Finding], int]:
    """Findings of every kind, and how many more there are."""
    found: list[Finding] = []
    more = 0
    for kind, describe in _KINDS.items():
        listed, further = _listed(report, kind, describe)
        found += listed
        more += further
    return found, more


def _listed(report: Item, kind: str, describe: Describe) -> tuple[list[Finding], int]:
    part = dig(report, f"Detail.{kind}") or {}
    findings = [Finding(_where(item), describe(item)) for item in part.get("Items") or ()]
    return findings, max(0, part.get("TotalCount", 0) - len(findings))


def _where(item: Item) -> str:
    names = ("Db", "Schema", "Table", "ObjectName")
    return ".".join(item[name] for name in names if item.get(name)) or item.get("ObjectType") or "not reported"
