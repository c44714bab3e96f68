"""What CreateMigrateJob and ModifyMigrateJob of API 2018-03-30 check beyond names, types and ranges.

Documents: CreateMigrateJob, ModifyMigrateJob, MigrateOption, SrcInfo, DstInfo (each "required if ..."). A
configuration is kept as it was sent, less its secrets, with DatabaseInfo also read into ``databases``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tencent_dts.emulator.areas.migration.configuration import Kept, accounts, without_secrets
from tencent_dts.emulator.world.checks import family
from tencent_dts.emulator.world.clock import moment
from tencent_dts.emulator.world.kernel import ApiError, Fields

OBJECTS = ("MigrateOption", "SrcInfo", "DstInfo")
PLAIN = ("SrcAccessType", "DstAccessType", "DatabaseInfo", "SrcNodeType", "SrcInfoMulti")
STRUCTURE, FULL, FULL_AND_INCREMENT = 1, 2, 3
TABLES = 2
TIMED = 2
SPOT_CHECK = 3
CHECKED = frozenset({2, 3, 4})
"""The values of ConsistencyType that let the data be checked."""

_NETWORK = ("VpcId", "SubnetId", "Ip", "Port")
REQUIRED: dict[str, tuple[str, ...]] = {
    "cdb": ("InstanceId",),
    "extranet": ("Ip", "Port"),
    "cvm": ("CvmInstanceId", "Port"),
    "dcg": ("UniqDcgId", *_NETWORK),
    "vpncloud": ("UniqVpnGwId", *_NETWORK),
    "ccn": ("CcnId", *_NETWORK),
}
"""Fields of SrcInfo that SrcAccessType requires: those of the examples and of the same type in 2021-12-06."""


def merged(before: Fields, params: Fields) -> Kept:
    """Return a configuration with what a request gives: an object field by field, everything else whole."""
    given = {name: params[name] for name in PLAIN if params.get(name) is not None}
    for name in OBJECTS:
        changes = {field: value for field, value in (params.get(name) or {}).items() if value is not None}
        given[name] = {**before.get(name, {}), **changes}
    return {**before, **given}


def kept(whole: Fields, params: Fields, before: Fields) -> Fields:
    """Return the configuration as the emulator keeps it; a side whose password is not given keeps the verdict on it."""
    sources = [params.get("SrcInfo") or {}, *(params.get("SrcInfoMulti") or [])]
    given = accounts(sources, [params.get("DstInfo") or {}])
    unchanged = {
        side
        for side, infos in (("source", sources), ("target", [params.get("DstInfo") or {}]))
        if not any("Password" in info for info in infos)
    }
    old = [entry for entry in before.get("wrong_passwords", []) if entry[0] in unchanged]
    return {
        **without_secrets({**whole, "SrcInfoMulti": whole.get("SrcInfoMulti") or []}),
        "RunMode": "timed" if whole["MigrateOption"]["RunMode"] == TIMED else "immediate",
        "ExpectRunTime": whole["MigrateOption"].get("ExpectTime") or "",
        "databases": databases(whole.get("DatabaseInfo") or ""),
        "wrong_passwords": old + given["wrong_passwords"],
        "as_root": whole["SrcInfo"].get("User") == "root",
    }


def databases(text: str) -> list[Fields]:
    """Return the databases that DatabaseInfo names. Raises ``ValueError`` when it is not such a list in JSON."""
    value = json.loads(text or "[]")
    json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair could be neither stored nor sent
    if not isinstance(value, list) or not all(_is_database(item) for item in value):
        raise ValueError('it must be a list like [{"Database": "db1", "Schema": "s1", "Table": ["t1"]}]')
    return [{"DbName": item["Database"], "Tables": item.get("Table") or []} for item in value]


def _is_database(item: object) -> bool:
    if not isinstance(item, dict) or not item.keys() <= {"Database", "Schema", "Table"}:
        return False
    tables = item.get("Table", [])
    texts = [item.get("Database"), item.get("Schema", ""), *(tables if isinstance(tables, list) else [None])]
    return bool(item.get("Database")) and all(isinstance(text, str) for text in texts)


def verify(whole: Fields, source: str, target: str, code: str) -> None:
    """Raise ApiError with ``code`` naming all that is wrong with the configuration of a job between two databases."""
    problems = [
        *_source_problems(whole),
        *_target_problems(whole["DstInfo"]),
        *_option_problems(whole["MigrateOption"]),
        *_object_problems(whole),
    ]
    if family(source) != family(target):
        problems.append(f"DTS does not migrate from {source} to {target}")
    if problems:
        raise ApiError(code, "; ".join(problems))


def _source_problems(whole: Fields) -> Iterator[str]:
    access = whole["SrcAccessType"]
    sources = [("SrcInfo", whole["SrcInfo"])]
    if whole.get("SrcNodeType") == "cluster" and access != "cdb":
        sources = [(f"SrcInfoMulti.{index}", info) for index, info in enumerate(whole.get("SrcInfoMulti") or [])]
        if not sources:
            yield "SrcInfoMulti is required when SrcNodeType is cluster"
    for name, info in sources:
        for field in REQUIRED[access]:
            if not info.get(field):
                yield f"{name}.{field} is required when SrcAccessType is {access}"
        if info.get("Supplier") == "aliyun" and not info.get("RdsInstanceId"):
            yield f"{name}.RdsInstanceId is required when Supplier is aliyun"


def _target_problems(target: Fields) -> Iterator[str]:
    for field in ("InstanceId", "Region"):
        if not target.get(field):
            yield f"DstInfo.{field} is required"


def _option_problems(option: Fields) -> Iterator[str]:
    if option.get("RunMode") == TIMED:
        try:
            moment(option.get("ExpectTime") or "")
        except ValueError:
            yield "MigrateOption.ExpectTime is required in the format yyyy-mm-dd hh:mm:ss when RunMode is 2"
    if option.get("ConsistencyType") == SPOT_CHECK and not option.get("ConsistencyParams"):
        yield "MigrateOption.ConsistencyParams is required when ConsistencyType is 3"
    if option.get("IsOverrideRoot") and (
        option.get("MigrateObject") == TABLES or option.get("MigrateType") == STRUCTURE
    ):
        yield "MigrateOption.IsOverrideRoot must be 0 when tables or structures are migrated"
    try:
        json.loads(option.get("ExternParams") or "{}")
    except (ValueError, RecursionError):
        yield "MigrateOption.ExternParams must be JSON"


def _object_problems(whole: Fields) -> Iterator[str]:
    try:
        named = databases(whole.get("DatabaseInfo") or "")
    except (ValueError, RecursionError) as problem:
        yield f"DatabaseInfo is no list of databases in JSON: {problem}"
        return
    if whole["MigrateOption"].get("MigrateObject") == TABLES and not named:
        yield "DatabaseInfo is required when MigrateOption.MigrateObject is 2"


def run_steps(whole: Fields) -> list[str]:
    """Return the ids of the run's steps: export, import, the check of the data if wanted, the incremental step."""
    option = whole["MigrateOption"]
    steps = ["dumper", "loader"]
    if option.get("ConsistencyType") in CHECKED and option.get("MigrateType") != STRUCTURE:
        steps.append("consistency")
    return [*steps, "sinker"] if migrate_type(option) == FULL_AND_INCREMENT else steps


def migrate_type(option: Fields) -> int:
    """Return MigrateOption.MigrateType or, where it is not given, that of a whole migration (assumed)."""
    return option.get("MigrateType") or FULL_AND_INCREMENT
