"""What a gate is: a small object that stands before the call of an operator, and what one leg's gates share.

An operator names its gates as a class attribute, and :class:`tencent_dts.tasks.operator.DtsOperator` runs them in that
order. A gate keeps nothing of its own: what it judges by are the parameters of the task, the resource, and what it
notes in the :class:`Call` of the leg.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import Guard
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.verdicts import GivenEvidence
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import DtsError
from tencent_dts.model.answers import Item

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.compare_types import CompareTaskItem


@dataclass
class ReadEvidence:
    """Evidence, and the compare task that it is of, as it was read for a call.

    :param report: as the compare report sensor returned it, or as it was renewed.
    :param compared: the compare task.
    """

    report: GivenEvidence
    compared: CompareTaskItem


@dataclass
class Call:
    """One leg of an operator, as its gates see it.

    :param task: the operator; its parameters are what a gate judges by.
    :param client: reads the resource, and what else the judgement needs.
    :param memory: what the task remembers of its job.
    :param satisfied: set by a gate: what the request would set is set already.
    :param replaced: set by a gate: what was sent before is no more what the resource has.
    :param fields: what gates add to the request; what they add when they admit the call is sent, too.
    :param evidence: what the call rests on, once it was found good.
    :param rests_on: what the call goes out on, for the log.
    :param unanswered: how often the call was sent, and neither accepted nor refused.
    :param noted: set by a gate: it has noted a sending of this leg, of which nothing was noted before.
    """

    task: Any
    client: DtsClient
    memory: Memory
    satisfied: bool = False
    replaced: bool = False
    fields: dict[str, object] = field(default_factory=dict)
    evidence: ReadEvidence | None = None
    rests_on: str = "no evidence, as was asked for"
    unanswered: int = 0
    noted: bool = False

    @property
    def ids(self) -> dict[str, str]:
        """The request fields that identify the resource."""
        ids: dict[str, str] = self.task.ids()
        return ids


@dataclass(frozen=True)
class Gate:
    """What must hold before a call; a gate overrides what it needs.

    ``look``, ``gather`` and ``admit`` return what must be waited for first, ``None`` for nothing, and raise to refuse
    the call. What the first of an operator's gates wants waited for is waited for.
    """

    async def look(self, call: Call) -> Watch | None:
        """Look before anything else at what the request needs.

        It judges nothing that could change before the call is sent: that is what :meth:`gather` and :meth:`admit`
        are for.
        """
        return None

    async def gather(self, call: Call, item: Item) -> Watch | None:
        """Before each sending: read what the judgement needs beside the resource, whose state allows the call."""
        return None

    def admit(self, call: Call, item: Item) -> Watch | None:
        """Before each sending, after everything else: judge the very item whose state allows the call."""
        return None

    def sending(self, call: Call) -> None:
        """The call goes out: remember what later tries must know, should its answer be lost.

        Not earlier: after :meth:`admit` the job's holder is asked, who may refuse the call.
        """

    def refused(self, call: Call, refusal: DtsError) -> None:
        """It was refused, and did nothing: what :meth:`sending` has remembered of it holds no more."""

    def accepted(self, call: Call, answer: Item) -> None:
        """Keep of the call's answer what later legs and tasks need."""

    def under_way(self, call: Call) -> None:
        """The leg ends although nothing is left to be called: what was, or what must come first, is under way."""

    def confirm(self, call: Call, item: Item | None, *, called: bool) -> None:
        """Once nothing is left to be called: judge the very item that counts as done; it raises to refuse that.

        :param called: this try had the call accepted, and neither an earlier one nor another hand.
        """


@dataclass(frozen=True)
class Gates(Guard):
    """The gates of an operator, one after the other, as the guard of its call."""

    call: Call
    gates: tuple[Gate, ...]

    async def look(self) -> Watch | None:
        """Before anything else."""
        for gate in self.gates:
            if (first := await gate.look(self.call)) is not None:
                return first
        return None

    async def gather(self, client: DtsClient, item: Item) -> Watch | None:
        """Before each sending."""
        for gate in self.gates:
            if (first := await gate.gather(self.call, item)) is not None:
                return first
        return None

    def admit(self, item: Item) -> Watch | None:
        """Right before each sending, all of them on the same item; nothing is read between the first and the last."""
        for gate in self.gates:
            if (first := gate.admit(self.call, item)) is not None:
                return first
        return None

    def sending(self) -> None:
        """With the call."""
        self.call.unanswered += 1
        for gate in self.gates:
            gate.sending(self.call)

    def refused(self, refusal: DtsError) -> None:
        """After a call that did nothing."""
        self.call.unanswered -= 1
        for gate in self.gates:
            gate.refused(self.call, refusal)

    def accepted(self, answer: Item) -> None:
        """After the call."""
        for gate in self.gates:
            gate.accepted(self.call, answer)

    def under_way(self) -> None:
        """Before what is under way is waited for."""
        for gate in self.gates:
            gate.under_way(self.call)

    def confirm(self, item: Item | None, *, called: bool) -> None:
        """At the end."""
        for gate in self.gates:
            gate.confirm(self.call, item, called=called)
