"""What a watch looks at in a migration that no run waits for.

API document: DescribeMigrationJobs, DescribeMigrationDetail, ResumeMigrateJob, ContinueMigrateJob.
"""

from __future__ import annotations

from tencent_dts.kinds.migration import states
from tencent_dts.kinds.watching import HOUR, MINUTE, in_status, isolated_by_others, lagging, unknown_status
from tencent_dts.model.resource import statuses

WATCH = (
    *lagging(states.READY.lag, "Look at the load of source, job and target."),
    in_status(
        "in error",
        states.FAULTED,
        "it is in error, and migrates nothing",
        "Fix the cause, then clear `ready` of its run, or order ResumeMigrateJob. After 14 days DTS stops it for good.",
        ("error_minutes", MINUTE),
    ),
    in_status(
        "failed",
        statuses("failed"),
        "it has failed for good; what it holds is not released until it is isolated",
        "Clear `purchase` of its run with its downstream, or give it up: dts_reap isolates it.",
    ),
    in_status(
        "paused",
        states.PAUSE.done,
        "it is paused, and goes on costing",
        "Order ContinueMigrateJob, or stop and isolate it.",
        ("paused_hours", HOUR),
        since_last_good=True,
    ),
    isolated_by_others("order RecoverMigrateJob, which takes back what was isolated by hand"),
    unknown_status(),
)
