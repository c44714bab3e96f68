"""Several hands on the record of one job at once, in every order that Airflow's variables allow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from airflow.sdk.execution_time.comms import GetVariable

from tencent_dts.engine.book import Book
from tencent_dts.engine.records import KEY, SEEN, AirflowShelf, Ending, LastSeen, Record
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import HolderUnknown, IdentityConflict
from tencent_dts.kinds.migration import states as table
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tests.drive import AIRFLOW, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR
from tests.unit.subjects import SPEED, calls
from tests.unit.test_records import HERE, held, holder, record

pytestmark = pytest.mark.usefixtures("airflow_connections")

JOB = "dts-1"
ALIVE = {"Status": "running", "TradeInfo": {"TradeStatus": "normal"}}
Step = Callable[[], Awaitable[None]]


class Turns(AirflowShelf):
    """Airflow, that one hand asks only when it is its turn: each question and each pause is one."""

    def __init__(self, name: str, order: list[str], turn: asyncio.Condition) -> None:
        super().__init__()
        self.name, self.order, self.turn = name, order, turn

    async def mine(self) -> None:
        """Wait for the next turn of this hand; when the order has run out, everybody may go on."""
        async with self.turn:
            await self.turn.wait_for(lambda: not self.order or self.order[0] == self.name)
            if self.order:
                self.order.pop(0)
            self.turn.notify_all()

    async def get(self, key: str) -> str | None:
        await self.mine()
        return await super().get(key)

    async def put(self, key: str, value: str, description: str) -> None:
        await self.mine()
        await super().put(key, value, description)


def hand(run_id: str, shelf: Turns | None = None) -> Book:
    """The book of a run of its own, alive unless it is said otherwise."""
    AIRFLOW.runs.setdefault(("dag", run_id), ("running", None))
    me = Holder("dag", run_id, "purchase")
    return Book(shelf or AirflowShelf(), me, HERE, "tencentcloud_default", print)


def together(order: str, act: Callable[[Book], Awaitable[Any]]) -> dict[str, Any]:
    """Let runs a and b do the same thing, question by question in this order; what came of each."""

    async def play() -> dict[str, Any]:
        turn, left = asyncio.Condition(), list(order)
        books = {name: hand(name, Turns(name, left, turn)) for name in "ab"}

        async def one(name: str) -> Any:
            book = books[name]
            book.let_overtake = book.shelf.mine  # type: ignore[attr-defined]  # the pause is a turn, too
            try:
                return await act(book)
            finally:
                async with turn:  # what is left of its turns is nobody's
                    left[:] = [other for other in left if other != name]
                    turn.notify_all()

        found = await asyncio.gather(*map(one, "ab"), return_exceptions=True)
        return dict(zip("ab", found, strict=True))

    return asyncio.run(play())


def orders(questions: int) -> Iterator[str]:
    """Every order in which two hands can look so often, write, pause and read back.

    A pause outlasts what another hand has begun: who looked before a write has written before the pause is over.
    """
    steps = questions + 3
    for places in combinations(range(2 * steps), steps):
        order = "".join("a" if place in places else "b" for place in range(2 * steps))
        at = {name: [place for place, other in enumerate(order) if other == name] for name in "ab"}
        begun = ((at[one], at[other]) for one, other in ("ab", "ba"))
        if all(theirs[questions - 1] > mine[questions] or theirs[questions] < mine[-1] for mine, theirs in begun):
            yield order


@pytest.mark.parametrize("before", [None, holder("manual__over")], ids=["nobody's", "of a run that is over"])
@pytest.mark.parametrize(
    ("questions", "act"),
    [
        (1, lambda book: book.allow(table.MIGRATION_JOB, JOB, ALIVE)),
        (2, lambda book: book.own(table.MIGRATION_JOB, JOB, ALIVE)),
    ],
    ids=["before a call", "adopting it"],
)
def test_of_two_runs_that_take_a_job_at_once_one_goes_on(questions: int, act: Any, before: Holder | None) -> None:
    wrong = {}
    for order in orders(questions):
        AIRFLOW.reset()
        if before is not None:
            AIRFLOW.runs[before.dag_id, before.run_id] = ("failed", None)
            AIRFLOW.variables[KEY + JOB] = Record((before,), before, HERE).dumps()
        came = together(order, act)
        goes_on = [name for name, outcome in came.items() if outcome is None]
        refused = [name for name, outcome in came.items() if isinstance(outcome, IdentityConflict)]
        if len(refused) != 1 or goes_on != [record(JOB).holder.run_id]:
            wrong[order] = came
    assert wrong == {}


class Interrupted(AirflowShelf):
    """Airflow, where something happens between a hand's look at a variable and its writing."""

    def __init__(self, happen: Step) -> None:
        super().__init__()
        self.happen: Step | None = happen

    async def put(self, key: str, value: str, description: str) -> None:
        happen, self.happen = self.happen, None
        if happen is not None:
            await happen()
        await super().put(key, value, description)


FREE = {"Status": "success", "TradeInfo": {"TradeStatus": "notBilled"}}


async def _flush(book: Book) -> None:
    book.saw(table.MIGRATION_JOB, JOB, ALIVE)
    await book.flush()


