"""What every purchase does: adopt what this task bought before, or a job given by its id, or buy exactly once.

API document: CreateMigrationService, CreateSyncJob, CreateMigrateJob, CreateSubscribe.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import XComArg

from tencent_dts.api.answers import Request
from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import NotEnded, NotShown, NotYet, create_once
from tencent_dts.engine.ledger import Ledger
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.purchases import JobPurchase
from tencent_dts.engine.records import Place
from tencent_dts.engine.waiting import Event
from tencent_dts.engine.wording import elsewhere, state_of
from tencent_dts.errors import DeadlinePassed, IdentityConflict, InvalidInput, NotShownYet
from tencent_dts.kinds.planning import AnyPlan, LinkOrder, valid_title
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item
from tencent_dts.sizes import check_choice
from tencent_dts.tasks.base import DtsTask, show_link
from tencent_dts.tasks.going_on import come_back, pause_before
from tencent_dts.tasks.in_line import InLine, NotInTurn, Turn
from tencent_dts.tasks.orders import KEY, Orders, Unseen
from tencent_dts.tasks.planned import configuration_of, refuse_adoption
from tencent_dts.templated import rendered
from tencent_dts.times import in_utc

if TYPE_CHECKING:
    from airflow.sdk import Context


class PurchaseTask(DtsTask):
    """Base of the operators that buy or create a job: a subclass names the kind and fills in the order.

    :param job_title: readable part of its name.
    :param existing_job_id: adopt this one, bought elsewhere, instead of buying one.
    :param configuration: the plan of the run, which an adopted job must keep; default: nothing is compared.
    :param in_line: of a member of a fleet: where it stands in the line, so that it buys when its turn has come.
    """

    on_clear = "looks for the job of this task first, and buys one only where there is none"
    kind: ClassVar[Purchasable]
    begins_again = True  # each order is in the ledger before it is sent: whatever leg is next finds what it made
    adds_fields: ClassVar[tuple[str, ...]] = ("job_title", "existing_job_id", "configuration")
    json_fields: ClassVar[tuple[str, ...]] = ("configuration",)

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in vars(cls):
            cls.resource = cls.kind.resource

    def __init__(
        self,
        *,
        job_title: str | XComArg = "airflow",
        existing_job_id: str | XComArg | None = None,
        configuration: AnyPlan | XComArg | None = None,
        in_line: InLine | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.in_line = in_line
        self.job_title = rendered(job_title)
        self.existing_job_id = rendered(existing_job_id)
        self.configuration = rendered(configuration)

    @abstractmethod
    def order(self) -> Request:
        """The request of the purchase, without count, name and tags; checked while nothing has been bought."""

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Check the order."""
        self._ti = context["ti"]
        self._turn = Turn(self.in_line, context["ti"], self.lifecycle) if self.in_line else None
        self._order = self.order()
        adopted = self.existing_job_id if self.configuration else None
        self._asked = configuration_of(self.resource, adopted, self.configuration or {}) if adopted else {}

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> str | NotYet:
        """Adopt or buy; or say what must end first.

        :raises DeadlinePassed: that has not ended in time.
        """
        self._event = event
        with self._turn.held(memory) if self._turn else nullcontext():
            return await self._until_bought(client, memory)

    async def _until_bought(self, client: DtsClient, memory: Memory) -> str | NotYet:
        deadline = self.deadline_of(memory)
        ledger = memory.ledger()  # of the task: once there is a job, the memory is that job's
        while True:
            try:
                job_id = await self._adopt_or_buy(client, memory)
                self._await_the_unseen(ledger, job_id)
            except NotYet as blocked:
                if self.wait == "no" and blocked.kept and not self.kind.lives_on:
                    return blocked.kept  # the task that ends the job looks for the others once more
                if self.wait == "no" or time.time() >= deadline:
                    raise self._still_there(blocked) from None
                if self.wait == "defer":
                    return blocked
            else:
                return job_id
            await asyncio.sleep(pause_before(self, deadline))

    def _await_the_unseen(self, ledger: Ledger, job_id: str) -> None:
        """No later task looks for a second link or subscription that an unanswered order may have made.

        :raises NotShown: one may still become visible.
        """
        unknown = ledger.unknown() if self.kind.lives_on and not self.existing_job_id else []
        unseen = Unseen(unknown, self.identity.owner)
        if unknown and unseen.may_show(self.log):
            until = in_utc(unseen.until)
            raise NotShown(f"{unseen.in_words()}; what it may have made can become visible until {until}", job_id)

    async def _adopt_or_buy(self, client: DtsClient, memory: Memory) -> str:
        kept = memory.purchased() or ""
        await self._refuse_elsewhere(memory, kept)
        if kept and await self._is_over(client, kept):
            return kept
        if self.existing_job_id:
            job_id = await self._adopt(client, self.existing_job_id)
            memory.remember_purchase(job_id)
            return job_id
        return await self._buy(client, memory)

    async def _buy(self, client: DtsClient, memory: Memory) -> str:
        try:
            job_id = await create_once(client, self._purchase(memory), memory.ledger(), self.log.info)
        except NotYet as blocked:
            if blocked.kept:  # it is this run's from now on, whatever becomes of the others
                await self._own(memory, blocked.kept)
            raise
        await self._own(memory, job_id)
        return job_id

    async def _own(self, memory: Memory, job_id: str) -> None:
        """Remembered before anything that takes time: another worker of this task keeps the one that is remembered."""
        ordered = next((order.at for order in memory.ledger().orders() if order.made == job_id), 0.0)
        memory.remember_purchase(job_id)
        await self._book.own(self.resource, job_id, {}, bought=ordered)

    def _still_there(self, blocked: NotYet) -> DeadlinePassed:
        if isinstance(blocked, NotInTurn):
            return blocked.too_late(self.patience())
        if not isinstance(blocked, NotEnded):
            return DeadlinePassed(
                f"This run goes on with {blocked.kept}; it is not known what another of its orders has made",
                job_id=blocked.kept,
                cause=str(blocked),
                next_step="Clear this task later: it looks again, and ends a job that is not needed.",
            )
        ends = f"{self.kind.isolate.action} is not possible yet"
        what = (
            f"This run goes on with {blocked.kept}; whatever else was bought is not needed, and {ends}"
            if blocked.kept
            else f"This run's earlier job has ended badly and makes way for another one, but {ends}; nothing is bought"
        )
        return DeadlinePassed(
            what,
            job_id=", ".join(blocked.busy),
            next_step="Clear this task once nothing is under way in that job any more, such as its check, its stop or "
            "a change of its class. The task then ends it and goes on.",
        )

    async def _refuse_elsewhere(self, memory: Memory, kept: str) -> None:
        """A job that was bought, or may have been, in another place is not bought here a second time."""
        here, place = self._book.place, memory.place()
        if kept:
            await self._book.begin(kept)
        if (kept or memory.announced()) and place and Place(**place) != here:
            bill = f"not known; what was bought in {Place(**place)} goes on costing until it is isolated there"
            raise elsewhere(here, Place(**place), job_id=kept or None, bill=bill)
        memory.remember_place(asdict(here))

    def finish(self, context: Context, account: ClientSettings, result: str | NotYet) -> str:
        """Show id and link as soon as there is a job, and hand on what the run's last word must know of the orders.

        Where something must end first, wait for that without a worker.
        """
        if isinstance(result, NotYet):
            self.log.info("%s; looking again", result)
            if isinstance(result, NotInTurn):
                result.turn.wait(self, self._event, self.deadline_of(self.memory_of(context)), self.interval())
            if result.kept:
                show_link(self, context, account, result.kept)
            come_back(self, self.deadline_of(self.memory_of(context)))
        show_link(self, context, account, result)
        memory = self.memory_of(context)
        purchase = self._purchase(memory)
        ledger = memory.ledger()
        unknown = [asdict(order) for order in ledger.unknown()]
        orders = Orders(result, self.identity.owner, purchase.name(), memory.generation(), ledger.made(), unknown)
        context["ti"].xcom_push(key=KEY, value=orders.to_dict())
        return result

    def _purchase(self, memory: Memory) -> JobPurchase:
        return JobPurchase(
            kind=self.kind,
            identity=self.identity,
            order=self._order,
            title=valid_title(self.job_title),
            bought_before=memory.announced() or memory.purchased() is not None,
            generation=memory.generation(),
            remembered=memory.purchased,
            made=lambda: memory.ledger().known(),
            fresh=lambda: memory.ledger().fresh(),
            **({"turn": partial(self._turn.take, memory)} if self._turn else {}),
            note=self.log.info,
        )

    async def _read(self, client: DtsClient, job_id: str) -> Item | None:
        item: Item | None = await read(client, self.resource, {self.resource.key: job_id})
        return item

    async def _is_over(self, client: DtsClient, job_id: str) -> bool:
        """Whether the job is gone, or was ended on purpose, and its run done: cleared alone, nothing is left to do.

        :raises IdentityConflict: later tasks were cleared, too, and have no job left to look at.
        """
        try:
            item = await self._read(client, job_id)
        except NotShownYet:  # it was bought a moment ago, and cannot have ended
            return False
        retired = self.kind.is_retired(item)
        if not self.kind.is_lost(item) and not retired:
            return False
        later = sorted(self.get_flat_relative_ids(upstream=False))
        run_id, index = self._ti.run_id, self._ti.map_index
        # Of a mapped run only its own index counts: the others have jobs of their own.
        of_index = index if index is not None and index >= 0 else None
        states = self._ti.get_task_states(self._ti.dag_id, map_index=of_index, task_ids=later, run_ids=[run_id])
        if later and set(states.get(run_id, {}).values()) == {"success"}:
            self.log.warning("job %s has ended and its run is done; nothing is bought", job_id)
            return True
        if not retired and self._has_served(job_id, later):  # one that was retired is met again by the purchase
            raise IdentityConflict(
                "The job of this run has succeeded, and is gone; nothing is bought",
                job_id=job_id,
                state=state_of(self.resource, item),
                next_step="Its work is done: mark this run as success, unless its parameters were changed since. For "
                "anything else, trigger a new run.",
            )
        return False

    def _has_served(self, job_id: str, later: list[str]) -> bool:
        """What later tasks returned, which a clear keeps until they run again, says so."""
        reported = self._ti.xcom_pull(task_ids=later, map_indexes=self._ti.map_index) if later else []
        key, status = self.resource.key, self.resource.axis.name
        return any(
            isinstance(word, Mapping) and word.get(key) == job_id and word.get(status) in self.kind.accomplished
            for word in reported
        )

    async def _adopt(self, client: DtsClient, job_id: str) -> str:
        await self._book.begin(job_id)
        item = await self._read(client, job_id)
        if item is None:
            raise InvalidInput("existing_job_id", "the job has ended, and is not there any more; name another", job_id)
        await self._book.refuse_other(self.resource, job_id, item)
        if self.resource.is_released(item) and self.resource.axis.of(item) not in self.kind.succeeded:
            recover = self.resource.recover
            fix = f"Order {recover} first." if recover else "It cannot be taken out of isolation; buy another."
            raise self._conflict(job_id, item, "The job is isolated", fix)
        if self._asked:
            refuse_adoption(self.resource, item, self._order, self._asked)
        await self._book.own(self.resource, job_id, item)
        self.log.info("adopted %s (%s)", job_id, state_of(self.resource, item))
        return job_id

    def _conflict(self, job_id: str, item: Item, what: str, next_step: str) -> IdentityConflict:
        return IdentityConflict(
            f"{what}; it was not adopted",
            job_id=job_id,
            state=state_of(self.resource, item),
            next_step=f"{next_step} Then clear this task.",
        )


