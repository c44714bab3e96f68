"""Wire shapes of API 2021-12-06: what several areas share; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class CompareOptions(TypedDict):
    """Data type CompareOptions, API 2021-12-06."""

    Method: NotRequired[str]
    SampleRate: NotRequired[int]
    ThreadCount: NotRequired[int]
    Type: NotRequired[str]
    CompareMode: NotRequired[list[str]]
    ReCheckTime: NotRequired[int]
    ReCheckInterval: NotRequired[int]


class KeyValuePairOption(TypedDict):
    """Data type KeyValuePairOption, API 2021-12-06."""

    Key: NotRequired[str]
    Value: NotRequired[str]


class ProcessProgress(TypedDict):
    """Data type ProcessProgress, API 2021-12-06."""

    Status: NotRequired[str | None]
    Percent: NotRequired[int | None]
    StepAll: NotRequired[int | None]
    StepNow: NotRequired[int | None]
    Message: NotRequired[str | None]
    Steps: NotRequired[list[StepDetailInfo] | None]


class ProcessStepTip(TypedDict):
    """Data type ProcessStepTip, API 2021-12-06."""

    Message: NotRequired[str | None]
    Solution: NotRequired[str | None]
    HelpDoc: NotRequired[str | None]


class RateLimitOption(TypedDict):
    """Data type RateLimitOption, API 2021-12-06."""

    CurrentDumpThread: int
    DefaultDumpThread: int
    CurrentDumpRps: int
    DefaultDumpRps: int
    CurrentLoadThread: int
    DefaultLoadThread: int
    CurrentLoadRps: int
    DefaultLoadRps: int
    CurrentSinkerThread: int
    DefaultSinkerThread: int
    HasUserSetRateLimit: str


class SkipDdlOnError(TypedDict):
    """Data type SkipDdlOnError, API 2021-12-06."""

    Tables: NotRequired[list[str]]
    ErrorCodes: NotRequired[list[int]]


class StepDetailInfo(TypedDict):
    """Data type StepDetailInfo, API 2021-12-06."""

    StepNo: NotRequired[int | None]
    StepName: NotRequired[str | None]
    StepId: NotRequired[str | None]
    Status: NotRequired[str | None]
    StartTime: NotRequired[str | None]
    FinishTime: NotRequired[str | None]
    StepMessage: NotRequired[str | None]
    Percent: NotRequired[int | None]
    Errors: NotRequired[list[ProcessStepTip] | None]
    Warnings: NotRequired[list[ProcessStepTip] | None]


class TagFilter(TypedDict):
    """Data type TagFilter, API 2021-12-06."""

    TagKey: str
    TagValue: NotRequired[list[str]]


class TagItem(TypedDict):
    """Data type TagItem, API 2021-12-06."""

    TagKey: NotRequired[str]
    TagValue: NotRequired[str]
