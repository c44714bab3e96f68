"""Each call of a straight run x each fault x each recovery: the cases, and what is promised of each."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.lifecycles import Lifecycle

RETRIES = "its own retries"
DOWNSTREAM = "one clear of the red task with its downstream"
ALONE = "a clear of the red task alone"
WHOLE = "a clear of the whole run"
RECOVERIES = (RETRIES, DOWNSTREAM, ALONE, WHOLE)
DISTINCT = 3
"""So many calls of one action in one task are cases of their own; the polls that follow equal the last of them."""


@dataclass(frozen=True)
class Call:
    """One call of a straight run: the ``nth`` of its action, made by a task of a leg, whose ``turn``-th it is."""

    leg: int
    task_id: str
    action: str
    nth: int
    turn: int

    def __str__(self) -> str:
        return f"{self.task_id}: {self.action} {self.turn}"


@dataclass(frozen=True)
class Case:
    """One call of a lifecycle meets one fault, and somebody recovers the run in one way."""

    lifecycle: str
    call: Call
    fault: Fault
    recovery: str

    @property
    def key(self) -> tuple[int, str, str, int, str, str]:
        """Equal for cases that differ in the number of a poll alone."""
        call = self.call
        return (call.leg, call.task_id, call.action, min(call.turn, DISTINCT), self.fault.name, self.recovery)

    def __str__(self) -> str:
        return f"{self.lifecycle} / {self.call} / {self.fault.name} / {self.recovery}"


@dataclass(frozen=True)
class Outcome:
    """What became of a case: the states of its runs, what is broken, and the first red task with its error.

    :param red: as ``dts_migrate / purchase``.
    :param kind: the class of the error.
    """

    states: tuple[str, ...]
    broken: tuple[str, ...]
    red: str = ""
    error: str = ""
    kind: str = ""
    calls: int = 0


@dataclass(frozen=True)
class Put:
    """What became of one case.

    :param needless: it equals another one, as the fault turned nothing red: there was nothing to recover.
    """

    case: str
    wrong: list[str]
    green: bool
    needless: bool = False


def cases_of(lifecycle: Lifecycle, calls: list[Call]) -> list[Case]:
    """Every case of a lifecycle."""
    return [
        Case(lifecycle.name, call, fault, recovery)
        for call in calls
        for fault in FAULTS
        if not fault.creating or call.action in lifecycle.creates
        for recovery in RECOVERIES
    ]


def merged(cases: list[Case]) -> list[Case]:
    """One case of each kind, in order."""
    return list({case.key: case for case in reversed(cases)}.values())[::-1]


def verdict(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with the outcome of a case; empty where it is as promised."""
    wrong = list(outcome.broken)
    if case.recovery == DOWNSTREAM and set(outcome.states) != {"success"}:
        wrong.append(f"not green after one clear: {outcome.error}")
    return wrong
