"""How the page shows each kind of job of API version 2018-03-30: a row for each.

API document: MigrateJobInfo, MigrateOption, DescribeMigrateCheckJob, DescribeSubscribeConf.
"""

from __future__ import annotations

from tencent_dts.kinds.migration_2018 import states as migration
from tencent_dts.kinds.migration_2018.plan import CONSISTENCY, MIGRATE_OBJECTS, MIGRATE_TYPES, RUN_MODES
from tencent_dts.kinds.places import between, databases, of_itself
from tencent_dts.kinds.subscription_2018 import states
from tencent_dts.kinds.subscription_2018.plan import OBJECT_TYPES, PAY_TYPES
from tencent_dts.plugins.kinds import CheckView, Kind, at, lag, route, together, told

MIGRATION_2018 = Kind(
    resource=migration.MIGRATION_JOB_2018,
    tones=(
        ("bad", migration.ENDED_BADLY_2018 | migration.CHECK_PASSED_2018.failed),
        (
            "good",
            migration.ENDED_WELL_2018 | migration.READY_2018.lag | migration.CHECK_PASSED_2018.reached,
        ),
        ("idle", migration.CONFIGURE_2018.reached),
    ),
    errors="ErrorInfo",
    steps="Detail.StepInfo",
    between=between(["SrcInfoMulti", "SrcInfo"], ["DstInfo"]),
    objects=databases("DatabaseInfo"),
    lag=lag(migration.MIGRATION_JOB_2018, "Detail.StepInfo"),
    step_status=migration.STEP_STATUS_2018.names,
    facts=(
        ("Route", route("SrcDatabaseType", "SrcInfo.Region", "SrcAccessType")),
        ("Migrate type", told("MigrateOption.MigrateType", MIGRATE_TYPES)),
        ("Objects", told("MigrateOption.MigrateObject", MIGRATE_OBJECTS)),
        ("Consistency", told("MigrateOption.ConsistencyType", CONSISTENCY)),
        ("Run mode", told("MigrateOption.RunMode", RUN_MODES)),
        ("Created", at("CreateTime")),
        ("Planned start", at("MigrateOption.ExpectTime")),
        ("Started", at("StartTime")),
        ("Ended", at("EndTime")),
    ),
    checks=(CheckView("Check", migration.CHECK_PASSED_2018, message="ErrorMessage"),),
)

SUBSCRIPTION = Kind(
    resource=states.SUBSCRIPTION,
    tones=(("good", states.CONFIGURED_STATUS), ("idle", states.UNCONFIGURED)),
    bill_tones=(
        ("good", states.SUBSCRIPTION_ISOLATED.reached),
        ("busy", states.ISOLATE.passes),
    ),
    errors="Errors",
    between=of_itself,
    objects=databases("SubscribeObjects"),
    facts=(
        ("Source", together("Product", "Region", "InstanceId")),
        ("Subscribed", told("SubscribeObjectType", OBJECT_TYPES)),
        ("Consumed at", together("Vip", "Vport")),
        ("Consumed from", at("ConsumeStartTime")),
        ("Channel", told("ChannelId")),
        ("Paid", told("PayType", PAY_TYPES)),
        ("Created", at("CreateTime")),
        ("Expires", at("ExpireTime")),
        ("Isolated", at("IsolateTime")),
        ("Deleted on", at("OfflineTime")),
    ),
)
