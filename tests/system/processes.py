"""Programs that the system tests start: their logs, and an end that leaves nothing behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(check: Callable[[], T | None], *, seconds: float, what: str, every: float = 0.5) -> T:
    """Call ``check`` until it returns something true, which is returned.

    ``what`` completes "waited N s for ..."; ``check`` must not raise for "not yet".
    """
    deadline = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def family(leader: int) -> set[int]:
    """The living processes that ``leader`` began: its session, and every descendant of those."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # After the name, which may hold spaces and brackets: state, parent, group, session.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        process, parent, session = int(entry.name), int(fields[1]), int(fields[3])
        if fields[0] == "Z":
            continue
        parents[process] = parent
        if leader in (process, session):
            found.add(process)
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found


class ManagedProcess:
    """One program with its own session and log file; it can be started again after its end."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Take what will run; nothing starts yet. ``log`` is appended to at every start."""
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the program that was started last still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the last start."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def start(self) -> None:
        """Start the program; an error if it runs already."""
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it and all that it began, at once and without a word, as the loss of its machine would."""
        if self._process is None:
            return
        self._signal_family(signal.SIGSTOP)  # so that none of them begins another meanwhile
        self._signal_family(signal.SIGKILL)
        self._process.wait()

    def halt(self) -> None:
        """Let it and all that it began stand still, as on a machine that swaps; :meth:`go_on` lets them go on."""
        self._signal_family(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let what stands still go on."""
        self._signal_family(signal.SIGCONT)

    def stop(self, seconds: float = 30) -> None:
        """Ask it to end, as a container's stop does, and kill what is left after ``seconds``."""
        if self._process is None:
            return
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.kill()

    def tail(self, lines: int = 30) -> str:
        """The end of the log, for a failure's message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal_family(self, number: signal.Signals) -> None:
        for process in family(self.pid):
            try:
                os.kill(process, number)
            except ProcessLookupError:
                continue
