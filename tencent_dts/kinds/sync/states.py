"""Rows of the sync job, API 2021-12-06.

Unlike a migration job, a sync job writes its statuses with a capital, stays in ``Running`` for ever, has no flag for
its check, and is refused to be isolated while it runs.

API document: "Introduction" (the table of sync statuses), DescribeSyncJobs, DescribeCheckSyncJobResult; the actions'
own documents.
"""

from __future__ import annotations

from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, Verdict, statuses

SYNC_STATUS = Axis(
    "Status",
    "Status",
    statuses("UnInitialized", "Initialized", "Checking", "CheckPass", "CheckNotPass", "ReadyRunning", "Running")
    | statuses("Pausing", "Paused", "Stopping", "Stopped", "ResumableErr", "Resuming", "Failed", "Released")
    | statuses("Resetting"),  # the documented value `Unknown` is left out: it must wait and warn
)
SYNC_TRADE_STATUS = Axis(
    "TradeStatus",
    "TradeStatus",
    statuses("Normal", "Resizing", "Renewing", "Isolating", "Isolated", "Offlining", "Offlined", "NotBilled")
    | statuses("Recovering", "PostPay2Prepaying", "PrePay2Postpaying", "NotBilledByInternational"),
)
SYNC_DELETED = statuses("Offlining", "Offlined")
_FREE = statuses("NotBilled", "NotBilledByInternational")
SYNC_RELEASED = statuses("Isolating", "Isolated") | SYNC_DELETED
SYNC_JOB = Resource(
    name="sync job",
    version="2021-12-06",
    read="DescribeSyncJobs",
    ids=("JobId",),
    axis=SYNC_STATUS,
    items="JobList",
    listing="DescribeSyncJobs",
    listed="JobList",
    permissions=("Actions", "AllActions"),
    bill=SYNC_TRADE_STATUS,
    released=SYNC_RELEASED,
    destroyed=SYNC_DELETED,
    free=_FREE,
    prepaid=("PayMode", "PrePay"),
    recover="RecoverSyncJob",
    lag="Detail",
    console="replication",
)

BEFORE_START = statuses("UnInitialized", "Initialized", "Checking", "CheckPass", "CheckNotPass")
CHECKING = statuses("Checking")
UNSTARTED = BEFORE_START - CHECKING  # at rest until something is ordered
CONFIGURED = statuses("Initialized")
UNCHECKED = statuses("UnInitialized") | CONFIGURED
NOT_PASSED = statuses("CheckNotPass")
FAULTED = statuses("ResumableErr")
STARTED = statuses("Running", "Pausing", "Paused", "Resuming") | FAULTED
PAST_CHECK = STARTED | statuses("ReadyRunning")
PASSED = PAST_CHECK | statuses("CheckPass")
RUNNING = statuses("Running")
STOPPED = statuses("Stopping", "Stopped")
ENDED_BADLY = statuses("Failed", "Released")
AT_REST = BEFORE_START | ENDED_BADLY | statuses("Paused", "Stopped")

_OVER = STOPPED | ENDED_BADLY
_RESUME = "Fix the cause, then order ResumeSyncJob (clearing `caught_up` does so)."
_HALTED = statuses("Pausing", "Paused")
GO_ON = {
    **dict.fromkeys(_HALTED, "Order ContinueSyncJob first; then clear this task."),
    **dict.fromkeys(FAULTED, _RESUME),
}
"""What to order first where a job must be at work, by the status in which it is not."""
_CONFIGURE_FIRST = "Clear `configure` with its downstream: the job must be configured first."
_CHECK_FIRST = "Clear `check` with its downstream: the job must pass its check first."
_BUY_AGAIN = "A failed job cannot go on. Clear `purchase` with its downstream: it isolates it and buys again."
_ON_PURPOSE = "The job was stopped on purpose and cannot go on. Trigger a new run if data is to be synced again."
_ENDED = dict.fromkeys(ENDED_BADLY, _BUY_AGAIN) | dict.fromkeys(STOPPED, _ON_PURPOSE)

