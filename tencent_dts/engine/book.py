"""What a client asks of the record of a job, and reports to it: :mod:`tencent_dts.engine.records` has the two rules."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine import runs
from tencent_dts.engine.identity import TAG_DEPLOYMENT, TAG_OWNER, tagged_holder, tags_of
from tencent_dts.engine.ledger import let_overtake
from tencent_dts.engine.records import (
    KEY,
    SEEN,
    TEXT,
    TEXT_SEEN,
    AirflowShelf,
    Ending,
    LastSeen,
    Place,
    Record,
    Seen,
    Shelf,
    caller_of,
)
from tencent_dts.engine.runs import ALIVE, GONE, OVER, Holder
from tencent_dts.engine.wording import elsewhere, not_deleted, not_found
from tencent_dts.errors import HolderUnknown, IdentityConflict, NotShownYet
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource

_OWNERS = 10
_FRESH = 600.0  # seconds after which the same state is written again, for "last seen at"
_WRITINGS = 3  # so often an owner is written where another worker of the same run writes over it

_Reported = TypeVar("_Reported")


@dataclass
class Book:
    """The records, as one task (or command) uses them through its client; see :class:`tencent_dts.api.client.Book`.

    :param me: who acts.
    :param place: where the client acts.
    :param conn_id: the connection that it acts with, for errors.
    :param warn: called with a line on what could not be kept.
    :param let_overtake: pauses between taking hold of a job and reading that back, so that whoever looked at the record
        before has written by then: of two that take a job at once, only the one that wrote last goes on.
    :param caller: who acts at the API, by :func:`tencent_dts.engine.records.caller_of`.
    :param clock: of DTS, as far as it is known.
    """

    shelf: Shelf
    me: Holder
    place: Place
    conn_id: str
    warn: Callable[..., None]
    let_overtake: Callable[[], Awaitable[None]] = let_overtake
    caller: str = ""
    clock: Callable[[], float] = time.time
    _seen: dict[str, Seen] = field(default_factory=dict, init=False)
    _held: dict[str, Holder | None] = field(default_factory=dict, init=False)  # by whom, as this leg knows it
    _before: dict[str, Ending | None] = field(default_factory=dict, init=False)  # the ending before an order was sent
    _called: bool = field(default=False, init=False)  # this leg has sent a call that changes something

    # --- One holder ---

    async def begin(self, job_id: str) -> None:
        """First thing in a leg: refuse to act on a job in another place than its own.

        :raises WrongPlace: names both places.
        """
        with self._nothing_called():
            await self._refuse_elsewhere(job_id, await self.record(job_id))

    async def _refuse_elsewhere(self, job_id: str, record: Record | None) -> None:
        if record is not None and record.place != self.place:
            bill = str(await self.sighting(job_id))
            raise elsewhere(self.place, record.place, job_id=job_id, bill=bill)

    async def allow(self, resource: Resource, job_id: str, item: Item) -> None:
        """Before each changing call: go on only where this run holds the job, or can take hold of it.

        A job without a record belongs to the run in its tags, if they name one, else to none.

        :raises IdentityConflict: a run that is alive holds it, or it is another deployment's; names that one.
        :raises HolderUnknown: Airflow does not answer.
        """
        with self._nothing_called():
            record = await self._refuse_other(resource, job_id, item)
            if record is None or not self.is_mine(record.holder):
                await self._take(resource, job_id, item, record, owners=record.owners if record is not None else ())

    async def refuse_other(self, resource: Resource, job_id: str, item: Item) -> Record | None:
        """The same question, without taking hold; returns what is kept of the job."""
        with self._nothing_called():
            return await self._refuse_other(resource, job_id, item)

    @contextmanager
    def _nothing_called(self) -> Iterator[None]:
        """Say of a refusal that nothing was called, where that is so: this leg may have sent a call before."""
        try:
            yield
        except (IdentityConflict, HolderUnknown) as problem:
            if not self._called:
                problem.what += "; nothing was called"
            raise

    async def _refuse_other(self, resource: Resource, job_id: str, item: Item) -> Record | None:
        record = await self.record(job_id)
        await self._refuse_elsewhere(job_id, record)
        self._refuse_foreign(resource, job_id, item, recorded=record is not None)
        holder = record.holder if record is not None else tagged_holder(item)
        if holder is not None and not self.is_mine(holder):
            await self._refuse_living(resource, job_id, item, holder)
        return record

    def _refuse_foreign(self, resource: Resource, job_id: str, item: Item, *, recorded: bool) -> None:
        """Another deployment's job belongs to that one, whatever its runs do: this Airflow does not know them."""
        tags, ours = tags_of(item), settings.deployment()
        theirs = tags.get(TAG_DEPLOYMENT)
        known = theirs is None and (recorded or tagged_holder(item) is not None)  # the hash shows it, or our own record
        if not tags.get(TAG_OWNER) or theirs == ours or known:
            return
        raise IdentityConflict(
            f"The job belongs to deployment {theirs or 'not reported'}, and this Airflow is deployment {ours}",
            job_id=job_id,
            state=resource.in_words(item),
            next_step="Act on it from that Airflow. If this Airflow was renamed, set [tencent_dts] deployment back "
            "until its jobs have ended. If that Airflow is gone for good, take the tag "
            f"{TAG_OWNER} off the job in the console. Then clear this task.",
        )

    async def own(self, resource: Resource, job_id: str, item: Item, *, bought: float = 0.0) -> None:
        """The job was bought or adopted by this task: it and its run live by it from now on.

        :param bought: epoch seconds of the order that made it; 0 where it was bought elsewhere.
        :raises IdentityConflict: a run that is alive holds the job, or another task of this run owns it.
        """
        record = await self.record(job_id)
        owners = record.owners if record is not None else ()
        twin = next((owner for owner in owners if self._is_twin(owner)), None)
        if twin is not None:
            raise self._conflict(resource, job_id, item, f"task {twin.task} of this run")
        mine = record is not None and self.is_mine(record.holder)
        for owner in () if mine else filter(None, (*owners, tagged_holder(item))):
            if not self.is_mine(owner):
                await self._refuse_living(resource, job_id, item, owner)
        record = await self._refuse_other(resource, job_id, item)
        latest = owners if self.me in owners[-1:] else (*owners, self.me)
        if not mine or latest != owners:
            await self._take(resource, job_id, item, record, owners=latest, bought=bought)

    def _is_twin(self, owner: Holder) -> bool:
        """Whether it is another index of the same mapped task."""
        same = owner.task.partition("[")[0] == self.me.task.partition("[")[0]
        return self.is_mine(owner) and same and owner.task != self.me.task

    def is_mine(self, holder: Holder) -> bool:
        """Whether the holder belongs to this run."""
        return (holder.dag_id, holder.run_id) == (self.me.dag_id, self.me.run_id)

    async def _refuse_living(self, resource: Resource, job_id: str, item: Item, holder: Holder) -> None:
        state = await self._asked(self.shelf.run_state(holder.dag_id, holder.run_id))
        if state not in (*OVER, GONE):
            words = f"alive ({state})" if state in ALIVE else f"in state {state}, so it may be alive"
            raise self._conflict(resource, job_id, item, f"run {holder.run_id} of {holder.dag_id}, which is {words}")

    def _conflict(self, resource: Resource, job_id: str, item: Item, holder: str) -> IdentityConflict:
        return IdentityConflict(
            f"The job is held by {holder}",
            job_id=job_id,
            state=resource.in_words(item) if item else None,
            next_step="One run at a time acts on a job. Let that run end, or mark it as failed, which leaves the job "
            "as it is; then clear this task.",
        )

    async def _take(
        self,
        resource: Resource,
        job_id: str,
        item: Item,
        record: Record | None,
        *,
        owners: tuple[Holder, ...],
        bought: float = 0.0,
    ) -> None:
        """Write down that this run holds the job, and read it back: another one may have done so meanwhile."""
        kept = replace(record or Record((), self.me, self.place), holder=self.me)
        kept = replace(kept, bought=bought or kept.bought)
        buyer = record.holder if record is not None else tagged_holder(item)
        alone = bought or (buyer is not None and self.is_mine(buyer))  # no other run is taking over what is this one's
        for _ in range(_WRITINGS):
            kept = replace(kept, owners=owners[-_OWNERS:])
            await self._asked(self.shelf.put(KEY + job_id, kept.dumps(), TEXT))
            self._held[job_id] = kept.holder
            if not alone:
                await self.let_overtake()
            found = await self.record(job_id)
            if found is None or not self.is_mine(found.holder):
                other = f"run {found.holder.run_id} of {found.holder.dag_id}" if found else "no one: the write was lost"
                raise self._conflict(resource, job_id, item, f"{other}, although this run took it a moment ago")
            if set(kept.owners) <= set(found.owners):
                return
            # Another worker of this run has written what it had read before.
            owners = (*(owner for owner in found.owners if owner not in owners), *owners)
        raise self._conflict(resource, job_id, item, "another task of this run, which goes on writing over the record")

    # --- An ending is something seen ---

    def saw(self, resource: Resource, job_id: str, item: Item) -> None:
        """A job was seen in an answer."""
        self._seen[job_id] = Seen(resource, item, time.time(), self.clock())

    async def ending(self, job_id: str) -> Ending | None:
        """How the job ended, where that is known."""
        kept = await self._ending_here(job_id)
        return self._seen[job_id].ending_after(kept) if job_id in self._seen else kept

    async def _ending_here(self, job_id: str) -> Ending | None:
        """What was seen in another place says nothing of a job in this one.

        Nor does an order of another user to which no answer came: it may not have arrived, and a job that is not found
        may be in the account of that user.
        """
        kept = await self.sighting(job_id)
        believed = kept.ending is None or kept.ending.by in ("", self.caller)
        return kept.ending if kept.place == self.place and believed else None

    async def missing(self, resource: Resource, job_id: str, *, for_good: bool = False) -> None:
        """Two looks in a row have not found a job: fine, where its ending is known.

        :param for_good: only its deletion explains that; one that was isolated is shown for days.
        :raises NotShownYet: this Airflow bought it a short while ago, and no answer has shown it yet.
        :raises JobNotFound: neither is so.
        """
        record, kept = await self.record(job_id), await self._last_seen(job_id)
        if (ending := await self.ending(job_id)) is not None:
            if for_good and not ending.is_final(min(time.time(), self.clock())):
                raise not_deleted(resource, job_id, self.place, self.conn_id, replace(kept, ending=ending))
            return
        if record is not None and not kept.seen:
            visible_by = record.bought + settings.visible_within()
            if time.time() < visible_by:
                raise NotShownYet(
                    resource.name, action=resource.read, job_id=job_id, bought=record.bought, visible_by=visible_by
                )
        raise not_found(resource, job_id, self.place, self.conn_id, kept)

    async def _last_seen(self, job_id: str) -> LastSeen:
        """As it is kept or, where this leg has seen it since, as that saw it."""
        kept = await self.sighting(job_id)
        if job_id not in self._seen:
            return kept
        return replace(kept, place=self.place, seen=self._seen[job_id].in_words, seen_at=self._seen[job_id].at)

    def called(self) -> None:
        """A call that changes something, or buys, goes out."""
        self._called = True

    async def sending(self, operation: Operation, job_id: str, item: Item) -> None:
        """An order goes out after which a job can be gone at once: should its answer be lost, it is remembered.

        Only a job that costs nothing, or is isolated already, vanishes by an order; one with a bill is shown as
        isolated for days.
        """
        if operation.ends and (operation.deletes_isolated or operation.resource.vanishes(item)):
            self._before[job_id] = await self._ending_here(job_id)
            await self._end(operation, job_id, item, "was sent, its answer is not known", by=self.caller)

    async def refused(self, operation: Operation, job_id: str) -> None:
        """The order was not carried out after all: what is known of an earlier one, whose answer was lost, stays.

        Not called for an order that was answered with "not found": an earlier one may have been carried out.
        """
        if operation.ends and job_id in self._before:
            await self._write_ending(job_id, self._before.pop(job_id))

    async def accepted(self, operation: Operation, job_id: str, item: Item) -> None:
        """An order was accepted: one that ends the job counts as its ending, one that recovers it as the opposite."""
        if operation.ends:
            await self._end(operation, job_id, item, "was accepted")
        elif operation.action == operation.resource.recover and await self._ending_here(job_id) is not None:
            await self._write_ending(job_id, None)

    async def _end(self, operation: Operation, job_id: str, item: Item, what: str, *, by: str = "") -> None:
        status = operation.resource.axis.of(item)
        for_good = operation.deletes_isolated or operation.resource.vanishes(item)
        ending = Ending(f"{operation.action} {what}", time.time(), status, True, self.clock(), by, for_good)
        await self._write_ending(job_id, ending)

    async def _write_ending(self, job_id: str, ending: Ending | None) -> None:
        await self._write(job_id, replace(await self.sighting(job_id), place=self.place, ending=ending))

    async def flush(self) -> None:
        """Keep what was seen, where this run holds the job: at the end of a leg, however it ended."""
        for job_id in list(self._seen):
            try:
                await self._keep(job_id)
            except (HolderUnknown, *runs.SILENCE) as error:  # less is known later, which fails closed
                self.warn("Airflow did not keep how %s was last seen: %s", job_id, type(error).__name__)
        for memory in (self._seen, self._held, self._before):
            memory.clear()
        self._called = False

    async def _keep(self, job_id: str) -> None:
        """Write how a job was seen, never who holds it: another run may be taking hold this very moment."""
        latest = self._seen[job_id]
        record = await self.record(job_id)
        if (record.holder if record is not None else None) != self._held[job_id]:
            return  # another run has taken hold since this leg began, and has seen it later
        mine = record is not None and self.is_mine(record.holder) and record.place == self.place
        if not mine and not (record is None and latest.resource.is_released(latest.item)):
            return  # an ending alone is remembered whoever has seen it
        kept = await self.sighting(job_id)
        kept = kept if kept.place == self.place else LastSeen(self.place)
        ending, seen = latest.ending_after(kept.ending), latest.in_words
        if ending != kept.ending or seen != kept.seen or latest.at > kept.seen_at + _FRESH:
            await self._write(job_id, replace(kept, ending=ending, seen=seen, seen_at=latest.at))

    # --- Airflow ---

    async def record(self, job_id: str) -> Record | None:
        """Who holds a job; ``None`` where no one ever did.

        :raises HolderUnknown: Airflow does not answer, or something else is kept there.
        """
        text = await self._asked(self.shelf.get(KEY + job_id))
        record = Record.loads(text, KEY + job_id) if text is not None else None
        self._held.setdefault(job_id, record.holder if record is not None else None)
        return record

    async def sighting(self, job_id: str) -> LastSeen:
        """How a job was last seen, and how it ended.

        :raises HolderUnknown: Airflow does not answer, or something else is kept there.
        """
        key = KEY + job_id + SEEN
        text = await self._asked(self.shelf.get(key))
        return LastSeen.loads(text, key) if text is not None else LastSeen(self.place)

    async def _write(self, job_id: str, sighting: LastSeen) -> None:
        await self._asked(self.shelf.put(KEY + job_id + SEEN, sighting.dumps(), TEXT_SEEN))

    async def _asked(self, question: Awaitable[_Reported]) -> _Reported:
        try:
            return await question
        except runs.SILENCE as error:
            raise HolderUnknown(
                "Airflow does not return or keep what this package knows of the job",
                cause=f"{type(error).__name__}: {error}",
                next_step="Look whether Airflow's API server runs and answers: its log says why it did not. The task "
                "tries again by itself; when it has given up, clear it.",
            ) from None


@asynccontextmanager
async def open_client(account: ClientSettings, version: str, book: Book, job_id: str = "") -> AsyncIterator[DtsClient]:
    """A client that acts by the records, for one leg of a task (or one command).

    :param job_id: the job that the leg is about, as far as it is known.
    :raises WrongPlace: the job is in another place than the client.
    """
    async with DtsClient(account, version, book=book) as client:
        book.clock = client.now
        if job_id:
            await book.begin(job_id)
        try:
            yield client
        finally:
            await book.flush()


def book_for(
    context: runs.TaskContext, account: ClientSettings, warn: Callable[..., None], shelf: Shelf | None = None
) -> Book:
    """The book of a task instance.

    :param shelf: default: Airflow, as a worker asks it.
    """
    ti = context["ti"]
    task = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
    me = Holder(ti.dag_id, ti.run_id, task)
    place, caller = Place.of(account), caller_of(account)
    return Book(shelf or AirflowShelf(), me, place, account.connection_id, warn, caller=caller)
