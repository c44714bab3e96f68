"""Wire shapes of API 2021-12-06: migration, its data types; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common


class CheckStep(TypedDict):
    """Data type CheckStep, API 2021-12-06."""

    StepNo: NotRequired[int | None]
    StepId: NotRequired[str | None]
    StepName: NotRequired[str | None]
    StepStatus: NotRequired[str | None]
    StepMessage: NotRequired[str | None]
    DetailCheckItems: NotRequired[list[DetailCheckItem] | None]
    HasSkipped: NotRequired[bool | None]


class CheckStepInfo(TypedDict):
    """Data type CheckStepInfo, API 2021-12-06."""

    StartAt: NotRequired[str | None]
    EndAt: NotRequired[str | None]
    Progress: NotRequired[common.ProcessProgress | None]


class CompareTaskInfo(TypedDict):
    """Data type CompareTaskInfo, API 2021-12-06."""

    CompareTaskId: NotRequired[str | None]
    Status: NotRequired[str | None]


class ConsistencyOption(TypedDict):
    """Data type ConsistencyOption, API 2021-12-06."""

    Mode: NotRequired[str]
    ObjectMode: NotRequired[str]
    Objects: NotRequired[DatabaseTableObject]
    Options: NotRequired[common.CompareOptions]


class DBEndpointInfo(TypedDict):
    """Data type DBEndpointInfo, API 2021-12-06."""

    Region: str
    AccessType: str
    DatabaseType: str
    NodeType: str
    Info: list[DBInfo]
    Supplier: NotRequired[str]
    ExtraAttr: NotRequired[list[common.KeyValuePairOption]]
    DatabaseNetEnv: NotRequired[str]
    ConnectType: NotRequired[str]
    CcnOwnerUin: NotRequired[str]


class DBInfo(TypedDict):
    """Data type DBInfo, API 2021-12-06."""

    Role: NotRequired[str]
    DbKernel: NotRequired[str]
    Host: NotRequired[str]
    Port: NotRequired[int]
    User: NotRequired[str]
    Password: NotRequired[str]
    CvmInstanceId: NotRequired[str]
    UniqVpnGwId: NotRequired[str]
    UniqDcgId: NotRequired[str]
    InstanceId: NotRequired[str]
    CcnGwId: NotRequired[str]
    VpcId: NotRequired[str]
    SubnetId: NotRequired[str]
    EngineVersion: NotRequired[str]
    Account: NotRequired[str]
    AccountRole: NotRequired[str]
    AccountMode: NotRequired[str]
    TmpSecretId: NotRequired[str]
    TmpSecretKey: NotRequired[str]
    TmpToken: NotRequired[str]
    EncryptConn: NotRequired[str]
    SetId: NotRequired[str]


class DBItem(TypedDict):
    """Data type DBItem, API 2021-12-06."""

    DbName: NotRequired[str]
    NewDbName: NotRequired[str]
    SchemaName: NotRequired[str]
    NewSchemaName: NotRequired[str]
    DBMode: NotRequired[str]
    SchemaMode: NotRequired[str]
    TableMode: NotRequired[str]
    Tables: NotRequired[list[TableItem]]
    ViewMode: NotRequired[str]
    Views: NotRequired[list[ViewItem]]
    RoleMode: NotRequired[str]
    Roles: NotRequired[list[RoleItem]]
    FunctionMode: NotRequired[str]
    TriggerMode: NotRequired[str]
    EventMode: NotRequired[str]
    ProcedureMode: NotRequired[str]
    Functions: NotRequired[list[str]]
    Procedures: NotRequired[list[str]]
    Events: NotRequired[list[str]]
    Triggers: NotRequired[list[str]]


class DatabaseTableObject(TypedDict):
    """Data type DatabaseTableObject, API 2021-12-06."""

    ObjectMode: str
    Databases: NotRequired[list[DBItem]]
    AdvancedObjects: NotRequired[list[str]]


class DetailCheckItem(TypedDict):
    """Data type DetailCheckItem, API 2021-12-06."""

    CheckItemName: NotRequired[str | None]
    Description: NotRequired[str | None]
    CheckResult: NotRequired[str | None]
    FailureReason: NotRequired[str | None]
    Solution: NotRequired[str | None]
    ErrorLog: NotRequired[list[str] | None]
    HelpDoc: NotRequired[list[str] | None]
    SkipInfo: NotRequired[str | None]


class ErrorInfoItem(TypedDict):
    """Data type ErrorInfoItem, API 2021-12-06."""

    Code: NotRequired[str | None]
    Solution: NotRequired[str | None]
    ErrorLog: NotRequired[str | None]
    HelpDoc: NotRequired[str | None]


class JobItem(TypedDict):
    """Data type JobItem, API 2021-12-06."""

    JobId: str
    JobName: NotRequired[str | None]
    CreateTime: NotRequired[str | None]
    UpdateTime: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    EndTime: NotRequired[str | None]
    BriefMsg: NotRequired[str | None]
    Status: NotRequired[str | None]
    RunMode: NotRequired[str | None]
    ExpectRunTime: NotRequired[str | None]
    Action: NotRequired[MigrateAction | None]
    StepInfo: NotRequired[MigrateDetailInfo | None]
    SrcInfo: NotRequired[DBEndpointInfo | None]
    DstInfo: NotRequired[DBEndpointInfo | None]
    CompareTask: NotRequired[CompareTaskInfo | None]
    TradeInfo: NotRequired[TradeInfo | None]
    Tags: NotRequired[list[common.TagItem] | None]
    AutoRetryTimeRangeMinutes: NotRequired[int | None]
    DumperResumeCtrl: NotRequired[str | None]


class MigrateAction(TypedDict):
    """Data type MigrateAction, API 2021-12-06."""

    AllAction: NotRequired[list[str] | None]
    AllowedAction: NotRequired[list[str] | None]


class MigrateDBItem(TypedDict):
    """Data type MigrateDBItem, API 2021-12-06."""

    InstanceId: NotRequired[str | None]
    InstanceName: NotRequired[str | None]
    Vip: NotRequired[str | None]
    Vport: NotRequired[int | None]
    Usable: NotRequired[int | None]
    Hint: NotRequired[str | None]


class MigrateDetailInfo(TypedDict):
    """Data type MigrateDetailInfo, API 2021-12-06."""

    StepAll: NotRequired[int | None]
    StepNow: NotRequired[int | None]
    MasterSlaveDistance: NotRequired[int | None]
    SecondsBehindMaster: NotRequired[int | None]
    StepInfo: NotRequired[list[common.StepDetailInfo] | None]


class MigrateOption(TypedDict):
    """Data type MigrateOption, API 2021-12-06."""

    DatabaseTable: DatabaseTableObject
    MigrateType: NotRequired[str]
    Consistency: NotRequired[ConsistencyOption]
    IsMigrateAccount: NotRequired[bool]
    IsOverrideRoot: NotRequired[bool]
    IsDstReadOnly: NotRequired[bool]
    ExtraAttr: NotRequired[list[common.KeyValuePairOption]]
    MigrateWay: NotRequired[str]
    RateLimit: NotRequired[RateLimit]
    SkipDdlOnError: NotRequired[common.SkipDdlOnError]


class RateLimit(TypedDict):
    """Data type RateLimit, API 2021-12-06."""

    DumpThread: NotRequired[int]
    DumpRps: NotRequired[int]
    LoadThread: NotRequired[int]
    LoadRps: NotRequired[int]
    SinkerThread: NotRequired[int]


class RoleItem(TypedDict):
    """Data type RoleItem, API 2021-12-06."""

    RoleName: NotRequired[str]
    NewRoleName: NotRequired[str]


class TableItem(TypedDict):
    """Data type TableItem, API 2021-12-06."""

    TableName: NotRequired[str]
    NewTableName: NotRequired[str]
    TmpTables: NotRequired[list[str]]
    TableEditMode: NotRequired[str]


class TradeInfo(TypedDict):
    """Data type TradeInfo, API 2021-12-06."""

    DealName: NotRequired[str | None]
    LastDealName: NotRequired[str | None]
    InstanceClass: NotRequired[str | None]
    TradeStatus: NotRequired[str | None]
    ExpireTime: NotRequired[str | None]
    OfflineTime: NotRequired[str | None]
    IsolateTime: NotRequired[str | None]
    OfflineReason: NotRequired[str | None]
    IsolateReason: NotRequired[str | None]
    PayType: NotRequired[str | None]
    BillingType: NotRequired[str | None]


class ViewItem(TypedDict):
    """Data type ViewItem, API 2021-12-06."""

    ViewName: NotRequired[str]
    NewViewName: NotRequired[str]
