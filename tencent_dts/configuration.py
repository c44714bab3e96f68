"""A migration as data: the plan that a run works by, and the ModifyMigrationJob request made of it.

A plan holds no secret: the databases are named by their Airflow connections, which are read when a
request is sent. It is JSON, so that it can travel as an XCom.

API document: ModifyMigrationJob, data type MigrateOption; QCD table of supported links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from tencent_dts import spec
from tencent_dts.endpoints import migration_endpoint
from tencent_dts.errors import InvalidInput

BEIJING = ZoneInfo("Asia/Shanghai")
MIGRATE_TYPES = ("fullAndIncrement", "full", "structure")
RUN_MODES = ("immediate", "timed")
INSTANCE_CLASSES = ("small", "medium", "large", "xlarge", "2xlarge")
COMPARE_METHODS = ("dataCheck", "sampleDataCheck", "rowsCount")

_MYSQL = {"mysql", "mariadb", "percona", "cynosdbmysql", "tdsqlmysql", "tdsqlpercona"}
_REDIS = {"redis", "keewidb", "tendis"}


class Database(TypedDict):
    """One side of a migration; ``connection`` is the id of an Airflow connection."""

    connection: str
    database_type: str
    region: str


class Skip(TypedDict):
    """A check item to skip, and why."""

    step_id: str
    reason: str


class MigrationPlan(TypedDict):
    """Everything a migration run works by; times in seconds, ``expect_run_time`` in Beijing time."""

    source: Database
    target: Database
    instance_class: str
    migrate_type: str
    job_title: str
    existing_job_id: str
    objects: dict[str, Any]
    migrate_option: dict[str, Any]
    run_mode: str
    expect_run_time: str
    start_delay: float
    hold_seconds: int
    deadlines: dict[str, float]
    compare: dict[str, Any]
    allowed_skipped_tables: int
    skips: list[Skip]
    foreign_key_flag: str
    requested_by: str
    requested_at: str
    approval: bool
    ends_by_itself: bool


def link_problem(source: str, target: str, migrate_type: str) -> str | None:
    """Why DTS does not migrate between two database types; ``None`` where it does."""
    families = [_MYSQL, _REDIS, {"postgresql"}, {"mongodb"}, {"sqlserver"}, {"tdstore"}]
    if not any(source in family and target in family for family in families):
        return f"DTS has no migration link from {source} to {target}"
    if source in _REDIS and migrate_type != "fullAndIncrement":
        return f"{source} can be migrated with migrate type fullAndIncrement only"
    if source == "sqlserver" and migrate_type == "structure":
        return "sqlserver can be migrated with migrate type full or fullAndIncrement only"
    return None


def check_objects(objects: Mapping[str, Any]) -> dict[str, Any]:
    """Check a ``DatabaseTableObject`` as far as the documents say what it needs.

    :raises InvalidInput: names the first wrong part.
    """
    problems = spec.load().problems("ModifyMigrationJob", {"MigrateOption": {"DatabaseTable": objects}})
    here = [problem for problem in problems if problem.path.startswith("MigrateOption.DatabaseTable")]
    if here:
        raise InvalidInput("objects", here[0].message.replace("MigrateOption.DatabaseTable.", ""))
    databases = objects.get("Databases") or []
    if objects["ObjectMode"] == "partial" and not databases:
        raise InvalidInput("objects, Databases", "ObjectMode partial needs at least one database")
    for index, database in enumerate(databases):
        name = f"objects, Databases {index}"
        if not database.get("DbName"):
            raise InvalidInput(f"{name}, DbName", "every database needs its name")
        if database.get("DBMode") not in ("all", "partial"):
            raise InvalidInput(f"{name}, DBMode", "allowed: all, partial", database.get("DBMode"))
        if database.get("TableMode") == "partial" and not database.get("Tables"):
            raise InvalidInput(f"{name}, Tables", "TableMode partial needs at least one table")
    return dict(objects)


def beijing_time(text: str, field: str) -> datetime:
    """Parse a time; one without a zone is Beijing time, as everywhere in DTS."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, "write it like 2026-12-31 02:00:00 (Beijing time)", text) from None
    return moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment.astimezone(BEIJING)


def asked_run_time(request: Mapping[str, Any]) -> datetime | None:
    """When a timed run shall start; ``None`` for an immediate one.

    :raises InvalidInput: ``run_mode`` and ``expect_run_time`` contradict each other, or it is no time.
    """
    text = str(request.get("expect_run_time") or "")
    if request["run_mode"] == "timed":
        if not text:
            raise InvalidInput("expect_run_time", "run_mode timed needs it, as 2026-12-31 02:00:00 (Beijing time)")
        return beijing_time(text, "expect_run_time")
    if text:
        raise InvalidInput("expect_run_time", "leave it empty, or set run_mode to timed", text)
    return None


def check_sample_rate(request: Mapping[str, Any]) -> None:
    """Only a comparison of samples has a rate.

    :raises InvalidInput: another method is given one.
    """
    method, rate = request["compare_method"], request["compare_sample_rate"]
    if method != "sampleDataCheck" and rate != 100:
        raise InvalidInput("compare_sample_rate", f"method {method} compares all; leave it at 100", rate)


def modify_request(job_id: str, plan: Mapping[str, Any], source: Any, target: Any) -> dict[str, Any]:
    """The ModifyMigrationJob request of a plan, passwords included.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    request: dict[str, Any] = {
        "JobId": job_id,
        "RunMode": plan["run_mode"],
        "MigrateOption": {
            "DatabaseTable": plan["objects"],
            "MigrateType": plan["migrate_type"],
            "Consistency": {"Mode": "notConfigured"},
            **plan["migrate_option"],
        },
        "SrcInfo": _endpoint(source, plan["source"]),
        "DstInfo": _endpoint(target, plan["target"]),
    }
    if plan["run_mode"] == "timed":
        request["ExpectRunTime"] = plan["expect_run_time"]
    return request


def _endpoint(conn: Any, database: Mapping[str, Any]) -> dict[str, Any]:
    return migration_endpoint(conn, region=database["region"], database_type=database["database_type"])


def valid_title(text: str) -> str:
    """A job title without characters that names may not have."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-") or "migration"
