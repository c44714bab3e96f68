"""What a task is given by an earlier one: ids and the plan, which a lost or edited XCom turns into something else.

Airflow renders the output of a task that has none as None. The task that made it finds it again when it is cleared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import XComArg
from airflow.sdk.exceptions import XComNotFound

from tencent_dts.errors import InvalidInput

if TYPE_CHECKING:
    from tencent_dts.tasks.base import DtsTask

_OUTPUTS = "_given_by"
# By parameter: the request field that it fills, and what to give.
_IDS = {
    "job_id": ("JobId", "give the JobId of a {job}"),
    "compare_task_id": ("CompareTaskId", "give a CompareTaskId, as dts-8yv4w2i1-cmp-37skmii9"),
    "subscribe_id": ("SubscribeId", "give the SubscribeId of a {job}"),
    "async_request_id": ("AsyncRequestId", "give the AsyncRequestId of a request"),
}
UNKNOWN_BILL = "not known: what the run has bought costs, or holds a fee, until it is isolated"


def remember_output(task: Any, field: str, value: object) -> None:
    """Keep from which task a field comes, before Airflow puts the value in the place of the output."""
    if isinstance(value, XComArg):
        vars(task).setdefault(_OUTPUTS, {})[field] = next(iter(value.iter_references()))[0].task_id


def ids_of(task: DtsTask, fields: tuple[str, ...]) -> dict[str, str]:
    """The request fields that identify the resource of a task.

    :param fields: the task's parameters that hold them.
    :raises InvalidInput: one is empty, or no text.
    """
    job = task.resource.job.name
    return {_IDS[field][0]: _given_id(task, field, _IDS[field][1].format(job=job)) for field in fields}


def _given_id(task: DtsTask, field: str, fix: str) -> str:
    value = getattr(task, field)
    if isinstance(value, str) and value:
        return value
    raise _wrong(task, field, fix, value)


def check_plan(task: DtsTask) -> None:
    """Refuse a plan that is none, before anything is looked up in it.

    :raises InvalidInput: it is no mapping.
    """
    value = vars(task).get("configuration")
    if value not in (None, "") and not isinstance(value, Mapping):
        raise _wrong(task, "configuration", "give the plan, as the first task of the run returns it", value)


def _wrong(task: DtsTask, field: str, fix: str, value: object) -> InvalidInput:
    origin = vars(task).get(_OUTPUTS, {}).get(field)
    if origin is None:
        return InvalidInput(field, fix, value)
    lost = "is gone" if value in (None, "") else "is not what it returned"
    problem = _of_output(InvalidInput(field, f"the output of `{origin}` {lost}", value), origin)
    problem.bill = UNKNOWN_BILL
    return problem


def lost_xcom(lost: XComNotFound) -> InvalidInput:
    """The error for an XCom of another task, such as a part of the plan, that is not there when a task is to run."""
    return _of_output(InvalidInput(f"XCom {lost.key}", f"the output of `{lost.task_id}` is gone"), lost.task_id)


def _of_output(problem: InvalidInput, origin: str) -> InvalidInput:
    problem.origin = "argument"
    problem.next_step = (
        f"Clear `{origin}` alone: it makes nothing twice, finds what it has made, and returns it again. Then clear "
        "this task."
    )
    return problem
