"""A shop on a real server: tables of its own, thousands of rows, and a client that goes on writing."""

from __future__ import annotations

import random
import threading
from typing import Any

from scripts.mariadb import MariaDbServer

ROWS = 3000
_TABLES = (
    "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80), note TEXT, seen TIMESTAMP NULL)",
    "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL, amount DECIMAL(12,2) NOT NULL, "
    "paid JSON, FOREIGN KEY (customer) REFERENCES customers (id))",
    "CREATE TABLE `order lines` (`order` INT, `line.no` INT, item VARCHAR(40) NOT NULL, picture BLOB, "
    "PRIMARY KEY (`order`, `line.no`), FOREIGN KEY (`order`) REFERENCES orders (id))",
    "CREATE TABLE payments (token VARCHAR(40) PRIMARY KEY, `order` INT NOT NULL, amount DECIMAL(12,2) NOT NULL)",
)


def fill(server: MariaDbServer, database: str = "shop", rows: int = ROWS) -> None:
    """Make the shop's tables and put rows into them, of which some are odd."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4")
        cursor.execute(f"USE `{database}`")
        for statement in _TABLES:
            cursor.execute(statement)
        customers = [
            (number, f"Customer {number} \U0001f6d2 ", ("", None, "it's  ")[number % 3], "2026-03-29 02:30:00")
            for number in range(1, rows // 3 + 1)
        ]
        cursor.executemany("INSERT INTO customers VALUES (%s, %s, %s, %s)", customers)
        orders = [(1 + number % len(customers), number / 7, '{"by": "card"}') for number in range(rows)]
        cursor.executemany("INSERT INTO orders (customer, amount, paid) VALUES (%s, %s, %s)", orders)
        lines = [(1 + number, 1, f"item {number}", bytes([0, number % 256, 39])) for number in range(rows)]
        cursor.executemany("INSERT INTO `order lines` VALUES (%s, %s, %s, %s)", lines)


class Client(threading.Thread):
    """A client of the shop that places orders until it is frozen; ``placed`` are those that were acknowledged."""

    def __init__(self, server: MariaDbServer, database: str = "shop") -> None:
        super().__init__(daemon=True)
        self._server, self._database = server, database
        self._frozen = threading.Event()
        self.placed: dict[str, int] = {}

    def run(self) -> None:
        """Place orders, one transaction over three tables each, and change older ones."""
        chance = random.Random(1)
        connection: Any = self._server.connect(database=self._database)
        with connection, connection.cursor() as cursor:
            while not self._frozen.wait(0.004):
                token = f"{len(self.placed)}-{chance.random()}"
                connection.begin()
                cursor.execute("INSERT INTO orders (customer, amount) VALUES (%s, 5)", (chance.randint(1, ROWS // 3),))
                order = cursor.lastrowid
                cursor.execute("INSERT INTO `order lines` VALUES (%s, 1, 'new', NULL)", (order,))
                cursor.execute("INSERT INTO payments VALUES (%s, %s, 5)", (token, order))
                cursor.execute("UPDATE orders SET amount = amount + 1 WHERE id = %s", (chance.randint(1, ROWS),))
                connection.commit()
                self.placed[token] = order

    def freeze(self) -> None:
        """Write no more; what was begun is acknowledged first."""
        self._frozen.set()
        self.join()


def missing(server: MariaDbServer, placed: dict[str, int], database: str = "shop") -> list[str]:
    """The acknowledged orders that a server does not have, with their line and their payment."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.token, o.id FROM `{database}`.payments p JOIN `{database}`.orders o ON o.id = p.`order` "
            f"JOIN `{database}`.`order lines` l ON l.`order` = o.id"
        )
        there = dict(cursor.fetchall())
    return [token for token, order in placed.items() if there.get(token) != order]


def checksums(server: MariaDbServer, database: str = "shop") -> dict[str, int]:
    """What the server itself says of each table's rows."""
    names = ("customers", "orders", "order lines", "payments")
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CHECKSUM TABLE " + ", ".join(f"`{database}`.`{name}`" for name in names))
        return dict(cursor.fetchall())


def replications(server: MariaDbServer) -> list[Any]:
    """What a server replicates, and what the copy has written to it besides the shop."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW ALL SLAVES STATUS")
        found = list(cursor.fetchall())
        cursor.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '\\\\_\\\\_%'")
        return found + list(cursor.fetchall())
