"""The desk: works run beside the world, which never waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Any

import pytest

from tencent_dts.emulator.data import desk as desk_module
from tencent_dts.emulator.data.desk import Desk, Outcome
from tencent_dts.emulator.data.model import Account, DataError, Family, Objects, Progress, Server

JOB = "dts-abcdefgh"


def desk() -> Desk:
    return Desk({}, {})


def taken(asked: Desk, call: Any, work: str = "copy") -> Outcome:
    deadline = time.monotonic() + 30
    while (found := asked.ask(JOB, work, call)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_work_is_done_once_and_its_outcome_is_given_once() -> None:
    asked, go, calls = desk(), threading.Event(), []

    def call(_: Progress) -> int:
        calls.append(1)
        go.wait(30)
        return len(calls)

    assert asked.ask(JOB, "copy", call) is None
    assert asked.ask(JOB, "copy", call) is None  # under way: nobody waits
    go.set()
    assert taken(asked, call).value == 1
    assert taken(asked, call).value == 2  # asked for again, it is done again


def test_what_fails_says_so_in_its_own_words() -> None:
    def refused(_: Progress) -> None:
        raise DataError("Error 1045: Access denied")

    found = taken(desk(), refused)
    assert (found.value, found.words) == (None, "Error 1045: Access denied")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_broken_engine_does_not_let_its_job_wait_for_ever() -> None:
    def broken(_: Progress) -> None:
        raise KeyError("no such column")

    assert "the emulator's engine is broken: KeyError" in taken(desk(), broken).words


def test_works_give_up_when_the_desk_closes() -> None:
    asked = desk()

    def call(progress: Progress) -> None:
        while not progress.canceled:
            time.sleep(0.01)

    asked.begin(JOB, "copy", call)
    asked.close(leave=True)
    assert asked.progress(JOB, "copy") is None


def test_what_nobody_knows_any_more_is_told_in_the_log_when_the_emulator_starts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def left(server: Server, known: Collection[str]) -> list[str]:
        if server.port == 2:
            raise DataError("Error 2003: nobody is there")
        return [f"{JOB}: remove it so"] if JOB not in known else []

    families = {"mysql": Family(lambda *_: pytest.fail("no engine is made here"), lambda _: [], left)}
    servers = {str(port): Server("127.0.0.1", port, Account("dts", "none"), "mysql") for port in (1, 2)}
    Desk(servers, families).look_around([]).join(30)
    assert sorted(record.getMessage() for record in caplog.records) == [
        f"127.0.0.1:1 holds what is left of a job that is not known: {JOB}: remove it so",
        "127.0.0.1:2 cannot be asked what it holds of earlier jobs: Error 2003: nobody is there",
    ]
    caplog.clear()
    Desk({"1": servers["1"]}, families).look_around([JOB]).join(30)
    assert caplog.records == []


class Ends:
    """An engine whose end is what ``outcomes`` say, one after another; None is a good one."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)

    def stop(self, *, finish: bool) -> str:
        assert not finish
        outcome = self.outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return ""


def with_engines(**engines: Ends) -> Desk:
    made: Any = lambda job, *_: engines[job]  # noqa: E731 - as short as it can be
    kept = Desk({}, {"mysql": Family(made, lambda _: [])})
    server = Server("127.0.0.1", 1, Account("dts", "none"))
    for job in engines:
        kept.engine(job, "mysql", server, server, Objects(None))
    return kept


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reset_removes_what_jobs_have_once_their_servers_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "AGAIN_SECONDS", 0.01)
    broken, silent, good = Ends(KeyError("a bug")), Ends(DataError("away"), DataError("away"), None), Ends(None)
    kept = with_engines(broken=broken, silent=silent, good=good)
    kept.reset()
    deadline = time.monotonic() + 30
    while broken.outcomes or silent.outcomes or good.outcomes:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kept.close(leave=False)


def test_the_end_of_the_emulator_does_not_wait_for_a_server_and_passes_over_no_bug() -> None:
    broken, silent, good = Ends(KeyError("a bug")), Ends(DataError("away"), None), Ends(None)
    kept = with_engines(broken=broken, silent=silent, good=good)
    with pytest.raises(ExceptionGroup) as raised:
        kept.close(leave=False)
    assert [str(error) for error in raised.value.exceptions] == ["'a bug'"]
    assert (len(silent.outcomes), good.outcomes) == (1, [])
