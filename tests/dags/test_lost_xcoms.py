"""A lost part of the plan is told as one, with the job's bill; clearing the task that made it brings it back."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from airflow.models.xcom import XComModel
from airflow.sdk import DAG, task
from airflow.utils.session import create_session
from sqlalchemy import delete

from tencent_dts.errors import InvalidInput
from tencent_dts.operators.migration import DtsStartMigrateJobOperator
from tests.dag_runs import LocalRun
from tests.dags.migrations import assert_green, databases, migrate_dag, orders
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def lose(run: LocalRun, task_id: str, *keys: str) -> None:
    """Somebody deletes XComs of a task."""
    mine = (XComModel.run_id == run.run_id, XComModel.task_id == task_id, XComModel.key.in_(keys))
    with create_session() as session:
        session.execute(delete(XComModel).where(*mine))


READ = "Status readyComplete, TradeStatus normal; about"
LOST = "not known (which connection reads it is lost, too); look at dts-"


@pytest.mark.parametrize(
    ("keys", "bill"), [(["region"], READ), (["tencentcloud_conn_id", "region", "report_deadline"], LOST)], ids=str
)
def test_a_lost_part_of_the_plan_is_told_with_the_bill_and_comes_back(
    keys: list[str], bill: str, dts_emulator: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    run = LocalRun(migrate_dag(), databases("rehearse_different"))
    assert run.red() == ["report"]
    before = orders(dts_emulator)
    lose(run, "plan", *keys)
    capfd.readouterr()
    run.clear("report")
    assert run.red() == ["report"]
    problem = run.problem("report")
    assert isinstance(problem, InvalidInput)
    told = run.error("report")
    assert f"XCom {keys[0]}: the output of `plan` is gone" in told  # the first one that the task reads
    assert "clearing this task: reads again what the tasks before it have returned" in told
    assert "next step: Clear `plan` alone" in told
    assert f"\n  job: {run.xcom('purchase')}\n" in told
    assert f"\n  bill: {bill}" in told
    assert orders(dts_emulator) == before
    assert run.xcom("report", "next_step") == problem.next_step
    assert problem.__cause__ is problem.__context__ is None
    ours = [frame.name for frame in traceback.extract_tb(problem.__traceback__) if "tencent_dts" in frame.filename]
    assert set(ours) <= {"render_template_fields", "_do_render_template_fields", "_refuse_lost"}
    assert "Exception rendering Jinja template" not in "".join(capfd.readouterr())
    run.clear("plan", downstream=False)
    assert_green(run.clear("report"), dts_emulator)


def test_a_task_that_knows_no_job_says_that_its_run_may_have_one(dts_emulator: Any) -> None:
    @task
    def first() -> None:
        """Returns nothing."""

    with DAG("lost", schedule=None) as dag:
        lost = first()
        DtsStartMigrateJobOperator(task_id="start", job_id=lost["job"])  # type: ignore[index]  # an XComArg
    run = LocalRun(dag)
    assert run.red() == ["start"]
    assert "XCom job: the output of `first` is gone" in run.error("start")
    assert "bill: not known: what the run has bought costs, or holds a fee" in run.error("start")
    assert dts_emulator.journal() == []


def test_a_mapped_task_says_the_same_and_reads_the_bill_of_its_own_job(dts_emulator: Any) -> None:
    @task
    def first() -> None:
        """Returns nothing."""

    job = Cloud(dts_emulator).ready()
    with DAG("lost_and_mapped", schedule=None) as dag:
        lost = first()
        DtsStartMigrateJobOperator.partial(task_id="start", region=lost["place"]).expand(job_id=[job])  # type: ignore[index]  # an XComArg
    before = orders(dts_emulator)
    run = LocalRun(dag)
    assert run.red() == ["start[0]"]
    assert "XCom place: the output of `first` is gone" in run.error("start")
    assert f"\n  job: {job}\n  bill: {READ}" in run.error("start")
    assert orders(dts_emulator) == before
