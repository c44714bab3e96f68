"""Changes of a running sync job: what each sensor does in every state."""

from __future__ import annotations

from tencent_dts.errors import CheckNotPassed
from tencent_dts.sensors import sync_change as changes
from tests.unit.sensors.case import Case
from tests.unit.stages_sync_changes import change


def _in(*states: str) -> tuple[str, ...]:
    return tuple(f"sync change {state}" for state in states)


CASES: list[Case] = [
    Case(
        changes.DtsSyncChangeCheckPassedSensor,
        reached=_in("CheckPass", "Running", "Success"),
        soon="sync change Checking",
        waiting=_in("Initialized", "Checking"),
        failing=_in("CheckNotPass", "Failed"),
        error=CheckNotPassed,
        arguments={"configuration": change()},
    ),
    Case(
        changes.DtsSyncChangeAppliedSensor,
        reached=_in("Success"),
        soon="sync change Running",
        waiting=_in("none", "Initialized", "Checking", "CheckPass", "Running"),
        failing=_in("CheckNotPass", "Failed", "of a stopped job", "Running of a paused job", "Failed of a stopped job"),
        arguments={"configuration": change()},
    ),
]
