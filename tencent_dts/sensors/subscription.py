"""Sensors of the subscription area, API version 2018-03-30."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import converge, read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.engine.wording import cause_of, shown_ids, shown_state, state_of, when_gone
from tencent_dts.errors import JobFailed, Permanent
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.subscription_2018 import states as table
from tencent_dts.kinds.subscription_2018.plan import activate_request
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.instance import foreign, subscribed
from tencent_dts.tasks.sensor import DtsSensor
from tencent_dts.tasks.subscription_tasks import (
    REQUEST_ID,
    RequestTask,
    SubscriptionTask,
    request_status,
)
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.spec.shapes.subscription_2018 import ActivateSubscribeRequest

_FAILED_REQUESTS = "failed_requests"


class DtsAsyncRequest2018Sensor(RequestTask, DtsSensor):
    """Wait until an asynchronous request of a subscription has succeeded; fail with its Info where it has failed.

    API document: DescribeAsyncRequestInfo.
    """

    goal = table.REQUEST_SUCCEEDED

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """What the service says of the failure."""
        return JobFailed(
            "The request of the subscription failed" if item is not None else "The request is gone, or never was",
            job_id=shown_ids(self.ids()),
            state=state_of(self.resource, item),
            cause=str((item or {}).get("Info") or "") or None,
            next_step="Fix the cause, then clear the task that ordered the request, with its downstream: it orders "
            "another. A request that has failed never succeeds.",
        )


class DtsSubscribeConfigured2018Sensor(SubscriptionTask, DtsSensor):
    """Wait until a subscription is configured for the instance asked for.

    It follows the request that configures the subscription, where that is known, and fails as soon as the request has
    failed, with its Info. Cleared afterwards, it orders ActivateSubscribe again. It fails, too, where the subscription
    is not being configured, is bound to another instance, or was isolated.

    :param configuration: the plan of the subscription, see
        :class:`tencent_dts.kinds.subscription_2018.plan.SubscriptionPlan`; of it ``instance_id``,
        ``subscribe_object_type`` (``instance``, ``data``, ``structure``, ``dataAndStructure``), ``objects``,
        ``uniq_subnet_id`` and ``vport`` are looked at, and all but the first may be left out.
    :param async_request_id: AsyncRequestId that ActivateSubscribe was answered; empty where it is not known.

    API document: DescribeSubscribeConf, DescribeAsyncRequestInfo, ActivateSubscribe.
    """

    on_clear = "orders ActivateSubscribe again where its request has failed, and waits again"
    goal = table.CONFIGURED
    adds_fields: ClassVar[tuple[str, ...]] = ("configuration", "async_request_id")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(
        self,
        *,
        configuration: AnyPlan | XComArg,
        async_request_id: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.configuration = rendered(configuration)
        self.async_request_id = rendered(async_request_id)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Remember what was ordered and reported before."""
        super().prepare(context, account)
        self._memory = self.memory_of(context)

    def _activation(self) -> ActivateSubscribeRequest:
        """The ActivateSubscribe request."""
        return activate_request(self.subscribe_id, subscribed(self.configuration))

    def _request_id(self) -> str:
        """The latest request that is not known to have failed; "" where there is none."""
        failed = self._memory.get(_FAILED_REQUESTS) or []
        known = (self._memory.get(REQUEST_ID), self.async_request_id)
        return next((str(request_id) for request_id in known if request_id and request_id not in failed), "")

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """Judge the subscription and, while it is waited for, the request that configures it."""
        result = await super().act(client, memory, event)
        if not isinstance(result, Watch) or not (request_id := self._request_id()):
            return result
        status, _ = await request_status(client, request_id)
        if status in table.REQUEST_FAILED:
            raise memory.report(await self.failure(client, await read(client, self.resource, self.ids())))
        if status and status not in table.REQUEST_ENDED:
            return Watch({**self.ids(), REQUEST_ID: request_id}, goal=table.REQUEST_SUCCEEDED.name)
        return result

    async def fix(self, client: DtsClient, memory: Memory, item: Item | None) -> bool:
        """Nothing need be done while the request runs: the subscription shows its effect later."""
        if item is None or table.SUBSCRIPTION.is_released(item):
            return False
        status, _ = await request_status(client, self._request_id())
        return bool(status) and status not in table.REQUEST_ENDED

    async def rearm(self, client: DtsClient, memory: Memory, item: Item | None) -> None:
        """Order ActivateSubscribe, unless the subscription is being configured, or is, already."""
        outcome = await converge(client, table.ACTIVATE, self.ids(), self._activation())
        if outcome.called:
            self.log.info("cleared after a failure: ActivateSubscribe was ordered again")
        if outcome.answer is not None:
            memory.set(REQUEST_ID, outcome.answer.get(REQUEST_ID))

    async def failure(self, client: DtsClient, item: Item | None) -> Permanent:
        """What the request says; from now on that request counts as failed, and is not followed."""
        request_id = self._request_id()
        status, info = await request_status(client, request_id)
        if request_id:
            failed = self._memory.get(_FAILED_REQUESTS) or []
            self._memory.set(_FAILED_REQUESTS, [*failed, request_id])
        ended = item is None or table.SUBSCRIPTION.is_released(item)
        what = "The subscription has ended" if ended else "The subscription was not configured"
        again = "Fix the cause, then clear this task with its downstream."
        over = "It cannot be taken out of isolation. If another is wanted, trigger a new run."
        return JobFailed(
            f"{what}: its request failed" if status in table.REQUEST_FAILED and not ended else what,
            job_id=self.subscribe_id,
            state=await shown_state(client, self.resource, self.ids(), item),
            cause=(info if status in table.REQUEST_FAILED else "") or cause_of(item),
            next_step=when_gone(self.resource) if item is None else over if ended else again,
        )

    async def result(self, client: DtsClient, memory: Memory, item: Item) -> Any:
        """The state, and the instance, which is asserted here: one that is not reported is not the one asked for."""
        if item.get("InstanceId") != self._activation()["InstanceId"]:
            what, next_step = foreign(self, item)
            state = state_of(self.resource, item)
            raise memory.report(JobFailed(what, job_id=self.subscribe_id, state=state, next_step=next_step))
        return {**await super().result(client, memory, item), "InstanceId": item["InstanceId"]}


class DtsSubscribeIsolated2018Sensor(SubscriptionTask, DtsSensor):
    """Wait until a subscription is isolated, so that its bill has ended.

    One that is offline counts as isolated, and so does one that is gone and whose end was seen.

    API document: DescribeSubscribeConf.
    """

    goal = table.SUBSCRIPTION_ISOLATED
    orders = ((table.ISOLATE, "isolate"),)
