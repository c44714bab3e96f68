"""What a job costs, as far as the API tells: an estimate.

API document: TradeInfo, SyncJobInfo, SubscribeInfo; the notes on billing: a migration is billed by the hour and class
while its incremental step runs, paused or not, a sync job from its start but not while it is paused, a subscription
from its purchase; one hour's fee is frozen at the purchase, until the job is isolated. What is prepaid is not billed by
the hour. How long a sync job was paused is not told: its hours are an upper bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tencent_dts.plugins.kinds import Billing, Kind
from tencent_dts.plugins.words import shown
from tencent_dts.states import dig, text_at
from tencent_dts.times import moment


@dataclass(frozen=True)
class Bill:
    """``hours`` and ``fee`` as sentences; ``held`` and ``runs`` say whether money is held or spent now."""

    hours: str
    fee: str
    runs: bool = False
    held: bool = False


def bill_of(kind: Kind, detail: Mapping[str, Any], now: datetime) -> Bill:
    """The bill of a job: hours x class so far, and its frozen fee.

    :param now: the end of a bill that goes on.
    """
    billing, resource = kind.billing, kind.resource
    if billing is None or resource.bill is None:
        free = f"none: a {resource.name} is free"
        return Bill(free, free)
    if resource.bill.of(detail) in billing.free or _says(detail, billing.marked_free):
        return Bill("none: this job is free", "none: this job is free")
    if _says(detail, billing.prepaid):
        until = shown(dig(detail, billing.expires))
        return Bill(f"prepaid until {until}" if until else "prepaid", "none: it is prepaid")
    fee, held = _fee(kind, billing, detail)
    begun = billing.begun(detail)
    if begun is None:
        return Bill(billing.idle, fee, held=held)
    ended = _end(billing, detail)
    over = resource.axis.of(detail) in billing.over or resource.is_released(detail)
    if over and ended is None:
        ended = moment(dig(detail, billing.last))
        if ended is None:
            return Bill("it has ended; for how long it ran is not told", fee, held=held)
    hours = _hours(billing, detail, begun, ended, now)
    paused = ended is None and resource.axis.of(detail) in billing.paused
    goes_on = " at most, standing still while the job is paused" if paused else ", and counting"
    return Bill(hours + (goes_on if ended is None else ""), fee, ended is None and not paused, held)


def _hours(billing: Billing, detail: Mapping[str, Any], begun: datetime, ended: datetime | None, now: datetime) -> str:
    latest = max(now, moment(dig(detail, billing.last)) or now)  # an emulator's clock may be ahead of ours
    seconds = max(0.0, ((ended or latest) - begun).total_seconds())
    hours = f"about {seconds / 3600:.2f} h"
    if billing.amount:
        hours += f" \N{MULTIPLICATION SIGN} {text_at(detail, billing.amount) or 'class not told'}"
    return hours


def _says(detail: Mapping[str, Any], mark: tuple[str, str]) -> bool:
    path, value = mark
    return bool(path) and text_at(detail, path) == value


def _fee(kind: Kind, billing: Billing, detail: Mapping[str, Any]) -> tuple[str, bool]:
    trade = kind.resource.bill.of(detail) if kind.resource.bill is not None else ""
    if trade in billing.isolated:
        return "released", False
    if trade in kind.resource.released:
        return "is being released", True
    return "one hour's fee is held until the job is isolated", True


def _end(billing: Billing, detail: Mapping[str, Any]) -> datetime | None:
    """When the bill stopped: with the step, the job, or its isolation, whichever is told."""
    ends = [at for at in (end(detail) for end in billing.ends) if at is not None]
    return min(ends) if ends else None
