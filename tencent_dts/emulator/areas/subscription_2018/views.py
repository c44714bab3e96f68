"""Subscriptions in the shapes of API 2018-03-30: SubscribeInfo and the configuration.

Documents: DescribeSubscribes, DescribeSubscribeConf and their data types.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from tencent_dts.emulator.world.billing import NO_TIME
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.shapes import full
from tencent_dts.emulator.world.tables import shown
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.subscription_2018 import DescribeSubscribeConfAnswer
    from tencent_dts.spec.shapes.subscription_types_2018 import SubscribeInfo


EDITION = "txdts"
"""The edition whose consume time, address and port these actions change."""

PORT = 7507
"""The documented default of Vport."""


def pay_type(subscription: Record) -> int:
    """Return PayType: 0 for a prepaid subscription, 1 for one that is paid by the hour."""
    return 0 if subscription["trade"]["months"] else 1


def address(subscription_id: str, given: Fields) -> Fields:
    """Return where a subscription's data are consumed: made up, but for the subnet and port that are given."""
    number = zlib.crc32(subscription_id.encode())
    return {
        "Vip": f"10.0.{number % 250}.{number // 250 % 250 + 1}",
        "Vport": given.get("Vport") or PORT,
        "UniqVpcId": f"vpc-{number:08x}",
        "UniqSubnetId": given.get("UniqSubnetId") or f"subnet-{number:08x}",
    }


def item(subscription: Record) -> SubscribeInfo:
    """Return a subscription as DescribeSubscribes lists it (SubscribeInfo)."""
    configuration, trade = subscription["configuration"] or {}, subscription["trade"]
    bound = "InstanceId" in configuration
    return {
        "SubscribeId": subscription["JobId"],
        "SubscribeName": subscription["JobName"],
        "ChannelId": f"dts-channel-{subscription['JobId'].removeprefix('subs-')}" if bound else "",
        "Product": subscription["src_type"],
        "InstanceId": configuration.get("InstanceId", ""),
        "InstanceStatus": "running" if bound else "",
        "SubsStatus": str(subscription["overlay"]) or shown(subscription["state"]),
        "Status": trade["state"],
        "CreateTime": stamp(subscription["created"]),
        "ModifyTime": stamp(subscription["updated"]),
        "IsolateTime": stamp(trade["isolated"]) if trade["isolated"] else NO_TIME,
        "ExpireTime": stamp(trade["expires"]) if trade["expires"] else NO_TIME,
        "OfflineTime": stamp(trade["offline"]) if trade["offline"] else NO_TIME,
        "ConsumeStartTime": configuration.get("ConsumeStartTime", NO_TIME),
        "SdkConsumedTime": NO_TIME,
        "AutoRenewFlag": int(trade["auto_renew"]),
        "Region": subscription["region"],
        "PayType": pay_type(subscription),
        "Vip": configuration.get("Vip", ""),
        "Vport": configuration.get("Vport", 0),
        "UniqVpcId": configuration.get("UniqVpcId", ""),
        "UniqSubnetId": configuration.get("UniqSubnetId", ""),
        "Tags": [full("TagItem", tag, VERSION_2018) for tag in subscription["tags"]],
        "SubscribeVersion": EDITION,
    }


def conf(subscription: Record) -> DescribeSubscribeConfAnswer:
    """Return what DescribeSubscribeConf answers."""
    configuration = subscription["configuration"] or {}
    failed = [request["info"] for request in subscription["requests"][-1:] if request["status"] == "failed"]
    return {
        **cast("DescribeSubscribeConfAnswer", item(subscription)),  # they share all of it
        "SdkHost": "",
        "SubscribeObjectType": configuration.get("SubscribeObjectType", 0),
        "SubscribeObjects": [
            full("SubscribeObject", wanted, VERSION_2018) for wanted in configuration.get("Objects", [])
        ],
        "Errors": [{"Message": message} for message in failed or [""]],
    }
