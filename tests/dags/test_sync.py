"""Whole runs that make a sync link: one purchase, proof that it has caught up, one Clear for each kind of red."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, change, done, orders, states
from tests.dags.quick_runs import QuickRun
from tests.dags.syncs import (
    CONF,
    MAKING,
    assert_green,
    assert_linked,
    assert_red,
    conclusions,
    databases,
    sync_dag,
)
from tests.meanwhile import Meanwhile
from tests.unit.emulator.sync_cloud import SyncCloud, objects

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


def test_failing_items_and_differences_that_were_mended_need_one_clear_each(dts_emulator: Any) -> None:
    run = LocalRun(sync_dag(), databases("rehearse_different", "rehearse_check_BinlogParamCheck"))
    assert_red(run, dts_emulator, "check_passed", "BinlogParamCheck", "solution", "clear this task")
    run.clear("check_passed")
    assert_red(run, dts_emulator, "report", "different", "rehearse_different.")
    before = orders(dts_emulator)
    for task_id in MAKING[:-1]:
        run.clear(task_id, downstream=False)
        assert_red(run, dts_emulator, "report", "different")
        assert orders(dts_emulator) == before, task_id
    assert_linked(run.clear("report"), dts_emulator)
    assert conclusions(dts_emulator) == ["different", "same"]


def test_an_item_that_the_plan_names_is_skipped_and_a_report_that_skips_everything_is_red(dts_emulator: Any) -> None:
    skip = {"step_id": "OptimizeCheck", "reason": "the source is a copy"}
    names = ("rehearse_check_OptimizeCheck_always", "rehearse_skip_all")
    run = QuickRun(dts_emulator, sync_dag(), databases(*names, skip_check_items=[skip]))
    (record,) = run.xcom("check_passed")["skipped"]
    assert (record["reason"], record["requested_by"]) == (skip["reason"], "someone")
    assert done(dts_emulator, "SkipSyncCheckItem") == 1
    assert_red(run, dts_emulator, "report", "skipAll", "nothing was compared")
    assert_linked(run.clear("compare"), dts_emulator)
    assert conclusions(dts_emulator) == ["skipAll", "same"]


def test_an_error_while_it_syncs_needs_one_clear_and_a_lost_answer_to_the_purchase_none(dts_emulator: Any) -> None:
    dts_emulator.add_fault({"action": "CreateSyncJob", "drop": "after", "times": 1})
    dts_emulator.seed({"match": {"any": True}, "fail_at": "incremental", "status": "error"})
    run = QuickRun(dts_emulator, sync_dag(), CONF)
    assert_red(run, dts_emulator, "caught_up", "ResumableErr", "ResumeSyncJob")
    assert done(dts_emulator, "ResumeSyncJob") == 0
    assert_linked(run.clear("caught_up"), dts_emulator)
    assert done(dts_emulator, "ResumeSyncJob") == 1


def test_a_prepaid_link_is_bought_for_its_months(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, sync_dag(), {**CONF, "pay_mode": "PrePay", "time_span": 3, "compare_wanted": False})
    assert_linked(run, dts_emulator)
    (call,) = dts_emulator.journal("CreateSyncJob")
    asked = {name: call["parameters"][name] for name in ("PayMode", "TimeSpan", "AutoRenew")}
    assert asked == {"PayMode": "PrePay", "TimeSpan": 3, "AutoRenew": 0}
    assert done(dts_emulator, "CreateSyncCompareTask") == 0


def test_a_free_link_is_made_like_any_other(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": {"any": True}, "trade_status": "notBilled"})
    assert_green(QuickRun(dts_emulator, sync_dag(), CONF))
    assert states(dts_emulator) == [("Running", "NotBilled")]


def test_a_kafka_target_is_not_compared(
    dts_emulator: Any, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"access_type": "ckafka", "instance_id": "ckafka-8j4raxv8", "region": "ap-guangzhou"}
    kafka = {"conn_type": "kafka", "login": "dts", "password": "rehearsal", "extra": extra}
    change(monkeypatch, airflow_connections, "target_kafka", **kafka)
    rules = [{"TopicName": "all", "DbMatchMode": "Default", "PartitionType": "AllInPartitionZero"}]
    options = {"KafkaOption": {"DataType": "canal-json", "TopicType": "Single", "TopicRules": rules}}
    conf = {**CONF, "target_connection": "target_kafka", "options": options}
    refused = QuickRun(dts_emulator, sync_dag(), conf)
    assert refused.red() == ["plan"]
    assert "compare_wanted" in refused.error("plan")
    assert orders(dts_emulator) == []
    assert_linked(QuickRun(dts_emulator, sync_dag(), {**conf, "compare_wanted": False}), dts_emulator)


def test_a_link_that_another_hand_changed_before_it_was_compared_is_not_proven(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = SyncCloud(dts_emulator)

    def change_to(*names: str) -> None:
        (job,) = person.syncs()
        person.modify(job, DynamicObjects=objects(*names))
        person.modify_checked(job)
        person.call("StartModifySyncJob", JobId=job)
        person.wait(120)

    with monkeypatch.context() as patch:
        Meanwhile(patch).before("CreateSyncCompareTask", 1, lambda: change_to("other"))
        run = QuickRun(dts_emulator, sync_dag(), databases("app", "shop"))
    assert_red(run, dts_emulator, "report", "syncs other objects")
    run.clear("report")
    assert_red(run, dts_emulator, "report", "does something else than the plan", "has other", "lacks app")
    assert conclusions(dts_emulator) == ["same", "same"]
    change_to("app", "shop")
    assert_linked(run.clear("report"), dts_emulator)
    assert conclusions(dts_emulator) == ["same"] * 3
