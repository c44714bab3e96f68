"""PostgreSQL servers of this machine's own: Debian's program, a free port of loopback, a folder that goes away."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from scripts.local import LOOPBACK, ROOT
from tencent_dts.emulator.data.model import Account, Server

PATIENCE_SECONDS = 60
_UNPRIVILEGED = "nobody"
PROGRAMS = ("postgres", "initdb", "pg_dump", "pg_restore")


class PostgreSqlServer:
    """One server with the superuser ``dts``; :meth:`restart` keeps its data and its port."""

    def __init__(self, folder: Path, number: int) -> None:
        """Choose a port and a password; nothing starts yet."""
        self.folder = folder
        self._number = number
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(LOOPBACK, _free_port(), Account("dts", secrets.token_hex(12)), "postgresql")

    def start(self) -> None:
        """Start on new data, a copy of an empty installation, and wait until it answers."""
        data = self.folder / "data"
        shutil.copytree(_installation(), data)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, _UNPRIVILEGED)
        account = self.server.account
        opening = f"CREATE ROLE {account.user} SUPERUSER LOGIN PASSWORD '{account.password}';\n"
        _run([_program("postgres"), "--single", "-D", str(data), "postgres"], opening)
        self._run()

    def restart(self, **settings: object) -> None:
        """Stop in good order and start again on the same data and port, with other settings for this once."""
        self.stop()
        self._run(**settings)

    def stop(self) -> None:
        """End the server; its folder is its maker's to remove."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast: sessions are ended, not waited for
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Open a session by its account; each statement is a transaction of its own."""
        account = self.server.account
        return psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            user=account.user,
            password=account.password,
            dbname=database,
            autocommit=True,
            connect_timeout=2,
        )

    def execute(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements and return the rows of the last."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def _run(self, **changes: object) -> None:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.server.port,
            "unix_socket_directories": "",
            "wal_level": "logical",
            # The words of an error that ended a replication are in this log only.
            "logging_collector": "on",
            "log_destination": "csvlog",
            "log_directory": self.folder / "log",
            "wal_retrieve_retry_interval": "500ms",
            # No data of anybody's: nothing need survive a power cut.
            "fsync": "off",
            "full_page_writes": "off",
            "max_wal_size": "2GB",
            **changes,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "words").open("ab") as log:
            command = [_program("postgres"), "-D", str(self.folder / "data"), *options]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_as_nobody())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'words').read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def servers(count: int = 2) -> Iterator[list[PostgreSqlServer]]:
    """Run servers, a source and a target, while the body of ``with`` runs."""
    folder = ROOT / ".build" / f"postgresql-{os.getpid()}-{secrets.token_hex(4)}"
    started: list[PostgreSqlServer] = []
    try:
        for number in range(1, count + 1):
            own = folder / str(number)
            own.mkdir(parents=True)
            started.append(PostgreSqlServer(own, number))
            started[-1].start()
        yield started
    finally:
        for server in started:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def installed() -> bool:
    """Whether the programs are there."""
    return not lacking()


def lacking() -> str:
    """What is to be installed, or "" when nothing is."""
    missing = [name for name in PROGRAMS if _found(name) is None]
    if not missing:
        return ""
    return (
        f"PostgreSQL's {', '.join(missing)} cannot be found. On Debian: scripts/install_system_packages.sh; elsewhere "
        "install PostgreSQL 14 or later, server and client programs, so that they are on the PATH"
    )


def _found(name: str) -> str | None:
    # Debian has each version in a folder of its own, of which only the client programs are on the PATH.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parts[-2]))
    return shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]))


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise RuntimeError(lacking())
    return found


def _installation() -> Path:
    """An empty installation, made once for a version: to make it takes seconds, to copy it a part of one."""
    version = subprocess.run([_program("postgres"), "--version"], check=True, capture_output=True, text=True).stdout
    pristine = ROOT / ".build" / f"postgresql-{version.split()[2]}"
    if not pristine.exists():
        unfinished = pristine.with_name(f"{pristine.name}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(unfinished, _UNPRIVILEGED)
        options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        password = unfinished.with_name(f"{unfinished.name}.password")
        password.write_text(secrets.token_hex(12))
        try:
            if os.geteuid() == 0:
                shutil.chown(password, _UNPRIVILEGED)
            _run([_program("initdb"), f"--pgdata={unfinished}", f"--pwfile={password}", *options])
        finally:
            password.unlink()
        with contextlib.suppress(OSError):  # another process was first
            unfinished.rename(pristine)
        shutil.rmtree(unfinished, ignore_errors=True)
    return pristine


def _as_nobody() -> dict[str, Any]:
    """How a program is started that refuses to run as root."""
    return {"user": _UNPRIVILEGED, "group": _UNPRIVILEGED_GROUP, "extra_groups": []} if os.geteuid() == 0 else {}


_UNPRIVILEGED_GROUP = "nogroup"


def _run(command: list[str], said: str = "") -> None:
    done = subprocess.run(command, input=said, check=False, capture_output=True, text=True, **_as_nobody())
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
