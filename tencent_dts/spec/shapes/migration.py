"""Wire shapes of API 2021-12-06: migration, its requests and answers; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common, migration_types


class CompleteMigrateJobRequest(TypedDict):
    """Request of CompleteMigrateJob, API 2021-12-06."""

    JobId: str
    CompleteMode: NotRequired[str]


class ContinueMigrateJobRequest(TypedDict):
    """Request of ContinueMigrateJob, API 2021-12-06."""

    JobId: str


class CreateMigrateCheckJobRequest(TypedDict):
    """Request of CreateMigrateCheckJob, API 2021-12-06."""

    JobId: str


class CreateMigrationServiceAnswer(TypedDict):
    """Answer of CreateMigrationService, API 2021-12-06."""

    JobIds: list[str]


class CreateMigrationServiceRequest(TypedDict):
    """Request of CreateMigrationService, API 2021-12-06."""

    SrcDatabaseType: str
    DstDatabaseType: str
    SrcRegion: str
    DstRegion: str
    InstanceClass: str
    Count: NotRequired[int]
    JobName: NotRequired[str]
    Tags: NotRequired[list[common.TagItem]]


class DescribeMigrateDBInstancesAnswer(TypedDict):
    """Answer of DescribeMigrateDBInstances, API 2021-12-06."""

    TotalCount: int
    Instances: NotRequired[list[migration_types.MigrateDBItem] | None]


class DescribeMigrateDBInstancesRequest(TypedDict):
    """Request of DescribeMigrateDBInstances, API 2021-12-06."""

    DatabaseType: str
    MigrateRole: NotRequired[str]
    InstanceId: NotRequired[str]
    InstanceName: NotRequired[str]
    Limit: NotRequired[int]
    Offset: NotRequired[int]
    AccountMode: NotRequired[str]
    TmpSecretId: NotRequired[str]
    TmpSecretKey: NotRequired[str]
    TmpToken: NotRequired[str]


class DescribeMigrationCheckJobAnswer(TypedDict):
    """Answer of DescribeMigrationCheckJob, API 2021-12-06."""

    Status: str
    BriefMsg: NotRequired[str | None]
    StepInfo: NotRequired[list[migration_types.CheckStep] | None]
    CheckFlag: NotRequired[str | None]


class DescribeMigrationCheckJobRequest(TypedDict):
    """Request of DescribeMigrationCheckJob, API 2021-12-06."""

    JobId: str


class DescribeMigrationDetailAnswer(TypedDict):
    """Answer of DescribeMigrationDetail, API 2021-12-06."""

    JobId: str
    JobName: NotRequired[str | None]
    CreateTime: NotRequired[str | None]
    UpdateTime: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    EndTime: NotRequired[str | None]
    BriefMsg: NotRequired[str | None]
    Status: str
    Action: NotRequired[migration_types.MigrateAction | None]
    StepInfo: NotRequired[migration_types.MigrateDetailInfo | None]
    SrcInfo: NotRequired[migration_types.DBEndpointInfo | None]
    DstInfo: NotRequired[migration_types.DBEndpointInfo | None]
    CompareTask: NotRequired[migration_types.CompareTaskInfo | None]
    Tags: NotRequired[list[common.TagItem] | None]
    RunMode: NotRequired[str | None]
    ExpectRunTime: NotRequired[str | None]
    MigrateOption: NotRequired[migration_types.MigrateOption | None]
    CheckStepInfo: NotRequired[migration_types.CheckStepInfo | None]
    TradeInfo: NotRequired[migration_types.TradeInfo | None]
    ErrorInfo: NotRequired[list[migration_types.ErrorInfoItem] | None]
    DumperResumeCtrl: NotRequired[str | None]
    RateLimitOption: NotRequired[common.RateLimitOption | None]


class DescribeMigrationDetailRequest(TypedDict):
    """Request of DescribeMigrationDetail, API 2021-12-06."""

    JobId: str


class DescribeMigrationJobsAnswer(TypedDict):
    """Answer of DescribeMigrationJobs, API 2021-12-06."""

    TotalCount: int
    JobList: NotRequired[list[migration_types.JobItem] | None]


class DescribeMigrationJobsRequest(TypedDict):
    """Request of DescribeMigrationJobs, API 2021-12-06."""

    JobId: NotRequired[str]
    JobName: NotRequired[str]
    Status: NotRequired[list[str]]
    SrcInstanceId: NotRequired[str]
    SrcRegion: NotRequired[str]
    SrcDatabaseType: NotRequired[list[str]]
    SrcAccessType: NotRequired[list[str]]
    DstInstanceId: NotRequired[str]
    DstRegion: NotRequired[str]
    DstDatabaseType: NotRequired[list[str]]
    DstAccessType: NotRequired[list[str]]
    RunMode: NotRequired[str]
    OrderSeq: NotRequired[str]
    Limit: NotRequired[int]
    Offset: NotRequired[int]
    TagFilters: NotRequired[list[common.TagFilter]]


class DestroyMigrateJobRequest(TypedDict):
    """Request of DestroyMigrateJob, API 2021-12-06."""

    JobId: str


class IsolateMigrateJobRequest(TypedDict):
    """Request of IsolateMigrateJob, API 2021-12-06."""

    JobId: str


class ModifyMigrateJobSpecRequest(TypedDict):
    """Request of ModifyMigrateJobSpec, API 2021-12-06."""

    JobId: str
    NewInstanceClass: str


class ModifyMigrateNameRequest(TypedDict):
    """Request of ModifyMigrateName, API 2021-12-06."""

    JobId: str
    JobName: str


class ModifyMigrateRateLimitRequest(TypedDict):
    """Request of ModifyMigrateRateLimit, API 2021-12-06."""

    JobId: str
    DumpThread: NotRequired[int]
    DumpRps: NotRequired[int]
    LoadThread: NotRequired[int]
    SinkerThread: NotRequired[int]
    LoadRps: NotRequired[int]


class ModifyMigrationJobRequest(TypedDict):
    """Request of ModifyMigrationJob, API 2021-12-06."""

    JobId: str
    RunMode: str
    MigrateOption: migration_types.MigrateOption
    SrcInfo: migration_types.DBEndpointInfo
    DstInfo: migration_types.DBEndpointInfo
    JobName: NotRequired[str]
    ExpectRunTime: NotRequired[str]
    Tags: NotRequired[list[common.TagItem]]
    AutoRetryTimeRangeMinutes: NotRequired[int]


class PauseMigrateJobRequest(TypedDict):
    """Request of PauseMigrateJob, API 2021-12-06."""

    JobId: str


class RecoverMigrateJobRequest(TypedDict):
    """Request of RecoverMigrateJob, API 2021-12-06."""

    JobId: str


class ResumeMigrateJobRequest(TypedDict):
    """Request of ResumeMigrateJob, API 2021-12-06."""

    JobId: str
    ResumeOption: str


class SkipCheckItemAnswer(TypedDict):
    """Answer of SkipCheckItem, API 2021-12-06."""

    Message: NotRequired[str | None]


class SkipCheckItemRequest(TypedDict):
    """Request of SkipCheckItem, API 2021-12-06."""

    JobId: str
    StepIds: list[str]
    ForeignKeyFlag: NotRequired[str]


class StartMigrateJobRequest(TypedDict):
    """Request of StartMigrateJob, API 2021-12-06."""

    JobId: str


class StopMigrateJobRequest(TypedDict):
    """Request of StopMigrateJob, API 2021-12-06."""

    JobId: str
