"""The data sync area, API 2021-12-06: what each changing action does once the state tables allow it.

Documents: "(NewDTS) Data Sync APIs", ModifySyncRateLimit, ResetSyncJob. Importing this module registers the area's
handlers, those that read (:mod:`sync_reads`) and those that change a running job
(:mod:`sync_modify`) included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.emulator.areas.sync import configuration
from tencent_dts.emulator.areas.sync.tables import COMMON_UNSUPPORTED, KIND, NOT_MET
from tencent_dts.emulator.world import agenda, billing, findings, jobs, lifecycle, moves, rows, seeding
from tencent_dts.emulator.world.agenda import happens
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, World, answers
from tencent_dts.emulator.world.lifecycle import EXPIRY
from tencent_dts.emulator.world.moves import done, passing
from tencent_dts.emulator.world.records import History, Record
from tencent_dts.emulator.world.tables import WRONG_VALUE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import (
        ConfigureSyncJobRequest,
        CreateCheckSyncJobRequest,
        CreateSyncJobAnswer,
        CreateSyncJobRequest,
        PauseSyncJobRequest,
        ResetSyncJobRequest,
        SkipSyncCheckItemRequest,
        StartSyncJobRequest,
    )


@answers(
    "CreateSyncJob",
    fidelity="documented",
    note="Jobs bought with one call share their name; of ExistedJobId only the existence is looked at (both assumed). "
    "A month of a prepaid job has 30 days; then it is renewed or isolated.",
)
def buy(world: World, caller: Caller, params: CreateSyncJobRequest) -> CreateSyncJobAnswer:
    """Buy sync jobs, by the hour or for months."""
    configuration.verify_link(params["SrcDatabaseType"], params["DstDatabaseType"])
    if params.get("ExistedJobId"):
        jobs.load(world, caller, KIND, params["ExistedJobId"], WRONG_VALUE)
    bought = [_bought(world, caller, params) for _ in range(params.get("Count") or 1)]
    return {"JobIds": [job["JobId"] for job in bought]}


def _bought(world: World, caller: Caller, params: CreateSyncJobRequest) -> Record:
    now = world.clock.now()
    free = jobs.free_state(world, caller)
    months = (params.get("TimeSpan") or 1) if params["PayMode"] == "PrePay" and not free else 0
    expires = now + months * world.settings.timings.month if months else None
    state = KIND.trade[free] if free else "Normal.prepaid" if months else "Normal"
    instance_class = params.get("InstanceClass") or "medium"
    trade = billing.new_trade(now, instance_class, state, free=bool(free), months=months, expires=expires)
    trade["auto_renew"] = bool(months and params.get("AutoRenew"))
    job = jobs.new_job(world, caller, KIND, params, trade)
    job["pay_mode"], job["specification"] = params["PayMode"], params.get("Specification") or ""
    if expires is not None:
        agenda.schedule(job, EXPIRY, "expired", expires)
    seeding.at_birth(world, job)
    jobs.save(world, job)
    return job


@answers(
    "ConfigureSyncJob",
    fidelity="documented",
    note="Skipped check items count no more (assumed). A table that is named needs `ColumnMode` (DTS support; the "
    "document's second example has none). The rate limits among the options are ignored, as documented. "
    "The access type `noProxy` of the examples is in no list of values and is refused.",
)
def configure(world: World, caller: Caller, params: ConfigureSyncJobRequest) -> Answer:
    """Configure a job whole: the check it may have passed is void."""
    job, state, _ = jobs.admitted(world, caller, "ConfigureSyncJob", params["JobId"])
    configuration.verify(job, params)
    rows.refuse(world, params)
    job["configuration"] = configuration.stored(params)
    job["JobName"] = params.get("JobName") or job["JobName"]
    options = params.get("Options") or {}
    minutes = [given.get("AutoRetryTimeRangeMinutes") for given in (params, options)]
    job["retry_minutes"] = next((value for value in minutes if value is not None), job["retry_minutes"])
    job.update({"check": None, "skips": []})
    return done(world, job, state)


@answers("CreateCheckSyncJob", fidelity="documented")
def check(world: World, caller: Caller, params: CreateCheckSyncJobRequest) -> Answer:
    """Start a check; what it will find is settled now and shows step by step."""
    job, state, _ = jobs.admitted(world, caller, "CreateCheckSyncJob", params["JobId"])
    job["check"] = findings.begin(world, job, KIND.check_steps[job["family"]])
    return passing(world, job, state, "checked", world.settings.timings.checking)


@answers(
    "SkipSyncCheckItem",
    fidelity="documented",
    note="A skip counts from the next check on. The emulator refuses the connection, version and permission checks "
    "(both assumed).",
)
def skip(world: World, caller: Caller, params: SkipSyncCheckItemRequest) -> Answer:
    """Skip check items from the next check on."""
    job, state, _ = jobs.admitted(world, caller, "SkipSyncCheckItem", params["JobId"])
    findings.skip(job, KIND.check_steps[job["family"]], params["StepIds"])
    return done(world, job, state)


@answers("StartSyncJob", fidelity="documented")
def start(world: World, caller: Caller, params: StartSyncJobRequest) -> Answer:
    """Start a job whose check has passed; one with RunMode Timed waits in ``ReadyRunning`` for its time."""
    job, state, _ = jobs.admitted(world, caller, "StartSyncJob", params["JobId"])
    moves.starting(world, job)
    return done(world, job, state)


moves.answer(
    "StopSyncJob",
    moves.passes("stopped", "stopping"),
    fidelity="documented",
    note="The document lists no code for a wrong state, so that answers InternalError.UnknownError. A paused job can "
    "be stopped (assumed).",
)


@answers(
    "PauseSyncJob",
    fidelity="documented",
    note="MySQL links only; a job paused for seven days fails. While it "
    "is paused, it is not billed by the hour (product guide).",
)
def pause(world: World, caller: Caller, params: PauseSyncJobRequest) -> Answer:
    """Pause a running job; its bill by the hour stands still meanwhile."""
    job, state, _ = jobs.admitted(world, caller, "PauseSyncJob", params["JobId"])
    _only_mysql(job, "PauseSyncJob", NOT_MET)
    return passing(world, job, state, "paused", world.settings.timings.pausing)


def _only_mysql(job: Record, action: str, code: str) -> None:
    if job["family"] != "mysql":
        raise ApiError(code, f"{action} is for sources of the MySQL family, not for {job['src_type']}.")


moves.answer(
    "ContinueSyncJob",
    moves.resumes("continue"),
    fidelity="documented",
    note="Passes through `Resuming` (assumed).",
)


moves.answer(
    "ResumeSyncJob",
    moves.resumes("normal"),
    fidelity="documented",
    note="The document lists InternalError.UnknownError only, so a wrong state answers that.",
)


moves.answer(
    "ResizeSyncJob",
    moves.resizing,
    fidelity="documented",
    note="Jobs paid by the hour only, as the document says; the console resizes prepaid ones too. Not while the job is "
    "`Pausing`, `Paused` or `Stopping` (product guide). The job's work stands still while it is resized.",
)


moves.answer(
    "ModifySyncRateLimit",
    moves.limiting,
    fidelity="documented",
    note="Only while the job runs (`limitRate` is allowed nowhere else). What is absent stays. Rates begin at 1, as "
    "the text says; the four zeros of the document's own example are refused. DumpRps is at most 20000 for MongoDB.",
)


@answers(
    "ResetSyncJob",
    fidelity="documented",
    note="A stopped, prepaid job of a MySQL link, whose name becomes its id (product guide).",
)
def reset(world: World, caller: Caller, params: ResetSyncJobRequest) -> Answer:
    """Make a stopped prepaid job ready for another use."""
    job, state, _ = jobs.admitted(world, caller, "ResetSyncJob", params["JobId"])
    _only_mysql(job, "ResetSyncJob", COMMON_UNSUPPORTED)
    return passing(world, job, state, "reset", world.settings.timings.resetting)


@happens("sync", "reset")
def _reset(_world: World, job: Record, at: float, _argument: str) -> None:
    kept: History = {**jobs.nothing_yet(), "agenda": job["agenda"], "held": job["held"], "rehearsed": job["rehearsed"]}
    job.update({**kept, "JobName": job["JobId"]})
    lifecycle.enter(job, KIND.bought, at)


moves.answer(
    "IsolateSyncJob",
    moves.trades(moves.isolating),
    fidelity="observed",
    note="A running job is refused: stop or pause it first. The documents allow it in every state, and `Actions` "
    "of a running job names it as their example does. A free job is gone a few seconds later (assumed).",
)


moves.answer(
    "RecoverSyncJob",
    moves.trades(moves.recovering),
    fidelity="documented",
    note="Jobs paid by the hour, isolated by their user; a prepaid one is renewed instead (product guide).",
)


moves.answer(
    "DestroySyncJob",
    moves.trades(moves.destroying),
    fidelity="documented",
    note="A destroyed job leaves the list. The document lists no code for a wrong state, so that answers "
    "InternalError.UnknownError.",
)
