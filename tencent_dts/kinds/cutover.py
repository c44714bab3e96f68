"""The hours in which a migration may be cut over: not before one moment, and not after another.

API document: CompleteMigrateJob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo, available_timezones

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.form_parts import Fields, words
from tencent_dts.kinds.planning import Parameters
from tencent_dts.times import BEIJING

BOUNDS = ("not_before", "not_after")
_EXAMPLE = "2026-12-31 02:00"


class CutoverWindow(TypedDict, total=False):
    """The hours of a cutover, as a plan has them and a task is given them.

    ``not_before`` and ``not_after`` are times in ISO 8601 with their offset, as ``2026-12-31T02:00:00+01:00``; what is
    left out, or "", is no bound.
    """

    not_before: str
    not_after: str


@dataclass(frozen=True)
class Window:
    """The hours of a cutover as moments; ``None`` is no bound."""

    not_before: datetime | None = None
    not_after: datetime | None = None

    def seconds_until_open(self, now: float) -> float:
        """How long until it opens, from a moment in epoch seconds; 0 where it is open, or past."""
        return max(0.0, self.not_before.timestamp() - now) if self.not_before else 0.0

    def is_past(self, now: float) -> bool:
        """Whether a moment, in epoch seconds, is after it."""
        return self.not_after is not None and now >= self.not_after.timestamp()

    def told(self) -> CutoverWindow:
        """The same for a plan."""
        return {
            "not_before": self.not_before.isoformat() if self.not_before else "",
            "not_after": self.not_after.isoformat() if self.not_after else "",
        }

    def __str__(self) -> str:
        bounds = {"not before": self.not_before, "not after": self.not_after}
        return ", ".join(f"{name} {at.isoformat(sep=' ')}" for name, at in bounds.items() if at) or "at any time"


def cutover_window(section: str) -> Fields:
    """The parameters that say when a cutover may begin."""
    return {
        "cutover_not_before": words(
            section,
            "Cut over not before",
            f"As {_EXAMPLE}, in the time zone below. Until then the job goes on replicating, and costs. Empty: as soon "
            "as the data are proven.",
        ),
        "cutover_not_after": words(
            section,
            "Cut over not after",
            "When it has passed, the run is red instead, and the job goes on replicating. Empty: at any time.",
        ),
        "cutover_time_zone": words(
            section,
            "Time zone",
            "Of the two times, as Europe/Berlin. Empty: Beijing time, as everywhere in DTS.",
        ),
    }


def window_of(given: Mapping[str, object] | None) -> Window:
    """The hours that a task was given.

    :raises InvalidInput: a name is unknown, a time is none, or has no offset, or the window ends before it begins.
    """
    given = given or {}
    for name in given.keys() - set(BOUNDS):
        raise InvalidInput(f"window, {name}", "a window has not_before and not_after", given[name])
    before, after = (_moment(str(given.get(name) or ""), None, f"window, {name}") for name in BOUNDS)
    return _ordered(before, after, "window, not_after")


def asked_window(request: Parameters) -> Window:
    """The hours that a form asks for.

    :raises InvalidInput: a time is none, there is none like it in that zone, the window ends before it begins, or the
        migration has no cutover.
    """
    named = {name: str(request[name] or "") for name in ("cutover_not_before", "cutover_not_after")}
    zone = _zone(str(request["cutover_time_zone"] or ""))
    for name, text in named.items():
        if text and request["migrate_type"] != "fullAndIncrement":
            fix = f"leave it empty: migrate_type {request['migrate_type']} ends by itself, without a cutover"
            raise InvalidInput(name, fix, text)
    before, after = (_moment(text, zone, name) for name, text in named.items())
    return _ordered(before, after, "cutover_not_after")


def _ordered(before: datetime | None, after: datetime | None, field: str) -> Window:
    if before is not None and after is not None and after <= before:
        raise InvalidInput(field, f"it must lie after the beginning, {before.isoformat(sep=' ')}", str(after))
    return Window(before, after)


def _zone(name: str) -> ZoneInfo:
    if not name:
        return BEIJING
    if name not in available_timezones():
        raise InvalidInput("cutover_time_zone", "give a name of the time zone database, as Europe/Berlin", name)
    return ZoneInfo(name)


def _moment(text: str, zone: ZoneInfo | None, field: str) -> datetime | None:
    """The moment that a text means; ``None`` for an empty one."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, f"write it like {_EXAMPLE}, or with an offset, {_EXAMPLE}+01:00", text) from None
    if at.tzinfo is not None:
        return at
    if zone is None:
        raise InvalidInput(field, f"give its offset, too, as {_EXAMPLE}+01:00", text)
    return _in_zone(at, zone, field, text)


def _in_zone(at: datetime, zone: ZoneInfo, field: str, text: str) -> datetime:
    """A time by the clocks of a zone, where it is one moment and no more."""
    earlier, later = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return datetime.fromisoformat(earlier.isoformat())  # with its offset alone, which a plan can hold
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise InvalidInput(field, f"the clocks of {zone.key} are put forward then, and skip it; give another", text)
    both = " or ".join(side.isoformat(sep=" ") for side in (earlier, later))
    raise InvalidInput(field, f"the clocks of {zone.key} are put back then, and show it twice: write {both}", text)
