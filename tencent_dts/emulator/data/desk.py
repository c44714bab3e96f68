"""Where the emulator's world asks its engines: the work is done in threads, and no question waits for an answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.emulator.data.model import Account, DataError, Engine, Family, Objects, Progress, Server

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""Seconds until a server that does not answer is asked again to forget a job."""
END_SECONDS = 30.0
"""Seconds for which the end of the emulator waits for what a reset has begun."""

Call = Callable[[Progress], object]


@dataclass(frozen=True)
class Outcome:
    """What a work has come to: its value or, in ``words``, why it failed; ``ended`` is a real moment."""

    value: Any
    words: str
    ended: float


@dataclass
class _Work:
    progress: Progress = field(default_factory=Progress)
    outcome: Outcome | None = None
    thread: threading.Thread | None = None


@dataclass(frozen=True)
class Logins:
    """The accounts that a job names itself. They are kept in memory only: a restart forgets them."""

    source: Account | None = None
    target: Account | None = None


class Desk:
    """Engines by job, and their works by job and name. Its methods are called from one thread, the world's.

    ``servers``: the servers by the names that jobs have for them. ``families``: how jobs are served, by the family of
    their databases.
    """

    def __init__(self, servers: Mapping[str, Server], families: Mapping[str, Family]) -> None:
        self._servers = dict(servers)
        self.families = dict(families)
        self._engines: dict[str, tuple[Objects, Engine]] = {}
        self._works: dict[tuple[str, str], _Work] = {}
        self._logins: dict[str, Logins] = {}
        self._closing = threading.Event()
        self._ending: list[threading.Thread] = []

    def server(self, name: str) -> Server | None:
        """Return the server that stands for what a job names, or None."""
        return self._servers.get(name)

    def look_around(self, known: Collection[str]) -> threading.Thread:
        """Warn of what jobs besides the known ones have on the servers, in a thread: a state file was lost, perhaps."""
        looking = threading.Thread(target=self._look_around, args=(known,), name="look around", daemon=True)
        looking.start()
        return looking

    def _look_around(self, known: Collection[str]) -> None:
        for server in set(self._servers.values()):
            family = self.families.get(server.family)
            try:
                for words in family.left(server, known) if family else ():
                    logger.warning("%s holds what is left of a job that is not known: %s", server.address, words)
            except DataError as error:
                logger.warning("%s cannot be asked what it holds of earlier jobs: %s", server.address, error)

    def engine(self, job_id: str, family: str, source: Server, target: Server, objects: Objects) -> Engine:
        """Return the engine of a job; other objects make it another."""
        known = self._engines.get(job_id)
        if known is None or known[0] != objects:
            known = objects, self.families[family].make(job_id, source, target, objects)
            self._engines[job_id] = known
        return known[1]

    def remember(self, job_id: str, logins: Logins) -> None:
        """Keep the accounts that a job names, for its next check."""
        self._logins[job_id] = logins

    def logins(self, job_id: str) -> Logins:
        """Return the accounts that a job has named since this process began."""
        return self._logins.get(job_id, Logins())

    def begin(self, job_id: str, work: str, call: Call) -> None:
        """Begin a work unless it is under way; an outcome that nobody has taken is forgotten."""
        known = self._works.get((job_id, work))
        if known is not None and known.outcome is None:
            return
        begun = _Work()
        begun.thread = threading.Thread(target=_do, args=(begun, call), name=f"{job_id} {work}", daemon=True)
        self._works[job_id, work] = begun
        begun.thread.start()

    def ask(self, job_id: str, work: str, call: Call) -> Outcome | None:
        """Return and forget what a work has come to; None while it is under way. It is begun where it is not.

        So a work whose process was killed begins again, and one that is asked for after its end, too.
        """
        known = self._works.get((job_id, work))
        if known is None:
            self.begin(job_id, work, call)
            return None
        if known.outcome is not None:
            del self._works[job_id, work]
        return known.outcome

    def progress(self, job_id: str, work: str) -> Progress | None:
        """Return how far a work has come that nobody has taken the outcome of; None when there is none."""
        known = self._works.get((job_id, work))
        return known.progress if known else None

    def cancel(self, job_id: str, name: str = "") -> None:
        """Ask a work, or all of a job, to give up; those that set up or remove a replication go on to their end."""
        for (owner, known), work in self._works.items():
            if owner == job_id and name in ("", known):
                work.progress.canceled = True

    def close(self, *, leave: bool) -> None:
        """Give up all works. Unless ``leave``, the jobs are forgotten, so nothing of theirs stays on the servers.

        A server that does not answer now is not waited for, and the log says what it may hold.
        """
        self._closing.set()
        self._give_up()
        try:
            _end(list(self._works.values()), {} if leave else self._engines, self._closing)
        finally:
            self._forget()
            for thread in self._ending:
                thread.join(END_SECONDS)

    def reset(self) -> None:
        """Forget all jobs at once; what they have on the servers is removed in a thread, once those answer.

        The engines of jobs of which nothing was asked since this process began must have been made before.
        """
        self._give_up()
        ending = list(self._works.values()), dict(self._engines), self._closing
        self._ending = [thread for thread in self._ending if thread.is_alive()]
        self._ending.append(threading.Thread(target=_end, args=ending, name="engines that end", daemon=True))
        self._ending[-1].start()
        self._forget()

    def _give_up(self) -> None:
        for job_id, _ in self._works:
            self.cancel(job_id)

    def _forget(self) -> None:
        self._works.clear()
        self._engines.clear()
        self._logins.clear()


def _end(works: Sequence[_Work], engines: Mapping[str, tuple[Objects, Engine]], closing: threading.Event) -> None:
    """Wait for works that have been asked to give up, then remove what jobs have on their servers.

    Again and again where a server does not answer, until ``closing``. Raises ``ExceptionGroup`` at the end for engines
    that are broken, which keep nothing of the others from being removed.
    """
    for work in works:
        if work.thread is not None:
            work.thread.join()
    left, broken = {job_id: engine for job_id, (_, engine) in engines.items()}, []
    warned: set[str] = set()
    while left:
        for job_id, engine in list(left.items()):
            try:
                engine.stop(finish=False)
            except DataError as error:
                if job_id not in warned:
                    logger.warning("Something of %s may be left on its servers: %s", job_id, error)
                warned.add(job_id)
                continue
            except Exception as error:  # noqa: BLE001 - of whatever class: raised below, when the others have ended
                broken.append(error)
            del left[job_id]
        if not left or closing.wait(AGAIN_SECONDS):
            break
    if broken:
        raise ExceptionGroup("engines could not remove what jobs have on their servers", broken)


def _do(work: _Work, call: Call) -> None:
    try:
        value, words = call(work.progress), ""
    except DataError as error:
        value, words = None, str(error)
    except BaseException as error:
        # The thread ends here, whatever broke; a job that waited for it would wait for ever.
        value, words = None, f"the emulator's engine is broken: {error!r}"
        work.outcome = Outcome(value, words, time.monotonic())
        raise
    work.outcome = Outcome(value, words, time.monotonic())
