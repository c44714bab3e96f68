"""What sync jobs cost: by the hour or prepaid, isolated, recovered, destroyed, resized, free; the meter.

API documents: CreateSyncJob, IsolateSyncJob, RecoverSyncJob, DestroySyncJob, ResizeSyncJob, SyncJobInfo; the price
guide (a sync is billed from its start, paused or not); official clients (what a free job of the international site
shows).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.unit.emulator.sync_cloud import SyncCloud

MONTH = 30 * 86400
PREPAID = {"PayMode": "PrePay"}
UNSUPPORTED = "UnsupportedOperation.UnsupportedOperationError"
UNKNOWN = "InternalError.UnknownError"
UNSET = "0000-00-00 00:00:00"


@pytest.fixture
def cloud(emulator: Emulator) -> SyncCloud:
    return SyncCloud(emulator)


def facts(cloud: SyncCloud, job: str) -> dict[str, Any]:
    (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
    return found


def test_a_job_paid_by_the_hour_holds_a_frozen_fee_until_it_is_isolated(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync()
    assert (cloud.info(job)["PayMode"], cloud.sync_trade(job), facts(cloud, job)["frozen"]) == (
        "PostPay",
        "Normal",
        True,
    )
    assert cloud.emulator.meter()["orphans"] == [job]
    cloud.call("IsolateSyncJob", JobId=job)
    assert cloud.sync_trade(job) == "Isolating"
    cloud.wait(5)
    assert (cloud.sync_trade(job), cloud.sync_status(job)) == ("Isolated", "Stopped")
    assert not facts(cloud, job)["frozen"]
    assert cloud.emulator.meter()["live"] == []


def test_an_isolated_job_allows_recovery_and_destruction_only(cloud: SyncCloud) -> None:
    job = cloud.isolated_sync()
    assert set(cloud.info(job)["Actions"]) == {"recover", "offline"}
    assert cloud.refused("IsolateSyncJob", JobId=job) == UNSUPPORTED
    assert cloud.refused("StopSyncJob", JobId=job) == UNKNOWN
    assert cloud.refused("ResizeSyncJob", JobId=job, NewInstanceClass="large") == UNSUPPORTED


def test_a_recovered_job_goes_on_where_it_stood(cloud: SyncCloud) -> None:
    job = cloud.paused_sync()
    cloud.call("IsolateSyncJob", JobId=job)
    cloud.wait(86400)
    cloud.call("RecoverSyncJob", JobId=job)
    assert cloud.sync_trade(job) == "Recovering"
    cloud.wait(5)
    assert (cloud.sync_trade(job), cloud.sync_status(job)) == ("Normal", "Paused")
    assert facts(cloud, job)["frozen"]
    cloud.call("ContinueSyncJob", JobId=job)


def test_only_an_isolated_job_is_recovered_or_destroyed(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync()
    assert cloud.refused("RecoverSyncJob", JobId=job) == UNSUPPORTED
    assert cloud.refused("DestroySyncJob", JobId=job) == UNKNOWN


def test_a_destroyed_job_leaves_the_list(cloud: SyncCloud) -> None:
    job = cloud.isolated_sync()
    cloud.call("DestroySyncJob", JobId=job)
    assert cloud.sync_trade(job) == "Offlining"
    cloud.wait(5)
    assert cloud.syncs() == []
    assert cloud.refused("DestroySyncJob", JobId=job) == "ResourceNotFound"
    assert cloud.refused("RecoverSyncJob", JobId=job) == "ResourceNotFound.ResourceNotFoundError"


def test_after_seven_days_an_isolated_job_is_gone_from_the_list(cloud: SyncCloud) -> None:
    job = cloud.isolated_sync()
    cloud.wait(7 * 86400 - 60)
    assert cloud.syncs() == [job]
    cloud.wait(60)
    assert cloud.syncs() == []


def test_a_job_isolated_for_arrears_is_not_recovered_by_a_call(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync()
    cloud.emulator.seed({"match": {"JobId": job}, "trade_status": "arrears"})
    assert cloud.sync_trade(job) == "Isolated"
    assert cloud.refused("RecoverSyncJob", JobId=job) == UNSUPPORTED
    cloud.call("DestroySyncJob", JobId=job)


def test_resizing_takes_minutes_in_which_the_work_stands_still(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    cloud.call("ResizeSyncJob", JobId=job, NewInstanceClass="large")
    cloud.wait(200)
    item = cloud.info(job)
    assert (item["TradeStatus"], item["InstanceClass"], item["Status"]) == ("Resizing", "medium", "Running")
    assert item["Detail"]["SecondsBehindMaster"] == -1
    assert item["Actions"] == ["view"]
    cloud.wait(40)
    item = cloud.info(job)
    assert (item["TradeStatus"], item["InstanceClass"], item["Detail"]["SecondsBehindMaster"]) == ("Normal", "large", 0)


def test_hours_are_billed_from_the_start_to_the_stop_but_not_while_paused(cloud: SyncCloud) -> None:
    idle = cloud.check_passed()
    job = cloud.paused_sync()
    cloud.wait(3600)
    cloud.call("ContinueSyncJob", JobId=job)
    cloud.wait(3600)
    cloud.call("StopSyncJob", JobId=job)
    cloud.wait(10)
    hours = facts(cloud, job)["billed_hours"]
    assert hours["medium"] == pytest.approx(1 + 205 / 3600, abs=0.02)
    cloud.wait(86400)
    assert facts(cloud, job)["billed_hours"] == hours
    assert facts(cloud, idle)["billed_hours"] == {}


def test_a_prepaid_job_has_a_time_to_expire_and_no_hours(cloud: SyncCloud) -> None:
    job = cloud.syncing({"PayMode": "PrePay", "TimeSpan": 3})
    item = cloud.info(job)
    assert (item["PayMode"], item["TradeStatus"], item["AutoRenew"]) == ("PrePay", "Normal", 0)
    assert item["ExpireTime"] > item["CreateTime"]
    assert {"resize", "postPay2prePay"}.isdisjoint(item["Actions"])
    cloud.wait(86400)
    meter = cloud.emulator.meter()
    assert (meter["billed_hours"], meter["frozen_fees"], meter["prepaid_months"]) == ({}, 0, 3)
    assert meter["live"] == [job]
    assert cloud.info(cloud.buy_sync())["ExpireTime"] == UNSET


def test_a_prepaid_job_is_neither_resized_nor_recovered(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync(PREPAID)
    assert cloud.refused("ResizeSyncJob", JobId=job, NewInstanceClass="large") == UNSUPPORTED
    cloud.call("IsolateSyncJob", JobId=job)
    cloud.wait(5)
    assert (cloud.sync_trade(job), cloud.info(job)["Actions"]) == ("Isolated", ["offline"])
    assert cloud.refused("RecoverSyncJob", JobId=job) == UNSUPPORTED
    assert cloud.emulator.meter()["live"] == []


def test_a_prepaid_job_that_expires_is_isolated_then_gone(cloud: SyncCloud) -> None:
    job = cloud.syncing(PREPAID)
    cloud.wait(MONTH)
    assert cloud.sync_trade(job) == "Isolated"
    cloud.wait(7 * 86400)
    assert cloud.syncs() == []


def test_a_prepaid_job_that_renews_itself_does_not_expire(cloud: SyncCloud) -> None:
    job = cloud.syncing({"PayMode": "PrePay", "AutoRenew": 1})
    cloud.wait(5 * MONTH)
    assert (cloud.sync_trade(job), cloud.sync_status(job)) == ("Normal", "Running")
    assert cloud.emulator.meter()["prepaid_months"] == 6


def test_an_isolated_prepaid_job_does_not_come_back_by_its_renewal(cloud: SyncCloud) -> None:
    job = cloud.stopped_sync({"PayMode": "PrePay", "AutoRenew": 1, "TimeSpan": 1})
    bought = facts(cloud, job)["history"][0][0]
    age = (datetime.fromisoformat(cloud.emulator.clock()["utc"]) - datetime.fromisoformat(bought)).total_seconds()
    cloud.wait(MONTH - age - 2)
    # The month ends while the job is being isolated.
    cloud.call("IsolateSyncJob", JobId=job)
    cloud.wait(86400)
    assert cloud.sync_trade(job) == "Isolated"
    assert cloud.emulator.meter()["prepaid_months"] == 1


def test_an_account_of_the_international_site_pays_nothing_and_isolation_deletes() -> None:
    accounts = {"AKIDintl": "international-secret"}
    with Emulator(speed=0, rate_limit=False, accounts=accounts, international=["AKIDintl"]) as emulator:
        cloud = SyncCloud(emulator, key=("AKIDintl", "international-secret"))
        job = cloud.syncing(PREPAID)
        assert cloud.sync_trade(job) == "NotBilledByInternational"
        assert cloud.refused("IsolateSyncJob", JobId=job) == UNSUPPORTED
        assert cloud.refused("ResizeSyncJob", JobId=job, NewInstanceClass="large") == UNSUPPORTED
        assert cloud.refused("DestroySyncJob", JobId=job) == UNKNOWN
        cloud.wait(2 * MONTH)
        meter = emulator.meter()
        assert (meter["billed_hours"], meter["frozen_fees"], meter["prepaid_months"]) == ({}, 0, 0)
        cloud.call("PauseSyncJob", JobId=job)
        cloud.wait(5)
        cloud.call("IsolateSyncJob", JobId=job)
        assert cloud.sync_trade(job) == "NotBilledByInternational"
        cloud.wait(5)
        assert cloud.syncs() == []


def test_a_sync_link_can_be_made_free_by_a_seed(cloud: SyncCloud) -> None:
    cloud.emulator.seed({"match": {"Link": "mysql2kafka"}, "trade_status": "notBilled"})
    assert cloud.sync_trade(cloud.buy_sync(DstDatabaseType="kafka")) == "NotBilled"
    assert cloud.sync_trade(cloud.buy_sync()) == "Normal"


def test_the_meter_counts_migrations_and_syncs_together(cloud: SyncCloud) -> None:
    migration, sync = cloud.ready(), cloud.syncing()
    meter = cloud.emulator.meter()
    assert (meter["jobs"], set(meter["live"]), meter["orphans"]) == (2, {migration, sync}, [])
