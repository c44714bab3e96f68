"""What a watch remembers from one run to the next: an Airflow variable for each kind of job and region.

A run's own store ends with the run. ``tencent_dts.watch.<task>.<region>.<kind>`` is written by one task alone: its name
holds a hash of its DAG and its id. It holds ids, names of rules and times, nothing secret.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tencent_dts.engine import runs
from tencent_dts.errors import HolderUnknown
from tencent_dts.watching.troubles import Watched

KEY = "tencent_dts.watch."


@dataclass(frozen=True)
class Shelf:
    """Where one watch keeps what it remembers.

    :param dag_id: of the task that watches.
    :param task_id: of it.
    """

    dag_id: str
    task_id: str

    @property
    def task(self) -> str:
        """Short hash of the task."""
        return hashlib.sha256(f"{self.dag_id}\x1f{self.task_id}".encode()).hexdigest()[:12]

    def key(self, region: str, kind: str) -> str:
        """The name of the variable."""
        return f"{KEY}{self.task}.{region}.{kind}"

    def read(self, region: str, kind: str) -> Watched:
        """What is remembered; nothing at first.

        :raises HolderUnknown: Airflow does not answer, or something else is kept there.
        """
        key = self.key(region, kind)
        try:
            text = runs.variable(runs.ask(runs.get_variable(key)))
            return Watched() if text is None else Watched.loads(text)
        except runs.SILENCE as error:
            raise _silent(error) from None
        except ValueError as error:
            raise HolderUnknown(
                f"The Airflow variable {key} does not hold what this package keeps there",
                cause=str(error),
                next_step=f"It was edited by hand. Delete {key} under Admin > Variables, and clear this task: "
                "everything that is wrong is told once more.",
            ) from None

    def write(self, region: str, kind: str, watched: Watched) -> None:
        """Remember it.

        :raises HolderUnknown: Airflow does not keep it.
        """
        about = f"What {self.task_id} of {self.dag_id} has seen and told. Kept by tencent_dts; nothing secret."
        try:
            runs.answered(runs.ask(runs.put_variable(self.key(region, kind), watched.dumps(), about)))
        except runs.SILENCE as error:
            raise _silent(error) from None


def _silent(error: Exception) -> HolderUnknown:
    return HolderUnknown(
        "Airflow does not return or keep what this watch remembers",
        cause=f"{type(error).__name__}: {error}",
        next_step="Look whether Airflow's API server runs and answers. The task tries again by itself; when it has "
        "given up, clear it.",
    )
