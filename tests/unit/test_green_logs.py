"""What a green task says in its log: each verdict in one line, with what it rests on."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import TaskAwaitingInput

from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.operators.compare import DtsCreateCompareTaskOperator
from tencent_dts.operators.migration import DtsCompleteMigrateJobOperator, DtsIsolateMigrateJobOperator
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tencent_dts.sensors.migration import (
    DtsMigrationCheckPassedSensor,
    DtsMigrationJobReadySensor,
    DtsMigrationJobSucceededSensor,
)
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.cases import CASES, Case
from tests.unit.sensors.case import Case as SensorCase
from tests.unit.sensors.cases import CASES as SENSORS
from tests.unit.stages import SPEED, STAGES, calls, clock_runs, plan

pytestmark = pytest.mark.usefixtures("airflow_connections")
Log = pytest.CaptureFixture[str]


def lines(log: Log, told: str) -> list[str]:
    """The lines of the log so far that match, without the terminal's colours."""
    out, err = log.readouterr()
    return [line for line in re.sub(r"\x1b\[[0-9;]*m", "", out + err).splitlines() if re.search(told, line)]


def test_a_check_that_has_passed_is_told(cloud: Cloud, capfd: Log) -> None:
    job = cloud.checked()
    Task(DtsMigrationCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan())).run()
    assert len(lines(capfd, f"pre-check of {job} has passed; skipped: nothing")) == 1


def test_a_job_that_is_ready_is_told_with_its_lag(cloud: Cloud, capfd: Log) -> None:
    job = cloud.ready()
    Task(DtsMigrationJobReadySensor(task_id="ready", job_id=job)).run()
    assert len(lines(capfd, f"{job}, Status readyComplete, TradeStatus normal, lag 0 MB and 0 s")) == 1


def test_proof_approval_cutover_and_isolation_are_told_with_their_grounds(
    cloud: Cloud, capfd: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.ready()
    compared = Task(DtsCreateCompareTaskOperator(task_id="compare", job_id=job)).run()
    cloud.wait(60)
    evidence = Task(DtsCompareReportSensor(task_id="report", job_id=job, compare_task_id=compared)).run()
    total = evidence["total_tables"]
    at = f"{datetime.fromtimestamp(evidence['compared_at'], UTC):%Y-%m-%d %H:%M:%S} UTC"
    told = f"same by {compared}, {total} of {total} tables compared, 0 skipped, data compared at {at}"
    assert len(lines(capfd, f"proven: {told}")) == 1
    approve = Task(DtsApproveCutoverOperator(task_id="approve", job_id=job, evidence=evidence))
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: None)  # Airflow's database is not there
    with pytest.raises(TaskAwaitingInput):
        approve.operator.execute(approve.context)
    answer: dict[str, Any] = {"chosen_options": ["Approve"], "params_input": {}, "responded_at": datetime.now(UTC)}
    answer |= {"responded_by_user": {"id": "7", "name": "Ada"}, "timedout": False}
    approve.operator.execute_complete(approve.context, answer)
    assert len(lines(capfd, f"cutover of {job} was approved by Ada, for .*{compared}")) == 1
    cloud.emulator.set_speed(SPEED)
    Task(DtsCompleteMigrateJobOperator(task_id="complete", job_id=job, evidence=evidence)).run()
    said = lines(capfd, "CompleteMigrateJob")
    assert len([line for line in said if f"goes out on: {told}; {job}, Status readyComplete" in line]) == 1
    assert "lag 0 MB and 0 s" in said[0]
    Task(DtsMigrationJobSucceededSensor(task_id="succeeded", job_id=job)).run()
    assert len(lines(capfd, f"{job}, Status success")) == 1
    Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
    assert len(lines(capfd, f"IsolateMigrateJob has taken hold: {job}, .*TradeStatus isolated")) == 1


def test_a_cutover_without_evidence_says_so(cloud: Cloud, capfd: Log) -> None:
    job = cloud.ready()
    cloud.emulator.set_speed(SPEED)
    Task(DtsCompleteMigrateJobOperator(task_id="complete", job_id=job, unproven=True)).run()
    assert len(lines(capfd, f"goes out on: no evidence, as was asked for; {job}, Status readyComplete")) == 1


@for_every("case", CASES, ids=lambda case: f"{case.operator.resource.version[:4]} {case.action}", anew="cloud")
def test_each_changing_call_of_every_kind_is_told_once_and_so_is_what_came_of_it(
    case: Case, cloud: Cloud, capfd: Log, caplog: pytest.LogCaptureFixture
) -> None:
    subject = STAGES[case.allowed](cloud)
    before = len(calls(cloud.emulator, case.action))
    caplog.set_level(logging.INFO, "tencent_dts")
    caplog.clear()
    with clock_runs(cloud.emulator):
        Task(case.task(subject)).run()
    sent = len(calls(cloud.emulator, case.action)) - before
    told = [line for line in caplog.messages if line.startswith(f"{case.action} was accepted: ")]
    assert len(told) == sent >= 1
    assert all("RequestId" in line for line in told)
    assert len(lines(capfd, f"{case.action} has taken hold: .*{subject.job}")) == 1


@for_every("case", SENSORS, ids=lambda case: case.sensor.__name__, anew="cloud")
def test_what_a_wait_of_every_kind_came_to_is_told_with_its_job(case: SensorCase, cloud: Cloud, capfd: Log) -> None:
    subject = STAGES[case.reached[0]](cloud)
    Task(case.task(subject)).run()
    assert lines(capfd, subject.job)
