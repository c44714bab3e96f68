"""What stands between a job that is ready and its cutover: proof, freshness, lag 0.

API document: CompleteMigrateJob, DescribeCompareTasks, DescribeCompareReport.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.comparing import as_evidence, configuration_of, order_compare, read_report
from tencent_dts.converge import read, state_of
from tencent_dts.errors import EvidenceRejected, InvalidInput
from tencent_dts.memory import Memory
from tencent_dts.operators.base import DtsTask, identity_of
from tencent_dts.purchases import CompareCreation
from tencent_dts.sizes import Size
from tencent_dts.states import Verdict
from tencent_dts.states import migration as table
from tencent_dts.states.compare import OF_MIGRATION
from tencent_dts.verdicts import coverage_of, not_proven
from tencent_dts.waiting import Watch

if TYPE_CHECKING:
    from airflow.sdk import Context

_ASK_AGAIN = "Clear `report` with its downstream: it compares again, and the approval is asked again."
_COVERAGE = ("conclusion", "total_tables", "checked_tables", "skipped_tables")


def _covered(told: Mapping[str, object]) -> list[object]:
    """What must be the same when data are compared again: a report of the service, or evidence made from one."""
    return [told.get(name) for name in _COVERAGE]


class EvidenceGate(DtsTask):
    """Lets a cutover through only on evidence of this job and this run, still fresh, at lag 0."""

    on_clear = "judges evidence and lag anew, and calls {action} only where that is not done yet"
    adds_fields: ClassVar[tuple[str, ...]] = ("evidence", "max_report_age", "complete_mode")
    json_fields: ClassVar[tuple[str, ...]] = ("evidence",)
    max_report_age = Size(above=True)

    def __init__(
        self,
        *,
        evidence: Mapping[str, Any] | None = None,
        max_report_age: float | str = 3600,
        unproven: bool = False,
        complete_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if unproven and evidence is not None:
            raise InvalidInput("unproven", "give evidence, or unproven=True, not both", unproven)
        if not unproven and evidence is None:
            raise InvalidInput("evidence", "give the compare report sensor's output, or unproven=True on purpose")
        self.evidence = evidence
        self.max_report_age = max_report_age
        self.unproven = unproven
        self.complete_mode = complete_mode

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know whose run this is."""
        super().prepare(context, account)
        self._identity = identity_of(context)

    async def gate(self, client: DtsClient, memory: Memory) -> Watch | None:
        """Proof first, then lag 0; nothing where the job is past its cutover or cannot be cut over."""
        item = await read(client, table.MIGRATION_JOB, self.ids())
        if table.COMPLETE.judge(item, called=False) is not Verdict.ALLOWED:
            return None
        if not self.unproven:
            waits = await self._prove(client, memory)
            if waits is not None:
                return waits
        if table.MIGRATION_JOB.lag_of(item) != (0, 0):
            self.log.info("the lag is not known to be 0 (%s); waiting for it", state_of(table.MIGRATION_JOB, item))
            return Watch(self.ids(), goal=table.READY.name)
        return None

    async def _prove(self, client: DtsClient, memory: Memory) -> Watch | None:
        kept = memory.get("evidence")
        evidence = kept if kept and kept["approved"] == self._approved() else self.evidence
        if not evidence:
            raise self._rejected("there is none")
        self._reject_foreign(evidence)
        task = await read(client, OF_MIGRATION.task, self._compare_ids(evidence))
        if task is None or not str(task.get("TaskName") or "").startswith(self._identity.run_key):
            raise self._rejected("the compare task is gone, or was not ordered by this run")
        if time.time() - evidence["read_at"] <= self._max_age():
            return None
        return await self._renew(client, memory, task)

    def _approved(self) -> list[Any]:
        """What an approval was given for."""
        evidence = self.evidence or {}
        return [evidence.get("compare_task_id"), *_covered(evidence)]

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

    async def _renew(self, client: DtsClient, memory: Memory, task: Mapping[str, Any]) -> Watch | None:
        """Evidence grown old: compare again with the same configuration, and wait for it."""
        renewal = memory.get("renewal")
        if renewal is None or renewal["approved"] != self._approved():
            number = int((renewal or {}).get("number", 0)) + 1
            self.log.info("the report is older than %.0f s; comparing again", self._max_age())
            name = self._identity.compare_name(number)
            creation = CompareCreation(OF_MIGRATION, self.ids()["JobId"], name, configuration_of(task))
            new = await order_compare(client, creation, memory, self.log.info)
            renewal = {"id": new, "number": number, "approved": self._approved()}
            memory.set("renewal", renewal)
        ids = {"JobId": self.ids()["JobId"], "CompareTaskId": renewal["id"]}
        compared = await read(client, OF_MIGRATION.task, ids)
        if OF_MIGRATION.compared.judge(compared) is Verdict.UNDER_WAY:
            return Watch(ids, goal=OF_MIGRATION.compared.name)
        result = await read_report(client, OF_MIGRATION, ids)
        memory.set("renewal", {**renewal, "approved": None})  # used; a later one needs a new comparison
        before = dict(self.evidence or {})
        if _covered(result) != _covered(before):
            raise self._rejected(f"compared again, it says {result['conclusion'] or 'nothing'}, or covers otherwise")
        fresh = as_evidence(ids, self._identity.run_key, result, int(before["allowed_skipped_tables"]))
        memory.set("evidence", {**fresh, "approved": self._approved()})
        return None

    def _compare_ids(self, evidence: Mapping[str, Any]) -> dict[str, str]:
        return {"JobId": self.ids()["JobId"], "CompareTaskId": str(evidence.get("compare_task_id"))}

    def _max_age(self) -> float:
        return EvidenceGate.max_report_age.of(self)

    def _rejected(self, why: str) -> EvidenceRejected:
        return EvidenceRejected(
            "The evidence for the cutover is not good enough; nothing was completed",
            job_id=self.ids()["JobId"],
            cause=why,
            next_step=_ASK_AGAIN,
        )
