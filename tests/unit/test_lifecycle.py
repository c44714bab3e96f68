"""What the builders return: every task by name, linked like one task; and a graph without edges that say nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, TaskGroup, XComArg, chain, task

from tencent_dts.errors import InvalidInput
from tencent_dts.task_groups import (
    migrate,
    migrate_2018,
    modify_sync,
    retire_sync,
    subscribe,
    sync,
    unsubscribe,
)
from tencent_dts.task_groups.lifecycle import Lifecycle, Unsubscription
from tests.rules import for_every

BUILDERS: list[Callable[..., Lifecycle]] = [
    migrate,
    migrate_2018,
    modify_sync,
    retire_sync,
    subscribe,
    sync,
    unsubscribe,
]
every_builder = for_every("build", BUILDERS)


def a_dag() -> DAG:
    return DAG("lifecycle", schedule=None)


def edges(dag: DAG) -> set[tuple[str, str]]:
    return {(above, task.task_id) for task in dag.tasks for above in task.upstream_task_ids}


@every_builder
@for_every("group_id", [None, "shop"])
def test_every_task_is_an_attribute_and_the_graph_is_one_line(
    build: Callable[..., Lifecycle], group_id: str | None
) -> None:
    with a_dag() as dag:
        built = build(group_id)
    names = [str(task.label) for task in dag.tasks]
    assert [*built.operators] == names
    for name in names:
        output = getattr(built, name)
        assert isinstance(output, XComArg)
        assert [operator.task_id for operator, _ in output.iter_references()] == [built.operators[name].task_id]
    ids = [task.task_id for task in dag.tasks]
    assert edges(dag) == set(pairwise(ids))


@every_builder
@for_every("group_id", [None, "shop"])
def test_it_is_linked_like_one_task(build: Callable[..., Lifecycle], group_id: str | None) -> None:
    with a_dag() as dag:
        first, last, beside = (EmptyOperator(task_id=name) for name in ("first", "last", "beside"))
        built = build(group_id)
        chain(first, built, last)
        [beside] >> built
    ids = [task.task_id for task in built.operators.values()]
    assert built.operators["plan"].upstream_task_ids == {"first", "beside"}
    assert dag.get_task("last").upstream_task_ids == {ids[-1]}


def test_edges_past_a_task_of_the_authors_own_stay() -> None:
    """Its trigger rule may let it run where ours have failed: then nothing behind it may begin."""
    with a_dag() as dag:
        freeze = EmptyOperator(task_id="freeze", trigger_rule="all_done")
        migrate(None, before_cutover=freeze)
    assert dag.get_task("freeze").upstream_task_ids == {"ready"}
    assert dag.get_task("compare").upstream_task_ids == {"freeze", "purchase"}
    assert dag.get_task("report").upstream_task_ids == {"compare"}


def test_no_task_runs_without_one_that_it_takes_a_value_from() -> None:
    with a_dag() as dag:
        built = migrate("shop")
    taken = {name for operator in built.operators.values() for name in _sources(operator)}
    assert taken >= {"shop.plan", "shop.purchase", "shop.report"}
    for operator in built.operators.values():
        assert _sources(operator) <= operator.get_flat_relative_ids(upstream=True)
    assert dag.get_task("shop.plan").get_flat_relative_ids(upstream=False) == {
        operator.task_id for name, operator in built.operators.items() if name != "plan"
    }


def _sources(operator: Any) -> set[str]:
    values = [getattr(operator, name) for name in operator.template_fields]
    return {found.task_id for value in values for found, _ in XComArg.iter_xcom_references(value)}


def freeze_or_not() -> bool:
    """A condition of an author's own."""
    return False


