"""A purchase whose answer is lost while no list shows what it made: whoever buys ends what was bought besides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest import mock

import pytest

from tests.chaos.environment import WAITS
from tests.chaos.walks.events import Event
from tests.chaos.walks.stories import STORIES
from tests.chaos.walks.walk import Walk, Walked, walked

LOST: dict[str, tuple[str, Any]] = {
    "dropped": ("fault", "dropped after commit"),
    "502": ("fault", "502 after commit"),
    "internal error": ("fault", "internal error after commit"),
    "truncated": ("fault", "truncated"),
    "worker killed": ("way", "killed after"),
}
AGAIN: dict[str, tuple[Event, ...]] = {
    "once": (),
    "the lists catch up late": ((1, "lists lag", (1800.0,)),),
    "the worker is killed when it looks again": ((2, "way", ("killed before",)),),
    "a list is not answered": ((2, "fault", ("internal error",)), (3, "fault", ("502",))),
}
"""What happens besides, so many calls later."""


@pytest.fixture(scope="module", autouse=True)
def waits() -> Iterator[None]:
    with mock.patch.dict(os.environ, {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in WAITS.items()}):
        yield


@cache
def undisturbed(story: str) -> Walked:
    return walked(planned(story))


def planned(story: str, *events: Event) -> Walk:
    drawn = {what: values[0] for what, values in STORIES[story].choices.items()}
    return Walk("planted:1", story, drawn, events)


@pytest.mark.parametrize("again", list(AGAIN))
@pytest.mark.parametrize("lost", list(LOST))
@pytest.mark.parametrize("story", [name for name in STORIES if name != "modified sync"])
def test_one_is_left_however_late_the_other_is_shown(story: str, lost: str, again: str) -> None:
    ticks, (how, so) = undisturbed(story).ticks, LOST[lost]
    buys = 1 + next(number for number, told in enumerate(ticks) if STORIES[story].creates in told)
    events: list[Event] = [(buys, "lists lag", (300.0,)), (buys, how, (so,))]
    besides: list[Event] = [(buys + later, kind, what) for later, kind, what in AGAIN[again]]
    found = walked(planned(story, *events, *besides))
    assert found.broken == [], found.trace
    assert found.green
