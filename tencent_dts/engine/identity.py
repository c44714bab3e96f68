"""Buy exactly once: the name and tags that make a purchase findable, and the look-ups around it.

DTS has no client token, names are not unique, and the answer to a purchase can be lost. So every
purchase carries an identity computed from the task instance; it is looked up before buying, after an
unknown outcome for at least the settle time, and after buying.

API document: CreateMigrationService, DescribeMigrationJobs (TagFilters), CreateCompareTask, and their like for sync
jobs, for jobs of 2018 and for subscriptions.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tencent_dts import settings
from tencent_dts.api.answers import Fields, Request
from tencent_dts.api.client import DtsClient, backoff
from tencent_dts.engine.ledger import Ledger, Order, let_overtake, shown_orders
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import DtsError, OutcomesUnknown, OutcomeUnknown, Throttled, Unavailable
from tencent_dts.kinds.purchasable import JOB_NAME_LIMIT
from tencent_dts.model.answers import Item

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import TagItem
    from tencent_dts.spec.shapes.migration import DescribeMigrationJobsRequest


TAG_DEPLOYMENT = "airflow-deployment"
TAG_OWNER = "airflow-owner"
TAG_DAG = "airflow-dag"
TAG_RUN = "airflow-run"
TAG_TASK = "airflow-task"
TAG_GENERATION = "airflow-generation"

_LOOK_EVERY = 5.0
_TAG_VALUE_LIMIT = 255
_MAPPED = re.compile(r"(.+)\[(\d+)\]")


@dataclass(frozen=True)
class Identity:
    """Whose purchase it is: one task instance of one run of one DAG of one deployment."""

    deployment: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    @property
    def run_key(self) -> str:
        """Short hash of deployment, DAG, run and map index: what "of this run" means."""
        return _digest(self.deployment, self.dag_id, self.run_id, str(self.map_index))

    @property
    def owner(self) -> str:
        """Short hash of everything: what a purchase is found by."""
        return _digest(self.deployment, self.dag_id, self.run_id, str(self.map_index), self.task_id)

    def tags(self, generation: int) -> list[TagItem]:
        """The tags of a purchase; the readable ones are for people."""
        values = {
            TAG_DEPLOYMENT: self.deployment,
            TAG_OWNER: self.owner,
            TAG_DAG: self.dag_id,
            TAG_RUN: self.run_id,
            TAG_TASK: self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]",
            TAG_GENERATION: str(generation),
        }
        return [{"TagKey": key, "TagValue": _tag_value(value)} for key, value in values.items()]

    def job_name(self, title: str) -> str:
        """A JobName that begins with the hash, within the length that DTS allows."""
        return f"{self.owner}-{title}"[:JOB_NAME_LIMIT]

    def compare_name(self, attempt: int) -> str:
        """The TaskName of a compare task: of this run, this task, this attempt."""
        return f"{self.run_key}-{self.owner}-{attempt}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _tag_value(text: str) -> str:
    return re.sub(r"[^\w+\-=.:/@ \[\]]", "_", text)[:_TAG_VALUE_LIMIT]


def tags_of(item: Item) -> dict[str, str]:
    """A job's tags as a mapping."""
    tags: list[TagItem] = item.get("Tags") or []
    return {str(tag.get("TagKey")): tag.get("TagValue") or "" for tag in tags}


def tag_filter(key: str, value: str) -> DescribeMigrationJobsRequest:
    """The filter of a list call for one tag, as the lists of all kinds of jobs take it."""
    return {"TagFilters": [{"TagKey": key, "TagValue": [value]}]}


def tagged_holder(item: Item, deployment: str | None = None) -> Holder | None:
    """The task instance in a job's tags; ``None`` where they do not spell its ids as they are.

    A tag cannot hold every character: an id with one that it cannot hold was changed, and asking Airflow for the
    changed one would make a run that is alive look gone. The owner tag is a hash of the true ids, and shows that.

    :param deployment: whose tags are looked for; default: this one's.
    """
    tags = tags_of(item)
    holder = Holder(*(tags.get(name, "") for name in (TAG_DAG, TAG_RUN, TAG_TASK)))
    return holder if tags.get(TAG_OWNER) == owner_of(holder, deployment or settings.deployment()) else None


def owner_of(holder: Holder, deployment: str) -> str:
    """The owner hash of what a task instance buys."""
    mapped = _MAPPED.fullmatch(holder.task)
    task_id, index = (mapped[1], int(mapped[2])) if mapped else (holder.task, -1)
    return Identity(deployment, holder.dag_id, holder.run_id, task_id, index).owner


def traces_of_owner(owner: str) -> str:
    """What a person would find by in the console, whatever a task instance has bought.

    :param owner: its hash.
    """
    return f"a job whose name begins with {owner}-, or whose tag {TAG_OWNER} is {owner}"


def generation_of(item: Item) -> int:
    """The generation in a job's tags; 0 where it is not readable."""
    text = tags_of(item).get(TAG_GENERATION, "")
    return int(text) if text.isdigit() else 0


def by_age(items: Sequence[Item], key: str = "JobId") -> list[Item]:
    """Oldest first, ties by id: every worker sees the same order, so that all choose the same winner."""
    return sorted(items, key=lambda item: (str(item.get("CreateTime") or item.get("CreatedAt") or ""), item[key]))


