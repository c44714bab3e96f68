"""A shop on a real server, and its client: what a migration is rehearsed with.

The statements that both families of databases understand are written here once; a family's own are in ``shop_mysql``
and its neighbours. Names are quoted by double quotes, which :meth:`Shop.connect` sees to.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self

from scripts.local import LOOPBACK
from tencent_dts.emulator.data.model import Server

DATABASE = "shop"
TABLES = ("customers", "orders", "order lines", "payments")
ROWS = 3000
"""Rows of a small shop."""
WRITES_AN_ORDER = 4
WRITES_A_SECOND = 200
_STRIDE = 7919  # a prime: orders and customers far from each other, the same in each rehearsal


class Shop(Protocol):
    """The shop's database on one server."""

    @property
    def server(self) -> Server:
        """The server, as the engine knows it."""

    @property
    def shell(self) -> str:
        """The command by which a person looks into it; no password stands in it."""

    def connect(self) -> Any:
        """Open a DB-API session with the shop's database; a transaction lasts until it is committed."""

    def fill(self, rows: int) -> None:
        """Make the database and its tables, and put rows into them, some of which are odd.

        A tenth of them are customers, three tenths orders (numbered from 1), six tenths lines of orders.
        """

    def filled(self) -> bool:
        """Return whether the database is there."""

    def drop(self) -> None:
        """Remove the database, where there is one."""

    def checksums(self) -> dict[str, int]:
        """Return what the server itself says of each table's rows."""

    def left(self) -> list[Any]:
        """Return what a migration has left on the server besides the shop."""


class Client:
    """A client that places orders, one transaction over three tables each, and changes older ones.

    It remembers what was acknowledged: ``placed`` are orders by their tokens, ``changed`` how often each order was
    changed. ``downtime``: seconds between the last write before a freeze and the first one after it, in all.
    ``before_freeze``: rows written until the latest freeze. ``rows``: of the shop when it was filled.
    """

    def __init__(self, rows: int = ROWS, writes_a_second: float = WRITES_A_SECOND) -> None:
        self.placed: dict[str, int] = {}
        self.changed: Counter[int] = Counter()
        self.downtime = 0.0
        self.before_freeze = 0
        self._latest = 0.0
        self._customers, self._orders = rows // 10, rows * 3 // 10
        self._interval = WRITES_AN_ORDER / writes_a_second
        self._frozen = threading.Event()
        self._shop: Shop | None = None
        self._thread: threading.Thread | None = None
        self._trouble: Exception | None = None

    @property
    def writes(self) -> int:
        """Rows that were written and acknowledged."""
        return WRITES_AN_ORDER * len(self.placed)

    @property
    def working(self) -> bool:
        """Whether it writes: what ended it otherwise is raised by :meth:`freeze`."""
        return self._thread is not None and self._thread.is_alive()

    def open(self, shop: Shop | None = None) -> None:
        """Write to a shop, or go on where it was frozen, until :meth:`freeze`."""
        if self._thread is not None:
            return
        self._shop = shop or self._shop
        self._frozen.clear()
        self._thread = threading.Thread(target=self._work, name="client of the shop", daemon=True)
        self._thread.start()

    def freeze(self) -> None:
        """Write no more; what was begun is acknowledged first. Raises what ended the client meanwhile."""
        self._frozen.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self.before_freeze = self.writes
        if self._trouble is not None:
            raise self._trouble

    def _work(self) -> None:
        try:
            self._place_orders()
        except Exception as error:  # noqa: BLE001 - of whatever class: raised in a thread, only freeze() can raise it
            self._trouble = error

    def _place_orders(self) -> None:
        if self._shop is None:
            raise RuntimeError("the client was opened without a shop")
        with closing(self._shop.connect()) as connection, closing(connection.cursor()) as cursor:
            due, first = time.monotonic(), True
            while not self._frozen.wait(max(0.0, due - time.monotonic())):
                # After a slow moment it makes up for a second, not for more.
                due = max(due + self._interval, time.monotonic() - 1)
                self._place(connection, cursor, opening=first)
                first = False

    def _place(self, connection: Any, cursor: Any, *, opening: bool) -> None:
        number = len(self.placed)
        token = f"order {number} of the client"
        changed, customer = 1 + number * _STRIDE % self._orders, 1 + number * _STRIDE % self._customers
        cursor.execute("INSERT INTO orders (customer, amount) VALUES (%s, 5) RETURNING id", (customer,))
        order = cursor.fetchone()[0]
        cursor.execute("INSERT INTO \"order lines\" VALUES (%s, 1, 'new', NULL)", (order,))
        cursor.execute("INSERT INTO payments VALUES (%s, %s, 5)", (token, order))
        cursor.execute("UPDATE orders SET changes = changes + 1 WHERE id = %s", (changed,))
        connection.commit()
        self.placed[token] = order
        self.changed[changed] += 1
        if opening and self._latest:
            self.downtime += time.monotonic() - self._latest
        self._latest = time.monotonic()


def lost(shop: Shop, client: Client) -> list[str]:
    """Return the acknowledged writes that a shop does not have, or has twice."""
    with closing(shop.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(
            'SELECT p.token, o.id FROM payments p JOIN orders o ON o.id = p."order" '
            'JOIN "order lines" l ON l."order" = o.id AND l."line.no" = 1'
        )
        there = dict(cursor.fetchall())
        cursor.execute("SELECT id, changes FROM orders WHERE changes <> 0")
        changes = dict(cursor.fetchall())
    missing = [f"order {order} ({token})" for token, order in client.placed.items() if there.get(token) != order]
    orders = sorted({*changes, *client.changed})
    return missing + [
        f"order {order} was changed {client.changed[order]} times and shows {changes.get(order, 0)}"
        for order in orders
        if changes.get(order, 0) != client.changed[order]
    ]


class Admin:
    """The shop's switch, as the guide's example of a freeze uses it: ``PUT /writes {"allowed": false}``.

    It answers when the last open order is written. ``connection`` is the Airflow connection that leads to it.
    """

    def __init__(self, client: Client) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                """Open or freeze the shop."""
                wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                (client.open if wanted["allowed"] else client.freeze)()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object, **__: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.connection = {"conn_type": "http", "host": LOOPBACK, "port": self._server.server_address[1]}
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
