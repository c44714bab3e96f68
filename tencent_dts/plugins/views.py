"""How the page shows each kind of job of API version 2021-12-06: a row for each.

API document: MigrationDetail, SyncJobInfo, CheckStep, StepInfo, TradeInfo.
"""

from __future__ import annotations

from tencent_dts.kinds import compare
from tencent_dts.kinds.migration import states
from tencent_dts.kinds.places import between, databases
from tencent_dts.kinds.sync import change_states as change
from tencent_dts.kinds.sync import states as sync
from tencent_dts.plugins.kinds import CheckView, Kind, at, lag, route, told
from tencent_dts.plugins.views_2018 import MIGRATION_2018, SUBSCRIPTION

MIGRATION = Kind(
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
    lag=lag(states.MIGRATION_JOB, "StepInfo.StepInfo"),
    facts=(
        ("Route", route("SrcInfo.DatabaseType", "SrcInfo.Region", "SrcInfo.AccessType")),
        ("Migrate type", told("MigrateOption.MigrateType")),
        ("Instance class", told("TradeInfo.InstanceClass")),
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

SYNC = Kind(
    resource=sync.SYNC_JOB,
    tones=(
        ("bad", sync.FAULTED | sync.ENDED_BADLY | sync.NOT_PASSED),
        ("good", sync.START.needs),
        ("idle", sync.UNCHECKED | sync.PAUSED.reached | sync.STOPPED),
    ),
    caught_up=sync.CAUGHT_UP,
    bill_tones=(("good", sync.ISOLATED.reached), ("busy", sync.ISOLATE.passes)),
    message="Detail.Message",
    errors="Detail.ErrInfo",
    steps="Detail.StepInfos",
    between=between(["SrcInfos.Info", "SrcInfo"], ["DstInfos.Info", "DstInfo"]),
    objects=databases("Objects.Databases", "Objects.Mode"),
    lag=lag(sync.SYNC_JOB, "Detail.StepInfos"),
    facts=(
        ("Route", route("SrcDatabaseType", "SrcRegion", "SrcAccessType")),
        ("Instance class", told("InstanceClass")),
        ("Initial data", told("Options.InitType")),
        ("Operations", told("Options.OpTypes")),
        ("Tables that exist", told("Options.DealOfExistSameTable")),
        ("Conflicts", told("Options.ConflictHandleType")),
        ("Not to be compared", told("Detail.CauseOfCompareDisable")),
        ("Paid", told("PayMode")),
        ("Created", at("CreateTime")),
        ("Planned start", at("ExpectRunTime")),
        ("Started", at("StartTime")),
        ("Ended", at("EndTime")),
        ("Expires", at("ExpireTime")),
        ("Deleted on", at("OfflineTime")),
    ),
    checks=(
        CheckView("Check", sync.CHECK_PASSED, "StepInfos"),
        CheckView(
            "Change of objects or options",
            change.CHECK_PASSED,
            "StepInfos",
            of=change.OPT_OBJ_STATUS.path,
            axis=change.OPT_OBJ_STATUS,
            tones=(
                ("bad", change.LOST | change.NOT_PASSED),
                ("good", change.APPLIED | change.START.needs),
                ("idle", change.PENDING),
            ),
        ),
    ),
    compares=compare.OF_SYNC,
)

KINDS: tuple[Kind, ...] = (MIGRATION, SYNC, MIGRATION_2018, SUBSCRIPTION)
