"""The ledger of what is created exactly once: each order, written down before it is sent, and what came of it.

An answer can be lost, a worker can die while it waits for one, and a list can lag behind. So an order whose outcome is
not known stays in the ledger until a job is seen that it may have made. While there is such an order, at most one more
is sent; then a person decides, by clearing the task.

API document: CreateMigrationService, CreateSyncJob, CreateMigrateJob, CreateSubscribe, CreateCompareTask.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from tencent_dts import settings
from tencent_dts.times import in_utc

_OVERTAKING = 2.0  # seconds that another worker may need between its look at what is kept and its own writing


async def let_overtake() -> None:
    """Pause between writing and reading back: of two workers that write at once, the one that wrote last goes on."""
    await asyncio.sleep(min(_OVERTAKING, settings.poll_interval()))


Mark = Mapping[str, int | None]
"""A try of a task, by which a later clear is told, see :meth:`tencent_dts.engine.memory.Memory.mark`."""


@dataclass(frozen=True)
class Order:
    """One creating call.

    :param key: distinguishes it from the others.
    :param at: epoch seconds when it was written down, right before it was sent.
    :param sign: by which a later clear of the task is recognised.
    :param further: it was sent while the outcome of an earlier one was not known.
    :param why: why its outcome is not known; "" where the worker died before it could say.
    :param doubted: epoch seconds when that was learned, which can be long after it was sent; 0 where it never was.
    :param made: the id of what it made; "" where that is not known.
    :param past: it was made before a fresh start, and is remembered for what it may have made.
    """

    key: str
    at: float
    sign: Mark
    further: bool
    why: str = ""
    doubted: float = 0.0
    made: str = ""
    past: bool = False

    def in_words(self) -> str:
        """When it was sent and what is known of it, for people."""
        found = f"it made {self.made}" if self.made else "nothing that it made was found"
        return f"ordered at {in_utc(self.at)}: {self.why or 'the worker ended before an answer came'}; {found}"


def shown_orders(orders: Iterable[Order]) -> str:
    """What is known of several, a line each, for people."""
    return "\n    ".join(order.in_words() for order in orders)


class Shelf(Protocol):
    """Where a ledger is kept; it survives retries and clears."""

    def read(self) -> Any:
        """What was written last, ``None`` where nothing was."""

    def write(self, value: object) -> None:
        """Keep a JSON value; ``None`` removes it."""


class Ledger:
    """The orders of one creation.

    :param shelf: where it is kept.
    :param sign: the present sign of a clear.
    :param cleared_since: whether the task was cleared since a sign was taken.
    """

    def __init__(self, shelf: Shelf, sign: Callable[[], Mark], cleared_since: Callable[[Mark], bool]) -> None:
        self._shelf = shelf
        self._sign = sign
        self._cleared_since = cleared_since

    def orders(self) -> list[Order]:
        """Every order that was not refused, in the order of sending."""
        return [Order(**row) for row in self._shelf.read() or []]

    def unknown(self) -> list[Order]:
        """Those that may have made something that was never seen."""
        return [order for order in self.orders() if not order.made]

    def announced(self) -> bool:
        """Whether anything was ordered, since the last fresh start, that was not refused."""
        return any(not order.past for order in self.orders())

    def made(self) -> list[str]:
        """The ids of what was made, as far as they are known."""
        return [order.made for order in self.orders() if order.made]

    def known(self) -> list[str]:
        """The ids of what was made since the last fresh start, the latest last."""
        return [order.made for order in self.orders() if order.made and not order.past]

    def fresh(self) -> str:
        """The id that the latest order made, while the lists may not show it yet; "" where there is none such."""
        made = [order for order in self.orders() if order.made and not order.past]
        return made[-1].made if made and time.time() < made[-1].at + settings.visible_within() else ""

    def pending_since(self) -> float | None:
        """Epoch seconds of the latest order whose outcome is not known, ``None`` where there is none."""
        return max((max(order.at, order.doubted) for order in self.unknown()), default=None)

    def unsettled(self) -> float:
        """Seconds for which what was ordered last may still become visible before another order is thought of."""
        since = self.pending_since()
        return 0.0 if since is None else since + settings.settle_time() - time.time()

    def is_exhausted(self) -> bool:
        """Whether the one further order after an unknown outcome has been sent since the task was last cleared."""
        return any(order.further and not self._cleared_since(order.sign) for order in self.unknown())

    def announce(self) -> Order:
        """Write down an order that is about to be sent."""
        order = Order(uuid.uuid4().hex, time.time(), self._sign(), further=bool(self.unknown()))
        self._keep([*self.orders(), order])
        return order

    def stands(self, order: Order) -> bool:
        """Whether it is the latest: another worker has written none since, nor in its place."""
        return [one.key for one in self.orders()][-1:] == [order.key]

    def doubt(self, order: Order, why: str) -> None:
        """No answer shows what became of it."""
        self._put(replace(order, why=why, doubted=time.time()))

    def refuse(self, order: Order) -> None:
        """It was refused, and made nothing. What is known of the others stays."""
        self._keep([one for one in self.orders() if one.key != order.key])

    def fulfil(self, order: Order, made: str) -> None:
        """It has made this."""
        self._put(replace(order, made=made))

    def account(self, seen: Iterable[str]) -> None:
        """What was seen was made by an order: the earliest since the last fresh start of which nothing is known.

        :param seen: ids of what was made since the last fresh start; no order from before it can have made one of them.
        """
        made = self.made()
        for one in seen:
            unknown = [order for order in self.unknown() if not order.past]
            if one not in made and unknown:
                self.fulfil(unknown[0], one)

    def forget(self) -> None:
        """Before a fresh start: only what may have been made and was never seen is remembered."""
        self._keep([replace(order, past=True) for order in self.unknown()])

    def _put(self, order: Order) -> None:
        """Another worker of this task may have written meanwhile, and not have seen this order."""
        others = self.orders()
        if all(one.key != order.key for one in others):
            self._keep([*others, order])
        else:
            self._keep([order if one.key == order.key else one for one in others])

    def _keep(self, orders: list[Order]) -> None:
        self._shelf.write([asdict(order) for order in orders] or None)


class Ledgers(Protocol):
    """What keeps the ledgers of a task: :class:`tencent_dts.engine.memory.Memory`."""

    def ledger(self, of: str = "") -> Ledger:
        """The ledger of one creation of this task; ``of`` distinguishes several."""
