"""Every field of every documented action: missing, unknown, of another type or out of its range, it has its code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tencentcloud.common.credential import Credential
from tencentcloud.dts.v20180330.dts_client import DtsClient as DtsClient2018
from tencentcloud.dts.v20211206.dts_client import DtsClient as DtsClient2021

from tencent_dts.emulator import Emulator
from tencent_dts.spec import VERSION_2018, VERSION_2021, Field, load
from tests.rules import for_every
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY, profile, refusal

CLIENTS = {VERSION_2018: DtsClient2018, VERSION_2021: DtsClient2021}
DOCUMENTED = [
    (version, name)
    for version in CLIENTS
    for name, action in load(version).actions.items()
    if action.area not in ("undocumented", "published")
]
# Common to all actions: what one answers that documents none of its own.
COMMON = {"InvalidParameter", "InvalidParameterValue", "MissingParameter", "UnknownParameter"}
OF_ANOTHER_TYPE: dict[str, Any] = {"String": 5, "Integer": "five", "Boolean": "perhaps", "Float": "half"}


def right(version: str, fields: Any) -> dict[str, Any]:
    """A value that the spec allows for each required field."""
    types = load(version).types
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if field.required:
            value: Any = right(version, types[field.type]) if field.type in types else _right(field)
            values[name] = [value] if field.array else value
    return values


def _right(field: Field) -> Any:
    if field.enum:
        return next(choice for choice in field.enum if choice)
    return {"String": "text", "Integer": field.minimum or 0, "Boolean": True, "Float": 0.5}[field.type]


def outside(field: Field) -> list[Any]:
    """Values of the field's type that are not allowed."""
    if field.enum:
        return ["nonsense"]
    if field.max_length is not None:
        return ["a" * (field.max_length + 1)]
    beyond = [] if field.maximum is None else [field.maximum + 1]
    below = [] if field.minimum is None else [field.minimum - 1]
    return [value for value in beyond + below if value not in field.also]


def spoilt(version: str, fields: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Requests, or values of a type, with one mistake each."""
    types = load(version).types
    whole = right(version, fields)
    yield whole | {"Bogus": "1"}
    yield from ({key: value for key, value in whole.items() if key != name} for name in whole)
    for name, field in fields.items():
        yield whole | {name: "text" if field.array else OF_ANOTHER_TYPE.get(field.type, "text")}
        inner = types.get(field.type)
        values = outside(field) if inner is None else spoilt(version, inner, depth + 1) if depth < 3 else ()
        yield from (whole | {name: [value] if field.array else value} for value in values)


def test_all_documented_actions_are_here() -> None:
    assert len(DOCUMENTED) == 67


@for_every("version, name", DOCUMENTED, anew="emulator")
def test_what_is_wrong_with_a_field_is_refused_with_a_documented_code(
    emulator: Emulator, version: str, name: str
) -> None:
    action = load(version).actions[name]
    sdk = CLIENTS[version](Credential(SECRET_ID, SECRET_KEY), REGION, profile(emulator))
    for params in spoilt(version, action.request):
        code = refusal(sdk, name, params)
        family = code.partition(".")[0]
        assert family in COMMON, params
        own = {error for error in action.errors if error.partition(".")[0] in COMMON}
        assert code in own or (code in COMMON and not own), (params, code)
