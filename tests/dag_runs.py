"""Run a whole DAG in this process, clear tasks of it as the UI does, and run on."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from airflow.configuration import conf as airflow_conf
from airflow.listeners import hookimpl
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance, clear_task_instances
from airflow.sdk.definitions import dag as airflow_dag
from airflow.sdk.listener import get_listener_manager
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select

_ENDED = {DagRunState.SUCCESS, DagRunState.FAILED}
_PERSON = "somebody who answers"
_ERRORS: dict[tuple[str, str], BaseException] = {}
_AT_WORK = threading.Lock()  # held while a task runs, and while a person acts
_run_task = airflow_dag._run_task
log = logging.getLogger(__name__)


class _Errors:
    """Airflow's listener: keeps the last error of each task."""

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        _ERRORS[task_instance.run_id, task_instance.task_id] = error


_LISTENER = _Errors()


class LocalRun:
    """A DAG run of ``dag.test()`` that can be cleared and continued.

    :param dag: the DAG.
    :param conf: the run's configuration, as from the trigger form.
    """

    def __init__(self, dag: Any, conf: dict[str, Any] | None = None) -> None:
        manager = get_listener_manager()
        if not manager.pm.is_registered(_LISTENER):
            manager.add_listener(_LISTENER)
        self.dag = dag
        self._serialized: Any = None
        _make_known(dag)
        with _short_sleeps(), mock.patch.object(airflow_dag, "_run_task", _run_alone):
            self.run_id = dag.test(run_conf=conf).run_id

    def _find(self, session: Any) -> DagRun:
        found = session.scalar(select(DagRun).where(DagRun.run_id == self.run_id, DagRun.dag_id == self.dag.dag_id))
        assert isinstance(found, DagRun)
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
        """The state of every task instance by task id, mapped ones as ``task[index]``."""
        with create_session() as session:
            return {_name(ti): str(ti.state) for ti in self._find(session).get_task_instances(session=session)}

    def red(self) -> list[str]:
        """The tasks that failed themselves."""
        return sorted(name for name, state in self.states().items() if state == TaskInstanceState.FAILED)

    def error(self, task_id: str) -> str:
        """The message of a task's last failure."""
        return str(_ERRORS[self.run_id, task_id])

    def problem(self, task_id: str) -> BaseException:
        """A task's last failure itself."""
        return _ERRORS[self.run_id, task_id]

    def xcom(self, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """What a task returned or pushed."""
        from airflow.models.xcom import XComModel

        with create_session() as session:
            query = XComModel.get_many(
                run_id=self.run_id, key=key, task_ids=task_id, dag_ids=self.dag.dag_id, map_indexes=map_index
            ).with_only_columns(XComModel.value)
            value = session.scalar(query)
            return XComModel.deserialize_value(_Row(value)) if value is not None else None

    def _scheduler_dag(self) -> Any:
        from airflow.serialization.serialized_objects import DagSerialization

        if self._serialized is None:
            self._serialized = DagSerialization.serialize_dag(self.dag)
        return DagSerialization.deserialize_dag(self._serialized)

    def clear(self, task_id: str, *, downstream: bool = True, map_index: int | None = None) -> LocalRun:
        """Clear one task, with its downstream as the UI's button does, or alone; then run on to the end."""
        self.only_clear(task_id, downstream=downstream, map_index=map_index)
        return self.go_on()

    def change(self, dag: Any) -> None:
        """Let the author change the DAG's file: what is cleared runs by it."""
        self.dag, self._serialized = dag, None
        _make_known(dag)

    def only_clear(self, task_id: str, *, downstream: bool = True, map_index: int | None = None) -> None:
        """Clear without running on: the run is alive, and nothing of it runs yet.

        :param map_index: of mapped tasks only this index; default: all.
        """
        chosen = {task_id}
        if downstream:
            chosen |= self.dag.get_task(task_id).get_flat_relative_ids(upstream=False)
        with create_session() as session:
            run = self._find(session)
            instances = [ti for ti in run.get_task_instances(session=session) if ti.task_id in chosen]
            instances = [ti for ti in instances if map_index is None or ti.map_index == map_index]
            clear_task_instances(instances, session)

    def go_on(self) -> LocalRun:
        """Schedule and run what is left, as ``dag.test()`` does, until the run has ended."""
        with create_session() as session:
            run = self._find(session)
            run.dag = self._scheduler_dag()
            run.state = DagRunState.RUNNING
            session.commit()
            seen: dict[str, str] = {}
            while run.state not in _ENDED:
                session.expire_all()
                schedulable, _ = run.update_state(session=session, execute_callbacks=False)
                for ti in schedulable:
                    ti.try_number += 1
                    ti.state = TaskInstanceState.SCHEDULED
                session.commit()
                for ti in self._in_state(session, TaskInstanceState.SCHEDULED):
                    _run_alone(ti=ti, task=self.dag.task_dict[ti.task_id], run_triggerer=True)
                if self._in_state(session, TaskInstanceState.AWAITING_INPUT):
                    session.commit()
                    assert _somebody_watches(), f"the run waits for a person: {self.states()}"
                    time.sleep(0.2)
                elif run.state not in _ENDED:
                    assert self.states() != seen, f"the run hangs: {seen}"
                seen = self.states()
        return self

    def _in_state(self, session: Any, state: TaskInstanceState) -> list[TaskInstance]:
        own = (TaskInstance.dag_id == self.dag.dag_id, TaskInstance.run_id == self.run_id)
        return list(session.scalars(select(TaskInstance).where(*own, TaskInstance.state == state)))


class _Row:
    """What ``XComModel.deserialize_value`` wants: an object with the value."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _name(ti: TaskInstance) -> str:
    return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def _run_alone(**task: Any) -> Any:
    """Run a task while no person acts.

    ``dag.test()`` writes the state of a task once more when it has been parked. An answer given before that would be
    undone by it, and the task would be parked for ever.
    """
    with _AT_WORK:
        return _run_task(**task)


@contextlib.contextmanager
def _short_sleeps() -> Iterator[None]:
    """``dag.test()`` sleeps a second for each level of tasks below a red one, and while a person is asked."""
    sleep = time.sleep
    give_up = time.monotonic() + 120

    def short(seconds: float) -> None:
        assert time.monotonic() < give_up, "the run does not end"
        sleep(min(seconds, 0.05))

    with mock.patch("time.sleep", short):
        yield


def _make_known(dag: Any) -> None:
    """Write a DAG that stands in no DAG folder to the database, as the DAG processor would.

    A test before may have left another DAG of this id: Airflow would then clear tasks by that one's retries.
    """
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    if DagVersion.get_version(dag.dag_id):
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), "dags-folder")
        return
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
    bag = DagBag(dag_folder="/dev/null", collect_dags=False)
    bag.dags[dag.dag_id] = dag
    sync_bag_to_db(bag, "dags-folder", None)


def overwrite_what_was_deleted() -> None:
    """Leave nothing of a deleted row in the database's file: other tests look there for secrets."""
    file = airflow_conf.get("database", "sql_alchemy_conn").removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _somebody_watches() -> bool:
    return any(thread.name == _PERSON for thread in threading.enumerate())


def _parked() -> Sequence[TaskInstance]:
    """The tasks that ask for input."""
    asking = select(TaskInstance).where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
    with create_session() as session:
        return session.scalars(asking).all()


@contextlib.contextmanager
def person(act: Any) -> Iterator[list[TaskInstance]]:
    """Let a person act upon each task that asks for input, while a run goes on in the body of ``with``.

    What asked before, as a test that has ended may have left it, is none of this person's business.

    :param act: called with the task instance; :func:`answers` and :func:`stays_silent` make such.
    """
    stop = threading.Event()
    seen: list[TaskInstance] = []
    before = {ti.id for ti in _parked()}

    def watch() -> None:
        while not stop.wait(0.1):
            with _AT_WORK:
                for ti in _parked():
                    if ti.id not in before:
                        seen.append(ti)
                        act(ti)

    watcher = threading.Thread(target=watch, name=_PERSON)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def answers(option: str, user: str = "oncall") -> Any:
    """Answers with an option through the API's own function."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

    def act(ti: TaskInstance) -> None:
        payload = UpdateHITLDetailPayload(chosen_options=[option], params_input={})
        somebody = SimpleAuthManagerUser(username=user, role="op")
        with create_session() as session:
            update_hitl_detail(ti.dag_id, ti.run_id, ti.task_id, payload, somebody, session, ti.map_index)

    return act


def stays_silent() -> Any:
    """Lets the time for an answer pass: the deadline is moved here, and the scheduler's own sweep meets it."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    def act(ti: TaskInstance) -> None:
        with create_session() as session:
            session.merge(ti).trigger_timeout = datetime.now(UTC) - timedelta(seconds=1)
        job = Job()
        SchedulerJobRunner(job).check_awaiting_input_timeouts()

    return act
