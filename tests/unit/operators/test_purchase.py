"""Buying exactly once, whatever happens to the call, the answer, the worker or the run."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts import settings
from tencent_dts.errors import Denied, IdentityConflict, InvalidInput, Refused
from tencent_dts.operators.purchase import CreateMigrationServiceOperator
from tests.drive import Store, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import HOLE, SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateMigrationService"


def purchase(**changes: Any) -> CreateMigrationServiceOperator:
    order = {
        "src_database_type": "mysql",
        "dst_database_type": "mysql",
        "src_region": "ap-guangzhou",
        "dst_region": "ap-guangzhou",
        "instance_class": "small",
    }
    return CreateMigrationServiceOperator(task_id="purchase", **order | changes)


def live(cloud: Cloud) -> list[str]:
    """Jobs that still hold money, once time has passed."""
    cloud.wait(60)
    return list(cloud.emulator.meter()["live"])


@pytest.fixture
def task(cloud: Cloud) -> Task:
    cloud.emulator.set_speed(SPEED)
    return Task(purchase())


def test_a_purchase_carries_name_and_tags_it_can_be_found_by(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    (job,) = cloud.emulator.jobs()
    tags = {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}
    assert job["JobId"] == job_id
    assert tags.keys() == {f"airflow-{name}" for name in ("deployment", "owner", "dag", "run", "task", "generation")}
    assert tags["airflow-deployment"] == "tests"
    assert job["JobName"].startswith(tags["airflow-owner"])
    (call,) = calls(cloud.emulator, BUY)
    assert call["parameters"]["Count"] == 1


def test_id_and_link_are_shown(task: Task) -> None:
    job_id = task.run()
    assert task.ti.pushed["job_id"] == job_id
    assert job_id in task.ti.pushed["console_link"]


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
        ({"code": "InternalError", "when": "before"}, 2),
        ({"code": "RequestLimitExceeded"}, 2),
    ],
    ids=str,
)
def test_one_job_is_bought_whatever_happens_to_the_call(
    fault: dict[str, Any], sent: int, task: Task, cloud: Cloud
) -> None:
    cloud.emulator.add_fault({"action": BUY, "times": 1, **fault})
    job_id = task.run()
    assert [job["JobId"] for job in cloud.emulator.jobs()] == [job_id]
    assert len(cloud.emulator.journal(BUY)) == sent


def test_the_list_may_fail_while_the_purchase_is_looked_up(task: Task, cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": BUY, "drop": "after", "times": 1})
    cloud.emulator.add_fault({"action": "DescribeMigrationJobs", "code": "InternalError.UnknownError", "nth": [2, 4]})
    assert [task.run()] == [job["JobId"] for job in cloud.emulator.jobs()]


@pytest.mark.parametrize("kept", [True, False], ids=["store kept", "store empty"])
def test_killed_between_purchase_and_remembering_it_is_adopted(kept: bool, task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    task.store = Store()
    if kept:
        task.store.values["intent"] = {"at": time.time(), "settled": False}
    assert task.retry().run() == job_id
    assert len(calls(cloud.emulator, BUY)) == 1


def test_killed_after_announcing_it_waits_for_the_settle_time_before_it_buys(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    cloud.emulator.reset()
    task.store.values.pop("job_id")
    task.store.values["intent"] = {"at": time.time(), "settled": False}
    cloud.emulator.set_speed(SPEED)
    started = time.monotonic()
    assert task.retry().run() != job_id
    assert time.monotonic() - started > settings.settle_time() - 0.1


def test_a_refused_purchase_is_not_waited_for(task: Task, cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": BUY, "code": "OperationDenied.NotEnoughMoneyError", "times": 1})
    with pytest.raises(Refused):
        task.run()
    assert "intent" not in task.store.values
    started = time.monotonic()
    assert task.clear().run()
    assert time.monotonic() - started < settings.settle_time()


def test_two_workers_at_once_end_with_one_live_job(cloud: Cloud) -> None:
    cloud.emulator.set_speed(SPEED)
    tasks = [Task(purchase()) for _ in range(2)]
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
    assert live(cloud) == results[:1]


def test_surplus_of_the_same_purchase_is_isolated_by_a_clear(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    (bought,) = calls(cloud.emulator, BUY)
    cloud.call(BUY, **bought["parameters"])
    assert task.clear().run() == job_id
    assert live(cloud) == [job_id]


def test_a_running_surplus_is_left_to_a_person(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    (bought,) = calls(cloud.emulator, BUY)
    twin = cloud.call(BUY, **bought["parameters"])["JobIds"][0]
    cloud.emulator.seed({"match": {"JobId": twin}, "force_status": "running"})
    with pytest.raises(IdentityConflict, match=twin) as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(cloud.emulator, "IsolateMigrateJob") == []


@pytest.mark.parametrize("status", ["canceled", "failed"])
def test_an_ended_job_makes_way_for_the_next_generation(status: str, task: Task, cloud: Cloud) -> None:
    old = task.run()
    cloud.emulator.seed({"match": {"JobId": old}, "force_status": status})
    new = task.clear().run()
    assert new != old
    generations = {job["JobId"]: {t["TagKey"]: t["TagValue"] for t in job["Tags"]} for job in cloud.emulator.jobs()}
    assert generations[old]["airflow-generation"] != generations[new]["airflow-generation"]
    assert live(cloud) == [new]
    assert task.clear().run() == new


def test_a_destroyed_job_makes_way(task: Task, cloud: Cloud) -> None:
    old = task.run()
    cloud.wait(10)
    cloud.call("IsolateMigrateJob", JobId=old)
    cloud.wait(10)
    cloud.call("DestroyMigrateJob", JobId=old)
    cloud.wait(10)
    new = task.clear().run()
    assert new != old
    assert live(cloud) == [new]


def test_an_isolated_job_is_never_recovered_nor_replaced_by_itself(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    cloud.wait(10)
    cloud.call("IsolateMigrateJob", JobId=job_id)
    cloud.wait(10)
    with pytest.raises(IdentityConflict, match="RecoverMigrateJob") as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(cloud.emulator, "RecoverMigrateJob") == []
    assert len(calls(cloud.emulator, BUY)) == 1
    cloud.call("RecoverMigrateJob", JobId=job_id)
    cloud.wait(10)
    assert task.clear().run() == job_id


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


def test_a_job_that_has_succeeded_is_not_adopted_by_a_run_made_again(task: Task, cloud: Cloud) -> None:
    job_id = task.run()
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "success"})
    task.store = Store()
    for _ in range(2):  # the refusal itself must leave no intent behind that the next try takes for a memory
        with pytest.raises(IdentityConflict, match=job_id):
            task.clear().run()
    assert len(calls(cloud.emulator, BUY)) == 1


def test_a_fresh_start_buys_the_next_generation(task: Task, cloud: Cloud) -> None:
    old = task.run()
    cloud.emulator.seed({"match": {"JobId": old}, "force_status": "success"})
    task.store = Store()
    task.store.values["generation"] = 1
    assert task.clear().run() != old


def test_another_run_buys_its_own(task: Task, cloud: Cloud) -> None:
    mine = task.run()
    assert Task(purchase(), run_id="manual__other").run() != mine
    assert Task(purchase(), map_index=3).run() != mine
    assert len(cloud.emulator.jobs()) == 3


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("OperationDenied.NotEnoughMoneyError", Refused),
        ("LimitExceeded.MaxUnusedJobs", Refused),
        ("ResourcesSoldOut.ResourcesSoldOutError", Refused),
        ("UnauthorizedOperation", Denied),
    ],
)
def test_a_refusal_buys_nothing_and_is_not_repeated(code: str, kind: type[Exception], task: Task, cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": BUY, "code": code})
    with pytest.raises(kind) as raised:
        task.run()
    assert isinstance(raised.value, AirflowFailException)
    assert len(cloud.emulator.journal(BUY)) == 1
    assert cloud.emulator.jobs() == []


def test_a_wrong_instance_class_is_refused_before_anything_is_sent(cloud: Cloud) -> None:
    with pytest.raises(InvalidInput, match="instance_class"):
        Task(purchase(instance_class="huge")).run()
    assert cloud.emulator.journal() == []


def test_without_a_deployment_nothing_is_bought(task: Task, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "")
    with pytest.raises(InvalidInput, match="deployment"):
        task.run()
    assert cloud.emulator.journal() == []


def test_a_job_that_is_gone_is_replaced_unless_its_run_is_done(task: Task, cloud: Cloud) -> None:
    old = task.run()
    cloud.emulator.reset()
    cloud.emulator.set_speed(SPEED)
    assert task.clear().run() != old


class TestAdoption:
    """A job bought elsewhere, taken over by its id."""

    def adopt(self, job_id: str, **ti: Any) -> Task:
        return Task(purchase(existing_job_id=job_id), **ti)

    def test_it_is_adopted_and_nothing_is_bought(self, cloud: Cloud) -> None:
        job_id = cloud.checked()
        task = self.adopt(job_id)
        assert task.run() == job_id
        assert task.store.values["job_id"] == job_id
        assert len(calls(cloud.emulator, BUY)) == 1

    def test_an_unknown_id_is_refused(self, cloud: Cloud) -> None:
        with pytest.raises(InvalidInput, match=HOLE):
            self.adopt(HOLE).run()

    def test_an_isolated_job_is_refused(self, cloud: Cloud) -> None:
        job_id = cloud.after(cloud.checked, ("IsolateMigrateJob", 5))
        with pytest.raises(IdentityConflict, match="RecoverMigrateJob"):
            self.adopt(job_id).run()

    @pytest.mark.parametrize("state", ["running", "queued"])
    def test_the_job_of_a_living_run_is_refused(self, state: str, task: Task, cloud: Cloud) -> None:
        job_id = task.run()
        other = self.adopt(job_id, run_id="manual__other")
        other.ti.run_states[task.ti.dag_id, task.ti.run_id] = state
        with pytest.raises(IdentityConflict, match="alive"):
            other.run()

    def test_the_job_of_a_run_that_has_ended_is_adopted(self, task: Task, cloud: Cloud) -> None:
        job_id = task.run()
        assert self.adopt(job_id, run_id="manual__other").run() == job_id

    def test_the_job_of_another_deployment_is_refused(
        self, task: Task, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = task.run()
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "staging")
        with pytest.raises(IdentityConflict, match="deployment tests"):
            self.adopt(job_id).run()
