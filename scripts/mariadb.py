"""MariaDB servers of this machine's own: Debian's program, a free port of loopback, a folder that goes away."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pymysql

from scripts import own_server
from scripts.local import LOOPBACK

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb-dump", "mariadb")


class MariaDbServer(own_server.OwnServer):
    """A server of MariaDB; ``number`` is its server_id."""

    product = "MariaDB"
    family = "mysql"

    @property
    def login(self) -> Path:
        """The file of options by which a client program reaches it: ``mariadb --defaults-file=...``."""
        return self.folder / "client.cnf"

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

    def prepare(self) -> None:
        """See :meth:`OwnServer.prepare`. The account is made at each start, unless it is there."""
        account = self.server.account
        self.write(
            "opening.sql",
            f"CREATE USER IF NOT EXISTS {account.user} IDENTIFIED BY '{account.password}';",
            f"GRANT ALL ON *.* TO {account.user} WITH GRANT OPTION;",
        )
        self.write(
            self.login.name,
            *("[client]", "protocol=tcp", f"host={LOOPBACK}", f"port={self.server.port}"),
            *(f"user={account.user}", f"password={account.password}"),
        )

    def open_data(self, data: Path) -> None:
        """See :meth:`OwnServer.open_data`."""

    def command(self, **settings: object) -> Sequence[str]:
        """See :meth:`OwnServer.command`."""
        return [
            *(_program("mariadbd"), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"),
            *(f"--port={self.server.port}", f"--bind-address={LOOPBACK}"),
            # Below its data, where it works: the path of a socket has a hundred characters at most.
            "--socket=socket",
            *(f"--pid-file={self.folder / 'pid'}", f"--init-file={self.folder / 'opening.sql'}"),
            *(f"--server-id={self.number}", "--log-bin=binlog", "--binlog-format=ROW", "--skip-slave-start"),
            # No data of anybody's: nothing need survive a power cut, and pages are small for a fast start.
            *("--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-buffer-pool-size=64M"),
            *("--innodb-log-file-size=64M", "--performance-schema=OFF", "--skip-name-resolve"),
            *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items()),
        ]

    def answers(self) -> bool:
        """See :meth:`OwnServer.answers`."""
        try:
            self.connect().close()
        except pymysql.MySQLError:
            return False
        return True

    def installation(self) -> Path:
        """See :meth:`OwnServer.installation`."""
        version = subprocess.run([_program("mariadbd"), "--version"], check=True, capture_output=True, text=True).stdout
        return own_server.pristine(f"mariadb-{version.partition('Ver ')[2].split()[0]}", _install)


def _install(folder: Path) -> None:
    subprocess.run(
        [
            *(_program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}", "--skip-test-db"),
            *("--auth-root-authentication-method=normal", "--skip-name-resolve", "--innodb-log-file-size=64M"),
        ],
        check=True,
        capture_output=True,
    )


def servers(
    count: int = 2, folder: Path | None = None, options: Sequence[str] = ()
) -> AbstractContextManager[list[MariaDbServer]]:
    """Run servers while the body of ``with`` runs; see :func:`own_server.running`."""
    return own_server.running(MariaDbServer, count, folder, options)


def installed() -> bool:
    """Whether the programs are there."""
    return not lacking()


def lacking() -> str:
    """What is to be installed, or "" when nothing is."""
    return own_server.lacking("MariaDB", "10.11", PROGRAMS, _found)


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise RuntimeError(lacking())
    return found
