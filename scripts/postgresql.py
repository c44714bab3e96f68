"""PostgreSQL servers of this machine's own: Debian's program, a free port of loopback, a folder that goes away."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg

from scripts import own_server
from scripts.local import LOOPBACK

PROGRAMS = ("postgres", "initdb", "pg_dump", "pg_restore", "psql")


class PostgreSqlServer(own_server.OwnServer):
    """A server of PostgreSQL, whose account is a superuser."""

    product = "PostgreSQL"
    family = "postgresql"
    ending = signal.SIGINT  # fast: sessions are ended, not waited for

    @property
    def login(self) -> Path:
        """The file of a service by which a client program reaches it: ``PGSERVICEFILE=... psql service=own``."""
        return self.folder / "service.conf"

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

    def prepare(self) -> None:
        """See :meth:`OwnServer.prepare`."""
        account = self.server.account
        self.write(
            self.login.name,
            *("[own]", f"host={LOOPBACK}", f"port={self.server.port}"),
            *(f"user={account.user}", f"password={account.password}"),
        )

    def open_data(self, data: Path) -> None:
        """See :meth:`OwnServer.open_data`."""
        account = self.server.account
        opening = f"CREATE ROLE {account.user} SUPERUSER LOGIN PASSWORD '{account.password}';\n"
        _run([_program("postgres"), "--single", "-D", str(data), "postgres"], opening)

    def command(self, **settings: object) -> Sequence[str]:
        """See :meth:`OwnServer.command`."""
        chosen = {
            "listen_addresses": LOOPBACK,
            "port": self.server.port,
            "unix_socket_directories": "",
            "wal_level": "logical",
            # The words of an error that ended a replication are in this log only.
            "logging_collector": "on",
            "log_destination": "csvlog",
            "log_directory": self.folder / "log of errors",
            "wal_retrieve_retry_interval": "500ms",
            # No data of anybody's: nothing need survive a power cut.
            "fsync": "off",
            "full_page_writes": "off",
            "max_wal_size": "2GB",
            **settings,
        }
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        return [_program("postgres"), "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        """See :meth:`OwnServer.answers`."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def installation(self) -> Path:
        """See :meth:`OwnServer.installation`."""
        version = subprocess.run([_program("postgres"), "--version"], check=True, capture_output=True, text=True).stdout
        return own_server.pristine(f"postgresql-{version.split()[2]}", _install)


def _install(folder: Path) -> None:
    # The role that a new installation has is used by nobody: its password is known to nobody.
    password = folder.with_name("password")
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(12))
    if os.geteuid() == 0:
        shutil.chown(password, own_server.UNPRIVILEGED)
    options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run([_program("initdb"), f"--pgdata={folder}", f"--pwfile={password}", *options])


def servers(
    count: int = 2, folder: Path | None = None, options: Sequence[str] = ()
) -> AbstractContextManager[list[PostgreSqlServer]]:
    """Run servers while the body of ``with`` runs; see :func:`own_server.running`."""
    return own_server.running(PostgreSqlServer, count, folder, options)


def installed() -> bool:
    """Whether the programs are there."""
    return not lacking()


def lacking() -> str:
    """What is to be installed, or "" when nothing is."""
    return own_server.lacking("PostgreSQL", "14", PROGRAMS, _found)


def _found(name: str) -> str | None:
    # Debian has each version in a folder of its own, of which only the client programs are on the PATH.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parts[-2]))
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)]))


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise RuntimeError(lacking())
    return found


def _run(command: list[str], said: str = "") -> None:
    done = subprocess.run(
        command, input=said, check=False, capture_output=True, text=True, cwd="/", **own_server.as_nobody()
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
