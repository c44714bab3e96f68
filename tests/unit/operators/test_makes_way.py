"""A job that is not needed any more and cannot be ended yet is waited for without a worker before one is bought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import DeadlinePassed
from tencent_dts.triggers.pause import DtsPauseTrigger
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.subjects import SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")

Hand = Callable[[Any, str], Any]  # what somebody does to a job at the API


def forced(status: str) -> Hand:
    return lambda person, job_id: person.emulator.seed({"match": {"JobId": job_id}, "force_status": status})


def resized(action: str, status: str = "") -> Hand:
    def order(person: Any, job_id: str) -> None:
        person.call(action, JobId=job_id, NewInstanceClass="large")
        if status:
            forced(status)(person, job_id)

    return order


def nothing(person: Any, job_id: str) -> None:
    """It is so already."""


def later(person: Any, job_id: str) -> None:
    person.wait(60)


# What keeps a job from being ended, and what frees it.
MAKES_WAY: dict[str, tuple[str, Hand, Hand]] = {
    "resized, then stopped": ("migration", resized("ModifyMigrateJobSpec", "canceled"), later),
    "resized, then failed": ("migration", resized("ModifyMigrateJobSpec", "failed"), later),
    "2018, being stopped": ("migration of 2018", forced("stopping"), forced("failed")),
    "sync, resized, then failed": ("sync", resized("ResizeSyncJob", "Failed"), later),
}
SURPLUS: dict[str, tuple[str, Hand, Hand]] = {
    "resized": ("migration", resized("ModifyMigrateJobSpec"), later),
    "2018, being checked": ("migration of 2018", forced("checking"), forced("checkPass")),
    "sync, resized": ("sync", resized("ResizeSyncJob"), later),
    "subscription, just bought": ("subscription", nothing, later),
}


@pytest.fixture
def buyer(name: str) -> Buyer:
    return BY_THE_HOUR[name]


@pytest.fixture
def person(buyer: Buyer, cloud: Cloud) -> Cloud:
    cloud.emulator.set_speed(SPEED)
    return buyer.person(cloud.emulator)


def waits(task: Task) -> None:
    """One leg; it gives its worker back, and comes again."""
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    assert isinstance(deferred.value.trigger, DtsPauseTrigger)
    assert deferred.value.method_name == "resume"


def bought(buyer: Buyer, person: Cloud) -> int:
    return len(calls(person.emulator, buyer.action))


@pytest.mark.parametrize(("name", "blocked", "free"), MAKES_WAY.values(), ids=MAKES_WAY)
class TestMakesWay:
    """It failed or was stopped: another one is bought once its bill has ended."""

    def test_nothing_is_bought_before_it_can_be_ended(
        self, blocked: Hand, free: Hand, buyer: Buyer, person: Cloud
    ) -> None:
        task = Task(buyer.task())
        old = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        blocked(person, old)
        waits(task.clear())
        assert bought(buyer, person) == 1
        free(person, old)
        person.emulator.set_speed(SPEED)
        new = task.run()
        assert new != old
        assert bought(buyer, person) == 2
        assert buyer.left(person) == [new]

    def test_an_outage_long_after_another_one_is_waited_out_like_the_first(
        self, blocked: Hand, free: Hand, buyer: Buyer, person: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is not answered for an hour ends the task; between the two the service was well."""
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "0.2")
        task = Task(buyer.task(timeout=86400))
        old = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        blocked(person, old)
        task.clear()
        for outage in (True, False, True):
            if outage:
                person.emulator.add_fault({"action": buyer.listing, "status": 502})
            waits(task)
            person.emulator.clear_faults()
            for begun in (kept for name, kept in task.store.values.items() if name.endswith("/outage")):
                begun["at"] -= 86400  # it was long ago

    @pytest.mark.parametrize("given", [{"wait": "no"}, {"wait": "sync", "timeout": 0.5}], ids=str)
    def test_it_is_named_where_nobody_waits_any_more(
        self, given: dict[str, Any], blocked: Hand, free: Hand, buyer: Buyer, person: Cloud
    ) -> None:
        task = Task(buyer.task(**given))
        old = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        blocked(person, old)
        with pytest.raises(DeadlinePassed, match=f"nothing is bought(.|\n)*{old}"):
            task.clear().run()
        assert bought(buyer, person) == 1


@pytest.mark.parametrize(("name", "blocked", "free"), SURPLUS.values(), ids=SURPLUS)
class TestSurplus:
    """Another one of the same run is kept; this one still costs."""

    @staticmethod
    def twin(buyer: Buyer, person: Cloud) -> str:
        """A second one, just bought; a subscription can be ended once it is made, any other is."""
        twin = buyer.again(person)
        if buyer.action != "CreateSubscribe":
            person.wait(60)
        return twin

    def test_it_is_waited_for_and_ended(self, blocked: Hand, free: Hand, buyer: Buyer, person: Cloud) -> None:
        task = Task(buyer.task())
        kept = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        twin = self.twin(buyer, person)
        blocked(person, twin)
        task.store.delete("job_id")  # its worker died before it was remembered
        waits(task.clear())
        assert task.ti.pushed["job_id"] == task.store.values["job_id"] == kept
        free(person, twin)
        person.emulator.set_speed(SPEED)
        assert task.run() == kept
        assert buyer.left(person) == [kept]

    def test_where_nobody_waits_the_run_goes_on_where_a_later_task_ends_what_is_left(
        self, blocked: Hand, free: Hand, buyer: Buyer, person: Cloud
    ) -> None:
        task = Task(buyer.task(wait="no"))
        kept = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        twin = self.twin(buyer, person)
        blocked(person, twin)
        if task.operator.kind.lives_on:  # no later task does
            with pytest.raises(DeadlinePassed, match=f"goes on with {kept}(.|\n)*{twin}"):
                task.clear().run()
            free(person, twin)
            person.wait(3600)
            assert task.clear().run() == kept
            person.wait(60)
            assert buyer.left(person) == [kept]
        else:
            assert task.clear().run() == kept
        assert task.store.values["job_id"] == kept

    def test_it_is_named_at_the_deadline(self, blocked: Hand, free: Hand, buyer: Buyer, person: Cloud) -> None:
        task = Task(buyer.task(wait="sync", timeout=0.5))
        kept = task.run()
        person.wait(60)
        person.emulator.set_speed(0)
        twin = self.twin(buyer, person)
        blocked(person, twin)
        with pytest.raises(DeadlinePassed, match=f"goes on with {kept}(.|\n)*{twin}"):
            task.clear().run()
