"""A person at the API beside the tasks: clock standing still until a test lets it run."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests import rules
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW
from tests.meanwhile import Meanwhile
from tests.servers import serving
from tests.unit.emulator.cloud import Cloud
from tests.unit.subjects import virtual_time

rules.FORGOTTEN.append(AIRFLOW.reset)


@pytest.fixture(autouse=True)
def _airflow_knows_nothing() -> Iterator[None]:
    """No run and no variable is left of another test."""
    AIRFLOW.reset()
    yield
    AIRFLOW.reset()


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_turn(unpaced: None) -> None:
    """See there."""


@pytest.fixture
def cloud(dts_emulator: Any) -> Iterator[Cloud]:
    """The emulator that the connections name, as the raw SDK sees it."""
    dts_emulator.set_speed(0)
    dts_emulator.clear_faults()
    yield Cloud(dts_emulator)
    dts_emulator.clear_faults()


@pytest.fixture
def passing_time(cloud: Cloud) -> Iterator[VirtualClock]:
    """Time passes while a task waits, by as much as it waits, and not else."""
    with virtual_time(cloud.emulator) as clock:
        yield clock


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """What happens right before a call."""
    return Meanwhile(monkeypatch)


class Unsent(dict[str, dict[str, Any]]):
    """The example connections, for tasks that must not call DTS, whatever comes of them.

    Only a run about a job that there is already looks at it.
    """

    def __init__(self, connections: dict[str, dict[str, Any]], emulator: Any) -> None:
        super().__init__(connections)
        self.emulator = emulator

    def after_each(self) -> None:
        assert {call["action"] for call in self.emulator.journal()} <= {"DescribeSyncJobs", "DescribeSubscribeConf"}


@pytest.fixture
def nothing_is_sent(cloud: Cloud, airflow_connections: dict[str, dict[str, Any]]) -> Iterator[Unsent]:
    """See there; it holds at the end of a test, and after each value of a rule."""
    unsent = Unsent(airflow_connections, cloud.emulator)
    yield unsent
    unsent.after_each()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every request with what the server was told to: bytes, or what a function makes of the request's body.

    A ``pause`` in seconds stands before each byte of the answer.
    """

    def do_POST(self) -> None:
        server: Any = self.server
        status, kind, body, *headers = server.answer
        server.asked += 1
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        body = body(asked) if callable(body) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for byte in body if server.pause else b"":
            if server.over.wait(server.pause):
                return
            self.wfile.write(bytes([byte]))
        self.wfile.write(b"" if server.pause else body)

    def log_message(self, *arguments: Any) -> None:
        """Silence."""


@pytest.fixture
def strange_server() -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.pause, server.over = 0, 0.0, threading.Event()
    with serving(server):
        yield server
        server.over.set()
