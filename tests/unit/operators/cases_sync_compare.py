"""Compare tasks of sync jobs: what each operator does in every state."""

from __future__ import annotations

from tencent_dts.operators import sync_compare
from tests.unit.operators.case import Case, ends

_HOLE = "no such sync compare"

CASES: list[Case] = [
    Case(
        sync_compare.DtsStartSyncCompareOperator,
        allowed="sync compare created",
        hole=_HOLE,
        ends=ends("running", "success"),
        done=("sync compare running", "sync compare success"),
        under_way=("sync compare readyRun",),
        impossible=("sync compare failed", "sync compare stopping", "sync compare canceled"),
    ),
    Case(
        sync_compare.DtsStopSyncCompareOperator,
        allowed="sync compare running",
        hole=_HOLE,
        ends=ends("canceled"),
        done=("sync compare success", "sync compare failed", "sync compare canceled"),
        under_way=("sync compare stopping",),
        impossible=("sync compare created",),
    ),
    Case(
        sync_compare.DtsDeleteSyncCompareTaskOperator,
        allowed="sync compare success",
        hole=_HOLE,
        ends=ends("gone"),
        done=("sync compare deleted",),
        under_way=("sync compare stopping",),
        impossible=("sync compare created", "sync compare running"),
        gone_is_done=True,
    ),
    Case(
        sync_compare.DtsModifySyncCompareTaskOperator,
        allowed="sync compare created",
        hole=_HOLE,
        ends=ends("created"),
        impossible=tuple(f"sync compare {state}" for state in ("running", "success", "failed", "canceled")),
        arguments={"configuration": {"ObjectMode": "sameAsMigrate", "Options": {"Method": "rowsCount"}}},
        repeats=True,
    ),
    Case(
        sync_compare.DtsModifySyncCompareTaskNameOperator,
        allowed="sync compare created",
        hole=_HOLE,
        ends=ends("created"),
        done=("sync compare renamed",),
        arguments={"task_name": "orders"},
    ),
]
