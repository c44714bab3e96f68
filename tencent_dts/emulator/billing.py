"""What a job costs: the billing status, the frozen fee, the meter.

Documents: TradeInfo, IsolateMigrateJob, the introduction's notes on the frozen fee; the price guide (a migration
is billed only while its incremental step runs, paused or not; structure and full steps are free).
"""

from __future__ import annotations

import secrets
from typing import Any

from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.clock import stamp
from tencent_dts.emulator.tables import FINAL, IDLE, shown

HOUR = 3600.0
NO_TIME = "0000-00-00 00:00:00"

_METERED = frozenset({"running.incremental", "readyComplete", "pausing", "manualPaused", "completing"})
_SERVED = frozenset({"normal", "resizing"})


def deal_name(at: float) -> str:
    """Return an order number as the documents' examples have them: the time and ten digits."""
    return stamp(at).translate({ord(sign): None for sign in "-: "}) + f"{secrets.randbelow(10**10):010d}"


def new_trade(at: float, instance_class: str, *, free: bool) -> dict[str, Any]:
    """Return the billing part of a job bought at ``at``; a billed one has an hour's fee frozen."""
    return {
        "state": "notBilled" if free else "normal",
        "class": instance_class,
        "new_class": "",
        "deal": deal_name(at),
        "last_deal": "",
        "frozen": not free,
        "free": free,
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
    if not trade["free"] and trade["state"] in _SERVED and job["state"] in _METERED:
        trade["metering"] = at


def trade_info(job: Record) -> dict[str, Any]:
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
    """Return whether the job still holds money: its meter runs or its frozen fee is not released."""
    return bool(job["trade"]["frozen"] or job["trade"]["metering"] is not None)


def summary(jobs: list[Record], now: float) -> dict[str, Any]:
    """Return what the admin API's ``meter`` says about these jobs.

    ``live`` are the jobs whose bill or frozen fee is not released; ``orphans`` those of them that have come to a
    final status or have never been started, so that nothing goes on which would end the cost.
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
        "live": [job["JobId"] for job in live],
        "orphans": [job["JobId"] for job in live if job["state"] in FINAL | IDLE],
    }
