"""What ModifyMigrationJob checks beyond names and types: endpoints by access type, objects, run mode, the link.

Documents: ModifyMigrationJob, DBEndpointInfo, DBInfo, DatabaseTableObject, DBItem (each "required if ...").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from tencent_dts.emulator.world import compare_configuration
from tencent_dts.emulator.world.checks import family
from tencent_dts.emulator.world.clock import moment
from tencent_dts.emulator.world.kernel import ApiError, Fields
from tencent_dts.emulator.world.records import Record, side_of
from tencent_dts.emulator.world.tables import WRONG_VALUE
from tencent_dts.spec import secrecy

Kept = dict[str, Any]
"""A configuration as the emulator keeps it, see :data:`tencent_dts.emulator.world.records.Configuration`."""

_NETWORK = ("VpcId", "SubnetId", "Host", "Port")
REQUIRED: dict[str, tuple[str, ...]] = {
    "cdb": ("InstanceId",),
    "extranet": ("Host", "Port"),
    "ipv6": ("Host", "Port"),
    "cvm": ("CvmInstanceId", "Port"),
    "dcg": ("UniqDcgId", *_NETWORK),
    "vpncloud": ("UniqVpnGwId", *_NETWORK),
    "ccn": ("CcnGwId", *_NETWORK),
    "vpc": _NETWORK,
    "intranet": ("Host", "Port"),
}
"""Fields of DBInfo that an AccessType requires."""


def _endpoint_problems(name: str, given: Fields, bought: dict[str, str]) -> Iterator[str]:
    for field, value in bought.items():
        if given[field] != value:
            yield f"{name}.{field} is {given[field]}, but the job was bought for {value}"
    access = given["AccessType"]
    if access == "ccn" and not given.get("DatabaseNetEnv"):
        yield f"{name}.DatabaseNetEnv is required when AccessType is ccn"
    if name == "SrcInfo" and given["DatabaseType"] == "tdsqlmysql" and not given.get("ConnectType"):
        yield f"{name}.ConnectType is required for a tdsqlmysql source"
    if not given["Info"]:
        yield f"{name}.Info must hold at least one database"
    for index, info in enumerate(given["Info"]):
        where = f"{name}.Info.{index}"
        for field in REQUIRED[access]:
            # A MongoDB SRV record names its ports itself.
            if not info.get(field) and not (field == "Port" and _is_srv(given)):
                yield f"{where}.{field} is required when AccessType is {access}"
        yield from account_problems(where, info)


def _is_srv(given: Fields) -> bool:
    return {"Key": "connectMode", "Value": "srv"} in (given.get("ExtraAttr") or [])


def account_problems(where: str, info: Fields) -> Iterator[str]:
    """Yield what is wrong with an endpoint of another account."""
    if info.get("AccountMode") != "other":
        return
    if not info.get("Account"):
        yield f"{where}.Account is required when AccountMode is other"
    if not info.get("AccountRole") and not all(info.get(f) for f in ("TmpSecretId", "TmpSecretKey", "TmpToken")):
        yield f"{where}.AccountRole, or TmpSecretId, TmpSecretKey and TmpToken, are required when AccountMode is other"


def _object_problems(selected: Fields, kind: str) -> Iterator[str]:
    if selected["ObjectMode"] != "partial":
        return
    if not selected.get("Databases"):
        yield "MigrateOption.DatabaseTable.Databases is required when ObjectMode is partial"
    for index, item in enumerate(selected.get("Databases") or []):
        yield from database_problems(f"MigrateOption.DatabaseTable.Databases.{index}", item, kind)


def database_problems(where: str, item: Fields, kind: str, mode: str = "DBMode") -> Iterator[str]:
    """Yield what is wrong with one database among the objects of a job of family ``kind``.

    ``mode`` is how the API writes the field that says whether the database is taken whole.
    """
    for field in ("DbName", mode):
        if not item.get(field):
            yield f"{where}.{field} is required when the objects are partial"
    if kind == "mysql" and _partial(item, mode) and not item.get("TableMode"):
        yield f"{where}.TableMode is required when {mode} is partial"
    for part in ("Table", "View", "Role", "Function", "Procedure", "Event", "Trigger"):
        if _partial(item, f"{part}Mode") and not item.get(f"{part}s"):
            yield f"{where}.{part}s is required when {part}Mode is partial"
    for index, table in enumerate(item.get("Tables") or []):
        yield from _table_problems(f"{where}.Tables.{index}", table)


def _table_problems(where: str, table: Fields) -> Iterator[str]:
    edit = table.get("TableEditMode")
    if not table.get("TableName"):
        yield f"{where}.TableName is required"
    if edit == "rename" and not table.get("NewTableName"):
        yield f"{where}.NewTableName is required when TableEditMode is rename"
    if table.get("TmpTables") and table.get("NewTableName"):
        yield f"{where}.TmpTables and NewTableName exclude each other"
    if table.get("TmpTables") and edit != "pt":
        yield f"{where}.TmpTables needs TableEditMode pt"


def _partial(item: Fields, mode: str) -> bool:
    """Whether a mode says partial, which sync writes with a capital."""
    return (item.get(mode) or "").lower() == "partial"


def _mode_problems(params: Fields, kind: str) -> Iterator[str]:
    wanted = migrate_type(params)
    if kind == "redis" and wanted != "fullAndIncrement":
        yield f"MigrateOption.MigrateType is {wanted}; Redis links know fullAndIncrement only"
    if kind == "sqlserver" and wanted == "structure":
        yield "MigrateOption.MigrateType is structure; SQL Server links know full and fullAndIncrement"
    yield from time_problems(params)


def _consistency_problems(wanted: Fields, kind: str) -> Iterator[str]:
    """Yield what is wrong with the automatic compare that a configuration asks for."""
    options = compare_configuration.option_problems(wanted.get("Options") or {}, kind)
    yield from (f"MigrateOption.Consistency.{problem}" for problem in options)


def migrate_type(params: Fields) -> str:
    """Return MigrateOption.MigrateType or, where it is not given, the documented default."""
    return params["MigrateOption"].get("MigrateType") or "fullAndIncrement"


def time_problems(params: Fields) -> Iterator[str]:
    """Yield what is wrong with the time at which a job is to start."""
    if (params.get("RunMode") or "").lower() == "timed":
        try:
            moment(params.get("ExpectRunTime") or "")
        except ValueError:
            yield "ExpectRunTime is required in the format yyyy-mm-dd hh:mm:ss when RunMode is timed"


def verify(job: Record, params: Fields, others: Iterable[str] = ()) -> None:
    """Raise ApiError InvalidParameterValue naming all that is wrong with a job's configuration, ``others`` included."""
    kind = job["family"]
    problems = [
        *_endpoint_problems("SrcInfo", params["SrcInfo"], _bought(job, "src")),
        *_endpoint_problems("DstInfo", params["DstInfo"], _bought(job, "dst")),
        *_object_problems(params["MigrateOption"]["DatabaseTable"], kind),
        *_mode_problems(params, kind),
        *_consistency_problems(params["MigrateOption"].get("Consistency") or {}, kind),
        *others,
    ]
    if problems:
        raise ApiError(WRONG_VALUE, "; ".join(problems))


