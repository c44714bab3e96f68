"""Every red task of a run that has a job says whether that costs, or why it is not known and where to look."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG

from tencent_dts.errors import Denied, DtsProblem, IdentityConflict, InvalidInput, JobFailed
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.operators.migration import DtsStartMigrateJobOperator
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.tasks.asking import ApprovalRefused
from tencent_dts.tasks.bills import shown_bill
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE, Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.cases import CASES, Case
from tests.unit.stages import STAGES

pytestmark = pytest.mark.usefixtures("airflow_connections")
HELD = "one hour's fee is held until the job is isolated"
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


def red(leg: Any) -> DtsProblem:
    with pytest.raises(DtsProblem) as raised:
        leg()
    assert f"bill: {raised.value.bill}" in raised.value.render()
    return raised.value


def purchase(**changes: Any) -> Task:
    given = {
        "src_database_type": PURCHASE["SrcDatabaseType"],
        "dst_database_type": PURCHASE["DstDatabaseType"],
        "src_region": PURCHASE["SrcRegion"],
        "dst_region": PURCHASE["DstRegion"],
        "instance_class": PURCHASE["InstanceClass"],
    }
    return Task(DtsCreateMigrationServiceOperator(task_id="purchase", **{**given, **changes}))


def approve(job: str) -> Task:
    return Task(
        DtsApproveCutoverOperator(task_id="approve", job_id=job, evidence={"job_id": job, "conclusion": "same"})
    )


def denied(cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": "*", "code": "UnauthorizedOperation"})


def test_a_job_that_is_not_billed_yet_holds_a_fee(cloud: Cloud) -> None:
    job = cloud.buy()
    bill = str(red(Task(DtsStartMigrateJobOperator(task_id="start", job_id=job)).run).bill)
    assert "not billed yet" in bill
    assert HELD in bill


def test_a_connection_removed_in_mid_run_leaves_the_bill_unknown_and_says_where_to_look(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.buy()
    monkeypatch.delenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT")
    for task in (Task(DtsStartMigrateJobOperator(task_id="start", job_id=job)), approve(job)):
        problem = red(task.run)
        assert isinstance(problem, InvalidInput)
        assert "not known (connection tencentcloud_default" in str(problem.bill)
        assert f"look at {job} in the console" in str(problem.bill)


def test_a_purchase_that_is_denied_after_it_has_bought_tells_of_its_job(cloud: Cloud) -> None:
    task = purchase()
    job = task.run()
    denied(cloud)
    problem = red(task.clear().run)
    assert isinstance(problem, Denied)
    assert job in str(problem.bill)
    assert "not known" in str(problem.bill)


@pytest.mark.parametrize("buyer", BY_THE_HOUR.values(), ids=list(BY_THE_HOUR))
def test_a_purchase_whose_search_is_denied_tells_of_the_job_that_it_remembers(buyer: Buyer, cloud: Cloud) -> None:
    """The request that is denied names none."""
    task = Task(buyer.task())
    job = task.run()
    cloud.emulator.add_fault({"action": buyer.listing, "code": "UnauthorizedOperation"})
    problem = red(task.clear().run)
    assert isinstance(problem, Denied)
    assert problem.job_id == job
    assert problem.bill


def test_a_purchase_that_is_denied_before_it_has_bought_has_nothing_to_tell(cloud: Cloud) -> None:
    denied(cloud)
    with pytest.raises(Denied) as raised:
        purchase().run()
    assert raised.value.bill is None


def test_a_job_that_may_not_be_adopted_has_its_bill_told(cloud: Cloud) -> None:
    job = cloud.buy(
        Tags=[{"TagKey": "airflow-deployment", "TagValue": "other"}, {"TagKey": "airflow-owner", "TagValue": "x"}]
    )
    problem = red(purchase(existing_job_id=job).run)
    assert isinstance(problem, IdentityConflict)
    assert HELD in str(problem.bill)


def test_an_approval_that_is_denied_or_rejected_has_the_bill_told(cloud: Cloud) -> None:
    job = cloud.ready()
    task = approve(job)
    event: dict[str, Any] = {
        "chosen_options": ["Reject"],
        "responded_by_user": {"id": "7", "name": "Ada"},
        "timedout": False,
    }
    problem = red(
        lambda: task.operator.execute_complete(task.context, {**event, "params_input": {}, "responded_at": NOW})
    )
    assert isinstance(problem, ApprovalRefused)
    assert "and counting" in str(problem.bill)
    denied(cloud)
    problem = red(approve(job).run)
    assert isinstance(problem, Denied)
    assert "not known" in str(problem.bill)


def test_a_verdict_that_stands_has_its_bill_told_again(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.call("StopMigrateJob", JobId=job)
    cloud.wait(60)
    task = Task(DtsMigrationJobReadySensor(task_id="ready", job_id=job))
    for problem in (red(task.run), red(task.retry().run)):
        assert isinstance(problem, JobFailed)
        assert HELD in str(problem.bill)


def test_a_plan_of_a_cleared_run_tells_of_the_job_that_the_run_has(cloud: Cloud) -> None:
    with DAG("dag", schedule=None):
        plan = DtsPlanMigrationOperator(task_id="plan", request={"instance_class": "huge"})
        start = DtsStartMigrateJobOperator(task_id="start", job_id="dts-00000000")
        plan >> start
    job, task = cloud.buy(), Task(plan)
    with pytest.raises(InvalidInput) as raised:
        task.run()
    assert raised.value.bill is None
    task.ti.returned["start/job_id"] = job
    problem = red(task.clear().run)
    assert (problem.job_id, HELD in str(problem.bill)) == (job, True)


def test_a_bill_is_looked_at_where_the_job_was_bought(cloud: Cloud) -> None:
    """The task that fails may act in another region by now."""
    with DAG("dag", schedule=None):
        plan = DtsPlanMigrationOperator(task_id="plan", request={"instance_class": "huge"})
        plan >> DtsStartMigrateJobOperator(task_id="start", job_id="dts-00000000")
    bought = purchase(region="ap-shanghai", dst_region="ap-shanghai")
    job, task = bought.run(), Task(plan)
    task.ti.returned["start/job_id"] = job
    problem = red(task.run)
    assert (problem.job_id, HELD in str(problem.bill)) == (job, True)


def test_whether_it_costs_is_decided_by_what_the_job_tells() -> None:
    item: dict[str, Any] = {"JobId": "dts-1", "Status": "readyComplete", "TradeInfo": {"TradeStatus": "normal"}}
    assert "not billed yet" in shown_bill(MIGRATION_JOB, item, NOW)
    item["StepInfo"] = {"StepInfo": [{"StepId": "sinker", "StartTime": "2026-12-01 08:00:00"}]}
    assert "about 2.00 h" in shown_bill(MIGRATION_JOB, item, NOW)
    assert shown_bill(MIGRATION_JOB, {**item, "TradeInfo": {"TradeStatus": "isolated"}}, NOW).startswith("ended")
    assert json.dumps(shown_bill(MIGRATION_JOB, None, NOW)) == '"ended (gone)"'


@for_every("case", CASES, ids=lambda case: f"{case.operator.resource.version[:4]} {case.action}", anew="cloud")
def test_a_refused_call_of_every_kind_has_the_bill_told(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    cloud.emulator.add_fault({"action": case.action, "code": "UnauthorizedOperation"})
    problem = red(Task(case.task(subject)).run)
    assert isinstance(problem, Denied)
    assert problem.bill
    assert "not known" not in problem.bill
    kind = case.operator.resource.job
    costs = "none; a migration job of 2018 costs nothing" if kind.bill is None else kind.bill.name
    assert costs in problem.bill
