"""A password of a database is nowhere but in its connection and in the request that needs it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from airflow.configuration import conf

from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, Connections, assert_green, assert_red, change, migrate_dag

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

WRONG, RIGHT = 'wrong-"7f3c/Zü+9d', "r1ght-&%20='b8e2"


def database() -> bytes:
    """The bytes of Airflow's metadata database, its journal included."""
    file = conf.get("database", "sql_alchemy_conn").removeprefix("sqlite:///")
    return b"".join(path.read_bytes() for path in Path(file).parent.glob("airflow.db*"))


def written(secret: str) -> list[str]:
    """The ways in which a text may be written."""
    plain, escaped = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    return [secret, plain, escaped, json.dumps(escaped)[1:-1]]


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
    run = LocalRun(migrate_dag(), CONF)
    assert_red(run, dts_emulator, "check_passed", "password")
    change(monkeypatch, airflow_connections, "source_mysql", password=RIGHT)
    assert_green(run.clear("check_passed"), dts_emulator)

    kept = database().decode(errors="replace")
    printed = capfd.readouterr()
    logged = caplog.text + printed.out + printed.err
    journal = json.dumps(dts_emulator.journal(), ensure_ascii=False)
    assert run.run_id in kept
    assert "ConnectDBCheck" in logged
    assert "ModifyMigrationJob" in journal
    for secret in (WRONG, RIGHT, "rehearsal-target", "emulator-secret"):
        for text in written(secret):
            assert text not in kept
            assert text not in logged
            assert text not in journal
