"""What jobs cost: billing statuses, the frozen fee, isolation, the meter.

API documents: IsolateMigrateJob, RecoverMigrateJob, DestroyMigrateJob, ModifyMigrateJobSpec, TradeInfo, the
introduction's table (isolation lasts seven days); the price guide.
"""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import load
from tests.unit.emulator.cloud import Cloud, configuration

DENIED = "OperationDenied.OperationDeniedError"
NOT_FOUND = "ResourceNotFound.ResourceNotFoundError"


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def facts(cloud: Cloud, job: str) -> dict[str, Any]:
    (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
    return found


def test_a_bought_job_is_to_be_billed_and_holds_a_frozen_fee(cloud: Cloud) -> None:
    job = cloud.buy()
    trade = cloud.detail(job)["TradeInfo"]
    assert (trade["TradeStatus"], trade["BillingType"], trade["PayType"]) == ("normal", "billing", "postpay")
    assert (trade["InstanceClass"], trade["ExpireTime"]) == ("small", "0000-00-00 00:00:00")
    assert len(trade["DealName"]) == 24
    assert trade["DealName"].isdecimal()
    assert facts(cloud, job)["frozen"]


def test_isolation_passes_through_isolating_and_releases_the_fee(cloud: Cloud) -> None:
    job = cloud.succeeded()
    cloud.call("IsolateMigrateJob", JobId=job)
    assert cloud.trade(job) == "isolating"
    assert facts(cloud, job)["frozen"]
    cloud.wait(5)
    detail = cloud.detail(job)
    assert (detail["TradeInfo"]["TradeStatus"], detail["Status"]) == ("isolated", "success")
    assert detail["TradeInfo"]["IsolateTime"] > detail["EndTime"]
    assert not facts(cloud, job)["frozen"]
    assert cloud.listed() == [job]


def test_an_isolated_job_allows_recovery_and_destruction_only(cloud: Cloud) -> None:
    job = cloud.isolated()
    assert set(cloud.detail(job)["Action"]["AllowedAction"]) == {"recover", "offline"}
    for action in ("IsolateMigrateJob", "ModifyMigrationJob", "CreateMigrateCheckJob", "CompleteMigrateJob"):
        params = configuration() if action == "ModifyMigrationJob" else {}
        code = cloud.refused(action, JobId=job, **params)
        assert code in load().actions[action].errors
        assert code in (DENIED, "FailedOperation.StatusInConflict")
    assert cloud.refused("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large") == DENIED


@pytest.mark.parametrize(
    ("action", "params"), [("IsolateMigrateJob", {}), ("ModifyMigrateJobSpec", {"NewInstanceClass": "large"})]
)
def test_in_the_short_billing_states_only_viewing_is_allowed(cloud: Cloud, action: str, params: dict[str, str]) -> None:
    job = cloud.ready()
    cloud.call(action, JobId=job, **params)
    assert cloud.detail(job)["Action"]["AllowedAction"] == ["view"]
    for refused in ("IsolateMigrateJob", "DestroyMigrateJob", "PauseMigrateJob"):
        assert cloud.refused(refused, JobId=job) == DENIED
    assert cloud.refused("StopMigrateJob", JobId=job) == "FailedOperation.StatusInConflict"


def test_after_seven_days_an_isolated_job_is_gone_from_the_list(cloud: Cloud) -> None:
    job = cloud.isolated()
    cloud.wait(7 * 86400 - 60)
    assert (cloud.listed(), cloud.trade(job)) == ([job], "isolated")
    cloud.wait(60)
    assert (cloud.listed(), cloud.trade(job)) == ([], "offlined")
    assert cloud.refused("RecoverMigrateJob", JobId=job) == NOT_FOUND
    assert cloud.refused("IsolateMigrateJob", JobId=job) == NOT_FOUND
    assert cloud.refused("StopMigrateJob", JobId=job) == "ResourceNotFound.JobNotExist"


def test_a_destroyed_job_is_gone_from_the_list(cloud: Cloud) -> None:
    job = cloud.isolated()
    cloud.call("DestroyMigrateJob", JobId=job)
    assert (cloud.trade(job), cloud.listed()) == ("offlining", [job])
    cloud.wait(5)
    assert (cloud.trade(job), cloud.listed()) == ("offlined", [])
    assert cloud.detail(job)["TradeInfo"]["OfflineTime"]
    assert cloud.refused("DestroyMigrateJob", JobId=job) == NOT_FOUND


def test_only_an_isolated_job_can_be_destroyed_or_recovered(cloud: Cloud) -> None:
    job = cloud.succeeded()
    assert cloud.refused("DestroyMigrateJob", JobId=job) == DENIED
    assert cloud.refused("RecoverMigrateJob", JobId=job) == "InternalError.InternalHttpServerError"


def test_a_recovered_job_goes_on_where_it_stood_and_its_fee_is_frozen_again(cloud: Cloud) -> None:
    job = cloud.dumping()
    cloud.wait(11)
    before = cloud.detail(job)["StepInfo"]["StepInfo"][0]["Percent"]
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.wait(86400)
    detail = cloud.detail(job)
    assert (detail["Status"], detail["StepInfo"]["StepInfo"][0]["Percent"]) == ("running", before)
    cloud.call("RecoverMigrateJob", JobId=job)
    assert cloud.trade(job) == "reversing"
    cloud.wait(5)
    assert (cloud.trade(job), cloud.status(job)) == ("normal", "running")
    assert cloud.detail(job)["TradeInfo"]["IsolateTime"] == ""
    assert facts(cloud, job)["frozen"]
    cloud.wait(44 - 11 + 43 + 20)
    assert cloud.status(job) == "readyComplete"
    cloud.wait(30 * 86400)
    assert cloud.trade(job) == "normal"


def test_a_job_isolated_for_arrears_cannot_be_recovered_by_a_call(cloud: Cloud) -> None:
    job = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job}, "trade_status": "arrears"})
    assert cloud.trade(job) == "isolated"
    assert cloud.refused("RecoverMigrateJob", JobId=job) == "InternalError.InternalHttpServerError"
    cloud.call("DestroyMigrateJob", JobId=job)


