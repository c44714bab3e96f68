"""What a snapshot of a job means to a person: plain values for the templates.

Templates decide nothing and compute nothing; all of it happens here, on answers of which any field may
be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tencent_dts.engine.records import Place
from tencent_dts.engine.verdicts import failed_items
from tencent_dts.kinds.costs import Cost, cost_of
from tencent_dts.kinds.page import CheckView, Tone, View
from tencent_dts.model.answers import Item, dig, text_at
from tencent_dts.model.goal import Goal
from tencent_dts.model.resource import Verdict
from tencent_dts.plugins.compares import Compare, compare_of
from tencent_dts.plugins.reading import Snapshot, Trouble
from tencent_dts.plugins.run_jobs import RunJob
from tencent_dts.plugins.words import (
    Mark,
    addresses,
    first,
    lasted,
    links,
    mark,
    percent,
    readable,
    result_mark,
)
from tencent_dts.times import moment, shown

_VERDICT_TONES: dict[Verdict, Tone] = {Verdict.DONE: "good", Verdict.IMPOSSIBLE: "bad"}


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
    took: str = ""
    message: str = ""
    tips: Sequence[Tip] = ()


@dataclass(frozen=True)
class Check:
    """The latest check of one sort. ``failed`` are the items that keep it from passing.

    :param state: what the job says of it, where it does.
    :param verdict: ``None`` where nothing is known of it.
    """

    key: str
    title: str
    state: Mark | None = None
    verdict: Mark | None = None
    message: str = ""
    failed: Sequence[tuple[str, Tip]] = ()
    warnings: Sequence[tuple[str, Tip]] = ()
    steps: Sequence[Step] = ()


@dataclass(frozen=True)
class Job:
    """All that the page shows of one job. ``runs`` and ``compared``: whether its kind has steps and compare tasks.

    :param title: between which places it moves what; its readable name where that is not known.
    :param gone: of one that DTS does not find, in paragraphs: where it was looked for, as what it was seen, its bill.
    """

    job_id: str
    kind: str
    title: str
    objects: str
    name: str
    lag: str
    region: str
    connection: str
    map_index: int
    tasks: str
    console: str
    read_at: str
    troubles: Sequence[Trouble]
    gone: Sequence[str]
    known: bool
    status: Mark | None = None
    trade: Mark | None = None
    message: str = ""
    facts: Sequence[tuple[str, str]] = ()
    errors: Sequence[Tip] = ()
    bill: Cost | None = None
    runs: bool = False
    steps: Sequence[Step] = ()
    checks: Sequence[Check] = ()
    compared: bool = False
    compare: Compare | None = None
    earlier_compares: Sequence[Compare] = ()

    @property
    def failing(self) -> bool:
        """Whether a check keeps it from going on: then the check stands above its run."""
        return any(check.verdict is not None and check.verdict.tone == "bad" for check in self.checks)


def job_of(job: RunJob, snapshot: Snapshot) -> Job:
    """A job of a run as the page shows it."""
    kind, detail = job.kind, snapshot.detail or {}
    known = snapshot.detail is not None
    now = clock_of(kind, snapshot)
    once = _Once()
    errors = once.tips([_error(item) for item in _listed(dig(detail, kind.errors)) if any(item.values())])
    message = once.text(text_at(detail, kind.message))
    name = readable(detail.get(kind.resource.title) or "") or job.job_id
    compares = _compares(snapshot)
    return Job(
        job_id=job.job_id,
        kind=kind.resource.name,
        title=kind.between(detail) or name,
        objects=kind.objects(detail),
        name=name,
        lag=kind.lag(detail) if known else "",
        region=job.region,
        connection=job.connection,
        map_index=job.map_index,
        tasks=", ".join(job.tasks),
        console=next(iter(links([job.console])), ""),
        read_at=shown(now.isoformat()),
        troubles=snapshot.troubles,
        gone=_gone(job, snapshot.gone) if snapshot.gone is not None else (),
        known=known,
        status=_status(kind, detail) if known else None,
        trade=_trade(kind, detail) if known else None,
        message=message,
        facts=[(label, text) for label, words in kind.facts if (text := words(detail))] if known else (),
        errors=errors,
        bill=cost_of(kind.resource, detail, now) if known else None,
        runs=bool(kind.steps),
        steps=[_step(step, kind, now, once) for step in _listed(dig(detail, kind.steps))],
        checks=[check for view in kind.checks if (check := _check(view, snapshot, detail, once)) is not None],
        compared=kind.compares is not None,
        compare=compares[0] if compares else None,
        earlier_compares=compares[1:],
    )


def _gone(job: RunJob, place: Place) -> Sequence[str]:
    """What is known of a job that DTS does not find: that alone is no proof that it has ended."""
    kept = job.record
    found = f"DTS does not find this job in {place}, with connection {job.connection}."
    if kept is not None and kept.ending is not None and kept.place == place:
        return found, f"It has ended: {kept.ending}. Nothing more of it is billed."
    last = str(kept or "this Airflow has no record of it")
    return (
        found,
        f"{last[0].upper()}{last[1:]}. No ending of it was seen where it was looked for: its bill is not known.",
        "The connection may belong to another account, or point to another region or endpoint: look for the job in the "
        "console. It costs, or holds a fee, until it is isolated.",
    )


def _compares(snapshot: Snapshot) -> list[Compare]:
    """Its comparisons, the latest first; the report that was read is of that one."""
    reports = [snapshot.report, *[None] * len(snapshot.compares)]
    return [compare_of(task, report) for task, report in zip(snapshot.compares, reports, strict=False)]


def _status(kind: View, detail: Item) -> Mark:
    status = mark(kind.resource.axis, kind.resource.axis.of(detail), kind.tones)
    proud = kind.caught_up is not None and kind.caught_up.judge(detail) is Verdict.DONE
    return Mark(status.text, "good") if proud else status


def _trade(kind: View, detail: Item) -> Mark | None:
    bill = kind.resource.bill
    return mark(bill, bill.of(detail), kind.bill_tones, "idle") if bill is not None else None


class _Once:
    """What the page has said of a job already: DTS reports one error in several places."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def text(self, words: str) -> str:
        """The words; "" where they were said before, alone or among others."""
        if not words or any(words in said for said in self._said):
            return ""
        self._said.append(words)
        return words

    def tips(self, tips: Sequence[Tip]) -> list[Tip]:
        """Those that say, or advise, something new."""
        return [tip for tip in tips if any([self.text(tip.message), self.text(tip.solution)])]  # both are noted


