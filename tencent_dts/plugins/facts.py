"""What a snapshot of a job means to a person: plain values for the templates.

Templates decide nothing and compute nothing; all of it happens here, on answers of which any field may
be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tencent_dts.plugins.billing import Bill, bill_of
from tencent_dts.plugins.compares import Compare, compare_of
from tencent_dts.plugins.reading import Snapshot, Trouble
from tencent_dts.plugins.run_jobs import RunJob
from tencent_dts.plugins.words import Mark, Tone, links, mark, percent, result_mark, shown
from tencent_dts.states import Statuses, dig, statuses
from tencent_dts.states import migration as table
from tencent_dts.verdicts import failed_items

_STATUS_TONES: list[tuple[Tone, Statuses]] = [
    ("bad", table.FAULTED | table.ENDED_BADLY | table.CHECK_PASSED.failed),
    ("good", table.SUCCEEDED.reached | table.READY.lag | table.CHECK_PASSED.reached),
    ("idle", statuses("created") | table.PAUSED.reached),
]
_TRADE_TONES: list[tuple[Tone, Statuses]] = [("good", table.ISOLATED.reached), ("busy", table.ISOLATE.passes)]
_CHECK_TONES: list[tuple[Tone, Statuses]] = [("good", table.CHECK_PASSED.reached), ("bad", table.CHECK_PASSED.failed)]


@dataclass(frozen=True)
class Tip:
    """An error or a warning: what, and what to do about it."""

    message: str
    solution: str = ""
    help: Sequence[str] = ()
    tone: Tone = "bad"


@dataclass(frozen=True)
class Step:
    """One step of a run or of a check."""

    step_id: str
    name: str
    result: Mark
    percent: int | None = None
    started: str = ""
    finished: str = ""
    message: str = ""
    tips: Sequence[Tip] = ()


@dataclass(frozen=True)
class Check:
    """The latest check. ``failed`` are the items that keep it from passing."""

    verdict: Mark
    message: str
    failed: Sequence[tuple[str, Tip]]
    warnings: Sequence[tuple[str, Tip]]
    steps: Sequence[Step]


@dataclass(frozen=True)
class Job:
    """All that the page shows of one job."""

    job_id: str
    name: str
    region: str
    connection: str
    map_index: int
    tasks: str
    console: str
    read_at: str
    troubles: Sequence[Trouble]
    gone: bool
    known: bool
    status: Mark | None = None
    trade: Mark | None = None
    message: str = ""
    facts: Sequence[tuple[str, str]] = ()
    errors: Sequence[Tip] = ()
    bill: Bill | None = None
    steps: Sequence[Step] = ()
    check: Check | None = None
    compare: Compare | None = None
    earlier_compares: Sequence[Compare] = ()


def job_of(job: RunJob, snapshot: Snapshot) -> Job:
    """A job of a run as the page shows it."""
    detail = snapshot.detail or {}
    known = snapshot.detail is not None
    errors = [_error(item) for item in detail.get("ErrorInfo") or ()]
    compares = [
        compare_of(task, snapshot.report if number == 0 else None) for number, task in enumerate(snapshot.compares)
    ]
    return Job(
        job_id=job.job_id,
        name=detail.get("JobName") or job.job_id,
        region=job.region,
        connection=job.connection,
        map_index=job.map_index,
        tasks=", ".join(job.tasks),
        console=next(iter(links([job.console])), ""),
        read_at=shown(snapshot.read_at.isoformat()),
        troubles=snapshot.troubles,
        gone=snapshot.gone,
        known=known,
        status=mark(table.MIGRATION_STATUS, table.MIGRATION_STATUS.of(detail), _STATUS_TONES) if known else None,
        trade=mark(table.TRADE_STATUS, table.TRADE_STATUS.of(detail), _TRADE_TONES, "idle") if known else None,
        message=_news(detail.get("BriefMsg", ""), errors),
        facts=_facts(detail) if known else (),
        errors=errors,
        bill=bill_of(detail, snapshot.read_at) if known else None,
        steps=[_step(step) for step in dig(detail, "StepInfo.StepInfo") or ()],
        check=_check(snapshot.check, dig(detail, "CheckStepInfo.Progress.Percent")) if snapshot.check else None,
        compare=compares[0] if compares else None,
        earlier_compares=compares[1:],
    )


def _news(message: str, tips: Sequence[Tip]) -> str:
    """A message, "" where one of the errors beside it says the same."""
    return "" if any(message in tip.message for tip in tips) else message


def _facts(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labelled texts; those without a value are left out."""
    source, target = (_endpoint(detail.get(side) or {}) for side in ("SrcInfo", "DstInfo"))
    lag = table.MIGRATION_JOB.lag_of(detail)
    rows = [
        ("Route", f"{source} → {target}"),
        ("Migrate type", dig(detail, "MigrateOption.MigrateType")),
        ("Instance class", dig(detail, "TradeInfo.InstanceClass")),
        ("Lag", f"{lag[0]} MB, {lag[1]} s" if lag is not None else "not known now"),
        ("Created", shown(detail.get("CreateTime"))),
        ("Planned start", shown(detail.get("ExpectRunTime"))),
        ("Started", shown(detail.get("StartTime"))),
        ("Ended", shown(detail.get("EndTime"))),
        ("Isolated", shown(dig(detail, "TradeInfo.IsolateTime"))),
        ("Deleted on", shown(dig(detail, "TradeInfo.OfflineTime"))),
    ]
    return [(label, value) for label, value in rows if value]


