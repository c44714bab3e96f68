"""State tables of migration jobs, API 2021-12-06, and what makes a migration job a kind of job (:data:`KIND`)."""

from __future__ import annotations

from tencent_dts.emulator.world import checks, kinds
from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import CONFLICT, DUPLICATE, HTTP_ERROR, NO_JOB, NOT_ALLOWED, Row, each

STATES = (
    *("creating", "created", "created.configured", "checking", "checkPass", "checkNotPass", "readyRun"),
    *("running", "running.incremental", "readyComplete", "completing", "success", "stopping", "canceled"),
    *("pausing", "manualPaused", "error", "resumableErr", "resuming", "failed", "failed.redis", "unknown"),
)
TRADE_STATES = (
    *("normal", "resizing", "reversing", "isolating", "isolated", "isolated.arrears"),
    *("offlining", "offlined", "notBilled", "notBilled.deleting"),
)
FINAL = frozenset({"success", "canceled", "failed", "failed.redis"})
IDLE = frozenset({"created", "created.configured", "checkPass", "checkNotPass"})
FAULTED = frozenset({"error", "resumableErr", "failed", "failed.redis"})
INCREMENTAL = frozenset({"running.incremental", "readyComplete"})

_CONFIGURABLE = ("created", "created.configured", "checkPass", "checkNotPass")
_CHECKABLE = ("created.configured", "checkPass", "checkNotPass")
_RUNS = ("running", "running.incremental", "readyComplete")
_STOPPABLE = (
    *("readyRun", "running", "running.incremental", "readyComplete"),
    *("error", "resumableErr", "manualPaused", "unknown"),
)

ROWS: dict[str, Row] = {
    "ModifyMigrationJob": Row(each(_CONFIGURABLE, "created.configured")),
    "CreateMigrateCheckJob": Row(each(_CHECKABLE, "checking"), instead={"checking": DUPLICATE}, missing=NO_JOB),
    "SkipCheckItem": Row(each(_CHECKABLE)),
    "StartMigrateJob": Row({"checkPass": "readyRun"}, CONFLICT, missing=NO_JOB),
    "StopMigrateJob": Row(each(_STOPPABLE, "stopping"), CONFLICT, missing=NO_JOB),
    "PauseMigrateJob": Row(each(INCREMENTAL, "pausing")),
    "ContinueMigrateJob": Row({"manualPaused": "resuming"}),
    "ResumeMigrateJob": Row(
        each(("error", "resumableErr", "failed.redis"), "resuming"), instead={"failed": NOT_ALLOWED}, missing=NO_JOB
    ),
    "CompleteMigrateJob": Row({"readyComplete": "completing"}, CONFLICT, missing=NO_JOB),
    "ModifyMigrateName": Row(each(STATES), missing=NO_JOB),
    "ModifyMigrateJobSpec": Row(each(STATES)),
    "ModifyMigrateRateLimit": Row(each(_RUNS), "UnsupportedOperation", missing="ResourceNotFound"),
    "IsolateMigrateJob": Row(each(STATES)),
    "RecoverMigrateJob": Row(each(STATES), HTTP_ERROR),
    "DestroyMigrateJob": Row(each(STATES)),
    "CreateCompareTask": Row(each(INCREMENTAL)),
    "StartCompare": Row(each(INCREMENTAL)),
}
"""The task axis of a migration job. Documents: the table of task statuses in the introduction; CompleteMigrateJob,
ResumeMigrateJob, CreateMigrateCheckJob; the console's operation matrix. The error codes are documented for the
actions; which of them the real service sends in which state is assumed."""

_SERVED = each(("normal", "notBilled"))

TRADES: dict[str, Row] = {
    **{
        action: Row(_SERVED, refusal=ROWS[action].refusal)
        for action in (
            *("ModifyMigrationJob", "CreateMigrateCheckJob", "SkipCheckItem", "StartMigrateJob", "StopMigrateJob"),
            *("PauseMigrateJob", "ContinueMigrateJob", "ResumeMigrateJob", "CompleteMigrateJob"),
            *("CreateCompareTask", "StartCompare"),
        )
    },
    "ModifyMigrateRateLimit": Row(_SERVED, refusal="UnsupportedOperation"),
    "ModifyMigrateName": Row(
        each(("normal", "notBilled", "resizing", "reversing", "isolating", "isolated", "isolated.arrears"))
    ),
    "ModifyMigrateJobSpec": Row({"normal": "resizing"}),
    "IsolateMigrateJob": Row({"normal": "isolating", "notBilled": "notBilled.deleting"}),
    "RecoverMigrateJob": Row({"isolated": "reversing"}, HTTP_ERROR),
    "DestroyMigrateJob": Row(each(("isolated", "isolated.arrears"), "offlining")),
}
"""The billing axis of a migration job. Documents: IsolateMigrateJob, DestroyMigrateJob, RecoverMigrateJob,
ModifyMigrateJobSpec, TradeInfo."""

