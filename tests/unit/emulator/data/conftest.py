"""Engines to be tested, in each family of databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.emulator.data.grounds import GROUNDS, Engines, Ground

Running = tuple[Ground, list[Any]]


@pytest.fixture(scope="module", params=GROUNDS, ids=lambda ground: ground.name)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Both servers of a family, for the tests of a module."""
    ground: Ground = request.param
    if ground.lacking():
        pytest.skip(ground.lacking())
    with ground.servers() as started:
        yield ground, started


@pytest.fixture
def engines(running: Running) -> Iterator[Engines]:
    """A shop without tables in the source, nothing in the target, and no job; at the end nothing may be left."""
    ground, servers = running
    ground.fresh(servers[0])
    made = Engines(ground, *servers)
    yield made
    for engine in made.made:
        engine.stop(finish=False)
    left = made.left()
    for server in servers:
        ground.drop(server)
    assert left == []
