"""What stands between a migration job that is ready and its cutover: evidence, a person's yes, a lag of 0.

API document: CompleteMigrateJob.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tencent_dts.engine.comparing import shown_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.kinds.compare import OF_MIGRATION
from tencent_dts.kinds.migration import states as table
from tencent_dts.model.answers import Item
from tencent_dts.sizes import is_true
from tencent_dts.tasks.gates.evidence import Evidence, rejected
from tencent_dts.tasks.gates.gate import Call, Gate


@dataclass(frozen=True)
class Approved(Gate):
    """An approval that was asked for is given for the evidence of the task."""

    async def gather(self, call: Call, item: Item) -> Watch | None:
        """Hold what the person was shown against the evidence."""
        if not call.task.is_to_be_approved:
            return None
        approval, evidence = call.task.approval or {}, shown_of(call.task.evidence)
        shown = {name: approval.get(name) for name in shown_of({})}
        if approval.get("asked") is False or (approval.get("asked") is True and shown == evidence):
            return None
        why = "the approval was given for another comparison" if approval.get("asked") else "no approval was given"
        again = "Clear `approve` with its downstream: it shows the comparison as it is now, and asks again."
        raise rejected(call, why, again)


def _not_waived(task: Any) -> bool:
    """A person can waive the evidence on purpose."""
    return not is_true(task.unproven, "unproven")


PROVEN = Evidence(
    OF_MIGRATION,
    table.READY,
    "Clear `report` with its downstream: it compares again, and the approval is asked again.",
    _not_waived,
)
