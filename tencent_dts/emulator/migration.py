"""The migration area, API 2021-12-06: what each changing action does once the state tables allow it.

Documents: "(NewDTS) Data Migration APIs". Importing this module registers the area's handlers, those of the
reading actions included (:mod:`tencent_dts.emulator.migration_reads`).
"""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator import (
    agenda,
    billing,
    checks,
    compare_runs,
    configuration,
    findings,
    jobs,
    kinds,
    lifecycle,
    migration_reads,
    moves,
    seeding,
)
from tencent_dts.emulator.kernel import ApiError, Caller, World, answers
from tencent_dts.emulator.lifecycle import RUN
from tencent_dts.emulator.moves import done, passing
from tencent_dts.emulator.tables import WRONG_VALUE

__all__ = ["migration_reads"]

Params = dict[str, Any]


@answers("CreateMigrationService", fidelity="documented", note="Jobs bought with one call share their name (assumed).")
def buy(world: World, caller: Caller, params: Params) -> Params:
    """Buy jobs; they are ``creating`` first."""
    configuration.verify_link(params["SrcDatabaseType"], params["DstDatabaseType"])
    if params["DstRegion"] != caller.region:
        message = f"DstRegion is {params['DstRegion']}; it must be the region of the request, {caller.region}."
        raise ApiError(WRONG_VALUE, message)
    free = jobs.free_state(world, caller)
    state = kinds.MIGRATION.trade[free or "normal"]
    now = world.clock.now()
    trades = [
        billing.new_trade(now, params["InstanceClass"], state, free=bool(free)) for _ in range(params.get("Count") or 1)
    ]
    bought = [jobs.new_job(world, caller, kinds.MIGRATION, params, trade) for trade in trades]
    for job in bought:
        agenda.schedule(job, RUN, "created", job["created"] + world.settings.timings.creating)
        seeding.at_birth(world, job)
        jobs.save(world, job)
    return {"JobIds": [job["JobId"] for job in bought]}


@answers(
    "ModifyMigrationJob",
    fidelity="documented",
    note="Tags replace those of the job, and skipped check items count no more (both assumed).",
)
def configure(world: World, caller: Caller, params: Params) -> Params:
    """Configure a job: the check it may have passed is void."""
    job, state, _ = jobs.admitted(world, caller, "ModifyMigrationJob", params["JobId"])
    configuration.verify(job, params)
    job["configuration"] = configuration.stored(params)
    job["JobName"] = params.get("JobName") or job["JobName"]
    if params.get("Tags") is not None:
        job["tags"] = params["Tags"]
    if params.get("AutoRetryTimeRangeMinutes") is not None:
        job["retry_minutes"] = params["AutoRetryTimeRangeMinutes"]
    job.update(check=None, skips=[], foreign_keys="")
    return done(world, job, state)


@answers(
    "CreateMigrateCheckJob",
    fidelity="documented",
    note="A check while one runs answers InternalError.DuplicateJob, one without a configuration "
    "OperationDenied.OperationDeniedError (assumed).",
)
def check(world: World, caller: Caller, params: Params) -> Params:
    """Start a check; what it will find is settled now and shows step by step."""
    job, state, _ = jobs.admitted(world, caller, "CreateMigrateCheckJob", params["JobId"])
    moves.within_limit(world, job)
    now = world.clock.now()
    job["check"] = findings.begin(world, job, checks.STEPS[job["family"]])
    agenda.schedule(job, RUN, "checked", now + world.settings.timings.checking)
    return done(world, job, state)


@answers(
    "SkipCheckItem",
    fidelity="documented",
    note="A skip counts from the next check on. Which items can be skipped is published for two only; the emulator "
    "refuses the connection, version and permission checks (assumed).",
)
def skip(world: World, caller: Caller, params: Params) -> Params:
    """Skip check items from the next check on."""
    job, state, _ = jobs.admitted(world, caller, "SkipCheckItem", params["JobId"])
    findings.skip(job, checks.STEPS[job["family"]], params["StepIds"])
    job["foreign_keys"] = params.get("ForeignKeyFlag") or job["foreign_keys"]
    done(world, job, state)
    return {"Message": "skip item successfully"}


@answers("StartMigrateJob", fidelity="documented")
def start(world: World, caller: Caller, params: Params) -> Params:
    """Start a job whose check has passed; one with RunMode timed waits in ``readyRun`` for its time."""
    job, state, _ = jobs.admitted(world, caller, "StartMigrateJob", params["JobId"])
    moves.within_limit(world, job)
    moves.starting(world, job)
    consistency = job["configuration"]["MigrateOption"].get("Consistency") or {}
    if consistency.get("Mode") == "full" and lifecycle.SINKER in kinds.MIGRATION.steps(job):
        config = compare_runs.same_as_migrate(job)
        task = compare_runs.new_task(job, world.clock.now(), "defaultCmpTask", config, consistency.get("Options") or {})
        task["automatic"] = True
    return done(world, job, state)


