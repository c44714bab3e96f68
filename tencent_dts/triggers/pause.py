"""A trigger that lets time pass: for tasks that look at everything again by themselves, and watch nothing meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent


class DtsPauseTrigger(BaseTrigger):
    """Wakes a task at a moment.

    :param until: epoch seconds; a trigger that is moved to another process does not start its time again.
    :param called: the task has had its call accepted before; the leg that is woken is told so.
    """

    def __init__(self, until: float, *, called: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's BaseTrigger.__init__ has no type hints
        self.until = until
        self.called = called

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class's path and its arguments."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"until": self.until, "called": self.called}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep, and wake the task."""
        await asyncio.sleep(max(0.0, self.until - time.time()))
        yield TriggerEvent({"called": self.called})
