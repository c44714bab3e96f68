"""The line before the purchases of a fleet: at most so many paid jobs at once, and none once too many members failed.

Who may buy is decided from two things that Airflow keeps: the states of the members' tasks, and a *ticket* for each
member that has bought or is about to, as a variable of Airflow. A ticket outlives kills, retries and clears of its
task, which XComs and states do not. A member writes its ticket, then looks, and buys only where fewer than
``in_flight`` others hold one; where not, it takes the ticket back. So of two that look at once at least one sees the
other, and whoever is the last of too many never buys. A ticket ends to count when the member's job was isolated.
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from tencent_dts import settings
from tencent_dts.engine import runs
from tencent_dts.engine.identity import Identity

KEY = "tencent_dts.fleet."
TEXT = "This member of a fleet may hold a paid DTS job. Kept by tencent_dts; nothing secret."

Number = tuple[int, int]
"""A member's place: the number of its wave, and its index in that."""

GO, WAIT, STOPPED, HELD = "go", "wait", "stopped", "held"

_PAGE = 1000
_MARK = ".stopped"
_GREEN = "success"
_RED = ("failed", "upstream_failed")
_ENDED = (_GREEN, *_RED, "skipped", "removed")
# A purchase in one of these is under way, or waits for its turn.
_ACTIVE = ("scheduled", "queued", "running", "restarting", "deferred", "up_for_retry", "up_for_reschedule")


@dataclass(frozen=True)
class WaveTasks:
    """The tasks of a wave that decide.

    :param name: of the wave, for people.
    :param begin: id of the task that begins it.
    :param purchase: id of the mapped task that buys.
    :param isolate: id of the mapped task that ends the bill.
    :param max_failed: failed members up to which the line goes on.
    """

    name: str
    begin: str
    purchase: str
    isolate: str
    max_failed: int


@dataclass(frozen=True)
class Line:
    """What is fixed when the DAG is built.

    :param waves: in the order of their run.
    :param in_flight: maximum number of jobs that are paid for at once.
    """

    waves: tuple[WaveTasks, ...]
    in_flight: int

    def to_dict(self) -> dict[str, object]:
        """Plain data for a trigger's kwargs."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """Read it back."""
        return cls(tuple(WaveTasks(**wave) for wave in plain["waves"]), plain["in_flight"])

    def prefix(self, dag_id: str, run_id: str) -> str:
        """What the names of the tickets of a run begin with."""
        return f"{KEY}{Identity(settings.deployment(), dag_id, run_id, self.waves[0].begin).owner}."


def ticket_of(prefix: str, number: Number) -> str:
    """The name of a member's ticket."""
    return f"{prefix}{number[0]}.{number[1]}"


def mark_of(prefix: str, number: Number) -> str:
    """The name of the mark that a member did not fail by itself: the line kept it from buying."""
    return ticket_of(prefix, number) + _MARK


