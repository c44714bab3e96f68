"""For every operator that changes a resource: in which states it has nothing to do, acts, waits, or gives up."""

from __future__ import annotations

from tencent_dts.operators import compare, migration
from tests.unit.operators import cases_2018, cases_subscription, cases_sync
from tests.unit.operators.case import Case, ends
from tests.unit.stages import plan
from tests.unit.subjects import of_a_person

__all__ = ["CASES", "Case"]

_STARTED = ("running", "readyComplete", "completing", "success", "manualPaused", "error", "resuming")
_ENDED = ("failed", "stopping", "canceled")

MIGRATION = [
    Case(
        migration.DtsModifyMigrationJobOperator,
        allowed="created without configuration",
        ends=ends("created"),
        done=("checking", "readyRun", *_STARTED),
        under_way=("creating",),
        impossible=(*_ENDED, "isolated before its start"),
        arguments={"configuration": plan(**of_a_person("person_mysql"))},
        repeats=True,
    ),
    Case(
        migration.DtsCreateMigrateCheckJobOperator,
        allowed="created",
        ends=ends("checking", "checkPass"),
        done=("checking", "checkPass", "readyRun", *_STARTED),
        under_way=("creating",),
        impossible=_ENDED,
    ),
    Case(
        migration.DtsSkipCheckItemOperator,
        allowed="checkNotPass",
        ends=ends("checkNotPass"),
        done=("check item skipped", "readyRun", *_STARTED),
        under_way=("checking",),
        impossible=("created", *_ENDED),
        arguments={"skips": [{"step_id": "OptimizeCheck", "reason": "known to be harmless"}]},
        repeats=True,
    ),
    Case(
        migration.DtsStartMigrateJobOperator,
        allowed="checkPass",
        ends=ends("running", "readyComplete"),
        done=_STARTED,
        under_way=("checking", "readyRun"),
        impossible=("checkNotPass", *_ENDED, "isolated before its start"),
    ),
    Case(
        migration.DtsStopMigrateJobOperator,
        allowed="running",
        ends=ends("canceled"),
        done=("canceled",),
        under_way=("stopping",),
        impossible=("checkPass", "success", "failed", "isolated at work"),
        gone_is_done=True,
    ),
    Case(
        migration.DtsPauseMigrateJobOperator,
        allowed="readyComplete",
        ends=ends("manualPaused"),
        done=("manualPaused",),
        under_way=("readyRun", "running", "pausing", "resuming"),
        impossible=("created", "success", "error", *_ENDED, "isolated at work"),
    ),
    Case(
        migration.DtsContinueMigrateJobOperator,
        allowed="manualPaused",
        ends=ends("running", "readyComplete"),
        done=("running", "readyComplete", "success"),
        under_way=("pausing", "resuming"),
        impossible=("created", "error", *_ENDED),
    ),
    Case(
        migration.DtsResumeMigrateJobOperator,
        allowed="error",
        ends=ends("running", "readyComplete"),
        done=("running", "readyComplete", "success"),
        under_way=("resuming",),
        impossible=("created", "manualPaused", *_ENDED),
    ),
    Case(
        migration.DtsCompleteMigrateJobOperator,
        allowed="readyComplete",
        ends=ends("success"),
        done=("success",),
        under_way=("completing", "resuming"),
        impossible=("running", "error", "manualPaused", *_ENDED, "isolated at work"),
        arguments={"unproven": True},
    ),
    Case(
        migration.DtsIsolateMigrateJobOperator,
        allowed="success",
        ends=ends("isolated"),
        done=("isolated", "offlining", "offlined"),
        under_way=("isolating", "resizing"),
        impossible=("running", "readyComplete", "error", "manualPaused", "completing"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
    Case(
        migration.DtsRecoverMigrateJobOperator,
        allowed="isolated",
        ends=ends("normal"),
        done=("success",),
        under_way=("isolating", "reversing"),
        impossible=("offlining", "offlined", "free"),
        axis="TradeStatus",
    ),
    Case(
        migration.DtsDestroyMigrateJobOperator,
        allowed="isolated",
        ends=ends("offlined"),
        done=("offlined",),
        under_way=("isolating", "offlining"),
        impossible=("success", "free"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
    Case(
        migration.DtsModifyMigrateJobSpecOperator,
        allowed="readyComplete",
        ends=ends("normal"),
        done=("resized",),
        under_way=("resizing",),
        impossible=("isolated", "offlined", "free"),
        arguments={"new_instance_class": "large"},
        axis="TradeStatus",
    ),
    Case(
        migration.DtsModifyMigrateNameOperator,
        allowed="checkPass",
        ends=ends("checkPass"),
        done=("renamed",),
        arguments={"job_name": "orders"},
    ),
    Case(
        migration.DtsModifyMigrateRateLimitOperator,
        allowed="running",
        ends=ends("running", "readyComplete"),
        arguments={"dump_thread": 4},
        repeats=True,
    ),
    Case(
        compare.DtsStartCompareOperator,
        allowed="compare created",
        hole="no such compare",
        ends=ends("running", "success"),
        done=("compare running", "compare success"),
        under_way=("compare readyRun",),
        impossible=("compare failed", "compare stopping", "compare canceled"),
    ),
    Case(
        compare.DtsStopCompareOperator,
        allowed="compare running",
        hole="no such compare",
        ends=ends("canceled"),
        done=("compare success", "compare failed", "compare canceled"),
        under_way=("compare stopping",),
        impossible=("compare created",),
    ),
    Case(
        compare.DtsDeleteCompareTaskOperator,
        allowed="compare success",
        hole="no such compare",
        ends=ends("gone"),
        done=("compare deleted",),
        under_way=("compare stopping",),
        impossible=("compare created", "compare running"),
        gone_is_done=True,
    ),
    Case(
        compare.DtsModifyCompareTaskOperator,
        allowed="compare created",
        hole="no such compare",
        ends=ends("created"),
        impossible=("compare running", "compare success", "compare failed", "compare canceled"),
        arguments={"configuration": {"ObjectMode": "sameAsMigrate", "Options": {"Method": "rowsCount"}}},
        repeats=True,
    ),
    Case(
        compare.DtsModifyCompareTaskNameOperator,
        allowed="compare created",
        hole="no such compare",
        ends=ends("created"),
        done=("compare renamed",),
        arguments={"task_name": "orders"},
    ),
]
CASES = [*MIGRATION, *cases_sync.CASES, *cases_2018.CASES, *cases_subscription.CASES]
