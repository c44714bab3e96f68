"""How the *DTS* tab shows a sync link.

API document: SyncJobInfo, CheckStep, StepInfo.
"""

from __future__ import annotations

from tencent_dts.kinds import compare
from tencent_dts.kinds.page import CheckView, View, at, reported, route
from tencent_dts.kinds.places import between, databases
from tencent_dts.kinds.sync import change_states as change
from tencent_dts.kinds.sync import states

VIEW = View(
    resource=states.SYNC_JOB,
    tones=(
        ("bad", states.FAULTED | states.ENDED_BADLY | states.NOT_PASSED),
        ("good", states.START.needs),
        ("idle", states.UNCHECKED | states.PAUSED.reached | states.STOPPED),
    ),
    caught_up=states.CAUGHT_UP,
    bill_tones=(("good", states.ISOLATED.reached), ("busy", states.ISOLATE.passes)),
    message="Detail.Message",
    errors="Detail.ErrInfo",
    steps="Detail.StepInfos",
    between=between(["SrcInfos.Info", "SrcInfo"], ["DstInfos.Info", "DstInfo"]),
    objects=databases("Objects.Databases", "Objects.Mode"),
    facts=(
        ("Route", route("SrcDatabaseType", "SrcRegion", "SrcAccessType")),
        ("Instance class", reported("InstanceClass")),
        ("Initial data", reported("Options.InitType")),
        ("Operations", reported("Options.OpTypes")),
        ("Tables that exist", reported("Options.DealOfExistSameTable")),
        ("Conflicts", reported("Options.ConflictHandleType")),
        ("Not to be compared", reported("Detail.CauseOfCompareDisable")),
        ("Paid", reported("PayMode")),
        ("Created", at("CreateTime")),
        ("Planned start", at("ExpectRunTime")),
        ("Started", at("StartTime")),
        ("Ended", at("EndTime")),
        ("Expires", at("ExpireTime")),
        ("Deleted on", at("OfflineTime")),
    ),
    checks=(
        CheckView("Check", states.CHECK_PASSED, "StepInfos"),
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
