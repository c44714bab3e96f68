"""Run a task of this package without a scheduler: its legs, its triggers, its memory.

The context is made here; everything between the task and the emulator is real.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunState
from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType, TaskDeferred
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.serde import deserialize, serialize
from pydantic import BaseModel

from tencent_dts.engine import runs

ExecutorSafeguard.test_mode = True
_TEMPLATES = DAG("templates", schedule=None)  # notifiers render their fields by the environment of the task's DAG


def _as_airflow_says(state: str) -> Any:
    """A run's state as a member of Airflow's enumeration, whose text is not its value; as it is where it is none."""
    return DagRunState(state) if state in {member.value for member in DagRunState} else state


class Airflow:
    """What a worker can ask Airflow of other runs, and Airflow's variables; reached where no task runner is."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.runs: dict[tuple[str, str], tuple[str, datetime | None]] = {}
        self.dags: set[str] = set()
        self.variables: dict[str, str] = {}
        self.started: dict[tuple[str, str], dict[str, Any]] = {}  # by DAG and run, the configuration of each run
        self.task_states: dict[str, str] = {}  # of the only run whose tasks are asked about
        self.silent = False

    def answer(self, message: Any) -> Any:
        """The answer as the process that watches over a task gives it."""
        assert isinstance(message, BaseModel)
        if self.silent:
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 503}))
        kind = type(message).__name__
        return getattr(self, f"_{kind}")(**message.model_dump(exclude={"type"}))

    def _GetDagRun(self, dag_id: str, run_id: str) -> Any:  # noqa: N802 - named after the message
        if (dag_id, run_id) not in self.runs:
            raise self._missing()
        state, ended = self.runs[dag_id, run_id]
        return SimpleNamespace(state=_as_airflow_says(state), end_date=ended)

    def _GetDagRunState(self, dag_id: str, run_id: str) -> Any:  # noqa: N802 - as above
        return SimpleNamespace(state=self._GetDagRun(dag_id, run_id).state)

    def _GetDag(self, dag_id: str) -> Any:  # noqa: N802 - as above
        if dag_id not in self.dags:
            raise self._missing()
        return SimpleNamespace(dag_id=dag_id)

    def _GetDRCount(self, dag_id: str, states: list[str], **_: Any) -> Any:  # noqa: N802 - as above
        found = [state for (dag, _), (state, _) in self.runs.items() if dag == dag_id and state in states]
        return SimpleNamespace(count=len(found))

    def _GetTaskStates(self, run_ids: list[str], task_ids: list[str], **_: Any) -> Any:  # noqa: N802 - as above
        asked = re.compile(rf"({'|'.join(map(re.escape, task_ids))})(_\d+)?")
        found = {name: state for name, state in self.task_states.items() if asked.fullmatch(name)}
        return SimpleNamespace(task_states={run_ids[0]: found})

    def _GetVariable(self, key: str) -> Any:  # noqa: N802 - as above
        if key not in self.variables:
            return ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND, detail={"key": key})
        return SimpleNamespace(key=key, value=self.variables[key])

    def _GetVariableKeys(self, prefix: str, limit: int, offset: int) -> Any:  # noqa: N802 - as above
        found = sorted(key for key in self.variables if key.startswith(prefix))
        return SimpleNamespace(keys=found[offset : offset + limit], total_entries=len(found))

    def _PutVariable(self, key: str, value: str, description: str) -> None:  # noqa: N802 - as above
        self.variables[key] = value

    def _DeleteVariable(self, key: str) -> None:  # noqa: N802 - as above
        self.variables.pop(key, None)

    def _TriggerDagRun(self, dag_id: str, run_id: str, conf: dict[str, Any], **_: Any) -> Any:  # noqa: N802 - as above
        if dag_id not in self.dags:
            raise self._missing()
        if (dag_id, run_id) in self.started:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS, detail={"run_id": run_id})
        self.started[dag_id, run_id] = conf
        return OKResponse(ok=True)

    @staticmethod
    def _missing() -> AirflowRuntimeError:
        told = {"status_code": 404, "detail": {"detail": {"reason": "not_found", "message": "it was not found"}}}
        return AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=told))


AIRFLOW = Airflow()
_ask = runs.ask


