"""Rows of the migration job, API 2021-12-06.

API document: "Introduction" (the table of task statuses), DescribeMigrationDetail, DescribeMigrationCheckJob.
"""

from __future__ import annotations

from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, Verdict, statuses

MIGRATION_STATUS = Axis(
    "Status",
    "Status",
    statuses("creating", "created", "checking", "checkPass", "checkNotPass", "readyRun", "running", "readyComplete")
    | statuses("success", "failed", "stopping", "completing", "pausing", "manualPaused", "error", "resumableErr")
    | statuses("resuming", "canceled"),  # the documented value `unknown` is left out: it must wait and warn
)
TRADE_STATUS = Axis(
    "TradeStatus",
    "TradeInfo.TradeStatus",
    statuses("normal", "resizing", "reversing", "isolating", "isolated", "offlining", "offlined", "notBilled"),
)
DELETED = statuses("offlining", "offlined")
RELEASED = statuses("isolating", "isolated") | DELETED
MIGRATION_JOB = Resource(
    name="migration job",
    version="2021-12-06",
    read="DescribeMigrationDetail",
    ids=("JobId",),
    axis=MIGRATION_STATUS,
    listing="DescribeMigrationJobs",
    listed="JobList",
    permissions=("Action.AllowedAction", "Action.AllAction"),
    bill=TRADE_STATUS,
    released=RELEASED,
    destroyed=DELETED,
    free=statuses("notBilled"),
    recover="RecoverMigrateJob",
    lag="StepInfo",
    console="migration",
)

BEFORE_START = statuses("creating", "created", "checking", "checkPass", "checkNotPass")
FAULTED = statuses("error", "resumableErr")
ENDED_BADLY = statuses("failed", "canceled", "stopping")
ENDED = statuses("success", "failed", "canceled")
ENDED_WELL = statuses("success")
CUT_OVER = statuses("completing") | ENDED_WELL
CHECKING = statuses("checking")
UNCHECKED = statuses("created")
STARTED = statuses("running", "readyComplete", "completing", "success", "pausing", "manualPaused", "resuming") | FAULTED
PAST_CHECK = STARTED | statuses("readyRun")
UNSTARTED = statuses("created", "checkPass", "checkNotPass")  # at rest until something is ordered

_RESUME = "Fix the cause, then order ResumeMigrateJob (clearing `ready` does so, except for Redis)."
_HALTED = statuses("pausing", "manualPaused")
GO_ON = {
    **dict.fromkeys(_HALTED, "Order ContinueMigrateJob first; then clear this task."),
    **dict.fromkeys(FAULTED, _RESUME),
}
"""What to order first where a job must be at work, by the status in which it is not."""
_CANCELED = "A stopped or failed job cannot go on. Clear `purchase` with its downstream: it isolates it and buys again."
_CHECK_FIRST = "Clear `check` with its downstream: the job must pass its check first."

