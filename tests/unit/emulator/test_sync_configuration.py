"""What ConfigureSyncJob takes and refuses, the checks before a sync, and its compare tasks.

API documents: CreateSyncJob, ConfigureSyncJob, ModifySyncJobConfig, Endpoint, SyncDBEndpointInfos, Objects, Options,
KafkaOption, TopicRule, DescribeCheckSyncJobResult, SkipSyncCheckItem; the SDK's documents of the compare actions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import load
from tests.rules import for_every
from tests.unit.emulator.sync_cloud import DATABASE, ENDPOINT, SyncCloud, configuration, objects

WRONG = "InvalidParameterValue.InvalidParameterValueError"
DENIED = "OperationDenied.OperationDeniedError"
NETWORK = {"VpcId": "vpc-1", "SubnetId": "subnet-1", "Ip": "10.0.0.1", "Port": 3306}
NODES = {"Region": "ap-guangzhou", "AccessType": "extranet", "DatabaseType": "tdsqlmysql", "Info": [ENDPOINT, ENDPOINT]}
KAFKA = {
    "DataType": "canal-json",
    "TopicType": "Single",
    "TopicRules": [
        {"TopicName": "changes", "DbMatchMode": "Regular", "DbName": "app", "TableMatchMode": "Regular"},
        {"TopicName": "changes", "DbMatchMode": "Default", "TableMatchMode": "Default"},
    ],
}


@pytest.fixture
def cloud(emulator: Emulator) -> SyncCloud:
    return SyncCloud(emulator)


def without(whole: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key != name}


@for_every(
    "access, info",
    [
        ("cdb", {"InstanceId": "cdb-1"}),
        ("cvm", {"CvmInstanceId": "ins-1", "Ip": "10.0.0.5", "Port": 3306}),
        ("vpc", NETWORK),
        ("dcg", NETWORK | {"UniqDcgId": "dcg-1"}),
        ("vpncloud", NETWORK | {"UniqVpnGwId": "vpngw-1"}),
        ("ccn", {"CcnId": "ccn-1", "DatabaseNetEnv": "UserIDC", "Ip": "10.0.0.1", "Port": 3306}),
        ("extranet", {"Ip": "203.0.113.1", "Port": 3306}),
        ("intranet", {"Ip": "10.0.0.1", "Port": 3306}),
    ],
    anew="cloud",
)
def test_each_access_type_requires_its_fields(cloud: SyncCloud, access: str, info: dict[str, Any]) -> None:
    job = cloud.buy_sync()
    for field in info:
        wrong = configuration(SrcAccessType=access, SrcInfo=without(info, field))
        assert cloud.refused("ConfigureSyncJob", JobId=job, **wrong) == WRONG, field
    assert cloud.sync_status(job) == "UnInitialized"
    cloud.call("ConfigureSyncJob", JobId=job, **configuration(SrcAccessType=access, SrcInfo=info))
    item = cloud.info(job)
    assert (item["Status"], item["SrcAccessType"], item["SrcNodeType"]) == ("Initialized", access, "single")
    assert {name: item["SrcInfo"][name] for name in info} == info


def only(**changes: Any) -> dict[str, Any]:
    return {"Mode": "Partial", "Databases": [DATABASE | changes]}


def table(**fields: Any) -> dict[str, Any]:
    """Objects with one table that is named."""
    return only(DbMode="Partial", TableMode="Partial", Tables=[{"TableName": "t1", "ColumnMode": "All"} | fields])


ACROSS = {"AccountMode": "other", "Account": "100000000001"}

REFUSED: list[dict[str, Any]] = [
    {"Objects": table(ColumnMode=None)},
    {"Objects": table(ColumnMode="")},
    {"Objects": table(ColumnMode="all")},
    {"Objects": table(ColumnMode="Partial")},
    {"Objects": table(TableName="")},
    {"Objects": table(TableEditMode="rename")},
    {"Objects": table(TmpTables=["_t1_new"])},
    {"Objects": table(TmpTables=["_t1_new"], TableEditMode="rename", NewTableName="t2")},
    {"Objects": table(TmpTables=["_t1_new"], TableEditMode="pt", NewTableName="t2")},
    {"SrcInfo": ENDPOINT | ACROSS},
    {"SrcInfo": ENDPOINT | ACROSS | {"TmpSecretId": "AKID", "TmpSecretKey": "key", "TmpToken": "token"}},
    {"SrcInfo": ENDPOINT | {"AccountMode": "other", "AccountRole": "role"}},
    {"SrcInfo": ENDPOINT | {"AccountMode": "foreign"}},
    {"SrcAccessType": "ckafka", "SrcInfo": {"InstanceId": "ckafka-1"}},
    {"DstAccessType": "ckafka", "DstInfo": {"InstanceId": "ckafka-1"}},
    {"DstAccessType": "ipv6"},
    {"SrcNodeType": "cluster", "SrcInfos": NODES | {"DatabaseType": "mysql", "AccessType": "vpc"}},
    {"Objects": {"Databases": [DATABASE]}},
    {"Objects": {"Mode": "Partial"}},
    {"Objects": {"Mode": "All"}},
    {"Objects": only(DbName="")},
    {"Objects": only(DbMode="all")},
    {"Objects": only(DbMode="Partial", TableMode="")},
    {"Objects": only(DbMode="Partial", TableMode="Partial")},
    {"Objects": only(DbMode="Partial", ViewMode="Partial")},
    {"Objects": objects() | {"AdvancedObjects": ["function"]}, "Options": {"InitType": "Data"}},
    {"Options": {"OpTypes": ["Insert", "PartialDDL"]}},
    {"Options": {"OpTypes": ["DDL"]}},
    {"Options": {"OpTypes": ["Upsert"]}},
    {"Options": {"InitType": "Everything"}},
    {"Options": {"ConflictHandleType": "ConditionCover"}},
    {"Options": {"ConflictHandleType": "Shout"}},
    {"Options": {"ConflictHandleOption": {"ConditionOperator": "<"}}},
    {"Options": {"DealOfExistSameTable": "Drop"}},
    {"Options": {"DdlOptions": [{"DdlObject": "Cat", "DdlValue": ["Create"]}]}},
    {"RunMode": "Timed"},
    {"RunMode": "immediate"},
    {"SrcAccessType": "noProxy"},
    {"DstAccessType": "noProxy"},
    {"SrcInfo": None},
    {"SrcInfo": ENDPOINT | {"Port": 65536}},
    {"SrcInfo": ENDPOINT | {"AccountMode": "other"}},
    {"SrcNodeType": "cluster"},
    {"SrcNodeType": "double"},
    {"SrcNodeType": "cluster", "SrcInfos": NODES},
    {"JobMode": "fastMode"},
    {"JobName": "x" * 129},
    {"AutoRetryTimeRangeMinutes": 4},
    {"AutoRetryTimeRangeMinutes": 721},
]


TAKEN: list[dict[str, Any]] = [
    {"Objects": table()},
    {"Objects": table(ColumnMode="Partial", Columns=[{"ColumnName": "id"}])},
    {"Objects": table(TableEditMode="rename", NewTableName="t2")},
    {"Objects": table(TableEditMode="pt", TmpTables=["_t1_new", "_t1_old"])},
    {"SrcInfo": ENDPOINT | ACROSS | {"AccountRole": "role"}},
]


@for_every("change", TAKEN, anew="cloud")
def test_what_the_documents_allow_is_taken_and_comes_back(cloud: SyncCloud, change: dict[str, Any]) -> None:
    item = cloud.info(cloud.initialized(**change))
    (named,) = item["Objects"]["Databases"][0]["Tables"] or [{}]
    (wanted,) = change.get("Objects", {"Databases": [{}]})["Databases"][0].get("Tables", [{}])
    assert {name: named[name] for name in wanted if name != "Columns"} == {
        name: value for name, value in wanted.items() if name != "Columns"
    }


def test_a_running_job_takes_whole_tables_only(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    partial = table(ColumnMode="Partial", Columns=[{"ColumnName": "id"}])
    assert cloud.refused("ModifySyncJobConfig", JobId=job, DynamicObjects=partial) == WRONG
    assert cloud.refused("ModifySyncJobConfig", JobId=job, DynamicObjects=table(ColumnMode=None)) == WRONG
    cloud.modify(job, DynamicObjects=table())


@for_every("change", REFUSED, anew="cloud")
def test_a_wrong_configuration_is_refused_and_changes_nothing(cloud: SyncCloud, change: dict[str, Any]) -> None:
    job = cloud.buy_sync()
    assert cloud.refused("ConfigureSyncJob", JobId=job, **configuration(**change)) == WRONG
    assert cloud.sync_status(job) == "UnInitialized"


@for_every(
    "action, change",
    [
        ("CreateSyncJob", {"PayMode": "Free"}),
        ("CreateSyncJob", {"Count": 11}),
        ("CreateSyncJob", {"TimeSpan": 101}),
        ("CreateSyncJob", {"AutoRenew": 2}),
        ("CreateSyncJob", {"InstanceClass": "xlarge"}),
        ("CreateSyncJob", {"Specification": "Deluxe"}),
        ("CreateSyncJob", {"JobName": "x" * 129}),
        ("CreateSyncJob", {"SrcDatabaseType": "kafka"}),
        ("CreateSyncJob", {"DstDatabaseType": "mongodb"}),
        ("CreateSyncJob", {"ExistedJobId": "sync-00000000"}),
        ("CreateSyncJob", {"Bogus": 1}),
        ("DescribeSyncJobs", {"Limit": 101}),
        ("DescribeSyncJobs", {"Offset": -1}),
        ("DescribeSyncJobs", {"Order": "JobName"}),
        ("DescribeSyncJobs", {"OrderSeq": "asc"}),
        ("DescribeSyncJobs", {"Status": ["running"]}),
        ("DescribeSyncJobs", {"PayMode": "postpay"}),
        ("DescribeCheckSyncJobResult", {}),
        ("StartSyncJob", {}),
        ("ResetSyncJob", {}),
        ("ResizeSyncJob", {"JobId": "sync-00000000", "NewInstanceClass": "giant"}),
        ("ModifySyncRateLimit", {"JobId": "sync-00000000", "DumpThread": 17}),
        ("ModifySyncRateLimit", {"JobId": "sync-00000000", "SinkerThread": 129}),
        ("CreateSyncCompareTask", {"JobId": "sync-00000000", "ObjectMode": "half"}),
        ("ModifySyncCompareTaskName", {"JobId": "sync-00000000", "CompareTaskId": "x"}),
        ("DescribeSyncCompareReport", {"JobId": "sync-00000000", "CompareTaskId": "x", "SkippedLimit": 0}),
    ],
    anew="cloud",
)
def test_a_wrong_field_of_a_sync_action_is_refused(cloud: SyncCloud, action: str, change: dict[str, Any]) -> None:
    purchase = {
        "PayMode": "PostPay",
        "SrcDatabaseType": "mysql",
        "SrcRegion": "ap-guangzhou",
        "DstDatabaseType": "mysql",
        "DstRegion": "ap-guangzhou",
    }
    code = cloud.refused(action, **(purchase | change if action == "CreateSyncJob" else change))
    families = ("InvalidParameter", "MissingParameter", "UnknownParameter")
    assert code.startswith(families)
    assert code in load().actions[action].errors or code in (*families, "InvalidParameterValue")


@pytest.mark.parametrize("side", ["Src", "Dst"])
def test_databases_of_several_nodes_are_given_as_a_cluster(cloud: SyncCloud, side: str) -> None:
    types = {"SrcDatabaseType": "mysql", "DstDatabaseType": "mysql"} | {f"{side}DatabaseType": "tdsqlmysql"}
    job = cloud.buy_sync(**types)
    assert cloud.refused("ConfigureSyncJob", JobId=job, **configuration()) == WRONG
    cluster = configuration(**{f"{side}NodeType": "cluster", f"{side}Infos": NODES, "SrcConnectType": "proxy"})
    cloud.call("ConfigureSyncJob", JobId=job, **cluster)
    item = cloud.info(job)
    assert (item[f"{side}NodeType"], len(item[f"{side}Infos"]["Info"])) == ("cluster", 2)
    assert {node["Password"] for node in item[f"{side}Infos"]["Info"]} == {""}


@for_every(
    "change",
    [
        {},
        {"Options": {"KafkaOption": without(KAFKA, "DataType")}},
        {"Options": {"KafkaOption": KAFKA | {"TopicRules": KAFKA["TopicRules"][:1]}}},
        {"Options": {"KafkaOption": KAFKA | {"TopicRules": [{"TopicName": "a"}, *KAFKA["TopicRules"]]}}},
        {"Options": {"KafkaOption": KAFKA | {"DataType": "xml"}}},
    ],
    anew="cloud",
)
def test_a_kafka_target_needs_its_topics(cloud: SyncCloud, change: dict[str, Any]) -> None:
    job = cloud.buy_sync(DstDatabaseType="kafka")
    target = {"DstAccessType": "ckafka", "DstInfo": {"InstanceId": "ckafka-1"}}
    assert cloud.refused("ConfigureSyncJob", JobId=job, **configuration(**target, **change)) == WRONG
    cloud.call("ConfigureSyncJob", JobId=job, **configuration(**target, Options={"KafkaOption": KAFKA}))
    assert cloud.info(job)["Options"]["KafkaOption"]["TopicRules"][0]["TopicName"] == "changes"


def test_what_cannot_be_changed_of_a_running_job_is_refused(cloud: SyncCloud) -> None:
    target = {"DstAccessType": "ckafka", "DstInfo": {"InstanceId": "ckafka-1"}, "Options": {"KafkaOption": KAFKA}}
    job = cloud.syncing({"DstDatabaseType": "kafka"}, **target)
    dml = {"OpTypes": ["Insert"], "DdlOptions": []}
    for change in (
        {},
        {"DynamicObjects": {"Mode": "Partial"}},
        {"DynamicOptions": dml | {"ConflictHandleType": "Cover"}},
        {"DynamicOptions": dml | {"OpTypes": ["PartialDDL", "Insert"]}},
    ):
        assert cloud.refused("ModifySyncJobConfig", JobId=job, **change) == WRONG
    assert cloud.info(job)["OptObjStatus"] == ""


def test_mongodb_knows_no_structure(cloud: SyncCloud) -> None:
    types = {"SrcDatabaseType": "mongodb", "DstDatabaseType": "mongodb"}
    nodes = NODES | {"DatabaseType": "mongodb"}
    sides = {"SrcNodeType": "cluster", "DstNodeType": "cluster", "SrcInfos": nodes, "DstInfos": nodes}
    job = cloud.buy_sync(**types)
    assert cloud.refused("ConfigureSyncJob", JobId=job, **configuration(**sides)) == WRONG
    cloud.call("ConfigureSyncJob", JobId=job, **configuration(**sides, Options={"InitType": "Data"}))


def test_no_password_is_answered_or_kept(tmp_path: Path) -> None:
    state = tmp_path / "dts.sqlite"
    with Emulator(speed=0, state=state, rate_limit=False) as emulator:
        cloud = SyncCloud(emulator)
        item = cloud.info(cloud.initialized(SrcInfo=ENDPOINT | {"Password": "hunter2-secret"}))
        assert item["SrcInfo"]["Password"] == ""
    assert b"hunter2-secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_check_shows_step_by_step(cloud: SyncCloud) -> None:
    job = cloud.initialized()
    assert cloud.call("DescribeCheckSyncJobResult", JobId=job)["Status"] == "notStarted"
    cloud.call("CreateCheckSyncJob", JobId=job)
    cloud.wait(14)
    answer = cloud.call("DescribeCheckSyncJobResult", JobId=job)
    assert (answer["Status"], answer["StepCount"], answer["StepCur"], answer["Progress"]) == ("running", 14, 7, 50)
    assert [step["Status"] for step in answer["StepInfos"]] == ["finished"] * 7 + ["notStarted"] * 7
    assert [step["StepNo"] for step in answer["StepInfos"]] == list(range(1, 15))


def test_a_failed_step_is_skipped_by_the_next_check(cloud: SyncCloud) -> None:
    job = cloud.initialized({"JobName": "rehearse_check_OptimizeCheck_always"})
    answer = cloud.sync_check(job)
    assert (answer["Status"], cloud.sync_status(job)) == ("failed", "CheckNotPass")
    (failed,) = [step for step in answer["StepInfos"] if step["Status"] == "failed"]
    assert (failed["StepId"], failed["Errors"][0]["Code"]) == ("OptimizeCheck", "Error: OptimizeCheck")
    cloud.call("SkipSyncCheckItem", JobId=job, StepIds=["OptimizeCheck"])
    answer = cloud.sync_check(job)
    assert (answer["Status"], cloud.sync_status(job)) == ("success", "CheckPass")
    assert [step["Status"] for step in answer["StepInfos"]].count("skipped") == 1


@pytest.mark.parametrize(("steps", "code"), [(["Bogus"], WRONG), ([], WRONG), (["ConnectDBCheck"], DENIED)])
def test_what_cannot_be_skipped_is_refused(cloud: SyncCloud, steps: list[str], code: str) -> None:
    assert cloud.refused("SkipSyncCheckItem", JobId=cloud.initialized(), StepIds=steps) == code


def test_a_wrong_password_fails_the_connection_until_it_is_corrected(cloud: SyncCloud) -> None:
    job = cloud.initialized(DstInfo=ENDPOINT | {"Password": "wrong"})
    first, *others = cloud.sync_check(job)["StepInfos"]
    assert first["Status"] == "failed"
    assert "target" in first["Errors"][0]["Message"]
    assert "1045" in first["Errors"][0]["Message"]
    assert {step["Status"] for step in others} == {"notStarted"}
    cloud.call("ConfigureSyncJob", JobId=job, **configuration())
    assert cloud.sync_check(job)["Status"] == "success"


def test_a_new_configuration_voids_the_check(cloud: SyncCloud) -> None:
    job = cloud.check_passed()
    cloud.call("ConfigureSyncJob", JobId=job, **configuration())
    assert cloud.sync_status(job) == "Initialized"
    assert cloud.call("DescribeCheckSyncJobResult", JobId=job)["Status"] == "notStarted"


def compared(cloud: SyncCloud, job: str) -> tuple[str, dict[str, Any]]:
    """A compare task that has run to its end, and its report."""
    task = str(cloud.call("CreateSyncCompareTask", JobId=job)["CompareTaskId"])
    cloud.call("StartSyncCompare", JobId=job, CompareTaskId=task)
    cloud.wait(47)
    return task, cloud.call("DescribeSyncCompareReport", JobId=job, CompareTaskId=task)


def test_a_running_sync_is_compared_by_the_actions_of_its_own(cloud: SyncCloud) -> None:
    job = cloud.syncing(Objects=objects("app", "rehearse_different"))
    task, report = compared(cloud, job)
    assert task.startswith(f"{job}-cmp-")
    assert (report["Abstract"]["Conclusion"], report["Abstract"]["TotalTables"]) == ("different", 6)
    assert report["Detail"]["Difference"]["TotalCount"] == 2
    assert [item["DbMode"] for item in report["Abstract"]["Objects"]["ObjectItems"]] == ["all", "all"]
    assert compared(cloud, job)[1]["Abstract"]["Conclusion"] == "same"
    (found,) = [item for item in cloud.emulator.jobs() if item["JobId"] == job]
    assert [item["Conclusion"] for item in found["compare_tasks"]] == ["different", "same"]


def test_a_compare_task_of_a_sync_job_is_changed_stopped_and_deleted(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    task = {"JobId": job, "CompareTaskId": cloud.call("CreateSyncCompareTask", JobId=job)["CompareTaskId"]}
    cloud.call("ModifySyncCompareTask", **task, Options={"Method": "rowsCount"})
    cloud.call("ModifySyncCompareTaskName", **task, TaskName="final")
    cloud.call("StartSyncCompare", **task)
    for action in ("StartSyncCompare", "DeleteSyncCompareTask", "ModifySyncCompareTask"):
        assert cloud.refused(action, **task) == DENIED
    cloud.call("StopSyncCompare", **task, ForceStop=True)
    (item,) = cloud.call("DescribeSyncCompareTasks", JobId=job, Status=["canceled"])["Items"]
    assert (item["TaskName"], item["Method"], item["Status"]) == ("final", "rowsCount", "canceled")
    cloud.call("DeleteSyncCompareTask", **task)
    assert cloud.call("DescribeSyncCompareTasks", JobId=job)["TotalCount"] == 0
    assert cloud.refused("DeleteSyncCompareTask", **task) == "ResourceNotFound.ResourceNotFoundError"


def test_a_compare_under_way_fails_when_the_sync_is_stopped(cloud: SyncCloud) -> None:
    job = cloud.syncing()
    task = cloud.call("CreateSyncCompareTask", JobId=job)["CompareTaskId"]
    cloud.call("StartSyncCompare", JobId=job, CompareTaskId=task)
    cloud.call("StopSyncJob", JobId=job)
    (item,) = cloud.call("DescribeSyncCompareTasks", JobId=job)["Items"]
    assert item["Status"] == "failed"


def test_a_sync_that_leaves_out_dml_is_not_compared_and_says_so(cloud: SyncCloud) -> None:
    job = cloud.syncing(Options={"OpTypes": ["Insert", "Update", "DDL"]})
    item = cloud.info(job)
    assert item["Detail"]["CauseOfCompareDisable"] == "The current task has opened DML filtering(Delete)."
    assert "createCmpTask" not in item["Actions"]
    assert cloud.refused("CreateSyncCompareTask", JobId=job) == DENIED
