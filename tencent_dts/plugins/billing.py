"""What a job costs, as far as the API tells: an estimate.

API document: TradeInfo; the notes on billing: a migration is billed by the hour and class while its
incremental step runs, paused or not; one hour's fee is frozen at the purchase, until the job is isolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tencent_dts.plugins.words import moment
from tencent_dts.states import dig
from tencent_dts.states import migration as table

_BILLED_STEP = "sinker"
_FREE = table.ISOLATE.reached  # a free job keeps this status; isolating it deletes it


@dataclass(frozen=True)
class Bill:
    """``hours`` and ``fee`` as sentences; ``held`` and ``runs`` say whether money is held or spent now."""

    hours: str
    fee: str
    runs: bool = False
    held: bool = False


def bill_of(detail: Mapping[str, Any], now: datetime) -> Bill:
    """The bill of a job: hours x class so far, and its frozen fee.

    :param now: the end of an incremental step that goes on.
    """
    trade = table.TRADE_STATUS.of(detail)
    if trade in _FREE or dig(detail, "TradeInfo.BillingType") == "notBilling":
        return Bill("none: this job is free", "none: this job is free")
    fee, held = _fee(trade)
    step = _billed_step(detail)
    begun = moment(step.get("StartTime"))
    if begun is None:
        return Bill("none yet: only the incremental step is billed", fee, held=held)
    ended = _end(detail, step)
    latest = max(now, moment(detail.get("UpdateTime")) or now)  # an emulator's clock may be ahead of ours
    seconds = max(0.0, ((ended or latest) - begun).total_seconds())
    class_name = dig(detail, "TradeInfo.InstanceClass") or "class not told"
    runs = ended is None
    hours = f"about {seconds / 3600:.2f} h × {class_name}"  # noqa: RUF001 - a multiplication sign is meant
    return Bill(hours + (", and counting" if runs else ""), fee, runs, held)


def _fee(trade: str) -> tuple[str, bool]:
    if trade in table.ISOLATED.reached:
        return "released", False
    if trade in table.RELEASED:
        return "is being released", True
    return "one hour's fee is held until the job is isolated", True


def _billed_step(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    steps = dig(detail, "StepInfo.StepInfo") or ()
    return next((step for step in steps if step.get("StepId") == _BILLED_STEP), {})


def _end(detail: Mapping[str, Any], step: Mapping[str, Any]) -> datetime | None:
    """When the bill stopped: with the step, the job, or its isolation, whichever is told; ``None``: it runs."""
    told = [moment(step.get("FinishTime")), moment(detail.get("EndTime")), moment(dig(detail, "TradeInfo.IsolateTime"))]
    ends = [at for at in told if at is not None]
    if ends:
        return min(ends)
    over = table.MIGRATION_STATUS.of(detail) in table.ENDED or table.MIGRATION_JOB.is_released(detail)
    return moment(detail.get("UpdateTime")) if over else None
