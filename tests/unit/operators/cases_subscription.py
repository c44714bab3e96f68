"""Subscriptions of API 2018-03-30: what each operator does in every state."""

from __future__ import annotations

from functools import partial

from tencent_dts.operators import subscription
from tests.unit.operators.case import Case, ends
from tests.unit.stages_subscription import ADDRESS, CHANGED, CONSUME_FROM, KEY, PLAN

_ENDED = ("subscription isolating", "subscription isolated", "subscription offlining", "subscription offline")
_case = partial(Case, hole="no such subscription", key=KEY, axis="SubsStatus")
_of_the_bill = partial(_case, axis="Status")

CASES: list[Case] = [
    _case(
        subscription.DtsActivateSubscribe2018Operator,
        allowed="unconfigured",
        ends=ends("configuring", "configured"),
        done=("configuring", "configured", "objects changed", "prepaid"),
        under_way=("subscription creating",),
        impossible=("configured for another instance", "isolated unconfigured", *_ENDED),
        arguments={"configuration": PLAN},
    ),
    _case(
        subscription.DtsModifySubscribeObjects2018Operator,
        allowed="configured",
        ends=ends("configured"),
        done=("objects changed",),
        under_way=("configuring",),
        impossible=("unconfigured", *_ENDED),
        arguments={"configuration": CHANGED},
    ),
    _case(
        subscription.DtsModifySubscribeConsumeTime2018Operator,
        allowed="configured",
        ends=ends("configured"),
        done=("consume time changed",),
        under_way=("configuring",),
        impossible=("unconfigured", *_ENDED),
        arguments={"consume_start_time": CONSUME_FROM},
    ),
    _case(
        subscription.DtsModifySubscribeVipVport2018Operator,
        allowed="configured",
        ends=ends("configured"),
        done=("address changed",),
        under_way=("configuring",),
        impossible=("unconfigured", *_ENDED),
        arguments=ADDRESS,
    ),
    _case(
        subscription.DtsResetSubscribe2018Operator,
        allowed="configured",
        ends=ends("unconfigure"),
        done=("unconfigured", "activation failed"),
        under_way=("configuring",),
        impossible=("isolated unconfigured", *_ENDED),
    ),
    _case(
        subscription.DtsModifySubscribeName2018Operator,
        allowed="configured",
        ends=ends("configured"),
        done=("subscription renamed",),
        impossible=("subscription offline",),
        arguments={"job_name": "orders"},
    ),
    _case(
        subscription.DtsModifySubscribeAutoRenewFlag2018Operator,
        allowed="prepaid",
        ends=ends("configured"),
        done=("prepaid renewed",),
        impossible=("configured", *_ENDED),
        arguments={"auto_renew": True},
    ),
    _of_the_bill(
        subscription.DtsIsolateSubscribe2018Operator,
        allowed="configured",
        ends=ends("isolated"),
        done=("subscription isolated", "subscription offlining", "subscription offline"),
        under_way=("subscription creating", "subscription isolating"),
        impossible=("prepaid",),
        gone_is_done=True,
    ),
    _of_the_bill(
        subscription.DtsOfflineIsolatedSubscribe2018Operator,
        allowed="subscription isolated",
        ends=ends("offline"),
        done=("subscription offline",),
        under_way=("subscription isolating", "subscription offlining"),
        impossible=("configured", "subscription creating", "prepaid"),
        gone_is_done=True,
    ),
]
