"""Wire shapes of API 2018-03-30: what several areas share; see scripts/generate_shapes.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class TagFilter(TypedDict):
    """Data type TagFilter, API 2018-03-30."""

    TagKey: str
    TagValue: NotRequired[list[str]]


class TagItem(TypedDict):
    """Data type TagItem, API 2018-03-30."""

    TagKey: str
    TagValue: NotRequired[str]