def _bought(job: Record, side: Literal["src", "dst"]) -> dict[str, str]:
    bought = side_of(job, side)
    return {"Region": bought.region, "DatabaseType": bought.database_type}


def verify_link(source: str, target: str) -> None:
    """Raise ApiError when DTS does not migrate from one database type to the other."""
    if family(source) != family(target):
        raise ApiError(WRONG_VALUE, f"DTS does not migrate from {source} to {target}.")


def stored(params: Fields) -> Kept:
    """Return the configuration as the emulator keeps it: no secret, but whether a password was wrong."""
    names = ("RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo")
    kept = without_secrets({name: params.get(name) for name in names})
    kept["MigrateOption"] |= {"MigrateType": migrate_type(params)}
    return kept | accounts(params["SrcInfo"]["Info"], params["DstInfo"]["Info"])


def accounts(sources: list[Fields], targets: list[Fields]) -> Kept:
    """Return what a check will want to know of the accounts: whose password is wrong, whether the source's is root."""
    wrong = [
        [side, info.get("User") or ""]
        for side, infos in (("source", sources), ("target", targets))
        for info in infos
        if "wrong" in (info.get("Password") or "")
    ]
    return {"wrong_passwords": wrong, "as_root": any(info.get("User") == "root" for info in sources)}


def without_secrets(configuration: Fields) -> Kept:
    """Return a copy in which every secret is empty, those of ``ExtraAttr`` and ``ExternParams`` included."""
    kept: Kept = secrecy.redacted(configuration, hidden="")
    return kept
