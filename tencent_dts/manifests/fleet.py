"""What the file of a fleet may hold: defaults, waves, their members, and who comes after whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.fleet import CANARY
from tencent_dts.kinds.form import Property, Values
from tencent_dts.kinds.form_parts import LONGEST_DEADLINE
from tencent_dts.kinds.migration.kind import MIGRATION
from tencent_dts.manifests.document import DocumentPath
from tencent_dts.manifests.kinds import misshapen

FLEET = "fleet"
"""The key of a fleet in its file."""

Problems = Iterator[tuple[DocumentPath, str]]

_PARAMETERS = MIGRATION.form.schema
_ANYTHING: Values = {"source_connection": "a", "target_connection": "b", "objects": {"ObjectMode": "all"}}
_OF_A_WAVE = ("max_failed", "approval", "approval_deadline")
_OF_A_MEMBER = ("name", "after")
_TAKEN = (CANARY, "summary")


def _hours(what: str, hours: float) -> Property:
    return {
        "description": f"Maximum wait {what}, in hours.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": LONGEST_DEADLINE,
        "default": hours,
    }


def _members(what: str, least: int, default: int) -> Property:
    return {"description": what, "type": "integer", "minimum": least, "maximum": 10000, "default": default}


def _object(properties: Mapping[str, Property], *required: str) -> Property:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


_NAME: Property = {"type": "string", "minLength": 1, "maxLength": 100}
_MEMBER = _object(
    {
        "name": {"description": "By which people know it; each once in the file.", **_NAME},
        "after": {
            "description": "Members that stand before this one in the file, and must be green before it buys.",
            "type": "array",
            "items": _NAME,
        },
        **_PARAMETERS,
    },
    "name",
)
_WAVE = _object(
    {
        "name": {
            "description": "Of the wave, and of its task group.",
            "type": "string",
            "pattern": "^[A-Za-z0-9_-]{1,100}$",
        },
        "max_failed": _members("Members that may fail while the line goes on; default: the fleet's.", 0, 0),
        "approval": {
            "description": "A person is asked before anything of the wave is bought; silence is a no.",
            "type": "boolean",
            "default": False,
        },
        "approval_deadline": _hours("for that answer", 24),
        "members": {"type": "array", "minItems": 1, "items": _MEMBER},
    },
    "name",
    "members",
)
SCHEMA: Property = _object(
    {
        "canary": {
            "description": "Name of the member that goes first, alone; if it fails, nothing else is bought.",
            "type": ["null", "string"],
        },
        "in_flight": _members("Maximum number of jobs that are paid for at once; red ones that cost count.", 1, 20),
        "max_failed": _members("Members of a wave that may fail while the line goes on.", 0, 0),
        "turn_deadline": _hours("of a member for its turn, and of a wave for the one before", 336),
        "defaults": _object(_PARAMETERS),
        "waves": {"type": "array", "minItems": 1, "items": _WAVE},
    },
    "waves",
)


def parameter_of(path: DocumentPath) -> str:
    """The parameter of a migration that a path of the file is in, "" where it is in none."""
    if path[:1] != (FLEET,):
        return ""
    at = 2 if path[1:2] == ("defaults",) else 5 if path[1:2] == ("waves",) and path[3:4] == ("members",) else len(path)
    return str(path[at]) if len(path) > at else ""


def request_of(fleet: Values, member: Values) -> Values:
    """The parameters of a member's migration: its own, and the defaults of the file."""
    own = {name: value for name, value in member.items() if name not in _OF_A_MEMBER}
    return {**(fleet.get("defaults") or {}), **own}


def problems(fleet: Values) -> Problems:
    """What is wrong with a fleet whose fields are well formed each."""
    yield from _names(fleet)
    judged: dict[str, list[tuple[DocumentPath, str]]] = {}
    # What is wrong with the defaults, whatever a member adds to them, is told once.
    given = fleet.get("defaults") or {}
    of_defaults = [one for one in _of_request({**_ANYTHING, **given}) if one[0][0] in given]
    yield from (((FLEET, "defaults", *path), text) for path, text in of_defaults)
    for at, wave in enumerate(fleet["waves"]):
        for index, member in enumerate(wave["members"]):
            own = (FLEET, "waves", at, "members", index)
            request = request_of(fleet, member)
            # Members that differ in their connections alone, as most do, are judged once in all else.
            key = repr({name: value for name, value in request.items() if name != "job_title"})
            if key not in judged:
                judged[key] = list(_of_request(request))
            for path, text in judged[key]:
                if (path, text) not in of_defaults:
                    yield (*own, *path), text


def _of_request(request: Values) -> Problems:
    """What is wrong with the parameters of one migration; paths begin with the parameter."""
    missing = [name for name in MIGRATION.manifest.required if request.get(name) is None]
    yield from (((name,), ": it is missing, here and in defaults") for name in missing)
    if missing:
        return
    wrong = [(path[1:], text) for path, text in misshapen(MIGRATION, request)]
    yield from wrong
    if wrong:
        return
    values = MIGRATION.form.filled(request)
    for rule in MIGRATION.manifest.rules:
        try:
            rule(values)
        except InvalidInput as error:
            name = error.field.partition(",")[0]
            yield (name,), error.what.removeprefix(name)


def _names(fleet: Values) -> Problems:
    """Names are there once, and who comes after whom can be kept."""
    waves: set[str] = set()
    before: set[str] = set()
    for at, wave in enumerate(fleet["waves"]):
        here: DocumentPath = (FLEET, "waves", at)
        if wave["name"] in waves or wave["name"] in _TAKEN:
            why = "another wave has it" if wave["name"] in waves else "it is taken"
            yield (*here, "name"), f" is {wave['name']!r}: {why}; choose another"
        waves.add(wave["name"])
        for index, member in enumerate(wave["members"]):
            yield from _member_names((*here, "members", index), member, before)
            before.add(member["name"])
    yield from _canary(fleet, before)


def _member_names(here: DocumentPath, member: Values, before: set[str]) -> Problems:
    if member["name"] in before:
        yield (*here, "name"), f" is {member['name']!r}: another member has it; choose another"
    for index, other in enumerate(member.get("after") or ()):
        if other not in before:
            yield (*here, "after", index), f" is {other!r}: name a member that stands before this one in the file"


def _canary(fleet: Values, names: set[str]) -> Problems:
    canary = fleet.get("canary")
    if canary is None:
        return
    if canary not in names:
        yield (FLEET, "canary"), f" is {canary!r}: no member has this name"
    member: Any = next((one for wave in fleet["waves"] for one in wave["members"] if one["name"] == canary), {})
    if member.get("after"):
        yield (FLEET, "canary"), f" is {canary!r}: it comes after another member; the canary is the first of all"


def build(fleet: Values) -> None:
    """Build the tasks of a fleet in the DAG that is open. Operators are imported here."""
    from tencent_dts.operators.fleet import FleetMember
    from tencent_dts.task_groups.fleet import Wave, migrate_fleet

    waves = []
    for wave in fleet["waves"]:
        given = {
            name: wave[name] for name in _OF_A_WAVE if name not in ("name", "members") and wave.get(name) is not None
        }
        members = [
            FleetMember(one["name"], request_of(fleet, one), tuple(one.get("after") or ())) for one in wave["members"]
        ]
        waves.append(Wave(wave["name"], members, **given))
    chosen = {name: fleet[name] for name in ("canary", "in_flight", "max_failed", "turn_deadline") if name in fleet}
    migrate_fleet(None, waves=waves, **{name: value for name, value in chosen.items() if value is not None})
