"""Finding jobs and instances: filters, order, pages.

API documents: DescribeMigrationJobs, TagFilter, DescribeMigrateDBInstances.
"""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tests.unit.emulator.cloud import Cloud, configuration, endpoint


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


def tag(key: str, value: str) -> dict[str, str]:
    return {"TagKey": key, "TagValue": value}


def wants(key: str, *values: str) -> dict[str, Any]:
    return {"TagKey": key, "TagValue": list(values)}


def test_an_account_without_jobs_has_an_empty_list(cloud: Cloud) -> None:
    answer = cloud.call("DescribeMigrationJobs")
    assert (answer["TotalCount"], answer["JobList"]) == (0, [])


def test_an_unknown_job_id_gives_an_empty_list_and_no_error(cloud: Cloud) -> None:
    cloud.buy()
    assert cloud.call("DescribeMigrationJobs", JobId="dts-00000000")["TotalCount"] == 0


def test_several_tag_filters_must_all_hold_and_of_one_keys_values_any(cloud: Cloud) -> None:
    a = cloud.buy(Tags=[tag("team", "one"), tag("env", "production")])
    b = cloud.buy(Tags=[tag("team", "two"), tag("env", "production")])
    c = cloud.buy(Tags=[tag("team", "one"), tag("env", "staging")])
    cloud.buy()

    def found(*filters: dict[str, Any]) -> set[str]:
        return set(cloud.listed(TagFilters=list(filters)))

    assert found(wants("team", "one")) == {a, c}
    assert found(wants("team", "one"), wants("env", "production")) == {a}
    assert found(wants("team", "one", "two"), wants("env", "production")) == {a, b}
    assert found(wants("team")) == {a, b, c}
    assert found(wants("team", "on")) == set()
    assert found(wants("Team", "one")) == set()


def test_each_filter_finds_what_it_names(cloud: Cloud) -> None:
    source = endpoint() | {"AccessType": "cdb", "Info": [{"InstanceId": "cdb-source01"}]}
    target = endpoint() | {"AccessType": "vpc"}
    target["Info"][0] |= {"VpcId": "vpc-1", "SubnetId": "subnet-1"}
    job = cloud.buy(JobName="orders to cloud")
    plain = cloud.buy(SrcDatabaseType="redis", DstDatabaseType="keewidb", SrcRegion="ap-beijing", JobName="sessions")
    cloud.wait(2)
    changes = {"SrcInfo": source, "DstInfo": target, "RunMode": "timed", "ExpectRunTime": "2030-01-01 00:00:00"}
    cloud.call("ModifyMigrationJob", JobId=job, **configuration(**changes))
    cloud.call("CreateMigrateCheckJob", JobId=job)
    for filters in (
        {"JobId": job},
        {"JobName": "orders"},
        {"Status": ["checking", "running"]},
        {"SrcInstanceId": "cdb-source01"},
        {"SrcRegion": "ap-guangzhou"},
        {"SrcDatabaseType": ["mysql", "percona"]},
        {"SrcAccessType": ["cdb"]},
        {"DstDatabaseType": ["mysql"]},
        {"DstAccessType": ["vpc", "ccn"]},
        {"RunMode": "timed"},
    ):
        assert cloud.listed(**filters) == [job], filters
    for filters in ({"DstDatabaseType": ["keewidb"]}, {"SrcRegion": "ap-beijing"}, {"JobName": "sess"}):
        assert cloud.listed(**filters) == [plain], filters
    assert cloud.listed(DstInstanceId="cdb-source01") == []
    assert set(cloud.listed(DstRegion="ap-guangzhou")) == {job, plain}


def test_newest_jobs_come_first_even_within_a_second_and_asc_turns_that_round(cloud: Cloud) -> None:
    bought = []
    for second in (0, 0, 1, 0):
        cloud.wait(second)
        bought.append(cloud.buy())
    assert cloud.listed() == bought[::-1]
    assert cloud.listed(OrderSeq="desc") == bought[::-1]
    assert cloud.listed(OrderSeq="asc") == bought


def test_a_page_has_twenty_jobs_unless_told_otherwise(cloud: Cloud) -> None:
    bought = [cloud.buy() for _ in range(25)][::-1]
    answer = cloud.call("DescribeMigrationJobs")
    assert (answer["TotalCount"], len(answer["JobList"])) == (25, 20)
    assert cloud.listed(Limit=3) == bought[:3]
    assert cloud.listed(Limit=3, Offset=23) == bought[23:]
    assert cloud.listed(Offset=25) == []


@pytest.mark.parametrize("page", [{"Limit": 0}, {"Limit": 101}, {"Offset": -1}])
def test_a_page_out_of_bounds_is_refused(cloud: Cloud, page: dict[str, int]) -> None:
    assert cloud.refused("DescribeMigrationJobs", **page).startswith("InvalidParameter")


def test_a_bought_job_can_be_slow_to_show_in_lists() -> None:
    with Emulator(speed=0, rate_limit=False, visibility_delay=5) as emulator:
        cloud = Cloud(emulator)
        job = cloud.buy()
        cloud.wait(4)
        assert cloud.listed() == []
        assert cloud.status(job) == "created"
        cloud.wait(1)
        assert cloud.listed() == [job]


def test_instances_can_be_looked_for_by_type_id_and_name(cloud: Cloud) -> None:
    answer = cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql", MigrateRole="src")
    instances = answer["Instances"]
    assert answer["TotalCount"] == len(instances) > 1
    assert {instance["Usable"] for instance in instances} == {0, 1}
    assert all(bool(instance["Hint"]) != bool(instance["Usable"]) for instance in instances)
    wanted = instances[1]
    for filters in ({"InstanceId": wanted["InstanceId"]}, {"InstanceName": wanted["InstanceName"]}):
        found = cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql", **filters)
        assert found["Instances"] == [wanted]
    assert cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql", InstanceId="cdb-none")["TotalCount"] == 0
    page = cloud.call("DescribeMigrateDBInstances", DatabaseType="mysql", Limit=1, Offset=1)
    assert (page["TotalCount"], page["Instances"]) == (len(instances), [wanted])


def test_instances_can_be_seeded(cloud: Cloud) -> None:
    ours = {"DatabaseType": "redis", "InstanceId": "crs-ours", "Region": "ap-guangzhou", "Vport": 6380}
    elsewhere = {"DatabaseType": "redis", "InstanceId": "crs-elsewhere", "Region": "ap-tokyo"}
    cloud.emulator.seed({"instances": [ours, elsewhere]})
    (found,) = cloud.call("DescribeMigrateDBInstances", DatabaseType="redis")["Instances"]
    assert found == {
        "InstanceId": "crs-ours",
        "InstanceName": "",
        "Vip": "",
        "Vport": 6380,
        "Usable": 1,
        "Hint": "",
    }
    with pytest.raises(ValueError, match="DatabaseType and InstanceId"):
        cloud.emulator.seed({"instances": [{"InstanceId": "crs-ours"}]})
