"""State tables of compare tasks, API 2021-12-06."""

from __future__ import annotations

from tencent_dts.emulator.world.tables import GONE, Row, each

COMPARE_STATES = ("created", "readyRun", "running", "success", "stopping", "failed", "canceled")

COMPARE: dict[str, Row] = {
    "StartCompare": Row({"created": "readyRun"}),
    "StopCompare": Row(each(("readyRun", "running"), "stopping")),
    "ModifyCompareTask": Row({"created": "created"}),
    "ModifyCompareTaskName": Row(each(COMPARE_STATES)),
    "DeleteCompareTask": Row(each(("success", "failed", "canceled"), GONE)),
}
"""A compare task. Documents: StartCompare, StopCompare, ModifyCompareTask, DeleteCompareTask."""