class Standing:
    """Where a fleet stands at one moment.

    :param states: of tasks by Airflow's keys: the id, and behind an underscore the index of a mapped one.
    :param marks: the names of the variables that begin like the tickets of the run, less that beginning.
    """

    def __init__(self, line: Line, states: Mapping[str, object], marks: Iterable[str]) -> None:
        self.line = line
        self.purchases: dict[Number, str] = {}
        self.isolates: dict[Number, str] = {}
        self.unborn: dict[int, str] = {}  # the state of a wave whose members Airflow has not made
        self.tickets: set[Number] = set()
        self.stopped: set[Number] = set()
        places = {wave.purchase: (self.purchases, at) for at, wave in enumerate(line.waves)}
        places |= {wave.isolate: (self.isolates, at) for at, wave in enumerate(line.waves)}
        for key, state in states.items():
            name, _, index = key.rpartition("_")
            told = "" if state is None else runs.named(state)
            if name in places and index.isdecimal():
                found, wave = places[name]
                found[wave, int(index)] = told
            elif key in places and places[key][0] is self.isolates:
                self.unborn[places[key][1]] = told
        for mark in marks:
            numbers = mark.removesuffix(_MARK).split(".")
            if len(numbers) == 2 and all(part.isdecimal() for part in numbers):
                (self.stopped if mark.endswith(_MARK) else self.tickets).add((int(numbers[0]), int(numbers[1])))

    def is_green(self, number: Number) -> bool:
        """Whether a member's job has ended, its bill with it."""
        return self.isolates.get(number) == _GREEN

    def is_red(self, number: Number) -> bool:
        """Whether a member has failed, or was kept from buying."""
        return self.isolates.get(number) in _RED

    def holders(self, *, beside: Number | None = None) -> set[Number]:
        """The members that hold a paid job, or may; a red one goes on costing, and counts."""
        return {number for number in self.tickets if number != beside and not self.is_green(number)}

    def failed(self, wave: int) -> list[Number]:
        """The members of a wave that have failed by themselves."""
        return sorted(at for at in self.isolates if at[0] == wave and self.is_red(at) and at not in self.stopped)

    def has_failed(self, wave: int) -> bool:
        """Whether more members of a wave have failed than may."""
        return len(self.failed(wave)) > self.line.waves[wave].max_failed

    def is_over(self, wave: int) -> bool:
        """Whether nothing of a wave runs any more, or will: all of it has ended, or it never began."""
        states = [state for at, state in self.isolates.items() if at[0] == wave]
        return all(state in _ENDED for state in states) if states else self.unborn.get(wave) in _ENDED

    def began(self, wave: int) -> bool:
        """Whether the members of a wave were made."""
        return any(at[0] == wave for at in self.isolates)

    def wave_turn(self, wave: int) -> str:
        """Whether a wave may begin: those before it have ended, none with too many failures."""
        before = range(wave)
        if not all(self.is_over(at) for at in before):
            return WAIT
        return STOPPED if any(self.has_failed(at) or not self.began(at) for at in before) else GO

    def turn(self, number: Number, after: Sequence[Number] = (), *, announced: bool = False) -> str:
        """Whether a member may buy.

        :param after: members that must have ended well before.
        :param announced: its ticket was written before this look, so that order no longer matters.
        """
        if self.has_failed(number[0]):
            return STOPPED
        if any(self.is_red(other) for other in after):
            return HELD
        if not all(self.is_green(other) for other in after):
            return WAIT
        taken = len(self.holders(beside=number))
        if not announced and number not in self.tickets:
            taken += len(self._ahead(number))
        return GO if taken < self.line.in_flight else WAIT

    def _ahead(self, number: Number) -> list[Number]:
        """The members before it that wait, too: so that the free place is for one of them, not for all to run at."""
        waiting = (at for at, state in self.purchases.items() if at < number and state in _ACTIVE)
        return [at for at in waiting if at not in self.tickets]


Ask = Callable[[runs.Question], Awaitable[Any]]


async def ask_as_worker(question: runs.Question) -> object:
    """Ask Airflow from a worker."""
    return runs.ask(question)


async def look(line: Line, dag_id: str, run_id: str, ask: Ask = ask_as_worker) -> Standing:
    """Ask Airflow where a fleet stands: two questions, however many members it has.

    :raises Exception: Airflow does not answer; nothing is known then.
    """
    from airflow.sdk.execution_time.comms import GetTaskStates

    ids = [name for wave in line.waves for name in (wave.purchase, wave.isolate)]
    answer = runs.answered(await ask(GetTaskStates(dag_id=dag_id, run_ids=[run_id], task_ids=ids)))
    prefix = line.prefix(dag_id, run_id)
    marks = [key.removeprefix(prefix) for key in await _keys(prefix, ask)]
    return Standing(line, answer.task_states.get(run_id, {}), marks)


async def _keys(prefix: str, ask: Ask) -> list[str]:
    from airflow.sdk.execution_time.comms import GetVariableKeys

    found: list[str] = []
    while True:
        page = runs.answered(await ask(GetVariableKeys(prefix=prefix, limit=_PAGE, offset=len(found))))
        found += page.keys
        if not page.keys or len(found) >= page.total_entries:
            return found


def write(key: str, dag_id: str, run_id: str) -> None:
    """Write a ticket or a mark; there once, it stays as it is."""
    value = json.dumps({"dag_id": dag_id, "run_id": run_id})
    runs.answered(runs.ask(runs.put_variable(key, value, TEXT)))


def forget(line: Line, dag_id: str, run_id: str) -> None:
    """Delete what is kept of a run in which every member is green."""
    for key in runs.keys_of(line.prefix(dag_id, run_id)):
        runs.delete_variable(key)


def prune(*, at_most: int) -> int:
    """Delete what is kept of runs that are not there any more; a red run may be cleared for as long as it is.

    :param at_most: maximum number of tickets to look at, chosen at random: a later call looks at others.
    :returns: how many were deleted.
    :raises Exception: Airflow does not answer.
    """
    keys = runs.keys_of(KEY)
    gone = 0
    for key in random.sample(keys, min(at_most, len(keys))):
        text = runs.variable(runs.ask(runs.get_variable(key)))
        try:
            kept = json.loads(text or "")
            run = kept["dag_id"], kept["run_id"]
        except (ValueError, TypeError, KeyError):  # text that is not ours: not ours to delete
            continue
        if runs.look_up(*run).state == runs.GONE:
            runs.delete_variable(key)
            gone += 1
    return gone
