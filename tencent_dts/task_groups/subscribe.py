"""A subscription as one task group, from its purchase until it delivers, and its end as another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

from airflow.sdk import TaskGroup, chain

from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.plan_subscription import PlanSubscriptionOperator, PlanUnsubscriptionOperator
from tencent_dts.operators.subscription import (
    ActivateSubscribe2018Operator,
    CreateSubscribe2018Operator,
    IsolateSubscribe2018Operator,
    ModifySubscribeConsumeTime2018Operator,
    ModifySubscribeObjects2018Operator,
    OfflineIsolatedSubscribe2018Operator,
)
from tencent_dts.sensors.subscription import SubscribeConfigured2018Sensor
from tencent_dts.task_groups.common import common_arguments
from tencent_dts.task_groups.docs_subscription import SUBSCRIBE_DOCS, UNSUBSCRIBE_DOCS


def subscribe(
    group_id: str | None = "subscribe",
    *,
    request: Mapping[str, Any] | None = None,
    tencentcloud_conn_id: str = DtsHook.default_conn_name,
    retries: int = 2,
    retry_delay: timedelta = timedelta(seconds=30),
    poll_interval: float | None = None,
    notifiers: Sequence[Any] = (),
) -> TaskGroup | None:
    """Build the tasks that bring a subscription into service.

    plan → purchase → activate → configured → objects → consume_time. Any of its tasks may be cleared, killed or
    retried at any moment. ``objects`` sends nothing where the activation has set them all, ``consume_time`` where no
    time is asked for. The subscription costs until it is ended, see :func:`unsubscribe`.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.SUBSCRIBE`; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when a task is red.
    :returns: the task group, if there is one.
    """
    common = common_arguments(tencentcloud_conn_id, retries, retry_delay, notifiers)
    with nullcontext() if group_id is None else TaskGroup(group_id) as group:
        plan = PlanSubscriptionOperator(task_id="plan", request=request, doc_md=SUBSCRIBE_DOCS["plan"], **common)
        chain(plan, *_in_service(cast("Any", plan.output), {**common, "poll_interval": poll_interval}))
    return group


def _in_service(part: Any, common: Mapping[str, Any]) -> list[Any]:
    """The tasks after the plan; each key of ``part`` is an XCom of its own."""
    purchase = CreateSubscribe2018Operator(
        task_id="purchase",
        product=part["product"],
        pay_type=part["pay_type"],
        duration=part["duration"],
        auto_renew=part["auto_renew"],
        job_title=part["title"],
        existing_job_id=part["existing_subscribe_id"],
        region=part["region"],
        doc_md=SUBSCRIBE_DOCS["purchase"],
        **common,
    )

    def task(kind: Any, task_id: str, **kwargs: Any) -> Any:
        return kind(
            task_id=task_id,
            subscribe_id=purchase.output,
            region=part["region"],
            deadline=part["configured_deadline"],
            doc_md=SUBSCRIBE_DOCS[task_id],
            **common,
            **kwargs,
        )

    activate = task(ActivateSubscribe2018Operator, "activate", configuration=part)
    request_id = activate.output["async_request_id"]
    return [
        purchase,
        activate,
        task(SubscribeConfigured2018Sensor, "configured", configuration=part, async_request_id=request_id),
        task(ModifySubscribeObjects2018Operator, "objects", configuration=part),
        task(
            ModifySubscribeConsumeTime2018Operator,
            "consume_time",
            consume_start_time=part["consume_start_time"],
            wanted=part["consume_time_wanted"],
        ),
    ]


def unsubscribe(
    group_id: str | None = "unsubscribe",
    *,
    request: Mapping[str, Any] | None = None,
    tencentcloud_conn_id: str = DtsHook.default_conn_name,
    retries: int = 2,
    retry_delay: timedelta = timedelta(seconds=30),
    poll_interval: float | None = None,
    notifiers: Sequence[Any] = (),
) -> TaskGroup | None:
    """Build the tasks that end a subscription, and its bill.

    plan → isolate → offline. Any of its tasks may be cleared, killed or retried at any moment. ``offline`` does
    nothing unless it is asked for. A prepaid subscription cannot be isolated: it ends at its ExpireTime.

    :param group_id: id of the task group, which the task ids begin with; ``None``: the tasks stand in
        the DAG (or group) around them, under their plain ids.
    :param request: parameters by name, see :data:`tencent_dts.params.UNSUBSCRIBE`; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when a task is red.
    :returns: the task group, if there is one.
    """
    common = common_arguments(tencentcloud_conn_id, retries, retry_delay, notifiers)
    with nullcontext() if group_id is None else TaskGroup(group_id) as group:
        plan = PlanUnsubscriptionOperator(task_id="plan", request=request, doc_md=UNSUBSCRIBE_DOCS["plan"], **common)
        part = cast("Any", plan.output)
        job = {
            "subscribe_id": part["subscribe_id"],
            "region": part["region"],
            "deadline": part["isolate_deadline"],
            "poll_interval": poll_interval,
            **common,
        }
        chain(
            plan,
            IsolateSubscribe2018Operator(task_id="isolate", doc_md=UNSUBSCRIBE_DOCS["isolate"], **job),
            OfflineIsolatedSubscribe2018Operator(
                task_id="offline", wanted=part["offline"], doc_md=UNSUBSCRIBE_DOCS["offline"], **job
            ),
        )
    return group