ALL_ACTIONS = (
    *("view", "modify", "check", "start", "configure", "stop", "complete", "resume", "createCmpTask"),
    *("isolate", "offline", "resize", "recover", "pause", "continue"),
)
"""Action.AllAction as in the example of DescribeMigrationJobs, with pause and continue, which it lacks, added."""

_ALWAYS = ("view", "resize", "isolate")
_ERROR = ("view", "stop", "resume", "resize", "isolate")
_RUNNING = ("view", "stop", "createCmpTask", "resize", "isolate")

ALLOWED: dict[str, tuple[str, ...]] = {
    "creating": ("view", "isolate"),
    "created": ("view", "configure", "resize", "isolate"),
    "created.configured": ("view", "configure", "check", "resize", "isolate"),
    "checking": _ALWAYS,
    "checkPass": ("view", "start", "configure", "check", "resize", "isolate"),
    "checkNotPass": ("view", "configure", "check", "resize", "isolate"),
    "readyRun": ("view", "stop", "resize", "isolate"),
    "running": _RUNNING,
    "running.incremental": (*_RUNNING, "pause"),
    "readyComplete": ("view", "stop", "complete", "createCmpTask", "view", "isolate", "resize", "pause"),
    "completing": _ALWAYS,
    "success": _ALWAYS,
    "stopping": _ALWAYS,
    "canceled": _ALWAYS,
    "pausing": _ALWAYS,
    "manualPaused": ("view", "stop", "continue", "resize", "isolate"),
    "error": _ERROR,
    "resumableErr": _ERROR,
    "resuming": _ALWAYS,
    "failed": _ALWAYS,
    "failed.redis": ("view", "resume", "resize", "isolate"),
    "unknown": ("view", "stop", "resize", "isolate"),
}
"""Action.AllowedAction by task state of a billed job: the console's matrix (the duplicate of ``readyComplete`` is in
the documents' example). ``check`` in ``created.configured`` is the introduction's; ``pause`` and ``continue``, and
the rows of ``creating``, ``pausing``, ``manualPaused`` and ``unknown``, are assumed."""


def allowed_actions(state: str, trade: str) -> list[str]:
    """Return Action.AllowedAction of a job in these two states.

    A free job can be deleted (``isolate``) in every state and never resized. In the short billing states
    nothing can be done; an isolated job can be recovered (unless it is isolated for arrears) or destroyed.
    """
    if trade == "normal":
        return list(ALLOWED[state])
    if trade == "notBilled":
        return [action for action in ALLOWED[state] if action != "resize"]
    if trade == "isolated":
        return ["recover", "offline"]
    return ["offline"] if trade == "isolated.arrears" else ["view"]


def _steps(job: Record) -> list[str]:
    whole = (job["configuration"]["MigrateOption"].get("MigrateType") or "fullAndIncrement") == "fullAndIncrement"
    return ["dumper", "loader", "sinker"] if whole else ["dumper", "loader"]


def _databases(job: Record) -> list[Fields]:
    options = (job["configuration"] or {}).get("MigrateOption", {})
    return options.get("DatabaseTable", {}).get("Databases") or []


KIND = kinds.add(
    kinds.Kind(
        name="migration",
        prefix="dts-",
        rows=ROWS,
        trades=TRADES,
        states=STATES,
        trade_states=TRADE_STATES,
        bought="creating",
        created="created",
        passed="checkPass",
        not_passed="checkNotPass",
        running="running",
        incremental="running.incremental",
        caught_up="readyComplete",
        success="success",
        paused="manualPaused",
        resuming="resuming",
        stopped="canceled",
        faults={"error": "error", "resumableErr": "resumableErr", "failed": "failed"},
        final=FINAL,
        idle=IDLE,
        faulted=FAULTED,
        incremental_states=INCREMENTAL,
        suspended=frozenset(
            (
                *("checking", "readyRun", "running", "running.incremental", "readyComplete"),
                *("error", "resumableErr", "resuming"),
            )
        ),
        metered=frozenset({"running.incremental", "readyComplete", "pausing", "manualPaused", "completing"}),
        compare_ends=FINAL | {"completing", "stopping"},
        trade={
            "normal": "normal",
            "notBilled": "notBilled",
            "international": "notBilled",
            "isolated": "isolated",
            "arrears": "isolated.arrears",
            "offlined": "offlined",
        },
        served=frozenset({"normal", "notBilled"}),
        metered_trades=frozenset({"normal", "resizing"}),
        leaving=frozenset({"isolating", "isolated", "isolated.arrears", "offlining", "offlined"}),
        isolations=frozenset({"isolated", "isolated.arrears"}),
        steps=_steps,
        step_names={"dumper": "Export from Source Database", "loader": "Data Import", "sinker": "Incremental Sync"},
        selected=_databases,
        check_steps=checks.STEPS,
        default_rates={"DumpThread": 8, "DumpRps": 2000, "LoadThread": 8, "LoadRps": 2000, "SinkerThread": 16},
    )
)
"""A migration job. Its states whose work stands still while it is isolated or resized are assumed; the billed ones
are the price guide's."""
