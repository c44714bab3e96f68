"""A person at the API: buys jobs through the raw SDK and brings them to where a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tencent_dts.emulator import Emulator
from tests.unit.emulator.raw import REGION, call, client, refusal

PURCHASE = {
    "SrcDatabaseType": "mysql",
    "DstDatabaseType": "mysql",
    "SrcRegion": REGION,
    "DstRegion": REGION,
    "InstanceClass": "small",
}
DATABASE = {"DbName": "app", "DBMode": "all"}


def endpoint(kind: str = "mysql", **info: Any) -> dict[str, Any]:
    """Return a DBEndpointInfo of a database on the public network."""
    database = {"Host": "203.0.113.10", "Port": 3306, "User": "migrator", "Password": "correct horse"} | info
    return {
        "Region": REGION,
        "AccessType": "extranet",
        "DatabaseType": kind,
        "NodeType": "simple",
        "Info": [database],
    }


def configuration(kind: str = "mysql", /, **changes: Any) -> dict[str, Any]:
    """Return the parameters of ModifyMigrationJob but the JobId; ``MigrateOption`` is merged, the others replaced."""
    option: dict[str, Any] = {"DatabaseTable": {"ObjectMode": "partial", "Databases": [DATABASE]}}
    option |= changes.pop("MigrateOption", {})
    whole = {"RunMode": "immediate", "SrcInfo": endpoint(kind), "DstInfo": endpoint(kind)}
    return whole | {"MigrateOption": option} | changes


def databases(*names: str) -> dict[str, Any]:
    """Return a MigrateOption that migrates these whole databases."""
    return {
        "DatabaseTable": {"ObjectMode": "partial", "Databases": [{"DbName": name, "DBMode": "all"} for name in names]}
    }


class Cloud:
    """One account in one region of an emulator whose clock stands still."""

    def __init__(self, emulator: Emulator, **options: Any) -> None:
        self.emulator = emulator
        self.sdk = client(emulator, **options)

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        """Make a call that must succeed."""
        return call(self.sdk, action, params)

    def refused(self, action: str, **params: Any) -> str:
        """Make a call that must fail, and return its code."""
        return refusal(self.sdk, action, params)

    def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.emulator.advance(seconds)

    def detail(self, job: str) -> dict[str, Any]:
        """Return the job's detail."""
        return self.call("DescribeMigrationDetail", JobId=job)

    def status(self, job: str) -> str:
        """Return the job's Status."""
        return str(self.detail(job)["Status"])

    def trade(self, job: str) -> str:
        """Return the job's TradeStatus."""
        return str(self.detail(job)["TradeInfo"]["TradeStatus"])

    def listed(self, **filters: Any) -> list[str]:
        """Return the ids of the jobs that a list with these filters shows."""
        return [item["JobId"] for item in self.call("DescribeMigrationJobs", **filters)["JobList"]]

    def buy(self, **changes: Any) -> str:
        """Buy one job; it is ``creating``."""
        return str(self.call("CreateMigrationService", **PURCHASE | changes)["JobIds"][0])

    def configured(self, kind: str = "mysql", /, *, purchase: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a job that is configured."""
        job = self.buy(SrcDatabaseType=kind, DstDatabaseType=kind, **purchase or {})
        self.wait(2)
        self.call("ModifyMigrationJob", JobId=job, **configuration(kind, **changes))
        return job

    def checked(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job whose check has ended."""
        job = self.configured(kind, **changes)
        self.check(job)
        return job

    def check(self, job: str) -> dict[str, Any]:
        """Order a check, wait for it and return what it found."""
        self.call("CreateMigrateCheckJob", JobId=job)
        self.wait(28)
        return self.call("DescribeMigrationCheckJob", JobId=job)

    def started(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job that is ``readyRun``."""
        job = self.checked(kind, **changes)
        self.call("StartMigrateJob", JobId=job)
        return job

    def dumping(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job at the start of its export."""
        job = self.started(kind, **changes)
        self.wait(63)
        return job

    def incremental(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job at the start of its incremental step."""
        job = self.dumping(kind, **changes)
        self.wait(44 + 43)
        return job

    def ready(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job that is ``readyComplete`` with no lag."""
        job = self.incremental(kind, **changes)
        self.wait(20)
        return job

    def succeeded(self, kind: str = "mysql", /, **changes: Any) -> str:
        """Return a job that is completed."""
        job = self.ready(kind, **changes)
        self.call("CompleteMigrateJob", JobId=job)
        self.wait(10)
        return job

    def isolated(self, **changes: Any) -> str:
        """Return a finished job that is isolated."""
        job = self.succeeded(**changes)
        self.call("IsolateMigrateJob", JobId=job)
        self.wait(5)
        return job

    def after(self, made: Callable[..., str], *calls: tuple[str, float], **changes: Any) -> str:
        """Return a job made by ``made`` after calls, each with the seconds to wait after it."""
        job = made(**changes)
        for action, seconds in calls:
            self.call(action, JobId=job)
            self.wait(seconds)
        return job

    def compare(self, job: str, **params: Any) -> str:
        """Return the id of a compare task that has run to its end."""
        task = self.comparing(job, **params)
        self.wait(47)
        return task

    def comparing(self, job: str, **params: Any) -> str:
        """Return the id of a compare task just started."""
        task = str(self.call("CreateCompareTask", JobId=job, **params)["CompareTaskId"])
        self.call("StartCompare", JobId=job, CompareTaskId=task)
        return task

    def task(self, job: str, task: str) -> dict[str, Any]:
        """Return a compare task as the list shows it."""
        (item,) = self.call("DescribeCompareTasks", JobId=job, CompareTaskId=task)["Items"]
        return dict(item)

    def report(self, job: str, task: str, **params: Any) -> dict[str, Any]:
        """Return the report of a compare task."""
        return self.call("DescribeCompareReport", JobId=job, CompareTaskId=task, **params)