def _endpoint(info: Mapping[str, Any]) -> str:
    return " ".join(info[name] for name in ("DatabaseType", "Region", "AccessType") if info.get(name)) or "not told"


def _error(item: Mapping[str, Any]) -> Tip:
    message = ": ".join(item[name] for name in ("Code", "ErrorLog") if item.get(name)) or "no reason told"
    return Tip(message, item.get("Solution", ""), links([item.get("HelpDoc")]))


def _step(step: Mapping[str, Any]) -> Step:
    tips = [_tip(tip, "bad") for tip in step.get("Errors") or ()]
    tips += [_tip(tip, "warn") for tip in step.get("Warnings") or ()]
    return Step(
        step_id=step.get("StepId", ""),
        name=step.get("StepName") or step.get("StepId", ""),
        result=result_mark(step.get("Status", "")),
        percent=percent(step.get("Percent")),
        started=shown(step.get("StartTime")),
        finished=shown(step.get("FinishTime")),
        message=_news(step.get("StepMessage", ""), tips),
        tips=tips,
    )


def _tip(tip: Mapping[str, Any], tone: Tone) -> Tip:
    return Tip(tip.get("Message") or "no reason told", tip.get("Solution", ""), links([tip.get("HelpDoc")]), tone)


def _check(check: Mapping[str, Any], done: int | None) -> Check:
    flag, run = table.CHECK_FLAG.of(check), table.CHECK_RUN.axis.of(check)
    if run in table.CHECK_PASSED.unfinished:
        progress = f", {done} %" if done is not None else ""
        verdict = Mark(f"{run}{progress}", result_mark(run).tone)
    else:
        verdict = mark(table.CHECK_FLAG, flag, _CHECK_TONES) if flag else result_mark(run)
    failed = [
        (_item_name(item["step_id"], item["item"]), Tip(item["reason"], item["solution"], links(item["help"])))
        for item in failed_items({"StepInfo": [{"StepId": "", **step} for step in check.get("StepInfo") or ()]})
    ]
    message = "" if verdict.tone == "good" else check.get("BriefMsg", "")
    return Check(verdict, message, failed, list(_warnings(check)), _check_steps(check))


def _warnings(check: Mapping[str, Any]) -> list[tuple[str, Tip]]:
    """Items that pass with a warning, those of skipped steps among them."""
    found = []
    for step in check.get("StepInfo") or ():
        for item in step.get("DetailCheckItems") or ():
            if item.get("CheckResult") != "warning":
                continue
            reason = item.get("FailureReason") or item.get("SkipInfo") or " ".join(item.get("ErrorLog") or ())
            tip = Tip(reason or "no reason told", item.get("Solution", ""), links(item.get("HelpDoc") or ()), "warn")
            found.append((_item_name(step.get("StepId", ""), item.get("CheckItemName", "")), tip))
    return found


def _item_name(step_id: str, item: str) -> str:
    return ": ".join(filter(None, (step_id, item))) or "not told"


def _check_steps(check: Mapping[str, Any]) -> list[Step]:
    return [
        Step(
            step_id=step.get("StepId", ""),
            name=step.get("StepName") or step.get("StepId", ""),
            result=result_mark("skipped" if step.get("HasSkipped") else step.get("StepStatus", "")),
            message=step.get("StepMessage", ""),
        )
        for step in check.get("StepInfo") or ()
    ]
