"""What a wait waits for, and the rules by which a look at its resource is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tencent_dts.model.answers import Item, dig
from tencent_dts.model.resource import Axis, Resource, Statuses, Verdict


@dataclass(frozen=True)
class Goal:
    """What a wait waits for on one axis.

    What a look at the resource means is decided by :data:`RULES`; behind each field stands the rule that reads it.

    :param reached: statuses that end it well (:func:`at_the_goal`).
    :param failed: statuses that end it badly (:func:`failed`); every other one, known or not, goes on waiting.
    :param unfinished: where the resource has another axis for "it ran": values that go on waiting (:func:`running`).
    :param broken: likewise, values that end the wait badly (:func:`broken`).
    :param gone: what a resource means whose ending is known and that is not there any more.
    :param lag: statuses of ``reached`` in which the lag must be 0 MB and 0 s; unknown (-1, absent) is not 0
        (:func:`at_the_goal`).
    :param glance: a field of the job in the shared list, and the values for which no closer look is needed.
    :param flaws: a list in the answer, a field of its items and those of its values that refute a status of
        ``reached``: one such item, and the wait has ended badly (:func:`refuted`).
    :param ended: values of the resource's bill that end the wait badly, whatever the status (:func:`ended`).
    :param void: by axis, the values at which nothing leads to the goal: what would was not ordered, has become void, or
        has ended (:func:`void`). The resource itself shows those on the goal's axis, its job those on another one.
    :param go_on: by status on the goal's axis, what to order first where the wait does not end by itself.
    """

    name: str
    resource: Resource
    axis: Axis
    reached: Statuses
    failed: Statuses = frozenset()
    gone: Verdict = Verdict.IMPOSSIBLE
    unfinished: Statuses = frozenset()
    broken: Statuses = frozenset()
    lag: Statuses = frozenset()
    glance: tuple[str, Statuses] = ("", frozenset())
    flaws: tuple[str, str, Statuses] = ("", "", frozenset())
    ended: Statuses = frozenset()
    void: tuple[tuple[Axis, Statuses], ...] = ()
    go_on: Mapping[str, str] = field(default_factory=dict)

    def judge(self, item: Item | None) -> Verdict:
        """What a resource's answer means to the wait: the verdict of the first of :data:`RULES` that has one.

        :param item: ``None`` is a resource that is not there any more.
        """
        if item is None:
            return self.gone
        return next(verdict for rule in RULES if (verdict := rule(self, item)) is not None)

    def is_void(self, item: Item, *, of_job: bool) -> bool:
        """Whether an answer shows that nothing leads to the goal.

        :param item: the resource's job where ``of_job`` is true, the resource itself otherwise.
        """
        return any(axis.of(item) in values for axis, values in self.void if (axis is not self.axis) is of_job)

    def asks_job(self) -> bool:
        """Whether it is the resource's job that shows that nothing leads to the goal."""
        return any(axis is not self.axis for axis, _ in self.void)

    def ran(self, item: Item) -> str:
        """Where the resource has another axis than the goal's for "it ran": its value; "" otherwise."""
        return self.resource.axis.of(item) if self.resource.axis is not self.axis else ""


def broken(goal: Goal, item: Item) -> Verdict | None:
    """What was to lead to the goal has failed by itself."""
    return Verdict.IMPOSSIBLE if goal.ran(item) in goal.broken else None


def ended(goal: Goal, item: Item) -> Verdict | None:
    """The resource's bill has ended."""
    bill = goal.resource.bill
    return Verdict.IMPOSSIBLE if bill is not None and bill.of(item) in goal.ended else None


def refuted(goal: Goal, item: Item) -> Verdict | None:
    """The status is the goal's, and a part of the answer speaks against it."""
    path, name, values = goal.flaws
    parts = dig(item, path) if path and goal.axis.of(item) in goal.reached else None
    return Verdict.IMPOSSIBLE if any(str(part.get(name)) in values for part in parts or []) else None


def running(goal: Goal, item: Item) -> Verdict | None:
    """What leads to the goal goes on, whatever the goal's own axis shows of the last time."""
    return Verdict.UNDER_WAY if goal.ran(item) in goal.unfinished else None


def at_the_goal(goal: Goal, item: Item) -> Verdict | None:
    """The status is the goal's, and the lag, where it counts, is 0."""
    status = goal.axis.of(item)
    waits = status in goal.lag and goal.resource.lag_of(item) != (0, 0)
    return Verdict.DONE if status in goal.reached and not waits else None


def failed(goal: Goal, item: Item) -> Verdict | None:
    """Nothing leads to the goal any more: by the status, or as the resource is out of service."""
    is_over = goal.axis.of(item) in goal.failed or goal.resource.stands_still(goal.axis, item)
    return Verdict.IMPOSSIBLE if is_over else None


def void(goal: Goal, item: Item) -> Verdict | None:
    """Nothing that would lead to the goal was ordered, or still stands."""
    return Verdict.VOID if goal.is_void(item, of_job=False) else None


def on_the_way(goal: Goal, item: Item) -> Verdict:
    """Anything else is waited for; a status that no document names is logged as one."""
    return Verdict.UNDER_WAY if goal.axis.of(item) in goal.axis.known else Verdict.UNKNOWN


RULES: tuple[Callable[[Goal, Item], Verdict | None], ...] = (
    broken,
    ended,
    refuted,
    running,
    at_the_goal,
    failed,
    void,
    on_the_way,
)
"""The rules, in order: the first that has a verdict decides."""
