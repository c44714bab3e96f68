"""A manifest's values -> a valid manifest, or everything that is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow.sdk import CronTriggerTimetable
from jsonschema import Draft202012Validator

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.form import Property, Values
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.manifests import fleet as fleets
from tencent_dts.manifests.document import Document, DocumentPath, Finding, InvalidManifest
from tencent_dts.manifests.kinds import misshapen, schema
from tencent_dts.manifests.schedule import schedule_problem

INVALID = "invalid__"
BEFORE_EVERYTHING = "2026-01-01"

_OWN_DAGS = "dts_"
_DAG_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_NAME = {"type": "string", "minLength": 1, "maxLength": 100}

MANIFEST_SCHEMA: Property = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "maxLength": 1000},
        "schedule": {"type": ["null", "string"]},
        "start_date": {"type": "string"},
        "timezone": {"type": "string"},
        "owner": _NAME,
        "tags": {"type": "array", "items": _NAME},
        **{name: schema(kind) for name, kind in BY_NAME.items()},
        fleets.FLEET: fleets.SCHEMA,
    },
    "additionalProperties": False,
}
DESCRIBED = (*BY_NAME, fleets.FLEET)
"""What a file may describe, by its one key."""
TYPES = {
    "null": "empty",
    "string": "text",
    "integer": "a whole number",
    "number": "a number, as 12 or 0.5",
    "boolean": "true or false",
    "object": "a mapping of names to values",
    "array": "a list",
}

Problems = Iterator[tuple[DocumentPath, str]]


@dataclass(frozen=True)
class Manifest:
    """A file that is valid.

    :param dag_id: the file's name without ``.yaml``.
    :param source: the file's name with its folder, for people.
    :param kind: what it describes; ``None``: a fleet.
    :param values: the form's parameters that the file sets; of a fleet, what stands under its key.
    :param schedule: cron expression or preset; ``None``: started by hand only.
    :param start_date: the schedule begins no sooner, ISO 8601.
    :param timezone: IANA name of the zone that ``schedule`` and ``start_date`` are meant in.
    """

    dag_id: str
    source: str
    kind: Kind | None
    values: Values
    schedule: str | None = None
    start_date: str | None = None
    timezone: str = "UTC"
    description: str = ""
    owner: str = "airflow"
    tags: tuple[str, ...] = ()

    @property
    def begins(self) -> datetime | None:
        """The start date for Airflow, which would make up for the latest tick after one that has passed.

        A migration must not start because a DAG is unpaused, so for a cron expression only a date to come counts.
        A DAG that is started by hand only begins whenever that is: Airflow makes no tasks for a run before the start
        date, and calls the empty run a success.
        """
        if self.schedule is None:
            return None
        moment = datetime.fromisoformat(self.start_date or BEFORE_EVERYTHING)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.timezone))
        return moment.astimezone(UTC) if self.schedule == "@once" or moment > datetime.now(UTC) else None

    @property
    def timetable(self) -> CronTriggerTimetable | str | None:
        """The schedule as Airflow takes it; the first run is at the next tick, never at the latest one."""
        if self.schedule is None or self.schedule == "@once":
            return self.schedule
        return CronTriggerTimetable(self.schedule, timezone=self.timezone, run_immediately=timedelta(0))


def read_manifest(path: Path) -> Manifest:
    """Read one file and check all that can be checked without its connections.

    :raises InvalidManifest: names every problem with its line, the field, the value and what would be right.
    """
    source = f"{path.parent.name}/{path.name}"
    document = Document(is_text, is_fraction, findings=list(_file_name(path)))
    document.read(path)
    if not document.findings:
        _check(document)
    if document.findings:
        raise InvalidManifest(source, document.findings)
    key = described(document.values)
    rest = {name: value for name, value in document.values.items() if name != key}
    rest["tags"] = tuple(rest.get("tags", ()))
    return Manifest(dag_id=path.stem, source=source, kind=BY_NAME.get(key), values=document.values[key], **rest)


def described(values: Values) -> str:
    """The key of what a file describes that has been found to have exactly one."""
    return next(key for key in values if key in DESCRIBED)


def is_text(path: DocumentPath) -> bool:
    """Whether text belongs at a path."""
    return _is_texts(path) or "string" in _types_at(path)


def is_fraction(path: DocumentPath) -> bool:
    """Whether a number that need not be whole belongs at a path."""
    return not _is_texts(path) and "number" in _types_at(path)


def _is_texts(path: DocumentPath) -> bool:
    """Whether a path is in a part in which everything is text."""
    if len(path) > 1 and path[0] in BY_NAME:
        return path[1] in BY_NAME[str(path[0])].manifest.texts
    return fleets.parameter_of(path) in BY_NAME["migration"].manifest.texts


def _types_at(path: DocumentPath) -> Collection[str]:
    """The types that the schema allows at a path."""
    schema: Property = MANIFEST_SCHEMA
    for part in path:
        schema = (schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)) or {}
    return _types_of(schema.get("type", ()))


def _types_of(kinds: str | Collection[str]) -> Collection[str]:
    """A schema writes one type as a text, and several as a list."""
    return [kinds] if isinstance(kinds, str) else kinds


def _file_name(path: Path) -> Iterator[Finding]:
    """The file's name becomes the DAG's id."""
    if path.suffix != ".yaml":
        yield Finding(0, f"rename it to {path.stem}.yaml")
    if not _DAG_ID.fullmatch(path.stem):
        yield Finding(0, "its name becomes the DAG's id: letters, digits, `_`, `.`, `-`, at most 200")
    if path.stem.startswith((_OWN_DAGS, INVALID)):
        yield Finding(0, f"names that begin with {_OWN_DAGS} or {INVALID} are taken; choose another")


def _check(document: Document) -> None:
    """First the form, then what the values mean."""
    for error in Draft202012Validator(MANIFEST_SCHEMA).iter_errors(document.values):
        for below, text in _explain(error):
            document.find((*error.absolute_path, *below), text)
    if isinstance(document.values, dict):
        for where, text in _one_kind(document.values):
            document.find(where, text)
    if not document.findings:
        key = described(document.values)
        given = document.values[key]
        wrong = fleets.problems(given) if key == fleets.FLEET else _wrong(BY_NAME[key], given)
        for where, text in [*_timing(document.values), *wrong]:
            document.find(where, text)


def _wrong(kind: Kind, given: Values) -> Problems:
    """The API's own parts first, then what concerns several fields."""
    wrong = list(misshapen(kind, given))
    yield from wrong or _together(kind, given)


