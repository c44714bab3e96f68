"""What a person sees who is asked to approve a cutover: Markdown made of the job, its comparison and the plan.

API document: DescribeMigrationDetail, DescribeCompareTasks, DescribeCompareReport.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.comparing import shown_of
from tencent_dts.engine.verdicts import GivenEvidence, compare_result
from tencent_dts.errors import DtsError
from tencent_dts.kinds.compare import OF_MIGRATION
from tencent_dts.kinds.costs import cost_of, is_free
from tencent_dts.kinds.cutover import window_of
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.places import between, databases
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.model.answers import Item, dig, text_at
from tencent_dts.times import BEIJING

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import CompareOptions
    from tencent_dts.spec.shapes.compare import (
        DescribeCompareReportRequest,
        DescribeCompareTasksAnswer,
        DescribeCompareTasksRequest,
    )


_PLACES = between(["SrcInfo"], ["DstInfo"])
_OBJECTS = databases("MigrateOption.DatabaseTable.Databases", "MigrateOption.DatabaseTable.ObjectMode")
_SKIPPED = 20
_SECONDS_OF_TRYING = 20.0  # a question that lacks a part is better than none
_NOT_REPORTED = "not reported"


@dataclass(frozen=True)
class Shown:
    """What was read for the person: the job and its comparison; empty where they could not be read.

    :param skipped: the tables that were not compared, each with its reason.
    """

    job: Item = field(default_factory=dict)
    options: CompareOptions | None = None
    skipped: tuple[str, ...] = ()


async def read_shown(client: DtsClient, job: Item, evidence: GivenEvidence) -> Shown:
    """Read the comparison that the evidence is of. What cannot be read is left out: the question stands without it."""
    job_id, compare_task_id = text_at(job, "JobId"), evidence.get("compare_task_id")
    if not job_id or not compare_task_id:
        return Shown(job)
    family = OF_MIGRATION
    one: DescribeCompareTasksRequest = {"JobId": job_id, "CompareTaskId": compare_task_id, "Limit": 1}
    wanted: DescribeCompareReportRequest = {
        "JobId": job_id,
        "CompareTaskId": compare_task_id,
        "DifferenceLimit": 1,
        "SkippedLimit": _SKIPPED,
    }
    try:
        until = time.monotonic() + _SECONDS_OF_TRYING
        tasks: DescribeCompareTasksAnswer = await client.call(family.task.read, one, until=until)
        report = await client.call(family.report, wanted, until=until)
    except DtsError:
        return Shown(job)
    found = [task for task in tasks.get("Items") or [] if task["CompareTaskId"] == compare_task_id]
    return Shown(job, found[0].get("Options") if found else None, tuple(compare_result(report)["skipped"]))


def question(shown: Shown, evidence: GivenEvidence, plan: AnyPlan, requester: str | None, until: datetime) -> str:
    """The body of the question, in Markdown.

    :param evidence: of the compare report sensor: what the approval will be held against.
    :param plan: of the run; its connection ids alone are shown.
    :param requester: who triggered the run, where a person did.
    :param until: when silence becomes a no.
    """
    job = shown.job
    rows = [
        ("from, to", _PLACES(job)),
        ("connections", _arrow(dig(plan, "source.connection"), dig(plan, "target.connection"))),
        ("databases", _OBJECTS(job)),
        ("requested by", requester or "no person: the run was not triggered by hand"),
        ("lag now", _lag(job)),
        ("cost", _cost(job)),
        ("can be answered until", f"{until:%Y-%m-%d %H:%M} UTC; no answer is a no"),
        ("cut over", window_of(plan.get("cutover_window"))),
        ("compared by", _method(shown.options)),
        ("compared at", _at(evidence.get("compared_at"))),
        *((name.replace("_", " "), value) for name, value in shown_of(evidence).items()),
        ("skipped tables that are allowed", evidence.get("allowed_skipped_tables")),
    ]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
    return (
        f"Approving completes migration job `{evidence.get('job_id') or text_at(job, 'JobId')}`: the target takes "
        f"over, the replication ends. This cannot be undone.\n\n| | |\n|---|---|\n{table}\n{_skipped(shown, evidence)}"
    )


def _skipped(shown: Shown, evidence: GivenEvidence) -> str:
    """The tables that were not compared, and why."""
    count = evidence.get("skipped_tables") or 0
    if not shown.skipped:
        return f"\n{count} tables were not compared; the console says which.\n" if count else ""
    lines = "\n".join(f"- {_cell(text)}" for text in shown.skipped)
    more = f"\n- and {count - len(shown.skipped)} more" if count > len(shown.skipped) else ""
    return f"\nNot compared:\n\n{lines}{more}\n"


def _method(options: CompareOptions | None) -> str:
    if not options:
        return _NOT_REPORTED
    rate = options.get("SampleRate")
    return ", ".join(_given([options.get("Method"), f"{rate} % of the rows" if rate else None])) or _NOT_REPORTED


def _lag(job: Item) -> str:
    known = MIGRATION_JOB.lag_of(job) if job else None
    return f"{known[0]} MB, {known[1]} s" if known is not None else "not known"


def _cost(job: Item) -> str:
    """The class that an hour is paid for; prices the API does not know."""
    if job and is_free(MIGRATION_JOB, job):
        return str(cost_of(MIGRATION_JOB, job, datetime.now(UTC)))
    size = text_at(job, "TradeInfo.InstanceClass")
    if not size:
        return _NOT_REPORTED
    steps = dig(job, "StepInfo.StepInfo") or ()
    begun = next((step.get("StartTime") for step in steps if step.get("StepId") == "sinker"), None)
    since = f", since {begun} (Beijing time)" if begun else ""
    return f"class {size} by the hour{since}, until the cutover; one hour's fee is held until the job is isolated"


def _at(seconds: Any) -> str:
    return f"{datetime.fromtimestamp(seconds, BEIJING):%Y-%m-%d %H:%M:%S} (Beijing time)" if seconds else _NOT_REPORTED


def _arrow(*ends: object) -> str:
    return " → ".join(str(end or _NOT_REPORTED) for end in ends) if any(ends) else ""


def _given(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values if value]


def _cell(value: object) -> str:
    """A value as code, so that no name of a database or table becomes markup; never the end of its cell."""
    text = " ".join(str(value if value not in (None, "") else _NOT_REPORTED).split())
    return f"`{text.replace('`', chr(39)).replace('|', '/')}`"
