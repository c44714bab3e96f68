"""What a kind of job that is bought or created is, as far as its purchase and its end are concerned.

API document: CreateMigrationService, DescribeMigrationJobs, IsolateMigrateJob; and their like for sync jobs, for jobs
of 2018 and for subscriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tencent_dts.model.answers import Item
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource

JOB_NAME_LIMIT = 128


@dataclass(frozen=True)
class Purchasable:
    """A kind of job that is bought or created: how, and how it is listed and let go.

    :param isolate: what ends its bill, or deletes it where it has none.
    :param ids: name of the new id, or of the list of new ids, in the answer to the purchase.
    :param never_started: statuses of a job that holds nothing but a bill.
    :param ended: statuses of a job that makes way for the next generation.
    :param succeeded: statuses of a job whose work is done.
    :param accomplished: statuses that later tasks return once the job has served its purpose; should it be gone then,
        no other is bought.
    :param at_rest: statuses in which isolating it interrupts nothing.
    :param stop: the actions that bring it to rest, for errors.
    :param name_field: the field of the purchase request that names it.
    :param counted: whether the purchase request says how many.
    :param lists: filters that together list every job, where one list does not.
    :param retired: values of its bill that say that it was ended on purpose: no other is bought in its place.
    :param longest: characters that its name may have.
    :param lives_on: it outlives its run, and no task after the purchase looks for what else there is.
    """

    action: str
    resource: Resource
    isolate: Operation
    ids: str
    never_started: frozenset[str]
    ended: frozenset[str]
    succeeded: frozenset[str]
    accomplished: frozenset[str]
    at_rest: frozenset[str]
    stop: str
    name_field: str = "JobName"
    counted: bool = True
    lists: tuple[Mapping[str, object], ...] = ({},)
    retired: frozenset[str] = frozenset()
    longest: int = JOB_NAME_LIMIT
    lives_on: bool = False

    def id_of(self, item: Item) -> str:
        """The id of a listed job."""
        return str(item[self.resource.key])

    def is_lost(self, item: Item | None) -> bool:
        """Whether a job is gone, or going, without having succeeded."""
        if item is None:
            return True
        lost = self.resource.is_destroyed(item) and not self.is_retired(item)
        return lost and self.resource.axis.of(item) not in self.succeeded

    def is_retired(self, item: Item | None) -> bool:
        """Whether a job was ended on purpose, whatever its status says."""
        bill = self.resource.bill
        return item is not None and bill is not None and bill.of(item) in self.retired
