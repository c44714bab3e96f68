"""The wire shapes of the DTS API, written once: the client and the emulator both check against them.

``dts-<version>.json`` is generated (see :mod:`scripts.generate_spec`); this module reads it.
It knows names, types, required fields, ranges and rates. It knows nothing of states: those are
written twice, independently, by the client's tables and the emulator's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

VERSION_2021 = "2021-12-06"
VERSION_2018 = "2018-03-30"

_LARGEST = 2**63

# As the API names its actions: of either version, all of these and no others change nothing.
_READS = "Describe"

ProblemKind = Literal["unknown", "missing", "type", "value"]


@dataclass(frozen=True)
class Field:
    """One field of a request, a response or a nested type.

    ``also`` lists values allowed outside the range, such as 0 for "off"; ``pattern`` must match whole;
    ``secret`` is read by :mod:`tencent_dts.spec.secrecy`.
    """

    type: str
    array: bool = False
    required: bool = False
    enum: tuple[str, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    also: tuple[int, ...] = ()
    secret: bool = False


@dataclass(frozen=True)
class Action:
    """One API action: its area, its published rate, its request and response, its documented errors."""

    name: str
    area: str
    rate_per_second: int
    request: Mapping[str, Field]
    response: Mapping[str, Field]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a request; ``path`` is dotted, as ``SrcInfo.Info.0.Port``."""

    kind: ProblemKind
    path: str
    message: str


@dataclass(frozen=True)
class Spec:
    """All actions and types of one API version."""

    version: str
    actions: Mapping[str, Action]
    types: Mapping[str, Mapping[str, Field]] = field(repr=False)

    def problems(self, action: str, params: Mapping[str, object]) -> list[Problem]:
        """Everything wrong with a request, most serious kind first: unknown, missing, type, value.

        ``None`` counts as absent, as the SDK leaves such fields out. An unknown ``action`` is a
        ``KeyError``: callers decide what that means to them.
        """
        found = list(self._check_object(self.actions[action].request, params, ""))
        order: list[ProblemKind] = ["unknown", "missing", "type", "value"]
        return sorted(found, key=lambda problem: order.index(problem.kind))

    def misfits(self, action: str, answer: Mapping[str, object]) -> Iterator[str]:
        """What of an answer is not of the documented type, each with its place; values are not shown.

        Null passes, as nearly every field "may return null", but not as an item of a list. Fields that no one
        has documented pass, as do enumerations, ranges and lengths: the service adds to them.
        """
        yield from self._misfits_of_object(self.actions[action].response, answer, "")

    def _misfits_of_object(self, shape: Mapping[str, Field], value: Mapping[str, object], prefix: str) -> Iterator[str]:
        for name, rule in shape.items():
            held, path = value.get(name), prefix + name
            if held is None:
                continue
            if not rule.array:
                yield from self._misfits_of_value(rule, held, path)
            elif isinstance(held, list):
                for index, item in enumerate(held):
                    yield from self._misfits_of_value(rule, item, f"{path}.{index}")
            else:
                yield f"{path} is no list but {_shown(held)}"

    def _misfits_of_value(self, rule: Field, value: object, path: str) -> Iterator[str]:
        if rule.type in self.types:
            if isinstance(value, Mapping):
                yield from self._misfits_of_object(self.types[rule.type], value, f"{path}.")
            else:
                yield f"{path} is no object but {_shown(value)}"
        elif not (_has_type(rule.type, value) or _is_whole(rule.type, value)):
            yield f"{path} is no {rule.type} but {_shown(value)}"

    def _check_object(self, shape: Mapping[str, Field], value: Mapping[str, object], prefix: str) -> Iterator[Problem]:
        for name in value:
            if name not in shape:
                yield Problem("unknown", prefix + str(name), f"{prefix}{name} is not a field here")
        for name, rule in shape.items():
            path = prefix + name
            if value.get(name) is None:
                if rule.required:
                    yield Problem("missing", path, f"{path} is required")
            elif rule.array:
                yield from self._check_array(rule, value[name], path)
            else:
                yield from self._check_value(rule, value[name], path)

    def _check_array(self, rule: Field, value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("type", path, f"{path} must be a list, not {_shown(value)}")
            return
        for index, item in enumerate(value):
            yield from self._check_value(rule, item, f"{path}.{index}")

    def _check_value(self, rule: Field, value: object, path: str) -> Iterator[Problem]:
        if rule.type in self.types:
            if isinstance(value, Mapping):
                yield from self._check_object(self.types[rule.type], value, f"{path}.")
            else:
                yield Problem("type", path, f"{path} must be an object, not {_shown(value)}")
        elif not _has_type(rule.type, value):
            yield Problem("type", path, f"{path} must be of type {rule.type}, not {_shown(value)}")
        elif reason := _refusal(rule, value):
            yield Problem("value", path, f"{path} {reason}")


def _shown(value: object) -> str:
    """A value's type only: the value itself may be a password."""
    return type(value).__name__


def _has_type(kind: str, value: object) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind in ("Integer", "Float"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        # No number of the API is beyond 64 bits; what is, or is none ("NaN"), breaks who reckons with it.
        return (kind == "Float" or isinstance(value, int)) and -_LARGEST <= value < _LARGEST
    return isinstance(value, str)


def _is_whole(kind: str, value: object) -> bool:
    """An integer of an answer may be written 100.0."""
    return kind == "Integer" and isinstance(value, int | float) and _has_type("Float", value) and value == int(value)


def _refusal(rule: Field, value: Any) -> str | None:
    if rule.enum is not None and value not in rule.enum:
        return f"is {value!r}; allowed: {', '.join(filter(None, rule.enum))}"
    if rule.max_length is not None and len(value) > rule.max_length:
        return f"has {len(value)} characters; at most {rule.max_length} are allowed"
    if rule.pattern is not None and not re.fullmatch(rule.pattern, value):
        return f"is {value!r}; it must match {rule.pattern}"
    if value in rule.also:
        return None
    if (rule.minimum is not None and value < rule.minimum) or (rule.maximum is not None and value > rule.maximum):
        bounds = f"{rule.minimum} to {rule.maximum}" if rule.maximum is not None else f"at least {rule.minimum}"
        return f"is {value}; allowed: {bounds}" + (f", or {', '.join(map(str, rule.also))}" if rule.also else "")
    return None


def _shape(raw: Mapping[str, Mapping[str, object]]) -> dict[str, Field]:
    shape: dict[str, Field] = {}
    for name, rule in raw.items():
        values: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in rule.items()}
        shape[name] = Field(**values)
    return shape


def only_reads(action: str) -> bool:
    """Whether an action changes nothing: it may be sent again whatever came of it."""
    return action.startswith(_READS)


@cache
def load(version: str = VERSION_2021) -> Spec:
    """Read the spec of one API version, once per process.

    Raises ``FileNotFoundError`` for a version that does not exist.
    """
    raw = json.loads(files(__name__).joinpath(f"dts-{version}.json").read_text("utf-8"))
    actions = {
        name: Action(
            name=name,
            area=action["area"],
            rate_per_second=action["rate_per_second"],
            request=_shape(action["request"]),
            response=_shape(action["response"]),
            errors=tuple(action["errors"]),
        )
        for name, action in raw["actions"].items()
    }
    return Spec(version, actions, {name: _shape(shape) for name, shape in raw["types"].items()})
