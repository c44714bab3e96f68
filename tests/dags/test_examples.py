"""The examples of the docs, run as they are printed there."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from scripts.local import ROOT
from tests.dag_runs import LocalRun
from tests.dags.migrations import databases, migrate_dag
from tests.servers import serving
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")
EXAMPLES = ROOT / "docs" / "examples"


def example(name: str) -> Any:
    return runpy.run_path(str(EXAMPLES / name))["dag"]


@pytest.fixture
def shop(dts_emulator: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any, int]]]:
    """The shop's own server; notes each order, and how many API calls there had been by then."""
    told: list[tuple[str, Any, int]] = []

    class Shop(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append((self.path, body, len(dts_emulator.journal())))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Shop)
    with serving(server):
        address = {"conn_type": "http", "host": "127.0.0.1", "port": server.server_port}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_ADMIN", json.dumps(address))
        yield told


def test_a_migration_inside_another_dag_ends_before_what_follows_it(dts_emulator: Any) -> None:
    run = LocalRun(example("own_dag.py"))
    assert run.state == "success"
    assert run.states()["point_the_shop_at_its_new_database"] == "success"
    (job,) = dts_emulator.jobs()
    assert (job["Status"], job["TradeStatus"]) == ("success", "isolated")


def test_the_source_is_frozen_before_it_is_compared_and_again_when_that_is_cleared(
    dts_emulator: Any, shop: list[tuple[str, Any, int]]
) -> None:
    run = LocalRun(example("freeze_source.py"), databases("rehearse_different"))
    assert run.red() == ["report"]
    ((path, body, calls),) = shop
    assert (path, body) == ("/writes", {"allowed": False})
    actions = [entry["action"] for entry in dts_emulator.journal()]
    assert "StartMigrateJob" in actions[:calls]
    assert "CreateCompareTask" not in actions[:calls]
    assert "CreateCompareTask" in actions[calls:]
    assert run.clear("stop_writes").state == "success"
    assert len(shop) == 2
    assert len(dts_emulator.journal("CompleteMigrateJob")) == 1


def test_a_replicating_job_is_proven_without_being_touched(dts_emulator: Any) -> None:
    cloud = Cloud(dts_emulator)
    job_id = cloud.ready()
    run = LocalRun(example("prove_nightly.py"), {"job_id": job_id})
    assert run.state == "success"
    assert run.xcom("report")["conclusion"] == "same"
    assert cloud.status(job_id) == "readyComplete"


def test_the_policy_allows_what_a_migration_calls_and_nothing_else(dts_emulator: Any) -> None:
    policy = json.loads((EXAMPLES / "cam_policy.json").read_text())
    (statement,) = policy["statement"]
    allowed = {action.removeprefix("name/dts:") for action in statement["action"]}
    skips = [{"step_id": "OptimizeCheck", "reason": "rehearsed"}]
    conf = databases("rehearse_check_OptimizeCheck", "rehearse_error", skip_check_items=skips)
    run = LocalRun(migrate_dag(), conf)
    assert run.red() == ["ready"]
    assert run.clear("ready").state == "success"
    assert {entry["action"] for entry in dts_emulator.journal()} == allowed