WRITINGS: dict[str, Callable[[Book], Awaitable[None]]] = {
    "keeping what was seen": _flush,
    "an order that is sent": lambda book: book.sending(table.ISOLATE, JOB, FREE),
    "an order that is accepted": lambda book: book.accepted(table.ISOLATE, JOB, FREE),
    "a recovery that is accepted": lambda book: book.accepted(table.RECOVER, JOB, FREE),
}


@pytest.mark.parametrize(
    "known", [None, Ending("seen as TradeStatus isolated", 1.0, "success")], ids=["alive", "ended"]
)
@pytest.mark.parametrize("writing", WRITINGS)
def test_nothing_that_is_kept_of_a_job_writes_an_older_holder_back(writing: str, known: Ending | None) -> None:
    """Run a is over, and its leg still writes; run b adopts the job at that very moment."""
    first, second = hand("a"), hand("b")
    AIRFLOW.runs["dag", "a"] = ("failed", None)

    async def play() -> None:
        await first.own(table.MIGRATION_JOB, JOB, ALIVE)
        AIRFLOW.variables[KEY + JOB + SEEN] = LastSeen(HERE, "Status created", 1.0, known).dumps()
        first.shelf = Interrupted(lambda: second.own(table.MIGRATION_JOB, JOB, ALIVE))
        await first.begin(JOB)
        await WRITINGS[writing](first)
        await second.flush()
        await second.allow(table.MIGRATION_JOB, JOB, ALIVE)

    asyncio.run(play())
    kept = record(JOB)
    if first.shelf.happen is None:  # type: ignore[attr-defined]  # it is the one above
        assert kept.holder == second.me
        assert kept.owners == (first.me, second.me)
    else:
        assert (writing, known) == ("a recovery that is accepted", None)  # there is nothing to write then


def test_two_workers_of_one_run_lose_no_owner(cloud: Cloud) -> None:
    """One of them read the record before the other one wrote; it writes what it has read."""
    first, second = hand("a"), hand("a")
    second.me = replace(first.me, task="start")
    first.shelf = shelf = AirflowShelf()
    put = shelf.put

    async def play() -> None:
        async def once(key: str, value: str, description: str) -> None:
            shelf.put = put  # type: ignore[method-assign]  # the first writing only
            await put(key, value, description)
            AIRFLOW.variables[KEY + JOB] = Record((holder("b"),), second.me, HERE).dumps()

        shelf.put = once  # type: ignore[method-assign]  # see above
        await first.own(table.MIGRATION_JOB, JOB, ALIVE)

    asyncio.run(play())
    assert record(JOB).owners == (holder("b"), first.me)


class TestAirflowFailsOnTheWay:
    """Nothing says that nothing was called once something was."""

    @pytest.fixture
    def fails_after(self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Airflow keeps nothing any more once an action has been called."""

        def after(action: str) -> None:
            put = AIRFLOW._PutVariable

            def refuse(key: str, value: str, description: str) -> None:
                AIRFLOW.silent = bool(cloud.emulator.journal(action)) if action else True
                if AIRFLOW.silent:
                    AIRFLOW.answer(GetVariable(key=key))
                put(key, value, description)

            monkeypatch.setattr(AIRFLOW, "_PutVariable", refuse)

        return after

    def test_after_the_call(self, cloud: Cloud, fails_after: Callable[[str], None]) -> None:
        job = cloud.succeeded()
        cloud.emulator.set_speed(SPEED)
        fails_after("IsolateMigrateJob")
        with pytest.raises(HolderUnknown) as raised:
            Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
        assert len(calls(cloud.emulator, "IsolateMigrateJob")) == 1
        assert "nothing was called" not in str(raised.value)

    def test_before_the_call(self, cloud: Cloud, fails_after: Callable[[str], None]) -> None:
        job = cloud.succeeded()
        fails_after("")
        with pytest.raises(HolderUnknown, match="nothing was called"):
            Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
        assert calls(cloud.emulator, "IsolateMigrateJob") == []

    @pytest.mark.parametrize("name", BY_THE_HOUR)
    def test_after_a_purchase(self, name: str, cloud: Cloud, fails_after: Callable[[str], None]) -> None:
        buyer = BY_THE_HOUR[name]
        fails_after(buyer.action)
        with pytest.raises(HolderUnknown) as raised:
            Task(buyer.task()).run()
        assert len(calls(cloud.emulator, buyer.action)) == 1
        assert "nothing was called" not in str(raised.value)

    def test_between_a_sending_whose_answer_was_lost_and_the_next_one(
        self, cloud: Cloud, fails_after: Callable[[str], None]
    ) -> None:
        job = cloud.succeeded()
        cloud.emulator.add_fault({"action": "IsolateMigrateJob", "times": 1, "drop": "before"})
        put = AIRFLOW._GetVariable

        def adopted_meanwhile(key: str) -> Any:
            if cloud.emulator.journal("IsolateMigrateJob") and not key.endswith(SEEN):
                held(job, holder())
            return put(key)

        AIRFLOW._GetVariable = adopted_meanwhile  # type: ignore[method-assign]  # put back below
        try:
            with pytest.raises(IdentityConflict, match="manual__other") as raised:
                Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
        finally:
            del AIRFLOW._GetVariable  # as it was
        assert "nothing was called" not in str(raised.value)
