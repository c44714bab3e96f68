"""What the tests of tasks share: a job that a task is pointed at, and the clock that runs beside it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tencent_dts.api.client import DtsClient
from tencent_dts.emulator.world import jobs
from tencent_dts.engine.converge import read
from tencent_dts.engine.records import KEY, SEEN, Ending, LastSeen, Place, Record
from tencent_dts.engine.runs import Holder
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.model.resource import Resource
from tencent_dts.sizes import DAY
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW, Task, TaskInstance
from tests.unit.emulator.cloud import Cloud

SPEED = 600.0
REGION = "ap-guangzhou"
HOLE = "dts-nosuchjb"
ELSEWHERE = {"login": "AKIDother", "password": "other-secret"}  # the keys of another account


def of_a_person(source: str, target: str | None = None) -> dict[str, Any]:
    """The sides of a plan that names the databases which a person at the API configures jobs for."""
    sides = {"source": source, "target": target or source}
    return {side: {"connection": name, "database_type": "mysql", "region": REGION} for side, name in sides.items()}


@dataclass(frozen=True)
class Subject:
    """What a task is pointed at: a job (or subscription) and, maybe, a part of it. ``key`` names the job's id."""

    job: str
    task: str = ""
    key: str = "JobId"

    def arguments(self) -> dict[str, Any]:
        """The ids as a task takes them."""
        job, part = {"JobId": ("job_id", "compare_task_id"), "SubscribeId": ("subscribe_id", "async_request_id")}[
            self.key
        ]
        return {job: self.job} | ({part: self.task} if self.task else {})


Stage = Callable[[Cloud], Subject]


def retag(cloud: Cloud, job_id: str, tags: Any) -> None:
    """Another hand in the console; the API has no call for it for every kind."""
    world = cloud.emulator._service.world
    with world.store.transaction():
        (job,) = (job for job in jobs.every(world) if job["JobId"] == job_id)
        job["tags"] = tags
        jobs.save(world, job)


def observed(resource: Resource, subject: Subject) -> Any:
    """The job as the API shows it."""

    async def look() -> Any:
        async with DtsClient(DtsHook().resolve(), resource.version) as client:
            return await read(client, resource, {subject.key: subject.job})

    return asyncio.run(look())


def remember_end(job_id: str, status: str = "success", region: str | None = None, days_ago: int = 0) -> None:
    """Let it be known how a job ended, as the tasks of its run would have seen it."""
    holder = Holder(TaskInstance.dag_id, TaskInstance.run_id, "purchase")
    ending = Ending("seen as isolated", time.time() - days_ago * DAY, status)
    place = Place.of(DtsHook(region=region).resolve())
    AIRFLOW.variables[KEY + job_id] = Record((holder,), holder, place).dumps()
    AIRFLOW.variables[KEY + job_id + SEEN] = LastSeen(place, status, time.time(), ending).dumps()


def calls(emulator: Any, action: str) -> list[dict[str, Any]]:
    """The calls of an action that were carried out."""
    return [call for call in emulator.journal(action) if call["code"] == ""]


LOOKS = {"POLL_INTERVAL": "30", "SETTLE_TIME": "10", "VISIBLE_WITHIN": "300"}
"""Seconds of virtual time: a few looks, each of which costs time of the processor."""


@contextmanager
def virtual_time(emulator: Any) -> Iterator[VirtualClock]:
    """Time passes for the emulator when a task waits, by as much as it waits; nothing takes time but that."""
    clock = VirtualClock(emulator)
    settings = {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in LOOKS.items()}
    with mock.patch.dict(os.environ, settings), clock.installed():
        yield clock


def drive(emulator: Any, operator: Any, **ti: Any) -> Any:
    """Run a task to its end while time passes, which goes on doing so."""
    with clock_runs(emulator):
        return Task(operator, **ti).run()


@contextmanager
def clock_runs(emulator: Any) -> Iterator[None]:
    """Let time pass while a task waits, so that none misses a short state; afterwards it runs by itself."""
    with virtual_time(emulator):
        yield
    emulator.set_speed(SPEED)