def clock_of(kind: View, snapshot: Snapshot) -> datetime:
    """The time by the clock of DTS: its own latest word where that is ahead of this machine, as an emulator's may be.

    The lengths of what goes on, and the time of the read, are measured by this one clock.
    """
    detail = snapshot.detail or {}
    steps = _listed(dig(detail, kind.steps))
    reported = [step.get(name) for step in steps for name in ("StartTime", "FinishTime")]
    reported += [task.get(name) for task in snapshot.compares for name in ("CreatedAt", "StartedAt", "FinishedAt")]
    reported += [detail.get(name) for name in ("CreateTime", "UpdateTime", "StartTime", "EndTime")]
    return max([snapshot.read_at, *(at for text in reported if (at := moment(text)) is not None)])


def _listed(value: Any) -> Sequence[Item]:
    """What stands in a field as a list: some kinds of jobs have one error, some several."""
    return [value] if isinstance(value, Mapping) else value or ()


def _error(item: Item) -> Tip:
    words = " ".join(item[name] for name in ("ErrorLog", "Reason", "Message") if item.get(name))
    message = ": ".join(filter(None, (item.get("Code"), words)))
    return Tip(message or "no reason given", item.get("Solution", ""), addresses(item.get("HelpDoc")))


def _step(step: Item, kind: View, now: datetime, once: _Once) -> Step:
    tips = once.tips([_tip(tip, "bad") for tip in step.get("Errors") or ()])
    tips += once.tips([_tip(tip, "warn") for tip in step.get("Warnings") or ()])
    status = text_at(step, "Status")
    result = result_mark(kind.step_status.get(status, status))
    ended = moment(step.get("FinishTime"))
    took = lasted(moment(step.get("StartTime")), ended or (now if result.tone == "busy" else None))
    return Step(
        step_id=step.get("StepId", ""),
        name=step.get("StepName") or step.get("StepId", ""),
        result=result,
        percent=percent(first(step, "Percent", "Progress")),
        started=shown(step.get("StartTime")),
        took=f"{took} so far" if took and ended is None else took,
        message=once.text(step.get("StepMessage", "")),
        tips=tips,
    )


