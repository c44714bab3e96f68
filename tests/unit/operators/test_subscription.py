"""What the operators of subscriptions do beyond their rows: requests, instances, payment, several fields at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.engine.identity import Identity
from tencent_dts.errors import Impossible, Invalid, InvalidInput, JobFailed, JobNotFound
from tencent_dts.operators import subscription
from tencent_dts.tasks.operator import DtsOperator
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.stages_subscription import CHANGED, PLAN, PREPAID, STAGES, TABLES
from tests.unit.subjects import SPEED, Subject, calls, clock_runs

pytestmark = pytest.mark.usefixtures("airflow_connections")

ACTIVATE, CHANGE = "ActivateSubscribe", "ModifySubscribeObjects"
FAILS = {"match": {"any": True}, "fail_at": "request", "status": "failed"}


@pytest.fixture
def person(cloud: Cloud) -> Cloud2018:
    """Somebody at the console."""
    return Cloud2018(cloud.emulator)


def activate(subject: Subject, **more: Any) -> Task:
    plan = {**PLAN, **more}
    return Task(
        subscription.DtsActivateSubscribe2018Operator(task_id="a", subscribe_id=subject.job, configuration=plan)
    )


def change(subject: Subject, **more: Any) -> Task:
    arguments = {"subscribe_id": subject.job, "configuration": CHANGED, **more}
    return Task(subscription.DtsModifySubscribeObjects2018Operator(task_id="o", **arguments))


def bind_elsewhere(person: Cloud2018, subject: Subject) -> None:
    """Let the person bind a subscription to another instance than that of the plan."""
    person.call(ACTIVATE, SubscribeId=subject.job, InstanceId="cdb-another0", SubscribeObjectType=0)


class TestActivation:
    """ActivateSubscribe, and the id of its request."""

    def test_the_request_s_id_is_returned_pushed_and_kept(self, cloud: Cloud, person: Cloud2018) -> None:
        task = activate(STAGES["unconfigured"](cloud))
        result = task.run()
        assert person.request(result["AsyncRequestId"]) == "running"
        assert task.ti.pushed["async_request_id"] == result["AsyncRequestId"]
        assert task.deferrals == 0
        person.wait(60)
        assert task.clear().run() == {**result, "SubsStatus": "configured"}
        assert len(person.emulator.journal(ACTIVATE)) == 1

    def test_an_answer_that_was_lost_costs_the_id_and_nothing_else(self, cloud: Cloud, person: Cloud2018) -> None:
        task = activate(STAGES["unconfigured"](cloud))
        person.emulator.add_fault({"action": ACTIVATE, "drop": "after", "times": 1})
        result = task.run()
        assert (result["SubsStatus"], result["AsyncRequestId"]) == ("configuring", "")
        assert task.ti.pushed["async_request_id"] == ""
        assert len(person.emulator.journal(ACTIVATE)) == 1

    def test_everything_of_the_plan_is_sent(self, cloud: Cloud, person: Cloud2018) -> None:
        plan = {"subscribe_object_type": "data", "objects": [TABLES], "uniq_subnet_id": "subnet-3pa", "vport": 7600}
        activate(STAGES["unconfigured"](cloud), **plan).run()
        (call,) = calls(person.emulator, ACTIVATE)
        sent = {name: value for name, value in call["parameters"].items() if name != "SubscribeId"}
        assert sent == {
            "InstanceId": PLAN["instance_id"],
            "SubscribeObjectType": 1,
            "Objects": {"ObjectsType": 1, **TABLES},
            "UniqSubnetId": "subnet-3pa",
            "Vport": 7600,
        }

    def test_another_instance_is_named_and_left_alone(self, cloud: Cloud, person: Cloud2018) -> None:
        subject = STAGES["configured for another instance"](cloud)
        task = activate(subject)
        with pytest.raises(Impossible, match="cdb-another0, not cdb-9dijwkkw") as raised:
            task.run()
        assert "ResetSubscribe" in (raised.value.next_step or "")
        person.call("ResetSubscribe", SubscribeId=subject.job)
        assert task.clear().run()["SubsStatus"] == "configuring"

    def test_bound_to_another_instance_since_the_first_look_it_does_not_count_as_done(
        self, cloud: Cloud, person: Cloud2018, meanwhile: Meanwhile
    ) -> None:
        subject = STAGES["unconfigured"](cloud)
        meanwhile.before("DescribeSubscribeConf", 2, lambda: bind_elsewhere(person, subject))
        with pytest.raises(Impossible, match="cdb-another0, not cdb-9dijwkkw"):
            activate(subject).run()

    def test_an_instance_that_does_not_exist_is_red(self, cloud: Cloud) -> None:
        with pytest.raises(Invalid, match="InstanceNotFound"):
            activate(STAGES["unconfigured"](cloud), instance_id="crs-9dijwkkw").run()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"instance_id": ""}, "instance_id"), ({"subscribe_object_type": "rows"}, "subscribe_object_type")],
        ids=str,
    )
    def test_a_wrong_configuration_is_refused(self, wrong: dict[str, Any], field: str, cloud: Cloud) -> None:
        with pytest.raises(InvalidInput, match=field):
            activate(STAGES["unconfigured"](cloud), **wrong).run()
        assert calls(cloud.emulator, ACTIVATE) == []


class TestObjects:
    """ModifySubscribeObjects: SubsStatus does not show that a change runs."""

    def test_a_change_that_fails_is_red_and_ordered_again_by_a_clear(self, cloud: Cloud, person: Cloud2018) -> None:
        task = change(STAGES["configured"](cloud))
        person.emulator.seed(FAILS)
        with clock_runs(person.emulator), pytest.raises(JobFailed, match="rehearsed failure") as raised:
            task.run()
        assert "Status configured" in (raised.value.state or "")
        assert "normal" in str(raised.value.bill)
        result = task.clear().run()
        assert result["AsyncRequestId"] != (raised.value.job_id or "").rpartition("/")[2]
        assert len(calls(person.emulator, CHANGE)) == 2

    @pytest.mark.parametrize("told", [True, False], ids=["id kept", "id lost"])
    def test_killed_while_it_runs_it_is_waited_for_and_not_ordered_again(
        self, told: bool, cloud: Cloud, person: Cloud2018, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "300")  # longer than a change lasts
        task = change(STAGES["configured"](cloud))
        with pytest.raises(TaskDeferred):
            task.operator.execute(task.context)
        if not told:
            task.store.values = {}
        with clock_runs(person.emulator):
            assert task.retry().run()["SubsStatus"] == "configured"
        assert len(calls(person.emulator, CHANGE)) == 1

    def test_what_is_waited_for_is_the_request(self, cloud: Cloud) -> None:
        task = change(STAGES["configured"](cloud))
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        watch = deferred.value.trigger.watch
        assert watch["goal"] == "asynchronous request succeeded"
        assert set(watch["ids"]) == {"SubscribeId", "AsyncRequestId"}

    def test_without_waiting_it_returns_the_request(self, cloud: Cloud, person: Cloud2018) -> None:
        task = change(STAGES["configured"](cloud), wait="no")
        first = task.run()
        assert person.request(first["AsyncRequestId"]) == "running"
        assert task.clear().run() == first
        assert len(person.emulator.journal(CHANGE)) == 1

    def test_without_waiting_it_returns_no_request_of_another_instance(self, cloud: Cloud, person: Cloud2018) -> None:
        """As where the DAG's author has written another instance before the task is cleared."""
        task = change(STAGES["configured"](cloud), wait="no")
        task.run()
        task.operator.configuration = {**CHANGED, "instance_id": "cdb-another0"}
        with pytest.raises(Impossible, match="cdb-9dijwkkw, not cdb-another0"):
            task.clear().run()
        assert len(person.emulator.journal(CHANGE)) == 1

    def test_the_order_of_objects_and_tables_does_not_matter(self, cloud: Cloud, person: Cloud2018) -> None:
        subject = STAGES["configured"](cloud)
        objects = [TABLES, {"DatabaseName": "shop"}]
        plan = {**CHANGED, "objects": objects}
        person.emulator.set_speed(SPEED)
        change(subject, configuration=plan).run()
        change(subject, configuration={**plan, "objects": objects[::-1]}).run()
        assert len(person.emulator.journal(CHANGE)) == 1
        shown = person.conf(subject.job)["SubscribeObjects"]
        assert sorted(item["DatabaseName"] for item in shown) == ["app", "shop"]

    def test_a_list_without_the_objects_proves_nothing(self, cloud: Cloud) -> None:
        """DescribeSubscribes, which the shared poll reads, does not tell the objects."""
        from tencent_dts.api.client import DtsClient
        from tencent_dts.engine.waiting import Round, Watch, look
        from tencent_dts.hooks.dts import DtsHook
        from tencent_dts.kinds.subscription_2018.states import CHANGE_OBJECTS
        from tencent_dts.model.resource import Verdict

        subject = STAGES["objects changed"](cloud)
        (listed,) = Cloud2018(cloud.emulator).call("DescribeSubscribes", SubscribeId=subject.job)["Items"]
        expected = CHANGE_OBJECTS.expected_of(change(subject).operator.request())
        row = [CHANGE_OBJECTS.resource.version, CHANGE_OBJECTS.action]
        watch = Watch({"SubscribeId": subject.job}, operation=row, called=True, expected=expected)

        async def turn() -> Verdict:
            async with DtsClient(DtsHook().resolve(), CHANGE_OBJECTS.resource.version) as client:
                seen = await look(watch, Round(client, {subject.job: listed}))
                assert seen is not None
                return seen[0]

        assert CHANGE_OBJECTS.judge(listed, called=True, expected=expected) is Verdict.UNDER_WAY
        assert asyncio.run(turn()) is Verdict.DONE


