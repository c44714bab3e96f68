"""Which jobs of a shared poll are worth a read of their own in a turn: few, and those whose answer can matter.

A list that leaves out the lag costs a read for each job that is ready but for its lag, at every turn: some hundred such
jobs would take the whole quota of DescribeMigrationDetail.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field

_SHARE = 20  # of so many jobs, one is read in a turn
_FLOOR = 20  # reads in a turn that are too few to matter to anyone
_LONGEST = 20  # intervals between two looks at one job
_NEAR = 0.5  # of its lag in seconds, after which a job is looked at again
_DULL = 0.1  # likewise, of the time for which its lag has not changed


@dataclass
class Attention:
    """Grants the reads of one poll. Its methods are called from one event loop.

    :param interval: seconds between two turns.
    """

    interval: float
    _due: dict[str, float] = field(default_factory=dict)  # by job, when a look at it is worth a read
    _granted: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)

    @property
    def most(self) -> int:
        """Reads in one turn: a twentieth of the jobs that are waited for like this, or a few."""
        return max(_FLOOR, -(-len(self._due) // _SHARE))

    def begin_turn(self, listed: Collection[str]) -> None:
        """Choose the jobs of the next turn: those whose look is longest due."""
        now, left = time.monotonic(), self._granted - self._asked  # no one waits for these any more
        self._due = {job: at for job, at in self._due.items() if job in listed and job not in left}
        self._asked = set()
        due = sorted((at, job) for job, at in self._due.items() if at <= now)
        self._granted = {job for _, job in due[: self.most]}

    def grants(self, job: str) -> bool:
        """Whether a job is to be read in this turn; a new one is, as long as reads are left."""
        self._asked.add(job)
        if job not in self._due:
            self._due[job] = time.monotonic()
            if len(self._granted) < self.most:
                self._granted.add(job)
        return job in self._granted

    def rest(self, job: str, seconds: float) -> None:
        """After a look at a job: another is worth nothing for some time, of which there is a longest."""
        least = self.interval / 2  # to come after those that were not read in the same turn
        self._due[job] = time.monotonic() + max(least, min(seconds, _LONGEST * self.interval))


def seconds_of_calm(lag: tuple[int, int] | None, unchanged: float, closed: float) -> float:
    """How long nothing new is to be expected of a job that was looked at.

    A lag of 0 must go on being 0, so it is looked at whenever there is a turn.

    :param lag: its MB and seconds, -1 for what is not known.
    :param unchanged: seconds since it was first seen to be that.
    :param closed: seconds until a lag of 0 begins to matter.
    """
    if lag == (0, 0):
        return closed
    return max(_NEAR * lag[1] if lag is not None else 0.0, _DULL * unchanged)
