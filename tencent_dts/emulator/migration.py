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
    jobs,
    lifecycle,
    migration_reads,
    rehearsals,
    seeding,
)
from tencent_dts.emulator.agenda import Record
from tencent_dts.emulator.clock import moment
from tencent_dts.emulator.configuration import WRONG_VALUE
from tencent_dts.emulator.kernel import ApiError, Caller, World, answers
from tencent_dts.emulator.lifecycle import RUN, TRADE
from tencent_dts.emulator.tables import DENIED, IDLE

__all__ = ["migration_reads"]

Params = dict[str, Any]


@answers("CreateMigrationService", fidelity="documented", note="Jobs bought with one call share their name (assumed).")
def buy(world: World, caller: Caller, params: Params) -> Params:
    """Buy jobs; they are ``creating`` first."""
    configuration.verify_link(params["SrcDatabaseType"], params["DstDatabaseType"])
    if params["DstRegion"] != caller.region:
        message = f"DstRegion is {params['DstRegion']}; it must be the region of the request, {caller.region}."
        raise ApiError(WRONG_VALUE, message)
    bought = [jobs.new_job(world, caller, params) for _ in range(params.get("Count") or 1)]
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
    return _done(world, job, state)


@answers(
    "CreateMigrateCheckJob",
    fidelity="documented",
    note="A check while one runs answers InternalError.DuplicateJob, one without a configuration "
    "OperationDenied.OperationDeniedError (assumed).",
)
def check(world: World, caller: Caller, params: Params) -> Params:
    """Start a check; what it will find is settled now and shows step by step."""
    job, state, _ = jobs.admitted(world, caller, "CreateMigrateCheckJob", params["JobId"])
    _within_limit(world, job)
    now = world.clock.now()
    job["check"] = {"started": now, "ended": None} | _findings(world, job)
    agenda.schedule(job, RUN, "checked", now + world.settings.timings.checking)
    return _done(world, job, state)


def _findings(world: World, job: Record) -> Params:
    """What the check finds: rehearsed troubles, wrong passwords, or nothing."""
    troubles: dict[str, tuple[str, checks.Failure | None]] = {}
    for item in rehearsals.pending(world, job, "checks"):
        troubles |= {step: (result, None) for step, result in item["checks"].items()}
        rehearsals.use(job, item, "checks")
    for side, user in job["configuration"]["wrong_passwords"]:
        troubles["ConnectDBCheck"] = "failed", checks.wrong_password(side, user)
    as_root = any(info.get("User") == "root" for info in job["configuration"]["SrcInfo"]["Info"])
    steps = checks.results(job["family"], troubles, job["skips"], as_root=as_root)
    broken = rehearsals.pending(world, job, "check_run")[:1]
    for item in broken:
        rehearsals.use(job, item, "check_run")
    flag = "checkPass" if checks.passed(steps) and not broken else "checkNotPass"
    return {"status": "failed" if broken else "success", "flag": flag, "steps": steps}


@answers(
    "SkipCheckItem",
    fidelity="documented",
    note="A skip counts from the next check on. Which items can be skipped is published for two only; the emulator "
    "refuses the connection, version and permission checks (assumed).",
)
def skip(world: World, caller: Caller, params: Params) -> Params:
    """Skip check items from the next check on."""
    job, state, _ = jobs.admitted(world, caller, "SkipCheckItem", params["JobId"])
    known = {step for step, _ in checks.STEPS[job["family"]]}
    unknown = [step for step in params["StepIds"] if step not in known]
    if unknown or not params["StepIds"]:
        raise ApiError(
            WRONG_VALUE, f"StepIds: {', '.join(unknown) or 'none given'}; known: {', '.join(sorted(known))}."
        )
    fixed = checks.NOT_SKIPPABLE.intersection(params["StepIds"])
    if fixed:
        raise ApiError(DENIED, f"{', '.join(sorted(fixed))} cannot be skipped.")
    job["skips"] = list(dict.fromkeys(job["skips"] + params["StepIds"]))
    job["foreign_keys"] = params.get("ForeignKeyFlag") or job["foreign_keys"]
    _done(world, job, state)
    return {"Message": "skip item successfully"}


@answers("StartMigrateJob", fidelity="documented")
def start(world: World, caller: Caller, params: Params) -> Params:
    """Start a job whose check has passed; one with RunMode timed waits in ``readyRun`` for its time."""
    job, state, _ = jobs.admitted(world, caller, "StartMigrateJob", params["JobId"])
    _within_limit(world, job)
    now = world.clock.now()
    begins = now + world.settings.timings.ready_run
    if job["configuration"]["RunMode"] == "timed":
        begins = max(begins, moment(job["configuration"]["ExpectRunTime"]))
    agenda.schedule(job, RUN, "prepared", begins)
    job["started"] = now
    consistency = job["configuration"]["MigrateOption"].get("Consistency") or {}
    if consistency.get("Mode") == "full" and lifecycle.SINKER in lifecycle.steps_of(job):
        config = compare_runs.same_as_migrate(job)
        task = compare_runs.new_task(job, now, "defaultCmpTask", config, consistency.get("Options") or {})
        task["automatic"] = True
    return _done(world, job, state)


def _within_limit(world: World, job: Record) -> None:
    """Refuse when the account has more idle jobs than it may."""
    limit = world.settings.max_unused_jobs
    idle = sum(
        other["state"] in IDLE and other["trade"]["state"] in ("normal", "notBilled")
        for other in jobs.load_all(world, job["scope"])
    )
    if idle > limit:
        raise ApiError("LimitExceeded.MaxUnusedJobs", f"{idle} idle migration jobs exceed the limit of {limit}.")


