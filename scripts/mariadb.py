"""MariaDB servers of this machine's own: Debian's program, a free port of loopback, a folder that goes away."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql

from scripts.local import LOOPBACK, ROOT
from tencent_dts.emulator.data.model import Account, Server

PATIENCE_SECONDS = 60
_UNPRIVILEGED = "nobody"


class MariaDbServer:
    """One server with the account ``dts``, which may do everything; :meth:`restart` keeps its data and its port."""

    def __init__(self, folder: Path, number: int) -> None:
        """Choose a port and a password; nothing starts yet. ``number`` is its server_id, of its own for each."""
        self.folder = folder
        self._number = number
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(LOOPBACK, _free_port(), Account("dts", self._password()))

    @property
    def options(self) -> Path:
        """The file of options by which a client program reaches it: ``mariadb --defaults-file=...``."""
        return self.folder / "client.cnf"

    def start(self) -> None:
        """Start on what data there is, or a copy of an empty installation, and wait until it answers."""
        if not (self.folder / "data").exists():
            shutil.copytree(_installation(), self.folder / "copied")
            (self.folder / "copied").rename(self.folder / "data")
        account = self.server.account
        self._write(
            "opening.sql",
            f"CREATE USER IF NOT EXISTS {account.user} IDENTIFIED BY '{account.password}';",
            f"GRANT ALL ON *.* TO {account.user} WITH GRANT OPTION;",
        )
        self._write(
            self.options.name,
            *("[client]", "protocol=tcp", f"host={LOOPBACK}", f"port={self.server.port}"),
            *(f"user={account.user}", f"password={account.password}"),
        )
        if os.geteuid() == 0:
            _require_reach(self.folder.parent)
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, _UNPRIVILEGED)
        self._run()

    def _password(self) -> str:
        """The one that its data were made with, or a new one."""
        known = self.folder / "password"
        if not known.exists():
            self._write(known.name, secrets.token_hex(12))
        return known.read_text().strip()

    def _write(self, name: str, *lines: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text("".join(f"{line}\n" for line in lines))

    def restart(self) -> None:
        """Stop in good order and start again on the same data and port."""
        self._end()
        self._run()

    def stop(self) -> None:
        """End the server; its folder is its maker's to remove."""
        self._end()

    def connect(self, database: str | None = None) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """Open a session by its account."""
        return pymysql.connect(
            host=self.server.host,
            port=self.server.port,
            user=self.server.account.user,
            password=self.server.account.password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=2,
        )

    def execute(self, *statements: str) -> list[Any]:
        """Run statements and return the rows of the last."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def _run(self) -> None:
        command = [
            *(_program("mariadbd"), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"),
            *(f"--port={self.server.port}", f"--bind-address={LOOPBACK}"),
            # Below its data, where it works: the path of a socket has a hundred characters at most.
            "--socket=socket",
            *(f"--pid-file={self.folder / 'pid'}", f"--init-file={self.folder / 'opening.sql'}"),
            *(f"--server-id={self._number}", "--log-bin=binlog", "--binlog-format=ROW", "--skip-slave-start"),
            # No data of anybody's: nothing need survive a power cut, and pages are small for a fast start.
            *("--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-buffer-pool-size=64M"),
            *("--innodb-log-file-size=64M", "--performance-schema=OFF", "--skip-name-resolve"),
            *(["--user=nobody"] if os.geteuid() == 0 else []),
        ]
        with (self.folder / "log").open("ab") as log:
            # In a session of its own: Ctrl-C is for whoever started it, who then ends it in order.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except pymysql.MySQLError:
            return False
        return True

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)
            self._process = None


@contextlib.contextmanager
def servers(count: int = 2, folder: Path | None = None) -> Iterator[list[MariaDbServer]]:
    """Run servers, a source and a target, while the body of ``with`` runs.

    ``folder`` keeps their data and passwords for the next time; without it they go away.
    """
    home = folder or _passing_folder()
    started: list[MariaDbServer] = []
    try:
        for number in range(1, count + 1):
            own = home / str(number)
            own.mkdir(parents=True, exist_ok=True)
            started.append(MariaDbServer(own, number))
            started[-1].start()
        yield started
    finally:
        for server in started:
            server.stop()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def _require_reach(folder: Path) -> None:
    """Raise ``SystemExit`` where the user that servers of root's run as cannot come to a folder."""
    closed = [path for path in folder.parents if not path.stat().st_mode & 0o001]
    if closed:
        raise SystemExit(
            f"As root, MariaDB runs as {_UNPRIVILEGED}, who cannot come to {folder}: {closed[-1]} is closed to others. "
            "Run this as another user, or choose another folder"
        )


def _passing_folder() -> Path:
    if os.geteuid() == 0:  # the servers run as somebody who may not reach what is root's
        made = Path(tempfile.mkdtemp(prefix="dts-mariadb-"))
        shutil.chown(made, _UNPRIVILEGED)
        return made
    return ROOT / ".build" / f"mariadb-{os.getpid()}-{secrets.token_hex(4)}"


PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb-dump", "mariadb")


def installed() -> bool:
    """Whether the programs are there."""
    return not lacking()


def lacking() -> str:
    """What is to be installed, or "" when nothing is."""
    missing = [name for name in PROGRAMS if _found(name) is None]
    if not missing:
        return ""
    return (
        f"MariaDB's {', '.join(missing)} cannot be found. On Debian: scripts/install_system_packages.sh; elsewhere "
        "install MariaDB 10.11 or later, server and client programs, so that they are on the PATH"
    )


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: run scripts/install_system_packages.sh")
    return found


def _installation() -> Path:
    """An empty installation, made once for a version: to make it takes seconds, to copy it a part of one."""
    version = subprocess.run([_program("mariadbd"), "--version"], check=True, capture_output=True, text=True).stdout
    release = version.partition("Ver ")[2].split()[0]
    pristine = ROOT / ".build" / f"mariadb-{release}"
    if not pristine.exists():
        unfinished = pristine.with_name(f"{pristine.name}.{os.getpid()}")
        subprocess.run(
            [
                *(_program("mariadb-install-db"), "--no-defaults", f"--datadir={unfinished}", "--skip-test-db"),
                *("--auth-root-authentication-method=normal", "--skip-name-resolve", "--innodb-log-file-size=64M"),
            ],
            check=True,
            capture_output=True,
        )
        with contextlib.suppress(OSError):  # another process was first
            unfinished.rename(pristine)
        shutil.rmtree(unfinished, ignore_errors=True)
    return pristine


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
