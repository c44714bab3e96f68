"""A person at the API beside the tasks: clock standing still until a test lets it run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.emulator.cloud import Cloud


@pytest.fixture
def cloud(dts_emulator: Any) -> Iterator[Cloud]:
    """The emulator that the connections name, as the raw SDK sees it."""
    dts_emulator.set_speed(0)
    dts_emulator.clear_faults()
    yield Cloud(dts_emulator)
    dts_emulator.clear_faults()


@pytest.fixture
def nothing_is_sent(
    cloud: Cloud, airflow_connections: dict[str, dict[str, Any]]
) -> Iterator[dict[str, dict[str, Any]]]:
    """The example connections, for tasks that must not call DTS, whatever comes of them."""
    yield airflow_connections
    assert cloud.emulator.journal() == []
