"""Each resource's statuses, and what every operation needs, passes through and reaches.

These modules are the one place where status strings stand. A later area of the API adds a :class:`Resource` and rows;
no code branches on a status by itself. An unknown status is never success: it waits and warns.

The rows stand in the folders of the kinds, as :mod:`tencent_dts.kinds.migration.states`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Statuses = frozenset[str]


def statuses(*names: str) -> Statuses:
    """A set of statuses."""
    return frozenset(names)


class Verdict(Enum):
    """What a resource's state means to an operation or a wait."""

    DONE = "done"
    ALLOWED = "allowed"
    UNDER_WAY = "under way"
    IMPOSSIBLE = "impossible"
    UNDONE = "undone"  # of an operation: its call was accepted, and the state is again, or still, one that needs it
    VOID = "void"  # of a goal: nothing that would lead to it is under way
    UNKNOWN = "unknown"


_CALLED = (Verdict.UNDER_WAY, Verdict.UNDONE)  # an order is never sent beside one that may be at work


@dataclass(frozen=True)
class Axis:
    """One of the independent things a resource is in a state of.

    :param name: the field's name in the API document.
    :param path: where it stands in the resource's answer, dotted.
    :param known: every documented value; another one is unknown.
    :param names: for values that the API writes as numbers: the name of each, as the document gives it.
    """

    name: str
    path: str
    known: Statuses
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    def of(self, item: Mapping[str, Any]) -> str:
        """The value in an answer, by its name; "" where it is absent or null."""
        value = text_at(item, self.path)
        return self.names.get(value, value)


@dataclass(frozen=True)
class Resource:
    """A kind of thing that DTS keeps: how it is read, and by what name its id goes.

    :param read: action that reads one; ``items`` names the list in the answer where it answers a list.
    :param ids: the request fields that identify one; the first is its own field in answers, too.
    :param listing: action that lists many by tag, for the shared poll; "" where there is none. ``listed`` names the
        list in its answer.
    :param title: the field of its readable name.
    :param part_of: the job that it belongs to, where it is not one itself: a check, a compare task.
    :param permissions: where the resource carries its own lists of the operations allowed now, and of all; empty
        where it does not.
    :param bill: the axis of its bill, where it has one.
    :param released: values of ``bill`` at which the bill and the frozen fee have ended, or are ending.
    :param destroyed: those of them from which nothing brings it back.
    :param free: values of ``bill`` of one that costs nothing: the order that ends it deletes it at once.
    :param prepaid: a field, and its value that says that it was paid for in advance; "" where it never is.
    :param recover: action that takes it out of isolation; "" where there is none.
    :param lag: where its answer tells the lag; "" where it has none.
    :param console: the page of the console that shows it.
    """

    name: str
    version: str
    read: str
    ids: tuple[str, ...]
    axis: Axis
    items: str = ""
    listing: str = ""
    listed: str = ""
    title: str = "JobName"
    part_of: Resource | None = None
    permissions: tuple[str, str] | None = None
    bill: Axis | None = None
    released: Statuses = frozenset()
    destroyed: Statuses = frozenset()
    free: Statuses = frozenset()
    prepaid: tuple[str, str] = ("", "")
    recover: str = ""
    lag: str = ""
    console: str = ""

    @property
    def key(self) -> str:
        """The field that identifies it in requests and answers, as ``JobId``."""
        return self.ids[0]

    @property
    def job(self) -> Resource:
        """The job that it belongs to, itself where it is one: what is billed, listed, and shown to people."""
        return self.part_of or self

    def is_released(self, item: Mapping[str, Any]) -> bool:
        """Whether the resource costs nothing any more."""
        return self.bill is not None and self.bill.of(item) in self.released

    def is_destroyed(self, item: Mapping[str, Any]) -> bool:
        """Whether the resource is gone for good, or going, although it is still shown."""
        return self.bill is not None and self.bill.of(item) in self.destroyed

    def vanishes(self, item: Mapping[str, Any]) -> bool:
        """Whether the order that ends the resource deletes it at once: only one that costs nothing."""
        return self.bill is None or self.bill.of(item) in self.free

    def told(self, item: Mapping[str, Any]) -> str:
        """Its state for people: its status and, where it has one, that of its bill."""
        text = f"{self.axis.name} {self.axis.of(item) or 'not told'}"
        return f"{text}, {self.bill.name} {self.bill.of(item) or 'not told'}" if self.bill else text

    def stands_still(self, axis: Axis, item: Mapping[str, Any]) -> bool:
        """Whether nothing moves on an axis any more, as the resource is out of service: its bill alone does."""
        return axis is not self.bill and self.is_released(item)

    def is_prepaid(self, item: Mapping[str, Any]) -> bool:
        """Whether the resource was paid for in advance, so that isolating it saves nothing."""
        name, value = self.prepaid
        return bool(name) and text_at(item, name) == value

    def lag_of(self, item: Mapping[str, Any]) -> tuple[int, int] | None:
        """Lag as (megabytes, seconds); ``None`` where it is unknown, which -1, null and absence are."""
        found = dig(item, self.lag) if self.lag else None
        megabytes, seconds = dig(found, "MasterSlaveDistance"), dig(found, "SecondsBehindMaster")
        if not isinstance(megabytes, int) or not isinstance(seconds, int) or megabytes < 0 or seconds < 0:
            return None
        return megabytes, seconds


