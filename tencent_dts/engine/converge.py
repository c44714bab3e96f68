"""Bring a resource to where an operation wants it: read, decide, call, re-read.

The only place that sends a changing call (purchases apart, see :mod:`tencent_dts.engine.identity`). It is
what makes every task safe to clear: the state table decides from the resource itself, not from what
an earlier try may have done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tencent_dts import settings
from tencent_dts.api.answers import Request
from tencent_dts.api.client import Book, DtsClient, Latest, backoff
from tencent_dts.engine.wording import impossible, order_undone, shown_state, state_of
from tencent_dts.errors import (
    OUTAGES,
    DtsError,
    Impossible,
    NotFound,
    OrderUndone,
    Throttled,
    WrongState,
    marking_accepted,
)
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource, Verdict

_PAUSE = 2.0
_REFUSALS = 3
_LOOK_AGAIN = (WrongState, NotFound, *OUTAGES)


@dataclass(frozen=True)
class Outcome:
    """What converging came to.

    :param settled: the operation has taken hold; otherwise it, or what must come first, is under way.
    :param item: the resource as last read; ``None`` where it is gone.
    :param called: whether the call was accepted, in this leg or an earlier one of the same try.
    :param answer: what the call was answered, where it was accepted in this leg and the answer was not lost.
    :param first: what the guard wants waited for before the call is sent; ``None`` for nothing.
    """

    settled: bool
    item: Item | None
    called: bool
    answer: Item | None = None
    first: object = None


class Guard:
    """What stands before each sending of a changing call, repeats included.

    ``gather`` and ``admit`` raise to refuse the call, and return what must be waited for first, ``None`` for nothing.
    What is to be remembered of a call is noted by ``sending``, and not before: up to there another gate, or whoever
    holds the job, may still refuse it.
    """

    async def gather(self, _client: DtsClient, _item: Item, /) -> object:
        """Read what the judgement needs beside the resource itself, which allows the call as it stands."""
        return None

    def admit(self, _item: Item, /) -> object:
        """Judge the resource as it was read after everything else, right before the call is sent."""
        return None

    def sending(self) -> None:
        """The call goes out now: nothing can refuse it any more but the service itself."""

    def refused(self, refusal: DtsError, /) -> None:
        """The service has refused the call: it did nothing."""


async def read(
    client: DtsClient,
    resource: Resource,
    ids: Mapping[str, str],
    *,
    until: float | None = None,
    for_good: bool = False,
    again: bool = True,
) -> Item | None:
    """Read one resource; ``None`` where two looks in a row do not find it.

    For a client with a book, a job that is not there is one whose ending is known: an ending is something seen, and
    what is merely not found can be in another account. A part of a job (a check, a comparison) can be missing only
    where its job is there, or has ended.

    :param ids: the request fields that identify it, as ``{"JobId": ...}``; others are not sent.
    :param for_good: that the job was isolated is no ending that explains why it is not there; its deletion is.
    :param again: false: where this client has called nothing since it read just this, a moment ago, that is taken.
    :raises JobNotFound: a job is not found, and its ending was never seen.
    :raises DtsError: where the service goes on failing until the deadline.
    """
    what = resource.read, {name: ids[name] for name in resource.ids}
    if not again and client.latest is not None and client.latest.stands_for(what, client.sent):
        return client.latest.item
    found = await _read(client, resource, ids, until=until, for_good=for_good)
    if found is not None:
        client.latest = Latest(what, found, client.sent, time.monotonic())
    return found


async def _read(
    client: DtsClient, resource: Resource, ids: Mapping[str, str], *, until: float | None, for_good: bool
) -> Item | None:
    found = await _look(client, resource, ids, until)
    if found is None:
        await asyncio.sleep(min(_PAUSE, settings.poll_interval()))
        found = await _look(client, resource, ids, until)
    job = resource.job
    if client.book is None or job.key not in ids:
        return found
    if found is None and resource is job:
        await client.book.missing(job, ids[job.key], for_good=for_good)
    elif found is None:
        await read(client, job, ids, until=until)
    elif resource is job:
        client.book.saw(job, ids[job.key], found)
    return found


async def _look(client: DtsClient, resource: Resource, ids: Mapping[str, str], until: float | None) -> Item | None:
    own = {name: ids[name] for name in resource.ids}
    try:
        answer: Item = await client.call(resource.read, own, until=until)
    except NotFound:
        return None
    if not resource.items:
        return answer
    found: list[Item] = answer.get(resource.items) or []
    return next((item for item in found if all(item.get(key) == value for key, value in own.items())), None)


async def converge(
    client: DtsClient,
    operation: Operation,
    ids: Mapping[str, str],
    request: Request,
    *,
    called: bool = False,
    unchanged: bool = False,
    undone: bool = False,
    guard: Guard | None = None,
) -> Outcome:
    """Read, decide and, where the state asks for it, call; until it is settled, under way or impossible.

    A call that was throttled, or whose outcome is not known, is sent again only after another look, which is judged
    like the first one: what was true minutes ago must not be acted on. Who holds the job is asked last of all: the run
    that held it before may have lost it meanwhile.

    :param ids: what identifies the resource.
    :param request: the whole request, ids included; a guard may go on completing it from the item that it admits.
    :param called: an earlier leg of this try has had the call accepted.
    :param unchanged: what the request would set is set already (the digest is the one stored).
    :param undone: the wait for an accepted call has seen, for as long as a look can be behind, that it does not show.
    :param guard: asked before each sending.
    :raises Impossible: the state rules the operation out.
    :raises OrderUndone: the call was accepted, and the state is still, after ``undone``, one that needs it.
    :raises IdentityConflict: a run that is alive holds the job; nothing was called.
    :raises DtsError: the service refuses, or fails beyond ``[tencent_dts] call_timeout``.
    """
    kind, expected = operation.resource, operation.expected_of(request)
    answer: Item | None = None
    trouble, job_id = _Trouble(operation, until := time.monotonic() + settings.call_timeout()), ids[kind.job.key]
    while True:
        with marking_accepted(called):
            item = await read(client, kind, ids, until=until, for_good=operation.deletes_isolated, again=False)
        verdict = operation.judge(item, called=called, expected=expected)
        if verdict is Verdict.DONE or (verdict is Verdict.ALLOWED and unchanged and not _spoilt(operation, item)):
            return Outcome(True, item, called, answer)
        if verdict is Verdict.IMPOSSIBLE or (undone and verdict is Verdict.UNDONE):
            raise await _refusal(client, operation, ids, item, verdict, called=called)
        if verdict is not Verdict.ALLOWED or item is None:
            return Outcome(False, item, called, answer)
        if guard is not None and (first := await guard.gather(client, item)) is not None:
            return Outcome(False, item, called, answer, first)
        job = await _job_beside(client, kind, ids, until=until)
        if guard is not None:
            item = await _last_look(client, operation, ids, until=until)
            if item is None or operation.judge(item, called=called, expected=expected) is not Verdict.ALLOWED:
                continue
            if (first := guard.admit(item)) is not None:
                return Outcome(False, item, called, answer, first)
        await book_of(client).allow(kind.job, job_id, item if job is None else job)
        try:
            answer, called = await _send(client, operation, job_id, item, request, guard=guard), True
        except DtsError as refusal:
            await trouble.pause_after(refusal, item)


async def _refusal(
    client: DtsClient,
    operation: Operation,
    ids: Mapping[str, str],
    item: Item | None,
    verdict: Verdict,
    *,
    called: bool,
) -> Impossible | OrderUndone:
    state = await shown_state(client, operation.resource, ids, item)
    if verdict is Verdict.UNDONE:
        return order_undone(operation, ids, item, state)
    return impossible(operation, ids, item, state, called=called)


async def _last_look(client: DtsClient, operation: Operation, ids: Mapping[str, str], *, until: float) -> Item | None:
    """The resource after all that took time, the turn to call included: what is judged and acted on is this."""
    await client.take_turn(operation.action, until=until)
    item: Item | None = await read(client, operation.resource, ids, until=until)
    return item


async def _send(
    client: DtsClient,
    operation: Operation,
    job_id: str,
    item: Item,
    request: Request,
    *,
    guard: Guard | None,
) -> Item:
    """Send the call once; what it may have ended is remembered, whatever becomes of this process."""
    book = book_of(client)
    await book.sending(operation, job_id, item)
    if guard is not None:
        guard.sending()
    try:
        answer: Item = await client.call(operation.action, request)
    except DtsError as error:
        if error.refusal and guard is not None:
            guard.refused(error)
        # An ending order that finds no job: an earlier one, whose answer was lost, may have been carried out.
        if error.refusal and not isinstance(error, NotFound):
            await book.refused(operation, job_id)
        raise
    await book.accepted(operation, job_id, item)
    return answer


def book_of(client: DtsClient) -> Book:
    """The records by which a client changes jobs.

    :raises TypeError: it was opened without them.
    """
    if client.book is None:
        raise TypeError("a client that changes something must be opened with a book, which knows who holds a job")
    return client.book


async def allow(client: DtsClient, part: Resource, ids: Mapping[str, str]) -> Item:
    """Before a part of a job (a comparison) is created: the job's holder is asked for, as the job itself shows.

    :returns: the job as it was read; empty where its ending is known.
    :raises IdentityConflict: a run that is alive holds the job.
    :raises JobNotFound: the job is not there, and its ending was never seen.
    """
    job = await _job_beside(client, part, ids)
    await book_of(client).allow(part.job, ids[part.job.key], job or {})
    return job or {}


async def _job_beside(
    client: DtsClient, resource: Resource, ids: Mapping[str, str], *, until: float | None = None
) -> Item | None:
    """The job of a part (a check, a comparison), which carries no tags: the job's own say whose it is.

    :returns: ``None`` for a job, which carries its own; nothing where its ending is known, as its record has it.
    """
    job = resource.job
    if resource.read == job.read:
        return None
    found: Item | None = await read(client, job, ids, until=until, again=False)
    return found or {}


@dataclass
class _Trouble:
    """The refusals and lost answers of one call: how long to go on, and how long to pause."""

    operation: Operation
    give_up: float
    refusals: int = 0
    throttled: int = 0

    async def pause_after(self, refusal: DtsError, item: Item | None) -> None:
        """Wait before the next look; raise the refusal where another look cannot help, or was the last one."""
        if not isinstance(refusal, _LOOK_AGAIN):
            raise refusal
        self.refusals += isinstance(refusal, WrongState)
        self.throttled = self.throttled + 1 if isinstance(refusal, Throttled) else 0
        if time.monotonic() >= self.give_up or (self.refusals > _REFUSALS and not self.operation.patient):
            raise _explained(refusal, self.operation, item) from refusal
        pause = backoff(self.throttled) if self.throttled else min(_PAUSE, settings.poll_interval())
        await asyncio.sleep(pause)


def _spoilt(operation: Operation, item: Item | None) -> bool:
    """Whether what was sent before has come to nothing."""
    return item is not None and operation.axis.of(item) in operation.spoilt


def _explained(refusal: DtsError, operation: Operation, item: Item | None) -> DtsError:
    return type(refusal)(
        refusal.code,
        refusal.message,
        action=refusal.action,
        request_id=refusal.request_id,
        job_id=refusal.job_id,
        state=state_of(operation.resource, item),
        next_step=refusal.next_step,
    )