def _tip(tip: Item, tone: Tone) -> Tip:
    message = tip.get("Message") or tip.get("Code") or "no reason given"
    return Tip(message, tip.get("Solution", ""), addresses(tip.get("HelpDoc")), tone)


# --- Checks ---


def _check(view: CheckView, snapshot: Snapshot, detail: Item, once: _Once) -> Check | None:
    """A check as it went; ``None`` where the job says that it has none of this sort."""
    state = text_at(detail, view.of) if view.of else ""
    if view.of and not state:
        return None
    answer = snapshot.checks.get(view.goal.resource.read)
    shown_state = mark(view.axis, state, view.tones) if view.axis is not None else None
    known = Check(view.goal.resource.read, view.title, shown_state)
    if answer is None:
        return known
    done = dig(answer, view.done)
    verdict = _verdict(view.goal, answer, percent(done if done is not None else dig(detail, view.done)))
    failed = [
        (_item_name(item["step_id"], item["item"]), Tip(item["reason"], item["solution"], links(item["help"])))
        for item in failed_items(answer)
    ]
    for _, tip in failed:
        once.text(tip.message)
    message = "" if verdict.tone == "good" else once.text(text_at(answer, view.message))
    steps = _listed(dig(answer, view.steps))
    listed = _check_steps(steps, once)
    return replace(known, verdict=verdict, message=message, failed=failed, warnings=_warnings(steps), steps=listed)


def _verdict(goal: Goal, answer: Item, done: int | None) -> Mark:
    """What a check has come to: its flag where it has one, else how its run went."""
    found, run = goal.axis.of(answer), goal.resource.axis.of(answer)
    judged = goal.judge(answer)
    text = found or run or "not reported"
    if judged in _VERDICT_TONES:
        refuted = judged is Verdict.IMPOSSIBLE and found in goal.reached
        return Mark(f"{text}, but not every item" if refuted else text, _VERDICT_TONES[judged])
    if text not in goal.axis.known | goal.resource.axis.known:
        return Mark(text, "unknown")
    return Mark(f"{run}, {done} %" if done is not None else run, result_mark(run).tone)


def _warnings(steps: Sequence[Item]) -> list[tuple[str, Tip]]:
    """Items that pass with a warning, those of skipped steps among them."""
    found = []
    for step in steps:
        step_id = step.get("StepId", "")
        for item in step.get("DetailCheckItems") or ():
            if item.get("CheckResult") != "warning":
                continue
            reason = item.get("FailureReason") or item.get("SkipInfo") or " ".join(item.get("ErrorLog") or ())
            tip = Tip(reason or "no reason given", item.get("Solution", ""), links(item.get("HelpDoc") or ()), "warn")
            found.append((_item_name(step_id, item.get("CheckItemName", "")), tip))
        found += [
            (_item_name(step_id, step.get("StepName", "")), _tip(tip, "warn")) for tip in step.get("Warnings") or ()
        ]
    return found


def _item_name(step_id: str, item: str) -> str:
    return ": ".join(filter(None, (step_id, item))) or "not reported"


def _check_steps(steps: Sequence[Item], once: _Once) -> list[Step]:
    return [
        Step(
            step_id=step.get("StepId", ""),
            name=step.get("StepName") or step.get("StepId", ""),
            result=result_mark("skipped" if step.get("HasSkipped") else first(step, "StepStatus", "Status") or ""),
            message=once.text(step.get("StepMessage", "")),
        )
        for step in steps
    ]
