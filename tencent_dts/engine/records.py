"""The record of a job: which run holds it, where it was bought, how it was last seen, and how it ended.

It is kept in one place that every run, the reaper and ``airflow tencent-dts forget`` can read: two Airflow variables
for each job. ``tencent_dts.job.<JobId>`` says who holds it, and is written only by whoever takes hold of it;
``tencent_dts.job.<JobId>.seen`` says how it was last seen and how it ended. They are apart because Airflow has no
"write if unchanged": whoever keeps what was seen must not write an older holder back. They hold nothing secret. A hold
that is written is read back: a write that was lost, or that another run has overtaken, is not believed.

Two rules hang on it. *One holder*: before each changing call the record is asked; a job that a living run holds is left
alone. *An ending is something seen*: a job that is not found has ended only where its ending was seen in an answer
before, or where our own order of it was accepted; anything else can be a connection that points elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings
from tencent_dts.engine import runs
from tencent_dts.engine.runs import GONE, Holder
from tencent_dts.errors import HolderUnknown
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Resource
from tencent_dts.times import in_utc

_Kept = TypeVar("_Kept")

KEY = "tencent_dts.job."
SEEN = ".seen"
_SECONDS_ISOLATED = 7 * 86400.0  # DTS shows an isolated job for so long; then it deletes it by itself
TEXT = "Which run holds this DTS job, and where it is. Kept by tencent_dts; nothing secret."
TEXT_SEEN = "How this DTS job was last seen, and how it ended. Kept by tencent_dts; nothing secret."


def jobs_of(keys: Iterable[str]) -> list[str]:
    """The ids of the jobs of which anything is kept, by the names of all variables that begin with :data:`KEY`."""
    return list(dict.fromkeys(key.removeprefix(KEY).removesuffix(SEEN) for key in keys))


@dataclass(frozen=True)
class Place:
    """Where a job lives, as far as a connection shows: its region, and the site (or emulator) of its endpoint.

    All regional hosts of one site are one place; the mainland site and the international site are two. The account is
    no part of it: keys rotate within an account, and none shows which account it belongs to.
    """

    region: str
    site: str

    @classmethod
    def of(cls, account: ClientSettings) -> Place:
        """The place that a client with these settings calls."""
        host = account.endpoint.lower().removesuffix(":443")
        if host.rpartition("tencentcloudapi.com")[1:] == ("tencentcloudapi.com", ""):
            intl = "intl." if "intl" in host.split(".") else ""
            host = f"dts.{intl}tencentcloudapi.com"
        return cls(account.region, host)

    def __str__(self) -> str:
        return f"region {self.region} of {self.site}"


def caller_of(account: ClientSettings) -> str:
    """Distinguishes users of the API without naming them; keys that a role or a provider lends are one."""
    user = account.role_arn or (account.secret_id if account.credentials == "static" else account.credentials)
    return hashlib.sha256(user.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Ending:
    """How a job ended.

    :param how: what was seen, or which order of ours was accepted.
    :param at: epoch seconds.
    :param status: the job's status at that time.
    :param ordered: our own order; otherwise an answer showed it.
    :param at_dts: the same time by the clock of DTS; 0 where that was not noted.
    :param for_good: it was deleted; otherwise isolated, and shown as that for days.
    :param ours: an order of ours led to it, although an answer has shown it since.
    :param by: of an order to which no answer came: who sent it, by :func:`caller_of`. "" for anything else.
    """

    how: str
    at: float
    status: str = ""
    ordered: bool = False
    at_dts: float = 0.0
    by: str = ""
    for_good: bool = False
    ours: bool = False

    def is_final(self, now: float) -> bool:
        """Whether the job is not there any more, as it was deleted, or is due to have been."""
        # The clock of the worker that noted it may have been days behind.
        return self.for_good or now >= max(self.at, self.at_dts) + _SECONDS_ISOLATED

    def __str__(self) -> str:
        return f"{self.how} ({in_utc(self.at)})"


@dataclass(frozen=True)
class Seen:
    """The latest look at a job.

    :param at: epoch seconds.
    :param at_dts: the same time by the clock of DTS.
    """

    resource: Resource
    item: Item
    at: float
    at_dts: float

    @property
    def in_words(self) -> str:
        """Its state, for people."""
        return self.resource.in_words(self.item)

    def ending_after(self, kept: Ending | None) -> Ending | None:
        """The ending that the look leaves: seen in it, kept from before, or refuted by it."""
        resource, item = self.resource, self.item
        if not resource.is_released(item):
            # What was ordered takes a while to show. A free job looks alive until it is gone, but not for ever.
            while_shown = settings.visible_within() if resource.vanishes(item) else settings.settle_time()
            return kept if kept is not None and kept.ordered and self._since(kept) < while_shown else None
        destroyed, for_good = resource.is_destroyed(item), kept is not None and kept.for_good
        if kept is not None and kept.by and not destroyed:  # it was to be deleted, and no answer came to that
            if self._since(kept) < settings.visible_within():
                return kept
            for_good = False
        how = f"seen as {resource.bill.name} {resource.bill.of(item)}" if resource.bill else "seen"
        ours = kept is not None and (kept.ordered or kept.ours)
        status, gone = resource.axis.of(item), destroyed or for_good
        seen = Ending(how, self.at, status, at_dts=self.at_dts, for_good=gone, ours=ours)
        return kept if kept is not None and not kept.ordered and kept.how == seen.how else seen

    def _since(self, kept: Ending) -> float:
        """Seconds from an order to the look; a worker's clock can be wrong, so both clocks must say so."""
        return min(self.at - kept.at, self.at_dts - kept.at_dts)


