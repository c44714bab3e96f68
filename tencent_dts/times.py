"""Times as DTS writes them: Beijing time without a zone, or with one where the account asks for ISO 8601.

API document: the notes on time of DescribeMigrationDetail, DescribeCompareTasks and their like.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def moment(text: object) -> datetime | None:
    """A time of an answer; ``None`` where there is none, which "" and year 0 say, too."""
    try:
        at = datetime.fromisoformat(str(text or ""))
        return at.replace(tzinfo=BEIJING) if at.tzinfo is None else at.astimezone(BEIJING)
    except (ValueError, OverflowError):
        return None


def in_utc(at: float) -> str:
    """Epoch seconds, for people."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def shown(text: str | None) -> str:
    """A time of an answer for the page, "" where there is none."""
    at = moment(text)
    return at.strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""
