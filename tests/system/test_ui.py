"""`make ui` says where Airflow is, and Ctrl-C ends all that it started."""

import ipaddress
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts import mariadb
from tests.system.processes import ManagedProcess, family, free_port, wait_until
from tests.unit.emulator.cloud import PURCHASE, configuration, databases, endpoint
from tests.unit.emulator.raw import call, client

LISTEN = "0A"  # of /proc/net/tcp
ROOT = Path(__file__).parent.parent.parent


def test_make_ui_serves_airflow_and_the_emulator_until_it_is_interrupted(tmp_path: Path) -> None:
    ports = {"UI_PORT": str(free_port()), "EMULATOR_PORT": str(free_port())}
    chosen = {**ports, "EMULATOR_SPEED": "7", "UI_HOME": str(tmp_path / "home")}
    settings = {**os.environ, **chosen, "PYTHONPATH": str(ROOT)}
    ui = ManagedProcess("ui", [sys.executable, "-m", "scripts.ui"], settings, tmp_path / "ui.log")
    ui.start()
    try:
        address = f"http://127.0.0.1:{ports['UI_PORT']}"
        wait_until(lambda: not ui.alive or "Ctrl-C" in ui.tail(), seconds=180, what="the address")
        assert ui.alive, ui.tail()
        assert address in ui.tail()
        assert httpx.get(f"{address}/api/v2/dags", timeout=30, trust_env=False).status_code == httpx.codes.OK
        assert_connections_can_be_edited(address)
        started = family(ui.pid)
        assert len(started) > 5
        assert listening(started) == {"127.0.0.1"}
        assert "at 7 virtual seconds a second" in ui.tail()
        clock = f"http://127.0.0.1:{ports['EMULATOR_PORT']}/_emulator/clock"
        assert httpx.get(clock, timeout=30, trust_env=False).json()["speed"] == 7
        assert_another_one_says_so_and_harms_nothing(settings, address, tmp_path)
        assert httpx.get(f"{address}/api/v2/dags", timeout=30, trust_env=False).status_code == httpx.codes.OK
        os.kill(ui.pid, signal.SIGINT)
        wait_until(lambda: not ui.alive, seconds=60, what="the end of make ui")
        assert family(ui.pid) == set()
        assert [process for process in started if alive(process)] == []
    finally:
        ui.kill()


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the databases' user comes to, too, where root runs the tests: one of pytest's is closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="dts-ui-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not mariadb.installed(), reason="scripts/install_system_packages.sh installs MariaDB")
def test_rows_move_behind_make_ui_where_they_are_to(tmp_path: Path, home: Path) -> None:
    ports = {"UI_PORT": str(free_port()), "EMULATOR_PORT": str(free_port())}
    settings = {**os.environ, **ports, "UI_HOME": str(home), "REAL": "1", "PYTHONPATH": str(ROOT)}
    ui = ManagedProcess("ui", [sys.executable, "-m", "scripts.ui"], settings, tmp_path / "ui.log")
    ui.start()
    try:
        wait_until(lambda: not ui.alive or "Ctrl-C" in ui.tail(), seconds=180, what="the address")
        assert ui.alive, ui.tail()
        shells = dict(re.findall(r"  (\w+): (mariadb .*)", ui.tail()))
        with httpx.Client(base_url=f"http://127.0.0.1:{ports['UI_PORT']}", timeout=60, trust_env=False) as api:
            api.headers["Authorization"] = f"Bearer {api.get('/auth/token').json()['access_token']}"
            source, target = (
                api.get(f"/api/v2/connections/{name}").json() for name in ("source_mysql", "target_mysql")
            )
        bring_up(client(Place(f"127.0.0.1:{ports['EMULATOR_PORT']}")), source, target, shells)
        counts = [rows_in(shells[name]) for name in ("source_mysql", "target_mysql")]
        assert counts[0] == counts[1] > 0
        os.kill(ui.pid, signal.SIGINT)
        wait_until(lambda: not ui.alive, seconds=60, what="the end of make ui")
        assert family(ui.pid) == set()
    finally:
        ui.kill()


