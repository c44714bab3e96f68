"""The approval: switched off, given, refused, and the silence that is a no."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts.operators.approve import ApprovalRefused, ApproveCutoverOperator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import STAGES

EVIDENCE = {"job_id": "dts-00000001", "conclusion": "same"}


def approve(**changes: Any) -> Task:
    arguments = {"job_id": "dts-00000001", "evidence": EVIDENCE} | changes
    return Task(ApproveCutoverOperator(task_id="approve", **arguments))


def answered(option: str, user: str | None = "alice") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "1", "name": user} if user else None,
        "timedout": user is None,
    }


@pytest.mark.usefixtures("airflow_connections")
@pytest.mark.parametrize("state", ["success", "completing", "isolated", "no such job"])
def test_cleared_after_the_cutover_it_does_not_ask_again(state: str, cloud: Cloud) -> None:
    assert approve(job_id=STAGES[state](cloud).job).run() == {"asked": False}


@pytest.mark.parametrize("ask", [False, "False", "false"])
def test_switched_off_it_returns_at_once(ask: Any) -> None:
    assert approve(ask=ask).run() == {"asked": False}


def test_silence_is_a_no() -> None:
    assert approve().operator.defaults == ["Reject"]


def test_a_yes_goes_on_and_says_whose_it_was() -> None:
    task = approve()
    result = task.operator.execute_complete(task.context, answered("Approve"))
    assert result == {"asked": True, "responded_by": "alice"}


@pytest.mark.parametrize(("user", "told"), [("alice", "rejected by alice"), (None, "in time")])
def test_everything_else_is_red_for_good_and_says_what_to_do(user: str | None, told: str) -> None:
    task = approve()
    with pytest.raises(ApprovalRefused, match=told) as raised:
        task.operator.execute_complete(task.context, answered("Reject", user))
    assert isinstance(raised.value, AirflowFailException)
    assert "dts-00000001" in str(raised.value)
    assert "Clear this task" in str(raised.value)


def test_an_answer_that_is_none_of_the_options_approves_nothing() -> None:
    task = approve()
    with pytest.raises(ValueError, match="Perhaps"):
        task.operator.execute_complete(task.context, answered("Perhaps"))
