"""What the tasks about subscriptions share: ids, the activation, and asynchronous requests.

API document: DescribeSubscribeConf, DescribeAsyncRequestInfo, ActivateSubscribe, ModifySubscribeObjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import JobFailed
from tencent_dts.kinds.subscription_2018 import states as table
from tencent_dts.model.answers import Item
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.gates.gate import Call, Gate
from tencent_dts.tasks.gates.instance import OfThisInstance, refuse_foreign
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

REQUEST_ID = "AsyncRequestId"


class SubscriptionTask(DtsTask):
    """A task about one subscription.

    :param subscribe_id: SubscribeId, as ``subs-ieuwi83j2e``.
    """

    resource = table.SUBSCRIPTION
    identified_by = ("subscribe_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, subscribe_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)


class RequestTask(DtsTask):
    """A task about an asynchronous request of a subscription.

    :param subscribe_id: SubscribeId, as ``subs-ieuwi83j2e``.
    :param async_request_id: AsyncRequestId, as ActivateSubscribe and ModifySubscribeObjects answer it.
    """

    resource = table.ASYNC_REQUEST
    identified_by = ("subscribe_id", "async_request_id")
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, subscribe_id: str | XComArg, async_request_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)
        self.async_request_id = rendered(async_request_id)


async def request_status(client: DtsClient, request_id: str) -> tuple[str, str]:
    """Status and Info of an asynchronous request; empty where it is not known (any more)."""
    request = await read(client, table.ASYNC_REQUEST, {REQUEST_ID: request_id}) if request_id else None
    return table.REQUEST_STATUS.of(request or {}), str((request or {}).get("Info") or "")


@dataclass(frozen=True)
class KeepsRequest(Gate):
    """Keeps the id of the request that the task has ordered, for later legs and later tries."""

    async def look(self, call: Call) -> Watch | None:
        """Remember the request ordered before."""
        call.task.request_id = str(call.memory.get(REQUEST_ID) or "")
        return None

    def accepted(self, call: Call, answer: Item) -> None:
        """Keep the id of the request."""
        call.task.request_id = str(answer.get(REQUEST_ID) or "")
        call.memory.set(REQUEST_ID, call.task.request_id)


class RequestingOperator(DtsOperator):
    """Orders an asynchronous request that says what a subscription subscribes to.

    :param subscribe_id: SubscribeId, as ``subs-ieuwi83j2e``.
    :param configuration: the plan of the subscription, see
        :class:`tencent_dts.kinds.subscription_2018.plan.SubscriptionPlan`; of it ``instance_id``,
        ``subscribe_object_type`` (``instance``, ``data``, ``structure``, ``dataAndStructure``), ``objects``,
        ``uniq_subnet_id`` and ``vport`` are looked at, and all but the first may be left out.
    """

    identified_by = ("subscribe_id",)
    adds_fields: ClassVar[tuple[str, ...]] = ("subscribe_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    gates = (OfThisInstance(), KeepsRequest())
    follows: ClassVar[bool] = False  # whether it waits for the end of the request, which SubsStatus does not show
    request_id = ""

    def __init__(
        self, *, subscribe_id: str | XComArg, configuration: Mapping[str, Any] | XComArg, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)
        self.configuration = rendered(configuration)

    def result(self, item: Item | None) -> Any:
        """Ids and state; AsyncRequestId is empty where the answer that told it was lost."""
        refuse_foreign(self, item)
        return {**super().result(item), REQUEST_ID: self.request_id}

    def finish(self, context: Context, account: ClientSettings, result: Any) -> Any:
        """Push the id as an XCom of its own, ``async_request_id``, for the sensor that follows the request."""
        context["ti"].xcom_push(key="async_request_id", value=self.request_id)
        return super().finish(context, account, result)

    def watch(self, *, called: bool) -> Watch:
        """What waits for the end of the request."""
        return Watch({**self.ids(), REQUEST_ID: self.request_id}, goal=table.REQUEST_SUCCEEDED.name, called=called)

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> Any:
        """Wait for the change ordered before; order one where the objects are others; then wait for that."""
        if not self.follows:
            return await super().act(client, memory, event)
        self.request_id = str(memory.get(REQUEST_ID) or "")
        if (first := await self._follow(client, called=bool(event.get("called")))) is not None:
            return first
        result = await super().act(client, memory, event)
        if isinstance(result, Watch) and result.called:
            return await self._follow(client, called=True) or result
        return result

    async def _follow(self, client: DtsClient, *, called: bool) -> Any:
        """Wait for the request while it runs; ``None`` once it has ended well, or where it is not known.

        :param called: this try has ordered it, so that its failure is this try's.
        """
        status, info = await request_status(client, self.request_id)
        if status and status not in table.REQUEST_ENDED:
            if self.wait == "no":
                return self.result(await read(client, self.resource, self.ids()))
            return self.watch(called=True)
        if called and status in table.REQUEST_FAILED:
            raise JobFailed(
                "The objects of the subscription were not changed: the request failed",
                job_id=f"{self.subscribe_id}/{self.request_id}",
                state=state_of(self.resource, await read(client, self.resource, self.ids())),
                cause=info or None,
                next_step="Fix the cause, then clear this task.",
            )
        return None