@dataclass(frozen=True)
class Operation:
    """One changing action, as a row of the state table.

    :param needs: statuses in which it is called.
    :param passes: statuses while it, or what must come before it, is under way.
    :param done: statuses at or beyond its effect: success without a call.
    :param reached: statuses that also count as its effect once we have called it ourselves.
    :param failed: statuses that rule it out for good.
    :param permission: its name in the resource's own list of allowed operations.
    :param final: statuses of ``needs`` that nothing else leads out of: where the resource does not allow the
        operation in them, it never will.
    :param destroys: it brings the resource to its end; one that is known to have ended counts as done.
    :param ends: its accepted order is the end of a job: of its bill or, where it has none, of the job itself.
    :param patient: the service is known to refuse it for a while although the state allows it.
    :param digest: it is done when a keyed digest of its request equals the one stored for this resource.
    :param spoilt: statuses of ``needs`` in which what was sent before has come to nothing, so that it is sent again.
    :param proof: path of a field that must have the value asked for, before the operation counts as done; or, by
        field of the request, the path of each. Lists are compared without their order.
    :param instead: for a status that rules it out: what to do instead.
    :param billed: values of the resource's bill in which it is taken; one that is released rules it out, and any
        other is waited out. Empty where the bill does not matter.
    :param barred: properties of the resource that rule it out for good: by path and value, what to do instead; a
        text may name a field of the resource in braces.
    """

    action: str
    resource: Resource
    axis: Axis
    needs: Statuses
    done: Statuses = frozenset()
    passes: Statuses = frozenset()
    reached: Statuses = frozenset()
    failed: Statuses = frozenset()
    permission: str = ""
    final: Statuses = frozenset()
    destroys: bool = False
    ends: bool = False
    patient: bool = False
    digest: bool = False
    spoilt: Statuses = frozenset()
    proof: str | Mapping[str, str] = ""
    instead: Mapping[str, str] = field(default_factory=dict)
    billed: Statuses = frozenset()
    barred: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def judge(self, item: Mapping[str, Any] | None, *, called: bool, expected: str = "") -> Verdict:
        """What a resource's answer means; ``None`` is one that is not there any more.

        A job that is merely not found never comes here from a task, see :func:`tencent_dts.engine.converge.read`.

        :param called: whether this run of the task has had the call accepted.
        :param expected: what the field ``proof`` must have, see :meth:`expected_of`.
        """
        if item is None:
            return Verdict.DONE if self.destroys else Verdict.IMPOSSIBLE
        verdict = self._ask_bill(item, self._judge_status(self.axis.of(item), called))
        proven = not self.proof or self._shows(item, expected)
        if verdict is Verdict.DONE and not proven:
            return Verdict.UNDER_WAY
        if verdict is Verdict.ALLOWED and self.proof and proven:
            return Verdict.DONE
        if verdict is Verdict.ALLOWED and self.bar(item):
            return Verdict.IMPOSSIBLE
        if called and verdict is Verdict.UNKNOWN:
            return verdict  # the call has been accepted: it is not repeated until the status is one we know
        return self._ask_resource(item, verdict)

    def expected_of(self, request: Mapping[str, Any]) -> str:
        """The value in a request that ``proof`` will show: ``NewInstanceClass`` sets ``TradeInfo.InstanceClass``.

        Where ``proof`` has several paths: the value of each that the request sets, as JSON.
        """
        if isinstance(self.proof, str):
            name = self.proof.rpartition(".")[2]
            return next((str(request[field]) for field in (name, f"New{name}") if request.get(field) is not None), "")
        asked = {path: request[name] for name, path in self.proof.items() if request.get(name) is not None}
        return json.dumps({path: _plain(value) for path, value in asked.items()}, sort_keys=True) if asked else ""

    def proofs(self) -> tuple[str, ...]:
        """The paths that ``proof`` looks at."""
        return tuple(filter(None, [self.proof])) if isinstance(self.proof, str) else tuple(self.proof.values())

    def bar(self, item: Mapping[str, Any]) -> str:
        """What to do instead, where a property of the resource rules the operation out; "" where none does."""
        told = (texts.get(text_at(item, path)) for path, texts in self.barred.items())
        return next((text.format_map(_Fields(item)) for text in told if text), "")

    def _shows(self, item: Mapping[str, Any], expected: str) -> bool:
        if isinstance(self.proof, str):
            return text_at(item, self.proof) == expected
        asked: dict[str, Any] = json.loads(expected) if expected else {}
        return bool(asked) and all(_plain(dig(item, path)) == value for path, value in asked.items())

    def _ask_bill(self, item: Mapping[str, Any], verdict: Verdict) -> Verdict:
        """Let the resource's bill decide, where the operation needs it to be in service."""
        bill = self.resource.bill
        if verdict in _CALLED and self.resource.stands_still(self.axis, item):
            return Verdict.IMPOSSIBLE
        if bill is None or not self.billed or bill.of(item) in self.billed:
            return verdict
        if self.resource.is_released(item):
            return Verdict.IMPOSSIBLE
        if verdict is not Verdict.ALLOWED:
            return verdict
        return Verdict.UNDER_WAY if bill.of(item) in bill.known else Verdict.UNKNOWN

    def _judge_status(self, status: str, called: bool) -> Verdict:
        if status in self.done or (called and status in self.reached):
            return Verdict.DONE
        if status in self.failed:
            return Verdict.IMPOSSIBLE
        if status in self.passes:
            return Verdict.UNDER_WAY
        if status in self.needs:
            return Verdict.UNDONE if called else Verdict.ALLOWED
        return Verdict.IMPOSSIBLE if status in self.axis.known else Verdict.UNKNOWN

    def _ask_resource(self, item: Mapping[str, Any], verdict: Verdict) -> Verdict:
        """Let the resource's own list of allowed operations decide, where it speaks of this one."""
        permissions = self.resource.permissions
        final = self.axis.of(item) in self.final
        asked = verdict in (Verdict.ALLOWED, Verdict.UNKNOWN) or final
        if not asked or not permissions or not self.permission:
            return verdict
        allowed, every = (dig(item, path) for path in permissions)
        if self.permission in (allowed or ()):
            return verdict if verdict in _CALLED else Verdict.ALLOWED
        if verdict is Verdict.UNKNOWN or allowed is None or self.permission not in (every or ()):
            return verdict
        released = self.axis is not self.resource.bill and self.resource.is_released(item)
        return Verdict.IMPOSSIBLE if final or released else Verdict.UNDER_WAY