CONFIGURE = Operation(
    "ModifyMigrationJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("created", "checkPass", "checkNotPass"),
    passes=statuses("creating"),
    done=statuses("checking", "readyRun") | STARTED,
    reached=statuses("created"),
    failed=ENDED_BADLY,
    permission="configure",
    digest=True,
    instead={"failed": _CANCELED, "canceled": _CANCELED},
)
CHECK = Operation(
    "CreateMigrateCheckJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("created", "checkNotPass"),
    passes=statuses("creating"),
    done=statuses("checking", "checkPass", "readyRun") | STARTED,
    reached=statuses("checkNotPass"),
    failed=ENDED_BADLY,
    instead={"failed": _CANCELED, "canceled": _CANCELED},
)
START = Operation(
    "StartMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("checkPass"),
    passes=statuses("checking", "readyRun"),
    done=STARTED,
    failed=ENDED_BADLY,
    permission="start",
    instead={"created": _CHECK_FIRST, "checkNotPass": _CHECK_FIRST, "failed": _CANCELED, "canceled": _CANCELED},
)
STOP = Operation(
    "StopMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("readyRun", "running", "readyComplete", "manualPaused", "unknown") | FAULTED,
    passes=statuses("stopping"),
    done=statuses("canceled"),
    permission="stop",
    destroys=True,
    instead=dict.fromkeys(BEFORE_START, "The job has not started; isolate it if it is not wanted.")
    | dict.fromkeys(("success", "failed"), "The job has ended; isolate it."),
)
PAUSE = Operation(
    "PauseMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("running", "readyComplete"),
    passes=statuses("readyRun", "pausing", "resuming"),
    done=statuses("manualPaused"),
    failed=ENDED_BADLY,
    permission="pause",
)
CONTINUE = Operation(
    "ContinueMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("manualPaused"),
    passes=statuses("pausing", "resuming"),
    done=statuses("running", "readyComplete", "completing", "success"),
    failed=ENDED_BADLY,
    permission="continue",
    instead=dict.fromkeys(FAULTED, _RESUME),
)
RESUME = Operation(
    "ResumeMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=FAULTED | statuses("failed"),
    passes=statuses("resuming"),
    done=statuses("running", "readyComplete", "completing", "success"),
    permission="resume",
    final=statuses("failed"),
    instead={
        **dict.fromkeys(_HALTED, "The job is paused, not in error: order ContinueMigrateJob."),
        **dict.fromkeys(("canceled", "failed"), _CANCELED),
    },
)
COMPLETE = Operation(
    "CompleteMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("readyComplete"),
    passes=statuses("completing", "resuming"),
    done=statuses("success"),
    failed=ENDED_BADLY,
    permission="complete",
    instead=GO_ON | {"running": "Clear `ready` with its downstream: the lag must be 0."},
)
ISOLATE = Operation(
    "IsolateMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=statuses("normal", "notBilled"),
    passes=statuses("isolating", "resizing", "reversing"),
    done=statuses("isolated", "offlining", "offlined"),
    reached=statuses("notBilled"),  # a free job is deleted; until it is gone it shows this
    permission="isolate",
    destroys=True,
    ends=True,
)
RECOVER = Operation(
    "RecoverMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=statuses("isolated"),
    passes=statuses("isolating", "reversing", "resizing"),
    done=statuses("normal"),
    failed=statuses("offlining", "offlined"),
    instead={"notBilled": "A free job is deleted by isolation; there is nothing to recover."},
)
DESTROY = Operation(
    "DestroyMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=statuses("isolated"),
    passes=statuses("isolating", "offlining"),
    done=statuses("offlined"),
    destroys=True,
    ends=True,
    patient=True,  # errors go on for minutes after the job shows as isolated
    instead={
        "normal": "Only an isolated job can be destroyed: order IsolateMigrateJob first.",
        "notBilled": "A free job is deleted by IsolateMigrateJob itself.",
    },
)
RESIZE = Operation(
    "ModifyMigrateJobSpec",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=statuses("normal"),
    passes=statuses("resizing", "reversing"),
    reached=statuses("normal"),
    failed=RELEASED,
    permission="resize",
    proof="TradeInfo.InstanceClass",
    instead={"notBilled": "Free links have one class only; they cannot be resized."},
)
RENAME = Operation(
    "ModifyMigrateName",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=MIGRATION_STATUS.known | statuses("unknown"),
    reached=MIGRATION_STATUS.known | statuses("unknown"),
    proof="JobName",
)
LIMIT_RATE = Operation(
    "ModifyMigrateRateLimit",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("running", "readyComplete"),
    passes=statuses("readyRun", "resuming"),
    reached=MIGRATION_STATUS.known | statuses("unknown"),
    failed=ENDED_BADLY | CUT_OVER,
    digest=True,
    instead={
        **dict.fromkeys(BEFORE_START, "Rates can be limited only while the job runs: start it first."),
        **GO_ON,
    },
)
SKIP = Operation(
    "SkipCheckItem",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=statuses("checkNotPass", "checkPass"),
    passes=statuses("checking"),
    done=statuses("readyRun") | STARTED,
    reached=statuses("checkNotPass", "checkPass"),
    failed=ENDED_BADLY,
    instead={"created": "A check item can be skipped once a check has found it: clear `check`."},
)

# The check run is a resource of its own: `Status` says that it ran, `CheckFlag` what it found.
CHECK_FLAG = Axis("CheckFlag", "CheckFlag", statuses("checkPass", "checkNotPass", ""))
CHECK_RUN = Resource(
    name="check of a migration job",
    version="2021-12-06",
    read="DescribeMigrationCheckJob",
    ids=("JobId",),
    axis=Axis("Status", "Status", statuses("notStarted", "running", "failed", "success")),
    part_of=MIGRATION_JOB,
)

READY = Goal(
    "ready to complete",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    reached=statuses("readyComplete", "completing", "success"),
    failed=ENDED_BADLY | FAULTED,
    lag=statuses("readyComplete"),
    void=((MIGRATION_STATUS, UNSTARTED),),
    go_on=GO_ON,
)
SUCCEEDED = Goal(
    "succeeded",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    reached=statuses("success"),
    failed=ENDED_BADLY | FAULTED,
    void=((MIGRATION_STATUS, UNSTARTED | statuses("readyComplete")),),
)
PAUSED = Goal(
    "paused",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    reached=statuses("manualPaused"),
    failed=ENDED_BADLY | FAULTED | statuses("success", "completing"),
    void=((MIGRATION_STATUS, UNSTARTED),),
)
ISOLATED = Goal(
    "isolated",
    MIGRATION_JOB,
    TRADE_STATUS,
    reached=statuses("isolated", "offlining", "offlined"),
    gone=Verdict.DONE,
    void=((TRADE_STATUS, statuses("normal")),),  # a free job shows what it showed until it is gone
)
CHECK_PASSED = Goal(
    "check passed",
    CHECK_RUN,
    CHECK_FLAG,
    reached=statuses("checkPass"),
    failed=statuses("checkNotPass"),
    unfinished=statuses("notStarted", "running"),
    broken=statuses("failed"),
    glance=("Status", statuses("creating", "checking")),
    void=((MIGRATION_STATUS, UNCHECKED | ENDED_BADLY),),
)
