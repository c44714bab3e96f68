"""What all task groups share: the plan first, then tasks that take their values from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, TypedDict, cast

from airflow.sdk import TaskGroup

from tencent_dts.hooks.dts import DtsHook


class TaskOptions(TypedDict, total=False):
    """What all tasks of a group are given alike, see :class:`Tasks`; each may be left out."""

    tencentcloud_conn_id: str
    retries: int
    retry_delay: timedelta
    poll_interval: float | None
    notifiers: Sequence[Any]


def open_group(group_id: str | None) -> AbstractContextManager[TaskGroup | None]:
    """The task group to build tasks in; ``None``: they stand in what is open already, under their plain ids."""
    return nullcontext() if group_id is None else TaskGroup(group_id)


class Tasks:
    """Builds the tasks of one lifecycle, in the DAG or group that is open.

    :param planner: the operator class of the task ``plan``. Each key of what it returns is an XCom of its own.
    :param docs: what each task says of itself in the UI, by task id.
    :param request: parameters by name; ``None``: those of the run.
    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``, where the parameters name none.
    :param retries: automatic retries of each task for passing trouble; verdicts are never retried.
    :param retry_delay: time between them.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: told when a task is red, and when an approval is asked for.
    """

    def __init__(
        self,
        planner: Any,
        docs: Mapping[str, str],
        request: Mapping[str, Any] | None,
        *,
        tencentcloud_conn_id: str = DtsHook.default_conn_name,
        retries: int = 2,
        retry_delay: timedelta = timedelta(seconds=30),
        poll_interval: float | None = None,
        notifiers: Sequence[Any] = (),
    ) -> None:
        self._docs = docs
        self.notifiers = list(notifiers)
        self.of_any_task: dict[str, Any] = {"on_failure_callback": self.notifiers or None}
        retried = {**self.of_any_task, "retries": retries, "retry_delay": retry_delay}
        self.made: dict[str, Any] = {}
        self.plan = self.made["plan"] = planner(
            task_id="plan",
            request=request,
            doc_md=docs["plan"],
            tencentcloud_conn_id=tencentcloud_conn_id,
            **retried,
        )
        self.part = cast("Any", self.plan.output)
        self.job: dict[str, Any] = {name: self.part[name] for name in ("region", "tencentcloud_conn_id")}
        self._waiting: dict[str, Any] = {**retried, "poll_interval": poll_interval}

    def about(self, **ids: Any) -> None:
        """Tell the tasks that are added from now on their job, by the name of their parameter: ``job_id="dts-..."``."""
        self.job |= ids

    def add(self, kind: Any, task_id: str, deadline: str | None = None, **kwargs: Any) -> Any:
        """Add a task.

        :param kind: its operator or sensor class.
        :param deadline: which of the plan's deadlines it has.
        :param kwargs: what it is given besides that, the region and the job.
        """
        if deadline is not None:
            kwargs["deadline"] = self.part[deadline]
        made = kind(task_id=task_id, doc_md=self._docs[task_id], **self.job, **self._waiting, **kwargs)
        self.made[task_id] = made
        return made

    def order(self, kind: Any, task_id: str, *names: str, **kwargs: Any) -> Any:
        """Add the task that buys or creates the job, each of ``names`` taken from the plan."""
        return self.add(kind, task_id, **{name: self.part[name] for name in names}, **kwargs)
