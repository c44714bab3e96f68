"""Compare tasks of sync jobs: what the sensor of their report does in every state."""

from __future__ import annotations

from tencent_dts.errors import DataNotProven
from tencent_dts.sensors import compare
from tests.unit.sensors.case import Case

CASES: list[Case] = [
    Case(
        compare.DtsSyncCompareReportSensor,
        reached=("sync compare success",),
        soon="sync compare running",
        waiting=tuple(f"sync compare {state}" for state in ("created", "readyRun", "running", "stopping")),
        failing=("sync compare failed", "sync compare canceled"),
        error=DataNotProven,
        hole="no such sync compare",
    ),
]
