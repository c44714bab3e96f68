"""A password of a synced database is nowhere but in its connection and in the request that needs it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, change
from tests.dags.syncs import CONF, assert_linked, assert_red, sync_dag
from tests.dags.test_secrets import RIGHT, WRONG, database, written

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def test_a_password_is_in_no_database_log_or_journal(
    dts_emulator: Any,
    airflow_connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="tencentcloud_sdk_common")
    change(monkeypatch, airflow_connections, "source_mysql", password=WRONG)
    run = LocalRun(sync_dag(), CONF)
    assert_red(run, dts_emulator, "check_passed", "ConnectDBCheck", "password")
    change(monkeypatch, airflow_connections, "source_mysql", password=RIGHT)
    assert_linked(run.clear("check_passed"), dts_emulator)

    kept = database().decode(errors="replace")
    printed = capfd.readouterr()
    logged = caplog.text + printed.out + printed.err
    journal = json.dumps(dts_emulator.journal(), ensure_ascii=False)
    assert run.run_id in kept
    assert "ConnectDBCheck" in logged
    assert "ConfigureSyncJob" in journal
    for secret in (WRONG, RIGHT, "rehearsal-target", "emulator-secret"):
        for text in written(secret):
            assert text not in kept
            assert text not in logged
            assert text not in journal
