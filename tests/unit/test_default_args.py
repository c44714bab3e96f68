"""What an author sets for a whole DAG reaches our tasks, or is refused when the DAG is parsed; nothing is dropped."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from airflow.sdk import DAG, BaseOperator, TaskGroup, TriggerRule, task_group

from tencent_dts import task_groups
from tencent_dts.advice import AT_PARSE, CORRECTION
from tencent_dts.errors import InvalidInput
from tencent_dts.operators.fleet import FleetMember
from tencent_dts.operators.migration import DtsDescribeMigrationJobsOperator, DtsIsolateMigrateJobOperator
from tencent_dts.task_groups.fleet import Wave
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.test_class_tree import TASKS, made, own_bases

# What a group cannot be built without.
NEEDED: dict[str, dict[str, Any]] = {
    "migrate_fleet": {"waves": [Wave("first", [FleetMember("shop", {})], approval=True)]},
}
GROUPS = [getattr(task_groups, name) for name in task_groups.__all__]
every_group = for_every("group", GROUPS)


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
breaking = for_every("name, value", BREAKING)


def told_by_the_group(_context: Any) -> None:
    """A notifier that the group was given."""


def dag(build: Callable[..., Any], default_args: dict[str, Any] | None = None, **options: Any) -> list[Any]:
    """The tasks of a group in a DAG with these default_args."""
    with DAG("authored", schedule=None, default_args=default_args or {}) as made_of_it:
        build(None, **NEEDED.get(build.__name__, {}), **options)
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


WRONG: list[tuple[str, Any, str]] = [
    ("retries", "many", "give a whole number of retries"),
    ("retries", 1.5, "give a whole number of retries"),
    ("retries", -1, "give a whole number of retries"),
    ("retries", True, "give a whole number of retries"),
    ("retry_delay", "soon", "give a number of seconds"),
    ("retry_delay", None, "give a number of seconds"),
    ("max_retry_delay", "never", "give a number of seconds"),
    *(
        (f"on_{when}_callback", "x", "give a function")
        for when in ("execute", "failure", "retry", "skipped", "success")
    ),
    ("on_failure_callback", [told_by_the_author, "x"], "give a function"),
]
wrong = for_every("name, value, fix", WRONG)


@wrong
def test_a_value_of_a_wrong_type_is_refused_when_the_dag_is_parsed(name: str, value: Any, fix: str) -> None:
    for group in GROUPS:
        with pytest.raises(InvalidInput, match=f"^default_args, {name} is {re.escape(repr(value))}: {fix}") as caught:
            dag(group, {name: value})
        assert caught.value.next_step == AT_PARSE


@wrong
def test_so_it_is_of_every_task_whoever_gives_it(name: str, value: Any, fix: str) -> None:
    for cls in TASKS:
        with DAG("authored", schedule=None, default_args={name: value}), pytest.raises(InvalidInput, match=name):
            made(cls)
        with DAG("authored", schedule=None), pytest.raises(InvalidInput, match=f"^{name} is .*: {fix}"):
            made(cls, **{name: value})


def test_texts_of_numbers_are_numbers_there_too() -> None:
    for task in dag(task_groups.migrate, {"retries": "3", "retry_delay": "5", "max_retry_delay": "60"}):
        assert (task.retries, task.retry_delay) == (3, timedelta(seconds=5)), task.task_id
        assert task.max_retry_delay == timedelta(seconds=60)


@pytest.mark.usefixtures("airflow_connections")
def test_no_connection_is_as_not_given(cloud: Cloud) -> None:
    """It reaches the emulator by the default connection."""
    with DAG("authored", schedule=None, default_args={"tencentcloud_conn_id": None}):
        task = DtsDescribeMigrationJobsOperator(task_id="list")
    assert Task(task).run() == []
    assert len(cloud.emulator.journal("DescribeMigrationJobs")) == 1


@for_every("cls", TASKS)
def test_no_task_takes_no_connection_for_one(cls: type[BaseOperator]) -> None:
    task: Any = made(cls, tencentcloud_conn_id=None)
    assert task.tencentcloud_conn_id == "tencentcloud_default"


def arguments(task: BaseOperator) -> set[str]:
    """What the classes of this package take for a task."""
    own = [base for base in own_bases(type(task)) if "__init__" in vars(base)]
    taken = (inspect.signature(base.__init__).parameters.values() for base in own)  # type: ignore[misc]  # a class
    return {parameter.name for some in taken for parameter in some if parameter.kind is parameter.KEYWORD_ONLY}


@every_group
def test_nothing_that_a_task_takes_is_dropped(group: Any) -> None:
    """Whatever is inherited is what every task that takes it has, or it is refused by its name."""
    refused: dict[str, InvalidInput] = {}
    names = {"doc_md", *(name for task in dag(group) for name in arguments(task))} - {"tencentcloud_conn_id"}
    for name in sorted(names):
        tasks: list[Any] = []
        try:
            tasks = dag(group, {name: 77})
        except InvalidInput as error:
            refused[name] = error
        assert all(getattr(task, name) == 77 for task in tasks if name in arguments(task)), name
    assert all(name in error.what and error.next_step == AT_PARSE for name, error in refused.items())
    assert {"region", "request", "doc_md"} <= refused.keys()
    assert "poll_interval" not in refused


@for_every("name", ["job_id", "evidence", "region", "configuration"])
def test_what_a_lifecycle_gives_its_tasks_is_refused_and_says_where_it_belongs(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^default_args, {name} is 'x': leave it out around a lifecycle"):
        dag(task_groups.migrate, {name: "x"})
    with DAG("authored", schedule=None, default_args={"job_id": "dts-1", "region": "ap-shanghai"}):
        alone: Any = cast("Any", DtsIsolateMigrateJobOperator)(task_id="end")
    assert (alone.job_id, alone.region) == ("dts-1", "ap-shanghai")


def test_parameters_reach_the_dag_or_are_refused() -> None:
    with DAG("authored", schedule=None, default_args={"params": {"ticket": "A-1"}}) as authored:
        task_groups.migrate()
        with (
            TaskGroup("nightly", default_args=cast("Any", {"params": {"ticket": "A-1"}})),
            pytest.raises(InvalidInput, match=r"^default_args, params .*give them to the DAG, as params"),
        ):
            task_groups.migrate()
    assert authored.params["ticket"] == "A-1"


@pytest.mark.usefixtures("airflow_connections")
def test_what_is_wrong_when_a_dag_is_parsed_clears_no_task_and_when_a_task_runs_it_does(cloud: Cloud) -> None:
    with pytest.raises(InvalidInput) as parsed:
        DtsDescribeMigrationJobsOperator(task_id="list", poll_interval=-1)
    assert "clear" not in str(parsed.value)
    assert AT_PARSE in str(parsed.value)
    with pytest.raises(InvalidInput) as ran:
        Task(cast("Any", DtsIsolateMigrateJobOperator)(task_id="end", job_id=7)).run()
    assert ran.value.next_step == CORRECTION["argument"]
    assert "clearing this task:" in str(ran.value)


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
        assert task.task_id != "plan" or task.tencentcloud_conn_id == "other"  # the others have it of the plan
        assert list(task.on_failure_callback) == [told_by_the_author], task.task_id
        assert task.retry_delay == mine["retry_delay"]
        assert task.retries == 7
        assert getattr(task, "poll_interval", 44) == 44


@every_group
def test_what_the_group_was_given_wins_and_its_notifiers_are_told_besides(group: Any) -> None:
    theirs = {"retries": 7, "retry_delay": timedelta(seconds=5), "poll_interval": 44, "tencentcloud_conn_id": "other"}
    own: dict[str, Any] = {"retries": 1, "retry_delay": 9, "poll_interval": 3, "tencentcloud_conn_id": "own"}
    for task in dag(group, {**theirs, **ALERTS}, notifiers=[told_by_the_group], **own):
        assert task.task_id != "plan" or task.tencentcloud_conn_id == "own"
        assert list(task.on_failure_callback) == [told_by_the_author, told_by_the_group], task.task_id
        assert (task.retries, task.retry_delay) == (1, timedelta(seconds=9)), task.task_id
        assert getattr(task, "poll_interval", 3) == 3


@every_group
def test_what_nobody_set_is_as_the_documentation_says(group: Any) -> None:
    for task in dag(group):
        assert task.task_id != "plan" or task.tencentcloud_conn_id == "tencentcloud_default"
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
