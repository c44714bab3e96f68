"""The reading actions of the migration area, API 2021-12-06."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tencent_dts.emulator import agenda, instances, jobs, kinds
from tencent_dts.emulator import migration_views as views
from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.kernel import ApiError, Caller, World, answers
from tencent_dts.emulator.kinds import Kind
from tencent_dts.emulator.tables import NO_RESOURCE, WRONG_VALUE

Params = dict[str, Any]
Filters = Mapping[str, Callable[[Record, Any], bool]]
"""How a parameter of a list call filters: takes a job and the value asked for."""

PAGE = 20
"""The documented default of Limit."""


def page(found: list[Any], params: Params, limit: str = "Limit", offset: str = "Offset") -> list[Any]:
    """Return the part of a list that Limit and Offset ask for."""
    first = params.get(offset) or 0
    return found[first : first + (params.get(limit) or PAGE)]


def has_tag(job: Record, wanted: dict[str, Any]) -> bool:
    """Whether the job has the key with one of the values; without values the key is enough."""
    values = wanted.get("TagValue") or None
    return any(
        tag.get("TagKey") == wanted["TagKey"] and (values is None or tag.get("TagValue") in values)
        for tag in job["tags"]
    )


def _side(job: Record, side: str) -> Params:
    configured = job["configuration"] or {}
    info: Params = configured.get("SrcInfo" if side == "src" else "DstInfo") or {}
    return info


def _instance(job: Record, side: str, wanted: str) -> bool:
    return any(info.get("InstanceId") == wanted for info in _side(job, side).get("Info") or [])


def listed(world: World, caller: Caller, kind: Kind, filters: Filters, params: Params) -> list[Record]:
    """Return the caller's jobs that lists show and that pass the filters given in a request, oldest first."""
    wanted = {name: value for name, value in params.items() if name in filters and value not in (None, "", [])}
    now = world.clock.now()
    return [
        job
        for job in jobs.load_all(world, kind, caller.scope)
        if agenda.due(job["visible"], now)
        and job["trade"]["state"] != kind.trade["offlined"]
        and all(filters[name](job, value) for name, value in wanted.items())
    ]


_FILTERS: Filters = {
    "JobId": lambda job, wanted: job["JobId"] == wanted,
    "JobName": lambda job, wanted: wanted in job["JobName"],
    "Status": lambda job, wanted: jobs.status(job) in wanted,
    "SrcInstanceId": lambda job, wanted: _instance(job, "src", wanted),
    "DstInstanceId": lambda job, wanted: _instance(job, "dst", wanted),
    "SrcRegion": lambda job, wanted: job["src_region"] == wanted,
    "DstRegion": lambda job, wanted: job["dst_region"] == wanted,
    "SrcDatabaseType": lambda job, wanted: job["src_type"] in wanted,
    "DstDatabaseType": lambda job, wanted: job["dst_type"] in wanted,
    "SrcAccessType": lambda job, wanted: _side(job, "src").get("AccessType") in wanted,
    "DstAccessType": lambda job, wanted: _side(job, "dst").get("AccessType") in wanted,
    "RunMode": lambda job, wanted: ((job["configuration"] or {}).get("RunMode") or "immediate") == wanted,
    "TagFilters": lambda job, wanted: all(has_tag(job, tag) for tag in wanted),
}


@answers(
    "DescribeMigrationJobs",
    fidelity="documented",
    note="JobName finds every name that contains it; several TagFilters must all hold, of one key's values any (the "
    "documents say so of subscriptions only). A destroyed job is not listed; an unknown JobId gives an empty list.",
)
def describe_jobs(world: World, caller: Caller, params: Params) -> Params:
    """List jobs, newest first."""
    found = listed(world, caller, kinds.MIGRATION, _FILTERS, params)
    if params.get("OrderSeq") != "asc":
        found.reverse()
    return {"TotalCount": len(found), "JobList": [views.list_item(world, job) for job in page(found, params)]}


@answers("DescribeMigrationDetail", fidelity="documented", note="Step ids of links other than MySQL are assumed.")
def describe_detail(world: World, caller: Caller, params: Params) -> Params:
    """Show one job."""
    return views.detail(world, jobs.load(world, caller, kinds.MIGRATION, params["JobId"], NO_RESOURCE))


@answers(
    "DescribeMigrationCheckJob",
    fidelity="documented",
    note="CheckFlag is empty until the check has come to its verdict; the steps after a failed connection check are "
    "`blocked` (both assumed). Step ids of links other than MySQL are assumed.",
)
def describe_check(world: World, caller: Caller, params: Params) -> Params:
    """Show the latest check of a job."""
    return views.check_view(world, jobs.load(world, caller, kinds.MIGRATION, params["JobId"], NO_RESOURCE))


@answers(
    "DescribeMigrateDBInstances",
    fidelity="documented",
    note="The instances are a made-up fleet; a seed can replace it.",
)
def describe_instances(world: World, caller: Caller, params: Params) -> Params:
    """List the database instances that can be migrated."""
    missing = [name for name in ("TmpSecretId", "TmpSecretKey", "TmpToken") if not params.get(name)]
    if params.get("AccountMode") == "other" and missing:
        raise ApiError(WRONG_VALUE, f"{', '.join(missing)} are required when AccountMode is other.")
    found = [
        instance
        for instance in instances.fleet(world, caller.region, params["DatabaseType"])
        if instance["InstanceId"] == (params.get("InstanceId") or instance["InstanceId"])
        and (params.get("InstanceName") or "") in instance["InstanceName"]
    ]
    return {"TotalCount": len(found), "Instances": page(found, params)}
