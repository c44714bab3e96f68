"""Rules that every operator, sensor and trigger keeps, whoever adds one."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.module_loading import import_string  # type: ignore[attr-defined]  # Airflow does not list it
from airflow.sdk.serde import deserialize, serialize
from airflow.serialization.serialized_objects import DagSerialization
from airflow.triggers.base import BaseTrigger

from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world.kernel import HANDLERS
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.rows import GOALS, OPERATIONS
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.operators import approve, compare, fleet, migration, purchase_migration
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tencent_dts.spec.secrecy import is_secret
from tencent_dts.tasks import plan
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.compare_tasks import CreateCompareTask
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.gate import Gate
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.tasks.release import ReleaseOperator
from tencent_dts.tasks.sensor import DtsSensor
from tencent_dts.tasks.steps import Step
from tencent_dts.triggers.answer import DtsAnswerTrigger
from tencent_dts.triggers.line import DtsLineTrigger
from tencent_dts.triggers.pause import DtsPauseTrigger
from tencent_dts.triggers.wait import DtsWaitTrigger
from tests.rules import for_every
from tests.unit.classes import concrete, modules

ROOT = Path(__file__).parent.parent.parent
GIVEN: dict[str, Any] = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
    "new_instance_class": "large",
    "job_id": "dts-00000001",
    "compare_task_id": "dts-00000001-cmp-00000001",
    "configuration": {"source": {}, "target": {}},
    "skips": [{"step_id": "OptimizeCheck", "reason": "known"}],
    "job_name": "orders",
    "task_name": "orders",
    "database_type": "mysql",
    "evidence": {"job_id": "dts-00000001"},
    "subscribe_id": "subs-0000000001",
    "async_request_id": "cafebabe-254f-11ea-8995-e92c139e6918",
    "consume_start_time": "2026-12-31 02:00:00",
    "auto_renew": False,
}
TRIGGER: dict[str, Any] = {
    "watch": {"ids": {"JobId": "dts-00000001"}, "goal": "succeeded"},
    "conn_id": "tencentcloud_default",
    "region": "ap-guangzhou",
    "deployment": "tests",
    "listing": "DescribeMigrationJobs",
    "interval": 15.0,
    "deadline": 1.0,
    "first_look": 10.0,
    "when_killed": "leave",
}

MOST_CLASSES = 5
ACTIONS = {*load(VERSION_2021).actions, *load(VERSION_2018).actions}
_ROWS: list[Goal | Operation] = [*OPERATIONS.values(), *GOALS.values()]
AXES = list(
    {id(axis): axis for row in _ROWS for axis in (row.axis, row.resource.axis, row.resource.bill) if axis}.values()
)
OF_THE_BASE = concrete(DtsTask)  # type: ignore[type-abstract]  # only looked up
PLANS = concrete(plan.PlanOperator)  # type: ignore[type-abstract]  # only looked up
TASKS: list[type[BaseOperator]] = sorted(
    {*OF_THE_BASE, *PLANS, approve.DtsApproveCutoverOperator},
    key=lambda cls: cls.__name__,
)
CHANGING = concrete(DtsOperator)
SENSORS = concrete(DtsSensor)
TRIGGERS = concrete(BaseTrigger)  # type: ignore[type-abstract]  # only looked up
EVERYTHING = [*TASKS, *TRIGGERS]

every_task = for_every("cls", TASKS)
every_class = for_every("cls", EVERYTHING)


def own_bases(cls: type) -> list[type]:
    """The class and those of this package that it is made of."""
    return [base for base in cls.__mro__ if base.__module__.startswith("tencent_dts.")]


def made(cls: type[BaseOperator], **more: Any) -> BaseOperator:
    """A task of the class, with an argument for each parameter that needs one."""
    needed = {
        name
        for base in own_bases(cls)
        if "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()  # type: ignore[misc]  # a class
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    }
    if cls is migration.DtsCompleteMigrateJobOperator:
        needed.add("evidence")
    return cls(task_id="task", **{name: GIVEN[name] for name in needed}, **more)


@every_task
def test_every_template_field_may_be_given_as_the_output_of_another_task(cls: type[BaseOperator]) -> None:
    refused = [
        f"{base.__name__}: {name}"
        for base in own_bases(cls)
        if "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()  # type: ignore[misc]  # a class
        if name in cls.template_fields and "XComArg" not in str(parameter.annotation)
    ]
    assert not refused


def built() -> set[tuple[str, str]]:
    """Version and action of every operator."""
    found = {(cls.resource.version, cls.operation.action) for cls in CHANGING}
    found |= {(cls.resource.version, cls.action) for cls in concrete(DescribeOperator)}
    found |= {(cls.resource.version, cls.kind.action) for cls in concrete(PurchaseTask)}  # type: ignore[type-abstract]  # only looked up
    return found | {(cls.resource.version, cls.family.create) for cls in concrete(CreateCompareTask)}


def test_every_documented_action_has_its_operator() -> None:
    documented = {
        (version, name)
        for version in (VERSION_2021, VERSION_2018)
        for name, action in load(version).actions.items()
        if action.area not in ("undocumented", "published")
    }
    assert len(documented) == 67
    assert documented <= built()


def test_there_is_one_trigger_for_jobs_one_for_answers_one_for_time_and_one_for_the_line_of_a_fleet() -> None:
    assert set(TRIGGERS) == {DtsWaitTrigger, DtsAnswerTrigger, DtsPauseTrigger, DtsLineTrigger}


@every_class
def test_it_is_named_after_its_action_or_wait(cls: type) -> None:
    action = getattr(getattr(cls, "operation", None), "action", None) or getattr(cls, "action", None)
    year = "2018" if issubclass(cls, DtsTask) and cls.resource.version == VERSION_2018 else ""
    if action and issubclass(cls, DtsOperator | DescribeOperator):
        assert cls.__name__ == f"Dts{action}{year}Operator"
    assert cls.__name__.startswith("Dts")
    assert cls.__name__.endswith((f"{year}Operator", f"{year}Sensor", "Trigger"))


@every_task
def test_template_fields_exist_as_attributes_and_are_documented(cls: type[BaseOperator]) -> None:
    task = made(cls)
    assert task.template_fields
    documented = "".join(inspect.getdoc(base) or "" for base in own_bases(cls))
    for name in task.template_fields:
        assert hasattr(task, name)
        assert f":param {name}:" in documented or name in ("subject", "body"), f"{cls.__name__}.{name}"
    assert set(task.template_fields_renderers) <= set(task.template_fields)


@every_task
def test_every_parameter_is_documented(cls: type[BaseOperator]) -> None:
    documented = "".join(inspect.getdoc(base) or "" for base in own_bases(cls))
    for base in own_bases(cls):
        if "__init__" in vars(base):
            for name, parameter in inspect.signature(base.__init__).parameters.items():  # type: ignore[misc]  # a class
                if parameter.kind is parameter.KEYWORD_ONLY:
                    assert f":param {name}:" in documented or name == "subject", f"{base.__name__}({name})"


@every_task
def test_ids_and_structures_can_be_templated(cls: type[BaseOperator]) -> None:
    fields = set(made(cls).template_fields)
    ids = {
        name for name in vars(made(cls)) if name in ("job_id", "compare_task_id", "configuration", "existing_job_id")
    }
    assert ids <= fields


@every_task
def test_no_template_field_is_a_secret(cls: type[BaseOperator]) -> None:
    assert not [name for name in made(cls).template_fields if is_secret(name)]
    assert not [name for name in vars(made(cls)) if is_secret(name)]


@every_class
def test_it_says_what_it_is_for_and_which_document_it_comes_from(cls: type) -> None:
    doc = inspect.getdoc(cls) or ""
    assert len(doc.splitlines()[0]) > 10
    if cls not in TRIGGERS:
        (documents,) = re.findall(r"API document: (.+)", doc)
        named = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\w*", documents))
        assert named <= ACTIONS or "none" in documents


@for_every("cls", CHANGING)
def test_operators_override_at_most_request_and_result(cls: type[DtsOperator]) -> None:
    methods = {name for name, value in vars(cls).items() if inspect.isfunction(value)}
    assert methods <= {"__init__", "request", "result"}


@for_every("cls", concrete(DescribeOperator))
def test_operators_that_read_override_at_most_request_and_result(cls: type[DescribeOperator]) -> None:
    methods = {name for name, value in vars(cls).items() if inspect.isfunction(value)}
    assert methods <= {"__init__", "request", "result"}


@for_every("cls", SENSORS)
def test_sensors_override_their_hooks_alone(cls: type[DtsSensor]) -> None:
    methods = {name for name, value in vars(cls).items() if inspect.isfunction(value) and not re.match("_[a-z]", name)}
    hooks = {"prepare", "rearm", "fix", "failure", "next_step", "result", "hold", "ids", "act"}
    assert methods <= {"__init__", *hooks}
    assert not {"execute", "resume", "poke", "resume_execution", "on_kill"} & methods


@every_task
def test_it_is_made_of_five_classes_at_most(cls: type[BaseOperator]) -> None:
    """Itself among them: what a task does is read in its own class, its row, its gates, and the bases."""
    made_of = [base.__name__ for base in own_bases(cls)]
    assert len(made_of) <= MOST_CLASSES, " < ".join(made_of)


@for_every("cls", CHANGING)
def test_gates_keep_nothing_and_are_not_inherited_from(cls: type[DtsOperator]) -> None:
    """One gate serves every task of the class, so that what it noted would be another task's."""
    assert not issubclass(cls, Gate)
    for gate in cls.gates:
        assert isinstance(gate, Gate)
        assert cast("Any", type(gate)).__dataclass_params__.frozen, type(gate).__name__
        assert not re.search(r"call\.task\.\w+ = ", inspect.getsource(type(gate))), type(gate).__name__


