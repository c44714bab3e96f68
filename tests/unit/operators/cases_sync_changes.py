"""Changes of a running sync job: what each operator does in every state."""

from __future__ import annotations

from tencent_dts.operators import sync_change as changes
from tests.unit.operators.case import Case, ends
from tests.unit.stages_sync_changes import change


def _in(*states: str) -> tuple[str, ...]:
    return tuple(f"sync change {state}" for state in states)


CASES: list[Case] = [
    Case(
        changes.DtsModifySyncJobConfigOperator,
        allowed="sync change none",
        ends=ends("Initialized"),
        done=_in("Success"),
        under_way=_in("Initialized", "Checking", "CheckPass", "Running", "of a job starting", "of a job pausing"),
        impossible=_in("of a job not started", "of a paused job", "of a stopped job", "of a job in error"),
        arguments={"configuration": change()},
        axis="OptObjStatus",
        repeats=True,
    ),
    Case(
        changes.DtsCreateModifyCheckSyncJobOperator,
        allowed="sync change Initialized",
        ends=ends("Checking", "CheckPass"),
        done=_in("Checking", "CheckPass", "Running", "Success"),
        under_way=_in("of a job pausing"),
        impossible=_in("none", "Failed", "of a paused job", "of a stopped job"),
        axis="OptObjStatus",
    ),
    Case(
        changes.DtsStartModifySyncJobOperator,
        allowed="sync change CheckPass",
        ends=ends("Running", "Success"),
        done=_in("Running", "Success"),
        under_way=_in("Checking", "Initialized"),
        impossible=_in("none", "CheckNotPass", "Failed", "passed of a paused job"),
        axis="OptObjStatus",
    ),
]
