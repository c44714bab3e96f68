"""What the creation of a 2018 migration job keeps beyond what every purchase does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tencent_dts.engine.identity import tags_of
from tencent_dts.errors import IdentityConflict, InvalidInput, JobNotFound
from tencent_dts.operators.migration_2018 import DtsCreateMigrateJob2018Operator, DtsDeleteMigrateJob2018Operator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.operators.buyers import BUYERS
from tests.unit.stages_2018 import PLAN_OF_A_PERSON, of_2018, plan_2018
from tests.unit.subjects import SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

CREATE = "CreateMigrateJob"


def creation(**changes: Any) -> DtsCreateMigrateJob2018Operator:
    given = {"configuration": plan_2018(), "job_title": "orders", "region": "ap-guangzhou"}
    return DtsCreateMigrateJob2018Operator(task_id="create", **given | changes)


def alive(cloud: Cloud) -> list[str]:
    """The jobs that there are, once time has passed."""
    cloud.wait(60)
    return [job["JobId"] for job in cloud.emulator.jobs()]


@pytest.fixture
def old(cloud: Cloud) -> Cloud2018:
    """A person at the API of 2018, while time passes."""
    cloud.emulator.set_speed(SPEED)
    return of_2018(cloud)


@pytest.fixture
def task(old: Cloud2018) -> Task:
    return Task(creation())


def test_it_is_named_after_its_owner_and_carries_its_configuration(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    item = old.item(job_id)
    assert item["JobName"] == f"{tags_of(item)['airflow-owner']}-orders"
    assert (item["Status"], item["MigrateOption"]["ConsistencyType"], item["SrcInfo"]["User"]) == (1, 2, "dts")
    (call,) = calls(old.emulator, CREATE)
    assert "Count" not in call["parameters"]


def test_no_password_is_kept(task: Task, old: Cloud2018) -> None:
    task.run()
    told = json.dumps([task.ti.pushed, task.store.values, old.emulator.journal()])
    for secret in ("rehearsal-source", "rehearsal-target"):
        assert secret not in told
    fields = {name: getattr(task.operator, name) for name in task.operator.template_fields}
    assert "rehearsal" not in json.dumps(fields)


def test_surplus_that_is_being_checked_is_deleted_when_its_job_is(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    old.emulator.set_speed(0)
    old.call("CreateMigrateCheckJob", JobId=BUYERS["migration of 2018"].again(old))
    task.operator.wait = "no"  # otherwise it waits until the check is over, and deletes it then
    assert task.clear().run() == job_id
    old.emulator.set_speed(SPEED)
    assert len(alive(old)) == 2
    deletion = DtsDeleteMigrateJob2018Operator(task_id="delete", job_id=job_id)
    assert Task(deletion).run() == {"JobId": job_id, "Status": "gone"}
    assert alive(old) == []


def test_a_job_that_was_changed_in_the_meantime_is_adopted_as_it_is(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    task.operator.configuration = plan_2018("app")
    assert task.clear().run() == job_id
    assert [call["action"] for call in old.emulator.journal() if call["action"].startswith(("Create", "Modify"))] == [
        CREATE
    ]


def test_a_connection_that_lacks_a_field_is_refused_before_anything_is_sent(
    task: Task, old: Cloud2018, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"conn_type": "mysql", "login": "dts", "extra": {"access_type": "cdb", "region": "ap-guangzhou"}}
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))
    with pytest.raises(InvalidInput, match="target_mysql"):
        task.run()
    assert old.emulator.journal() == []


def delete(old: Cloud2018, job_id: str) -> None:
    """Delete it by a task of the same run, as its last one does."""
    old.emulator.set_speed(SPEED)
    Task(DtsDeleteMigrateJob2018Operator(task_id="delete", job_id=job_id)).run()


class TestAfterTheDeletion:
    """The last task of a run deletes its job."""

    def test_cleared_alone_it_creates_nothing(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        delete(old, job_id)
        self.downstream(task, delete="success", succeeded="success")
        assert task.clear().run() == job_id
        assert len(calls(old.emulator, CREATE)) == 1

    def test_cleared_with_its_downstream_it_says_that_the_work_is_done(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        delete(old, job_id)
        self.downstream(task, delete="None", succeeded="None")
        task.ti.returned["succeeded"] = {"JobId": job_id, "Status": "success"}
        with pytest.raises(IdentityConflict, match="has succeeded, and is gone"):
            task.clear().run()
        assert len(calls(old.emulator, CREATE)) == 1

    def test_a_job_given_by_its_id_is_not_missed_either(self, old: Cloud2018) -> None:
        job_id = old.made()
        task = Task(creation(existing_job_id=job_id, configuration=PLAN_OF_A_PERSON))
        assert task.run() == job_id
        delete(old, job_id)
        self.downstream(task, delete="success", succeeded="success")
        assert task.clear().run() == job_id

    def test_a_job_deleted_by_hand_is_missed_and_not_replaced(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        old.call("DeleteMigrateJob", JobId=job_id)
        self.downstream(task, delete="None", succeeded="None")
        with pytest.raises(JobNotFound, match=job_id):
            task.clear().run()
        assert len(calls(old.emulator, CREATE)) == 1

    def test_a_job_deleted_by_our_order_before_it_served_is_replaced(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        delete(old, job_id)
        self.downstream(task, delete="None", succeeded="None")
        assert task.clear().run() != job_id

    @staticmethod
    def downstream(task: Task, **states: str) -> None:
        """Tell the task what has become of those after it."""
        object.__setattr__(task.operator, "get_flat_relative_ids", lambda upstream: set(states))
        task.ti.task_states.update(states)
