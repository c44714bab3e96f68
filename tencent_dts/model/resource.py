"""What DTS keeps: the statuses that it can be in, its bill, and how it is read and listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tencent_dts.model.answers import Item, dig, text_at

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

    def of(self, item: Item) -> str:
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
    :param lag: where its answer shows the lag; "" where it has none.
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

    @property
    def is_deleted_in_the_end(self) -> bool:
        """Whether a run that is done with its job deletes it, as the job has no bill that could end instead."""
        return self.job.bill is None

    def is_released(self, item: Item) -> bool:
        """Whether the resource costs nothing any more."""
        return self.bill is not None and self.bill.of(item) in self.released

    def is_destroyed(self, item: Item) -> bool:
        """Whether the resource is gone for good, or going, although it is still shown."""
        return self.bill is not None and self.bill.of(item) in self.destroyed

    def vanishes(self, item: Item) -> bool:
        """Whether the order that ends the resource deletes it at once: only one that costs nothing."""
        return self.bill is None or self.bill.of(item) in self.free

    def in_words(self, item: Item) -> str:
        """Its state for people: its status and, where it has one, that of its bill."""
        text = f"{self.axis.name} {self.axis.of(item) or 'not reported'}"
        return f"{text}, {self.bill.name} {self.bill.of(item) or 'not reported'}" if self.bill else text

    def stands_still(self, axis: Axis, item: Item) -> bool:
        """Whether nothing moves on an axis any more, as the resource is out of service: its bill alone does."""
        return axis is not self.bill and self.is_released(item)

    def is_prepaid(self, item: Item) -> bool:
        """Whether the resource was paid for in advance, so that isolating it saves nothing."""
        name, value = self.prepaid
        return bool(name) and text_at(item, name) == value

    def lag_of(self, item: Item) -> tuple[int, int] | None:
        """Lag as (megabytes, seconds); ``None`` where it is unknown, which -1, null and absence are."""
        found = dig(item, self.lag) if self.lag else None
        megabytes, seconds = dig(found, "MasterSlaveDistance"), dig(found, "SecondsBehindMaster")
        if not isinstance(megabytes, int) or not isinstance(seconds, int) or megabytes < 0 or seconds < 0:
            return None
        return megabytes, seconds
