"""A person at API 2018-03-30: creates migration jobs and subscriptions through the raw SDK of that version."""

from __future__ import annotations

import json
from typing import Any

from tencentcloud.common.credential import Credential
from tencentcloud.dts.v20180330.dts_client import DtsClient

from tencent_dts.emulator import Emulator
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.raw import REGION, SECRET_ID, SECRET_KEY, profile

OPTION = {"RunMode": 1, "MigrateType": 3, "MigrateObject": 1, "ConsistencyType": 5, "IsOverrideRoot": 0}
SOURCE = {"Ip": "203.0.113.10", "Port": 3306, "User": "migrator", "Password": "correct horse", "Region": REGION}
TARGET = {"InstanceId": "cdb-e78e0nnv", "Region": REGION, "User": "migrator", "Password": "correct horse"}
JOB: dict[str, Any] = {
    "JobName": "orders",
    "SrcDatabaseType": "mysql",
    "SrcAccessType": "extranet",
    "SrcInfo": SOURCE,
    "DstDatabaseType": "mysql",
    "DstAccessType": "cdb",
    "DstInfo": TARGET,
    "MigrateOption": OPTION,
}
ACTIVATION = {"InstanceId": "cdb-9dijwkkw", "SubscribeObjectType": 0}


def naming(*databases: str) -> dict[str, Any]:
    """Return what lets a job migrate these databases only."""
    return {
        "DatabaseInfo": json.dumps([{"Database": name} for name in databases]),
        "MigrateOption": OPTION | {"MigrateObject": 2},
    }


class Cloud2018(Cloud):
    """One account in one region, at the API of 2018."""

    def __init__(
        self, emulator: Emulator, key: tuple[str, ...] = (SECRET_ID, SECRET_KEY), region: str = REGION, **options: Any
    ) -> None:
        self.emulator = emulator
        self.sdk = DtsClient(Credential(*key), region, profile(emulator, **options))

    def item(self, job: str) -> dict[str, Any]:
        """Return a migration job as the list shows it."""
        (found,) = self.call("DescribeMigrateJobs", JobId=job)["JobList"]
        return dict(found)

    def number(self, job: str) -> int:
        """Return a migration job's Status."""
        return int(self.item(job)["Status"])

    def made(self, **changes: Any) -> str:
        """Return a migration job just created."""
        return str(self.call("CreateMigrateJob", **JOB | changes)["JobId"])

    def verdict(self, job: str) -> dict[str, Any]:
        """Order a check of a migration job, wait for it and return what it found."""
        self.call("CreateMigrateCheckJob", JobId=job)
        self.wait(28)
        return self.call("DescribeMigrateCheckJob", JobId=job)

    def passed(self, **changes: Any) -> str:
        """Return a migration job that has been checked."""
        job = self.made(**changes)
        self.verdict(job)
        return job

    def begun(self, seconds: float = 0, **changes: Any) -> str:
        """Return a migration job some seconds after its start."""
        job = self.passed(**changes)
        self.call("StartMigrateJob", JobId=job)
        self.wait(seconds)
        return job

    def in_time(self, seconds: float = 63 + 44 + 43 + 20, **changes: Any) -> str:
        """Return a migration job that is ready to be completed."""
        return self.begun(seconds, **changes)

    def then(self, job: str, action: str, seconds: float = 0, **params: Any) -> str:
        """Return the job after a call and some seconds."""
        self.call(action, JobId=job, **params)
        self.wait(seconds)
        return job

    def subscribed(self, **changes: Any) -> str:
        """Return a subscription just bought and in service."""
        (subscription,) = self.call("CreateSubscribe", **{"Product": "mysql", "PayType": 1} | changes)["SubscribeIds"]
        self.wait(2)
        return str(subscription)

    def activating(self, **changes: Any) -> tuple[str, str]:
        """Return a subscription that is being configured, and the request that does it."""
        subscription = self.subscribed(**changes)
        answer = self.call("ActivateSubscribe", SubscribeId=subscription, **ACTIVATION)
        return subscription, str(answer["AsyncRequestId"])

    def active(self, **changes: Any) -> str:
        """Return a subscription that is configured."""
        subscription, _ = self.activating(**changes)
        self.wait(60)
        return subscription

    def conf(self, subscription: str) -> dict[str, Any]:
        """Return what DescribeSubscribeConf says."""
        return self.call("DescribeSubscribeConf", SubscribeId=subscription)

    def request(self, request: str) -> str:
        """Return the status of an asynchronous request."""
        return str(self.call("DescribeAsyncRequestInfo", AsyncRequestId=request)["Status"])
