"""What the purchase of a migration job keeps beyond what every purchase does."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.engine.identity import tags_of
from tencent_dts.errors import InvalidInput
from tencent_dts.operators.migration import DtsModifyMigrationJobOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tests.drive import AIRFLOW, Store, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import LINK, generation
from tests.unit.stages import SPEED, calls, plan

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateMigrationService"


def purchase(**changes: Any) -> DtsCreateMigrationServiceOperator:
    return DtsCreateMigrationServiceOperator(task_id="purchase", **LINK | changes)


@pytest.fixture
def task(cloud: Cloud) -> Task:
    cloud.emulator.set_speed(SPEED)
    return Task(purchase())


def test_it_is_named_after_its_owner_and_counts_one(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    (job,) = cloud.emulator.jobs()
    assert job["JobId"] == job_id
    assert job["JobName"].startswith(tags_of(job)["airflow-owner"])
    (call,) = calls(cloud.emulator, BUY)
    assert call["parameters"]["Count"] == 1


@pytest.mark.parametrize("isolated", [True, False])
def test_a_job_that_has_succeeded_is_adopted_by_the_run_that_remembers_it(
    isolated: bool, task: Task, cloud: Cloud
) -> None:
    job_id = task.run()
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "success"})
    if isolated:
        cloud.call("IsolateMigrateJob", JobId=job_id)
        cloud.wait(10)
    assert task.clear().run() == job_id
    assert len(calls(cloud.emulator, BUY)) == 1


def test_a_fresh_start_buys_the_next_generation(task: Task, cloud: Cloud) -> None:
    old = task.run()
    cloud.emulator.seed({"match": {"JobId": old}, "force_status": "success"})
    task.store = Store()
    task.store.values["generation"] = 1
    assert task.clear().run() != old


def test_a_wrong_instance_class_is_refused_before_anything_is_sent(cloud: Cloud) -> None:
    with pytest.raises(InvalidInput, match="instance_class"):
        Task(purchase(instance_class="huge")).run()
    assert cloud.emulator.journal() == []


def test_an_adopted_job_keeps_the_generation_of_the_run_that_bought_it(task: Task, cloud: Cloud) -> None:
    """Else that run, cleared after the adopter has ended, would buy another in its place."""
    task.store.values["generation"] = 1  # it has made a fresh start once
    job_id = task.run()
    other: dict[str, Any] = {"dag_id": task.ti.dag_id, "run_id": "manual__adopts"}
    AIRFLOW.runs[task.ti.dag_id, other["run_id"]] = ("running", None)
    Task(purchase(existing_job_id=job_id), **other).run()
    Task(DtsModifyMigrationJobOperator(task_id="configure", job_id=job_id, configuration=plan()), **other).run()
    (job,) = cloud.emulator.jobs()
    assert tags_of(job)["airflow-run"] == other["run_id"]
    assert generation(cloud, job_id) == "1"
    AIRFLOW.runs[task.ti.dag_id, other["run_id"]] = ("success", None)
    assert task.clear().run() == job_id
    assert len(calls(cloud.emulator, BUY)) == 1
