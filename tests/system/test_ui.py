"""`make ui` says where Airflow is, and Ctrl-C ends all that it started."""

import os
import signal
import sys
from pathlib import Path

import httpx

from tests.system.processes import ManagedProcess, family, free_port, wait_until

ROOT = Path(__file__).parent.parent.parent


def test_make_ui_serves_airflow_and_the_emulator_until_it_is_interrupted(tmp_path: Path) -> None:
    ports = {"UI_PORT": str(free_port()), "EMULATOR_PORT": str(free_port())}
    settings = {**os.environ, **ports, "UI_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    ui = ManagedProcess("ui", [sys.executable, "-m", "scripts.ui"], settings, tmp_path / "ui.log")
    ui.start()
    try:
        address = f"http://127.0.0.1:{ports['UI_PORT']}"
        wait_until(lambda: not ui.alive or "Ctrl-C" in ui.tail(), seconds=180, what="the address")
        assert ui.alive, ui.tail()
        assert address in ui.tail()
        assert httpx.get(f"{address}/api/v2/dags", timeout=30, trust_env=False).status_code == httpx.codes.OK
        started = family(ui.pid)
        assert len(started) > 5
        os.kill(ui.pid, signal.SIGINT)
        wait_until(lambda: not ui.alive, seconds=60, what="the end of make ui")
        assert family(ui.pid) == set()
        assert [process for process in started if alive(process)] == []
    finally:
        ui.kill()


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
