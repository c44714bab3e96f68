"""Waits for sync jobs in one triggerer: one shared list, single reads outside the tag, and what a kill orders."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import PURCHASE, SyncCloud, configuration
from tests.unit.stages import SPEED
from tests.unit.triggers.test_shared_poll import TAGS, Supervisor, Triggerer, run, wait_for

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow_database")

LIST = "DescribeSyncJobs"


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


def wait(job: str, goal: str = "caught up", **changes: Any) -> dict[str, Any]:
    return wait_for(job, goal, **{"listing": LIST, "interval": 0.1, **changes})


def single_reads(syncs: SyncCloud) -> set[str]:
    """The jobs that were read by themselves."""
    read = (call["parameters"].get("JobId") for call in syncs.emulator.journal(LIST))
    return {job for job in read if job}


def test_waits_share_one_list_and_an_adopted_job_is_read_by_itself(syncs: SyncCloud) -> None:
    ours = syncs.call("CreateSyncJob", **PURCHASE, Tags=TAGS, Count=10)["JobIds"]
    adopted = syncs.buy_sync()
    for job in (*ours, adopted):
        syncs.call("ConfigureSyncJob", JobId=job, **configuration())
        syncs.call("CreateCheckSyncJob", JobId=job)
    syncs.wait(30)
    for job in (*ours, adopted):
        syncs.call("StartSyncJob", JobId=job)
    syncs.wait(70)
    triggerer = Triggerer(wait(job) for job in (*ours, adopted))

    async def story() -> None:
        await triggerer.until(lambda: len(syncs.emulator.journal(LIST)) >= 6)
        assert triggerer.fired == {}
        assert single_reads(syncs) == {adopted}
        syncs.emulator.set_speed(SPEED)
        await triggerer.until(lambda: len(triggerer.fired) == 11)

    run(triggerer, story)
    assert all(len(events) == 1 and events[0]["reason"] == "done" for events in triggerer.fired.values())
    assert single_reads(syncs) == {adopted}  # the list tells the lag, too


def test_a_check_is_read_only_once_the_list_says_that_it_is_over(syncs: SyncCloud) -> None:
    job = syncs.initialized({"Tags": TAGS})
    syncs.call("CreateCheckSyncJob", JobId=job)
    triggerer = Triggerer([wait(job, "check of the sync job passed")])

    async def story() -> None:
        await triggerer.until(lambda: len(syncs.emulator.journal(LIST)) >= 4)
        assert syncs.emulator.journal("DescribeCheckSyncJobResult") == []
        syncs.wait(28)
        await triggerer.until(lambda: len(triggerer.fired) == 1)

    run(triggerer, story)
    assert triggerer.fired[0][0]["reason"] == "done"


@pytest.mark.parametrize("goal", ["check of the sync job passed", "check of the change passed"])
def test_a_check_that_was_not_ordered_wakes_its_task(goal: str, syncs: SyncCloud) -> None:
    job = syncs.syncing({"Tags": TAGS}) if "change" in goal else syncs.initialized({"Tags": TAGS})
    if "change" in goal:
        syncs.modify(job)
    triggerer = Triggerer([wait(job, goal)])
    run(triggerer, lambda: triggerer.until(lambda: bool(triggerer.fired)))
    assert triggerer.fired[0][0]["reason"] == "void"


def test_success_on_another_axis_ends_no_wait(syncs: SyncCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__SETTLE_TIME", "0")
    stopped, running = syncs.isolated_sync(), syncs.syncing()
    goals = [(stopped, "caught up"), (stopped, "sync paused"), (running, "sync isolated"), (running, "sync paused")]
    triggerer = Triggerer(wait(job, goal) for job, goal in goals)

    async def story() -> None:
        for _ in range(40):
            await triggerer.turn()
            await asyncio.sleep(0.02)

    run(triggerer, story)
    assert {number: events[0]["reason"] for number, events in triggerer.fired.items()} == {
        0: "impossible",  # a stopped job neither catches up nor pauses any more
        1: "impossible",
        2: "void",  # nobody has ordered that the running one be isolated
    }


@pytest.mark.parametrize(
    ("state", "when_killed", "status"),
    [
        ("failed", "stop", "Stopping"),
        ("failed", "pause", "Pausing"),
        ("failed", "leave", "Running"),
        ("running", "stop", "Running"),
        (None, "pause", "Running"),
    ],
)
def test_a_kill_acts_on_the_job_only_where_the_task_has_really_ended(
    state: str | None, when_killed: str, status: str, syncs: SyncCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = syncs.full_phase()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(state), raising=False)
    triggerer = Triggerer([wait(job, when_killed=when_killed)])

    async def story() -> None:
        await triggerer.until(lambda: len(syncs.emulator.journal(LIST)) >= 2)
        triggerer.runner.to_cancel.append(0)
        await triggerer.until(lambda: not triggerer.runner.triggers)

    run(triggerer, story)
    assert syncs.sync_status(job) == status
