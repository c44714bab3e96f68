"""What the tasks of a DAG inherit from its ``default_args``: honoured, or refused when the DAG is parsed.

Some values that are right for other tasks break a run half-way, with a job that costs, or let it end green with
nothing done. A task that is given one of them by itself, not by ``default_args``, keeps it: its author meant it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tencent_dts.errors import InvalidInput

_HALF_WAY = "a run would stop half-way, with a job that costs; max_active_runs=1 of the DAG lets one run at a time"
_OUTPUTS = "the next tasks need what a task of tencent_dts returns, as it is returned"
# By name: the value that may be inherited, and why no other.
_ONLY: dict[str, tuple[object, str]] = {
    "trigger_rule": (
        "all_success",
        "a task of tencent_dts runs only after the one before it has succeeded; set it on the tasks that need it",
    ),
    "do_xcom_push": (True, _OUTPUTS),
    "multiple_outputs": (False, _OUTPUTS),
    "depends_on_past": (False, _HALF_WAY),
    "wait_for_downstream": (False, _HALF_WAY),
    "pre_execute": (None, "where it skips a task, what comes after it is red; set it on the tasks that need it"),
    "wanted": (True, "every task would return at once, and the run be green with nothing done"),
}


def refuse_inherited(given: Mapping[str, Any]) -> None:
    """Refuse ``default_args`` that would break our tasks.

    :param given: the keyword arguments of a task's ``__init__``; Airflow puts the ``default_args`` around it there.
    :raises InvalidInput: names the argument.
    """
    inherited = given.get("default_args") or {}
    for name, (allowed, why) in _ONLY.items():
        if name in inherited and name not in given and inherited[name] != allowed:
            fix = f"leave it out for tasks of tencent_dts ({why})"
            raise InvalidInput(f"default_args, {name}", fix, inherited[name])
