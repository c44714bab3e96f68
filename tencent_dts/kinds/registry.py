"""Every row by its name: what a trigger, which carries only text, finds its row by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from tencent_dts.kinds import compare
from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.kinds.migration import states
from tencent_dts.kinds.migration_2018 import states as migration_2018
from tencent_dts.kinds.subscription_2018 import states as subscription
from tencent_dts.kinds.sync import change_states
from tencent_dts.kinds.sync import states as sync
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource

_AREAS = (states, compare, sync, change_states, migration_2018, subscription)


def _rows() -> Iterator[Any]:
    for area in _AREAS:
        for row in vars(area).values():
            yield from vars(row).values() if isinstance(row, CompareFamily) else (row,)


OPERATIONS: dict[tuple[str, str], Operation] = {
    (row.resource.version, row.action): row for row in _rows() if isinstance(row, Operation)
}
GOALS: dict[str, Goal] = {row.name: row for row in _rows() if isinstance(row, Goal)}
LISTINGS: dict[str, Resource] = {row.listing: row for row in _rows() if isinstance(row, Resource) and row.listing}
"""The kind of job that each listing action lists."""

KILLS: dict[str, dict[Literal["pause", "stop"], Operation]] = {
    states.MIGRATION_JOB.name: {"pause": states.PAUSE, "stop": states.STOP},
    migration_2018.MIGRATION_JOB_2018.name: {"stop": migration_2018.STOP_2018},
    sync.SYNC_JOB.name: {"pause": sync.PAUSE, "stop": sync.STOP},
}
"""By the name of a kind of job: what can be ordered for it when its waiting task is killed."""
