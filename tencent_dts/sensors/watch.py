"""The watch over one job, as a step of a DAG: it ends when something is wrong.

API document: DescribeMigrationDetail, DescribeSyncJobs, DescribeSyncCompareTasks; DescribeMigrateJobs,
DescribeSubscribeConf (version 2018-03-30).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.book import open_client
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.records import Place
from tencent_dts.engine.waiting import Event
from tencent_dts.errors import DeadlinePassed, DtsProblem, Impossible, InvalidInput
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.kinds.watching import UNREAD
from tencent_dts.orphans.reaping import Row
from tencent_dts.orphans.search import Search
from tencent_dts.sizes import check_choice
from tencent_dts.tasks.bills import Known
from tencent_dts.tasks.going_on import come_back, goes_on, pause_before
from tencent_dts.tasks.places import Names
from tencent_dts.tasks.watching import WatchTask
from tencent_dts.templated import rendered
from tencent_dts.watching.looking import Looker
from tencent_dts.watching.troubles import Watched

if TYPE_CHECKING:
    from airflow.sdk import Context

_KEPT = "watched"
_SECONDS_BETWEEN = 300.0  # a look takes a worker for a moment


@dataclass(frozen=True)
class _Seen:
    """What one look has come to.

    :param there: the job is there; otherwise it has ended, as is known.
    :param rows: what is wrong, by the rules that were asked for.
    """

    there: bool
    rows: Sequence[Row]


class DtsJobWatchSensor(WatchTask):
    """Wait until something is wrong with a job, and return what: by the rules by which ``dts_watch`` looks at all.

    It holds no worker between two looks, and only reads. What it has seen is remembered over its looks, retries and
    clears, so that a limit goes on counting. At its timeout it is red, as nothing was found until then; and where the
    job has ended, as nothing can be found any more. For all jobs of a deployment use
    :class:`~tencent_dts.operators.watch.DtsWatchJobsOperator`, whose findings are events of an asset.

    :param job_id: id of the job or subscription.
    :param kind: ``sync`` (default), ``migration``, ``migration_2018`` or ``subscription``.
    :param rules: names of rules, as ``paused``; default: all of the kind. ``gone`` is none of
        them: a job that is not found makes the task red.

    API document: DescribeMigrationDetail, DescribeSyncJobs, and their like of version 2018-03-30.
    """

    on_clear = "looks again; its limits go on counting from what it saw before"
    adds_fields: ClassVar[tuple[str, ...]] = ("job_id", "kind", "rules")
    waits = ("defer", "sync")
    begins_again = True  # an outage is outlasted: the next look is at the same

    def __init__(
        self,
        *,
        job_id: str | XComArg,
        kind: str | XComArg = "sync",
        rules: Names | XComArg = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("poll_interval", _SECONDS_BETWEEN)
        super().__init__(**kwargs)
        self.job_id = rendered(job_id)
        self.kind = rendered(kind)
        self.rules = rendered(rules)

    def at_stake(self, context: Context, problem: DtsProblem) -> Known | None:
        """The job that is watched, which may be of any kind."""
        row = BY_NAME.get(self.kind)
        return (row.resource, self.job_id) if row and self.job_id and not goes_on(self, problem) else None

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Check what is asked for.

        :raises InvalidInput: names the field.
        """
        super().prepare(context, account)
        if not self.job_id:
            raise InvalidInput("job_id", "give the id of a job, as sync-werwfs23", self.job_id)
        check_choice("kind", self.kind, list(BY_NAME))
        known = [rule.name for rule in (*BY_NAME[self.kind].watch, UNREAD)]
        self._wanted = _names_of_rules(self.rules) or known
        for name in self._wanted:
            check_choice("rules", name, known)
        self._limits = self.limits()
        self._run_key = (context["ti"].dag_id, context["ti"].run_id)

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> _Seen:
        """Look; while nothing is wrong, look again, or come back."""
        watched = _remembered(memory)
        deadline = self.deadline_of(memory)
        while True:
            seen = await self._look(client.account, watched)
            memory.set(_KEPT, watched.dumps())
            if seen.rows or not seen.there or self.wait != "sync" or time.time() >= deadline:
                return seen
            await asyncio.sleep(pause_before(self, deadline))

    async def _look(self, account: ClientSettings, watched: Watched) -> _Seen:
        row = BY_NAME[self.kind]
        book = replace(self._book, place=Place.of(account))
        search = Search(settings.deployment(), self._run_key, book, self._warn)
        looker = Looker(settings.deployment(), self._limits, search, self._warn, spares_waited=False)
        async with open_client(account, row.resource.version, book) as client:
            there = await looker.look_at(client, row, watched, book, self.job_id)
        return _Seen(there, [found for found in looker.rows.values() if found["rule"] in self._wanted])

    def _warn(self, where: str, error: Exception) -> None:
        self.log.warning("%s could not be looked at: %s", where, error)

    def finish(self, context: Context, account: ClientSettings, result: _Seen) -> list[Row]:
        """Return what is wrong, or come back.

        :raises Impossible: the job has ended.
        :raises DeadlinePassed: nothing was found in time.
        """
        if result.rows:
            for found in result.rows:
                self.log.warning("%s: %s. Next: %s", self.job_id, found["wrong"], found["next_step"])
            return list(result.rows)
        if not result.there:
            raise Impossible(
                "There is nothing left to watch: the job has ended",
                job_id=self.job_id,
                next_step="If that was on purpose, mark this task as success.",
            )
        deadline = self.deadline_of(self.memory_of(context))
        if time.time() < deadline:
            come_back(self, deadline)
        raise DeadlinePassed(
            "Nothing was found to be wrong until the timeout",
            job_id=self.job_id,
            next_step="Clear this task to go on watching, or mark it as success.",
        )


def _names_of_rules(given: Names) -> list[str]:
    """Names of rules, which may hold spaces: a text separates them by commas."""
    every = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given or ())
    return [name for name in every if name]


def _remembered(memory: Memory) -> Watched:
    kept = memory.get(_KEPT)
    return Watched.loads(kept) if kept else Watched()
