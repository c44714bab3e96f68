"""What the purchase of a sync job keeps beyond what every purchase does."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.engine.identity import tags_of
from tencent_dts.errors import IdentityConflict, InvalidInput, JobNotFound
from tencent_dts.operators.sync import DtsCreateSyncJobOperator, DtsIsolateSyncJobOperator
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.buyers import BUYERS, LINK
from tests.unit.stages import SPEED, calls, drive
from tests.unit.subjects import remember_end

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateSyncJob"
PREPAID = {"pay_mode": "PrePay", "time_span": 3, "auto_renew": True}


def purchase(**changes: Any) -> DtsCreateSyncJobOperator:
    return DtsCreateSyncJobOperator(task_id="purchase", **LINK | changes)


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


def retire(syncs: SyncCloud, job_id: str, *actions: str) -> None:
    """End a link as its retirement does."""
    force(syncs, job_id, "Stopped")
    for action in actions:
        syncs.call(action, JobId=job_id)
        syncs.wait(10)


def test_it_is_named_after_its_owner_and_nothing_that_costs_more_is_sent(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    job = syncs.info(job_id)
    assert job["JobName"].startswith(tags_of(job)["airflow-owner"])
    assert (job["PayMode"], job["InstanceClass"]) == ("PostPay", "small")
    (call,) = calls(syncs.emulator, BUY)
    assert call["parameters"]["Count"] == 1
    assert not {"TimeSpan", "AutoRenew", "Specification"} & call["parameters"].keys()


def test_surplus_goes_with_the_isolation_of_the_job(task: Task, syncs: SyncCloud) -> None:
    job_id = task.run()
    BUYERS["sync"].again(syncs)
    drive(syncs.emulator, DtsIsolateSyncJobOperator(task_id="isolate", job_id=job_id))
    assert live(syncs) == []


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
    with pytest.raises(JobNotFound):
        task.clear().run()
    remember_end(job_id, "Stopped")
    task.ti.task_states = {"start": "success", "caught_up": "success"}
    assert task.clear().run() == job_id
    # Later tasks were cleared, too, and have no job to look at.
    task.ti.task_states = {"start": "success", "caught_up": "scheduled"}
    with pytest.raises(IdentityConflict, match="nothing is bought"):
        task.clear().run()
    assert len(calls(syncs.emulator, BUY)) == 1


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

    @for_every(
        "changes, field",
        [
            ({"instance_class": "2xlarge"}, "instance_class"),
            ({"pay_mode": "postpay"}, "pay_mode"),
            ({"pay_mode": "PrePay"}, "time_span"),
            ({"pay_mode": "PrePay", "time_span": 101}, "time_span"),
            ({"pay_mode": "PrePay", "time_span": "a year"}, "time_span"),
            ({"time_span": 1}, "time_span"),
            ({"auto_renew": True}, "auto_renew"),
        ],
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
