"""Many waits in one triggerer: Airflow's own ``TriggerRunner``, one shared poll, the emulator over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest
from airflow.executors.workloads.task import TaskInstanceDTO
from airflow.executors.workloads.trigger import RunTrigger
from airflow.jobs.triggerer_job_runner import TriggerRunner
from airflow.models.trigger import Trigger
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetTaskStates, TaskStatesResult

from tencent_dts.triggers.wait import DtsWaitTrigger
from tests.drive import AIRFLOW
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import PURCHASE, Cloud
from tests.unit.stages import HOLE, seeded

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow_database")

INTERVAL = 0.4
LIST = "DescribeMigrationJobs"
TAGS = [{"TagKey": "airflow-deployment", "TagValue": "tests"}]
CLASSPATH = f"{DtsWaitTrigger.__module__}.{DtsWaitTrigger.__qualname__}"


def bought(cloud: Cloud, count: int, status: str = "running") -> list[str]:
    """Jobs of this deployment, all in one status."""
    jobs: list[str] = []
    while len(jobs) < count:
        jobs += cloud.call("CreateMigrationService", **PURCHASE, Tags=TAGS, Count=min(15, count - len(jobs)))["JobIds"]
    cloud.wait(5)
    cloud.emulator.seed({"match": {"any": True}, "force_status": status})
    return jobs


def wait_for(job: str, goal: str = "succeeded", **changes: Any) -> dict[str, Any]:
    """The kwargs of one wait."""
    return {
        "watch": {"ids": {"JobId": job}, "goal": goal},
        "conn_id": "tencentcloud_default",
        "region": "ap-guangzhou",
        "deployment": "tests",
        "listing": LIST,
        "interval": INTERVAL,
        "deadline": time.time() + 600,
        "first_look": 0.0,
        "when_killed": "leave",
    } | changes


class Triggerer:
    """A triggerer's runner without its supervisor: it is given waits, and its events are collected."""

    def __init__(self, waits: Iterable[dict[str, Any]], classpath: str = CLASSPATH) -> None:
        self.runner: Any = cast("Any", TriggerRunner)()
        self.fired: dict[int, list[Any]] = {}
        self.at: dict[int, float] = {}
        self.began = time.time()
        for number, kwargs in enumerate(waits):
            self.runner.to_create.append(
                RunTrigger(
                    id=number,
                    classpath=classpath,
                    encrypted_kwargs=Trigger.encrypt_kwargs(kwargs),
                    ti=TaskInstanceDTO(
                        id=uuid.uuid4(),
                        dag_version_id=uuid.uuid4(),
                        task_id="ready",
                        dag_id="dag",
                        run_id="run",
                        try_number=1,
                        map_index=number,
                        pool_slots=1,
                        queue="default",
                        priority_weight=1,
                    ),
                )
            )

    async def turn(self) -> None:
        await self.runner.create_triggers()
        await self.runner.cancel_triggers()
        await self.runner.cleanup_finished_triggers()
        while self.runner.events:
            entry = self.runner.events.popleft()
            self.fired.setdefault(entry.trigger_id, []).append(entry.event.payload)
            self.at.setdefault(entry.trigger_id, time.time() - self.began)

    async def until(self, enough: Callable[[], bool], seconds: float = 20) -> None:
        """Go on until something holds; fails when it does not in time."""
        end = time.time() + seconds
        while not enough():
            assert time.time() < end, f"{len(self.fired)} fired, {list(self.runner.failed_triggers)} failed"
            await self.turn()
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        for details in self.runner.triggers.values():
            details["task"].cancel()
        await asyncio.sleep(0)
        await self.runner._shared_streams.stop_all()


def run(triggerer: Triggerer, story: Callable[[], Any]) -> None:
    async def whole() -> None:
        try:
            await story()
        finally:
            await triggerer.stop()

    asyncio.run(whole())


def test_two_hundred_waits_list_once_an_interval_and_each_fires_once(cloud: Cloud) -> None:
    jobs = bought(cloud, 200)
    triggerer = Triggerer(wait_for(job) for job in jobs)

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= 6)
        assert triggerer.fired == {}
        for job in jobs[:50]:
            seeded(cloud, job, {"force_status": "success"})
        await triggerer.until(lambda: len(triggerer.fired) >= 50)
        cloud.emulator.seed({"match": {"any": True}, "force_status": "success"})
        await triggerer.until(lambda: len(triggerer.fired) == 200)
        await triggerer.until(lambda: not triggerer.runner.triggers)

    run(triggerer, story)
    assert all(len(events) == 1 and events[0]["reason"] == "done" for events in triggerer.fired.values())
    lists = cloud.emulator.journal(LIST)
    intervals = (lists[-1]["real_time"] - lists[0]["real_time"]) / (INTERVAL * 0.9)
    assert len(lists) <= 2 * (intervals + 2)
    assert {call["parameters"]["Limit"] for call in lists} == {100}
    assert cloud.emulator.journal("DescribeMigrationDetail") == []


