"""Virtual time: the emulator's jobs live by this clock, so a migration of hours takes a test no time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
"""DTS writes every time in Beijing time, whatever the region."""


LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
"""Virtual time stays before this: what is planned for years later must still be a date that can be written."""

FASTEST = 1e6
"""Virtual seconds per real second, at most."""


class Clock:
    """A clock that starts at the real time, runs ``speed`` times as fast and can be advanced by hand.

    ``speed`` is virtual seconds per real second; 0 stands still. It never goes backwards, except in
    :meth:`reset`. ``real`` gives the real time in epoch seconds.
    """

    def __init__(self, speed: float = 1.0, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._first_speed = _bounded("speed", speed, FASTEST)
        self.reset()

    @property
    def speed(self) -> float:
        """Virtual seconds per real second; 0 while the clock is paused."""
        return 0.0 if self._paused else self._speed

    def now(self) -> float:
        """Return the virtual time in epoch seconds."""
        # A real clock that is set back must not take the jobs back with it.
        elapsed = max(0.0, self._real() - self._real_base)
        return self._virtual_base + elapsed * self.speed

    def advance(self, seconds: float) -> None:
        """Jump ``seconds`` (0 or more) of virtual time forward.

        Raises ``ValueError`` when negative, or when that would be after the year 9000.
        """
        self._virtual_base += _bounded("seconds", seconds, LATEST - self.now())

    def advance_to(self, moment: float) -> None:
        """Jump forward to ``moment`` in epoch seconds; a moment in the past changes nothing."""
        self.advance(max(0.0, moment - self.now()))

    def set_speed(self, speed: float) -> None:
        """Run at ``speed`` virtual seconds per real second from now on. Raises ``ValueError`` unless 0 to 1e6."""
        wanted = _bounded("speed", speed, FASTEST)
        self._rebase()
        self._speed = wanted

    def pause(self) -> None:
        """Stand still until :meth:`resume`; :meth:`advance` still works."""
        self._rebase()
        self._paused = True

    def resume(self) -> None:
        """Run on at the speed set before :meth:`pause`."""
        self._rebase()
        self._paused = False

    def reset(self) -> None:
        """Go back to the real time and to the speed the clock was made with."""
        self._speed = self._first_speed
        self._paused = False
        self._real_base = self._virtual_base = self._real()

    def _rebase(self) -> None:
        self._virtual_base = self.now()
        self._real_base = self._real()


def _bounded(name: str, value: float, most: float) -> float:
    # Written so that "not a number" is refused too.
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be a number of 0 or more and at most {most:g}, not {value}")
    return float(value)


def stamp(moment: float) -> str:
    """Return epoch seconds as the API writes times: ``yyyy-mm-dd hh:mm:ss``, Beijing time."""
    return datetime.fromtimestamp(moment, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment(stamped: str) -> float:
    """Return the epoch seconds of a time written by :func:`stamp`. Raises ``ValueError`` when it is not one."""
    return datetime.strptime(stamped, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()


def iso(seconds: float) -> str:
    """Return epoch seconds as UTC in ISO 8601, for the admin API and the journal."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
