"""A person at the API who syncs: buys sync jobs through the raw SDK and brings them to where a test wants them."""

from __future__ import annotations

from typing import Any

from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.raw import REGION

PURCHASE = {
    "PayMode": "PostPay",
    "SrcDatabaseType": "mysql",
    "SrcRegion": REGION,
    "DstDatabaseType": "mysql",
    "DstRegion": REGION,
}
DATABASE = {"DbName": "app", "DbMode": "All", "TableMode": "All"}
ENDPOINT = {"Ip": "203.0.113.10", "Port": 3306, "User": "syncer", "Password": "correct horse"}
SECONDS_TO_SINKER = 63 + 10 + 44 + 43


def objects(*names: str) -> dict[str, Any]:
    """Return Objects that hold these whole databases."""
    return {"Mode": "Partial", "Databases": [DATABASE | {"DbName": name} for name in names or ("app",)]}


def configuration(**changes: Any) -> dict[str, Any]:
    """Return the parameters of ConfigureSyncJob but the JobId, with some replaced."""
    whole: dict[str, Any] = {
        "SrcAccessType": "extranet",
        "DstAccessType": "extranet",
        "SrcInfo": ENDPOINT,
        "DstInfo": ENDPOINT,
        "Objects": objects(),
    }
    return whole | changes


class SyncCloud(Cloud):
    """One account in one region of an emulator whose clock stands still, for sync jobs."""

    def info(self, job: str) -> dict[str, Any]:
        """Return a sync job as the list shows it."""
        (found,) = self.call("DescribeSyncJobs", JobIds=[job])["JobList"]
        return dict(found)

    def sync_status(self, job: str) -> str:
        """Return the sync job's Status."""
        return str(self.info(job)["Status"])

    def sync_trade(self, job: str) -> str:
        """Return the sync job's TradeStatus."""
        return str(self.info(job)["TradeStatus"])

    def syncs(self, **filters: Any) -> list[str]:
        """Return the ids of the sync jobs that a list with these filters shows."""
        return [item["JobId"] for item in self.call("DescribeSyncJobs", **filters)["JobList"]]

    def buy_sync(self, **changes: Any) -> str:
        """Buy one sync job."""
        return str(self.call("CreateSyncJob", **PURCHASE | changes)["JobIds"][0])

    def initialized(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a sync job that is configured."""
        job = self.buy_sync(**purchase or {})
        self.call("ConfigureSyncJob", JobId=job, **configuration(**changes))
        return job

    def sync_check(self, job: str) -> dict[str, Any]:
        """Order a check, wait for it and return what it found."""
        self.call("CreateCheckSyncJob", JobId=job)
        self.wait(28)
        return self.call("DescribeCheckSyncJobResult", JobId=job)

    def check_passed(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a sync job whose check has ended."""
        job = self.initialized(purchase, **changes)
        self.sync_check(job)
        return job

    def ready_running(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a sync job that has just been started."""
        job = self.check_passed(purchase, **changes)
        self.call("StartSyncJob", JobId=job)
        return job

    def full_phase(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a sync job at the start of its first step."""
        job = self.ready_running(purchase, **changes)
        self.wait(63)
        return job

    def syncing(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a sync job in its incremental step, which has caught up."""
        job = self.ready_running(purchase, **changes)
        self.wait(SECONDS_TO_SINKER + 20)
        return job

    def paused_sync(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a paused sync job."""
        return self._then(self.syncing(purchase, **changes), "PauseSyncJob", 5)

    def stopped_sync(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a stopped sync job."""
        return self._then(self.syncing(purchase, **changes), "StopSyncJob", 10)

    def isolated_sync(self, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a stopped sync job that is isolated."""
        return self._then(self.stopped_sync(purchase, **changes), "IsolateSyncJob", 5)

    def erring(self, purchase: dict[str, Any] | None = None, word: str = "rehearse_error") -> str:
        """Return a sync job in error, or ``Failed``, by the word in its name."""
        job = self.ready_running({"JobName": word} | (purchase or {}))
        self.wait(SECONDS_TO_SINKER + 10)
        return job

    def modify(self, job: str, **change: Any) -> None:
        """Say how a running job is to change; without a change, another database is added."""
        self.call("ModifySyncJobConfig", JobId=job, **change or {"DynamicObjects": objects("app", "more")})

    def modify_checked(self, job: str) -> dict[str, Any]:
        """Order the check of a change, wait for it and return what it found."""
        self.call("CreateModifyCheckSyncJob", JobId=job)
        self.wait(28)
        return self.call("DescribeModifyCheckSyncJobResult", JobId=job)

    def _then(self, job: str, action: str, seconds: float) -> str:
        self.call(action, JobId=job)
        self.wait(seconds)
        return job
