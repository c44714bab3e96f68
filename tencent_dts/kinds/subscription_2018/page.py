"""How the *DTS* tab shows a subscription of API version 2018-03-30.

API document: SubscribeInfo, DescribeSubscribeConf.
"""

from __future__ import annotations

from tencent_dts.kinds.page import View, at, reported, together
from tencent_dts.kinds.places import databases, of_itself
from tencent_dts.kinds.subscription_2018 import states
from tencent_dts.kinds.subscription_2018.plan import OBJECT_TYPES, PAY_TYPES

VIEW = View(
    resource=states.SUBSCRIPTION,
    tones=(("good", states.CONFIGURED_STATUS), ("idle", states.UNCONFIGURED)),
    bill_tones=(
        ("good", states.SUBSCRIPTION_ISOLATED.reached),
        ("busy", states.ISOLATE.passes),
    ),
    errors="Errors",
    between=of_itself,
    objects=databases("SubscribeObjects"),
    facts=(
        ("Source", together("Product", "Region", "InstanceId")),
        ("Subscribed", reported("SubscribeObjectType", OBJECT_TYPES)),
        ("Consumed at", together("Vip", "Vport")),
        ("Consumed from", at("ConsumeStartTime")),
        ("Channel", reported("ChannelId")),
        ("Paid", reported("PayType", PAY_TYPES)),
        ("Created", at("CreateTime")),
        ("Expires", at("ExpireTime")),
        ("Isolated", at("IsolateTime")),
        ("Deleted on", at("OfflineTime")),
    ),
)
