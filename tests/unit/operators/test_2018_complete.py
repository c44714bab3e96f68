"""The cutover of a 2018 migration: on the job's own check of its data, and at lag 0 only."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import EvidenceRejected, InvalidInput
from tencent_dts.operators.migration_2018 import DtsCompleteMigrateJob2018Operator
from tencent_dts.tasks.gates.evidence_2018 import Consistent
from tencent_dts.tasks.gates.gate import Call
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import OPTION, Cloud2018
from tests.unit.stages_2018 import TO_THE_INCREMENTAL_STEP, of_2018
from tests.unit.subjects import SPEED, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

COMPLETE = "CompleteMigrateJob"
SAMPLE = {"SelectRowsPerTable": 10, "TablesSelectAll": 20, "TablesSelectCount": 30}
COMPARING = 45  # seconds that the job checks its data for, besides those of its other steps


@pytest.fixture
def old(cloud: Cloud) -> Cloud2018:
    return of_2018(cloud)


def ready(old: Cloud2018, consistency: int, name: str = "orders") -> str:
    """A job that is ready to be completed, with a check of its data of this type."""
    option = OPTION | {"ConsistencyType": consistency, "ConsistencyParams": SAMPLE}
    job = old.in_time(TO_THE_INCREMENTAL_STEP + COMPARING + 20, MigrateOption=option, JobName=name)
    assert old.number(job) == 8
    return job


def cutover(job: str, **changes: Any) -> Task:
    return Task(DtsCompleteMigrateJob2018Operator(task_id="complete", job_id=job, **changes))


@pytest.mark.parametrize("consistency", [2, 3])
def test_data_that_the_job_found_equal_are_proof(consistency: int, old: Cloud2018) -> None:
    job = ready(old, consistency)
    old.emulator.set_speed(SPEED)
    assert cutover(job).run() == {"JobId": job, "Status": "success"}
    assert len(calls(old.emulator, COMPLETE)) == 1


@pytest.mark.parametrize("unproven", [False, True])
@pytest.mark.parametrize("consistency", [2, 3, 4])
def test_a_difference_that_the_job_found_is_never_waived(consistency: int, unproven: bool, old: Cloud2018) -> None:
    job = ready(old, consistency, "rehearse_different")
    task = cutover(job, unproven=unproven)
    for _ in range(2):
        with pytest.raises(EvidenceRejected, match="inconsistent") as raised:
            task.run()
        task.clear()
    assert job in str(raised.value)
    assert "StopMigrateJob" in str(raised.value.next_step)
    assert old.emulator.journal(COMPLETE) == []


@pytest.mark.parametrize(("consistency", "name"), [(1, "notConfigured"), (4, "inconsistentTables"), (5, "noCheck")])
def test_a_job_that_compares_nothing_needs_unproven_spelled_out(consistency: int, name: str, old: Cloud2018) -> None:
    job = ready(old, consistency)
    with pytest.raises(EvidenceRejected, match=name) as raised:
        cutover(job).run()
    assert "unproven=True" in str(raised.value)
    assert old.emulator.journal(COMPLETE) == []
    old.emulator.set_speed(SPEED)
    assert cutover(job, unproven="True").run()["Status"] == "success"


@pytest.mark.parametrize("unproven", [False, "False", " false "])
def test_nothing_but_true_is_taken_for_unproven(unproven: Any, old: Cloud2018) -> None:
    with pytest.raises(EvidenceRejected):
        cutover(ready(old, 5), unproven=unproven).run()


@pytest.mark.parametrize("unproven", [None, "", "yes", 1])
def test_what_is_neither_yes_nor_no_is_refused(unproven: Any, old: Cloud2018) -> None:
    with pytest.raises(InvalidInput, match="unproven"):
        cutover(ready(old, 5), unproven=unproven).run()


def judged(item: dict[str, Any]) -> Watch | None:
    """What the gate of the job's own check says to a job."""
    return Consistent().admit(Call(cutover(item["JobId"]).operator, None, None), item)  # type: ignore[arg-type]  # neither is asked


def test_a_difference_told_by_the_job_s_errors_alone_counts(old: Cloud2018) -> None:
    item = old.item(ready(old, 2))
    item["ErrorInfo"] = [{"ErrorLog": "The data of source and target are inconsistent.", "HelpDoc": ""}]
    with pytest.raises(EvidenceRejected, match="inconsistent"):
        judged(item)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "not reported"),
        ([{"StepId": "loader", "Status": 1}], "not reported"),
        ([{"StepId": "consistency", "Status": 7}], "is 7"),
        ([{"StepId": "loader", "Status": 2}, {"StepId": "consistency", "Status": 1}], "a step of its run has failed"),
    ],
)
def test_a_check_that_cannot_be_seen_to_have_ended_well_is_no_proof(
    steps: list[dict[str, Any]], said: str, old: Cloud2018
) -> None:
    item = old.item(ready(old, 2))
    item["Detail"]["StepInfo"] = steps
    with pytest.raises(EvidenceRejected, match=said):
        judged(item)


@pytest.mark.parametrize("status", [0, 3, 4])
def test_a_check_that_has_not_ended_is_waited_for(status: int, old: Cloud2018) -> None:
    item = old.item(ready(old, 2))
    item["Detail"]["StepInfo"] = [{"StepId": "consistency", "Status": status}]
    watch = judged(item)
    assert watch is not None
    assert watch.goal == "data checked by the job (2018)"


def test_a_lag_that_is_not_0_is_waited_for(old: Cloud2018) -> None:
    job = old.begun(TO_THE_INCREMENTAL_STEP + COMPARING, MigrateOption=OPTION | {"ConsistencyType": 2})
    old.emulator.seed({"match": {"JobId": job}, "force_status": "readyComplete"})
    assert old.item(job)["Detail"]["SecondsBehindMaster"] > 0
    task = cutover(job)
    with pytest.raises(TaskDeferred) as deferred:
        task.operator.execute(task.context)
    assert deferred.value.trigger.watch["goal"] == "ready to complete (2018)"
    assert old.emulator.journal(COMPLETE) == []
    old.emulator.set_speed(SPEED)
    assert task.run()["Status"] == "success"


def test_a_job_that_is_cut_over_already_needs_no_proof(old: Cloud2018) -> None:
    job = old.then(ready(old, 5), COMPLETE, 10)
    assert cutover(job).run()["Status"] == "success"
    assert len(calls(old.emulator, COMPLETE)) == 1


def test_the_mode_is_sent_where_one_is_asked_for(old: Cloud2018) -> None:
    job = ready(old, 2)
    old.emulator.set_speed(SPEED)
    cutover(job, complete_mode="waitForSync").run()
    (call,) = calls(old.emulator, COMPLETE)
    assert call["parameters"]["CompleteMode"] == "waitForSync"
