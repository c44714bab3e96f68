"""For every sensor: which states it succeeds, waits and fails in."""

from __future__ import annotations

from tencent_dts.errors import CheckNotPassed, DataNotProven
from tencent_dts.sensors import compare, migration
from tests.unit.sensors import cases_2018, cases_subscription, cases_sync
from tests.unit.sensors.case import Case
from tests.unit.stages import plan

__all__ = ["CASES", "Case"]

_ENDED = ("failed", "stopping", "canceled")

MIGRATION = [
    Case(
        migration.DtsMigrationCheckPassedSensor,
        reached=("checkPass", "readyRun", "running", "readyComplete", "success", "error"),
        soon="checking",
        waiting=("checking", "created", "creating"),
        failing=("checkNotPass",),
        error=CheckNotPassed,
        arguments={"configuration": plan()},
    ),
    Case(
        migration.DtsMigrationJobReadySensor,
        reached=("readyComplete", "completing", "success"),
        soon="running in the incremental step",
        waiting=("creating", "checkPass", "readyRun", "running", "resuming", "manualPaused"),
        failing=("error", *_ENDED),
    ),
    Case(
        migration.DtsMigrationJobSucceededSensor,
        reached=("success", "isolated"),
        soon="completing",
        waiting=("readyComplete", "running", "completing"),
        failing=("error", *_ENDED),
    ),
    Case(
        migration.DtsMigrationJobPausedSensor,
        reached=("manualPaused",),
        soon="pausing",
        waiting=("running", "readyComplete", "pausing"),
        failing=("error", "success", *_ENDED),
    ),
    Case(
        migration.DtsMigrationJobIsolatedSensor,
        reached=("isolated", "offlining", "offlined"),
        soon="isolating",
        waiting=("success", "isolating", "reversing", "resizing"),
        failing=(),
        gone_is_reached=True,
    ),
    Case(
        compare.DtsCompareReportSensor,
        reached=("compare success",),
        soon="compare running",
        waiting=("compare created", "compare readyRun", "compare running", "compare stopping"),
        failing=("compare failed", "compare canceled"),
        error=DataNotProven,
        hole="no such compare",
    ),
]
CASES = [*MIGRATION, *cases_sync.CASES, *cases_2018.CASES, *cases_subscription.CASES]
