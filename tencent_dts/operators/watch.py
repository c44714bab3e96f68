"""The watch over what lives: looks at every job of this deployment, and tells what is wrong. It changes nothing.

API document: DescribeMigrationJobs, DescribeMigrationDetail, DescribeSyncJobs, DescribeSyncCompareTasks;
DescribeMigrateJobs, DescribeSubscribes (version 2018-03-30).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine import runs
from tencent_dts.engine.book import open_client
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.records import Place
from tencent_dts.engine.waiting import Event
from tencent_dts.errors import OUTAGES, DtsError, DtsProblem, Impossible, JobFailed, Permanent
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.orphans.search import Search
from tencent_dts.params import WATCH
from tencent_dts.sizes import Flag, Size, is_true
from tencent_dts.tasks.places import Names, places
from tencent_dts.tasks.plan import refuse_unmerged
from tencent_dts.tasks.watching import WatchTask
from tencent_dts.templated import rendered
from tencent_dts.watching.keeping import Shelf
from tencent_dts.watching.looking import Looker
from tencent_dts.watching.page import page
from tencent_dts.watching.rounds import Round
from tencent_dts.watching.telling import ALIAS, Notifier, channels
from tencent_dts.watching.texts import TEXTS
from tencent_dts.watching.troubles import Watched

if TYPE_CHECKING:
    from airflow.sdk import Context

_AGAIN = "Clear this task: it looks at everything again, and whoever was told is not told again."


class DtsWatchJobsOperator(WatchTask):
    """Look at the living jobs of this deployment, and tell what is wrong with them.

    Each finding is reported once, again after a time, and when it is over. Watched are sync links, subscriptions, and
    migrations that no run waits for; a job of another deployment is not.
    Returns the report, and writes it to the task's log as a page. A finding names the job, what is wrong and since
    when, its state, lag and cost, the run that made it, its page in the console, and what to do. What was told is
    remembered by an Airflow variable for each kind and region, so that the next run goes on from there; a channel that
    fails is told at the next look, and makes the task red. What cannot be read is a finding, too, after a while;
    one that was found before stays a finding until a look has seen that it is over.

    :param regions: where to look, as a list or separated by commas; default: the region of the task.
    :param kinds: of ``migration``, ``sync``, ``migration_2018``, ``subscription``; default: all.
    :param tell_again_hours: hours after which what lasts is reported again; default 24, 0: never.
    :param notifiers: Airflow notifiers, or functions of the context. They find the message in the context as
        ``dts_watch``: ``subject``, ``text``, and the findings as data in ``told`` and ``over``.
    :param asset_event: whether findings become an event of the asset ``tencent_dts_findings``; default true.
    :param trigger_dag_id: a DAG of which a run is started for what is reported, which it finds in its configuration.
    :param fail_on_findings: true: the task is red while there are findings. Airflow drops the asset event of a red
        task.

    API document: DescribeMigrationJobs, DescribeSyncJobs, and their like of version 2018-03-30.
    """

    on_clear = "looks at everything again; whoever was told is not told again"
    adds_fields: ClassVar[tuple[str, ...]] = (
        *("regions", "kinds"),
        *("tell_again_hours", "asset_event", "trigger_dag_id", "fail_on_findings"),
    )
    tell_again_hours = Size("hours")
    asset_event, fail_on_findings = Flag(), Flag()

    def __init__(
        self,
        *,
        regions: Names | XComArg = None,
        kinds: Names | XComArg = None,
        tell_again_hours: float | str | XComArg = 24,
        notifiers: Sequence[Notifier] = (),
        asset_event: bool | str | XComArg = True,
        trigger_dag_id: str | XComArg | None = None,
        fail_on_findings: bool | str | XComArg = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("doc_md", TEXTS["dts_watch"]["watch"].doc_md)
        super().__init__(**{**kwargs, "outlets": [*(kwargs.get("outlets") or ()), ALIAS]})
        self.regions = rendered(regions)
        self.kinds = rendered(kinds)
        self.tell_again_hours = rendered(tell_again_hours)
        self.notifiers = list(notifiers)
        self.asset_event = rendered(asset_event)
        self.trigger_dag_id = rendered(trigger_dag_id)
        self.fail_on_findings = rendered(fail_on_findings)

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Check what is asked for, and read what was seen before.

        :raises InvalidInput: names the field.
        :raises HolderUnknown: Airflow does not return what was seen before.
        """
        super().prepare(context, account)
        if set(WATCH.schema) <= set(context["dag"].params):  # a DAG of this form: a misspelt name would be ignored
            WATCH.refuse_unknown(context["dag_run"].conf or {}, context["dag"].params)
        refuse_unmerged(context)
        self._deployment = settings.deployment()
        self._run_key = (context["ti"].dag_id, context["ti"].run_id)
        self._regions, self._kinds = places(self.regions, self.kinds, account)
        self._limits = self.limits()
        self._shelf = Shelf(context["ti"].dag_id, context["ti"].task_id)
        self._watched = {at: self._shelf.read(*at) for at in product(self._regions, self._kinds)}

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> Round:
        """Look at everything; nobody is told yet."""
        result = Round(self._deployment, self._shelf, self._watched)
        search = Search(self._deployment, self._run_key, self._book, result.fail)
        looker = Looker(self._deployment, self._limits, search, result.fail, rows=result.rows, counts=result.counts)
        self._out_of_service = False
        for (region, kind), watched in self._watched.items():
            await self._look(looker, replace(client.account, region=region), kind, watched)
        return result

    async def _look(self, looker: Looker, account: ClientSettings, kind: str, watched: Watched) -> None:
        row = BY_NAME[kind]
        book = replace(self._book, place=Place.of(account))
        try:
            async with open_client(account, row.resource.version, book) as client:
                client.patience = self._patience
                await looker.sweep(client, row, watched, book)
        except DtsError as error:
            self._out_of_service |= isinstance(error, OUTAGES)
            looker.unread(row, account.region, watched, error, time.time())
            looker.fail(f"{kind} in {account.region}", error)
        looker.recall(row, account.region, watched)

    def _patience(self) -> float:
        """An outage is waited for once; what is left of the look is tried once each, as it holds a worker."""
        return 0.0 if self._out_of_service else settings.call_timeout()

    def finish(self, context: Context, account: ClientSettings, result: Round) -> object:
        """Remember what was seen, tell it, and fail where something could not be looked at or told."""
        result.save()
        result.measure(account.connection_id)
        dag_id = str(self.trigger_dag_id or "")
        ways = channels(self.notifiers, asset_event=is_true(self.asset_event), dag_id=dag_id)
        red = bool(result.rows) and is_true(self.fail_on_findings)
        result.tell(
            context,
            ways,
            now=time.time(),
            again=DtsWatchJobsOperator.tell_again_hours.of(self) * 3600.0,
            succeeded=_succeeded,
            green=not red,
        )
        report = result.report()
        self.log.info("%s", page(report))
        context["ti"].xcom_push(key="report", value=report)
        if result.errors:
            kind = Impossible if all(isinstance(error, Permanent) for error in result.errors) else DtsProblem
            what = "Not everything was looked at, or not everybody was told"
            raise kind(what, cause="; ".join(result.failures), next_step=_AGAIN)
        if red:
            told = "; ".join(f"{row['job_id']}: {row['wrong']}" for row in report["findings"])
            raise JobFailed(
                "There are findings (fail_on_findings)",
                cause=told,
                next_step=f"Each has its own next step in the log. {_AGAIN}",
            )
        return report


def _succeeded(run: str) -> bool:
    """Whether a run, named by its DAG and its id, has succeeded: only then has Airflow kept its asset events."""
    dag_id, _, run_id = run.partition("\x1f")
    return runs.look_up(dag_id, run_id).state == runs.GREEN
