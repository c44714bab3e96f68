"""The emulator's process is killed while real servers work for a job: another on the same state goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts import mariadb
from scripts.emulators import EmulatorProcess
from scripts.own_server import OwnServer
from tests.unit.emulator.cloud import PURCHASE, configuration, databases, endpoint
from tests.unit.emulator.raw import call, client

NAMES = ("203.0.113.1", "203.0.113.2")
ROWS = 40_000


class Process(EmulatorProcess):
    """An emulator as a process, which :meth:`replace` kills and starts again on the same state, file and port."""

    def __init__(self, folder: Path, servers: Sequence[OwnServer]) -> None:
        mapped = {f"{name}:3306": server.server for name, server in zip(NAMES, servers, strict=True)}
        super().__init__(folder, mapped, "--speed", "600", "--no-rate-limit")
        self.sdk = client(self.start())

    def replace(self) -> None:
        """Kill it and start another."""
        self.kill()
        self.start()

    def status(self, job: str) -> str:
        return str(call(self.sdk, "DescribeMigrationDetail", {"JobId": job})["Status"])

    def reach(self, job: str, *wanted: str) -> None:
        deadline = time.monotonic() + 120
        while (status := self.status(job)) not in wanted:
            assert time.monotonic() < deadline, status
            assert status not in ("error", "failed", "checkNotPass")
            time.sleep(0.02)


@pytest.fixture(scope="module")
def running() -> Iterator[list[mariadb.MariaDbServer]]:
    if not mariadb.installed():
        pytest.skip("scripts/install_system_packages.sh installs MariaDB")
    with mariadb.servers() as started:
        yield started


@pytest.fixture
def servers(running: list[mariadb.MariaDbServer]) -> Iterator[list[mariadb.MariaDbServer]]:
    running[0].execute(
        "CREATE DATABASE shop",
        "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(200))",
        "USE shop",
        f"INSERT INTO orders SELECT seq, REPEAT('n', 200) FROM seq_1_to_{ROWS}",
    )
    yield running
    for server in running:
        server.execute("DROP DATABASE IF EXISTS shop")


@pytest.fixture
def process(servers: list[mariadb.MariaDbServer], tmp_path: Path) -> Iterator[Process]:
    started = Process(tmp_path, servers)
    yield started
    started.kill()


def _configured(process: Process, servers: list[mariadb.MariaDbServer]) -> str:
    (job,) = call(process.sdk, "CreateMigrationService", PURCHASE)["JobIds"]
    process.reach(job, "created")
    sides: list[Any] = [
        endpoint(Host=name, User=server.server.account.user, Password=server.server.account.password)
        for name, server in zip(NAMES, servers, strict=True)
    ]
    wanted = configuration(SrcInfo=sides[0], DstInfo=sides[1], MigrateOption=databases("shop"))
    call(process.sdk, "ModifyMigrationJob", {"JobId": job, **wanted})
    return str(job)


@pytest.mark.long
def test_a_job_goes_on_wherever_its_emulator_was_killed(process: Process, servers: Any) -> None:
    source, target = servers
    job = _configured(process, servers)
    call(process.sdk, "CreateMigrateCheckJob", {"JobId": job})
    process.replace()
    process.reach(job, "checkPass")
    call(process.sdk, "StartMigrateJob", {"JobId": job})
    process.reach(job, "running")
    time.sleep(0.3)  # somewhere within the copy: wherever it is, the job must go on
    process.replace()
    process.reach(job, "readyComplete")
    source.execute("INSERT INTO shop.orders VALUES (0, 'new')")
    process.replace()
    process.reach(job, "readyComplete")
    call(process.sdk, "CompleteMigrateJob", {"JobId": job})
    process.replace()
    process.reach(job, "success")
    checksums = [server.execute("CHECKSUM TABLE shop.orders") for server in servers]
    assert checksums[0] == checksums[1]
    assert target.execute("SELECT COUNT(*) FROM shop.orders") == [(ROWS + 1,)]
    assert target.execute("SHOW ALL SLAVES STATUS") == []
    assert target.execute("SHOW DATABASES LIKE '\\_\\_%'") == []
