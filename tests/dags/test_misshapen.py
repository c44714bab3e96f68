"""Whole runs whose reads are now and then answered in another shape: no bare Python error, and one purchase."""

from __future__ import annotations

import http.client
import http.server
import json
import random
import runpy
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local import ROOT
from tencent_dts.emulator import Emulator
from tencent_dts.errors import DtsProblem
from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, change, done
from tests.servers import serving

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database")]

OTHERS: tuple[Any, ...] = (True, 7, -1, 0.5, "x", "", [], {}, [None], ["x"], [[]], {"JobId": 7}, float("nan"), 10**30)
LIFECYCLES: dict[str, tuple[dict[str, Any], str]] = {
    "dts_migrate": ({"approval": False, "hold_seconds": 0}, "CreateMigrationService"),
    "dts_sync": ({"hold_seconds": 0}, "CreateSyncJob"),
    "dts_migrate_2018": ({"hold_seconds": 0}, "CreateMigrateJob"),
    "dts_subscribe": ({"instance_id": "cdb-9dijwkkw"}, "CreateSubscribe"),
}


class Distorting(http.server.ThreadingHTTPServer):
    """Stands before an emulator, and gives some of its answers to reads another shape.

    :param part: the share of the reads that are distorted.
    :param values: what one value of an answer is replaced by, as far as it has another type then.
    """

    def __init__(self, emulator: Emulator, seed: int, part: float, values: tuple[Any, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = emulator.endpoint
        self.part = part
        self.values = values
        self.chance = random.Random(seed)
        self.distorted = 0

    def distort(self, action: str, body: bytes) -> bytes:
        if not action.startswith("Describe") or self.chance.random() > self.part:
            return body
        answer = json.loads(body)
        places = list(_places(answer))
        container, key = self.chance.choice(places)
        container[key] = self.chance.choice([value for value in self.values if type(value) is not type(container[key])])
        self.distorted += 1
        return json.dumps(answer).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        behind = http.client.HTTPConnection(server.behind, timeout=30)
        behind.request("POST", self.path, asked, dict(self.headers))
        answer = behind.getresponse()
        body = server.distort(self.headers["X-TC-Action"], answer.read())
        self.send_response_only(answer.status)
        for name in ("Content-Type", "Date"):  # the clock of DTS is told by its answers
            self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        behind.close()

    def log_message(self, *arguments: Any) -> None:
        """Silence."""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of an answer that holds something, with what it stands in."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(pairs):
        if item is not None:
            yield value, key
        yield from _places(item)


def run_through(server: Distorting, dag_id: str, conf: dict[str, Any]) -> LocalRun:
    """A run that is cleared as long as it is red, the last times with answers as they should be."""
    run = LocalRun(runpy.run_path(str(ROOT / "dags" / f"{dag_id}.py"))["dag"], conf)
    for count in range(6):
        for task_id in run.red():
            assert isinstance(run.problem(task_id), DtsProblem), f"{task_id}: {run.problem(task_id)!r}"
        if not run.red():
            break
        if count == 2:
            server.part = 0.0
        # Virtual time runs on while reads are tried again: what was compared has grown old, and the error says so.
        again = {"complete": "report"} if run.dag.has_task("report") else {}
        run.clear(again.get(run.red()[0], run.red()[0]))
    return run


@pytest.fixture
def distorting(
    dts_emulator: Emulator, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Iterator[Distorting]:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "3")
    seed, part, values = request.param
    server = Distorting(dts_emulator, seed, part, values)
    change(monkeypatch, airflow_connections, "tencentcloud_default", port=server.server_port)
    with serving(server):
        yield server


@pytest.mark.parametrize("distorting", [(seed, 0.25, OTHERS) for seed in (1, 2)], indirect=True, ids=("1", "2"))
@pytest.mark.parametrize("dag_id", LIFECYCLES)
def test_answers_of_another_shape_break_nothing(dag_id: str, distorting: Distorting, dts_emulator: Emulator) -> None:
    conf, purchase = LIFECYCLES[dag_id]
    run = run_through(distorting, dag_id, conf)
    assert run.state == "success", {name: run.error(name) for name in run.red()}
    assert distorting.distorted > 0
    assert done(dts_emulator, purchase) == 1


@pytest.mark.parametrize("distorting", [(seed, 0.25, (None,)) for seed in (3, 4)], indirect=True, ids=("3", "4"))
@pytest.mark.parametrize("dag_id", LIFECYCLES)
def test_nulls_end_in_words(dag_id: str, distorting: Distorting) -> None:
    """Nearly every field "may return null"; a run may stop over one, and then says so."""
    conf, _ = LIFECYCLES[dag_id]
    run_through(distorting, dag_id, conf)
    assert distorting.distorted > 0
