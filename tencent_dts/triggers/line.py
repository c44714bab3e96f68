"""Waits in the line of a fleet: one look at Airflow an interval, however many members wait in a triggerer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Hashable, Sequence

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from tencent_dts.engine.line import WAIT, Line, Standing, look
from tencent_dts.engine.waiting import jittered
from tencent_dts.triggers.kill import ask_as_trigger
from tencent_dts.triggers.wait import Kwargs

log = logging.getLogger(__name__)

ALONE = "alone"
"""Of an event: no shared poll was there, so that nothing was looked at; the task must come back by itself."""

_KWARGS = ("line", "dag_id", "run_id", "number", "after", "interval", "deadline", "first_look")


class DtsLineTrigger(BaseEventTrigger):
    """Wakes a member of a fleet when it may buy or must not any more, and a wave when the one before has ended.

    :param line: the fleet, see :class:`tencent_dts.engine.line.Line`.
    :param dag_id: of the waiting task.
    :param run_id: likewise.
    :param number: of the member; of one index -1: a wave waits.
    :param after: numbers of members that must have ended before.
    :param interval: seconds between two looks.
    :param deadline: epoch seconds at which the task is woken whatever is seen.
    :param first_look: seconds before which a live triggerer must not fire.
    """

    def __init__(
        self,
        *,
        line: Kwargs,
        dag_id: str,
        run_id: str,
        number: Sequence[int],
        after: Sequence[Sequence[int]],
        interval: float,
        deadline: float,
        first_look: float,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's BaseTrigger.__init__ has no type hints
        self.line = line
        self.dag_id = dag_id
        self.run_id = run_id
        self.number = number
        self.after = after
        self.interval = interval
        self.deadline = deadline
        self.first_look = first_look

    def serialize(self) -> tuple[str, Kwargs]:
        """The classpath and the plain-text kwargs."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in _KWARGS}

    def shared_stream_key(self) -> Hashable | None:
        """All that wait in one line share one look."""
        return ("tencent_dts", "line", self.dag_id, self.run_id, self.line["waves"][0]["begin"], self.interval)

    @classmethod
    async def open_shared_stream(cls, kwargs: Kwargs) -> AsyncIterator[Standing | None]:
        """Look again and again; ``None`` where Airflow did not answer. Raising would fail every member."""
        line = Line.of(kwargs["line"])
        while True:
            standing = None
            try:
                standing = await look(line, kwargs["dag_id"], kwargs["run_id"], ask_as_trigger)
            except Exception as error:  # noqa: BLE001 - raised here, any would end the wait of every member
                log.warning("Airflow did not say where the fleet stands, waiting goes on: %s", type(error).__name__)
            yield standing
            await asyncio.sleep(jittered(kwargs["interval"]))

    async def filter_shared_stream(self, stream: AsyncIterator[Standing | None]) -> AsyncIterator[TriggerEvent]:
        """This member's part of the shared look."""
        not_before = time.time() + self.first_look
        async for standing in stream:
            reason = WAIT if standing is None else self.judge(standing)
            if reason == WAIT and time.time() >= self.deadline:
                reason = "deadline"
            if reason != WAIT:
                await asyncio.sleep(max(0.0, not_before - time.time()))
                yield TriggerEvent({"reason": reason})
                return

    def judge(self, standing: Standing) -> str:
        """What the standing means to this wait."""
        wave, index = self.number
        if index < 0:
            return standing.wave_turn(wave)
        return standing.turn((wave, index), [(other[0], other[1]) for other in self.after])

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wake the task at once: ``dag.test()`` runs this alone, and no other task until it has ended."""
        yield TriggerEvent({ALONE: True})
