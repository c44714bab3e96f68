"""The one trigger: waits for a row of the state tables, and shares its poll with every like wait.

Its kwargs are plain text in Airflow's metadata database: ids, names of rows, a deadline; no secret.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from tencent_dts import metrics
from tencent_dts.api.client import DtsClient
from tencent_dts.engine.attention import Attention
from tencent_dts.engine.identity import TAG_DEPLOYMENT, tag_filter
from tencent_dts.engine.paging import read_all
from tencent_dts.engine.waiting import Round, Watch, Woken, jittered, own_turns, wait_until
from tencent_dts.errors import DtsProblem, Throttled, Unavailable
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.measures import BY_LISTING, send_jobs
from tencent_dts.kinds.rows import LISTINGS
from tencent_dts.model.answers import Item
from tencent_dts.triggers.kill import Killed, act_on_trigger_kill

log = logging.getLogger(__name__)


async def _close(client: DtsClient | None) -> None:
    if client is not None:
        await client.__aexit__(None, None, None)


def _tell(error: Exception, kwargs: Kwargs) -> None:
    """One line for what is expected to go wrong, and the traceback for what is not."""
    where = f"{kwargs['listing']} over connection {kwargs['conn_id']}"
    if isinstance(error, DtsProblem):
        log.warning("%s failed, waiting goes on: %s%s", where, error.what, f" ({error.cause})" if error.cause else "")
    elif isinstance(error, AirflowException | AirflowRuntimeError | OSError):
        log.warning("%s failed, waiting goes on: %s", where, type(error).__name__)
    else:
        log.error("%s failed in an unforeseen way; waiting goes on", where, exc_info=error)


Kwargs = dict[str, Any]
"""A trigger's kwargs, as Airflow keeps them in its database; a :class:`Watch` among them."""

_KWARGS = (
    "watch",
    "conn_id",
    "region",
    "deployment",
    "listing",
    "interval",
    "deadline",
    "first_look",
    "when_killed",
)


_WAITING: Counter[Hashable] = Counter()
"""How many waits of this process each poll serves, by the key of its stream."""
_PLACES: dict[Hashable, dict[str, str]] = {}
"""By the same key, of the polls that are open: the tags under which their waits are counted together."""


_SHARED = ("conn_id", "region", "deployment", "listing", "interval")  # what the waits of one poll have in common


def _stream_of(kwargs: Mapping[str, object]) -> Hashable:
    return ("tencent_dts", *(kwargs[name] for name in _SHARED))


def _measure(kwargs: Kwargs, client: DtsClient, jobs: list[Item]) -> None:
    """Send what one turn of the poll has listed."""
    listing, connection, region = kwargs["listing"], client.account.connection_id, client.account.region
    send_jobs(BY_LISTING[listing], connection, region, jobs, datetime.fromtimestamp(client.now(), UTC))
    place = {"connection": connection, "listing": listing, "region": region}
    _PLACES[_stream_of(kwargs)] = place
    _send_waits(place)


def _send_waits(place: dict[str, str]) -> None:
    """Send how many waits there are at one place: polls of other intervals have the same tags, and would overwrite."""
    count = sum(_WAITING[stream] for stream, at in list(_PLACES.items()) if at == place)
    metrics.send(metrics.WAITS, count, **place)


