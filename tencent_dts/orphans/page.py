"""The report of orphans: as data for other tasks, and as a page of the task log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any, get_args

from tencent_dts import metrics
from tencent_dts.orphans.reaping import Finding, Row, Standing

_LISTS: dict[Standing, str] = {"orphan": "orphans", "kept on purpose": "kept", "not known": "unknown"}
_TITLES = {"orphans": "Orphans", "kept": "Kept on purpose", "unknown": "Not known"}
_COLUMNS = ("job_id", "kind", "region", "status", "bill", "age_hours", "owner")


ReportDict = dict[str, Any]
"""A report as plain data."""


class Report:
    """What one look at the jobs of a deployment has found.

    :param looked_in: the regions.
    :param at: Airflow's time.
    :param end_orphans: whether orphans were to be ended, or only reported.
    """

    def __init__(self, deployment: str, looked_in: Sequence[str], at: datetime, *, end_orphans: bool) -> None:
        self.head = {
            "deployment": deployment,
            "regions": list(looked_in),
            "at": at.isoformat(timespec="seconds"),
            "end_orphans": end_orphans,
        }
        self.regions = list(looked_in)
        self.released = 0
        self.found: dict[str, Finding] = {}
        self.under_way: list[str] = []  # ids of jobs that are on their way to rest
        self.acted: dict[str, Row] = {}  # by id, the rows of jobs that this task has ordered something of
        self.errors: list[Exception] = []
        self.failures: list[str] = []

    def fail(self, where: str, error: Exception) -> None:
        """Something could not be looked at, or not be ended."""
        self.errors.append(error)
        self.failures.append(f"{where}: {error}")

    def to_dict(self) -> ReportDict:
        """The report as small plain data; jobs of runs that are alive, and released ones, are only counted.

        Orphans that an earlier leg or try of this task has ended are among the orphans, though no list has them now.
        """
        every = {**self._earlier(), **{job_id: finding.row() for job_id, finding in self.found.items()}}
        standings = [row["standing"] for row in every.values()]
        counts = {name: standings.count(name) for name in ("orphan", "kept on purpose", "not known", "alive")}
        ended = sum(row["ended"] for row in self.acted.values())
        return {
            **self.head,
            "counts": {**counts, "released": self.released, "ended": ended},
            **{name: [row for row in every.values() if row["standing"] == at] for at, name in _LISTS.items()},
            "failed": list(self.failures),
        }

    def measure(self, connection: str, kinds: Sequence[str]) -> None:
        """Send how many jobs there are of each standing, also where there are none.

        :param connection: over which was looked.
        :param kinds: those that were looked at.
        """
        counts = Counter((finding.kind, finding.region, finding.standing) for finding in self.found.values())
        for kind, region, standing in product(kinds, self.regions, get_args(Standing)):
            at = {"connection": connection, "kind": kind, "region": region, "standing": standing}
            metrics.send(metrics.ORPHANS, counts[kind, region, standing], **at)

    def _earlier(self) -> dict[str, Row]:
        """The rows of jobs that this task has ordered something of, and that are not found any more."""
        columns = ("ended", "try")
        return {
            job_id: {name: value for name, value in row.items() if name not in columns}
            | ({} if row["ended"] else {"held": "it was being ended, and is in no list any more"})
            for job_id, row in self.acted.items()
        }


def page(report: ReportDict) -> str:
    """The report as a page of the task log."""
    counts = report["counts"]
    lines = [
        f"DTS jobs of deployment {report['deployment']} in {', '.join(report['regions'])}: "
        f"{counts['orphan']} orphans ({counts['ended']} of them ended in this run), "
        f"{counts['kept on purpose']} kept on purpose, {counts['alive']} of runs that are alive, "
        f"{counts['not known']} not known, {counts['released']} released before"
    ]
    for name, title in _TITLES.items():
        if rows := report[name]:
            lines += ["", f"{title}:", *_table(rows)]
    if report["failed"]:
        lines += ["", "Not looked at, or not ended:", *(f"  {text}" for text in report["failed"])]
    return "\n".join(lines)


def _table(rows: Sequence[Row]) -> list[str]:
    cells = [_COLUMNS, *(tuple(_cell(row, name) for name in _COLUMNS) for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(_COLUMNS))]
    lines = ["  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
    shown = [lines[0]]
    for line, row in zip(lines[1:], rows, strict=True):
        details = {"why": row["why"], "cost": row["cost"], "done": "; ".join(row["done"]), "left as it is": row["held"]}
        shown += [line, *(f"    {name}: {text}" for name, text in details.items() if text)]
    return shown


def _cell(row: Row, name: str) -> str:
    value = row[name]
    if name == "owner":
        return f"{value['dag_id']} / {value['run_id']} / {value['task']}" if value else "not reported"
    return "-" if value in (None, "") else str(value)
