"""A test that hangs fails, wherever it hangs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from tests.conftest import limited


def waits_for_a_thread() -> None:
    threading.Event().wait(120)


def waits_in_a_loop() -> None:
    asyncio.run(asyncio.sleep(120))


def sleeps() -> None:
    time.sleep(120)


@pytest.mark.parametrize("hangs", [waits_for_a_thread, waits_in_a_loop, sleeps])
def test_what_hangs_is_ended(hangs: Callable[[], None]) -> None:
    began = time.monotonic()
    with pytest.raises(pytest.fail.Exception, match="a test took longer than 1 s"), limited(1, "a test"):
        hangs()
    assert time.monotonic() - began < 100


def test_what_ends_in_time_is_left_alone() -> None:
    with limited(1, "a test"):
        pass
    time.sleep(1.2)


def test_a_limit_within_another_leaves_that_one_standing() -> None:
    def hangs_after_an_inner_limit() -> None:
        with limited(60, "the inner"):
            pass
        sleeps()

    with pytest.raises(pytest.fail.Exception, match="the outer took longer than 2 s"), limited(2, "the outer"):
        hangs_after_an_inner_limit()
