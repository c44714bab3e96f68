"""What happens to a record by itself, and when.

A record is a plain document with an ``agenda``: the things that will happen to it, each on an axis of its own
(``run``, ``trade``, ``compare:<id>``). :func:`settle` lets them happen, in order, each at its own time, up to
the clock; so a clock that jumps gives the same states as one that runs.
"""

from __future__ import annotations

from collections.abc import Callable

from tencent_dts.emulator.world.kernel import World
from tencent_dts.emulator.world.records import Record

Event = Callable[[World, Record, float, str], None]
"""Takes the world, the record, the time it happens at and the argument it was scheduled with."""

PRECISION = 0.001
"""Seconds within which two moments are the same one: sums of times differ in their last digits."""

EVENTS: dict[tuple[str, str], Event] = {}
"""What happens, by (kind of record, name of event)."""

EVERY = "*"
"""The kind under which what happens to jobs of every kind is registered."""


def happens(kind: str, name: str) -> Callable[[Event], Event]:
    """Register the function behind an event of one kind of record, or of every (:data:`EVERY`).

    Raises ``ValueError`` when it has one.
    """

    def register(event: Event) -> Event:
        if (kind, name) in EVENTS:
            raise ValueError(f"{name} of {kind} is registered twice")
        EVENTS[kind, name] = event
        return event

    return register


def schedule(record: Record, axis: str, event: str, at: float, argument: str = "") -> None:
    """Let ``event`` happen at ``at`` (epoch seconds, virtual)."""
    record["agenda"].append({"at": at, "axis": axis, "event": event, "argument": argument})


def cancel(record: Record, axis: str) -> None:
    """Forget everything planned on an axis, held or not."""
    for plan in ("agenda", "held"):
        record[plan] = [entry for entry in record[plan] if entry["axis"] != axis]


def remaining(record: Record, event: str, at: float) -> float | None:
    """Return the seconds until an event, counting from ``at`` (a held one keeps what it had); None: not planned."""
    for entry in record["agenda"]:
        if entry["event"] == event:
            return float(entry["at"]) - at
    for entry in record["held"]:
        if entry["event"] == event:
            return float(entry["at"])
    return None


def due(at: float, now: float) -> bool:
    """Return whether a moment has come."""
    return at <= now + PRECISION


def share(passed: float, whole: float) -> float:
    """Return what part of a time has passed, 1 when there is nothing to wait for."""
    return round(passed / whole, 6) if whole else 1.0


def hold(record: Record, axis: str, at: float) -> None:
    """Suspend what is planned on an axis; :func:`release` lets it go on with the time it still had."""
    taken = [entry for entry in record["agenda"] if entry["axis"] == axis]
    record["agenda"] = [entry for entry in record["agenda"] if entry["axis"] != axis]
    record["held"] += [entry | {"at": entry["at"] - at} for entry in taken]


def release(record: Record, at: float) -> None:
    """Let everything that is held go on."""
    record["agenda"] += [entry | {"at": at + entry["at"]} for entry in record["held"]]
    record["held"] = []


def settle(world: World, record: Record) -> bool:
    """Let everything happen that is due by now; return whether anything did."""
    now = world.clock.now()
    changed = False
    while record["agenda"]:
        entry = min(record["agenda"], key=lambda planned: float(planned["at"]))
        if not due(entry["at"], now):
            break
        record["agenda"].remove(entry)
        event = EVENTS.get((record["kind"], entry["event"])) or EVENTS[EVERY, entry["event"]]
        event(world, record, entry["at"], entry["argument"])
        changed = True
    return changed
