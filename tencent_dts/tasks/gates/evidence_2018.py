"""What stands between a job of API 2018-03-30 that is ready and its cutover: its own check of the data.

This version has no compare tasks. A migration compares its data itself, as a step of its run, where its
ConsistencyType says so; the step's status and the job's ErrorInfo are all that is reported of it.

API document: CompleteMigrateJob, DescribeMigrateJobs, data types MigrateOption, MigrateStepDetailInfo, ErrorInfo.
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts.engine.waiting import Watch
from tencent_dts.engine.wording import cause_of
from tencent_dts.errors import EvidenceRejected
from tencent_dts.kinds.migration_2018 import states as table
from tencent_dts.kinds.migration_2018.names import consistency_of
from tencent_dts.kinds.migration_2018.plan import is_proving
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import is_true
from tencent_dts.tasks.gates.gate import Call, Gate

DIFFERENT = (
    "Correct the data in the target. A job checks its data once: order StopMigrateJob and clear `create` with its "
    "downstream, which migrates again; or, having compared the data yourself, complete the job in the console and "
    "clear this task."
)
_UNCHECKED = (
    "Compare the data yourself, then complete the job in the console, or with DtsCompleteMigrateJob2018Operator and "
    "unproven=True; then clear this task."
)


@dataclass(frozen=True)
class Consistent(Gate):
    """Lets a cutover through only where the job's own check of the data ended well, unless ``unproven`` waives it."""

    def admit(self, call: Call, item: Item) -> Watch | None:
        """A difference that was found is never waived; that nothing was compared can be."""
        compared = table.COMPARED_2018.judge(item)
        if compared is Verdict.IMPOSSIBLE or item.get("ErrorInfo"):
            raise _rejected(call, cause_of(item) or "a step of its run has failed, and no reason is given", DIFFERENT)
        if is_true(call.task.unproven):
            warning = "nothing has proven that target and source hold the same data; unproven=True was given"
            call.task.log.warning(warning)
            return None
        kind = consistency_of(item)
        if not is_proving(kind):
            raise _rejected(
                call, f"its ConsistencyType is {kind or 'not reported'}, which compares nothing", _UNCHECKED
            )
        if compared is Verdict.UNDER_WAY:
            call.task.log.info("the job still checks its data; waiting for it")
            return Watch(call.ids, goal=table.COMPARED_2018.name)
        if compared is not Verdict.DONE:
            step = table.CONSISTENCY_STEP_2018.of(item) or "not reported"
            raise _rejected(call, f"the status of its consistency step is {step}", _UNCHECKED)
        call.rests_on = f"the job's own {kind} check"
        return None


def _rejected(call: Call, why: str, next_step: str) -> EvidenceRejected:
    return EvidenceRejected(
        "The job's own check does not prove the data equal; nothing was completed",
        job_id=call.ids["JobId"],
        cause=why,
        next_step=next_step,
    )
