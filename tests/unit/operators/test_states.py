"""Every operator, in every kind of state: done, allowed, under way, impossible, unknown, not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from tencent_dts.errors import Impossible, JobNotFound
from tencent_dts.model.answers import dig
from tencent_dts.tasks.operator import DtsOperator
from tests.drive import Task
from tests.rules import for_every, hold
from tests.unit.classes import concrete
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.cases import CASES, Case
from tests.unit.stages import STAGES, Staged, calls, clock_runs, drive
from tests.unit.subjects import Subject, observed, remember_end, virtual_time

pytestmark = pytest.mark.usefixtures("airflow_connections")


def in_every_state(kind: str) -> Callable[[Any], Any]:
    """Hold a rule for all operators that have states of this kind, state by state."""
    return for_every("state", dict.fromkeys(state for case in CASES for state in getattr(case, kind)))


def those_of(kind: str, state: str) -> list[Case]:
    return [case for case in CASES if state in getattr(case, kind)]


def action(case: Case) -> str:
    return case.action


every_operator = for_every("case", CASES, ids=action, anew="cloud")


def test_every_operator_that_changes_something_has_its_row() -> None:
    assert {case.operator for case in CASES} == set(concrete(DtsOperator))


@in_every_state("done")
def test_what_is_done_already_succeeds_without_a_call(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def succeeds(case: Case) -> None:
        subject = staged.subject()
        task = Task(case.task(subject))
        assert task.run().items() >= {case.key: subject.job}.items()
        assert staged.is_untouched
        assert task.deferrals == 0

    hold(succeeds, those_of("done", state), ids=action)


@every_operator
def test_what_is_allowed_is_called_once_and_waited_for(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    before = len(cloud.emulator.journal(case.action))
    with clock_runs(cloud.emulator):
        result = Task(case.task(subject)).run()
    assert result[case.axis] in case.ends
    (call,) = cloud.emulator.journal(case.action)[before:]
    assert call["code"] == ""


@every_operator
def test_waiting_on_the_worker_comes_to_the_same(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    task = Task(case.task(subject, wait="sync"))
    with clock_runs(cloud.emulator):
        assert task.run()[case.axis] in case.ends
    assert task.deferrals == 0


@in_every_state("under_way")
def test_what_is_under_way_is_waited_for_without_a_call(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def waits(case: Case) -> None:
        subject = staged.subject()
        before = len(cloud.emulator.journal(case.action))
        task = Task(case.task(subject))
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        assert deferred.value.trigger.watch["ids"][case.key] == subject.job
        assert len(cloud.emulator.journal(case.action)) == before

    hold(waits, those_of("under_way", state), ids=action)


@in_every_state("impossible")
def test_what_is_impossible_fails_for_good_and_says_state_and_next_step(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def fails(case: Case) -> None:
        subject = staged.subject()
        task = Task(case.task(subject))
        with pytest.raises(Impossible) as raised:
            task.operator.execute(task.context)
        assert isinstance(raised.value, AirflowFailException)
        assert subject.job in str(raised.value)
        assert "Status" in (raised.value.state or "")
        assert raised.value.next_step
        assert staged.is_untouched

    hold(fails, those_of("impossible", state), ids=action)


@for_every(
    "case",
    [c for c in CASES if c.operator.operation.axis is c.operator.resource.axis and c.operator.resource.part_of is None],
    ids=action,
    anew="cloud",
)
def test_an_unknown_status_waits_unless_the_job_itself_allows_the_action(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    row = case.operator.operation
    lists = row.resource.permissions
    allowed_by_job = lists is not None and row.permission in dig(observed(row.resource, subject), lists[0])
    cloud.emulator.seed({"match": {"JobId": subject.job}, "force_status": "upgrading"})
    before = len(cloud.emulator.journal(case.action))
    task = Task(case.task(subject))
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    assert len(cloud.emulator.journal(case.action)) == before + allowed_by_job
    cloud.emulator.seed({"match": {"JobId": subject.job}, "force_status": ""})
    assert drive(cloud.emulator, case.task(subject))[case.axis] in case.ends


@every_operator
def test_a_job_that_is_not_there_is_an_error_and_never_an_ending(case: Case, cloud: Cloud) -> None:
    hole = (
        "no such sync job" if "sync" in case.hole else "no such subscription" if case.key != "JobId" else "no such job"
    )
    subject = STAGES[hole](cloud)
    part = "x" if "compare" in case.hole else ""
    before = len(calls(cloud.emulator, case.action))
    with virtual_time(cloud.emulator), pytest.raises(JobNotFound, match="not found in region ap-guangzhou") as raised:
        Task(case.task(Subject(subject.job, part, case.key))).run()
    assert isinstance(raised.value, AirflowFailException)
    assert raised.value.job_id == subject.job
    assert "elsewhere" in (raised.value.next_step or "")
    assert len(calls(cloud.emulator, case.action)) == before


@every_operator
def test_a_resource_that_is_gone(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.hole](cloud)
    if "compare" not in case.hole:
        remember_end(subject.job, days_ago=8)  # until then an isolated job is shown
    before = len(calls(cloud.emulator, case.action))
    task = Task(case.task(subject))
    if case.gone_is_done:
        with virtual_time(cloud.emulator):
            assert task.run()[case.axis] == "gone"
    else:
        with virtual_time(cloud.emulator), pytest.raises(Impossible, match="gone") as raised:
            task.run()
        assert subject.job in str(raised.value)
        if "compare" not in case.hole:  # of a job its ending is known, and told
            assert "seen as isolated (" in (raised.value.state or "")
        if case.operator.operation.resource.part_of is None:
            assert "airflow tencent-dts forget" in (raised.value.next_step or "")
    assert len(calls(cloud.emulator, case.action)) == before


def test_an_empty_id_is_refused_before_anything_is_sent(cloud: Cloud) -> None:
    for case in CASES:
        with pytest.raises(ValueError, match=r"job_id|subscribe_id"):
            Task(case.of_nothing()).run()
    assert cloud.emulator.journal() == []
