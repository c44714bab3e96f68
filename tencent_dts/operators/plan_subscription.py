"""The first task of a subscription, and that of its end.

API document: CreateSubscribe, ActivateSubscribe, ModifySubscribeConsumeTime (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk.execution_time.context import NEVER_EXPIRE

from tencent_dts.engine.memory import TaskStore
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.planning import Parameters, seconds
from tencent_dts.kinds.subscription_2018 import plan as subscription
from tencent_dts.kinds.subscription_2018.states import SUBSCRIPTION
from tencent_dts.params import SUBSCRIBE, UNSUBSCRIBE
from tencent_dts.spec import VERSION_2018
from tencent_dts.tasks.plan import Planned, PlanOperator, asked_by, title_for
from tencent_dts.times import BEIJING

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.subscription_2018 import CreateSubscribeRequest

_NO_ID = "subs-0000000000"
_KEPT = timedelta(hours=24)


class DtsPlanSubscriptionOperator(PlanOperator):
    """Validate a subscription as a whole and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.SUBSCRIBE`; the API's integers have names there and in the plan.

    API document: CreateSubscribe, ActivateSubscribe, ModifySubscribeConsumeTime (version 2018-03-30).
    """

    form = SUBSCRIBE
    adopts = ("existing_subscribe_id", SUBSCRIPTION)
    rules = subscription.RULES
    version = VERSION_2018

    def plan(self, request: Parameters, context: Context) -> subscription.SubscriptionPlan:
        """The :class:`~tencent_dts.kinds.subscription_2018.plan.SubscriptionPlan`."""
        requested_by, requested_at = asked_by(context)
        plan: subscription.SubscriptionPlan = {
            "product": request["product"],
            "pay_type": request["pay_type"],
            "duration": request["duration"] or 0,
            "auto_renew": request["auto_renew"],
            "title": title_for(request["title"], context, longest=self.form.schema["title"]["maxLength"]),
            "existing_subscribe_id": request["existing_subscribe_id"] or "",
            "region": request["region"],
            "instance_id": request["instance_id"],
            "subscribe_object_type": request["subscribe_object_type"],
            "objects": list(request["objects"]),
            "uniq_subnet_id": request["uniq_subnet_id"] or "",
            "vport": request["vport"] or 0,
            "consume_start_time": self._consume_time(request, context["task_state_store"]),
            "requested_by": requested_by,
            "requested_at": requested_at,
            "deadlines": seconds(request, "configured_deadline"),
        }
        return plan

    def parts(self, plan: subscription.SubscriptionPlan) -> dict[str, object]:
        """What the purchase orders, and which of the later steps are wanted."""
        names = ("region", "product", "pay_type", "duration", "auto_renew", "title", "existing_subscribe_id")
        return {
            **{name: value for name, value in plan.items() if name in names},
            "consume_start_time": plan["consume_start_time"],
            "consume_time_wanted": bool(plan["consume_start_time"]),
            **plan["deadlines"],
        }

    def requests(self, plan: subscription.SubscriptionPlan) -> Iterator[Planned]:
        """The order, the activation, and what may follow it."""
        order: CreateSubscribeRequest = {**subscription.order_request(plan), "Name": plan["title"]}
        yield "CreateSubscribe", order
        yield "ActivateSubscribe", subscription.activate_request(_NO_ID, plan)
        yield "ModifySubscribeObjects", subscription.objects_request(_NO_ID, plan)
        if plan["consume_start_time"]:
            yield "ModifySubscribeConsumeTime", subscription.consume_time_request(_NO_ID, plan)

    @staticmethod
    def _consume_time(request: Parameters, store: TaskStore) -> str:
        """From when on data is consumed, in Beijing time; a time that was accepted once stays accepted."""
        moment = subscription.asked_consume_time(request)
        if moment is None:
            return ""
        text, now = request["consume_start_time"], datetime.now(BEIJING)
        if not now - _KEPT < moment <= now and store.get("accepted_consume_time") != text:
            raise InvalidInput("consume_start_time", "it must lie within the last 24 hours (Beijing time)", text)
        store.set("accepted_consume_time", text, retention=NEVER_EXPIRE)
        return moment.strftime("%Y-%m-%d %H:%M:%S")


class DtsPlanUnsubscriptionOperator(PlanOperator):
    """Validate the end of a subscription and return it as the plan that the later tasks work by.

    Its form is :data:`tencent_dts.params.UNSUBSCRIBE`.

    API document: DescribeSubscribeConf, IsolateSubscribe, OfflineIsolatedSubscribe (version 2018-03-30).
    """

    form = UNSUBSCRIBE
    about = ("subscribe_id", SUBSCRIPTION)
    version = VERSION_2018

    def plan(self, request: Parameters, context: Context) -> subscription.UnsubscriptionPlan:
        """The :class:`~tencent_dts.kinds.subscription_2018.plan.UnsubscriptionPlan`."""
        plan: subscription.UnsubscriptionPlan = {
            "subscribe_id": request["subscribe_id"],
            "region": request["region"],
            "offline": request["offline"],
            "deadlines": seconds(request, "isolate_deadline"),
        }
        return plan

    def requests(self, plan: subscription.UnsubscriptionPlan) -> Iterator[Planned]:
        """Both steps."""
        for action in ("IsolateSubscribe", "OfflineIsolatedSubscribe"):
            yield action, {"SubscribeId": plan["subscribe_id"]}
