"""How often a call that is refused is sent again, and for which calls that is the rule."""

from __future__ import annotations

import time

import pytest

from tencent_dts.errors import WrongState
from tencent_dts.operators.migration import DtsDestroyMigrateJobOperator, DtsStartMigrateJobOperator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import STAGES, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

REFUSED = "OperationDenied.JobOperationDeniedError"


def start(cloud: Cloud) -> Task:
    return Task(DtsStartMigrateJobOperator(task_id="start", job_id=cloud.checked(), wait="no"))


def test_a_refusal_that_has_passed_in_three_further_sendings_fails_nothing(cloud: Cloud) -> None:
    task = start(cloud)
    cloud.emulator.add_fault({"action": "StartMigrateJob", "code": REFUSED, "times": 3})
    task.run()
    assert [call["code"] for call in cloud.emulator.journal("StartMigrateJob")] == [REFUSED] * 3 + [""]


def test_the_fourth_refusal_in_a_row_is_the_answer(cloud: Cloud) -> None:
    task = start(cloud)
    cloud.emulator.add_fault({"action": "StartMigrateJob", "code": REFUSED})
    with pytest.raises(WrongState, match="StartMigrateJob"):
        task.run()
    assert len(cloud.emulator.journal("StartMigrateJob")) == 4


def test_a_destruction_is_refused_for_minutes_after_the_isolation_and_goes_through(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "300")
    job = STAGES["isolated"](cloud).job
    task = Task(DtsDestroyMigrateJobOperator(task_id="destroy", job_id=job, wait="no"))
    cloud.emulator.add_fault({"action": "DestroyMigrateJob", "code": REFUSED, "times": 30})
    task.run()
    assert len(cloud.emulator.journal("DestroyMigrateJob")) == 31
    assert len(calls(cloud.emulator, "DestroyMigrateJob")) == 1


def test_it_is_not_sent_for_ever(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    job = STAGES["isolated"](cloud).job
    task = Task(DtsDestroyMigrateJobOperator(task_id="destroy", job_id=job, wait="no"))
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "1")
    cloud.emulator.add_fault({"action": "DestroyMigrateJob", "code": REFUSED})
    began = time.monotonic()
    with pytest.raises(WrongState):
        task.run()
    assert time.monotonic() - began >= 1
