"""Operators while the service throttles, loses its answer after commit, or fails before it acts.

All operators run the same legs. One stands for all whose resource, legs and repeating of a lost call are the same, so
an operator that gets a leg of its own is tested by itself from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.errors import DtsError
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.cases import CASES, Case
from tests.unit.stages import STAGES, calls, clock_runs

pytestmark = pytest.mark.usefixtures("airflow_connections")


def one_of_each(*traits: Callable[[Case], object]) -> pytest.MarkDecorator:
    """One case for each combination of what tells operators apart."""
    found: dict[tuple[object, ...], Case] = {}
    for case in CASES:
        found.setdefault(tuple(trait(case) for trait in traits), case)
    return pytest.mark.parametrize("case", found.values(), ids=lambda case: case.action)


def resource(case: Case) -> object:
    return case.operator.resource.name


def legs(case: Case) -> object:
    return case.operator.act, case.operator.keeps_outcome, getattr(case.operator, "follows", False)


def repeats(case: Case) -> object:
    return case.repeats


def ends_it(case: Case) -> object:
    return case.gone_is_done


every_leg = one_of_each(resource, legs)
every_sending = one_of_each(resource, legs, repeats, ends_it)


@pytest.fixture(autouse=True)
def _a_change_under_way_can_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes half a minute of virtual time, in which the service refuses the next one."""
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "120")


def run(case: Case, cloud: Cloud, **fault: Any) -> Any:
    subject = STAGES[case.allowed](cloud)
    cloud.emulator.add_fault({"action": case.action, **fault})
    with clock_runs(cloud.emulator):
        result = Task(case.task(subject)).run()
    assert result[case.axis] in case.ends
    return result


@every_leg
def test_throttling_is_sat_out(case: Case, cloud: Cloud) -> None:
    run(case, cloud, code="RequestLimitExceeded", times=2)
    assert [call["code"] for call in cloud.emulator.journal(case.action)][-3:] == [
        "RequestLimitExceeded",
        "RequestLimitExceeded",
        "",
    ]


@every_sending
def test_an_answer_lost_after_commit_is_found_out_by_reading(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    earlier = len(calls(cloud.emulator, case.action))
    cloud.emulator.add_fault({"action": case.action, "drop": "after", "times": 1})
    with clock_runs(cloud.emulator):
        result = Task(case.task(subject)).run()
    assert result[case.axis] in case.ends
    assert len(calls(cloud.emulator, case.action)) - earlier in ((1, 2) if case.repeats else (1,))


@every_sending
def test_an_internal_error_before_it_acts_is_followed_by_one_more_call(case: Case, cloud: Cloud) -> None:
    run(case, cloud, code="InternalError.UnknownError", times=1)
    assert [call["code"] for call in cloud.emulator.journal(case.action)][-2:] == ["InternalError.UnknownError", ""]


@every_leg
def test_one_answer_alone_does_not_say_that_it_is_gone(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    earlier = len(calls(cloud.emulator, case.action))
    task = case.task(subject)
    cloud.emulator.add_fault({"action": task.resource.read, "code": "ResourceNotFound", "times": 1})
    with clock_runs(cloud.emulator):
        result = Task(task).run()
    assert result[case.axis] in case.ends
    assert len(calls(cloud.emulator, case.action)) > earlier


@every_leg
def test_a_refusal_of_a_kind_that_no_retry_mends_ends_the_task_at_once(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    before = len(cloud.emulator.journal(case.action))
    cloud.emulator.add_fault({"action": case.action, "code": "UnauthorizedOperation"})
    with pytest.raises(DtsError, match="UnauthorizedOperation") as raised:
        Task(case.task(subject)).run()
    assert raised.value.request_id
    assert raised.value.next_step
    assert len(cloud.emulator.journal(case.action)) == before + 1