@for_every("cls", [*CHANGING, *SENSORS])
def test_what_is_done_for_a_job_that_its_run_deletes_is_remembered(cls: type[DtsTask]) -> None:
    """Not so what deletes it: with the job gone, that still looks for what was bought besides."""
    deleted = cls.resource.job.bill is None
    assert cls.keeps_outcome is (deleted and not issubclass(cls, ReleaseOperator))


def test_the_base_classes_stay_small() -> None:
    lines = [len(inspect.getsource(base).splitlines()) for base in (DtsTask, DtsOperator, DescribeOperator, DtsSensor)]
    assert sum(lines) < 400


@for_every("cls", [*CHANGING, *SENSORS])
def test_each_wait_names_its_axis_and_can_be_found_by_name(cls: type[DtsTask]) -> None:
    row: Operation | Goal = getattr(cls, "operation", None) or cls.goal  # type: ignore[attr-defined]  # one of both
    assert row.axis.name
    assert row.axis.path
    assert row.resource is cls.resource
    if isinstance(row, Operation):
        assert OPERATIONS[row.resource.version, row.action] is row
    else:
        assert GOALS[row.name] is row


def test_one_wait_alone_is_for_a_value_that_may_be_absent() -> None:
    assert [goal.name for goal in GOALS.values() if "" in goal.reached] == ["no other change of the job pending"]


