"""An accepted order that another hand undoes ends its wait, and one Clear orders it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import AirflowRescheduleException, TaskDeferred

from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import Impossible, OrderUndone
from tencent_dts.kinds.rows import OPERATIONS
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tencent_dts.operators.migration import (
    DtsIsolateMigrateJobOperator,
    DtsPauseMigrateJobOperator,
    DtsStartMigrateJobOperator,
)
from tencent_dts.operators.migration_2018 import DtsStopMigrateJob2018Operator
from tencent_dts.operators.subscription import DtsIsolateSubscribe2018Operator
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator, DtsPauseSyncJobOperator, DtsStartSyncJobOperator
from tencent_dts.tasks.gates.gate import Call, Gate
from tests.drive import Task, first_event, rebuilt
from tests.meanwhile import Meanwhile
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.cases import CASES, Case
from tests.unit.stages import SPEED, calls
from tests.unit.stages import STAGES as STAGES_OF_ALL
from tests.unit.stages_2018 import STAGES as STAGES_2018
from tests.unit.stages_subscription import STAGES

pytestmark = pytest.mark.usefixtures("airflow_connections")


@dataclass(frozen=True)
class Undone:
    """An order, and how another hand undoes it before the first look of the wait."""

    operator: type[Any]
    made: Callable[[Cloud], str]
    undo: Callable[[Cloud, str], Any]
    key: str = "job_id"


def then(action: str) -> Callable[[Cloud, str], None]:
    """The order takes hold, and this one takes it back."""

    def undo(cloud: Cloud, job: str) -> None:
        cloud.wait(30)
        cloud.call(action, JobId=job)
        cloud.wait(30)

    return undo


def forced(**state: str) -> Callable[[Cloud, str], None]:
    """For what the API has no order for, which the console or the cloud's support may."""

    def undo(cloud: Cloud, job: str) -> None:
        cloud.emulator.seed({"match": {"JobId": job}, **state})

    return undo


UNDONE = {
    "migration isolated": Undone(DtsIsolateMigrateJobOperator, lambda c: c.succeeded(), then("RecoverMigrateJob")),
    "migration paused": Undone(DtsPauseMigrateJobOperator, lambda c: c.ready(), then("ContinueMigrateJob")),
    "sync isolated": Undone(
        DtsIsolateSyncJobOperator, lambda c: SyncCloud(c.emulator).stopped_sync(), then("RecoverSyncJob")
    ),
    "sync paused": Undone(DtsPauseSyncJobOperator, lambda c: SyncCloud(c.emulator).syncing(), then("ContinueSyncJob")),
    "subscription isolated": Undone(
        DtsIsolateSubscribe2018Operator,
        lambda c: STAGES["configured"](c).job,
        forced(trade_status="normal"),
        key="subscribe_id",
    ),
    "2018 stopped": Undone(
        DtsStopMigrateJob2018Operator, lambda c: STAGES_2018["2018 running"](c).job, forced(force_status="running")
    ),
}


def ordered(task: Task) -> Any:
    """Run the first leg, which orders and defers; returns the trigger."""
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    return deferred.value


