"""Read an Airflow connection, in a worker and in a trigger, and say what is missing where there is none."""

from __future__ import annotations

import asyncio
import os

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from tencent_dts.api.connections import Connection
from tencent_dts.errors import InvalidInput, given_in
from tencent_dts.kinds.planning import AnyPlan
from tencent_dts.kinds.sides import SIDES


@given_in("connection")
def read_connection(conn_id: str, kind: str = "") -> Connection:
    """An Airflow connection, read in a worker before any event loop runs.

    :param kind: the connection type that is wanted, for the error.
    :raises InvalidInput: there is none of this id. Where Airflow itself could not be asked, its own error is raised,
        which a retry may fix.
    """
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        if not _is_undefined(conn_id):
            raise
        problem = _undefined(conn_id, kind)
    except PermissionError:
        problem = InvalidInput(f"connection {conn_id}", "Airflow denies it to this task; give its team the connection")
    raise problem


def databases_of(plan: AnyPlan | None, sides: tuple[str, ...] = SIDES) -> list[Connection]:
    """The Airflow connections of the databases of a plan, freshly read in a worker before any event loop runs.

    :param plan: of a run, as its first task returns it; without one there are no connections.
    :param sides: the sides of the plan that have one.
    :raises InvalidInput: one is not defined.
    """
    return [read_connection(plan[side]["connection"]) for side in sides] if plan else []


async def aread_connection(conn_id: str, kind: str = "") -> Connection:
    """An Airflow connection, read in a trigger.

    Where ``airflow dags test`` runs a trigger in line, nothing answers the asynchronous question: it is asked again
    in the synchronous way, in a thread.
    """
    try:
        return await BaseHook.aget_connection(conn_id)
    except (AirflowNotFoundException, PermissionError):
        return await asyncio.to_thread(read_connection, conn_id, kind)


def _is_undefined(conn_id: str) -> bool:
    """Whether Airflow says so: its reading of connections takes an outage of its API for an absence, too."""
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if comms is None:
        return True
    try:
        answer = comms.send(GetConnection(conn_id=conn_id))
    except (AirflowRuntimeError, OSError, EOFError):  # Airflow does not answer: nothing is known
        return False
    return isinstance(answer, ErrorResponse) and answer.error.value == "CONNECTION_NOT_FOUND"


def _undefined(conn_id: str, kind: str) -> InvalidInput:
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if variable in os.environ:
        return InvalidInput(f"connection {conn_id}", f"{variable} is set, but Airflow cannot read it as a connection")
    of_type = f", of type {kind}" if kind else ""
    where = f"make it under Admin > Connections{of_type}, or set {variable} for every process of Airflow"
    return InvalidInput(f"connection {conn_id}", f"it is not defined; {where}")
