"""Wire shapes of API 2018-03-30: migration, its data types; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common_2018


class ConsistencyParams(TypedDict):
    """Data type ConsistencyParams, API 2018-03-30."""

    SelectRowsPerTable: int
    TablesSelectAll: int
    TablesSelectCount: int


class DstInfo(TypedDict):
    """Data type DstInfo, API 2018-03-30."""

    Region: str
    InstanceId: NotRequired[str]
    Ip: NotRequired[str]
    Port: NotRequired[int]
    ReadOnly: NotRequired[int]
    User: NotRequired[str]
    Password: NotRequired[str]


class ErrorInfo(TypedDict):
    """Data type ErrorInfo, API 2018-03-30."""

    ErrorLog: NotRequired[str | None]
    HelpDoc: NotRequired[str | None]


class MigrateDetailInfo(TypedDict):
    """Data type MigrateDetailInfo, API 2018-03-30."""

    StepAll: NotRequired[int | None]
    StepNow: NotRequired[int | None]
    Progress: NotRequired[str | None]
    CurrentStepProgress: NotRequired[str | None]
    MasterSlaveDistance: NotRequired[int | None]
    SecondsBehindMaster: NotRequired[int | None]
    StepInfo: NotRequired[list[MigrateStepDetailInfo] | None]


class MigrateJobInfo(TypedDict):
    """Data type MigrateJobInfo, API 2018-03-30."""

    JobId: str
    JobName: NotRequired[str | None]
    MigrateOption: NotRequired[MigrateOption | None]
    SrcDatabaseType: NotRequired[str | None]
    SrcAccessType: NotRequired[str | None]
    SrcInfo: NotRequired[SrcInfo | None]
    DstDatabaseType: NotRequired[str | None]
    DstAccessType: NotRequired[str | None]
    DstInfo: NotRequired[DstInfo | None]
    DatabaseInfo: NotRequired[str | None]
    CreateTime: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    EndTime: NotRequired[str | None]
    Status: NotRequired[int | None]
    Detail: NotRequired[MigrateDetailInfo | None]
    ErrorInfo: NotRequired[list[ErrorInfo] | None]
    Tags: NotRequired[list[common_2018.TagItem] | None]
    SrcInfoMulti: NotRequired[list[SrcInfo] | None]


class MigrateOption(TypedDict):
    """Data type MigrateOption, API 2018-03-30."""

    RunMode: int
    ExpectTime: NotRequired[str]
    MigrateType: NotRequired[int]
    MigrateObject: NotRequired[int]
    ConsistencyType: NotRequired[int]
    IsOverrideRoot: NotRequired[int]
    ExternParams: NotRequired[str]
    ConsistencyParams: NotRequired[ConsistencyParams]


class MigrateStepDetailInfo(TypedDict):
    """Data type MigrateStepDetailInfo, API 2018-03-30."""

    StepNo: NotRequired[int | None]
    StepName: NotRequired[str | None]
    StepId: NotRequired[str | None]
    Status: NotRequired[int | None]
    StartTime: NotRequired[str | None]


class SrcInfo(TypedDict):
    """Data type SrcInfo, API 2018-03-30."""

    AccessKey: NotRequired[str]
    Ip: NotRequired[str]
    Port: NotRequired[int]
    User: NotRequired[str]
    Password: NotRequired[str]
    RdsInstanceId: NotRequired[str]
    CvmInstanceId: NotRequired[str]
    UniqDcgId: NotRequired[str]
    VpcId: NotRequired[str]
    SubnetId: NotRequired[str]
    UniqVpnGwId: NotRequired[str]
    InstanceId: NotRequired[str]
    Region: NotRequired[str]
    Supplier: NotRequired[str]
    CcnId: NotRequired[str]
    EngineVersion: NotRequired[str]
