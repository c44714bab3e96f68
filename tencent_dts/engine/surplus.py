"""What a purchase has left behind beside the job that is kept: found by its identity, and let go where it is at rest.

API document: DescribeMigrationJobs (TagFilters, JobName), IsolateMigrateJob; and their like for sync jobs, for jobs of
2018 and for subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.converge import Guard, converge
from tencent_dts.engine.identity import TAG_OWNER, tag_filter, tags_of
from tencent_dts.engine.paging import read_jobs
from tencent_dts.engine.wording import state_of
from tencent_dts.errors import DtsProblem, IdentityConflict, Impossible
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item
from tencent_dts.model.resource import Statuses


async def find_owned(
    client: DtsClient, kind: Purchasable, owner: str, name: str, known: Collection[str] = (), *, by_name: bool = True
) -> tuple[list[Item], list[Item]]:
    """Every listed job that was bought under an identity, and every other one that carries its owner tag.

    Tags can be copied to a job of someone else, and can be taken off one of ours. So they lead to jobs, but what was
    bought under the identity is recognised by its name, which begins with the owner's hash, or by its id.

    :param name: what the identity names its jobs.
    :param known: ids of jobs of the identity, whatever their names are now.
    :param by_name: look for those that lost their tags, too, though the tags lead to one.
    :returns: those of the identity, and the others.
    """
    ours: dict[str, Item] = {}
    strangers: dict[str, Item] = {}
    for filters in (tag_filter(TAG_OWNER, owner), {kind.resource.title: name}):
        if ours and not by_name:
            break
        for item in await read_jobs(client, kind, filters):
            job_id = kind.id_of(item)
            if job_id in known or str(item.get(kind.resource.title) or "").startswith(f"{owner}-"):
                ours[job_id] = item
            elif tags_of(item).get(TAG_OWNER) == owner:
                strangers[job_id] = item
    return list(ours.values()), list(strangers.values())


def lookalike_note(kind: Purchasable, item: Item) -> str:
    """The line to log of a job that merely carries an identity's tags."""
    state = state_of(kind.resource, item)
    return f"{kind.id_of(item)} ({state}) carries the tags of this run, which did not buy it; it is left as it is"


def doubtful_bill(kind: Purchasable) -> str:
    """What orders may cost of which nothing is known, for errors."""
    if kind.resource.bill is None:
        return f"none; a {kind.resource.name} costs nothing, and stays until it is deleted"
    return f"not known; each of them that took effect has made a {kind.resource.name} that costs until it is isolated"


@dataclass(frozen=True)
class AtRest(Guard):
    """Guards the order that ends a job: nothing at work is ended by it, whatever it was at the first look.

    :param resting: statuses in which it may be ended; ``None``: in any.
    :param error: raised for one at work.
    :param what: what that error says happened.
    :param next_step: and what to do next.
    :param ask: also asked before each sending; raises to refuse it.
    """

    kind: Purchasable
    resting: Statuses | None
    error: type[DtsProblem]
    what: str
    next_step: str
    ask: Callable[[], object] | None = None

    async def gather(self, _client: DtsClient, _item: Item) -> None:
        """Ask once more what the job itself does not show."""
        if self.ask is not None:
            self.ask()

    def admit(self, item: Item) -> None:
        """Refuse one that is at work.

        :raises DtsProblem: it is; no one asked for that to be ended.
        """
        kind = self.kind
        if self.resting is not None and kind.resource.axis.of(item) not in self.resting:
            raise self.error(
                self.what,
                job_id=kind.id_of(item),
                state=state_of(kind.resource, item),
                next_step=self.next_step,
            )


def surplus_at_rest(kind: Purchasable, why: str) -> AtRest:
    """The guard of what is not needed any more: one that has started and has not ended is left to a person.

    :param why: what the error for one that runs says happened.
    """
    return AtRest(
        kind,
        kind.never_started | kind.ended | kind.succeeded,
        IdentityConflict,
        why,
        "Decide which one is wanted; stop and isolate the other by hand, then clear this task.",
    )


def wanted_at_rest(
    kind: Purchasable, next_step: str, *, even_if_running: bool, ask: Callable[[], object] | None = None
) -> AtRest:
    """The guard of what a person has asked to end.

    :param next_step: what to do about one at work.
    :param even_if_running: one at work was meant, too.
    """
    what = f"The job is at work; {kind.isolate.action} now would interrupt it"
    # What may be ended in every status that is known, as a subscription may, goes on costing in none that is not.
    at_any_time = even_if_running or kind.at_rest >= kind.resource.axis.known
    return AtRest(kind, None if at_any_time else kind.at_rest, Impossible, what, next_step, ask)


async def let_go(client: DtsClient, kind: Purchasable, item: Item, why: str, note: Callable[[str], None]) -> bool:
    """Isolate one job of ours, unless its bill has ended.

    :param why: for the error, should it be at work by then.
    :returns: whether that has taken hold; otherwise something of the job must end first.
    :raises IdentityConflict: it is.
    """
    if kind.resource.is_released(item):
        return True
    ids = {kind.resource.key: kind.id_of(item)}
    note(f"{kind.isolate.action}: {kind.id_of(item)} ({state_of(kind.resource, item)}) is not needed any more")
    outcome = await converge(client, kind.isolate, ids, ids, guard=surplus_at_rest(kind, why))
    # Another worker may have ordered it a moment ago.
    return outcome.settled or outcome.called or (outcome.item is not None and kind.resource.is_released(outcome.item))


async def isolate_surplus(
    client: DtsClient, kind: Purchasable, keep: str, found: list[Item], note: Callable[[str], None]
) -> list[str]:
    """Isolate every job of the same identity but the one whose id is ``keep``; returns the ids that cannot be yet.

    Those at work come last: they are left to a person, and must not keep the others from being isolated.

    :raises IdentityConflict: one of them runs; no one asked for that to be ended.
    """
    why = f"Two jobs of this run are alive; {keep} is kept, and this one is running"
    quiet = kind.never_started | kind.ended | kind.succeeded
    surplus = [i for i in found if kind.id_of(i) != keep and not kind.resource.is_released(i)]
    waiting = []
    for item in sorted(surplus, key=lambda each: kind.resource.axis.of(each) not in quiet):
        surplus_at_rest(kind, why).admit(item)
        if not await let_go(client, kind, item, why, note):
            waiting.append(kind.id_of(item))
    return waiting
