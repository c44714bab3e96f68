"""Skipping check items: named, with a reason, and only once.

API document: SkipCheckItem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tencent_dts.client import DtsClient
from tencent_dts.converge import read
from tencent_dts.errors import InvalidInput
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsOperator
from tencent_dts.states.migration import CHECK_RUN
from tencent_dts.verdicts import skipped_steps
from tencent_dts.waiting import Watch


def skip_request(step_ids: Sequence[str], foreign_key_flag: str | None) -> dict[str, Any]:
    """The fields of a SkipCheckItem request besides the JobId."""
    return {"StepIds": list(step_ids), "ForeignKeyFlag": foreign_key_flag or None}


class SkipGate(DtsOperator):
    """Asks the check which of the items are skipped already."""

    adds_fields: ClassVar[tuple[str, ...]] = ("skips", "foreign_key_flag")
    json_fields: ClassVar[tuple[str, ...]] = ("skips",)

    def __init__(
        self, *, skips: Sequence[Mapping[str, str]], foreign_key_flag: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.skips = skips
        self.foreign_key_flag = foreign_key_flag

    def request(self) -> dict[str, Any]:
        """The items."""
        return skip_request(self._step_ids(), self.foreign_key_flag)

    def _step_ids(self) -> list[str]:
        for index, skip in enumerate(self.skips):
            if not (skip.get("step_id") and skip.get("reason")):
                raise InvalidInput(f"skips, {index}", "every item needs a step_id and a reason", dict(skip))
        return [skip["step_id"] for skip in self.skips]

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Say what is skipped and why; nothing is sent where all of it is skipped already."""
        for skip in self.skips:
            self.log.warning("skipping check item %s: %s", skip.get("step_id"), skip.get("reason"))
        check = await read(client, CHECK_RUN, self.ids())
        self.satisfied = check is not None and set(self._step_ids()) <= skipped_steps(check)
        return None
