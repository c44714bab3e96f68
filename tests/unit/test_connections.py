"""What a database's connection says wrongly is told by the plan of every system, with its place and its fix."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts.errors import InvalidInput
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator
from tencent_dts.operators.plan_sync import DtsPlanSyncOperator
from tencent_dts.params import MIGRATE_2018, MIGRATION, SUBSCRIBE, SYNC
from tests.drive import Task
from tests.rules import for_every

SECRET = "hunter2-of-the-source"
EXTRA = {"access_type": "extranet", "region": "ap-guangzhou"}
SOURCE = {"conn_type": "mysql", "login": "dts", "password": SECRET, "host": "203.0.113.5", "port": 3306, "extra": EXTRA}
INSTANCE = {"access_type": "cdb", "instance_id": "cdb-copyapgu", "region": "ap-guangzhou"}
TARGET = {"conn_type": "mysql", "login": "dts", "password": "hunter2-of-the-target", "extra": INSTANCE}
PLANS: dict[str, Callable[[], Any]] = {
    "migration": lambda: DtsPlanMigrationOperator(task_id="plan", request=MIGRATION.defaults()),
    "sync": lambda: DtsPlanSyncOperator(task_id="plan", request=SYNC.defaults()),
    "migration 2018": lambda: DtsPlanMigration2018Operator(task_id="plan", request=MIGRATE_2018.defaults()),
}
every_plan = pytest.mark.parametrize("plan", PLANS)

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a region with a blank": ({"extra": {**EXTRA, "region": "ap-guangzhou "}}, "extra region is 'ap-guangzhou '"),
    "a region with a letter less": ({"extra": {**EXTRA, "region": "ap-guangzou"}}, "extra region is 'ap-guangzou'"),
    "a region without its area": ({"extra": {**EXTRA, "region": "guangzhou"}}, "extra region is 'guangzhou'"),
    "a region that is a list": ({"extra": {**EXTRA, "region": ["ap-guangzhou"]}}, "extra region"),
    "a host with a line break": ({"host": "203.0.113.5\n"}, "host"),
    "a host with a scheme": ({"host": "mysql://203.0.113.5"}, "host: write the host alone, without a scheme"),
    "a host with a port": ({"host": "203.0.113.5:3307"}, "host: write the host alone; a port has"),
    "a host with a password": ({"host": f"dts:{SECRET}@203.0.113.5"}, "host: write the host alone; user and password"),
    "a host with a path": ({"host": "203.0.113.5/shop"}, "host: write the host alone, without a path"),
    "several hosts": ({"host": "db1.example.com,db2.example.com"}, "host: write one host"),
    "an IPv6 address without the access type": ({"host": "2001:db8::5"}, "host: it is an IPv6 address"),
    "an IPv6 address in brackets": ({"host": "[2001:db8::5]"}, "host: write an IPv6 address without brackets"),
    "an address that is none": ({"host": "203.0.113.500"}, "host: it is no IPv4 address"),
    "a name that is none": ({"host": "db..example.com"}, "host: it is no name"),
    "a name outside ASCII": ({"host": "datenbank-köln"}, "host"),
    "a port that is none": ({"port": 70000}, "port is 70000"),
    "a port that is a text": ({"extra": {**EXTRA, "nodes": [{"port": "no"}]}}, "port is 'no'"),
    "an SRV record": ({"extra": {**EXTRA, "srv": True}}, "extra srv"),
    "a node type that is none": ({"extra": {**EXTRA, "node_type": "replicaset"}}, "extra node_type is 'replicaset'"),
    "an id with a blank": ({"extra": {**EXTRA, "vpc_id": "vpc-1 "}}, "extra vpc_id is 'vpc-1 '"),
    "an id that is a number": ({"extra": {**EXTRA, "vpc_id": 7}}, "extra vpc_id is 7: write it as a text"),
    "a node's id with a blank": ({"extra": {**EXTRA, "nodes": [{"subnet_id": "a b"}]}}, "extra subnet_id is 'a b'"),
    "a temporary key with a line break": ({"extra": {**EXTRA, "tmp_token": f"{SECRET}\n"}}, "extra tmp_token"),
    "a password with a line break": ({"password": f"{SECRET}\n"}, "password"),
    "a user with a line break": ({"login": "dts\n"}, "login is"),
    "TLS asked for elsewhere": (
        {"extra": {**EXTRA, "ssl": {"ca": "/etc/ca.pem"}}},
        "extra encrypt_conn: extra ssl asks",
    ),
    "TLS by another name": ({"extra": {**EXTRA, "sslmode": "verify-full"}}, "extra encrypt_conn: extra sslmode asks"),
    "nodes as a text": ({"extra": {**EXTRA, "nodes": "203.0.113.5:6379,203.0.113.6:6379"}}, "extra nodes: write it as"),
    "nodes as texts": ({"extra": {**EXTRA, "nodes": ["203.0.113.5:6379"]}}, "extra nodes: write it as"),
    "nodes as one object": ({"extra": {**EXTRA, "nodes": {"host": "203.0.113.5"}}}, "extra nodes: write it as"),
    "an extra that is broken": ({"extra": '{"access_type": "ccn", "ccn_gw_id": "ccn-1"'}, "extra: it is no JSON"),
    "an extra that is a list": ({"extra": "[1]"}, "extra: write it as a JSON object"),
    "an extra that is a text": ({"extra": '"ap-guangzhou"'}, "extra: write it as a JSON object"),
}


def connect(monkeypatch: pytest.MonkeyPatch, source: dict[str, Any], target: dict[str, Any] = TARGET) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps({**SOURCE, **source}))
    monkeypatch.setenv("AIRFLOW_CONN_TARGET_MYSQL", json.dumps({**TARGET, **target}))


@every_plan
@for_every("case", WRONG, anew="nothing_is_sent")
@pytest.mark.usefixtures("nothing_is_sent")
def test_what_cannot_be_right_is_refused_by_its_place(case: str, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, told = WRONG[case]
    connect(monkeypatch, parts)
    with pytest.raises(InvalidInput) as raised:
        Task(PLANS[plan]()).run()
    assert f"connection source_mysql, {told}" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert isinstance(raised.value, AirflowFailException)


@for_every(
    "plan, extra, told",
    [
        ("migration", {"extra_attr": "AuthFlag=1"}, "extra extra_attr: write it as an object"),
        ("migration", {"extra_attr": [{"Key": "AuthFlag", "Value": "1"}]}, "extra extra_attr: write it as an object"),
        ("migration", {"extra_attr": {"AuthFlag": True}}, "extra extra_attr AuthFlag: write the value as a text"),
        ("migration 2018", {"encrypt_conn": "Encrypted"}, "extra encrypt_conn is 'Encrypted'"),
    ],
    anew="nothing_is_sent",
)
@pytest.mark.usefixtures("nothing_is_sent")
def test_what_only_one_system_has_is_refused_there(
    plan: str, extra: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, {"extra": {**EXTRA, **extra}})
    with pytest.raises(InvalidInput) as raised:
        Task(PLANS[plan]()).run()
    assert f"connection source_mysql, {told}" in str(raised.value)


@for_every(
    "parts",
    [
        {"extra": {**EXTRA, "ssl": True, "encrypt_conn": "UnEncrypted"}},
        {"extra": {**EXTRA, "sslmode": "prefer"}},
        {"host": "db-1.example.com."},
        {"host": "db_1"},
        {"password": "p ä%&/(ß\\"},
        {"extra": {**EXTRA, "node_type": "simple"}},
    ],
    ids=str,
    anew="nothing_is_sent",
)
@pytest.mark.usefixtures("nothing_is_sent")
def test_what_may_be_right_is_planned(parts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, parts)
    assert Task(PLANS["migration"]()).run()["source"]["connection"] == "source_mysql"


@every_plan
def test_everything_is_told_at_once_the_cloud_s_connection_included(
    plan: str, nothing_is_sent: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(
        monkeypatch,
        {"host": "mysql://203.0.113.5", "extra": {**EXTRA, "vpc_id": "a b"}},
        {"extra": {**INSTANCE, "region": "ap-guangzou"}},
    )
    cloud = nothing_is_sent["tencentcloud_default"]
    broken = {**cloud, "host": "127.0.0.1/dts", "extra": {**cloud["extra"], "token": f"{SECRET}\n"}}
    monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(broken))
    with pytest.raises(InvalidInput) as raised:
        Task(PLANS[plan]()).run()
    for place in (
        "connection source_mysql, host:",
        "connection source_mysql, extra vpc_id",
        "connection target_mysql, extra region is 'ap-guangzou'",
        "connection tencentcloud_default, host:",
        "connection tencentcloud_default, extra token:",
    ):
        assert place in str(raised.value)
    assert SECRET not in str(raised.value)


@every_plan
@for_every("conn_id", ["source_mysql", "target_mysql", "tencentcloud_default"], anew="nothing_is_sent")
@pytest.mark.usefixtures("nothing_is_sent")
def test_a_connection_that_does_not_exist_is_told_with_how_to_make_it(
    plan: str, conn_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"AIRFLOW_CONN_{conn_id.upper()}")
    with pytest.raises(InvalidInput, match=f"connection {conn_id}: it is not defined; make it under Admin") as raised:
        Task(PLANS[plan]()).run()
    assert isinstance(raised.value, AirflowFailException)


@pytest.mark.usefixtures("nothing_is_sent")
def test_a_subscription_s_plan_reads_the_cloud_s_connection_and_region() -> None:
    request = {**SUBSCRIBE.defaults(), "instance_id": "cdb-9dijwkkw", "region": "ap-guangzou"}
    with pytest.raises(InvalidInput, match=r"^region is 'ap-guangzou'"):
        Task(DtsPlanSubscriptionOperator(task_id="plan", request=request)).run()


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one instance": (
        {"host": None, "extra": {**INSTANCE, "instance_id": "cdb-one"}},
        {"extra": {**INSTANCE, "instance_id": "cdb-one"}},
    ),
    "one address": ({"host": "db.example.com"}, {"host": "DB.example.com.", "port": 3306, "extra": EXTRA}),
}


@for_every(
    "plan, same", [*product(("migration", "sync"), SAME), ("migration 2018", "one instance")], anew="nothing_is_sent"
)
@pytest.mark.usefixtures("nothing_is_sent")
def test_a_database_is_not_its_own_target_under_two_names(
    plan: str, same: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, *SAME[same])
    with pytest.raises(InvalidInput, match="target_connection is 'target_mysql': it is the same database as that of"):
        Task(PLANS[plan]()).run()


@pytest.mark.usefixtures("nothing_is_sent")
def test_one_address_in_two_networks_is_two_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    route = {"access_type": "vpc", "subnet_id": "subnet-1", "region": "ap-guangzhou"}
    sides = [{"host": "10.0.0.5", "port": 3306, "extra": {**route, "vpc_id": name}} for name in ("vpc-1", "vpc-2")]
    connect(monkeypatch, *sides)
    assert Task(PLANS["migration"]()).run()


@pytest.mark.parametrize("where", ["source", "target"])
def test_a_region_that_the_cloud_s_connection_names_is_one(
    where: str, nothing_is_sent: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = {"source": EXTRA, "target": INSTANCE}
    sides[where] = {**sides[where], "region": "ap-newtown"}
    connect(monkeypatch, {"extra": sides["source"]}, {"extra": sides["target"]})
    cloud = nothing_is_sent["tencentcloud_default"]
    known = {**cloud, "extra": {**cloud["extra"], "more_regions": "ap-newtown"}}
    monkeypatch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(known))
    assert Task(PLANS["migration"]()).run()[where]["region"] == "ap-newtown"
