"""Virtual time."""

from __future__ import annotations

import pytest

from tencent_dts.emulator.world.clock import Clock, iso, moment, stamp

START = 1_657_527_657.0  # 2022-07-11 16:20:57 in Beijing


class Real:
    """A real clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def real() -> Real:
    return Real()


def test_time_runs_at_the_speed(real: Real) -> None:
    clock = Clock(60, real)
    real.seconds += 2
    assert clock.now() == START + 120


def test_speed_changes_from_now_on_only(real: Real) -> None:
    clock = Clock(60, real)
    real.seconds += 1
    clock.set_speed(10)
    real.seconds += 1
    assert clock.now() == START + 70


def test_paused_clock_stands_still_but_can_be_advanced(real: Real) -> None:
    clock = Clock(60, real)
    clock.pause()
    real.seconds += 5
    clock.advance(30)
    assert (clock.now(), clock.speed) == (START + 30, 0)
    clock.resume()
    real.seconds += 1
    assert (clock.now(), clock.speed) == (START + 90, 60)


def test_time_never_goes_back(real: Real) -> None:
    clock = Clock(60, real)
    real.seconds -= 100
    assert clock.now() == START
    clock.advance_to(START - 50)
    assert clock.now() == START
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="must be a number of 0 or more"):
            clock.advance(wrong)
        with pytest.raises(ValueError, match="must be a number of 0 or more"):
            clock.set_speed(wrong)


def test_reset_returns_to_the_real_time_and_the_first_speed(real: Real) -> None:
    clock = Clock(60, real)
    clock.advance(1000)
    clock.set_speed(1)
    clock.pause()
    clock.reset()
    assert (clock.now(), clock.speed) == (START, 60)


def test_times_are_written_in_beijing_time() -> None:
    assert stamp(START) == "2022-07-11 16:20:57"
    assert moment("2022-07-11 16:20:57") == START
    assert iso(START) == "2022-07-11T08:20:57.000+00:00"
    with pytest.raises(ValueError, match="does not match"):
        moment("0000-00-00 00:00:00")
