"""One look of a watch at the jobs of a deployment: read, judge by the rules of the kind, and describe what is found.

It only reads. One list for each kind and region; a job is read by itself only where a rule needs what the list leaves
out: the lag, the latest comparison, whether its end was ordered here.

API document: DescribeMigrationJobs, DescribeMigrationDetail, DescribeSyncJobs, DescribeSyncCompareTasks;
DescribeMigrateJobs, DescribeSubscribes (version 2018-03-30).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tencent_dts.api.client import DtsClient
from tencent_dts.api.console import console_url
from tencent_dts.engine.book import Book
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import tagged_holder
from tencent_dts.engine.paging import read_all
from tencent_dts.engine.runs import ALIVE, Holder
from tencent_dts.errors import DtsError, HolderUnknown, JobNotFound
from tencent_dts.kinds.compare import CONCLUSION, FINISHED
from tencent_dts.kinds.costs import cost_of
from tencent_dts.kinds.kind import Kind
from tencent_dts.kinds.measures import send_jobs
from tencent_dts.kinds.watching import GONE, UNREAD, Limits, Look, Need, WatchRule
from tencent_dts.model.answers import Item
from tencent_dts.orphans.reaping import Row
from tencent_dts.orphans.search import Search
from tencent_dts.times import in_utc, moment
from tencent_dts.watching.troubles import Watched, key_of

_UNREADABLE = (DtsError, HolderUnknown, JobNotFound)


@dataclass
class Looker:
    """One look, over all kinds and regions.

    :param fail: called with what could not be looked at, and why.
    :param spares_waited: a migration that a run waits for is that run's own business.
    :param rows: of every finding that there is now, by region, kind and key.
    """

    deployment: str
    limits: Limits
    search: Search
    fail: Callable[[str, Exception], None]
    spares_waited: bool = True
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    async def sweep(self, client: DtsClient, row: Kind, watched: Watched, book: Book) -> None:
        """Look at all jobs of one kind in one region.

        :param watched: what is remembered of them; it is brought up to date.
        :raises DtsError: they cannot be listed.
        """
        items = await self.search.ours(client, row)
        here = {row.purchase.id_of(item): item for item in items}
        place = _Place(self, client, row, watched, book)
        self.counts[row.resource.name] = self.counts.get(row.resource.name, 0) + len(here)
        send_jobs(row, client.account.connection_id, place.region, items, datetime.fromtimestamp(place.now, UTC))
        watched.saw("", UNREAD, "", self.limits, place.now, began=place.now)
        absent = sorted({*watched.jobs, *watched.gone()} - here.keys())
        unknown = [job_id for job_id in absent if not await place.missing(job_id)]
        for job_id, item in here.items():
            await place.job(job_id, item)
        watched.looked, watched.jobs = place.now, sorted({*here, *unknown})  # whose ending is not known is asked again
        watched.compared = {job_id: at for job_id, at in watched.compared.items() if job_id in here}

    async def look_at(self, client: DtsClient, row: Kind, watched: Watched, book: Book, job_id: str) -> bool:
        """Look at one job alone; returns whether it is there, and its bill has not ended.

        :raises JobNotFound: it is not there, and its ending was never seen.
        :raises DtsError: it cannot be read.
        """
        item = await read(client, row.resource, {row.resource.key: job_id})
        if item is None:
            return False
        place = _Place(self, client, row, watched, book)
        await place.job(job_id, item)
        watched.looked, watched.jobs = place.now, [job_id]
        return not row.resource.is_released(item)

    def unread(self, row: Kind, region: str, watched: Watched, error: Exception, now: float) -> None:
        """The jobs of one kind in one region could not be listed: nothing is known of them, and nothing is over."""
        wrong = f"every {row.resource.name}: {getattr(error, 'what', error)}"
        if watched.saw("", UNREAD, wrong, self.limits, now, began=now):
            watched.troubles[key_of("", UNREAD)].due = True
            self._found(row, region, UNREAD, "", watched)

    def recall(self, row: Kind, region: str, watched: Watched) -> None:
        """Findings of which this look has learned nothing last: what could not be read is not over."""
        rules = {rule.name: rule for rule in (*row.watch, GONE, UNREAD)}
        for key, trouble in watched.troubles.items():
            job_id, _, name = key.partition("|")
            if trouble.due and not trouble.over and name in rules and (region, row.name, key) not in self.rows:
                self._found(row, region, rules[name], job_id, watched, state="not read by this look")

    def _found(self, row: Kind, region: str, rule: WatchRule, job_id: str, watched: Watched, **more: object) -> None:
        trouble = watched.troubles[key_of(job_id, rule)]
        told: Row = {
            "job_id": job_id,
            "name": trouble.name,
            "kind": row.name,
            "region": region,
            "rule": rule.name,
            "wrong": trouble.wrong,
            "state": "not known",
            "lag": "",
            "cost": "",
            "since": in_utc(trouble.since),
            "since_at_the_earliest": rule.since_last_good,
            "owner": None,
            "console": "",
            "next_step": rule.next_step,
            "over": "",
            "again": "",
        }
        self.rows[region, row.name, key_of(job_id, rule)] = told | more


@dataclass
class _Place:
    """One kind of job in one region, as one look sees it."""

    looker: Looker
    client: DtsClient
    kind: Kind
    watched: Watched
    book: Book

    def __post_init__(self) -> None:
        self.now = self.client.now()
        self.region = self.client.account.region

    async def missing(self, job_id: str) -> bool:
        """A job that was there at the last look is in no list: fine, where its ending is known.

        Returns whether Airflow has answered how it ended.
        """
        try:
            ending = (await self.book.sighting(job_id)).ending
        except HolderUnknown as error:
            self.looker.fail(job_id, error)
            return False
        self.watched.end_others(job_id, [GONE], self.now)
        wrong = (
            "" if ending is not None else "it is in no list of this deployment's jobs any more, and nothing shows why"
        )
        if self._saw(job_id, GONE, wrong):
            self._tell(GONE, job_id, {"console": self._console(job_id)})
        return True

    async def job(self, job_id: str, item: Item) -> None:
        """One job that a list shows."""
        resource = self.kind.resource
        released = resource.is_released(item)
        rules = [rule for rule in self.kind.watch if rule.of_released == released]
        look = self._listed(job_id, item)
        needs = list(dict.fromkeys(rule.needs for rule in rules if rule.needs and rule.applies(look)))
        held = await self._holder(item) if self._asks_first(needs) else None
        if held is not None and held[0]:  # that run's own business: its rules stay as they were, and nothing is read
            skipped, needs = needs, []
        else:
            skipped = []
        look = await self._look(job_id, look, needs)
        unread = look.unread or {}
        self._saw(job_id, GONE, "")
        self.watched.end_others(job_id, [*rules, UNREAD, GONE], self.now)
        due = [
            rule
            for rule in rules
            if rule.needs not in {*unread, *skipped} and self._saw(job_id, rule, rule.wrong(look), look.item)
        ]
        if self._saw(job_id, UNREAD, "; ".join(unread.values()), look.item):
            due.append(UNREAD)
        if not due and held is None:
            return None
        waited_for, holder = held or await self._holder(look.item)
        if waited_for:
            return self.watched.spare(job_id)
        for rule in due:
            self._tell(rule, job_id, self._facts(look, job_id, holder))
        return None

    def _saw(self, job_id: str, rule: WatchRule, wrong: str, item: Item | None = None) -> bool:
        began = self.watched.looked if job_id in self.watched.jobs else self._started(item or {})
        name = str((item or {}).get(self.kind.resource.title) or "")
        return self.watched.saw(job_id, rule, wrong, self.looker.limits, self.now, began=began, name=name)

    def _started(self, item: Item) -> float:
        """When a job that no look has seen before may have got into its state: at its start, at the earliest."""
        times = (moment(item.get(name)) for name in ("StartTime", "CreateTime"))
        return next((at.timestamp() for at in times if at is not None), 0.0)

    def _tell(self, rule: WatchRule, job_id: str, facts: Row) -> None:
        self.watched.troubles[key_of(job_id, rule)].due = True
        self.looker._found(self.kind, self.region, rule, job_id, self.watched, **facts)

    # --- What the list leaves out ---

    def _listed(self, job_id: str, item: Item) -> Look:
        compared = self.watched.compared.get(job_id)
        return Look(
            self.kind.resource,
            item,
            datetime.fromtimestamp(self.now, UTC),
            self.looker.limits,
            compared=datetime.fromtimestamp(compared, UTC) if compared else None,
        )

    def _asks_first(self, needs: Sequence[Need]) -> bool:
        """Whether a read of the job costs more than the question whether a run waits for it, which would spare that."""
        resource = self.kind.resource
        may_be_spared = self.looker.spares_waited and not self.kind.purchase.lives_on
        return may_be_spared and "lag" in needs and resource.read != resource.listing

    async def _look(self, job_id: str, look: Look, needs: Sequence[Need]) -> Look:
        unread: dict[Need, str] = {}
        for need in needs:
            try:
                look = await self._READS[need](self, look, job_id)
            except _UNREADABLE as error:
                unread[need] = f"its {need} cannot be read: {error.what}"
                self.looker.fail(job_id, error)
        return replace(look, unread=unread)

    async def _lag(self, look: Look, job_id: str) -> Look:
        """Lists may leave the lag out; a job that is read by the action that lists it shows nothing more by itself."""
        resource = self.kind.resource
        if resource.read == resource.listing:
            return look
        item = await read(self.client, resource, {resource.key: job_id})
        return replace(look, item=item) if item is not None else look

    async def _comparison(self, look: Look, job_id: str) -> Look:
        family = self.kind.view.compares
        if family is None:
            return look
        tasks = await read_all(self.client, family.task.read, family.task.items, {family.task.key: job_id})
        found = [
            at
            for task in tasks
            if family.task.axis.of(task) in FINISHED and CONCLUSION.of(task) == "same"
            if (at := moment(task.get("FinishedAt"))) is not None
        ]
        if not found:
            return look
        self.watched.compared[job_id] = max(found).timestamp()
        return replace(look, compared=max(found))

    async def _ending(self, look: Look, job_id: str) -> Look:
        ending = (await self.book.sighting(job_id)).ending
        return replace(look, ours=ending is not None and (ending.ordered or ending.ours))

    _READS = {"lag": _lag, "comparison": _comparison, "ending": _ending}  # noqa: RUF012 - a table, never changed

    # --- What is told of a job ---

    async def _holder(self, item: Item) -> tuple[bool, Holder | None]:
        """Whether a run waits for a job of a kind that ends with its run; and which run made it."""
        holder = tagged_holder(item, self.looker.deployment)
        if self.kind.purchase.lives_on and holder is not None:
            return False, holder
        seen = await self.looker.search.sight(self.client, self.kind.name, item)
        alive = any(run.state in ALIVE for _, run in seen.holders)
        made = holder or next((one for one, _ in seen.holders), None)
        return alive and self.looker.spares_waited and not self.kind.purchase.lives_on, made

    def _facts(self, look: Look, job_id: str, holder: Holder | None) -> Row:
        resource = self.kind.resource
        return {
            "state": resource.in_words(look.item),
            "lag": self.kind.view.lag(look.item),
            "cost": str(cost_of(resource, look.item, look.now)),
            "owner": {"dag_id": holder.dag_id, "run_id": holder.run_id, "task": holder.task} if holder else None,
            "console": self._console(job_id),
        }

    def _console(self, job_id: str) -> str:
        return console_url(job_id, self.region, self.client.account.endpoint, self.kind.resource.console)
