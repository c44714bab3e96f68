"""The command ``dts-emulator serve``, as a process."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tencent_dts.emulator.cli import main
from tests.unit.emulator.raw import call, client, refusal

LIST = "DescribeMigrationJobs"
BUY = "CreateMigrationService"
PURCHASE = {
    "SrcDatabaseType": "mysql",
    "DstDatabaseType": "mysql",
    "SrcRegion": "ap-guangzhou",
    "DstRegion": "ap-guangzhou",
    "InstanceClass": "small",
}
Start = Callable[..., Any]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the command with the given options and return its process and address."""
    processes: list[subprocess.Popen[str]] = []

    def serve(*options: str) -> Any:
        command = [sys.executable, "-m", "tencent_dts.emulator", "serve", "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"DTS emulator ready at http://(.*)\n", line)
        assert found, (line, process.stderr and process.stderr.read())
        return SimpleNamespace(process=process, endpoint=found[1])

    yield serve
    for process in processes:
        process.kill()
        process.communicate()


def admin(served: Any, name: str) -> Any:
    """Read from the admin API."""
    with urllib.request.urlopen(f"http://{served.endpoint}/_emulator/{name}", timeout=10) as response:
        return json.load(response)


def test_on_the_international_site_a_job_costs_nothing(start: Start) -> None:
    served = start("--international", "--account", "AKIDone:first", "--account", "AKIDtwo:second")
    for key in (("AKIDone", "first"), ("AKIDtwo", "second")):
        call(client(served, key), BUY, PURCHASE)
        (job,) = call(client(served, key), LIST)["JobList"]
        assert (job["TradeInfo"]["TradeStatus"], job["TradeInfo"]["BillingType"]) == ("notBilled", "notBilling")
        sync = {"PayMode": "PostPay", **{name: PURCHASE[name] for name in PURCHASE if name != "InstanceClass"}}
        call(client(served, key), "CreateSyncJob", sync)
        (link,) = call(client(served, key), "DescribeSyncJobs")["JobList"]
        assert link["TradeStatus"] == "NotBilledByInternational"
    assert admin(served, "meter")["frozen_fees"] == 0


def test_it_serves_the_default_account_on_loopback_until_it_is_stopped(start: Start) -> None:
    served = start()
    assert served.endpoint.startswith("127.0.0.1:")
    assert call(client(served), LIST)["TotalCount"] == 0
    assert admin(served, "clock")["speed"] == 1
    served.process.send_signal(signal.SIGTERM)
    out, error = served.process.communicate(timeout=15)
    assert (served.process.returncode, out, error) == (0, "", "")


def test_accounts_can_be_named(start: Start) -> None:
    served = start("--account", "AKIDone:1", "--account", "AKIDtwo:2:token")
    assert call(client(served, ("AKIDone", "1")), LIST)["TotalCount"] == 0
    assert call(client(served, ("AKIDtwo", "2", "token")), LIST)["TotalCount"] == 0
    assert refusal(client(served), LIST) == "AuthFailure.SecretIdNotFound"


def test_rate_limit_speed_and_idle_jobs_can_be_set(start: Start) -> None:
    served = start("--no-rate-limit", "--speed", "3600", "--max-unused-jobs", "1")
    sdk = client(served)
    for _ in range(50):
        call(sdk, LIST)
    assert admin(served, "clock")["speed"] == 3600


def test_bought_jobs_and_calls_survive_a_kill(start: Start, tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    served = start("--state", state)
    bought = call(client(served), BUY, PURCHASE)["JobIds"]
    served.process.kill()
    served.process.communicate()
    again = start("--state", state)
    jobs = call(client(again), LIST)["JobList"]
    assert [job["JobId"] for job in jobs] == bought
    assert [entry["action"] for entry in admin(again, "journal")] == [BUY, LIST]


def test_address_that_is_taken_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


def test_state_that_cannot_be_opened_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", "--port", "0", "--state", str(tmp_path / "missing" / "state.db")]) == 1
    assert "unable to open" in capsys.readouterr().err
    (tmp_path / "no-database").write_text("x" * 5000)
    assert main(["serve", "--port", "0", "--state", str(tmp_path / "no-database")]) == 1
    assert "not a database" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--account", "AKIDone"], ["--account", ":key"], ["--speed", "fast"]])
def test_wrong_options_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", *options] if options else [])
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_negative_speed_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", "--speed", "-1"]) == 1
    assert "speed must be" in capsys.readouterr().err
