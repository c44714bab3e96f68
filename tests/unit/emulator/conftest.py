"""Emulators and handlers of our own for the tests of the server, which must not depend on any area's behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world.kernel import HANDLERS, Handler, Registered

Stub = Callable[[str, Handler], None]


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator(speed=0, rate_limit=False) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Iterator[Emulator]:
    """An emulator whose clock stands still; the test fails when a handler of it broke."""
    shared_emulator.reset()
    yield shared_emulator
    shared_emulator.raise_failures()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    """Answer an action by a function of the test's own."""
    load_areas()

    def answer(action: str, handler: Handler, version: str = "2021-12-06") -> None:
        monkeypatch.setitem(HANDLERS, (version, action), Registered(action, version, handler, "assumed", ""))

    return answer


@pytest.fixture
def seen(stub: Stub) -> list[dict[str, Any]]:
    """The parameters that reached DescribeMigrationJobs and ModifyMigrationJob, which do nothing here."""
    reached: list[dict[str, Any]] = []

    def listing(world: Any, caller: Any, params: dict[str, Any]) -> dict[str, Any]:
        reached.append(params)
        return {"TotalCount": 0, "JobList": []}

    def modify(world: Any, caller: Any, params: dict[str, Any]) -> dict[str, Any]:
        reached.append(params)
        return {}

    stub("DescribeMigrationJobs", listing)
    stub("ModifyMigrationJob", modify)
    return reached
