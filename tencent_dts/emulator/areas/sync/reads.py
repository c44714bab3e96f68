"""The reading actions of the data sync area, API 2021-12-06."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.sync import configuration, views
from tencent_dts.emulator.areas.sync.tables import KIND
from tencent_dts.emulator.world import jobs
from tencent_dts.emulator.world.kernel import Caller, World, answers
from tencent_dts.emulator.world.lists import Filters, has_tag, listed, page
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import NO_RESOURCE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import (
        DescribeCheckSyncJobResultAnswer,
        DescribeCheckSyncJobResultRequest,
        DescribeSyncJobsAnswer,
        DescribeSyncJobsRequest,
    )


def _connects(job: Record, side: str, wanted: str) -> bool:
    """Whether a side has this instance or address, or one that contains it."""
    nodes = configuration.endpoints(job["configuration"] or {}, side)
    return any(wanted in (info.get(field) or "") for info in nodes for field in ("InstanceId", "Ip"))


_FILTERS: Filters = {
    "JobId": lambda job, wanted: job["JobId"] == wanted,
    "JobIds": lambda job, wanted: job["JobId"] in wanted,
    "JobName": lambda job, wanted: wanted in job["JobName"],
    "Status": lambda job, wanted: jobs.status(job) in wanted,
    "RunMode": lambda job, wanted: ((job["configuration"] or {}).get("RunMode") or "Immediate") == wanted,
    "JobType": lambda job, wanted: f"{job['src_type']}2{job['dst_type']}" == wanted,
    "PayMode": lambda job, wanted: job["pay_mode"] == wanted,
    "TagFilters": lambda job, wanted: all(has_tag(job, tag) for tag in wanted),
    "SrcInfoPattern": lambda job, wanted: _connects(job, "Src", wanted),
    "DstInfoPattern": lambda job, wanted: _connects(job, "Dst", wanted),
}


@answers(
    "DescribeSyncJobs",
    fidelity="documented",
    note="JobName and the patterns find what contains them, TagFilters must all hold (assumed). A destroyed job is "
    "not listed; an unknown JobId gives an empty list. `Detail` is null before the start.",
)
def describe_jobs(world: World, caller: Caller, params: DescribeSyncJobsRequest) -> DescribeSyncJobsAnswer:
    """List jobs, newest first."""
    found = listed(world, caller, KIND, _FILTERS, params)
    if params.get("OrderSeq") != "ASC":
        found.reverse()
    return {"TotalCount": len(found), "JobList": [views.job_info(world, job) for job in page(found, params)]}


@answers(
    "DescribeCheckSyncJobResult",
    fidelity="documented",
    note="There is no flag: Status is `failed` when the check did not pass or broke, `success` when it passed "
    "(assumed; a step that is skipped does not keep it from passing).",
)
def describe_check(
    world: World, caller: Caller, params: DescribeCheckSyncJobResultRequest
) -> DescribeCheckSyncJobResultAnswer:
    """Show the latest check of a job."""
    job = jobs.load(world, caller, KIND, params["JobId"], NO_RESOURCE)
    return views.check_view(world, job, job["check"], "checked")
