"""A whole migration from the DAG that people run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dag_runs import LocalRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

CONF = {"approval": False, "hold_seconds": 0}


def migrate_dag() -> Any:
    import dags.dts_migrate as module

    return module.dag


def test_straight_run_ends_isolated_after_one_purchase(dts_emulator: Any) -> None:
    run = LocalRun(migrate_dag(), CONF)
    assert run.state == "success"
    (job,) = dts_emulator.jobs()
    assert (job["Status"], job["TradeStatus"]) == ("success", "isolated")
    assert len(dts_emulator.journal("CreateMigrationService")) == 1
    run.clear("report")
    assert run.state == "success"
    assert len(dts_emulator.journal("CompleteMigrateJob")) == 1
    assert run.xcom("report")["conclusion"] == "same"
