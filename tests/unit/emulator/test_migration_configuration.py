"""What ModifyMigrationJob takes, refuses and gives back.

API documents: ModifyMigrationJob, DBEndpointInfo, DBInfo, DatabaseTableObject, DBItem, TableItem, TagItem.
"""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration, endpoint

WRONG = "InvalidParameterValue.InvalidParameterValueError"
NETWORK = {"VpcId": "vpc-92jblxto", "SubnetId": "subnet-3paxmkdz", "Host": "10.0.0.5", "Port": 3306}

ENDPOINTS: dict[str, dict[str, Any]] = {
    "cdb": {"InstanceId": "cdb-powiqx8q"},
    "extranet": {"Host": "203.0.113.10", "Port": 3306},
    "ipv6": {"Host": "2001:db8::1", "Port": 3306},
    "cvm": {"CvmInstanceId": "ins-olgl39y8", "Port": 3306},
    "dcg": {"UniqDcgId": "dcg-0rxtqqxb", **NETWORK},
    "vpncloud": {"UniqVpnGwId": "vpngw-9ghexg7q", **NETWORK},
    "ccn": {"CcnGwId": "ccn-afp6kltc", **NETWORK},
    "vpc": NETWORK,
    "intranet": {"Host": "10.0.0.5", "Port": 3306},
}


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


@pytest.fixture
def job(cloud: Cloud) -> str:
    bought = cloud.buy()
    cloud.wait(2)
    return bought


def accessed(access: str, info: dict[str, Any]) -> dict[str, Any]:
    whole = endpoint() | {"AccessType": access, "Info": [info | {"User": "migrator", "Password": "correct horse"}]}
    return whole | ({"DatabaseNetEnv": "TencentVPC"} if access == "ccn" else {})


@for_every("access, info", ENDPOINTS.items())
def test_each_access_type_is_taken_with_the_fields_it_requires(
    cloud: Cloud, job: str, access: str, info: dict[str, Any]
) -> None:
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(SrcInfo=accessed(access, info)))
    source = cloud.detail(job)["SrcInfo"]
    assert source["AccessType"] == access
    assert {name: source["Info"][0][name] for name in info} == info


@for_every("access, missing", [(access, name) for access, info in ENDPOINTS.items() for name in info])
def test_a_field_that_the_access_type_requires_must_not_be_missing(
    cloud: Cloud, job: str, access: str, missing: str
) -> None:
    info = {name: value for name, value in ENDPOINTS[access].items() if name != missing}
    for side in ("SrcInfo", "DstInfo"):
        params = configuration(**{side: accessed(access, info)})
        assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG
    assert cloud.status(job) == "created"


def test_ccn_requires_the_network_environment(cloud: Cloud, job: str) -> None:
    source = accessed("ccn", ENDPOINTS["ccn"]) | {"DatabaseNetEnv": ""}
    assert cloud.refused("ModifyMigrationJob", JobId=job, **configuration(SrcInfo=source)) == WRONG


def test_another_account_needs_its_name_and_a_role_or_temporary_keys(cloud: Cloud, job: str) -> None:
    other = {"InstanceId": "cdb-powiqx8q", "AccountMode": "other"}
    temporary = {"TmpSecretId": "a", "TmpSecretKey": "b", "TmpToken": "c"}
    for given in ({}, {"Account": "100012345678"}, {"AccountRole": "migration"}, {"Account": "1", "TmpToken": "c"}):
        params = configuration(SrcInfo=accessed("cdb", other | given))
        assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG
    for given in ({"AccountRole": "migration"}, temporary):
        params = configuration(SrcInfo=accessed("cdb", other | {"Account": "100012345678"} | given))
        cloud.call("ModifyMigrationJob", JobId=job, **params)


def test_a_mongodb_srv_record_needs_no_port(cloud: Cloud) -> None:
    job = cloud.buy(SrcDatabaseType="mongodb", DstDatabaseType="mongodb")
    cloud.wait(2)
    source = endpoint("mongodb") | {"Info": [{"Host": "cluster.example.net"}]}
    params = configuration("mongodb", SrcInfo=source)
    assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG
    source["ExtraAttr"] = [{"Key": "connectMode", "Value": "srv"}]
    cloud.call("ModifyMigrationJob", JobId=job, **params)


@pytest.mark.parametrize("change", [{"DatabaseType": "percona"}, {"Region": "ap-beijing"}])
def test_what_was_bought_cannot_be_changed(cloud: Cloud, job: str, change: dict[str, str]) -> None:
    assert cloud.refused("ModifyMigrationJob", JobId=job, **configuration(SrcInfo=endpoint() | change)) == WRONG


@for_every(
    "selected",
    [
        {"ObjectMode": "partial"},
        {"ObjectMode": "partial", "Databases": [{"DBMode": "all"}]},
        {"ObjectMode": "partial", "Databases": [{"DbName": "app"}]},
        {"ObjectMode": "partial", "Databases": [{"DbName": "app", "DBMode": "partial"}]},
        {"ObjectMode": "partial", "Databases": [{"DbName": "app", "DBMode": "partial", "TableMode": "partial"}]},
        {
            "ObjectMode": "partial",
            "Databases": [{"DbName": "a", "DBMode": "partial", "TableMode": "all", "ViewMode": "partial"}],
        },
        {
            "ObjectMode": "partial",
            "Databases": [
                {
                    "DbName": "app",
                    "DBMode": "partial",
                    "TableMode": "partial",
                    "Tables": [{"TableName": "t", "TableEditMode": "rename"}],
                }
            ],
        },
        *(
            {
                "ObjectMode": "partial",
                "Databases": [{"DbName": "app", "DBMode": "partial", "TableMode": "partial", "Tables": [table]}],
            }
            for table in (
                {"TableName": ""},
                {"TableName": "t", "TmpTables": ["_t_new"]},
                {"TableName": "t", "TmpTables": ["_t_new"], "TableEditMode": "pt", "NewTableName": "u"},
            )
        ),
    ],
)
def test_objects_that_the_documents_require_must_be_there(cloud: Cloud, job: str, selected: dict[str, Any]) -> None:
    params = configuration(MigrateOption={"DatabaseTable": selected})
    assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG


