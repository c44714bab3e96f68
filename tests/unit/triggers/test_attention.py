"""Which waits for a lag are worth a read in a turn: unit by unit, and a hundred jobs in Airflow's triggerer."""

from __future__ import annotations

from unittest import mock

import pytest

from tencent_dts.engine import attention
from tencent_dts.engine.attention import Attention, seconds_of_calm
from tests.unit.emulator.cloud import Cloud
from tests.unit.triggers.test_shared_poll import LIST, TAGS, Triggerer, run, wait_for

DETAIL = "DescribeMigrationDetail"
INTERVAL = 10.0


class Poll:
    """Turns of a poll at which each job asks, and what was granted."""

    def __init__(self, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(attention, "time", mock.Mock(monotonic=lambda: self.now))
        self.attention = Attention(INTERVAL)
        self.jobs = [f"dts-{number:04}" for number in range(jobs)]

    def turn(self, rest: float | None = None) -> list[str]:
        """One turn; a job that is read rests for as long."""
        self.attention.begin_turn(self.jobs)
        granted = [job for job in self.jobs if self.attention.grants(job)]
        for job in granted:
            if rest is not None:
                self.attention.rest(job, rest)
        self.now += INTERVAL
        return granted


def test_a_few_jobs_are_read_at_every_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(20, monkeypatch)
    for _ in range(3):
        assert poll.turn(rest=0) == poll.jobs


def test_of_many_a_twentieth_is_read_in_a_turn_each_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(1000, monkeypatch)
    first = poll.turn(rest=0)
    assert len(first) <= 50
    read = list(first)
    while len(read) < 1000:
        granted = poll.turn(rest=0)
        assert 0 < len(granted) <= 50
        read += granted
    assert sorted(read) == poll.jobs  # each once, before any is read again


def test_a_job_that_rests_is_not_read_before_its_time_and_none_rests_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(1, monkeypatch)
    assert [len(poll.turn(rest=25)) for _ in range(7)] == [1, 0, 0, 1, 0, 0, 1]
    poll = Poll(1, monkeypatch)
    assert [len(poll.turn(rest=1e9)) for _ in range(41)] == [1, *[0] * 19, 1, *[0] * 19, 1]


def test_jobs_that_no_one_waits_for_any_more_take_no_one_s_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(60, monkeypatch)
    for _ in range(3):
        poll.turn(rest=0)
    everyone, poll.jobs = poll.jobs, poll.jobs[40:]
    for _ in range(3):  # those that have left stay listed, and ask no more
        poll.attention.begin_turn(everyone)
        for job in poll.jobs:
            poll.attention.grants(job)
        poll.now += INTERVAL
    poll.attention.begin_turn(everyone)
    assert all(poll.attention.grants(job) for job in poll.jobs)


def test_how_long_nothing_new_is_to_be_expected() -> None:
    assert seconds_of_calm((0, 0), 600, closed=0) == 0  # it must stay so, and that is looked at
    assert seconds_of_calm((0, 0), 600, closed=7200) == 7200
    assert seconds_of_calm((5, 400), 0, closed=0) == 200
    assert seconds_of_calm((5, 4), 600, closed=0) == 60  # it does not move
    assert seconds_of_calm((3, 0), 0, closed=0) == 0
    assert seconds_of_calm((-1, -1), 0, closed=0) == 0
    assert seconds_of_calm(None, 100, closed=0) == 10


@pytest.mark.usefixtures("airflow_connections", "airflow_database")
def test_a_hundred_jobs_far_behind_are_read_seldom_and_none_misses_its_hold(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "lag": {"seconds": 5000, "megabytes": 900, "drain": 10**6}})
    jobs = [cloud.ready(purchase={"Tags": TAGS}) for _ in range(100)]
    cloud.emulator.set_speed(0)
    waits = [wait_for(job, "ready to complete") for job in jobs]
    for wait in waits:
        wait["watch"]["hold"] = 1.0
    triggerer = Triggerer(waits)

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= 16, seconds=60)
        assert triggerer.fired == {}
        assert len(cloud.emulator.journal(DETAIL)) <= 120  # each once, and few again; 700 otherwise
        cloud.emulator.advance(10**6)
        await triggerer.until(lambda: len(triggerer.fired) == 100, seconds=60)

    run(triggerer, story)
    assert all(events[0]["reason"] == "done" for events in triggerer.fired.values())
