"""How an answer is held against an example of the documents and against their data types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tencent_dts.spec import Field

Shape = dict[str, Any]
Types = Mapping[str, Mapping[str, Field]]


def kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else type(value).__name__


def missing(example: Any, answer: Any, path: str = "") -> list[str]:
    """Where the answer lacks a field of the example or has another type of value there."""
    if isinstance(example, dict) and isinstance(answer, dict):
        return [
            found
            for name, value in example.items()
            for found in (missing(value, answer[name], f"{path}.{name}") if name in answer else [f"{path}.{name}"])
        ]
    if isinstance(example, list) and isinstance(answer, list):
        if example and not answer:
            return [f"{path} is empty"]
        # Lists of another length are held against the example's first item.
        alike = example if len(example) == len(answer) else example[:1] * len(answer)
        return [found for one, other in zip(alike, answer, strict=False) for found in missing(one, other, f"{path}[]")]
    either_null = example is None or answer is None
    return [] if either_null or kind(example) == kind(answer) else [f"{path}: {kind(answer)}, not {kind(example)}"]


TYPES = {"String": str, "Integer": int, "Boolean": bool, "Float": float}
# Of these fields the documents do not say that they may be null.
NEVER_NULL = {"CheckFlag", "DumperResumeCtrl", "RequestId", "InstanceName", "Vip", "Vport", "Usable", "Hint"}


def strangers(types: Types, fields: Any, answer: Shape, path: str = "") -> Iterator[str]:
    """What of an answer is not as the documents' data types have it: names, types, null where it must not be."""
    for name, value in answer.items():
        where = f"{path}.{name}"
        if name not in fields:
            yield f"{where} is not documented"
        elif value is None:
            yield from [f"{where} is null"] if name in NEVER_NULL else []
        else:
            yield from _stranger(types, fields[name], value, where)


def _stranger(types: Types, field: Field, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list) != field.array:
        yield f"{where} is {kind(value)}"
        return
    for item in value if isinstance(value, list) else [value]:
        if field.type in types:
            yield from strangers(types, types[field.type], item, where)
        elif type(item) is not TYPES[field.type]:
            yield f"{where} is {kind(item)}, not {field.type}"


def differing(example: Any, answer: Any, path: str = "") -> list[str]:
    """The paths at which the answer has another value than the example; what the example lacks does not count."""
    if isinstance(example, dict) and isinstance(answer, dict):
        pairs = [(f"{path}.{name}", value, answer.get(name)) for name, value in example.items()]
        return [found for where, one, other in pairs for found in differing(one, other, where)]
    if isinstance(example, list) and isinstance(answer, list) and len(example) == len(answer):
        return [
            found for one, other in zip(example, answer, strict=True) for found in differing(one, other, f"{path}[]")
        ]
    return [] if example == answer else [path]
