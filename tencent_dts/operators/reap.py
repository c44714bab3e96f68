"""Orphans: jobs that cost although the run that bought them is over; found, reported and, if that is asked for, ended.

API document: DescribeMigrationJobs, DescribeSyncJobs; DescribeMigrateJobs, DescribeSubscribes (version 2018-03-30);
PauseMigrateJob, StopMigrateJob, IsolateMigrateJob, PauseSyncJob, StopSyncJob, IsolateSyncJob; StopMigrateJob,
DeleteMigrateJob, IsolateSubscribe (version 2018-03-30).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine import line, runs
from tencent_dts.engine.book import open_client
from tencent_dts.engine.converge import Guard, Outcome, converge, read
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.records import Place, prune
from tencent_dts.engine.waiting import Event
from tencent_dts.errors import (
    OUTAGES,
    DeadlinePassed,
    DtsError,
    DtsProblem,
    Impossible,
    Permanent,
    WrongState,
)
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.orphans.form import SPARING_DAGS
from tencent_dts.orphans.page import Report, ReportDict, page
from tencent_dts.orphans.reaping import Finding, Policy, Row, Sighting, find, steps
from tencent_dts.orphans.search import SILENCE, Search
from tencent_dts.orphans.texts import TEXTS
from tencent_dts.params import REAP
from tencent_dts.sizes import Flag, Size, is_true
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.going_on import come_back, pause_before
from tencent_dts.tasks.places import Names, names_in, places
from tencent_dts.tasks.plan import refuse_unmerged
from tencent_dts.templated import rendered

if TYPE_CHECKING:
    from airflow.sdk import Context

_SECONDS_TO_REST = 1800
_SECONDS_KEPT = 90 * 86400.0  # of the record of a job that has ended
_RECORDS = 500  # looked at in one run
_STEPS = 3  # pause or stop, isolate, and a look


class DtsReapOrphansOperator(DtsTask):
    """Find the jobs of this deployment whose run is over or gone, report them and, if that is asked for, end them.

    Returns the report, and writes it to the task's log as a page. An orphan is ended as gently as its kind allows: one
    at work is paused, or else stopped; then it is isolated, which can be undone for seven days (a free job and one of
    API 2018-03-30 are deleted by it). A job that was adopted by its id is found by its record, as not every kind can be
    tagged. Never ended: a job that is neither tagged as this deployment's nor adopted by a run of it, one whose run is
    alive, one whose run is not known, one in a status that is not known, a prepaid one, and the sync link or
    subscription of a run that ended well, which lives on purpose. The state of a run is asked after its job was read,
    and once more right before each sending of an order.

    :param regions: where to look, as a list or separated by commas; default: the region of the task.
    :param kinds: of ``migration``, ``sync``, ``migration_2018``, ``subscription``; default: all.
    :param end_orphans: true: end orphans; default: only report them.
    :param grace_hours: hours that an orphan is left alone after its run has ended; default 24.
    :param stop_running: true: end those at work, too.
    :param gone_runs: true: end those, too, whose run this Airflow does not know (any more). After its database was
        lost or restored, every job looks like that.
    :param keep_job_ids: ids of jobs that are only reported, as a list or separated by commas.
    :param at_most: maximum number of jobs to end in a run, over all its tries; default 10.
    :param sparing_dags: DAGs whose runs work on a job of another run without adopting it: while a run of one of them is
        alive, nothing is ended; as a list or separated by commas.

    API document: DescribeMigrationJobs, DescribeSyncJobs, IsolateMigrateJob, IsolateSyncJob, and their like of version
        2018-03-30.
    """

    on_clear = "looks at everything again; what has ended is left alone"
    resource = MIGRATION_JOB  # of the first client alone: each kind has one of its own
    adds_fields: ClassVar[tuple[str, ...]] = (
        "regions",
        "kinds",
        "end_orphans",
        "grace_hours",
        "stop_running",
        "gone_runs",
        "keep_job_ids",
        "at_most",
        "sparing_dags",
    )
    grace_hours = Size("hours", most=24 * 365)
    at_most = Size("jobs", least=1, most=1000, whole=True)
    end_orphans, stop_running, gone_runs = Flag(), Flag(), Flag()

    def __init__(
        self,
        *,
        regions: Names | XComArg = None,
        kinds: Names | XComArg = None,
        end_orphans: bool | str | XComArg = False,
        grace_hours: float | str | XComArg = 24,
        stop_running: bool | str | XComArg = False,
        gone_runs: bool | str | XComArg = False,
        keep_job_ids: Names | XComArg = None,
        at_most: int | str | XComArg = 10,
        sparing_dags: Names | XComArg = SPARING_DAGS,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("timeout", _SECONDS_TO_REST)
        kwargs.setdefault("doc_md", TEXTS["dts_reap"]["reap"].doc_md)
        super().__init__(**kwargs)
        self.regions = rendered(regions)
        self.kinds = rendered(kinds)
        self.end_orphans = rendered(end_orphans)
        self.grace_hours = rendered(grace_hours)
        self.stop_running = rendered(stop_running)
        self.gone_runs = rendered(gone_runs)
        self.keep_job_ids = rendered(keep_job_ids)
        self.at_most = rendered(at_most)
        self.sparing_dags = rendered(sparing_dags)

    # --- Legs ---

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Check what is asked for; without the name of this deployment nothing is looked at.

        :raises InvalidInput: names the field.
        """
        super().prepare(context, account)
        if set(REAP.schema) <= set(context["dag"].params):  # a DAG of this form: a misspelt name would be ignored
            REAP.refuse_unknown(context["dag_run"].conf or {}, context["dag"].params)
        refuse_unmerged(context)
        self._deployment = settings.deployment()
        self._try = context["ti"].try_number
        self._run_key = (context["ti"].dag_id, context["ti"].run_id)
        self._regions, self._kinds = places(self.regions, self.kinds, account)
        self._sparing = names_in(self.sparing_dags)
        self._most = int(DtsReapOrphansOperator.at_most.of(self))
        self._policy = Policy(
            end_orphans=is_true(self.end_orphans),
            grace=timedelta(hours=DtsReapOrphansOperator.grace_hours.of(self)),
            stop_running=is_true(self.stop_running),
            gone_runs=is_true(self.gone_runs),
            keep=frozenset(names_in(self.keep_job_ids)),
        )

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> Report:
        """Look at everything, and end what may be ended; what is on its way to rest is for a later look."""
        # Of the whole run, earlier tries included: `at_most` counts them all, and the last report lists them all.
        self._acted: dict[str, Row] = memory.get("acted") or {}
        self._deadline = memory.deadline(self.patience())
        while True:
            report = await self._look(client.account, memory)
            if not report.under_way or self.wait != "sync" or time.time() >= self._deadline:
                return report
            await asyncio.sleep(pause_before(self, self._deadline))

    def finish(self, context: Context, account: ClientSettings, result: Report) -> ReportDict:
        """Come back where jobs are on their way to rest; otherwise show the report, and fail where it is not whole."""
        late = bool(result.under_way) and self.wait != "no"
        if late and self.wait == "defer" and time.time() < self._deadline:
            come_back(self, self._deadline)
        report = result.to_dict()
        result.measure(account.connection_id, self._kinds)
        self.log.info("%s", page(report))
        context["ti"].xcom_push(key="report", value=report)
        again = "Clear this task: it looks at everything again, and what has ended is not touched again."
        if result.errors:
            kind = Impossible if all(isinstance(error, Permanent) for error in result.errors) else DtsProblem
            raise kind("Not everything was looked at and ended", cause="; ".join(result.failures), next_step=again)
        if late:
            raise DeadlinePassed(
                "Jobs were ordered to pause or stop, and have not done so yet; they still cost",
                job_id=", ".join(result.under_way),
                next_step=f"Look at them in the console. {again}",
            )
        return report

    # --- Looking ---

    async def _look(self, account: ClientSettings, memory: Memory) -> Report:
        report = Report(self._deployment, self._regions, datetime.now(UTC), end_orphans=self._policy.end_orphans)
        self._search = Search(self._deployment, self._run_key, self._book, report.fail)
        self._out_of_service = False
        for region, kind in product(self._regions, self._kinds):
            try:
                here = replace(account, region=region)
                book = replace(self._book, place=Place.of(here))
                async with open_client(here, BY_NAME[kind].resource.version, book) as client:
                    client.patience = self._patience
                    await self._sweep(client, kind, report, memory)
            except DtsError as error:
                self._met(error)
                report.fail(f"{kind} in {region}", error)
        report.acted = dict(self._acted)
        if self._policy.end_orphans:
            self._prune()
        return report

    def _met(self, error: DtsProblem) -> None:
        self._out_of_service |= isinstance(error, OUTAGES)

    def _patience(self) -> float:
        """An outage is waited for once; what is left of the look is tried once each, as it holds a worker."""
        return 0.0 if self._out_of_service else settings.call_timeout()

    def _prune(self) -> None:
        try:
            gone = prune(time.time(), older_than=_SECONDS_KEPT, at_most=_RECORDS)
            line.prune(at_most=_RECORDS)
        except SILENCE as error:  # the next run does it
            self.log.warning("old records of jobs were not looked at: %s", type(error).__name__)
        else:
            self.log.info("records of jobs that ended long ago were deleted: %s", ", ".join(gone) or "none")

    async def _sweep(self, client: DtsClient, kind: str, report: Report, memory: Memory) -> None:
        """All jobs of one kind in one region."""
        row = BY_NAME[kind]
        for item in await self._search.ours(client, row):
            job_id = row.purchase.id_of(item)
            if self._has_ended(job_id):
                continue
            if row.resource.is_released(item):
                self._is_released(job_id, report, memory)
                continue
            finding = find(await self._search.sight(client, kind, item), self._policy)
            finding.done = list(self._acted.get(job_id, {}).get("done", ()))
            report.found[job_id] = finding
            if not finding.held:
                await self._end(client, finding, report, memory)

    def _has_ended(self, job_id: str) -> bool:
        """Whether this try has ended it: the list may lag behind. One of an earlier try that is back is looked at."""
        acted = self._acted.get(job_id, {})
        return bool(acted.get("ended")) and acted["try"] == self._try

    def _is_released(self, job_id: str, report: Report, memory: Memory) -> None:
        """A person has ended it, or this task: a worker that dies after its order leaves no note that it was taken."""
        if job_id in self._acted:
            self._remember(job_id, {**self._acted[job_id], "ended": True}, memory)
        else:
            report.released += 1

    # --- Ending ---

    async def _end(self, client: DtsClient, finding: Finding, report: Report, memory: Memory) -> None:
        """Bring one orphan to rest and end it, as far as that goes now."""
        if finding.job_id not in self._acted and len(self._acted) >= self._most:
            finding.held = f"{self._most} jobs were ended in this run (at_most)"
            return
        try:
            for _ in range(_STEPS):
                if not await self._step(client, finding, report, memory):
                    return
        except DtsProblem as error:
            self._met(error)
            finding.held = f"it could not be ended: {error.what}"
            report.fail(finding.job_id, error)

    async def _step(self, client: DtsClient, finding: Finding, report: Report, memory: Memory) -> bool:
        """One look and one order; returns whether another may follow at once."""
        row = BY_NAME[finding.kind]
        ids = {row.resource.key: finding.job_id}
        item = await read(client, row.resource, ids)
        if item is None or row.resource.is_released(item):
            self._is_over(finding, report, memory)
            return False
        self._judge(finding, await self._search.sight(client, finding.kind, item))
        if finding.held:
            return False
        allowed, _ = steps(row, item)
        if not allowed:
            report.under_way.append(finding.job_id)
            finding.held = "it is on its way to rest"
            return False
        self._note(finding, memory)
        operation, outcome = await self._order(client, allowed, ids, finding)
        if outcome.called:
            finding.done.append(f"{operation.action} was ordered")
        ended = operation is row.purchase.isolate and (outcome.called or outcome.settled)
        self._note(finding, memory, ended=ended)
        return not ended and not finding.held

    def _judge(self, finding: Finding, seen: Sighting) -> None:
        """Bring a finding up to date."""
        fresh = find(seen, self._policy)
        finding.standing, finding.why, finding.status = fresh.standing, fresh.why, fresh.status
        finding.held = fresh.held or self._spared()

    async def _order(
        self, client: DtsClient, allowed: Sequence[Operation], ids: Mapping[str, str], finding: Finding
    ) -> tuple[Operation, Outcome]:
        """Order the first of these operations that the service takes; returns it, and what came of it."""
        *gentler, last = allowed
        for operation in gentler:
            guard = _Judged(self, operation, finding)
            try:
                return operation, await converge(client, operation, ids, ids, guard=guard)
            except WrongState:
                continue  # not every database can be paused
        return last, await converge(client, last, ids, ids, guard=_Judged(self, last, finding))

    def _is_over(self, finding: Finding, report: Report, memory: Memory) -> None:
        """It was ended meanwhile: by what this task ordered, or else by a person."""
        if finding.job_id in self._acted:
            self._note(finding, memory, ended=True)
        else:
            del report.found[finding.job_id]
            report.released += 1

    def _spared(self) -> str:
        """Why nothing is ended now: another may be at work on jobs whose owner is another run."""
        busy = next((dag_id for dag_id in self._sparing if runs.living(dag_id)), "")
        return f"a run of {busy} is alive, and may be at work on it (sparing_dags)" if busy else ""

    def _note(self, finding: Finding, memory: Memory, *, ended: bool = False) -> None:
        """Remember over legs and tries what was ordered: an ended job is in no list any more."""
        self._remember(finding.job_id, {**finding.row(), "ended": ended}, memory)
        if ended:
            self.log.warning("%s (%s) has ended: %s", finding.job_id, finding.why, "; ".join(finding.done))

    def _remember(self, job_id: str, row: Row, memory: Memory) -> None:
        self._acted[job_id] = {**row, "try": self._try}
        memory.set("acted", self._acted)


@dataclass
class _Judged(Guard):
    """Asks and judges everything before each sending of an order, repeats included; a refusal stands in the finding.

    Nothing else would see that the run was cleared meanwhile: the reaper itself holds the job by then.
    """

    reaper: DtsReapOrphansOperator
    operation: Operation
    finding: Finding
    _seen: Sighting = field(init=False)

    async def gather(self, client: DtsClient, item: Item) -> None:
        """Ask for the runs once more."""
        self._seen = await self.reaper._search.sight(client, self.finding.kind, item)

    def admit(self, item: Item) -> str | None:
        """Judge the job as it was read after that; what it returns is why the job is left alone now."""
        self.reaper._judge(self.finding, replace(self._seen, item=item))
        if not self.finding.held and self.operation not in steps(self._seen.row, item)[0]:
            self.finding.held = f"its state has changed, and {self.operation.action} is not for it now"
        return self.finding.held or None
