"""A PostgreSQL and a Redis of the tests' own: Debian's programs, free ports, a folder that goes away."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.system.processes import ManagedProcess, free_port, wait_until

POSTGRES_PROGRAMS = Path("/usr/lib/postgresql")


class Postgres:
    """One PostgreSQL server with the database ``airflow``, on ``port`` of the loopback address."""

    def __init__(self, password: str, log: Path) -> None:
        """Choose a port; nothing starts yet. ``log`` receives the server's log when it stops."""
        self.password = password
        self.log = log
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="dts-postgres-"))
        self._address = ["--host=127.0.0.1", f"--port={self.port}", "--username=airflow"]

    def start(self) -> None:
        """Make a new cluster and wait until it answers."""
        password_file = self._folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
            shutil.chown(password_file, "postgres")
        self._run("initdb", "--username=airflow", "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", f"--log={self._folder / 'log'}", "--wait", f"--options={options}", "start")
        self._run("createdb", *self._address, "airflow", data=False)

    def dump(self) -> str:
        """Everything in the database ``airflow``, as SQL."""
        return self._run("pg_dump", *self._address, "airflow", data=False)

    def execute(self, statement: str) -> None:
        """Run one SQL statement in the database ``airflow``."""
        self._run("psql", *self._address, "--dbname=airflow", f"--command={statement}", data=False)

    def stop(self) -> None:
        """End the server, keep its log and remove its folder."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "--mode=immediate", "stop")
        if (self._folder / "log").exists():
            shutil.copyfile(self._folder / "log", self.log)
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str, data: bool = True) -> str:
        # PostgreSQL refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        path = max(POSTGRES_PROGRAMS.glob(f"*/bin/{program}"), key=lambda found: int(found.parts[-3]))
        folder = [f"--pgdata={self._folder / 'data'}"] if data else []
        with tempfile.TemporaryFile() as output:  # no pipe: the server that pg_ctl starts would hold it open
            subprocess.run(
                [*user, str(path), *folder, *arguments],
                check=True,
                cwd=self._folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": self.password},
                stdin=subprocess.DEVNULL,
                stdout=output,
            )
            output.seek(0)
            return output.read().decode()


class Redis:
    """One Redis server on ``port`` of the loopback address, with the options the compose file gives it."""

    def __init__(self, command: list[str], password: str, log: Path) -> None:
        """Take the compose file's command; nothing starts yet."""
        self.port = free_port()
        self._password = password
        self._folder = Path(tempfile.mkdtemp(prefix="dts-redis-"))
        here = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = ManagedProcess("redis", [*command, *here], {"PATH": os.environ["PATH"]}, log)

    def start(self) -> None:
        """Start the server and wait until it answers a PING."""
        self._process.start()
        wait_until(self._answers, seconds=20, what="Redis")

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._process.stop()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        ping = subprocess.run(
            ["redis-cli", "-p", str(self.port), "ping"],
            check=False,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "REDISCLI_AUTH": self._password},
        )
        return ping.stdout.strip() == b"PONG"
