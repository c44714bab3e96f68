"""What the tests of whole migrations share: the DAG, its parameters, and what a run must come to."""

from __future__ import annotations

import json
import runpy
from typing import Any

import pytest

from scripts.local import ROOT
from tencent_dts.emulator import Emulator
from tests.dag_runs import LocalRun
from tests.dags.quick_runs import QuickRun

CONF = {"approval": False, "hold_seconds": 0}
Connections = dict[str, dict[str, Any]]


def migrate_dag() -> Any:
    """The DAG that people run, read from its file anew: ``dag.test()`` leaves a run's parameters in it."""
    return runpy.run_path(str(ROOT / "dags" / "dts_migrate.py"))["dag"]


def databases(*names: str, **conf: Any) -> dict[str, Any]:
    """The parameters of a run that migrates these databases; a name can rehearse a failure."""
    chosen = [{"DbName": name, "DBMode": "all"} for name in names]
    return {**CONF, "objects": {"ObjectMode": "partial", "Databases": chosen}, **conf}


def change(monkeypatch: pytest.MonkeyPatch, connections: Connections, conn_id: str, **parts: Any) -> None:
    """Change parts of an Airflow connection."""
    connections[conn_id] = {**connections.get(conn_id, {}), **parts}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connections[conn_id]))


def done(emulator: Emulator, action: str) -> int:
    """How many calls of an action were carried out."""
    return sum(not call["code"] for call in emulator.journal(action))


def states(emulator: Emulator) -> list[tuple[str, str]]:
    """Status and bill of every job, in the order of purchase."""
    return [(job["Status"], job["TradeStatus"]) for job in emulator.jobs()]


def conclusions(emulator: Emulator) -> list[str]:
    """What each comparison of the only job said, in order."""
    (job,) = emulator.jobs()
    return [task["Conclusion"] for task in job["compare_tasks"]]


def assert_green(run: LocalRun | QuickRun, emulator: Emulator, *, completes: int = 1) -> None:
    """The run has ended well: one job, bought once, cut over once, isolated, and nothing costs."""
    assert run.state == "success", run.states()
    assert set(run.states().values()) == {"success"}, run.states()
    assert states(emulator) == [("success", "isolated")]
    assert done(emulator, "CreateMigrationService") == 1
    assert done(emulator, "CompleteMigrateJob") == completes
    assert done(emulator, "RecoverMigrateJob") == 0
    assert emulator.meter()["live"] == []


def assert_red(run: LocalRun | QuickRun, emulator: Emulator, task_id: str, *said: str) -> None:
    """One task is red and says why and that the job costs; nothing was cut over, and the job was kept."""
    assert run.state == "failed"
    assert run.red() == [task_id]
    message = run.error(task_id)
    (job,) = emulator.jobs()
    for part in (job["JobId"], "bill: ", "until the job is isolated", *said):
        assert part in message
    assert done(emulator, "CreateMigrationService") == 1
    assert done(emulator, "CompleteMigrateJob") == 0
    assert job["TradeStatus"] == "normal"


def orders(emulator: Emulator) -> list[str]:
    """Every changing call so far, refused ones too, in order."""
    return [call["action"] for call in emulator.journal() if not call["action"].startswith("Describe")]
