"""What stands between a job that is ready and its end: evidence that its data are equal, and still are.

What is read is judged on the spot; what is judged, on the very item whose state allows the call, before each sending.

API document: CompleteMigrateJob, StopSyncJob, DescribeCompareTasks, DescribeCompareReport.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tencent_dts.api.answers import Fields
from tencent_dts.engine.comparing import (
    Age,
    Comparison,
    as_evidence,
    configuration_of,
    covered,
    order_compare,
    read_report,
    shown_of,
    start_created,
    was_never_started,
)
from tencent_dts.engine.converge import read
from tencent_dts.engine.verdicts import GivenEvidence, coverage_of, not_proven, shown_evidence
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import EvidenceRejected
from tencent_dts.kinds.compare import COMPARE_STATUS, FINISHED, CompareFamily
from tencent_dts.kinds.compared import changed_since
from tencent_dts.model.answers import Item, typed
from tencent_dts.model.goal import Goal
from tencent_dts.model.resource import Verdict
from tencent_dts.tasks.gates.gate import Call, Gate, ReadEvidence

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare_types import CompareTaskItem


_MOST_RENEWALS = 3


@dataclass(frozen=True)
class Evidence(Gate):
    """Lets a call through only on evidence of this job and this run, still fresh.

    Evidence grown old is renewed: the data are compared again with the same configuration. Of the task it reads
    ``evidence``, what the compare report sensor returned in this run, and ``max_report_age``, the seconds for which
    that is good, counted from when the data were compared, as DTS reports it.

    :param family: the compare tasks.
    :param goal: what is waited for where the evidence has grown old on the way: the next leg looks at it again.
    :param ask_again: the next step where it is refused.
    :param needed: of the task: whether its call rests on a comparison.
    """

    family: CompareFamily
    goal: Goal
    ask_again: str
    needed: Callable[[Any], bool]

    async def gather(self, call: Call, item: Item) -> Watch | None:
        """Read the comparison that the evidence is of; compare again where it is old."""
        return await self._prove(call, item) if self.needed(call.task) else None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """The evidence is still fresh, and of what the job does now."""
        if not self.needed(call.task):
            return None
        if call.evidence is None:
            raise self._rejected(call, "there is no evidence")
        if not _age(call, call.evidence.compared).is_within(_max_age(call)):
            call.task.log.info("the evidence has grown old meanwhile; looking again")
            return Watch(call.ids, goal=self.goal.name)
        self._reject_changed(call, call.evidence.compared, item)
        call.rests_on = shown_evidence(call.evidence.report)
        return None

    def _reject_changed(self, call: Call, task: CompareTaskItem, job: Item) -> None:
        """What a comparison proves is what the job synced then."""
        if why := changed_since(self.family, task, job):
            raise self._rejected(call, f"what the job does now was not compared by {task['CompareTaskId']}: {why}")

    async def _prove(self, call: Call, job: Item) -> Watch | None:
        given, kept = call.task.evidence, call.memory.get("evidence")
        evidence = kept if kept and kept["approved"] == shown_of(given) else given
        if not evidence:
            raise self._rejected(call, "there is no evidence")
        self._reject_unfit(call, evidence)
        ids = _compare_ids(call, evidence["compare_task_id"])
        task: CompareTaskItem | None = typed(await read(call.client, self.family.task, ids))
        if task is None or not str(task.get("TaskName") or "").startswith(call.task.identity.run_key):
            raise self._rejected(call, "the compare task is gone, or was not ordered by this run")
        self._reject_changed(call, task, job)
        return await self._use_or_renew(call, ReadEvidence(evidence, task))

    async def _use_or_renew(self, call: Call, evidence: ReadEvidence) -> Watch | None:
        """Go on with a comparison that is fresh; compare again otherwise."""
        age, most, memory = _age(call, evidence.compared), _max_age(call), call.memory
        renewal = memory.get("renewal") or {}
        if age.is_within(most):
            memory.set("renewal", {**renewal, "in_vain": 0})
            call.evidence = evidence
            return None
        in_vain = int(renewal.get("in_vain", 0))
        if in_vain and (in_vain >= _MOST_RENEWALS or age.begun is None or age.ended is None):
            memory.set("renewal", {**renewal, "in_vain": 0})
            raise self._rejected(call, f"compared again, it is still not known to be from the last {most:.0f} s: {age}")
        call.task.log.info("the comparison is not known to be from the last %.0f s: %s", most, age)
        return await self._renew(call, evidence.compared)

    async def _renew(self, call: Call, task: CompareTaskItem) -> Watch | None:
        """Compare again with the same configuration, and wait for it."""
        renewal = await self._ordered(call, task)
        ids = _compare_ids(call, renewal["id"])
        if was_never_started(await read(call.client, self.family.task, ids)):
            await start_created(call.client, self.family, ids, call.task.log.info)
        compared = await read(call.client, self.family.task, ids)
        if compared is not None and self.family.compared.judge(compared) is not Verdict.DONE:
            return Watch(ids, goal=self.family.compared.name)
        # Used, however it ended; a later one needs a new comparison.
        call.memory.set("renewal", {**renewal, "id": "", "in_vain": int(renewal.get("in_vain", 0)) + 1})
        if compared is None or COMPARE_STATUS.of(compared) not in FINISHED:
            raise self._rejected(call, f"compared again, it came to no report: {_end_of(compared)}")
        result = await read_report(call.client, self.family, ids)
        before = dict(call.task.evidence or {})
        if covered(result) != covered(before):
            why = f"compared again, it says {result['conclusion'] or 'nothing'}, or covers otherwise"
            raise self._rejected(call, why)
        run_key, allowed = call.task.identity.run_key, int(before["allowed_skipped_tables"])
        again: CompareTaskItem = typed(compared)
        fresh = as_evidence(again, ids["JobId"], run_key, result, allowed)
        call.memory.set("evidence", {**fresh, "approved": shown_of(call.task.evidence)})
        return await self._use_or_renew(call, ReadEvidence(fresh, again))

    async def _ordered(self, call: Call, task: CompareTaskItem) -> Fields:
        """The comparison that replaces an old one, ordered now or before."""
        renewal, approved = call.memory.get("renewal") or {}, shown_of(call.task.evidence)
        if renewal.get("id") and renewal["approved"] == approved:
            return dict(renewal)
        comparison = Comparison(self.family, call.ids["JobId"], call.task.identity, configuration_of(task))
        number = int(renewal.get("number", 0)) + 1
        new, number = await order_compare(call.client, comparison, number, call.memory, call.task.log.info)
        renewal = {**renewal, "id": new, "number": number, "approved": approved}
        call.memory.set("renewal", renewal)
        return renewal

    def _reject_unfit(self, call: Call, evidence: GivenEvidence) -> None:
        """Evidence counts for the job and the run that it is of, and only where it proves the data equal."""
        if evidence.get("job_id") != call.ids["JobId"]:
            raise self._rejected(call, f"it is of job {evidence.get('job_id')}")
        if evidence.get("run") != call.task.identity.run_key:
            raise self._rejected(call, "it is of another run")
        if why := not_proven(coverage_of(evidence), int(evidence.get("allowed_skipped_tables") or 0)):
            raise self._rejected(call, why)

    def _rejected(self, call: Call, why: str) -> EvidenceRejected:
        return rejected(call, why, self.ask_again)


def rejected(call: Call, why: str, next_step: str) -> EvidenceRejected:
    """The error for a call whose evidence is refused."""
    return EvidenceRejected(
        f"The evidence for {call.task.operation.action} is not good enough; it was not sent",
        job_id=call.ids["JobId"],
        cause=why,
        next_step=next_step,
    )


def _compare_ids(call: Call, compare_task_id: object) -> dict[str, str]:
    return {"JobId": call.ids["JobId"], "CompareTaskId": str(compare_task_id)}


def _age(call: Call, task: CompareTaskItem) -> Age:
    return Age.of(task, call.client.now())


def _max_age(call: Call) -> float:
    most: float = type(call.task).max_report_age.of(call.task)
    return most


def _end_of(compared: Item | None) -> str:
    if compared is None:
        return "the compare task is gone"
    return f"{COMPARE_STATUS.of(compared)}, {compared.get('Message') or 'no reason given'}"
