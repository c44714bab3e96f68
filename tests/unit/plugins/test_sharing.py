"""However many people look, a job is read once in ten seconds."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from tencent_dts.plugins.sharing import SharedReads
from tests.unit.emulator.cloud import Cloud
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs

VIEWERS = 50
READ = ("DescribeMigrationDetail", "DescribeMigrationCheckJob", "DescribeCompareTasks", "DescribeCompareReport")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Counts its reads, which take a moment."""

    def __init__(self) -> None:
        self.reads = 0
        self.before: list[str | None] = []
        self.fails = False

    async def __call__(self, before: str | None) -> str:
        self.reads += 1
        self.before.append(before)
        await asyncio.sleep(0.01)
        if self.fails:
            raise ValueError("this read fails")
        return f"value {self.reads}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared(clock: Clock) -> SharedReads[str]:
    return SharedReads(10, clock)


@pytest.fixture
def source() -> Source:
    return Source()


async def fifty_viewers(app: FastAPI, token: str, **params: str) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://airflow", headers=headers) as client:
        return await asyncio.gather(*(client.get("/tencent-dts/run", params=params) for _ in range(VIEWERS)))


@pytest.mark.usefixtures("airflow_connections")
def test_fifty_viewers_at_once_cost_one_read(cloud: Cloud, runs: Runs, pages: Pages, airflow_app: FastAPI) -> None:
    job_id = cloud.ready()
    cloud.compare(job_id)
    run_id = runs.of(job_id)
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "latency": 0.5})  # so that all come meanwhile
    before = len(cloud.emulator.journal())
    answers = asyncio.run(fifty_viewers(airflow_app, pages.tokens["viewer"], dag_id=DAG_ID, run_id=run_id))
    assert [answer.status_code for answer in answers] == [200] * VIEWERS
    assert all(job_id in answer.text for answer in answers)
    assert sorted(call["action"] for call in cloud.emulator.journal()[before:]) == sorted(READ)


@pytest.mark.usefixtures("airflow_connections")
def test_looking_again_soon_costs_no_call(cloud: Cloud, runs: Runs, pages: Pages) -> None:
    run_id = runs.of(cloud.ready())
    first = pages.text(run_id)
    calls = len(cloud.emulator.journal())
    assert pages.text(run_id) == first
    assert len(cloud.emulator.journal()) == calls


@pytest.mark.usefixtures("airflow_connections")
def test_two_runs_that_show_the_same_job_share_its_reads(cloud: Cloud, runs: Runs, pages: Pages) -> None:
    job_id = cloud.ready()
    pages.text(runs.of(job_id))
    calls = len(cloud.emulator.journal())
    assert job_id in pages.text(runs.of(job_id))
    assert len(cloud.emulator.journal()) == calls


def test_a_value_is_good_for_ten_seconds_after_its_read(shared: SharedReads[str], source: Source, clock: Clock) -> None:
    async def look() -> list[str]:
        seen = [await shared.get("job", source)]
        clock.now += 9.9
        seen.append(await shared.get("job", source))
        clock.now += 0.1
        seen.append(await shared.get("job", source))
        return seen

    assert asyncio.run(look()) == ["value 1", "value 1", "value 2"]
    assert source.before == [None, "value 1"]


def test_concurrent_viewers_wait_for_the_same_read(shared: SharedReads[str], source: Source) -> None:
    async def look() -> set[str]:
        return set(await asyncio.gather(*(shared.get("job", source) for _ in range(VIEWERS))))

    assert asyncio.run(look()) == {"value 1"}
    assert source.reads == 1


def test_jobs_do_not_wait_for_each_other(shared: SharedReads[str], source: Source) -> None:
    async def look() -> str:
        slow = asyncio.create_task(shared.get("slow", lambda _: asyncio.sleep(60, "never")))
        await asyncio.sleep(0)
        quick = await asyncio.wait_for(shared.get("quick", source), 5)
        slow.cancel()
        return quick

    assert asyncio.run(look()) == "value 1"


def test_a_viewer_who_leaves_costs_the_others_no_more_than_another_read(
    shared: SharedReads[str], source: Source
) -> None:
    async def look() -> str:
        leaves = asyncio.create_task(shared.get("job", source))
        stays = asyncio.create_task(shared.get("job", source))
        await asyncio.sleep(0)
        leaves.cancel()
        return await asyncio.wait_for(stays, 5)

    assert asyncio.run(look()) == "value 2"


def test_a_read_that_fails_is_made_again(shared: SharedReads[str], source: Source) -> None:
    async def look() -> str:
        source.fails = True
        with pytest.raises(ValueError, match="this read fails"):
            await shared.get("job", source)
        source.fails = False
        return await shared.get("job", source)

    assert asyncio.run(look()) == "value 2"


def test_what_nobody_asks_for_is_forgotten(shared: SharedReads[str], source: Source, clock: Clock) -> None:
    async def look() -> None:
        await shared.get("old", source)
        clock.now += 601
        await shared.get("new", source)
        await shared.get("old", source)

    asyncio.run(look())
    assert source.before == [None, None, None]
