"""What can happen at a moment of a walk, as plain data: what is drawn of it, and how often.

An event is ``(moment, kind, arguments)``. A moment is a number: calls, legs of tasks and answers of people are counted
through the whole walk. What an event does stands in :mod:`tests.chaos.walks.world`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

Event = tuple[int, str, tuple[Any, ...]]
Draw = Callable[[Random], tuple[Any, ...]]
_Item = TypeVar("_Item")


def at_place(place: float, items: Sequence[_Item]) -> _Item:
    """The item at a place from 0 to 1, which is drawn below 1 and can have been rounded up to it."""
    return items[min(int(place * len(items)), len(items) - 1)]


FAULTS: Mapping[str, dict[str, Any]] = {
    "throttled": {"code": "RequestLimitExceeded"},
    "throttled 6 times": {"code": "RequestLimitExceeded", "nth": [1, 2, 3, 4, 5, 6]},
    "internal error": {"code": "InternalError.InternalErrorError"},
    "internal error after commit": {"code": "InternalError.InternalErrorError", "when": "after"},
    "502": {"status": 502},
    "502 after commit": {"status": 502, "when": "after"},
    "wrong state": {"code": "OperationDenied.OperationDeniedError"},
    "not found": {"code": "ResourceNotFound.ResourceNotFoundError"},
    "not found twice": {"code": "ResourceNotFound.ResourceNotFoundError", "nth": [1, 2]},
    "refused": {"code": "LimitExceeded.LimitExceededError"},
    "denied": {"code": "UnauthorizedOperation.UnauthorizedOperationError"},
    "invalid": {"code": "InvalidParameter.InvalidParameterError"},
    "dropped before": {"drop": "before"},
    "dropped after commit": {"drop": "after"},
    "truncated": {"truncate": True},
    "seen 5 min later": {"visibility_delay": 300.0},
}
"""What the emulator does to the call at the moment."""

WAYS = ("refused connection", "killed before", "killed after")
"""What happens to it on this side."""

OUTAGES = ({"status": 502}, {"code": "InternalError.InternalErrorError"}, {"code": "RequestLimitExceeded"})

EDITS: Mapping[str, Mapping[str, Any]] = {
    "cloud: wrong key": {"password": "a-wrong-secret-key"},
    "cloud: rotated key": {"login": "AKIDrotated", "password": "rotated-secret"},
    "cloud: another account": {"login": "AKIDstranger", "password": "stranger-secret"},
    "cloud: another region": {"extra": {"region": "ap-shanghai"}},
    "cloud: another endpoint": {"port": 8022},
    "cloud: dead endpoint": {"port": 8023},
    "cloud: removed": {},
    "source: another password": {"password": "another-source-password"},
    "source: another host": {"host": "203.0.113.99"},
    "source: another region": {"extra": {"region": "ap-shanghai"}},
    "source: removed": {},
    "target: another password": {"password": "another-target-password"},
    "target: another region": {"extra": {"region": "ap-shanghai"}},
    "target: another instance": {"extra": {"instance_id": "cdb-otherone"}},
    "target: removed": {},
}
"""What a connection is changed to; nothing: it is removed."""

CONSOLE = ("pause", "resume", "stop", "isolate", "recover", "rename", "retag", "reconfigure", "complete", "destroy")
SEEDS: Mapping[str, dict[str, Any]] = {
    "data differ": {"compare": {"conclusion": "different", "different_tables": 1}},
    "all skipped": {"compare": {"conclusion": "skipAll"}},
    "a table skipped": {"compare": {"skipped_tables": 1}},
    "comparison fails": {"compare": {"status": "failed"}},
    "check fails": {"checks": {"ConnectDBCheck": "failed"}},
    "check breaks": {"check_run": "failed"},
    "error when it runs": {"fail_at": "incremental", "status": "error"},
    "failed when it runs": {"fail_at": "incremental", "status": "failed"},
    "error while it loads": {"fail_at": "loader", "status": "error"},
    "unknown status": {"unknown_status": "upgrading"},
}
"""What is rehearsed once, when it comes to that."""

_MOMENTS = (600, 3_700, 3 * 3600, 26 * 3600, 9 * 86_400)


def _one(*values: Any) -> Draw:
    return lambda rng: (rng.choice(values),)


def _clear(rng: Random) -> tuple[Any, ...]:
    """Which run (0: that of the leg), which task by its place, with its downstream, while its call is carried out."""
    return (rng.choice((0, 0, 0, 0, 1)), round(rng.random(), 3), rng.random() < 0.6, rng.random() < 0.5)


def _mark(rng: Random) -> tuple[Any, ...]:
    return (0, round(rng.random(), 3), rng.choice(("failed", "failed", "success")), rng.random() < 0.5)


def _lag(rng: Random) -> tuple[Any, ...]:
    return (rng.choice((1, 50)), rng.choice((0, 5, 600)), rng.choice((300, 3600, 7000)))


KINDS: Mapping[str, tuple[int, Draw]] = {
    "fault": (26, _one(*FAULTS)),
    "way": (6, _one(*WAYS)),
    "shape": (5, lambda rng: (round(rng.random(), 4), rng.randrange(6))),
    "outage": (5, lambda rng: (rng.randrange(len(OUTAGES)), rng.choice((120, 400, 2000, 5400)))),
    "clear": (16, _clear),
    "mark": (5, _mark),
    "give up": (2, lambda rng: (rng.random() < 0.5,)),
    "connection": (12, _one(*EDITS)),
    "correct": (5, lambda rng: ()),
    "console": (12, _one(*CONSOLE)),
    "later": (7, _one(*_MOMENTS)),
    "worker's clock": (5, _one(-7200, -300, -40, 40, 300, 7200)),
    "lists lag": (4, _one(60.0, 300.0, 1800.0)),
    "trigger breaks": (4, _one(1, 2, 5)),
    "restart": (3, lambda rng: ()),
    "adopt": (4, lambda rng: (rng.random() < 0.6, rng.choice((2, 4, 8, 20)))),
    "other goes on": (3, _one(1, 3, 20)),
    "reap": (3, lambda rng: (rng.random() < 0.5,)),
    "forget": (2, lambda rng: ()),
    "lag": (8, _lag),
    "seed": (8, _one(*SEEDS)),
    "answer": (5, lambda rng: (rng.choice(("Approve", "Reject", "silence")), rng.choice((60, 7200, 90_000)))),
}
"""How often each kind is drawn, and what is drawn with it."""

TECHNICAL = frozenset(
    (
        *("fault", "way", "shape", "outage", "clear", "correct", "worker's clock", "lists lag", "trigger breaks"),
        "restart",
    )
)
"""Kinds after which a person who clears what is red must get it green: nobody has changed what is wanted."""
HARMLESS_EDITS = frozenset(
    name for name in EDITS if name.partition(": ")[2] in ("wrong key", "rotated key", "dead endpoint", "removed")
)
"""Edits that are the same: they stop the run, and say nothing else."""


def draw(rng: Random, calls: int) -> list[Event]:
    """Two to eight events, spread over so many calls and half as many again."""
    names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    kinds = rng.choices(names, weights, k=rng.randint(2, 8))
    found = [(rng.randint(1, calls + calls // 2), kind, KINDS[kind][1](rng)) for kind in kinds]
    return sorted(found, key=lambda event: event[0])


def is_technical(events: list[Event]) -> bool:
    """Whether nothing in them changes what is wanted, or what is there."""
    return all(kind in TECHNICAL or (kind == "connection" and more[0] in HARMLESS_EDITS) for _, kind, more in events)
