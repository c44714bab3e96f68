"""What the purchase of a subscription keeps beyond what every purchase does: one ended on purpose is not replaced."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.engine.identity import tags_of
from tencent_dts.errors import IdentityConflict, Impossible, InvalidInput
from tencent_dts.operators.subscription import DtsCreateSubscribe2018Operator
from tests.drive import Store, Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import ACTIVATION, Cloud2018
from tests.unit.stages_subscription import STAGES
from tests.unit.subjects import SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

BUY = "CreateSubscribe"
PREPAID = {"pay_type": "prepaid", "duration": 2, "auto_renew": True}


def purchase(**changes: Any) -> DtsCreateSubscribe2018Operator:
    return DtsCreateSubscribe2018Operator(task_id="purchase", job_title="orders", **changes)


@pytest.fixture
def person(cloud: Cloud) -> Cloud2018:
    """Somebody at the console."""
    return Cloud2018(cloud.emulator)


@pytest.fixture
def task(person: Cloud2018) -> Task:
    person.emulator.set_speed(SPEED)
    return Task(purchase())


def end(person: Cloud2018, subscribe_id: str, *, offline: bool) -> None:
    """Isolate a subscription, and take it offline."""
    for action in ("IsolateSubscribe", "OfflineIsolatedSubscribe")[: 1 + offline]:
        person.call(action, SubscribeId=subscribe_id)
        person.wait(10)


def test_it_is_named_after_its_owner_and_counts_one(task: Task, person: Cloud2018) -> None:
    subscribe_id = task.run()
    conf = person.conf(subscribe_id)
    assert conf["SubscribeName"] == f"{tags_of(conf)['airflow-owner']}-orders"
    (call,) = calls(person.emulator, BUY)
    assert call["parameters"]["Count"] == 1
    assert "/dts/subscribe?" in task.ti.pushed["console_link"]


def test_a_long_title_is_cut_to_what_a_subscription_may_be_called(task: Task, person: Cloud2018) -> None:
    task.operator.job_title = "a-title-" * 20
    assert len(person.conf(task.run())["SubscribeName"]) == 60


def test_a_prepaid_order_says_months_and_renewal(person: Cloud2018) -> None:
    person.emulator.set_speed(SPEED)
    conf = person.conf(Task(purchase(**PREPAID)).run())
    assert (conf["PayType"], conf["AutoRenewFlag"]) == (0, 1)
    assert person.emulator.meter()["prepaid_months"] == 2


def test_a_prepaid_surplus_cannot_be_let_go_and_the_error_says_so(person: Cloud2018) -> None:
    person.emulator.set_speed(SPEED)
    task = Task(purchase(**PREPAID))
    task.run()
    (bought,) = calls(person.emulator, BUY)
    (twin,) = person.call(BUY, **bought["parameters"])["SubscribeIds"]
    with pytest.raises(Impossible, match="ExpireTime") as raised:
        task.clear().run()
    assert twin in str(raised.value)
    assert "ModifySubscribeAutoRenewFlag" in str(raised.value)


@pytest.mark.parametrize(
    ("configured", "offline", "remembered"),
    [(True, True, True), (False, True, True), (True, False, True), (False, False, True), (True, False, False)],
)
def test_one_that_was_ended_on_purpose_is_not_replaced(
    configured: bool, offline: bool, remembered: bool, task: Task, person: Cloud2018
) -> None:
    subscribe_id = task.run()
    if configured:
        person.call("ActivateSubscribe", SubscribeId=subscribe_id, **ACTIVATION)
        person.wait(60)
    end(person, subscribe_id, offline=offline)
    if not remembered:
        task.store = Store()
    with pytest.raises(IdentityConflict, match="no other is bought in its place") as raised:
        task.clear().run()
    assert subscribe_id in str(raised.value)
    assert "Recover" not in str(raised.value)
    assert len(calls(person.emulator, BUY)) == 1
    task.store.values["generation"] = 1  # a fresh start, on purpose
    assert task.clear().run() != subscribe_id


def test_a_run_made_again_after_it_was_taken_offline_buys_its_own(task: Task, person: Cloud2018) -> None:
    """What is offline is listed no more; only the memory of the run could tell of it."""
    subscribe_id = task.run()
    end(person, subscribe_id, offline=True)
    task.store = Store()
    assert task.clear().run() != subscribe_id


def test_cleared_alone_after_its_run_is_done_an_ended_one_needs_nothing(
    task: Task, person: Cloud2018, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe_id = task.run()
    person.call("IsolateSubscribe", SubscribeId=subscribe_id)
    person.wait(10)
    monkeypatch.setattr(task.operator, "get_flat_relative_ids", lambda upstream: {"activate"})
    task.ti.task_states = {"activate": "success"}
    assert task.clear().run() == subscribe_id
    assert len(calls(person.emulator, BUY)) == 1


def test_cleared_with_what_went_on_with_it_an_isolated_one_is_told_as_that(
    task: Task, person: Cloud2018, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was ended on purpose: a fresh start is the way to another one, and not a mark that all is well."""
    subscribe_id = task.run()
    person.call("IsolateSubscribe", SubscribeId=subscribe_id)
    person.wait(10)
    monkeypatch.setattr(task.operator, "get_flat_relative_ids", lambda upstream: {"activate"})
    task.ti.returned["activate"] = {"SubscribeId": subscribe_id, "SubsStatus": "configured"}
    with pytest.raises(IdentityConflict, match="has been isolated") as raised:
        task.clear().run()
    assert "airflow tencent-dts forget" in str(raised.value.next_step)
    assert len(calls(person.emulator, BUY)) == 1


