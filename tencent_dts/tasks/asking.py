"""Asking a person once: Airflow's own question, which an automatic retry of the task that asked must not ask again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import TaskAwaitingInput

from tencent_dts import metrics, settings
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Log
from tencent_dts.errors import Permanent
from tencent_dts.triggers.answer import DtsAnswerTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

ASKED = "asked"
"""What a task remembers of its question."""


class ApprovalRefused(Permanent):
    """What was asked for was rejected, or not answered in time."""


def harmless(notifier: Any, log: Log) -> Any:
    """A notifier whose failure leaves the question standing: a message that is lost must not end a migration."""

    def tell(context: Context) -> None:
        try:
            notifier(context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code raises what it likes, or exits
            # The question stands in Airflow and can be answered; a task that is red for a lost message asks no one.
            log.warning("a notifier failed (%s); the approval is asked for nevertheless", type(error).__name__)

    return tell


def wait_if_asked(task: ApprovalOperator, context: Context, memory: Memory, shown: object) -> None:
    """Wait for the answer to the question of an earlier try, which may have been given by now.

    :param shown: what the question is for; one for something else is asked anew.
    """
    asked = memory.get(ASKED)
    if not asked or asked["shown"] != shown or memory.was_cleared_since(asked):
        return
    task.log.info("an earlier try has asked; waiting for the answer to that")
    trigger = DtsAnswerTrigger(
        ti_id=context["ti"].id,
        options=task.options,
        defaults=task.defaults,
        params=task.serialized_params,
        multiple=task.multiple,
        timeout_datetime=datetime.fromtimestamp(asked["until"], UTC),
        first_look=settings.first_look(),
    )
    task.defer(trigger=trigger, method_name="execute_complete")


def ask(memory: Memory, shown: object, until: datetime, question: Callable[[], object]) -> object:
    """Ask, and remember that it was asked.

    :param until: when the time for an answer ends.
    :param question: parks the task.
    """
    try:
        return question()
    except TaskAwaitingInput:  # asked; no one can answer before this process has ended
        memory.set(ASKED, {**memory.mark(), "shown": shown, "until": until.timestamp()})
        metrics.send(metrics.APPROVALS_ASKED)
        raise
