"""A migration of API 2018-03-30 as data: its plan, names for the API's integers, and the requests made of it.

API document: CreateMigrateJob, ModifyMigrateJob, data types MigrateOption, ConsistencyParams (version 2018-03-30).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

from tencent_dts.api.connections import Connection
from tencent_dts.api.endpoint_shapes import Source2018, Target2018
from tencent_dts.api.endpoints import source_2018, target_2018
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.cutover import CutoverWindow, asked_window
from tencent_dts.kinds.planning import (
    Parameters,
    Rule,
    TwoSidedPlan,
    asked_run_time,
    check_different,
    check_hold,
    check_link,
    endpoint_of,
)
from tencent_dts.kinds.shown import Shown
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_2018 import ModifyMigrateJobRequest
    from tencent_dts.spec.shapes.migration_types_2018 import ConsistencyParams, MigrateOption

# What the API has numbers for.
MIGRATE_TYPES = {"fullAndIncrement": 3, "full": 2, "structure": 1}
MIGRATE_OBJECTS = {"instance": 1, "tables": 2}
RUN_MODES = {"immediate": 1, "timed": 2}
CONSISTENCY = {"notConfigured": 1, "full": 2, "spotCheck": 3, "inconsistentTables": 4, "noCheck": 5}

# DescribeMigrateJobs: where a job shows what it was created with, or what ModifyMigrateJob set; SrcNodeType is not.
SHOWN = Shown(
    VERSION_2018,
    "CreateMigrateJob",
    {
        name: name
        for name in (
            *("SrcDatabaseType", "SrcAccessType", "SrcInfo", "SrcInfoMulti"),
            *("DstDatabaseType", "DstAccessType", "DstInfo", "MigrateOption", "DatabaseInfo"),
        )
    },
    reported=("MigrateOption",),
    names={
        "MigrateType": MIGRATE_TYPES,
        "MigrateObject": MIGRATE_OBJECTS,
        "RunMode": RUN_MODES,
        "ConsistencyType": CONSISTENCY,
    },
)

# These compare data of a new migration; inconsistentTables looks again at what an earlier check found.
_PROVING = ("full", "spotCheck")
# Fields of ConsistencyParams -> parameters of the form.
SAMPLES = {
    "SelectRowsPerTable": "sampled_rows",
    "TablesSelectAll": "sampled_tables",
    "TablesSelectCount": "counted_tables",
}
_FAMILIES = (
    {"mysql", "mariadb", "percona", "cynosdbmysql"},
    {"redis"},
    {"mongodb"},
    {"postgresql"},
    {"sqlserver"},
)
# Only these have ExternParams.
_WITH_EXTERN_PARAMS = ("redis", "mongodb")


class ChosenDatabase(TypedDict):
    """A database to migrate, as the JSON of ``DatabaseInfo`` has it: whole, or some of its tables."""

    Database: str
    Schema: NotRequired[str]
    Table: NotRequired[list[str]]


class Migration2018Plan(TwoSidedPlan):
    """Everything a 2018 migration works by; options by name, times in seconds, ``expect_run_time`` Beijing time."""

    migrate_type: str
    migrate_object: str
    databases: list[ChosenDatabase]
    consistency: str
    consistency_params: dict[str, int]
    is_override_root: bool
    read_only: bool
    extern_params: dict[str, str | int]
    ends_by_itself: bool
    cutover_window: CutoverWindow
    cutover_unproven: bool
    deadlines: dict[str, float]


def link_problem(source: str, target: str) -> str | None:
    """Why this version does not migrate between two database types; ``None`` where it does."""
    if any(source in family and target in family for family in _FAMILIES):
        return None
    return f"DTS has no migration link from {source} to {target} in API 2018-03-30"


def is_proving(consistency: str) -> bool:
    """Whether a consistency check of this name proves anything about a new migration."""
    return consistency in _PROVING


class Configuration2018(Source2018, Target2018):
    """The fields that CreateMigrateJob and ModifyMigrateJob share."""

    MigrateOption: MigrateOption
    DatabaseInfo: str


class UnnamedJob(Configuration2018):
    """The fields of CreateMigrateJob, without JobName and Tags."""

    SrcDatabaseType: str
    DstDatabaseType: str


def create_request(plan: Migration2018Plan, source: Connection, target: Connection) -> UnnamedJob:
    """The CreateMigrateJob request of a plan, passwords included, without JobName and Tags.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    return {
        "SrcDatabaseType": plan["source"]["database_type"],
        "DstDatabaseType": plan["target"]["database_type"],
        **_configuration(plan, source, target),
    }


