"""Lengths of time and counts of a DAG's author: judged where they are written, and again as they were rendered."""

from __future__ import annotations

import inspect
import math
import re
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator

from tencent_dts import settings
from tencent_dts.errors import InvalidInput
from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.sizes import LONGEST, Size, is_rendered_later, is_true
from tencent_dts.task_groups import migrate
from tencent_dts.tasks.base import DtsTask
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import PURCHASE, Cloud
from tests.unit.test_class_tree import TASKS, made, own_bases

WRONG: tuple[Any, ...] = (
    "soon",
    "nan",
    "inf",
    "-inf",
    "-5",
    "1e400",
    -1,
    math.nan,
    math.inf,
    True,
    [],
    {},
    b"5",
    timedelta(seconds=-1),
)
TEMPLATES = ("{{ params.seconds }}", "{% if 1 %}5{% endif %}")


def sizes(cls: type) -> dict[str, Size]:
    return {name: value for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, Size)}


# Each once, on a class that has it: most are inherited.
SIZES = list({id(size): (cls, name) for cls in TASKS for name, size in sizes(cls).items()}.values())
every_size = for_every("cls, name", SIZES)


@for_every("cls", TASKS)
def test_every_number_that_an_author_gives_is_held_by_the_one_checker(cls: type[BaseOperator]) -> None:
    numbers = {
        name
        for base in own_bases(cls)
        if "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()  # type: ignore[misc]  # a class
        if re.search(r"\b(float|int|timedelta)\b", str(parameter.annotation))
    }
    same = {"poke_interval": "poll_interval"}  # as sensors name it
    assert {same.get(name, name) for name in numbers} == set(sizes(cls))


@every_size
def test_what_is_no_such_number_is_refused_where_it_is_written(cls: type[BaseOperator], name: str) -> None:
    for value in (*WRONG, sizes(cls)[name].most + 1):
        with pytest.raises(InvalidInput, match=rf"^{name} is .*: give a (whole )?number of .* to \d"):
            made(cls, **{name: value})


@every_size
def test_a_template_is_judged_when_it_has_been_rendered(cls: type[BaseOperator], name: str) -> None:
    size = sizes(cls)[name]
    for template in TEMPLATES:
        task = made(cls, **{name: template})
        assert getattr(task, name) == template
        for rendered in WRONG:
            setattr(task, name, rendered)  # as Airflow does
            with pytest.raises(InvalidInput, match=name):
                size.of(task)
        setattr(task, name, str(int(size.least) + 1))
        assert size.of(task) == int(size.least) + 1


def test_the_output_of_another_task_is_judged_then_too() -> None:
    with DAG("dag", schedule=None):
        plan: Any = DtsPlanMigrationOperator(task_id="plan").output
        task = DtsMigrationJobReadySensor(task_id="ready", job_id="dts-1", hold_seconds=plan["hold_seconds"])
    assert is_rendered_later(task.hold_seconds)
    assert task.upstream_task_ids == {"plan"}


def test_a_timedelta_is_seconds_and_nothing_is_the_default() -> None:
    task = DtsMigrationJobReadySensor(task_id="ready", job_id="dts-1", timeout=timedelta(hours=2), poke_interval=None)
    assert (task.timeout, task.poll_interval) == (7200.0, None)
    assert task.interval() == settings.poll_interval()


@for_every("value", [0, "0", LONGEST + 1], ids=str)
@for_every("name", ["timeout", "poll_interval"])
def test_a_wait_takes_some_time_and_not_for_ever(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=name):
        DtsMigrationJobReadySensor(task_id="ready", job_id="dts-1", **{name: value})


GROUP: dict[str, Any] = {
    "max_report_age": ("nan", 0, "an hour"),
    "poll_interval": (0, -1, "often"),
    "retries": (-1, "many", 1.5),
    "retry_delay": (-1, "soon", timedelta(seconds=-1)),
}


@for_every("name, value", [(name, value) for name, values in GROUP.items() for value in values])
def test_the_numbers_of_a_task_group_are_refused_when_the_dag_is_parsed(name: str, value: Any) -> None:
    with DAG("dag", schedule=None), pytest.raises(InvalidInput, match=name):
        migrate(None, **{name: value})


@pytest.mark.usefixtures("nothing_is_sent")
def test_a_purchase_with_a_wrong_rendered_number_buys_nothing() -> None:
    names = {"SrcDatabaseType": "src_database_type", "DstDatabaseType": "dst_database_type", "SrcRegion": "src_region"}
    order = {names.get(name, ""): value for name, value in PURCHASE.items() if name in names}
    task = DtsCreateMigrationServiceOperator(
        task_id="purchase", dst_region="ap-guangzhou", instance_class="small", timeout="{{ x }}", **order
    )
    task.timeout = "nan"
    with pytest.raises(InvalidInput, match="timeout is 'nan'"):
        Task(task).run()


@pytest.mark.usefixtures("airflow_connections")
def test_one_that_is_found_out_late_says_what_the_job_costs(cloud: Cloud) -> None:
    task = DtsMigrationJobReadySensor(task_id="ready", job_id=cloud.dumping(), hold_seconds="{{ x }}")
    task.hold_seconds = "soon"
    with pytest.raises(InvalidInput, match="hold_seconds is 'soon'") as raised:
        Task(task).run()
    assert raised.value.bill
    assert raised.value.on_clear


OPTIONS = (
    "error_width",
    "poll_interval",
    "first_look",
    "settle_time",
    "visible_within",
    "call_timeout",
    "wait_timeout",
)


@pytest.mark.usefixtures("nothing_is_sent")
@for_every("value", ["nan", "-1", "soon", "1e300"])
@for_every("option", OPTIONS, anew="nothing_is_sent")
def test_a_wrong_option_of_the_section_is_told_by_the_plan(
    option: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW__TENCENT_DTS__{option.upper()}", value)
    with pytest.raises(InvalidInput, match=rf"\[tencent_dts\] {option} is '{value}': give a (whole )?number of "):
        Task(DtsPlanMigrationOperator(task_id="plan", request={})).run()


def test_every_length_of_time_of_the_section_is_judged() -> None:
    from tencent_dts.provider import get_provider_info

    told = get_provider_info()["config"]["tencent_dts"]["options"]
    assert {name for name, option in told.items() if option["type"] in ("float", "integer")} == set(OPTIONS)


def test_a_task_that_is_none_of_ours_has_no_sizes() -> None:
    assert not sizes(BaseOperator)
    assert DtsTask.timeout.name == "timeout"


@for_every(
    "word, means",
    [(True, True), ("True ", True), ("\ttrue\n", True), ("TRUE", True), (False, False), (" False", False)],
)
def test_a_flag_means_the_same_however_a_template_spaces_it(word: Any, means: bool) -> None:
    task: Any = DtsApproveCutoverOperator(task_id="approve", job_id="dts-1", evidence={}, ask=word)
    assert is_true(task.ask, "ask") is means


@for_every("word", ["yes", "no", "t", "1", 1, 0, 0.0, "", "TrueFalse", [], None], ids=repr)
def test_what_is_neither_is_taken_for_neither(word: Any) -> None:
    with pytest.raises(InvalidInput, match=r"ask is .*: give true or false"):
        is_true(word, "ask")
