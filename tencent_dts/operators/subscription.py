"""Operators of the subscription area, API version 2018-03-30: one for each action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.subscription_2018 import states as table
from tencent_dts.kinds.subscription_2018.kind import PURCHASE
from tencent_dts.kinds.subscription_2018.plan import PAY_TYPES, activate_request, objects_request, order_request
from tencent_dts.sizes import Flag, Size, check_choice, is_true
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.instance import subscribed
from tencent_dts.tasks.gates.name import KeepsPrefix
from tencent_dts.tasks.jobs import ListJobsOperator
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.tasks.release import ReleaseOperator
from tencent_dts.tasks.subscription_tasks import RequestingOperator, RequestTask, SubscriptionTask
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.subscription_2018 import (
        ActivateSubscribeRequest,
        CreateSubscribeRequest,
        DescribeAsyncRequestInfoRequest,
        ModifySubscribeAutoRenewFlagRequest,
        ModifySubscribeConsumeTimeRequest,
        ModifySubscribeObjectsRequest,
        ModifySubscribeVipVportRequest,
    )


_MONTHS = 120
_PORTS = (1025, 65535)


class DtsCreateSubscribe2018Operator(PurchaseTask):
    """Buy a subscription, exactly once, and return its SubscribeId.

    However often the task is retried, cleared or killed, its run ends with one subscription: one bought before
    is found by its tags and adopted. One that was isolated or taken offline was ended on purpose: no other is
    bought in its place.

    :param product: database type of the instance that is subscribed to: ``mysql``.
    :param pay_type: ``postpaid`` (by the hour, until it is isolated) or ``prepaid`` (by the month, at purchase; it
        cannot be isolated).
    :param duration: months that are paid for, 1 to 120; for ``prepaid`` only.
    :param auto_renew: whether it is renewed at its ExpireTime; for ``prepaid`` only.

    API document: CreateSubscribe.
    """

    kind = PURCHASE
    adds_fields: ClassVar[tuple[str, ...]] = ("product", "pay_type", "duration", "auto_renew")
    auto_renew = Flag()
    duration = Size("months", 0, _MONTHS, whole=True, optional=True)

    def __init__(
        self,
        *,
        product: str | XComArg = "mysql",
        pay_type: str | XComArg = "postpaid",
        duration: int | str | XComArg = 0,
        auto_renew: bool | str | XComArg = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.product = rendered(product)
        self.pay_type = rendered(pay_type)
        self.duration = rendered(duration)
        self.auto_renew = rendered(auto_renew)

    def order(self) -> CreateSubscribeRequest:
        """Product and payment."""
        check_choice("pay_type", self.pay_type, PAY_TYPES)
        months, renew = int(type(self).duration.of(self)), is_true(self.auto_renew)
        prepaid = self.pay_type == "prepaid"
        if prepaid != bool(months):
            raise InvalidInput("duration", "pay_type prepaid needs it, pay_type postpaid has none", months)
        if renew and not prepaid:
            raise InvalidInput("auto_renew", "only pay_type prepaid is renewed", self.auto_renew)
        return order_request(
            {"product": self.product, "pay_type": self.pay_type, "duration": months, "auto_renew": renew}
        )


class DtsActivateSubscribe2018Operator(RequestingOperator):
    """Configure a subscription: bind it to a database instance, and choose the objects that it delivers.

    Returns the AsyncRequestId as soon as the request is accepted; to wait for its end, use
    :class:`~tencent_dts.sensors.subscription.DtsSubscribeConfigured2018Sensor`. Succeeds without a call where the
    subscription is bound to this instance already, and fails where it is bound to another one.

    API document: ActivateSubscribe.
    """

    operation = table.ACTIVATE

    def request(self) -> ActivateSubscribeRequest:
        """Instance, objects, subnet and port."""
        return activate_request(self.subscribe_id, subscribed(self.configuration))


class DtsModifySubscribeObjects2018Operator(RequestingOperator):
    """Change the objects of a configured subscription, and wait until it shows them.

    Succeeds without a call where the subscription shows them already. Fails where the request fails; cleared, the task
    orders another one.

    API document: ModifySubscribeObjects, DescribeAsyncRequestInfo.
    """

    operation = table.CHANGE_OBJECTS
    follows = True

    def request(self) -> ModifySubscribeObjectsRequest:
        """Type and objects."""
        return objects_request(self.subscribe_id, subscribed(self.configuration))


class DtsModifySubscribeConsumeTime2018Operator(SubscriptionTask, DtsOperator):
    """Change the time from which a configured subscription is consumed.

    Succeeds without a call where the subscription shows this time already.

    :param consume_start_time: as ``2026-12-31 02:00:00``, Beijing time, within the last 24 hours.

    API document: ModifySubscribeConsumeTime.
    """

    operation = table.CHANGE_CONSUME_TIME
    adds_fields: ClassVar[tuple[str, ...]] = ("consume_start_time",)

    def __init__(self, *, consume_start_time: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.consume_start_time = rendered(consume_start_time)

    def request(self) -> ModifySubscribeConsumeTimeRequest:
        """The new time."""
        if not self.consume_start_time:
            raise InvalidInput("consume_start_time", "give a time, as 2026-12-31 02:00:00 (Beijing time)")
        return {"SubscribeId": self.subscribe_id, "ConsumeStartTime": self.consume_start_time}


class DtsModifySubscribeVipVport2018Operator(SubscriptionTask, DtsOperator):
    """Change the address or the port at which a configured subscription is consumed.

    Succeeds without a call where the subscription shows them already.

    :param dst_ip: the new IPv4 address.
    :param dst_port: the new port, 1025 to 65535.
    :param dst_uniq_subnet_id: the subnet that the new address lies in.

    API document: ModifySubscribeVipVport.
    """

    operation = table.CHANGE_ADDRESS
    adds_fields: ClassVar[tuple[str, ...]] = ("dst_ip", "dst_port", "dst_uniq_subnet_id")
    dst_port = Size("a port", *_PORTS, whole=True, optional=True)

    def __init__(
        self,
        *,
        dst_ip: str | XComArg | None = None,
        dst_port: int | str | XComArg | None = None,
        dst_uniq_subnet_id: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dst_ip = rendered(dst_ip)
        self.dst_port = rendered(dst_port)
        self.dst_uniq_subnet_id = rendered(dst_uniq_subnet_id)

    def request(self) -> ModifySubscribeVipVportRequest:
        """What is given of address, port and subnet."""
        if not self.dst_ip and not self.dst_port:
            raise InvalidInput("dst_ip, dst_port", "give at least one of them")
        port = type(self).dst_port.of(self)
        request: ModifySubscribeVipVportRequest = {"SubscribeId": self.subscribe_id}
        if self.dst_ip:
            request["DstIp"] = self.dst_ip
        if self.dst_port:
            request["DstPort"] = int(port)
        if self.dst_uniq_subnet_id:
            request["DstUniqSubnetId"] = self.dst_uniq_subnet_id
        return request


class DtsModifySubscribeName2018Operator(SubscriptionTask, DtsOperator):
    """Rename a subscription; the hash at the beginning of its name is kept.

    :param job_name: the new readable part of the name; the whole has at most 60 characters.

    API document: ModifySubscribeName.
    """

    operation = table.RENAME
    gates = (KeepsPrefix(PURCHASE.longest),)
    adds_fields: ClassVar[tuple[str, ...]] = ("job_name",)

    def __init__(self, *, job_name: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_name = rendered(job_name)


class DtsModifySubscribeAutoRenewFlag2018Operator(SubscriptionTask, DtsOperator):
    """Switch the renewal of a prepaid subscription at its ExpireTime on or off.

    Succeeds without a call where the subscription shows this already. One that is paid by the hour is never renewed.

    :param auto_renew: true: it is renewed; false: it ends.

    API document: none; ModifySubscribeAutoRenewFlag is in the SDK only.
    """

    operation = table.RENEW
    adds_fields: ClassVar[tuple[str, ...]] = ("auto_renew",)
    auto_renew = Flag()

    def __init__(self, *, auto_renew: bool | str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.auto_renew = rendered(auto_renew)

    def request(self) -> ModifySubscribeAutoRenewFlagRequest:
        """Whether it is renewed, as the API writes it."""
        return {"SubscribeId": self.subscribe_id, "AutoRenewFlag": int(is_true(self.auto_renew))}


class DtsResetSubscribe2018Operator(SubscriptionTask, DtsOperator):
    """Unbind a subscription from its database instance. Its objects are lost; billing continues.

    API document: ResetSubscribe.
    """

    operation = table.RESET


class DtsIsolateSubscribe2018Operator(ReleaseOperator):
    """Isolate a subscription that is paid by the hour: it stops delivering, and its bill ends.

    Isolates surplus subscriptions of the same purchase, too. A prepaid subscription cannot be isolated: it ends at its
    ExpireTime. Isolation cannot be undone; an isolated subscription is deleted after 7 days.

    :param subscribe_id: SubscribeId, as ``subs-ieuwi83j2e``.

    API document: IsolateSubscribe.
    """

    operation = table.ISOLATE
    kind = PURCHASE
    identified_by = ("subscribe_id",)
    adds_fields: ClassVar[tuple[str, ...]] = identified_by

    def __init__(self, *, subscribe_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subscribe_id = rendered(subscribe_id)


class DtsOfflineIsolatedSubscribe2018Operator(SubscriptionTask, DtsOperator):
    """Take an isolated subscription offline, for good, without waiting for its deletion after 7 days.

    API document: OfflineIsolatedSubscribe.
    """

    operation = table.TAKE_OFFLINE


class DtsDescribeSubscribes2018Operator(ListJobsOperator):
    """List subscriptions.

    :param filters: request fields, as ``{"SubsStatus": ["configured"], "PayType": "0"}``. Without ``PayType`` the
        service lists only those that are paid by the hour.

    API document: DescribeSubscribes.
    """

    resource = table.SUBSCRIPTION
    action = "DescribeSubscribes"
    items = "Items"


class DtsDescribeSubscribeConf2018Operator(SubscriptionTask, DescribeOperator):
    """Return the configuration and the state of a subscription.

    API document: DescribeSubscribeConf.
    """

    action = "DescribeSubscribeConf"


class DtsDescribeAsyncRequestInfo2018Operator(RequestTask, DescribeOperator):
    """Return how an asynchronous request of a subscription stands.

    API document: DescribeAsyncRequestInfo.
    """

    action = "DescribeAsyncRequestInfo"

    def request(self) -> DescribeAsyncRequestInfoRequest:
        """The request's id; the service takes no other."""
        return {"AsyncRequestId": self.async_request_id}