@dataclass(frozen=True)
class Record:
    """Who holds one job, and where it is.

    :param owners: the task instances that bought or adopted it, the latest last.
    :param holder: the one whose run acts on it now; a run that changes a job of another holds it, too.
    :param bought: epoch seconds when the latest owner ordered it; 0 where it was bought elsewhere.
    """

    owners: tuple[Holder, ...]
    holder: Holder
    place: Place
    bought: float = 0.0

    def dumps(self) -> str:
        """As the variable holds it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def loads(cls, text: str, key: str) -> Record:
        """Read it back.

        :raises HolderUnknown: something else was written there.
        """
        return _read_back(
            text,
            key,
            lambda kept: cls(
                owners=tuple(Holder(**owner) for owner in kept["owners"]),
                holder=Holder(**kept["holder"]),
                place=Place(**kept["place"]),
                bought=float(kept.get("bought", 0.0)),
            ),
        )


@dataclass(frozen=True)
class LastSeen:
    """How one job was last seen, and how it ended.

    :param place: where that was.
    :param seen: its state as it was last seen, at :attr:`seen_at`; "" where it never was.
    """

    place: Place
    seen: str = ""
    seen_at: float = 0.0
    ending: Ending | None = None

    def __str__(self) -> str:
        if not self.seen:
            return "never seen by this Airflow"
        return f"last seen in {self.place}, as {self.seen}, at {in_utc(self.seen_at)}"

    def dumps(self) -> str:
        """As the variable holds it."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def loads(cls, text: str, key: str) -> LastSeen:
        """Read it back.

        :raises HolderUnknown: something else was written there.
        """
        return _read_back(
            text,
            key,
            lambda kept: cls(
                place=Place(**kept["place"]),
                seen=str(kept["seen"]),
                seen_at=float(kept["seen_at"]),
                ending=Ending(**kept["ending"]) if kept["ending"] else None,
            ),
        )


def _read_back(text: str, key: str, build: Callable[[dict[str, Any]], _Kept]) -> _Kept:
    try:
        return build(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HolderUnknown(
            f"The Airflow variable {key} does not hold what this package keeps there",
            cause=type(error).__name__,
            next_step="It was edited by hand. The job's tags airflow-dag and airflow-run, in the console, name the "
            "run that bought the job: while another run than this one is alive on it, leave the job to that one. "
            f"Otherwise delete {key} under Admin > Variables, and clear this task: it writes the variable again.",
        ) from error


class Shelf(Protocol):
    """Where records are kept, and who knows about runs: Airflow, asked by a worker, a triggerer, or over REST."""

    async def get(self, key: str) -> str | None:
        """An Airflow variable; ``None`` where there is none."""

    async def put(self, key: str, value: str, description: str) -> None:
        """Write an Airflow variable."""

    async def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of a run, :data:`tencent_dts.engine.runs.GONE` where there is none."""


class AirflowShelf:
    """Airflow, as a worker or a triggerer asks it.

    :param ask: sends a question and awaits its answer; default: as a worker does.
    """

    def __init__(self, ask: Callable[[runs.Question], Awaitable[object]] | None = None) -> None:
        self._ask = ask or _ask_as_worker

    async def get(self, key: str) -> str | None:
        """See :class:`Shelf`."""
        return runs.variable(await self._ask(runs.get_variable(key)))

    async def put(self, key: str, value: str, description: str) -> None:
        """See :class:`Shelf`."""
        runs.answered(await self._ask(runs.put_variable(key, value, description)))

    async def run_state(self, dag_id: str, run_id: str) -> str:
        """See :class:`Shelf`."""
        try:
            return runs.named(runs.answered(await self._ask(runs.get_state(dag_id, run_id))).state)
        except runs.SILENCE as error:
            if runs.says_missing(error):
                return GONE
            raise


async def _ask_as_worker(question: runs.Question) -> object:
    return runs.ask(question)


def prune(now: float, *, older_than: float, at_most: int) -> list[str]:
    """Delete records of jobs that ended long ago; those of jobs whose end was not seen stay.

    From its record a cleared task of an old run knows that its job has ended, so it outlives the job by far.

    :param older_than: seconds since the ending.
    :param at_most: maximum number of records to look at, chosen at random: a later call looks at others.
    :returns: the ids of the jobs.
    :raises Exception: Airflow does not answer.
    """
    keys = [key for key in runs.keys_of(KEY) if key.endswith(SEEN)]
    done = []
    for key in random.sample(keys, min(at_most, len(keys))):
        text = runs.variable(runs.ask(runs.get_variable(key)))
        try:
            ending = LastSeen.loads(text, key).ending if text is not None else None
        except HolderUnknown:  # text that is not ours: not ours to delete
            continue
        if ending is not None and ending.at < now - older_than:
            runs.delete_variable(key.removesuffix(SEEN))  # first: what is left over then is found again by the other
            runs.delete_variable(key)
            done += jobs_of([key])
    return done
