"""What stands between a job of API 2018-03-30 that is ready and its cutover: its own check of the data, and lag 0.

This version has no compare tasks. A migration compares its data itself, as a step of its run, where its
ConsistencyType says so; the step's status and the job's ErrorInfo are all that is told of it.

API document: CompleteMigrateJob, DescribeMigrateJobs, data types MigrateOption, MigrateStepDetailInfo, ErrorInfo.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import cause_of, state_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import EvidenceRejected
from tencent_dts.kinds.migration_2018 import states as table
from tencent_dts.kinds.migration_2018.names import consistency_of
from tencent_dts.kinds.migration_2018.plan import is_proving
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import Flag, is_true
from tencent_dts.tasks.base import DtsOperator
from tencent_dts.tasks.facts import facts_of
from tencent_dts.templated import rendered

DIFFERENT = (
    "Correct the data in the target. A job checks its data once: order StopMigrateJob and clear `create` with its "
    "downstream, which migrates again; or, having compared the data yourself, complete the job in the console and "
    "clear this task."
)
_UNCHECKED = (
    "Compare the data yourself, then complete the job in the console, or with DtsCompleteMigrateJob2018Operator and "
    "unproven=True; then clear this task."
)


class ConsistencyGate(DtsOperator):
    """Lets a cutover through only where the job's own check of the data ended well, at lag 0."""

    on_clear = "judges the data check of the job and its lag again, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("unproven", "complete_mode")
    unproven = Flag()

    def __init__(
        self, *, unproven: bool | str | XComArg = False, complete_mode: str | XComArg | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.unproven = rendered(unproven)
        self.complete_mode = rendered(complete_mode)

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """Proof first, then lag 0: the job itself tells of both."""
        if (first := super().admit(memory, item) or self._prove(item)) is not None:
            return first
        if table.MIGRATION_JOB_2018.lag_of(item) != (0, 0):
            self.log.info("the lag is not known to be 0 (%s); waiting for it", state_of(table.MIGRATION_JOB_2018, item))
            return Watch(self.ids(), goal=table.READY_2018.name)
        told = (
            "no evidence, as was asked for" if is_true(self.unproven) else f"the job's own {consistency_of(item)} check"
        )
        self.log.info("%s goes out on: %s; %s", self.operation.action, told, facts_of(self.resource, self.ids(), item))
        return None

    def _prove(self, item: Item) -> Watch | None:
        """A difference that was found is never waived; that nothing was compared can be."""
        compared = table.COMPARED_2018.judge(item)
        if compared is Verdict.IMPOSSIBLE or item.get("ErrorInfo"):
            raise self._rejected(cause_of(item) or "a step of its run has failed, and no reason is told", DIFFERENT)
        if is_true(self.unproven):
            self.log.warning("nothing has proven that target and source hold the same data; unproven=True was given")
            return None
        kind = consistency_of(item)
        if not is_proving(kind):
            raise self._rejected(f"its ConsistencyType is {kind or 'not told'}, which compares nothing", _UNCHECKED)
        if compared is Verdict.UNDER_WAY:
            self.log.info("the job still checks its data; waiting for it")
            return Watch(self.ids(), goal=table.COMPARED_2018.name)
        if compared is not Verdict.DONE:
            step = table.CONSISTENCY_STEP_2018.of(item) or "not told"
            raise self._rejected(f"the status of its consistency step is {step}", _UNCHECKED)
        return None

    def _rejected(self, why: str, next_step: str) -> EvidenceRejected:
        return EvidenceRejected(
            "The job's own check does not prove the data equal; nothing was completed",
            job_id=self.ids()["JobId"],
            cause=why,
            next_step=next_step,
        )
