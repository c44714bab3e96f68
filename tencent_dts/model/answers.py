"""Fields of an answer, found by their dotted paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]
"""A resource as an answer shows it: a job, a check, a comparison."""


def typed(item: Item | None) -> Any:
    """The same resource, for a reader that knows which action's answer it is.

    It gets its type where it is assigned: ``check: DescribeMigrationCheckJobAnswer = typed(item)``. The client takes no
    answer that does not have the types of the spec (:mod:`tencent_dts.api.answers`), from which those of
    :mod:`tencent_dts.spec.shapes` are made.
    """
    return item


def dig(item: object, path: str) -> Any:
    """The value at a dotted path, ``None`` where any part of it is absent or null."""
    for name in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def text_at(item: object, path: str) -> str:
    """The value at a dotted path as text; "" where it is absent or null."""
    value = dig(item, path)
    return "" if value is None else str(value)


def plain(value: object) -> Any:
    """A value that can be compared: numbers as text, lists in order, what is empty left out."""
    if isinstance(value, Mapping):
        return {name: shown for name, part in sorted(value.items()) if (shown := plain(part))}
    if isinstance(value, list | tuple):
        return sorted((plain(part) for part in value), key=json.dumps) or ""
    return "" if value is None else str(value)


class Fields(dict[str, Any]):
    """The fields of an answer, for a text that names some in braces; an absent one is named as such."""

    def __missing__(self, name: str) -> str:
        return "not reported"
