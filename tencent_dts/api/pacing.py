"""Spread the calls of this host over time, so that they stay within a share of the published quota.

API document: "A maximum of N requests can be initiated per second for this API", per action and account.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import random
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tencent_dts import settings

_SECONDS_OF_A_QUOTA = 1.0  # "requests per second"
_RISE = 0.02  # of the full rate, by which it grows with each call that passes
_LEAST = 1 / 16  # of it, below which refusals do not take it
_TRIES = 10  # to lock a file, a millisecond apart; whoever holds it that long is stopped
_LONGEST = 3600.0  # seconds that anyone waits for a turn; what a file says beyond that is no moment
_KEPT = struct.Struct("<dd")


@dataclass
class _Pace:
    """The calls of one action and account.

    :param next: the next free moment, by ``time.monotonic()``, which all processes of a host share.
    :param rate: the part of the rate that is used: halved by a refusal, it grows again with what passes.
    :param unwritten: what the file holds is older, as it could not be written: the disk is full.
    """

    next: float = 0.0
    rate: float = 1.0
    unwritten: bool = False


@dataclass
class Pacer:
    """Gives each (account, action) its next free moment.

    One for all event loops and threads of a process, so it holds no asyncio object: callers are told how long to
    sleep. The processes of a host share their moments through a file for each action and account; another host is not
    seen: that is what the share is for.

    :param folder: of those files; where there is none, or it cannot be written, this process keeps its own.
    """

    folder: Callable[[], Path | None] = lambda: None
    _paces: dict[tuple[str, str], _Pace] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, account: str, action: str, rate: float) -> float:
        """Take the next slot; returns the seconds to sleep until it begins.

        :param rate: requests per second that this host may use, above 0.
        """
        with self._pace(account, action) as pace:
            now = time.monotonic()
            slot = max(now, pace.next)
            pace.next = slot + 1 / (rate * pace.rate)
        return slot - now

    def refused(self, account: str, action: str) -> None:
        """A call was throttled: others use the same quota, so none is begun for a second, and then half as many."""
        with self._pace(account, action) as pace:
            pace.rate = max(_LEAST, pace.rate / 2)
            pace.next = max(pace.next, time.monotonic() + _SECONDS_OF_A_QUOTA)

    def passed(self, account: str, action: str) -> None:
        """A call was not throttled: slowly, more may be made again."""
        if self._paces.get((account, action), _Pace()).rate < 1:
            with self._pace(account, action) as pace:
                pace.rate = min(1.0, pace.rate + _RISE)

    async def wait_turn(self, account: str, action: str, rate: float) -> None:
        """Sleep until the next slot."""
        if (delay := self.reserve(account, action, rate)) > 0:
            await asyncio.sleep(delay)

    @contextlib.contextmanager
    def _pace(self, account: str, action: str) -> Iterator[_Pace]:
        own = account, action
        with self._lock, contextlib.ExitStack() as stack:
            folder = self.folder()
            if folder is not None:
                with contextlib.suppress(OSError):
                    name = hashlib.sha256("\0".join(own).encode()).hexdigest()[:32]
                    self._paces[own] = stack.enter_context(_shared(folder / name, self._paces.get(own)))
            yield self._paces.setdefault(own, _Pace())


@contextlib.contextmanager
def _shared(file: Path, known: _Pace | None) -> Iterator[_Pace]:
    """A pace that a file keeps, held for this process alone.

    :param known: what this process knows of it; it counts, too, where it could not be written.
    :raises OSError: it cannot be had; nothing is waited for, as the event loop may be the caller.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        for left in reversed(range(_TRIES)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not left:
                    raise
                time.sleep(0.001)
        kept = os.pread(descriptor, _KEPT.size, 0)
        pace = _sound(*_KEPT.unpack(kept)) if len(kept) == _KEPT.size else _Pace()
        if known is not None and known.unwritten:  # another process may have written since
            pace = _Pace(max(pace.next, known.next), min(pace.rate, known.rate))
        yield pace
        pace.unwritten = True
        with contextlib.suppress(OSError):  # a full disk holds no one up
            pace.unwritten = os.pwrite(descriptor, _KEPT.pack(pace.next, pace.rate), 0) < _KEPT.size
    finally:
        os.close(descriptor)


def _sound(moment: float, rate: float) -> _Pace:
    """What a file holds, where it can be so."""
    sound = _LEAST <= rate <= 1 and moment <= time.monotonic() + _LONGEST
    return _Pace(moment, rate) if sound else _Pace()


PACER = Pacer(settings.pace_folder)


def drawn(least: float, most: float) -> float:
    """A number between the two, drawn evenly, so that callers do not march in step."""
    return random.uniform(least, most)  # noqa: S311 - no secret: a seeded walk must draw the same again