@dataclass(frozen=True)
class Goal:
    """What a wait waits for on one axis.

    :param reached: statuses that end it well.
    :param failed: statuses that end it badly; every other one, known or not, goes on waiting.
    :param unfinished: where the resource has another axis for "it ran": values that go on waiting.
    :param broken: likewise, values that end the wait badly.
    :param gone: what a resource means whose ending is known and that is not there any more.
    :param lag: statuses of ``reached`` in which the lag must be 0 MB and 0 s; unknown (-1, absent) is not 0.
    :param glance: a field of the job in the shared list, and the values for which no closer look is needed.
    :param flaws: a list in the answer, a field of its items and those of its values that refute a status of
        ``reached``: one such item, and the wait has ended badly.
    :param ended: values of the resource's bill that end the wait badly, whatever the status.
    :param void: by axis, the values at which nothing leads to the goal: what would was not ordered, has become void, or
        has ended. The resource itself tells those on the goal's axis, its job those on another one.
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

    def judge(self, item: Mapping[str, Any] | None) -> Verdict:
        """What a resource's answer means to the wait; ``None`` is one that is not there any more."""
        if item is None:
            return self.gone
        status = self.axis.of(item)
        ran = self.resource.axis.of(item) if self.resource.axis is not self.axis else ""
        if ran in self.broken or self._has_ended(item) or (status in self.reached and self._is_refuted(item)):
            return Verdict.IMPOSSIBLE
        if ran in self.unfinished:
            return Verdict.UNDER_WAY
        if status in self.reached:
            waits = status in self.lag and self.resource.lag_of(item) != (0, 0)
            if not waits:
                return Verdict.DONE
        if status in self.failed or self.resource.stands_still(self.axis, item):
            return Verdict.IMPOSSIBLE
        return self._judge_waiting(item)

    def _judge_waiting(self, item: Mapping[str, Any]) -> Verdict:
        if self.is_void(item, of_job=False):
            return Verdict.VOID
        return Verdict.UNDER_WAY if self.axis.of(item) in self.axis.known else Verdict.UNKNOWN

    def is_void(self, item: Mapping[str, Any], *, of_job: bool) -> bool:
        """Whether an answer tells that nothing leads to the goal.

        :param item: the resource's job where ``of_job`` is true, the resource itself otherwise.
        """
        return any(axis.of(item) in values for axis, values in self.void if (axis is not self.axis) is of_job)

    def asks_job(self) -> bool:
        """Whether it is the resource's job that tells that nothing leads to the goal."""
        return any(axis is not self.axis for axis, _ in self.void)

    def _has_ended(self, item: Mapping[str, Any]) -> bool:
        bill = self.resource.bill
        return bool(self.ended) and bill is not None and bill.of(item) in self.ended

    def _is_refuted(self, item: Mapping[str, Any]) -> bool:
        path, name, values = self.flaws
        return bool(path) and any(str(part.get(name)) in values for part in dig(item, path) or [])


def dig(item: Any, path: str) -> Any:
    """The value at a dotted path, ``None`` where any part of it is absent or null."""
    for name in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def text_at(item: Any, path: str) -> str:
    """The value at a dotted path as text; "" where it is absent or null."""
    value = dig(item, path)
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    """A value that can be compared: numbers as text, lists in order, what is empty left out."""
    if isinstance(value, Mapping):
        return {name: plain for name, part in sorted(value.items()) if (plain := _plain(part))}
    if isinstance(value, list | tuple):
        return sorted((_plain(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True)) or ""
    return "" if value is None else str(value)


class _Fields(dict[str, Any]):
    """The fields of an answer, for a text that names some."""

    def __missing__(self, name: str) -> str:
        return "not told"
