"""The shop on a MariaDB server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts import mariadb
from scripts.shop import DATABASE, TABLES
from tencent_dts.emulator.data.model import Server

_TABLES = (
    "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80), note TEXT, seen TIMESTAMP NULL)",
    "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL, amount DECIMAL(12,2) NOT NULL, "
    "paid JSON, changes INT NOT NULL DEFAULT 0, FOREIGN KEY (customer) REFERENCES customers (id))",
    "CREATE TABLE `order lines` (`order` INT, `line.no` INT, item VARCHAR(40) NOT NULL, picture BLOB, "
    "PRIMARY KEY (`order`, `line.no`), FOREIGN KEY (`order`) REFERENCES orders (id))",
    "CREATE TABLE payments (token VARCHAR(40) PRIMARY KEY, `order` INT NOT NULL, amount DECIMAL(12,2) NOT NULL)",
)


class MariaDbShop:
    """See :class:`scripts.shop.Shop`."""

    def __init__(self, running: mariadb.MariaDbServer) -> None:
        self.running = running

    @property
    def server(self) -> Server:
        """The server, as the engine knows it."""
        return self.running.server

    @property
    def shell(self) -> str:
        """See :meth:`Shop.shell`."""
        return f"mariadb --defaults-file={self.running.login} {DATABASE}"

    def connect(self) -> Any:
        """See :meth:`Shop.connect`."""
        connection = self.running.connect(DATABASE)
        connection.autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',ANSI_QUOTES')")
        return connection

    def fill(self, rows: int) -> None:
        """See :meth:`Shop.fill`."""
        customers, orders = rows // 10, rows * 3 // 10
        self.running.execute(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
            f"USE {DATABASE}",
            *_TABLES,
            "INSERT INTO customers SELECT seq, CONCAT('Customer ', seq, ' \U0001f6d2 '), "
            f"ELT(1 + seq % 3, '', NULL, 'it''s  '), '2026-03-29 02:30:00' FROM seq_1_to_{customers}",
            "INSERT INTO orders (id, customer, amount, paid) "
            f'SELECT seq, 1 + seq % {customers}, seq / 7, \'{{"by": "card"}}\' FROM seq_1_to_{orders}',
            *(
                f"INSERT INTO `order lines` SELECT seq, {line}, CONCAT('item ', seq), CHAR(0, seq % 256, 39) "
                f"FROM seq_1_to_{orders}"
                for line in (1, 2)
            ),
        )

    def filled(self) -> bool:
        """See :meth:`Shop.filled`."""
        return bool(self.running.execute(f"SHOW DATABASES LIKE '{DATABASE}'"))

    def drop(self) -> None:
        """See :meth:`Shop.drop`."""
        self.running.execute(f"DROP DATABASE IF EXISTS {DATABASE}")

    def checksums(self) -> dict[str, int]:
        """See :meth:`Shop.checksums`."""
        names = ", ".join(f"`{DATABASE}`.`{name}`" for name in TABLES)
        return dict(self.running.execute(f"CHECKSUM TABLE {names}"))

    def left(self) -> list[Any]:
        """See :meth:`Shop.left`."""
        marks = "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '__tencentdb__'"
        return [*self.running.execute("SHOW ALL SLAVES STATUS"), *self.running.execute(marks)]


@contextlib.contextmanager
def shops(folder: Path | None = None) -> Iterator[list[MariaDbShop]]:
    """Run a source and a target while the body of ``with`` runs: both empty, or what ``folder`` keeps of them."""
    with mariadb.servers(folder=folder) as started:
        yield [MariaDbShop(server) for server in started]
