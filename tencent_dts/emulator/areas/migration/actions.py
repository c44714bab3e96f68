"""The migration area, API 2021-12-06: what each changing action does once the state tables allow it.

Documents: "(NewDTS) Data Migration APIs". Importing this module registers the area's handlers, those of the
reading actions included (:mod:`tencent_dts.emulator.areas.migration.reads`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.migration import configuration
from tencent_dts.emulator.areas.migration.tables import KIND
from tencent_dts.emulator.world import (
    agenda,
    billing,
    checks,
    compare_runs,
    findings,
    headway,
    jobs,
    lifecycle,
    moves,
    rows,
    seeding,
)
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, World, answers
from tencent_dts.emulator.world.lifecycle import RUN
from tencent_dts.emulator.world.moves import done
from tencent_dts.emulator.world.tables import WRONG_VALUE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import (
        CreateMigrateCheckJobRequest,
        CreateMigrationServiceAnswer,
        CreateMigrationServiceRequest,
        ModifyMigrateNameRequest,
        ModifyMigrationJobRequest,
        ResumeMigrateJobRequest,
        SkipCheckItemAnswer,
        SkipCheckItemRequest,
        StartMigrateJobRequest,
    )
    from tencent_dts.spec.shapes.migration_types import ConsistencyOption


@answers("CreateMigrationService", fidelity="documented", note="Jobs bought with one call share their name (assumed).")
def buy(world: World, caller: Caller, params: CreateMigrationServiceRequest) -> CreateMigrationServiceAnswer:
    """Buy jobs; they are ``creating`` first."""
    configuration.verify_link(params["SrcDatabaseType"], params["DstDatabaseType"])
    if params["DstRegion"] != caller.region:
        message = f"DstRegion is {params['DstRegion']}; it must be the region of the request, {caller.region}."
        raise ApiError(WRONG_VALUE, message)
    free = jobs.free_state(world, caller)
    state = KIND.trade[free or "normal"]
    now = world.clock.now()
    trades = [
        billing.new_trade(now, params["InstanceClass"], state, free=bool(free)) for _ in range(params.get("Count") or 1)
    ]
    bought = [jobs.new_job(world, caller, KIND, params, trade) for trade in trades]
    for job in bought:
        agenda.schedule(job, RUN, "created", job["created"] + world.settings.timings.creating)
        seeding.at_birth(world, job)
        jobs.save(world, job)
    return {"JobIds": [job["JobId"] for job in bought]}


@answers(
    "ModifyMigrationJob",
    fidelity="documented",
    note="Tags replace those of the job, and skipped check items count no more. TmpTables are refused without "
    "TableEditMode `pt`, beside which the document only says that they count (all assumed).",
)
def configure(world: World, caller: Caller, params: ModifyMigrationJobRequest) -> Answer:
    """Configure a job: the check it may have passed is void."""
    job, state, _ = jobs.admitted(world, caller, "ModifyMigrationJob", params["JobId"])
    configuration.verify(job, params, rows.problems(world, job, params))
    job["configuration"] = configuration.stored(params)
    rows.remember(world, job, params)
    job["JobName"] = params.get("JobName") or job["JobName"]
    if params.get("Tags") is not None:
        job["tags"] = params["Tags"]
    if params.get("AutoRetryTimeRangeMinutes") is not None:
        job["retry_minutes"] = params["AutoRetryTimeRangeMinutes"]
    job.update({"check": None, "skips": [], "foreign_keys": ""})
    return done(world, job, state)


@answers(
    "CreateMigrateCheckJob",
    fidelity="documented",
    note="A check while one runs answers InternalError.DuplicateJob, one without a configuration "
    "OperationDenied.OperationDeniedError (assumed).",
)
def check(world: World, caller: Caller, params: CreateMigrateCheckJobRequest) -> Answer:
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
def skip(world: World, caller: Caller, params: SkipCheckItemRequest) -> SkipCheckItemAnswer:
    """Skip check items from the next check on."""
    job, state, _ = jobs.admitted(world, caller, "SkipCheckItem", params["JobId"])
    findings.skip(job, checks.STEPS[job["family"]], params["StepIds"])
    job["foreign_keys"] = params.get("ForeignKeyFlag") or job["foreign_keys"]
    done(world, job, state)
    return {"Message": "skip item successfully"}


@answers("StartMigrateJob", fidelity="documented")
def start(world: World, caller: Caller, params: StartMigrateJobRequest) -> Answer:
    """Start a job whose check has passed; one with RunMode timed waits in ``readyRun`` for its time."""
    job, state, _ = jobs.admitted(world, caller, "StartMigrateJob", params["JobId"])
    moves.within_limit(world, job)
    moves.starting(world, job)
    consistency: ConsistencyOption | None = job["configuration"]["MigrateOption"].get("Consistency")
    if consistency and consistency.get("Mode") == "full" and headway.SINKER in KIND.steps(job):
        config = compare_runs.same_as_migrate(job)
        options = consistency.get("Options") or {}
        task = compare_runs.new_task(job, world.clock.now(), "defaultCmpTask", config, options)
        task["automatic"] = True
    return done(world, job, state)


moves.answer(
    "StopMigrateJob",
    moves.passes("stopped", "stopping"),
    fidelity="documented",
    note="A stopped job is `stopping` for ten seconds (assumed).",
)


moves.answer(
    "PauseMigrateJob",
    moves.passes("paused", "pausing"),
    fidelity="assumed",
    note="Only in the incremental step, for every link.",
)


moves.answer(
    "ContinueMigrateJob",
    moves.resumes("continue"),
    fidelity="observed",
    note="Passes through `resuming` (assumed); the target is observed.",
)


@answers(
    "ResumeMigrateJob",
    fidelity="documented",
    note="A failed job of another link than Redis answers FailedOperation.NotAllowOperation (assumed).",
)
def resume(world: World, caller: Caller, params: ResumeMigrateJobRequest) -> Answer:
    """Retry a job in error, or a failed Redis one: ``clearData`` and ``overwrite`` are Redis', ``normal`` is not."""
    job, _, _ = jobs.admitted(world, caller, "ResumeMigrateJob", params["JobId"])
    option = params["ResumeOption"]
    if (option == "normal") == (job["family"] == "redis"):
        message = f"ResumeOption is {option}; Redis links take clearData or overwrite, others take normal."
        raise ApiError("InvalidParameterValue.InvalidParameterValue", message)
    lifecycle.resume(world, job, world.clock.now(), option)
    return done(world, job, job["state"])


