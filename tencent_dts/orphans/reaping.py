"""Which jobs of ours are orphans, why, what they cost, and what may be done about each: pure rules.

Nothing here calls anything: :mod:`tencent_dts.operators.reap` reads the jobs and asks Airflow.

API document: DescribeMigrationJobs, DescribeSyncJobs, DescribeMigrateJobs and DescribeSubscribes (version 2018-03-30):
the fields of a listed job; the actions that bring one to rest and end its bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tencent_dts.engine.identity import TAG_DEPLOYMENT, tags_of
from tencent_dts.engine.runs import ALIVE, GONE, GREEN, OVER, Holder, Run
from tencent_dts.kinds.costs import cost_of
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tencent_dts.times import moment

_TIMES = ("CreateTime", "StartTime", "EndTime")  # not UpdateTime: a job at work moves that for ever

Standing = Literal["alive", "kept on purpose", "orphan", "not known"]


@dataclass(frozen=True)
class Policy:
    """What may be done.

    :param end_orphans: end orphans; otherwise they are reported only.
    :param grace: how long a job is left alone after its run has ended.
    :param stop_running: end those at work, too.
    :param gone_runs: end those, too, whose run this Airflow does not know (any more).
    :param keep: ids of jobs that are never ended.
    """

    end_orphans: bool = False
    grace: timedelta = timedelta(hours=24)
    stop_running: bool = False
    gone_runs: bool = False
    keep: frozenset[str] = frozenset()


Row = dict[str, Any]
"""A finding as plain data, for XCom, the log and the page."""


@dataclass
class Finding:
    """One job of ours that costs, or is in the way, and what is to be said of it.

    :param standing: what it is.
    :param why: the reason for that.
    :param held: why it is not ended now; "" where it may be.
    :param done: what was done about it.
    """

    job_id: str
    kind: str
    region: str
    status: str
    bill: str
    holders: list[Holder]
    standing: Standing
    why: str
    cost: str
    created: datetime | None
    age_hours: float | None
    held: str = ""
    done: list[str] = field(default_factory=list)

    def row(self) -> Row:
        """The finding as plain data."""
        owner = self.holders[-1] if self.holders else None
        return {
            "job_id": self.job_id,
            "kind": self.kind,
            "region": self.region,
            "status": self.status,
            "bill": self.bill,
            "standing": self.standing,
            "why": self.why,
            "owner": {"dag_id": owner.dag_id, "run_id": owner.run_id, "task": owner.task} if owner else None,
            "created": self.created.isoformat() if self.created else None,
            "age_hours": self.age_hours,
            "cost": self.cost,
            "held": self.held,
            "done": list(self.done),
        }


# --- Whose it is ---


def is_ours(item: Item, deployment: str) -> bool:
    """Whether the job carries this deployment's tag, exactly."""
    return tags_of(item).get(TAG_DEPLOYMENT) == deployment


def stand(row: Kind, holders: Sequence[tuple[Holder, Run]], *, chosen: bool) -> tuple[Standing, str]:
    """What a job is, by the runs that have bought and adopted it, and why.

    :param chosen: a record says that one of them has gone on with it, not with another one that it bought.
    """
    if not holders:
        return "not known", "neither its tags nor its record show which run it belongs to"
    for holder, run in holders:
        if run.state in ALIVE:
            return "alive", f"{_name(holder)} is {run.state}"
    strange = next(((holder, run) for holder, run in holders if run.state not in (*OVER, GONE)), None)
    if strange:
        return "not known", f"{_name(strange[0])} is in state {strange[1].state}, which is not one that is known"
    green = next((holder for holder, run in holders if run.state == GREEN), None)
    if green and row.purchase.lives_on and not chosen:
        return "not known", f"{_name(green)} ended well, but no record says that it went on with this one"
    if green and row.purchase.lives_on:
        return "kept on purpose", f"{_name(green)} ended well, and such a job lives on until it is ended by its own DAG"
    return "orphan", "; ".join(_over(holder, run) for holder, run in holders)


def _name(holder: Holder) -> str:
    return f"run {holder.run_id} of {holder.dag_id}"


def _over(holder: Holder, run: Run) -> str:
    if run.state == GONE:
        return f"{_name(holder)} is gone" + ("" if run.of_known_dag else ", and so is its DAG")
    how = "well, and left the job" if run.state == GREEN else "red"
    at = f" at {run.ended:%Y-%m-%d %H:%M} UTC" if run.ended else ""
    return f"{_name(holder)} ended {how}{at}"


# --- What may be done about it ---


