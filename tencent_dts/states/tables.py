"""Every row by its name: what a trigger, which carries only text, finds its row by."""

from __future__ import annotations

from itertools import chain

from tencent_dts.states import Goal, Operation, compare, migration

_ROWS = list(chain(vars(migration).values(), vars(compare).values()))

OPERATIONS: dict[tuple[str, str], Operation] = {
    (row.resource.version, row.action): row for row in _ROWS if isinstance(row, Operation)
}
GOALS: dict[str, Goal] = {row.name: row for row in _ROWS if isinstance(row, Goal)}