@for_every("goal", [goal for goal in GOALS.values() if "" not in goal.reached])
def test_no_other_axis_s_value_ends_a_wait(goal: Goal) -> None:
    from tencent_dts.model.resource import Verdict

    others = [axis for axis in AXES if axis is not goal.axis]
    # A job whose bill has ended stands still: that ends every wait for anything else of it, badly.
    own = goal.axis.known | goal.broken | goal.ended | goal.resource.released | {""}
    for value in sorted(set().union(*(axis.known for axis in others)) - own):
        item: dict[str, Any] = {"StepInfo": {"MasterSlaveDistance": 0, "SecondsBehindMaster": 0}}
        for axis in others:
            container, _, name = axis.path.rpartition(".")
            (item.setdefault(container, {}) if container else item)[name] = value
        item["Detail"] = item["StepInfo"]  # the lag of sync jobs and of jobs of 2018
        container, _, name = goal.axis.path.rpartition(".")
        (item.setdefault(container, {}) if container else item)[name] = ""
        assert goal.judge(item) not in (Verdict.DONE, Verdict.IMPOSSIBLE), value


@every_task
def test_it_serializes_and_rebuilds(cls: type[BaseOperator], monkeypatch: pytest.MonkeyPatch) -> None:
    # Airflow keeps, for the whole process, whether links are loaded; whoever ran a DAG before has switched it off.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    with DAG("dag", schedule=None) as dag:
        made(cls)
    rebuilt = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).get_task("task")
    assert rebuilt.task_type == cls.__name__
    assert set(rebuilt.template_fields) == set(cls.template_fields)
    assert [link.name for link in getattr(cls, "operator_extra_links", ())] == list(rebuilt.extra_links)


