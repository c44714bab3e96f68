"""A check result or a compare report -> pass or fail, with reasons a person can act on.

API document: DescribeMigrationCheckJob (CheckStep, DetailCheckItem), DescribeCheckSyncJobResult (StepInfo, StepTip),
DescribeCompareReport (CompareAbstractInfo, DifferenceItem, SkippedItem).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

from tencent_dts.model.answers import Item, typed
from tencent_dts.times import in_utc

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare import DescribeCompareReportAnswer, DescribeSyncCompareReportAnswer
    from tencent_dts.spec.shapes.compare_types import (
        CompareAbstractInfo,
        CompareDetailInfo,
        DifferenceItem,
        SkippedItem,
    )
    from tencent_dts.spec.shapes.migration import DescribeMigrationCheckJobAnswer
    from tencent_dts.spec.shapes.migration_types import CheckStep, DetailCheckItem
    from tencent_dts.spec.shapes.sync import DescribeCheckSyncJobResultAnswer, DescribeModifyCheckSyncJobResultAnswer
    from tencent_dts.spec.shapes.sync_types import StepInfo, StepTip

_SHOWN_ROWS = 10


class FailedItem(TypedDict):
    """One failed item of a check."""

    step_id: str
    item: str
    reason: str
    log: str
    solution: str
    help: list[str]


class _Fault(NamedTuple):
    """What a failed item of a step says."""

    item: str = ""
    reason: str = ""
    log: str = ""
    solution: str = ""
    help: tuple[str, ...] = ()


class _Step(NamedTuple):
    """A step of a check, of a migration job or of a sync job."""

    step_id: str
    name: str
    status: str
    message: str
    failed: list[_Fault]


def failed_items(check: Item) -> list[FailedItem]:
    """Every item that keeps a check from passing, in whichever of the two shapes; skipped and warning ones do not.

    A blocked step was not looked at because an earlier one failed: it is named only where none did.
    """
    steps = _steps(check)
    wrong = [step for step in steps if step.status == "failed"]
    return [item for step in wrong or [step for step in steps if step.status == "blocked"] for item in _items(step)]


def _steps(check: Item) -> list[_Step]:
    """The steps of a check of a migration job, or of a sync job."""
    of_migration: DescribeMigrationCheckJobAnswer = typed(check)
    of_sync: DescribeCheckSyncJobResultAnswer | DescribeModifyCheckSyncJobResultAnswer = typed(check)
    steps = [_migration_step(step) for step in of_migration.get("StepInfo") or []]
    return steps or [_sync_step(step) for step in of_sync.get("StepInfos") or []]


def _migration_step(step: CheckStep) -> _Step:
    """A skipped step goes on saying that it failed, so the skip comes first."""
    return _Step(
        step.get("StepId") or "",
        step.get("StepName") or "",
        "skipped" if step.get("HasSkipped") else step.get("StepStatus") or "",
        step.get("StepMessage") or "",
        [_detail(item) for item in step.get("DetailCheckItems") or [] if item.get("CheckResult") == "failed"],
    )


def _sync_step(step: StepInfo) -> _Step:
    tips = [_tip(tip) for tip in step.get("Errors") or []]
    return _Step(step.get("StepId") or "", step.get("StepName") or "", step.get("Status") or "", "", tips)


def _items(step: _Step) -> list[FailedItem]:
    """The failed items of a step, or the step itself where it names none."""
    return [
        {
            "step_id": step.step_id,
            "item": reported.item or step.name,
            "reason": reported.reason or step.message or "not reported",
            "log": reported.log,
            "solution": reported.solution,
            "help": list(reported.help),
        }
        for reported in step.failed or [_Fault()]
    ]


def _detail(item: DetailCheckItem) -> _Fault:
    reason, log = item.get("FailureReason") or "", " ".join(item.get("ErrorLog") or [])
    pages = tuple(item.get("HelpDoc") or ())
    # The reason is the item's, the same for all that it looks at; what was found is in the log.
    return _Fault(
        item.get("CheckItemName") or "", reason or log, log if reason else "", item.get("Solution") or "", pages
    )


def _tip(tip: StepTip) -> _Fault:
    """Its help is one text."""
    page = tip.get("HelpDoc")
    reason = tip.get("Message") or tip.get("Code") or ""
    return _Fault(reason=reason, solution=tip.get("Solution") or "", help=(page,) if page else ())


def skipped_steps(check: Item) -> set[str]:
    """StepIds of the steps that were skipped."""
    return {step.step_id for step in _steps(check) if step.status == "skipped"}


def explain_items(items: list[FailedItem]) -> str:
    """The failed items as lines of an error message."""
    lines = []
    for item in items:
        lines.append(f"{item['step_id']} ({item['item']}): {item['reason']}")
        lines += [f"    log: {line}" for line in item["log"].splitlines()]
        if item["solution"]:
            lines.append(f"    solution: {item['solution']}")
        lines += [f"    help: {link}" for link in item["help"]]
    return "\n    ".join(lines)


class Coverage(TypedDict):
    """What a comparison concludes, and of how many tables and rows; -1 where that is not reported."""

    conclusion: str
    total_tables: int
    checked_tables: int
    different_tables: int
    skipped_tables: int
    different_rows: int


class CompareResult(Coverage):
    """What a compare report says."""

    differences: list[str]
    skipped: list[str]


_Count = Literal["TotalTables", "CheckedTables", "DifferentTables", "SkippedTables", "DifferentRows"]


def compare_result(report: DescribeCompareReportAnswer | DescribeSyncCompareReportAnswer) -> CompareResult:
    """Read a report; a count that is not reported is -1, which proves nothing."""
    abstract: CompareAbstractInfo = report.get("Abstract") or {}
    detail: CompareDetailInfo = report.get("Detail") or {}

    def count(name: _Count) -> int:
        value = abstract.get(name)
        return value if isinstance(value, int) else -1

    differences = (detail.get("Difference") or {}).get("Items") or []
    skipped = (detail.get("Skipped") or {}).get("Items") or []
    return {
        "conclusion": str(abstract.get("Conclusion") or ""),
        "total_tables": count("TotalTables"),
        "checked_tables": count("CheckedTables"),
        "different_tables": count("DifferentTables"),
        "skipped_tables": count("SkippedTables"),
        "different_rows": count("DifferentRows"),
        "differences": [_difference(item) for item in differences[:_SHOWN_ROWS]],
        "skipped": [f"{_name(item)}: {item.get('Reason') or 'no reason given'}" for item in skipped[:_SHOWN_ROWS]],
    }


GivenEvidence = Mapping[str, Any]
"""Evidence as a task is given it, by another task or by its author: :class:`tencent_dts.engine.comparing.Evidence`."""


def coverage_of(reported: GivenEvidence) -> Coverage:
    """What evidence says of the comparison that it was made from."""
    return {
        "conclusion": reported.get("conclusion", ""),
        "total_tables": reported.get("total_tables", -1),
        "checked_tables": reported.get("checked_tables", -1),
        "different_tables": reported.get("different_tables", -1),
        "skipped_tables": reported.get("skipped_tables", -1),
        "different_rows": reported.get("different_rows", -1),
    }


def shown_evidence(reported: GivenEvidence) -> str:
    """Evidence in a line of the log: what was compared, how much of it, and when."""
    at = reported.get("compared_at")
    when = in_utc(at) if isinstance(at, int | float) else "not reported"
    return (
        f"{reported.get('conclusion') or 'no conclusion'} by {reported.get('compare_task_id')}, "
        f"{reported.get('checked_tables')} of {reported.get('total_tables')} tables compared, "
        f"{reported.get('skipped_tables')} skipped, data compared at {when}"
    )


def _name(item: DifferenceItem | SkippedItem) -> str:
    return ".".join(filter(None, (item.get("Db"), item.get("Schema"), item.get("Table"))))


def _difference(item: DifferenceItem) -> str:
    """Where a difference lies. Row values stay out: they are the user's data, and this goes to logs."""
    bounds = f"chunk {item.get('Chunk')}, {item.get('IndexName') or 'index'}"
    return f"{_name(item)}: {bounds} from {item.get('LowerBoundary')} to {item.get('UpperBoundary')}"


