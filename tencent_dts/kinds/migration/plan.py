"""A migration as data: the plan that a run works by, and the ModifyMigrationJob request made of it.

API document: ModifyMigrationJob, data type MigrateOption; QCD table of supported links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts import spec
from tencent_dts.api.connections import Connection
from tencent_dts.api.endpoints import migration_endpoint
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.cutover import CutoverWindow, asked_window
from tencent_dts.kinds.objects import OF_MIGRATIONS, check_database
from tencent_dts.kinds.planning import (
    CompareConfiguration,
    Database,
    LinkOrder,
    Parameters,
    Rule,
    Skip,
    TwoSidedPlan,
    asked_run_time,
    asked_skips,
    check_different,
    check_hold,
    check_link,
    check_sample_rate,
    endpoint_of,
)
from tencent_dts.kinds.shown import Shown

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import CreateMigrationServiceRequest, ModifyMigrationJobRequest
    from tencent_dts.spec.shapes.migration_types import DatabaseTableObject, DBEndpointInfo, MigrateOption

MIGRATE_TYPES = ("fullAndIncrement", "full", "structure")
RUN_MODES = ("immediate", "timed")
INSTANCE_CLASSES = ("small", "medium", "large", "xlarge", "2xlarge")

# DescribeMigrationDetail: where a job shows what it was bought for, and what ModifyMigrationJob set.
BOUGHT = Shown(
    spec.VERSION_2021,
    "CreateMigrationService",
    {
        "SrcDatabaseType": "SrcInfo.DatabaseType",
        "SrcRegion": "SrcInfo.Region",
        "DstDatabaseType": "DstInfo.DatabaseType",
        "DstRegion": "DstInfo.Region",
    },
)
SHOWN = Shown(
    spec.VERSION_2021,
    "ModifyMigrationJob",
    {name: name for name in ("RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo")},
    reported=("MigrateOption", "SrcInfo.Info", "DstInfo.Info"),
)

_MYSQL = {"mysql", "mariadb", "percona", "cynosdbmysql", "tdsqlmysql", "tdsqlpercona"}
_REDIS = {"redis", "keewidb", "tendis"}


class MigrationPlan(TwoSidedPlan):
    """Everything a migration run works by; times in seconds, ``expect_run_time`` in Beijing time."""

    instance_class: str
    migrate_type: str
    objects: DatabaseTableObject
    migrate_option: MigrateOption  # less what the plan says itself: DatabaseTable and MigrateType
    deadlines: dict[str, float]
    compare: CompareConfiguration
    allowed_skipped_tables: int
    skips: list[Skip]
    foreign_key_flag: str
    approval: bool
    ends_by_itself: bool
    cutover_window: CutoverWindow


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


def check_objects(objects: DatabaseTableObject) -> DatabaseTableObject:
    """Check a ``DatabaseTableObject`` as far as the documents say what it needs.

    :raises InvalidInput: names the first wrong part.
    """
    problems = spec.load().problems("ModifyMigrationJob", {"MigrateOption": {"DatabaseTable": objects}})
    here = [problem for problem in problems if problem.path.startswith("MigrateOption.DatabaseTable")]
    if here:
        message = here[0].message.replace("MigrateOption.DatabaseTable.", "")
        raise InvalidInput("objects", message, mistyped=here[0].kind == "type")
    databases = objects.get("Databases") or []
    if objects["ObjectMode"] == "partial" and not databases:
        raise InvalidInput("objects, Databases", "ObjectMode partial needs at least one database")
    for index, database in enumerate(databases):
        check_database(f"objects, Databases {index}", database, OF_MIGRATIONS)
    return {**objects}


def order_request(order: LinkOrder) -> CreateMigrationServiceRequest:
    """The CreateMigrationService request without count, name and tags."""
    return {
        "SrcDatabaseType": order["src_database_type"],
        "DstDatabaseType": order["dst_database_type"],
        "SrcRegion": order["src_region"],
        "DstRegion": order["dst_region"],
        "InstanceClass": order["instance_class"],
    }


def modify_request(
    job_id: str, plan: MigrationPlan, source: Connection, target: Connection
) -> ModifyMigrationJobRequest:
    """The ModifyMigrationJob request of a plan, passwords included.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    request: ModifyMigrationJobRequest = {
        "JobId": job_id,
        "RunMode": plan["run_mode"],
        "MigrateOption": {
            "DatabaseTable": plan["objects"],
            "MigrateType": plan["migrate_type"],
            "Consistency": {"Mode": "notConfigured"},
            **plan["migrate_option"],
        },
        "SrcInfo": _source(source, plan["source"]),
        "DstInfo": migration_endpoint(target, **endpoint_of(plan["target"])),
    }
    if plan["run_mode"] == "timed":
        request["ExpectRunTime"] = plan["expect_run_time"]
    return request


def _source(conn: Connection, database: Database) -> DBEndpointInfo:
    """A source, which says more than a target where it is of several shards."""
    endpoint = migration_endpoint(conn, **endpoint_of(database))
    if database["database_type"] == "tdsqlmysql" and not endpoint.get("ConnectType"):
        field = f"connection {database['connection']}, extra connect_type"
        raise InvalidInput(field, "a tdsqlmysql source needs it: proxy or set")
    return endpoint


def _check_objects(request: Parameters) -> None:
    check_objects(request["objects"])


RULES: tuple[Rule, ...] = (
    _check_objects,
    asked_run_time,
    check_sample_rate,
    check_link(link_problem, "migrate_type"),
    check_different,
    asked_skips,
    check_hold("ready_deadline"),
    asked_window,
)
