"""Airflow connections of databases as the API's endpoints, for every access type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import Connection

from tencent_dts.endpoints import REQUIRED, database_type_of, migration_endpoint
from tencent_dts.errors import InvalidInput
from tencent_dts.spec import load

FACTS = {
    "InstanceId": "instance_id",
    "CvmInstanceId": "cvm_instance_id",
    "UniqDcgId": "uniq_dcg_id",
    "UniqVpnGwId": "uniq_vpn_gw_id",
    "CcnGwId": "ccn_gw_id",
    "VpcId": "vpc_id",
    "SubnetId": "subnet_id",
}


def connection(access_type: str | None, *, without: str = "", **extra: Any) -> Connection:
    facts: dict[str, Any] = {FACTS[name]: f"{name}-1" for name in REQUIRED[access_type or "cdb"] if name in FACTS}
    if access_type:
        facts["access_type"] = access_type
    if access_type == "ccn":
        facts["database_net_env"] = "TencentVPC"
    facts |= extra
    facts.pop(FACTS.get(without, without), None)
    return Connection(
        conn_id="db",
        conn_type="mysql",
        host=None if without == "Host" else "10.0.0.5",
        port=None if without == "Port" else 3306,
        login="dts",
        password="a-password",
        extra=json.dumps(facts),
    )


def endpoint(conn: Connection) -> dict[str, Any]:
    return migration_endpoint(conn, region="ap-guangzhou", database_type="mysql")


@pytest.mark.parametrize("access_type", REQUIRED)
def test_every_access_type_has_a_shape_that_the_api_takes(access_type: str) -> None:
    made = endpoint(connection(access_type))
    problems = load().problems("ModifyMigrationJob", {"SrcInfo": made})
    assert [problem for problem in problems if problem.path.startswith("SrcInfo")] == []
    (node,) = made["Info"]
    assert made["AccessType"] == access_type
    assert (node["User"], node["Password"]) == ("dts", "a-password")
    assert set(REQUIRED[access_type]) <= node.keys()


@pytest.mark.parametrize(
    ("access_type", "field"), [(kind, name) for kind, names in REQUIRED.items() for name in names], ids=str
)
def test_each_missing_field_is_named_with_the_connection_s_own_word(access_type: str, field: str) -> None:
    with pytest.raises(InvalidInput, match="connection db") as raised:
        endpoint(connection(access_type, without=field))
    assert FACTS.get(field, field.lower()) in str(raised.value)
    assert "a-password" not in str(raised.value)


@pytest.mark.parametrize("access_type", ["cdb", "cvm"])
def test_an_instance_needs_no_host(access_type: str) -> None:
    assert "Host" not in endpoint(connection(access_type))["Info"][0]


def test_ccn_needs_to_know_the_other_network() -> None:
    with pytest.raises(InvalidInput, match="database_net_env"):
        endpoint(connection("ccn", without="database_net_env"))


def test_an_unknown_access_type_is_refused() -> None:
    conn = Connection(conn_id="db", conn_type="mysql", extra='{"access_type": "noProxy"}')
    with pytest.raises(InvalidInput, match="access_type"):
        endpoint(conn)


@pytest.mark.parametrize(
    ("wrong", "meant"), [("instanceId", "instance_id"), ("VpcID", "vpc_id"), ("access-type", "access_type")]
)
def test_a_misspelt_fact_is_refused_and_the_right_spelling_told(wrong: str, meant: str) -> None:
    with pytest.raises(InvalidInput, match=meant):
        endpoint(connection("extranet", **{wrong: "x"}))


def test_other_packages_settings_pass() -> None:
    assert endpoint(connection("extranet", charset="utf8mb4", ssl={"ca": "x"}))["AccessType"] == "extranet"


def test_without_an_access_type_an_instance_is_cdb_and_a_host_is_extranet() -> None:
    assert endpoint(connection(None))["AccessType"] == "cdb"
    assert endpoint(connection(None, without="InstanceId"))["AccessType"] == "extranet"


def test_several_nodes_share_what_they_do_not_say() -> None:
    nodes = [{"host": "10.0.0.1", "role": "master"}, {"host": "10.0.0.2", "port": 3307}]
    made = endpoint(connection("extranet", nodes=nodes, node_type="cluster"))
    assert made["NodeType"] == "cluster"
    assert [(node["Host"], node["Port"], node["User"]) for node in made["Info"]] == [
        ("10.0.0.1", 3306, "dts"),
        ("10.0.0.2", 3307, "dts"),
    ]


def test_an_account_of_another_owner_needs_its_role() -> None:
    with pytest.raises(InvalidInput, match="account_role"):
        endpoint(connection("cdb", account_mode="other", account="100000000001"))


def test_further_attributes_are_key_and_value_as_text() -> None:
    made = endpoint(connection("cdb", extra_attr={"DstWriteMode": "overwrite", "Number": 7}))
    assert made["ExtraAttr"] == [{"Key": "DstWriteMode", "Value": "overwrite"}, {"Key": "Number", "Value": "7"}]


@pytest.mark.parametrize(
    ("conn_type", "extra", "kind"),
    [
        ("mysql", "{}", "mysql"),
        ("postgres", "{}", "postgresql"),
        ("mongo", "{}", "mongodb"),
        ("redis", "{}", "redis"),
        ("mssql", "{}", "sqlserver"),
        ("mysql", '{"database_type": "cynosdbmysql"}', "cynosdbmysql"),
        ("http", "{}", None),
    ],
)
def test_the_database_type_follows_from_the_connection(conn_type: str, extra: str, kind: str | None) -> None:
    assert database_type_of(Connection(conn_id="db", conn_type=conn_type, extra=extra)) == kind
