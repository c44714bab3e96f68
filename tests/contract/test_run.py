"""`make contract`, and what it does on a real account: the same code, here with an emulator as the real service."""

from __future__ import annotations

import dataclasses
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.kernel import HANDLERS
from tests.contract import documented
from tests.contract.__main__ import SIDES, main
from tests.contract.lifecycle import Lifecycle, guarded
from tests.contract.service import Service
from tests.unit.emulator.cloud import configuration
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY

ROOT = Path(__file__).parent.parent.parent
BUY = "CreateMigrationService"
ISOLATE = "IsolateMigrateJob"
PURCHASES = frozenset({BUY, "CreateSyncJob", "CreateMigrateJob", "CreateSubscribe"})
Start = Callable[..., subprocess.Popen[str]]
Real = Callable[..., tuple[int, str]]


def environment(cloud: Emulator) -> dict[str, str]:
    """What names the account and the place."""
    return {
        "TENCENTCLOUD_SECRET_ID": SECRET_ID,
        "TENCENTCLOUD_SECRET_KEY": SECRET_KEY,
        "TENCENTCLOUD_REGION": REGION,
        "TENCENTCLOUD_ENDPOINT": f"http://{cloud.endpoint}",
    }


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """What stands for the real service: its clock runs by itself, fast."""
    with Emulator(speed=500, rate_limit=False) as emulator:
        yield emulator


