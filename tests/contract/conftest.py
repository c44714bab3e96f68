"""One emulator for each module of examples, whose clock stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tencent_dts.emulator import Emulator


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    with Emulator(speed=0, rate_limit=False) as emulator:
        yield emulator
