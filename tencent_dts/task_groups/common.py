"""What all task groups share: the plan first, then tasks that take their values from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, TypedDict, cast

from airflow.sdk import BaseOperator, TaskGroup

from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.planning import Parameters
from tencent_dts.kinds.texts import TaskText
from tencent_dts.tasks.inherited import RETRIES, RETRY_DELAY, Arguments, refuse_dropped
from tencent_dts.tasks.plan import PlanOperator
from tencent_dts.tasks.steps import RULE


class TaskOptions(TypedDict, total=False):
    """What all tasks of a group are given alike, see :class:`Tasks`; each may be left out."""

    tencentcloud_conn_id: str
    retries: int
    retry_delay: timedelta | float
    poll_interval: float | None
    notifiers: Sequence[Any]


# Of these the author's ``default_args`` have been taken into account, or been refused where they are wrong.
_HONOURED = frozenset(
    {"tencentcloud_conn_id", "retries", "retry_delay", "poll_interval", "on_failure_callback", "trigger_rule"}
)


def _around(task: Any) -> Arguments:
    """The ``default_args`` around a task."""
    return {**task.dag.default_args, **task.task_group.default_args} if task.has_dag() else {}


def _retrying(inherited: Arguments, retries: int | None, retry_delay: timedelta | float | None) -> Arguments:
    """How tasks are retried: as the group says, else as ``default_args`` around it say, else as is right here."""
    chosen: Arguments = {}
    if retries is not None or "retries" not in inherited:
        chosen["retries"] = int(RETRIES.check("retries", 2 if retries is None else retries) or 0)
    if retry_delay is not None or "retry_delay" not in inherited:
        seconds = RETRY_DELAY.check("retry_delay", 30 if retry_delay is None else retry_delay)
        chosen["retry_delay"] = timedelta(seconds=seconds or 0)
    return chosen


def settle(task: Any, options: TaskOptions, *given: str) -> Arguments:
    """Let a task call the notifiers of its group and be retried as that says, beside its author's ``default_args``.

    :param given: names of what the group gives to the task; ``default_args`` may not hold another value of them.
    :returns: how it is retried.
    :raises InvalidInput: ``default_args`` hold what would be dropped.
    """
    inherited = _around(task)
    refuse_dropped(inherited, given)
    # The callbacks of the author's default_args are called, and the notifiers of the group, too.
    task.on_failure_callback = [*task.on_failure_callback, *options.get("notifiers", ())]
    retrying = _retrying(inherited, options.get("retries"), options.get("retry_delay"))
    for name, value in retrying.items():
        setattr(task, name, value)
    return retrying


def _refuse_fail_fast(task: BaseOperator) -> None:
    """Refuse a DAG in which one red task has Airflow skip and end all others, whatever jobs they have bought.

    :raises InvalidInput: names the option.
    """
    if task.has_dag() and task.dag.fail_fast:
        why = "leave it out for DAGs with tasks of tencent_dts: one red task would skip what ends other jobs"
        raise InvalidInput("fail_fast", why, True)


def open_group(group_id: str | None) -> AbstractContextManager[TaskGroup | None]:
    """The task group to build tasks in; ``None``: they stand in what is open already, under their plain ids."""
    return nullcontext() if group_id is None else TaskGroup(group_id)


class Tasks:
    """Builds the tasks of one lifecycle, in the DAG or group that is open.

    :param planner: the operator class of the task ``plan``. Each key of what it returns is an XCom of its own.
    :param texts: what each task says of itself, by task id.
    :param request: parameters by name; ``None``: those of the run.
    What is left out here is taken from the author's ``default_args``; only then from the defaults named here.

    :param tencentcloud_conn_id: Airflow connection of type ``tencentcloud``, where the parameters name none; default
        ``tencentcloud_default``.
    :param retries: automatic retries of each task for passing trouble, default 2; verdicts are never retried.
    :param retry_delay: time between them, or its seconds; default 30 s.
    :param poll_interval: seconds between two looks of a wait; default ``[tencent_dts] poll_interval``.
    :param notifiers: called when a task is red, beside those of ``default_args``, and when an approval is asked for.
    :param named: of mapped tasks: the template of an index's name in the UI.
    :param planned: what else the task ``plan`` is given.
    :raises InvalidInput: a number is none, or ``default_args`` hold what would break a run half-way.
    """

    def __init__(
        self,
        planner: type[PlanOperator],
        texts: Mapping[str, TaskText],
        request: Parameters | None,
        *,
        tencentcloud_conn_id: str | None = None,
        retries: int | None = None,
        retry_delay: timedelta | float | None = None,
        poll_interval: float | None = None,
        notifiers: Sequence[Any] = (),
        named: str | None = None,
        planned: Arguments | None = None,
    ) -> None:
        self._texts = texts
        self.notifiers = list(notifiers)
        self.made: dict[str, Any] = {}
        more: Arguments = {**(planned or {})}
        if tencentcloud_conn_id is not None:
            more["tencentcloud_conn_id"] = tencentcloud_conn_id
        self.plan = self.made["plan"] = planner(task_id="plan", request=request, doc_md=texts["plan"].doc_md, **more)
        self._named: Arguments = {} if named is None else {"map_index_template": named}
        self._inherited = _around(self.plan)
        chosen: TaskOptions = {"notifiers": notifiers}
        if retries is not None:
            chosen["retries"] = retries
        if retry_delay is not None:
            chosen["retry_delay"] = retry_delay
        self.retrying = settle(self.plan, chosen, "request", "doc_md", *(planned or {}))
        self.part = cast("Any", self.plan.output)
        self.job: Arguments = {name: self.part[name] for name in ("region", "tencentcloud_conn_id")}
        self.of_any_task: Arguments = {"on_failure_callback": self.plan.on_failure_callback}
        _refuse_fail_fast(self.plan)
        waiting = {} if poll_interval is None else {"poll_interval": poll_interval}
        self._waiting: Arguments = {**self.of_any_task, **self.retrying, **waiting}

    def about(self, **ids: Any) -> None:
        """Give the tasks that are added from now on their job, by the name of their parameter: ``job_id="dts-..."``."""
        self.job |= ids

    def add(self, kind: Any, task_id: str, deadline: str | None = None, **kwargs: Any) -> Any:
        """Add a task.

        :param kind: its operator or sensor class.
        :param deadline: which of the plan's deadlines it has.
        :param kwargs: what else it is given, beside the region and the job.
        """
        if deadline is not None:
            kwargs["timeout"] = self.part[deadline]
        return self.step(kind, task_id, trigger_rule=RULE, **self._waiting, **kwargs)

    def step(self, kind: Any, task_id: str, **kwargs: Any) -> Any:
        """Add a task that is given nothing more than the region and the job."""
        given = {"doc_md": self._texts[task_id].doc_md, **self._named, **self.job, **kwargs}
        refuse_dropped(self._inherited, [name for name in given if name not in _HONOURED])
        made = kind(task_id=task_id, **given)
        made.lifecycle = self.plan.task_id
        self.made[task_id] = made
        return made

    def order(self, kind: Any, task_id: str, *names: str, **kwargs: Any) -> Any:
        """Add the task that buys or creates the job, each of ``names`` taken from the plan.

        It never runs where the plan was skipped; so nothing is bought then.
        """
        values = {name: self.part[name] for name in names}
        return self.step(kind, task_id, **self._waiting, **values, **kwargs)
