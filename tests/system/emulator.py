"""The emulator of docker-compose.yml as a process, and its admin API."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from scripts.emulators import ENGINES, map_servers
from tencent_dts.emulator.data.model import Server
from tests import compose
from tests.system.processes import ManagedProcess, free_port, wait_until


class EmulatorProcess:
    """``dts-emulator serve`` with the compose file's command, on a free port of this machine.

    ``process`` may be killed and started again: its state is in a file, as the compose file has it. The
    methods are those of :class:`tencent_dts.emulator.Emulator`, over HTTP.
    """

    def __init__(self, programs: Path, folder: Path, log: Path, servers: Mapping[str, Server] | None = None) -> None:
        """Choose a port; nothing starts yet. ``programs`` holds the command, ``folder`` keeps the state.

        Rows of jobs between two of ``servers``, which stand there by the names that jobs have for them, really move.
        """
        self.port = free_port()
        program, *words = compose.document()["services"]["emulator"]["command"]
        command = [str(programs / program), *words]
        for option, here in (("--host", "127.0.0.1"), ("--port", str(self.port)), ("--state", str(folder / "state"))):
            command[command.index(option) + 1] = here
        passwords = map_servers(folder, servers) if servers else {}
        command += ["--data", str(folder / ENGINES)] if servers else []
        self.process = ManagedProcess(log.stem, command, {"PATH": os.environ["PATH"], **passwords}, log)
        address = f"http://{self.endpoint}/_emulator/"
        self._client = httpx.Client(base_url=address, timeout=60, trust_env=False)

    @property
    def endpoint(self) -> str:
        """``127.0.0.1:PORT``, for a client of the API."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process.start()
        wait_until(self._answers, seconds=30, what="the emulator")

    def stop(self) -> None:
        """End it; an error when a handler of it broke meanwhile."""
        failures = self.admin("GET", "health")["failures"] if self.process.alive else []
        self._client.close()
        self.process.stop()
        assert failures == []

    def admin(self, method: str, name: str, **options: Any) -> Any:
        """Call ``/_emulator/<name>``."""
        return self._client.request(method, name, **options).raise_for_status().json()

    def reset(self) -> None:
        """Forget jobs, calls, faults and seeds."""
        self.admin("POST", "reset")

    def advance(self, seconds: float) -> None:
        """Jump ``seconds`` of virtual time forward."""
        self.admin("POST", "clock", json={"advance": seconds})

    def set_speed(self, speed: float) -> None:
        """Run at ``speed`` virtual seconds a second."""
        self.admin("POST", "clock", json={"speed": speed})

    def seed(self, wanted: dict[str, Any]) -> None:
        """Prepare what will happen to jobs."""
        self.admin("POST", "seed", json=wanted)

    def add_fault(self, wanted: dict[str, Any]) -> int:
        """Add a fault rule and return its id."""
        return int(self.admin("POST", "faults", json=wanted)["id"])

    def clear_faults(self) -> None:
        """Remove every fault rule."""
        self.admin("DELETE", "faults")

    def journal(self, action: str | None = None) -> list[dict[str, Any]]:
        """The calls so far, oldest first."""
        calls: list[dict[str, Any]] = self.admin("GET", "journal", params={"action": action} if action else {})
        return calls

    def jobs(self) -> list[dict[str, Any]]:
        """Every job, without secrets."""
        jobs: list[dict[str, Any]] = self.admin("GET", "state")["jobs"]
        return jobs

    def meter(self) -> dict[str, Any]:
        """What runs up a bill, and what has."""
        meter: dict[str, Any] = self.admin("GET", "meter")
        return meter

    def _answers(self) -> bool:
        assert self.process.alive, self.process.tail()
        try:
            return self._client.get("health").is_success
        except httpx.TransportError:
            return False
