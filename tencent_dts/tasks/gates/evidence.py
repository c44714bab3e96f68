"""What stands between a job that is ready and its end: proof that the data are equal, freshness, lag 0.

What is read is judged on the spot; what is judged, on the very item whose state allows the call, before each sending.

API document: CompleteMigrateJob, StopSyncJob, DescribeCompareTasks, DescribeCompareReport.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.client import ClientSettings, DtsClient
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
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.told import state_of
from tencent_dts.engine.verdicts import coverage_of, not_proven, told_evidence
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import EvidenceRejected
from tencent_dts.kinds.compare import COMPARE_STATUS, FINISHED, CompareFamily
from tencent_dts.kinds.compared import changed_since
from tencent_dts.model.answers import Item
from tencent_dts.model.goal import Goal
from tencent_dts.model.resource import Verdict
from tencent_dts.sizes import Size
from tencent_dts.tasks.base import DtsOperator, identity_of
from tencent_dts.tasks.facts import facts_of
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

_MOST_RENEWALS = 3


class EvidenceGate(DtsOperator):
    """Lets a call through only on evidence of this job and this run, still fresh, at lag 0.

    Evidence grown old is renewed: the data are compared again with the same configuration.

    :param evidence: what the compare report sensor returned in this run.
    :param max_report_age: seconds for which the evidence is good, counted from when the data were compared, as DTS
        tells it; older, the comparison is repeated.
    """

    adds_fields: ClassVar[tuple[str, ...]] = ("evidence", "max_report_age")
    json_fields: ClassVar[tuple[str, ...]] = ("evidence",)
    family: ClassVar[CompareFamily]
    caught_up_goal: ClassVar[Goal]
    ask_again: ClassVar[str]
    max_report_age = Size(above=True)

    def __init__(
        self,
        *,
        evidence: Mapping[str, Any] | XComArg | None = None,
        max_report_age: float | str | XComArg = 3600,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.evidence = rendered(evidence)
        self.max_report_age = rendered(max_report_age)

    def needs_proof(self) -> bool:
        """Whether the call rests on a comparison."""
        return True

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know whose run this is."""
        super().prepare(context, account)
        self._identity = identity_of(context)

    async def gather(self, client: DtsClient, memory: Memory, item: Item) -> Watch | None:
        """Read the comparison that the evidence is of; compare again where it is old."""
        first = await super().gather(client, memory, item)
        if first is not None or not self.needs_proof():
            return first
        self._client = client
        return await self._prove(client, memory, item)

    def admit(self, memory: Memory, item: Item) -> Watch | None:
        """The proof is still fresh, and the lag is 0."""
        if (first := super().admit(memory, item)) is not None:
            return first
        if self.needs_proof() and not self._age(self._client, self._compared).is_within(self._max_age()):
            self.log.info("the proof has grown old meanwhile; looking again")
            return Watch(self.ids(), goal=self.caught_up_goal.name)
        if self.needs_proof():
            self._reject_changed(self._compared, item)
        if (first := self._await_lag_zero(item)) is None:
            told = told_evidence(self._used) if self.needs_proof() else "no evidence, as was asked for"
            self.log.info(
                "%s goes out on: %s; %s", self.operation.action, told, facts_of(self.resource, self.ids(), item)
            )
        return first

    def _await_lag_zero(self, item: Item) -> Watch | None:
        if self.resource.lag_of(item) == (0, 0):
            return None
        self.log.info("the lag is not known to be 0 (%s); waiting for it", state_of(self.resource, item))
        return Watch(self.ids(), goal=self.caught_up_goal.name)

    def _reject_changed(self, task: Item, job: Item) -> None:
        """What a comparison proves is what the job synced then."""
        if why := changed_since(self.family, task, job):
            raise self._rejected(f"what the job does now was not compared by {task['CompareTaskId']}: {why}")

    async def _prove(self, client: DtsClient, memory: Memory, job: Item) -> Watch | None:
        kept = memory.get("evidence")
        evidence = kept if kept and kept["approved"] == shown_of(self.evidence) else self.evidence
        if not evidence:
            raise self._rejected("there is no evidence")
        self._reject_foreign(evidence)
        task = await read(client, self.family.task, self._compare_ids(evidence["compare_task_id"]))
        if task is None or not str(task.get("TaskName") or "").startswith(self._identity.run_key):
            raise self._rejected("the compare task is gone, or was not ordered by this run")
        self._reject_changed(task, job)
        self._used = evidence
        return await self._use_or_renew(client, memory, task)

    async def _use_or_renew(self, client: DtsClient, memory: Memory, task: Item) -> Watch | None:
        """Go on with a comparison that is fresh; compare again otherwise."""
        age = self._age(client, task)
        renewal = memory.get("renewal") or {}
        if age.is_within(self._max_age()):
            memory.set("renewal", {**renewal, "in_vain": 0})
            self._compared = task
            return None
        in_vain = int(renewal.get("in_vain", 0))
        if in_vain and (in_vain >= _MOST_RENEWALS or age.begun is None or age.ended is None):
            memory.set("renewal", {**renewal, "in_vain": 0})
            raise self._rejected(
                f"compared again, it is still not known to be from the last {self._max_age():.0f} s: {age}"
            )
        self.log.info("the comparison is not known to be from the last %.0f s: %s", self._max_age(), age)
        return await self._renew(client, memory, task)

    async def _renew(self, client: DtsClient, memory: Memory, task: Item) -> Watch | None:
        """Compare again with the same configuration, and wait for it."""
        renewal = memory.get("renewal") or {}
        if not renewal.get("id") or renewal["approved"] != shown_of(self.evidence):
            comparison = Comparison(self.family, self.ids()["JobId"], self._identity, configuration_of(task))
            number = int(renewal.get("number", 0)) + 1
            new, number = await order_compare(client, comparison, number, memory, self.log.info)
            renewal = {**renewal, "id": new, "number": number, "approved": shown_of(self.evidence)}
            memory.set("renewal", renewal)
        ids = self._compare_ids(renewal["id"])
        if was_never_started(await read(client, self.family.task, ids)):
            await start_created(client, self.family, ids, self.log.info)
        compared = await read(client, self.family.task, ids)
        if compared is not None and self.family.compared.judge(compared) is not Verdict.DONE:
            return Watch(ids, goal=self.family.compared.name)
        # Used, however it ended; a later one needs a new comparison.
        memory.set("renewal", {**renewal, "id": "", "in_vain": int(renewal.get("in_vain", 0)) + 1})
        if compared is None or COMPARE_STATUS.of(compared) not in FINISHED:
            raise self._rejected(f"compared again, it came to no report: {_end_of(compared)}")
        result = await read_report(client, self.family, ids)
        before = dict(self.evidence or {})
        if covered(result) != covered(before):
            raise self._rejected(f"compared again, it says {result['conclusion'] or 'nothing'}, or covers otherwise")
        run_key, allowed = self._identity.run_key, int(before["allowed_skipped_tables"])
        fresh = as_evidence(compared, ids["JobId"], run_key, result, allowed)
        self._used = fresh
        memory.set("evidence", {**fresh, "approved": shown_of(self.evidence)})
        return await self._use_or_renew(client, memory, compared)

    def _reject_foreign(self, evidence: Mapping[str, Any]) -> None:
        problem = None
        if evidence.get("job_id") != self.ids()["JobId"]:
            problem = f"it is of job {evidence.get('job_id')}"
        elif evidence.get("run") != self._identity.run_key:
            problem = "it is of another run"
        else:
            problem = not_proven(coverage_of(evidence), int(evidence.get("allowed_skipped_tables") or 0))
        if problem:
            raise self._rejected(problem)

    def _compare_ids(self, compare_task_id: Any) -> dict[str, str]:
        return {"JobId": self.ids()["JobId"], "CompareTaskId": str(compare_task_id)}

    @staticmethod
    def _age(client: DtsClient, task: Item) -> Age:
        return Age.of(task, client.now())

    def _max_age(self) -> float:
        return EvidenceGate.max_report_age.of(self)

    def _rejected(self, why: str, next_step: str = "") -> EvidenceRejected:
        return EvidenceRejected(
            f"The evidence for {self.operation.action} is not good enough; it was not sent",
            job_id=self.ids()["JobId"],
            cause=why,
            next_step=next_step or self.ask_again,
        )


def _end_of(compared: Item | None) -> str:
    if compared is None:
        return "the compare task is gone"
    return f"{COMPARE_STATUS.of(compared)}, {compared.get('Message') or 'no reason told'}"
