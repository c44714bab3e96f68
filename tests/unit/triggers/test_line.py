"""Many members that wait in the line of a fleet: one look at Airflow an interval, and whoever may buy is woken."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner
from pydantic import BaseModel

from tencent_dts.engine.line import Line, WaveTasks, ticket_of
from tencent_dts.triggers.line import DtsLineTrigger
from tests.drive import AIRFLOW
from tests.unit.triggers.test_shared_poll import Triggerer

pytestmark = pytest.mark.usefixtures("airflow_database")

MEMBERS = 40
LINE = Line(
    (WaveTasks("first", "f.begin", "f.buy", "f.isolate", 1), WaveTasks("next", "n", "n.buy", "n.isolate", 0)), 2
)
CLASSPATH = f"{DtsLineTrigger.__module__}.{DtsLineTrigger.__qualname__}"
PREFIX = LINE.prefix("dag", "run")


class Supervisor:
    """Answers a triggerer's questions, and counts them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    async def asend(self, message: BaseModel) -> Any:
        self.asked.append(type(message).__name__)
        if self.silent:
            raise ConnectionError
        return AIRFLOW.answer(message)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    made = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", made, raising=False)
    return made


def waiting(wave: int, index: int, **changes: Any) -> dict[str, Any]:
    """The kwargs of one wait; the member's purchase is deferred."""
    if index >= 0:
        AIRFLOW.task_states |= {f"f.buy_{index}": "deferred", f"f.isolate_{index}": ""}
    return {
        "line": LINE.to_dict(),
        "dag_id": "dag",
        "run_id": "run",
        "number": [wave, index],
        "after": [],
        "interval": 0.2,
        "deadline": time.time() + 600,
        "first_look": 0.0,
    } | changes


def hold(*indexes: int) -> None:
    """These members hold a paid job."""
    for index in indexes:
        AIRFLOW.variables[ticket_of(PREFIX, (0, index))] = "{}"


def watched(waits: list[dict[str, Any]], story: Any) -> dict[int, Any]:
    """Run waits in one triggerer beside a story; returns the reasons of those that were woken."""

    async def both() -> dict[int, Any]:
        triggerer = Triggerer(waits, CLASSPATH)
        await story(triggerer)
        await triggerer.stop()
        assert not triggerer.runner.failed_triggers
        return {number: payload["reason"] for number, (payload,) in triggerer.fired.items()}

    return asyncio.run(both())


def test_forty_wait_by_one_look_and_the_first_of_them_is_woken_for_a_free_place(supervisor: Supervisor) -> None:
    waits = [waiting(0, index) for index in range(MEMBERS)]
    hold(38, 39)

    async def story(triggerer: Triggerer) -> None:
        await triggerer.until(lambda: supervisor.asked.count("GetTaskStates") > 3)
        assert supervisor.asked.count("GetTaskStates") < MEMBERS
        assert set(triggerer.fired) <= {38, 39}  # a wait of one that holds a ticket has nothing to wait for
        AIRFLOW.task_states["f.isolate_39"] = "success"
        await triggerer.until(lambda: 0 in triggerer.fired)
        looks = len(supervisor.asked)
        await triggerer.until(lambda: len(supervisor.asked) > looks + 3)

    woken = watched(waits, story)
    assert set(woken) - {38, 39} == {0}
    assert woken[0] == "go"


def test_all_are_woken_when_too_many_have_failed_and_a_silent_airflow_wakes_none(supervisor: Supervisor) -> None:
    waits = [waiting(0, index) for index in range(5)]
    hold(3, 4)
    AIRFLOW.task_states |= {"f.isolate_3": "failed"}
    supervisor.silent = True

    async def story(triggerer: Triggerer) -> None:
        await triggerer.until(lambda: len(supervisor.asked) > 2)
        assert triggerer.fired == {}
        supervisor.silent = False
        await triggerer.until(lambda: len(supervisor.asked) > 8)
        assert not {0, 1, 2} & set(triggerer.fired)  # one may fail
        AIRFLOW.task_states |= {"f.isolate_4": "failed"}
        await triggerer.until(lambda: {0, 1, 2} <= set(triggerer.fired))

    woken = watched(waits, story)
    assert {woken[number] for number in (0, 1, 2)} == {"stopped"}


def test_a_wave_is_woken_when_the_one_before_has_ended(supervisor: Supervisor) -> None:
    AIRFLOW.task_states |= {"f.isolate_0": "success", "f.isolate_1": ""}

    async def story(triggerer: Triggerer) -> None:
        await triggerer.until(lambda: len(supervisor.asked) > 4)
        assert triggerer.fired == {}
        AIRFLOW.task_states["f.isolate_1"] = "upstream_failed"
        await triggerer.until(lambda: 0 in triggerer.fired)

    assert watched([waiting(1, -1)], story) == {0: "go"}


def test_a_deadline_wakes_whatever_is_seen(supervisor: Supervisor) -> None:
    hold(1, 2)

    async def story(triggerer: Triggerer) -> None:
        await triggerer.until(lambda: 0 in triggerer.fired)

    assert watched([waiting(0, 0, deadline=time.time() + 0.5)], story) == {0: "deadline"}
