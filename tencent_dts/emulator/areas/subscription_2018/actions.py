"""The subscription area of API 2018-03-30: twelve documented actions, and one that only the SDK has.

Documents: "Data Subscription APIs" of version 2018-03-30. Importing this module registers the area's handlers.
"""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.subscription_2018 import views
from tencent_dts.emulator.areas.subscription_2018.tables import KIND, NO_SUBSCRIPTION, UNSUPPORTED
from tencent_dts.emulator.world import agenda, billing, instances, jobs, lifecycle, moves, rehearsals, seeding
from tencent_dts.emulator.world.agenda import happens
from tencent_dts.emulator.world.clock import moment
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, Fields, World, answers
from tencent_dts.emulator.world.lifecycle import EXPIRY, RUN, TRADE
from tencent_dts.emulator.world.lists import Filters, has_tag, listed, page
from tencent_dts.emulator.world.records import Asked, Record, Subscribed
from tencent_dts.emulator.world.tables import shown
from tencent_dts.emulator.world.timings import DAY
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.subscription_2018 import (
        ActivateSubscribeAnswer,
        ActivateSubscribeRequest,
        CreateSubscribeAnswer,
        CreateSubscribeRequest,
        DescribeAsyncRequestInfoAnswer,
        DescribeAsyncRequestInfoRequest,
        DescribeSubscribeConfAnswer,
        DescribeSubscribeConfRequest,
        DescribeSubscribesAnswer,
        DescribeSubscribesRequest,
        IsolateSubscribeRequest,
        ModifySubscribeAutoRenewFlagRequest,
        ModifySubscribeConsumeTimeRequest,
        ModifySubscribeNameRequest,
        ModifySubscribeObjectsAnswer,
        ModifySubscribeObjectsRequest,
        ModifySubscribeVipVportRequest,
        OfflineIsolatedSubscribeRequest,
        ResetSubscribeRequest,
    )
    from tencent_dts.spec.shapes.subscription_types_2018 import SubscribeObject


WRONG = "InvalidParameter"
FAILED = "The rehearsed failure of this request."
GIVEN_UP = "The subscription was isolated."


@answers(
    "CreateSubscribe",
    VERSION_2018,
    fidelity="documented",
    note="An hour's fee is frozen for one that is paid by the hour, which is billed until it is isolated (assumed).",
)
def create(world: World, caller: Caller, params: CreateSubscribeRequest) -> CreateSubscribeAnswer:
    """Buy subscriptions; they are ``creating`` first and not configured."""
    if params["PayType"] == 0 and not params.get("Duration"):
        raise ApiError(WRONG, "Duration is required when PayType is 0.")
    bought = [_bought(world, caller, params) for _ in range(params.get("Count") or 1)]
    return {"SubscribeIds": [subscription["JobId"] for subscription in bought]}


def _bought(world: World, caller: Caller, params: CreateSubscribeRequest) -> Record:
    now, timings = world.clock.now(), world.settings.timings
    months = params.get("Duration") or 0 if params["PayType"] == 0 else 0
    expires = now + months * timings.month if months else None
    free = bool(jobs.free_state(world, caller))
    trade = billing.new_trade(now, "subscription", "creating", free=free, months=months, expires=expires)
    trade["auto_renew"] = bool(months and params.get("AutoRenew"))
    bought: jobs.Bought = {
        "SrcDatabaseType": params["Product"],
        "DstDatabaseType": "",
        "SrcRegion": caller.region,
        "DstRegion": caller.region,
        "JobName": params.get("Name") or "",
        "Tags": params.get("Tags") or [],
    }
    subscription = jobs.new_job(world, caller, KIND, bought, trade)
    subscription["requests"] = []
    agenda.schedule(subscription, TRADE, "opened", now + timings.creating)
    if expires is not None:
        agenda.schedule(subscription, EXPIRY, "expired", expires)
    seeding.at_birth(world, subscription)
    jobs.save(world, subscription)
    return subscription


@happens(KIND.name, "opened")
def _opened(_world: World, subscription: Record, at: float, _argument: str) -> None:
    lifecycle.enter_trade(subscription, KIND.trade["normal"], at)


