"""What a purchase hands on to the task that ends its job: whose orders there were, and of which nothing is known.

The task state store is each task's own; an XCom is what another task of the run can read.

API document: none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tencent_dts import settings
from tencent_dts.engine.identity import traces_of_owner
from tencent_dts.engine.ledger import Order, shown_orders
from tencent_dts.engine.waiting import Log
from tencent_dts.times import in_utc

if TYPE_CHECKING:
    from airflow.sdk import Context

    from tencent_dts.tasks.base import DtsTask

KEY = "orders"
_NOT_CARRIED_OUT = (
    "No list has shown a job of this order by %s, so it counts as not carried out: %s. To be sure, look in the console "
    "for %s"
)


@dataclass(frozen=True)
class Orders:
    """The orders of one purchase.

    :param job_id: the job that the run goes on with.
    :param owner: the hash of the purchase's identity.
    :param name: what it names its jobs.
    :param generation: the generation that it buys.
    :param made: ids of what its orders are known to have made.
    :param unknown: the orders of which nothing is known, as in :class:`tencent_dts.engine.ledger.Order`.
    """

    job_id: str
    owner: str
    name: str
    generation: int
    made: list[str]
    unknown: list[dict[str, Any]]

    def to_dict(self) -> dict[str, object]:
        """Plain data for an XCom."""
        return asdict(self)

    def missing(self, seen: int) -> list[Order]:
        """The orders of which nothing has been seen, the earliest first.

        :param seen: how many jobs of the present generation were seen that no order is known to have made. They are
            credited to the earliest orders since the last fresh start: an older order has made none of them.
        """
        every = [Order(**row) for row in self.unknown]
        past, present = ([order for order in every if order.past is past] for past in (True, False))
        return [*past, *present[seen:]]


@dataclass(frozen=True)
class Unseen:
    """Orders of which nothing has been seen, and which may have made something that no list shows yet.

    :param orders: one at least.
    :param owner: the hash of the purchase's identity.
    """

    orders: Sequence[Order]
    owner: str

    @property
    def until(self) -> float:
        """Epoch seconds until which what they may have made can become visible."""
        return max(order.at for order in self.orders) + settings.visible_within()

    def in_words(self) -> str:
        """What is known of each, for people."""
        return shown_orders(self.orders)

    def may_show(self, log: Log) -> bool:
        """Whether that time has not passed; once it has, the log says that they count as not carried out."""
        if time.time() < self.until:
            return True
        log.warning(_NOT_CARRIED_OUT, in_utc(self.until), self.in_words(), traces_of_owner(self.owner))
        return False


def orders_of(task: DtsTask, context: Context, job_id: str, buyer: type[Any]) -> Orders | None:
    """The orders of the purchase above this task that its job comes from; ``None`` where this run did not buy it.

    :param buyer: the class of the tasks that buy.
    """
    above = sorted(task.get_flat_relative_ids(upstream=True))  # none outside of a DAG
    every = task.dag.task_dict if above else {}
    buyers = [name for name in above if issubclass(getattr(every[name], "operator_class", type(every[name])), buyer)]
    ti = context["ti"]
    for index in dict.fromkeys((ti.map_index, -1)):  # a task that is not mapped may have bought for a mapped one
        for word in (ti.xcom_pull(task_ids=name, key=KEY, map_indexes=index) for name in buyers):
            if isinstance(word, Mapping) and word.get("job_id") == job_id:
                return Orders(**word)
    return None
