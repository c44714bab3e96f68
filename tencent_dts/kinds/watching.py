"""Rules of the watch over what lives: small named rows, which each kind of job lists in its ``watch.py``.

A rule looks at a job as a list shows it and says what is wrong, in words; "" where nothing is. It never decides who is
told, or how often: :mod:`tencent_dts.watching` does. What an answer leaves open (a status that no document names, a
lag of -1) is "not known", never "fine".

API document: DescribeSyncJobs, DescribeMigrationJobs, DescribeMigrateJobs and DescribeSubscribes (version 2018-03-30);
the notes on pausing (a sync link that is paused for 7 days fails for good), on arrears and on isolation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tencent_dts.model.answers import Item, text_at
from tencent_dts.model.resource import Axis, Resource, Statuses
from tencent_dts.times import moment

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

Limits = Mapping[str, float]
"""The limits of a watch, by the names of its form's fields; the unit is the last word of the name."""

Need = Literal["", "lag", "comparison", "ending"]


@dataclass(frozen=True)
class Look:
    """One job as a watch sees it.

    :param item: as a list shows it or, where that leaves the lag out, a read of its own.
    :param now: the time by the clock of DTS.
    :param compared: when a comparison last found source and target the same; ``None``: none did, or it was not asked.
    :param ours: an order of this Airflow has isolated the job.
    :param unread: needs that could not be read: no rule with one of these says anything.
    """

    resource: Resource
    item: Item
    now: datetime
    limits: Limits
    compared: datetime | None = None
    ours: bool = False
    unread: Mapping[Need, str] | None = None

    @property
    def status(self) -> str:
        """On the axis of the job."""
        return self.resource.axis.of(self.item)


@dataclass(frozen=True)
class WatchRule:
    """One thing that a watch looks at.

    :param name: what a finding of it is called; unique within a kind.
    :param wrong: what is wrong, in words; "" where nothing is.
    :param next_step: what to do about it.
    :param lasts: the limit for which it must last before it is told, and the seconds of that limit's unit; empty: none.
    :param needs: what must be read besides the list.
    :param applies: whether that reading is worth its call for a job.
    :param since_last_good: how long it lasts is counted from the last look that saw the job without it, or else from
        the job's own start: where it matters more that it is told in time than that it is exact.
    :param of_released: it is for jobs whose bill has ended, and only for those.
    """

    name: str
    wrong: Callable[[Look], str]
    next_step: str
    lasts: tuple[str, float] = ("", 0.0)
    needs: Need = ""
    applies: Callable[[Look], bool] = lambda _: True
    since_last_good: bool = False
    of_released: bool = False

    def limit(self, limits: Limits) -> float:
        """Seconds that it must last before it is told."""
        name, unit = self.lasts
        return limits[name] * unit if name else 0.0


def in_status(
    name: str,
    which: Statuses,
    words: str,
    next_step: str,
    lasts: tuple[str, float] = ("", 0.0),
    *,
    since_last_good: bool = False,
) -> WatchRule:
    """The job is in one of these statuses; the rest as in :class:`WatchRule`."""

    def wrong(look: Look) -> str:
        return words if look.status in which else ""

    return WatchRule(name, wrong, next_step, lasts, since_last_good=since_last_good)


def lagging(which: Statuses, next_step: str) -> tuple[WatchRule, WatchRule]:
    """The target is too far behind for too long; and nothing says how far it is."""

    def behind(look: Look) -> str:
        lag, most = look.resource.lag_of(look.item), look.limits["lag_seconds"]
        if look.status not in which or lag is None or lag[1] <= most:
            return ""
        return f"the target is {lag[1]} s ({lag[0]} MB) behind the source, more than {most:g} s"

    def unknown(look: Look) -> str:
        if look.status not in which or look.resource.lag_of(look.item) is not None:
            return ""
        return "how far the target is behind the source is not known: existing data is still copied, or it is not told"

    def applies(look: Look) -> bool:
        return look.status in which and look.resource.lag_of(look.item) is None

    return (
        WatchRule("lag", behind, next_step, ("lag_minutes", MINUTE), needs="lag", applies=applies),
        WatchRule(
            "lag not known",
            unknown,
            "Look at the job's steps in the console: has the copy of existing data come to a halt?",
            ("lag_unknown_hours", HOUR),
            needs="lag",
            applies=applies,
        ),
    )


