"""A run of a DAG that people run, without Airflow around its tasks and in virtual time: a tenth of a second.

For what a run comes to by the package alone. Clears, XComs and tries are Airflow's in :mod:`tests.dag_runs`; the first
test of each module runs there, and what a test asks of Airflow itself always does.
"""

from __future__ import annotations

from typing import Any

from tests.chaos.fast_run import RETURNED, FastRun
from tests.unit.subjects import virtual_time


class QuickRun:
    """What :class:`tests.dag_runs.LocalRun` is, for the same tests.

    :param emulator: whose clock the run moves.
    :param dag: the DAG.
    :param conf: the run's parameters.
    """

    def __init__(self, emulator: Any, dag: Any, conf: dict[str, Any]) -> None:
        self._emulator = emulator
        with virtual_time(emulator) as clock:
            self._run = FastRun(dag, conf, clock.sleep)
            self._run.go()
        self.run_id = self._run.run_id

    @property
    def state(self) -> str:
        """``success`` or ``failed``."""
        return self._run.state

    def states(self) -> dict[str, str]:
        """The state of every task."""
        return self._run.states()

    def red(self) -> list[str]:
        """The tasks that failed themselves."""
        return sorted(self._run.red())

    def error(self, task_id: str) -> str:
        """The message of a task's last failure."""
        return str(self._run.boxes[task_id].error)

    def xcom(self, task_id: str, key: str = RETURNED) -> Any:
        """What a task returned or pushed."""
        return self._run.boxes[task_id].xcoms.get(key)

    def clear(self, task_id: str, *, downstream: bool = True) -> QuickRun:
        """Clear one task, with its downstream or alone; then run on to the end."""
        with virtual_time(self._emulator) as clock:
            self._run.sleep = clock.sleep
            self._run.clear(self._run.below(task_id) if downstream else [task_id])
            self._run.go()
        return self
