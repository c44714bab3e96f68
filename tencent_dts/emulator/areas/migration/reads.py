"""The reading actions of the migration area, API 2021-12-06."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.migration import views
from tencent_dts.emulator.areas.migration.tables import KIND
from tencent_dts.emulator.world import instances, jobs
from tencent_dts.emulator.world.kernel import ApiError, Caller, Fields, World, answers
from tencent_dts.emulator.world.lists import Filters, has_tag, listed, page
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import NO_RESOURCE, WRONG_VALUE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import (
        DescribeMigrateDBInstancesAnswer,
        DescribeMigrateDBInstancesRequest,
        DescribeMigrationCheckJobAnswer,
        DescribeMigrationCheckJobRequest,
        DescribeMigrationDetailAnswer,
        DescribeMigrationDetailRequest,
        DescribeMigrationJobsAnswer,
        DescribeMigrationJobsRequest,
    )


def _side(job: Record, side: str) -> Fields:
    configured = job["configuration"] or {}
    info: Fields = configured.get("SrcInfo" if side == "src" else "DstInfo") or {}
    return info


def _instance(job: Record, side: str, wanted: str) -> bool:
    return any(info.get("InstanceId") == wanted for info in _side(job, side).get("Info") or [])


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
def describe_jobs(world: World, caller: Caller, params: DescribeMigrationJobsRequest) -> DescribeMigrationJobsAnswer:
    """List jobs, newest first."""
    found = listed(world, caller, KIND, _FILTERS, params)
    if params.get("OrderSeq") != "asc":
        found.reverse()
    return {"TotalCount": len(found), "JobList": [views.list_item(world, job) for job in page(found, params)]}


@answers("DescribeMigrationDetail", fidelity="documented", note="Step ids of links other than MySQL are assumed.")
def describe_detail(
    world: World, caller: Caller, params: DescribeMigrationDetailRequest
) -> DescribeMigrationDetailAnswer:
    """Show one job."""
    return views.detail(world, jobs.load(world, caller, KIND, params["JobId"], NO_RESOURCE))


@answers(
    "DescribeMigrationCheckJob",
    fidelity="documented",
    note="CheckFlag is empty until the check has come to its verdict; the steps after a failed connection check are "
    "`blocked` (both assumed). Step ids of links other than MySQL are assumed.",
)
def describe_check(
    world: World, caller: Caller, params: DescribeMigrationCheckJobRequest
) -> DescribeMigrationCheckJobAnswer:
    """Show the latest check of a job."""
    return views.check_view(world, jobs.load(world, caller, KIND, params["JobId"], NO_RESOURCE))


@answers(
    "DescribeMigrateDBInstances",
    fidelity="documented",
    note="The instances are a made-up fleet; a seed can replace it.",
)
def describe_instances(
    world: World, caller: Caller, params: DescribeMigrateDBInstancesRequest
) -> DescribeMigrateDBInstancesAnswer:
    """List the database instances that can be migrated."""
    missing = [name for name in ("TmpSecretId", "TmpSecretKey", "TmpToken") if not params.get(name)]
    if params.get("AccountMode") == "other" and missing:
        raise ApiError(WRONG_VALUE, f"{', '.join(missing)} are required when AccountMode is other.")
    found = [
        instance
        for instance in instances.fleet(world, caller.region, params["DatabaseType"])
        if instance["InstanceId"] == (params.get("InstanceId") or instance["InstanceId"])
        and (params.get("InstanceName") or "") in (instance["InstanceName"] or "")
    ]
    return {"TotalCount": len(found), "Instances": page(found, params)}