class DtsWaitTrigger(BaseEventTrigger):
    """Wakes a task when what it watches asks for action, or at its deadline.

    All waits of one connection, region, resource family and interval in a triggerer share one poll,
    which lists the deployment's jobs by tag, 100 a page. A job outside the tag is read by itself.

    :param watch: what is waited for, see :class:`tencent_dts.engine.waiting.Watch`.
    :param conn_id: Airflow connection of type ``tencentcloud``.
    :param region: region of the job; "" for the connection's.
    :param deployment: the tag value that this Airflow's jobs carry.
    :param listing: the action that lists the jobs, as ``DescribeMigrationJobs``.
    :param interval: seconds between two looks.
    :param deadline: epoch seconds at which the task is woken whatever the state.
    :param first_look: seconds before which a live triggerer must not fire, as the scheduler could
        mistake so early an event for a failure.
    :param when_killed: ``leave``, ``pause`` or ``stop`` the job when a person ends the waiting task.
    """

    def __init__(
        self,
        *,
        watch: Kwargs,
        conn_id: str,
        region: str,
        deployment: str,
        listing: str,
        interval: float,
        deadline: float,
        first_look: float,
        when_killed: Killed = "leave",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's BaseTrigger.__init__ has no type hints
        self.watch = watch
        self.conn_id = conn_id
        self.region = region
        self.deployment = deployment
        self.listing = listing
        self.interval = interval
        self.deadline = deadline
        self.first_look = first_look
        self.when_killed = when_killed

    def serialize(self) -> tuple[str, Kwargs]:
        """The classpath and the plain-text kwargs."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in _KWARGS}

    def shared_stream_key(self) -> Hashable | None:
        """Waits with the same key share one poll loop."""
        return _stream_of(vars(self))

    @classmethod
    async def open_shared_stream(cls, kwargs: Kwargs) -> AsyncIterator[Round]:
        """List the deployment's jobs turn by turn, until it is cancelled: raising or ending would fail every member."""
        client: DtsClient | None = None
        attention = Attention(kwargs["interval"])
        await metrics.begin_in_triggerer()
        try:
            while True:
                client, turn = await cls._turn(client, kwargs, attention)
                yield turn
                await asyncio.sleep(jittered(kwargs["interval"]))
        finally:
            place = _PLACES.pop(_stream_of(kwargs), None)
            if place is not None:  # a gauge keeps its last value
                _send_waits(place)
            await _close(client)

    @classmethod
    async def _turn(
        cls, client: DtsClient | None, kwargs: Kwargs, attention: Attention
    ) -> tuple[DtsClient | None, Round]:
        """One look, and the client for the next one; ``None`` where the connection is to be read again for it."""
        listing = kwargs["listing"]
        kind = LISTINGS[listing]
        try:
            if client is None:
                account = await DtsHook(kwargs["conn_id"], kwargs["region"]).aresolve()
                client = await DtsClient(account, kind.version).__aenter__()
            filters = tag_filter(TAG_DEPLOYMENT, kwargs["deployment"])
            jobs = await read_all(client, listing, kind.listed, filters, until=time.monotonic())
            by_id = {str(job.get(kind.key)): job for job in jobs}
            attention.begin_turn(by_id)
            await asyncio.to_thread(_measure, kwargs, client, jobs)  # of thousands of jobs it would hold up the loop
            return client, Round(client, by_id, attention=attention)
        except Exception as error:  # noqa: BLE001 - raised here, any would end the wait of every member
            # It may be put right while they wait; what is still wrong at a member's deadline, its own task meets.
            _tell(error, kwargs)
            if isinstance(error, Throttled | Unavailable):  # DTS itself has answered: the connection is a right one
                return client, Round(client, failed=True)
            await _close(client)
            return None, Round(None, failed=True)

    async def filter_shared_stream(self, stream: AsyncIterator[Round]) -> AsyncIterator[TriggerEvent]:
        """This wait's part of the shared poll."""
        not_before = time.time() + self.first_look
        _WAITING[self.shared_stream_key()] += 1
        try:
            yield self._event(await self._wait(stream, not_before))
        finally:
            _WAITING[self.shared_stream_key()] -= 1

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same wait with a poll of its own: ``dag.test()`` runs this."""
        account = await DtsHook(self.conn_id, self.region).aresolve()
        async with DtsClient(account, Watch(**self.watch).resource.version) as client:
            yield self._event(await self._wait(own_turns(client, self.interval), 0.0))

    async def _wait(self, turns: AsyncIterator[Round], not_before: float) -> Woken:
        watch = Watch(**self.watch)
        return await wait_until(watch, turns, deadline=self.deadline, not_before=not_before, logger=self.log)

    @staticmethod
    def _event(payload: Woken) -> TriggerEvent:
        return TriggerEvent(payload)

    async def on_kill(self) -> None:
        """The wait was ended; Airflow also calls this when no one did, so the real state decides."""
        job = Watch(**self.watch).resource.job
        job_id = self.watch["ids"][job.key]
        hook = DtsHook(self.conn_id, self.region)
        await act_on_trigger_kill(self.task_instance, hook, job, job_id, self.when_killed)
