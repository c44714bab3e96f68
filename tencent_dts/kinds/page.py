"""How the *DTS* tab reads and words a kind of job: what the row of a kind, in its ``page.py``, can say of it.

Nothing in :mod:`tencent_dts.plugins` knows one kind from another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.model.answers import Item, dig, text_at
from tencent_dts.model.goal import Goal
from tencent_dts.model.resource import Axis, Resource, Statuses
from tencent_dts.times import shown

Tone = Literal["good", "busy", "idle", "warn", "bad", "unknown"]
Words = Callable[[Item], str]
Tones = Sequence[tuple[Tone, Statuses]]


@dataclass(frozen=True)
class CheckView:
    """One of the checks of a kind of job.

    :param title: of its part of the page.
    :param goal: that it has passed; names the action that reads it.
    :param steps: where its steps stand in its answer; "" where it shows none.
    :param done: where it, or else the job, shows how far it is, in per cent.
    :param message: where it says what is wrong.
    :param of: the field of the job that says that there is such a check; "" where it is always asked for.
    :param axis: what ``of`` can say, to be shown beside the title.
    """

    title: str
    goal: Goal
    steps: str = ""
    done: str = "Progress"
    message: str = ""
    of: str = ""
    axis: Axis | None = None
    tones: Tones = ()


@dataclass(frozen=True)
class View:
    """A kind of job as the page shows it.

    :param tones: of its status; ``bill_tones`` of its bill.
    :param caught_up: reached, it makes the mark of the status good, where the status alone does not show it.
    :param facts: labelled texts; those that are "" are left out.
    :param between: the source and target of what it moves; "" where it has none yet.
    :param objects: what it moves; "" where nothing is reported.
    :param message: the field of its news in words.
    :param errors: the field of what is wrong with it: one, or a list.
    :param steps: the field of the steps of its run; "" where it has none.
    :param step_status: their status, where it is a number: its names.
    :param compares: its compare tasks; ``None`` where it has none.
    """

    resource: Resource
    tones: Tones
    facts: Sequence[tuple[str, Words]]
    between: Words
    objects: Words
    bill_tones: Tones = ()
    caught_up: Goal | None = None
    message: str = ""
    errors: str = ""
    steps: str = ""
    step_status: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[CheckView] = ()
    compares: CompareFamily | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What a task shows of it: the page of the console, and the API version."""
        return self.resource.console, self.resource.version

    def lag(self, item: Item) -> str:
        """How far the target is behind, in words; "" where this kind has none.

        It is not known before there are steps of a run: until then API 2018-03-30 reports a lag of 0.
        """
        if not self.resource.lag:
            return ""
        known = self.resource.lag_of(item) if dig(item, self.steps) else None
        return f"{known[0]} MB, {known[1]} s" if known is not None else "not known now"


# --- What facts are made of ---


def reported(path: str, numbers: Mapping[str, int] | None = None) -> Words:
    """A field as it is, or by the name of its number."""
    names = {number: name for name, number in (numbers or {}).items()}

    def words(item: Item) -> str:
        value = dig(item, path)
        return names.get(value, text_at(item, path)) if not isinstance(value, list) else ", ".join(value)

    return words


def at(path: str) -> Words:
    """A time for people."""
    return lambda item: shown(dig(item, path))


def together(*paths: str) -> Words:
    """Fields in one line; "" where none is reported."""
    return lambda item: " ".join(filter(None, (text_at(item, path) for path in paths)))


def route(*paths: str) -> Words:
    """From the source to the target, whose fields begin with ``Dst`` where the source's begin with ``Src``."""
    source = together(*paths)
    target = together(*(f"Dst{path.removeprefix('Src')}" for path in paths))
    return lambda item: f"{source(item) or 'not reported'} → {target(item) or 'not reported'}"
