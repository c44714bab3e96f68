"""A task that is skipped inside a lifecycle is red with the job's bill; a lifecycle that is skipped whole stays so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.models.taskinstance import TaskInstance
from airflow.sdk import DAG, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
from airflow.utils.session import create_session
from sqlalchemy import update

from tencent_dts.errors import InvalidInput, StepSkipped
from tencent_dts.task_groups import migrate, migrate_2018, retire_sync, subscribe
from tests.dag_runs import LocalRun
from tests.dags import test_migrate_2018 as old
from tests.dags.migrations import assert_green, assert_red, databases, done, orders, states
from tests.dags.syncs import LIVING, link

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


def mark(run: LocalRun, task_id: str, state: str) -> None:
    """What a person does by *Mark state as*."""
    mine = (TaskInstance.run_id == run.run_id, TaskInstance.task_id == task_id)
    with create_session() as session:
        session.execute(update(TaskInstance).where(*mine).values(state=state))


class Gate:
    """Whether an author's task skips itself; a person fixes it before a clear."""

    closed = True

    def __call__(self) -> None:
        if self.closed:
            raise AirflowSkipException("nothing to freeze")


def gated(build: Callable[..., Any], request: dict[str, Any], gate: Gate) -> DAG:
    with DAG("gated", schedule=None) as dag:

        @task
        def freeze() -> None:
            gate()

        build(None, request=request, before_cutover=freeze())
    return dag


def test_a_skipped_freeze_is_red_at_once_and_cleared_the_run_ends_green(dts_emulator: Any) -> None:
    gate = Gate()
    run = LocalRun(gated(migrate, databases("shop"), gate))
    assert_red(run, dts_emulator, "compare", "`freeze`, right before this task, was skipped", "Clear `freeze` with")
    assert isinstance(run.problem("compare"), StepSkipped)
    assert "CreateCompareTask" not in orders(dts_emulator)
    run.clear("compare")
    assert_red(run, dts_emulator, "compare")  # it has not run since
    gate.closed = False
    assert_green(run.clear("freeze"), dts_emulator)


def test_a_freeze_that_is_not_needed_is_marked_as_success(dts_emulator: Any) -> None:
    run = LocalRun(gated(migrate, databases("shop"), Gate()))
    assert "mark it as success" in run.error("compare")
    mark(run, "freeze", "success")
    assert_green(run.clear("compare"), dts_emulator)


def test_of_2018_it_is_red_at_complete(dts_emulator: Any) -> None:
    gate = Gate()
    run = LocalRun(gated(migrate_2018, old.tables("shop"), gate))
    old.assert_red(run, dts_emulator, "complete", "`freeze`, right before this task, was skipped")
    gate.closed = False
    old.assert_green(run.clear("freeze"), dts_emulator)


@pytest.mark.parametrize(("marked", "red"), [("report", "approve"), ("purchase", "configure")])
def test_a_step_that_a_person_marks_as_skipped_is_red_in_the_next(dts_emulator: Any, marked: str, red: str) -> None:
    with DAG("marked", schedule=None) as dag:
        migrate(None, request=databases("rehearse_different"))
    run = LocalRun(dag)
    run.only_clear(marked)
    mark(run, marked, "skipped")
    run.go_on()
    assert_red(run, dts_emulator, red, f"`{marked}`")
    assert "mark it as success" not in run.error(red)
    assert_green(run.clear(marked), dts_emulator)


def test_a_plan_that_is_marked_as_skipped_hides_no_job(dts_emulator: Any) -> None:
    with DAG("marked", schedule=None) as dag:
        migrate(None, request=databases("rehearse_different"))
    run = LocalRun(dag)
    run.only_clear("plan")
    mark(run, "plan", "skipped")
    run.go_on()
    assert_red(run, dts_emulator, "configure", "`purchase`")
    assert_green(run.clear("plan"), dts_emulator)


