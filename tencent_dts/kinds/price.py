"""How a kind of job is billed, and where its answers show that.

API document: TradeInfo, SyncJobInfo, SubscribeInfo; the notes on billing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tencent_dts.model.answers import Item, dig
from tencent_dts.model.resource import Statuses
from tencent_dts.times import moment

Moment = Callable[[Item], datetime | None]


def time_at(path: str) -> Moment:
    """The time in a field."""
    return lambda item: moment(dig(item, path))


@dataclass(frozen=True)
class Price:
    """How one kind of job is billed, and where its answers show that. What is free or prepaid the resource knows.

    :param begun: when its bill began.
    :param idle: what is said where it has not.
    :param ends: when the bill stopped; the earliest that is reported.
    :param over: statuses of a job whose bill has stopped; then ``last`` is the time of its last change.
    :param paused: statuses of a job whose bill stands still.
    :param isolated: values of its bill at which the frozen fee has been released.
    :param marked_free: a field, and its value that says that the job is free, whatever the value of its bill.
    :param amount: the field of what an hour is paid for; "" where there is one price.
    """

    begun: Moment
    idle: str
    ends: tuple[Moment, ...]
    over: Statuses = frozenset()
    last: str = ""
    paused: Statuses = frozenset()
    isolated: Statuses = frozenset()
    marked_free: tuple[str, str] = ("", "")
    amount: str = ""