def woken(task: Task, deferred: Any) -> tuple[Any, Callable[[], Any]]:
    """What the trigger wakes the task with, and the leg that follows."""
    event = asyncio.run(asyncio.wait_for(first_event(rebuilt(deferred.trigger)), 60))
    return event, partial(task.operator.resume_execution, deferred.method_name, {"event": event}, task.context)


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("case", UNDONE)
def test_an_order_that_is_undone_is_red_at_once_and_a_clear_orders_it_again(case: str, cloud: Cloud) -> None:
    row = UNDONE[case]
    job = row.made(cloud)
    task = Task(row.operator(task_id="end", timeout=600, **{row.key: job}))
    deferred = ordered(task)
    row.undo(cloud, job)
    event, leg = woken(task, deferred)
    assert event == {"reason": "undone", "called": True, "held": False}
    action = row.operator.operation.action
    with pytest.raises(OrderUndone) as caught:
        leg()
    told = str(caught.value)
    assert f"{action} was accepted, but" in told
    assert job in told
    assert "\n  bill: " in told
    assert "bill: ended" not in told
    assert f"it orders {action} again" in told
    assert len(calls(cloud.emulator, action)) == 1
    task.clear().run()
    assert len(calls(cloud.emulator, action)) == 2


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("breaks", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("case", UNDONE)
def test_so_it_is_where_the_trigger_has_broken_meanwhile(case: str, breaks: int, cloud: Cloud) -> None:
    """A trigger that broke says nothing: that the order was accepted is remembered, and it is not given again."""
    row = UNDONE[case]
    job = row.made(cloud)
    task = Task(row.operator(task_id="end", timeout=600, **{row.key: job}))
    ordered(task)
    row.undo(cloud, job)
    broken = partial(task.operator.resume_execution, TRIGGER_FAIL_REPR, {"error": "Trigger failure"}, task.context)
    if breaks > 1:
        with pytest.raises(TaskDeferred):
            broken()
        with pytest.raises(AirflowRescheduleException):
            broken()
        broken = partial(task.operator.execute, task.context)
    with pytest.raises(TaskDeferred) as waits:
        broken()
    _, leg = woken(task, waits.value)
    with pytest.raises(OrderUndone):
        leg()
    action = row.operator.operation.action
    assert len(calls(cloud.emulator, action)) == 1
    task.clear().run()
    assert len(calls(cloud.emulator, action)) == 2


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("case", UNDONE)
def test_so_it_is_where_airflow_tries_the_task_again_by_itself(case: str, cloud: Cloud) -> None:
    """A worker that dies while the order takes hold is no word to give it again."""
    row = UNDONE[case]
    job = row.made(cloud)
    task = Task(row.operator(task_id="end", timeout=600, **{row.key: job}))
    ordered(task)
    row.undo(cloud, job)
    _, leg = woken(task, ordered(task.retry()))
    with pytest.raises(OrderUndone):
        leg()
    assert len(calls(cloud.emulator, row.operator.operation.action)) == 1


@pytest.mark.parametrize("case", UNDONE)
def test_one_look_at_a_state_that_needs_the_order_may_be_behind_and_is_waited_out(
    case: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = UNDONE[case]
    job = row.made(cloud)
    cloud.emulator.set_speed(0)
    Meanwhile(monkeypatch).after(row.operator.operation.action, lambda: row.undo(cloud, job))
    ordered(Task(row.operator(task_id="end", timeout=600, **{row.key: job})))


@pytest.mark.parametrize("case", [name for name, row in UNDONE.items() if row.operator.resource.version >= "2021"])
def test_what_another_hand_orders_while_the_call_is_judged_is_not_ordered_twice(
    case: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is gathered for a judgement takes time; the state is looked at and judged again after all that."""
    row = UNDONE[case]
    job, action = row.made(cloud), row.operator.operation.action

    class Overtaken(Gate):
        async def gather(self, call: Call, item: Item) -> Watch | None:
            cloud.call(action, JobId=job)
            return None

    monkeypatch.setattr(row.operator, "gates", (*row.operator.gates, Overtaken()))
    cloud.emulator.set_speed(SPEED)
    Task(row.operator(task_id="end", job_id=job)).run()
    assert len(cloud.emulator.journal(action)) == 1, "the other hand's alone: nothing was sent, to be refused or not"


def test_one_that_takes_hold_again_meanwhile_is_waited_for(cloud: Cloud) -> None:
    """The leg reads again: what the trigger saw is not what counts."""
    row = UNDONE["migration isolated"]
    job = row.made(cloud)
    cloud.emulator.set_speed(0)
    task = Task(row.operator(task_id="end", timeout=600, job_id=job))
    deferred = ordered(task)
    row.undo(cloud, job)
    event, leg = woken(task, deferred)
    assert event["reason"] == "undone"
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.wait(30)
    assert leg()["TradeStatus"] == "isolated"
    assert len(calls(cloud.emulator, "IsolateMigrateJob")) == 2  # the task's, and the other hand's


@for_every("operation", OPERATIONS.values(), ids=lambda row: f"{row.resource.version[:4]} {row.action}")
def test_no_accepted_order_is_waited_for_in_a_state_that_needs_it(operation: Operation) -> None:
    wrong = []
    for status in sorted(operation.needs - operation.reached - operation.done - operation.passes):
        number = {name: value for value, name in operation.axis.names.items()}.get(status, status)
        item: dict[str, Any] = {}
        *above, last = operation.axis.path.split(".")
        inner = item
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = number
        called, uncalled = (operation.judge(item, called=called) for called in (True, False))
        wrong += [status] * (called is not Verdict.UNDONE or uncalled is Verdict.UNDONE)
    assert wrong == []


STARTING = [case for case in CASES if case.operator in (DtsStartMigrateJobOperator, DtsStartSyncJobOperator)]


@pytest.mark.parametrize("case", STARTING, ids=lambda case: case.action)
def test_a_job_that_fails_after_it_was_started_is_not_told_as_one_that_never_was(case: Case, cloud: Cloud) -> None:
    subject = STAGES_OF_ALL[case.allowed](cloud)
    cloud.emulator.set_speed(0)
    task = Task(case.task(subject, timeout=600))
    deferred = ordered(task)
    (failed,) = (status for status in case.operator.operation.failed if status.lower() == "failed")
    forced(force_status=failed)(cloud, subject.job)
    event, leg = woken(task, deferred)
    assert event["reason"] == "impossible"
    with pytest.raises(Impossible, match=f"has failed or was stopped; {case.action} was accepted before that"):
        leg()
    with pytest.raises(Impossible, match=f"has failed or was stopped; {case.action} was not called"):
        task.clear().run()
    assert len(calls(cloud.emulator, case.action)) == 1


def test_an_order_that_is_ruled_out_after_it_was_accepted_is_told_as_both(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.emulator.set_speed(0)
    task = Task(DtsPauseMigrateJobOperator(task_id="pause", job_id=job, timeout=600))
    deferred = ordered(task)
    forced(force_status="error")(cloud, job)
    _, leg = woken(task, deferred)
    with pytest.raises(Impossible, match="PauseMigrateJob was accepted, but this state rules it out"):
        leg()
