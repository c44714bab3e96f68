"""One read for everybody who looks: concurrent viewers share it, and its result is good for some seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_FORGOTTEN_AFTER = 600.0

Result = TypeVar("Result")


@dataclass
class _Entry(Generic[Result]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    value: Result | None = None
    read_at: float = float("-inf")
    asked_at: float = 0.0


class SharedReads(Generic[Result]):
    """Reads by key, each made at most once in a number of seconds in this process.

    Belongs to one event loop, as an API server has one. Values that no one has asked for in ten minutes
    are forgotten.

    :param seconds: how long a value is good, from the moment its read ended.
    :param clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[Hashable, _Entry[Result]] = {}

    async def get(self, key: Hashable, read: Callable[[Result | None], Awaitable[Result]]) -> Result:
        """The value of ``key``, read only where there is none that is good.

        A viewer who leaves while the read goes on does not end it for the others: the next of them reads.

        :param read: takes the value read before, ``None`` at first, and returns the new one.
        """
        self._forget()
        entry = self._entries.setdefault(key, _Entry())
        entry.asked_at = self._clock()
        async with entry.lock:
            if entry.value is None or self._clock() - entry.read_at >= self._seconds:
                entry.value = await read(entry.value)
                entry.read_at = self._clock()
            return entry.value

    def _forget(self) -> None:
        oldest = self._clock() - _FORGOTTEN_AFTER
        old = [key for key, entry in self._entries.items() if entry.asked_at < oldest and not entry.lock.locked()]
        for key in old:
            del self._entries[key]
