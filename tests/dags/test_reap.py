"""Whole runs of dts_reap beside a run that ended red: its job is found, ended when told to, and never bought again."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.sdk import DAG, task, task_group
from airflow.sdk.exceptions import AirflowFailException
from airflow.utils.session import create_session
from sqlalchemy import delete

from scripts.local import ROOT
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.reap import DtsReapOrphansOperator
from tests.dag_runs import LocalRun
from tests.dags.migrations import orders, states

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


ORDER = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
}


def red_run() -> LocalRun:
    """A run that has bought a job and failed after that."""

    @task
    def broken() -> None:
        raise AirflowFailException("somebody must mend this")

    with DAG("own", schedule=None, catchup=False) as dag:
        DtsCreateMigrationServiceOperator(task_id="purchase", **ORDER) >> broken()
    run = LocalRun(dag)
    assert run.red() == ["broken"]
    return run


def reaping(**given: Any) -> LocalRun:
    """A run of the same task in a DAG without a form, which Airflow serializes much faster."""
    with DAG("quick_reap", schedule=None) as dag:
        DtsReapOrphansOperator(task_id="reap", **given)
    return LocalRun(dag)


def by_its_form(**conf: Any) -> LocalRun:
    return LocalRun(runpy.run_path(str(ROOT / "dags" / "dts_reap.py"))["dag"], conf)


def test_the_job_of_a_red_run_is_found_and_ended_and_no_clear_harms(dts_emulator: Any) -> None:
    red = red_run()
    red.only_clear("broken")
    alive = reaping(end_orphans=True, grace_hours=0)
    assert alive.xcom("reap")["counts"]["alive"] == 1
    assert orders(dts_emulator) == ["CreateMigrationService"]

    red.go_on()
    (row,) = reaping(end_orphans=True).xcom("reap")["orphans"]
    assert row["owner"] == {"dag_id": "own", "run_id": red.run_id, "task": "purchase"}
    assert "grace" in row["held"]
    assert orders(dts_emulator) == ["CreateMigrationService"]

    acting = by_its_form(end_orphans=True, grace_hours=0)
    assert acting.state == "success"
    assert acting.xcom("reap")["counts"]["ended"] == 1
    assert "ended red at" in acting.xcom("reap")["orphans"][0]["why"]
    ended = ["CreateMigrationService", "IsolateMigrateJob"]
    assert orders(dts_emulator) == ended
    red.clear("purchase")
    assert "has been isolated" in red.error("purchase")
    assert orders(dts_emulator) == ended
    assert [trade for _, trade in states(dts_emulator)] == ["isolated"]


def test_a_run_that_was_deleted_is_told_from_one_that_ended(dts_emulator: Any) -> None:
    red = red_run()
    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.run_id == red.run_id))
    (row,) = reaping(end_orphans=True, grace_hours=0).xcom("reap")["orphans"]
    assert "is gone" in row["why"]
    assert "DAG" not in row["why"]
    assert "gone_runs" in row["held"]
    acting = reaping(end_orphans=True, grace_hours=0, gone_runs=True)
    assert acting.xcom("reap")["counts"]["ended"] == 1
    assert orders(dts_emulator) == ["CreateMigrationService", "IsolateMigrateJob"]


def test_the_job_of_an_index_that_a_mapped_list_has_lost_is_found_although_its_run_is_green(dts_emulator: Any) -> None:
    """A list that shrinks within a run takes the index away, and with it the task that would have ended its job."""
    shops = ["first", "second"]

    @task
    def names() -> list[str]:
        return list(shops)

    @task
    def broken() -> None:
        if len(shops) > 1:
            raise AirflowFailException("somebody must mend this")

    @task_group
    def move(title: str) -> None:
        bought = DtsCreateMigrationServiceOperator(task_id="purchase", job_title=title, **ORDER)
        bought >> broken() >> DtsIsolateMigrateJobOperator(task_id="isolate", job_id=bought.output)

    with DAG("shrinking", schedule=None, catchup=False) as dag:
        move.expand(title=names())
    run = LocalRun(dag)
    assert run.red() == ["move.broken[0]", "move.broken[1]"]
    kept, lost = (run.xcom("move.purchase", map_index=index) for index in (0, 1))
    shops.pop()
    run.clear("names")
    assert run.state == "success"
    assert run.states()["move.isolate[1]"] == "removed"
    assert [job["JobId"] for job in dts_emulator.jobs() if job["TradeStatus"] == "normal"] == [lost]

    (row,) = reaping().xcom("reap")["orphans"]
    assert row["job_id"] == lost
    assert row["owner"] == {"dag_id": "shrinking", "run_id": run.run_id, "task": "move.purchase[1]"}
    assert "ended well, and left the job" in row["why"]
    acting = reaping(end_orphans=True, grace_hours=0)
    assert acting.xcom("reap")["counts"]["ended"] == 1
    assert {job["JobId"]: job["TradeStatus"] for job in dts_emulator.jobs()} == {kept: "isolated", lost: "isolated"}


def test_a_misspelt_parameter_ends_nothing(dts_emulator: Any) -> None:
    run = by_its_form(end_orphans=True, keep_job_id=["dts-00000001"])
    assert run.red() == ["reap"]
    assert "did you mean keep_job_ids" in run.error("reap")
    assert dts_emulator.journal() == []
