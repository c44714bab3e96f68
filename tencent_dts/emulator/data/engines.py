"""The desk of an emulator whose jobs are mapped to servers."""

from __future__ import annotations

from collections.abc import Mapping

from tencent_dts.emulator.data.desk import Desk
from tencent_dts.emulator.data.model import Server


def desk(servers: Mapping[str, Server]) -> Desk:
    """Return a desk for these servers. Raises ``ValueError`` when the drivers are not installed."""
    try:
        from tencent_dts.emulator.data.mysql import MariaDb, problems
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is not installed: install airflow-provider-tencent-dts[rehearsal]") from error
    return Desk(servers, MariaDb, problems)
