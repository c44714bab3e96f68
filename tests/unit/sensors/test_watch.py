"""The watch over one job: it waits without a worker until something is wrong, and what it saw outlives each look."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.errors import DeadlinePassed, Impossible, InvalidInput, JobNotFound
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator
from tencent_dts.sensors.watch import DtsJobWatchSensor
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW, Task
from tests.meanwhile import Meanwhile
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.test_watch import DAY, HOUR, RUN, force, tags

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")


def watch(job_id: str, **given: Any) -> Task:
    return Task(DtsJobWatchSensor(task_id="watch", job_id=job_id, **given))


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


@pytest.mark.parametrize("wait", ["defer", "sync"])
def test_it_waits_until_something_is_wrong_and_returns_what(wait: Any, person: SyncCloud, meanwhile: Meanwhile) -> None:
    job_id = person.syncing(tags())
    meanwhile.before("DescribeSyncJobs", 4, lambda: force(person, job_id, "ResumableErr"))
    before = len(person.emulator.journal())
    task = watch(job_id, wait=wait, poll_interval=600)
    (row,) = task.run()
    assert (row["job_id"], row["rule"]) == (job_id, "in error")
    assert "ResumeSyncJob" in row["next_step"]
    assert task.deferrals == (3 if wait == "defer" else 0)
    assert all(call["action"].startswith("Describe") for call in person.emulator.journal()[before:])


def test_a_limit_counts_on_over_looks_and_retries(person: SyncCloud, passing_time: VirtualClock) -> None:
    job_id = person.erring(tags())
    task = watch(job_id, error_minutes=60, poll_interval=600, timeout=HOUR / 2)
    began = passing_time.time()
    with pytest.raises(DeadlinePassed):
        task.run()
    (row,) = task.clear().run()
    assert row["rule"] == "in error"
    assert HOUR <= passing_time.time() - began <= 1.5 * HOUR


def test_a_pause_counts_from_the_look_before_it(
    person: SyncCloud, meanwhile: Meanwhile, passing_time: VirtualClock
) -> None:
    job_id = person.syncing(tags())
    meanwhile.before("DescribeSyncJobs", 2, lambda: person.call("PauseSyncJob", JobId=job_id))
    began = passing_time.time()
    (row,) = watch(job_id, paused_hours=24, poll_interval=HOUR, timeout=3 * DAY).run(timeout=600)
    assert row["rule"] == "paused"
    assert DAY - HOUR <= passing_time.time() - began <= DAY + 3 * HOUR


def test_only_the_rules_that_are_asked_for_end_it(person: SyncCloud) -> None:
    job_id = person.erring(tags())
    with pytest.raises(DeadlinePassed, match="Nothing was found") as caught:
        watch(job_id, rules="paused, expires soon", timeout=HOUR, poll_interval=600).run()
    assert "bill: Status ResumableErr" in str(caught.value)
    assert person.emulator.journal("DescribeMigrationDetail") == []
    assert watch(job_id, rules=["in error"]).run()


def test_a_migration_is_watched_although_its_own_run_is_alive(cloud: Cloud) -> None:
    job_id = cloud.ready(purchase=tags())
    force(cloud, job_id, "error")
    AIRFLOW.runs[RUN] = ("running", None)
    (row,) = watch(job_id, kind="migration").run()
    assert row["rule"] == "in error"


def test_a_subscription_that_ends_soon(cloud: Cloud) -> None:
    job_id = Cloud2018(cloud.emulator).subscribed(PayType=0, Duration=1, **tags())
    (row,) = watch(job_id, kind="subscription", expire_days=60).run()
    assert row["rule"] == "expires soon"


def test_an_outage_is_outlasted(person: SyncCloud) -> None:
    job_id = person.erring(tags())
    person.emulator.add_fault({"action": "DescribeSyncJobs", "times": 30, "code": "InternalError"})
    (row,) = watch(job_id, poll_interval=60).run()
    assert row["rule"] == "in error"


def test_a_job_that_this_airflow_has_ended_leaves_nothing_to_watch(person: SyncCloud) -> None:
    job_id = person.stopped_sync(tags())
    Task(DtsIsolateSyncJobOperator(task_id="isolate", job_id=job_id)).run()
    person.wait(60)
    with pytest.raises(Impossible, match="nothing left to watch"):
        watch(job_id).run()


def test_one_that_is_not_found_is_an_error() -> None:
    with pytest.raises(JobNotFound):
        watch("sync-nosuchjb").run()


@for_every(
    "given",
    [{"kind": "sink"}, {"rules": "lags"}, {"rules": "gone"}, {"paused_hours": "soon"}, {"job_id": ""}],
    ids=lambda given: next(iter(given)),
)
def test_what_is_wrong_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(given))):
        watch(**{"job_id": "sync-werwfs23", **given}).run()
