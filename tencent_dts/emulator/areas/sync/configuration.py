"""What ConfigureSyncJob and ModifySyncJobConfig check beyond names and types: the link, endpoints, objects, options.

Documents: ConfigureSyncJob, ModifySyncJobConfig, Endpoint, SyncDBEndpointInfos, Objects, Options, DynamicOptions,
KafkaOption, TopicRule (each "required if ..."), DescribeSyncJobs (the links).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tencent_dts.emulator.areas.migration.configuration import (
    account_problems,
    accounts,
    database_problems,
    time_problems,
    without_secrets,
)
from tencent_dts.emulator.world.kernel import ApiError, Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import WRONG_VALUE

LINKS = frozenset(
    (
        *("mysql2kafka", "tdsqlmysql2kafka", "mariadb2kafka", "cynosdbmysql2kafka", "tdsqlmysql2mysql"),
        *("mysql2tdsqlmysql", "mysql2mariadb", "cynosdbmysql2mysql", "mysql2cynosdbmysql", "mariadb2tdsqlmysql"),
        *("tdsqlmysql2cynosdbmysql", "cynosdbmysql2tdsqlmysql", "tdstore2mysql", "tdstore2percona"),
        *("tdstore2mariadb", "tdstore2cynosdbmysql", "cynosdbmysql2mariadb", "mariadb2cynosdbmysql"),
        *("tdsqlmysql2mariadb", "mariadb2mysql", "percona2mariadb", "tdstore2tdsqlmysql"),
    )
)
"""JobType as the SDK lists it, but for those from a type to itself, all of which are allowed."""

_NETWORK = ("VpcId", "SubnetId", "Ip", "Port")
REQUIRED: dict[str, tuple[str, ...]] = {
    "cdb": ("InstanceId",),
    "ckafka": ("InstanceId",),
    "cvm": ("CvmInstanceId", "Ip", "Port"),
    "vpc": _NETWORK,
    "dcg": ("UniqDcgId", *_NETWORK),
    "vpncloud": ("UniqVpnGwId", *_NETWORK),
    "ccn": ("CcnId", "DatabaseNetEnv", "Ip", "Port"),
    "extranet": ("Ip", "Port"),
    "intranet": ("Ip", "Port"),
}
"""Fields of Endpoint that an access type requires."""

DEFAULTS = {"InitType": "Full", "DealOfExistSameTable": "ReportErrorAfterCheck", "ConflictHandleType": "ReportError"}
CLUSTERS = frozenset({"mongodb", "tdsqlmysql", "tdstore"})
"""Databases of several nodes, whose side is given as SrcInfos or DstInfos."""

CHANGES = frozenset({"Insert", "Update", "Delete"})
"""The DML among OpTypes; without all three a compare could not be the same."""


def verify_link(source: str, target: str) -> None:
    """Raise ApiError when DTS does not sync from one database type to the other."""
    if source != target and f"{source}2{target}" not in LINKS:
        raise ApiError(WRONG_VALUE, f"DTS does not sync from {source} to {target}.")


def endpoints(params: Fields, side: str) -> list[Fields]:
    """Return the Endpoints of one side (``Src`` or ``Dst``): one, or those of a cluster."""
    if _is_cluster(params, side):
        nodes: list[Fields] = (params.get(f"{side}Infos") or {}).get("Info") or []
        return nodes
    info = params.get(f"{side}Info")
    return [info] if info else []


def _is_cluster(params: Fields, side: str) -> bool:
    return params.get(f"{side}NodeType") == "cluster"


def _endpoint_problems(bought: str, params: Fields, side: str) -> Iterator[str]:
    name = f"{side}Infos" if _is_cluster(params, side) else f"{side}Info"
    given = endpoints(params, side)
    if not given:
        yield f"{name} is required when {side}NodeType is {params.get(f'{side}NodeType') or 'single'}"
    if bought in CLUSTERS and not _is_cluster(params, side):
        yield f"{side}NodeType must be cluster for {bought}"
    infos = params.get(f"{side}Infos")
    if infos and _is_cluster(params, side) and infos["DatabaseType"] != bought:
        yield f"{name}.DatabaseType is {infos['DatabaseType']}, but the job was bought for {bought}"
    access = params[f"{side}AccessType"]
    yield from _access_problems(bought, params, side)
    for index, info in enumerate(given):
        where = f"{name}.Info.{index}" if _is_cluster(params, side) else name
        for field in REQUIRED[access]:
            if not info.get(field):
                yield f"{where}.{field} is required when {side}AccessType is {access}"
        yield from account_problems(where, info)
        if info.get("AccountMode") == "other" and not info.get("AccountRole"):
            yield f"{where}.AccountRole is required when AccountMode is other"


def _access_problems(bought: str, params: Fields, side: str) -> Iterator[str]:
    access = params[f"{side}AccessType"]
    infos = params.get(f"{side}Infos")
    if infos and _is_cluster(params, side) and infos["AccessType"] != access:
        yield f"{side}Infos.AccessType is {infos['AccessType']}, but {side}AccessType is {access}"
    if access == "ckafka" and bought != "kafka":
        yield f"{side}AccessType ckafka is for a Kafka target, not for {bought}"


def _object_problems(name: str, objects: Fields, kind: str, init_type: str, *, changing: bool = False) -> Iterator[str]:
    if not objects.get("Mode"):
        yield f"{name}.Mode is required"
    if not objects.get("Databases"):
        yield f"{name}.Databases is required when Mode is Partial"
    for index, item in enumerate(objects.get("Databases") or []):
        yield from database_problems(f"{name}.Databases.{index}", item, kind, "DbMode")
        yield from _column_problems(f"{name}.Databases.{index}", item, changing)
    if objects.get("AdvancedObjects") and init_type not in ("Full", "Structure"):
        yield f"{name}.AdvancedObjects needs the structure: InitType Full or Structure"


def _column_problems(where: str, item: Fields, changing: bool) -> Iterator[str]:
    """A table that is named says whether all its columns are synced; a running job takes whole tables only."""
    for index, table in enumerate(item.get("Tables") or []):
        name, columns = f"{where}.Tables.{index}", table.get("ColumnMode")
        if item.get("TableMode") == "Partial" and not columns:
            yield f"{name}.ColumnMode is required when TableMode is Partial"
        if columns == "Partial" and changing:
            yield f"{name}.ColumnMode Partial cannot be had while the job runs"
        elif columns == "Partial" and not table.get("Columns"):
            yield f"{name}.Columns is required when ColumnMode is Partial"


def _option_problems(name: str, options: Fields, target: str) -> Iterator[str]:
    operations = options.get("OpTypes") or []
    if "PartialDDL" in operations and not options.get("DdlOptions"):
        yield f"{name}.DdlOptions is required when OpTypes has PartialDDL"
    if operations and not CHANGES.intersection(operations):
        yield f"{name}.OpTypes must have one of Insert, Update and Delete"
    condition = options.get("ConflictHandleOption") or {}
    if options.get("ConflictHandleType") == "ConditionCover" and not condition.get("ConditionColumn"):
        yield f"{name}.ConflictHandleOption.ConditionColumn is required when ConflictHandleType is ConditionCover"
    if options.get("KafkaOption") and target == "kafka":
        yield from _kafka_problems(f"{name}.KafkaOption", options["KafkaOption"])


def _kafka_problems(name: str, option: Fields) -> Iterator[str]:
    for field in ("DataType", "TopicType", "TopicRules"):
        if not option.get(field):
            yield f"{name}.{field} is required for a Kafka target"
    rules = option.get("TopicRules") or []
    if option.get("TopicType") == "Single" and len({rule.get("TopicName") for rule in rules}) > 1:
        yield f"{name}.TopicRules must all name the same topic when TopicType is Single"
    if rules and "Default" not in (rules[-1].get("DbMatchMode"), rules[-1].get("TableMatchMode")):
        yield f"{name}.TopicRules must end with a rule whose match mode is Default"


def verify(job: Record, params: Fields) -> None:
    """Raise ApiError InvalidParameterValue naming all that is wrong with a job's configuration."""
    options = _with_defaults(params.get("Options") or {})
    problems = [
        found
        for side, bought in (("Src", job["src_type"]), ("Dst", job["dst_type"]))
        for found in _endpoint_problems(bought, params, side)
    ]
    problems += _object_problems("Objects", params["Objects"], job["family"], options["InitType"])
    problems += _option_problems("Options", options, job["dst_type"])
    problems += time_problems(params)
    if job["dst_type"] == "kafka" and not options.get("KafkaOption"):
        problems.append("Options.KafkaOption is required for a Kafka target")
    if job["src_type"] == "mongodb" and options["InitType"] not in ("Data", "None"):
        problems.append(f"Options.InitType is {options['InitType']}; MongoDB links know Data and None")
    if job["src_type"] == "tdsqlmysql" and not params.get("SrcConnectType"):
        problems.append("SrcConnectType is required for a tdsqlmysql source")
    _refuse(problems)


