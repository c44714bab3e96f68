"""What a watch remembers: conditions that come and go, and its form as an Airflow variable."""

from __future__ import annotations

import pytest

from tencent_dts.kinds.watching import GONE, UNREAD
from tencent_dts.watching.troubles import Told, Trouble, Watched, key_of
from tests.rules import for_every

LIMITS = {"unread_minutes": 10.0}
KEY = key_of("sync-a", GONE)


def saw(watched: Watched, wrong: str, now: float) -> bool:
    return watched.saw("sync-a", GONE, wrong, LIMITS, now, began=now)


def test_what_comes_back_before_it_was_told_counts_from_then() -> None:
    watched = Watched()
    assert not saw(watched, "gone", 0)
    assert not saw(watched, "", 300)
    assert watched.troubles == {}
    assert not saw(watched, "gone", 599)
    assert not saw(watched, "gone", 600)
    assert saw(watched, "gone", 1199)


def test_what_comes_back_after_it_was_told_has_its_whole_limit_again() -> None:
    watched = Watched(troubles={KEY: Trouble(0, due=True, told={"mail": Told(600)})})
    saw(watched, "", 900)
    assert watched.troubles[KEY].over == 900
    assert not saw(watched, "gone", 1200)
    known = watched.troubles[KEY]
    assert (known.over, known.since, known.due) == (0, 1200, False)
    assert saw(watched, "gone", 1800)


def test_a_channel_that_is_taken_away_is_owed_nothing() -> None:
    watched = Watched(troubles={KEY: Trouble(0, due=True, over=900, told={"mail": Told(600)})})
    watched.settle(["chat"])
    assert watched.troubles == {}


def test_a_job_that_is_gone_is_forgotten_once_everybody_was_told() -> None:
    watched = Watched(troubles={KEY: Trouble(0, due=True, told={"mail": Told(600)})})
    watched.settle(["mail", "chat"])
    assert watched.gone() == ["sync-a"]
    watched.troubles[KEY].told["chat"] = Told(700)
    watched.settle(["mail", "chat"])
    assert watched.gone() == []


def test_it_is_read_back_as_it_was_written() -> None:
    trouble = Trouble(1.5, "it is paused", "orders", due=True, over=2.5, told={"mail": Told(3.5, "run", "over")})
    watched = Watched(9.5, ["sync-a"], {key_of("sync-a", UNREAD): trouble}, {"sync-a": 4.5})
    assert Watched.loads(watched.dumps()) == watched


@for_every(
    "text", ["", "null", "[]", "{}", '{"looked": 0}', '{"looked": 0, "jobs": [], "troubles": [], "compared": {}}']
)
def test_what_is_no_memory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Watched.loads(text)
