"""What a subscription subscribes to: of the instance asked for, or it is neither done nor ours to change.

API document: ActivateSubscribe, ModifySubscribeObjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from tencent_dts.engine.converge import read
from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import Impossible, InvalidInput
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.subscription_2018 import states as table
from tencent_dts.kinds.subscription_2018.plan import OBJECT_TYPES, Bound
from tencent_dts.model.answers import Item
from tencent_dts.sizes import check_choice
from tencent_dts.tasks.gates.gate import Call, Gate

_UNSAID: Bound = {
    "instance_id": "",
    "subscribe_object_type": "instance",
    "objects": [],
    "uniq_subnet_id": "",
    "vport": 0,
}


@dataclass(frozen=True)
class OfThisInstance(Gate):
    """Refuses a subscription that is bound to another instance than that of the task's ``configuration``."""

    async def look(self, call: Call) -> Watch | None:
        """Look at the instance that it is bound to."""
        refuse_foreign(call.task, await read(call.client, call.task.resource, call.ids, again=False))
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Refuse it again, right before the call is sent: it may have been bound meanwhile."""
        refuse_foreign(call.task, item)
        return None

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        """One that counts as done must be bound to this instance, too."""
        refuse_foreign(call.task, item)


def subscribed(configuration: AnyPlan) -> Bound:
    """What a subscription is to subscribe to, with what need not be said.

    :raises InvalidInput: it names no instance, or a type that there is not.
    """
    asked = cast("Bound", {**_UNSAID, **configuration})
    if not asked.get("instance_id"):
        raise InvalidInput("configuration, instance_id", "give the id of the database instance, as cdb-9dijwkkw")
    check_choice("configuration, subscribe_object_type", asked["subscribe_object_type"], OBJECT_TYPES)
    return asked


def refuse_foreign(task: Any, item: Item | None) -> None:
    """Let a subscription pass that is not bound, or to the instance asked for.

    :raises Impossible: it is bound to another.
    """
    bound = str((item or {}).get("InstanceId") or "")
    if item is None or table.SUBS_STATUS.of(item) not in table.BOUND:
        return
    if bound not in ("", subscribed(task.configuration)["instance_id"]):
        what, next_step = foreign(task, item)
        raise Impossible(what, job_id=task.subscribe_id, state=state_of(task.resource, item), next_step=next_step)


def foreign(task: Any, item: Item) -> tuple[str, str]:
    """What is wrong with a subscription that is bound to another instance, and what to do."""
    asked = subscribed(task.configuration)["instance_id"]
    return (
        f"The subscription is configured for another instance: {item.get('InstanceId') or 'not reported'}, not {asked}",
        "If it is to be bound to another instance, order ResetSubscribe (what is subscribed to now is let go), "
        "then clear this task.",
    )
