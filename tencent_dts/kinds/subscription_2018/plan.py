"""A subscription and its end as data: plans, names for the API's integers, and the requests made of them.

API document: CreateSubscribe, ActivateSubscribe, ModifySubscribeObjects, ModifySubscribeConsumeTime, data type
SubscribeObject (version 2018-03-30).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NotRequired, TypedDict

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.planning import Parameters, Rule, beijing_time
from tencent_dts.kinds.shown import Shown
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.subscription_2018 import (
        ActivateSubscribeRequest,
        CreateSubscribeRequest,
        ModifySubscribeConsumeTimeRequest,
        ModifySubscribeObjectsRequest,
    )
    from tencent_dts.spec.shapes.subscription_types_2018 import SubscribeObject

# What the API has numbers for.
PAY_TYPES = {"postpaid": 1, "prepaid": 0}
OBJECT_TYPES = {"instance": 0, "data": 1, "structure": 2, "dataAndStructure": 3}
# DescribeSubscribeConf: where a subscription shows what it was bought for and bound to. Its objects are no difference:
# the run sets them.
BOUGHT = Shown(VERSION_2018, "CreateSubscribe", {"Product": "Product"})
SHOWN = Shown(
    VERSION_2018,
    "ActivateSubscribe",
    {name: name for name in ("InstanceId", "UniqSubnetId", "Vport")},
    reported=("InstanceId",),
)
_DATABASE, _TABLES = 0, 1  # SubscribeObject.ObjectsType


class ChosenObject(TypedDict):
    """A database that is subscribed to: whole, or some of its tables."""

    DatabaseName: str
    TableNames: NotRequired[list[str]]


class Bound(TypedDict):
    """What a subscription is bound to: ``uniq_subnet_id`` is empty and ``vport`` 0 where the service chooses."""

    instance_id: str
    subscribe_object_type: str
    objects: list[ChosenObject]
    uniq_subnet_id: str
    vport: int


class SubscriptionPlan(Bound):
    """Everything a subscription run works by; ``duration`` in months, ``consume_start_time`` in Beijing time.

    ``consume_start_time`` is empty for none.
    """

    product: str
    pay_type: str
    duration: int
    auto_renew: bool
    title: str
    existing_subscribe_id: str
    region: str
    consume_start_time: str
    requested_by: str
    requested_at: str
    deadlines: dict[str, float]


class UnsubscriptionPlan(TypedDict):
    """The end of a subscription; ``offline``: it is taken offline once it is isolated."""

    subscribe_id: str
    region: str
    offline: bool
    deadlines: dict[str, float]


class SubscriptionOrder(TypedDict):
    """What a subscription is bought for; ``duration`` (months) and ``auto_renew`` matter for ``prepaid`` alone."""

    product: str
    pay_type: str
    duration: int
    auto_renew: bool


def order_request(order: SubscriptionOrder) -> CreateSubscribeRequest:
    """The CreateSubscribe request without count, name and tags."""
    request: CreateSubscribeRequest = {"Product": order["product"], "PayType": PAY_TYPES[order["pay_type"]]}
    if order["pay_type"] == "prepaid":
        request["Duration"] = order["duration"]
        request["AutoRenew"] = int(order["auto_renew"])
    return request


def activate_request(subscribe_id: str, plan: Bound) -> ActivateSubscribeRequest:
    """The ActivateSubscribe request of a plan.

    It has room for one object. Where a plan has more, :func:`objects_request` names them all afterwards.
    """
    request: ActivateSubscribeRequest = {
        "SubscribeId": subscribe_id,
        "InstanceId": plan["instance_id"],
        "SubscribeObjectType": OBJECT_TYPES[plan["subscribe_object_type"]],
    }
    if plan["objects"]:
        request["Objects"] = _object(plan["objects"][0])
    if plan["uniq_subnet_id"]:
        request["UniqSubnetId"] = plan["uniq_subnet_id"]
    if plan["vport"]:
        request["Vport"] = plan["vport"]
    return request


def objects_request(subscribe_id: str, plan: Bound) -> ModifySubscribeObjectsRequest:
    """The ModifySubscribeObjects request of a plan."""
    return {
        "SubscribeId": subscribe_id,
        "SubscribeObjectType": OBJECT_TYPES[plan["subscribe_object_type"]],
        "Objects": [_object(item) for item in plan["objects"]],
    }


def consume_time_request(subscribe_id: str, plan: SubscriptionPlan) -> ModifySubscribeConsumeTimeRequest:
    """The ModifySubscribeConsumeTime request of a plan."""
    return {"SubscribeId": subscribe_id, "ConsumeStartTime": plan["consume_start_time"]}


def _object(item: ChosenObject) -> SubscribeObject:
    tables = item.get("TableNames") or []
    whole: SubscribeObject = {"ObjectsType": _TABLES if tables else _DATABASE, "DatabaseName": item["DatabaseName"]}
    return {**whole, "TableNames": list(tables)} if tables else whole


def asked_consume_time(request: Parameters) -> datetime | None:
    """From when on data shall be consumed; ``None``: from its activation.

    :raises InvalidInput: it is no time.
    """
    text = request["consume_start_time"]
    return beijing_time(text, "consume_start_time") if text else None


def _check_payment(request: Parameters) -> None:
    months, kind = request["duration"], request["pay_type"]
    if kind == "prepaid" and not months:
        raise InvalidInput("duration", "pay_type prepaid needs it: months from 1 to 120")
    if kind == "postpaid" and months:
        raise InvalidInput("duration", "leave it empty, or set pay_type to prepaid", months)
    if kind == "postpaid" and request["auto_renew"]:
        raise InvalidInput("auto_renew", "only pay_type prepaid is renewed; set it to false", True)


def _check_objects(request: Parameters) -> None:
    kind, objects = request["subscribe_object_type"], request["objects"]
    if kind == "instance" and objects:
        raise InvalidInput("objects", "type instance takes all; leave it empty, or choose another type", objects)
    if kind != "instance" and not objects:
        raise InvalidInput("objects", f"subscribe_object_type {kind} needs at least one database")
    names = [item["DatabaseName"] for item in objects]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput("objects", "name each database once, with all its tables", name)


RULES: tuple[Rule, ...] = (_check_payment, _check_objects, asked_consume_time)