def _one_kind(values: Values) -> Problems:
    """A file describes one thing."""
    first, *more = [key for key in values if key in DESCRIBED] or [""]
    allowed = ", ".join(DESCRIBED)
    if not first:
        yield (), f": it has none of {allowed}; it needs one"
    for key in more:
        yield (key,), f": the file has {first} already; keep one of {allowed}"


def _explain(error: Any) -> Problems:
    """What is wrong, for each field concerned. Values of unknown fields are never shown."""
    if error.validator == "required":
        yield from (((name,), ": it is missing") for name in error.validator_value if name not in error.instance)
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        for name in error.instance.keys() - known.keys():
            near = difflib.get_close_matches(name, known, n=1)
            yield (name,), ": no such field" + (f"; did you mean {near[0]}?" if near else "")
    else:
        shown = f" is {error.instance!r}" if isinstance(error.instance, str | int | float | None) else ""
        yield (), f"{shown}: {_fix(error)}"


def _fix(error: Any) -> str:
    """What would be right, in words."""
    expected = error.validator_value
    if error.validator == "enum":
        return "allowed: " + ", ".join("(empty)" if value is None else str(value) for value in expected)
    if error.validator == "type":
        return "it must be " + " or ".join(TYPES[kind] for kind in _types_of(expected))
    if error.validator == "not":
        return "write DatabaseTable as objects, and MigrateType as migrate_type"
    return str(error.message)


def _timing(values: Values) -> Problems:
    """Time zone, start date and schedule."""
    zone, start, schedule = values.get("timezone", "UTC"), values.get("start_date"), values.get("schedule")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("timezone",), f" is {zone!r}: write it as Asia/Shanghai or UTC"
    try:
        sane = 1970 <= datetime.fromisoformat(start or BEFORE_EVERYTHING).year <= 9000
    except ValueError:
        sane = False
    if not sane:
        yield ("start_date",), f" is {start!r}: write it as 2026-12-31 or 2026-12-31 02:00:00"
    if schedule not in (None, "@once") and (problem := schedule_problem(schedule)):
        yield ("schedule",), f" is {schedule!r}: {problem}"


def _together(kind: Kind, given: Values) -> Problems:
    """Rules that concern several fields at once."""
    values = kind.form.filled(given)
    for rule in kind.manifest.rules:
        try:
            rule(values)
        except InvalidInput as error:
            name = error.field.partition(",")[0]
            yield (kind.name, name), error.what.removeprefix(name)
