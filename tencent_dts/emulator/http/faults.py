"""Chaos on demand: rules that make chosen calls fail, wait, or lose their answer."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from tencent_dts.emulator.world.kernel import Fields, Plain

When = Literal["before", "after"]
Check = Callable[[Any], bool]
LONGEST_SECONDS = 10**9
EFFECTS = ("code", "status", "drop", "truncate", "latency", "visibility_delay")


@dataclass
class Rule:
    """Which calls a fault strikes, and what it does to them.

    Which: ``action`` ("*" for every one) or a list of them; ``job_id``; ``account``; ``nth``: only the nth
    matching call, counted from 1 (or a list); ``probability`` from 0 to 1, drawn from ``seed``; at most ``times``
    calls (default: no end).

    What: ``code`` (an error, with ``message``); ``status`` (that HTTP status with an HTML page, as a gateway
    sends); ``drop`` ("before" the call is carried out, or "after"; the connection is cut); ``truncate`` (the call
    is carried out, half of the answer arrives); ``latency`` (the call is carried out at once, the answer leaves
    after this many real seconds); ``visibility_delay`` (what this call buys stays out of lists for this many
    virtual seconds). ``when``: whether ``code`` and ``status`` come "before" the call is carried out (the
    default) or "after", when only the answer is lost. Latency goes with any other effect.
    """

    action: str | list[str] = "*"
    job_id: str = ""
    account: str = ""
    nth: int | list[int] | None = None
    probability: float = 1.0
    seed: int | None = None
    times: int | None = None
    code: str = ""
    message: str = "The emulator was asked to fail."
    status: int = 0
    drop: When | None = None
    truncate: bool = False
    latency: float = 0.0
    visibility_delay: float = 0.0
    when: When = "before"
    id: int = 0
    matched: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.seed is None:
            self.seed = secrets.randbits(32)

    def strikes(self, account: str, action: str, job_ids: list[str]) -> bool:
        """Say whether this call is struck, and count it."""
        actions = [self.action] if isinstance(self.action, str) else self.action
        if not ({"*", action} & set(actions)) or self.job_id not in ("", *job_ids):
            return False
        if self.account not in ("", account) or (self.times is not None and self.fired >= self.times):
            return False
        self.matched += 1
        nth = [self.nth] if isinstance(self.nth, int) else self.nth
        if nth is not None and self.matched not in nth:
            return False
        if self._drawn() >= self.probability:
            return False
        self.fired += 1
        return True

    def _drawn(self) -> float:
        """A number from 0 up to 1, drawn for this call: the same for the same seed and the same count of calls."""
        digest = hashlib.sha256(f"{self.seed}:{self.matched}".encode()).digest()
        return float(int.from_bytes(digest) / 256 ** len(digest))

    @property
    def early(self) -> str:
        """What happens instead of the call, or ""."""
        if self.drop == "before":
            return "drop"
        return self._answer if self.when == "before" else ""

    @property
    def late(self) -> str:
        """What happens to the answer of a call that has been carried out, or ""."""
        if self.drop == "after":
            return "drop"
        if self.truncate:
            return "truncate"
        return self._answer if self.when == "after" else ""

    @property
    def _answer(self) -> str:
        return "code" if self.code else "status" if self.status else ""


class Faults:
    """The rules in force; the first that strikes a call decides, the others do not see it."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._last_id = 0

    def add(self, wanted: Fields) -> int:
        """Add a rule and return its id. Raises ``ValueError`` with the reason when it is not a right one."""
        rule = parse(wanted)
        self._last_id += 1
        rule.id = self._last_id
        self._rules.append(rule)
        return rule.id

    def clear(self, rule_id: int | None = None) -> None:
        """Remove one rule, or all."""
        self._rules = [] if rule_id is None else [rule for rule in self._rules if rule.id != rule_id]

    def all(self) -> list[Plain]:
        """Return the rules with how many calls each has ``matched`` and struck (``fired``)."""
        return [asdict(rule) for rule in self._rules]

    def strike(self, account: str, action: str, job_ids: list[str]) -> Rule:
        """Return the rule that strikes a call; one without effects when none does."""
        return next((rule for rule in self._rules if rule.strikes(account, action, job_ids)), HARMLESS)


HARMLESS = Rule()


def parse(wanted: Fields) -> Rule:
    """Make a rule of plain JSON. Raises ``ValueError`` with the reason when it is not a right one."""
    unknown = set(wanted) - set(CHECKS)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has {', '.join(CHECKS)}")
    for name, value in wanted.items():
        if not CHECKS[name](value):
            raise ValueError(f"{name} cannot be {value!r}")
    if not any(wanted.get(name) for name in EFFECTS):
        raise ValueError(f"a fault needs an effect: {', '.join(EFFECTS)}")
    return Rule(**wanted)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_SECONDS


def _is_list(value: object, of: Check) -> bool:
    return isinstance(value, list) and all(map(of, value))


CHECKS: Mapping[str, Check] = {
    "action": lambda value: _is_text(value) or _is_list(value, _is_text),
    "job_id": _is_text,
    "account": _is_text,
    "nth": lambda value: _is_count(value) or _is_list(value, _is_count),
    "probability": lambda value: _is_seconds(value) and value <= 1,
    "seed": lambda value: isinstance(value, int),
    "times": _is_count,
    "code": _is_text,
    "message": _is_text,
    "status": lambda value: _is_count(value) and (value == 200 or 400 <= value <= 599),
    "drop": lambda value: value in get_args(When),
    "truncate": lambda value: isinstance(value, bool),
    "latency": _is_seconds,
    "visibility_delay": _is_seconds,
    "when": lambda value: value in get_args(When),
}
"""What each part of a rule may be."""
