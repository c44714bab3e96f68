"""Jobs that are bought exactly once, found by tag and name; compare tasks: see :mod:`tencent_dts.engine.comparing`.

API document: CreateMigrationService, DescribeMigrationJobs, IsolateMigrateJob; and their like for sync jobs, for jobs
of 2018 and for subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import book_of, read
from tencent_dts.engine.identity import (
    JOB_NAME_LIMIT,
    TAG_GENERATION,
    TAG_OWNER,
    Identity,
    Item,
    NotEnded,
    NotShown,
    by_age,
    generation_of,
    tags_of,
)
from tencent_dts.engine.paging import read_all
from tencent_dts.engine.surplus import doubtful_bill, find_owned, isolate_surplus, let_go, lookalike_note
from tencent_dts.engine.told import state_of
from tencent_dts.errors import IdentityConflict, JobNotFound, NotShownYet
from tencent_dts.kinds.migration import states as table
from tencent_dts.kinds.migration_2018 import states as table_2018
from tencent_dts.kinds.subscription_2018 import states as subscriptions
from tencent_dts.kinds.sync import states as sync_table
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource

FRESH_START = (
    "If a new job is wanted on purpose, order `dts-airflow forget` for this task and clear it with its downstream "
    "(runbook, fresh start)"
)
_FORGET = f"{FRESH_START}; if this one is to go on, adopt it by id in a new run."


@dataclass(frozen=True)
class Purchasable:
    """A kind of job that is bought or created: how, and how it is listed and let go.

    :param isolate: what ends its bill, or deletes it where it has none.
    :param ids: name of the new id, or of the list of new ids, in the answer to the purchase.
    :param never_started: statuses of a job that holds nothing but a bill.
    :param ended: statuses of a job that makes way for the next generation.
    :param succeeded: statuses of a job whose work is done.
    :param accomplished: statuses that later tasks return once the job has served its purpose; should it be gone then,
        no other is bought.
    :param at_rest: statuses in which isolating it interrupts nothing.
    :param stop: the actions that bring it to rest, for errors.
    :param name_field: the field of the purchase request that names it.
    :param counted: whether the purchase request says how many.
    :param lists: filters that together list every job, where one list does not.
    :param retired: values of its bill that say that it was ended on purpose: no other is bought in its place.
    :param longest: characters that its name may have.
    :param lives_on: it outlives its run, and no task after the purchase looks for what else there is.
    """

    action: str
    resource: Resource
    isolate: Operation
    ids: str
    never_started: frozenset[str]
    ended: frozenset[str]
    succeeded: frozenset[str]
    accomplished: frozenset[str]
    at_rest: frozenset[str]
    stop: str
    name_field: str = "JobName"
    counted: bool = True
    lists: tuple[Mapping[str, Any], ...] = ({},)
    retired: frozenset[str] = frozenset()
    longest: int = JOB_NAME_LIMIT
    lives_on: bool = False

    def id_of(self, item: Item) -> str:
        """The id of a listed job."""
        return str(item[self.resource.key])

    def is_lost(self, item: Item | None) -> bool:
        """Whether a job is gone, or going, without having succeeded."""
        if item is None:
            return True
        lost = self.resource.is_destroyed(item) and not self.is_retired(item)
        return lost and self.resource.axis.of(item) not in self.succeeded

    def is_retired(self, item: Item | None) -> bool:
        """Whether a job was ended on purpose, whatever its status says."""
        bill = self.resource.bill
        return item is not None and bill is not None and bill.of(item) in self.retired

    async def listed(self, client: DtsClient, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every job that the lists show with these filters."""
        kind = self.resource
        pages = [await read_all(client, kind.listing, kind.listed, {**part, **filters}) for part in self.lists]
        return [item for page in pages for item in page]


MIGRATION = Purchasable(
    action="CreateMigrationService",
    resource=table.MIGRATION_JOB,
    isolate=table.ISOLATE,
    ids="JobIds",
    never_started=table.BEFORE_START,
    ended=table.ENDED_BADLY,
    succeeded=table.ENDED_WELL,
    accomplished=table.ENDED_WELL,
    at_rest=table.ENDED | table.BEFORE_START,
    stop="StopMigrateJob",
)

SYNC = Purchasable(
    action="CreateSyncJob",
    resource=sync_table.SYNC_JOB,
    isolate=sync_table.ISOLATE,
    ids="JobIds",
    never_started=sync_table.BEFORE_START,
    ended=sync_table.ENDED_BADLY,
    succeeded=sync_table.STOPPED,  # a sync ends only where somebody stops it: that was on purpose
    accomplished=sync_table.RUNNING,
    at_rest=sync_table.AT_REST,
    stop="StopSyncJob or PauseSyncJob",
    lives_on=True,
)

MIGRATION_2018 = Purchasable(
    action="CreateMigrateJob",
    resource=table_2018.MIGRATION_JOB_2018,
    isolate=table_2018.DELETE_2018,
    ids="JobId",
    never_started=table_2018.BEFORE_START_2018,
    ended=table_2018.ENDED_BADLY_2018,
    succeeded=table_2018.ENDED_WELL_2018,
    accomplished=table_2018.ENDED_WELL_2018,
    at_rest=table_2018.AT_REST_2018,
    stop="StopMigrateJob",
    counted=False,
)

