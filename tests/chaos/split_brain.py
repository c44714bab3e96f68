"""Two workers in the same task at once, in every order that their calls can have.

Two coroutines run a task's own code against the emulator. Before each of its calls (and each pause) a worker stops
and waits for its turn; a schedule says whose turn it is. All schedules are tried, one after the other, by depth-first
search with sleep sets: an order that differs from one already tried only in reads that follow one another is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from tencentcloud.common.abstract_client_async import AbstractClient

WORKERS = (0, 1)
PAUSE = "pause"
Work = Callable[[int], Awaitable[Any]]

_worker: contextvars.ContextVar[int] = contextvars.ContextVar("worker")


def _independent(one: str, other: str) -> bool:
    """Whether the order of two steps makes no difference: both only read."""
    return one.startswith("Describe") and other.startswith("Describe")


@dataclass
class Node:
    """A choice to be tried: the turns up to it, and the workers that are not to be chosen there."""

    turns: tuple[int, ...] = ()
    asleep: frozenset[int] = frozenset()


@dataclass
class Schedule:
    """One order: whose turn it was, what was done, and what each worker came to."""

    turns: list[int] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    results: dict[int, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{worker}:{step}" for worker, step in zip(self.turns, self.steps, strict=True))


class Stage:
    """Where two workers take turns.

    :param pause: lets time pass for both.
    """

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._wants: dict[int, str] = {}
        self._turn: dict[int, asyncio.Event] = {}
        self._moved = asyncio.Event()

    async def step(self, name: str) -> None:
        """Called by a worker before a step: wait for the turn."""
        worker = _worker.get()
        turn = self._turn[worker] = asyncio.Event()
        self._wants[worker] = name
        self._moved.set()
        await turn.wait()

    @contextlib.contextmanager
    def set_up(self) -> Iterator[None]:
        """Make every call and every pause of a worker a step."""
        really, asleep = AbstractClient.call_and_deserialize, asyncio.sleep

        async def call(client: Any, action: str, *args: Any, **kwargs: Any) -> Any:
            await self.step(action)
            return await really(client, action, *args, **kwargs)

        async def sleep(delay: float, result: Any = None) -> Any:
            if _worker.get(None) is not None and delay > 0:
                await self.step(PAUSE)
                self._pause(delay)
            await asleep(0)
            return result

        with (
            mock.patch.object(AbstractClient, "call_and_deserialize", call),
            mock.patch.object(asyncio, "sleep", sleep),
        ):
            yield

    async def play(self, work: Work, node: Node, later: list[Node]) -> Schedule:
        """One schedule from its beginning to its end; the choices that it passes by are put on ``later``."""
        schedule = Schedule()

        async def worker(number: int) -> None:
            _worker.set(number)
            await self.step("begin")
            try:
                schedule.results[number] = await work(number)
            except Exception as error:  # noqa: BLE001 - what a worker fails with is its result, and is judged
                schedule.results[number] = error
            self._moved.set()

        tasks = {number: asyncio.create_task(worker(number)) for number in WORKERS}
        asleep = node.asleep
        while True:
            ready = await self._ready(tasks)
            if not ready:
                break
            chosen, asleep = self._choose(schedule, ready, asleep, node, later)
            schedule.turns.append(chosen)
            schedule.steps.append(self._wants.pop(chosen))
            self._turn[chosen].set()
        await asyncio.gather(*tasks.values())
        return schedule

    def _choose(
        self, schedule: Schedule, ready: list[int], asleep: frozenset[int], node: Node, later: list[Node]
    ) -> tuple[int, frozenset[int]]:
        """Whose turn it is: as the node says, then the first that is awake; the others are tried later."""
        at = len(schedule.turns)
        if at < len(node.turns):
            # On the way to the choice nothing sleeps; from there on it is what the node says.
            return node.turns[at], node.asleep
        awake = [number for number in ready if number not in asleep]
        if not awake:  # what follows has been tried in another order: it is played to its end, and branches no more
            return ready[0], frozenset(WORKERS)
        chosen, *others = awake
        sleeping = set(asleep)
        for other in others:
            sleeping.add(chosen)
            turns = (*schedule.turns, other)
            kept = {number for number in sleeping if _independent(self._wants.get(number, ""), self._wants[other])}
            later.append(Node(turns, frozenset(kept)))
        step = self._wants[chosen]
        return chosen, frozenset(n for n in asleep if _independent(self._wants.get(n, ""), step))

    async def _ready(self, tasks: dict[int, asyncio.Task[None]]) -> list[int]:
        """The workers that wait for their turn, once each of them does or has ended."""
        while True:
            waiting = [number for number in WORKERS if number in self._wants]
            if all(number in waiting or tasks[number].done() for number in WORKERS):
                return waiting
            self._moved.clear()
            if not all(number in self._wants or tasks[number].done() for number in WORKERS):
                await asyncio.wait(
                    [asyncio.ensure_future(self._moved.wait()), *(t for t in tasks.values() if not t.done())],
                    return_when=asyncio.FIRST_COMPLETED,
                )


def explore(
    begin: Callable[[], tuple[Work, Callable[[float], None]]], *, at_most: int, drawn: random.Random | None = None
) -> Iterator[Schedule]:
    """Every schedule of two workers.

    :param begin: prepares a world in which nothing has happened; returns the work, and what lets time pass.
    :param at_most: so many schedules.
    :param drawn: draws which choice is tried next; then it ends with ``at_most``, having tried a part of them.
    :raises AssertionError: there are more, and all were to be tried.
    """
    later = [Node()]
    tried = 0
    while later:
        tried += 1
        if drawn is not None and tried > at_most:
            return
        assert tried <= at_most, f"more than {at_most} schedules"
        node = later.pop(drawn.randrange(len(later)) if drawn is not None else -1)
        work, pause = begin()

        async def run(node: Node = node, work: Work = work, pause: Callable[[float], None] = pause) -> Schedule:
            stage = Stage(pause)
            with stage.set_up():
                return await stage.play(work, node, later)

        yield asyncio.run(run())
