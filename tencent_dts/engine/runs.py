"""What a worker asks of Airflow about runs other than its own, and about Airflow's variables.

A worker has Airflow's execution API alone. It looks a run up by its ids, with its state and the time it ended, and how
many runs of a DAG are alive; it has no search over DAGs. So a run that buys or adopts a job leaves its name in an
Airflow variable, see :mod:`tencent_dts.engine.records`: the tags of some kinds of jobs cannot be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import httpx
from airflow.sdk.exceptions import AirflowRuntimeError

ALIVE = ("running", "queued", "restarting")
GREEN = "success"
OVER = (GREEN, "failed")
GONE = "gone"  # ours, not Airflow's: there is no such run
_NOT_FOUND = 404
_PAGE = 1000
SILENCE = (AirflowRuntimeError, httpx.HTTPError)  # Airflow does not answer what it was asked


@dataclass(frozen=True)
class Run:
    """What Airflow says of a run.

    :param state: as Airflow names it, or :data:`GONE`.
    :param ended: when it ended; ``None`` where it has not, or where that is not reported.
    :param of_known_dag: for a run that is gone: Airflow still knows its DAG.
    """

    state: str
    ended: datetime | None = None
    of_known_dag: bool = True


@dataclass(frozen=True)
class Holder:
    """A task instance that has bought or adopted a job.

    :param task: its id; of a mapped one with the index, as ``purchase[3]``.
    """

    dag_id: str
    run_id: str
    task: str


_Answer = TypeVar("_Answer")

TaskContext = Mapping[str, Any]
"""What Airflow tells a task of itself: its ``Context``, or the parts of it that a trigger or a command has."""

Question = Any
"""A question to Airflow, of whatever class of ``airflow.sdk.execution_time.comms``."""


class TaskInstance(Protocol):
    """What is read of a task instance, in a worker and in a triggerer."""

    dag_id: str
    task_id: str
    run_id: str

    @property
    def map_index(self) -> int | None:
        """Below 0, or nothing, where its task is not mapped."""


def index_of(ti: TaskInstance) -> int:
    """The index of a mapped task instance; -1 where its task is not mapped."""
    return -1 if ti.map_index is None else ti.map_index


class AskingInstance(TaskInstance, Protocol):
    """A task instance in a worker, which can ask Airflow for the states of others of its run."""

    def get_task_states(
        self, dag_id: str, *, map_index: int | None, task_ids: list[str], run_ids: list[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """The states of tasks, by run and by task id."""


def ask(message: Question) -> Any:
    """Send a question to Airflow, through the process that watches over the task."""
    from airflow.sdk.execution_time import task_runner

    return task_runner.SUPERVISOR_COMMS.send(message)


def look_up(dag_id: str, run_id: str) -> Run:
    """The run as it is now.

    :raises Exception: Airflow does not answer; nothing is known then.
    """
    from airflow.sdk.execution_time.comms import GetDag, GetDagRun

    reported = _unless_missing(lambda: ask(GetDagRun(dag_id=dag_id, run_id=run_id)))
    if reported is None:
        return Run(GONE, of_known_dag=_unless_missing(lambda: ask(GetDag(dag_id=dag_id))) is not None)
    return Run(named(reported.state), reported.end_date)


def states_of(ti: AskingInstance, task_ids: Iterable[str]) -> dict[str, set[str]]:
    """The states of tasks in the run of a task instance, in one question, or two of a mapped one.

    Of a task that is mapped along with the one that asks, only the state of the same index counts, so that a thousand
    indexes do not know of each other.

    :param ti: the task instance that asks.
    :returns: by task id; several states of a task that is mapped beside the one that asks.
    """
    found: dict[str, set[str]] = {task_id: set() for task_id in task_ids}
    for index in [None] if index_of(ti) < 0 else [ti.map_index, None]:
        missing = sorted(task_id for task_id, states in found.items() if not states)
        if missing:
            reported = ti.get_task_states(ti.dag_id, map_index=index, task_ids=missing, run_ids=[ti.run_id])
            _sort_in(found, missing, reported.get(ti.run_id, {}))
    return found


def _sort_in(found: dict[str, set[str]], asked: list[str], reported: Mapping[str, object]) -> None:
    """Airflow returns the state of an index under the task's id with the index behind an underscore."""
    for key, state in reported.items():
        name, _, index = key.rpartition("_")
        task_id = key if key in asked else name if name in asked and index.isdecimal() else None
        if task_id is not None and state is not None:
            found[task_id].add(named(state))