def ask(message: Any) -> Any:
    """Ask the real Airflow in a whole run, and the one above beside it."""
    return _ask(message) if hasattr(task_runner, "SUPERVISOR_COMMS") else AIRFLOW.answer(message)


runs.ask = ask


class Store:
    """The task state store of one task instance; it survives retries and clears, as Airflow's does."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.values[key] = value

    def delete(self, key: str) -> None:
        self.values.pop(key, None)


@dataclass
class TaskInstance:
    """What the tasks ask of their task instance."""

    task_id: str = "task"
    dag_id: str = "dag"
    id: UUID = field(default_factory=uuid4)
    run_id: str = "manual__2026-11-23T00:00:00+00:00"
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 0
    pushed: dict[str, Any] = field(default_factory=dict)
    task_states: dict[str, str] = field(default_factory=dict)
    returned: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: list[str] | str, map_indexes: int, key: str = "return_value") -> Any:
        """What other tasks returned, by task id; what they pushed, by task id and key."""
        if isinstance(task_ids, str):
            return self.returned.get(task_ids if key == "return_value" else f"{task_ids}/{key}")
        return [self.xcom_pull(name, map_indexes, key) for name in task_ids]

    def get_task_states(
        self, dag_id: str, task_ids: list[str], run_ids: list[str], map_index: int | None = None
    ) -> dict[str, dict[str, str]]:
        """As Airflow tells them: of a mapped task under ``<task_id>_<index>``."""
        index = r"(_\d+)?" if map_index is None else "" if map_index < 0 else f"_{map_index}"
        asked = re.compile(f"({'|'.join(map(re.escape, task_ids))}){index}")
        return {run_ids[0]: {name: state for name, state in self.task_states.items() if asked.fullmatch(name)}}


class Task:
    """One task instance through its tries: ``run()`` once, ``clear()``, ``run()`` again."""

    def __init__(
        self,
        operator: Any,
        *,
        params: Mapping[str, Any] | None = None,
        conf: Mapping[str, Any] | None = None,
        **ti: Any,
    ) -> None:
        self.operator = operator
        self.ti = TaskInstance(**{"task_id": operator.task_id, "max_tries": operator.retries, **ti})
        self.store = Store()
        self.params = dict(params or {})
        self.conf = dict(conf or {})
        self.deferrals = 0
        self.triggers: list[Any] = []
        self.outlet_events = OutletEventAccessors()

    @property
    def context(self) -> dict[str, Any]:
        dag_run = SimpleNamespace(conf=self.conf, run_type="manual", triggering_user_name="someone")
        dag = SimpleNamespace(
            params={}, render_template_as_native_obj=False, get_template_env=_TEMPLATES.get_template_env
        )
        told = {"ti": self.ti, "task_instance": self.ti, "task": self.operator, "task_state_store": self.store}
        told |= {"outlet_events": self.outlet_events}
        return {**told, "params": self.params, "dag_run": dag_run, "dag": dag}

    def clear(self) -> Task:
        """What Airflow does to a task instance on Clear: another try, and a raised limit."""
        self.ti.max_tries = self.ti.try_number + self.operator.retries
        self.ti.try_number += 1
        return self

    def retry(self) -> Task:
        """An automatic retry: another try within the same limit."""
        self.ti.try_number += 1
        return self

    def run(self, *, timeout: float = 120) -> Any:
        """Execute, and follow each deferral through a trigger rebuilt from its serialized form."""
        leg = partial(self.operator.execute, self.context)
        while True:
            try:
                return leg()
            except TaskDeferred as deferred:
                self.deferrals += 1
                trigger = rebuilt(deferred.trigger)
                self.triggers.append(trigger)
                payload = asyncio.run(asyncio.wait_for(first_event(trigger), timeout))
                leg = partial(self.operator.resume_execution, deferred.method_name, {"event": payload}, self.context)


def rebuilt(trigger: Any) -> Any:
    """A trigger as the triggerer gets it: from its serialized form alone."""
    classpath, kwargs = trigger.serialize()
    module, _, name = classpath.rpartition(".")
    stored: Any = deserialize(serialize(kwargs))
    return getattr(importlib.import_module(module), name)(**stored)


async def first_event(trigger: Any) -> Any:
    """The payload of a trigger's first event."""
    async for event in trigger.run():
        return deserialize(serialize(event.payload))
    raise AssertionError("the trigger ended without an event")
