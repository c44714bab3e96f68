"""What a task says of itself, once for every place that says it: the Airflow UI, the runbook, the *DTS* tab."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True)
class TaskText:
    """A task of one of our lifecycles, in words, as Markdown.

    :param does: what it does.
    :param red: what it means that it is red, and what has not happened then.
    :param look: what to look at.
    :param clear: what clearing it does.
    """

    does: str
    red: str
    look: str
    clear: str

    @property
    def doc_md(self) -> str:
        """The documentation of the task in the Airflow UI, where the links of the runbook lead nowhere."""
        parts = (self.does, f"**Red:** {self.red} **Look at:** {self.look}", f"**Clear it:** {self.clear}")
        return _LINK.sub(r"\1", "\n\n".join(parts))

    def row(self, dag_id: str, task_id: str) -> str:
        """Its row in the runbook, with the anchor that the *DTS* tab links to."""
        return f'| <a id="{dag_id}-{task_id}"></a>`{task_id}` | {self.red} | {self.look} | {self.clear} |'


Texts = Mapping[str, Mapping[str, TaskText]]
"""The tasks of a kind's lifecycles: by the id of our DAG, then by the id of the task."""

ITEMS_IN_ERROR = "The reason and the solution of each item, in the error."
STATE_AND_TASK = "The job's state, and the task that the error names."
ORDERS_CHECK = "Orders it, unless one is running or has passed."
ORDERS_COMPARISON = "Orders it, unless this run has one already."
STARTS = "Starts the job, unless it has started. If it was configured again after its check, it is checked first."


def plan(undone: str, given: str = "") -> TaskText:
    """What the first task of every lifecycle says.

    :param undone: what has not been done while it is red, as ``bought``.
    :param given: what the run is about, where it must be there already, as ``job``.
    """
    missing = f", or the {given} was not found" if given else ""
    place = f" Of a {given} that was not found: its id, its region, its account." if given else ""
    return TaskText(
        does=f"Checks all parameters together and reads the connections. Nothing is {undone} yet.",
        red=f"A parameter, a connection or an option of `[tencent_dts]` is wrong{missing}. Nothing was {undone}.",
        look=f"The field, the value and the fix in the error.{place}",
        clear="Reads the connections again. The parameters of a run cannot change: if one is wrong, trigger a new run.",
    )