@pytest.fixture
def start(cloud: Emulator) -> Iterator[Start]:
    """Start `make contract REAL=1` against it, as a process."""
    started: list[subprocess.Popen[str]] = []

    def command(*options: str, stdin: Any = subprocess.DEVNULL) -> subprocess.Popen[str]:
        variables = {**os.environ, **environment(cloud)}
        line = [sys.executable, "-m", "tests.contract", "--real", "--interval", "0.05", "--settle", "2", *options]
        process = subprocess.Popen(
            line, cwd=ROOT, env=variables, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield command
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def real(cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Real:
    """The same in this process; it returns the exit code and what was said."""
    for name, value in environment(cloud).items():
        monkeypatch.setenv(name, value)

    def command(*options: str) -> tuple[int, str]:
        code = main(["--real", "--interval", "0.05", "--settle", "2", *options])
        return code, capsys.readouterr().out

    return command


@pytest.fixture
def databases(tmp_path: Path) -> str:
    """A file with a configuration whose check passes."""
    made = configuration()
    path = tmp_path / "databases.json"
    path.write_text(json.dumps({name: made[name] for name in SIDES}), "utf-8")
    return str(path)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code, and what was said; no secret among it."""
    said, _ = process.communicate(timeout=120)
    assert SECRET_KEY not in said
    assert "correct horse" not in said
    return process.returncode, said


def trades(cloud: Emulator) -> list[str]:
    return [job["TradeStatus"] for job in cloud.jobs()]


def calls(cloud: Emulator, action: str) -> list[dict[str, Any]]:
    return [call for call in cloud.journal(action) if not call["code"]]


def test_on_the_emulator_all_is_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "Status success" in said
    assert "differs" not in said


def test_a_real_account_without_databases_sees_a_check_that_fails(cloud: Emulator, real: Real) -> None:
    cloud.seed({"match": {"any": True}, "checks": {"ConnectDBCheck": "failed"}, "always": True})
    code, said = real("--buy")
    assert code == 0, said
    assert "Status checkNotPass" in said
    assert trades(cloud) == ["isolated"]
    assert calls(cloud, "StartMigrateJob") == []


def test_a_real_account_with_databases_sees_the_whole(cloud: Emulator, start: Start, databases: str) -> None:
    code, said = ended(start("--buy", "--configuration", databases))
    assert code == 0, said
    assert [job["Status"] for job in cloud.jobs()] == ["success"]
    assert trades(cloud) == ["isolated"]
    assert len(calls(cloud, BUY)) == 1


def test_without_a_terminal_or_a_word_nothing_is_bought_or_sent(cloud: Emulator, start: Start) -> None:
    code, said = ended(start())
    assert code == 2
    assert "BUY=1" in said
    assert cloud.journal() == []


@pytest.mark.parametrize("absent", ["SECRET_ID", "SECRET_KEY", "REGION"])
def test_without_keys_or_a_region_nothing_is_sent(
    cloud: Emulator, real: Real, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setenv(f"TENCENTCLOUD_{absent}", "")
    code, said = real("--buy")
    assert code == 2
    assert f"TENCENTCLOUD_{absent}" in said
    assert cloud.journal() == []


def test_a_configuration_of_another_shape_is_refused_first(cloud: Emulator, real: Real, tmp_path: Path) -> None:
    for text in ("{", "[]", '{"SrcInfo": {"Password": "correct horse"}}'):
        (tmp_path / "odd.json").write_text(text, "utf-8")
        code, said = real("--buy", "--configuration", str(tmp_path / "odd.json"))
        assert code == 2
        assert "correct horse" not in said
    assert cloud.journal() == []


@pytest.mark.parametrize("word", ["buy", "yes", ""])
def test_at_a_terminal_only_the_word_buys(cloud: Emulator, start: Start, databases: str, word: str) -> None:
    master, slave = pty.openpty()
    try:
        process = start("--configuration", databases, stdin=slave)
        os.write(master, f"{word}\n".encode())
        assert ended(process)[0] == (0 if word == "buy" else 2)
    finally:
        os.close(master)
        os.close(slave)
    assert trades(cloud) == (["isolated"] if word == "buy" else [])


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "StartMigrateJob", "code": "InternalError"},
        {"action": "DescribeMigrationDetail", "status": 502, "times": 1},
        {"action": "ModifyMigrateName", "drop": "after", "times": 1},
        {"action": "CreateCompareTask", "code": "AuthFailure.SignatureFailure"},
        # Once for the documented example, then for the job.
        {"action": ISOLATE, "code": "InternalError", "times": 3},
        {"action": ISOLATE, "drop": "after", "times": 2},
    ],
    ids=lambda fault: f"{fault['action']}-{fault.get('code') or fault.get('drop') or fault.get('status')}",
)
def test_whatever_fails_what_was_bought_is_isolated(
    cloud: Emulator, real: Real, databases: str, fault: dict[str, Any]
) -> None:
    cloud.add_fault(fault)
    code, said = real("--buy", "--configuration", databases)
    assert code == 1, said
    assert trades(cloud) == ["isolated"]


def test_a_purchase_whose_answer_is_lost_is_found_and_isolated(cloud: Emulator, real: Real) -> None:
    cloud.add_fault({"action": BUY, "drop": "after", "visibility_delay": 200})
    code, said = real("--buy")
    assert code == 1, said
    assert trades(cloud) == ["isolated"]
    assert len(cloud.journal(BUY)) == 1


@pytest.mark.parametrize("free", ["notBilled", "normal"])
def test_a_free_job_is_isolated_too(cloud: Emulator, real: Real, free: str) -> None:
    cloud.seed({"match": {"any": True}, "trade_status": free})
    code, said = real("--buy")
    assert code == 1, said  # the check passes although there are no databases: here it is an emulator's
    assert trades(cloud) == ([] if free == "notBilled" else ["isolated"])


@pytest.mark.parametrize(
    ("action", "number"),
    [
        (BUY, signal.SIGINT),
        (BUY, signal.SIGTERM),
        ("CreateMigrateCheckJob", signal.SIGINT),
        ("CreateMigrateCheckJob", signal.SIGHUP),
    ],
)
def test_an_interrupted_run_isolates_what_it_bought(
    cloud: Emulator, start: Start, databases: str, action: str, number: signal.Signals
) -> None:
    cloud.set_speed(0)  # so that the job stays where it is
    process = start("--buy", "--configuration", databases)
    deadline = time.monotonic() + 60
    while not calls(cloud, action):
        if action != BUY and calls(cloud, BUY):
            cloud.advance(10)
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    cloud.set_speed(500)
    code, said = ended(process)
    assert (code, "interrupted" in said) == (1, True), said
    assert trades(cloud) == ["isolated"]


def test_a_job_that_cannot_be_isolated_is_named(cloud: Emulator) -> None:
    cloud.add_fault({"action": ISOLATE, "code": "InternalError"})
    said: list[str] = []
    service = Service(cloud.endpoint, "http", REGION, SECRET_ID, SECRET_KEY, interval=60, pause=cloud.advance)
    trouble, left = guarded(Lifecycle(service, None, said.append))
    (job,) = cloud.jobs()
    assert left == [job["JobId"]]
    assert "passed" in trouble
    assert f"NOT ISOLATED, AND MAY COST: {job['JobId']}" in said


def answers_otherwise(monkeypatch: pytest.MonkeyPatch, action: str, other: Callable[[Any], dict[str, Any]]) -> None:
    """From now on the service answers an action in another shape than the documents say."""
    key = ("2021-12-06", action)
    real = HANDLERS[key]

    def handler(world: Any, caller: Any, params: Any) -> dict[str, Any]:
        return other(real.handler(world, caller, params))

    monkeypatch.setitem(HANDLERS, key, dataclasses.replace(real, handler=handler))


def with_items(**fields: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {**answer, "JobList": [{**item, **fields} for item in answer["JobList"]]}


@pytest.mark.parametrize(
    ("action", "other"),
    [
        ("DescribeMigrationJobs", with_items(TradeInfo=None)),
        ("DescribeMigrationJobs", with_items(TradeInfo="normal")),
        ("DescribeMigrationJobs", with_items(JobId=None)),
        ("DescribeMigrationJobs", lambda answer: {**answer, "JobList": None}),
        ("DescribeMigrationJobs", lambda answer: {}),
        ("DescribeMigrationDetail", lambda answer: {}),
        ("DescribeMigrationDetail", lambda answer: {**answer, "Status": None}),
    ],
    ids=["null", "text", "no-id", "no-list", "list-empty", "detail-empty", "no-status"],
)
def test_whatever_shape_an_answer_has_what_was_bought_is_isolated(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch, action: str, other: Any
) -> None:
    answers_otherwise(monkeypatch, action, other)
    service = Service(cloud.endpoint, "http", REGION, SECRET_ID, SECRET_KEY, interval=60, pause=cloud.advance)
    trouble, left = guarded(Lifecycle(service, None, lambda _: None))
    assert trouble
    assert trades(cloud) == ["isolated"]
    assert left == []


def test_a_job_that_no_answer_tells_of_is_isolated_once_and_named(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_otherwise(monkeypatch, "DescribeMigrationJobs", with_items(TradeInfo=None))
    answers_otherwise(monkeypatch, "DescribeMigrationDetail", lambda answer: {**answer, "TradeInfo": None})
    service = Service(cloud.endpoint, "http", REGION, SECRET_ID, SECRET_KEY, interval=60, pause=cloud.advance)
    trouble, left = guarded(Lifecycle(service, None, lambda _: None))
    assert trouble
    assert trades(cloud) == ["isolated"]
    assert left == [cloud.jobs()[0]["JobId"]]
    assert len(calls(cloud, ISOLATE)) == 1


def test_a_job_that_is_left_after_an_answer_of_another_shape_is_exit_code_3(
    cloud: Emulator, real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.contract.lifecycle.RELEASE_SECONDS", 0.1)
    answers_otherwise(monkeypatch, "DescribeMigrationJobs", with_items(TradeInfo=None))
    cloud.add_fault({"action": ISOLATE, "code": "InternalError"})
    code, said = real("--buy")
    assert code == 3, said
    assert f"NOT ISOLATED, AND MAY COST: {cloud.jobs()[0]['JobId']}" in said


def test_what_differs_from_the_documents_is_told(cloud: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"Surprise": 1, "TotalCount": "none"}
    answers_otherwise(monkeypatch, "DescribeMigrationJobs", lambda answer: {**answer, **other})
    service = Service(cloud.endpoint, "http", REGION, SECRET_ID, SECRET_KEY)
    documented.run(service)
    assert service.findings[:2] == [
        "DescribeMigrationJobs .TotalCount is str, not Integer",
        "DescribeMigrationJobs .Surprise is not documented",
    ]


def test_the_examples_that_are_sent_buy_nothing_and_are_about_no_job(cloud: Emulator) -> None:
    service = Service(cloud.endpoint, "http", REGION, SECRET_ID, SECRET_KEY)
    assert documented.run(service) == len(cloud.journal()) >= 50
    assert service.findings == []
    assert PURCHASES.isdisjoint(call["action"] for call in cloud.journal())
    assert {call["job_id"] for call in cloud.journal()} <= {"", *documented.NOBODY.values()}
