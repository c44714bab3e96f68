"""What is created exactly once: billed jobs, found by tag, and compare tasks, found by name.

API document: CreateMigrationService, DescribeMigrationJobs, IsolateMigrateJob, CreateCompareTask,
DescribeCompareTasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.client import DtsClient
from tencent_dts.converge import converge, read, state_of
from tencent_dts.errors import IdentityConflict
from tencent_dts.identity import TAG_OWNER, Identity, Item, by_age, generation_of, tag_filter, tags_of
from tencent_dts.paging import read_all
from tencent_dts.states import Operation, Resource
from tencent_dts.states import migration as table

_FORGET = (
    "If a new job is wanted on purpose, make a fresh start for this task (runbook, `purchase`); "
    "if this one is to go on, adopt it by id in a new run."
)


@dataclass(frozen=True)
class Purchasable:
    """A kind of billed job: how it is bought, listed and let go.

    :param items: name of the list in the listing's answer.
    :param ids: name of the list of new ids in the answer to the purchase.
    :param never_started: statuses of a job that holds nothing but a bill.
    :param ended: statuses of a job that makes way for the next generation.
    :param succeeded: statuses of a job whose work is done.
    :param deleted: values of its bill at which it is gone, or going.
    """

    action: str
    resource: Resource
    isolate: Operation
    items: str
    ids: str
    never_started: frozenset[str]
    ended: frozenset[str]
    succeeded: frozenset[str]
    deleted: frozenset[str]


MIGRATION = Purchasable(
    action="CreateMigrationService",
    resource=table.MIGRATION_JOB,
    isolate=table.ISOLATE,
    items="JobList",
    ids="JobIds",
    never_started=table.BEFORE_START,
    ended=table.ENDED_BADLY,
    succeeded=table.ENDED_WELL,
    deleted=table.DELETED,
)


@dataclass
class JobPurchase:
    """The purchase of one billed job under an identity.

    :param order: the purchase request, without Count, name and tags.
    :param title: the readable part of the job's name.
    :param bought_before: this run's own store remembers the purchase; a job found by tag alone,
        after the run was deleted and made again, is not taken over once it has succeeded.
    :param generation: the least generation to buy, raised by a fresh start.
    :param known_id: the job bought before, should the list not show it (yet).
    """

    kind: Purchasable
    identity: Identity
    order: Mapping[str, Any]
    title: str
    bought_before: bool
    generation: int
    note: Callable[[str], None]
    known_id: str | None = None
    action: str = field(init=False)

    def __post_init__(self) -> None:
        self.action = self.kind.action

    async def find(self, client: DtsClient) -> list[Item]:
        """Every listed job with our owner tag or, where none has it, our name; compared exactly here."""
        owner, listing = self.identity.owner, self.kind.resource.listing
        found = await find_owned(client, self.kind, owner)
        if not found:
            name = {"JobName": self.identity.job_name(self.title)}
            named = await read_all(client, listing, self.kind.items, name)
            found = [item for item in named if str(item.get("JobName") or "").startswith(f"{owner}-")]
        if self.known_id and all(item["JobId"] != self.known_id for item in found):
            known = await read(client, self.kind.resource, {"JobId": self.known_id})
            found += [known] if known is not None else []
        return found

    async def choose(self, client: DtsClient, found: list[Item]) -> str | None:
        """Adopt the oldest living or succeeded job of the newest generation; isolate surplus; make way.

        :raises IdentityConflict: an isolated job, a succeeded one of a deleted run, a running surplus.
        """
        newest = max([self.generation, *map(generation_of, found)])
        current = by_age([item for item in found if generation_of(item) == newest])
        living = [item for item in current if self._status(item) not in self.kind.ended and not self._gone(item)]
        released = self.kind.resource.is_released
        keep = [i for i in living if not released(i) or self._status(i) in self.kind.succeeded]
        if keep:
            self._refuse_foreign_success(keep[0])
            await isolate_surplus(client, self.kind, keep[0], found, self.note)
            return str(keep[0]["JobId"])
        isolated = [item for item in living if released(item)]
        if isolated:
            raise IdentityConflict(
                "This run's job has been isolated; it is never recovered by itself, as that starts its bill again",
                job_id=str(isolated[0]["JobId"]),
                state=state_of(self.kind.resource, isolated[0]),
                next_step=f"Order RecoverMigrateJob and clear this task to go on with it. {_FORGET}",
            )
        for item in current:  # stopped, failed or destroyed: it makes way
            await let_go(client, self.kind, item, self.note)
        self.generation = newest + 1 if current else newest
        return None

    def request(self) -> dict[str, Any]:
        """The order of exactly one job, with name and tags."""
        name = self.identity.job_name(self.title)
        return {**self.order, "Count": 1, "JobName": name, "Tags": self.identity.tags(self.generation)}

    def created_id(self, answer: Mapping[str, Any]) -> str:
        """The one new JobId."""
        return str(answer[self.kind.ids][0])

    def _status(self, item: Item) -> str:
        return self.kind.resource.axis.of(item)

    def _gone(self, item: Item) -> bool:
        bill = self.kind.resource.bill
        return bill is not None and bill.of(item) in self.kind.deleted and self._status(item) not in self.kind.succeeded

    def _refuse_foreign_success(self, item: Item) -> None:
        if self._status(item) in self.kind.succeeded and not self.bought_before:
            raise IdentityConflict(
                "A job of this run has succeeded already, but this run does not remember buying it: "
                "the run was deleted and made again",
                job_id=str(item["JobId"]),
                state=state_of(self.kind.resource, item),
                next_step=_FORGET,
            )


async def find_owned(client: DtsClient, kind: Purchasable, owner: str) -> list[Item]:
    """Every listed job whose owner tag is exactly ``owner``."""
    listed = await read_all(client, kind.resource.listing, kind.items, {"TagFilters": tag_filter(TAG_OWNER, owner)})
    return [item for item in listed if tags_of(item).get(TAG_OWNER) == owner]


async def let_go(client: DtsClient, kind: Purchasable, item: Item, note: Callable[[str], None]) -> None:
    """Isolate one job of ours, unless its bill has ended."""
    if kind.resource.is_released(item):
        return
    ids = {"JobId": str(item["JobId"])}
    note(f"{kind.isolate.action}: {ids['JobId']} ({state_of(kind.resource, item)}) is not needed any more")
    await converge(client, kind.isolate, ids, ids)


async def isolate_surplus(
    client: DtsClient, kind: Purchasable, keep: Item, found: list[Item], note: Callable[[str], None]
) -> list[str]:
    """Isolate every job of the same identity but ``keep``; returns the ids that were.

    :raises IdentityConflict: one of them runs; nobody asked for that to be ended.
    """
    surplus = [i for i in found if i["JobId"] != keep["JobId"] and not kind.resource.is_released(i)]
    for item in surplus:
        status = kind.resource.axis.of(item)
        if status not in kind.never_started | kind.ended | kind.succeeded:
            raise IdentityConflict(
                f"Two jobs of this run are alive; {keep['JobId']} is kept, and this one is running",
                job_id=str(item["JobId"]),
                state=state_of(kind.resource, item),
                next_step="Decide which one is wanted; stop and isolate the other by hand, then clear this task.",
            )
        await let_go(client, kind, item, note)
    return [str(item["JobId"]) for item in surplus]


@dataclass
class CompareCreation:
    """The creation of one compare task; it costs nothing, so a surplus is only left unused.

    :param name: its TaskName, which carries run, task and attempt.
    :param configuration: ``ObjectMode``, ``Objects`` and ``Options`` of the request.
    """

    job_id: str
    name: str
    configuration: Mapping[str, Any]
    action: str = "CreateCompareTask"

    async def find(self, client: DtsClient) -> list[Item]:
        """Every compare task of the job with exactly this name."""
        listed = await read_all(client, "DescribeCompareTasks", "Items", {"JobId": self.job_id})
        return [item for item in listed if item.get("TaskName") == self.name]

    async def choose(self, client: DtsClient, found: list[Item]) -> str | None:
        """The oldest one."""
        return str(by_age(found, "CompareTaskId")[0]["CompareTaskId"]) if found else None

    def request(self) -> dict[str, Any]:
        """The creating request."""
        return {"JobId": self.job_id, "TaskName": self.name, **self.configuration}

    def created_id(self, answer: Mapping[str, Any]) -> str:
        """The new CompareTaskId."""
        return str(answer["CompareTaskId"])