@every_task
def test_it_can_be_mapped(cls: type[BaseOperator]) -> None:
    task = made(cls)
    given = {name: value for name in GIVEN if (value := getattr(task, name, None)) is not None}
    field = next(name for name in ("tencentcloud_conn_id", "subject") if name in task.template_fields)
    with DAG("dag", schedule=None) as dag:
        cls.partial(task_id="mapped", **given).expand(**{field: ["a", "b"]})
    rebuilt = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).get_task("mapped")
    assert rebuilt.is_mapped


@for_every("cls", [*OF_THE_BASE, *PLANS])
def test_it_knows_what_clearing_it_does(cls: type[Step]) -> None:
    assert re.match(r"[a-z]+s [^{}]+$", cast("Step", made(cls)).clearing())


@every_task
def test_it_sets_no_retries_of_its_own(cls: type[BaseOperator]) -> None:
    with DAG("dag", schedule=None, default_args={"retries": 7}):
        assert made(cls).retries == 7


@every_task
def test_it_holds_its_own_parameters_and_no_copy_of_its_dag_s(cls: type[BaseOperator]) -> None:
    with DAG("dag", schedule=None, params={"of_the_dag": 1}) as dag:
        task = made(cls, params={"of_the_task": 2})
    assert set(task.params) == {"of_the_task"}
    assert set(dag.params) == {"of_the_dag"}


def test_the_trigger_for_jobs_is_rebuilt_from_what_it_serializes() -> None:
    cls = DtsWaitTrigger
    trigger = cls(**TRIGGER)
    path, kwargs = trigger.serialize()
    rebuilt = import_string(path)(**cast("dict[str, Any]", deserialize(serialize(kwargs))))
    assert type(rebuilt) is cls
    assert rebuilt.serialize() == (path, kwargs)
    assert set(kwargs) == {name for name in inspect.signature(cls.__init__).parameters if name != "self"}


@for_every("cls", TASKS)
def test_the_emulator_answers_what_it_calls(cls: type[BaseOperator]) -> None:
    load_areas()
    called: set[str] = set()
    if issubclass(cls, DtsTask):
        called = {cls.resource.read, cls.resource.listing} - {""}
        acting = (getattr(cls, "operation", None), cls)
        called |= {action for thing in acting if (action := getattr(thing, "action", None))}
    named = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\w*", (inspect.getdoc(cls) or "").rpartition("API document:")[2]))
    version = getattr(cls, "version", None) or getattr(cls, "resource", MIGRATION_JOB).version
    called |= {name for name in named if name in load(version).actions}
    assert {(version, action) for action in called} <= HANDLERS.keys()


def test_the_modules_are_those_that_airflow_is_told_of() -> None:
    from tencent_dts.provider import get_provider_info

    info = get_provider_info()
    told = {name for kind in ("operators", "sensors", "triggers") for e in info[kind] for name in e["python-modules"]}
    assert {cls.__module__ for cls in EVERYTHING} | {fleet.__name__} == told
    assert told <= {module.__name__ for module in modules()}
    assert {compare.__name__, purchase_migration.__name__} <= told


def in_a_process(code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def test_everything_is_importable_without_the_sdk() -> None:
    names = sorted({cls.__module__ for cls in EVERYTHING})
    code = (
        "import importlib, sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'tencentcloud':\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print('imported')\n"
    )
    assert "imported" in in_a_process(code)


def test_parsing_every_dag_imports_neither_the_sdk_nor_the_emulator() -> None:
    code = (
        "import sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "bag = DagBag('dags')\n"
        "assert bag.dags and not bag.import_errors, bag.import_errors\n"
        "print('parsed', len(bag.dags))\n"
        "print([name for name in sys.modules if name.startswith(('tencentcloud', 'tencent_dts.emulator'))])\n"
    )
    out = in_a_process(code)
    assert "parsed" in out
    assert out.strip().splitlines()[-1] == "[]"
