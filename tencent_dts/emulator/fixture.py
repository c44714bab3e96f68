"""pytest fixtures; a test suite takes them over with ``pytest_plugins = ["tencent_dts.emulator.fixture"]``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tencent_dts.emulator.library import Emulator
from tencent_dts.emulator.world.kernel import Plain


@pytest.fixture(scope="session")
def dts_emulator_options() -> Plain:
    """Arguments for the emulator of this test session; override it to change them."""
    return {"speed": 60.0}


@pytest.fixture(scope="session")
def dts_emulator_session(dts_emulator_options: Plain) -> Iterator[Emulator]:
    """One emulator for the whole test session."""
    with Emulator(**dts_emulator_options) as emulator:
        yield emulator


@pytest.fixture
def dts_emulator(dts_emulator_session: Emulator) -> Iterator[Emulator]:
    """An emulator that knows nothing of earlier tests; the test fails when a handler of it broke."""
    dts_emulator_session.reset()
    yield dts_emulator_session
    dts_emulator_session.raise_failures()