@answers(
    "ActivateSubscribe",
    VERSION_2018,
    fidelity="documented",
    note="An instance exists when it was seeded or, where none are, when its id begins with `cdb-`; a subscription "
    "that is configured answers OperationDenied.BizOperationDeniedError (both assumed).",
)
def activate(world: World, caller: Caller, params: ActivateSubscribeRequest) -> ActivateSubscribeAnswer:
    """Configure a subscription, which takes a minute."""
    subscription, state, _ = jobs.admitted(world, caller, "ActivateSubscribe", params["SubscribeId"])
    if not instances.exists(world, caller.region, subscription["src_type"], params["InstanceId"]):
        raise ApiError("InvalidParameter.InstanceNotFound", f"There is no instance {params['InstanceId']}.")
    wanted = [params["Objects"]] if params.get("Objects") else []
    subscription["configuration"] = {
        "InstanceId": params["InstanceId"],
        **_objects(params["SubscribeObjectType"], wanted),
        **views.address(subscription["JobId"], params),
    }
    return _requested(world, subscription, state, "activated", world.settings.timings.activating)


@answers(
    "ModifySubscribeObjects",
    VERSION_2018,
    fidelity="documented",
    note="Only a configured subscription, whose SubsStatus stays; a second change while one runs is refused (assumed).",
)
def modify_objects(world: World, caller: Caller, params: ModifySubscribeObjectsRequest) -> ModifySubscribeObjectsAnswer:
    """Change what a subscription subscribes to, which takes a while."""
    subscription, state, _ = jobs.admitted(world, caller, "ModifySubscribeObjects", params["SubscribeId"])
    subscription["changes"] = _objects(params["SubscribeObjectType"], params.get("Objects") or [])
    return _requested(world, subscription, state, "changed", world.settings.timings.modifying)


def _objects(kind: int, wanted: list[SubscribeObject]) -> Subscribed:
    """Return the objects of a configuration. Raises ApiError when they do not fit the type of the subscription."""
    if kind == 0:
        return {"SubscribeObjectType": 0, "Objects": [], "databases": []}
    if not wanted:
        raise ApiError(WRONG, f"Objects is required when SubscribeObjectType is {kind}.")
    for item in wanted:
        if item["ObjectsType"] == 1 and not item.get("TableNames"):
            raise ApiError(WRONG, f"Objects: TableNames of {item['DatabaseName']} is required when ObjectsType is 1.")
    databases = [{"DbName": item["DatabaseName"]} for item in wanted]
    return {"SubscribeObjectType": kind, "Objects": wanted, "databases": databases}


def _requested(world: World, subscription: Record, state: str, event: str, seconds: float) -> ActivateSubscribeAnswer:
    """Let an asynchronous request run, and answer its id."""
    request: Asked = {"id": str(uuid.uuid4()), "status": "running", "info": ""}
    subscription["requests"].append(request)
    moves.passing(world, subscription, state, event, seconds)
    return {"AsyncRequestId": request["id"]}


def _configure(subscription: Record, changes: Fields) -> None:
    """Change a configuration; one that a seed made ``configured`` has none yet."""
    subscription["configuration"] = {**(subscription["configuration"] or {}), **changes}


def _ended(world: World, subscription: Record) -> bool:
    """End the request that runs, as it is rehearsed; return whether it succeeded."""
    troubles = [item for item in rehearsals.pending(world, subscription, "fail_at") if item["fail_at"] == "request"]
    for item in troubles[:1]:
        rehearsals.use(subscription, item, "fail_at")
    subscription["requests"][-1] |= (
        {"status": "failed", "info": FAILED} if troubles else {"status": "success", "info": "ok"}
    )
    return not troubles


@happens(KIND.name, "activated")
def _activated(world: World, subscription: Record, at: float, _argument: str) -> None:
    succeeded = _ended(world, subscription)
    if not succeeded:
        subscription["configuration"] = None
    lifecycle.enter(subscription, "configured" if succeeded else "unconfigure", at)


@happens(KIND.name, "changed")
def _changed(world: World, subscription: Record, at: float, _argument: str) -> None:
    changes = subscription.pop("changes")
    if _ended(world, subscription):
        _configure(subscription, changes)
    lifecycle.enter(subscription, "configured", at)


