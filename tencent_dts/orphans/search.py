"""Which jobs are of this deployment, and what Airflow says of the runs that have bought and adopted each.

A job is of this deployment where its tag says so, or where a task of it has left its name in the job's record: a sync
job, a subscription, one of API 2018-03-30, and a migration adopted at work cannot be tagged when they are adopted.

API document: DescribeMigrationJobs, DescribeSyncJobs; DescribeMigrateJobs, DescribeSubscribes (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tencent_dts.api.client import DtsClient
from tencent_dts.engine import runs
from tencent_dts.engine.book import Book
from tencent_dts.engine.identity import TAG_DEPLOYMENT, TAG_OWNER, owner_of, tag_filter, tagged_holder, tags_of
from tencent_dts.engine.paging import read_jobs
from tencent_dts.engine.records import KEY, Place, Record, jobs_of
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import HolderUnknown
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.model.answers import Item
from tencent_dts.orphans.reaping import Sighting, is_ours

SILENCE = (HolderUnknown, *runs.SILENCE)  # Airflow does not answer what it was asked


@dataclass
class Search:
    """One look at the jobs of a deployment.

    :param run_key: DAG and run of the task that looks.
    :param fail: called with what could not be looked at, and why.
    """

    deployment: str
    run_key: tuple[str, str]
    book: Book
    fail: Callable[[str, Exception], None]
    _recorded: set[str] = field(default_factory=set, init=False)  # ids of jobs of which a record is kept, not yet met

    def __post_init__(self) -> None:
        try:
            self._recorded = set(jobs_of(runs.keys_of(KEY)))
        except SILENCE as error:
            self.fail("jobs that were adopted", error)

    async def ours(self, client: DtsClient, row: Kind) -> list[Item]:
        """Every job of a kind in a region that is tagged as this deployment's, or that one of its tasks has adopted."""
        tagged = await read_jobs(client, row.purchase, tag_filter(TAG_DEPLOYMENT, self.deployment))
        found: list[Item] = [item for item in tagged if is_ours(item, self.deployment)]
        self._recorded -= {row.purchase.id_of(item) for item in found}
        if self._recorded:
            every = await read_jobs(client, row.purchase, {})
            found += [item for item in every if await self._is_adopted(client, row.purchase.id_of(item), item)]
        return found

    async def _is_adopted(self, client: DtsClient, job_id: str, item: Item) -> bool:
        """Whether a task of this deployment owns a job without its tag; one that merely acts on a job does not."""
        if job_id not in self._recorded or tags_of(item).get(TAG_DEPLOYMENT):
            return False
        try:
            record = await self.book.record(job_id)
        except HolderUnknown as error:
            self.fail(job_id, error)
            return False
        return record is not None and bool(record.owners) and record.place == Place.of(client.account)

    async def sight(self, client: DtsClient, kind: str, item: Item) -> Sighting:
        """The job, and what Airflow says of its runs now, after it was read: one that buys it this minute is alive."""
        clock = datetime.fromtimestamp(client.now(), UTC)
        job_id = BY_NAME[kind].purchase.id_of(item)
        reported: list[tuple[Holder, runs.Run]] = []
        trouble, chosen = "", True
        try:
            record = await self.book.record(job_id)
            chosen = record is not None and bool(record.owners)
            holders = {(owner.dag_id, owner.run_id): owner for owner in reversed(self._owners(item, record))}
            reported = [(holder, runs.look_up(*key)) for key, holder in reversed(holders.items())]
            if reported and record is not None:
                reported += self._acting(record.holder, holders)
        except SILENCE as error:
            self.fail(job_id, error)
            reported, trouble = [], f"Airflow does not answer about its runs: {error}"
        return Sighting(kind, client.account.region, item, reported, datetime.now(UTC), trouble, clock, chosen)

    def _owners(self, item: Item, record: Record | None) -> list[Holder]:
        """Who has bought and adopted a job, the latest last; empty where its buyer is not known: it may be alive.

        Tags cannot spell every id; the record can, and the tag of the owner is a hash of the true ids.
        """
        owners = list(record.owners) if record is not None else []
        buyer, owner = tagged_holder(item, self.deployment), tags_of(item).get(TAG_OWNER)
        if buyer is not None:
            return [buyer, *owners]
        known = not owner or any(owner_of(each, self.deployment) == owner for each in owners)
        return owners if known else []

    def _acting(self, holder: Holder, owners: Mapping[tuple[str, str], object]) -> list[tuple[Holder, runs.Run]]:
        """A run that acts on the job of another: it spares the job while it is alive, and no longer."""
        key = (holder.dag_id, holder.run_id)
        if key in owners or key == self.run_key:
            return []
        run = runs.look_up(*key)
        return [(holder, run)] if run.state not in (*runs.OVER, runs.GONE) else []
