"""Skipping check items: named, with a reason, and only once; and starting nothing that was not checked.

API document: SkipCheckItem, SkipSyncCheckItem; CreateMigrateCheckJob, CreateCheckSyncJob, CreateModifyCheckSyncJob.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tencent_dts.engine.checking import order_void_check
from tencent_dts.engine.converge import read
from tencent_dts.engine.verdicts import skipped_steps
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.check import CheckFamily
from tencent_dts.tasks.gates.gate import Call, Gate

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import SkipCheckItemRequest


def skip_request(job_id: str, step_ids: Sequence[str], foreign_key_flag: str | None = None) -> SkipCheckItemRequest:
    """A request that skips items, of either kind of job; the flag is SkipCheckItem's alone."""
    request: SkipCheckItemRequest = {"JobId": job_id, "StepIds": list(step_ids)}
    if foreign_key_flag:
        request["ForeignKeyFlag"] = foreign_key_flag
    return request


def step_ids(skips: Sequence[Mapping[str, str]]) -> list[str]:
    """The StepIds of items to skip; each needs a reason.

    :raises InvalidInput: an item lacks one of the two.
    """
    for index, skip in enumerate(skips):
        if not (skip.get("step_id") and skip.get("reason")):
            raise InvalidInput(f"skips, {index}", "every item needs a step_id and a reason", dict(skip))
    return [skip["step_id"] for skip in skips]


@dataclass(frozen=True)
class Checked(Gate):
    """Has a job checked before it is started, where no check stands: to configure it again voids the one it passed.

    :param family: the check.
    """

    family: CheckFamily

    async def look(self, call: Call) -> Watch | None:
        """Order a check that is missing, and wait for it."""
        job = await read(call.client, self.family.configure.resource, call.ids, again=False)
        if await order_void_check(call.client, self.family, call.ids, job, call.task.log.info):
            return Watch(call.ids, goal=self.family.passed.name)
        return None


@dataclass(frozen=True)
class SkippedOnce(Gate):
    """Asks the check which of the task's ``skips`` are skipped already.

    :param family: the check.
    """

    family: CheckFamily

    async def look(self, call: Call) -> Watch | None:
        """Say what is skipped and why; nothing is sent where all of it is skipped already."""
        for skip in call.task.skips:
            call.task.log.warning("skipping check item %s: %s", skip.get("step_id"), skip.get("reason"))
        check = await read(call.client, self.family.passed.resource, call.ids)
        call.satisfied = check is not None and set(step_ids(call.task.skips)) <= skipped_steps(check)
        return None
