"""Wire shapes of API 2018-03-30: migration, its requests and answers; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common_2018, migration_types_2018


class CompleteMigrateJobRequest(TypedDict):
    """Request of CompleteMigrateJob, API 2018-03-30."""

    JobId: str
    CompleteMode: NotRequired[str]


class CreateMigrateCheckJobRequest(TypedDict):
    """Request of CreateMigrateCheckJob, API 2018-03-30."""

    JobId: str


class CreateMigrateJobAnswer(TypedDict):
    """Answer of CreateMigrateJob, API 2018-03-30."""

    JobId: str


class CreateMigrateJobRequest(TypedDict):
    """Request of CreateMigrateJob, API 2018-03-30."""

    JobName: str
    MigrateOption: migration_types_2018.MigrateOption
    SrcDatabaseType: str
    SrcAccessType: str
    SrcInfo: migration_types_2018.SrcInfo
    DstDatabaseType: str
    DstAccessType: str
    DstInfo: migration_types_2018.DstInfo
    DatabaseInfo: NotRequired[str]
    Tags: NotRequired[list[common_2018.TagItem]]
    SrcNodeType: NotRequired[str]
    SrcInfoMulti: NotRequired[list[migration_types_2018.SrcInfo]]


class DeleteMigrateJobRequest(TypedDict):
    """Request of DeleteMigrateJob, API 2018-03-30."""

    JobId: str


class DescribeMigrateCheckJobAnswer(TypedDict):
    """Answer of DescribeMigrateCheckJob, API 2018-03-30."""

    Status: str
    ErrorCode: NotRequired[int | None]
    ErrorMessage: NotRequired[str | None]
    Progress: NotRequired[str | None]
    CheckFlag: NotRequired[int | None]


class DescribeMigrateCheckJobRequest(TypedDict):
    """Request of DescribeMigrateCheckJob, API 2018-03-30."""

    JobId: str


class DescribeMigrateJobsAnswer(TypedDict):
    """Answer of DescribeMigrateJobs, API 2018-03-30."""

    TotalCount: int
    JobList: NotRequired[list[migration_types_2018.MigrateJobInfo] | None]


class DescribeMigrateJobsRequest(TypedDict):
    """Request of DescribeMigrateJobs, API 2018-03-30."""

    JobId: NotRequired[str]
    JobName: NotRequired[str]
    Order: NotRequired[str]
    OrderSeq: NotRequired[str]
    Offset: NotRequired[int]
    Limit: NotRequired[int]
    TagFilters: NotRequired[list[common_2018.TagFilter]]


class ModifyMigrateJobRequest(TypedDict):
    """Request of ModifyMigrateJob, API 2018-03-30."""

    JobId: str
    JobName: NotRequired[str]
    MigrateOption: NotRequired[migration_types_2018.MigrateOption]
    SrcAccessType: NotRequired[str]
    SrcInfo: NotRequired[migration_types_2018.SrcInfo]
    DstAccessType: NotRequired[str]
    DstInfo: NotRequired[migration_types_2018.DstInfo]
    DatabaseInfo: NotRequired[str]
    SrcNodeType: NotRequired[str]
    SrcInfoMulti: NotRequired[list[migration_types_2018.SrcInfo]]


class StartMigrateJobRequest(TypedDict):
    """Request of StartMigrateJob, API 2018-03-30."""

    JobId: str


class StopMigrateJobRequest(TypedDict):
    """Request of StopMigrateJob, API 2018-03-30."""

    JobId: str
