"""What the tasks about subscriptions share: ids, the activation, and asynchronous requests.

API document: DescribeSubscribeConf, DescribeAsyncRequestInfo, ActivateSubscribe, ModifySubscribeObjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import JobFailed
from tencent_dts.kinds.planning import AnyPlan
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


def _ordered(memory: Memory) -> str:
    """The id of the request that a task has ordered; "" where it is not known."""
    return str(memory.get(REQUEST_ID) or "")


async def request_status(client: DtsClient, request_id: str) -> tuple[str, str]:
    """Status and Info of an asynchronous request; empty where it is not known (any more)."""
    request = await read(client, table.ASYNC_REQUEST, {REQUEST_ID: request_id}) if request_id else None
    return table.REQUEST_STATUS.of(request or {}), str((request or {}).get("Info") or "")


@dataclass(frozen=True)
class KeepsRequest(Gate):
    """Remembers the id of the request that the task has ordered, for later legs and later tries."""

    def accepted(self, call: Call, answer: Item) -> None:
        """Remember the id of the request."""
        call.memory.set(REQUEST_ID, str(answer.get(REQUEST_ID) or ""))


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

    def __init__(self, *, subscribe_id: str | XComArg, configuration: AnyPlan | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)
        self.configuration = rendered(configuration)

    def finish(self, context: Context, account: ClientSettings, result: Any) -> object:
        """Add AsyncRequestId, which is empty where the answer that held it was lost.

        It is an XCom of its own, too, ``async_request_id``, for the sensor that follows the request.
        """
        request_id = _ordered(self.memory_of(context))
        context["ti"].xcom_push(key="async_request_id", value=request_id)
        return super().finish(context, account, {**result, REQUEST_ID: request_id})

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """Wait for the change ordered before; order one where the objects are others; then wait for that."""
        if not self.follows:
            return await super().act(client, memory, event)
        if (first := await self._follow(client, memory, called=bool(event.get("called")))) is not None:
            return first
        result = await super().act(client, memory, event)
        if isinstance(result, Watch) and result.called:
            return await self._follow(client, memory, called=True) or result
        return result

    async def _follow(self, client: DtsClient, memory: Memory, *, called: bool) -> object:
        """Wait for the request while it runs; ``None`` once it has ended well, or where it is not known.

        :param called: this try has ordered it, so that its failure is this try's.
        """
        request_id = _ordered(memory)
        status, info = await request_status(client, request_id)
        if status and status not in table.REQUEST_ENDED:
            if self.wait == "no":
                item = await read(client, self.resource, self.ids())
                refuse_foreign(self, item)  # no gate has looked at it yet
                return self.result(item)
            return Watch({**self.ids(), REQUEST_ID: request_id}, goal=table.REQUEST_SUCCEEDED.name, called=True)
        if called and status in table.REQUEST_FAILED:
            raise JobFailed(
                "The objects of the subscription were not changed: the request failed",
                job_id=f"{self.subscribe_id}/{request_id}",
                state=state_of(self.resource, await read(client, self.resource, self.ids())),
                cause=info or None,
                next_step="Fix the cause, then clear this task.",
            )
        return None
