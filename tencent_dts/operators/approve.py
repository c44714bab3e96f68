"""A person's yes before the cutover.

Airflow's own ``ApprovalOperator``, with the compare report in its body, and "no" as the answer of
silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import XComArg
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR

from tencent_dts import metrics
from tencent_dts.engine.book import book_for, open_client
from tencent_dts.engine.comparing import shown_of
from tencent_dts.engine.converge import read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.verdicts import GivenEvidence
from tencent_dts.errors import (
    OUTAGES,
    DtsProblem,
    EvidenceRejected,
    Impossible,
    with_clearing,
)
from tencent_dts.hooks.dts import DtsHook, connection_id
from tencent_dts.kinds.migration.states import CUT_OVER, MIGRATION_JOB, MIGRATION_STATUS
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.sizes import Flag, Size, check_all, is_true
from tencent_dts.tasks.approval_page import Shown, question, read_shown
from tencent_dts.tasks.asking import ASKED, ApprovalRefused, ask, harmless, wait_if_asked
from tencent_dts.tasks.bills import Known
from tencent_dts.tasks.steps import Step
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context


_ON_CLEAR = "asks again, unless the job has been cut over"


class DtsApproveCutoverOperator(Step, ApprovalOperator):
    """Park the run until a person approves the cutover; rejected or not answered in time, it is red.

    An approval is for what was shown: it returns the comparison and its coverage, and the cutover is held against
    them. Where the evidence has changed between question and answer, the answer is void.

    A job that has been completed is past being asked about: cleared then, the task returns at once. A
    job that is not found is an error, unless it was seen to end after its cutover.

    :param job_id: the job to be completed.
    :param evidence: what the compare report sensor returned; shown to the person.
    :param ask: false: return at once. What is neither a clear yes nor a clear no is refused.
    :param timeout: seconds to wait for an answer.
    :param plan: of the run: the ids of its connections are shown beside what the job itself reports.
    :param subject: the question.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param region: region of the job, as ``ap-guangzhou``; default: the connection's.

    API document: DescribeMigrationDetail; "Required Actions" of Airflow.
    """

    on_clear = _ON_CLEAR
    template_fields: Sequence[str] = (
        *("subject", "body", "job_id", "evidence", "ask", "timeout", "plan"),
        *("tencentcloud_conn_id", "region"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"evidence": "json", "plan": "json"}
    timeout = Size(above=True)
    ask = Flag()

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        evidence: GivenEvidence | XComArg,
        ask: bool | str | XComArg = True,
        timeout: float | str | XComArg = 86400,
        plan: AnyPlan | XComArg | None = None,
        subject: str | XComArg = "Cut over?",
        tencentcloud_conn_id: str | XComArg | None = None,
        region: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("defaults", self.REJECT)
        # The real one is set from `timeout`, which may be a template, when the task runs.
        super().__init__(subject=subject, fail_on_reject=True, response_timeout=timedelta(days=1), **kwargs)
        self.notifiers = [harmless(notifier, self.log) for notifier in self.notifiers]
        self.job_id = rendered(job_id)
        self.evidence = rendered(evidence)
        self.ask = rendered(ask)
        self.timeout = rendered(timeout)
        self.plan = rendered(plan)
        self._shown = Shown()  # what the person is shown of the job, once it was read
        self.tencentcloud_conn_id = connection_id(tencentcloud_conn_id)
        self.region = rendered(region)

    def at_stake(self, context: Context, problem: DtsProblem) -> Known | None:
        """The job to be completed."""
        return (MIGRATION_JOB, self.job_id) if self.job_id else None

    def memory_of(self, context: Context) -> Memory:
        """What the task remembers of the job to be completed."""
        return Memory(context, self.job_id)

    @with_clearing(_ON_CLEAR)
    def execute(self, context: Context) -> object:
        """Ask, unless it is switched off, or an earlier try has asked already."""
        with self.telling(context):
            return self._ask(context)

    def _ask(self, context: Context) -> object:
        check_all(self)
        if not is_true(self.ask, "ask"):
            self.log.info("no approval is asked for")
            return {"asked": False}
        if self._is_past_cutover(context):
            self.log.info("%s has been completed; there is nothing to approve", self.job_id)
            return {"asked": False}
        if not self.evidence:  # `report` was marked as success, and returned nothing
            raise EvidenceRejected(
                "There is no comparison to be shown with the question, so no one was asked",
                job_id=self.job_id,
                next_step="Clear `report` with its downstream: it compares, and the approval is asked then.",
            )
        memory, shown = self.memory_of(context), shown_of(self.evidence)
        wait_if_asked(self, context, memory, shown)
        self.response_timeout = timedelta(seconds=DtsApproveCutoverOperator.timeout.of(self))
        until = datetime.now(UTC) + self.response_timeout
        self.subject = f"{self.subject} ({self.job_id})"
        requester = getattr(context["dag_run"], "triggering_user_name", None)
        evidence = {**self.evidence, "job_id": self.job_id}
        self.body = question(self._shown, evidence, self.plan or {}, requester, until)
        return ask(memory, shown, until, lambda: super(DtsApproveCutoverOperator, self).execute(context))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> object:
        """Ask again where the question of an earlier try is not there any more."""
        if next_method == TRIGGER_FAIL_REPR:
            self.log.warning("the question of an earlier try cannot be read; asking again")
            self.memory_of(context).forget(ASKED)
            return self.execute(context)
        return super().resume_execution(next_method, next_kwargs, context)

    def _is_past_cutover(self, context: Context) -> bool:
        """Whether the job was seen past its cutover; one that is merely not found is an error."""
        account = DtsHook(self.tencentcloud_conn_id, self.region).resolve()
        book = book_for(context, account, self.log.warning)

        async def look() -> bool:
            async with open_client(account, MIGRATION_JOB.version, book, self.job_id) as client:
                job = await read(client, MIGRATION_JOB, {"JobId": self.job_id})
                if job is not None:
                    past = MIGRATION_STATUS.of(job) in CUT_OVER
                    self._shown = Shown() if past or not self.evidence else await read_shown(client, job, self.evidence)
                    return past
                ending = await book.ending(self.job_id)
            if ending is not None and ending.status in CUT_OVER:
                return True
            raise Impossible(
                "There is nothing left to approve: the job ended before it was cut over",
                job_id=self.job_id,
                state=f"not there any more; {ending}",
                next_step="If the migration is still wanted, trigger a new run.",
            )

        try:
            return asyncio.run(look())
        except OUTAGES as error:
            self.log.warning("the job cannot be read now, so the question is asked: %s", error.what)
            return False

    @with_clearing(_ON_CLEAR)
    def execute_complete(self, context: Context, event: dict[str, Any]) -> object:
        """Approve goes on; everything else is red and says what still costs."""
        with self.telling(context):
            return self._answered(context, event)

    def _answered(self, context: Context, event: dict[str, Any]) -> object:
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException:
            user = (event.get("responded_by_user") or {}).get("name")
            metrics.send(metrics.APPROVALS_ANSWERED, answer="rejected" if user else "silence")
            raise ApprovalRefused(
                f"The cutover was rejected by {user}" if user else "The cutover was not approved in time",
                job_id=self.job_id,
                next_step="Nothing was completed; the job was kept and goes on replicating. Clear this "
                "task when it may go on; or stop and isolate the job if the migration is given up.",
            ) from None
        metrics.send(metrics.APPROVALS_ANSWERED, answer="approved")
        shown, now = (self.memory_of(context).get(ASKED) or {}).get("shown"), shown_of(self.evidence)
        if not shown:
            raise ApprovalRefused(
                "Nothing shows which comparison the approval was given for",
                job_id=self.job_id,
                cause="what was shown is kept when the question is asked, and is not there any more",
                next_step="Nothing was completed. Clear this task: it shows the present comparison, and asks again.",
            )
        if shown != now:
            raise ApprovalRefused(
                "The approval was given for another comparison than the one that the run has now",
                job_id=self.job_id,
                cause=f"shown was {_said(shown)}; now it is {_said(now)}",
                next_step="Nothing was completed. Clear this task: it shows the present comparison, and asks again.",
            )
        user = (answer["responded_by_user"] or {}).get("name")
        self.log.info("the cutover of %s was approved by %s, for %s", self.job_id, user or "nobody named", _said(shown))
        return {"asked": True, "responded_by": user, **shown}


def _said(shown: GivenEvidence) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