def test_a_name_keeps_its_hash_and_its_limit(cloud: Cloud, person: Cloud2018) -> None:
    identity = Identity("tests", "dag", "run", "purchase")
    subscribe_id = person.subscribed(Name=identity.job_name("orders"), Tags=identity.tags(0))
    operator = subscription.DtsModifySubscribeName2018Operator(
        task_id="n", subscribe_id=subscribe_id, job_name="x" * 80
    )
    Task(operator).run()
    name = person.conf(subscribe_id)["SubscribeName"]
    assert name.startswith(f"{identity.owner}-xxx")
    assert len(name) == 60


@pytest.mark.parametrize("changed", [{"dst_ip": "10.0.0.9"}, {"dst_port": "7600"}], ids=str)
def test_only_what_is_given_of_an_address_is_changed_and_looked_at(
    changed: dict[str, Any], cloud: Cloud, person: Cloud2018
) -> None:
    subject = STAGES["configured"](cloud)
    before = person.conf(subject.job)
    operator = subscription.DtsModifySubscribeVipVport2018Operator(task_id="v", subscribe_id=subject.job, **changed)
    Task(operator).run()
    Task(operator).run()
    after = person.conf(subject.job)
    assert len(person.emulator.journal("ModifySubscribeVipVport")) == 1
    assert [name for name in ("Vip", "Vport", "UniqSubnetId") if before[name] != after[name]] == (
        ["Vip"] if "dst_ip" in changed else ["Vport"]
    )


