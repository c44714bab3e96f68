"""What a watch looks at in a sync link.

API document: DescribeSyncJobs, ResumeSyncJob, ContinueSyncJob, DescribeSyncCompareTasks; the notes on pausing: a link
that is paused for more than 7 days fails for good.
"""

from __future__ import annotations

from tencent_dts.kinds.sync import states
from tencent_dts.kinds.watching import (
    HOUR,
    MINUTE,
    expiring,
    in_status,
    isolated_by_others,
    lagging,
    uncompared,
    unknown_status,
)
from tencent_dts.model.resource import statuses

WATCH = (
    *lagging(
        states.RUNNING,
        "Look at the load of source, link and target; ResizeSyncJob gives a link paid by the hour a larger class.",
    ),
    in_status(
        "in error",
        states.FAULTED,
        "it is in error, and syncs nothing",
        "Fix the cause, then order ResumeSyncJob. After 14 days DTS stops it for good.",
        ("error_minutes", MINUTE),
    ),
    in_status(
        "failed",
        statuses("Failed"),
        "it has failed for good, and goes on costing until it is isolated",
        "Retire it with dts_sync_retire and trigger a new run of dts_sync.",
    ),
    in_status(
        "paused",
        states.PAUSE.done,
        "it is paused; after 7 days it fails for good",
        "Order ContinueSyncJob, or retire the link with dts_sync_retire.",
        ("paused_hours", HOUR),
        since_last_good=True,
    ),
    expiring("AutoRenew", "Renew it in the console, or retire it with dts_sync_retire before it is isolated."),
    isolated_by_others("a link paid by the hour comes back by itself, or by RecoverSyncJob"),
    uncompared(
        states.RUNNING,
        "Order a comparison (DtsCreateSyncCompareTaskOperator, DtsStartSyncCompareOperator and their sensor); the "
        "guide's example prove_nightly does so every night.",
    ),
    unknown_status(),
)
