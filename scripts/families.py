"""The families of databases that migrations are rehearsed with: their servers, and what jobs and Airflow call them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.local import LOOPBACK, example_connections
from scripts.shop import Shop
from tencent_dts.emulator.data.model import Server


@dataclass(frozen=True)
class Family:
    """What differs between the families.

    ``name`` is DTS's; ``connection_type``: of the Airflow connections; ``product``: what runs here. ``host`` and
    ``port`` are what jobs call the source, ``instance`` the target. ``lacking`` says what is to be installed, "" when
    nothing is. ``shops`` runs a source and a target while the body of ``with`` runs: both empty, or what a folder
    keeps of them.
    """

    name: str
    connection_type: str
    product: str
    host: str
    port: int
    instance: str
    lacking: Callable[[], str]
    shops: Callable[[Path | None], AbstractContextManager[Sequence[Shop]]]

    @property
    def connection_ids(self) -> tuple[str, str]:
        """The Airflow connections of source and target."""
        return f"source_{self.connection_type}", f"target_{self.connection_type}"

    def named(self, shops: Sequence[Shop]) -> dict[str, Server]:
        """Return the source's and the target's server by what jobs call them."""
        return {f"{self.host}:{self.port}": shops[0].server, self.instance: shops[1].server}

    def connections(self, shops: Sequence[Shop]) -> dict[str, dict[str, Any]]:
        """Return the Airflow connections of source and target, which lead to them only through the emulator."""
        like = example_connections(LOOPBACK, 0)
        examples = like["source_mysql"] | {"host": self.host, "port": self.port}, like["target_mysql"]
        examples[1]["extra"]["instance_id"] = self.instance
        return {
            conn_id: example
            | {"conn_type": self.connection_type, "login": shop.server.account.user}
            | {"password": shop.server.account.password}
            for conn_id, example, shop in zip(self.connection_ids, examples, shops, strict=True)
        }


def _mysql() -> Family:
    from scripts import mariadb, shop_mysql

    return Family("mysql", "mysql", "MariaDB", "203.0.113.5", 3306, "cdb-copyapgu", mariadb.lacking, shop_mysql.shops)


def _postgresql() -> Family:
    from scripts import postgresql, shop_postgresql

    names_ = ("postgresql", "postgres", "PostgreSQL", "203.0.113.6", 5432, "postgres-copyapgu")
    return Family(*names_, postgresql.lacking, shop_postgresql.shops)


_FAMILIES: Mapping[str, Callable[[], Family]] = {"mysql": _mysql, "postgresql": _postgresql}


def names() -> list[str]:
    """Return the names of all families."""
    return sorted(_FAMILIES)


def family(name: str) -> Family:
    """Return a family that can be rehearsed here. Raises ``SystemExit`` saying what to choose or to install."""
    if name not in _FAMILIES:
        raise SystemExit(f"DATABASE={name} cannot be rehearsed; choose one of {', '.join(names())}")
    try:
        found = _FAMILIES[name]()
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error.name} is not installed: pip install airflow-provider-tencent-dts[rehearsal]"
        ) from error
    lacking = found.lacking()
    if lacking:
        raise SystemExit(lacking)
    return found


def environment(connections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return connections as the environment variables that Airflow reads them from."""
    return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(conn) for conn_id, conn in connections.items()}
