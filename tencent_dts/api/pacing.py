"""Spread the calls of this process over time, so that they stay within a share of the published quota.

API document: "A maximum of N requests can be initiated per second for this API", per action and account.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time


class Pacer:
    """Gives each (account, action) its next free moment.

    One for all event loops and threads of a process, so it holds no asyncio object: callers are
    told how long to sleep. Other processes are not seen: that is what the share is for.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def reserve(self, account: str, action: str, rate: float) -> float:
        """Take the next slot; returns the seconds to sleep until it begins.

        :param rate: requests per second that this process may use, above 0.
        """
        now = time.monotonic()
        with self._lock:
            slot = max(now, self._next.get((account, action), 0.0))
            self._next[account, action] = slot + 1 / rate
        return slot - now

    async def wait_turn(self, account: str, action: str, rate: float) -> None:
        """Sleep until the next slot."""
        if (delay := self.reserve(account, action, rate)) > 0:
            await asyncio.sleep(delay)


PACER = Pacer()


def drawn(least: float, most: float) -> float:
    """A number between the two, drawn evenly, so that callers do not march in step."""
    return random.uniform(least, most)  # noqa: S311 - it guards nothing, and the walks must be able to seed it
