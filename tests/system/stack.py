"""The topology of docker-compose.yml without Docker: the same services, commands and environment."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests import compose
from tests.system.airflow_api import AirflowApi
from tests.system.databases import Postgres, Redis
from tests.system.processes import ManagedProcess, free_port, wait_until

PROGRAMS = Path(sys.executable).parent
AIRFLOW_SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
USERS = ("admin", "viewer")

# What differs from the compose file, and why.
FOR_TESTS = {
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor,LocalExecutor",  # the second for tasks that ask for it by name
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",  # the machine that tests is small
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",  # new DAG files are seen soon
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",  # a killed worker's task is noticed soon
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


class Stack:
    """PostgreSQL, Redis and every Airflow process of the compose file, on free ports of this machine.

    ``folder`` holds what the containers' file systems would; ``logs`` one file a process, and the tasks'
    logs under ``tasks``; ``dags`` is the DAG folder; ``variables`` goes beside the compose file's own, as
    .env would (the connections); ``settings`` overrides the environment of every Airflow process.
    """

    def __init__(
        self,
        folder: Path,
        logs: Path,
        dags: Path,
        *,
        variables: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Choose ports and passwords; nothing starts yet."""
        self.folder = folder
        self.logs = logs
        self.dags = dags
        self.variables = {**self._secrets(), "DTS_DEPLOYMENT": "system-test", **(variables or {})}
        self.services = compose.services(self.variables)
        self.passwords = {user: secrets.token_hex(8) for user in USERS}
        self.port = free_port()
        self.postgres = Postgres(self.variables["POSTGRES_PASSWORD"], logs / "postgres.log")
        self.redis = Redis([*self.services["redis"].command], self.variables["REDIS_PASSWORD"], logs / "redis.log")
        self._settings = {**FOR_TESTS, **(settings or {})}
        self._ports: dict[str, str] = {}
        self.processes: dict[str, ManagedProcess] = dict(self._airflow_processes())
        self._apis: dict[str, AirflowApi] = {}

    @property
    def address(self) -> str:
        """Where the API server and its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> AirflowApi:
        """The REST API as the administrator."""
        return self.api_as("admin")

    def api_as(self, user: str) -> AirflowApi:
        """The REST API as ``admin`` or ``viewer``."""
        if user not in self._apis:
            self._apis[user] = AirflowApi(self.address, user, self.passwords[user])
        return self._apis[user]

    def start(self, *, seconds: float = 180) -> None:
        """Start everything in the compose file's order and wait until every process is healthy."""
        (self.folder / "auth").mkdir(parents=True)
        (self.folder / "auth" / "passwords.json").write_text(json.dumps(self.passwords))
        (self.folder / "no-plugins").mkdir()
        (self.folder / "migrations").symlink_to(compose.COMPOSE_FILE.parent / "migrations")
        self.postgres.start()
        self.redis.start()
        self._migrate()
        for process in self.processes.values():
            process.start()
        self.wait_until_healthy(seconds=seconds)
        for number in range(self.services["worker"].replicas):
            self.wait_for_worker(number)

    def stop(self) -> None:
        """End everything; the logs stay."""
        for api in self._apis.values():
            api.close()
        for process in self.processes.values():
            process.kill()
        self.redis.stop()
        self.postgres.stop()

    def process(self, service: str, number: int = 0) -> ManagedProcess:
        """One process of a service, counted from 0, such as ``process("worker", 1)``."""
        return self.processes[f"{service}-{number}"]

    def kill(self, service: str, number: int = 0) -> None:
        """End a process and all that it began at once, as the loss of its container would."""
        self.process(service, number).kill()

    def restart(self, service: str, number: int = 0) -> None:
        """Start a process again, after ending it in good order if it runs."""
        process = self.process(service, number)
        process.stop()
        process.start()

    def wait_until_healthy(self, *, seconds: float = 180) -> None:
        """Wait until every process runs and says that it is well."""
        wait_until(self._healthy, seconds=seconds, what=f"a healthy stack; logs are in {self.logs}", every=2)

    def wait_for_worker(self, number: int, *, seconds: float = 60) -> None:
        """Wait until a worker answers a ping: then it takes tasks."""
        what = f"worker {number} to answer a ping"
        wait_until(lambda: self.check("worker", number).returncode == 0, seconds=seconds, what=what)

    def check(self, service: str, number: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the compose file's health check for one process."""
        kind, *words = self.services[service].document["healthcheck"]["test"]
        process = self.process(service, number)
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        return subprocess.run(
            [self._here(word) for word in command],
            env=process.environment,
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )

    def _healthy(self) -> bool:
        dead = [process for process in self.processes.values() if not process.alive]
        assert not dead, f"{dead[0].name} has ended:\n{dead[0].tail()}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        health = self.api.health()
        triggerers = self.services["triggerer"].replicas
        return all(health.get(part) == "healthy" for part in parts) and (
            self.api.living_jobs("TriggererJob") == triggerers
        )

    def _migrate(self) -> None:
        service = self.services["migrate"]
        with (self.logs / "migrate.log").open("ab") as log:
            subprocess.run(
                self._command(service, 0),
                env=self._environment(service, "migrate-0"),
                cwd=self.folder,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _airflow_processes(self) -> Iterator[tuple[str, ManagedProcess]]:
        for name in AIRFLOW_SERVICES:
            service = self.services[name]
            for number in range(service.replicas):
                process = f"{name}-{number}"
                yield (
                    process,
                    ManagedProcess(
                        process,
                        self._command(service, number),
                        self._environment(service, process),
                        self.logs / f"{process}.log",
                    ),
                )

    def _command(self, service: compose.Service, number: int) -> list[str]:
        program, *words = service.command
        # In containers each worker has a host name of its own.
        extra = ["--celery-hostname", f"celery@worker-{number}"] if service.name == "worker" else []
        return [str(PROGRAMS / program), *words, *extra]

    def _environment(self, service: compose.Service, process: str) -> dict[str, str]:
        """The compose file's environment, with this machine's ports and folders in place of the containers'."""
        home = self.folder / "home" / process
        home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AIRFLOW_HOME": str(home),
            "HOSTNAME": process,
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "container_name.host_name",
            "PYTHONPATH": str(Path(__file__).parent / "host"),
            "no_proxy": service.environment["NO_PROXY"],
            **{key: self._here(value) for key, value in service.environment.items()},
            # One machine, where each container has its own ports.
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": self._port("8974"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.logs / "tasks"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": self._port(f"{process} log server"),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": self._port(f"{process} log server"),
            **self._settings,
        }

    def _here(self, text: str) -> str:
        for there, here in (
            ("@postgres:5432", f"@127.0.0.1:{self.postgres.port}"),
            ("@redis:6379", f"@127.0.0.1:{self.redis.port}"),
            ("http://api-server:8080", self.address),
            ("http://127.0.0.1:8080", self.address),
            ("http://127.0.0.1:8974", f"http://127.0.0.1:{self._port('8974')}"),
            ("/opt/airflow/dags", str(self.dags)),
            ("/opt/airflow", str(self.folder)),
        ):
            text = text.replace(there, here)
        return text

    def _port(self, name: str) -> str:
        if name not in self._ports:
            self._ports[name] = str(free_port())
        return self._ports[name]

    @staticmethod
    def _secrets() -> dict[str, str]:
        """What .env would hold, made as .env.example says."""
        names = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET")
        made = {name: secrets.token_hex(32) for name in names}
        return {**made, "AIRFLOW_FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode()}


def dag_folder(folder: Path, *sources: Path) -> Path:
    """A DAG folder that shows the files of several folders, through links."""
    folder.mkdir(parents=True)
    for source in sources:
        for entry in source.iterdir():
            if entry.name != "__pycache__":
                (folder / entry.name).symlink_to(entry.resolve())
    return folder


def edit_dag(stack: Stack, name: str, old: str, new: str) -> None:
    """Change a file of the stack's DAG folder, as the author of the DAG would; the source that it links to stays."""
    shown = stack.dags / name
    text = shown.read_text()
    assert old in text
    edited = stack.folder / name
    edited.write_text(text.replace(old, new))
    edited.replace(shown)


def fresh(folder: Path) -> Path:
    """An empty folder, whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
