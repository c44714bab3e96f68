"""An outage of DTS, or a trigger that breaks, ends no wait before its deadline, and is never taken for a success."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, TaskDeferred

from tencent_dts import errors
from tencent_dts.api.client import DtsClient
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import (
    DtsCompleteMigrateJobOperator,
    DtsDescribeMigrationJobsOperator,
    DtsStartMigrateJobOperator,
    DtsStopMigrateJobOperator,
)
from tencent_dts.operators.sync import DtsStopSyncJobOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.triggers.pause import DtsPauseTrigger
from tests.drive import Task, first_event, rebuilt
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.cases import CASES, Case
from tests.unit.operators.test_judged_item import migration_proof, sync_proof
from tests.unit.operators.test_purchase import purchase
from tests.unit.sensors.case import Case as SensorCase
from tests.unit.sensors.cases import CASES as SENSORS
from tests.unit.stages import STAGES, clock_runs

pytestmark = pytest.mark.usefixtures("airflow_connections")

OUTAGES: dict[str, dict[str, Any]] = {
    "throttled": {"code": "RequestLimitExceeded"},
    "an internal error": {"code": "InternalError.UnknownError"},
    "a gateway's page": {"status": 502},
    "no answer": {"drop": "before"},
}
LONGER_THAN_A_LEG = 6
# One operator and one sensor of each kind of job.
OPERATORS = list({case.operator.operation.resource.job.listing: case for case in CASES}.values())
RENAMES = [case for case in CASES if case.action in ("ModifyMigrateName", "ModifySubscribeName")]
ONE_SENSOR = list({case.sensor.goal.resource.job.listing: case for case in SENSORS}.values())


@pytest.fixture(autouse=True)
def _a_leg_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "0.2")


@dataclass(frozen=True)
class Proven:
    """A task that waits for its job, and reads something else as well.

    :param made: makes the job, and the task's arguments.
    :param unread: the action that is not answered.
    """

    operator: type[Any]
    made: Callable[[Cloud], dict[str, Any]]
    unread: str

    def task(self, cloud: Cloud, **changes: Any) -> Task:
        return Task(self.operator(task_id="task", **self.made(cloud), **changes))


def migration(cloud: Cloud) -> dict[str, Any]:
    job = cloud.ready()
    return {"job_id": job, "evidence": migration_proof(cloud, job)}


def sync(cloud: Cloud) -> dict[str, Any]:
    person = SyncCloud(cloud.emulator)
    job = person.syncing()
    return {"job_id": job, "evidence": sync_proof(person, job), "caught_up": True}


def compared(cloud: Cloud) -> dict[str, Any]:
    job = cloud.ready()
    task = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
    cloud.wait(60)
    return {"job_id": job, "compare_task_id": task}


PROVEN = [
    Proven(DtsCompleteMigrateJobOperator, migration, "DescribeCompareTasks"),
    Proven(DtsStopSyncJobOperator, sync, "DescribeSyncCompareTasks"),
    Proven(DtsCompareReportSensor, compared, "DescribeCompareReport"),
]


def without(action: str) -> Any:
    """A client whose calls of one action have found no answer for as long as they may be tried."""
    really = DtsClient.call

    async def call(client: DtsClient, asked: str, *given: Any, **named: Any) -> Any:
        if asked == action:
            raise errors.OutcomeUnknown("ServerNetworkError", "no answer", action=action)
        return await really(client, asked, *given, **named)

    return call


def test_there_is_one_of_each_kind() -> None:
    assert len(OPERATORS) == len(ONE_SENSOR) == 4


@pytest.mark.parametrize("wait", ["defer", "sync"])
@pytest.mark.parametrize("case", OPERATORS, ids=lambda case: case.action)
def test_an_operator_outlasts_what_keeps_it_from_reading(case: Case, wait: str, cloud: Cloud) -> None:
    task = Task(case.task(STAGES[case.allowed](cloud), wait=wait))
    cloud.emulator.add_fault({"action": task.operator.resource.read, "status": 502, "times": LONGER_THAN_A_LEG})
    with clock_runs(cloud.emulator):
        result = task.run()
    assert result[case.axis] in case.ends
    assert (task.deferrals > 0) is (wait == "defer")
    assert task.ti.try_number == 1


@pytest.mark.parametrize("case", RENAMES, ids=lambda case: case.action)
def test_a_new_name_can_wait_for_the_job_that_it_begins_like(case: Case, cloud: Cloud) -> None:
    """The hash that the name begins with is the job's; while that cannot be read, nothing tells the whole name."""
    task = Task(case.task(STAGES[case.allowed](cloud)))
    cloud.emulator.add_fault({"action": task.operator.resource.read, "status": 502, "times": LONGER_THAN_A_LEG})
    with clock_runs(cloud.emulator):
        assert task.run()[case.axis] in case.ends
    assert task.deferrals > 0


