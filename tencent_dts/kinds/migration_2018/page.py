"""How the *DTS* tab shows a migration of API version 2018-03-30.

API document: MigrateJobInfo, MigrateOption, DescribeMigrateCheckJob.
"""

from __future__ import annotations

from tencent_dts.kinds.migration_2018 import states
from tencent_dts.kinds.migration_2018.plan import CONSISTENCY, MIGRATE_OBJECTS, MIGRATE_TYPES, RUN_MODES
from tencent_dts.kinds.page import CheckView, View, at, reported, route
from tencent_dts.kinds.places import between, databases

VIEW = View(
    resource=states.MIGRATION_JOB_2018,
    tones=(
        ("bad", states.ENDED_BADLY_2018 | states.CHECK_PASSED_2018.failed),
        (
            "good",
            states.ENDED_WELL_2018 | states.READY_2018.lag | states.CHECK_PASSED_2018.reached,
        ),
        ("idle", states.CONFIGURE_2018.reached),
    ),
    errors="ErrorInfo",
    steps="Detail.StepInfo",
    between=between(["SrcInfoMulti", "SrcInfo"], ["DstInfo"]),
    objects=databases("DatabaseInfo"),
    step_status=states.STEP_STATUS_2018.names,
    facts=(
        ("Route", route("SrcDatabaseType", "SrcInfo.Region", "SrcAccessType")),
        ("Migrate type", reported("MigrateOption.MigrateType", MIGRATE_TYPES)),
        ("Objects", reported("MigrateOption.MigrateObject", MIGRATE_OBJECTS)),
        ("Consistency", reported("MigrateOption.ConsistencyType", CONSISTENCY)),
        ("Run mode", reported("MigrateOption.RunMode", RUN_MODES)),
        ("Created", at("CreateTime")),
        ("Planned start", at("MigrateOption.ExpectTime")),
        ("Started", at("StartTime")),
        ("Ended", at("EndTime")),
    ),
    checks=(CheckView("Check", states.CHECK_PASSED_2018, message="ErrorMessage"),),
)
