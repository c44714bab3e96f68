"""The four lifecycles on the emulator, each call made by an official client in another language, used as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tencent_dts.emulator import Emulator
from tests.system.clients.official import CLIENTS, NodeClient, Official, Refusal, Through, Through2018
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud

LIST = "DescribeMigrationJobs"


class Newer(Through, SyncCloud):
    """Migrations and links of 2021-12-06."""

    def __init__(self, emulator: Emulator, client: Official) -> None:
        self.emulator, self.client = emulator, client


class Older(Through2018, Cloud2018):
    """Migrations and subscriptions of 2018-03-30."""

    def __init__(self, emulator: Emulator, client: Official) -> None:
        self.emulator, self.client = emulator, client


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(speed=0) as emulator:
        yield emulator
        emulator.raise_failures()


@pytest.fixture(params=CLIENTS)
def client(served: Emulator, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Official]:
    served.reset()
    with CLIENTS[request.param](served.endpoint, tmp_path) as opened:
        yield opened


def test_a_migration(served: Emulator, client: Official) -> None:
    cloud = Newer(served, client)
    job = cloud.ready(purchase={"JobName": "größe & co", "Tags": [{"TagKey": "run", "TagValue": "a b"}]})
    assert cloud.listed(TagFilters=[{"TagKey": "run", "TagValue": ["a b"]}]) == [job]
    assert cloud.report(job, cloud.compare(job))["Abstract"]["Conclusion"] == "same"
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.wait(10)
    assert cloud.status(job) == "success"
    assert cloud.refused("StartMigrateJob", JobId=job) == "FailedOperation.StatusInConflict"
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.wait(5)
    assert cloud.trade(job) == "isolated"


def test_a_sync_link(served: Emulator, client: Official) -> None:
    cloud = Newer(served, client)
    job = cloud.syncing({"JobName": "größe & co"})
    cloud.call("PauseSyncJob", JobId=job)
    cloud.wait(5)
    cloud.call("ContinueSyncJob", JobId=job)
    cloud.wait(30)
    assert (cloud.sync_status(job), cloud.info(job)["JobName"]) == ("Running", "größe & co")
    cloud.call("StopSyncJob", JobId=job)
    cloud.wait(10)
    cloud.call("IsolateSyncJob", JobId=job)
    cloud.wait(5)
    assert cloud.sync_trade(job) == "Isolated"
    cloud.call("DestroySyncJob", JobId=job)
    cloud.wait(10)
    assert cloud.syncs() == []


def test_a_migration_of_2018(served: Emulator, client: Official) -> None:
    cloud = Older(served, client)
    job = cloud.in_time()
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.wait(10)
    assert cloud.number(job) == 9
    cloud.call("DeleteMigrateJob", JobId=job)
    assert cloud.call("DescribeMigrateJobs")["TotalCount"] == 0


def test_a_subscription_of_2018(served: Emulator, client: Official) -> None:
    cloud = Older(served, client)
    subscription = cloud.active(Name="größe & co")
    assert cloud.conf(subscription)["SubsStatus"] == "configured"
    cloud.call("ResetSubscribe", SubscribeId=subscription)
    cloud.call("IsolateSubscribe", SubscribeId=subscription)
    cloud.wait(5)
    cloud.call("OfflineIsolatedSubscribe", SubscribeId=subscription)
    cloud.wait(10)
    assert cloud.call("DescribeSubscribes", SubscribeId=subscription)["TotalCount"] == 0


@pytest.mark.parametrize("verb", ["POST", "GET"])
@pytest.mark.parametrize("signing", ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"])
def test_node_js_signs_in_every_way_that_it_has(served: Emulator, tmp_path: Path, signing: str, verb: str) -> None:
    with NodeClient(served.endpoint, tmp_path, signing=signing, verb=verb) as client:
        assert client.call("2021-12-06", LIST, {"Limit": 5})["TotalCount"] >= 0


@pytest.mark.parametrize("name", CLIENTS)
def test_a_wrong_key_is_refused(served: Emulator, tmp_path: Path, name: str) -> None:
    with CLIENTS[name](served.endpoint, tmp_path, secret_key="another") as client, pytest.raises(Refusal) as refused:
        client.call("2021-12-06", LIST, {})
    assert refused.value.code == "AuthFailure.SignatureFailure"
