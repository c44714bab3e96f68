"""What a job costs: the billing status, the frozen fee, the meter.

Documents: TradeInfo, IsolateMigrateJob, the introduction's notes on the frozen fee; the price guide (a migration
is billed only while its incremental step runs, paused or not; structure and full steps are free) and on sync (the
hourly bill of a paused link stands still).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypedDict

from tencent_dts.emulator.world import kinds
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.records import Record, Trade
from tencent_dts.emulator.world.tables import shown

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import TradeInfo


HOUR = 3600.0
NO_TIME = "0000-00-00 00:00:00"


def deal_name(at: float) -> str:
    """Return an order number as the documents' examples have them: the time and ten digits."""
    return stamp(at).translate({ord(sign): None for sign in "-: "}) + f"{secrets.randbelow(10**10):010d}"


def new_trade(
    at: float, instance_class: str, state: str, *, free: bool, months: int = 0, expires: float | None = None
) -> Trade:
    """Return the billing part of a job bought at ``at``; one that is billed by the hour has an hour's fee frozen.

    ``months`` is the time a prepaid job is bought for, until ``expires``; 0 for one that is paid by the hour.
    """
    return {
        "state": state,
        "class": instance_class,
        "new_class": "",
        "deal": deal_name(at),
        "last_deal": "",
        "frozen": not free and not months,
        "free": free,
        "months": months,
        "expires": expires,
        "auto_renew": False,
        "isolated": None,
        "offline": None,
        "isolate_reason": "",
        "offline_reason": "",
        "metered": {},
        "metering": None,
    }


def meter(job: Record, at: float) -> None:
    """Let the meter run or stand according to the job's state; called at every change of it."""
    trade = job["trade"]
    if trade["metering"] is not None:
        metered = trade["metered"]
        metered[trade["class"]] = metered.get(trade["class"], 0.0) + at - trade["metering"]
        trade["metering"] = None
    kind = kinds.of(job)
    by_hour = not trade["free"] and not trade["months"]
    if by_hour and trade["state"] in kind.metered_trades and job["state"] in kind.metered:
        trade["metering"] = at


def trade_info(job: Record) -> TradeInfo:
    """Return TradeInfo as the API shows it."""
    trade = job["trade"]
    return {
        "DealName": trade["deal"],
        "LastDealName": trade["last_deal"],
        "InstanceClass": trade["class"],
        "TradeStatus": shown(trade["state"]),
        "ExpireTime": NO_TIME,
        "OfflineTime": stamp(trade["offline"]) if trade["offline"] else "",
        "IsolateTime": stamp(trade["isolated"]) if trade["isolated"] else "",
        "OfflineReason": trade["offline_reason"],
        "IsolateReason": trade["isolate_reason"],
        "PayType": "postpay",
        "BillingType": "notBilling" if trade["free"] else "billing",
    }


def hours(job: Record, now: float) -> dict[str, float]:
    """Return the hours billed so far, by instance class."""
    trade = job["trade"]
    seconds = dict(trade["metered"])
    if trade["metering"] is not None:
        seconds[trade["class"]] = seconds.get(trade["class"], 0.0) + now - trade["metering"]
    return {name: round(value / HOUR, 4) for name, value in seconds.items()}


def costs(job: Record) -> bool:
    """Return whether the job still holds money: its meter runs, its frozen fee is not released, it is prepaid."""
    trade = job["trade"]
    prepaid = trade["months"] and trade["state"] not in kinds.of(job).leaving
    return bool(trade["frozen"] or trade["metering"] is not None or prepaid)


class Meter(TypedDict):
    """What jobs have cost, and which still do."""

    jobs: int
    billed_hours: dict[str, float]
    frozen_fees: int
    prepaid_months: int
    live: list[str]
    orphans: list[str]


def summary(jobs: list[Record], now: float) -> Meter:
    """Return what the admin API's ``meter`` says about these jobs.

    ``live`` are the jobs whose bill, frozen fee or prepaid time is not released; ``orphans`` those of them that have
    come to a final status or have never been started, so that nothing goes on which would end the cost.
    """
    total: dict[str, float] = {}
    for job in jobs:
        for name, value in hours(job, now).items():
            total[name] = round(total.get(name, 0.0) + value, 4)
    live = [job for job in jobs if costs(job)]
    return {
        "jobs": len(jobs),
        "billed_hours": total,
        "frozen_fees": sum(job["trade"]["frozen"] for job in jobs),
        "prepaid_months": sum(job["trade"]["months"] for job in jobs),
        "live": [job["JobId"] for job in live],
        "orphans": [job["JobId"] for job in live if job["state"] in kinds.of(job).final | kinds.of(job).idle],
    }