@pytest.mark.parametrize("case", RENAMES, ids=lambda case: case.action)
def test_a_name_that_was_sent_and_is_not_known_any_more_is_not_waited_for(case: Case, cloud: Cloud) -> None:
    operator = case.task(STAGES[case.allowed](cloud))
    assert operator.watch_for({"called": False}) is not None
    assert operator.watch_for({"called": True}) is None
    with clock_runs(cloud.emulator):
        Task(operator).run()
    assert operator.watch_for({"called": True}) is not None, "this leg has read the job, and knows the name"


@pytest.mark.parametrize("case", RENAMES, ids=lambda case: case.action)
def test_that_it_was_sent_goes_along_while_nothing_can_be_read(case: Case, cloud: Cloud) -> None:
    """Otherwise it would be sent again where another hand has named the job meanwhile."""
    task = Task(case.task(STAGES[case.allowed](cloud)))
    cloud.emulator.add_fault({"action": task.operator.resource.read, "status": 502})
    with pytest.raises(TaskDeferred) as waits:
        task.operator.resume(task.context, {"reason": "deadline", "called": True, "held": False})
    assert isinstance(waits.value.trigger, DtsPauseTrigger)
    event = asyncio.run(first_event(rebuilt(DtsPauseTrigger(0, called=waits.value.trigger.called))))
    assert event == {"called": True}
    assert task.operator.memory_of(task.context).was_called(), "its trigger may break, too"
    assert task.retry().operator.memory_of(task.context).was_called(), "an automatic retry is nobody's word"
    assert not task.clear().operator.memory_of(task.context).was_called(), "a clear is"


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("case", ONE_SENSOR, ids=lambda case: case.sensor.__name__)
def test_a_sensor_outlasts_every_outage(case: SensorCase, outage: str, cloud: Cloud) -> None:
    task = Task(case.task(STAGES[case.soon](cloud)))
    read = task.operator.resource.read
    cloud.emulator.add_fault({"action": read, "times": LONGER_THAN_A_LEG, **OUTAGES[outage]})
    assert task.run()
    assert task.deferrals > 0


def test_a_changing_call_that_is_throttled_for_long_is_waited_out(cloud: Cloud) -> None:
    job = STAGES["checkPass"](cloud)
    cloud.emulator.add_fault({"action": "StartMigrateJob", "code": "RequestLimitExceeded", "times": 4})
    task = Task(DtsStartMigrateJobOperator(task_id="start", **job.arguments()))
    with clock_runs(cloud.emulator):
        assert task.run()["Status"] in ("readyRun", "running", "readyComplete")
    assert task.ti.try_number == 1