REFUSED: dict[str, Callable[[], Any]] = {
    "short circuit": lambda: ShortCircuitOperator(task_id="freeze", python_callable=bool),
    "mapped": lambda: ShortCircuitOperator.partial(task_id="freeze", python_callable=bool).expand(op_args=[[0], [1]]),
    "decorated": task.short_circuit(task_id="freeze")(freeze_or_not),
    "told so": lambda: ApprovalOperator(task_id="freeze", subject="?", ignore_downstream_trigger_rules=True),
}
TAKEN: dict[str, Callable[[], Any]] = {
    "short circuit": lambda: ShortCircuitOperator(
        task_id="freeze", python_callable=bool, ignore_downstream_trigger_rules=False
    ),
    "mapped": lambda: ShortCircuitOperator.partial(
        task_id="freeze", python_callable=bool, ignore_downstream_trigger_rules=False
    ).expand(op_args=[[0], [1]]),
    "plain mapped": lambda: PythonOperator.partial(task_id="freeze", python_callable=bool).expand(op_args=[[0], [1]]),
    "approval": lambda: ApprovalOperator(task_id="freeze", subject="?"),
}
GATED = for_every("build", [migrate, migrate_2018])


@GATED
@for_every("kind", REFUSED)
def test_what_could_skip_the_steps_against_their_trigger_rules_is_refused(build: Any, kind: str) -> None:
    with a_dag(), pytest.raises(InvalidInput, match=r"^freeze, ignore_downstream_trigger_rules is True: set"):
        build(None, before_cutover=REFUSED[kind]())


@GATED
def test_it_is_refused_before_the_freeze_too(build: Any) -> None:
    with a_dag():
        freeze = EmptyOperator(task_id="work")
        REFUSED["short circuit"]() >> freeze
        with pytest.raises(InvalidInput, match=r"^freeze, ignore_downstream_trigger_rules"):
            build("moved", before_cutover=freeze)


@GATED
def test_a_setup_whose_skip_would_reach_the_steps_is_refused(build: Any) -> None:
    for own in (False, True):
        with a_dag():
            freeze: Any = EmptyOperator(task_id="freeze")
            freeze.as_setup()
            if own:
                thaw: Any = EmptyOperator(task_id="thaw")
                freeze >> thaw.as_teardown()
            with pytest.raises(InvalidInput, match=r"^freeze, as_setup"):
                build(None, before_cutover=freeze)


def test_a_setup_with_its_teardown_inside_the_freeze_is_the_authors_own() -> None:
    with a_dag():
        with TaskGroup("freeze") as freeze:
            made: Any = EmptyOperator
            opened, closed = made(task_id="open").as_setup(), made(task_id="close").as_teardown()
            opened >> EmptyOperator(task_id="work") >> closed
            opened >> closed
        migrate(None, before_cutover=freeze)


@GATED
@for_every("kind", TAKEN)
def test_what_leaves_trigger_rules_alone_is_taken(build: Any, kind: str) -> None:
    with a_dag():
        build(None, before_cutover=TAKEN[kind]())


@every_builder
def test_what_stands_before_a_lifecycle_may_skip_it_whole(build: Callable[..., Lifecycle]) -> None:
    with a_dag() as dag:
        whether = REFUSED["short circuit"]()
        built = build(None)
        whether >> built
    built.operators["plan"]._refuse_skippers()
    assert dag.get_task("plan").upstream_task_ids == {"freeze"}


@every_builder
def test_a_step_runs_below_a_skipped_one_and_buys_nothing_there(build: Callable[..., Lifecycle]) -> None:
    with a_dag():
        built = build(None)
    rules = {name: (operator.trigger_rule, operator.lifecycle) for name, operator in built.operators.items()}
    assert rules.pop("plan") == ("all_success", None)
    for buys in ("purchase", "create"):
        assert rules.pop(buys, ("all_success", "plan")) == ("all_success", "plan")
    assert set(rules.values()) == {("none_failed", "plan")}


@every_builder
def test_a_dag_that_fails_fast_is_refused(build: Callable[..., Lifecycle]) -> None:
    with DAG("fast", schedule=None, fail_fast=True), pytest.raises(InvalidInput, match=r"^fail_fast is True: leave it"):
        build()


def test_a_lifecycle_without_one_of_its_tasks_is_refused() -> None:
    with a_dag(), TaskGroup("shop") as group, pytest.raises(TypeError, match="isolate, offline"):
        Unsubscription(group, {"plan": EmptyOperator(task_id="plan")})
