"""How the *DTS* tab shows a migration.

API document: MigrationDetail, CheckStep, StepInfo, TradeInfo.
"""

from __future__ import annotations

from tencent_dts.kinds import compare
from tencent_dts.kinds.migration import states
from tencent_dts.kinds.page import CheckView, View, at, reported, route
from tencent_dts.kinds.places import between, databases

VIEW = View(
    resource=states.MIGRATION_JOB,
    tones=(
        ("bad", states.FAULTED | states.ENDED_BADLY | states.CHECK_PASSED.failed),
        ("good", states.SUCCEEDED.reached | states.READY.lag | states.CHECK_PASSED.reached),
        ("idle", states.CONFIGURE.reached | states.PAUSED.reached),
    ),
    bill_tones=(("good", states.ISOLATED.reached), ("busy", states.ISOLATE.passes)),
    message="BriefMsg",
    errors="ErrorInfo",
    steps="StepInfo.StepInfo",
    between=between(["SrcInfo"], ["DstInfo"]),
    objects=databases("MigrateOption.DatabaseTable.Databases", "MigrateOption.DatabaseTable.ObjectMode"),
    facts=(
        ("Route", route("SrcInfo.DatabaseType", "SrcInfo.Region", "SrcInfo.AccessType")),
        ("Migrate type", reported("MigrateOption.MigrateType")),
        ("Instance class", reported("TradeInfo.InstanceClass")),
        ("Created", at("CreateTime")),
        ("Planned start", at("ExpectRunTime")),
        ("Started", at("StartTime")),
        ("Ended", at("EndTime")),
        ("Isolated", at("TradeInfo.IsolateTime")),
        ("Deleted on", at("TradeInfo.OfflineTime")),
    ),
    checks=(CheckView("Check", states.CHECK_PASSED, "StepInfo", "CheckStepInfo.Progress.Percent", "BriefMsg"),),
    compares=compare.OF_MIGRATION,
)