def test_resizing_takes_minutes_in_which_the_work_stands_still(cloud: Cloud) -> None:
    job = cloud.dumping()
    deal = cloud.detail(job)["TradeInfo"]["DealName"]
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="xlarge")
    cloud.wait(200)
    trade = cloud.detail(job)["TradeInfo"]
    assert (trade["TradeStatus"], trade["InstanceClass"], trade["LastDealName"]) == ("resizing", "small", deal)
    assert cloud.detail(job)["StepInfo"]["StepNow"] == 1
    cloud.wait(40)
    trade = cloud.detail(job)["TradeInfo"]
    assert (trade["TradeStatus"], trade["InstanceClass"]) == ("normal", "xlarge")
    cloud.wait(44 + 43 + 20)
    assert cloud.status(job) == "readyComplete"


def test_the_lag_is_unknown_while_the_work_stands_still(cloud: Cloud) -> None:
    job = cloud.incremental()
    cloud.wait(16)
    before = cloud.detail(job)["StepInfo"]["SecondsBehindMaster"]
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large")
    assert cloud.detail(job)["StepInfo"]["SecondsBehindMaster"] == -1
    cloud.wait(240)
    assert cloud.detail(job)["StepInfo"]["SecondsBehindMaster"] == before


def test_only_the_incremental_step_is_billed_paused_or_not(cloud: Cloud) -> None:
    job = cloud.incremental()
    assert facts(cloud, job)["billed_hours"].get("small", 0) == 0
    cloud.wait(3600)
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(3600)
    assert facts(cloud, job)["billed_hours"]["small"] == pytest.approx(2, abs=0.01)
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.wait(86400)
    assert facts(cloud, job)["billed_hours"]["small"] == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("kind", ["full", "structure"])
def test_full_and_structure_migrations_are_free(cloud: Cloud, kind: str) -> None:
    job = cloud.started(MigrateOption={"MigrateType": kind})
    cloud.wait(86400)
    assert facts(cloud, job)["billed_hours"] == {}
    assert facts(cloud, job)["frozen"]


@pytest.mark.parametrize("trouble", ["error", "failed"])
def test_a_job_in_trouble_is_not_billed(cloud: Cloud, trouble: str) -> None:
    job = cloud.incremental(purchase={"JobName": f"rehearse_{trouble}"})
    cloud.wait(86400)
    assert facts(cloud, job)["billed_hours"]["small"] < 0.01


def test_hours_are_billed_at_the_class_they_ran_at(cloud: Cloud) -> None:
    job = cloud.incremental()
    cloud.wait(3600)
    cloud.call("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large")
    cloud.wait(240 + 7200)
    hours = cloud.emulator.meter()["billed_hours"]
    assert hours == {"small": pytest.approx(1 + 240 / 3600, abs=0.01), "large": pytest.approx(2, abs=0.01)}


def test_the_meter_tells_live_jobs_from_orphans(cloud: Cloud) -> None:
    idle = cloud.configured()
    running = cloud.ready()
    done = cloud.succeeded()
    isolated = cloud.isolated()
    meter = cloud.emulator.meter()
    assert (meter["jobs"], meter["frozen_fees"]) == (4, 3)
    assert set(meter["live"]) == {idle, running, done}
    assert set(meter["orphans"]) == {idle, done}
    assert isolated not in meter["live"]
    for job in (idle, done):
        cloud.call("IsolateMigrateJob", JobId=job)
    cloud.wait(5)
    assert cloud.emulator.meter()["orphans"] == []


def test_an_account_of_the_international_site_pays_nothing_and_isolation_deletes() -> None:
    accounts = {"AKIDintl": "international-secret"}
    with Emulator(speed=0, rate_limit=False, accounts=accounts, international=["AKIDintl"]) as emulator:
        cloud = Cloud(emulator, key=("AKIDintl", "international-secret"))
        job = cloud.incremental()
        trade = cloud.detail(job)["TradeInfo"]
        assert (trade["TradeStatus"], trade["BillingType"]) == ("notBilled", "notBilling")
        assert "resize" not in cloud.detail(job)["Action"]["AllowedAction"]
        assert "isolate" in cloud.detail(job)["Action"]["AllowedAction"]
        assert cloud.refused("ModifyMigrateJobSpec", JobId=job, NewInstanceClass="large") == DENIED
        assert cloud.refused("DestroyMigrateJob", JobId=job) == DENIED
        cloud.wait(3600)
        meter = emulator.meter()
        assert (meter["billed_hours"], meter["frozen_fees"], meter["live"]) == ({}, 0, [])
        cloud.call("IsolateMigrateJob", JobId=job)
        assert cloud.trade(job) == "notBilled"
        cloud.wait(5)
        assert cloud.listed() == []
        assert cloud.refused("DescribeMigrationDetail", JobId=job) == NOT_FOUND
        assert cloud.refused("RecoverMigrateJob", JobId=job) == NOT_FOUND


def test_a_link_can_be_made_free_by_a_seed(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"Link": "redis2redis"}, "trade_status": "notBilled"})
    assert cloud.trade(cloud.buy(SrcDatabaseType="redis", DstDatabaseType="redis")) == "notBilled"
    assert cloud.trade(cloud.buy()) == "normal"
