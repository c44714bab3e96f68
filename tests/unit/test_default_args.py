"""What an author sets for a whole DAG reaches our tasks, or is refused when the DAG is parsed; nothing is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from airflow.sdk import DAG, BaseOperator, TaskGroup, TriggerRule, task_group

from tencent_dts import task_groups
from tencent_dts.errors import InvalidInput
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tests.rules import for_every
from tests.unit.test_class_tree import TASKS, made

GROUPS = [getattr(task_groups, name) for name in task_groups.__all__]
every_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)


def told_by_the_author(_context: Any) -> None:
    """A callback in an author's default_args."""


BREAKING: list[tuple[str, Any]] = [
    ("trigger_rule", "one_failed"),
    ("trigger_rule", "always"),
    ("trigger_rule", "all_done"),
    ("do_xcom_push", False),
    ("multiple_outputs", True),
    ("depends_on_past", True),
    ("wait_for_downstream", True),
    ("wanted", False),
    ("pre_execute", told_by_the_author),
]
breaking = pytest.mark.parametrize(("name", "value"), BREAKING)


def told_by_the_group(_context: Any) -> None:
    """A notifier that the group was given."""


def dag(build: Callable[..., Any], default_args: dict[str, Any] | None = None, **options: Any) -> list[Any]:
    """The tasks of a group in a DAG with these default_args."""
    with DAG("authored", schedule=None, default_args=default_args or {}) as made_of_it:
        build(None, **options)
    return list(made_of_it.tasks)


@every_group
@breaking
def test_what_would_break_a_run_half_way_is_refused(group: Any, name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"^default_args, {name} is {re.escape(repr(value))}: leave it out"):
        dag(group, {name: value})


@breaking
def test_it_is_refused_in_the_default_args_of_a_task_group_too(name: str, value: Any) -> None:
    with (
        DAG("authored", schedule=None),
        TaskGroup("nightly", default_args=cast("Any", {name: value})),
        pytest.raises(InvalidInput, match=f"default_args, {name}"),
    ):
        task_groups.migrate()


@for_every("cls", TASKS)
def test_no_task_of_ours_inherits_it(cls: type[BaseOperator]) -> None:
    for name, value in BREAKING:
        with DAG("authored", schedule=None, default_args={name: value}), pytest.raises(InvalidInput, match=name):
            made(cls)


def test_a_task_that_is_given_it_by_itself_keeps_it() -> None:
    """An author's own clean-up: this task runs whatever came before."""
    with DAG("authored", schedule=None, default_args={"trigger_rule": "one_failed", "do_xcom_push": False}):
        task = DtsIsolateMigrateJobOperator(task_id="end", job_id="dts-1", trigger_rule="all_done", do_xcom_push=False)
    assert (task.trigger_rule, task.do_xcom_push) == (TriggerRule.ALL_DONE, False)


def test_harmless_values_of_the_same_names_are_no_matter() -> None:
    plain = {"trigger_rule": "all_success", "do_xcom_push": True, "depends_on_past": False, "multiple_outputs": False}
    assert len(dag(task_groups.migrate, plain)) == 13


ALERTS = {"on_failure_callback": told_by_the_author}
HONOURED: dict[str, Any] = {
    "execution_timeout": timedelta(hours=1),
    "pool": "dts",
    "owner": "shop-team",
    "email_on_retry": False,
    "max_retry_delay": timedelta(minutes=9),
    "priority_weight": 7,
}


@every_group
def test_what_the_author_set_for_the_dag_holds_for_every_task(group: Any) -> None:
    mine = {"retries": 7, "retry_delay": timedelta(seconds=5), "poll_interval": 44, "tencentcloud_conn_id": "other"}
    for task in dag(group, {**mine, **HONOURED, **ALERTS}):
        for name, value in HONOURED.items():
            assert getattr(task, name) == value, (task.task_id, name)
        assert task.tencentcloud_conn_id == "other" or task.task_id != "plan"  # the others have it of the plan
        assert list(task.on_failure_callback) == [told_by_the_author], task.task_id
        assert task.retry_delay == mine["retry_delay"]
        assert task.retries == 7
        assert getattr(task, "poll_interval", 44) == 44


@every_group
def test_what_the_group_was_given_wins_and_its_notifiers_are_told_besides(group: Any) -> None:
    theirs = {"retries": 7, "retry_delay": timedelta(seconds=5), "poll_interval": 44, "tencentcloud_conn_id": "other"}
    own: dict[str, Any] = {"retries": 1, "retry_delay": 9, "poll_interval": 3, "tencentcloud_conn_id": "own"}
    for task in dag(group, {**theirs, **ALERTS}, notifiers=[told_by_the_group], **own):
        assert task.tencentcloud_conn_id == "own" or task.task_id != "plan"
        assert list(task.on_failure_callback) == [told_by_the_author, told_by_the_group], task.task_id
        assert (task.retries, task.retry_delay) == (1, timedelta(seconds=9)), task.task_id
        assert getattr(task, "poll_interval", 3) == 3


@every_group
def test_what_nobody_set_is_as_the_documentation_says(group: Any) -> None:
    for task in dag(group):
        assert task.tencentcloud_conn_id == "tencentcloud_default" or task.task_id != "plan"
        assert not task.on_failure_callback
        assert (task.retries, task.retry_delay) == (2, timedelta(seconds=30)), task.task_id


def test_a_task_group_around_ours_has_default_args_of_its_own() -> None:
    with DAG("authored", schedule=None, default_args={"retries": 7, **ALERTS}) as outer:
        with TaskGroup("patient", default_args=cast("Any", {"retries": 9})):
            task_groups.subscribe()

        @task_group(default_args={"retry_delay": timedelta(seconds=5)})
        def one(request: Any) -> None:
            task_groups.subscribe(None, request=request)

        one.expand(request=[{}, {}])
    found: list[Any] = [outer.get_task(name) for name in ("patient.subscribe.purchase", "one.purchase")]
    patient, mapped = found
    assert (patient.retries, patient.retry_delay) == (9, timedelta(seconds=30))
    assert (mapped.retries, mapped.retry_delay) == (7, timedelta(seconds=5))
    assert list(mapped.on_failure_callback) == [told_by_the_author]
