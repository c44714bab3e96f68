"""A sync link, its modification and its retirement as data: plans, and the requests made of them.

API document: CreateSyncJob, ConfigureSyncJob, ModifySyncJobConfig, DescribeSyncJobs (the links).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

from tencent_dts.api.connections import Connection
from tencent_dts.api.endpoint_shapes import SyncTarget
from tencent_dts.api.endpoints import sync_side
from tencent_dts.errors import InvalidInput
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
from tencent_dts.kinds.sync.objects import check_changes, check_objects, check_options, completed, uncomparable
from tencent_dts.spec import VERSION_2021

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import ConfigureSyncJobRequest, CreateSyncJobRequest, ModifySyncJobConfigRequest
    from tencent_dts.spec.shapes.sync_types import DynamicOptions, Objects, Options

PAY_MODES = ("PostPay", "PrePay")
INSTANCE_CLASSES = ("micro", "small", "medium", "large")
RUN_MODES = ("Immediate", "Timed")
JOB_MODES = ("fullMode", "liteMode")

# DescribeSyncJobs: where a link shows what it was bought for, what ConfigureSyncJob set, and what ModifySyncJobConfig
# changed. JobMode and SrcConnectType are not shown.
BOUGHT = Shown(
    VERSION_2021,
    "CreateSyncJob",
    {name: name for name in ("SrcDatabaseType", "SrcRegion", "DstDatabaseType", "DstRegion")},
)
SHOWN = Shown(
    VERSION_2021,
    "ConfigureSyncJob",
    {name: name for name in ("RunMode", "ExpectRunTime", "Objects", "Options")}
    | {
        f"{side}{name}": f"{side}{name}"
        for side in ("Src", "Dst")
        for name in ("AccessType", "NodeType", "Info", "Infos")
    },
    reported=("Objects",),
)
CHANGED = Shown(
    VERSION_2021,
    "ModifySyncJobConfig",
    {"DynamicObjects": "Objects", "DynamicOptions": "Options"},
    partly=frozenset({"DynamicOptions"}),
    reported=("Objects",),
)

# JobType, less those from a type to itself. A pair that the list does not name may be one of a type to itself
# all the same: it lacks some whose types CreateSyncJob has, as tdpg.
_LINKS = {
    "cynosdbmysql": ("kafka", "mariadb", "mysql", "tdsqlmysql"),
    "mariadb": ("cynosdbmysql", "kafka", "mysql", "tdsqlmysql"),
    "mysql": ("cynosdbmysql", "kafka", "mariadb", "tdsqlmysql"),
    "percona": ("mariadb",),
    "tdsqlmysql": ("cynosdbmysql", "kafka", "mariadb", "mysql"),
    "tdstore": ("cynosdbmysql", "mariadb", "mysql", "percona", "tdsqlmysql"),
}


class SyncPlan(TwoSidedPlan):
    """Everything a sync run works by; times in seconds, ``time_span`` in months, ``expect_run_time`` Beijing time."""

    pay_mode: str
    time_span: int
    auto_renew: bool
    instance_class: str
    objects: Objects
    options: Options
    job_mode: str
    skips: list[Skip]
    compare: CompareConfiguration
    compare_wanted: bool
    allowed_skipped_tables: int
    deadlines: dict[str, float]


class ChangePlan(TypedDict):
    """A change of a running link; ``objects`` and ``options`` are empty where they stay as they are."""

    job_id: str
    region: str
    objects: Objects
    options: DynamicOptions
    requested_by: str
    requested_at: str
    deadlines: dict[str, float]


class RetirementPlan(TypedDict):
    """The end of a link: a last comparison, and how far it is taken down."""

    job_id: str
    region: str
    compare_wanted: bool
    compare: CompareConfiguration
    allowed_skipped_tables: int
    stop: bool
    isolate: bool
    destroy: bool
    deadlines: dict[str, float]


def link_problem(source: str, target: str) -> str | None:
    """Why DTS does not sync between two database types; ``None`` where it does."""
    targets = (source, *_LINKS.get(source, ()))
    if target in targets:
        return None
    return f"DTS has no sync link from {source} to {target}; allowed: {', '.join(targets)}"


def asked_objects(request: Parameters) -> Objects:
    """The objects of a request, with what the service wants said; empty where a change leaves them as they are."""
    return completed(request["objects"]) if request["objects"] else {}


class SyncOrder(LinkOrder):
    """What a sync job is bought for; ``time_span`` (months) and ``auto_renew`` matter for ``PrePay`` alone."""

    pay_mode: str
    time_span: NotRequired[int]
    auto_renew: NotRequired[bool]


def order_request(order: SyncOrder) -> CreateSyncJobRequest:
    """The CreateSyncJob request without count, name and tags."""
    request: CreateSyncJobRequest = {
        "PayMode": order["pay_mode"],
        "SrcDatabaseType": order["src_database_type"],
        "SrcRegion": order["src_region"],
        "DstDatabaseType": order["dst_database_type"],
        "DstRegion": order["dst_region"],
        "InstanceClass": order["instance_class"],
    }
    if order["pay_mode"] == "PrePay":
        request["TimeSpan"] = order["time_span"]
        request["AutoRenew"] = int(order["auto_renew"])
    return request


def configure_request(job_id: str, plan: SyncPlan, source: Connection, target: Connection) -> ConfigureSyncJobRequest:
    """The ConfigureSyncJob request of a plan, passwords included. It is always the whole configuration.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    request: ConfigureSyncJobRequest = {
        "JobId": job_id,
        "JobMode": plan["job_mode"],
        "RunMode": plan["run_mode"],
        "Objects": plan["objects"],
        "Options": plan["options"],
        **sync_side(source, "Src", **endpoint_of(plan["source"])),
        **_target(target, plan["target"]),
    }
    if plan["run_mode"] == "Timed":
        request["ExpectRunTime"] = plan["expect_run_time"]
    return request