def test_a_check_that_becomes_void_wakes_its_task_and_one_that_goes_on_is_not_read(cloud: Cloud) -> None:
    checking, void = (cloud.configured(purchase={"Tags": TAGS}) for _ in range(2))
    for job in (checking, void):
        cloud.call("CreateMigrateCheckJob", JobId=job)
    triggerer = Triggerer(wait_for(job, "check passed", interval=0.1) for job in (checking, void))

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= 4)
        assert triggerer.fired == {}
        assert cloud.emulator.journal("DescribeMigrationCheckJob") == []
        cloud.emulator.seed({"match": {"JobId": void}, "force_status": "created"})
        await triggerer.until(lambda: bool(triggerer.fired))

    run(triggerer, story)
    assert {number: events[0]["reason"] for number, events in triggerer.fired.items()} == {1: "void"}
    read = {call["parameters"]["JobId"] for call in cloud.emulator.journal("DescribeMigrationCheckJob")}
    assert read == {void}


def test_one_failing_member_fails_no_other(cloud: Cloud) -> None:
    jobs = bought(cloud, 3)
    broken = wait_for(jobs[0], "a goal of a later version")
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "job_id": HOLE, "code": "UnauthorizedOperation"})
    triggerer = Triggerer([broken, wait_for(HOLE), wait_for(jobs[1]), wait_for(jobs[2])])

    async def story() -> None:
        await triggerer.until(lambda: bool(triggerer.runner.failed_triggers) and 1 in triggerer.fired)
        cloud.emulator.seed({"match": {"any": True}, "force_status": "success"})
        await triggerer.until(lambda: {2, 3} <= triggerer.fired.keys())

    run(triggerer, story)
    assert [trigger_id for trigger_id, _ in triggerer.runner.failed_triggers] == [0]
    assert triggerer.fired[1][0]["reason"] == "UnauthorizedOperation"
    assert triggerer.fired[2][0]["reason"] == "done"


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "InternalError.UnknownError"},
        {"code": "RequestLimitExceeded"},
        {"code": "AuthFailure.SignatureFailure"},
        {"status": 502},
        {"drop": "before"},
        {"truncate": True},
    ],
    ids=str,
)
def test_an_outage_fails_nobody(fault: dict[str, Any], cloud: Cloud) -> None:
    jobs = bought(cloud, 5)
    cloud.emulator.add_fault({"action": LIST, "times": 2, **fault})
    triggerer = Triggerer(wait_for(job, interval=0.1) for job in jobs)

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= 4)
        assert triggerer.fired == {}
        cloud.emulator.seed({"match": {"any": True}, "force_status": "success"})
        await triggerer.until(lambda: len(triggerer.fired) == 5)

    run(triggerer, story)
    assert list(triggerer.runner.failed_triggers) == []


def test_a_connection_that_is_corrected_while_they_wait_is_read_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, airflow_connections: dict[str, Any]
) -> None:
    right = airflow_connections["tencentcloud_default"]
    monkeypatch.setenv("AIRFLOW_CONN_LATER", json.dumps({**right, "password": "not-that-key"}))
    (job,) = bought(cloud, 1, "success")
    triggerer = Triggerer([wait_for(job, interval=0.1, conn_id="later")])

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= 3)
        assert triggerer.fired == {}
        monkeypatch.setenv("AIRFLOW_CONN_LATER", json.dumps(right))
        await triggerer.until(lambda: bool(triggerer.fired))

    run(triggerer, story)
    assert triggerer.fired[0][0]["reason"] == "done"
    codes = [call["code"] for call in cloud.emulator.journal(LIST)]
    assert codes[0] == "AuthFailure.SignatureFailure"
    assert codes[-1] == ""


def test_nobody_fires_before_the_first_look(cloud: Cloud) -> None:
    (job,) = bought(cloud, 1, "success")
    triggerer = Triggerer([wait_for(job, first_look=1.2, interval=0.1), wait_for(job, interval=0.1)])

    async def story() -> None:
        await triggerer.until(lambda: len(triggerer.fired) == 2)

    run(triggerer, story)
    assert triggerer.at[0] >= 1.2
    assert triggerer.at[1] < 1.2


