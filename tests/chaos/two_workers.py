"""Two workers in the same purchase at once: what must come of every order of their calls."""

from __future__ import annotations

import contextlib
import random
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest import mock

from tencent_dts import settings
from tencent_dts.api.pacing import PACER
from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world import jobs
from tencent_dts.engine.book import book_for
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.tasks.base import identity_of
from tests.chaos.split_brain import Work, explore
from tests.chaos.virtual import VirtualClock
from tests.drive import Task

ORDER = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
}
_PAUSE = 5.0
_SETTLE = 6.0


@dataclass(frozen=True)
class World:
    """How the service behaves while two workers buy.

    :param step: 1: ids grow; -1: they shrink. Jobs bought in the same second are told apart by their ids alone.
    :param lag: so many seconds what was bought stays out of the lists.
    """

    step: int
    lag: float = 0.0

    def __str__(self) -> str:
        return f"ids {'grow' if self.step > 0 else 'shrink'}, seen {f'after {self.lag:g} s' if self.lag else 'at once'}"


@contextlib.contextmanager
def prepared(emulator: Emulator, world: World) -> Iterator[VirtualClock]:
    """Virtual time that passes in a few long pauses, no limit of calls a second, and ids in order."""
    clock, context = VirtualClock(emulator), ssl.create_default_context()
    numbers = count(50_000_000, world.step)
    patches = (
        (settings, "poll_interval", lambda: _PAUSE),
        (settings, "settle_time", lambda: _SETTLE),
        (PACER, "reserve", lambda *_: 0.0),
        (emulator._service.limits, "admit", lambda *_: None),
        (jobs, "new_id", lambda prefix, length: f"{prefix}{next(numbers):0{length}d}"),
    )
    with contextlib.ExitStack() as stack:
        for owner, name, value in patches:
            stack.enter_context(mock.patch.object(owner, name, value))
        # A client that talks plain HTTP loads the certificates all the same, which takes longer than all its calls.
        stack.enter_context(mock.patch("httpx._transports.default.create_ssl_context", return_value=context))
        stack.enter_context(clock.installed())
        yield clock


def orders(
    emulator: Emulator, world: World, *, at_most: int, drawn: random.Random | None = None
) -> Iterator[tuple[str, str]]:
    """Every order of the calls of two workers, and what is wrong with what came of it, "" where nothing is.

    :param drawn: only ``at_most`` of them are tried, which this draws.
    :raises AssertionError: there are more than ``at_most``, and all were to be tried.
    """
    with prepared(emulator, world) as clock:

        def begin() -> tuple[Work, Callable[[float], None]]:
            emulator.reset()
            emulator.set_speed(0)
            if world.lag:
                emulator.add_fault({"action": "CreateMigrationService", "visibility_delay": world.lag})
            task = Task(DtsCreateMigrationServiceOperator(task_id="purchase", **ORDER))
            account = DtsHook().resolve()

            async def work(_: int) -> Any:
                operator: Any = task.operator.prepare_for_execution()
                operator.identity = identity_of(task.context)
                operator.prepare(task.context, account)
                operator._book = book_for(task.context, account, operator.log.warning)
                return await operator._run(account, operator.memory_of(task.context), {})

            return work, clock.sleep

        for schedule in explore(begin, at_most=at_most, drawn=drawn):
            clock.sleep(60)
            live = emulator.meter()["live"]
            wrong = "" if len(live) == 1 else f"{len(live)} jobs live"
            if set(schedule.results.values()) != set(live):
                wrong = f"{wrong or 'one job lives'}, and the workers go on with {schedule.results}"
            yield str(schedule), wrong
