"""Plans of a subscription and of its end: names for numbers, and every rule, before anything is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tencent_dts.errors import InvalidInput, JobNotFound
from tencent_dts.kinds.subscription_2018.plan import (
    OBJECT_TYPES,
    PAY_TYPES,
    activate_request,
    consume_time_request,
    objects_request,
    order_request,
)
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator, DtsPlanUnsubscriptionOperator
from tencent_dts.spec import VERSION_2018, load
from tencent_dts.times import BEIJING
from tests.drive import Task
from tests.rules import for_every
from tests.unit.subjects import remember_end

pytestmark = pytest.mark.usefixtures("nothing_is_sent")

SHOP = {"DatabaseName": "shop", "TableNames": ["orders"]}


def plan(**request: Any) -> Task:
    return Task(DtsPlanSubscriptionOperator(task_id="plan", request={"instance_id": "cdb-9dijwkkw", **request}))


def end(**request: Any) -> Task:
    if subscribe_id := request.get("subscribe_id"):
        remember_end(subscribe_id, region=request.get("region"))
    return Task(DtsPlanUnsubscriptionOperator(task_id="plan", request=request))


def ago(**past: float) -> str:
    return (datetime.now(UTC) - timedelta(**past)).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def test_an_instance_is_enough_for_a_whole_plan() -> None:
    task = plan()
    json.dumps(task.run())
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        "region": "ap-guangzhou",
        "product": "mysql",
        "pay_type": "postpaid",
        "duration": 0,
        "auto_renew": False,
        "title": "dag",
        "existing_subscribe_id": "",
        "consume_start_time": "",
        "consume_time_wanted": False,
        "configured_deadline": 3600.0,
    }


def test_names_are_the_numbers_of_the_document() -> None:
    assert PAY_TYPES == {"prepaid": 0, "postpaid": 1}
    assert OBJECT_TYPES == {"instance": 0, "data": 1, "structure": 2, "dataAndStructure": 3}


def test_only_a_prepaid_order_has_months() -> None:
    prepaid = plan(pay_type="prepaid", duration=3, auto_renew=True).run()
    assert order_request(prepaid) == {"Product": "mysql", "PayType": 0, "Duration": 3, "AutoRenew": 1}
    assert order_request(plan().run()) == {"Product": "mysql", "PayType": 1}


def test_an_activation_names_the_instance_and_what_is_subscribed_to() -> None:
    assert activate_request("subs-1", plan().run()) == {
        "SubscribeId": "subs-1",
        "InstanceId": "cdb-9dijwkkw",
        "SubscribeObjectType": 0,
    }
    made = plan(subscribe_object_type="data", objects=[SHOP], uniq_subnet_id="subnet-3paxmkdz", vport=7600).run()
    request = activate_request("subs-1", made)
    assert load(VERSION_2018).problems("ActivateSubscribe", request) == []
    assert request["SubscribeObjectType"] == 1
    assert request["Objects"] == {"ObjectsType": 1, "DatabaseName": "shop", "TableNames": ["orders"]}
    assert (request["UniqSubnetId"], request["Vport"]) == ("subnet-3paxmkdz", 7600)


def test_more_objects_than_an_activation_takes_are_named_afterwards() -> None:
    task = plan(subscribe_object_type="dataAndStructure", objects=[SHOP, {"DatabaseName": "2024"}])
    made = task.run()
    request = objects_request("subs-1", made)
    assert load(VERSION_2018).problems("ModifySubscribeObjects", request) == []
    assert request["SubscribeObjectType"] == 3
    assert request["Objects"] == [
        {"ObjectsType": 1, "DatabaseName": "shop", "TableNames": ["orders"]},
        {"ObjectsType": 0, "DatabaseName": "2024"},
    ]
    assert activate_request("subs-1", made)["Objects"]["DatabaseName"] == "shop"


def test_a_consume_time_is_beijing_time_of_the_last_day() -> None:
    task = plan(consume_start_time=ago(hours=3))
    made = task.run()
    assert task.ti.pushed["consume_time_wanted"] is True
    request = consume_time_request("subs-1", made)
    assert load(VERSION_2018).problems("ModifySubscribeConsumeTime", request) == []
    assert request["ConsumeStartTime"] == made["consume_start_time"] == task.ti.pushed["consume_start_time"]
    zoned = (datetime.now(UTC) - timedelta(hours=3)).replace(microsecond=0)
    moment = zoned.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    assert plan(consume_start_time=zoned.isoformat()).run()["consume_start_time"] == moment


@pytest.mark.parametrize("hours", [25, -1])
def test_a_consume_time_outside_the_last_day_is_refused_unless_it_was_accepted_before(hours: float) -> None:
    text = ago(hours=hours)
    task = plan(consume_start_time=text)
    with pytest.raises(InvalidInput, match="it must lie within the last 24 hours") as raised:
        task.run()
    assert text in str(raised.value)
    task.store.set("accepted_consume_time", text)
    assert task.run()["consume_start_time"] == text


def test_a_long_name_of_a_dag_makes_a_name_that_can_be_changed_later() -> None:
    operator = DtsPlanSubscriptionOperator(task_id="plan", request={"instance_id": "cdb-9dijwkkw"})
    task = Task(operator, dag_id="d" * 200)
    assert task.run()["title"] == "d" * 40


@for_every(
    "request_, message",
    [
        ({"instance_id": ""}, "instance_id is ''"),
        ({"product": "redis"}, "product is 'redis'"),
        ({"pay_type": "prepaid"}, "duration: pay_type prepaid needs it: months from 1 to 120"),
        ({"duration": 3}, "duration is 3: leave it empty, or set pay_type to prepaid"),
        ({"duration": 121, "pay_type": "prepaid"}, "duration is 121"),
        ({"auto_renew": True}, "auto_renew is True: only pay_type prepaid is renewed; set it to false"),
        ({"subscribe_object_type": "data"}, "objects: subscribe_object_type data needs at least one database"),
        ({"objects": [SHOP]}, "type instance takes all; leave it empty, or choose another type"),
        (
            {"subscribe_object_type": "data", "objects": [SHOP, SHOP]},
            "objects is 'shop': name each database once, with all its tables",
        ),
        (
            {"subscribe_object_type": "data", "objects": [{}]},
            "'DatabaseName' is a required property",
        ),
        ({"consume_start_time": "yesterday"}, "consume_start_time is 'yesterday': write it like 2026-12-31 02:00:00"),
        ({"vport": 80}, "vport is 80"),
        ({"existing_subscribe_id": "dts-1"}, "existing_subscribe_id is 'dts-1'"),
    ],
    anew="nothing_is_sent",
)
def test_a_wrong_value_is_refused_named_and_mended(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        plan(**request_).run()
    assert message in str(raised.value)
    assert raised.value.next_step


def test_what_has_no_default_must_be_named() -> None:
    with pytest.raises(InvalidInput, match="instance_id: give it, as cdb-9dijwkkw"):
        Task(DtsPlanSubscriptionOperator(task_id="plan", request={})).run()
    with pytest.raises(InvalidInput, match="subscribe_id: give it, as subs-ieuwi83j2e"):
        end().run()


def test_the_end_of_a_subscription_says_how_far_it_goes() -> None:
    task = end(subscribe_id="subs-ieuwi83j2e", offline=True, region="ap-shanghai")
    json.dumps(task.run())
    assert task.ti.pushed == {
        "tencentcloud_conn_id": "tencentcloud_default",
        "subscribe_id": "subs-ieuwi83j2e",
        "region": "ap-shanghai",
        "offline": True,
        "isolate_deadline": 3600.0,
    }
    assert end(subscribe_id="subs-ieuwi83j2e").run()["offline"] is False


def test_a_run_about_a_job_that_is_not_there_is_red_at_once() -> None:
    with pytest.raises(JobNotFound, match="subs-misspelt"):
        Task(DtsPlanUnsubscriptionOperator(task_id="plan", request={"subscribe_id": "subs-misspelt"})).run()
