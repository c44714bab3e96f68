"""Wire shapes of API 2021-12-06: compare, its data types; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from tencent_dts.spec.shapes import common


class AdvancedObjectsItem(TypedDict):
    """Data type AdvancedObjectsItem, API 2021-12-06."""

    ObjectType: NotRequired[str | None]
    SrcChunk: NotRequired[str | None]
    DstChunk: NotRequired[str | None]
    SrcItem: NotRequired[str | None]
    DstItem: NotRequired[str | None]


class CompareAbstractInfo(TypedDict):
    """Data type CompareAbstractInfo, API 2021-12-06."""

    Options: NotRequired[common.CompareOptions | None]
    Objects: NotRequired[CompareObject | None]
    Conclusion: NotRequired[str | None]
    Status: NotRequired[str | None]
    TotalTables: NotRequired[int | None]
    CheckedTables: NotRequired[int | None]
    DifferentTables: NotRequired[int | None]
    SkippedTables: NotRequired[int | None]
    NearlyTableCount: NotRequired[int | None]
    DifferentRows: NotRequired[int | None]
    SrcSampleRows: NotRequired[int | None]
    DstSampleRows: NotRequired[int | None]
    StartedAt: NotRequired[str | None]
    FinishedAt: NotRequired[str | None]


class CompareColumnItem(TypedDict):
    """Data type CompareColumnItem, API 2021-12-06."""

    ColumnName: NotRequired[str]


class CompareDetailInfo(TypedDict):
    """Data type CompareDetailInfo, API 2021-12-06."""

    Difference: NotRequired[DifferenceDetail | None]
    Skipped: NotRequired[SkippedDetail | None]
    DifferenceAdvancedObjects: NotRequired[DifferenceAdvancedObjectsDetail | None]
    DifferenceData: NotRequired[DifferenceDataDetail | None]
    DifferenceRow: NotRequired[DifferenceRowDetail | None]
    DifferenceSchema: NotRequired[DifferenceSchemaDetail | None]
    DifferenceOwner: NotRequired[DifferenceOwnerDetail | None]
    FullProgress: NotRequired[CompareTableInfo | None]
    IncDifference: NotRequired[CompareTableInfo | None]


class CompareObject(TypedDict):
    """Data type CompareObject, API 2021-12-06."""

    ObjectMode: str
    ObjectItems: NotRequired[list[CompareObjectItem]]
    AdvancedObjects: NotRequired[list[str]]


class CompareObjectItem(TypedDict):
    """Data type CompareObjectItem, API 2021-12-06."""

    DbName: str
    DbMode: str
    SchemaName: NotRequired[str]
    TableMode: NotRequired[str]
    Tables: NotRequired[list[CompareTableItem]]
    ViewMode: NotRequired[str]
    Views: NotRequired[list[CompareViewItem]]


class CompareTableInfo(TypedDict):
    """Data type CompareTableInfo, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[CompareTableResult] | None]


class CompareTableItem(TypedDict):
    """Data type CompareTableItem, API 2021-12-06."""

    TableName: NotRequired[str]
    ColumnMode: NotRequired[str]
    Columns: NotRequired[list[CompareColumnItem]]
    FilterCondition: NotRequired[str]
    FilterTimeZone: NotRequired[str]


class CompareTableResult(TypedDict):
    """Data type CompareTableResult, API 2021-12-06."""

    Db: NotRequired[str | None]
    Schema: NotRequired[str | None]
    Table: NotRequired[str | None]
    Conclusion: NotRequired[str | None]
    Status: NotRequired[str | None]
    Progress: NotRequired[int | None]
    RowCount: NotRequired[int | None]
    StartedAt: NotRequired[str | None]
    FinishedAt: NotRequired[str | None]
    ExpectedAt: NotRequired[str | None]
    SrcItem: NotRequired[str | None]
    DstItem: NotRequired[str | None]


