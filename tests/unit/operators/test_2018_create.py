"""Creating a 2018 migration job exactly once, whatever happens to the call, the answer, the worker or the run."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts import settings
from tencent_dts.errors import Denied, IdentityConflict, InvalidInput, Refused
from tencent_dts.operators.migration_2018 import CreateMigrateJob2018Operator, DeleteMigrateJob2018Operator
from tests.drive import Store, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.stages_2018 import of_2018, plan_2018
from tests.unit.subjects import HOLE, SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

CREATE = "CreateMigrateJob"


def creation(**changes: Any) -> CreateMigrateJob2018Operator:
    given = {"configuration": plan_2018(), "job_title": "orders", "region": "ap-guangzhou"}
    return CreateMigrateJob2018Operator(task_id="create", **given | changes)


def alive(cloud: Cloud) -> list[str]:
    """The jobs that there are, once time has passed."""
    cloud.wait(60)
    return [job["JobId"] for job in cloud.emulator.jobs()]


def tags_of(job: dict[str, Any]) -> dict[str, str]:
    return {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}


@pytest.fixture
def old(cloud: Cloud) -> Cloud2018:
    """A person at the API of 2018, while time passes."""
    cloud.emulator.set_speed(SPEED)
    return of_2018(cloud)


@pytest.fixture
def task(old: Cloud2018) -> Task:
    return Task(creation())


def test_a_creation_carries_configuration_name_and_tags(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    item = old.item(job_id)
    tags = tags_of(item)
    assert tags.keys() == {f"airflow-{name}" for name in ("deployment", "owner", "dag", "run", "task", "generation")}
    assert item["JobName"] == f"{tags['airflow-owner']}-orders"
    assert (item["Status"], item["MigrateOption"]["ConsistencyType"], item["SrcInfo"]["User"]) == (1, 2, "dts")
    (call,) = calls(old.emulator, CREATE)
    assert "Count" not in call["parameters"]
    assert task.ti.pushed["job_id"] == job_id
    assert job_id in task.ti.pushed["console_link"]


def test_no_password_is_kept(task: Task, old: Cloud2018) -> None:
    task.run()
    told = json.dumps([task.ti.pushed, task.store.values, old.emulator.journal()])
    for secret in ("rehearsal-source", "rehearsal-target"):
        assert secret not in told
    fields = {name: getattr(task.operator, name) for name in task.operator.template_fields}
    assert "rehearsal" not in json.dumps(fields)


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"drop": "after"}, 1),
        ({"truncate": True}, 1),
        ({"status": 502, "when": "after"}, 1),
        ({"code": "InternalError.UnknownError", "when": "after"}, 1),
        ({"drop": "after", "visibility_delay": 600}, 1),
        ({"visibility_delay": 600}, 1),
        ({"drop": "before"}, 2),
        ({"status": 502}, 2),
        ({"code": "InternalError.DatabaseError", "when": "before"}, 2),
        ({"code": "RequestLimitExceeded"}, 2),
    ],
    ids=str,
)
def test_one_job_is_created_whatever_happens_to_the_call(
    fault: dict[str, Any], sent: int, task: Task, old: Cloud2018
) -> None:
    old.emulator.add_fault({"action": CREATE, "times": 1, **fault})
    job_id = task.run()
    assert [job["JobId"] for job in old.emulator.jobs()] == [job_id]
    assert len(old.emulator.journal(CREATE)) == sent


def test_the_list_may_fail_while_the_creation_is_looked_up(task: Task, old: Cloud2018) -> None:
    old.emulator.add_fault({"action": CREATE, "drop": "after", "times": 1})
    old.emulator.add_fault({"action": "DescribeMigrateJobs", "code": "InternalError.UnknownError", "nth": [2, 4]})
    assert [task.run()] == [job["JobId"] for job in old.emulator.jobs()]


@pytest.mark.parametrize("kept", [True, False], ids=["store kept", "store empty"])
def test_killed_between_creation_and_remembering_it_is_adopted(kept: bool, task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    task.store = Store()
    if kept:
        task.store.values["intent"] = {"at": time.time(), "settled": False}
    assert task.retry().run() == job_id
    assert len(calls(old.emulator, CREATE)) == 1


def test_a_refused_creation_is_not_waited_for(task: Task, old: Cloud2018) -> None:
    old.emulator.add_fault({"action": CREATE, "code": "LimitExceeded.MaxUnusedJobs", "times": 1})
    with pytest.raises(Refused):
        task.run()
    assert "intent" not in task.store.values
    started = time.monotonic()
    assert task.clear().run()
    assert time.monotonic() - started < settings.settle_time()


def test_two_workers_at_once_end_with_one_job(old: Cloud2018) -> None:
    tasks = [Task(creation()) for _ in range(2)]
    barrier = threading.Barrier(2)
    results: list[str] = []

    def work(task: Task) -> None:
        barrier.wait()
        results.append(task.run())

    threads = [threading.Thread(target=work, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert alive(old) == results[:1]


def twin_of(job_id: str, old: Cloud2018) -> str:
    """A second job of the same identity, as a worker makes it that did not see the first."""
    (made,) = calls(old.emulator, CREATE)
    return old.made(**{name: made["parameters"][name] for name in ("JobName", "Tags")})


def test_surplus_of_the_same_creation_is_deleted_by_a_clear(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    twin_of(job_id, old)
    assert task.clear().run() == job_id
    assert alive(old) == [job_id]


def test_surplus_that_is_being_checked_is_deleted_when_its_job_is(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    old.emulator.set_speed(0)
    old.call("CreateMigrateCheckJob", JobId=twin_of(job_id, old))
    assert task.clear().run() == job_id
    old.emulator.set_speed(SPEED)
    assert len(alive(old)) == 2
    delete = DeleteMigrateJob2018Operator(task_id="delete", job_id=job_id)
    assert Task(delete).run() == {"JobId": job_id, "Status": "gone"}
    assert alive(old) == []


def test_a_running_surplus_is_left_to_a_person(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    twin = twin_of(job_id, old)
    old.emulator.seed({"match": {"JobId": twin}, "force_status": "running"})
    with pytest.raises(IdentityConflict, match=twin) as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(old.emulator, "DeleteMigrateJob") == []


def test_a_failed_job_is_deleted_and_makes_way_for_the_next_generation(task: Task, old: Cloud2018) -> None:
    first = task.run()
    old.emulator.seed({"match": {"JobId": first}, "force_status": "failed"})
    second = task.clear().run()
    assert alive(old) == [second]
    assert tags_of(old.item(second))["airflow-generation"] == "1"
    assert task.clear().run() == second


def test_a_job_that_was_changed_in_the_meantime_is_adopted_as_it_is(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    task.operator.configuration = plan_2018("app")
    assert task.clear().run() == job_id
    assert [call["action"] for call in old.emulator.journal() if call["action"].startswith(("Create", "Modify"))] == [
        CREATE
    ]


def test_a_job_that_has_succeeded_is_adopted_by_the_run_that_remembers_it_alone(task: Task, old: Cloud2018) -> None:
    job_id = task.run()
    old.emulator.seed({"match": {"JobId": job_id}, "force_status": "success"})
    assert task.clear().run() == job_id
    task.store = Store()
    for _ in range(2):
        with pytest.raises(IdentityConflict, match=job_id):
            task.clear().run()
    assert len(calls(old.emulator, CREATE)) == 1


def test_another_run_creates_its_own(task: Task, old: Cloud2018) -> None:
    jobs = {task.run(), Task(creation(), run_id="manual__other").run(), Task(creation(), map_index=3).run()}
    assert len(jobs) == len(old.emulator.jobs()) == 3


@pytest.mark.parametrize(
    ("code", "kind"), [("LimitExceeded.MaxUnusedJobs", Refused), ("UnauthorizedOperation.NotEnoughPrivileges", Denied)]
)
def test_a_refusal_creates_nothing_and_is_not_repeated(
    code: str, kind: type[Exception], task: Task, old: Cloud2018
) -> None:
    old.emulator.add_fault({"action": CREATE, "code": code})
    with pytest.raises(kind) as raised:
        task.run()
    assert isinstance(raised.value, AirflowFailException)
    assert len(old.emulator.journal(CREATE)) == 1
    assert old.emulator.jobs() == []


def test_a_connection_that_lacks_a_field_is_refused_before_anything_is_sent(
    task: Task, old: Cloud2018, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"conn_type": "mysql", "login": "dts", "extra": {"access_type": "cdb", "region": "ap-guangzhou"}}
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps(value))
    with pytest.raises(InvalidInput, match="target_mysql"):
        task.run()
    assert old.emulator.journal() == []


class TestAfterTheDeletion:
    """The last task of a run deletes its job."""

    def test_cleared_alone_it_creates_nothing(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        old.call("DeleteMigrateJob", JobId=job_id)
        self.downstream(task, delete="success", succeeded="success")
        assert task.clear().run() == job_id
        assert len(calls(old.emulator, CREATE)) == 1

    def test_cleared_with_its_downstream_it_says_that_the_work_is_done(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        old.call("DeleteMigrateJob", JobId=job_id)
        self.downstream(task, delete="None", succeeded="None")
        task.ti.returned["succeeded"] = {"JobId": job_id, "Status": "success"}
        with pytest.raises(IdentityConflict, match="has succeeded, and is gone"):
            task.clear().run()
        assert len(calls(old.emulator, CREATE)) == 1

    def test_a_job_given_by_its_id_is_not_missed_either(self, old: Cloud2018) -> None:
        job_id = old.made()
        task = Task(creation(existing_job_id=job_id))
        assert task.run() == job_id
        old.call("DeleteMigrateJob", JobId=job_id)
        self.downstream(task, delete="success", succeeded="success")
        assert task.clear().run() == job_id

    def test_a_job_deleted_by_hand_before_it_served_is_replaced(self, task: Task, old: Cloud2018) -> None:
        job_id = task.run()
        old.call("DeleteMigrateJob", JobId=job_id)
        self.downstream(task, delete="None", succeeded="None")
        assert task.clear().run() != job_id

    @staticmethod
    def downstream(task: Task, **states: str) -> None:
        """Tell the task what has become of those after it."""
        object.__setattr__(task.operator, "get_flat_relative_ids", lambda upstream: set(states))
        task.ti.task_states.update(states)


class TestAdoption:
    """A job created elsewhere, taken over by its id."""

    def test_it_is_adopted_and_nothing_is_created(self, old: Cloud2018) -> None:
        job_id = old.made()
        assert Task(creation(existing_job_id=job_id)).run() == job_id
        assert len(calls(old.emulator, CREATE)) == 1

    def test_an_unknown_id_is_refused(self, old: Cloud2018) -> None:
        with pytest.raises(InvalidInput, match=HOLE):
            Task(creation(existing_job_id=HOLE)).run()
        assert old.emulator.jobs() == []

    def test_the_job_of_a_living_run_is_refused(self, task: Task, old: Cloud2018) -> None:
        other = Task(creation(existing_job_id=task.run()), run_id="manual__other")
        other.ti.run_states[task.ti.dag_id, task.ti.run_id] = "running"
        with pytest.raises(IdentityConflict, match="alive"):
            other.run()
