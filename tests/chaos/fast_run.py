"""A DAG run without Airflow's database: the DAG's own tasks, templates, triggers and retries, in a tenth of a second.

What Airflow does around them (XComs, state store, tries, clearing) is done here as Airflow 3.3 does it; the tests of
whole runs under ``tests/dags`` hold the same DAGs against Airflow itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk.serde import deserialize, serialize

from tests.drive import Store, first_event, rebuilt

RETURNED = "return_value"


class WorkerKilled(BaseException):
    """The worker's process is gone: no ``except`` of the task's own sees it."""


@dataclass
class Box:
    """One task instance: what Airflow keeps of it."""

    task: Any
    state: str = ""
    try_number: int = 0
    max_tries: int = 0
    store: Store = field(default_factory=Store)
    xcoms: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None


class FastRun:
    """One run of a DAG.

    :param dag: the DAG.
    :param conf: the run's parameters, as from the trigger form.
    :param sleep: lets time pass between two tries.
    :param retries: automatic retries of each task; ``None``: as the DAG says.
    """

    def __init__(
        self,
        dag: Any,
        conf: Mapping[str, Any],
        sleep: Callable[[float], None],
        *,
        run_id: str = "manual__chaos",
        retries: int | None = None,
    ) -> None:
        self.dag = dag
        self.conf = dict(conf)
        self.run_id = run_id
        self.sleep = sleep
        self._retries = retries
        order = [task.task_id for task in dag.topological_sort()]
        self.current = ""  # the task that runs
        self.triggers: list[Any] = []  # the kwargs of every trigger, as they are stored
        self._params = dag.params.dump() | self.conf
        self._jinja = dag.get_template_env()
        self.boxes = {name: Box(dag.get_task(name)) for name in order}
        for box in self.boxes.values():
            box.max_tries = self._retries_of(box)

    def _retries_of(self, box: Box) -> int:
        return int(box.task.retries) if self._retries is None else self._retries

    # --- What became of it ---

    @property
    def state(self) -> str:
        """``success`` or ``failed``, once nothing can run any more."""
        leaves = [box for name, box in self.boxes.items() if not self.dag.get_task(name).downstream_task_ids]
        return "success" if all(box.state == "success" for box in leaves) else "failed"

    def states(self) -> dict[str, str]:
        """The state of every task."""
        return {name: box.state for name, box in self.boxes.items()}

    def red(self) -> list[str]:
        """The tasks that failed themselves."""
        return [name for name, box in self.boxes.items() if box.state == "failed"]

    def result(self, task_id: str) -> Any:
        """What a task returned."""
        return self.boxes[task_id].xcoms.get(RETURNED)

    # --- Running and clearing ---

    def go(self) -> FastRun:
        """Run every task whose turn it is, until none is left."""
        for box in self.boxes.values():
            if box.state:
                continue
            above = {self.boxes[other].state for other in box.task.upstream_task_ids}
            if above - {"success"}:
                box.state = "upstream_failed"
            else:
                self._run(box)
        return self

    def clear(self, task_ids: Iterable[str]) -> None:
        """What Airflow does on Clear: no state, more tries; the state store stays, and XComs until the next try."""
        for name in task_ids:
            box = self.boxes[name]
            box.state = ""
            box.max_tries = box.try_number + self._retries_of(box)

    def below(self, task_id: str) -> list[str]:
        """A task and its downstream."""
        return [task_id, *self.dag.get_task(task_id).get_flat_relative_ids(upstream=False)]

    def _run(self, box: Box) -> None:
        self.current = box.task.task_id
        while True:
            box.try_number += 1
            box.xcoms = {}
            try:
                result = self._attempt(box)
            except AirflowFailException as error:
                box.state, box.error = "failed", error
                return
            except (AirflowException, WorkerKilled) as error:
                box.error = error
                if box.try_number > box.max_tries:
                    box.state = "failed"
                    return
                self.sleep(box.task.retry_delay.total_seconds())
            else:
                if result is not None:
                    box.xcoms[RETURNED] = _stored(result)
                box.state, box.error = "success", None
                return

    def _attempt(self, box: Box) -> Any:
        context = self._context(box)
        operator = box.task.prepare_for_execution()
        operator.render_template_fields(context, jinja_env=self._jinja)
        leg: Callable[[], Any] = partial(operator.execute, context)
        while True:
            try:
                return leg()
            except TaskDeferred as deferred:
                trigger = rebuilt(deferred.trigger)
                self.triggers.append(trigger.serialize())
                payload = asyncio.run(first_event(trigger))
                # Another process, and maybe another worker, goes on: nothing but the context is carried over.
                operator = box.task.prepare_for_execution()
                operator.render_template_fields(context, jinja_env=self._jinja)
                leg = partial(operator.resume_execution, deferred.method_name, {"event": payload}, context)

    # --- What a task sees ---

    def _context(self, box: Box) -> dict[str, Any]:
        dag_run = SimpleNamespace(conf=self.conf, run_type="manual", triggering_user_name="someone", run_id=self.run_id)
        ti = SimpleNamespace(
            task_id=box.task.task_id,
            dag_id=self.dag.dag_id,
            run_id=self.run_id,
            map_index=-1,
            try_number=box.try_number,
            max_tries=box.max_tries,
            task=box.task,
            xcom_push=partial(_push, box),
            xcom_pull=self._pull,
            get_task_states=self._task_states,
        )
        return {
            "ti": ti,
            "task_instance": ti,
            "task": box.task,
            "task_state_store": box.store,
            "params": self._params,
            "dag_run": dag_run,
            "run_id": self.run_id,
            "dag": self.dag,
        }

    def _pull(self, task_ids: Any = None, key: str = RETURNED, default: Any = None, **_: Any) -> Any:
        if isinstance(task_ids, str):
            return self.boxes[task_ids].xcoms.get(key, default)
        return [self.boxes[name].xcoms.get(key) for name in task_ids]

    def _task_states(
        self, dag_id: str, *, task_ids: list[str], run_ids: list[str], **_: Any
    ) -> dict[str, dict[str, str]]:
        states = {name: self.boxes[name].state for name in task_ids if self.boxes[name].state}
        return {self.run_id: states} if states else {}


def _push(box: Box, key: str, value: Any) -> None:
    box.xcoms[key] = _stored(value)


def _stored(value: Any) -> Any:
    """A value as it comes back from Airflow's database."""
    return deserialize(serialize(value))
