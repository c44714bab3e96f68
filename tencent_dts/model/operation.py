"""One changing action as a row of the state table, and the rules by which a look at its resource is judged.

The rows stand in the folders of the kinds, as :mod:`tencent_dts.kinds.migration.states`: the one place where status
strings stand. No code branches on a status by itself, and an unknown status is never success: it waits and warns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tencent_dts.model.answers import Fields, Item, dig, plain, text_at
from tencent_dts.model.resource import Axis, Resource, Statuses, Verdict


@dataclass(frozen=True)
class Operation:
    """One changing action, as a row of the state table.

    What a look at the resource means is decided by :data:`RULES`; behind each field stands the rule that reads it.

    :param needs: statuses in which it is called (:func:`not_in_this_state`, and every rule after it).
    :param passes: statuses while it, or what must come before it, is under way (:func:`under_way`).
    :param done: statuses at or beyond its effect: success without a call (:func:`at_its_effect`).
    :param reached: statuses that also count as its effect once we have called it ourselves (:func:`at_its_effect`).
    :param failed: statuses that rule it out for good (:func:`failed`).
    :param permission: its name in the resource's own list of allowed operations (:func:`not_permitted`,
        :func:`unknown_status`).
    :param final: statuses of ``needs`` that nothing else leads out of: where the resource does not allow the
        operation in them, it never will (:func:`not_permitted`).
    :param destroys: it brings the resource to its end; one that is known to have ended counts as done (:func:`gone`).
    :param ends: its accepted order is the end of a job: of its bill or, where it has none, of the job itself.
    :param patient: the service is known to refuse it for a while although the state allows it.
    :param digest: it is done when a keyed digest of its request equals the one stored for this resource.
    :param spoilt: statuses of ``needs`` in which what was sent before has come to nothing, so that it is sent again.
    :param proof: path of a field that must have the value asked for, before the operation counts as done; or, by
        field of the request, the path of each (:func:`at_its_effect`, :func:`shown_already`). Lists are compared
        without their order.
    :param instead: for a status that rules it out: what to do instead.
    :param billed: values of the resource's bill in which it is taken; one that is released rules it out, and any
        other is waited out (:func:`out_of_service`, :func:`bill_in_between`). Empty where the bill does not matter.
    :param barred: properties of the resource that rule it out for good: by path and value, what to do instead; a
        text may name a field of the resource in braces (:func:`barred`).
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

    @property
    def deletes_isolated(self) -> bool:
        """Whether it deletes for good what was isolated before."""
        return self.destroys and self.axis is self.resource.bill and self.needs <= self.resource.released

    def judge(self, item: Item | None, *, called: bool, expected: str = "") -> Verdict:
        """What a resource's answer means: the verdict of the first of :data:`RULES` that has one.

        A job that is merely not found never comes here from a task, see :func:`tencent_dts.engine.converge.read`.

        :param item: ``None`` is a resource that is not there any more.
        :param called: whether this run of the task has had the call accepted.
        :param expected: what the field ``proof`` must have, see :meth:`expected_of`.
        """
        if item is None:
            return Verdict.DONE if self.destroys else Verdict.IMPOSSIBLE
        look = Look(self, item, called, expected)
        return next(verdict for rule in RULES if (verdict := rule(look)) is not None)

    def expected_of(self, request: Mapping[str, object]) -> str:
        """The value in a request that ``proof`` will show: ``NewInstanceClass`` sets ``TradeInfo.InstanceClass``.

        Where ``proof`` has several paths: the value of each that the request sets, as JSON.
        """
        if isinstance(self.proof, str):
            name = self.proof.rpartition(".")[2]
            return next((str(request[field]) for field in (name, f"New{name}") if request.get(field) is not None), "")
        asked = {path: request[name] for name, path in self.proof.items() if request.get(name) is not None}
        return json.dumps({path: plain(value) for path, value in asked.items()}) if asked else ""

    def proofs(self) -> tuple[str, ...]:
        """The paths that ``proof`` looks at."""
        return tuple(filter(None, [self.proof])) if isinstance(self.proof, str) else tuple(self.proof.values())

    def shows(self, item: Item, expected: str) -> bool:
        """Whether the resource shows what the request asked for; never where the row has no ``proof``."""
        if isinstance(self.proof, str):
            return bool(self.proof) and text_at(item, self.proof) == expected
        asked: dict[str, object] = json.loads(expected) if expected else {}
        return bool(asked) and all(plain(dig(item, path)) == value for path, value in asked.items())

    def bar(self, item: Item) -> str:
        """What to do instead, where a property of the resource rules the operation out; "" where none does."""
        barring = (texts.get(text_at(item, path)) for path, texts in self.barred.items())
        return next((text.format_map(Fields(item)) for text in barring if text), "")