def living(dag_id: str) -> int:
    """How many runs of a DAG are alive; none of a DAG that does not exist."""
    from airflow.sdk.execution_time.comms import GetDRCount

    return int(ask(GetDRCount(dag_id=dag_id, states=[state for state in ALIVE if state != "restarting"])).count)


def start_run(dag_id: str, run_id: str, conf: Mapping[str, object]) -> bool:
    """Start a run of another DAG; one of this id that there is already is left alone.

    :returns: whether it is a new one.
    :raises AirflowRuntimeError: Airflow does not answer, or knows no such DAG.
    """
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import TriggerDagRun

    answer = ask(TriggerDagRun(dag_id=dag_id, run_id=run_id, conf=dict(conf)))
    if getattr(answer, "error", None) is ErrorType.DAGRUN_ALREADY_EXISTS:
        return False
    answered(answer)
    return True


# Questions and answers for whoever asks in another way, as a triggerer does; see tencent_dts.engine.records.


def get_variable(key: str) -> Question:
    """The question for an Airflow variable."""
    from airflow.sdk.execution_time.comms import GetVariable

    return GetVariable(key=key)


def put_variable(key: str, value: str, description: str) -> Question:
    """The order to write one."""
    from airflow.sdk.execution_time.comms import PutVariable

    return PutVariable(key=key, value=value, description=description)


def keys_of(prefix: str) -> list[str]:
    """The names of all Airflow variables that begin like this.

    :raises Exception: Airflow does not answer.
    """
    from airflow.sdk.execution_time.comms import GetVariableKeys

    found: list[str] = []
    while True:
        page = answered(ask(GetVariableKeys(prefix=prefix, limit=_PAGE, offset=len(found))))
        found += page.keys
        if not page.keys or len(found) >= page.total_entries:
            return found


def delete_variable(key: str) -> None:
    """Delete an Airflow variable."""
    from airflow.sdk.execution_time.comms import DeleteVariable

    answered(ask(DeleteVariable(key=key)))


def get_state(dag_id: str, run_id: str) -> Question:
    """The question for the state of a run."""
    from airflow.sdk.execution_time.comms import GetDagRunState

    return GetDagRunState(dag_id=dag_id, run_id=run_id)


def variable(answer: object) -> str | None:
    """The value of a variable in an answer; ``None`` where there is none.

    :raises AirflowRuntimeError: Airflow does not answer.
    """
    from airflow.sdk.exceptions import ErrorType

    if getattr(answer, "error", None) is ErrorType.VARIABLE_NOT_FOUND:
        return None
    value = answered(answer).value
    return None if value is None else str(value)


def answered(answer: object) -> Any:
    """An answer that is none of an error.

    :raises AirflowRuntimeError: it is one.
    """
    from airflow.sdk.execution_time.comms import ErrorResponse

    if isinstance(answer, ErrorResponse):
        raise AirflowRuntimeError(answer)
    return answer


def named(state: object) -> str:
    """A state as text: Airflow gives a member of an enumeration, whose own text is another."""
    return str(getattr(state, "value", state))


def _unless_missing(question: Callable[[], _Answer]) -> _Answer | None:
    """The answer to a question; ``None`` where it is Airflow's own word that there is no such thing."""
    try:
        return question()
    except SILENCE as error:
        if not says_missing(error):
            raise
    return None


def says_missing(error: Exception) -> bool:
    """Whether it is Airflow's own word that there is no such thing.

    Nothing else is: not a refusal, not an outage, not an address that the API server does not know.
    """
    if isinstance(error, httpx.HTTPStatusError):  # in one process with the API, as in dag.test()
        status: object = error.response.status_code
        body: object = error.response.json() if status == _NOT_FOUND else None
    elif isinstance(error, AirflowRuntimeError):
        reported: Mapping[str, object] = error.error.detail or {}
        status, body = reported.get("status_code"), reported.get("detail")
    else:
        return False
    detail = body.get("detail") if isinstance(body, Mapping) else None
    return status == _NOT_FOUND and isinstance(detail, Mapping) and detail.get("reason") == "not_found"