CONFIGURE = Operation(
    "ConfigureSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("UnInitialized", "Initialized", "CheckPass", "CheckNotPass"),
    passes=statuses("Resetting"),
    done=CHECKING | PAST_CHECK,
    reached=statuses("Initialized"),
    failed=_OVER,
    permission="configure",
    digest=True,
    spoilt=statuses("UnInitialized"),  # a job that was reset has lost what it was sent
    instead=_ENDED,
)
CHECK = Operation(
    "CreateCheckSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("Initialized", "CheckNotPass"),
    done=statuses("Checking", "CheckPass") | PAST_CHECK,
    reached=statuses("CheckNotPass"),
    failed=_OVER,
    permission="check",
    instead={"UnInitialized": _CONFIGURE_FIRST, **_ENDED},
)
SKIP = Operation(
    "SkipSyncCheckItem",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("CheckNotPass", "CheckPass"),
    passes=CHECKING,
    done=PAST_CHECK,
    reached=statuses("CheckNotPass", "CheckPass"),
    failed=_OVER,
    instead={
        **dict.fromkeys(UNCHECKED, "A check item can be skipped once a check has found it: clear `check`."),
        **_ENDED,
    },
)
START = Operation(
    "StartSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("CheckPass"),
    passes=statuses("Checking", "ReadyRunning"),
    done=STARTED,
    failed=_OVER,
    permission="start",
    instead={**dict.fromkeys(UNCHECKED | NOT_PASSED, _CHECK_FIRST), **_ENDED},
)
STOP = Operation(
    "StopSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("ReadyRunning", "Running", "Paused", "Resuming") | FAULTED,
    passes=statuses("Stopping", "Pausing"),
    done=statuses("Stopped") | ENDED_BADLY,  # a job that failed syncs no more, and cannot be stopped
    permission="stop",
    final=statuses("Paused"),
    destroys=True,
    instead={
        **dict.fromkeys(BEFORE_START, "The job has not started; isolate it if it is not wanted."),
        "Paused": "DTS does not stop this paused job: order IsolateSyncJob, or ContinueSyncJob and then StopSyncJob.",
    },
)
PAUSE = Operation(
    "PauseSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=RUNNING,
    passes=statuses("ReadyRunning", "Pausing", "Resuming"),
    done=statuses("Paused"),
    failed=_OVER,
    permission="pause",
    instead={**dict.fromkeys(FAULTED, _RESUME), **_ENDED},
)
CONTINUE = Operation(
    "ContinueSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("Paused"),
    passes=statuses("Pausing", "Resuming"),
    done=RUNNING,
    failed=_OVER,
    permission="continue",
    instead={**dict.fromkeys(FAULTED, _RESUME), **_ENDED},
)
RESUME = Operation(
    "ResumeSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=FAULTED,
    passes=statuses("Resuming"),
    done=RUNNING,
    failed=_OVER,
    permission="resume",
    instead={**dict.fromkeys(_HALTED, "The job is paused, not in error: order ContinueSyncJob."), **_ENDED},
)
RESET = Operation(
    "ResetSyncJob",
    SYNC_JOB,
    SYNC_STATUS,
    needs=statuses("Stopped"),
    passes=statuses("Stopping", "Resetting"),
    done=statuses("UnInitialized"),
    failed=ENDED_BADLY,
    barred={"PayMode": {"PostPay": "Only a prepaid job can be reset; isolate this one and buy another."}},
    instead=dict.fromkeys(PAST_CHECK, "Only a stopped job can be reset: order StopSyncJob first.")
    | dict.fromkeys(
        BEFORE_START - statuses("UnInitialized"), "The job has not started; clear `configure` with its downstream."
    ),
)
LIMIT_RATE = Operation(
    "ModifySyncRateLimit",
    SYNC_JOB,
    SYNC_STATUS,
    needs=RUNNING,
    passes=statuses("ReadyRunning", "Resuming"),
    reached=SYNC_STATUS.known,
    failed=_OVER,
    permission="limitRate",
    digest=True,
    instead={
        **dict.fromkeys(BEFORE_START, "Rates can be limited only while the job runs: start it first."),
        **GO_ON,
        **_ENDED,
    },
)
_CHANGING = statuses("Resizing", "Recovering", "Renewing", "PostPay2Prepaying", "PrePay2Postpaying")
ISOLATE = Operation(
    "IsolateSyncJob",
    SYNC_JOB,
    SYNC_TRADE_STATUS,
    needs=statuses("Normal") | _FREE,
    passes=statuses("Isolating") | _CHANGING,
    done=statuses("Isolated") | SYNC_DELETED,
    reached=_FREE,  # a free job is deleted; until it is gone it shows this
    permission="isolate",
    destroys=True,
    ends=True,
)
RECOVER = Operation(
    "RecoverSyncJob",
    SYNC_JOB,
    SYNC_TRADE_STATUS,
    needs=statuses("Isolated"),
    passes=statuses("Isolating") | _CHANGING,
    done=statuses("Normal"),
    failed=SYNC_DELETED,
    permission="recover",
    final=statuses("Isolated"),
    barred={"PayMode": {"PrePay": "A prepaid job is taken out of isolation by being renewed in the console."}},
    instead={
        "Isolated": "A job that was isolated because of the account's debt comes back once that is settled.",
        **dict.fromkeys(_FREE, "A free job is deleted by isolation; there is nothing to recover."),
    },
)
DESTROY = Operation(
    "DestroySyncJob",
    SYNC_JOB,
    SYNC_TRADE_STATUS,
    needs=statuses("Isolated"),
    passes=statuses("Isolating", "Offlining"),
    done=statuses("Offlined"),
    permission="offline",
    destroys=True,
    ends=True,
    patient=True,  # as for migration jobs, errors may go on for minutes after the job shows as isolated
    instead={
        "Normal": "Only an isolated job can be destroyed: order IsolateSyncJob first.",
        **dict.fromkeys(_FREE, "A free job is deleted by IsolateSyncJob itself."),
    },
)
RESIZE = Operation(
    "ResizeSyncJob",
    SYNC_JOB,
    SYNC_TRADE_STATUS,
    needs=statuses("Normal"),
    passes=_CHANGING,
    reached=statuses("Normal"),
    failed=SYNC_RELEASED,
    permission="resize",
    proof="InstanceClass",
    barred={"PayMode": {"PrePay": "The API resizes pay-as-you-go jobs only; change a prepaid one in the console."}},
    instead=dict.fromkeys(_FREE, "Free links have one class only; they cannot be resized."),
)

