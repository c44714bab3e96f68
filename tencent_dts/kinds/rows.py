"""Every row by its name: what a trigger, which carries only text, finds its row by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.kinds.registry import KINDS
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource


def _rows() -> Iterator[object]:
    for table in (table for kind in KINDS for table in kind.tables):
        for row in vars(table).values():
            yield from vars(row).values() if isinstance(row, CompareFamily) else (row,)


OPERATIONS: dict[tuple[str, str], Operation] = {
    (row.resource.version, row.action): row for row in _rows() if isinstance(row, Operation)
}
GOALS: dict[str, Goal] = {row.name: row for row in _rows() if isinstance(row, Goal)}
LISTINGS: dict[str, Resource] = {row.listing: row for row in _rows() if isinstance(row, Resource) and row.listing}
"""The kind of job that each listing action lists."""

KILLS: dict[str, Mapping[Literal["pause", "stop"], Operation]] = {
    kind.resource.name: kind.kills for kind in KINDS if kind.kills
}
"""By the name of a kind of job: what can be ordered for it when its waiting task is killed."""
