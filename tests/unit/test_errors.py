"""How an error stands in a task's log: whole lines, last, without the frames and causes that led to it."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from tencent_dts.errors import DtsProblem, Impossible, InvalidInput, Unavailable, with_clearing
from tencent_dts.operators.migration import DtsStartMigrateJobOperator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud

LINK = "https://console.cloud.tencent.com/dts/migration?jobId=dts-amm1jw5q&region=ap-guangzhou"
LONG = Impossible(
    "StartMigrateJob is impossible in this state",
    job_id="dts-amm1jw5q",
    state="Status failed, TradeStatus normal",
    cause="the first line says more than a window of eighty characters can show of it at once\n    and a second one",
    next_step=f"Look at {LINK} and then clear this task with everything that comes after it in the graph.",
)


@pytest.fixture(params=["76", "100"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__ERROR_WIDTH", request.param)
    return int(request.param)


def test_no_line_is_longer_than_the_log_view_shows_and_no_word_is_lost(width: int) -> None:
    lines = str(LONG).split("\n")
    assert all(len(line) <= width for line in lines if "https://" not in line)
    assert any(
        "https://console.cloud.tencent.com/dts/migration?jobId=dts-amm1jw5q&region=ap-guangzhou" in line
        for line in lines
    )
    assert str(LONG).split() == LONG.render().split()


def test_what_goes_on_is_indented_below_its_name(width: int) -> None:
    lines = str(LONG).split("\n")
    begun = [line.partition(":")[0].strip() for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert begun == ["job", "state", "cause", "next step"]
    assert lines[0] == LONG.what


def test_an_option_that_is_no_number_loses_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__ERROR_WIDTH", "wide")
    assert str(LONG) == LONG.render()


@with_clearing("does it again")
def raise_from_a_lost_connection(problem: Exception) -> None:
    raise problem from ConnectionError("a page with the whole request in it")


def caught(problem: Exception) -> DtsProblem:
    with pytest.raises(DtsProblem) as raised:
        raise_from_a_lost_connection(problem)
    return raised.value


def test_a_problem_leaves_its_task_without_the_errors_that_led_to_it() -> None:
    problem = caught(Unavailable("InternalError", "try later", action="StartMigrateJob"))
    text = "".join(traceback.format_exception(problem))
    assert "whole request" not in text
    assert "direct cause" not in text
    assert text.rstrip().endswith(problem.next_step or "?")
    assert problem.on_clear == "does it again"


def test_what_a_problem_says_itself_of_clearing_is_kept() -> None:
    assert caught(Impossible("no", on_clear="says so again")).on_clear == "says so again"


def test_other_errors_keep_their_causes() -> None:
    with pytest.raises(KeyError) as raised:
        raise_from_a_lost_connection(KeyError("JobId"))
    assert isinstance(raised.value.__cause__, ConnectionError)


def frames(problem: BaseException) -> list[str]:
    """Names of the functions of this package in a traceback."""
    return [frame.name for frame in traceback.extract_tb(problem.__traceback__) if "tencent_dts" in frame.filename]


@pytest.mark.usefixtures("airflow_connections")
def test_a_refusal_shows_nothing_of_our_inside(cloud: Cloud) -> None:
    job_id = cloud.buy()
    with pytest.raises(DtsProblem) as raised:
        Task(DtsStartMigrateJobOperator(task_id="start", job_id=job_id)).run()
    assert set(frames(raised.value)) <= {"execute", "_leg"}
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.usefixtures("airflow_connections")
def test_a_lost_answer_shows_nothing_of_the_sdk(cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": "StartMigrateJob", "code": "UnauthorizedOperation"})
    with pytest.raises(DtsProblem) as raised:
        Task(DtsStartMigrateJobOperator(task_id="start", job_id=cloud.checked())).run()
    text = "".join(traceback.format_exception(raised.value))
    assert "tencentcloud/" not in text  # of a file; the connection's id is told
    assert "httpx" not in text
    assert "clearing this task" in text


def test_a_wrong_value_is_an_error_of_the_same_form() -> None:
    problem: Any = caught(InvalidInput("hold_seconds", "a number", "soon"))
    assert problem.field == "hold_seconds"
    assert problem.__cause__ is None
