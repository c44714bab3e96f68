"""One purchase a run: jobs are adopted, make way or are refused, and never bought twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dag_runs import LocalRun
from tests.dags.migrations import CONF, assert_green, assert_red, databases, done, migrate_dag, orders, states
from tests.dags.quick_runs import QuickRun
from tests.unit.emulator.cloud import Cloud, configuration

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")


@pytest.fixture
def cloud(dts_emulator: Any) -> Cloud:
    """Somebody at the console."""
    return Cloud(dts_emulator)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_job_that_ended_badly_makes_way_when_the_purchase_is_cleared(
    dts_emulator: Any, cloud: Cloud, status: str
) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_different"))
    if status == "failed":
        dts_emulator.seed({"match": {"JobId": run.xcom("purchase")}, "force_status": "failed"})
    else:
        cloud.call("StopMigrateJob", JobId=run.xcom("purchase"))
        cloud.wait(60)
    run.clear("ready")
    assert_red(run, dts_emulator, "ready", status, "Clear `purchase` with its downstream")
    dts_emulator.seed({"match": {"any": True}, "compare": {"conclusion": "same"}})
    run.clear("purchase")
    assert run.state == "success", run.states()
    assert states(dts_emulator) == [(status, "isolated"), ("success", "isolated")]
    assert done(dts_emulator, "CreateMigrationService") == 2
    assert done(dts_emulator, "CompleteMigrateJob") == 1
    assert dts_emulator.meter()["live"] == []


def test_a_living_job_is_adopted_when_the_purchase_is_cleared(dts_emulator: Any) -> None:
    run = LocalRun(migrate_dag(), databases("rehearse_different"))
    assert_green(run.clear("purchase"), dts_emulator)


def test_a_job_isolated_by_hand_is_not_recovered_by_itself(dts_emulator: Any, cloud: Cloud) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), databases("rehearse_different"))
    cloud.call("IsolateMigrateJob", JobId=run.xcom("purchase"))
    cloud.wait(60)
    run.clear("purchase")
    assert run.red() == ["purchase"]
    assert "RecoverMigrateJob" in run.error("purchase")
    assert done(dts_emulator, "RecoverMigrateJob") == 0
    cloud.call("RecoverMigrateJob", JobId=dts_emulator.jobs()[0]["JobId"])
    cloud.wait(60)
    run.clear("purchase")
    assert run.state == "success", run.states()
    assert states(dts_emulator) == [("success", "isolated")]
    assert done(dts_emulator, "CreateMigrationService") == 1


def test_an_answer_lost_after_the_purchase_buys_once(dts_emulator: Any) -> None:
    dts_emulator.add_fault({"action": "CreateMigrationService", "drop": "after", "times": 1})
    assert_green(QuickRun(dts_emulator, migrate_dag(), CONF), dts_emulator)


@pytest.mark.parametrize("configured", [False, True], ids=["as it was bought", "configured"])
def test_a_job_bought_elsewhere_is_adopted_by_its_id(dts_emulator: Any, cloud: Cloud, configured: bool) -> None:
    job_id = cloud.buy(Tags=[{"TagKey": "team", "TagValue": "shop"}])
    cloud.wait(10)
    if configured:
        cloud.call("ModifyMigrationJob", JobId=job_id, **configuration())
    run = QuickRun(dts_emulator, migrate_dag(), {**CONF, "existing_job_id": job_id})
    assert_green(run, dts_emulator)
    assert run.xcom("purchase") == job_id
    (job,) = dts_emulator.jobs()
    tags = {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}
    assert tags["team"] == "shop"
    assert (tags["airflow-deployment"], tags["airflow-run"]) == ("tests", run.run_id)
    before = orders(dts_emulator)
    assert_green(run.clear("plan"), dts_emulator)
    assert orders(dts_emulator) == before


def test_a_job_of_a_living_run_is_not_adopted(dts_emulator: Any) -> None:
    first = LocalRun(migrate_dag(), databases("rehearse_different"))
    job_id = first.xcom("purchase")
    first.only_clear("report")
    second = LocalRun(migrate_dag(), databases("orders", existing_job_id=job_id))
    assert second.red() == ["purchase"]
    assert first.run_id in second.error("purchase")
    assert_green(first.go_on(), dts_emulator)


def test_a_job_of_an_ended_run_is_adopted(dts_emulator: Any) -> None:
    first = LocalRun(migrate_dag(), databases("rehearse_different"))
    second = LocalRun(migrate_dag(), databases("rehearse_different", existing_job_id=first.xcom("purchase")))
    assert_green(second, dts_emulator)


def test_a_job_of_another_deployment_is_not_adopted(dts_emulator: Any, cloud: Cloud) -> None:
    tags = {"airflow-deployment": "production", "airflow-owner": "0123456789abcdef"}
    job_id = cloud.buy(Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])
    run = QuickRun(dts_emulator, migrate_dag(), {**CONF, "existing_job_id": job_id})
    assert run.red() == ["purchase"]
    assert "production" in run.error("purchase")
    assert orders(dts_emulator) == ["CreateMigrationService"]


def test_a_job_that_does_not_exist_is_not_adopted(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), {**CONF, "existing_job_id": "dts-nosuch01"})
    assert run.red() == ["purchase"]
    assert "was not found" in run.error("purchase")
    assert orders(dts_emulator) == []


@pytest.fixture
def free(dts_emulator: Any) -> None:
    """Links that cost nothing: isolation deletes their jobs."""
    dts_emulator.seed({"match": {"any": True}, "trade_status": "notBilled"})


@pytest.mark.usefixtures("free")
def test_a_free_job_is_deleted_at_the_end_and_clearing_the_purchase_buys_no_other(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    assert run.state == "success", run.states()
    dts_emulator.advance(10)
    assert dts_emulator.jobs() == []
    before = orders(dts_emulator)
    run.clear("purchase", downstream=False)
    assert run.state == "success", run.states()
    run.clear("purchase")
    assert orders(dts_emulator) == before
    assert run.red() == ["purchase"]
    assert "has succeeded, and is gone" in run.error("purchase")


def test_a_purchase_that_the_service_never_answers_is_ordered_twice_and_once_more_for_each_clear(
    dts_emulator: Any,
) -> None:
    rule = dts_emulator.add_fault({"action": "CreateMigrationService", "code": "InternalError.InternalErrorError"})
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    for count in (2, 3):
        assert run.red() == ["purchase"]
        assert run.error("purchase").count("ordered at") == count
        assert len(dts_emulator.journal("CreateMigrationService")) == count
        if count == 2:
            run.clear("purchase")
    dts_emulator.clear_faults(rule)
    assert_green(run.clear("purchase"), dts_emulator)


def test_a_purchase_that_took_effect_unseen_is_isolated_by_the_last_word_of_the_run(
    dts_emulator: Any,
) -> None:
    dts_emulator.add_fault({"action": "CreateMigrationService", "drop": "after", "visibility_delay": 200.0, "times": 1})
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    assert run.state == "success", run.states()
    dts_emulator.advance(10)
    assert sorted(states(dts_emulator)) == [("created", "isolated"), ("success", "isolated")]
    assert done(dts_emulator, "CreateMigrationService") == 2
    assert dts_emulator.meter()["live"] == []
