"""Run a whole DAG in this process, clear tasks of it as the UI does, and run on."""

from __future__ import annotations

import logging
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance, clear_task_instances
from airflow.sdk.definitions.dag import _run_task
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select

_ENDED = {DagRunState.SUCCESS, DagRunState.FAILED}
log = logging.getLogger(__name__)


class LocalRun:
    """A DAG run of ``dag.test()`` that can be cleared and continued.

    :param dag: the DAG.
    :param conf: the run's configuration, as from the trigger form.
    """

    def __init__(self, dag: Any, conf: dict[str, Any] | None = None) -> None:
        self.dag = dag
        self.run_id = dag.test(run_conf=conf).run_id

    def _find(self, session: Any) -> DagRun:
        found = session.scalar(select(DagRun).where(DagRun.run_id == self.run_id, DagRun.dag_id == self.dag.dag_id))
        assert found is not None
        return found

    @property
    def state(self) -> str:
        """The run's state, decided by ``DagRun.update_state``."""
        with create_session() as session:
            run = self._find(session)
            run.dag = self._scheduler_dag()
            run.update_state(session=session, execute_callbacks=False)
            return str(run.state)

    def states(self) -> dict[str, str]:
        """The state of every task instance by task id."""
        with create_session() as session:
            return {ti.task_id: str(ti.state) for ti in self._find(session).get_task_instances(session=session)}

    def xcom(self, task_id: str, key: str = "return_value") -> Any:
        """What a task returned or pushed."""
        from airflow.models.xcom import XComModel

        with create_session() as session:
            query = XComModel.get_many(
                run_id=self.run_id, key=key, task_ids=task_id, dag_ids=self.dag.dag_id
            ).with_only_columns(XComModel.value)
            value = session.scalar(query)
            return XComModel.deserialize_value(_Row(value)) if value is not None else None

    def _scheduler_dag(self) -> Any:
    
        from airflow.serialization.serialized_objects import DagSerialization

        return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))

    def clear(self, task_id: str, *, downstream: bool = True) -> LocalRun:
        """Clear one task, with its downstream as the UI's button does, or alone; then run on to the end."""
        chosen = {task_id}
        if downstream:
            chosen |= self.dag.get_task(task_id).get_flat_relative_ids(upstream=False)
        with create_session() as session:
            run = self._find(session)
            instances = [ti for ti in run.get_task_instances(session=session) if ti.task_id in chosen]
            clear_task_instances(instances, session)
        return self.go_on()

    def go_on(self) -> LocalRun:
        """Schedule and run what is left, as ``dag.test()`` does, until the run has ended."""
        with create_session() as session:
            run = self._find(session)
            run.dag = self._scheduler_dag()
            run.state = DagRunState.RUNNING
            session.commit()
            while run.state not in _ENDED:
                session.expire_all()
                schedulable, _ = run.update_state(session=session, execute_callbacks=False)
                for ti in schedulable:
                    ti.try_number += 1
                    ti.state = TaskInstanceState.SCHEDULED
                session.commit()
                waiting = session.scalars(
                    select(TaskInstance).where(
                        TaskInstance.dag_id == self.dag.dag_id,
                        TaskInstance.run_id == self.run_id,
                        TaskInstance.state == TaskInstanceState.SCHEDULED,
                    )
                ).all()
                for ti in waiting:
                    _run_task(ti=ti, task=self.dag.task_dict[ti.task_id], run_triggerer=True)
                if not waiting and not schedulable and run.state not in _ENDED:
                    raise AssertionError(f"the run hangs: {self.states()}")
        return self


class _Row:
    """What ``XComModel.deserialize_value`` wants: an object with the value."""

    def __init__(self, value: Any) -> None:
        self.value = value
