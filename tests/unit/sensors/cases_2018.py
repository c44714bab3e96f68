"""Migration jobs of API 2018-03-30: what each sensor does in every state."""

from __future__ import annotations

from tencent_dts.errors import CheckNotPassed
from tencent_dts.sensors import migration_2018 as migration
from tests.unit.sensors.case import Case
from tests.unit.stages_2018 import plan_2018

_ENDED = ("2018 failed", "2018 stopped", "2018 stopping")

CASES: list[Case] = [
    Case(
        migration.DtsMigrateCheckPassed2018Sensor,
        reached=("2018 checkPass", "2018 running", "2018 readyComplete", "2018 completing", "2018 success"),
        soon="2018 checking",
        waiting=("2018 checking", "2018 creating"),
        failing=("2018 checkNotPass",),
        error=CheckNotPassed,
        arguments={"configuration": plan_2018()},
    ),
    Case(
        migration.DtsMigrateJobReady2018Sensor,
        reached=("2018 readyComplete", "2018 completing", "2018 success"),
        soon="2018 running in the incremental step",
        waiting=("2018 creating", "2018 checkPass", "2018 running", "2018 waiting for its time"),
        failing=_ENDED,
    ),
    Case(
        migration.DtsMigrateJobSucceeded2018Sensor,
        reached=("2018 success",),
        soon="2018 completing",
        waiting=("2018 running", "2018 readyComplete", "2018 completing"),
        failing=_ENDED,
    ),
]
