"""Every sensor, in every kind of state: reached, not yet, impossible, unknown, not there, throttled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from tencent_dts.errors import DtsProblem, JobNotFound
from tencent_dts.tasks.sensor import DtsSensor
from tests.drive import Task, first_event
from tests.rules import for_every, hold
from tests.unit.classes import concrete
from tests.unit.emulator.cloud import Cloud
from tests.unit.sensors.cases import CASES, Case
from tests.unit.stages import STAGES, Staged, Subject, changes, clock_runs
from tests.unit.subjects import remember_end, virtual_time

pytestmark = pytest.mark.usefixtures("airflow_connections")


def name(case: Case) -> str:
    return case.sensor.__name__


every_sensor = for_every("case", CASES, ids=name, anew="cloud")


def in_every_state(kind: str) -> Callable[[Any], Any]:
    """Hold a rule for all sensors that have states of this kind, state by state."""
    return for_every("state", dict.fromkeys(state for case in CASES for state in getattr(case, kind)))


def those_of(kind: str, state: str) -> list[Case]:
    return [case for case in CASES if state in getattr(case, kind)]


def first_leg(case: Case, subject: Subject) -> Any:
    task = Task(case.task(subject))
    return task.operator.execute(task.context)


def test_every_sensor_has_its_row() -> None:
    assert {case.sensor for case in CASES} == set(concrete(DtsSensor))


@in_every_state("reached")
def test_what_is_reached_already_succeeds_at_once(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def succeeds(case: Case) -> None:
        subject = staged.subject()
        result = first_leg(case, subject)
        assert subject.job in (result.get(case.key), result.get("job_id"))
        assert staged.is_untouched

    hold(succeeds, those_of("reached", state), ids=name)


@in_every_state("waiting")
def test_what_is_not_reached_is_waited_for(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def waits(case: Case) -> None:
        subject = staged.subject()
        with pytest.raises(TaskDeferred) as deferred:
            first_leg(case, subject)
        assert deferred.value.trigger.watch["ids"] == case.task(subject).ids()

    hold(waits, those_of("waiting", state), ids=name)


@for_every("wait", ["defer", "sync"])
@every_sensor
def test_a_wait_ends_when_the_goal_is_reached(case: Case, wait: str, cloud: Cloud) -> None:
    subject = STAGES[case.soon](cloud)
    task = Task(case.task(subject, wait=wait))
    with clock_runs(cloud.emulator):
        assert task.run()
    assert task.deferrals == (1 if wait == "defer" else 0)


@in_every_state("failing")
def test_a_negative_verdict_fails_for_good_and_says_what_to_do(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def fails(case: Case) -> None:
        subject = staged.subject()
        with pytest.raises(case.error) as raised:
            first_leg(case, subject)
        assert isinstance(raised.value, AirflowFailException)
        assert (raised.value.job_id or "").startswith(subject.job)
        assert raised.value.next_step

    hold(fails, those_of("failing", state), ids=name)


@in_every_state("failing")
def test_a_negative_verdict_stands_on_an_automatic_retry_without_a_call(state: str, cloud: Cloud) -> None:
    staged = Staged(cloud, state)

    def stands(case: Case) -> None:
        task = Task(case.task(staged.subject()))
        with pytest.raises(case.error) as first:
            task.run()
        before = changes(cloud)
        with pytest.raises(case.error, match="stands") as second:
            task.retry().run()
        assert first.value.what in str(second.value)
        assert changes(cloud) == before

    hold(stands, those_of("failing", state), ids=name)


@for_every("case", [case for case in CASES if "compare" not in case.soon], ids=name, anew="cloud")
def test_an_unknown_status_waits(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.soon](cloud)
    cloud.emulator.seed({"match": {"JobId": subject.job}, "force_status": "upgrading"})
    with pytest.raises(TaskDeferred):
        first_leg(case, subject)


@every_sensor
def test_a_job_that_is_not_there_is_an_error_and_never_an_ending(case: Case, cloud: Cloud) -> None:
    hole = (
        "no such sync job" if "sync" in case.hole else "no such subscription" if case.key != "JobId" else "no such job"
    )
    subject = STAGES[hole](cloud)
    part = "x" if any(word in case.hole for word in ("compare", "request")) else ""
    task = Task(case.task(Subject(subject.job, part, case.key)))
    for _ in range(2):
        with (
            virtual_time(cloud.emulator),
            pytest.raises(JobNotFound, match="was not found in region ap-guangzhou") as raised,
        ):
            task.run()
        assert raised.value.job_id == subject.job
        task.clear()


@every_sensor
def test_a_resource_that_is_gone(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.hole](cloud)
    if not any(word in case.hole for word in ("compare", "request")):
        remember_end(subject.job)
    if case.gone_is_reached:
        with virtual_time(cloud.emulator):
            assert "gone" in first_leg(case, subject).values()
        return
    with virtual_time(cloud.emulator), pytest.raises(DtsProblem, match="gone") as raised:
        first_leg(case, subject)
    assert isinstance(raised.value, AirflowFailException)


@for_every(
    "fault",
    [
        {"code": "RequestLimitExceeded", "times": 3},
        {"code": "InternalError.UnknownError", "times": 3},
        {"status": 502, "times": 2},
        {"drop": "before", "times": 2},
        {"truncate": True, "times": 2},
    ],
)
@every_sensor
def test_trouble_while_waiting_fails_nothing(case: Case, fault: dict[str, Any], cloud: Cloud) -> None:
    subject = STAGES[case.soon](cloud)
    task = Task(case.task(subject))
    with virtual_time(cloud.emulator):
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        cloud.emulator.add_fault({"action": case.sensor.resource.read, **fault})
        event = asyncio.run(first_event(deferred.value.trigger))
        assert task.operator.resume_execution("resume", {"event": event}, task.context)


@for_every("case", CASES, ids=name)
def test_it_cannot_be_made_to_skip(case: Case) -> None:
    part = "x" if any(word in case.hole for word in ("compare", "request")) else ""
    for option, value in (("soft_fail", True), ("never_fail", True), ("wait", "no")):
        with pytest.raises(ValueError, match=option):
            case.task(Subject("dts-00000001", part, case.key), **{option: value})
