"""`make ui`: Airflow and the emulator on this machine, until Ctrl-C.

UI_PORT and EMULATOR_PORT choose the ports, EMULATOR_SPEED the emulator's virtual seconds a second. With REAL=1 rows
move between real servers of this machine. State and logs stay in .airflow/ui, with REAL=1 in .airflow/ui-real (UI_HOME
chooses another folder); without it everything starts afresh.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

from scripts.local import LOOPBACK, ROOT, environment, example_connections
from scripts.ui_servers import Servers, running

REAL = os.environ.get("REAL") == "1"
# Its connections have other passwords, and its jobs other databases behind them.
HOME = Path(os.environ.get("UI_HOME") or ROOT / ".airflow" / ("ui-real" if REAL else "ui"))
READY_WITHIN = 180.0
TO_REHEARSE = "source_wrong_password"
# What `airflow standalone` starts, but for the log servers, which listen on every address of the machine. The API
# server reads the logs of this machine from its disk.
COMPONENTS = {
    "api-server": (),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
STOPPED_WITHIN = 20.0


class Program:
    """One program in a session of its own, so that Ctrl-C reaches it in our order only."""

    def __init__(self, name: str, command: Sequence[str], settings: Mapping[str, str]) -> None:
        """Start ``command``; its output goes to ``<name>.log`` in the home."""
        self.name = name
        self.log = HOME / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=dict(settings), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def require_running(self) -> None:
        """Raise ``SystemExit`` with the end of the log when the program has ended."""
        if self._process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
            raise SystemExit(f"{self.name} has ended with code {self._process.returncode}:\n{tail}")

    def require_success(self) -> None:
        """Wait for the end; raise ``SystemExit`` with the end of the log where it failed."""
        if self._process.wait() != 0:
            self.require_running()

    def stop(self) -> None:
        """End the program and all that it began."""
        self._send(signal.SIGTERM)
        try:
            self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            print(f"{self.name} does not stop by itself; it is killed")
        self._send(signal.SIGKILL)
        self._process.wait()

    def _send(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def healthy(address: str) -> bool:
    """Whether the API server answers and has heard of a scheduler, a DAG processor and a triggerer."""
    try:
        parts = httpx.get(f"{address}/api/v2/monitor/health", timeout=5).raise_for_status().json()
    except (httpx.HTTPError, ValueError):  # not up yet, or something else answers there
        return False
    return all(parts[name]["status"] == "healthy" for name in ("scheduler", "dag_processor", "triggerer"))


def require_free(port: int, variable: str) -> None:
    """Raise ``SystemExit`` where the port is taken already."""
    with socket.socket() as probe:
        if probe.connect_ex((LOOPBACK, port)) == 0:
            raise SystemExit(f"port {port} is taken: make ui {variable}=<another port>")


@contextmanager
def only_one(address: str) -> Iterator[None]:
    """Keep the home to one `make ui` at a time: two would share one database, and one emulator's state.

    Raises ``SystemExit`` where another one has it, and leaves that one alone. The lock ends with its process, however
    that ends.
    """
    with (HOME / "running").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SystemExit(
                f"`make ui` is running already in this checkout: {lock.read().strip()}\n"
                "Use that one, stop it with Ctrl-C in its terminal, or give this one a home of its own: "
                "UI_HOME=/tmp/another UI_PORT=8081 EMULATOR_PORT=8022 make ui"
            ) from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def run(port: int, emulator_port: int, speed: str, servers: Servers) -> None:
    """Start both, say where they are, and wait until one ends or the person ends them."""
    settings = environment(HOME, emulator_port, port=port, with_connections=False)
    address = f"http://{LOOPBACK}:{port}"
    emulator = [sys.executable, "-m", "tencent_dts.emulator", "serve", "--port", str(emulator_port)]
    programs: list[Program] = []
    try:
        emulator += ["--speed", speed, "--state", str(HOME / "emulator.sqlite"), *servers.options]
        programs.append(Program("emulator", emulator, {**settings, **servers.environment}))
        print(f"Starting Airflow, which takes about half a minute; logs are in {HOME}", flush=True)
        Program("database", ["airflow", "db", "migrate"], settings).require_success()
        programs += [Program(name, ["airflow", name, *options], settings) for name, options in COMPONENTS.items()]
        deadline = time.monotonic() + READY_WITHIN
        while not healthy(address):
            watch(programs)
            if time.monotonic() > deadline:
                raise SystemExit(f"Airflow is not healthy after {READY_WITHIN:.0f} s: see the logs in {HOME}")
            time.sleep(1)
        make_connections(address, emulator_port, servers.connections)
        print(_ready(address, emulator_port, speed, servers.told), flush=True)
        while True:
            watch(programs)
            time.sleep(1)
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
    finally:
        for program in reversed(programs):
            program.stop()


def make_connections(address: str, emulator_port: int, real: Mapping[str, dict[str, Any]]) -> None:
    """Make the example connections in Airflow's database, where a person sees and edits them under Admin.

    ``real`` are those of real servers, in place of the examples.

    What a person has changed since stays, but for the cloud connection, which follows the emulator's port. One more
    is there to rehearse: the same source with a wrong password. The page edits only types of installed providers, and
    none is installed for databases: so they are generic, and say in their extra what they are.
    """
    wanted = {**example_connections(LOOPBACK, emulator_port), **real}
    for conn_id, conn in wanted.items():
        if conn["conn_type"] != "tencentcloud":
            extra = {"database_type": conn["conn_type"], **conn["extra"]}
            wanted[conn_id] = {**conn, "conn_type": "generic", "extra": extra}
    wanted[TO_REHEARSE] = {**wanted["source_mysql"], "password": "wrong-password"}
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as api:
        token = api.get("/auth/token").raise_for_status().json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        for conn_id, conn in wanted.items():
            body = {"connection_id": conn_id, **conn, "extra": json.dumps(conn["extra"])}
            answer = api.post("/api/v2/connections", json=body)
            if answer.status_code == httpx.codes.CONFLICT and conn["conn_type"] == "tencentcloud":
                answer = api.patch(f"/api/v2/connections/{conn_id}", json=body)
            if answer.status_code != httpx.codes.CONFLICT:
                answer.raise_for_status()


def _ready(address: str, emulator_port: int, speed: str, told: str) -> str:
    """What to do now."""
    return f"""
  Airflow:   {address}
  Emulator:  http://{LOOPBACK}:{emulator_port}, at {speed} virtual seconds a second (EMULATOR_SPEED=600 make ui)

Next: open {address}/dags/dts_migrate, press Trigger, and answer the approval under Required Actions.
The connections are under Admin; {TO_REHEARSE} is there to fail. The guide (docs/guide.md, First run) has the
failures to rehearse. Ctrl-C stops both.
{told}"""


def watch(programs: Sequence[Program]) -> None:
    """Raise ``SystemExit`` as soon as one has ended."""
    for program in programs:
        program.require_running()


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Make the end of a terminal, or of make, a Ctrl-C; and Ctrl-C one, where a shell had it ignored for its jobs."""
    raise KeyboardInterrupt


def main() -> int:
    """Read the ports from the environment and run."""
    port, emulator_port = int(os.environ.get("UI_PORT", "8080")), int(os.environ.get("EMULATOR_PORT", "8021"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    HOME.mkdir(parents=True, exist_ok=True)
    with only_one(f"http://{LOOPBACK}:{port}"):
        require_free(port, "UI_PORT")
        require_free(emulator_port, "EMULATOR_PORT")
        servers: AbstractContextManager[Servers] = running(HOME) if REAL else nullcontext(Servers())
        with servers as found:
            run(port, emulator_port, os.environ.get("EMULATOR_SPEED", "60"), found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