@dataclass(frozen=True)
class Place:
    """Where an emulator listens."""

    endpoint: str


def bring_up(console: Any, source: dict[str, Any], target: dict[str, Any], shells: dict[str, str]) -> None:
    """Migrate the shop until the job is ready, between the databases that Airflow's connections name."""
    logins = [
        {"User": conn["login"], "Password": password_of(shells[conn["connection_id"]])} for conn in (source, target)
    ]
    instance = json.loads(target["extra"])["instance_id"]
    wanted = configuration(
        SrcInfo=endpoint(Host=source["host"], Port=source["port"], **logins[0]),
        DstInfo=endpoint(InstanceId=instance, **logins[1]) | {"AccessType": "cdb"},
        MigrateOption=databases("shop"),
    )
    (job,) = call(console, "CreateMigrationService", PURCHASE)["JobIds"]
    reach(console, job, "created")
    call(console, "ModifyMigrationJob", {"JobId": job, **wanted})
    call(console, "CreateMigrateCheckJob", {"JobId": job})
    reach(console, job, "checkPass")
    call(console, "StartMigrateJob", {"JobId": job})
    reach(console, job, "readyComplete")


def reach(console: Any, job: str, status: str) -> None:
    wait_until(
        lambda: call(console, "DescribeMigrationDetail", {"JobId": job})["Status"] == status, seconds=60, what=status
    )


def password_of(shell: str) -> str:
    """The password in the file of options that a command names."""
    (options,) = re.findall(r"--defaults-file=(\S+)", shell)
    return str(re.findall(r"password=(\w+)", Path(options).read_text())[0])


def rows_in(shell: str) -> int:
    """The orders of a shop, as the command that `make ui` names shows them."""
    statement = ["--batch", "--skip-column-names", "--execute", "SELECT COUNT(*) FROM orders"]
    done = subprocess.run([*shlex.split(shell), *statement], check=True, capture_output=True, text=True)
    return int(done.stdout)


def assert_connections_can_be_edited(address: str) -> None:
    """They are in Airflow's database, and of types that its page offers."""
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as api:
        api.headers["Authorization"] = f"Bearer {api.get('/auth/token').json()['access_token']}"
        offered = {hook["connection_type"] for hook in api.get("/ui/connections/hook_meta").json()}
        found = {conn["connection_id"]: conn for conn in api.get("/api/v2/connections").json()["connections"]}
    assert found.keys() == {"tencentcloud_default", "source_mysql", "target_mysql", "source_wrong_password"}
    assert {conn["conn_type"] for conn in found.values()} <= offered


def assert_another_one_says_so_and_harms_nothing(settings: dict[str, str], address: str, folder: Path) -> None:
    elsewhere = {"UI_PORT": str(free_port()), "EMULATOR_PORT": str(free_port())}
    second = ManagedProcess("second", [sys.executable, "-m", "scripts.ui"], settings | elsewhere, folder / "second.log")
    second.start()
    try:
        wait_until(lambda: not second.alive, seconds=60, what="the refusal")
        assert address in second.tail()
        assert "running already" in second.tail()
    finally:
        second.kill()


def listening(processes: set[int]) -> set[str]:
    """Addresses on which any of the processes listens."""
    sockets = {inode for process in processes for inode in _sockets(process)}
    return {
        _address(fields[1].partition(":")[0])
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if (fields := line.split())[3] == LISTEN and fields[9] in sockets
    }


def _sockets(process: int) -> set[str]:
    try:
        targets = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
    except OSError:  # it has ended meanwhile
        return set()
    return {target[len("socket:[") : -1] for target in targets if target.startswith("socket:[")}


def _address(text: str) -> str:
    """An address as the kernel prints it: words of 4 bytes in the machine's order."""
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    return str(ipaddress.ip_address(b"".join(words)))


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
