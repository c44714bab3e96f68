"""Migration jobs of 2018: what a configuration may hold, how it is changed, and how jobs are listed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.spec import VERSION_2018, load
from tests.rules import for_every
from tests.unit.emulator.cloud_2018 import JOB, OPTION, SOURCE, TARGET, Cloud2018, naming

SPEC = load(VERSION_2018)
NETWORK = {"VpcId": "vpc-72jblfaa", "SubnetId": "subnet-7raec42a", "Ip": "192.168.120.136", "Port": 3306}
SOURCES: dict[str, dict[str, Any]] = {
    "cdb": {"InstanceId": "cdb-ieow9392"},
    "extranet": {"Ip": "203.0.113.10", "Port": 3306},
    "cvm": {"CvmInstanceId": "ins-olgl39y8", "Port": 3306},
    "dcg": {"UniqDcgId": "dcg-cyrjcc09", **NETWORK},
    "vpncloud": {"UniqVpnGwId": "vpngw-9ghexg7q", **NETWORK},
    "ccn": {"CcnId": "ccn-afp6kltc", **NETWORK},
}
BUSINESS = "InvalidParameter.BizInvalidParameterValueError"


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud2018:
    return Cloud2018(emulator)


def option(**changes: Any) -> dict[str, Any]:
    return {"MigrateOption": OPTION | changes}


# What contradicts itself; the spec finds the values that are wrong alone.
CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "timed without a time": option(RunMode=2),
    "a time in another format": option(RunMode=2, ExpectTime="2099-01-01T00:00:00Z"),
    "a spot check without its sample": option(ConsistencyType=3),
    "tables without their names": option(MigrateObject=2),
    "no JSON": {"DatabaseInfo": "[{'Database': 'app'}]"},
    "no list": {"DatabaseInfo": '{"Database": "app"}'},
    "no database": {"DatabaseInfo": '[{"Table": ["orders"]}]'},
    "an unknown name": {"DatabaseInfo": '[{"Database": "app", "Tables": ["orders"]}]'},
    "tables that are no list": {"DatabaseInfo": '[{"Database": "app", "Table": "orders"}]'},
    "endless brackets": {"DatabaseInfo": "[" * 100_000},
    "endless brackets among the extra parameters": option(ExternParams="[" * 100_000),
    "half a character": {"DatabaseInfo": '[{"Database": "\\ud800"}]'},
    "root overwritten while tables are migrated": naming("app") | option(MigrateObject=2, IsOverrideRoot=1),
    "root overwritten while structures are migrated": option(MigrateType=1, IsOverrideRoot=1),
    "extra parameters that are no JSON": option(ExternParams="{'ReplTimeout': 120}"),
    "a cluster without its nodes": {"SrcNodeType": "cluster"},
    "a foreign instance without its id": {"SrcInfo": SOURCE | {"Supplier": "aliyun"}},
}
WRONG_VALUES: list[dict[str, Any]] = [
    *(option(**{name: 9}) for name in ("RunMode", "MigrateType", "MigrateObject", "ConsistencyType", "IsOverrideRoot")),
    option(ConsistencyType=3, ConsistencyParams=dict.fromkeys(SPEC.types["ConsistencyParams"], 0)),
    option(RunMode="1"),
    {"SrcAccessType": "telnet"},
    {"DstAccessType": "extranet"},
    {"SrcNodeType": "ring"},
    {"SrcInfo": SOURCE | {"Port": 65_536}},
    {"SrcInfo": SOURCE | {"Host": "203.0.113.10"}},
    {"DstInfo": TARGET | {"ReadOnly": 2}},
    {"DatabasesInfo": "[]"},
]


@for_every("name", CONTRADICTIONS, anew="cloud")
def test_what_contradicts_itself_is_refused_by_both_actions(cloud: Cloud2018, name: str) -> None:
    assert cloud.refused("CreateMigrateJob", **JOB | CONTRADICTIONS[name]) == BUSINESS
    job = cloud.made()
    before = cloud.item(job)
    assert cloud.refused("ModifyMigrateJob", JobId=job, **CONTRADICTIONS[name]) == "InvalidParameter"
    assert cloud.item(job) == before
    for action, code in (("CreateMigrateJob", BUSINESS), ("ModifyMigrateJob", "InvalidParameter")):
        assert code in SPEC.actions[action].errors


@for_every("wrong", WRONG_VALUES, ids=str, anew="cloud")
def test_a_value_outside_its_range_is_refused_by_both_actions(cloud: Cloud2018, wrong: dict[str, Any]) -> None:
    assert cloud.refused("CreateMigrateJob", **JOB | wrong) == "InvalidParameter"
    assert cloud.refused("ModifyMigrateJob", JobId=cloud.made(), **wrong) == "InvalidParameter"


@for_every(
    "name", [name for name, field in SPEC.actions["CreateMigrateJob"].request.items() if field.required], anew="cloud"
)
def test_what_is_required_must_be_there(cloud: Cloud2018, name: str) -> None:
    assert cloud.refused("CreateMigrateJob", **{key: JOB[key] for key in JOB if key != name}) == "InvalidParameter"


@pytest.mark.parametrize(
    ("source", "target"), [("mysql", "mongodb"), ("mysql", "oracle"), ("cynosdbmysql", "mysql"), ("redis", "mysql")]
)
def test_only_links_there_are_can_be_made(cloud: Cloud2018, source: str, target: str) -> None:
    code = cloud.refused("CreateMigrateJob", **JOB | {"SrcDatabaseType": source, "DstDatabaseType": target})
    assert code in (BUSINESS, "InvalidParameter")
    assert cloud.call("DescribeMigrateJobs")["TotalCount"] == 0


@for_every("access", SOURCES, anew="cloud")
def test_each_access_type_needs_its_own_fields(cloud: Cloud2018, access: str) -> None:
    whole = SOURCES[access]
    job = cloud.made(SrcAccessType=access, SrcInfo=whole)
    assert {name: cloud.item(job)["SrcInfo"][name] for name in whole} == whole
    for name in whole:
        part = {key: value for key, value in whole.items() if key != name}
        assert cloud.refused("CreateMigrateJob", **JOB | {"SrcAccessType": access, "SrcInfo": part}) == BUSINESS, name


def test_a_target_needs_its_instance(cloud: Cloud2018) -> None:
    target = {name: value for name, value in TARGET.items() if name != "InstanceId"}
    assert cloud.refused("CreateMigrateJob", **JOB | {"DstInfo": target}) == BUSINESS


def test_a_cluster_names_each_of_its_nodes(cloud: Cloud2018) -> None:
    nodes = [SOURCE, SOURCE | {"Ip": "203.0.113.11"}]
    job = cloud.made(SrcNodeType="cluster", SrcInfo={}, SrcInfoMulti=nodes)
    assert [node["Ip"] for node in cloud.item(job)["SrcInfoMulti"]] == ["203.0.113.10", "203.0.113.11"]
    broken = [SOURCE, {"Ip": "203.0.113.11"}]
    request = JOB | {"SrcNodeType": "cluster", "SrcInfo": {}, "SrcInfoMulti": broken}
    assert cloud.refused("CreateMigrateJob", **request) == BUSINESS


def test_a_modification_keeps_what_it_does_not_name(cloud: Cloud2018) -> None:
    job = cloud.made(Tags=[{"TagKey": "run", "TagValue": "one"}])
    before = cloud.item(job)
    cloud.call(
        "ModifyMigrateJob",
        JobId=job,
        MigrateOption={"RunMode": 1, "ConsistencyType": 2},
        SrcInfo={"Port": 3307},
        DatabaseInfo='[{"Database": "app"}]',
    )
    after = cloud.item(job)
    changed = {
        "MigrateOption": before["MigrateOption"] | {"ConsistencyType": 2},
        "SrcInfo": before["SrcInfo"] | {"Port": 3307},
        "DatabaseInfo": '[{"Database": "app"}]',
    }
    assert after == before | changed


def test_the_targets_region_stays(cloud: Cloud2018) -> None:
    moved = {"Region": "ap-shanghai"}
    assert cloud.refused("ModifyMigrateJob", JobId=cloud.made(), DstInfo=moved) == "InvalidParameter"


def test_a_modification_voids_the_check(cloud: Cloud2018) -> None:
    job = cloud.passed()
    cloud.call("ModifyMigrateJob", JobId=job, JobName="renamed")
    assert cloud.call("DescribeMigrateCheckJob", JobId=job)["CheckFlag"] == 3
    assert cloud.refused("StartMigrateJob", JobId=job) == "FailedOperation.StatusInConflict"


@pytest.mark.parametrize(("side", "info"), [("SrcInfo", SOURCE), ("DstInfo", TARGET)])
def test_a_wrong_password_fails_the_check_until_it_is_corrected(
    cloud: Cloud2018, side: str, info: dict[str, Any]
) -> None:
    job = cloud.made(**{side: info | {"Password": "wrong"}})
    assert "1045" in cloud.verdict(job)["ErrorMessage"]
    cloud.call("ModifyMigrateJob", JobId=job, JobName="the password is not given here")
    assert cloud.verdict(job)["CheckFlag"] == 0
    cloud.call("ModifyMigrateJob", JobId=job, **{side: {"Region": info["Region"], "Password": "correct horse"}})
    assert cloud.verdict(job)["CheckFlag"] == 1


def test_no_password_is_kept_answered_or_written_down(cloud: Cloud2018, emulator: Emulator) -> None:
    secret = {"Password": "hunter2-secret"}
    node = SOURCE | secret
    job = cloud.made(SrcInfo=node, DstInfo=TARGET | secret, SrcInfoMulti=[node])
    assert cloud.item(job)["SrcInfo"]["Password"] == cloud.item(job)["DstInfo"]["Password"] == ""
    seen = [cloud.item(job), emulator.journal(), emulator.jobs()]
    for verb in ("GET", "POST"):
        other = Cloud2018(emulator, signMethod="HmacSHA256", http={"reqMethod": verb})
        seen += [other.item(other.made(SrcInfo=node)), emulator.journal("CreateMigrateJob")]
    assert "hunter2" not in json.dumps(seen)


def test_the_list_filters_orders_and_pages(cloud: Cloud2018) -> None:
    tags = [{"TagKey": "run", "TagValue": "one"}]
    second = cloud.made(JobName="b-orders", MigrateOption=OPTION | {"MigrateType": 1}, Tags=tags)
    cloud.wait(1)
    first = cloud.passed(JobName="a-orders", MigrateOption=OPTION | {"MigrateType": 2})

    def ids(**filters: Any) -> list[str]:
        return [item["JobId"] for item in cloud.call("DescribeMigrateJobs", **filters)["JobList"]]

    assert ids() == [first, second]
    assert ids(Limit=1, Offset=1) == [second]
    assert ids(JobName="b-") == ids(JobId=second) == ids(TagFilters=[{"TagKey": "run"}]) == [second]
    assert ids(TagFilters=[{"TagKey": "run", "TagValue": ["two"]}]) == []
    assert ids(Order="JobName", OrderSeq="ASC") == [first, second]
    assert ids(Order="JobName", OrderSeq="DESC") == [second, first]
    for order in ("Status", "MigrateType", "CreateTime"):
        assert ids(Order=order, OrderSeq="ASC") == [second, first], order
    assert sorted(ids(Order="RunMode")) == ids(Order="JobId", OrderSeq="ASC") == sorted((first, second))
    for wrong in ({"Order": "Lag"}, {"OrderSeq": "asc"}, {"Limit": 0}, {"Limit": 101}, {"Offset": -1}):
        assert cloud.refused("DescribeMigrateJobs", **wrong) == "InvalidParameter"


def test_a_job_of_another_account_or_region_does_not_exist() -> None:
    accounts = {"AKIDone": "first-secret", "AKIDtwo": "second-secret"}
    with Emulator(speed=0, rate_limit=False, accounts=accounts) as emulator:
        owner = Cloud2018(emulator, ("AKIDone", "first-secret"))
        job, (subscription, request) = owner.made(), owner.activating()
        strangers = (
            Cloud2018(emulator, ("AKIDtwo", "second-secret")),
            Cloud2018(emulator, ("AKIDone", "first-secret"), "ap-shanghai"),
        )
        for stranger in strangers:
            assert stranger.call("DescribeMigrateJobs")["TotalCount"] == 0
            assert stranger.call("DescribeSubscribes")["TotalCount"] == 0
            assert stranger.refused("DeleteMigrateJob", JobId=job) == "ResourceNotFound.JobNotExist"
            assert stranger.refused("DescribeSubscribeConf", SubscribeId=subscription) == "ResourceNotFound"
            assert stranger.refused("DescribeAsyncRequestInfo", AsyncRequestId=request) == "ResourceNotFound"


def test_a_lost_answer_leaves_one_job_that_its_tag_finds(cloud: Cloud2018, emulator: Emulator) -> None:
    emulator.add_fault({"action": "CreateMigrateJob", "nth": 1, "drop": "after"})
    tags = [{"TagKey": "run", "TagValue": "one"}]
    assert cloud.refused("CreateMigrateJob", **JOB, Tags=tags) == "ClientNetworkError"
    found = cloud.call("DescribeMigrateJobs", TagFilters=[{"TagKey": "run", "TagValue": ["one"]}])
    assert found["TotalCount"] == 1


def test_lists_may_be_read_fifty_times_a_second_and_jobs_changed_twenty_times() -> None:
    with Emulator(speed=0) as emulator:
        cloud = Cloud2018(emulator)
        for action, rate in (("DescribeMigrateJobs", 50), ("StartMigrateJob", 20), ("DescribeSubscribeConf", 20)):
            params = {name: "none" for name, field in SPEC.actions[action].request.items() if field.required}
            codes = [_code(cloud, action, params) for _ in range(rate + 1)]
            assert codes[-1] == "RequestLimitExceeded"
            assert "RequestLimitExceeded" not in codes[:-1]


def _code(cloud: Cloud2018, action: str, params: dict[str, Any]) -> str:
    try:
        cloud.call(action, **params)
    except TencentCloudSDKException as error:
        return str(error.get_code())
    return ""
