"""Wire shapes of API 2021-12-06: sync, its data types; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common


class Column(TypedDict):
    """Data type Column, API 2021-12-06."""

    ColumnName: NotRequired[str]
    NewColumnName: NotRequired[str]


class ConflictHandleOption(TypedDict):
    """Data type ConflictHandleOption, API 2021-12-06."""

    ConditionColumn: NotRequired[str]
    ConditionOperator: NotRequired[str]
    ConditionOrderInSrcAndDst: NotRequired[str]


class DBOpFilter(TypedDict):
    """Data type DBOpFilter, API 2021-12-06."""

    DbName: NotRequired[str]
    OpFilter: NotRequired[OpFilter]
    Tables: NotRequired[list[TableFilter]]
    Views: NotRequired[list[ViewFilter]]


class Database(TypedDict):
    """Data type Database, API 2021-12-06."""

    DbName: NotRequired[str]
    NewDbName: NotRequired[str]
    DbMode: NotRequired[str]
    SchemaName: NotRequired[str]
    NewSchemaName: NotRequired[str]
    SchemaMode: NotRequired[str]
    TableMode: NotRequired[str]
    Tables: NotRequired[list[Table]]
    ViewMode: NotRequired[str]
    Views: NotRequired[list[View]]
    FunctionMode: NotRequired[str]
    Functions: NotRequired[list[str]]
    ProcedureMode: NotRequired[str]
    Procedures: NotRequired[list[str]]
    TriggerMode: NotRequired[str]
    Triggers: NotRequired[list[str]]
    EventMode: NotRequired[str]
    Events: NotRequired[list[str]]


class DdlOption(TypedDict):
    """Data type DdlOption, API 2021-12-06."""

    DdlObject: NotRequired[str]
    DdlValue: NotRequired[list[str]]


class DynamicOptions(TypedDict):
    """Data type DynamicOptions, API 2021-12-06."""

    OpTypes: list[str]
    DdlOptions: list[DdlOption]
    ConflictHandleType: NotRequired[str]
    ConflictHandleOption: NotRequired[ConflictHandleOption]
    KafkaOption: NotRequired[KafkaOption]
    FilterBeginCommit: NotRequired[bool]
    FilterCheckpoint: NotRequired[bool]
    DealOfExistSameTable: NotRequired[str]
    StartPosition: NotRequired[str]


class Endpoint(TypedDict):
    """Data type Endpoint, API 2021-12-06."""

    Region: NotRequired[str]
    Role: NotRequired[str]
    DbKernel: NotRequired[str]
    InstanceId: NotRequired[str]
    Ip: NotRequired[str]
    Port: NotRequired[int]
    User: NotRequired[str]
    Password: NotRequired[str]
    DbName: NotRequired[str]
    VpcId: NotRequired[str]
    SubnetId: NotRequired[str]
    CvmInstanceId: NotRequired[str]
    UniqDcgId: NotRequired[str]
    UniqVpnGwId: NotRequired[str]
    CcnId: NotRequired[str]
    Supplier: NotRequired[str]
    EngineVersion: NotRequired[str]
    Account: NotRequired[str]
    AccountMode: NotRequired[str]
    AccountRole: NotRequired[str]
    RoleExternalId: NotRequired[str]
    TmpSecretId: NotRequired[str]
    TmpSecretKey: NotRequired[str]
    TmpToken: NotRequired[str]
    EncryptConn: NotRequired[str]
    DatabaseNetEnv: NotRequired[str]
    CcnOwnerUin: NotRequired[str]
    ChildInstanceId: NotRequired[str]
    ChildInstanceType: NotRequired[str]
    SetId: NotRequired[str]


class ErrInfo(TypedDict):
    """Data type ErrInfo, API 2021-12-06."""

    Reason: NotRequired[str | None]
    Message: NotRequired[str | None]
    Solution: NotRequired[str | None]


class KafkaOption(TypedDict):
    """Data type KafkaOption, API 2021-12-06."""

    DataType: NotRequired[str]
    TopicType: NotRequired[str]
    DDLTopicName: NotRequired[str]
    TopicRules: NotRequired[list[TopicRule]]
    DataOption: NotRequired[list[common.KeyValuePairOption]]


class Objects(TypedDict):
    """Data type Objects, API 2021-12-06."""

    Mode: NotRequired[str]
    Databases: NotRequired[list[Database]]
    AdvancedObjects: NotRequired[list[str]]
    OnlineDDL: NotRequired[OnlineDDL]
    DatabasesOpFilter: NotRequired[list[DBOpFilter]]


class OnlineDDL(TypedDict):
    """Data type OnlineDDL, API 2021-12-06."""

    Status: str


class OpFilter(TypedDict):
    """Data type OpFilter, API 2021-12-06."""

    OpTypes: NotRequired[list[str]]
    DdlOptions: NotRequired[list[DdlOption]]


class Options(TypedDict):
    """Data type Options, API 2021-12-06."""

    InitType: NotRequired[str]
    DealOfExistSameTable: NotRequired[str]
    ConflictHandleType: NotRequired[str]
    AddAdditionalColumn: NotRequired[bool]
    OpTypes: NotRequired[list[str]]
    ConflictHandleOption: NotRequired[ConflictHandleOption]
    DdlOptions: NotRequired[list[DdlOption]]
    KafkaOption: NotRequired[KafkaOption]
    RateLimitOption: NotRequired[common.RateLimitOption]
    AutoRetryTimeRangeMinutes: NotRequired[int]
    StartPosition: NotRequired[str]
    FilterBeginCommit: NotRequired[bool]
    FilterCheckpoint: NotRequired[bool]
    SkipDdlOnError: NotRequired[common.SkipDdlOnError]


class StepInfo(TypedDict):
    """Data type StepInfo, API 2021-12-06."""

    StepNo: NotRequired[int | None]
    StepName: NotRequired[str | None]
    StepId: NotRequired[str | None]
    Status: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    FinishTime: NotRequired[str | None]
    Errors: NotRequired[list[StepTip] | None]
    Warnings: NotRequired[list[StepTip] | None]
    Progress: NotRequired[int | None]


class StepTip(TypedDict):
    """Data type StepTip, API 2021-12-06."""

    Code: NotRequired[str | None]
    Message: NotRequired[str | None]
    Solution: NotRequired[str | None]
    HelpDoc: NotRequired[str | None]
    SkipInfo: NotRequired[str | None]


class SyncDBEndpointInfos(TypedDict):
    """Data type SyncDBEndpointInfos, API 2021-12-06."""

    Region: str
    AccessType: str
    DatabaseType: str
    Info: list[Endpoint]


class SyncDetailInfo(TypedDict):
    """Data type SyncDetailInfo, API 2021-12-06."""

    StepAll: NotRequired[int | None]
    StepNow: NotRequired[int | None]
    Progress: NotRequired[int | None]
    CurrentStepProgress: NotRequired[int | None]
    MasterSlaveDistance: NotRequired[int | None]
    SecondsBehindMaster: NotRequired[int | None]
    Message: NotRequired[str | None]
    StepInfos: NotRequired[list[StepInfo] | None]
    CauseOfCompareDisable: NotRequired[str | None]
    ErrInfo: NotRequired[ErrInfo | None]


class SyncJobInfo(TypedDict):
    """Data type SyncJobInfo, API 2021-12-06."""

    JobId: str
    JobName: NotRequired[str | None]
    PayMode: NotRequired[str | None]
    RunMode: NotRequired[str | None]
    ExpectRunTime: NotRequired[str | None]
    AllActions: NotRequired[list[str] | None]
    Actions: NotRequired[list[str] | None]
    Options: NotRequired[Options | None]
    Objects: NotRequired[Objects | None]
    Specification: NotRequired[str | None]
    ExpireTime: NotRequired[str | None]
    SrcRegion: NotRequired[str | None]
    SrcDatabaseType: NotRequired[str | None]
    SrcAccessType: NotRequired[str | None]
    SrcInfo: NotRequired[Endpoint | None]
    SrcNodeType: NotRequired[str | None]
    SrcInfos: NotRequired[SyncDBEndpointInfos | None]
    DstRegion: NotRequired[str | None]
    DstDatabaseType: NotRequired[str | None]
    DstAccessType: NotRequired[str | None]
    DstInfo: NotRequired[Endpoint | None]
    DstNodeType: NotRequired[str | None]
    DstInfos: NotRequired[SyncDBEndpointInfos | None]
    CreateTime: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    Status: NotRequired[str | None]
    EndTime: NotRequired[str | None]
    Tags: NotRequired[list[common.TagItem] | None]
    Detail: NotRequired[SyncDetailInfo | None]
    TradeStatus: NotRequired[str | None]
    InstanceClass: NotRequired[str | None]
    AutoRenew: NotRequired[int | None]
    OfflineTime: NotRequired[str | None]
    OptObjStatus: NotRequired[str | None]
    AutoRetryTimeRangeMinutes: NotRequired[int | None]
    DumperResumeCtrl: NotRequired[str | None]


class Table(TypedDict):
    """Data type Table, API 2021-12-06."""

    TableName: NotRequired[str]
    NewTableName: NotRequired[str]
    FilterCondition: NotRequired[str]
    ColumnMode: NotRequired[str]
    Columns: NotRequired[list[Column]]
    TmpTables: NotRequired[list[str]]
    TableEditMode: NotRequired[str]


class TableFilter(TypedDict):
    """Data type TableFilter, API 2021-12-06."""

    TableName: NotRequired[str]
    OpFilter: NotRequired[OpFilter]


class TopicRule(TypedDict):
    """Data type TopicRule, API 2021-12-06."""

    TopicName: NotRequired[str]
    PartitionType: NotRequired[str]
    DbMatchMode: NotRequired[str]
    DbName: NotRequired[str]
    TableMatchMode: NotRequired[str]
    TableName: NotRequired[str]
    Columns: NotRequired[list[str]]


class View(TypedDict):
    """Data type View, API 2021-12-06."""

    ViewName: NotRequired[str]
    NewViewName: NotRequired[str]


class ViewFilter(TypedDict):
    """Data type ViewFilter, API 2021-12-06."""

    ViewName: NotRequired[str]
    OpFilter: NotRequired[OpFilter]
