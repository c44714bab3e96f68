"""Buying a sync job exactly once, by the hour or for months, whatever happens to the call, the worker or the run."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts.errors import IdentityConflict, InvalidInput, Refused
from tencent_dts.identity import tags_of
from tencent_dts.operators.sync import CreateSyncJobOperator, IsolateSyncJobOperator
from tests.drive import Store, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED, calls, drive

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateSyncJob"
PREPAID = {"pay_mode": "PrePay", "time_span": 3, "auto_renew": True}


def purchase(**changes: Any) -> CreateSyncJobOperator:
    order = {
        "src_database_type": "mysql",
        "dst_database_type": "mysql",
        "src_region": "ap-guangzhou",
        "dst_region": "ap-guangzhou",
        "instance_class": "small",
    }
    return CreateSyncJobOperator(task_id="purchase", **order | changes)


@pytest.fixture
def syncs(cloud: Cloud) -> SyncCloud:
    return SyncCloud(cloud.emulator)


@pytest.fixture
def task(syncs: SyncCloud) -> Task:
    syncs.emulator.set_speed(SPEED)
    return Task(purchase())


def live(syncs: SyncCloud) -> list[str]:
    """Jobs that still hold money, once time has passed."""
    syncs.wait(60)
    return list(syncs.emulator.meter()["live"])


def force(syncs: SyncCloud, job_id: str, status: str) -> None:
    syncs.emulator.seed({"match": {"JobId": job_id}, "force_status": status})


def again(syncs: SyncCloud) -> str:
    """Buy a second job with the same name and tags, as another worker would."""
    bought = calls(syncs.emulator, BUY)[0]
    return str(syncs.call(BUY, **bought["parameters"])["JobIds"][0])


def retire(syncs: SyncCloud, job_id: str, *actions: str) -> None:
    """End a link as its retirement does."""
    force(syncs, job_id, "Stopped")
    for action in actions:
        syncs.call(action, JobId=job_id)
        syncs.wait(10)


def test_a_purchase_carries_what_it_can_be_found_by_and_counts_one(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    job = syncs.info(job_id)
    tags = tags_of(job)
    assert tags.keys() == {f"airflow-{name}" for name in ("deployment", "owner", "dag", "run", "task", "generation")}
    assert job["JobName"].startswith(tags["airflow-owner"])
    assert (job["PayMode"], job["InstanceClass"]) == ("PostPay", "small")
    (call,) = calls(syncs.emulator, BUY)
    assert call["parameters"]["Count"] == 1
    assert not {"TimeSpan", "AutoRenew", "Specification"} & call["parameters"].keys()
    assert (task.ti.pushed["job_id"], job_id in task.ti.pushed["console_link"]) == (job_id, True)


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
        ({"code": "InternalError.InternalTradeError", "when": "before"}, 2),
        ({"code": "RequestLimitExceeded"}, 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("changes", [{}, PREPAID], ids=["PostPay", "PrePay"])
def test_one_job_is_bought_whatever_happens_to_the_call(
    changes: dict[str, Any], fault: dict[str, Any], sent: int, syncs: SyncCloud
) -> None:
    syncs.emulator.set_speed(SPEED)
    syncs.emulator.add_fault({"action": BUY, "times": 1, **fault})
    job_id = Task(purchase(**changes)).run()
    assert [job["JobId"] for job in syncs.emulator.jobs()] == [job_id]
    assert len(syncs.emulator.journal(BUY)) == sent


def test_the_list_may_fail_while_the_purchase_is_looked_up(task: Task, syncs: SyncCloud) -> None:
    syncs.emulator.add_fault({"action": BUY, "drop": "after", "times": 1})
    syncs.emulator.add_fault({"action": "DescribeSyncJobs", "code": "InternalError.DatabaseError", "nth": [2, 4]})
    assert [task.run()] == [job["JobId"] for job in syncs.emulator.jobs()]


def test_killed_between_purchase_and_remembering_it_is_adopted(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    task.store = Store()
    assert task.retry().run() == job_id
    assert len(calls(syncs.emulator, BUY)) == 1


@pytest.mark.parametrize("changes", [{}, PREPAID], ids=["PostPay", "PrePay"])
def test_two_workers_at_once_end_with_one_live_job(changes: dict[str, Any], syncs: SyncCloud) -> None:
    syncs.emulator.set_speed(SPEED)
    barrier = threading.Barrier(2)
    results: list[str] = []

    def work(task: Task) -> None:
        barrier.wait()
        results.append(task.run())

    threads = [threading.Thread(target=work, args=(Task(purchase(**changes)),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert live(syncs) == [results[0]] == [results[1]]


def test_surplus_of_the_same_purchase_is_isolated_by_a_clear(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    twin = again(syncs)
    assert task.clear().run() == job_id
    assert live(syncs) == [job_id]
    assert syncs.sync_trade(twin) == "Isolated"


def test_surplus_goes_with_the_isolation_of_the_job(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    again(syncs)
    drive(syncs.emulator, IsolateSyncJobOperator(task_id="isolate", job_id=job_id))
    assert live(syncs) == []


def test_a_running_surplus_is_left_to_a_person(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    twin = again(syncs)
    force(syncs, twin, "Running")
    with pytest.raises(IdentityConflict, match=twin) as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(syncs.emulator, "IsolateSyncJob") == []


def test_a_failed_job_makes_way_for_the_next_generation(task: Task, syncs: SyncCloud) -> None:
    old = task.run()
    force(syncs, old, "Failed")
    new = task.clear().run()
    assert new != old
    generations = {job["JobId"]: tags_of(job)["airflow-generation"] for job in syncs.emulator.jobs()}
    assert generations[old] != generations[new]
    assert live(syncs) == [new]
    assert task.clear().run() == new


@pytest.mark.parametrize("status", ["Running", "Paused", "ResumableErr", "Stopping", "upgrading"])
def test_a_job_at_work_or_in_a_state_of_no_name_is_adopted(status: str, task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    force(syncs, job_id, status)
    assert task.clear().run() == job_id
    assert len(calls(syncs.emulator, BUY)) == 1


def caught_up(task: Task, job_id: str) -> None:
    """What a run that has done its work shows: its last task returned this, and a clear keeps it for a while."""
    task.ti.returned = {"caught_up": {"JobId": job_id, "Status": "Running", "TradeStatus": "Normal"}}
    task.operator.get_flat_relative_ids = lambda upstream: {"start", "caught_up"}


@pytest.mark.parametrize("actions", [(), ("IsolateSyncJob",)], ids=["stopped", "isolated"])
def test_a_retired_job_is_adopted_and_nothing_is_bought(actions: tuple[str, ...], task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    retire(syncs, job_id, *actions)
    assert task.clear().run() == job_id
    assert len(calls(syncs.emulator, BUY)) == 1


def test_a_job_destroyed_after_its_work_was_done_is_not_bought_again(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    caught_up(task, job_id)
    retire(syncs, job_id, "IsolateSyncJob", "DestroySyncJob")
    task.ti.task_states = {"start": "success", "caught_up": "success"}
    assert task.clear().run() == job_id
    # Later tasks were cleared, too, and have no job to look at.
    task.ti.task_states = {"start": "success", "caught_up": "scheduled"}
    with pytest.raises(IdentityConflict, match="nothing is bought"):
        task.clear().run()
    assert len(calls(syncs.emulator, BUY)) == 1


def test_a_retired_job_is_not_adopted_by_a_run_made_again(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    retire(syncs, job_id)
    task.store = Store()
    for _ in range(2):
        with pytest.raises(IdentityConflict, match=job_id):
            task.clear().run()
    assert len(calls(syncs.emulator, BUY)) == 1


def test_a_job_destroyed_before_it_ever_ran_makes_way(task: Task, syncs: SyncCloud) -> None:
    old = task.run()
    for action in ("IsolateSyncJob", "DestroySyncJob"):
        syncs.call(action, JobId=old)
        syncs.wait(10)
    new = task.clear().run()
    assert new != old
    assert live(syncs) == [new]


def test_an_isolated_job_is_never_recovered_nor_replaced_by_itself(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    syncs.call("IsolateSyncJob", JobId=job_id)
    syncs.wait(10)
    with pytest.raises(IdentityConflict, match="RecoverSyncJob"):
        task.clear().run()
    assert (len(calls(syncs.emulator, BUY)), calls(syncs.emulator, "RecoverSyncJob")) == (1, [])
    syncs.call("RecoverSyncJob", JobId=job_id)
    syncs.wait(10)
    assert task.clear().run() == job_id


def test_another_run_buys_its_own(task: Task, syncs: SyncCloud) -> None:
    mine = task.run()
    assert Task(purchase(), run_id="manual__other").run() != mine


@pytest.mark.parametrize("code", ["OperationDenied.NotEnoughMoneyError", "InternalError.NotEnoughMoneyError"])
def test_a_refusal_buys_nothing_and_is_not_repeated(code: str, task: Task, syncs: SyncCloud) -> None:
    syncs.emulator.add_fault({"action": BUY, "code": code})
    with pytest.raises(Refused) as raised:
        task.run()
    assert isinstance(raised.value, AirflowFailException)
    assert len(syncs.emulator.journal(BUY)) == 1
    assert "intent" not in task.store.values


class TestPayment:
    """Nothing that costs is left to a default."""

    def test_a_prepaid_job_is_bought_for_its_months(self, syncs: SyncCloud) -> None:
        job_id = Task(purchase(**PREPAID | {"time_span": "3", "auto_renew": "True"})).run()
        job = syncs.info(job_id)
        assert (job["PayMode"], job["AutoRenew"]) == ("PrePay", 1)
        (call,) = calls(syncs.emulator, BUY)
        assert (call["parameters"]["TimeSpan"], call["parameters"]["AutoRenew"]) == (3, 1)
        assert syncs.emulator.meter()["prepaid_months"] == 3

    def test_it_is_not_renewed_unless_that_is_asked_for(self, syncs: SyncCloud) -> None:
        job_id = Task(purchase(pay_mode="PrePay", time_span=1)).run()
        assert syncs.info(job_id)["AutoRenew"] == 0

    def test_a_specification_is_sent_where_one_is_given(self, syncs: SyncCloud) -> None:
        job_id = Task(purchase(specification="Standard")).run()
        assert syncs.info(job_id)["Specification"] == "Standard"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"instance_class": "2xlarge"}, "instance_class"),
            ({"pay_mode": "postpay"}, "pay_mode"),
            ({"pay_mode": "PrePay"}, "time_span"),
            ({"pay_mode": "PrePay", "time_span": 101}, "time_span"),
            ({"pay_mode": "PrePay", "time_span": "a year"}, "time_span"),
            ({"time_span": 1}, "time_span"),
            ({"auto_renew": True}, "auto_renew"),
        ],
        ids=str,
    )
    def test_a_wrong_order_is_refused_before_anything_is_sent(
        self, changes: dict[str, Any], field: str, syncs: SyncCloud
    ) -> None:
        with pytest.raises(InvalidInput, match=field):
            Task(purchase(**changes)).run()
        assert syncs.emulator.journal() == []


class TestAdoption:
    """A job bought elsewhere, taken over by its id; it cannot be tagged."""

    def adopt(self, job_id: str, **ti: Any) -> Task:
        return Task(purchase(existing_job_id=job_id), **ti)

    def test_it_is_adopted_and_nothing_is_bought(self, syncs: SyncCloud) -> None:
        job_id = syncs.check_passed()
        task = self.adopt(job_id)
        assert task.run() == job_id
        assert task.store.values["job_id"] == job_id
        assert len(calls(syncs.emulator, BUY)) == 1
        assert syncs.info(job_id)["Tags"] == []

    def test_an_unknown_id_is_refused(self, syncs: SyncCloud) -> None:
        with pytest.raises(InvalidInput, match="sync-nosuchjb"):
            self.adopt("sync-nosuchjb").run()

    def test_an_isolated_job_is_refused(self, syncs: SyncCloud) -> None:
        job_id = syncs.check_passed()
        syncs.call("IsolateSyncJob", JobId=job_id)
        syncs.wait(5)
        with pytest.raises(IdentityConflict, match="RecoverSyncJob"):
            self.adopt(job_id).run()

    def test_the_job_of_a_living_run_is_refused(self, task: Task, syncs: SyncCloud) -> None:
        job_id = task.run()
        other = self.adopt(job_id, run_id="manual__other")
        other.ti.run_states[task.ti.dag_id, task.ti.run_id] = "running"
        with pytest.raises(IdentityConflict, match="alive"):
            other.run()