class CompareTaskItem(TypedDict):
    """Data type CompareTaskItem, API 2021-12-06."""

    JobId: NotRequired[str | None]
    CompareTaskId: str
    TaskName: NotRequired[str | None]
    Status: NotRequired[str | None]
    Config: NotRequired[CompareObject | None]
    CheckProcess: NotRequired[common.ProcessProgress | None]
    CompareProcess: NotRequired[common.ProcessProgress | None]
    Conclusion: NotRequired[str | None]
    CreatedAt: NotRequired[str | None]
    StartedAt: NotRequired[str | None]
    FinishedAt: NotRequired[str | None]
    Method: NotRequired[str | None]
    Options: NotRequired[common.CompareOptions | None]
    Message: NotRequired[str | None]


class CompareViewItem(TypedDict):
    """Data type CompareViewItem, API 2021-12-06."""

    ViewName: NotRequired[str]


class DifferenceAdvancedObjectsDetail(TypedDict):
    """Data type DifferenceAdvancedObjectsDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[AdvancedObjectsItem] | None]


class DifferenceData(TypedDict):
    """Data type DifferenceData, API 2021-12-06."""

    Db: NotRequired[str | None]
    Table: NotRequired[str | None]
    SrcChunk: NotRequired[str | None]
    DstChunk: NotRequired[str | None]
    SrcItem: NotRequired[str | None]
    DstItem: NotRequired[str | None]
    CreatedAt: NotRequired[str | None]
    UpdatedAt: NotRequired[str | None]


class DifferenceDataDetail(TypedDict):
    """Data type DifferenceDataDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[DifferenceData] | None]


class DifferenceDetail(TypedDict):
    """Data type DifferenceDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[DifferenceItem] | None]


class DifferenceItem(TypedDict):
    """Data type DifferenceItem, API 2021-12-06."""

    Db: NotRequired[str | None]
    Schema: NotRequired[str | None]
    Table: NotRequired[str | None]
    Chunk: NotRequired[int | None]
    SrcItem: NotRequired[str | None]
    DstItem: NotRequired[str | None]
    IndexName: NotRequired[str | None]
    LowerBoundary: NotRequired[str | None]
    UpperBoundary: NotRequired[str | None]
    CostTime: NotRequired[float | None]
    FinishedAt: NotRequired[str | None]


class DifferenceOwnerDetail(TypedDict):
    """Data type DifferenceOwnerDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[OwnerDifference] | None]


class DifferenceRowDetail(TypedDict):
    """Data type DifferenceRowDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[RowsCountDifference] | None]


class DifferenceSchemaDetail(TypedDict):
    """Data type DifferenceSchemaDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[SchemaDifference] | None]


class IncCompareAbstractInfo(TypedDict):
    """Data type IncCompareAbstractInfo, API 2021-12-06."""

    StartPosition: NotRequired[str | None]
    CurrentPosition: NotRequired[str | None]
    CheckedRecord: NotRequired[int | None]
    DiffRecord: NotRequired[int | None]
    DiffTable: NotRequired[int | None]


class OwnerDifference(TypedDict):
    """Data type OwnerDifference, API 2021-12-06."""

    Db: NotRequired[str | None]
    Schema: NotRequired[str | None]
    ObjectName: NotRequired[str | None]
    ObjectType: NotRequired[str | None]
    SrcOwner: NotRequired[str | None]
    DstOwner: NotRequired[str | None]


class RowsCountDifference(TypedDict):
    """Data type RowsCountDifference, API 2021-12-06."""

    Db: NotRequired[str | None]
    Table: NotRequired[str | None]
    SrcCount: NotRequired[int | None]
    DstCount: NotRequired[int | None]


class SchemaDifference(TypedDict):
    """Data type SchemaDifference, API 2021-12-06."""

    Db: NotRequired[str | None]
    Schema: NotRequired[str | None]
    Table: NotRequired[str | None]
    SrcSchema: NotRequired[str | None]
    DstSchema: NotRequired[str | None]


class SkippedDetail(TypedDict):
    """Data type SkippedDetail, API 2021-12-06."""

    TotalCount: NotRequired[int | None]
    Items: NotRequired[list[SkippedItem] | None]


class SkippedItem(TypedDict):
    """Data type SkippedItem, API 2021-12-06."""

    Db: NotRequired[str | None]
    Schema: NotRequired[str | None]
    Table: NotRequired[str | None]
    Reason: NotRequired[str | None]
