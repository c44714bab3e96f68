"""The emulator as a process between real servers: ``dts-emulator serve --data``, with the file that maps them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tencent_dts.emulator.data.model import Server

ENGINES = "engines.yaml"


def map_servers(folder: Path, servers: Mapping[str, Server]) -> dict[str, str]:
    """Write the file that maps what jobs name to servers, and return the environment that holds their passwords."""
    environment: dict[str, str] = {}
    entries = []
    for number, (name, server) in enumerate(servers.items(), 1):
        variable = f"REHEARSAL_PASSWORD_{number}"
        environment[variable] = server.account.password
        entries.append(
            {"names": [name], "address": server.address, "user": server.account.user, "password_env": variable}
            | ({"family": server.family} if server.family else {})
        )
    (folder / ENGINES).write_text(json.dumps({"servers": entries}, indent=2))  # JSON is YAML
    return environment


class EmulatorProcess:
    """An emulator whose jobs between ``servers`` move rows: a process of its own, whose state is in ``folder``.

    Its first port is a free one, and :meth:`start` after :meth:`kill` keeps it. ``options`` are further ones of
    ``dts-emulator serve``.
    """

    def __init__(self, folder: Path, servers: Mapping[str, Server], *options: str) -> None:
        passwords = map_servers(folder, servers)
        self._environment = {"PATH": os.environ["PATH"], **passwords}
        files = ["--data", str(folder / ENGINES), "--state", str(folder / "emulator.sqlite")]
        self._command = [sys.executable, "-m", "tencent_dts.emulator", "serve", *files, *options]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def endpoint(self) -> str:
        """``host:port``, for a client of the API."""
        return f"127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """The process that runs."""
        if self._process is None:
            raise RuntimeError("the emulator does not run")
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until it answers."""
        command = [*self._command, "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline() if self._process.stdout else ""
        found = re.fullmatch(r"DTS emulator ready at http://.*:(\d+)\n", said)
        if found is None:
            raise RuntimeError(f"the emulator did not start: {said!r}")
        self.port = int(found[1])
        return self

    def kill(self) -> None:
        """End it at once: nothing is written or cleaned up any more."""
        self._end(subprocess.Popen.kill)

    def stop(self) -> None:
        """End it in good order, if it runs."""
        self._end(subprocess.Popen.terminate)

    def _end(self, send: Any) -> None:
        if self._process is not None:
            send(self._process)
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def journal(self) -> list[dict[str, Any]]:
        """The calls so far, oldest first."""
        return list(self._admin("journal"))

    def jobs(self) -> Sequence[dict[str, Any]]:
        """Every job, without secrets."""
        return list(self._admin("state")["jobs"])

    def meter(self) -> dict[str, Any]:
        """What runs up a bill, and what has."""
        return dict(self._admin("meter"))

    def peak_memory(self) -> float:
        """Megabytes that it has held at once, as the system counts them; -1 where the system does not tell."""
        status = Path(f"/proc/{self.process_id}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return round(int(found[1]) / 1024, 1) if found else -1.0

    def _admin(self, name: str) -> Any:
        address = f"http://{self.endpoint}/_emulator/{name}"
        return httpx.get(address, timeout=60, trust_env=False).raise_for_status().json()