def expiring(renewed: str, next_step: str) -> WatchRule:
    """It was paid for in advance, is not renewed by itself, and its time is nearly over.

    :param renewed: the field that is 1 where it renews itself.
    """

    def soon(look: Look) -> str:
        if not look.resource.is_prepaid(look.item) or text_at(look.item, renewed) == "1":
            return ""
        at, days = moment(look.item.get("ExpireTime")), look.limits["expire_days"]
        if at is None:
            return "it is prepaid and does not renew itself, and until when is not reported"
        if at - look.now > timedelta(days=days):
            return ""
        return f"it is prepaid until {at:%Y-%m-%d %H:%M:%S} (Beijing time) and does not renew itself"

    return WatchRule("expires soon", soon, next_step)


def isolated_by_others(recover: str) -> WatchRule:
    """Its bill has ended although nothing of this Airflow ordered that: arrears, prepaid time that is over, a person.

    :param recover: what takes it out of isolation.
    """

    def isolated(look: Look) -> str:
        bill = look.resource.bill
        if bill is None or not look.resource.is_released(look.item) or look.ours:
            return ""
        reason = text_at(look.item, "TradeInfo.IsolateReason")
        told = f" ({reason})" if reason else ""
        return (
            f"it is out of service ({bill.name} {bill.of(look.item)}){told}, and no order of this Airflow did that: "
            "the account is in arrears, its prepaid time is over, or a person has isolated it"
        )

    return WatchRule(
        "out of service",
        isolated,
        f"DTS deletes it for good after 7 days. Settle what the account owes, or renew it; then {recover}.",
        needs="ending",
        applies=lambda look: look.resource.is_released(look.item),
        of_released=True,
    )


def uncompared(which: Statuses, next_step: str) -> WatchRule:
    """No comparison has found source and target the same for too long; looked at where ``compare_days`` is above 0."""

    def since(look: Look) -> datetime | None:
        return look.compared or moment(look.item.get("StartTime"))

    def is_overdue(look: Look) -> bool:
        days, last = look.limits["compare_days"], since(look)
        return bool(days) and look.status in which and (last is None or look.now - last > timedelta(days=days))

    def overdue(look: Look) -> str:
        if not is_overdue(look):
            return ""
        last = f"since {look.compared:%Y-%m-%d %H:%M} (Beijing time)" if look.compared else "since it started"
        return f"no comparison has found source and target the same {last}"

    return WatchRule("comparison overdue", overdue, next_step, needs="comparison", applies=is_overdue)


def unknown_status() -> WatchRule:
    """It shows a status, or a state of its bill, that no document names."""

    def strange(look: Look) -> str:
        axes = [look.resource.axis, *filter(None, [look.resource.bill])]
        told = [f"{axis.name} {axis.of(look.item) or 'not reported'}" for axis in axes if not _is_known(axis, look)]
        return f"what state it is in is not known: {', '.join(told)}" if told else ""

    return WatchRule(
        "unknown state",
        strange,
        "Look at the job in the console. No task acts on a job in a state that it does not know.",
        ("unread_minutes", MINUTE),
    )


def _is_known(axis: Axis, look: Look) -> bool:
    return axis.of(look.item) in axis.known


# --- What is found of any kind of job, by whoever looks ---

UNREAD = WatchRule(
    "cannot be read",
    lambda _: "",  # whoever reads knows
    "Nothing is known of what lives there, so nothing is well. Look at the error: the connection, its permissions, the "
    "service.",
    ("unread_minutes", MINUTE),
)
GONE = WatchRule(
    "gone",
    lambda _: "",  # as above
    "Look for it in the console, by its id and the tag airflow-deployment. Was it deleted there, or was its tag taken "
    "away? What it moved is not moved any more.",
    ("unread_minutes", MINUTE),
)
