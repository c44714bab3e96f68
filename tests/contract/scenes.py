"""What the request of each documented example needs to find, and the examples themselves."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tencent_dts.spec import Field, load
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "examples" / "2021-12-06.json").read_text("utf-8")
)
SPEC = load()
Shape = dict[str, Any]


def plausible(fields: Any, example: Shape) -> Shape:
    """The example with its placeholders ("abc") made into values that the documents allow for the field."""
    made: Shape = {}
    for name, value in example.items():
        if value is None:
            continue
        field: Field = fields[name]
        values = value if isinstance(value, list) else [value]
        if field.type in SPEC.types:
            filled: list[Any] = [plausible(SPEC.types[field.type], item) for item in values]
        elif field.enum and value not in field.enum:
            filled = [next(choice for choice in field.enum if choice)]
        else:
            filled = values
        made[name] = filled if isinstance(value, list) else filled[0]
    return made


def configure_request() -> Shape:
    """The example of ModifyMigrationJob, every field of which is filled, with regions that exist."""
    request = plausible(SPEC.actions["ModifyMigrationJob"].request, EXAMPLES["ModifyMigrationJob"]["request"])
    for side in ("SrcInfo", "DstInfo"):
        request[side]["Region"] = "ap-guangzhou"
    return request


def as_in_the_detail_example(cloud: Cloud) -> str:
    """A job configured, checked, skipped and run as the one that the examples of the documents show."""
    example = EXAMPLES["DescribeMigrationDetail"]["response"]
    job = cloud.buy(InstanceClass="xlarge", JobName=example["JobName"])
    cloud.wait(2)
    names = ("RunMode", "ExpectRunTime", "MigrateOption", "SrcInfo", "DstInfo")
    cloud.call("ModifyMigrationJob", JobId=job, **{name: example[name] for name in names})
    cloud.check(job)
    cloud.call("SkipCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    cloud.check(job)
    cloud.call("StartMigrateJob", JobId=job)
    cloud.wait(3600)
    return job


def compared(cloud: Cloud, made: Callable[[Cloud, str], str]) -> Shape:
    option = EXAMPLES["DescribeMigrationDetail"]["response"]["MigrateOption"]
    # Without the automatic task, which would be under way.
    job = cloud.ready(MigrateOption=option | {"Consistency": {"Mode": "noCheck"}})
    return {"JobId": job, "CompareTaskId": made(cloud, job)}


def chosen(action: str) -> Shape:
    """The objects of a compare's example, with a table that the job of the other examples has: theirs is misspelt."""
    objects: Shape = copy.deepcopy(EXAMPLES[action]["request"]["Objects"])
    objects["ObjectItems"][0]["Tables"] = [{"TableName": "sbtest1"}]
    return {"Objects": objects}


def created(cloud: Cloud, job: str) -> str:
    return str(cloud.call("CreateCompareTask", JobId=job)["CompareTaskId"])


def in_error(cloud: Cloud) -> Shape:
    job = cloud.incremental(purchase={"JobName": "rehearse_error"})
    cloud.wait(10)
    return {"JobId": job}


def paused(cloud: Cloud) -> Shape:
    job = cloud.ready()
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.wait(5)
    return {"JobId": job}


def created_job(cloud: Cloud) -> Shape:
    job = cloud.buy()
    cloud.wait(2)
    return configure_request() | {"JobId": job}


