"""Wire shapes of API 2018-03-30: subscription, its requests and answers; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common_2018, subscription_types_2018


class ActivateSubscribeAnswer(TypedDict):
    """Answer of ActivateSubscribe, API 2018-03-30."""

    AsyncRequestId: str


class ActivateSubscribeRequest(TypedDict):
    """Request of ActivateSubscribe, API 2018-03-30."""

    SubscribeId: str
    InstanceId: str
    SubscribeObjectType: int
    Objects: NotRequired[subscription_types_2018.SubscribeObject]
    UniqSubnetId: NotRequired[str]
    Vport: NotRequired[int]


class CreateSubscribeAnswer(TypedDict):
    """Answer of CreateSubscribe, API 2018-03-30."""

    SubscribeIds: list[str]


class CreateSubscribeRequest(TypedDict):
    """Request of CreateSubscribe, API 2018-03-30."""

    Product: str
    PayType: int
    Duration: NotRequired[int]
    Count: NotRequired[int]
    AutoRenew: NotRequired[int]
    Tags: NotRequired[list[common_2018.TagItem]]
    Name: NotRequired[str]


class DescribeAsyncRequestInfoAnswer(TypedDict):
    """Answer of DescribeAsyncRequestInfo, API 2018-03-30."""

    Info: NotRequired[str | None]
    Status: str


class DescribeAsyncRequestInfoRequest(TypedDict):
    """Request of DescribeAsyncRequestInfo, API 2018-03-30."""

    AsyncRequestId: str


class DescribeSubscribeConfAnswer(TypedDict):
    """Answer of DescribeSubscribeConf, API 2018-03-30."""

    SubscribeId: str
    SubscribeName: NotRequired[str | None]
    ChannelId: NotRequired[str | None]
    Product: NotRequired[str | None]
    InstanceId: NotRequired[str | None]
    InstanceStatus: NotRequired[str | None]
    SubsStatus: NotRequired[str | None]
    Status: str
    CreateTime: NotRequired[str | None]
    IsolateTime: NotRequired[str | None]
    ExpireTime: NotRequired[str | None]
    OfflineTime: NotRequired[str | None]
    ConsumeStartTime: NotRequired[str | None]
    PayType: NotRequired[int | None]
    Vip: NotRequired[str | None]
    Vport: NotRequired[int | None]
    UniqVpcId: NotRequired[str | None]
    UniqSubnetId: NotRequired[str | None]
    SdkConsumedTime: NotRequired[str | None]
    SdkHost: NotRequired[str | None]
    SubscribeObjectType: NotRequired[int | None]
    SubscribeObjects: NotRequired[list[subscription_types_2018.SubscribeObject] | None]
    ModifyTime: NotRequired[str | None]
    Region: NotRequired[str | None]
    Tags: NotRequired[list[common_2018.TagItem] | None]
    AutoRenewFlag: NotRequired[int | None]
    SubscribeVersion: NotRequired[str | None]
    Errors: NotRequired[list[subscription_types_2018.SubsErr] | None]


class DescribeSubscribeConfRequest(TypedDict):
    """Request of DescribeSubscribeConf, API 2018-03-30."""

    SubscribeId: str


class DescribeSubscribesAnswer(TypedDict):
    """Answer of DescribeSubscribes, API 2018-03-30."""

    TotalCount: int
    Items: NotRequired[list[subscription_types_2018.SubscribeInfo] | None]


class DescribeSubscribesRequest(TypedDict):
    """Request of DescribeSubscribes, API 2018-03-30."""

    SubscribeId: NotRequired[str]
    SubscribeName: NotRequired[str]
    InstanceId: NotRequired[str]
    ChannelId: NotRequired[str]
    PayType: NotRequired[str]
    Product: NotRequired[str]
    Status: NotRequired[list[str]]
    SubsStatus: NotRequired[list[str]]
    Offset: NotRequired[int]
    Limit: NotRequired[int]
    OrderDirection: NotRequired[str]
    TagFilters: NotRequired[list[common_2018.TagFilter]]
    SubscribeVersion: NotRequired[str]


class IsolateSubscribeRequest(TypedDict):
    """Request of IsolateSubscribe, API 2018-03-30."""

    SubscribeId: str


class ModifySubscribeAutoRenewFlagRequest(TypedDict):
    """Request of ModifySubscribeAutoRenewFlag, API 2018-03-30."""

    SubscribeId: str
    AutoRenewFlag: int


class ModifySubscribeConsumeTimeRequest(TypedDict):
    """Request of ModifySubscribeConsumeTime, API 2018-03-30."""

    SubscribeId: str
    ConsumeStartTime: str


class ModifySubscribeNameRequest(TypedDict):
    """Request of ModifySubscribeName, API 2018-03-30."""

    SubscribeId: str
    SubscribeName: str


class ModifySubscribeObjectsAnswer(TypedDict):
    """Answer of ModifySubscribeObjects, API 2018-03-30."""

    AsyncRequestId: str


class ModifySubscribeObjectsRequest(TypedDict):
    """Request of ModifySubscribeObjects, API 2018-03-30."""

    SubscribeId: str
    SubscribeObjectType: int
    Objects: NotRequired[list[subscription_types_2018.SubscribeObject]]


class ModifySubscribeVipVportRequest(TypedDict):
    """Request of ModifySubscribeVipVport, API 2018-03-30."""

    SubscribeId: str
    DstUniqSubnetId: NotRequired[str]
    DstIp: NotRequired[str]
    DstPort: NotRequired[int]


class OfflineIsolatedSubscribeRequest(TypedDict):
    """Request of OfflineIsolatedSubscribe, API 2018-03-30."""

    SubscribeId: str


class ResetSubscribeRequest(TypedDict):
    """Request of ResetSubscribe, API 2018-03-30."""

    SubscribeId: str
