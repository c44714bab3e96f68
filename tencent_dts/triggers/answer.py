"""Waits for the answer to a question that an earlier try of the same task has asked.

Airflow parks a task that asks without a trigger, and resumes it when a person answers. A scheduler that has not yet
taken note of the parked process then takes the task for lost and fails the try. The next try must not ask again: the
question stands, answered or not, and Airflow lets only a trigger read it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.triggers.base import TriggerEvent


class DtsAnswerTrigger(HITLTrigger):
    """Airflow's own trigger for an answer, which fires no sooner than a scheduler can bear.

    :param first_look: seconds before which it must not fire, see :class:`tencent_dts.triggers.wait.DtsWaitTrigger`.
    """

    def __init__(self, *, first_look: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first_look = first_look

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The classpath and the plain-text kwargs."""
        _, kwargs = super().serialize()
        return f"{type(self).__module__}.{type(self).__qualname__}", {**kwargs, "first_look": self.first_look}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The answer, or the one that silence is."""
        not_before = time.monotonic() + self.first_look
        async for event in super().run():
            await asyncio.sleep(max(0.0, not_before - time.monotonic()))
            yield event
