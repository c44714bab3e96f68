"""What the tasks of a DAG inherit from its ``default_args``: honoured, or refused when the DAG is parsed.

Some values that are right for other tasks break a run half-way, with a job that costs, or let it end green with
nothing done. A task that is given one of them by itself, not by ``default_args``, keeps it: its author meant it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from tencent_dts.errors import InvalidInput
from tencent_dts.sizes import DAY, Size

RETRIES = Size("retries", most=1000, whole=True)
RETRY_DELAY = Size(most=DAY)

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


# What the tasks of a lifecycle are given by the lifecycle itself: where to say it instead.
_INSTEAD = {
    "job_id": "a run buys its job; one that exists already is given by the request, as existing_job_id or job_id",
    "region": "give the region in the request, or in the connection",
    "timeout": "give the deadlines in the request",
    "doc_md": "each task has its own",
    "notifiers": "give them to the task group",
    "max_report_age": "give it to the task group",
    "request": "give it to the task group",
}
_PARAMS = "a run has the parameters of its DAG; give them to the DAG, as params"


Arguments = dict[str, Any]
"""Arguments of operators by name, as ``default_args`` are."""


def _retries(field: str, value: object) -> int | None:
    """A number of retries; ``None`` is one that Airflow knows."""
    return None if value is None else int(RETRIES.check(field, value) or 0)


def _delay(field: str, value: object) -> timedelta:
    return timedelta(seconds=RETRY_DELAY.check(field, value) or 0)


def _longest(field: str, value: object) -> timedelta | None:
    return None if value is None else _delay(field, value)


def _callbacks(field: str, value: object) -> object:
    """Whom Airflow calls; what cannot be called would be noticed only when a task is red and nothing is called."""
    several = list(value) if isinstance(value, Collection) and not isinstance(value, str) else [value]
    if value is not None and not all(callable(one) for one in several):
        raise InvalidInput(field, "give a function that takes the context, a notifier, or a list of such", value)
    return value


# Arguments of every task, which Airflow takes as they are or refuses without their name: how each is read.
_OF_AIRFLOW: dict[str, Callable[[str, object], object]] = {
    "retries": _retries,
    "retry_delay": _delay,
    "max_retry_delay": _longest,
    **dict.fromkeys(
        (f"on_{moment}_callback" for moment in ("execute", "failure", "retry", "skipped", "success")), _callbacks
    ),
}


def judged(given: Arguments) -> Arguments:
    """What a task is given, by itself or by ``default_args``; refuse what would break it.

    :param given: the keyword arguments of a task's ``__init__``; Airflow puts the ``default_args`` around it there.
    :returns: the same, with the arguments of every task as Airflow needs them: a delay in seconds as a ``timedelta``.
    :raises InvalidInput: names the argument.
    """
    inherited = given.get("default_args") or {}
    for name, (allowed, why) in _ONLY.items():
        if name in inherited and name not in given and inherited[name] != allowed:
            fix = f"leave it out for tasks of tencent_dts ({why})"
            raise InvalidInput(f"default_args, {name}", fix, inherited[name])
    if params := getattr(given.get("task_group"), "default_args", {}).get("params"):
        raise InvalidInput("default_args, params", f"leave it out around tasks of tencent_dts ({_PARAMS})", params)
    read = {name: check(name, given[name]) for name, check in _OF_AIRFLOW.items() if name in given}
    for name in _OF_AIRFLOW.keys() & inherited.keys() - given.keys():
        read[name] = _OF_AIRFLOW[name](f"default_args, {name}", inherited[name])
    return {**given, **read}


def refuse_dropped(inherited: Arguments, own: Collection[str]) -> None:
    """Refuse ``default_args`` that a lifecycle would drop in silence, because it gives its tasks another value.

    :param inherited: the ``default_args`` around the lifecycle.
    :param own: names of what a task of it is given.
    :raises InvalidInput: names the first, and where to say it instead.
    """
    for name in own:
        if name in inherited:
            why = _INSTEAD.get(name, "the request and the tasks before say it")
            fix = f"leave it out around a lifecycle of tencent_dts, which gives it to its tasks itself ({why})"
            raise InvalidInput(f"default_args, {name}", fix, inherited[name])
