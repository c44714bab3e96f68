"""A step of a lifecycle does not let another be skipped over: that would be a green run whose job goes on costing.

Airflow skips what comes after a skipped task, and a run of nothing but successes and skips is green. So the steps of a
lifecycle run after a skipped task as well (:data:`RULE`), and are red at once, before anything else. Only a lifecycle
that was skipped from its first task on, by a branch before it, stays skipped: it has bought nothing.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, TriggerRule
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException, XComNotFound

from tencent_dts.engine.runs import states_of
from tencent_dts.errors import DtsProblem, InvalidInput, StepSkipped, with_clearing
from tencent_dts.tasks.bills import Known, telling_bill
from tencent_dts.tasks.given import UNKNOWN_BILL, lost_xcom, remember_output
from tencent_dts.tasks.inherited import judged

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context

# Of every task that comes after one which may have bought: it runs below a skipped one, to say so.
RULE = TriggerRule.NONE_FAILED
_SKIPPED = "skipped"
_SKIPS_ALL = "ignore_downstream_trigger_rules"
_JOB = ("tencentcloud_conn_id", "region", "job_id", "subscribe_id")
_LOST = "_lost_xcom"
_READS_AGAIN = "reads again what the tasks before it have returned, and goes on where it is there"
_ON_CLEAR = "looks again whether a task before it was skipped, and goes on where none was"


class Step(BaseOperator):
    """Base of every task of this package, each of which can be a step of a lifecycle.

    It holds the parameters that were given to it, and no copy of its DAG's: Airflow copies the form of a DAG into each
    of its tasks, and checks every copy's JSON Schema whenever the DAG is serialized. A run has the DAG's parameters
    from the DAG; the copies only make serializing slow and its record large.
    ``on_clear`` completes "clearing this task ..." in every error of the task.
    """

    on_clear: ClassVar[str]
    lifecycle: str | None = None  # the id of its lifecycle's first task; None: it stands alone, or is that first task

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**judged(kwargs))
        self.params = ParamsDict.filter_params_by_source(ParamsDict(self.params), source="task")

    def __setattr__(self, key: str, value: object) -> None:
        super().__setattr__(key, value)
        remember_output(self, key, value)

    def clearing(self) -> str:
        """What clearing the task does."""
        return self.on_clear

    @abstractmethod
    def at_stake(self, context: Context, problem: DtsProblem) -> Known | None:
        """The job whose bill an error must state."""

    def telling(self, context: Context) -> AbstractContextManager[None]:
        """A block whose errors say what the job costs."""
        return telling_bill(context, self, self.at_stake)

    def render_template_fields(self, context: Context, jinja_env: jinja2.Environment | None = None) -> None:
        """Look first whether the step before was skipped: what it would have returned is not there to be rendered."""
        if self.lifecycle is not None:
            self._refuse_a_gap(context, self.lifecycle)
        super().render_template_fields(context, jinja_env)

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Go on rendering where an XCom is lost: what names the job is needed, and Airflow would log a traceback."""
        try:
            return super().render_template(content, context, jinja_env, seen_oids)
        except XComNotFound as lost:
            vars(self).setdefault(_LOST, lost)
            return None

    # Of a mapped task Airflow calls this alone, and with names for its arguments; `render_template_fields` is left out.
    def _do_render_template_fields(
        self,
        parent: Any,
        template_fields: Iterable[str],
        context: Context,
        jinja_env: jinja2.Environment,
        seen_oids: set[int],
    ) -> None:
        super()._do_render_template_fields(parent, template_fields, context, jinja_env, seen_oids)
        if (lost := vars(self).pop(_LOST, None)) is not None:
            self._refuse_lost(context, lost_xcom(lost))

    def _refuse_lost(self, context: Context, problem: InvalidInput) -> None:
        with with_clearing(_READS_AGAIN):
            try:
                with self.telling(context):
                    raise problem
            finally:
                problem.bill = problem.bill or UNKNOWN_BILL  # this task knows no job; its run may have one

    def _refuse_a_gap(self, context: Context, first: str) -> None:
        """Let the step go on if none of the tasks right before it was skipped.

        :raises AirflowSkipException: the whole lifecycle was skipped.
        :raises StepSkipped: a task was skipped although the lifecycle has begun.
        """
        before = self.upstream_task_ids
        states = states_of(context["ti"], before | {first})
        skipped = sorted(before & {task_id for task_id, reported in states.items() if _SKIPPED in reported})
        if not skipped:
            return
        self._render_job(context)
        if _SKIPPED in states[first] and not self._knows_job():
            raise AirflowSkipException(f"all of it is skipped, from {first} on; nothing was bought")
        with self.telling(context):
            raise _gap(skipped, ours=[name for name in skipped if isinstance(self.dag.get_task(name), Step)])

    def _render_job(self, context: Context) -> None:
        """Fill in what names the job and its place, as far as it is known."""
        names = [name for name in _JOB if name in self.template_fields]
        super()._do_render_template_fields(self, names, context, self.get_template_env(), set())

    def _knows_job(self) -> bool:
        return any(getattr(self, name, None) for name in ("job_id", "subscribe_id"))


def _gap(skipped: list[str], ours: list[str]) -> StepSkipped:
    named = ", ".join(f"`{name}`" for name in skipped)
    unneeded = (
        "" if ours else " If it is really not needed, mark it as success, then clear this task with its downstream."
    )
    return StepSkipped(
        f"{named}, right before this task, was skipped; without it this run must not go on, and its job would go on "
        "costing",
        next_step=f"Clear {named} with its downstream.{unneeded} If the whole run is given up, end its job first.",
        on_clear=_ON_CLEAR,
    )


# --- What would skip the steps themselves ---


def refuse_skippers(first: Any, steps: Iterable[Any]) -> None:
    """Refuse tasks that can skip steps of a lifecycle that has begun, whatever the steps' trigger rules are.

    :param first: the lifecycle's first task; what comes before it may skip the whole.
    :param steps: its other tasks.
    :raises InvalidInput: names the task and the fix.
    """
    if not first.has_dag():
        return
    before = first.get_flat_relative_ids(upstream=True)
    for step in steps:
        setups = {task.task_id for task in step.get_upstreams_only_setups()}
        for other in step.get_flat_relatives(upstream=True):
            if other.task_id in before:
                continue
            if _skips_all(other):
                raise InvalidInput(
                    f"{other.task_id}, {_SKIPS_ALL}",
                    f"set it to False, or put the task before {first.task_id}: it would skip {step.task_id} and all "
                    "that comes after, and the run would be green with a job that costs",
                    True,
                )
            if other.task_id in setups | (step.upstream_task_ids if other.is_setup else set()):
                raise InvalidInput(
                    f"{other.task_id}, as_setup",
                    f"make it a plain task, or put it before {first.task_id}: where a setup is skipped, so is "
                    f"{step.task_id} and all that comes after, and the run would be green with a job that costs",
                )


def _skips_all(task: Any) -> bool:
    """Whether a task, when it decides so, skips everything after it against all trigger rules."""
    if not hasattr(task, "partial_kwargs"):  # Airflow, too, takes nothing but True for a yes
        return getattr(task, _SKIPS_ALL, False) is True
    if _SKIPS_ALL in task.partial_kwargs:
        return task.partial_kwargs[_SKIPS_ALL] is True
    signatures = (inspect.signature(cls.__init__).parameters for cls in task.operator_class.__mro__)
    return next((found[_SKIPS_ALL].default is True for found in signatures if _SKIPS_ALL in found), False)
