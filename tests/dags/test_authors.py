"""The lifecycle in DAGs of other authors: tasks of their own before the cutover, many migrations in one run."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator, task_group

from tencent_dts.params import migration_params
from tencent_dts.task_groups import migrate
from tests.dag_runs import LocalRun, answers, person
from tests.dags.migrations import CONF, assert_green, conclusions, databases, done, migrate_dag, states

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


class Freeze(BaseOperator):
    """Stands for what freezes a source: notes how far the job is when it runs."""

    def execute(self, context: Any) -> Any:
        return context["ti"].xcom_pull(task_ids="migrate.ready")["Status"]


def test_tasks_before_the_cutover_run_between_ready_and_the_comparison(dts_emulator: Any) -> None:
    with DAG("shop", schedule=None, params=migration_params()) as dag:
        migrate(before_cutover=Freeze(task_id="freeze"))
    assert dag.task_dict["freeze"].upstream_task_ids == {"migrate.ready"}
    assert dag.task_dict["migrate.compare"].upstream_task_ids >= {"freeze"}
    run = LocalRun(dag, databases("rehearse_different"))
    assert run.red() == ["migrate.report"]
    assert run.xcom("freeze") == "readyComplete"
    assert_green(run.clear("freeze"), dts_emulator)
    assert conclusions(dts_emulator) == ["different", "same"]


def test_who_the_dag_and_the_group_tell_of_a_red_task_is_told(dts_emulator: Any) -> None:
    told: list[tuple[str, str]] = []

    def note(who: str) -> Any:
        return lambda context: told.append((who, context["ti"].task_id))

    with DAG("alerting", schedule=None, default_args={"on_failure_callback": note("author")}) as dag:
        migrate(None, request=databases("rehearse_different"), notifiers=[note("group")])
    run = LocalRun(dag)
    assert run.red() == ["report"]
    assert sorted(told) == [("author", "report"), ("group", "report")]


@pytest.mark.parametrize("failure", [ConnectionError("the chat is down"), SystemExit(1)], ids=["error", "exit"])
def test_a_notifier_that_fails_does_not_end_the_question(failure: BaseException, dts_emulator: Any) -> None:
    told: list[str] = []

    def broken(context: Any) -> None:
        told.append(context["ti"].task_id)
        raise failure

    with DAG("asking", schedule=None) as dag:
        migrate(None, request=databases("shop", approval=True), notifiers=[broken])
    with person(answers("Approve")):
        run = LocalRun(dag)
    assert told == ["approve"]
    assert_green(run, dts_emulator)


def test_two_runs_at_once_do_not_touch_each_others_jobs(dts_emulator: Any) -> None:
    first = LocalRun(migrate_dag(), databases("rehearse_different"))
    second = LocalRun(migrate_dag(), databases("rehearse_different"))
    assert first.xcom("purchase") != second.xcom("purchase")
    assert states(dts_emulator) == [("readyComplete", "normal")] * 2
    second.clear("purchase")
    assert second.state == "success"
    assert states(dts_emulator) == [("readyComplete", "normal"), ("success", "isolated")]
    first.clear("report")
    assert first.state == "success"
    assert states(dts_emulator) == [("success", "isolated")] * 2
    assert done(dts_emulator, "CreateMigrationService") == 2
    assert done(dts_emulator, "CompleteMigrateJob") == 2


def test_two_migrations_in_one_run_have_a_job_each(dts_emulator: Any) -> None:
    with DAG("pair", schedule=None) as dag:
        migrate("orders", request=databases("orders"))
        migrate("shop", request=databases("shop"))
    run = LocalRun(dag)
    assert run.state == "success", run.states()
    assert run.xcom("orders.purchase") != run.xcom("shop.purchase")
    assert states(dts_emulator) == [("success", "isolated")] * 2
    assert done(dts_emulator, "CompleteMigrateJob") == 2


def fleet() -> LocalRun:
    """A run of two mapped migrations; the second one is red, as its data differ."""
    with DAG("fleet", schedule=None) as dag:

        @task_group
        def one(request: Any) -> None:
            migrate(None, request=request)

        one.expand(request=[databases("orders"), databases("rehearse_different")])
    return LocalRun(dag, CONF)


def test_a_mapped_migration_has_a_job_for_each_request(dts_emulator: Any) -> None:
    run = fleet()
    assert run.red() == ["one.report[1]"]
    assert sorted(states(dts_emulator)) == [("readyComplete", "normal"), ("success", "isolated")]
    run.clear("one.report")
    assert run.state == "success", run.states()
    assert states(dts_emulator) == [("success", "isolated")] * 2
    assert done(dts_emulator, "CreateMigrationService") == 2
    assert done(dts_emulator, "CompleteMigrateJob") == 2
    assert dts_emulator.meter()["live"] == []


def test_the_purchase_of_one_index_is_over_when_that_index_is(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": {"any": True}, "trade_status": "notBilled"})  # isolation deletes a free job
    run = fleet()
    assert run.red() == ["one.report[1]"]
    assert states(dts_emulator) == [("readyComplete", "notBilled")]
    run.clear("one.purchase", downstream=False, map_index=0)
    assert run.red() == ["one.report[1]"]
    assert done(dts_emulator, "CreateMigrationService") == 2