def verify_modification(job: Record, params: Fields) -> None:
    """Raise ApiError InvalidParameterValue naming all that is wrong with changed objects and options."""
    objects, options = params.get("DynamicObjects"), params.get("DynamicOptions")
    init_type = job["configuration"]["Options"]["InitType"]
    problems = [] if objects or options else ["DynamicObjects or DynamicOptions is required"]
    if objects:
        problems += _object_problems("DynamicObjects", objects, job["family"], init_type, changing=True)
    if options:
        problems += _option_problems("DynamicOptions", options, job["dst_type"])
        if options.get("ConflictHandleType") and job["dst_type"] == "kafka":
            problems.append("DynamicOptions.ConflictHandleType cannot be changed for a Kafka target")
    _refuse(problems)


def _refuse(problems: Iterable[str]) -> None:
    text = "; ".join(problems)
    if text:
        raise ApiError(WRONG_VALUE, text)


def _with_defaults(options: Fields) -> Fields:
    given = {name: value for name, value in options.items() if value not in (None, "")}
    whole = {**DEFAULTS, **given}
    return whole | {"InitType": whole["InitType"].capitalize()}


def stored(params: Fields) -> Fields:
    """Return the configuration as the emulator keeps it: no secret, but whether a password was wrong."""
    kept = {name: params.get(name) for name in ("ExpectRunTime", "Objects", "SrcAccessType", "DstAccessType")}
    kept |= {"RunMode": params.get("RunMode") or "Immediate", "Options": _with_defaults(params.get("Options") or {})}
    for side in ("Src", "Dst"):
        kept[f"{side}NodeType"] = params.get(f"{side}NodeType") or "single"
        nodes = endpoints(params, side)
        cluster = _is_cluster(params, side)
        kept[f"{side}Info"] = None if cluster else nodes[0]
        kept[f"{side}Infos"] = params[f"{side}Infos"] | {"Info": nodes} if cluster else None
    return without_secrets(kept) | accounts(endpoints(params, "Src"), endpoints(params, "Dst"))


def uncomparable(configuration: Fields) -> str:
    """Return why a sync job with this configuration cannot be compared, or ""."""
    missing = CHANGES.difference(configuration["Options"].get("OpTypes") or CHANGES)
    if missing:
        return f"The current task has opened DML filtering({','.join(sorted(missing))})."
    return ""
