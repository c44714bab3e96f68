"""What the plans of all areas share: databases, skipped check items, times, comparisons.

API document: ModifyMigrationJob, ConfigureSyncJob, SkipCheckItem, CompareOptions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from tencent_dts.errors import InvalidInput

BEIJING = ZoneInfo("Asia/Shanghai")
COMPARE_METHODS = ("dataCheck", "sampleDataCheck", "rowsCount")


class Database(TypedDict):
    """One side of a link; ``connection`` is the id of an Airflow connection."""

    connection: str
    database_type: str
    region: str


class Skip(TypedDict):
    """A check item to skip, and why."""

    step_id: str
    reason: str


def beijing_time(text: str, field: str) -> datetime:
    """Parse a time; one without a zone is Beijing time, as everywhere in DTS.

    :raises InvalidInput: it is no time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, "write it like 2026-12-31 02:00:00 (Beijing time)", text) from None
    return moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment.astimezone(BEIJING)


def asked_run_time(request: Mapping[str, Any]) -> datetime | None:
    """When a timed run shall start; ``None`` for an immediate one.

    :raises InvalidInput: ``run_mode`` and ``expect_run_time`` contradict each other, or it is no time.
    """
    text, mode = str(request.get("expect_run_time") or ""), str(request["run_mode"])
    if mode.lower() == "timed":  # sync writes it with a capital
        if not text:
            raise InvalidInput("expect_run_time", f"run_mode {mode} needs it, as 2026-12-31 02:00:00 (Beijing time)")
        return beijing_time(text, "expect_run_time")
    if text:
        timed = "timed" if mode.islower() else "Timed"
        raise InvalidInput("expect_run_time", f"leave it empty, or set run_mode to {timed}", text)
    return None


def check_sample_rate(request: Mapping[str, Any]) -> None:
    """Only a comparison of samples has a rate.

    :raises InvalidInput: another method is given one.
    """
    method, rate = request["compare_method"], request["compare_sample_rate"]
    if method != "sampleDataCheck" and rate != 100:
        raise InvalidInput("compare_sample_rate", f"method {method} compares all; leave it at 100", rate)


def valid_title(text: str, fallback: str = "migration") -> str:
    """A job title without characters that names may not have.

    :param fallback: the title where nothing of ``text`` is left.
    """
    return re.sub(r"[^\w.-]+", "-", text).strip("-") or fallback
