"""The base of the operators that end a job, and all else that its purchase has made.

API document: IsolateMigrateJob, IsolateSyncJob, IsolateSubscribe, DeleteMigrateJob.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, ClassVar

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.engine.converge import read
from tencent_dts.engine.identity import generation_of, traces_of_owner
from tencent_dts.engine.ledger import Order
from tencent_dts.engine.memory import Memory
from tencent_dts.engine.surplus import doubtful_bill, find_owned, isolate_surplus, lookalike_note
from tencent_dts.engine.waiting import Event, Watch
from tencent_dts.errors import IdentityConflict, OutcomesUnknown
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.model.answers import Item
from tencent_dts.tasks.gates.rest import TRACES, Resting, traces_of
from tencent_dts.tasks.going_on import come_back, pause_before
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.orders import Orders, Unseen, orders_of
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.times import in_utc

if TYPE_CHECKING:
    from airflow.sdk import Context


class ReleaseOperator(DtsOperator):
    """Ends a job at rest; once it has ended it, looks for whatever else its purchase may have bought.

    The job comes first, and the rest second: what is known to cost is ended before anything is waited for.
    """

    gates = (Resting(),)
    kind: ClassVar[Purchasable]
    even_if_running: object = False
    waiver: ClassVar[str] = ""  # said to whoever is refused, where a parameter orders it all the same
    _again = False

    def prepare(self, context: Context, account: ClientSettings) -> None:
        """Know what this run has ordered: nothing that a job carries can show that, as anyone can change it."""
        super().prepare(context, account)
        self._orders = orders_of(self, context, self.ids()[self.kind.resource.key], PurchaseTask)

    async def act(self, client: DtsClient, memory: Memory, event: Event) -> object:
        """End the job; then look until every order of its purchase is accounted for."""
        while True:
            done = await super().act(client, memory, event)
            if isinstance(done, Watch):
                return done
            self._again = await self._look_further(client, memory) and self.wait != "no"
            if not self._again or self.wait != "sync":
                return done
            await asyncio.sleep(pause_before(self, self.deadline_of(memory)))

    def finish(self, context: Context, account: ClientSettings, result: Any) -> object:
        """Come back where an order may still become visible."""
        if self._again:
            come_back(self, self.deadline_of(self.memory_of(context)))
        return super().finish(context, account, result)

    async def _look_further(self, client: DtsClient, memory: Memory) -> bool:
        """Isolate surplus; returns whether to look again, as some may become visible or cannot be isolated yet.

        :raises OutcomesUnknown: there are such, and the deadline has passed.
        """
        kept = self.ids()[self.kind.resource.key]
        orders = self._orders or await self._orders_of_another_run(client, memory, kept)
        if orders is None:
            return False
        ours, strangers = await find_owned(client, self.kind, orders.owner, orders.name, (kept, *orders.made))
        for item in strangers:
            self.log.warning("%s", lookalike_note(self.kind, item))
        # Remembered, for what is deleted by its end is in no list any more.
        recent = [self.kind.id_of(item) for item in ours if generation_of(item) >= orders.generation]
        seen = set(memory.get("seen_orders") or ()) | set(recent)
        memory.set("seen_orders", sorted(seen))
        busy = await isolate_surplus(client, self.kind, kept, ours, self.log.info)
        missing = orders.missing(len(seen - {kept, *orders.made}))
        unshown = self._may_show(missing, orders, memory)
        if busy and time.time() >= self.deadline_of(memory):
            raise IdentityConflict(
                "The run's own job has ended; whatever else was bought is not needed, and cannot be ended yet",
                job_id=", ".join(busy),
                next_step="Clear this task once nothing is under way in that job any more, such as its check. The task "
                "then ends it.",
            )
        return bool(busy) or unshown

    def _may_show(self, missing: list[Order], orders: Orders, memory: Memory) -> bool:
        """Whether something that orders may have made can still become visible.

        :raises OutcomesUnknown: it can, and the deadline has passed.
        """
        unseen = Unseen(missing, orders.owner)
        if not missing or not unseen.may_show(self.log):
            return False
        if time.time() >= self.deadline_of(memory):
            raise OutcomesUnknown(
                f"What {len(missing)} of this run's orders came to is not known, and may become visible until "
                f"{in_utc(unseen.until)}; the run's own job has ended",
                cause=unseen.in_words(),
                bill=doubtful_bill(self.kind),
                next_step=f"Look in the console for {traces_of_owner(orders.owner)}, and isolate it; or clear this "
                "task later, which looks again.",
            )
        self.log.info("orders that may still become visible: %s", unseen.in_words())
        return True

    async def _orders_of_another_run(self, client: DtsClient, memory: Memory, kept: str) -> Orders | None:
        """What the job itself shows of its purchase, or showed before its end; ``None`` where it shows nothing."""
        item: Item | None = await read(client, self.kind.resource, self.ids())
        traces = traces_of(self.kind, item) if item is not None else memory.get(TRACES)
        return Orders(kept, traces[0], traces[1], 0, [], []) if traces else None