def modify_request(job_id: str, plan: ChangePlan) -> ModifySyncJobConfigRequest:
    """The ModifySyncJobConfig request of a plan."""
    request: ModifySyncJobConfigRequest = {"JobId": job_id}
    if objects := plan["objects"]:
        request["DynamicObjects"] = objects
    if options := plan["options"]:
        request["DynamicOptions"] = options
    return request


def _target(conn: Connection, database: Database) -> SyncTarget:
    fields = sync_side(conn, "Dst", **endpoint_of(database))
    if fields["DstAccessType"] == "ckafka" and database["database_type"] != "kafka":
        field = f"connection {database['connection']}, extra access_type"
        raise InvalidInput(field, f"it is for a kafka target, not for {database['database_type']}", "ckafka")
    return fields


def _check_payment(request: Parameters) -> None:
    months, mode = request["time_span"], request["pay_mode"]
    if mode == "PrePay" and not months:
        raise InvalidInput("time_span", "pay_mode PrePay needs it: months from 1 to 100")
    if mode == "PostPay" and months:
        raise InvalidInput("time_span", "leave it empty, or set pay_mode to PrePay", months)
    if mode == "PostPay" and request["auto_renew"]:
        raise InvalidInput("auto_renew", "only pay_mode PrePay is renewed; set it to false", True)


def _check_objects(request: Parameters) -> None:
    check_objects(request["objects"])


def _check_options(request: Parameters) -> None:
    source, target = request["source_database_type"], request["target_database_type"]
    check_options(request["options"], request["objects"], source, target)


def _check_compare(request: Parameters) -> None:
    problem = uncomparable(request["options"], request["objects"], request["target_database_type"])
    if request["compare_wanted"] and problem:
        raise InvalidInput("compare_wanted", f"{problem}; set it to false", True)


def _check_change(request: Parameters) -> None:
    objects, options = request["objects"], request["options"]
    if not objects and not options:
        raise InvalidInput("objects, options", "there is nothing to change; give one of them, or both")
    if objects:
        check_objects(objects, changing=True)
    if options:
        check_changes(options)


def _check_end(request: Parameters) -> None:
    if request["destroy"] and not request["isolate"]:
        raise InvalidInput("destroy", "only an isolated job can be destroyed; set isolate to true, too", True)
    if request["isolate"] and not request["stop"]:
        raise InvalidInput("isolate", "a running job cannot be isolated; set stop to true, too", True)
    if not request["stop"] and not request["compare_wanted"]:
        raise InvalidInput("stop", "there is nothing to do; set stop or compare_wanted to true", False)


RULES: tuple[Rule, ...] = (
    _check_objects,
    _check_options,
    _check_payment,
    asked_run_time,
    check_sample_rate,
    _check_compare,
    check_link(link_problem),
    check_different,
    asked_skips,
    check_hold("caught_up_deadline"),
)
MODIFICATION_RULES: tuple[Rule, ...] = (_check_change,)
RETIREMENT_RULES: tuple[Rule, ...] = (_check_end, check_sample_rate)