# What the request of an example needs to find, and the ids to put into it.
SCENES: dict[str, Callable[[Cloud], Shape]] = {
    "CreateMigrationService": lambda _: {},
    "ModifyMigrationJob": created_job,
    "CreateMigrateCheckJob": lambda cloud: {"JobId": cloud.configured()},
    "DescribeMigrationCheckJob": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "SkipCheckItem": lambda cloud: {"JobId": cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck"})},
    "StartMigrateJob": lambda cloud: {"JobId": cloud.checked()},
    "DescribeMigrationJobs": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "DescribeMigrationDetail": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "CompleteMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "StopMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "PauseMigrateJob": lambda cloud: {"JobId": cloud.ready()},
    "ContinueMigrateJob": paused,
    "ResumeMigrateJob": in_error,
    "ModifyMigrateName": lambda cloud: {"JobId": cloud.buy()},
    "ModifyMigrateJobSpec": lambda cloud: {"JobId": cloud.ready()},
    "IsolateMigrateJob": lambda cloud: {"JobId": cloud.succeeded()},
    "RecoverMigrateJob": lambda cloud: {"JobId": cloud.isolated()},
    "DestroyMigrateJob": lambda cloud: {"JobId": cloud.isolated()},
    "DescribeMigrateDBInstances": lambda cloud: {
        "InstanceId": cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql")["Instances"][0]["InstanceId"]
    },
    "CreateCompareTask": lambda cloud: {"JobId": as_in_the_detail_example(cloud), **chosen("CreateCompareTask")},
    "ModifyCompareTask": lambda cloud: compared(cloud, created) | chosen("ModifyCompareTask"),
    "ModifyCompareTaskName": lambda cloud: compared(cloud, created),
    "StartCompare": lambda cloud: compared(cloud, created),
    "StopCompare": lambda cloud: compared(cloud, Cloud.comparing),
    "DeleteCompareTask": lambda cloud: compared(cloud, Cloud.compare),
    "DescribeCompareTasks": lambda cloud: {"JobId": as_in_the_detail_example(cloud)},
    "DescribeCompareReport": lambda cloud: compared(cloud, Cloud.compare),
}


def sync_configure_request(example: str = "request") -> Shape:
    """An example of ConfigureSyncJob, whose access type "noProxy" is in no list of values.

    It is older than the rule that a table which is named says whether all its columns are synced.
    """
    request = plausible(SPEC.actions["ConfigureSyncJob"].request, EXAMPLES["ConfigureSyncJob"][example])
    for database in request["Objects"]["Databases"]:
        database["Tables"] = [{"ColumnMode": "All", **table} for table in database.get("Tables") or []]
    return request


def as_in_the_sync_example(cloud: SyncCloud) -> Shape:
    """A job configured and run as the one that the example of DescribeSyncJobs shows."""
    (example,) = EXAMPLES["DescribeSyncJobs"]["response"]["JobList"]
    names = ("RunMode", "SrcInfo", "DstInfo", "Objects", "SrcNodeType", "DstNodeType")
    changes = {name: example[name] for name in names}
    changes["Options"] = {"ConflictHandleType": "Cover", "DealOfExistSameTable": "ExecuteAfterIgnore"}
    regions = {"SrcRegion": example["SrcRegion"], "DstRegion": example["DstRegion"]}
    job = cloud.syncing({"JobName": example["JobName"], **regions}, **changes)
    return {"JobId": job}


def warned(cloud: SyncCloud) -> str:
    """A name whose jobs are warned by the steps that warn in the examples."""
    found = {"WarningParamCheck": "warning", "AdvancedStoreObjectCheck": "warning"}
    cloud.emulator.seed({"match": {"JobName": "warned"}, "checks": found, "always": True})
    return "warned"


def modified(cloud: SyncCloud, *, checked: bool) -> Shape:
    job = cloud.syncing({"JobName": warned(cloud)}, SrcInfo=AS_ROOT)
    cloud.modify(job)
    if checked:
        cloud.modify_checked(job)
    return {"JobId": job}


AS_ROOT = {"Ip": "9.123.211.23", "Password": "Test1234", "User": "root", "Port": 30645}

SYNC_SCENES: dict[str, Callable[[SyncCloud], Shape]] = {
    "CreateSyncJob": lambda cloud: {"ExistedJobId": cloud.buy_sync()},
    "ConfigureSyncJob": lambda cloud: sync_configure_request() | {"JobId": cloud.buy_sync()},
    "CreateCheckSyncJob": lambda cloud: {"JobId": cloud.initialized()},
    "DescribeCheckSyncJobResult": lambda cloud: {
        "JobId": cloud.check_passed({"JobName": warned(cloud)}, SrcInfo=AS_ROOT)
    },
    "SkipSyncCheckItem": lambda cloud: {"JobId": cloud.check_passed({"JobName": "rehearse_check_OptimizeCheck"})},
    "StartSyncJob": lambda cloud: {"JobId": cloud.check_passed()},
    "DescribeSyncJobs": as_in_the_sync_example,
    "StopSyncJob": lambda cloud: {"JobId": cloud.syncing()},
    "PauseSyncJob": lambda cloud: {"JobId": cloud.syncing()},
    "ContinueSyncJob": lambda cloud: {"JobId": cloud.paused_sync()},
    "ResumeSyncJob": lambda cloud: {"JobId": cloud.erring()},
    "ResizeSyncJob": lambda cloud: {"JobId": cloud.syncing()},
    "IsolateSyncJob": lambda cloud: {"JobId": cloud.stopped_sync()},
    "RecoverSyncJob": lambda cloud: {"JobId": cloud.isolated_sync()},
    "DestroySyncJob": lambda cloud: {"JobId": cloud.isolated_sync()},
    "ModifySyncJobConfig": lambda cloud: {"JobId": cloud.syncing()},
    "CreateModifyCheckSyncJob": lambda cloud: modified(cloud, checked=False),
    "DescribeModifyCheckSyncJobResult": lambda cloud: modified(cloud, checked=True),
    "StartModifySyncJob": lambda cloud: modified(cloud, checked=True),
}


def request_of(action: str, cloud: SyncCloud) -> Shape:
    request: Shape = EXAMPLES[action]["request"]
    scene = SYNC_SCENES[action] if action in SYNC_SCENES else SCENES[action]
    return request | scene(cloud)
