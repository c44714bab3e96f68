"""Schedules that would run at other times than the file seems to say: each run buys, so they are refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from airflow.sdk import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowTimetableInvalid
from croniter import CroniterBadDateError, croniter

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_ANY = ("*", "?")
# What croniter fills in by itself: R draws again at each look, H goes by a name that manifests have none of.
_DRAWN = re.compile(r"(?:^|,)[rh](?:\(|/|,|$)", re.IGNORECASE)


def schedule_problem(text: str) -> str | None:
    """Why a schedule is none, or means something else than it seems to; ``None`` for a good one.

    :param text: a cron expression or a preset, as in the file; ``@once`` and ``null`` are none of its concern.
    """
    try:
        CronTriggerTimetable(text, timezone="UTC").validate()
    except AirflowTimetableInvalid:
        return "a cron expression, as '0 2 * * 6', a preset, as '@once', or null"
    return None if text.startswith("@") else _misread(text, text.split())


def _misread(text: str, fields: list[str]) -> str | None:
    """Why an expression that croniter takes means something else than it seems to; ``None`` for a good one."""
    if len(fields) != len(_FIELDS):  # a sixth is seconds, a seventh years
        return f"it has {len(fields)} fields; write five: {', '.join(_FIELDS)}"
    if drawn := [field for field in fields if _DRAWN.search(field)]:
        return f"{drawn[0]} is another time at each look; write the time"
    if fields[2] not in _ANY and fields[4] not in _ANY:
        return (
            "it gives a day of the month and a day of the week, and cron runs on either; make one of them *, or write "
            "the first Monday as '0 2 * * 1#1'"
        )
    try:
        croniter(text, datetime.now(UTC)).get_next(datetime)
    except CroniterBadDateError:
        return "there is no such day in any year"
    return None
