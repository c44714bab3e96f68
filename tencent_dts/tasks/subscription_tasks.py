"""What the tasks about subscriptions share: ids, the activation, and asynchronous requests.

API document: DescribeSubscribeConf, DescribeAsyncRequestInfo, ActivateSubscribe, ModifySubscribeObjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import Impossible, InvalidInput, JobFailed
from tencent_dts.kinds.subscription_2018 import states as table
from tencent_dts.kinds.subscription_2018.plan import OBJECT_TYPES, activate_request, objects_request
from tencent_dts.model.answers import Item
from tencent_dts.tasks.base import DtsOperator, DtsTask
from tencent_dts.tasks.given import given_id
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

REQUEST_ID = "AsyncRequestId"
_UNSAID: dict[str, Any] = {"subscribe_object_type": "instance", "objects": [], "uniq_subnet_id": "", "vport": 0}


class SubscriptionTask(DtsTask):
    """A task about one subscription.

    :param subscribe_id: SubscribeId, as ``subs-ieuwi83j2e``.
    """

    resource = table.SUBSCRIPTION
    adds_fields: ClassVar[tuple[str, ...]] = ("subscribe_id",)

    def __init__(self, *, subscribe_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)

    def ids(self) -> dict[str, str]:
        """The SubscribeId."""
        return {"SubscribeId": given_id(self, "subscribe_id", "give the SubscribeId of a subscription")}


class SubscriptionOperator(SubscriptionTask, DtsOperator):
    """Base of the operators that change one subscription."""


class RequestTask(SubscriptionTask):
    """A task about an asynchronous request of a subscription.

    :param async_request_id: AsyncRequestId, as ActivateSubscribe and ModifySubscribeObjects answer it.
    """

    resource = table.ASYNC_REQUEST
    adds_fields: ClassVar[tuple[str, ...]] = ("async_request_id",)

    def __init__(self, *, async_request_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.async_request_id = rendered(async_request_id)

    def ids(self) -> dict[str, str]:
        """The SubscribeId, and the AsyncRequestId."""
        request_id = "give the AsyncRequestId of a request"
        return {**super().ids(), REQUEST_ID: given_id(self, "async_request_id", request_id)}


class SubscribedTask(SubscriptionTask):
    """A task that says, or may say, what a subscription subscribes to.

    :param configuration: the plan of the subscription, see
        :class:`tencent_dts.kinds.subscription_2018.plan.SubscriptionPlan`; of it ``instance_id``,
        ``subscribe_object_type`` (``instance``, ``data``, ``structure``, ``dataAndStructure``), ``objects``,
        ``uniq_subnet_id`` and ``vport`` are looked at, and all but the first may be left out.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("configuration",)
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init__(self, *, configuration: Mapping[str, Any] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = rendered(configuration)

    def activation(self) -> dict[str, Any]:
        """The ActivateSubscribe request."""
        return activate_request(self.subscribe_id, self._subscribed())

    def selection(self) -> dict[str, Any]:
        """The ModifySubscribeObjects request."""
        return objects_request(self.subscribe_id, self._subscribed())

    def _subscribed(self) -> dict[str, Any]:
        asked = {**_UNSAID, **self.configuration}
        if not asked.get("instance_id"):
            raise InvalidInput("configuration, instance_id", "give the id of the database instance, as cdb-9dijwkkw")
        if (kind := asked["subscribe_object_type"]) not in OBJECT_TYPES:
            raise InvalidInput("configuration, subscribe_object_type", f"allowed: {', '.join(OBJECT_TYPES)}", kind)
        return asked

    def is_foreign(self, item: Item | None) -> bool:
        """Whether the subscription is bound to another instance than the one asked for."""
        bound = str((item or {}).get("InstanceId") or "")
        return table.SUBS_STATUS.of(item or {}) in table.BOUND and bound not in ("", self._subscribed()["instance_id"])

    def foreign(self, item: Item) -> tuple[str, str]:
        """What is wrong with a subscription that is bound to another instance, and what to do."""
        asked = self._subscribed()["instance_id"]
        return (
            f"The subscription is configured for another instance: {item.get('InstanceId') or 'not told'}, not {asked}",
            "If it is to be bound to another instance, order ResetSubscribe (what is subscribed to now is let go), "
            "then clear this task.",
        )


async def request_status(client: DtsClient, request_id: str) -> tuple[str, str]:
    """Status and Info of an asynchronous request; empty where it is not known (any more)."""
    request = await read(client, table.ASYNC_REQUEST, {REQUEST_ID: request_id}) if request_id else None
    return table.REQUEST_STATUS.of(request or {}), str((request or {}).get("Info") or "")


class RequestingOperator(SubscriptionOperator):
    """Orders an asynchronous request, and keeps its id for later legs, later tries and later tasks."""

    _request_id = ""

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Remember the request ordered before."""
        self._request_id = str(memory.get(REQUEST_ID) or "")
        return await super().gate(client, memory)

    def accepted(self, memory: Memory, answer: Item) -> None:
        """Keep the id of the request."""
        self._request_id = str(answer.get(REQUEST_ID) or "")
        memory.set(REQUEST_ID, self._request_id)

    def result(self, item: Item | None) -> Any:
        """Ids and state; AsyncRequestId is empty where the answer that told it was lost."""
        return {**super().result(item), REQUEST_ID: self._request_id}

    def finish(self, context: Context, account: ClientSettings, result: Any) -> Any:
        """Push the id as an XCom of its own, ``async_request_id``, for the sensor that follows the request."""
        context["ti"].xcom_push(key="async_request_id", value=self._request_id)
        return super().finish(context, account, result)

    def watch(self, *, called: bool) -> Watch:
        """What waits for the end of the request."""
        return Watch({**self.ids(), REQUEST_ID: self._request_id}, goal=table.REQUEST_SUCCEEDED.name, called=called)


class InstanceGate(SubscribedTask, RequestingOperator):
    """Refuses a subscription that is bound to another instance: that is neither done nor ours to change."""

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Look at the instance that it is bound to."""
        item = await read(client, self.resource, self.ids())
        self._refuse_foreign(item)
        return await super().gate(client, memory)

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """The same, right before it is sent."""
        self._refuse_foreign(item)
        return super().admit(memory, item)

    def result(self, item: Item | None) -> Any:
        """The same, once it is configured."""
        self._refuse_foreign(item)
        return super().result(item)

    def _refuse_foreign(self, item: Item | None) -> None:
        if item is not None and self.is_foreign(item):
            what, next_step = self.foreign(item)
            state = state_of(self.resource, item)
            raise Impossible(what, job_id=self.subscribe_id, state=state, next_step=next_step)


class ChangeGate(InstanceGate):
    """Waits for the end of a change of objects: SubsStatus does not show that one runs."""

    def request(self) -> dict[str, Any]:
        """Type and objects."""
        return self.selection()

    async def act(self, client: DtsClient, memory: Memory, event: Mapping[str, Any]) -> Any:
        """Wait for the change ordered before; order one where the objects are others; then wait for that."""
        self._request_id = str(memory.get(REQUEST_ID) or "")
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
        status, info = await request_status(client, self._request_id)
        if status and status not in table.REQUEST_ENDED:
            if self.wait == "no":
                return self.result(await read(client, self.resource, self.ids()))
            return self.watch(called=True)
        if called and status in table.REQUEST_FAILED:
            raise JobFailed(
                "The objects of the subscription were not changed: the request failed",
                job_id=f"{self.subscribe_id}/{self._request_id}",
                state=state_of(self.resource, await read(client, self.resource, self.ids())),
                cause=info or None,
                next_step="Fix the cause, then clear this task.",
            )
        return None
