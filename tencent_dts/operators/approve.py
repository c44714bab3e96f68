"""A person's yes before the cutover.

Airflow's own ``ApprovalOperator``, with the compare report in its body, and "no" as the answer of
silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator

from tencent_dts.client import DtsClient
from tencent_dts.converge import read
from tencent_dts.errors import OutcomeUnknown, Permanent, Throttled, Unavailable, with_clearing
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.base import is_true
from tencent_dts.operators.inherited import refuse_inherited
from tencent_dts.sizes import Size
from tencent_dts.states.migration import CUT_OVER, MIGRATION_JOB, MIGRATION_STATUS

if TYPE_CHECKING:
    from airflow.sdk import Context


_ON_CLEAR = "asks again, unless the job has been cut over"


class ApprovalRefused(Permanent):
    """Somebody rejected the cutover, or nobody answered in time."""


def _harmless(notifier: Any, log: Any) -> Any:
    """A notifier whose failure leaves the question standing: a message that is lost must not end a migration."""

    def tell(context: Context) -> None:
        try:
            notifier(context)
        except Exception as error:  # noqa: BLE001 - a notifier is foreign code; the question is asked all the same
            log.warning("a notifier failed (%s); the approval is asked for nevertheless", type(error).__name__)

    return tell


class ApproveCutoverOperator(ApprovalOperator):
    """Park the run until a person approves the cutover; rejected or not answered in time, it is red.

    A job that has been completed, or is gone, is past being asked about: cleared then, the task
    returns at once.

    :param job_id: the job to be completed.
    :param evidence: what the compare report sensor returned; shown to the person.
    :param ask: false: return at once.
    :param deadline: seconds to wait for an answer.
    :param subject: the question.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``.
    :param region: region of the job, as ``ap-guangzhou``; default: the connection's.

    API document: DescribeMigrationDetail; "Required Actions" of Airflow.
    """

    template_fields: Sequence[str] = (
        *("subject", "body", "job_id", "evidence", "ask", "deadline"),
        *("tencentcloud_conn_id", "region"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"evidence": "json"}
    deadline = Size(above=True)

    def __init__(
        self,
        *,
        job_id: str,
        evidence: Mapping[str, Any],
        ask: bool | str = True,
        deadline: float | str = 86400,
        subject: str = "Cut over?",
        tencentcloud_conn_id: str = DtsHook.default_conn_name,
        region: str | None = None,
        **kwargs: Any,
    ) -> None:
        refuse_inherited(kwargs)
        kwargs.setdefault("defaults", self.REJECT)
        # The real one is set from `deadline`, which may be a template, when the task runs.
        super().__init__(subject=subject, fail_on_reject=True, response_timeout=timedelta(days=1), **kwargs)
        self.notifiers = [_harmless(notifier, self.log) for notifier in self.notifiers]
        self.job_id = job_id
        self.evidence = evidence
        self.ask = ask
        self.deadline = deadline
        self.tencentcloud_conn_id = tencentcloud_conn_id
        self.region = region

    @with_clearing(_ON_CLEAR)
    def execute(self, context: Context) -> Any:
        """Ask, unless it is switched off."""
        if not is_true(self.ask):
            self.log.info("no approval is asked for")
            return {"asked": False}
        if self._is_past_cutover():
            self.log.info("%s has been completed or is gone; there is nothing to approve", self.job_id)
            return {"asked": False}
        self.response_timeout = timedelta(seconds=ApproveCutoverOperator.deadline.of(self))
        shown = {name: value for name, value in self.evidence.items() if name != "run"}
        if shown.get("compared_at"):
            at = datetime.fromtimestamp(shown["compared_at"], UTC)
            shown["compared_at"] = at.isoformat(sep=" ", timespec="seconds")
        facts = "\n".join(f"| {name.replace('_', ' ')} | `{value}` |" for name, value in shown.items())
        self.subject = f"{self.subject} ({self.job_id})"
        self.body = (
            f"Approving completes migration job `{self.job_id}`: the target takes over, the replication ends. "
            f"This cannot be undone.\n\n| compare report | |\n|---|---|\n{facts}\n"
        )
        return super().execute(context)

    def _is_past_cutover(self) -> bool:
        account = DtsHook(self.tencentcloud_conn_id, self.region).resolve()

        async def look() -> bool:
            async with DtsClient(account) as client:
                job = await read(client, MIGRATION_JOB, {"JobId": self.job_id})
            return job is None or MIGRATION_STATUS.of(job) in CUT_OVER

        try:
            return asyncio.run(look())
        except (Throttled, Unavailable, OutcomeUnknown) as error:
            self.log.warning("the job cannot be read now, so the question is asked: %s", error.what)
            return False

    @with_clearing(_ON_CLEAR)
    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Approve goes on; everything else is red and says what still costs."""
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException:
            user = (event.get("responded_by_user") or {}).get("name")
            raise ApprovalRefused(
                f"The cutover was rejected by {user}" if user else "Nobody approved the cutover in time",
                job_id=self.job_id,
                next_step="Nothing was completed; the job was kept, goes on replicating and still costs. Clear this "
                "task when it may go on; or stop and isolate the job if the migration is given up.",
            ) from None
        return {"asked": True, "responded_by": (answer["responded_by_user"] or {}).get("name")}