@pytest.mark.parametrize("time", ["", "soon", "2026-01-01T10:00:00"])
def test_a_timed_job_needs_its_time(cloud: Cloud, job: str, time: str) -> None:
    params = configuration(RunMode="timed", ExpectRunTime=time)
    assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG


@pytest.mark.parametrize(
    ("kind", "migrate_type"), [("redis", "full"), ("redis", "structure"), ("sqlserver", "structure")]
)
def test_links_know_only_their_kinds_of_migration(cloud: Cloud, kind: str, migrate_type: str) -> None:
    job = cloud.buy(SrcDatabaseType=kind, DstDatabaseType=kind)
    cloud.wait(2)
    params = configuration(kind, MigrateOption={"MigrateType": migrate_type})
    assert cloud.refused("ModifyMigrationJob", JobId=job, **params) == WRONG


def test_a_refused_configuration_leaves_the_old_one(cloud: Cloud) -> None:
    job = cloud.configured()
    before = cloud.detail(job)
    cloud.refused("ModifyMigrationJob", JobId=job, **configuration(SrcInfo=endpoint(Host="")), JobName="other")
    assert cloud.detail(job)["SrcInfo"] == before["SrcInfo"]
    assert cloud.detail(job)["JobName"] == before["JobName"]


def test_a_configuration_comes_back_as_it_was_sent_with_the_rest_empty(cloud: Cloud, job: str) -> None:
    table = {"TableName": "orders", "NewTableName": "orders_v2", "TableEditMode": "rename"}
    chosen = {"DbName": "2024", "DBMode": "partial", "TableMode": "partial", "Tables": [table]}
    option = {
        "DatabaseTable": {"ObjectMode": "partial", "Databases": [chosen]},
        "MigrateType": "fullAndIncrement",
        "Consistency": {"Mode": "noCheck"},
    }
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(MigrateOption=option))
    shown = cloud.detail(job)["MigrateOption"]
    (database,) = shown["DatabaseTable"]["Databases"]
    assert {name: database[name] for name in ("DbName", "DBMode", "TableMode", "ViewMode", "Views")} == {
        "DbName": "2024",
        "DBMode": "partial",
        "TableMode": "partial",
        "ViewMode": "",
        "Views": [],
    }
    assert database["Tables"] == [table | {"TmpTables": []}]
    assert (shown["MigrateType"], shown["Consistency"]["Mode"], shown["IsDstReadOnly"]) == (
        "fullAndIncrement",
        "noCheck",
        False,
    )


def test_no_secret_comes_back_and_none_is_kept(cloud: Cloud, job: str) -> None:
    secrets = {"Password": "pass-Zq81", "TmpSecretId": "id-Zq82", "TmpSecretKey": "key-Zq83", "TmpToken": "token-Zq84"}
    source = accessed("cdb", {"InstanceId": "cdb-1", "AccountMode": "other", "Account": "1"})
    source["Info"][0] |= secrets
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(SrcInfo=source))
    answers = [cloud.detail(job), *cloud.call("DescribeMigrationJobs")["JobList"], cloud.emulator.jobs()]
    assert not any(value in str(answers) for value in secrets.values())
    assert cloud.detail(job)["SrcInfo"]["Info"][0]["Password"] == ""


def test_no_password_reaches_the_state_file(tmp_path: Any) -> None:
    state = tmp_path / "state.sqlite"
    with Emulator(speed=0, rate_limit=False, state=state) as emulator:
        cloud = Cloud(emulator)
        cloud.configured(SrcInfo=endpoint(Password="pass-Zq81-wrong"))
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"migrator" in kept
    assert b"Zq81" not in kept


def test_tags_are_set_at_purchase_and_replaced_by_a_configuration_that_names_them(cloud: Cloud) -> None:
    first, second = ([{"TagKey": "team", "TagValue": name}] for name in ("one", "two"))
    job = cloud.buy(Tags=first)
    cloud.wait(2)
    cloud.call("ModifyMigrationJob", JobId=job, **configuration())
    assert cloud.detail(job)["Tags"] == first
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(), Tags=second)
    assert cloud.detail(job)["Tags"] == second


def test_name_and_automatic_retry_are_part_of_the_configuration(cloud: Cloud, job: str) -> None:
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(), JobName="orders", AutoRetryTimeRangeMinutes=30)
    (item,) = cloud.call("DescribeMigrationJobs", JobId=job)["JobList"]
    assert (item["JobName"], item["AutoRetryTimeRangeMinutes"]) == ("orders", 30)
    cloud.call("ModifyMigrateName", JobId=job, JobName="invoices")
    assert cloud.detail(job)["JobName"] == "invoices"
