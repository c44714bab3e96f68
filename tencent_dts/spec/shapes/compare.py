"""Wire shapes of API 2021-12-06: compare, its requests and answers; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common, compare_types


class CreateCompareTaskAnswer(TypedDict):
    """Answer of CreateCompareTask, API 2021-12-06."""

    CompareTaskId: str


class CreateCompareTaskRequest(TypedDict):
    """Request of CreateCompareTask, API 2021-12-06."""

    JobId: str
    TaskName: NotRequired[str]
    ObjectMode: NotRequired[str]
    Objects: NotRequired[compare_types.CompareObject]
    Options: NotRequired[common.CompareOptions]


class CreateSyncCompareTaskAnswer(TypedDict):
    """Answer of CreateSyncCompareTask, API 2021-12-06."""

    CompareTaskId: str


class CreateSyncCompareTaskRequest(TypedDict):
    """Request of CreateSyncCompareTask, API 2021-12-06."""

    JobId: str
    TaskName: NotRequired[str]
    ObjectMode: NotRequired[str]
    Objects: NotRequired[compare_types.CompareObject]
    Options: NotRequired[common.CompareOptions]


class DeleteCompareTaskRequest(TypedDict):
    """Request of DeleteCompareTask, API 2021-12-06."""

    JobId: str
    CompareTaskId: str


class DeleteSyncCompareTaskRequest(TypedDict):
    """Request of DeleteSyncCompareTask, API 2021-12-06."""

    JobId: str
    CompareTaskId: str


class DescribeCompareReportAnswer(TypedDict):
    """Answer of DescribeCompareReport, API 2021-12-06."""

    Abstract: compare_types.CompareAbstractInfo
    Detail: NotRequired[compare_types.CompareDetailInfo | None]


class DescribeCompareReportRequest(TypedDict):
    """Request of DescribeCompareReport, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    DifferenceLimit: NotRequired[int]
    DifferenceOffset: NotRequired[int]
    DifferenceDB: NotRequired[str]
    DifferenceTable: NotRequired[str]
    SkippedLimit: NotRequired[int]
    SkippedOffset: NotRequired[int]
    SkippedDB: NotRequired[str]
    SkippedTable: NotRequired[str]


class DescribeCompareTasksAnswer(TypedDict):
    """Answer of DescribeCompareTasks, API 2021-12-06."""

    TotalCount: int
    Items: NotRequired[list[compare_types.CompareTaskItem] | None]


class DescribeCompareTasksRequest(TypedDict):
    """Request of DescribeCompareTasks, API 2021-12-06."""

    JobId: str
    Limit: NotRequired[int]
    Offset: NotRequired[int]
    CompareTaskId: NotRequired[str]
    Status: NotRequired[list[str]]


class DescribeSyncCompareReportAnswer(TypedDict):
    """Answer of DescribeSyncCompareReport, API 2021-12-06."""

    Abstract: compare_types.CompareAbstractInfo
    Detail: NotRequired[compare_types.CompareDetailInfo | None]
    IncAbstract: NotRequired[compare_types.IncCompareAbstractInfo | None]


class DescribeSyncCompareReportRequest(TypedDict):
    """Request of DescribeSyncCompareReport, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    DifferenceLimit: NotRequired[int]
    DifferenceOffset: NotRequired[int]
    DifferenceDB: NotRequired[str]
    DifferenceTable: NotRequired[str]
    SkippedLimit: NotRequired[int]
    SkippedOffset: NotRequired[int]
    SkippedDB: NotRequired[str]
    SkippedTable: NotRequired[str]


class DescribeSyncCompareTasksAnswer(TypedDict):
    """Answer of DescribeSyncCompareTasks, API 2021-12-06."""

    TotalCount: int
    Items: NotRequired[list[compare_types.CompareTaskItem] | None]


class DescribeSyncCompareTasksRequest(TypedDict):
    """Request of DescribeSyncCompareTasks, API 2021-12-06."""

    JobId: str
    Limit: NotRequired[int]
    Offset: NotRequired[int]
    CompareTaskId: NotRequired[str]
    Status: NotRequired[list[str]]


class ModifyCompareTaskNameRequest(TypedDict):
    """Request of ModifyCompareTaskName, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    TaskName: str


class ModifyCompareTaskRequest(TypedDict):
    """Request of ModifyCompareTask, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    TaskName: NotRequired[str]
    ObjectMode: NotRequired[str]
    Objects: NotRequired[compare_types.CompareObject]
    Options: NotRequired[common.CompareOptions]


class ModifySyncCompareTaskNameRequest(TypedDict):
    """Request of ModifySyncCompareTaskName, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    TaskName: str


class ModifySyncCompareTaskRequest(TypedDict):
    """Request of ModifySyncCompareTask, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    TaskName: NotRequired[str]
    ObjectMode: NotRequired[str]
    Objects: NotRequired[compare_types.CompareObject]
    Options: NotRequired[common.CompareOptions]


class StartCompareRequest(TypedDict):
    """Request of StartCompare, API 2021-12-06."""

    JobId: str
    CompareTaskId: str


class StartSyncCompareRequest(TypedDict):
    """Request of StartSyncCompare, API 2021-12-06."""

    JobId: str
    CompareTaskId: str


class StopCompareRequest(TypedDict):
    """Request of StopCompare, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    ForceStop: NotRequired[bool]


class StopSyncCompareRequest(TypedDict):
    """Request of StopSyncCompare, API 2021-12-06."""

    JobId: str
    CompareTaskId: str
    ForceStop: NotRequired[bool]
