"""Database servers of this machine's own: a free port of loopback, a password and a folder of their own."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from scripts.local import LOOPBACK, ROOT
from tencent_dts.emulator.data.model import Account, Server

PATIENCE_SECONDS = 60
UNPRIVILEGED = "nobody"
"""The user that servers of root's run as."""


class OwnServer(ABC):
    """One server with the account ``dts``, which may do everything; :meth:`restart` keeps its data and its port."""

    product: ClassVar[str]
    family: ClassVar[str]
    ending: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, number: int, options: Sequence[str] = ()) -> None:
        """Choose a port and a password; nothing starts yet.

        ``number`` is of its own for each of several servers; ``options`` come after ours.
        """
        self.folder = folder
        self.number = number
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(LOOPBACK, free_port(), Account("dts", self._password()), self.family)

    @abstractmethod
    def installation(self) -> Path:
        """Return an empty installation, made once for a version: that takes seconds, a copy a part of one."""

    @abstractmethod
    def prepare(self) -> None:
        """Write what the server and its clients read besides its data."""

    @abstractmethod
    def command(self, **settings: object) -> Sequence[str]:
        """Return how the server is started, with settings that differ from the usual ones."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether it can be worked with."""

    def start(self) -> None:
        """Start on what data there is, or a copy of an empty installation, and wait until it answers."""
        fresh = not (self.folder / "data").exists()
        if fresh:
            shutil.copytree(self.installation(), self.folder / "copied")
        self.prepare()
        if os.geteuid() == 0:
            self._require_reach()
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, UNPRIVILEGED)
        if fresh:
            self.open_data(self.folder / "copied")
            (self.folder / "copied").rename(self.folder / "data")
        self._run()

    @abstractmethod
    def open_data(self, data: Path) -> None:
        """Make the account in new data, where :meth:`prepare` does not see to it."""

    def restart(self, **settings: object) -> None:
        """Stop in good order and start again on the same data and port, with other settings for this once."""
        self.stop()
        self._run(**settings)

    def stop(self) -> None:
        """End the server in good order; its folder is its maker's to remove."""
        if self._process is not None:
            self._process.send_signal(self.ending)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def write(self, name: str, *lines: str) -> Path:
        """Write a file into the server's folder that only its owner reads."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def _password(self) -> str:
        """The one that its data were made with, or a new one."""
        known = self.folder / "password"
        if not known.exists():
            self.write(known.name, secrets.token_hex(12))
        return known.read_text().strip()

    def _require_reach(self) -> None:
        """Raise ``SystemExit`` where the user that servers of root's run as cannot come to their folder."""
        folder = self.folder.parent
        closed = [path for path in folder.parents if not path.stat().st_mode & 0o001]
        if closed:
            raise SystemExit(
                f"As root, {self.product} runs as {UNPRIVILEGED}, who cannot come to {folder}: {closed[-1]} is closed "
                "to others. Run this as another user, or choose another folder"
            )

    def _run(self, **settings: object) -> None:
        with (self.folder / "log").open("ab") as log:
            # In a session of its own: Ctrl-C is for whoever started it, who then ends it in order.
            self._process = subprocess.Popen(
                [*self.command(**settings), *self.options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_nobody(),
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.product} did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)


Own = TypeVar("Own", bound=OwnServer)


@contextlib.contextmanager
def running(kind: type[Own], count: int, folder: Path | None, options: Sequence[str]) -> Iterator[list[Own]]:
    """Run servers, a source and a target, while the body of ``with`` runs.

    ``options`` are further ones of each server. ``folder`` keeps their data and passwords for the next time; without it
    they go away.
    """
    home = folder or _passing_folder(kind.family)
    started: list[Own] = []
    try:
        for number in range(1, count + 1):
            own = home / str(number)
            own.mkdir(parents=True, exist_ok=True)
            started.append(kind(own, number, options))
            started[-1].start()
        yield started
    finally:
        for server in started:
            server.stop()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def _passing_folder(family: str) -> Path:
    if os.geteuid() == 0:  # the servers run as somebody who may not reach what is root's
        made = Path(tempfile.mkdtemp(prefix=f"dts-{family}-"))
        shutil.chown(made, UNPRIVILEGED)
        return made
    return ROOT / ".build" / f"{family}-{os.getpid()}-{secrets.token_hex(4)}"


def pristine(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of an empty installation, which ``make`` fills where there is none yet."""
    known = ROOT / ".build" / name
    if not known.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="dts-installation-")) / name
        if os.geteuid() == 0:
            shutil.chown(unfinished.parent, UNPRIVILEGED)
        try:
            make(unfinished)
            copied = known.with_name(f"{name}.{os.getpid()}")
            shutil.copytree(unfinished, copied)
            with contextlib.suppress(OSError):  # another process was first
                copied.rename(known)
            shutil.rmtree(copied, ignore_errors=True)
        finally:
            shutil.rmtree(unfinished.parent, ignore_errors=True)
    return known


def as_nobody() -> dict[str, Any]:
    """How a program is started that must not run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def lacking(product: str, oldest: str, programs: Sequence[str], found: Callable[[str], str | None]) -> str:
    """Say which of a product's programs are to be installed, and how; "" when none is."""
    missing = [name for name in programs if found(name) is None]
    if not missing:
        return ""
    return (
        f"{product}'s {', '.join(missing)} cannot be found. On Debian: scripts/install_system_packages.sh; elsewhere "
        f"install {product} {oldest} or later, server and client programs, so that they are on the PATH"
    )
