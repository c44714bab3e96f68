"""Subscriptions of API 2018-03-30 in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tencent_dts.times import BEIJING
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.subjects import Stage, Subject

KEY = "SubscribeId"
HOLE = "subs-nosuchsubs"
INSTANCE = "cdb-9dijwkkw"
TABLES = {"DatabaseName": "app", "TableNames": ["orders", "customers"]}
PLAN: dict[str, Any] = {"instance_id": INSTANCE}
CHANGED: dict[str, Any] = {**PLAN, "subscribe_object_type": "data", "objects": [TABLES]}
WIRE_CHANGED: dict[str, Any] = {
    "SubscribeObjectType": 1,
    "Objects": [{"ObjectsType": 1, **TABLES, "TableNames": TABLES["TableNames"][::-1]}],
}
ADDRESS: dict[str, Any] = {"dst_ip": "10.0.0.9", "dst_port": 7600}
CONSUME_FROM = (datetime.now(BEIJING) - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
PREPAID: dict[str, Any] = {"PayType": 0, "Duration": 1}
_ISOLATE, _OFFLINE = ("IsolateSubscribe", 5.0), ("OfflineIsolatedSubscribe", 5.0)


def _stage(make: Callable[[Cloud2018], str]) -> Stage:
    return lambda cloud: Subject(make(Cloud2018(cloud.emulator)), key=KEY)


def _after(*steps: tuple[str, float], made: str = "active", bought: dict[str, Any] | None = None, **more: Any) -> Stage:
    """A subscription after calls, each with the seconds to wait after it; ``more`` are fields of the last one."""

    def make(cloud: Cloud2018) -> str:
        subscription = str(getattr(cloud, made)(**bought or {}))
        for action, seconds in steps:
            fields = more if action == steps[-1][0] else {}
            cloud.call(action, SubscribeId=subscription, **fields)
            cloud.wait(seconds)
        return subscription

    return _stage(make)


def _just_bought(cloud: Cloud2018) -> str:
    (subscription,) = cloud.call("CreateSubscribe", Product="mysql", PayType=1)["SubscribeIds"]
    return str(subscription)


def _failing(cloud: Cloud2018, seconds: float) -> tuple[str, str]:
    cloud.emulator.seed({"match": {"any": True}, "fail_at": "request", "status": "failed"})
    found = cloud.activating()
    cloud.wait(seconds)
    return found


def _requested(seconds: float, *, fails: bool = False, told: bool = True) -> Stage:
    """A subscription so many seconds after its activation, and the request, where its id is told."""

    def stage(cloud: Cloud) -> Subject:
        person = Cloud2018(cloud.emulator)
        if fails:
            subscription, request = _failing(person, seconds)
        else:
            subscription, request = person.activating()
            person.wait(seconds)
        return Subject(subscription, request if told else "", KEY)

    return stage


def _bound_elsewhere(cloud: Cloud2018) -> str:
    subscription = cloud.subscribed()
    cloud.call("ActivateSubscribe", SubscribeId=subscription, InstanceId="cdb-another0", SubscribeObjectType=0)
    cloud.wait(60)
    return subscription


def _lost_request(cloud: Cloud) -> Subject:
    return Subject(Cloud2018(cloud.emulator).active(), "nosuch-request", KEY)


STAGES: dict[str, Stage] = {
    "no such subscription": lambda _: Subject(HOLE, key=KEY),
    "subscription creating": _stage(_just_bought),
    "unconfigured": _after(made="subscribed"),
    "configuring": _requested(10, told=False),
    "configured": _after(),
    "configured for another instance": _stage(_bound_elsewhere),
    "activation failed": _requested(60, fails=True, told=False),
    "objects changing": _after(("ModifySubscribeObjects", 5), **WIRE_CHANGED),
    "objects changed": _after(("ModifySubscribeObjects", 30), **WIRE_CHANGED),
    "address changed": _after(("ModifySubscribeVipVport", 0), DstIp=ADDRESS["dst_ip"], DstPort=ADDRESS["dst_port"]),
    "consume time changed": _after(("ModifySubscribeConsumeTime", 0), ConsumeStartTime=CONSUME_FROM),
    "subscription renamed": _after(("ModifySubscribeName", 0), SubscribeName="orders"),
    "subscription isolating": _after(("IsolateSubscribe", 0)),
    "subscription isolated": _after(_ISOLATE),
    "isolated unconfigured": _after(_ISOLATE, made="subscribed"),
    "subscription offlining": _after(_ISOLATE, ("OfflineIsolatedSubscribe", 0)),
    "subscription offline": _after(_ISOLATE, _OFFLINE),
    "prepaid": _after(bought=PREPAID),
    "prepaid renewed": _after(bought={**PREPAID, "AutoRenew": 1}),
    "request running": _requested(10),
    "request success": _requested(60),
    "request failed": _requested(60, fails=True),
    "no such request": _lost_request,
}
