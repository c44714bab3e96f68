"""What stands between a migration job that is ready and its cutover: proof, a person's yes, lag 0.

API document: CompleteMigrateJob.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tencent_dts.errors import InvalidInput
from tencent_dts.operators.evidence import EvidenceGate
from tencent_dts.states import migration as table
from tencent_dts.states.compare import OF_MIGRATION


class CutoverGate(EvidenceGate):
    """Lets a cutover through only on evidence of this job and this run, still fresh, at lag 0."""

    on_clear = "judges evidence and lag anew, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("complete_mode",)
    family = OF_MIGRATION
    caught_up_goal = table.READY
    ask_again = "Clear `report` with its downstream: it compares again, and the approval is asked again."

    def __init__(
        self,
        *,
        evidence: Mapping[str, Any] | None = None,
        unproven: bool = False,
        complete_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(evidence=evidence, **kwargs)
        if unproven and evidence is not None:
            raise InvalidInput("unproven", "give evidence, or unproven=True, not both", unproven)
        if not unproven and evidence is None:
            raise InvalidInput("evidence", "give the compare report sensor's output, or unproven=True on purpose")
        self.unproven = unproven
        self.complete_mode = complete_mode

    def needs_proof(self) -> bool:
        """Unless somebody has waived it on purpose."""
        return not self.unproven