moves.answer(
    "CompleteMigrateJob",
    moves.passes("completed", "completing"),
    fidelity="documented",
    note="CompleteMode is for legacy jobs: taken and ignored.",
)


@answers("ModifyMigrateName", fidelity="documented")
def rename(world: World, caller: Caller, params: ModifyMigrateNameRequest) -> Answer:
    """Rename a job."""
    job, _, _ = jobs.admitted(world, caller, "ModifyMigrateName", params["JobId"])
    job["JobName"] = params["JobName"]
    return done(world, job, job["state"])


moves.answer(
    "ModifyMigrateJobSpec",
    moves.resizing,
    fidelity="documented",
    note="The job's work stands still while it is resized.",
)


moves.answer(
    "ModifyMigrateRateLimit",
    moves.limiting,
    fidelity="documented",
    note="Only while the job runs, `readyComplete` included (that, and the code, are assumed). What is absent stays. "
    "DumpRps is at most 20000 for MongoDB.",
)


moves.answer(
    "IsolateMigrateJob",
    moves.trades(moves.isolating),
    fidelity="documented",
    note="Status keeps its last value and the work stands still. A free job is gone a few seconds later (assumed).",
)


moves.answer(
    "RecoverMigrateJob",
    moves.trades(moves.recovering),
    fidelity="documented",
    note="TradeStatus is `reversing` on the way (assumed). The document lists no code for a wrong state, so that "
    "answers InternalError.InternalHttpServerError.",
)


moves.answer(
    "DestroyMigrateJob",
    moves.trades(moves.destroying),
    fidelity="documented",
    note="A destroyed job leaves the lists; its detail still answers, with TradeStatus `offlined` (observed).",
)
