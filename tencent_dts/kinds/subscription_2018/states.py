"""Rows of the subscription and of its asynchronous requests, API 2018-03-30.

A subscription has two axes: `SubsStatus` says whether it is bound to a database instance, `Status` says how its bill
stands. Both must be right before anything of it is changed.

API document: DescribeSubscribeConf (SubsStatus, Status), DescribeAsyncRequestInfo, and those of the actions.
"""

from __future__ import annotations

from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, Verdict, statuses

SUBS_STATUS = Axis("SubsStatus", "SubsStatus", statuses("unconfigure", "configuring", "configured"))
SUBSCRIPTION_BILL = Axis(
    "Status", "Status", statuses("creating", "normal", "isolating", "isolated", "offlining", "offline")
)
PREPAID = "0"  # PayType
OFFLINE = statuses("offlining", "offline")
ENDED = statuses("isolating", "isolated") | OFFLINE
SUBSCRIPTION = Resource(
    name="subscription",
    version="2018-03-30",
    read="DescribeSubscribeConf",
    ids=("SubscribeId",),
    axis=SUBS_STATUS,
    listing="DescribeSubscribes",
    listed="Items",
    title="SubscribeName",
    bill=SUBSCRIPTION_BILL,
    released=ENDED,
    destroyed=OFFLINE,
    prepaid=("PayType", PREPAID),
    console="subscribe",
)

# A request is known by an id of its own, which its answer does not repeat.
REQUEST_STATUS = Axis("Status", "Status", statuses("running", "success", "failed"))
ASYNC_REQUEST = Resource(
    name="asynchronous request of a subscription",
    version="2018-03-30",
    read="DescribeAsyncRequestInfo",
    ids=("AsyncRequestId",),
    axis=REQUEST_STATUS,
    part_of=SUBSCRIPTION,
)

UNCONFIGURED = statuses("unconfigure")
CONFIGURED_STATUS = statuses("configured")
BOUND = statuses("configuring") | CONFIGURED_STATUS
IN_SERVICE = statuses("normal")
REQUEST_FAILED = statuses("failed")
REQUEST_ENDED = statuses("success") | REQUEST_FAILED

_ACTIVATE = "Clear `activate` with its downstream: the subscription must be configured first."
_ENDS = (
    "It is prepaid and cannot be isolated: it ends at its ExpireTime ({ExpireTime}). "
    "ModifySubscribeAutoRenewFlag with 0 keeps it from being renewed (AutoRenewFlag is {AutoRenewFlag})."
)
_HOURLY = "It is paid by the hour and never renewed: IsolateSubscribe ends its bill."

ACTIVATE = Operation(
    "ActivateSubscribe",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=UNCONFIGURED,
    done=BOUND,
    reached=UNCONFIGURED,  # the request was taken; what comes of it is for the sensor to say
    billed=IN_SERVICE,
)
CHANGE_OBJECTS = Operation(
    "ModifySubscribeObjects",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=CONFIGURED_STATUS,
    passes=statuses("configuring"),
    reached=CONFIGURED_STATUS,
    billed=IN_SERVICE,
    patient=True,  # one change at a time, and SubsStatus does not show that one runs
    proof={"SubscribeObjectType": "SubscribeObjectType", "Objects": "SubscribeObjects"},
    instead={"unconfigure": _ACTIVATE},
)
CHANGE_CONSUME_TIME = Operation(
    "ModifySubscribeConsumeTime",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=CONFIGURED_STATUS,
    passes=statuses("configuring"),
    reached=CONFIGURED_STATUS,
    billed=IN_SERVICE,
    patient=True,
    proof={"ConsumeStartTime": "ConsumeStartTime"},
    instead={"unconfigure": _ACTIVATE},
)
CHANGE_ADDRESS = Operation(
    "ModifySubscribeVipVport",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=CONFIGURED_STATUS,
    passes=statuses("configuring"),
    reached=CONFIGURED_STATUS,
    billed=IN_SERVICE,
    patient=True,
    proof={"DstIp": "Vip", "DstPort": "Vport", "DstUniqSubnetId": "UniqSubnetId"},
    instead={"unconfigure": _ACTIVATE},
)
RESET = Operation(
    "ResetSubscribe",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=CONFIGURED_STATUS,
    passes=statuses("configuring"),
    done=UNCONFIGURED,
    billed=IN_SERVICE,
    patient=True,
)
RENAME = Operation(
    "ModifySubscribeName",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=SUBS_STATUS.known,
    reached=SUBS_STATUS.known,
    billed=SUBSCRIPTION_BILL.known - statuses("offline"),
    proof={"SubscribeName": "SubscribeName"},
)
RENEW = Operation(
    "ModifySubscribeAutoRenewFlag",
    SUBSCRIPTION,
    SUBS_STATUS,
    needs=SUBS_STATUS.known,
    reached=SUBS_STATUS.known,
    billed=IN_SERVICE,
    proof={"AutoRenewFlag": "AutoRenewFlag"},
    barred={"PayType": {"1": _HOURLY}},
)
ISOLATE = Operation(
    "IsolateSubscribe",
    SUBSCRIPTION,
    SUBSCRIPTION_BILL,
    needs=IN_SERVICE,
    passes=statuses("creating", "isolating"),
    done=statuses("isolated") | OFFLINE,
    destroys=True,
    ends=True,
    barred={"PayType": {PREPAID: _ENDS}},
)
TAKE_OFFLINE = Operation(
    "OfflineIsolatedSubscribe",
    SUBSCRIPTION,
    SUBSCRIPTION_BILL,
    needs=statuses("isolated"),
    passes=statuses("isolating", "offlining"),
    done=statuses("offline"),
    destroys=True,
    ends=True,
    instead=dict.fromkeys(
        ("creating", "normal"), "Only an isolated subscription is taken offline: order IsolateSubscribe first."
    ),
)

CONFIGURED = Goal(
    "subscription configured",
    SUBSCRIPTION,
    SUBS_STATUS,
    reached=CONFIGURED_STATUS,
    failed=UNCONFIGURED,
    ended=ENDED,
)
SUBSCRIPTION_ISOLATED = Goal(
    "subscription isolated",
    SUBSCRIPTION,
    SUBSCRIPTION_BILL,
    reached=statuses("isolated") | OFFLINE,
    gone=Verdict.DONE,
    void=((SUBSCRIPTION_BILL, IN_SERVICE),),
)
REQUEST_SUCCEEDED = Goal(
    "asynchronous request succeeded",
    ASYNC_REQUEST,
    REQUEST_STATUS,
    reached=statuses("success"),
    failed=REQUEST_FAILED,
)
