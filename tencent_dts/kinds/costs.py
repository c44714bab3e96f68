"""What a job costs, and whether it goes on costing, as far as the API shows: an estimate, the same in every place.

Errors, the report of orphans, the question for an approval and the DTS tab ask here, and nowhere else.

API document: TradeInfo, SyncJobInfo, SubscribeInfo; the notes on billing: a migration is billed by the hour and class
while its incremental step runs, paused or not, a sync job from its start but not while it is paused, a subscription
from its purchase; one hour's fee is frozen at the purchase, until the job is isolated. What is prepaid is not billed by
the hour. How long a sync job was paused is not reported: its hours are an upper bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tencent_dts.kinds.price import Price
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.answers import Item, dig, text_at
from tencent_dts.model.resource import Resource
from tencent_dts.times import moment

PRICES: Mapping[str, Price] = {kind.resource.name: kind.price for kind in KINDS if kind.price is not None}
"""By the name of a kind of job; what is free has none."""


@dataclass(frozen=True)
class Cost:
    """What a job costs.

    :param hours: in words, what was billed so far.
    :param fee: in words, what becomes of the fee that was frozen at the purchase.
    :param runs: money is spent now, by the hour.
    :param held: a fee is held now.
    """

    hours: str
    fee: str
    runs: bool = False
    held: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether it costs, or holds money, until a person ends it."""
        return self.runs or self.held

    def __str__(self) -> str:
        return f"{self.hours}; {self.fee}" if self.held else self.hours


def is_free(resource: Resource, item: Item) -> bool:
    """Whether a job costs nothing from its purchase on."""
    price = PRICES.get(resource.name)
    if price is None or resource.bill is None or resource.bill.of(item) in resource.free:
        return True
    path, value = price.marked_free
    return bool(path) and text_at(item, path) == value


def cost_of(resource: Resource, item: Item, now: datetime) -> Cost:
    """What a job costs so far and what it holds; the API knows no prices.

    :param now: the end of a bill that goes on.
    """
    price = PRICES.get(resource.name)
    if price is None or is_free(resource, item):
        free = f"none: {'this job' if price is not None else f'a {resource.name}'} is free"
        return Cost(free, free)
    if resource.is_prepaid(item):
        until = moment(item.get("ExpireTime"))
        return Cost(f"prepaid until {until:%Y-%m-%d %H:%M:%S}" if until else "prepaid", "none: it is prepaid")
    fee, held = _fee(resource, price, item)
    hours, runs = _billed(resource, price, item, now)
    return Cost(hours, fee, runs, held)


def billed_hours(resource: Resource, item: Item, now: datetime) -> float | None:
    """What was billed by the hour so far; ``None`` where nothing is, or it is not reported.

    :param now: the end of a bill that goes on.
    """
    price = PRICES.get(resource.name)
    if price is None or is_free(resource, item) or resource.is_prepaid(item) or price.begun(item) is None:
        return None
    ended, known = _end(resource, price, item)
    return _span(price, item, ended, now) if known else None


def _end(resource: Resource, price: Price, item: Item) -> tuple[datetime | None, bool]:
    """When the bill stopped, ``None`` while it goes on; and whether that is reported."""
    ended = min((at for at in (end(item) for end in price.ends) if at is not None), default=None)
    if ended is None and (resource.axis.of(item) in price.over or resource.is_released(item)):
        ended = moment(dig(item, price.last))
        return ended, ended is not None
    return ended, True


def _span(price: Price, item: Item, ended: datetime | None, now: datetime) -> float:
    """Hours from the begin of the bill to its end, or until now."""
    begun = price.begun(item)
    latest = max(now, moment(dig(item, price.last)) or now)  # an emulator's clock may be ahead of ours
    return max(0.0, ((ended or latest) - begun).total_seconds()) / 3600 if begun is not None else 0.0


def _billed(resource: Resource, price: Price, item: Item, now: datetime) -> tuple[str, bool]:
    """What was billed by the hour, in words, and whether that goes on."""
    if price.begun(item) is None:
        return price.idle, False
    ended, known = _end(resource, price, item)
    if not known:
        return "it has ended; for how long it ran is not reported", False
    hours = _hours(price, item, ended, now)
    if ended is not None:
        return hours, False
    if resource.axis.of(item) in price.paused:
        return f"{hours} at most, standing still while the job is paused", False
    return f"{hours}, and counting", True


def _hours(price: Price, item: Item, ended: datetime | None, now: datetime) -> str:
    hours = f"about {_span(price, item, ended, now):.2f} h"
    if price.amount:
        hours += f" \N{MULTIPLICATION SIGN} {text_at(item, price.amount) or 'class not reported'}"
    return hours


def _fee(resource: Resource, price: Price, item: Item) -> tuple[str, bool]:
    trade = resource.bill.of(item) if resource.bill is not None else ""
    if trade in price.isolated:
        return "released", False
    if trade in resource.released:
        return "one hour's fee is being released", True
    return "one hour's fee is held until the job is isolated", True
