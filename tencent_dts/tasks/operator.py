"""The base of the operators that change one existing resource by one action.

The row of the state table says what the action needs and reaches, the gates what else must hold before it is called;
:func:`tencent_dts.engine.converge.converge` sends it.
"""

from __future__ import annotations

from collections import ChainMap
from types import MappingProxyType
from typing import ClassVar

from tencent_dts.api.answers import Request
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import Outcome, converge
from tencent_dts.engine.memory import Memory, digest_of
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.facts import facts_of, summary
from tencent_dts.tasks.gates.gate import Call, Gate, Gates


class DtsOperator(DtsTask):
    """Base of the operators that change one existing resource by one action.

    A subclass names its row of the state table and, where more than that must hold before the call, its gates, which
    are run in that order; it overrides at most ``request()`` and ``result()``.
    """

    operation: ClassVar[Operation]
    gates: ClassVar[tuple[Gate, ...]] = ()
    on_clear = "reads the job first, and calls {action} only where that is not done yet"
    _added: Request = MappingProxyType({})  # to the request, by the gates, once they have looked

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "operation" in vars(cls):
            cls.resource = cls.operation.resource
            cls.keeps_outcome = cls.resource.is_deleted_in_the_end and not cls.operation.ends

    def clearing(self) -> str:
        """What clearing the task does, with the name of its action."""
        return self.on_clear.format(action=self.operation.action)

    def request(self) -> Request:
        """The request, less what its gates add."""
        return self.ids()

    def result(self, item: Item | None) -> object:
        """What the task returns; by default the resource's ids and state.

        It judges nothing: what must hold of a job that counts as done is for :meth:`.Gate.confirm`.
        """
        return {**self.ids(), **summary(self.resource, item)}

    def watch_for(self, event: Event) -> Watch | None:
        """The operation's taking hold; ``None`` where it was called, and what would show that is not known yet."""
        row, called = [self.resource.version, self.operation.action], bool(event.get("called"))
        expected = self.operation.expected_of({**self.request(), **self.ids(), **self._added})
        if called and self.operation.proof and not expected:
            return None
        return Watch(self.ids(), operation=row, called=called, expected=expected)

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """Converge: already done, allowed, under way or impossible."""
        call = Call(self, client, memory)
        gates = Gates(call, self.gates)
        if (first := await gates.look()) is not None:
            return first
        self._added = call.fields
        ids = self.ids()
        request = ChainMap(call.fields, {**self.request(), **ids})  # gates complete it until it is sent
        # Tags are sent once, when a job is adopted: they must not make the same configuration look changed.
        lasting = {name: value for name, value in request.items() if name != "Tags"}
        digest = digest_of(client.account.secret_key, lasting) if self.operation.digest else ""
        sent_before = bool(digest) and lasting == request and memory.get("digest") == digest
        outcome = await converge(
            client,
            self.operation,
            ids,
            request,
            called=bool(event.get("called")),
            undone=event.get("reason") == Verdict.UNDONE.value,
            unchanged=call.satisfied or (sent_before and not call.replaced),
            guard=gates,
        )
        if outcome.first is not None:
            return outcome.first
        if digest and outcome.called:
            memory.set("digest", digest)
        if outcome.answer is not None:
            gates.accepted(outcome.answer)
        if outcome.settled:
            gates.confirm(outcome.item, called=outcome.called)
        else:
            gates.under_way()
        if outcome.settled or self.wait == "no":
            self.log.info("%s", _shown_end(self, outcome))
            return self.result(outcome.item)
        return self.watch_for({"called": outcome.called})


def _shown_end(operator: DtsOperator, outcome: Outcome) -> str:
    done = "has taken hold" if outcome.settled else "was accepted"
    return f"{operator.operation.action} {done}: {facts_of(operator.resource, operator.ids(), outcome.item)}"
