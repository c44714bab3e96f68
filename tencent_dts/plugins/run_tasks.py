"""What a DAG run waits for or is stuck at, and what to do next, from Airflow's metadata database.

The advice is what the task's own error says. Where there is none, as of a worker that was killed, it is the task's
documentation, which stands in the DAG as Airflow has stored it: it holds for tasks that a DAG's author documents, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.state import TaskInstanceState
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tencent_dts.kinds.page import Tone
from tencent_dts.model.answers import Item
from tencent_dts.plugins.runbook import row_of
from tencent_dts.plugins.words import Mark
from tencent_dts.tasks.links import NEXT_STEP_KEY

_REPORT = "report"
_RED = "**Red:**"
# In the order in which a person looks at them, with what is to be done.
_STATES: dict[TaskInstanceState, tuple[Tone, str, str]] = {
    TaskInstanceState.FAILED: ("bad", "failed", "Read the end of its log, fix the cause, then clear this task."),
    TaskInstanceState.AWAITING_INPUT: ("warn", "awaits an answer", "Answer it under Required Actions."),
    TaskInstanceState.UP_FOR_RETRY: ("warn", "tries again", "Nothing: Airflow repeats it by itself. Its log has why."),
    TaskInstanceState.RUNNING: ("busy", "running", ""),
    TaskInstanceState.DEFERRED: ("busy", "waiting", ""),
    TaskInstanceState.UP_FOR_RESCHEDULE: ("busy", "waiting", ""),
}


@dataclass(frozen=True)
class Stop:
    """A task of the run that is red, awaited or at work; a mapped task once for all its indexes in that state.

    :param instances: "" or how many indexes of a mapped task.
    :param next_step: what to do; "" where there is nothing to do but wait.
    :param page: of the task in this run, with its log and *Clear*; ``documentation``: of the task in the DAG.
    :param runbook: address of its row in the runbook, where it is red and that is known.
    """

    task_id: str
    state: Mark
    instances: str
    next_step: str
    page: str
    documentation: str
    runbook: str = ""


def stops_of(session: Session, run: DagRun, tasks: Mapping[str, object]) -> list[Stop]:
    """Where a run stands: what is red first, then what waits for a person, then what is at work.

    :param tasks: of the DAG as it is stored, by id.
    """
    instance = TaskInstance
    rows = session.execute(
        select(
            instance.task_id,
            instance.state,
            func.count().label("instances"),
            func.min(instance.map_index).label("first"),
        )
        .where(instance.dag_id == run.dag_id, instance.run_id == run.run_id, instance.state.in_(_STATES))
        .group_by(instance.task_id, instance.state)
    ).all()
    ranks = list(_STATES)
    rows = sorted(rows, key=lambda row: (ranks.index(TaskInstanceState(row.state)), row.task_id))
    said = _said_by_errors(session, run)
    return [_stop(run, row, tasks.get(row.task_id), said.get((row.task_id, row.first), "")) for row in rows]


def _said_by_errors(session: Session, run: DagRun) -> dict[tuple[str, int], str]:
    """What each task's error says to do next, by task id and map index."""
    key = XComModel.key == NEXT_STEP_KEY
    rows = session.execute(
        select(XComModel.value, XComModel.task_id, XComModel.map_index).where(
            XComModel.dag_id == run.dag_id, XComModel.run_id == run.run_id, key
        )
    ).all()
    return {(row.task_id, row.map_index): str(XComModel.deserialize_value(row) or "") for row in rows}


def _stop(run: DagRun, row: Any, task: object, said: str) -> Stop:
    """One line of the list.

    :param said: by the task's error; of a mapped task, by that of its first index in this state.
    """
    state = TaskInstanceState(row.state)
    tone, word, next_step = _STATES[state]
    if state is TaskInstanceState.FAILED:
        next_step = said or _when_red(task) or next_step
    # Relative to this page, which stands one path below Airflow's own, wherever that is served.
    dag, run_id, task_id = (quote(text, safe="") for text in (run.dag_id, run.run_id, row.task_id))
    page = f"../dags/{dag}/runs/{run_id}/tasks/{task_id}"
    mapped = row.first >= 0
    return Stop(
        task_id=row.task_id,
        state=Mark(word, tone),
        instances=f"{row.instances} of its indexes" if mapped and row.instances > 1 else "",
        next_step=next_step,
        page=f"{page}/mapped/{row.first}" if mapped and row.instances == 1 else f"{page}/mapped" if mapped else page,
        documentation=f"../dags/{dag}/tasks/{task_id}",
        runbook=row_of(run.dag_id, row.task_id, _doc(task)) if state is TaskInstanceState.FAILED else "",
    )


def _when_red(task: object) -> str:
    """What a task's documentation says of it when it is red; "" where it says nothing of that."""
    text = " ".join(_doc(task).partition(_RED)[2].replace("`", "").replace("*", "").split())
    return text[:1].upper() + text[1:]


def _doc(task: object) -> str:
    """A task's documentation, as Airflow has stored it; "" where it has none."""
    partial = getattr(task, "partial_kwargs", None) or {}
    return str(partial.get("doc_md") or getattr(task, "doc_md", None) or "")


def reports_of(session: Session, run: DagRun) -> list[Item]:
    """What the tasks of the run that look for orphans have found."""
    rows = session.execute(
        select(XComModel.value, XComModel.task_id)
        .where(XComModel.dag_id == run.dag_id, XComModel.run_id == run.run_id, XComModel.key == _REPORT)
        .order_by(XComModel.task_id, XComModel.map_index)
    ).all()
    found = (XComModel.deserialize_value(row) for row in rows)
    return [value for value in found if isinstance(value, Mapping) and {"counts", "orphans", "kept"} <= value.keys()]