SUBSCRIPTION = Purchasable(
    action="CreateSubscribe",
    resource=subscriptions.SUBSCRIPTION,
    isolate=subscriptions.ISOLATE,
    ids="SubscribeIds",
    never_started=subscriptions.UNCONFIGURED,
    ended=frozenset(),  # it ends by its bill alone
    succeeded=frozenset(),
    accomplished=subscriptions.CONFIGURED_STATUS,
    at_rest=subscriptions.SUBS_STATUS.known,  # it delivers until it is isolated; nothing stops it before
    stop="ResetSubscribe",
    lives_on=True,
    name_field="Name",
    lists=({"PayType": "1"}, {"PayType": "0"}),  # without PayType only those paid by the hour are listed
    retired=subscriptions.ENDED,
    longest=60,  # of ModifySubscribeName; none is told for CreateSubscribe
)


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
    """

    kind: Purchasable
    identity: Identity
    order: Mapping[str, Any]
    title: str
    bought_before: bool
    generation: int
    note: Callable[[str], None]
    remembered: Callable[[], str | None] = lambda: None
    made: Callable[[], list[str]] = list
    fresh: Callable[[], str] = str
    action: str = field(init=False)
    doubtful_bill: str = field(init=False)

    def __post_init__(self) -> None:
        self.action = self.kind.action
        self.doubtful_bill = doubtful_bill(self.kind)
        self._least = self.generation  # what is older was bought before a fresh start
        self._ended: set[str] = set()
        self._lost: dict[str, JobNotFound] = {}

    async def find(self, client: DtsClient) -> list[Item]:
        """Every job that was bought under this identity, by its tags or, where none has them, by its name.

        :raises IdentityConflict: there is none, but one that carries its tags under a name that this task never gave:
            whether it is ours cannot be told.
        """
        known = list(dict.fromkeys(filter(None, [self.remembered(), *self.made()])))
        self._ended, self._lost = set(), {}
        owner, kind = self.identity.owner, self.kind
        ours, strangers = await find_owned(client, kind, owner, self.name(), known, by_name=False)
        for job_id in known:
            if all(self.kind.id_of(item) != job_id for item in ours):
                ours += await self._one(client, job_id)
        if strangers and not ours:
            raise self._lookalike(strangers[0])
        for item in strangers:
            self.note(lookalike_note(self.kind, item))
        return ours

    async def _one(self, client: DtsClient, job_id: str) -> list[Item]:
        """A job that is known and in no list; whether it matters that it is lost, :meth:`unseen` tells.

        :raises JobNotFound: one that this task has gone on with before is not there, and nobody has seen its end.
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
            recover = self.kind.resource.recover
            why = "it is never recovered by itself, as that starts its bill again"
            raise IdentityConflict(
                f"This run's job has been isolated; {why if recover else 'no other is bought in its place'}",
                job_id=self.kind.id_of(isolated[0]),
                state=state_of(self.kind.resource, isolated[0]),
                next_step=f"Order {recover} and clear this task to go on with it. {_FORGET}"
                if recover
                else f"{FRESH_START}.",
            )
        why = "This job of the run was to be ended before another one is bought, but it is running now"
        busy = [  # stopped, failed or destroyed
            self.kind.id_of(item) for item in current if not await let_go(client, self.kind, item, why, self.note)
        ]
        if busy:  # one that is only ending, or is being resized, would cost beside the next one
            raise NotEnded(busy)
        self.generation = newest + 1 if current else newest
        return self.unseen(found)

    async def _allow(self, client: DtsClient, item: Item) -> None:
        book_of(client).saw(self.kind.resource, self.kind.id_of(item), item)
        await book_of(client).allow(self.kind.resource, self.kind.id_of(item), item)

    def request(self) -> dict[str, Any]:
        """The order of exactly one job, with name and tags."""
        name = {self.kind.name_field: self.name()}
        count = {"Count": 1} if self.kind.counted else {}
        return {**self.order, **count, **name, "Tags": self.identity.tags(self.generation)}

    def name(self) -> str:
        """Its name, which begins with the hash, within the length that DTS allows."""
        return self.identity.job_name(self.title)[: self.kind.longest]

    def created_id(self, answer: Mapping[str, Any]) -> str:
        """The one new id."""
        created = answer[self.kind.ids]
        return created if isinstance(created, str) else str(created[0])

    def ids_of(self, found: list[Item]) -> list[str]:
        """The ids of those that were bought since the last fresh start."""
        recent = [item for item in found if self._generation(item) >= self._least]
        return [self.kind.id_of(item) for item in by_age(recent, self.kind.resource.key)]

    def traces(self) -> str:
        """Its name and its tag."""
        return f"a job whose name begins with {self.identity.owner}-, or whose tag {TAG_OWNER} is {self.identity.owner}"

    def _generation(self, item: Item) -> int:
        """As its tags tell; the job that the store holds is of this generation where somebody took its tags.

        Where its tags tell an older one, a fresh start has raised the generation and broke off before the store let
        go of the job: it is passed over.
        """
        if TAG_GENERATION not in tags_of(item) and self.kind.id_of(item) == self.remembered():
            return self._least
        return generation_of(item)

    def _lookalike(self, item: Item) -> IdentityConflict:
        owner, told = self.identity.owner, item.get(self.kind.resource.title)
        return IdentityConflict(
            "A job has the tags of this run, but a name that this run did not give it; nothing was bought",
            job_id=self.kind.id_of(item),
            state=state_of(self.kind.resource, item),
            cause=f"its name is {told or 'not told'}; this run names its job {self.name()}",
            next_step=f"If somebody renamed this run's job, let its name begin with {owner}- again; if it is another "
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
