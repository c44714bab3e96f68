"""Waits for 2018 jobs in one triggerer: one list of their own API version, and what a kill does."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from tencent_dts.kinds.migration_2018 import states as rows
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages_2018 import of_2018
from tests.unit.triggers.test_shared_poll import TAGS, Supervisor, Triggerer, run, wait_for

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow_database")

LIST = "DescribeMigrateJobs"


def wait_2018(job: str, **changes: Any) -> dict[str, Any]:
    return wait_for(job, rows.SUCCEEDED_2018.name, listing=LIST, interval=0.1, **changes)


def test_waits_for_every_goal_and_operation_share_one_list(cloud: Cloud) -> None:
    old = of_2018(cloud)
    jobs = [old.made(Tags=TAGS) for _ in range(4)]
    cloud.emulator.seed({"match": {"any": True}, "force_status": "running"})
    deleted = {"ids": {"JobId": jobs[3]}, "operation": [rows.DELETE_2018.resource.version, "DeleteMigrateJob"]}
    triggerer = Triggerer(
        [
            wait_2018(jobs[0]),
            wait_for(jobs[1], rows.READY_2018.name, listing=LIST, interval=0.1),
            wait_for(jobs[2], rows.CHECK_PASSED_2018.name, listing=LIST, interval=0.1),
            wait_2018(jobs[3]) | {"watch": deleted | {"called": True}},
        ]
    )
    cloud.emulator.seed({"match": {"JobId": jobs[2]}, "force_status": "checking"})
    cloud.emulator.seed({"match": {"JobId": jobs[3]}, "force_status": "stopping"})
    before = len(cloud.emulator.journal(LIST))

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) >= before + 4)
        assert triggerer.fired == {}
        # What the list tells is enough: no wait has read its job or its check by itself.
        assert [c["parameters"].get("JobId") for c in cloud.emulator.journal(LIST)[before:]] == [None] * (
            len(cloud.emulator.journal(LIST)) - before
        )
        assert cloud.emulator.journal("DescribeMigrateCheckJob") == []
        cloud.emulator.seed({"match": {"any": True}, "force_status": "success"})
        old.call("DeleteMigrateJob", JobId=jobs[3])
        await triggerer.until(lambda: {0, 1, 3} <= triggerer.fired.keys())

    run(triggerer, story)
    assert {events[0]["reason"] for events in triggerer.fired.values()} == {"done"}


@pytest.mark.parametrize(
    ("state", "when_killed", "number"), [("failed", "stop", 11), ("failed", "leave", 8), ("queued", "stop", 8)]
)
def test_a_kill_stops_the_job_only_where_it_was_asked_for_and_the_task_has_really_ended(
    state: str, when_killed: str, number: int, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = of_2018(cloud)
    job = old.in_time()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(state), raising=False)
    triggerer = Triggerer([wait_2018(job, when_killed=when_killed)])
    before = len(cloud.emulator.journal(LIST))

    async def story() -> None:
        await triggerer.until(lambda: len(cloud.emulator.journal(LIST)) > before)
        triggerer.runner.to_cancel.append(0)
        await triggerer.until(lambda: not triggerer.runner.triggers)

    run(triggerer, story)
    assert old.number(job) == number
