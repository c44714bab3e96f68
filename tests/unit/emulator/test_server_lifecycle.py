"""A whole migration through the server: by the official asynchronous client, and with the server killed on the way."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tencent_dts.emulator import Emulator
from tests.unit.emulator.cloud import PURCHASE, configuration
from tests.unit.emulator.raw import async_client, call, client

STEPS: tuple[tuple[str, dict[str, Any], str, float], ...] = (
    ("ModifyMigrationJob", configuration(), "created", 0),
    ("CreateMigrateCheckJob", {}, "checkPass", 28),
    ("StartMigrateJob", {}, "readyComplete", 63 + 44 + 43 + 40),
    ("CompleteMigrateJob", {}, "success", 10),
    ("IsolateMigrateJob", {}, "success", 5),
)
"""Each call of a job's life, the status it leads to, and after how many seconds."""


def test_asynchronous_client_takes_a_job_through_its_life(emulator: Emulator) -> None:
    async def main() -> list[str]:
        async with async_client(emulator) as sdk:

            async def ask(action: str, **params: Any) -> dict[str, Any]:
                answer = await sdk.call_and_deserialize(action, params, resp_cls=dict)
                return dict(answer["Response"])

            (job,) = (await ask("CreateMigrationService", **PURCHASE))["JobIds"]
            emulator.advance(2)
            statuses = []
            for action, params, _, seconds in STEPS:
                if action == "CompleteMigrateJob":
                    task = (await ask("CreateCompareTask", JobId=job))["CompareTaskId"]
                    await ask("StartCompare", JobId=job, CompareTaskId=task)
                    emulator.advance(60)
                    report = await ask("DescribeCompareReport", JobId=job, CompareTaskId=task)
                    assert report["Abstract"]["Conclusion"] == "same"
                await ask(action, JobId=job, **params)
                emulator.advance(seconds)
                statuses.append((await ask("DescribeMigrationDetail", JobId=job))["Status"])
            (listed,) = (await ask("DescribeMigrationJobs", JobId=job))["JobList"]
            assert listed["TradeInfo"]["TradeStatus"] == "isolated"
            return statuses

    assert asyncio.run(main()) == [status for _, _, status, _ in STEPS]
    assert {entry["code"] for entry in emulator.journal()} == {""}
    assert len(emulator.journal("CreateMigrationService")) == 1
    assert emulator.meter()["orphans"] == []


class Served:
    """The command as a process on one state file, which can be killed and started again."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.endpoint = ""
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tencent_dts.emulator", "serve", "--port", "0", "--speed", "0"]
        self.process = subprocess.Popen([*command, "--state", str(self.state)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search("http://(.*)", self.process.stdout.readline())
        assert found
        self.endpoint = found[1]

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def advance(self, seconds: float) -> None:
        httpx.post(f"http://{self.endpoint}/_emulator/clock", json={"advance": seconds}).raise_for_status()

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        return call(client(self), action, params)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "state.db")
    yield served
    served.kill()


def test_job_goes_on_where_it_was_each_time_the_server_is_killed(served: Served) -> None:
    (job,) = served.call("CreateMigrationService", **PURCHASE)["JobIds"]
    served.advance(2)
    for action, params, status, seconds in STEPS:
        served.call(action, JobId=job, **params)
        served.kill()
        served.start()
        served.advance(seconds / 2)
        served.kill()
        served.start()
        served.advance(seconds / 2)
        assert served.call("DescribeMigrationDetail", JobId=job)["Status"] == status
    journal = httpx.get(f"http://{served.endpoint}/_emulator/journal").json()
    changes = [entry["action"] for entry in journal if not entry["action"].startswith("Describe")]
    assert changes == ["CreateMigrationService", *[action for action, *_ in STEPS]]
    assert served.call("DescribeMigrationJobs")["TotalCount"] == 1
