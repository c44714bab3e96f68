"""A sync link, its modification and its retirement as data: plans, and the requests made of them.

API document: CreateSyncJob, ConfigureSyncJob, ModifySyncJobConfig, DescribeSyncJobs (the links).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from tencent_dts.api.endpoints import sync_side
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.planning import (
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
    told=("Objects",),
)
CHANGED = Shown(
    VERSION_2021,
    "ModifySyncJobConfig",
    {"DynamicObjects": "Objects", "DynamicOptions": "Options"},
    partly=frozenset({"DynamicOptions"}),
    told=("Objects",),
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
    objects: dict[str, Any]
    options: dict[str, Any]
    job_mode: str
    skips: list[Skip]
    compare: dict[str, Any]
    compare_wanted: bool
    allowed_skipped_tables: int
    deadlines: dict[str, float]


class ChangePlan(TypedDict):
    """A change of a running link; ``objects`` and ``options`` are empty where they stay as they are."""

    job_id: str
    region: str
    objects: dict[str, Any]
    options: dict[str, Any]
    requested_by: str
    requested_at: str
    deadlines: dict[str, float]


class RetirementPlan(TypedDict):
    """The end of a link: a last comparison, and how far it is taken down."""

    job_id: str
    region: str
    compare_wanted: bool
    compare: dict[str, Any]
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


def asked_objects(request: Mapping[str, Any]) -> dict[str, Any]:
    """The objects of a request, with what the service wants said; empty where a change leaves them as they are."""
    return completed(request["objects"]) if request["objects"] else {}


def order_request(order: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateSyncJob request without count, name and tags.

    :param order: ``src_database_type``, ``src_region``, ``dst_database_type``, ``dst_region``, ``instance_class``,
        ``pay_mode``, and for ``PrePay`` ``time_span`` (months) and ``auto_renew``.
    """
    prepaid = order["pay_mode"] == "PrePay"
    renewal = {"TimeSpan": order["time_span"], "AutoRenew": int(order["auto_renew"])} if prepaid else {}
    return {
        "PayMode": order["pay_mode"],
        "SrcDatabaseType": order["src_database_type"],
        "SrcRegion": order["src_region"],
        "DstDatabaseType": order["dst_database_type"],
        "DstRegion": order["dst_region"],
        "InstanceClass": order["instance_class"],
        **renewal,
    }


def configure_request(job_id: str, plan: Mapping[str, Any], source: Any, target: Any) -> dict[str, Any]:
    """The ConfigureSyncJob request of a plan, passwords included. It is always the whole configuration.

    :param source: the source's Airflow connection, freshly read.
    :param target: likewise the target's.
    :raises InvalidInput: a connection lacks what its access type needs.
    """
    request: dict[str, Any] = {
        "JobId": job_id,
        "JobMode": plan["job_mode"],
        "RunMode": plan["run_mode"],
        "Objects": plan["objects"],
        "Options": plan["options"],
        **_side(source, "Src", plan["source"]),
        **_side(target, "Dst", plan["target"]),
    }
    if plan["run_mode"] == "Timed":
        request["ExpectRunTime"] = plan["expect_run_time"]
    return request


def modify_request(job_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The ModifySyncJobConfig request of a plan."""
    changes = {"DynamicObjects": plan["objects"], "DynamicOptions": plan["options"]}
    return {"JobId": job_id, **{name: change for name, change in changes.items() if change}}


def _side(conn: Any, side: Literal["Src", "Dst"], database: Mapping[str, Any]) -> dict[str, Any]:
    fields = sync_side(conn, side, **endpoint_of(database))
    if fields[f"{side}AccessType"] == "ckafka" and database["database_type"] != "kafka":
        field = f"connection {database['connection']}, extra access_type"
        raise InvalidInput(field, f"it is for a kafka target, not for {database['database_type']}", "ckafka")
    return fields


def _check_payment(request: Mapping[str, Any]) -> None:
    months, mode = request["time_span"], request["pay_mode"]
    if mode == "PrePay" and not months:
        raise InvalidInput("time_span", "pay_mode PrePay needs it: months from 1 to 100")
    if mode == "PostPay" and months:
        raise InvalidInput("time_span", "leave it empty, or set pay_mode to PrePay", months)
    if mode == "PostPay" and request["auto_renew"]:
        raise InvalidInput("auto_renew", "only pay_mode PrePay is renewed; set it to false", True)


def _check_objects(request: Mapping[str, Any]) -> None:
    check_objects(request["objects"])


def _check_options(request: Mapping[str, Any]) -> None:
    source, target = request["source_database_type"], request["target_database_type"]
    check_options(request["options"], request["objects"], source, target)


def _check_compare(request: Mapping[str, Any]) -> None:
    problem = uncomparable(request["options"], request["objects"], request["target_database_type"])
    if request["compare_wanted"] and problem:
        raise InvalidInput("compare_wanted", f"{problem}; set it to false", True)


def _check_change(request: Mapping[str, Any]) -> None:
    objects, options = request["objects"], request["options"]
    if not objects and not options:
        raise InvalidInput("objects, options", "there is nothing to change; give one of them, or both")
    if objects:
        check_objects(objects, changing=True)
    if options:
        check_changes(options)


def _check_end(request: Mapping[str, Any]) -> None:
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