@answers("StopMigrateJob", fidelity="documented", note="A stopped job is `stopping` for ten seconds (assumed).")
def stop(world: World, caller: Caller, params: Params) -> Params:
    """Stop a job for good: it ends ``canceled``."""
    job, state, _ = jobs.admitted(world, caller, "StopMigrateJob", params["JobId"])
    return passing(world, job, state, "stopped", world.settings.timings.stopping)


@answers("PauseMigrateJob", fidelity="assumed", note="Only in the incremental step, for every link.")
def pause(world: World, caller: Caller, params: Params) -> Params:
    """Pause a job in its incremental step; it goes on being billed."""
    job, state, _ = jobs.admitted(world, caller, "PauseMigrateJob", params["JobId"])
    return passing(world, job, state, "paused", world.settings.timings.pausing)


@answers("ContinueMigrateJob", fidelity="observed", note="Passes through `resuming` (assumed); the target is observed.")
def continue_(world: World, caller: Caller, params: Params) -> Params:
    """Let a paused job go on."""
    job, _, _ = jobs.admitted(world, caller, "ContinueMigrateJob", params["JobId"])
    lifecycle.resume(world, job, world.clock.now(), "continue")
    return done(world, job, job["state"])


@answers(
    "ResumeMigrateJob",
    fidelity="documented",
    note="A failed job of another link than Redis answers FailedOperation.NotAllowOperation (assumed).",
)
def resume(world: World, caller: Caller, params: Params) -> Params:
    """Retry a job in error, or a failed Redis one: ``clearData`` and ``overwrite`` are Redis', ``normal`` is not."""
    job, _, _ = jobs.admitted(world, caller, "ResumeMigrateJob", params["JobId"])
    option = params["ResumeOption"]
    if (option == "normal") == (job["family"] == "redis"):
        message = f"ResumeOption is {option}; Redis links take clearData or overwrite, others take normal."
        raise ApiError("InvalidParameterValue.InvalidParameterValue", message)
    lifecycle.resume(world, job, world.clock.now(), option)
    return done(world, job, job["state"])


@answers("CompleteMigrateJob", fidelity="documented", note="CompleteMode is for legacy jobs: taken and ignored.")
def complete(world: World, caller: Caller, params: Params) -> Params:
    """Complete a job that is ready: the incremental step ends."""
    job, state, _ = jobs.admitted(world, caller, "CompleteMigrateJob", params["JobId"])
    return passing(world, job, state, "completed", world.settings.timings.completing)


@answers("ModifyMigrateName", fidelity="documented")
def rename(world: World, caller: Caller, params: Params) -> Params:
    """Rename a job."""
    job, _, _ = jobs.admitted(world, caller, "ModifyMigrateName", params["JobId"])
    job["JobName"] = params["JobName"]
    return done(world, job, job["state"])


@answers("ModifyMigrateJobSpec", fidelity="documented", note="The job's work stands still while it is resized.")
def resize(world: World, caller: Caller, params: Params) -> Params:
    """Change the class of a billed job, which takes minutes."""
    job, _, trade = jobs.admitted(world, caller, "ModifyMigrateJobSpec", params["JobId"])
    return moves.resizing(world, job, trade, params["NewInstanceClass"])


@answers(
    "ModifyMigrateRateLimit",
    fidelity="assumed",
    note="Not in the reference document; in the SDK only. 0 or absent keeps a value.",
)
def limit_rate(world: World, caller: Caller, params: Params) -> Params:
    """Set the speed limits of a job."""
    job, _, _ = jobs.admitted(world, caller, "ModifyMigrateRateLimit", params.get("JobId"))
    return moves.limiting(world, job, params)


@answers(
    "IsolateMigrateJob",
    fidelity="documented",
    note="Status keeps its last value and the work stands still. A free job is gone a few seconds later (assumed).",
)
def isolate(world: World, caller: Caller, params: Params) -> Params:
    """Isolate a billed job, which releases its frozen fee; delete a free one."""
    job, _, trade = jobs.admitted(world, caller, "IsolateMigrateJob", params["JobId"])
    return moves.isolating(world, job, trade)


@answers(
    "RecoverMigrateJob",
    fidelity="documented",
    note="TradeStatus is `reversing` on the way (assumed). The document lists no code for a wrong state, so that "
    "answers InternalError.InternalHttpServerError.",
)
def recover(world: World, caller: Caller, params: Params) -> Params:
    """Recover a job that was isolated by its user; its work goes on."""
    job, _, trade = jobs.admitted(world, caller, "RecoverMigrateJob", params["JobId"])
    return moves.recovering(world, job, trade)


@answers(
    "DestroyMigrateJob",
    fidelity="documented",
    note="A destroyed job leaves the lists; its detail still answers, with TradeStatus `offlined` (observed).",
)
def destroy(world: World, caller: Caller, params: Params) -> Params:
    """Destroy an isolated job."""
    job, _, trade = jobs.admitted(world, caller, "DestroyMigrateJob", params["JobId"])
    return moves.destroying(world, job, trade)
