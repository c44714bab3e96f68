"""Real servers behind `make ui`: of each family that is installed a source with a small shop, and an empty target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.emulators import ENGINES, map_servers
from scripts.families import Family, family, names
from tencent_dts.emulator.data.model import Server

ROWS = 30_000


@dataclass(frozen=True)
class Servers:
    """What `make ui` needs of them: for the emulator its options and environment, for Airflow its connections.

    ``told`` says to the person how to look into the databases.
    """

    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    told: str = ""


@contextmanager
def running(home: Path) -> Iterator[Servers]:
    """Run them while the body of ``with`` runs; ``home`` keeps their data for the next time.

    Raises ``SystemExit`` saying what to install where no family is installed.
    """
    mapped: dict[str, Server] = {}
    connections: dict[str, dict[str, Any]] = {}
    told = ["Real servers stand behind these connections; rows move. To look into the databases, and to break them:"]
    with ExitStack() as stack:
        for chosen in _installed():
            shops = stack.enter_context(chosen.shops(home / "servers" / chosen.name))
            if not shops[0].filled():
                print(f"Filling a shop of {ROWS:,} rows in the source, {chosen.product}", flush=True)
                shops[0].fill(ROWS)
            mapped |= chosen.named(shops)
            connections |= chosen.connections(shops)
            told += [f"  {conn_id}: {shop.shell}" for conn_id, shop in zip(chosen.connection_ids, shops, strict=True)]
        passwords = map_servers(home, mapped)
        yield Servers(("--data", str(home / ENGINES)), passwords, connections, "\n".join(told))


def _installed() -> list[Family]:
    found, lacking = [], []
    for name in names():
        try:
            found.append(family(name))
        except SystemExit as error:
            lacking.append(str(error))
    if not found:
        raise SystemExit("\n".join(lacking))
    return found
