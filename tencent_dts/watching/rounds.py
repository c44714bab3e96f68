"""One round of a watch, after it has looked: remember, tell each channel what it does not know, and report.

API document: none of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tencent_dts import metrics
from tencent_dts.engine import runs
from tencent_dts.errors import DtsProblem
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.kinds.watching import GONE, UNREAD
from tencent_dts.orphans.reaping import Row
from tencent_dts.times import in_utc
from tencent_dts.watching.keeping import Shelf
from tencent_dts.watching.page import Report, message
from tencent_dts.watching.telling import Channel
from tencent_dts.watching.troubles import Told, Trouble, Watched

if TYPE_CHECKING:
    from airflow.sdk import Context

At = tuple[str, str]
"""A region and a kind of job."""


@dataclass
class Round:
    """What one look has found, and who is told of it.

    :param watched: what is remembered, by region and kind.
    :param rows: every finding that there is now, by region, kind and key; those that could not be read included.
    :param counts: how many jobs were looked at, by kind.
    """

    deployment: str
    shelf: Shelf
    watched: Mapping[At, Watched]
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def fail(self, where: str, error: Exception) -> None:
        """Something could not be looked at, or somebody not be told."""
        self.errors.append(error)
        self.failures.append(f"{where}: {error}")

    def save(self) -> None:
        """Remember it all, for the next run.

        :raises HolderUnknown: Airflow does not keep it.
        """
        for at, watched in self.watched.items():
            self.shelf.write(*at, watched)

    def tell(
        self,
        context: Context,
        channels: Sequence[Channel],
        *,
        now: float,
        again: float,
        succeeded: Callable[[str], bool],
        green: bool,
    ) -> None:
        """Tell each channel what it does not know, and remember that at once, so that nothing is told twice.

        :param again: seconds after which what lasts is told again; 0: never.
        :param succeeded: whether a run, named by its DAG and its id, was green.
        :param green: this task will be, as far as it is known.
        """
        ti = context["ti"]
        for watched in self.watched.values():
            watched.settle([channel.name for channel in channels])
        for channel in channels:
            if channel.when_green and not (green and not self.errors and self._confirmed(channel, succeeded)):
                continue
            run = f"{ti.dag_id}\x1f{ti.run_id}" if channel.when_green else ""
            if self._told(context, channel, now, again, run):
                self.save()
        for watched in self.watched.values():
            watched.settle([channel.name for channel in channels])
        self.save()

    def _confirmed(self, channel: Channel, succeeded: Callable[[str], bool]) -> bool:
        """Take back what was told by runs that were red in the end; returns whether Airflow answers about them."""
        told = [
            (trouble, entry)
            for watched in self.watched.values()
            for trouble in watched.troubles.values()
            if (entry := trouble.told.get(channel.name))
        ]
        try:
            was_green = {run: succeeded(run) for _, entry in told for run in (entry.run, entry.over) if run}
        except runs.SILENCE as error:
            self.fail(channel.name, error)
            return False
        for trouble, entry in told:
            if (entry.run and not was_green[entry.run]) or (entry.over and was_green[entry.over]):
                del trouble.told[channel.name]
            else:
                entry.run, entry.over = "", ""
        return True

    def _told(self, context: Context, channel: Channel, now: float, again: float, run: str) -> bool:
        """Tell one channel; returns whether there was anything to tell, and it was told."""
        due, over = self._owed(channel.name, now, again)
        if not due and not over:
            return False
        told = message(self.deployment, [row for _, row in due], [row for _, row in over])
        try:
            channel.tell(context, told)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code raises what it likes, or exits
            # Its class alone: the text may hold an address with a token in it.
            lost = DtsProblem(f"it could not be told ({type(error).__name__}); the next look tells it")
            self.fail(channel.name, lost)
            return False
        for trouble, _ in due:
            trouble.told[channel.name] = Told(now, run)
        for trouble, _ in over:
            if run:
                trouble.told[channel.name].over = run
            else:
                del trouble.told[channel.name]
        return True

    def _owed(
        self, channel: str, now: float, again: float
    ) -> tuple[list[tuple[Trouble, Row]], list[tuple[Trouble, Row]]]:
        """What a channel is to be told: that there is, and that is over."""
        due: list[tuple[Trouble, Row]] = []
        over: list[tuple[Trouble, Row]] = []
        for (region, kind), watched in self.watched.items():
            for key, trouble in watched.troubles.items():
                last = trouble.told.get(channel)
                row = self.rows.get((region, kind, key))
                if row is not None and trouble.is_due(channel, now, again):
                    due.append((trouble, row | {"again": in_utc(last.at) if last else ""}))
                elif trouble.over and last is not None:
                    over.append((trouble, _ended(region, kind, key, trouble)))
        return due, over

    def measure(self, connection: str) -> None:
        """Send how many findings of each rule there are, those of which there are none included.

        :param connection: over which was looked.
        """
        counts = Counter((region, kind, row["rule"]) for (region, kind, _), row in self.rows.items())
        for region, kind in self.watched:
            for rule in (*BY_NAME[kind].watch, GONE, UNREAD):
                at = {"connection": connection, "kind": kind, "region": region, "rule": rule.name}
                metrics.send(metrics.FINDINGS, counts[region, kind, rule.name], **at)

    def report(self) -> Report:
        """What is wrong now, as small plain data."""
        return {
            "deployment": self.deployment,
            "looked_at": dict(self.counts),
            "findings": list(self.rows.values()),
            "failed": list(self.failures),
        }


def _ended(region: str, kind: str, key: str, trouble: Trouble) -> Row:
    job_id, _, rule = key.partition("|")
    times = {"since": in_utc(trouble.since), "over": in_utc(trouble.over), "again": ""}
    named = {"job_id": job_id, "name": trouble.name, "kind": kind, "region": region, "rule": rule}
    return {**named, "wrong": trouble.wrong, **times}
