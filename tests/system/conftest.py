"""One stack and one emulator for all system tests. Their logs stay in .build/system-logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from scripts import local
from tests.system.airflow_api import AirflowApi
from tests.system.browser import chromium
from tests.system.emulator import EmulatorProcess
from tests.system.stack import PROGRAMS, Stack, dag_folder, fresh

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def logs() -> Path:
    """The folder of every process's log, empty at the start."""
    return fresh(ROOT / ".build" / "system-logs")


@pytest.fixture(scope="session")
def emulator_process(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(PROGRAMS, tmp_path_factory.mktemp("emulator"), logs / "emulator.log")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def emulator(emulator_process: EmulatorProcess) -> EmulatorProcess:
    """The emulator that the connection ``tencentcloud_default`` names, knowing nothing of earlier tests."""
    emulator_process.reset()
    return emulator_process


@pytest.fixture(scope="session")
def stack(emulator_process: EmulatorProcess, logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything running and healthy; the DAGs are the project's and those of tests/system/dags."""
    folder = tmp_path_factory.mktemp("stack")
    dags = dag_folder(folder / "dags", ROOT / "dags", Path(__file__).parent / "dags")
    running = Stack(folder, logs, dags, variables=local.connections("127.0.0.1", emulator_process.port))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def api(stack: Stack) -> AirflowApi:
    """The REST API as the administrator."""
    return stack.api


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; ``open_page(browser, stack.api_as("viewer"), path)`` opens a page in it."""
    with chromium() as running:
        yield running
