"""Virtual time that can jump, and that one worker's clock need not agree with."""

from __future__ import annotations

import contextlib
import datetime as datetimes
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any
from unittest import mock

from tests.chaos.virtual import EMULATOR, PACKAGE, VirtualClock
from tests.chaos.walks.inside import BEGINNING
from tests.chaos.walks.running import NetReached


class WalkClock(VirtualClock):
    """The time of a walk.

    :param advance: moves the emulators.
    """

    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__(None)
        self._advance = advance
        self._now = BEGINNING
        self._nets: list[float] = []
        self.skew = 0.0  # seconds by which the workers' clocks are ahead

    def now(self) -> float:
        """The true time."""
        return self._now

    def time(self) -> float:
        """What a worker's clock says."""
        return self._now + self.skew

    def monotonic(self) -> float:
        """What passes for every clock alike."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass; not beyond the timeout of a deferral."""
        if seconds <= 0:
            return
        self._now += seconds
        self._advance(seconds)
        if self._nets and self._now > self._nets[-1]:
            raise NetReached

    @contextlib.contextmanager
    def net(self, seconds: float) -> Iterator[None]:
        """Time does not pass beyond so many seconds from now."""
        self._nets.append(self._now + seconds)
        try:
            yield
        finally:
            self._nets.pop()

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """The same for those who ask ``datetime``."""
        clock = self

        class Virtual(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return datetime.fromtimestamp(clock.time(), tz)

            @classmethod
            def fromtimestamp(cls, timestamp: float, tz: tzinfo | None = None) -> Any:
                return datetime.fromtimestamp(timestamp, tz)  # one that Airflow can keep

        with contextlib.ExitStack() as stack:
            stack.enter_context(super().installed())
            for name, module in list(sys.modules.items()):
                ours = name.startswith(PACKAGE) and not name.startswith(EMULATOR)
                if ours and getattr(module, "datetime", None) is datetimes.datetime:
                    stack.enter_context(mock.patch.object(module, "datetime", Virtual))
            yield
