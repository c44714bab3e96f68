"""Gates are run in the order in which an operator names them, and the first that objects ends it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import DtsError, Throttled
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.gate import Call, Gate, Gates
from tencent_dts.tasks.operator import DtsOperator
from tests.rules import for_every
from tests.unit.classes import concrete

FIRST = Watch({"JobId": "dts-1"}, goal="ready to complete")
ITEM = {"JobId": "dts-1"}
EVERY_GATE = sorted({type(gate) for cls in concrete(DtsOperator) for gate in cls.gates}, key=lambda cls: cls.__name__)


@dataclass(frozen=True)
class Asked(Gate):
    """Notes each time that it is asked, and may want something waited for or refuse."""

    name: str
    notes: list[tuple[str, str, Any]]
    objects: Callable[[], Watch | None] = lambda: None

    def _asked(self, what: str, item: Any) -> Watch | None:
        self.notes.append((self.name, what, item))
        return self.objects()

    async def look(self, call: Call) -> Watch | None:
        return self._asked("look", None)

    async def gather(self, call: Call, item: Item) -> Watch | None:
        return self._asked("gather", item)

    def admit(self, call: Call, item: Item) -> Watch | None:
        return self._asked("admit", item)

    def sending(self, call: Call) -> None:
        self._asked("sending", call.unanswered)

    def refused(self, call: Call, refusal: DtsError) -> None:
        self._asked("refused", call.unanswered)

    def under_way(self, call: Call) -> None:
        self._asked("under way", call.unanswered)

    def accepted(self, call: Call, answer: Item) -> None:
        self._asked("accepted", answer)

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        self._asked("confirm", (item, called))


def refuses() -> None:
    raise PermissionError


def gates(*objections: Callable[[], Watch | None]) -> tuple[Gates, list[tuple[str, str, Any]]]:
    notes: list[tuple[str, str, Any]] = []
    every = tuple(Asked(str(number), notes, objection) for number, objection in enumerate(objections, 1))
    return Gates(Call(None, None, None), every), notes  # type: ignore[arg-type]  # neither is asked


def asked(what: str, guard: Gates) -> Any:
    if what == "look":
        return asyncio.run(guard.look())
    if what == "gather":
        return asyncio.run(guard.gather(guard.call.client, ITEM))
    return guard.admit(ITEM)


@pytest.mark.parametrize("what", ["look", "gather", "admit"])
class TestBeforeTheCall:
    def test_every_gate_is_asked_in_order(self, what: str) -> None:
        guard, notes = gates(lambda: None, lambda: None, lambda: None)
        assert asked(what, guard) is None
        item = None if what == "look" else ITEM
        assert notes == [(name, what, item) for name in "123"]

    def test_what_a_gate_wants_waited_for_comes_before_the_gates_after_it(self, what: str) -> None:
        guard, notes = gates(lambda: None, lambda: FIRST, refuses)
        assert asked(what, guard) is FIRST
        assert [name for name, *_ in notes] == ["1", "2"]

    def test_a_refusal_ends_it(self, what: str) -> None:
        guard, notes = gates(refuses, lambda: FIRST)
        with pytest.raises(PermissionError):
            asked(what, guard)
        assert [name for name, *_ in notes] == ["1"]


def test_every_gate_is_told_of_the_answer_and_of_the_end() -> None:
    guard, notes = gates(lambda: None, lambda: None)
    guard.accepted(ITEM)
    guard.confirm(None, called=True)
    assert notes == [("1", "accepted", ITEM), ("2", "accepted", ITEM)] + [
        (name, "confirm", (None, True)) for name in "12"
    ]


def test_every_gate_is_told_how_many_sendings_have_no_answer() -> None:
    guard, notes = gates(lambda: None, lambda: None)
    guard.sending()  # no answer comes
    guard.sending()
    guard.refused(Throttled("RequestLimitExceeded", "", action="StopSyncJob"))
    guard.under_way()
    told = [("sending", 1), ("sending", 2), ("refused", 1), ("under way", 1)]
    assert notes == [(name, what, count) for what, count in told for name in "12"]


@for_every("gate", EVERY_GATE)
def test_the_last_judgement_reads_nothing(gate: type[Gate]) -> None:
    """Between the item that is judged and the call nothing is awaited."""
    assert not inspect.iscoroutinefunction(gate.admit)
    assert gate.__doc__
    assert gate.__module__.startswith("tencent_dts.tasks.")
