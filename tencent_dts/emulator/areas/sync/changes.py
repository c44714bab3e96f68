"""Changing the objects or options of a running sync job, API 2021-12-06: configure, check, start, in this order.

Documents: ModifySyncJobConfig, CreateModifyCheckSyncJob, DescribeModifyCheckSyncJobResult, StartModifySyncJob. The
change is a document of its own inside the job, with a state (``OptObjStatus``, whose values are assumed) that goes
its way beside the job's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.sync import configuration as sync_configuration
from tencent_dts.emulator.areas.sync import tables, views
from tencent_dts.emulator.areas.sync.tables import COMMON_NOT_FOUND, KIND, MODIFICATION
from tencent_dts.emulator.world import agenda, findings, jobs
from tencent_dts.emulator.world.agenda import happens
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, Fields, World, answers
from tencent_dts.emulator.world.records import Change, Record, present

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import (
        CreateModifyCheckSyncJobRequest,
        DescribeModifyCheckSyncJobResultAnswer,
        DescribeModifyCheckSyncJobResultRequest,
        ModifySyncJobConfigRequest,
        StartModifySyncJobRequest,
    )


AXIS = "modify"
NONE: Change = {"state": "", "objects": None, "options": None, "check": None}


def _admitted(world: World, caller: Caller, action: str, params: Fields) -> tuple[Record, str]:
    """Return the job and the state that the action leads its change to; both tables must allow it."""
    job, _, _ = jobs.admitted(world, caller, action, params["JobId"])
    present = (job["modification"] or NONE)["state"]
    state, refusal = MODIFICATION[action].cell(present)
    if refusal:
        possible = ", ".join(name or "none yet" for name in sorted(MODIFICATION[action].to))
        message = f"{action} is not allowed: the change of {job['JobId']} is {present or 'none yet'}."
        raise ApiError(refusal, f"{message} It needs: {possible}.")
    return job, state


@answers(
    "ModifySyncJobConfig",
    fidelity="documented",
    note="While a change is checked or takes hold, another is refused (assumed). The values of OptObjStatus are not "
    "published: Initialized, Checking, CheckPass, CheckNotPass, Running, Success, Failed.",
)
def configure(world: World, caller: Caller, params: ModifySyncJobConfigRequest) -> Answer:
    """Say how a running job's objects or options are to change."""
    job, state = _admitted(world, caller, "ModifySyncJobConfig", params)
    sync_configuration.verify_modification(job, params)
    objects, options = params.get("DynamicObjects"), params.get("DynamicOptions")
    job["modification"] = {"state": state, "objects": objects, "options": options, "check": None}
    jobs.save(world, job)
    return {}


@answers(
    "CreateModifyCheckSyncJob",
    fidelity="documented",
    note="The document lists no codes; the common ones UnsupportedOperation and ResourceNotFound are sent.",
)
def check(world: World, caller: Caller, params: CreateModifyCheckSyncJobRequest) -> Answer:
    """Start the check of a change."""
    job, state = _admitted(world, caller, "CreateModifyCheckSyncJob", params)
    found = findings.begin(world, job, tables.modify_check_steps(job["family"]))
    present(job["modification"]).update({"state": state, "check": found})
    agenda.schedule(job, AXIS, "modify_checked", world.clock.now() + world.settings.timings.checking)
    jobs.save(world, job)
    return {}


@answers("DescribeModifyCheckSyncJobResult", fidelity="documented")
def describe_check(
    world: World, caller: Caller, params: DescribeModifyCheckSyncJobResultRequest
) -> DescribeModifyCheckSyncJobResultAnswer:
    """Show the latest check of a change."""
    job = jobs.load(world, caller, KIND, params["JobId"], COMMON_NOT_FOUND)
    return views.check_view(world, job, (job["modification"] or NONE)["check"], "modify_checked")


@answers(
    "StartModifySyncJob",
    fidelity="documented",
    note="The change holds 30 s later; Status stays `Running`. A change under way fails when the job leaves `Running` "
    "(assumed). A wrong state answers the common code UnsupportedOperation.",
)
def start(world: World, caller: Caller, params: StartModifySyncJobRequest) -> Answer:
    """Let a change take hold whose check has passed."""
    job, state = _admitted(world, caller, "StartModifySyncJob", params)
    present(job["modification"])["state"] = state
    agenda.schedule(job, AXIS, "modified", world.clock.now() + world.settings.timings.modifying)
    jobs.save(world, job)
    return {}


def _runs(job: Record) -> bool:
    return job["state"] in MODIFICATION_NEEDS and job["trade"]["state"] in KIND.served | KIND.metered_trades


MODIFICATION_NEEDS = frozenset(KIND.rows["StartModifySyncJob"].to)
"""States of a job in which its change goes on."""


@happens("sync", "modify_checked")
def _checked(_world: World, job: Record, at: float, _argument: str) -> None:
    change = present(job["modification"])
    check = present(change["check"])
    check["ended"] = at
    verdict = "CheckPass" if check["flag"] == "checkPass" else "CheckNotPass"
    change["state"] = verdict if _runs(job) else "Failed"


@happens("sync", "modified")
def _modified(_world: World, job: Record, at: float, _argument: str) -> None:
    change, configuration = present(job["modification"]), job["configuration"]
    change["state"] = "Success" if _runs(job) else "Failed"
    if change["state"] == "Failed":
        return
    if change["objects"]:
        configuration["Objects"] = change["objects"]
    given = {name: value for name, value in (change["options"] or {}).items() if value is not None}
    configuration["Options"] |= given
    job["updated"] = at
