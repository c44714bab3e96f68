"""One stack for all system tests. Its logs stay in .build/system-logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.airflow_api import AirflowApi
from tests.system.stack import Stack, dag_folder, fresh

ROOT = Path(__file__).parent.parent.parent
LOGS = ROOT / ".build" / "system-logs"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    dags = dag_folder(folder / "dags", Path(__file__).parent / "dags")
    running = Stack(folder, fresh(LOGS), dags)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def api(stack: Stack) -> AirflowApi:
    """The REST API as the administrator."""
    return stack.api
