"""Rows of the sync job, API 2021-12-06.

Unlike a migration job, a sync job writes its statuses with a capital, stays in ``Running`` for ever, has no flag for
its check, and is refused to be isolated while it runs.

API document: "Introduction" (the table of sync statuses), DescribeSyncJobs, DescribeCheckSyncJobResult.
"""

from __future__ import annotations

from tencent_dts.states import Axis, Resource, statuses

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
    recover="RecoverSyncJob",
    lag="Detail",
    console="replication",
)

BEFORE_START = statuses("UnInitialized", "Initialized", "Checking", "CheckPass", "CheckNotPass")
STOPPED = statuses("Stopping", "Stopped")
ENDED_BADLY = statuses("Failed", "Released")
AT_REST = BEFORE_START | ENDED_BADLY | statuses("Paused", "Stopped")