def test_a_short_circuit_that_leaves_trigger_rules_alone_is_red_one_task_later(dts_emulator: Any) -> None:
    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def freeze() -> bool:
        return False

    with DAG("short", schedule=None) as dag:
        migrate(None, request=databases("shop"), before_cutover=freeze())
    assert_red(LocalRun(dag), dts_emulator, "report", "`compare`, right before this task, was skipped")


@pytest.mark.parametrize("build", [migrate, migrate_2018, subscribe])
def test_a_lifecycle_that_a_branch_skips_buys_nothing_and_stays_skipped(dts_emulator: Any, build: Any) -> None:
    @task.branch
    def whether() -> list[str]:
        return []

    with DAG("branched", schedule=None) as dag:
        whether() >> build("moved", request=databases("shop"))
    run = LocalRun(dag)
    assert run.state == "success"
    told = run.states()
    assert told.pop("whether") == "success"
    assert set(told.values()) == {"skipped"}
    assert dts_emulator.journal() == []


def test_of_mapped_migrations_only_the_one_with_a_skipped_freeze_is_red(dts_emulator: Any) -> None:
    with DAG("fleet", schedule=None) as dag:

        @task
        def freeze(number: int) -> None:
            if number:
                raise AirflowSkipException("nothing to freeze")

        @task_group
        def one(request: Any, number: Any) -> None:
            migrate(None, request=request, before_cutover=freeze(number))

        one.expand_kwargs([{"request": databases(name), "number": at} for at, name in enumerate(["orders", "shop"])])
    run = LocalRun(dag)
    assert run.red() == ["one.compare[1]"]
    assert done(dts_emulator, "CompleteMigrateJob") == 1
    assert [job["TradeStatus"] for job in dts_emulator.jobs()].count("normal") == 1


def test_mapped_migrations_of_a_list_without_members_stay_skipped(dts_emulator: Any) -> None:
    with DAG("fleet", schedule=None) as dag:

        @task
        def wanted() -> list[Any]:
            return []

        @task_group
        def one(request: Any) -> None:
            migrate(None, request=request)

        one.expand(request=wanted())
    run = LocalRun(dag)
    assert run.state == "success", run.states()
    assert dts_emulator.journal() == []


def test_mapped_migrations_that_a_branch_skips_stay_skipped(dts_emulator: Any) -> None:
    with DAG("fleet", schedule=None) as dag:

        @task
        def wanted() -> list[Any]:
            return [databases("orders"), databases("shop")]

        @task.branch
        def whether() -> list[str]:
            return []

        @task_group
        def one(request: Any) -> None:
            migrate(None, request=request)

        whether() >> one.expand(request=wanted())
    run = LocalRun(dag)
    assert run.state == "success", run.states()
    assert {state for name, state in run.states().items() if name.startswith("one")} == {"skipped"}
    assert dts_emulator.journal() == []


def retirement(job: str, **request: Any) -> LocalRun:
    with DAG("retire", schedule=None) as dag:
        retire_sync(None, request={"job_id": job, **request})
    return LocalRun(dag)


def test_a_comparison_that_is_marked_as_skipped_keeps_a_link_from_its_end(dts_emulator: Any) -> None:
    job = link(dts_emulator, "rehearse_different")
    run = retirement(job)
    assert run.red() == ["report"]
    run.only_clear("report")
    mark(run, "report", "skipped")
    run.go_on()
    assert run.red() == ["stop"]
    for said in ("`report`", job, "bill: "):
        assert said in run.error("stop")
    assert states(dts_emulator) == LIVING
    assert run.clear("report").state == "success"


def test_a_short_circuit_that_is_linked_in_later_is_red_in_the_plan(dts_emulator: Any) -> None:
    @task.short_circuit
    def wanted() -> bool:
        return False

    with DAG("late", schedule=None) as dag:
        moved = migrate(None, request=databases("shop"))
        wanted() >> moved.operators["compare"]
    run = LocalRun(dag)
    assert run.red() == ["plan"]
    assert isinstance(run.problem("plan"), InvalidInput)
    assert "wanted, ignore_downstream_trigger_rules" in run.error("plan")
    assert dts_emulator.jobs() == []
