"""Jobs that are bought exactly once, found by tag and name; compare tasks: see :mod:`tencent_dts.engine.comparing`.

API document: CreateMigrationService, DescribeMigrationJobs, IsolateMigrateJob; and their like for sync jobs, for jobs
of 2018 and for subscriptions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tencent_dts.api.answers import Fields, Request
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import book_of, read
from tencent_dts.engine.identity import (
    TAG_GENERATION,
    TAG_OWNER,
    Identity,
    NotEnded,
    NotShown,
    by_age,
    generation_of,
    tags_of,
    traces_of_owner,
)
from tencent_dts.engine.surplus import doubtful_bill, find_owned, isolate_surplus, let_go, lookalike_note
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import IdentityConflict, JobNotFound, NotShownYet
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item

FRESH_START = (
    "If a new job is wanted on purpose, order `airflow tencent-dts forget` for this task and clear it with its "
    "downstream (runbook, fresh start)"
)
_FORGET = f"{FRESH_START}; if this one is to go on, adopt it by id in a new run."


async def _at_once() -> None:
    """Where there is no line, the turn has come."""


@dataclass
class JobPurchase:
    """The purchase of one billed job under an identity.

    :param order: the purchase request, without Count, name and tags.
    :param title: the readable part of the job's name.
    :param bought_before: this run's own store remembers the purchase; a job found by tag alone,
        after the run was deleted and made again, is not taken over once it has succeeded.
    :param generation: the least generation to buy, raised by a fresh start.
    :param remembered: the job that the task's store holds now, should the list not show it (yet). Asked each time:
        another worker in the same task may have chosen one meanwhile, and both must choose the same.
    :param made: the ids that orders of this task have made since the last fresh start, by the ledger: a process may not
        have lived to choose one. Nothing is bought while one of them is neither seen nor known to have ended.
    :param fresh: the one of them that the lists may not show yet; "" where there is none.
    :param turn: asked before each order; raises :class:`NotYet` where one that stands in a line must wait.
    """

    kind: Purchasable
    identity: Identity
    order: Request
    title: str
    bought_before: bool
    generation: int
    note: Callable[[str], None]
    remembered: Callable[[], str | None] = lambda: None
    made: Callable[[], list[str]] = list
    fresh: Callable[[], str] = str
    turn: Callable[[], Awaitable[None]] = _at_once
    action: str = field(init=False)
    for_good: bool = field(init=False)
    doubtful_bill: str = field(init=False)

    def __post_init__(self) -> None:
        self.action = self.kind.action
        self.for_good = self.kind.resource.is_prepaid(self.order)
        self.doubtful_bill = doubtful_bill(self.kind)
        self._least = self.generation  # what is older was bought before a fresh start
        self._ended: set[str] = set()
        self._lost: dict[str, JobNotFound] = {}

    async def find(self, client: DtsClient) -> list[Item]:
        """Every job that was bought under this identity, by its tags or, where none has them, by its name.

        :raises IdentityConflict: there is none, but one that carries its tags under a name that this task never gave:
            whether it is ours cannot be known.
        """
        self._ended, self._lost = set(), {}
        owner, kind, looked = self.identity.owner, self.kind, set[str]()
        ours, strangers = await find_owned(client, kind, owner, self.name(), self._known(), by_name=False)
        # Asked after each look: another worker may have bought one meanwhile, and have let go of what was seen before.
        while unseen := [each for each in self._known() if each not in looked.union(map(kind.id_of, ours))]:
            looked.add(unseen[0])
            ours += await self._one(client, unseen[0])
        if strangers and not ours:
            raise self._lookalike(strangers[0])
        for item in strangers:
            self.note(lookalike_note(self.kind, item))
        return ours

    def _known(self) -> list[str]:
        return list(dict.fromkeys(filter(None, [self.remembered(), *self.made()])))

    async def _one(self, client: DtsClient, job_id: str) -> list[Item]:
        """A job that is known and in no list; :meth:`unseen` says whether it matters that it is lost.

        :raises JobNotFound: one that this task has gone on with before is not there, and its end was not seen.
        """
        try:
            item = await read(client, self.kind.resource, {self.kind.resource.key: job_id})
        except NotShownYet:  # see `unseen`; one that no order made is none that the lists can be late with
            if job_id not in self.made():
                raise
            return []
        except JobNotFound as lost:
            if job_id == self.remembered():
                raise
            self._lost[job_id] = lost
            return []
        if item is None:
            self._ended.add(job_id)
            return []
        return [item]

    def unseen(self, found: list[Item]) -> str | None:
        """What an order has made and no answer shows yet; ``None`` where all of it was found or is known to have ended.

        :raises JobNotFound: one was made so long ago that it would be seen; the connection may point elsewhere.
        """
        seen = {self.kind.id_of(item) for item in found} | self._ended
        for job_id in self.made():
            if job_id in seen:
                continue
            if job_id in self._lost and job_id != self.fresh():
                raise self._lost[job_id]
            self.note(f"{self.action} has made {job_id}, which no list shows yet")
            return job_id
        return None

    async def choose(self, client: DtsClient, found: list[Item]) -> str | None:
        """Adopt the living or succeeded job of the newest generation; isolate surplus; make way.

        A job that another run has taken over, and that is alive, is left to it, and nothing is bought in its place.

        Of several, the one that the task's store holds is kept, else the oldest: jobs bought in the same second have
        no age, and another worker may have gone on with the one that it found alone.

        :raises IdentityConflict: an isolated job, a succeeded one of a deleted run, a running surplus.
        :raises NotYet: one must be bought, and its turn in the line has not come.
        :raises NotEnded: a job that makes way, or a surplus, cannot be ended yet; nothing is bought before it is.
        :raises NotShown: the job that this run goes on with is not shown yet, while another one is.
        :raises JobNotFound: an order has made one that is lost; nothing is bought.
        """
        for item in found:
            await self._allow(client, item)
        newest = max([self.generation, *map(self._generation, found)])
        current = by_age([item for item in found if self._generation(item) == newest], self.kind.resource.key)
        living = [i for i in current if self._status(i) not in self.kind.ended and not self.kind.is_lost(i)]
        released = self.kind.resource.is_released
        keep = [i for i in living if not released(i) or self._status(i) in self.kind.succeeded]
        if keep:
            known_id = self.remembered()
            if known_id and self.unseen(found) == known_id:  # another order's job is shown first: it is the surplus
                raise NotShown(f"this run goes on with {known_id}, which no list shows yet", known_id)
            kept = next((item for item in keep if self.kind.id_of(item) == known_id), keep[0])
            self._refuse_foreign_success(kept)
            kept_id = self.kind.id_of(kept)
            if busy := await isolate_surplus(client, self.kind, kept_id, found, self.note):
                raise NotEnded(busy, kept_id)
            return kept_id
        isolated = [item for item in living if released(item)]
        if isolated:
            raise self._not_recovered(isolated[0])
        why = "This job of the run was to be ended before another one is bought, but it is running now"
        busy = [  # stopped, failed or destroyed
            self.kind.id_of(item) for item in current if not await let_go(client, self.kind, item, why, self.note)
        ]
        if busy:  # one that is only ending, or is being resized, would cost beside the next one
            raise NotEnded(busy)
        self.generation = newest + 1 if current else newest
        if (chosen := self.unseen(found)) is None:
            await self.turn()
        return chosen

    def _not_recovered(self, isolated: Item) -> IdentityConflict:
        recover = self.kind.resource.recover
        why = "it is never recovered by itself, as that starts its bill again"
        return IdentityConflict(
            f"This run's job has been isolated; {why if recover else 'no other is bought in its place'}",
            job_id=self.kind.id_of(isolated),
            state=state_of(self.kind.resource, isolated),
            next_step=f"Order {recover} and clear this task to go on with it. {_FORGET}"
            if recover
            else f"{FRESH_START}.",
        )

    async def _allow(self, client: DtsClient, item: Item) -> None:
        book_of(client).saw(self.kind.resource, self.kind.id_of(item), item)
        await book_of(client).allow(self.kind.resource, self.kind.id_of(item), item)

    def request(self) -> Request:
        """The order of exactly one job, with name and tags."""
        name = {self.kind.name_field: self.name()}
        count = {"Count": 1} if self.kind.counted else {}
        return {**self.order, **count, **name, "Tags": self.identity.tags(self.generation)}

    def name(self) -> str:
        """Its name, which begins with the hash, within the length that DTS allows."""
        return self.identity.job_name(self.title)[: self.kind.longest]

    def created_id(self, answer: Fields) -> str:
        """The one new id."""
        created = answer[self.kind.ids]
        return created if isinstance(created, str) else str(created[0])

    def ids_of(self, found: list[Item]) -> list[str]:
        """The ids of those that were bought since the last fresh start."""
        recent = [item for item in found if self._generation(item) >= self._least]
        return [self.kind.id_of(item) for item in by_age(recent, self.kind.resource.key)]

    def traces(self) -> str:
        """The name and the tag of the job."""
        return traces_of_owner(self.identity.owner)

    def _generation(self, item: Item) -> int:
        """As its tags say; the job that the store holds is of this generation where its tags were taken off.

        Where its tags name an older one, a fresh start has raised the generation and broke off before the store let
        go of the job: it is passed over.
        """
        if TAG_GENERATION not in tags_of(item) and self.kind.id_of(item) == self.remembered():
            return self._least
        return generation_of(item)

    def _lookalike(self, item: Item) -> IdentityConflict:
        owner, name = self.identity.owner, item.get(self.kind.resource.title)
        return IdentityConflict(
            "A job has the tags of this run, but a name that this run did not give it; nothing was bought",
            job_id=self.kind.id_of(item),
            state=state_of(self.kind.resource, item),
            cause=f"its name is {name or 'not reported'}; this run names its job {self.name()}",
            next_step=f"If this run's job was renamed, let its name begin with {owner}- again; if it is another "
            f"one, take the tag {TAG_OWNER} off it. Then clear this task.",
        )

    def _status(self, item: Item) -> str:
        return self.kind.resource.axis.of(item)

    def _refuse_foreign_success(self, item: Item) -> None:
        if self._status(item) in self.kind.succeeded and not self.bought_before:
            raise IdentityConflict(
                "A job of this run has succeeded already, but this run does not remember buying it: "
                "the run was deleted and made again",
                job_id=self.kind.id_of(item),
                state=state_of(self.kind.resource, item),
                next_step=_FORGET,
            )
