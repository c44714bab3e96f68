"""State tables of subscriptions, API 2018-03-30, and what makes one a kind of job (:data:`KIND`).

Documents: the subscription actions of version 2018-03-30, SubscribeInfo. In which states an action is taken is
documented, except where the text says that it is assumed; the error codes are documented for the actions, which of
them the real service sends in which state is assumed.
"""

from __future__ import annotations

from tencent_dts.emulator.world import kinds
from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import CONFLICT, Row, each
from tencent_dts.spec import VERSION_2018

CONDITION = "OperationDenied.BizOperationDeniedError"
NO_SUBSCRIPTION = "ResourceNotFound"
UNSUPPORTED = "UnsupportedOperation"

STATES = ("unconfigure", "configuring", "configured", "configured.changing")
TRADE_STATES = ("creating", "normal", "isolating", "isolated", "offlining", "offline")

_ANY = each(STATES)
_CONFIGURED = {"configured": "configured"}

ROWS: dict[str, Row] = {
    "ActivateSubscribe": Row({"unconfigure": "configuring"}, CONDITION, missing=NO_SUBSCRIPTION),
    "ModifySubscribeObjects": Row({"configured": "configured.changing"}, CONFLICT, missing=NO_SUBSCRIPTION),
    "ModifySubscribeConsumeTime": Row(_CONFIGURED, CONFLICT, missing=NO_SUBSCRIPTION),
    "ModifySubscribeVipVport": Row(_CONFIGURED, CONFLICT, missing=NO_SUBSCRIPTION),
    "ResetSubscribe": Row({"configured": "unconfigure"}, CONFLICT, missing=NO_SUBSCRIPTION),
    "ModifySubscribeName": Row(_ANY, NO_SUBSCRIPTION, missing=NO_SUBSCRIPTION),
    "ModifySubscribeAutoRenewFlag": Row(_ANY, UNSUPPORTED, missing=NO_SUBSCRIPTION),
    "IsolateSubscribe": Row(_ANY, UNSUPPORTED, missing=NO_SUBSCRIPTION),
    "OfflineIsolatedSubscribe": Row(_ANY, CONFLICT, missing=NO_SUBSCRIPTION),
}
"""SubsStatus of a subscription. That only a configured one is changed or reset is assumed; ``configured.changing`` is
one whose objects are being changed, during which nothing else is."""

_KEPT = each(("creating", "normal", "isolating", "isolated", "offlining"))

TRADES: dict[str, Row] = {
    **{
        action: Row({"normal": "normal"}, ROWS[action].refusal)
        for action in (
            *("ActivateSubscribe", "ModifySubscribeObjects", "ModifySubscribeConsumeTime"),
            *("ModifySubscribeVipVport", "ResetSubscribe"),
        )
    },
    "ModifySubscribeName": Row(_KEPT, NO_SUBSCRIPTION),
    "ModifySubscribeAutoRenewFlag": Row({"normal": "normal"}, UNSUPPORTED),
    "IsolateSubscribe": Row({"normal": "isolating"}, UNSUPPORTED),
    "OfflineIsolatedSubscribe": Row({"isolated": "offlining"}, CONFLICT),
}
"""Status of a subscription. Documents: SubscribeInfo, IsolateSubscribe, OfflineIsolatedSubscribe."""


def _databases(job: Record) -> list[Fields]:
    found: list[Fields] = (job["configuration"] or {}).get("databases") or []
    return found


KIND = kinds.add(
    kinds.Kind(
        name="subscription",
        version=VERSION_2018,
        prefix="subs-",
        id_length=10,
        rows=ROWS,
        trades=TRADES,
        states=STATES,
        trade_states=TRADE_STATES,
        bought="unconfigure",
        idle=frozenset({"unconfigure"}),
        metered=frozenset(STATES),
        trade={
            "normal": "normal",
            "notBilled": "normal",
            "international": "normal",
            "isolated": "isolated",
            "arrears": "isolated",
            "offlined": "offline",
        },
        served=frozenset({"creating", "normal"}),
        metered_trades=frozenset({"normal"}),
        leaving=frozenset({"isolating", "isolated", "offlining", "offline"}),
        isolations=frozenset({"isolated"}),
        selected=_databases,
    )
)
"""A subscription: SubsStatus is its task axis, Status the billing one; it is billed from its purchase on."""