@pytest.mark.parametrize("case", PROVEN, ids=lambda case: case.operator.__name__)
def test_what_the_trigger_sees_and_the_task_cannot_read_does_not_hold_a_worker(
    case: Proven, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job alone can be read, and says that it is time: woken again and again, each leg would try for minutes."""
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "100")
    task = case.task(cloud)
    monkeypatch.setattr(DtsClient, "call", without(case.unread))
    with pytest.raises(TaskDeferred) as first:
        task.operator.execute(task.context)
    watch = first.value.trigger.watch
    assert watch["rests"] == 0, "it is not known yet whether the trigger sees more"
    with pytest.raises(TaskDeferred) as second:
        task.operator.resume(task.context, {"reason": "done", "called": False, "held": True})
    again = second.value.trigger.watch
    assert 90 <= again["rests"] <= 110
    assert {**again, "rests": 0.0} == watch


def test_no_rest_goes_beyond_the_deadline(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "100")
    task = PROVEN[0].task(cloud, timeout=50)
    monkeypatch.setattr(DtsClient, "call", without(PROVEN[0].unread))
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.resume(task.context, {"reason": "done", "called": False, "held": True})
    assert deferred.value.trigger.watch["rests"] <= 50


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("wait", ["defer", "sync"])
def test_an_outage_without_end_ends_at_the_deadline_and_for_good(wait: Any, cloud: Cloud) -> None:
    job = STAGES["running"](cloud)
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "status": 502})
    task = Task(DtsMigrationJobReadySensor(task_id="ready", **job.arguments(), wait=wait, timeout=1))
    with pytest.raises(errors.DeadlinePassed, match=r"state: not known \(ServerNetworkError\)") as raised:
        task.run()
    assert isinstance(raised.value, AirflowFailException)
    assert str(raised.value.cause).startswith("Describe")
    assert "connection `tencentcloud_default` leads to the right endpoint" in str(raised.value.next_step)


def test_what_does_not_wait_fails_and_is_tried_again_by_airflow(cloud: Cloud) -> None:
    job = STAGES["running"](cloud)
    cloud.emulator.add_fault({"action": "*", "status": 502})
    for operator in (
        DtsStopMigrateJobOperator(task_id="stop", **job.arguments(), wait="no"),
        DtsDescribeMigrationJobsOperator(task_id="list"),
    ):
        with pytest.raises(errors.OutcomeUnknown) as raised:
            Task(operator).run()
        assert not isinstance(raised.value, AirflowFailException)


def test_a_purchase_that_is_throttled_for_long_fails(cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": "CreateMigrationService", "code": "RequestLimitExceeded"})
    with pytest.raises(errors.Throttled):
        Task(purchase()).run()
    assert cloud.emulator.jobs() == []


def test_a_changing_call_whose_outcome_is_not_known_fails(cloud: Cloud) -> None:
    job = STAGES["running"](cloud)
    cloud.emulator.add_fault({"action": "StopMigrateJob", "code": "InternalError.UnknownError"})
    with pytest.raises(errors.Unavailable):
        Task(DtsStopMigrateJobOperator(task_id="stop", **job.arguments())).run()


class Broken:
    """A sensor whose triggers break, as the scheduler tells its task."""

    def __init__(self, cloud: Cloud, **arguments: Any) -> None:
        job = STAGES["running"](cloud)
        self.task = Task(DtsMigrationJobReadySensor(task_id="ready", **job.arguments(), poll_interval=8, **arguments))

    def breaks(self) -> float:
        """Seconds until the task comes back; 0 where it has deferred again at once."""
        error = {"error": "Trigger failure", "traceback": []}
        try:
            self.task.operator.resume_execution(TRIGGER_FAIL_REPR, error, self.task.context)
        except TaskDeferred:
            return 0.0
        except AirflowRescheduleException as pause:
            seconds: float = (pause.reschedule_date - datetime.now(UTC)).total_seconds()
            return round(seconds)
        raise AssertionError("it neither waits nor comes back")


def test_a_trigger_that_always_breaks_is_waited_for_longer_each_time_and_counted(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Broken(cloud)
    assert [broken.breaks() for _ in range(9)] == [0, 8, 16, 32, 64, 128, 256, 512, 600]
    assert "9 in a row" in capsys.readouterr().out


def test_after_a_pause_the_task_looks_at_the_job_and_defers_again(cloud: Cloud) -> None:
    broken = Broken(cloud)
    broken.breaks()
    assert broken.breaks() == 8
    with pytest.raises(TaskDeferred):  # Airflow comes back to execute()
        broken.task.operator.execute(broken.task.context)


def test_a_trigger_that_did_its_work_or_another_try_begins_the_count_again(cloud: Cloud) -> None:
    broken = Broken(cloud)
    assert [broken.breaks(), broken.breaks()] == [0, 8]
    with pytest.raises(TaskDeferred):
        broken.task.operator.resume(broken.task.context, {"reason": "done", "called": False, "held": False})
    assert [broken.breaks(), broken.breaks()] == [0, 8]
    broken.task.retry()
    assert [broken.breaks(), broken.breaks()] == [0, 8]


def test_no_pause_goes_beyond_the_deadline_which_still_ends_the_wait(cloud: Cloud) -> None:
    broken = Broken(cloud, timeout=100)
    assert [broken.breaks() for _ in range(5)][-1] == 64
    assert broken.breaks() <= 100
    kept = broken.task.store.values
    (name,) = [key for key in kept if key.endswith("/deadline")]
    kept[name]["at"] -= 200
    with pytest.raises(errors.DeadlinePassed):
        broken.breaks()
