"""A subscription as one task group, from its purchase until it delivers, and its end as another."""

from __future__ import annotations

from typing import Unpack

from airflow.sdk import chain

from tencent_dts.kinds.planning import Parameters
from tencent_dts.kinds.subscription_2018.texts import TEXTS
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator, DtsPlanUnsubscriptionOperator
from tencent_dts.operators.subscription import (
    DtsActivateSubscribe2018Operator,
    DtsCreateSubscribe2018Operator,
    DtsIsolateSubscribe2018Operator,
    DtsModifySubscribeConsumeTime2018Operator,
    DtsModifySubscribeObjects2018Operator,
    DtsOfflineIsolatedSubscribe2018Operator,
)
from tencent_dts.sensors.subscription import DtsSubscribeConfigured2018Sensor
from tencent_dts.task_groups.common import TaskOptions, Tasks, open_group
from tencent_dts.task_groups.lifecycle import Subscription, Unsubscription


def subscribe(
    group_id: str | None = "subscribe",
    *,
    request: Parameters | None = None,
    **options: Unpack[TaskOptions],
) -> Subscription:
    """Build the tasks that bring a subscription into service.

    plan → purchase → activate → configured → objects → consume_time. Any of its tasks may be cleared, killed or
    retried at any moment. ``objects`` sends nothing where the activation has set them all, ``consume_time`` where no
    time is asked for. The subscription costs until it is ended, see :func:`unsubscribe`.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.SUBSCRIBE`; ``None``: those of the run.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanSubscriptionOperator, TEXTS["dts_subscribe"], request, **options)
        part = tasks.part
        purchase = tasks.order(
            DtsCreateSubscribe2018Operator,
            "purchase",
            *("product", "pay_type", "duration", "auto_renew"),
            job_title=part["title"],
            existing_job_id=part["existing_subscribe_id"],
            configuration=part,
        )
        tasks.about(subscribe_id=purchase.output, timeout=part["configured_deadline"])
        activate = tasks.add(DtsActivateSubscribe2018Operator, "activate", configuration=part)
        request_id = activate.output["async_request_id"]
        moment = {"consume_start_time": part["consume_start_time"], "wanted": part["consume_time_wanted"]}
        chain(
            tasks.plan,
            purchase,
            activate,
            tasks.add(DtsSubscribeConfigured2018Sensor, "configured", configuration=part, async_request_id=request_id),
            tasks.add(DtsModifySubscribeObjects2018Operator, "objects", configuration=part),
            tasks.add(DtsModifySubscribeConsumeTime2018Operator, "consume_time", **moment),
        )
    return Subscription(group, tasks.made).without_shortcuts()


def unsubscribe(
    group_id: str | None = "unsubscribe",
    *,
    request: Parameters | None = None,
    **options: Unpack[TaskOptions],
) -> Unsubscription:
    """Build the tasks that end a subscription, and its bill.

    plan → isolate → offline. Any of its tasks may be cleared, killed or retried at any moment. ``offline`` does
    nothing unless it is asked for. A prepaid subscription cannot be isolated: it ends at its ExpireTime.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.UNSUBSCRIBE`; ``None``: those of the run.
    :param options: what all tasks are given alike, see :class:`tencent_dts.task_groups.common.TaskOptions`.
    :returns: the tasks by name, to be linked like one task, see :class:`tencent_dts.task_groups.lifecycle.Lifecycle`.
    """
    with open_group(group_id) as group:
        tasks = Tasks(DtsPlanUnsubscriptionOperator, TEXTS["dts_unsubscribe"], request, **options)
        part = tasks.part
        tasks.about(subscribe_id=part["subscribe_id"], timeout=part["isolate_deadline"])
        chain(
            tasks.plan,
            tasks.add(DtsIsolateSubscribe2018Operator, "isolate"),
            tasks.add(DtsOfflineIsolatedSubscribe2018Operator, "offline", wanted=part["offline"]),
        )
    return Unsubscription(group, tasks.made).without_shortcuts()
