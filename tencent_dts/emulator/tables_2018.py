"""State tables of API 2018-03-30: migration jobs and subscriptions.

Documents: every action of version 2018-03-30, MigrateJobInfo, MigrateStepDetailInfo, SubscribeInfo. In which states
an action is taken is documented, except where the text says that it is assumed; the error codes are documented for
the actions, which of them the real service sends in which state is assumed.
"""

from __future__ import annotations

from tencent_dts.emulator.tables import CONFLICT, DUPLICATE, GONE, NO_JOB, NOT_ALLOWED, Row, each

CONDITION = "OperationDenied.BizOperationDeniedError"
NO_SUBSCRIPTION = "ResourceNotFound"
UNSUPPORTED = "UnsupportedOperation"

STATUS = {
    "creating": 1,
    "checking": 3,
    "checkPass": 4,
    "checkNotPass": 5,
    "running": 7,
    "readyComplete": 8,
    "success": 9,
    "failed": 10,
    "stopping": 11,
    "completing": 12,
    "unknown": 23,
}
"""MigrateJobInfo.Status by the name that the documents give it."""

STEP_STATUS = {"success": 1, "failed": 2, "running": 3, "notStarted": 4}
"""MigrateStepDetailInfo.Status."""

CHECK_FLAG = {"checkNotPass": 0, "checkPass": 1, "": 3}
"""DescribeMigrateCheckJob's CheckFlag by the verdict; 3 until there is one."""

MIGRATION_STATES = (
    *("creating", "checking", "checkPass", "checkNotPass", "running.waiting", "running", "running.incremental"),
    *("readyComplete", "completing", "success", "stopping", "failed", "unknown"),
)
FREE = "notBilled"

_RUNNING = ("running.waiting", "running", "running.incremental")
_DELETABLE = ("creating", "checkPass", "checkNotPass", "success", "failed", "unknown")

MIGRATION: dict[str, Row] = {
    "ModifyMigrateJob": Row(
        each(("creating", "checkPass", "checkNotPass", "failed"), "creating"), NOT_ALLOWED, missing=NO_JOB
    ),
    "CreateMigrateCheckJob": Row(
        each(("creating", "checkPass", "checkNotPass"), "checking"),
        NOT_ALLOWED,
        instead={"checking": DUPLICATE},
        missing=NO_JOB,
    ),
    "StartMigrateJob": Row({"checkPass": "running.waiting"}, CONFLICT, missing=NO_JOB),
    "StopMigrateJob": Row(each((*_RUNNING, "readyComplete"), "stopping"), CONFLICT, missing=NO_JOB),
    "CompleteMigrateJob": Row({"readyComplete": "completing"}, CONFLICT, missing=NO_JOB),
    "DeleteMigrateJob": Row(each(_DELETABLE, GONE), CONFLICT, missing=NO_JOB),
}
"""A migration job. A check of a job that has failed without being modified is assumed to be refused, as is the
deletion of one whose status is unknown to be taken."""

MIGRATION_TRADES = {action: Row(each((FREE,))) for action in MIGRATION}
"""Migration jobs of 2018 have no billing status: they are free."""

SUBSCRIPTION_STATES = ("unconfigure", "configuring", "configured", "configured.changing")
SUBSCRIPTION_TRADES = ("creating", "normal", "isolating", "isolated", "offlining", "offline")

_ANY = each(SUBSCRIPTION_STATES)
_CONFIGURED = {"configured": "configured"}

SUBSCRIPTION: dict[str, Row] = {
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

SUBSCRIPTION_TRADE: dict[str, Row] = {
    **{
        action: Row({"normal": "normal"}, SUBSCRIPTION[action].refusal)
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