@pytest.mark.parametrize(
    ("operator", "arguments", "field"),
    [
        (subscription.DtsModifySubscribeVipVport2018Operator, {}, "dst_ip, dst_port"),
        (subscription.DtsModifySubscribeVipVport2018Operator, {"dst_port": 80}, "dst_port"),
        (subscription.DtsModifySubscribeConsumeTime2018Operator, {"consume_start_time": ""}, "consume_start_time"),
        (subscription.DtsDescribeAsyncRequestInfo2018Operator, {"async_request_id": ""}, "async_request_id"),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_a_wrong_value_is_refused_before_anything_is_changed(
    operator: type[DtsOperator], arguments: dict[str, Any], field: str, cloud: Cloud
) -> None:
    with pytest.raises(InvalidInput, match=field):
        Task(operator(task_id="x", subscribe_id="subs-0000000001", **arguments)).run()
    assert {call["action"] for call in cloud.emulator.journal()} <= {"DescribeSubscribeConf"}  # for the bill


class TestPayment:
    """What is prepaid ends by its time, what is paid by the hour by its isolation."""

    @pytest.mark.parametrize("status", ["upgrading", "configured"])
    def test_one_in_a_status_that_is_not_known_does_not_cost_on(
        self, status: str, cloud: Cloud, person: Cloud2018
    ) -> None:
        job = person.active()
        cloud.emulator.seed({"match": {"JobId": job}, "force_status": status})
        assert person.conf(job)["SubsStatus"] == status
        person.emulator.set_speed(SPEED)
        ended = Task(subscription.DtsIsolateSubscribe2018Operator(task_id="i", subscribe_id=job)).run()
        assert ended["Status"] == "isolated"
        assert len(person.emulator.journal("IsolateSubscribe")) == 1

    def test_a_prepaid_one_cannot_be_isolated_and_the_error_says_when_it_ends(
        self, cloud: Cloud, person: Cloud2018
    ) -> None:
        subject = STAGES["prepaid renewed"](cloud)
        with pytest.raises(Impossible) as raised:
            Task(subscription.DtsIsolateSubscribe2018Operator(task_id="i", subscribe_id=subject.job)).run()
        message = str(raised.value)
        assert f"ends at its ExpireTime ({person.conf(subject.job)['ExpireTime']})" in message
        assert "ModifySubscribeAutoRenewFlag with 0" in message
        assert "AutoRenewFlag is 1" in message
        assert "prepaid until" in str(raised.value.bill)
        assert person.emulator.journal("IsolateSubscribe") == []
        off = {"subscribe_id": subject.job, "auto_renew": "False"}
        Task(subscription.DtsModifySubscribeAutoRenewFlag2018Operator(task_id="r", **off)).run()
        assert person.conf(subject.job)["AutoRenewFlag"] == 0

    def test_isolating_lets_a_surplus_of_the_same_purchase_go_too(self, person: Cloud2018) -> None:
        identity = Identity("tests", "dag", "run", "purchase")
        order = {"Name": identity.job_name("orders"), "Tags": identity.tags(0)}
        kept, _ = person.subscribed(**order), person.subscribed(**order)
        person.emulator.set_speed(SPEED)
        Task(subscription.DtsIsolateSubscribe2018Operator(task_id="i", subscribe_id=kept)).run()
        person.wait(60)
        assert person.emulator.meter()["live"] == []


@pytest.mark.parametrize("action", ["Isolate", "OfflineIsolated"])
def test_one_that_was_deleted_meanwhile_has_ended_and_a_misspelt_one_has_not(action: str, cloud: Cloud) -> None:
    subject = STAGES["subscription offline"](cloud)
    kind = getattr(subscription, f"Dts{action}Subscribe2018Operator")
    task = Task(kind(task_id="end", subscribe_id=subject.job))
    task.run()
    cloud.emulator.reset()
    assert task.clear().run()["Status"] == "gone"
    with pytest.raises(JobNotFound, match="subscription was not found") as raised:
        Task(kind(task_id="end", subscribe_id="subs-misspelt00")).run()
    assert "region" in (raised.value.next_step or "")


class TestReads:
    """The operators that only read."""

    def test_a_list_without_pay_type_has_those_paid_by_the_hour(self, person: Cloud2018) -> None:
        hourly, prepaid = person.subscribed(), person.subscribed(**PREPAID)
        everything = subscription.DtsDescribeSubscribes2018Operator
        assert [item["SubscribeId"] for item in Task(everything(task_id="l")).run()] == [hourly]
        paid = Task(everything(task_id="l", filters={"PayType": "0"})).run()
        assert [item["SubscribeId"] for item in paid] == [prepaid]

    def test_a_configuration_and_a_request_are_returned_as_they_are(self, cloud: Cloud, person: Cloud2018) -> None:
        subject = STAGES["request success"](cloud)
        conf = Task(subscription.DtsDescribeSubscribeConf2018Operator(task_id="c", subscribe_id=subject.job)).run()
        assert conf == {name: value for name, value in person.conf(subject.job).items() if name != "RequestId"}
        arguments = {"subscribe_id": subject.job, "async_request_id": subject.task}
        request = Task(subscription.DtsDescribeAsyncRequestInfo2018Operator(task_id="r", **arguments)).run()
        assert request == {"Status": "success", "Info": "ok"}