def not_proven(result: Coverage, allowed_skipped_tables: int) -> str | None:
    """Why a finished compare does not prove the data equal; ``None`` where it does."""
    doubt = doubt_of(result, allowed_skipped_tables)
    return doubt.why if doubt else None


class Doubt(NamedTuple):
    """Why a comparison proves nothing: its cause, a key of :data:`REMEDIES`, and in words."""

    cause: str
    why: str


_COMPARES = "clear this task with its downstream: it compares again."
_NEW_RUN = "trigger a new run with `allowed_skipped_tables` and the id of this job"
REMEDIES: Mapping[str, str] = {
    "different": "Find out why the data differ (writes to the target, objects changed under way) and correct them in "
    f"the target; then {_COMPARES}",
    "skipAll": f"Remove the reasons above, such as a missing primary key; then {_COMPARES} A report that skipped "
    "everything is never accepted.",
    "skipped": f"Remove the reasons above, such as a missing primary key, then {_COMPARES} Or, to accept them as they "
    f"are, {_NEW_RUN}.",
    "partial": f"Not every table was compared: {_COMPARES} Where it says so again, look at the compare task in the "
    "console.",
    "not reported": f"The report says too little to prove anything: {_COMPARES} Where it says so again, look at the "
    "compare task in the console.",
    "failed": f"The comparison itself failed, so it says nothing of the data. Remove the cause named above (where it "
    f"timed out: a quieter source, or fewer objects), then {_COMPARES}",
    "changed": f"What was compared is not what the job does now. When it does what it should: {_COMPARES}",
    "canceled": f"The comparison was stopped before its end, so it says nothing of the data: {_COMPARES}",
}
"""What to do about a comparison that proves nothing, by its cause."""


def _count(number: int) -> str:
    return "not reported" if number < 0 else str(number)


def doubt_of(result: Coverage, allowed_skipped_tables: int) -> Doubt | None:
    """Why a finished compare does not prove the data equal; ``None`` where it does."""
    conclusion = result["conclusion"]
    if conclusion != "same":
        meaning = {
            "different": f"different tables: {_count(result['different_tables'])}, "
            f"rows: {_count(result['different_rows'])}",
            "skipAll": "every table was skipped, so nothing was compared",
        }
        why = f"conclusion {conclusion or 'not reported'}: {meaning.get(conclusion, 'not known')}"
        return Doubt(conclusion if conclusion in meaning else "not reported", why)
    if min(result["total_tables"], result["checked_tables"], result["skipped_tables"]) < 0:
        return Doubt("not reported", "the report does not say how many tables it covers")
    if result["skipped_tables"] > allowed_skipped_tables:
        return Doubt("skipped", f"skipped tables: {result['skipped_tables']}; allowed: {allowed_skipped_tables}")
    if result["checked_tables"] + result["skipped_tables"] < result["total_tables"] or not result["checked_tables"]:
        return Doubt("partial", f"only {result['checked_tables']} of {result['total_tables']} tables were compared")
    return None
