"""Small values as a page shows them: marks, times, links, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tencent_dts.kinds.page import Tone
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Axis, Statuses

# How the steps of runs, checks and comparisons are said to have gone.
_RESULTS: dict[str, Tone] = {
    "success": "good",
    "finished": "good",
    "pass": "good",
    "running": "busy",
    "notStarted": "idle",
    "paused": "idle",
    "skipped": "warn",
    "warning": "warn",
    "blocked": "bad",
    "failed": "bad",
}


_HASHES = re.compile(r"^([0-9a-f]{16}-)+")


@dataclass(frozen=True)
class Mark:
    """A word in a coloured frame."""

    text: str
    tone: Tone


def mark(axis: Axis, value: str, tones: Iterable[tuple[Tone, Statuses]], otherwise: Tone = "busy") -> Mark:
    """A status; one that the documents do not know is marked so.

    :param tones: the first that lists the status wins.
    :param otherwise: the tone of known statuses that none lists.
    """
    if value not in axis.known:
        return Mark(value or "not reported", "unknown")
    return Mark(value, next((tone for tone, listed in tones if value in listed), otherwise))


def result_mark(value: str) -> Mark:
    """The result of a step, by its name."""
    return Mark(value or "not reported", _RESULTS.get(value, "unknown"))


def lasted(begun: datetime | None, ended: datetime | None) -> str:
    """How long something took, as ``1 h 5 min``; "" where a time is missing."""
    if begun is None or ended is None:
        return ""
    minutes, seconds = divmod(max(0, int((ended - begun).total_seconds())), 60)
    if minutes == 0:
        return f"{seconds} s"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min {seconds} s"


def readable(name: str) -> str:
    """A name without the hashes that it begins with, by which a run finds what it has made."""
    return _HASHES.sub("", name)


def first(item: Item, *names: str) -> Any:
    """The first of these fields that has a value; ``None`` where none has. Shapes spell the same fact differently."""
    return next((item[name] for name in names if item.get(name) not in (None, "")), None)


def addresses(text: str | None) -> tuple[str, ...]:
    """The web addresses in one text, which may hold several."""
    return links(re.split(r"[;\s]+", text or ""))


def links(texts: Iterable[str | None]) -> tuple[str, ...]:
    """The web addresses among texts: nothing else becomes a link."""
    return tuple(text for text in texts if text and _is_web_address(text))


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc)


def percent(value: int | float | str | None) -> int | None:
    """A percentage from 0 to 100, which 2018 writes as text; ``None`` where it is unknown, which -1 says too."""
    number = value if not isinstance(value, str) else int(value) if value.isdecimal() else None
    return min(100, int(number)) if number is not None and number >= 0 else None
