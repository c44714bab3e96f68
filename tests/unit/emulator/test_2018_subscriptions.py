"""Subscriptions: every action in every state, requests that take their time, billing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.world.clock import moment, stamp
from tencent_dts.spec import VERSION_2018, load
from tests.rules import for_every
from tests.unit.emulator.cloud_2018 import ACTIVATION, Cloud2018

SPEC = load(VERSION_2018)
TABLE = {"ObjectsType": 1, "DatabaseName": "app", "TableNames": ["orders"]}
OBJECTS = {"SubscribeObjectType": 3, "Objects": [TABLE]}


def then(cloud: Cloud2018, subscription: str, *calls: tuple[str, float], **params: Any) -> str:
    for action, seconds in calls:
        cloud.call(action, SubscribeId=subscription, **params)
        cloud.wait(seconds)
    return subscription


def just_bought(cloud: Cloud2018) -> str:
    return str(cloud.call("CreateSubscribe", Product="mysql", PayType=1)["SubscribeIds"][0])


ISOLATE, OFFLINE = ("IsolateSubscribe", 5.0), ("OfflineIsolatedSubscribe", 5.0)
# What DescribeSubscribeConf shows, and how to get there.
STATES: dict[str, tuple[tuple[str, str], Callable[[Cloud2018], str]]] = {
    "creating": (("creating", "unconfigure"), just_bought),
    "unconfigured": (("normal", "unconfigure"), lambda cloud: cloud.subscribed()),
    "configuring": (("normal", "configuring"), lambda cloud: cloud.activating()[0]),
    "configured": (("normal", "configured"), lambda cloud: cloud.active()),
    "changing": (
        ("normal", "configured"),
        lambda cloud: then(cloud, cloud.active(), ("ModifySubscribeObjects", 0), **OBJECTS),
    ),
    "isolating": (("isolating", "configured"), lambda cloud: then(cloud, cloud.active(), ("IsolateSubscribe", 0))),
    "isolated": (("isolated", "configured"), lambda cloud: then(cloud, cloud.active(), ISOLATE)),
    "offlining": (
        ("offlining", "configured"),
        lambda cloud: then(cloud, cloud.active(), ISOLATE, ("OfflineIsolatedSubscribe", 0)),
    ),
    "offline": (("offline", "configured"), lambda cloud: then(cloud, cloud.active(), ISOLATE, OFFLINE)),
}
CONFLICT = "FailedOperation.StatusInConflict"
UNSUPPORTED = "UnsupportedOperation"
IN_SERVICE = ("unconfigured", "configuring", "configured", "changing")
# The states an action is taken in, what it leads to at once (None: as before), and its code otherwise.
ACTIONS: dict[str, tuple[tuple[str, ...], tuple[str, str] | None, str]] = {
    "ActivateSubscribe": (("unconfigured",), ("normal", "configuring"), "OperationDenied.BizOperationDeniedError"),
    "ModifySubscribeObjects": (("configured",), None, CONFLICT),
    "ModifySubscribeConsumeTime": (("configured",), None, CONFLICT),
    "ModifySubscribeVipVport": (("configured",), None, CONFLICT),
    "ResetSubscribe": (("configured",), ("normal", "unconfigure"), CONFLICT),
    "ModifySubscribeName": (tuple(name for name in STATES if name != "offline"), None, "ResourceNotFound"),
    "IsolateSubscribe": (("unconfigured", "configured"), None, UNSUPPORTED),
    "OfflineIsolatedSubscribe": (("isolated",), ("offlining", "configured"), CONFLICT),
}


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud2018:
    return Cloud2018(emulator)


def now(cloud: Cloud2018) -> float:
    return moment(cloud.conf(just_bought(cloud))["CreateTime"])


def params(cloud: Cloud2018, action: str) -> dict[str, Any]:
    given: dict[str, dict[str, Any]] = {
        "ActivateSubscribe": ACTIVATION,
        "ModifySubscribeObjects": OBJECTS,
        "ModifySubscribeConsumeTime": {"ConsumeStartTime": stamp(now(cloud) - 3600)},
        "ModifySubscribeVipVport": {"DstPort": 7600},
        "ModifySubscribeName": {"SubscribeName": "renamed"},
    }
    return given.get(action, {})


def shown(cloud: Cloud2018, subscription: str) -> tuple[str, str]:
    conf = cloud.conf(subscription)
    return conf["Status"], conf["SubsStatus"]


@for_every("state", STATES, anew="cloud")
def test_each_state_is_reached_and_shown_alike_by_both_reads(cloud: Cloud2018, state: str) -> None:
    wanted, reach = STATES[state]
    subscription = reach(cloud)
    assert shown(cloud, subscription) == wanted
    listed = cloud.call("DescribeSubscribes", SubscribeId=subscription)["Items"]
    assert [(item["Status"], item["SubsStatus"]) for item in listed] == ([] if state == "offline" else [wanted])


@for_every("state, action", [(state, action) for state in STATES for action in ACTIONS], anew="cloud")
def test_every_action_in_every_state_does_what_the_documents_say(cloud: Cloud2018, state: str, action: str) -> None:
    before, reach = STATES[state]
    subscription = reach(cloud)
    taken, following, code = ACTIONS[action]
    given = params(cloud, action) | {"SubscribeId": subscription}
    if action == "IsolateSubscribe" and state in IN_SERVICE:
        cloud.call(action, **given)
        assert shown(cloud, subscription)[0] == "isolating"
    elif state in taken:
        cloud.call(action, **given)
        assert shown(cloud, subscription) == (following or before)
    else:
        refused = cloud.refused(action, **given)
        assert refused == ("ResourceNotFound" if state == "offline" else code)
        assert refused in SPEC.actions[action].errors
        assert shown(cloud, subscription) == before


@for_every("action", [*ACTIONS, "DescribeSubscribeConf"], anew="cloud")
def test_a_subscription_that_does_not_exist_is_answered_with_the_documented_code(cloud: Cloud2018, action: str) -> None:
    assert cloud.refused(action, SubscribeId="subs-0000000000", **params(cloud, action)) == "ResourceNotFound"
    assert "ResourceNotFound" in SPEC.actions[action].errors


def test_configuring_is_an_asynchronous_request(cloud: Cloud2018) -> None:
    subscription, request = cloud.activating()
    assert cloud.request(request) == "running"
    cloud.wait(60)
    assert cloud.call("DescribeAsyncRequestInfo", AsyncRequestId=request)["Info"] == "ok"
    conf = cloud.conf(subscription)
    assert (conf["InstanceId"], conf["Vport"], conf["InstanceStatus"]) == (ACTIVATION["InstanceId"], 7507, "running")
    assert conf["ChannelId"].startswith("dts-channel-")
    assert cloud.refused("DescribeAsyncRequestInfo", AsyncRequestId="another") == "ResourceNotFound"


def test_changed_objects_hold_when_the_request_has_succeeded(cloud: Cloud2018) -> None:
    subscription = cloud.active()
    request = cloud.call("ModifySubscribeObjects", SubscribeId=subscription, **OBJECTS)["AsyncRequestId"]
    assert (cloud.conf(subscription)["SubscribeObjects"], cloud.request(request)) == ([], "running")
    cloud.wait(30)
    conf = cloud.conf(subscription)
    assert (conf["SubscribeObjectType"], conf["SubscribeObjects"]) == (3, [TABLE])
    assert cloud.request(request) == "success"


@pytest.mark.parametrize("how", ["name", "seed"])
def test_a_rehearsed_request_fails_once_and_then_succeeds(cloud: Cloud2018, emulator: Emulator, how: str) -> None:
    if how == "seed":
        emulator.seed({"match": {"any": True}, "fail_at": "request", "status": "failed"})
    subscription, request = cloud.activating(Name="rehearse_request_failed" if how == "name" else "plain")
    cloud.wait(60)
    assert cloud.request(request) == "failed"
    assert shown(cloud, subscription) == ("normal", "unconfigure")
    assert cloud.conf(subscription)["Errors"][0]["Message"]
    second = cloud.call("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION)["AsyncRequestId"]
    cloud.wait(60)
    assert cloud.request(second) == "success"
    assert cloud.conf(subscription)["Errors"] == [{"Message": ""}]


def test_a_failed_change_keeps_the_objects(cloud: Cloud2018, emulator: Emulator) -> None:
    subscription = cloud.active()
    emulator.seed({"match": {"JobId": subscription}, "fail_at": "request", "status": "failed"})
    request = cloud.call("ModifySubscribeObjects", SubscribeId=subscription, **OBJECTS)["AsyncRequestId"]
    cloud.wait(30)
    assert cloud.request(request) == "failed"
    assert (shown(cloud, subscription), cloud.conf(subscription)["SubscribeObjects"]) == (("normal", "configured"), [])


@pytest.mark.parametrize(("state", "left"), [("configuring", "unconfigure"), ("changing", "configured")])
def test_isolating_fails_the_request_that_runs(cloud: Cloud2018, state: str, left: str) -> None:
    subscription = STATES[state][1](cloud)
    request = cloud.emulator.journal("ActivateSubscribe")[-1]
    then(cloud, subscription, ISOLATE)
    cloud.wait(600)
    assert request["code"] == ""
    assert shown(cloud, subscription) == ("isolated", left)
    assert cloud.conf(subscription)["Errors"][0]["Message"]


@for_every("status", ["unconfigure", "configuring", "configured", "configured.changing", "upgrading"])
@for_every("life", ["normal", "notBilled", "isolated", "arrears", "offlined"], anew="cloud")
def test_no_call_breaks_on_what_a_seed_has_forced(cloud: Cloud2018, emulator: Emulator, status: str, life: str) -> None:
    subscription = cloud.subscribed()
    emulator.seed({"match": {"JobId": subscription}, "force_status": status, "trade_status": life})
    assert shown(cloud, subscription)[1] == status.partition(".")[0]
    for action in ACTIONS:
        emulator.seed({"match": {"JobId": subscription}, "force_status": status, "trade_status": life})
        try:
            cloud.call(action, SubscribeId=subscription, **params(cloud, action))
        except TencentCloudSDKException as refused:
            assert refused.get_code() in SPEC.actions[action].errors  # noqa: PT017 - either is right here
        cloud.wait(61)
        shown(cloud, subscription)


def test_reset_lets_the_instance_go(cloud: Cloud2018) -> None:
    subscription = then(cloud, cloud.active(), ("ResetSubscribe", 0))
    assert (cloud.conf(subscription)["InstanceId"], cloud.conf(subscription)["Vip"]) == ("", "")
    cloud.call("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION | {"InstanceId": "cdb-another"})
    cloud.wait(60)
    assert cloud.conf(subscription)["InstanceId"] == "cdb-another"


def test_address_and_consume_time_hold_at_once(cloud: Cloud2018) -> None:
    subscription = cloud.active()
    wanted = stamp(now(cloud) - 3600)
    cloud.call("ModifySubscribeVipVport", SubscribeId=subscription, DstIp="192.168.0.1", DstPort=7575)
    cloud.call("ModifySubscribeConsumeTime", SubscribeId=subscription, ConsumeStartTime=wanted)
    conf = cloud.conf(subscription)
    assert (conf["Vip"], conf["Vport"], conf["ConsumeStartTime"]) == ("192.168.0.1", 7575, wanted)


@for_every(
    "action, given",
    [
        ("CreateSubscribe", {"Product": "oracle", "PayType": 1}),
        ("CreateSubscribe", {"Product": "mysql", "PayType": 2}),
        ("CreateSubscribe", {"Product": "mysql", "PayType": 1, "Count": 11}),
        ("CreateSubscribe", {"Product": "mysql", "PayType": 0}),
        ("CreateSubscribe", {"Product": "mysql", "PayType": 0, "Duration": 121}),
        ("ActivateSubscribe", {"InstanceId": "cdb-x", "SubscribeObjectType": 4}),
        ("ActivateSubscribe", {"InstanceId": "cdb-x", "SubscribeObjectType": 1}),
        ("ActivateSubscribe", {"InstanceId": "cdb-x", "SubscribeObjectType": 0, "Vport": 80}),
        ("ModifySubscribeName", {"SubscribeName": ""}),
        ("ModifySubscribeName", {"SubscribeName": "a" * 61}),
        ("ModifySubscribeConsumeTime", {"ConsumeStartTime": "yesterday"}),
        ("ModifySubscribeConsumeTime", {"ConsumeStartTime": "2019-10-26 00:00:00"}),
        ("ModifySubscribeConsumeTime", {"ConsumeStartTime": "2099-10-26 00:00:00"}),
        ("ModifySubscribeVipVport", {}),
        ("ModifySubscribeVipVport", {"DstUniqSubnetId": "subnet-1"}),
        ("ModifySubscribeVipVport", {"DstPort": 1024}),
        ("ModifySubscribeVipVport", {"DstIp": "localhost"}),
        ("ModifySubscribeVipVport", {"DstVip": "192.168.0.1"}),
        ("ModifySubscribeObjects", {"SubscribeObjectType": 1}),
        ("ModifySubscribeObjects", {"SubscribeObjectType": 1, "Objects": [{"ObjectsType": 1, "DatabaseName": "app"}]}),
        ("ModifySubscribeObjects", {"SubscribeObjectType": 1, "Objects": [{"ObjectsType": 2, "DatabaseName": "app"}]}),
        ("DescribeSubscribes", {"Limit": 101}),
        ("DescribeSubscribes", {"Status": ["asleep"]}),
        ("DescribeSubscribes", {"OrderDirection": "up"}),
    ],
    anew="cloud",
)
def test_each_wrong_value_is_refused_with_a_documented_code(
    cloud: Cloud2018, action: str, given: dict[str, Any]
) -> None:
    needs = {"SubscribeId"} & SPEC.actions[action].request.keys()
    unconfigured = action == "ActivateSubscribe"
    subscription = cloud.subscribed() if unconfigured else cloud.active()
    named = {"SubscribeId": subscription} if needs and action != "DescribeSubscribes" else {}
    assert cloud.refused(action, **named, **given) == "InvalidParameter"
    assert "InvalidParameter" in SPEC.actions[action].errors


def test_only_instances_there_are_can_be_subscribed_to(cloud: Cloud2018, emulator: Emulator) -> None:
    subscription = cloud.subscribed()
    missing = "InvalidParameter.InstanceNotFound"
    wrong = ACTIVATION | {"InstanceId": "crs-12345678"}
    assert cloud.refused("ActivateSubscribe", SubscribeId=subscription, **wrong) == missing
    emulator.seed({"instances": [{"DatabaseType": "mysql", "InstanceId": "cdb-only"}]})
    assert cloud.refused("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION) == missing
    cloud.call("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION | {"InstanceId": "cdb-only"})


def test_the_list_filters_orders_and_pages(cloud: Cloud2018) -> None:
    tags = [{"TagKey": "run", "TagValue": "one"}]
    first = cloud.active(Name="alpha", Tags=tags)
    second = cloud.subscribed(Name="beta")

    def ids(**filters: Any) -> list[str]:
        return [item["SubscribeId"] for item in cloud.call("DescribeSubscribes", **filters)["Items"]]

    assert ids() == [second, first]
    assert ids(OrderDirection="ASC") == [first, second]
    assert ids(Limit=1) == [second]
    assert ids(Limit=1, Offset=1) == [first]
    channel = cloud.conf(first)["ChannelId"]
    only_first: list[dict[str, Any]] = [
        {"SubscribeId": first},
        {"SubscribeName": "alp"},
        {"InstanceId": ACTIVATION["InstanceId"]},
        {"ChannelId": channel},
        {"SubsStatus": ["configured", "configuring"]},
        {"TagFilters": [{"TagKey": "run", "TagValue": ["one", "two"]}]},
    ]
    for filters in only_first:
        assert ids(**filters) == [first], filters
    assert ids(Status=["isolate", "isolated"]) == ids(PayType="0") == ids(SubscribeVersion="kafka") == []
    then(cloud, first, ISOLATE)
    assert ids(Status=["isolate"]) == ids(Status=["isolated"]) == [first]


def test_it_is_billed_from_its_purchase_until_it_is_isolated(cloud: Cloud2018, emulator: Emulator) -> None:
    subscription = cloud.subscribed()
    assert emulator.meter()["orphans"] == [subscription]
    cloud.call("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION)
    cloud.wait(3600)
    meter = emulator.meter()
    assert (meter["live"], meter["orphans"], meter["billed_hours"]) == ([subscription], [], {"subscription": 1.0})
    then(cloud, subscription, ISOLATE)
    cloud.wait(3600)
    meter = emulator.meter()
    assert (meter["live"], meter["frozen_fees"], meter["billed_hours"]) == ([], 0, {"subscription": 1.0})


def test_an_isolated_one_goes_offline_after_seven_days(cloud: Cloud2018) -> None:
    subscription = then(cloud, cloud.active(), ISOLATE)
    cloud.wait(7 * 86_400 - 10)
    assert shown(cloud, subscription)[0] == "isolated"
    cloud.wait(20)
    assert shown(cloud, subscription)[0] == "offline"


def test_a_prepaid_one_is_renewed_or_isolated_at_the_end_of_its_time(cloud: Cloud2018) -> None:
    prepaid = {"PayType": 0, "Duration": 1}
    kept, left = cloud.subscribed(AutoRenew=1, **prepaid), cloud.subscribed(**prepaid)
    assert cloud.conf(left)["ExpireTime"] > cloud.conf(left)["CreateTime"]
    assert cloud.refused("IsolateSubscribe", SubscribeId=kept) == UNSUPPORTED
    cloud.wait(31 * 86_400)
    assert shown(cloud, kept)[0] == "normal"
    assert shown(cloud, left)[0] == "isolated"
    cloud.call("ModifySubscribeAutoRenewFlag", SubscribeId=kept, AutoRenewFlag=0)
    assert cloud.conf(kept)["AutoRenewFlag"] == 0
    hourly = cloud.subscribed()
    assert cloud.refused("ModifySubscribeAutoRenewFlag", SubscribeId=hourly, AutoRenewFlag=1) == UNSUPPORTED


def test_several_are_bought_at_once_and_are_free_on_the_international_site() -> None:
    with Emulator(speed=0, rate_limit=False, international=["AKIDemulator"]) as emulator:
        cloud = Cloud2018(emulator)
        bought = cloud.call("CreateSubscribe", Product="mysql", PayType=1, Count=3)["SubscribeIds"]
        assert len(set(bought)) == 3
        cloud.wait(3600)
        assert emulator.meter()["live"] == []
        then(cloud, bought[0], ISOLATE)
        assert shown(cloud, bought[0])[0] == "isolated"


def test_visibility_and_lost_answers_hold_for_purchases_of_2018_too(cloud: Cloud2018, emulator: Emulator) -> None:
    emulator.add_fault({"action": "CreateSubscribe", "nth": 1, "visibility_delay": 5})
    subscription = just_bought(cloud)
    assert cloud.call("DescribeSubscribes")["TotalCount"] == 0
    cloud.wait(5)
    assert cloud.call("DescribeSubscribes")["Items"][0]["SubscribeId"] == subscription
    emulator.add_fault({"action": "CreateSubscribe", "nth": 1, "drop": "after"})
    assert cloud.refused("CreateSubscribe", Product="mysql", PayType=1) == "ClientNetworkError"
    assert cloud.call("DescribeSubscribes")["TotalCount"] == 2
