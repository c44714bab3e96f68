"""What a client asks the record of a job, and tells it: see :mod:`tencent_dts.records` for the two rules."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tencent_dts import runs, settings
from tencent_dts.client import ClientSettings, DtsClient
from tencent_dts.errors import HolderUnknown, IdentityConflict, JobNotFound, WrongPlace
from tencent_dts.identity import Item, tagged_holder
from tencent_dts.records import KEY, TEXT, AirflowShelf, Ending, Place, Record, Shelf
from tencent_dts.runs import ALIVE, GONE, OVER, Holder
from tencent_dts.states import Operation, Resource
from tencent_dts.times import in_utc

_OWNERS = 10
_FRESH = 600.0  # seconds after which the same state is written again, for "last seen at"


@dataclass
class Book:
    """The records, as one task (or command) uses them through its client; see :class:`tencent_dts.client.Book`.

    :param me: who acts.
    :param place: where the client acts.
    :param conn_id: the connection that it acts with, for errors.
    :param warn: told, in a line, what could not be kept.
    """

    shelf: Shelf
    me: Holder
    place: Place
    conn_id: str
    warn: Callable[..., None]
    _seen: dict[str, tuple[Resource, Item, float]] = field(default_factory=dict, init=False)
    _held: dict[str, Holder | None] = field(default_factory=dict, init=False)  # by whom, as this leg knows it

    # --- One holder ---

    async def begin(self, job_id: str) -> None:
        """First thing in a leg: refuse to act on a job in another place than its own.

        :raises WrongPlace: names both places.
        """
        self.refuse_elsewhere(job_id, await self.record(job_id))

    def refuse_elsewhere(self, job_id: str, record: Record | None) -> None:
        """See :meth:`begin`."""
        if record is not None and record.place != self.place:
            raise elsewhere(self.place, record.place, job_id=job_id, bill=self._last_seen(record))

    async def allow(self, resource: Resource, job_id: str, item: Item) -> None:
        """Before each changing call: go on only where this run holds the job, or can take hold of it.

        A job without a record belongs to the run in its tags, if they tell one, else to nobody.

        :raises IdentityConflict: a run that is alive holds it; names that run.
        :raises HolderUnknown: Airflow does not tell.
        """
        record = await self.refuse_other(resource, job_id, item)
        if record is None or not self.is_mine(record.holder):
            await self._take(resource, job_id, item, record, owners=record.owners if record is not None else ())

    async def refuse_other(self, resource: Resource, job_id: str, item: Item) -> Record | None:
        """The same question, without taking hold; returns what is kept of the job."""
        record = await self.record(job_id)
        self.refuse_elsewhere(job_id, record)
        holder = record.holder if record is not None else tagged_holder(item)
        if holder is not None and not self.is_mine(holder):
            await self._refuse_living(resource, job_id, item, holder)
        return record

    async def own(self, resource: Resource, job_id: str, item: Item) -> None:
        """The job was bought or adopted by this task: it and its run live by it from now on.

        :raises IdentityConflict: a run that is alive holds it, or another task of this run owns it.
        """
        record = await self.record(job_id)
        owners = record.owners if record is not None else ()
        twin = next((owner for owner in owners if self._is_twin(owner)), None)
        if twin is not None:
            raise self._conflict(resource, job_id, item, f"task {twin.task} of this run")
        if record is None or not self.is_mine(record.holder):
            for owner in filter(None, (*owners, tagged_holder(item))):
                if not self.is_mine(owner):
                    await self._refuse_living(resource, job_id, item, owner)
        await self.allow(resource, job_id, item)
        if self.me not in owners[-1:]:
            await self._take(resource, job_id, item, await self.record(job_id), owners=(*owners, self.me))

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
            told = f"alive ({state})" if state in ALIVE else f"{state}, which says nothing"
            raise self._conflict(resource, job_id, item, f"run {holder.run_id} of {holder.dag_id}, which is {told}")

    def _conflict(self, resource: Resource, job_id: str, item: Item, holder: str) -> IdentityConflict:
        return IdentityConflict(
            f"The job is held by {holder}; nothing was called",
            job_id=job_id,
            state=resource.told(item) if item else None,
            next_step="One run at a time acts on a job. Let that run end, or mark it as failed, which leaves the job "
            "as it is; then clear this task.",
        )

    async def _take(
        self, resource: Resource, job_id: str, item: Item, record: Record | None, *, owners: tuple[Holder, ...]
    ) -> None:
        """Write down that this run holds the job, and read it back: another one may have done so meanwhile."""
        kept = record or Record((), self.me, self.place)
        kept = replace(kept, owners=owners[-_OWNERS:], holder=self.me)
        if item:
            kept = replace(kept, seen=resource.told(item), seen_at=time.time())
        await self._write(job_id, kept)
        found = await self.record(job_id)
        if found is None or not self.is_mine(found.holder):
            other = f"run {found.holder.run_id} of {found.holder.dag_id}" if found else "nobody: the write was lost"
            raise self._conflict(resource, job_id, item, f"{other}, although this run has just taken it")
        if found.owners != kept.owners:  # an older copy was written over it
            task = found.owners[-1].task if found.owners else "nobody"
            raise self._conflict(resource, job_id, item, f"this run, but owned by {task}, which has just overtaken it")

    # --- An ending is something seen ---

    def saw(self, resource: Resource, job_id: str, item: Item) -> None:
        """A job was seen in an answer."""
        self._seen[job_id] = (resource, item, time.time())

    async def ending(self, job_id: str) -> Ending | None:
        """How the job ended, where that is known."""
        record = await self.record(job_id)
        ending = record.ending if record is not None else None
        return self._ending_of(job_id, ending) if job_id in self._seen else ending

    async def missing(self, resource: Resource, job_id: str) -> None:
        """Two looks in a row have not found a job: fine, where its ending is known.

        :raises JobNotFound: it is not.
        """
        if await self.ending(job_id) is not None:
            return
        record = await self.record(job_id)
        raise JobNotFound(
            f"The {resource.name} was not found in {self.place}, with connection {self.conn_id}",
            job_id=job_id,
            state=self._last_seen(record),
            bill="not known: the job was not found, which is no proof that it has ended",
            next_step="Its ending was never seen, so the connection may point elsewhere (another account, region or "
            "endpoint), or the id is wrong: correct that, and clear this task. Where somebody has deleted the job on "
            "purpose: mark this task as success if it was to end the job; to buy another in its place, order "
            "`dts-airflow forget --although-not-found` for the task that bought it, and clear that one.",
        )

    async def sending(self, operation: Operation, job_id: str, item: Item) -> None:
        """An order goes out after which a job can be gone at once: should its answer be lost, it is remembered.

        Only a job that costs nothing vanishes by an order; one with a bill is shown as isolated for days.
        """
        if operation.ends and operation.resource.vanishes(item):
            await self._end(operation, job_id, item, "was sent, its answer is not known")

    async def refused(self, operation: Operation, job_id: str) -> None:
        """The order was not carried out after all."""
        record = await self.record(job_id) if operation.ends else None
        if record is not None and record.ending is not None and record.ending.ordered:
            await self._write(job_id, replace(record, ending=None))

    async def accepted(self, operation: Operation, job_id: str, item: Item) -> None:
        """An order was accepted: one that ends the job counts as its ending, one that recovers it as the opposite."""
        if operation.ends:
            await self._end(operation, job_id, item, "was accepted")
        elif operation.action == operation.resource.recover:
            record = await self.record(job_id)
            if record is not None and record.ending is not None:
                await self._write(job_id, replace(record, ending=None))

    async def _end(self, operation: Operation, job_id: str, item: Item, what: str) -> None:
        record = await self.record(job_id) or Record((), self.me, self.place)
        status = operation.resource.axis.of(item)
        ending = Ending(f"{operation.action} {what}", time.time(), status, ordered=True)
        await self._write(job_id, replace(record, ending=ending))

    def _ending_of(self, job_id: str, kept: Ending | None) -> Ending | None:
        """The ending that the latest sighting leaves: seen in it, kept from before, or refuted by it."""
        resource, item, at = self._seen[job_id]
        if resource.is_released(item):
            bill = resource.bill
            seen = Ending(f"seen as {bill.name} {bill.of(item)}" if bill else "seen", at, resource.axis.of(item))
            return kept if kept is not None and not kept.ordered and kept.how == seen.how else seen
        if kept is not None and kept.ordered:
            # What was ordered takes a while to show; a free job looks alive until it is gone.
            fresh = at < kept.at + settings.settle_time()
            return kept if fresh or resource.vanishes(item) else None
        return None

    async def flush(self) -> None:
        """Keep what was seen, where this run holds the job: at the end of a leg, however it ended."""
        for job_id in list(self._seen):
            try:
                await self._keep(job_id)
            except (HolderUnknown, *runs.SILENCE) as error:  # less is known later, which fails closed
                self.warn("Airflow did not keep how %s was last seen: %s", job_id, type(error).__name__)
        self._seen.clear()
        self._held.clear()

    async def _keep(self, job_id: str) -> None:
        resource, item, at = self._seen[job_id]
        record = await self.record(job_id)
        if (record.holder if record is not None else None) != self._held[job_id]:
            return  # somebody has taken hold since this leg began; an older copy must not be written over theirs
        if record is None and resource.is_released(item):  # an ending is remembered whoever has seen it
            record = Record((), tagged_holder(item) or self.me, self.place)
        elif record is None or not self.is_mine(record.holder) or record.place != self.place:
            return
        ending, seen = self._ending_of(job_id, record.ending), resource.told(item)
        if ending != record.ending or seen != record.seen or at > record.seen_at + _FRESH:
            await self._write(job_id, replace(record, ending=ending, seen=seen, seen_at=at))

    # --- Airflow ---

    async def record(self, job_id: str) -> Record | None:
        """What is kept of a job; ``None`` where nothing is.

        :raises HolderUnknown: Airflow does not tell, or something else is kept there.
        """
        text = await self._asked(self.shelf.get(KEY + job_id))
        record = Record.loads(text, KEY + job_id) if text is not None else None
        self._held.setdefault(job_id, record.holder if record is not None else None)
        return record

    async def _write(self, job_id: str, record: Record) -> None:
        await self._asked(self.shelf.put(KEY + job_id, record.dumps(), TEXT))
        self._held[job_id] = record.holder

    async def _asked(self, question: Awaitable[Any]) -> Any:
        try:
            return await question
        except runs.SILENCE as error:
            raise HolderUnknown(
                "Airflow does not tell who holds the job; nothing was called",
                cause=f"{type(error).__name__}: {error}",
                next_step="The task tries again by itself; when it has given up, clear it.",
            ) from None

    @staticmethod
    def _last_seen(record: Record | None) -> str:
        if record is None or not record.seen:
            return "never seen by this Airflow"
        return f"last seen in {record.place}, as {record.seen}, at {in_utc(record.seen_at)}"


@asynccontextmanager
async def open_client(account: ClientSettings, version: str, book: Book, job_id: str = "") -> AsyncIterator[DtsClient]:
    """A client that acts by the records, for one leg of a task (or one command).

    :param job_id: the job that the leg is about, as far as it is known.
    :raises WrongPlace: the job is in another place than the client.
    """
    async with DtsClient(account, version, book=book) as client:
        if job_id:
            await book.begin(job_id)
        try:
            yield client
        finally:
            await book.flush()


def book_for(
    context: Mapping[str, Any], account: ClientSettings, warn: Callable[..., None], shelf: Shelf | None = None
) -> Book:
    """The book of a task instance.

    :param shelf: default: Airflow, as a worker asks it.
    """
    ti = context["ti"]
    task = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
    me = Holder(ti.dag_id, ti.run_id, task)
    return Book(shelf or AirflowShelf(), me, Place.of(account), account.connection_id, warn)


def elsewhere(here: Place, there: Place, *, job_id: str | None, bill: str | None) -> WrongPlace:
    """The refusal of a leg that would act in another place than the one that this run's job is in."""
    return WrongPlace(
        f"This run's job is in {there}, and this task would act in {here}; nothing was called",
        job_id=job_id,
        bill=bill,
        next_step="Correct the region or the endpoint (of the connection, or of the task) back, and clear this task, "
        "or the task that plans the run, with its downstream. If the job is wanted here instead, order "
        "`dts-airflow forget` for the task that bought it, which ends the old one; or trigger a new run.",
    )
