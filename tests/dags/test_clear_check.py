"""One Clear on the red check, with its downstream, finishes the run."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.api.client import DtsClient
from tests.dag_runs import LocalRun
from tests.dags.migrations import (
    CONF,
    Connections,
    assert_green,
    assert_red,
    change,
    databases,
    done,
    migrate_dag,
)
from tests.dags.quick_runs import QuickRun
from tests.meanwhile import Meanwhile
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def test_a_corrected_password_and_one_clear_of_the_check_end_green(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, airflow_connections, "source_mysql", password="wrong-one")
    run = LocalRun(migrate_dag(), CONF)
    assert_red(run, dts_emulator, "check_passed", "ConnectDBCheck", "password", "clear this task")
    change(monkeypatch, airflow_connections, "source_mysql", password="right-one")
    assert_green(run.clear("check_passed"), dts_emulator)


def test_a_clear_without_a_mend_is_red_again_and_the_next_one_green(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, airflow_connections, "target_mysql", password="wrong-one")
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    run.clear("check_passed")
    assert_red(run, dts_emulator, "check_passed", "ConnectDBCheck")
    change(monkeypatch, airflow_connections, "target_mysql", password="right-one")
    assert_green(run.clear("check_passed"), dts_emulator)


def test_clearing_the_order_of_the_check_sends_a_corrected_password_too(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, airflow_connections, "source_mysql", password="wrong-one")
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    change(monkeypatch, airflow_connections, "source_mysql", password="right-one")
    assert_green(run.clear("check"), dts_emulator)


def test_a_check_that_becomes_void_while_it_is_waited_for_needs_no_clear(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, sent = DtsClient._send, dict[str, Any]()

    async def send(client: DtsClient, action: str, request: dict[str, Any]) -> Any:
        sent[action] = request
        return await really(client, action, request)

    def another_hand() -> None:
        """The check passes; before anybody has looked, somebody saves the same configuration in the console."""
        dts_emulator.advance(60)
        Cloud(dts_emulator).call("ModifyMigrationJob", **sent["ModifyMigrationJob"])
        dts_emulator.set_speed(600)

    monkeypatch.setattr(DtsClient, "_send", send)
    meanwhile = Meanwhile(monkeypatch)
    meanwhile.before("CreateMigrateCheckJob", 1, lambda: dts_emulator.set_speed(0))  # the sensor finds it under way
    meanwhile.before("DescribeMigrationCheckJob", 1, another_hand)  # the first look of the trigger
    run = LocalRun(migrate_dag(), CONF)
    assert_green(run, dts_emulator)
    assert (done(dts_emulator, "ModifyMigrationJob"), done(dts_emulator, "CreateMigrateCheckJob")) == (2, 2)


def test_a_failing_check_item_that_was_mended_needs_one_clear(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_check_BinlogParamCheck"))
    assert_red(run, dts_emulator, "check_passed", "BinlogParamCheck", "solution")
    assert_green(run.clear("check_passed"), dts_emulator)


def test_a_check_run_that_broke_needs_one_clear(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": {"any": True}, "check_run": "failed"})
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    assert_red(run, dts_emulator, "check_passed")
    assert_green(run.clear("check_passed"), dts_emulator)


def test_a_failing_check_item_that_the_plan_names_is_skipped(dts_emulator: Any) -> None:
    skip = {"step_id": "OptimizeCheck", "reason": "the source is a copy"}
    run = QuickRun(
        dts_emulator, migrate_dag(), databases("rehearse_check_OptimizeCheck_always", skip_check_items=[skip])
    )
    assert_green(run, dts_emulator)
    (record,) = run.xcom("check_passed")["skipped"]
    assert record["reason"] == skip["reason"]
    assert record["requested_by"] == "someone"
    assert done(dts_emulator, "SkipCheckItem") == 1


def test_items_that_the_plan_does_not_name_are_not_skipped(dts_emulator: Any) -> None:
    skip = {"step_id": "OptimizeCheck", "reason": "the source is a copy"}
    names = ("rehearse_check_OptimizeCheck_always", "rehearse_check_BinlogParamCheck")
    run = QuickRun(dts_emulator, migrate_dag(), databases(*names, skip_check_items=[skip]))
    assert_red(run, dts_emulator, "check_passed", "BinlogParamCheck")
    assert done(dts_emulator, "SkipCheckItem") == 0
    assert_green(run.clear("check_passed"), dts_emulator)
    assert done(dts_emulator, "SkipCheckItem") == 1
