"""After an outage a wait goes on by the connections as they are then, on a worker too, and orders nothing twice."""

from __future__ import annotations

import http.client
import http.server
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tencent_dts.errors import OrderUndone
from tencent_dts.sensors.compare import DtsCompareReportSensor
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.servers import serving
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.test_going_on import LONGER_THAN_A_LEG, ONE_SENSOR
from tests.unit.operators.test_undone import UNDONE
from tests.unit.sensors.case import Case as SensorCase
from tests.unit.sensors.test_report import compared
from tests.unit.stages import SPEED, STAGES, calls

pytestmark = pytest.mark.usefixtures("airflow_connections")

CONNECTION = "AIRFLOW_CONN_TENCENTCLOUD_DEFAULT"
LONG = 200


@pytest.fixture(autouse=True)
def _a_leg_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "0.2")


class Gateway(http.server.BaseHTTPRequestHandler):
    """A way to the emulator that is cut after so many calls; ``cut`` is told so by each one that fails."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if server.asked > server.carries:
            server.cut()
            self.send_error(502)
            return
        way = http.client.HTTPConnection(server.emulator)
        way.request("POST", self.path, body, dict(self.headers))
        answer = way.getresponse()
        told = answer.read()
        self.send_response(answer.status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(told)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told)
        way.close()

    def log_message(self, *arguments: Any) -> None:
        """Silence."""


@pytest.fixture
def gateway(
    cloud: Cloud, airflow_connections: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The connection leads through one, until a person corrects it because that is cut."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    right = airflow_connections["tencentcloud_default"]

    def corrected() -> None:
        monkeypatch.setenv(CONNECTION, json.dumps(right))
        cloud.emulator.set_speed(SPEED)

    monkeypatch.setenv(CONNECTION, json.dumps({**right, "port": server.server_port}))
    server.asked, server.cut, server.emulator = 0, corrected, cloud.emulator.endpoint
    with serving(server):
        yield server


@pytest.mark.parametrize("carries", [0, 3], ids=["before the first look", "in the wait"])
@pytest.mark.parametrize("case", ONE_SENSOR, ids=lambda case: case.sensor.__name__)
def test_an_endpoint_that_is_corrected_in_an_outage_is_used_by_a_wait_on_a_worker(
    case: SensorCase, carries: int, cloud: Cloud, gateway: Any
) -> None:
    task = Task(case.task(STAGES[case.soon](cloud), wait="sync", timeout=LONG))
    gateway.carries, began = carries, time.monotonic()
    assert task.run()
    assert time.monotonic() - began < LONG, "only the last look at its deadline was by the right connection"
    assert gateway.asked > carries
    assert (task.deferrals, task.ti.try_number) == (0, 1)


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("first", [1, 2], ids=["before a look", "in the wait"])
@pytest.mark.parametrize("wait", ["defer", "sync"])
@pytest.mark.parametrize("case", ["migration isolated", "sync paused", "subscription isolated", "2018 stopped"])
def test_an_order_that_was_accepted_before_an_outage_is_not_sent_again(
    case: str, wait: str, first: int, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When DTS can be read again it shows a state that needs the order, as a look that is behind does."""
    row = UNDONE[case]
    job, action = row.made(cloud), row.operator.operation.action
    task = Task(row.operator(task_id="end", wait=wait, timeout=600, **{row.key: job}))

    def cut() -> None:
        row.undo(cloud, job)
        failing = list(range(first, first + LONGER_THAN_A_LEG))
        cloud.emulator.add_fault({"action": task.operator.resource.read, "status": 502, "nth": failing})

    Meanwhile(monkeypatch).after(action, cut)
    before = len(calls(cloud.emulator, action))
    with pytest.raises(OrderUndone):
        task.run()
    assert len(calls(cloud.emulator, action)) == before + 1


def test_a_comparison_that_is_ordered_after_an_outage_goes_on_being_the_latest(cloud: Cloud) -> None:
    """The leg before has put the latest comparison in the place of the one that was given."""
    job, given = compared(cloud)
    cloud.emulator.set_speed(SPEED)

    def report() -> Any:
        return DtsCompareReportSensor(task_id="report", job_id=job, compare_task_id=given, wait="sync", timeout=30)

    task = Task(report())
    assert task.run()["compare_task_id"] == given
    task.operator = report()
    second = task.clear().run()["compare_task_id"]
    task.operator = report()
    cloud.emulator.add_fault({"action": "DescribeCompareTasks", "status": 502, "times": LONGER_THAN_A_LEG})
    third = task.clear().run()["compare_task_id"]
    assert len({given, second, third}) == 3
    task.operator = report()
    assert task.retry().run()["compare_task_id"] == third