def modify_request(
    job_id: str, plan: Migration2018Plan, source: Connection, target: Connection
) -> ModifyMigrateJobRequest:
    """The ModifyMigrateJob request of a plan, passwords included.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    return {"JobId": job_id, **_configuration(plan, source, target)}


def database_info(databases: Sequence[ChosenDatabase]) -> str:
    """Databases as the API takes them: the text of a JSON list."""
    return json.dumps([dict(database) for database in databases], ensure_ascii=False)


def _configuration(plan: Migration2018Plan, source: Connection, target: Connection) -> Configuration2018:
    chosen = target_2018(target, **endpoint_of(plan["target"]))
    if plan["target"]["database_type"] in _FAMILIES[0]:
        chosen["DstInfo"]["ReadOnly"] = int(plan["read_only"])
    return {
        "MigrateOption": _option(plan),
        "DatabaseInfo": database_info(plan["databases"]),  # an empty list, not nothing, takes earlier ones back
        **source_2018(source, **endpoint_of(plan["source"])),
        **chosen,
    }


def _option(plan: Migration2018Plan) -> MigrateOption:
    option: MigrateOption = {
        "RunMode": RUN_MODES[plan["run_mode"]],
        "MigrateType": MIGRATE_TYPES[plan["migrate_type"]],
        "MigrateObject": MIGRATE_OBJECTS[plan["migrate_object"]],
        "ConsistencyType": CONSISTENCY[plan["consistency"]],
        "IsOverrideRoot": int(plan["is_override_root"]),
        "ExternParams": json.dumps(plan["extern_params"], ensure_ascii=False),
    }
    if plan["run_mode"] == "timed":
        option["ExpectTime"] = plan["expect_run_time"]
    if plan["consistency_params"]:
        # All of them: _check_consistency wants each where it wants any.
        option["ConsistencyParams"] = cast("ConsistencyParams", plan["consistency_params"])
    return option


def _check_databases(request: Parameters) -> None:
    kind, databases = request["migrate_object"], request["databases"]
    if kind == "tables" and not databases:
        raise InvalidInput("databases", "migrate_object tables needs at least one database")
    if kind == "instance" and databases:
        raise InvalidInput(
            "databases", "migrate_object instance takes all; leave it empty, or choose tables", databases
        )


def _check_root(request: Parameters) -> None:
    kind, what = request["migrate_type"], request["migrate_object"]
    if request["is_override_root"] and (kind == "structure" or what == "tables"):
        fix = "the root account is taken along with the data of a whole instance only; set it to false"
        raise InvalidInput("is_override_root", fix, True)
    if request["read_only"] and what == "tables":
        raise InvalidInput("read_only", "only the target of a whole instance can be read-only; set it to false", True)


def _check_extern(request: Parameters) -> None:
    source = request["source_database_type"]
    if request["extern_params"] and source and source not in _WITH_EXTERN_PARAMS:
        fix = f"only {' and '.join(_WITH_EXTERN_PARAMS)} have some; leave it empty for {source}"
        raise InvalidInput("extern_params", fix, request["extern_params"])
    if request["read_only"] and source and source not in _FAMILIES[0]:
        raise InvalidInput("read_only", f"it is for MySQL; set it to false for {source}", True)


def _check_consistency(request: Parameters) -> None:
    kind = request["consistency"]
    for name in SAMPLES.values():
        if kind == "spotCheck" and not request[name]:
            raise InvalidInput(name, "consistency spotCheck needs it: per cent, from 1 to 100")
        if kind != "spotCheck" and request[name]:
            raise InvalidInput(name, f"consistency {kind} takes no sample; leave it empty", request[name])
    if request["migrate_type"] == "structure" and is_proving(kind):
        raise InvalidInput("consistency", "a structure has no data to check; choose notConfigured", kind)


def _check_cutover(request: Parameters) -> None:
    """A cutover is proven by the migration's own check, or a person says that it need not be."""
    kind, unproven = request["consistency"], request["cutover_unproven"]
    cut_over = request["migrate_type"] == "fullAndIncrement"
    if cut_over and not is_proving(kind) and not unproven:
        fix = f"consistency {kind} proves nothing: choose {' or '.join(_PROVING)}, or set it to true"
        raise InvalidInput("cutover_unproven", fix, False)
    if unproven and not cut_over:
        raise InvalidInput("cutover_unproven", "this migration ends without a cutover; set it to false", True)
    if unproven and is_proving(kind):
        raise InvalidInput("cutover_unproven", f"consistency {kind} checks the data; set it to false", True)


RULES: tuple[Rule, ...] = (
    _check_databases,
    _check_root,
    _check_extern,
    _check_consistency,
    _check_cutover,
    asked_run_time,
    check_link(link_problem),
    check_different,
    check_hold("ready_deadline"),
    asked_window,
)
