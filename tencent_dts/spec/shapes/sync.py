"""Wire shapes of API 2021-12-06: sync, its requests and answers; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common, sync_types


class ConfigureSyncJobRequest(TypedDict):
    """Request of ConfigureSyncJob, API 2021-12-06."""

    JobId: str
    SrcAccessType: str
    DstAccessType: str
    Objects: sync_types.Objects
    JobName: NotRequired[str]
    JobMode: NotRequired[str]
    RunMode: NotRequired[str]
    ExpectRunTime: NotRequired[str]
    SrcConnectType: NotRequired[str]
    SrcInfo: NotRequired[sync_types.Endpoint]
    SrcInfos: NotRequired[sync_types.SyncDBEndpointInfos]
    SrcNodeType: NotRequired[str]
    DstInfo: NotRequired[sync_types.Endpoint]
    DstInfos: NotRequired[sync_types.SyncDBEndpointInfos]
    DstNodeType: NotRequired[str]
    Options: NotRequired[sync_types.Options]
    AutoRetryTimeRangeMinutes: NotRequired[int]


class ContinueSyncJobRequest(TypedDict):
    """Request of ContinueSyncJob, API 2021-12-06."""

    JobId: str


class CreateCheckSyncJobRequest(TypedDict):
    """Request of CreateCheckSyncJob, API 2021-12-06."""

    JobId: str


class CreateModifyCheckSyncJobRequest(TypedDict):
    """Request of CreateModifyCheckSyncJob, API 2021-12-06."""

    JobId: str


class CreateSyncJobAnswer(TypedDict):
    """Answer of CreateSyncJob, API 2021-12-06."""

    JobIds: list[str]


class CreateSyncJobRequest(TypedDict):
    """Request of CreateSyncJob, API 2021-12-06."""

    PayMode: str
    SrcDatabaseType: str
    SrcRegion: str
    DstDatabaseType: str
    DstRegion: str
    Specification: NotRequired[str]
    TimeSpan: NotRequired[int]
    Tags: NotRequired[list[common.TagItem]]
    Count: NotRequired[int]
    AutoRenew: NotRequired[int]
    InstanceClass: NotRequired[str]
    JobName: NotRequired[str]
    ExistedJobId: NotRequired[str]


class DescribeCheckSyncJobResultAnswer(TypedDict):
    """Answer of DescribeCheckSyncJobResult, API 2021-12-06."""

    Status: str
    StepCount: NotRequired[int | None]
    StepCur: NotRequired[int | None]
    Progress: NotRequired[int | None]
    StepInfos: NotRequired[list[sync_types.StepInfo] | None]


class DescribeCheckSyncJobResultRequest(TypedDict):
    """Request of DescribeCheckSyncJobResult, API 2021-12-06."""

    JobId: str


class DescribeModifyCheckSyncJobResultAnswer(TypedDict):
    """Answer of DescribeModifyCheckSyncJobResult, API 2021-12-06."""

    Status: str
    StepCount: NotRequired[int | None]
    StepCur: NotRequired[int | None]
    Progress: NotRequired[int | None]
    StepInfos: NotRequired[list[sync_types.StepInfo] | None]


class DescribeModifyCheckSyncJobResultRequest(TypedDict):
    """Request of DescribeModifyCheckSyncJobResult, API 2021-12-06."""

    JobId: str


class DescribeSyncJobsAnswer(TypedDict):
    """Answer of DescribeSyncJobs, API 2021-12-06."""

    TotalCount: int
    JobList: NotRequired[list[sync_types.SyncJobInfo] | None]


class DescribeSyncJobsRequest(TypedDict):
    """Request of DescribeSyncJobs, API 2021-12-06."""

    JobId: NotRequired[str]
    JobIds: NotRequired[list[str]]
    JobName: NotRequired[str]
    Order: NotRequired[str]
    OrderSeq: NotRequired[str]
    Offset: NotRequired[int]
    Limit: NotRequired[int]
    Status: NotRequired[list[str]]
    RunMode: NotRequired[str]
    JobType: NotRequired[str]
    PayMode: NotRequired[str]
    TagFilters: NotRequired[list[common.TagFilter]]
    SrcInfoPattern: NotRequired[str]
    DstInfoPattern: NotRequired[str]


class DestroySyncJobRequest(TypedDict):
    """Request of DestroySyncJob, API 2021-12-06."""

    JobId: str


class IsolateSyncJobRequest(TypedDict):
    """Request of IsolateSyncJob, API 2021-12-06."""

    JobId: str


class ModifySyncJobConfigRequest(TypedDict):
    """Request of ModifySyncJobConfig, API 2021-12-06."""

    JobId: str
    DynamicObjects: NotRequired[sync_types.Objects]
    DynamicOptions: NotRequired[sync_types.DynamicOptions]


class ModifySyncRateLimitRequest(TypedDict):
    """Request of ModifySyncRateLimit, API 2021-12-06."""

    JobId: str
    DumpThread: NotRequired[int]
    DumpRps: NotRequired[int]
    LoadThread: NotRequired[int]
    SinkerThread: NotRequired[int]
    LoadRps: NotRequired[int]


class PauseSyncJobRequest(TypedDict):
    """Request of PauseSyncJob, API 2021-12-06."""

    JobId: str


class RecoverSyncJobRequest(TypedDict):
    """Request of RecoverSyncJob, API 2021-12-06."""

    JobId: str


class ResetSyncJobRequest(TypedDict):
    """Request of ResetSyncJob, API 2021-12-06."""

    JobId: str


class ResizeSyncJobRequest(TypedDict):
    """Request of ResizeSyncJob, API 2021-12-06."""

    JobId: str
    NewInstanceClass: str


class ResumeSyncJobRequest(TypedDict):
    """Request of ResumeSyncJob, API 2021-12-06."""

    JobId: str


class SkipSyncCheckItemRequest(TypedDict):
    """Request of SkipSyncCheckItem, API 2021-12-06."""

    JobId: str
    StepIds: list[str]


class StartModifySyncJobRequest(TypedDict):
    """Request of StartModifySyncJob, API 2021-12-06."""

    JobId: str


class StartSyncJobRequest(TypedDict):
    """Request of StartSyncJob, API 2021-12-06."""

    JobId: str


class StopSyncJobRequest(TypedDict):
    """Request of StopSyncJob, API 2021-12-06."""

    JobId: str