@answers(
    "DescribeAsyncRequestInfo",
    VERSION_2018,
    fidelity="documented",
    note="Info is `ok` for a success, as in the example, and empty while the request runs (assumed).",
)
def describe_request(
    world: World, caller: Caller, params: DescribeAsyncRequestInfoRequest
) -> DescribeAsyncRequestInfoAnswer:
    """Show how an asynchronous request stands."""
    for subscription in jobs.load_all(world, KIND, caller.scope):
        for request in subscription["requests"]:
            if request["id"] == params["AsyncRequestId"]:
                return {"Status": request["status"], "Info": request["info"]}
    raise ApiError(NO_SUBSCRIPTION, f"There is no request {params['AsyncRequestId']}.")


@answers("ModifySubscribeName", VERSION_2018, fidelity="documented", note="In every state (assumed).")
def rename(world: World, caller: Caller, params: ModifySubscribeNameRequest) -> Answer:
    """Rename a subscription."""
    subscription, state, _ = jobs.admitted(world, caller, "ModifySubscribeName", params["SubscribeId"])
    subscription["JobName"] = params["SubscribeName"]
    return moves.done(world, subscription, state)


@answers(
    "ModifySubscribeConsumeTime",
    VERSION_2018,
    fidelity="documented",
    note="Only a configured subscription; it holds at once (both assumed).",
)
def modify_consume_time(world: World, caller: Caller, params: ModifySubscribeConsumeTimeRequest) -> Answer:
    """Let a subscription be consumed from another time, of the last 24 hours."""
    subscription, state, _ = jobs.admitted(world, caller, "ModifySubscribeConsumeTime", params["SubscribeId"])
    wanted, now = params["ConsumeStartTime"], world.clock.now()
    try:
        in_range = now - DAY <= moment(wanted) <= now
    except ValueError:
        raise ApiError(WRONG, "ConsumeStartTime must have the format yyyy-mm-dd hh:mm:ss.") from None
    if not in_range:
        raise ApiError(WRONG, "ConsumeStartTime must be within the last 24 hours.")
    _configure(subscription, {"ConsumeStartTime": wanted})
    return moves.done(world, subscription, state)


@answers(
    "ModifySubscribeVipVport",
    VERSION_2018,
    fidelity="documented",
    note="Only a configured subscription; it holds at once (both assumed). The field is DstIp: the document's example "
    "has DstVip, which the SDK does not know.",
)
def modify_address(world: World, caller: Caller, params: ModifySubscribeVipVportRequest) -> Answer:
    """Change the address or the port at which a subscription is consumed."""
    subscription, state, _ = jobs.admitted(world, caller, "ModifySubscribeVipVport", params["SubscribeId"])
    wanted = {"Vip": params.get("DstIp"), "Vport": params.get("DstPort"), "UniqSubnetId": params.get("DstUniqSubnetId")}
    given = {name: value for name, value in wanted.items() if value}
    if not given.keys() & {"Vip", "Vport"}:
        raise ApiError(WRONG, "DstIp or DstPort is required.")
    try:
        if "Vip" in given:
            ipaddress.IPv4Address(given["Vip"])
    except ValueError:
        raise ApiError(WRONG, "DstIp must be an IPv4 address.") from None
    _configure(subscription, given)
    return moves.done(world, subscription, state)


@answers("ResetSubscribe", VERSION_2018, fidelity="documented", note="Only a configured one, at once (both assumed).")
def reset(world: World, caller: Caller, params: ResetSubscribeRequest) -> Answer:
    """Let go of the database instance: the subscription can be configured for another."""
    subscription, state, _ = jobs.admitted(world, caller, "ResetSubscribe", params["SubscribeId"])
    subscription["configuration"] = None
    return moves.done(world, subscription, state)


@answers(
    "IsolateSubscribe",
    VERSION_2018,
    fidelity="documented",
    note="One that is prepaid answers UnsupportedOperation; a request that runs fails; after seven days it goes "
    "offline by itself (all assumed).",
)
def isolate(world: World, caller: Caller, params: IsolateSubscribeRequest) -> Answer:
    """Isolate a subscription that is paid by the hour, which ends its bill."""
    subscription, _, trade = jobs.admitted(world, caller, "IsolateSubscribe", params["SubscribeId"])
    if subscription["trade"]["months"]:
        raise ApiError(UNSUPPORTED, "Only a subscription that is paid by the hour can be isolated.")
    _give_up(world, subscription)
    return moves.trading(world, subscription, trade, "isolated", world.settings.timings.isolating)