def test_a_job_outside_the_tag_is_read_by_itself(cloud: Cloud) -> None:
    job = cloud.buy()
    cloud.wait(5)
    seeded(cloud, job, {"force_status": "success"})
    triggerer = Triggerer([wait_for(job)])

    async def story() -> None:
        await triggerer.until(lambda: bool(triggerer.fired))

    run(triggerer, story)
    assert cloud.emulator.journal("DescribeMigrationDetail")


def test_a_deadline_wakes_the_task_whatever_the_state(cloud: Cloud) -> None:
    (job,) = bought(cloud, 1)
    triggerer = Triggerer([wait_for(job, deadline=time.time() + 0.5, interval=0.1)])

    async def story() -> None:
        await triggerer.until(lambda: bool(triggerer.fired))

    run(triggerer, story)
    assert triggerer.fired[0][0]["reason"] == "deadline"


def test_success_on_another_axis_ends_no_wait_well(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__SETTLE_TIME", "0")
    job = cloud.after(cloud.checked, ("IsolateMigrateJob", 5))
    other = cloud.succeeded()
    waits = [
        wait_for(job, "succeeded", interval=0.1),
        wait_for(job, "ready to complete", interval=0.1),
        wait_for(job, "paused", interval=0.1),
        wait_for(other, "isolated", interval=0.1),
    ]
    triggerer = Triggerer(waits)

    async def story() -> None:
        for _ in range(40):
            await triggerer.turn()
            await asyncio.sleep(0.02)

    run(triggerer, story)
    # A job whose bill has ended stands still: its waits end badly, and none takes the bill for what it waits for. A
    # migration that has succeeded is not isolated by that: the wait for it is woken, as nobody has ordered it.
    told = {number: event["reason"] for number, (event, *_) in triggerer.fired.items()}
    assert told == {**dict.fromkeys(range(3), "impossible"), 3: "void"}


class Supervisor:
    """Answers what a trigger may ask of its supervisor: the states of task instances, and who holds a job."""

    def __init__(self, state: str | None) -> None:
        self.state = state

    async def asend(self, message: Any) -> Any:
        if not isinstance(message, GetTaskStates):
            return AIRFLOW.answer(message)
        (task_id,) = message.task_ids or ["?"]
        return TaskStatesResult(task_states={"run": {f"{task_id}_{message.map_index}": self.state}})


@pytest.mark.parametrize(
    ("state", "when_killed", "status"),
    [
        ("failed", "stop", "stopping"),
        ("skipped", "stop", "stopping"),
        ("failed", "pause", "pausing"),
        ("failed", "leave", "readyComplete"),
        ("deferred", "stop", "readyComplete"),
        ("success", "stop", "readyComplete"),
        ("queued", "stop", "readyComplete"),
        ("running", "pause", "readyComplete"),
        (None, "stop", "readyComplete"),
    ],
)
def test_a_kill_acts_on_the_job_only_where_the_task_has_really_ended(
    state: str | None, when_killed: str, status: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.ready()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(state), raising=False)
    triggerer = Triggerer([wait_for(job, when_killed=when_killed, interval=0.1)])

    async def story() -> None:
        await triggerer.until(lambda: bool(cloud.emulator.journal("DescribeMigrationDetail")))
        triggerer.runner.to_cancel.append(0)
        await triggerer.until(lambda: not triggerer.runner.triggers)

    run(triggerer, story)
    assert cloud.status(job) == status


@pytest.mark.parametrize(("state", "sent"), [("failed", 2), ("queued", 1), (None, 1)])
@pytest.mark.parametrize("when_killed", ["stop", "pause"])
def test_a_kill_is_asked_about_again_before_its_order_is_sent_again(
    state: str | None, sent: int, when_killed: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.ready()
    supervisor = Supervisor("failed")
    action = f"{when_killed.title()}MigrateJob"
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    cloud.emulator.add_fault({"action": action, "times": 1, "code": "RequestLimitExceeded"})
    Meanwhile(monkeypatch).before(action, 1, lambda: setattr(supervisor, "state", state))
    triggerer = Triggerer([wait_for(job, when_killed=when_killed, interval=0.1)])

    async def story() -> None:
        await triggerer.until(lambda: bool(cloud.emulator.journal("DescribeMigrationDetail")))
        triggerer.runner.to_cancel.append(0)
        await triggerer.until(lambda: not triggerer.runner.triggers)

    run(triggerer, story)
    assert len(cloud.emulator.journal(action)) == sent
    assert (cloud.status(job) == "readyComplete") == (sent == 1)
