"""Skipping check items: named, with a reason, and only once.

API document: SkipCheckItem, SkipSyncCheckItem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.checking import order_void_check
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.verdicts import skipped_steps
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.check import CheckFamily
from tencent_dts.tasks.base import DtsOperator
from tencent_dts.templated import rendered


def skip_request(step_ids: Sequence[str], foreign_key_flag: str | None = None) -> dict[str, Any]:
    """The fields of a request that skips items, besides the JobId; the flag is SkipCheckItem's alone."""
    flag = {"ForeignKeyFlag": foreign_key_flag} if foreign_key_flag else {}
    return {"StepIds": list(step_ids), **flag}


class CheckedGate(DtsOperator):
    """Has a job checked before it is started, where no check stands: to configure it again voids the one it passed."""

    family: ClassVar[CheckFamily]

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Order a check that is missing, and wait for it."""
        if (first := await super().gate(client, memory)) is not None:
            return first
        job = await read(client, self.family.configure.resource, self.ids())
        if await order_void_check(client, self.family, self.ids(), job, self.log.info):
            return Watch(self.ids(), goal=self.family.passed.name)
        return None


class SkipGate(DtsOperator):
    """Asks the check which of the items are skipped already."""

    family: ClassVar[CheckFamily]
    adds_fields: ClassVar[tuple[str, ...]] = ("skips",)
    json_fields: ClassVar[tuple[str, ...]] = ("skips",)

    def __init__(self, *, skips: Sequence[Mapping[str, str]] | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.skips = rendered(skips)

    def request(self) -> dict[str, Any]:
        """The items."""
        return skip_request(self.step_ids())

    def step_ids(self) -> list[str]:
        """The items' StepIds; each needs a reason."""
        for index, skip in enumerate(self.skips):
            if not (skip.get("step_id") and skip.get("reason")):
                raise InvalidInput(f"skips, {index}", "every item needs a step_id and a reason", dict(skip))
        return [skip["step_id"] for skip in self.skips]

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Say what is skipped and why; nothing is sent where all of it is skipped already."""
        for skip in self.skips:
            self.log.warning("skipping check item %s: %s", skip.get("step_id"), skip.get("reason"))
        check = await read(client, self.family.passed.resource, self.ids())
        self.satisfied = check is not None and set(self.step_ids()) <= skipped_steps(check)
        return None