class LinkPurchaseTask(PurchaseTask):
    """Base of the operators that buy a job between two databases.

    :param src_database_type: as ``mysql``; it cannot be changed after the purchase.
    :param dst_database_type: as ``cynosdbmysql``.
    :param src_region: region of the source, as ``ap-guangzhou``.
    :param dst_region: region of the target; the job is bought there.
    :param instance_class: one that the kind of job has.
    """

    adds_fields: ClassVar[tuple[str, ...]] = (
        *("src_database_type", "dst_database_type", "src_region", "dst_region", "instance_class"),
    )
    instance_classes: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        *,
        src_database_type: str | XComArg,
        dst_database_type: str | XComArg,
        src_region: str | XComArg,
        dst_region: str | XComArg,
        instance_class: str | XComArg,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("region", dst_region)  # the job is bought, and found, in the target's region
        super().__init__(**kwargs)
        self.src_database_type = rendered(src_database_type)
        self.dst_database_type = rendered(dst_database_type)
        self.src_region = rendered(src_region)
        self.dst_region = rendered(dst_region)
        self.instance_class = rendered(instance_class)

    def link(self) -> LinkOrder:
        """Databases, regions and class, by the names of the parameters.

        :raises InvalidInput: there is no such class.
        """
        check_choice("instance_class", self.instance_class, self.instance_classes)
        return {
            "src_database_type": self.src_database_type,
            "src_region": self.src_region,
            "dst_database_type": self.dst_database_type,
            "dst_region": self.dst_region,
            "instance_class": self.instance_class,
        }
