"""What the builders of task groups return: the tasks of one lifecycle, by name, to be linked like a single task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, get_type_hints

from airflow.sdk import TaskGroup

# `chain()` and `>>` take only what inherits from it, and Airflow gives it no public name.
from airflow.sdk.definitions._internal.mixins import DependencyMixin
from airflow.sdk.definitions.edges import EdgeModifier

from tencent_dts.engine.comparing import Evidence
from tencent_dts.kinds.migration.plan import MigrationPlan
from tencent_dts.kinds.migration_2018.plan import Migration2018Plan
from tencent_dts.kinds.subscription_2018.plan import SubscriptionPlan, UnsubscriptionPlan
from tencent_dts.kinds.sync.plan import ChangePlan, RetirementPlan, SyncPlan
from tencent_dts.tasks.steps import refuse_skippers

Own = DependencyMixin | Sequence[DependencyMixin] | None
"""A task or task group of the author's own, or several of them, or none."""

Result = dict[str, Any]
"""What a task returns of its job: ids and states, by the API's names."""


class Lifecycle(DependencyMixin):
    """The tasks of one lifecycle, in the DAG or group that they stand in.

    Each task's output is an attribute under the task's own name: pass it to a task of yours, as ``moved.report``. It is
    an ``XComArg``, declared as what the task will return, so that a type checker knows what your task receives. The
    whole is linked with ``>>`` and ``chain()`` as a task is; what comes after it runs once its last task has succeeded.

    :param group: the task group that the tasks stand in; ``None`` where they have none of their own.
    :param tasks: the operators by their plain names, in the order of their run.
    :param own: what of the author's own runs beside the end, by the task that it runs after.
    :raises InvalidInput: a task of the author's own could skip all that comes after it.
    """

    def __init__(
        self, group: TaskGroup | None, tasks: Mapping[str, Any], *, own: Mapping[str, Own] | None = None
    ) -> None:
        if missing := get_type_hints(type(self)).keys() ^ tasks.keys():
            raise TypeError(f"{type(self).__name__} declares other tasks than were built: {', '.join(sorted(missing))}")
        first, *steps = tasks.values()
        refuse_skippers(first, steps)
        self.group = group
        self.operators = dict(tasks)
        for name, operator in tasks.items():
            setattr(self, name, operator.output)
        self._own: list[DependencyMixin] = []
        for name, given in (own or {}).items():
            beside = [given] if isinstance(given, DependencyMixin) else list(given or ())
            tasks[name].set_downstream(beside)
            self._own += beside

    @property
    def roots(self) -> Iterable[DependencyMixin]:
        """The first task."""
        return [next(iter(self.operators.values()))]

    @property
    def leaves(self) -> Iterable[DependencyMixin]:
        """The last task, and those of the author's own that run beside it."""
        return [next(reversed(self.operators.values())), *self._own]

    def set_upstream(
        self, other: DependencyMixin | Sequence[DependencyMixin], edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Run the first task after ``other``."""
        for end in [self.group] if self.group is not None else self.roots:
            end.set_upstream(other, edge_modifier)

    def set_downstream(
        self, other: DependencyMixin | Sequence[DependencyMixin], edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Run ``other`` after the last task, and after those that run beside it."""
        for end in [self.group, *self._own] if self.group is not None else self.leaves:
            end.set_downstream(other, edge_modifier)

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Let the task group know of its neighbours, which the graph draws."""
        if self.group is not None:
            self.group.update_relative(other, upstream, edge_modifier)

    def without_shortcuts(self) -> Self:
        """Drop every edge that a longer way between the same tasks implies, so that the graph can be read.

        A task takes its values from ``plan`` and from the purchase, and each such value draws an edge. All of our
        tasks need all of their predecessors to succeed, so a chain says the same. Ways that lead through a task of
        the author's own imply nothing: it may have another trigger rule.
        """
        ours = {operator.task_id: operator for operator in self.operators.values()}
        above: dict[str, set[str]] = {}  # of each task, all of ours that a way of our own tasks leads from
        for task_id, operator in ours.items():
            direct = operator.upstream_task_ids & ours.keys()
            beyond = set().union(*(above[name] for name in direct))
            above[task_id] = direct | beyond
            for name in direct & beyond:
                operator.upstream_task_ids.discard(name)
                ours[name].downstream_task_ids.discard(task_id)
        return self


class Migration(Lifecycle):
    """The tasks of a migration of API version 2021-12-06."""

    plan: MigrationPlan
    purchase: str
    configure: Result
    check: Result
    check_passed: Result
    start: Result
    ready: Result
    compare: str
    report: Evidence
    approve: Result
    complete: Result
    succeeded: Result
    isolate: Result


class Migration2018(Lifecycle):
    """The tasks of a migration of API version 2018-03-30."""

    plan: Migration2018Plan
    create: str
    check: Result
    check_passed: Result
    start: Result
    ready: Result
    complete: Result
    succeeded: Result
    delete: Result


class SyncLink(Lifecycle):
    """The tasks that make a sync link."""

    plan: SyncPlan
    purchase: str
    configure: Result
    check: Result
    check_passed: Result
    start: Result
    caught_up: Result
    compare: str
    report: Evidence


class SyncChange(Lifecycle):
    """The tasks that change a running sync link."""

    plan: ChangePlan
    modify: Result
    check: Result
    check_passed: Result
    start: Result
    applied: Result


class SyncRetirement(Lifecycle):
    """The tasks that end a sync link."""

    plan: RetirementPlan
    compare: str
    report: Evidence
    stop: Result
    isolate: Result
    isolated: Result
    destroy: Result


class Subscription(Lifecycle):
    """The tasks that make a subscription."""

    plan: SubscriptionPlan
    purchase: str
    activate: Result
    configured: Result
    objects: Result
    consume_time: Result


class Unsubscription(Lifecycle):
    """The tasks that end a subscription."""

    plan: UnsubscriptionPlan
    isolate: Result
    offline: Result
