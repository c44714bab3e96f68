"""How old a comparison is: by its own times and the clock of the service; what is not known is not fresh."""

from __future__ import annotations

from typing import Any

from tencent_dts.engine.comparing import Age
from tests.rules import for_every

NOW = 1_795_900_000.0
HOUR = 3600.0


@for_every(
    "begun, ended, fresh",
    [
        (60, 10, True),
        (HOUR, HOUR - 50, True),
        (HOUR + 1, HOUR - 50, False),  # it counts from when the first row was compared
        (26 * HOUR, 26 * HOUR - 50, False),
        (5 * HOUR, 10, True),  # one of hours would be old when it ends, however often it is repeated
        (5 * HOUR, HOUR + 1, False),
        (HOUR + 1, HOUR / 2, True),  # one of more than half of that time counts from its end
        (HOUR + 1, HOUR / 2 + 1, False),  # one of half of it from its beginning
        (-1, -5, False),  # a clock is wrong
        (10, -1, False),
        (10, 20, False),
        (None, 10, False),
        (60, None, False),
        (None, None, False),
    ],
)
def test_only_what_is_known_to_have_been_compared_lately_is_fresh(
    begun: float | None, ended: float | None, fresh: bool
) -> None:
    then = [None if ago is None else NOW - ago for ago in (begun, ended)]
    age = Age(then[0], then[1], NOW)
    assert age.is_within(HOUR) is fresh


def test_no_limit_that_is_no_number_lets_anything_pass() -> None:
    assert not Age(NOW - 60, NOW - 10, NOW).is_within(float("nan"))
    assert not Age(NOW - 60, NOW - 10, NOW).is_within(-1)


@for_every("text", ["", "0000-00-00 00:00:00", None, "yesterday"])
def test_a_time_that_is_none_is_not_known(text: Any) -> None:
    age = Age.of({"CompareTaskId": "cmp-1", "StartedAt": text, "FinishedAt": "2026-11-28 10:00:00"}, NOW)
    assert age.begun is None
    assert "not reported" in str(age)


def test_times_without_a_zone_are_beijing_s() -> None:
    age = Age.of(
        {"CompareTaskId": "cmp-1", "StartedAt": "2026-11-28 10:00:00", "FinishedAt": "2026-11-28T02:01:00Z"}, NOW
    )
    assert (age.begun, age.ended) == (1795831200.0, 1795831260.0)


def test_a_clock_that_is_wrong_is_told() -> None:
    assert "a clock is wrong" in str(Age(NOW + 60, NOW + 70, NOW))


def test_how_old_it_is_is_said_in_seconds() -> None:
    assert str(Age(NOW - 90, NOW - 30, NOW)) == "it began 90 s and ended 30 s ago"
    assert str(Age(NOW - 30, NOW - 90, NOW)) == (
        "by its own times it began 30 s and ended 90 s ago, which cannot be: a clock is wrong"
    )
    for known in (Age(None, NOW, NOW), Age(NOW, None, NOW)):
        assert str(known) == "when it was compared is not reported"
