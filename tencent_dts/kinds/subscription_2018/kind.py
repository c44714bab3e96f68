"""A subscription of API version 2018-03-30: all that distinguishes it from the other kinds of jobs.

API document: CreateSubscribe, DescribeSubscribes, ActivateSubscribe, IsolateSubscribe; SubscribeInfo.
"""

from __future__ import annotations

from tencent_dts.kinds.kind import Kind, ManifestShape
from tencent_dts.kinds.planned import Planned
from tencent_dts.kinds.price import Price, time_at
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.kinds.subscription_2018 import plan, states
from tencent_dts.kinds.subscription_2018.form import SUBSCRIBE, UNSUBSCRIBE
from tencent_dts.kinds.subscription_2018.page import VIEW
from tencent_dts.kinds.subscription_2018.texts import TEXTS
from tencent_dts.kinds.subscription_2018.watch import WATCH
from tencent_dts.model.resource import statuses

PURCHASE = Purchasable(
    action="CreateSubscribe",
    resource=states.SUBSCRIPTION,
    isolate=states.ISOLATE,
    ids="SubscribeIds",
    never_started=states.UNCONFIGURED,
    ended=frozenset(),  # it ends by its bill alone
    succeeded=frozenset(),
    accomplished=states.CONFIGURED_STATUS,
    at_rest=states.SUBS_STATUS.known,  # it delivers until it is isolated; nothing stops it before
    stop="ResetSubscribe",
    lives_on=True,
    name_field="Name",
    lists=({"PayType": "1"}, {"PayType": "0"}),  # without PayType only those paid by the hour are listed
    retired=states.ENDED,
    longest=60,  # of ModifySubscribeName; none is documented for CreateSubscribe
)

PRICE = Price(
    begun=time_at("CreateTime"),
    idle="not billed yet, as it is billed from its purchase",
    ends=(time_at("IsolateTime"),),
    isolated=states.SUBSCRIPTION_ISOLATED.reached,
)

PLANNED = Planned(
    shown=plan.SHOWN,
    request=plan.activate_request,
    configure=states.ACTIVATE,
    checking=statuses("configuring"),
    over=frozenset(),
    while_open="Clear `activate` with its downstream.",
    once_started=(
        "order ResetSubscribe, which lets go of what is subscribed to now; then clear `activate` with its downstream."
    ),
    bought=plan.BOUGHT,
    sides=(),
)

MANIFEST = ManifestShape(
    required=("instance_id",),
    rules=plan.RULES,
    group="subscribe",
)

SUBSCRIPTION = Kind(
    name="subscription",
    tables=(states,),
    purchase=PURCHASE,
    price=PRICE,
    calm=(),  # nothing stops one but its isolation
    resting=states.UNCONFIGURED,
    planned=PLANNED,
    forms=(SUBSCRIBE, UNSUBSCRIBE),
    manifest=MANIFEST,
    texts=TEXTS,
    view=VIEW,
    watch=WATCH,
    sparing=("dts_unsubscribe",),
)