@dataclass(frozen=True)
class Sighting:
    """A job that has not been released, as it was read, and what Airflow answered about its runs after that.

    :param kind: the name of one.
    :param holders: the runs that have bought and adopted it; empty where they are unknown.
    :param now: Airflow's time; ``clock`` is that of DTS, where it is known: what a job costs counts by it.
    :param trouble: why nothing can be said of its runs; "" where something can.
    :param chosen: see :func:`stand`.
    """

    kind: str
    region: str
    item: Item
    holders: Sequence[tuple[Holder, Run]]
    now: datetime
    trouble: str = ""
    clock: datetime | None = None
    chosen: bool = True

    @property
    def row(self) -> Kind:
        """The kind of the job."""
        return BY_NAME[self.kind]

    @property
    def job_id(self) -> str:
        """The id of the job."""
        return self.row.purchase.id_of(self.item)


def find(seen: Sighting, policy: Policy) -> Finding:
    """Everything that is to be said of one job."""
    row, item, resource = seen.row, seen.item, seen.row.resource
    standing, why = stand(row, seen.holders, chosen=seen.chosen)
    if seen.trouble:
        standing, why = "not known", seen.trouble
    created = moment(item.get("CreateTime"))
    return Finding(
        job_id=seen.job_id,
        kind=seen.kind,
        region=seen.region,
        status=resource.axis.of(item),
        bill=resource.bill.of(item) if resource.bill else "",
        holders=[holder for holder, _ in seen.holders],
        standing=standing,
        why=why,
        cost=str(cost_of(resource, item, seen.clock or seen.now)),
        created=created,
        age_hours=round(max(0.0, (seen.now - created).total_seconds()) / 3600, 1) if created else None,
        held=_NOT_AN_ORPHAN.get(standing, "") or _hold(seen, policy),
    )


_NOT_AN_ORPHAN: dict[Standing, str] = {
    "alive": "its run is alive",
    "kept on purpose": "it is no orphan",
    "not known": "whether it is still needed is not known",
}


def _hold(seen: Sighting, policy: Policy) -> str:
    """Why an orphan is not ended now; "" where it may be."""
    row, item = seen.row, seen.item
    gone = any(run.state == GONE for _, run in seen.holders)
    at_work = not is_resting(row, item)
    reasons = (
        "" if _is_understood(row, item) else "its status is not one that is known",
        "it is prepaid: ending it saves nothing; see that it is not renewed" if row.resource.is_prepaid(item) else "",
        "it is to be kept (keep_job_ids)" if seen.job_id in policy.keep else "",
        "" if policy.end_orphans else "only a report was asked for (end_orphans)",
        "its run is gone, and how it ended is not known (gone_runs)" if gone and not policy.gone_runs else "",
        _grace(seen, policy),
        "it is at work (stop_running)" if at_work and not policy.stop_running else "",
        _hindrance(row, item),
    )
    return next(filter(None, reasons), "")


def _is_understood(row: Kind, item: Item) -> bool:
    resource = row.resource
    return resource.axis.of(item) in resource.axis.known and (
        resource.bill is None or resource.bill.of(item) in resource.bill.known
    )


def _grace(seen: Sighting, policy: Policy) -> str:
    """Why it is too early; counted from when the last of its runs ended.

    Nothing shows when a run that is gone ended: the last time that the job itself reports counts.
    """
    times = [moment(seen.item.get(name)) for name in _TIMES]
    own = max((at for at in times if at is not None), default=None)
    ends = [own if run.state == GONE else run.ended for _, run in seen.holders]
    known = [at for at in ends if at is not None]
    if len(known) < len(ends):
        return "when its run ended is not reported"
    until = max(known) + policy.grace
    early = policy.grace and seen.now < until
    return f"the grace period lasts until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if early else ""


def is_resting(row: Kind, item: Item) -> bool:
    """Whether ending the job interrupts nothing."""
    return row.resource.axis.of(item) in row.resting


def steps(row: Kind, item: Item) -> tuple[list[Operation], bool]:
    """What may be ordered next, the gentlest first; and whether, instead, something is under way.

    Neither: the state rules everything out for now.
    """
    choices = (row.purchase.isolate,) if is_resting(row, item) or not row.calm else row.calm
    verdicts = [operation.judge(item, called=False) for operation in choices]
    allowed = [each for each, verdict in zip(choices, verdicts, strict=True) if verdict is Verdict.ALLOWED]
    return allowed, not allowed and Verdict.UNDER_WAY in verdicts


def _hindrance(row: Kind, item: Item) -> str:
    if any(steps(row, item)):
        return ""
    return row.purchase.isolate.bar(item) or "its state allows neither its stop nor its end now"
