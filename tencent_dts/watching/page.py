"""What a watch has found, in words: the message to a channel, and the page of the task log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from tencent_dts.orphans.reaping import Row


class Message(TypedDict):
    """What a channel is told: as text, and as data what there is (``told``) and what is over."""

    subject: str
    text: str
    told: list[Row]
    over: list[Row]


class Report(TypedDict):
    """What is wrong now; ``looked_at`` counts jobs by kind."""

    deployment: str
    looked_at: dict[str, int]
    findings: list[Row]
    failed: list[str]


def message(deployment: str, told: Sequence[Row], over: Sequence[Row]) -> Message:
    """What one channel is told of one look."""
    parts = [f"{len(told)} {_findings(told)}" if told else "", f"{len(over)} over" if over else ""]
    subject = f"DTS jobs of {deployment}: {', '.join(filter(None, parts))}"
    lines = [subject, *(line for row in told for line in ("", *_lines(row)))]
    if over:
        lines += ["", "Over:", *(f"  {_named(row)}: {row['wrong']} (over since {row['over']})" for row in over)]
    return {"subject": subject, "text": "\n".join(lines), "told": list(told), "over": list(over)}


def page(report: Report) -> str:
    """The whole report, for the log."""
    counts = ", ".join(f"{count} of {name}" for name, count in report["looked_at"].items()) or "none"
    lines = [f"DTS jobs of deployment {report['deployment']} that were looked at: {counts}"]
    open_rows: list[Row] = report["findings"]
    lines += [f"{len(open_rows)} {_findings(open_rows)}", *(line for row in open_rows for line in ("", *_lines(row)))]
    if report["failed"]:
        lines += ["", "Not looked at, or not told:", *(f"  {text}" for text in report["failed"])]
    return "\n".join(lines)


def _findings(rows: Sequence[Row]) -> str:
    return "finding" if len(rows) == 1 else "findings"


def _named(row: Row) -> str:
    job = f"{row['job_id']} ({row['name']})" if row["name"] else row["job_id"]
    return f"{job or 'the list'}, {row['kind']} in {row['region']}"


def _lines(row: Row) -> list[str]:
    owner = row["owner"]
    told = {
        "since": f"{row['since']}{' at the earliest' if row['since_at_the_earliest'] else ''}",
        "state": row["state"],
        "lag": row["lag"],
        "cost": row["cost"],
        "made by": f"{owner['dag_id']} / {owner['run_id']} / {owner['task']}" if owner else "",
        "next": row["next_step"],
        "console": row["console"],
    }
    return [f"{_named(row)}: {row['wrong']}", *(f"  {name}: {text}" for name, text in told.items() if text)]
