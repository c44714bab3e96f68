"""Walks that broke a promise once, each with what it had found; all of them keep their promises now.

A moment is a count of calls, so that a change of how a task looks can move an event away from what it met. The kinds of
faults behind them have tests of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tests.chaos.environment import WAITS
from tests.chaos.walks.events import Event
from tests.chaos.walks.walk import Walk, walked

ELSEWHERE: Event = (54, "connection", ("cloud: another account",))
BACK_TWO_HOURS = "worker's clock", (-7200,)

WALKS: dict[str, tuple[str, dict[str, Any], tuple[Event, ...]]] = {
    "the last task of a run is marked as success": (
        "subscription",
        {"destroy": False},
        ((10, "mark", (0, 1.0, "success", False)),),
    ),
    "a deletion without an answer, then another account does not find the job": (
        "migrate 2018",
        {"hold": 0},
        ((54, "clear", (0, 0.833, True, False)), (56, *ELSEWHERE[1:])),
    ),
    "an outage at the deletion, and another account after it": (
        "migrate 2018",
        {"hold": 0},
        ((54, "outage", (0, 5400)), ELSEWHERE),
    ),
    "a worker's clock is set back while a cutover is undone": (
        "migrate",
        {"hold": 120, "approval": True},
        ((66, "console", ("pause",)), (75, *BACK_TWO_HOURS)),
    ),
    "a worker's clock is set back while a purchase becomes visible": (
        "subscription",
        {"destroy": False},
        ((7, "clear", (0, 0.083, True, False)), (7, *BACK_TWO_HOURS)),
    ),
    "a worker's clock is set back after the deletion was accepted": (
        "migrate 2018",
        {"hold": 120},
        ((57, *BACK_TWO_HOURS),),
    ),
    "all of a run is cleared once its job is deleted": (
        "migrate 2018",
        {"hold": 0},
        ((54, "clear", (0, 0.056, True, True)),),
    ),
    "an outage at the purchase, and another endpoint at the deletion": (
        "migrate 2018",
        {"hold": 0},
        ((4, "outage", (2, 5400)), (51, "connection", ("cloud: another endpoint",))),
    ),
    "the search for orphans meets an outage": (
        "migrate",
        {"hold": 0, "approval": True},
        ((85, "outage", (1, 5400)), (88, "reap", (True,))),
    ),
    "the search for orphans is throttled": (
        "subscription",
        {"destroy": False},
        ((14, "outage", (2, 5400)), (45, "reap", (True,))),
    ),
    "an isolated link is looked for in another account, to be destroyed": (
        "sync",
        {"hold": 120, "destroy": True},
        ((102, "clear", (0, 0.384, True, False)), (138, "connection", ("cloud: another account",))),
    ),
    "a day passes while another run adopts the job": (
        "migrate",
        {"hold": 0, "approval": False},
        ((12, "adopt", (True, 8)), (15, "later", (93600,))),
    ),
    "a rejected approval's worker is killed, and the next try finds the answer": (
        "migrate",
        {"hold": 0, "approval": True},
        (
            (21, "console", ("retag",)),
            (45, "later", (3700,)),
            (47, "answer", ("Reject", 60)),
            (78, "way", ("killed after",)),
        ),
    ),
    "a link is still pausing when all hands leave it": (
        "sync",
        {"hold": 120, "destroy": True},
        (
            (27, "mark", (0, 0.425, "failed", True)),
            (72, "fault", ("refused",)),
            (87, "mark", (0, 0.653, "failed", False)),
            (108, "console", ("pause",)),
        ),
    ),
    "a job is left in another place than the one that is searched for orphans": (
        "migrate",
        {"hold": 0, "approval": True},
        ((2, "fault", ("not found",)), (4, "connection", ("cloud: another endpoint",)), (71, "correct", ())),
    ),
    "a run is given up whose job another one has adopted": (
        "migrate 2018",
        {"hold": 0},
        ((15, "adopt", (True, 8)), (19, "later", (3700,))),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def waits() -> Iterator[None]:
    with mock.patch.dict(os.environ, {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in WAITS.items()}):
        yield


@pytest.mark.parametrize(("story", "drawn", "events"), WALKS.values(), ids=WALKS)
def test_a_walk_that_broke_a_promise_keeps_all_of_them(
    story: str, drawn: dict[str, Any], events: tuple[Event, ...]
) -> None:
    assert walked(Walk("once:1", story, drawn, events)).broken == []
