"""The ready sensor: lag 0, held; resumed by a clear, but never for Redis."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.engine.memory import Memory
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import DeadlinePassed, JobFailed, Permanent
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.operators.migration import DtsResumeMigrateJobOperator
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.tasks import base
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import SPEED, STAGES, calls, plan, seeded

pytestmark = pytest.mark.usefixtures("airflow_connections")


def sensor(job: str, **changes: Any) -> Task:
    return Task(DtsMigrationJobReadySensor(task_id="ready", job_id=job, **changes))


def test_lag_that_drains_is_waited_for(cloud: Cloud) -> None:
    job = cloud.incremental()
    cloud.wait(16)
    assert cloud.status(job) == "readyComplete"
    task = sensor(job)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)
    cloud.wait(20)
    assert task.run()["Status"] == "readyComplete"


def test_unknown_lag_is_not_zero(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large")  # no lag is told while it is resized
    assert cloud.detail(job)["StepInfo"]["MasterSlaveDistance"] == -1
    task = sensor(job)
    with pytest.raises(TaskDeferred):
        task.operator.execute(task.context)


def test_lag_zero_must_hold(cloud: Cloud) -> None:
    job = cloud.ready()
    began = time.time()
    task = sensor(job, hold_seconds=1)
    assert task.run()["Status"] == "readyComplete"
    assert time.time() - began >= 1
    assert task.deferrals == 1


def test_a_hold_given_as_text_by_a_template_counts(cloud: Cloud) -> None:
    assert sensor(cloud.ready(), hold_seconds="0").run()["Status"] == "readyComplete"


@pytest.mark.parametrize("status", ["error", "resumableErr"])
def test_an_error_is_resumed_by_a_clear(status: str, cloud: Cloud) -> None:
    job = seeded(cloud, cloud.ready(), {"force_status": status})
    task = sensor(job)
    with pytest.raises(JobFailed, match="clear this task") as raised:
        task.run()
    assert "long query" in str(raised.value)
    cloud.emulator.set_speed(SPEED)
    assert task.clear().run()["Status"] == "readyComplete"
    (call,) = calls(cloud.emulator, "ResumeMigrateJob")
    assert call["parameters"]["ResumeOption"] == "normal"


def test_an_error_is_not_resumed_by_an_automatic_retry(cloud: Cloud) -> None:
    task = sensor(STAGES["error"](cloud).job)
    for _ in range(2):
        with pytest.raises(JobFailed):
            task.retry().run()
    assert cloud.emulator.journal("ResumeMigrateJob") == []


def test_an_error_that_comes_back_is_red_again(cloud: Cloud) -> None:
    job = cloud.incremental()
    seeded(cloud, job, {"fail_at": "incremental", "status": "error"})
    seeded(cloud, job, {"force_status": "error"})
    task = sensor(job)
    cloud.emulator.set_speed(SPEED)
    for _ in range(2):
        with pytest.raises(JobFailed, match="error"):
            task.clear().run()
    assert task.clear().run()["Status"] == "readyComplete"


def test_a_resume_that_ends_in_failure_names_the_way_on(cloud: Cloud) -> None:
    job = cloud.incremental(purchase={"JobName": "rehearse_error_always"})
    cloud.wait(10)
    task = sensor(job)
    with pytest.raises(JobFailed, match="error"):
        task.run()
    cloud.emulator.set_speed(SPEED)
    with pytest.raises(Permanent, match="Clear `purchase`"):
        task.clear().run()


def test_a_redis_job_is_not_resumed_by_itself(cloud: Cloud) -> None:
    job = seeded(cloud, cloud.ready("redis"), {"force_status": "error"})
    task = sensor(job)
    for _ in range(3):
        with pytest.raises(JobFailed, match="clearData or overwrite"):
            task.clear().run()
    assert cloud.emulator.journal("ResumeMigrateJob") == []
    cloud.emulator.set_speed(SPEED)
    resume = DtsResumeMigrateJobOperator(task_id="resume", job_id=job, resume_option="overwrite")
    Task(resume).run()
    assert task.clear().run()["Status"] == "readyComplete"


def test_a_failed_redis_job_can_be_resumed_by_the_operator(cloud: Cloud) -> None:
    job = STAGES["failed, of Redis"](cloud).job
    cloud.emulator.set_speed(SPEED)
    result = Task(DtsResumeMigrateJobOperator(task_id="resume", job_id=job, resume_option="clearData")).run()
    assert result["Status"] in ("running", "readyComplete")


@pytest.mark.parametrize("kind", ["full", "structure"])
def test_a_migration_that_ends_by_itself_is_waited_for_until_it_has_succeeded(kind: str, cloud: Cloud) -> None:
    job = cloud.started(MigrateOption={"MigrateType": kind, "DatabaseTable": plan()["objects"]})
    cloud.emulator.set_speed(SPEED)
    assert sensor(job).run()["Status"] == "success"


class TestDeadline:
    """A wait ends; the job is left as it is."""

    def test_it_names_state_and_next_step(self, cloud: Cloud) -> None:
        job = cloud.dumping()
        with pytest.raises(DeadlinePassed, match="ready to complete") as raised:
            sensor(job, timeout=0.3).run()
        assert "running" in (raised.value.state or "")
        assert raised.value.next_step
        assert cloud.status(job) == "running"

    def test_it_is_absolute_over_all_legs_of_a_try(self, cloud: Cloud) -> None:
        task = sensor(cloud.dumping(), timeout=30)
        deadlines = []
        for leg in (task.operator.execute, lambda context: task.operator.resume(context, {"reason": "unknown"})):
            with pytest.raises(TaskDeferred) as deferred:
                leg(task.context)
            deadlines.append(deferred.value.trigger.deadline)
        assert deadlines[0] == deadlines[1]

    def test_a_clear_waits_as_long_again(self, cloud: Cloud) -> None:
        job = cloud.dumping()
        task = sensor(job, timeout=0.2)
        with pytest.raises(DeadlinePassed):
            task.run()
        task.clear().operator.timeout = 30
        before = time.time()
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.execute(task.context)
        assert before + 30 <= deferred.value.trigger.deadline <= time.time() + 30
        cloud.emulator.set_speed(SPEED)
        assert task.run()["Status"] == "readyComplete"

    @pytest.mark.parametrize("left", [900, 100, -50])
    def test_airflow_takes_a_trigger_that_hangs_away_five_minutes_after_it(self, left: int, cloud: Cloud) -> None:
        job = cloud.dumping()
        task = sensor(job, timeout=900)
        with pytest.raises(TaskDeferred) as first:
            task.operator.execute(task.context)
        assert first.value.timeout is not None
        assert first.value.timeout.total_seconds() == pytest.approx(900 + 300, abs=60)
        watch, memory = Watch(**first.value.trigger.watch), Memory(task.context, job)
        memory.set("deadline", {"try": task.ti.try_number, "at": time.time() + left})
        with pytest.raises(TaskDeferred) as later:
            base._defer(task.operator, watch, DtsHook().resolve(), memory)
        assert later.value.timeout is not None
        assert later.value.timeout.total_seconds() == pytest.approx(max(left, 0) + 300, abs=60)

    def test_it_bounds_waiting_on_the_worker_too(self, cloud: Cloud) -> None:
        with pytest.raises(DeadlinePassed):
            sensor(cloud.dumping(), timeout=0.3, wait="sync").run()

    @pytest.mark.parametrize("value", ["soon", "0", -1])
    def test_one_that_is_no_time_is_refused(self, value: Any, cloud: Cloud) -> None:
        with pytest.raises(ValueError, match="timeout"):
            sensor(cloud.dumping(), timeout=value).run()

    def test_the_trigger_wakes_the_task_at_it_even_while_dts_is_down(self, cloud: Cloud) -> None:
        job = cloud.dumping()
        task = sensor(job, timeout=0.5)
        with pytest.raises(TaskDeferred):
            task.operator.execute(task.context)
        cloud.emulator.add_fault(
            {"action": "DescribeMigrationDetail", "code": "InternalError.UnknownError", "times": 2}
        )
        with pytest.raises(DeadlinePassed):
            task.run()


class TestBrokenTrigger:
    """A trigger that broke says nothing of the job."""

    def test_the_job_is_read_again_and_waited_for(self, cloud: Cloud) -> None:
        job = cloud.dumping()
        task = sensor(job)
        failed = {"error": "TriggerFailure", "traceback": ["a traceback"]}
        with pytest.raises(TaskDeferred) as deferred:
            task.operator.resume_execution("__fail__", failed, task.context)
        assert deferred.value.trigger.watch["ids"] == {"JobId": job}

    def test_what_was_reached_meanwhile_is_success(self, cloud: Cloud) -> None:
        task = sensor(cloud.ready())
        failed = {"error": "Trigger timeout", "traceback": None}
        assert task.operator.resume_execution("__fail__", failed, task.context)["Status"] == "readyComplete"