@dataclass(frozen=True)
class Look:
    """One look at a resource, as the rules read it.

    :param called: this run of the task has had the call accepted.
    :param expected: what the proof must show.
    """

    row: Operation
    item: Item
    called: bool
    expected: str

    @cached_property
    def status(self) -> str:
        """On the axis of the operation."""
        return self.row.axis.of(self.item)

    @cached_property
    def is_shown(self) -> bool:
        """Whether the resource shows what was asked for."""
        return self.row.shows(self.item, self.expected)

    @cached_property
    def is_released(self) -> bool:
        """Whether the bill has ended."""
        return self.row.resource.is_released(self.item)

    @cached_property
    def stands_still(self) -> bool:
        """Whether nothing moves on the operation's axis any more."""
        return self.row.resource.stands_still(self.row.axis, self.item)

    @cached_property
    def is_billed_otherwise(self) -> bool:
        """Whether the operation is not taken in the present value of the bill."""
        bill = self.row.resource.bill
        return bill is not None and bool(self.row.billed) and bill.of(self.item) not in self.row.billed

    @cached_property
    def is_permitted(self) -> bool | None:
        """What the resource's own list of allowed operations says; ``None`` where it does not speak of this one."""
        paths, name = self.row.resource.permissions, self.row.permission
        if not paths:
            return None
        allowed, every = (dig(self.item, path) for path in paths)
        if name in (allowed or ()):
            return True
        return None if allowed is None or name not in (every or ()) else False


def out_of_service(look: Look) -> Verdict | None:
    """Its bill has ended, and the operation needs it in service."""
    return Verdict.IMPOSSIBLE if look.is_billed_otherwise and look.is_released else None


def at_its_effect(look: Look) -> Verdict | None:
    """The status is the effect; where the row asks for a proof, that must show as well."""
    row = look.row
    if look.status in row.done or (look.called and look.status in row.reached):
        return Verdict.DONE if not row.proof or look.is_shown else Verdict.UNDER_WAY
    return None


def failed(look: Look) -> Verdict | None:
    """Nothing leads from here to the effect any more."""
    return Verdict.IMPOSSIBLE if look.status in look.row.failed else None


def under_way(look: Look) -> Verdict | None:
    """The effect, or what must come before the call, is on its way; out of service nothing moves any more."""
    if look.status not in look.row.passes:
        return None
    return Verdict.IMPOSSIBLE if look.stands_still else Verdict.UNDER_WAY


def unknown_status(look: Look) -> Verdict | None:
    """No document names the status: only the resource's own word allows a call, and none is repeated."""
    if look.status in look.row.axis.known | look.row.needs:
        return None
    return Verdict.ALLOWED if look.is_permitted and not look.called else Verdict.UNKNOWN


def not_in_this_state(look: Look) -> Verdict | None:
    """The status is known, and none in which the operation is called."""
    return None if look.status in look.row.needs else Verdict.IMPOSSIBLE


def bill_in_between(look: Look) -> Verdict | None:
    """The bill is between two values, as while it is resized; one that no document names is waited out, too."""
    bill = look.row.resource.bill
    if look.called or not look.is_billed_otherwise or bill is None:
        return None
    if bill.of(look.item) in bill.known:
        return Verdict.UNDER_WAY
    return None if look.is_permitted else Verdict.UNKNOWN


def shown_already(look: Look) -> Verdict | None:
    """What was to be set is set."""
    return Verdict.DONE if not look.called and look.is_shown else None


def barred(look: Look) -> Verdict | None:
    """A property of the resource rules it out for good."""
    return Verdict.IMPOSSIBLE if not look.called and look.row.bar(look.item) else None


def not_permitted(look: Look) -> Verdict | None:
    """The resource's own list does not name it now; it may later, unless nothing else leads out of the status."""
    if look.is_permitted is not False:
        return None
    if look.status in look.row.final:
        return Verdict.IMPOSSIBLE
    if look.called:
        return None
    return Verdict.IMPOSSIBLE if look.stands_still else Verdict.UNDER_WAY


def accepted_before(look: Look) -> Verdict | None:
    """The call was accepted, and the state is again, or still, one that needs it; out of service it stays so."""
    if not look.called:
        return None
    return Verdict.IMPOSSIBLE if look.stands_still else Verdict.UNDONE


def allowed(_look: Look) -> Verdict:
    """Nothing speaks against the call."""
    return Verdict.ALLOWED


RULES: tuple[Callable[[Look], Verdict | None], ...] = (
    out_of_service,
    at_its_effect,
    failed,
    under_way,
    unknown_status,
    not_in_this_state,
    bill_in_between,
    shown_already,
    barred,
    not_permitted,
    accepted_before,
    allowed,
)
"""The rules, in order: the first that has a verdict decides."""
