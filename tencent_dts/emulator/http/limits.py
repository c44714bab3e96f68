"""How often an account may call: each action's published requests per second, counted in a sliding window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from tencent_dts.emulator.http.wire import documented
from tencent_dts.emulator.world.kernel import ApiError
from tencent_dts.spec import Action

WINDOW_SECONDS = 1.0


class RateLimits:
    """Admits at most ``action.rate_per_second`` calls of one action by one account in any real second.

    A call that is refused does not count. ``enabled=False`` admits everything. ``real`` gives real seconds from
    any fixed moment: a client is as fast as it is, however fast the virtual clock runs.
    """

    def __init__(self, enabled: bool = True, real: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._real = real
        self._calls: dict[tuple[str, str, str], deque[float]] = {}

    def admit(self, account: str, version: str, action: Action) -> None:
        """Count a call. Raises ApiError when it is one too many."""
        if not self._enabled:
            return
        now = self._real()
        calls = self._calls.setdefault((account, version, action.name), deque())
        while calls and calls[0] <= now - WINDOW_SECONDS:
            calls.popleft()
        if len(calls) >= action.rate_per_second:
            code = documented(action, "RequestLimitExceeded", default="RequestLimitExceeded")
            raise ApiError(code, f"{action.name} may be called {action.rate_per_second} times a second; try later.")
        calls.append(now)

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.clear()
