"""What a job shows beside what was asked of it: endpoints, objects and options, of every kind of job.

Each kind says as data where its answer shows the fields of its requests (:class:`Shown`); one walk over the wire
shapes compares them. Only what the service shows is compared. Passwords, keys and tokens never are: the service
does not show them. What an answer leaves empty is judged by the part that it belongs to:

- Objects and options are shown whole: what is empty has its default.
- Of an endpoint only the address must be shown; any other field that is empty is not reported, and not judged.
- What the service fills in by itself (:data:`_FILLED`) is judged only where it was asked for.

Two spellings of the same are no difference: the order of lists, the letter case of the API's own words and of host
names, a default that is written out, a new name that is the old one.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeMigrateJobs, DescribeSubscribeConf; data types
MigrateOption, DBEndpointInfo, Objects, Options, Endpoint, SrcInfo, DstInfo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.planning import beijing_time
from tencent_dts.model.answers import Item, dig
from tencent_dts.spec import Field, Spec, load
from tencent_dts.spec.secrecy import is_secret

# The data types that say where a database is.
_ENDPOINTS = frozenset({"DBEndpointInfo", "DBInfo", "Endpoint", "SyncDBEndpointInfos", "SrcInfo", "DstInfo"})
# What leads to a database: every answer with an endpoint shows it.
_ADDRESS = ("InstanceId", "CvmInstanceId", "Host", "Ip", "Port")
# Fields of an endpoint that mean something else when they are there unasked.
_NEVER_UNASKED = ("AccountMode",)
# What the service fills in, or means by itself, where nothing was asked for.
_FILLED = frozenset({"AutoRetryTimeRangeMinutes", "StartPosition", "MigrateWay", "ConsistencyParams"})
# The speed can be changed at any time; the job's own comparison proves nothing to a run, which orders its own.
_NEVER_COMPARED = frozenset({"RateLimit", "RateLimitOption", "Consistency"})
# Free attributes, as ``{"Key": ..., "Value": ...}`` or as JSON: they can hold secrets, so no value is printed.
_ATTRIBUTES = frozenset({"ExtraAttr", "ExternParams"})
_JSON_TEXTS = frozenset({"DatabaseInfo", "ExternParams"})
_HOSTS = frozenset({"Host", "Ip"})
_TIMES = frozenset({"ExpectRunTime", "ExpectTime"})
# Rules that are tried in their order: what distinguishes them is their place.
_ORDERED = frozenset({"TopicRules"})

# Values of fields that are not sent, as the documents give them.
_DEFAULTS = {
    "AccountMode": "self",
    "ColumnMode": "All",
    "ConflictHandleType": "ReportError",
    "DealOfExistSameTable": "ReportErrorAfterCheck",
    "DstNodeType": "single",
    "EncryptConn": "UnEncrypted",
    "InitType": "Full",
    "MigrateType": "fullAndIncrement",
    "NodeType": "simple",
    "RunMode": "immediate",
    "SrcNodeType": "single",
}
_SAME_NAME = {
    "NewColumnName": "ColumnName",
    "NewDbName": "DbName",
    "NewRoleName": "RoleName",
    "NewSchemaName": "SchemaName",
    "NewTableName": "TableName",
    "NewViewName": "ViewName",
}
# The parts of a database, which are all taken along with a whole one.
_PARTS = frozenset(
    f"{part}Mode" for part in ("Schema", "Table", "View", "Role", "Function", "Procedure", "Event", "Trigger")
)

# What distinguishes the items of a list, whatever their order: the fields together.
_NAMES = (
    *("DbName", "SchemaName", "TableName", "ViewName", "RoleName", "ColumnName"),
    *("DdlObject", "Key", "Database", "Schema", "DatabaseName"),
)
_NODE_NAMES = ("Role", "SetId", *_ADDRESS)


@dataclass(frozen=True)
class Shown:
    """Where a kind of job shows what a request asked for.

    :param version: the API version.
    :param action: the action whose request is compared.
    :param places: by path in the request, the path in the answer; what is not named is not shown.
    :param partly: paths of the request that change only what they name; the rest of the job stays as it is.
    :param reported: paths of the answer of which a configured job fills at least one.
    :param names: for values that the API writes as numbers, by field: the number of each name.
    """

    version: str
    action: str
    places: Mapping[str, str]
    partly: frozenset[str] = frozenset()
    reported: tuple[str, ...] = ()
    names: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def is_configured(self, item: Item) -> bool:
        """Whether an answer shows any configuration at all."""
        return any(_is_set(dig(item, path)) for path in self.reported)

    def differences(self, asked: Item, item: Item, *, without: frozenset[str] = frozenset()) -> list[str]:
        """Where a job does not show what was asked for, one line each; empty where it shows all of it.

        :param asked: the request, whole or in parts; no line names anything secret of it.
        :param item: the job as the service shows it.
        :param without: names of fields that are not compared.
        """
        lines: list[str] = []
        for path, place in self.places.items():
            value = dig(asked, path)
            rule = self._rule(path)
            if value is not None and rule.name not in without:
                walk = _Walk(self, place, rule, whole=path not in self.partly, without=without)
                lines += walk.differ(value, dig(item, place))
        return lines

    def spec(self) -> Spec:
        """The wire shapes."""
        return load(self.version)

    def _rule(self, path: str) -> _Rule:
        shape: Mapping[str, Field] = self.spec().actions[self.action].request
        found: Field | None = None
        for name in path.split("."):
            found = shape.get(name)
            shape = self.spec().types.get(found.type, {}) if found else {}
        return _Rule(path.rpartition(".")[2], found)


@dataclass(frozen=True)
class _Rule:
    """One field: its name, and what the wire shape knows of it."""

    name: str
    field: Field | None

    @property
    def type(self) -> str:
        return self.field.type if self.field else ""

    def plain(self, value: object) -> str:
        """A value in the one spelling of everything that means the same; "" where it is empty, 0 or false."""
        if not _is_set(value) or value is False or value == 0:
            return ""
        text = str(value)
        if self.field is not None and self.field.enum:
            return text.casefold()
        if self.name in _HOSTS:
            return text.casefold().rstrip(".")
        if self.name in _TIMES:
            try:
                return beijing_time(text, self.name).isoformat()
            except InvalidInput:
                return text
        return text

    def is_another_word(self, value: object) -> bool:
        """Whether an access type is one that no document knows: the official example shows ``noProxy``.

        What it stands for cannot be judged; the address beside it can.
        """
        known = self.field.enum if self.field is not None else None
        return self.name.endswith("AccessType") and bool(known) and _is_set(value) and str(value) not in (known or ())


@dataclass(frozen=True)
class _Walk:
    """One step of the comparison: a field, where it stands, and how what is not asked for is taken.

    :param whole: what is shown must have been asked for, too.
    """

    kind: Shown
    path: str
    rule: _Rule
    whole: bool
    without: frozenset[str]

    def differ(self, asked: object, shown: object) -> Iterator[str]:
        """The differences from here on."""
        if self.rule.name in _JSON_TEXTS:
            asked, shown = _from_json(asked), _from_json(shown)
        if self.rule.name in _ATTRIBUTES:
            yield from self._in_attributes(_attributes(asked), _attributes(shown))
        elif isinstance(asked, Mapping) or self._is_object():
            yield from self._in_object(_object(asked), _object(shown))
        elif _is_list(asked) or (_is_list(shown) and not asked):
            yield from self._in_list(_list(asked), _list(shown))
        elif self.rule.plain(asked) != self.rule.plain(shown) and not self.rule.is_another_word(shown):
            ours = f"not {self._words(asked)}" if _is_set(asked) else "which was not asked for"
            yield f"{self.path} is {self._words(shown)}, {ours}"

    def _words(self, value: object) -> str:
        """A value as people read it: a number of the API with its name."""
        named = [name for name, number in self.kind.names.get(self.rule.name, {}).items() if number == value]
        return f"{value} ({named[0]})" if named else str(value) if _is_set(value) else "not reported"

    def _is_object(self) -> bool:
        shape = self.rule.field
        return shape is not None and not shape.array and shape.type in self.kind.spec().types

    def _in_object(self, asked: Item, shown: Item) -> Iterator[str]:
        if self._is_endpoint() and not _is_set(shown):
            return
        shape = self.kind.spec().types.get(self.rule.type, {})
        for name in dict.fromkeys([*shape, *asked, *(() if shape else shown)]):
            if self._is_passed_over(name, asked, shown):
                continue
            if self._is_endpoint() and name not in _ADDRESS and not _is_set(shown.get(name)):
                continue
            wanted, held = (side[name] if _is_set(side.get(name)) else _default(name, side) for side in (asked, shown))
            step = replace(self, path=f"{self.path}.{name}", rule=_Rule(name, shape.get(name)))
            yield from step.differ(wanted, held)

    def _is_endpoint(self) -> bool:
        return self.rule.type in _ENDPOINTS

    def _is_passed_over(self, name: str, asked: Item, shown: Item) -> bool:
        """Whether a field says nothing: never compared, or not asked for where that leaves it to the service."""
        if name in _NEVER_COMPARED or name in self.without or is_secret(name):
            return True
        if name == "Databases" and _takes_all(asked) and _takes_all(shown):
            return True  # the service may list what "all" comes to
        if _is_set(asked.get(name)):
            return False
        left_open = (self._is_endpoint() or not self.whole) and name not in _NEVER_UNASKED
        return left_open or name in _FILLED

    def _in_list(self, asked: Sequence[object], shown: Sequence[object]) -> Iterator[str]:
        if self._is_endpoint() and not shown:
            return
        wanted, held = self._by_name(asked), self._by_name(shown)
        if wanted.keys() != held.keys() and len(asked) == len(shown) == 1 and self._is_endpoint():
            wanted, held = _by_place(asked), _by_place(shown)  # one database: what of it differs says more
        for name in wanted.keys() - held.keys():
            yield f"{self.path} lacks {name}"
        for name in held.keys() - wanted.keys():
            yield f"{self.path} has {name}, which was not asked for"
        item = _Rule(self.rule.name, replace(self.rule.field, array=False) if self.rule.field else None)
        for name in wanted.keys() & held.keys():
            yield from replace(self, path=f"{self.path}, {name}", rule=item).differ(wanted[name], held[name])

    def _by_name(self, items: Sequence[object]) -> dict[str, object]:
        """The items of a list by what distinguishes them: their names or places; plain values by themselves."""
        if self.rule.name in _ORDERED:
            return _by_place(items)
        names = _NODE_NAMES if self._is_endpoint() else _NAMES
        named = {self._name(item, names): item for item in items}
        return _by_place(items) if "" in named or len(named) < len(items) else named

    def _name(self, item: object, names: Sequence[str]) -> str:
        if not isinstance(item, Mapping):
            enum = self.rule.field.enum if self.rule.field is not None else None
            same = [word for word in enum or () if word.casefold() == str(item).casefold()]
            return same[0] if same else str(item)
        return ".".join(filter(None, (_Rule(name, None).plain(item.get(name)) for name in names)))

    def _in_attributes(self, asked: Item, shown: Item) -> Iterator[str]:
        """Those asked for, by their keys; a value that is not shown cannot be judged, and none is printed."""
        for key in sorted(asked):
            reported = shown.get(key)
            if not is_secret(key) and _is_set(reported) and _text(reported) != _text(asked[key]):
                yield f"{self.path}, {key} has another value than the one asked for"


def fingerprint(reported: Item, *, without: frozenset[str] = frozenset()) -> str:
    """A short digest by which two tellings of the same configuration are known for the same.

    It holds nothing secret, and nothing of what is left to the service or can be changed at any time. The order of
    lists, and what is empty, make no difference.

    :param reported: parts of a request, or of what the service shows, by name.
    :param without: names of fields that make no difference either.
    """
    text = json.dumps(
        _canonical(reported, without | _NEVER_COMPARED | _FILLED | _ATTRIBUTES), sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _canonical(value: object, left_out: frozenset[str], name: str = "") -> object:
    if isinstance(value, Mapping):
        passed = left_out | {"Databases"} if _takes_all(value) else left_out
        parts = {str(key): _canonical(part, left_out, str(key)) for key, part in value.items() if key not in passed}
        return {key: part for key, part in parts.items() if part and not is_secret(key)}
    if _is_list(value):
        items = [_canonical(item, left_out) for item in value]
        return items if name in _ORDERED else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return "" if not _is_set(value) or value is False or value == 0 else str(value)


def _is_set(value: object) -> bool:
    """Whether an answer says anything: nulls, empty texts and lists, times of zeros and objects of these do not."""
    if isinstance(value, Mapping):
        return any(_is_set(part) and part is not False and part != 0 for part in value.values())
    if isinstance(value, str):
        return bool(value) and not value.startswith("0000-00-00")
    return bool(value) if _is_list(value) else value is not None


def _default(name: str, item: Item) -> object:
    """What a field has that was not sent, ``None`` where that is nothing."""
    if name in _SAME_NAME:
        return item.get(_SAME_NAME[name])
    if name == "TableEditMode":
        new = item.get("NewTableName")
        return "rename" if new and new != item.get("TableName") else None
    if name in _PARTS:
        whole = str(item.get("DBMode") or item.get("DbMode") or "").casefold() == "all"
        return "all" if whole else None
    return _DEFAULTS.get(name)


def _takes_all(objects: Item) -> bool:
    return str(objects.get("ObjectMode") or "").casefold() == "all"


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _list(value: object) -> Sequence[object]:
    return value if _is_list(value) else []


def _object(value: object) -> Item:
    return value if isinstance(value, Mapping) else {}


def _by_place(items: Sequence[object]) -> dict[str, object]:
    return {f"number {place}": item for place, item in enumerate(items, 1)}


def _attributes(value: object) -> dict[str, object]:
    """Free attributes by key, however they are written."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    return {str(item.get("Key")): item.get("Value") for item in _list(value) if isinstance(item, Mapping)}


def _from_json(value: object) -> object:
    """What a text of JSON says; the text itself where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "null")
    except (ValueError, RecursionError):
        return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
