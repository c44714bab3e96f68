"""The migration area of API 2018-03-30: nine actions on jobs that are created with their configuration.

Documents: "DTS APIs" of version 2018-03-30. Importing this module registers the area's handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.areas.migration_2018 import configuration, views
from tencent_dts.emulator.areas.migration_2018.tables import KIND
from tencent_dts.emulator.world import agenda, billing, checks, findings, jobs, moves, rows, seeding
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, World, answers
from tencent_dts.emulator.world.lifecycle import RUN
from tencent_dts.emulator.world.lists import Filters, has_tag, listed, page
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import NO_JOB
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_2018 import (
        CompleteMigrateJobRequest,
        CreateMigrateCheckJobRequest,
        CreateMigrateJobAnswer,
        CreateMigrateJobRequest,
        DeleteMigrateJobRequest,
        DescribeMigrateCheckJobAnswer,
        DescribeMigrateCheckJobRequest,
        DescribeMigrateJobsAnswer,
        DescribeMigrateJobsRequest,
        ModifyMigrateJobRequest,
        StartMigrateJobRequest,
        StopMigrateJobRequest,
    )


WRONG_CREATE = "InvalidParameter.BizInvalidParameterValueError"
WRONG_MODIFY = "InvalidParameter"


@answers(
    "CreateMigrateJob",
    VERSION_2018,
    fidelity="documented",
    note="Which fields of SrcInfo an access type needs, and that MigrateType is 3 when not given, is assumed. Jobs of "
    "this version are free and are seen by its own actions only (both assumed).",
)
def create(world: World, caller: Caller, params: CreateMigrateJobRequest) -> CreateMigrateJobAnswer:
    """Create a job with its configuration."""
    whole = configuration.merged({}, params)
    configuration.verify(whole, params["SrcDatabaseType"], params["DstDatabaseType"], WRONG_CREATE)
    rows.refuse(world, whole)
    trade = billing.new_trade(world.clock.now(), "", KIND.trade["normal"], free=True)
    bought: jobs.Bought = {
        "SrcDatabaseType": params["SrcDatabaseType"],
        "DstDatabaseType": params["DstDatabaseType"],
        "SrcRegion": whole["SrcInfo"].get("Region") or caller.region,
        "DstRegion": whole["DstInfo"]["Region"],
        "JobName": params["JobName"],
        "Tags": params.get("Tags") or [],
    }
    job = jobs.new_job(world, caller, KIND, bought, trade)
    job["configuration"] = configuration.kept(whole, params, {})
    seeding.at_birth(world, job)
    jobs.save(world, job)
    moves.within_limit(world, job)
    return {"JobId": job["JobId"]}


@answers(
    "ModifyMigrateJob",
    VERSION_2018,
    fidelity="documented",
    note="The job is Creating again and must be checked again; objects are merged field by field (both assumed).",
)
def modify(world: World, caller: Caller, params: ModifyMigrateJobRequest) -> Answer:
    """Change a job's configuration, less the types of its databases and the target's region."""
    job, state, _ = jobs.admitted(world, caller, "ModifyMigrateJob", params["JobId"])
    before = job["configuration"]
    whole = configuration.merged(before, params)
    if whole["DstInfo"].get("Region") != before["DstInfo"]["Region"]:
        raise ApiError(WRONG_MODIFY, f"DstInfo.Region cannot be modified: it is {before['DstInfo']['Region']}.")
    configuration.verify(whole, job["src_type"], job["dst_type"], WRONG_MODIFY)
    rows.refuse(world, whole)
    job["configuration"] = configuration.kept(whole, params, before)
    job["JobName"] = params.get("JobName") or job["JobName"]
    agenda.cancel(job, RUN)
    job.update({"check": None, "started": None, "ended": None, "steps": [], "lag": None, "faulted": None})
    return moves.done(world, job, state)


@answers(
    "CreateMigrateCheckJob",
    VERSION_2018,
    fidelity="documented",
    note="A check while one runs answers InternalError.DuplicateJob (assumed).",
)
def check(world: World, caller: Caller, params: CreateMigrateCheckJobRequest) -> Answer:
    """Start a check; what it will find is settled now."""
    job, state, _ = jobs.admitted(world, caller, "CreateMigrateCheckJob", params["JobId"])
    moves.within_limit(world, job)
    job["check"] = findings.begin(world, job, checks.STEPS[job["family"]])
    return moves.passing(world, job, state, "checked", world.settings.timings.checking)


@answers(
    "DescribeMigrateCheckJob",
    VERSION_2018,
    fidelity="documented",
    note="Status is `unavailable` before a check, `starting` until its first step is done; the message names each "
    "item that did not pass (all assumed).",
)
def describe_check(
    world: World, caller: Caller, params: DescribeMigrateCheckJobRequest
) -> DescribeMigrateCheckJobAnswer:
    """Show the latest check of a job."""
    return views.check(world, jobs.load(world, caller, KIND, params["JobId"], NO_JOB))


@answers(
    "StartMigrateJob",
    VERSION_2018,
    fidelity="documented",
    note="A job with RunMode 2 shows Status 7 until its time has come (assumed). ConsistencyType 2, 3 and 4 add a step "
    "`consistency` after the import; data that differ make this step fail and ErrorInfo say so, and the job goes on "
    "(assumed).",
)
def start(world: World, caller: Caller, params: StartMigrateJobRequest) -> Answer:
    """Start a job whose check has passed; one with RunMode 2 waits for its time."""
    job, state, _ = jobs.admitted(world, caller, "StartMigrateJob", params["JobId"])
    moves.within_limit(world, job)
    moves.starting(world, job)
    return moves.done(world, job, state)


@answers("StopMigrateJob", VERSION_2018, fidelity="documented", note="ErrorInfo then says who stopped it (assumed).")
def stop(world: World, caller: Caller, params: StopMigrateJobRequest) -> Answer:
    """Stop a job for good: it ends ``failed``."""
    job, state, _ = jobs.admitted(world, caller, "StopMigrateJob", params["JobId"])
    return moves.passing(world, job, state, "stopped", world.settings.timings.stopping)


@answers(
    "CompleteMigrateJob",
    VERSION_2018,
    fidelity="documented",
    note="CompleteMode is for legacy jobs: taken and ignored.",
)
def complete(world: World, caller: Caller, params: CompleteMigrateJobRequest) -> Answer:
    """Complete a job that is ready: the incremental step ends."""
    job, state, _ = jobs.admitted(world, caller, "CompleteMigrateJob", params["JobId"])
    return moves.passing(world, job, state, "completed", world.settings.timings.completing)


@answers("DeleteMigrateJob", VERSION_2018, fidelity="documented", note="A deleted job is gone at once (assumed).")
def delete(world: World, caller: Caller, params: DeleteMigrateJobRequest) -> Answer:
    """Delete a job that is not under way."""
    job, _, _ = jobs.admitted(world, caller, "DeleteMigrateJob", params["JobId"])
    job["deleted"] = world.clock.now()
    jobs.save(world, job)
    return {}


_FILTERS: Filters = {
    "JobId": lambda job, wanted: job["JobId"] == wanted,
    "JobName": lambda job, wanted: wanted in job["JobName"],
    "TagFilters": lambda job, wanted: all(has_tag(job, tag) for tag in wanted),
}

_ORDERS: dict[str, Callable[[Record], Any]] = {
    "JobId": lambda job: job["JobId"],
    "JobName": lambda job: job["JobName"],
    "Status": views.status,
    "MigrateType": lambda job: job["configuration"]["MigrateOption"].get("MigrateType") or 0,
    "RunMode": lambda job: job["configuration"]["MigrateOption"]["RunMode"],
    "CreateTime": lambda job: job["created"],
}


@answers(
    "DescribeMigrateJobs",
    VERSION_2018,
    fidelity="documented",
    note="JobName finds every name that contains it; the order is CreateTime, DESC, unless given (both assumed). The "
    "lag is 0 before the start, as in the example, and -1 where there is none later on (assumed).",
)
def describe_jobs(world: World, caller: Caller, params: DescribeMigrateJobsRequest) -> DescribeMigrateJobsAnswer:
    """List jobs."""
    found = listed(world, caller, KIND, _FILTERS, params)
    found.sort(key=_ORDERS[params.get("Order") or "CreateTime"])
    if params.get("OrderSeq") != "ASC":
        found.reverse()
    return {"TotalCount": len(found), "JobList": [views.item(world, job) for job in page(found, params)]}
