"""What the runs of a file would buy and call, checked as the task ``plan`` checks it: no call is made."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tencent_dts import settings
from tencent_dts.errors import DtsProblem, InvalidInput
from tencent_dts.kinds.form import Values
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.migration.kind import MIGRATION
from tencent_dts.manifests.check import Manifest
from tencent_dts.manifests.dags import load_manifest
from tencent_dts.manifests.fleet import request_of
from tencent_dts.tasks.compare_tasks import CreateCompareTask
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.plan import PlanOperator
from tencent_dts.tasks.purchase import PurchaseTask

_PER_SECOND = 20.0  # the published rate of each action


class _Nowhere:
    """A task state store that keeps nothing."""

    def get(self, _key: str, _default: object = None) -> None:
        """Nothing was stored."""

    def set(self, _key: str, _value: object, **_options: object) -> None:
        """Nothing is."""


@dataclass(frozen=True)
class Group:
    """What runs beside each other.

    :param name: of a wave; "" where the file has none.
    :param runs: the parameters of each run by its name.
    """

    name: str
    runs: dict[str, Values] = field(default_factory=dict)


def groups_of(manifest: Manifest) -> list[Group]:
    """The runs of a file, in the order in which they begin."""
    if manifest.kind is not None:
        return [Group("", {manifest.dag_id: manifest.values})]
    fleet, canary = manifest.values, manifest.values.get("canary")
    groups = [
        Group(
            wave["name"], {one["name"]: {"job_title": one["name"], **request_of(fleet, one)} for one in wave["members"]}
        )
        for wave in fleet["waves"]
    ]
    first = [Group("canary", {canary: group.runs.pop(canary)}) for group in groups if canary in group.runs]
    return [*first, *(group for group in groups if group.runs)]


def preview(path: Path) -> Iterator[str]:
    """What a file would buy, line by line.

    :raises InvalidManifest: the file is none.
    :raises InvalidInput: a connection or a parameter is wrong; ``plan`` would be red.
    """
    settings.check_all()
    manifest, dag = load_manifest(path.resolve())
    kind = manifest.kind or MIGRATION
    planner = next(task for task in dag.tasks if isinstance(task, PlanOperator))
    yield f"{manifest.source}: DAG {manifest.dag_id}; nothing is bought now"
    wrong: list[str] = []
    least = 0.0
    for group in groups_of(manifest):
        if group.name:
            yield f"wave {group.name}: {len(group.runs)} members"
        calls: Counter[str] = Counter()
        for name, request in group.runs.items():
            try:
                ordered, told = _ordered(type(planner), kind, manifest.dag_id, request)
            except DtsProblem as problem:
                wrong.append(f"{name}: {problem.what}")
                continue
            calls += ordered
            yield f"  {name}: {told}"
        least += max((count / _PER_SECOND for count in calls.values()), default=0.0)
    yield from _calls(dag)
    yield f"least time that the quota of {_PER_SECOND:g} requests/s and action allows: {math.ceil(least)} s"
    if wrong:
        raise InvalidInput(f"{manifest.source}, {len(wrong)} runs", "their plan would be red: " + "; ".join(wrong))


def _ordered(planner: type[PlanOperator], kind: Kind, dag_id: str, request: Values) -> tuple[Counter[str], str]:
    """The calls that are known beforehand, and the purchase in words."""
    task: Any = planner(task_id="plan", request=request)
    run = SimpleNamespace(conf={}, run_type="manual", triggering_user_name=None, run_after=None)
    context: Any = {
        "ti": SimpleNamespace(dag_id=dag_id),
        "params": {},
        "dag": SimpleNamespace(params={}, render_template_as_native_obj=False),
        "dag_run": run,
        "task_state_store": _Nowhere(),
    }
    plan = task.checked(context)
    known = list(task.requests(plan))
    order: Any = next((wire for action, wire in known if action == kind.purchase.action), {})
    words = ", ".join(f"{name} {value}" for name, value in order.items())
    adopted = plan.get("existing_job_id")
    told = f"adopts {adopted}" if adopted else f"{kind.purchase.action}: {words}"
    return Counter(action for action, _ in known), told


def _once(task: object) -> str:
    """The action of a task that creates something exactly once; "" of any other."""
    if isinstance(task, PurchaseTask):
        return task.kind.action
    return task.family.create if isinstance(task, CreateCompareTask) else ""


def _calls(dag: Any) -> Iterator[str]:
    """The calls of one run in their order, each with the states that it is sent in."""
    yield "the calls of each, and the states in which each is sent:"
    shown: set[str] = set()
    for task in dag.topological_sort():
        action = _once(task)
        if action and action not in shown:
            shown.add(action)
            yield f"  {action}: where this run has made none, found by its tags or its name"
        elif isinstance(task, DtsOperator) and task.operation.action not in shown:
            operation = task.operation
            shown.add(operation.action)
            yield f"  {operation.action}: {operation.axis.name} {', '.join(sorted(operation.needs))}"
