"""What a watch looks at in a migration of API 2018-03-30 that no run waits for. It costs nothing and cannot be paused.

API document: DescribeMigrateJobs (version 2018-03-30).
"""

from __future__ import annotations

from tencent_dts.kinds.migration_2018 import states
from tencent_dts.kinds.watching import in_status, lagging, unknown_status
from tencent_dts.model.resource import statuses

WATCH = (
    *lagging(states.READY_2018.lag, "Look at the load of source, job and target."),
    in_status(
        "failed",
        statuses("failed"),
        "it has failed, or was stopped",
        "Clear `create` of its run with its downstream, or give it up: dts_reap deletes it.",
    ),
    unknown_status(),
)