@for_every(
    "wrong, field",
    [
        ({"pay_type": "hourly"}, "pay_type"),
        ({"pay_type": "prepaid"}, "duration"),
        ({"pay_type": "prepaid", "duration": 121}, "duration"),
        ({"duration": 1}, "duration"),
        ({"duration": "some"}, "duration"),
        ({"auto_renew": True}, "auto_renew"),
    ],
)
def test_a_wrong_order_is_refused_before_anything_is_sent(wrong: dict[str, Any], field: str, person: Cloud2018) -> None:
    with pytest.raises(InvalidInput, match=field):
        Task(purchase(**wrong)).run()
    assert person.emulator.journal() == []


class TestAdoption:
    """A subscription bought elsewhere, taken over by its id."""

    @pytest.mark.parametrize("state", ["unconfigured", "configured", "prepaid"])
    def test_it_is_adopted_and_nothing_is_bought(self, state: str, cloud: Cloud) -> None:
        subject = STAGES[state](cloud)
        assert Task(purchase(existing_job_id=subject.job)).run() == subject.job
        assert len(calls(cloud.emulator, BUY)) == 1

    @pytest.mark.parametrize("state", ["subscription isolated", "subscription offline"])
    def test_one_that_has_ended_is_refused(self, state: str, cloud: Cloud) -> None:
        subject = STAGES[state](cloud)
        with pytest.raises(IdentityConflict, match="cannot be taken out of isolation"):
            Task(purchase(existing_job_id=subject.job)).run()

    def test_cleared_alone_after_its_run_is_done_one_that_has_ended_needs_nothing(
        self, person: Cloud2018, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subscribe_id = person.active()
        task = Task(purchase(existing_job_id=subscribe_id))
        task.run()
        end(person, subscribe_id, offline=True)
        monkeypatch.setattr(task.operator, "get_flat_relative_ids", lambda upstream: {"activate"})
        task.ti.task_states = {"activate": "success"}
        assert task.clear().run() == subscribe_id
        task.ti.task_states = {}
        with pytest.raises(IdentityConflict, match="cannot be taken out of isolation"):
            task.clear().run()
