"""What a worker asks of Airflow about runs other than its own: their states, and which run has adopted a job.

A worker has Airflow's execution API alone. It tells a run by its ids, with its state and the time it ended, and how
many runs of a DAG are alive; it has no search over DAGs. So a run that adopts a job leaves its name in an Airflow
variable: the tags of some kinds of jobs cannot be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

ALIVE = ("running", "queued", "restarting")
GREEN = "success"
OVER = (GREEN, "failed")
GONE = "gone"  # ours, not Airflow's: there is no such run
_CLAIM = "tencent_dts.adopted."
_NOT_FOUND = 404


@dataclass(frozen=True)
class Run:
    """What Airflow says of a run.

    :param state: as Airflow names it, or :data:`GONE`.
    :param ended: when it ended; ``None`` where it has not, or where that is not told.
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


def ask(message: Any) -> Any:
    """Send a question to Airflow, through the process that watches over the task."""
    from airflow.sdk.execution_time import task_runner

    return task_runner.SUPERVISOR_COMMS.send(message)


def look_up(dag_id: str, run_id: str) -> Run:
    """The run as it is now.

    :raises Exception: Airflow does not answer; nothing is known then.
    """
    from airflow.sdk.execution_time.comms import GetDag, GetDagRun

    told = _unless_missing(lambda: ask(GetDagRun(dag_id=dag_id, run_id=run_id)))
    if told is None:
        return Run(GONE, of_known_dag=_unless_missing(lambda: ask(GetDag(dag_id=dag_id))) is not None)
    return Run(_name(told.state), told.end_date)


def state_of(ti: Any, dag_id: str, run_id: str) -> str:
    """The state of a run, :data:`GONE` where it is gone.

    :param ti: the task instance that asks.
    """
    return _unless_missing(lambda: _name(ti.get_dagrun_state(dag_id, run_id))) or GONE


def living(dag_id: str) -> int:
    """How many runs of a DAG are alive; none of a DAG that does not exist."""
    from airflow.sdk.execution_time.comms import GetDRCount

    return int(ask(GetDRCount(dag_id=dag_id, states=[state for state in ALIVE if state != "restarting"])).count)


def claim(job_id: str, holder: Holder) -> None:
    """Write down which run has adopted a job; the latest one counts."""
    from airflow.sdk.execution_time.comms import PutVariable

    text = "The run that has adopted this DTS job; dts_reap spares the job while that run is alive or green."
    ask(PutVariable(key=_CLAIM + job_id, value=json.dumps(asdict(holder)), description=text))


def claimed(job_id: str) -> Holder | None:
    """The run that has adopted a job by its id, ``None`` where none has.

    :raises ValueError: somebody has written something else there.
    :raises Exception: Airflow does not answer.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable

    told = ask(GetVariable(key=_CLAIM + job_id))
    if isinstance(told, ErrorResponse):
        if told.error is ErrorType.VARIABLE_NOT_FOUND:
            return None
        raise AirflowRuntimeError(told)
    kept = json.loads(told.value)
    if not isinstance(kept, dict) or kept.keys() != Holder.__dataclass_fields__.keys():
        raise ValueError(f"the Airflow variable {_CLAIM}{job_id} names no run")
    return Holder(**kept)


def forget_claim(job_id: str) -> None:
    """The job has ended: nobody holds it any more."""
    from airflow.sdk.execution_time.comms import DeleteVariable

    ask(DeleteVariable(key=_CLAIM + job_id))


def _name(state: Any) -> str:
    """A state as text: Airflow gives a member of an enumeration, whose own text is another."""
    return str(getattr(state, "value", state))


def _unless_missing(question: Callable[[], Any]) -> Any:
    """The answer to a question; ``None`` where it is Airflow's own word that there is no such thing.

    Nothing else is: not a refusal, not an outage, not an address that the API server does not know.
    """
    import httpx
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return question()
    except AirflowRuntimeError as error:
        told: Mapping[str, Any] = error.error.detail or {}
        if not _says_missing(told.get("status_code"), told.get("detail")):
            raise
    except httpx.HTTPStatusError as error:  # in one process with the API, as in dag.test()
        status = error.response.status_code
        if status != _NOT_FOUND or not _says_missing(status, error.response.json()):
            raise
    return None


def _says_missing(status: Any, body: Any) -> bool:
    detail = body.get("detail") if isinstance(body, Mapping) else None
    return status == _NOT_FOUND and isinstance(detail, Mapping) and detail.get("reason") == "not_found"
