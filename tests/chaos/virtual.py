"""Virtual time for the tasks of this process: who sleeps moves the emulator's clock, and nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

PACKAGE = "tencent_dts."
EMULATOR = "tencent_dts.emulator"


class VirtualClock:
    """The emulator's time, as the package sees it.

    :param emulator: its clock stands still but for what is slept here.
    """

    def __init__(self, emulator: Any) -> None:
        self._emulator = emulator
        if emulator is not None:
            emulator.set_speed(0)
        self._now = time.time()
        self._thread = threading.get_ident()

    def time(self) -> float:
        """Epoch seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same, as it never goes back."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass, for the emulator, too."""
        if seconds > 0:
            self._now += seconds
            self._emulator.advance(seconds)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Give this time to every module of the package but the emulator's, and to ``asyncio.sleep`` of this thread."""
        really = asyncio.sleep

        async def sleep(delay: float, result: Any = None) -> Any:
            if threading.get_ident() != self._thread:
                return await really(delay, result)
            self.sleep(delay)
            await really(0)
            return result

        shim = SimpleNamespace(time=self.time, monotonic=self.monotonic, sleep=self.sleep)
        ours = [
            module
            for name, module in list(sys.modules.items())
            if name.startswith(PACKAGE) and not name.startswith(EMULATOR) and getattr(module, "time", None) is time
        ]
        with contextlib.ExitStack() as stack:
            for module in ours:
                stack.enter_context(mock.patch.object(module, "time", shim))
            stack.enter_context(mock.patch.object(asyncio, "sleep", sleep))
            yield