def _give_up(world: World, subscription: Record) -> None:
    """Let a request that runs fail."""
    agenda.cancel(subscription, RUN)
    if subscription["state"] not in ("configuring", "configured.changing"):
        return
    for request in subscription["requests"][-1:]:
        request |= {"status": "failed", "info": GIVEN_UP}
    changing = subscription["state"] == "configured.changing"
    if not changing:
        subscription["configuration"] = None
    lifecycle.enter(subscription, "configured" if changing else "unconfigure", world.clock.now())


@answers(
    "OfflineIsolatedSubscribe",
    VERSION_2018,
    fidelity="documented",
    note="A subscription that is offline leaves the list; its configuration still answers (assumed).",
)
def offline(world: World, caller: Caller, params: OfflineIsolatedSubscribeRequest) -> Answer:
    """Deactivate an isolated subscription for good."""
    subscription, _, trade = jobs.admitted(world, caller, "OfflineIsolatedSubscribe", params["SubscribeId"])
    return moves.destroying(world, subscription, trade)


@answers(
    "ModifySubscribeAutoRenewFlag",
    VERSION_2018,
    fidelity="assumed",
    note="Not in the reference document of 2018-03-30; taken from the SDK. One that is paid by the hour answers "
    "UnsupportedOperation.",
)
def modify_renewal(world: World, caller: Caller, params: ModifySubscribeAutoRenewFlagRequest) -> Answer:
    """Let a prepaid subscription be renewed by itself, or not."""
    subscription, state, _ = jobs.admitted(world, caller, "ModifySubscribeAutoRenewFlag", params["SubscribeId"])
    if not subscription["trade"]["months"]:
        raise ApiError(UNSUPPORTED, "Only a prepaid subscription is renewed.")
    subscription["trade"]["auto_renew"] = bool(params["AutoRenewFlag"])
    return moves.done(world, subscription, state)


_FILTERS: Filters = {
    "SubscribeId": lambda found, wanted: found["JobId"] == wanted,
    "SubscribeName": lambda found, wanted: found["JobName"].startswith(wanted),
    "InstanceId": lambda found, wanted: views.item(found)["InstanceId"] == wanted,
    "ChannelId": lambda found, wanted: views.item(found)["ChannelId"] == wanted,
    "PayType": lambda found, wanted: str(views.pay_type(found)) == wanted,
    "Product": lambda found, wanted: found["src_type"] == wanted,
    "Status": lambda found, wanted: (
        found["trade"]["state"] in {"isolated" if name == "isolate" else name for name in wanted}
    ),
    "SubsStatus": lambda found, wanted: shown(found["state"]) in wanted,
    "TagFilters": lambda found, wanted: all(has_tag(found, tag) for tag in wanted),
    "SubscribeVersion": lambda _, wanted: wanted == views.EDITION,
}


@answers(
    "DescribeSubscribes",
    VERSION_2018,
    fidelity="documented",
    note="SubscribeName finds names that begin with it, `isolate` as Status, which the example has, is `isolated` "
    "(both assumed). Without PayType only those paid by the hour are listed (documented).",
)
def describe_all(world: World, caller: Caller, params: DescribeSubscribesRequest) -> DescribeSubscribesAnswer:
    """List subscriptions, newest first."""
    found = listed(world, caller, KIND, _FILTERS, {"PayType": "1"} | params)
    if params.get("OrderDirection") != "ASC":
        found.reverse()
    return {"TotalCount": len(found), "Items": [views.item(subscription) for subscription in page(found, params)]}


@answers("DescribeSubscribeConf", VERSION_2018, fidelity="documented")
def describe_conf(world: World, caller: Caller, params: DescribeSubscribeConfRequest) -> DescribeSubscribeConfAnswer:
    """Show the configuration of a subscription."""
    return views.conf(jobs.load(world, caller, KIND, params["SubscribeId"], NO_SUBSCRIPTION))