@answers("StopMigrateJob", fidelity="documented", note="A stopped job is `stopping` for ten seconds (assumed).")
def stop(world: World, caller: Caller, params: Params) -> Params:
    """Stop a job for good: it ends ``canceled``."""
    job, state, _ = jobs.admitted(world, caller, "StopMigrateJob", params["JobId"])
    return _passing(world, job, state, "stopped", world.settings.timings.stopping)


@answers("PauseMigrateJob", fidelity="assumed", note="Only in the incremental step, for every link.")
def pause(world: World, caller: Caller, params: Params) -> Params:
    """Pause a job in its incremental step; it goes on being billed."""
    job, state, _ = jobs.admitted(world, caller, "PauseMigrateJob", params["JobId"])
    return _passing(world, job, state, "paused", world.settings.timings.pausing)


@answers("ContinueMigrateJob", fidelity="observed", note="Passes through `resuming` (assumed); the target is observed.")
def continue_(world: World, caller: Caller, params: Params) -> Params:
    """Let a paused job go on."""
    job, _, _ = jobs.admitted(world, caller, "ContinueMigrateJob", params["JobId"])
    lifecycle.resume(world, job, world.clock.now(), "continue")
    return _done(world, job, job["state"])


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
    return _done(world, job, job["state"])


@answers("CompleteMigrateJob", fidelity="documented", note="CompleteMode is for legacy jobs: taken and ignored.")
def complete(world: World, caller: Caller, params: Params) -> Params:
    """Complete a job that is ready: the incremental step ends."""
    job, state, _ = jobs.admitted(world, caller, "CompleteMigrateJob", params["JobId"])
    return _passing(world, job, state, "completed", world.settings.timings.completing)


@answers("ModifyMigrateName", fidelity="documented")
def rename(world: World, caller: Caller, params: Params) -> Params:
    """Rename a job."""
    job, _, _ = jobs.admitted(world, caller, "ModifyMigrateName", params["JobId"])
    job["JobName"] = params["JobName"]
    return _done(world, job, job["state"])


@answers("ModifyMigrateJobSpec", fidelity="documented", note="The job's work stands still while it is resized.")
def resize(world: World, caller: Caller, params: Params) -> Params:
    """Change the class of a billed job, which takes minutes."""
    job, _, trade = jobs.admitted(world, caller, "ModifyMigrateJobSpec", params["JobId"])
    deal = billing.deal_name(world.clock.now())
    job["trade"].update(new_class=params["NewInstanceClass"], last_deal=job["trade"]["deal"], deal=deal)
    return _trading(world, job, trade, "resized", world.settings.timings.resizing)


@answers(
    "ModifyMigrateRateLimit",
    fidelity="assumed",
    note="Not in the reference document; in the SDK only. 0 or absent keeps a value.",
)
def limit_rate(world: World, caller: Caller, params: Params) -> Params:
    """Set the speed limits of a job."""
    job, _, _ = jobs.admitted(world, caller, "ModifyMigrateRateLimit", params.get("JobId"))
    job["rates"] |= {name: value for name, value in params.items() if name != "JobId" and value}
    return _done(world, job, job["state"])


@answers(
    "IsolateMigrateJob",
    fidelity="documented",
    note="Status keeps its last value and the work stands still. A free job is gone a few seconds later (assumed).",
)
def isolate(world: World, caller: Caller, params: Params) -> Params:
    """Isolate a billed job, which releases its frozen fee; delete a free one."""
    job, _, trade = jobs.admitted(world, caller, "IsolateMigrateJob", params["JobId"])
    event = "deleted" if job["trade"]["free"] else "isolated"
    compare_runs.interrupt(job, world.clock.now())
    return _trading(world, job, trade, event, world.settings.timings.isolating)


@answers(
    "RecoverMigrateJob",
    fidelity="documented",
    note="TradeStatus is `reversing` on the way (assumed). The document lists no code for a wrong state, so that "
    "answers InternalError.InternalHttpServerError.",
)
def recover(world: World, caller: Caller, params: Params) -> Params:
    """Recover a job that was isolated by its user; its work goes on."""
    job, _, trade = jobs.admitted(world, caller, "RecoverMigrateJob", params["JobId"])
    agenda.cancel(job, TRADE)
    return _trading(world, job, trade, "recovered", world.settings.timings.recovering)


@answers(
    "DestroyMigrateJob",
    fidelity="documented",
    note="A destroyed job leaves the lists; its detail still answers, with TradeStatus `offlined` (observed).",
)
def destroy(world: World, caller: Caller, params: Params) -> Params:
    """Destroy an isolated job."""
    job, _, trade = jobs.admitted(world, caller, "DestroyMigrateJob", params["JobId"])
    agenda.cancel(job, TRADE)
    job["trade"]["offline_reason"] = "Destroyed by the user."
    return _trading(world, job, trade, "offlined", world.settings.timings.offlining)


def _passing(world: World, job: Record, state: str, event: str, seconds: float) -> Params:
    """Bring a job into a passing state that an event ends."""
    agenda.cancel(job, RUN)
    agenda.schedule(job, RUN, event, world.clock.now() + seconds)
    return _done(world, job, state)


def _trading(world: World, job: Record, trade: str, event: str, seconds: float) -> Params:
    """Bring a job into a passing billing state that an event ends; its work stands still."""
    now = world.clock.now()
    lifecycle.suspend(job, now)
    lifecycle.enter_trade(job, trade, now)
    agenda.schedule(job, TRADE, event, now + seconds)
    jobs.save(world, job)
    return {}


def _done(world: World, job: Record, state: str) -> Params:
    """Store a job, in its new state."""
    now = world.clock.now()
    if state != job["state"]:
        lifecycle.enter(job, state, now)
    job["updated"] = now
    jobs.save(world, job)
    return {}