# The check has no flag: `Status` is its verdict, and a step that failed and was not skipped refutes it.
CHECK_RUN = Resource(
    name="check of a sync job",
    version="2021-12-06",
    read="DescribeCheckSyncJobResult",
    ids=("JobId",),
    axis=Axis("Status", "Status", statuses("notStarted", "running", "failed", "success")),
    part_of=SYNC_JOB,
)
CHECK_PASSED = Goal(
    "check of the sync job passed",
    CHECK_RUN,
    CHECK_RUN.axis,
    reached=statuses("success"),
    failed=statuses("failed"),
    flaws=("StepInfos", "Status", statuses("failed")),
    glance=("Status", CHECKING),
    void=((SYNC_STATUS, UNCHECKED | STOPPED | ENDED_BADLY),),
)
# In `Running` the lag is -1 for as long as existing data is copied: that is not caught up.
CAUGHT_UP = Goal(
    "caught up",
    SYNC_JOB,
    SYNC_STATUS,
    reached=RUNNING,
    failed=_OVER | FAULTED,
    lag=RUNNING,
    void=((SYNC_STATUS, UNSTARTED),),
    go_on=GO_ON,
)
PAUSED = Goal(
    "sync paused",
    SYNC_JOB,
    SYNC_STATUS,
    reached=statuses("Paused"),
    failed=_OVER | FAULTED,
    void=((SYNC_STATUS, UNSTARTED),),
)
ISOLATED = Goal(
    "sync isolated",
    SYNC_JOB,
    SYNC_TRADE_STATUS,
    reached=statuses("Isolated") | SYNC_DELETED,
    gone=Verdict.DONE,
    void=((SYNC_TRADE_STATUS, statuses("Normal")),),  # a free job shows what it showed until it is gone
)