class NotYet(Exception):
    """Something stands in the way of going on that time alone ends: one waits, and looks again.

    :param kept: the id to go on with; "" where one is created once the others have ended.
    """

    def __init__(self, why: str, kept: str) -> None:
        super().__init__(why)
        self.kept = kept


class NotEnded(NotYet):
    """What was found is not needed, and cannot be ended yet.

    :param busy: its ids.
    """

    def __init__(self, busy: Sequence[str], kept: str = "") -> None:
        super().__init__(f"{', '.join(busy)} cannot be ended yet", kept)
        self.busy = list(busy)


class NotShown(NotYet):
    """What an order of this task has made, or may have made, is not shown yet."""


class Creation(Protocol):
    """What differs between the things that are created exactly once."""

    action: str
    for_good: bool  # what it makes cannot be let go of again: no second one may come to be, not even for a moment
    doubtful_bill: str  # what orders may cost of which nothing is known, for errors

    async def find(self, client: DtsClient) -> list[Item]:
        """Everything that carries the identity, exactly compared."""

    async def choose(self, client: DtsClient, found: list[Item]) -> str | None:
        """The id to go on with, having dealt with any surplus; ``None`` where one must be created.

        :raises NotYet: what is not needed any more cannot be ended yet; nothing is created before it is.
        """

    def request(self) -> Request:
        """The creating request, name and tags included."""

    def created_id(self, answer: Fields) -> str:
        """The new id in the answer."""

    def ids_of(self, found: list[Item]) -> list[str]:
        """The ids of those found that an order in the ledger may have made, the oldest first."""

    def traces(self) -> str:
        """What a person would find it by in the console."""


async def create_once(client: DtsClient, creation: Creation, ledger: Ledger, note: Callable[[str], None]) -> str:
    """Find what was created before, or create it; never twice.

    :param ledger: where each order is written before it is sent, and not before a mere look-up: a refusal to take over
        what was found must not look like a memory of having created it.
    :param note: called with a line for each thing that was found and done.
    :returns: the id of the one that lives.
    :raises NotYet: something must end first.
    :raises OutcomesUnknown: one further order after an unknown outcome has had an unknown outcome, too.
    """
    give_up, throttled, settled_at = 0.0, 0, 0.0
    while True:
        if (chosen := await _chosen(client, creation, ledger)) is not None:
            note(f"{creation.action}: adopted {chosen}, which this task created before")
            return chosen
        settled_at = settled_at or time.monotonic() + settings.settle_time()
        # By the ledger's times, which another worker's clock may have written, and no longer than by this one's own.
        if (left := ledger.unsettled()) > 0 and time.monotonic() < settled_at:
            note(f"an earlier {creation.action} may still become visible; looking again")
            await asyncio.sleep(min(_LOOK_EVERY, settings.poll_interval(), max(0.1, left)))
            continue
        if ledger.is_exhausted():
            raise _unknown(creation, ledger)
        settled_at = 0.0
        if (order := await _announced(creation, ledger)) is None:
            note(f"another worker of this task orders {creation.action}; looking again")
            continue
        try:
            created = creation.created_id(await client.call(creation.action, creation.request()))
        except (Unavailable, OutcomeUnknown) as error:
            note(f"the outcome of {creation.action} is not known ({error.code}); looking it up")
            ledger.doubt(order, f"{error.code}, RequestId {error.request_id or 'not reported'}")
        except DtsError as error:
            ledger.refuse(order)  # nothing was created by this one, and nothing need be waited for
            give_up = give_up if throttled else time.monotonic() + settings.call_timeout()
            throttled += 1
            if not isinstance(error, Throttled) or time.monotonic() >= give_up:
                raise
            await asyncio.sleep(backoff(throttled))
        else:
            ledger.fulfil(order, created)
            return await _confirm(client, creation, ledger, created, note)


async def _chosen(client: DtsClient, creation: Creation, ledger: Ledger) -> str | None:
    """Look, and account for what is seen."""
    found = await creation.find(client)
    ledger.account(creation.ids_of(found))
    return await creation.choose(client, found)


async def _announced(creation: Creation, ledger: Ledger) -> Order | None:
    """Write down an order; ``None`` where another worker orders instead."""
    order = ledger.announce()
    if not creation.for_good:
        return order  # a surplus is found and let go of
    await let_overtake()
    if ledger.stands(order):
        return order
    ledger.refuse(order)
    return None


async def _confirm(
    client: DtsClient, creation: Creation, ledger: Ledger, created: str, note: Callable[[str], None]
) -> str:
    """Look again after creating, until the new one is visible: another worker may have created one, too."""
    note(f"{creation.action} answered {created}")
    settled_at = time.monotonic() + settings.settle_time()
    while True:
        found = await creation.find(client)
        ledger.account(creation.ids_of(found))
        visible = any(created in item.values() for item in found)
        if visible or time.monotonic() >= settled_at:
            return await creation.choose(client, found) or created
        await asyncio.sleep(min(_LOOK_EVERY, settings.poll_interval()))


def _unknown(creation: Creation, ledger: Ledger) -> OutcomesUnknown:
    unknown = ledger.unknown()
    return OutcomesUnknown(
        f"{creation.action} was sent {len(unknown)} times, and what came of it is not known; it is not sent again",
        cause=shown_orders(unknown),
        bill=creation.doubtful_bill,
        next_step=f"Look in the console for {creation.traces()}. Once one is there, or you are sure that none will "
        f"appear, clear this task: it goes on with one that is there, and otherwise sends {creation.action} once more.",
    )
