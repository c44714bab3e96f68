"""How each area of the API writes an endpoint down: what a node needs by access type, and the fields that it comes to.

API document: data types DBEndpointInfo and DBInfo, Endpoint and SyncDBEndpointInfos (version 2021-12-06),
SrcInfo and DstInfo (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NotRequired, TypedDict, TypeVar

from tencent_dts.spec import VERSION_2018, VERSION_2021

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import DBInfo
    from tencent_dts.spec.shapes.migration_types_2018 import DstInfo, SrcInfo
    from tencent_dts.spec.shapes.sync_types import Endpoint, SyncDBEndpointInfos

Node = TypeVar("Node")
"""The data type of one node, as an area writes it."""


@dataclass(frozen=True)
class Shape(Generic[Node]):
    """How one area of the API writes a database down.

    :param version: the API version.
    :param node: the data type of one node.
    :param required: the access types, and the fields of the node that each needs.
    :param around: the data type around the nodes, which takes some facts itself; empty where there is none.
    :param of_type: the fields that a database type needs as well.
    """

    version: str
    node: str
    required: Mapping[str, tuple[str, ...]]
    around: str = ""
    of_type: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_ROUTE = ("VpcId", "SubnetId")
MIGRATION: Shape[DBInfo] = Shape(
    VERSION_2021,
    "DBInfo",
    {
        "cdb": ("InstanceId",),
        "extranet": ("Host", "Port"),
        "ipv6": ("Host", "Port"),
        "cvm": ("CvmInstanceId", "Port"),
        "dcg": ("UniqDcgId", *_ROUTE, "Host", "Port"),
        "vpncloud": ("UniqVpnGwId", *_ROUTE, "Host", "Port"),
        "ccn": ("CcnGwId", *_ROUTE, "Host", "Port", "DatabaseNetEnv"),
        "vpc": (*_ROUTE, "Host", "Port"),
        "intranet": ("Host", "Port"),
    },
    around="DBEndpointInfo",
)
_SYNC_ACCESS: dict[str, tuple[str, ...]] = {
    "cdb": ("InstanceId",),
    "extranet": ("Ip", "Port"),
    "cvm": ("CvmInstanceId", "Ip", "Port"),
    "dcg": ("UniqDcgId", *_ROUTE, "Ip", "Port"),
    "vpncloud": ("UniqVpnGwId", *_ROUTE, "Ip", "Port"),
    "ccn": ("CcnId", "Ip", "Port", "DatabaseNetEnv"),
    "vpc": (*_ROUTE, "Ip", "Port"),
    "intranet": ("Ip", "Port"),
}
_SYNC_TYPES = {"cdwpg": ("DbName",), "tdsqlmysql": ("Role",)}
SYNC_SOURCE: Shape[Endpoint] = Shape(VERSION_2021, "Endpoint", _SYNC_ACCESS, of_type=_SYNC_TYPES)
SYNC_TARGET: Shape[Endpoint] = Shape(
    VERSION_2021, "Endpoint", {**_SYNC_ACCESS, "ckafka": ("InstanceId",)}, of_type=_SYNC_TYPES
)
SOURCE_2018: Shape[SrcInfo] = Shape(
    VERSION_2018,
    "SrcInfo",
    {
        "cdb": ("InstanceId",),
        "extranet": ("Ip", "Port"),
        "cvm": ("CvmInstanceId", "Port"),
        "dcg": ("UniqDcgId", *_ROUTE, "Ip", "Port"),
        "vpncloud": ("UniqVpnGwId", *_ROUTE, "Ip", "Port"),
        "ccn": ("CcnId", *_ROUTE, "Ip", "Port"),
    },
)
TARGET_2018: Shape[DstInfo] = Shape(VERSION_2018, "DstInfo", {"cdb": ("InstanceId",)})


class SyncSource(TypedDict):
    """The fields of ConfigureSyncJob for the source."""

    SrcAccessType: str
    SrcNodeType: str
    SrcConnectType: NotRequired[str]
    SrcInfo: NotRequired[Endpoint]
    SrcInfos: NotRequired[SyncDBEndpointInfos]


class SyncTarget(TypedDict):
    """The fields of ConfigureSyncJob for the target."""

    DstAccessType: str
    DstNodeType: str
    DstInfo: NotRequired[Endpoint]
    DstInfos: NotRequired[SyncDBEndpointInfos]


class Source2018(TypedDict):
    """The fields of CreateMigrateJob and ModifyMigrateJob, 2018-03-30, for the source."""

    SrcAccessType: str
    SrcInfo: SrcInfo
    SrcNodeType: str
    SrcInfoMulti: NotRequired[list[SrcInfo]]


class Target2018(TypedDict):
    """The fields of CreateMigrateJob and ModifyMigrateJob, 2018-03-30, for the target."""

    DstAccessType: str
    DstInfo: DstInfo
