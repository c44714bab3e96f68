"""Wire shapes of API 2018-03-30: subscription, its data types; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common_2018


class SubsErr(TypedDict):
    """Data type SubsErr, API 2018-03-30."""

    Message: NotRequired[str | None]


class SubscribeInfo(TypedDict):
    """Data type SubscribeInfo, API 2018-03-30."""

    SubscribeId: str
    SubscribeName: NotRequired[str | None]
    ChannelId: NotRequired[str | None]
    Product: NotRequired[str | None]
    InstanceId: NotRequired[str | None]
    InstanceStatus: NotRequired[str | None]
    SubsStatus: NotRequired[str | None]
    ModifyTime: NotRequired[str | None]
    CreateTime: NotRequired[str | None]
    IsolateTime: NotRequired[str | None]
    ExpireTime: NotRequired[str | None]
    OfflineTime: NotRequired[str | None]
    ConsumeStartTime: NotRequired[str | None]
    AutoRenewFlag: NotRequired[int | None]
    Region: NotRequired[str | None]
    PayType: NotRequired[int | None]
    Vip: NotRequired[str | None]
    Vport: NotRequired[int | None]
    UniqVpcId: NotRequired[str | None]
    UniqSubnetId: NotRequired[str | None]
    Status: NotRequired[str | None]
    SdkConsumedTime: NotRequired[str | None]
    Tags: NotRequired[list[common_2018.TagItem] | None]
    SubscribeVersion: NotRequired[str | None]


class SubscribeObject(TypedDict):
    """Data type SubscribeObject, API 2018-03-30."""

    ObjectsType: int
    DatabaseName: str
    TableNames: NotRequired[list[str]]
