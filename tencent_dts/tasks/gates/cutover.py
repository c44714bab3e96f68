"""What stands between a migration job that is ready and its cutover: proof, a person's yes, lag 0.

API document: CompleteMigrateJob.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.comparing import shown_of
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.compare import OF_MIGRATION
from tencent_dts.kinds.migration import states as table
from tencent_dts.model.answers import Item
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.gates.evidence import EvidenceGate
from tencent_dts.templated import rendered


class CutoverGate(EvidenceGate):
    """Lets a cutover through only on evidence of this job and this run, still fresh, at lag 0.

    :param approval: what the approval returned in this run: it must have been given for this evidence.
    """

    on_clear = "judges evidence and lag again, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("approval", "complete_mode")
    unproven = Flag()
    family = OF_MIGRATION
    caught_up_goal = table.READY
    ask_again = "Clear `report` with its downstream: it compares again, and the approval is asked again."

    def __init__(
        self,
        *,
        evidence: Mapping[str, Any] | XComArg | None = None,
        approval: Mapping[str, Any] | XComArg | None = None,
        unproven: bool = False,
        complete_mode: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(evidence=evidence, **kwargs)
        if is_true(unproven, "unproven") and evidence is not None:
            raise InvalidInput("unproven", "give evidence, or unproven=True, not both", unproven)
        if not is_true(unproven, "unproven") and evidence is None:
            raise InvalidInput("evidence", "give the compare report sensor's output, or unproven=True on purpose")
        self.approval = rendered(approval)
        self._is_to_be_approved = approval is not None  # what it holds is known when the task runs, and may be nothing
        self.unproven = unproven
        self.complete_mode = rendered(complete_mode)

    async def gather(self, client: DtsClient, memory: Memory, item: Item) -> Watch | None:
        """An approval that was asked for is given for this evidence; then the rest."""
        self._refuse_unapproved()
        return await super().gather(client, memory, item)

    def _refuse_unapproved(self) -> None:
        if not self._is_to_be_approved:
            return
        approval = self.approval or {}
        shown = {name: approval.get(name) for name in shown_of({})}
        if approval.get("asked") is False or (approval.get("asked") is True and shown == shown_of(self.evidence)):
            return
        why = "the approval was given for another comparison" if approval.get("asked") else "no approval was given"
        raise self._rejected(
            why,
            "Clear `approve` with its downstream: it shows the comparison as it is now, and asks again.",
        )

    def needs_proof(self) -> bool:
        """Unless somebody has waived it on purpose."""
        return not is_true(self.unproven, "unproven")
