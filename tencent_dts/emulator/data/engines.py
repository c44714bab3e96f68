"""The desk of an emulator whose jobs are mapped to servers, with an engine for each family of databases."""

from __future__ import annotations

from collections.abc import Mapping

from tencent_dts.emulator.data.desk import Desk
from tencent_dts.emulator.data.model import Family, Server


def desk(servers: Mapping[str, Server]) -> Desk:
    """Return a desk for these servers. Raises ``ValueError`` when the drivers are not installed."""
    try:
        return Desk(servers, families())
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is not installed: install airflow-provider-tencent-dts[rehearsal]") from error


def families() -> dict[str, Family]:
    """Return what engines there are, by the family of a job. Raises ``ModuleNotFoundError`` for want of a driver."""
    from tencent_dts.emulator.data import mysql, mysql_filters, postgresql, postgresql_links

    return {
        "mysql": Family(mysql.MariaDb, mysql_filters.problems, mysql.left),
        "postgresql": Family(postgresql.PostgreSql, postgresql.problems, postgresql_links.left),
    }
