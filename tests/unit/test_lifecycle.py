"""What the builders return: every task by name, linked like one task; and a graph without edges that say nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, XComArg, chain

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

BUILDERS: list[Callable[..., Lifecycle]] = [
    migrate,
    migrate_2018,
    modify_sync,
    retire_sync,
    subscribe,
    sync,
    unsubscribe,
]
every_builder = pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)


def a_dag() -> DAG:
    return DAG("lifecycle", schedule=None)


def edges(dag: DAG) -> set[tuple[str, str]]:
    return {(above, task.task_id) for task in dag.tasks for above in task.upstream_task_ids}


@every_builder
@pytest.mark.parametrize("group_id", [None, "shop"])
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
@pytest.mark.parametrize("group_id", [None, "shop"])
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


def test_a_lifecycle_without_one_of_its_tasks_is_refused() -> None:
    with a_dag(), TaskGroup("shop") as group, pytest.raises(TypeError, match="isolate, offline"):
        Unsubscription(group, {"plan": EmptyOperator(task_id="plan")})
