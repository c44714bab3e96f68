"""Airflow connections of databases as the API's endpoints, for every area and access type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import Connection

from tencent_dts.api.endpoint_shapes import MIGRATION, SOURCE_2018, SYNC_SOURCE, SYNC_TARGET, TARGET_2018, Shape
from tencent_dts.api.endpoints import (
    FACTS,
    database_type_of,
    fact_of,
    migration_endpoint,
    source_2018,
    sync_side,
    target_2018,
)
from tencent_dts.errors import InvalidInput
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tests.rules import for_every

REGION = "ap-guangzhou"


def connection(access_type: str | None, shape: Shape[Any] = MIGRATION, without: str = "", **extra: Any) -> Connection:
    """A connection with every fact that an access type needs in a shape, but one."""
    needed = [fact_of(name).removeprefix("extra ") for name in shape.required[access_type or "cdb"]]
    facts: dict[str, Any] = {key: f"{key}-1" for key in needed if key not in ("host", "port")}
    if "database_net_env" in facts:
        facts["database_net_env"] = "TencentVPC"
    if access_type:
        facts["access_type"] = access_type
    facts |= extra
    facts.pop(without, None)
    return Connection(
        conn_id="db",
        conn_type="mysql",
        host=None if without == "host" else "2001:db8::5" if access_type == "ipv6" else "10.0.0.5",
        port=None if without == "port" else 3306,
        login="dts",
        password="a-password",
        extra=json.dumps(facts),
    )


def endpoint(conn: Connection, database_type: str = "mysql") -> Any:
    return migration_endpoint(conn, region=REGION, database_type=database_type)


def source(conn: Connection, database_type: str = "mysql") -> Any:
    return sync_side(conn, "Src", region=REGION, database_type=database_type)


def target(conn: Connection, database_type: str = "mysql") -> Any:
    return sync_side(conn, "Dst", region=REGION, database_type=database_type)


def old_source(conn: Connection) -> Any:
    return source_2018(conn, region=REGION, database_type="mysql")


def old_target(conn: Connection) -> Any:
    return target_2018(conn, region=REGION, database_type="mysql")


# Shape, what makes it, the request it belongs to, where the access type stands in that, and the node.
Made = Callable[[Connection], dict[str, Any]]
AREAS: dict[str, tuple[Shape[Any], Made, str, str]] = {
    "migration": (MIGRATION, lambda conn: {"SrcInfo": endpoint(conn)}, VERSION_2021, "ModifyMigrationJob"),
    "sync source": (SYNC_SOURCE, source, VERSION_2021, "ConfigureSyncJob"),
    "sync target": (SYNC_TARGET, target, VERSION_2021, "ConfigureSyncJob"),
    "2018 source": (SOURCE_2018, old_source, VERSION_2018, "ModifyMigrateJob"),
    "2018 target": (TARGET_2018, old_target, VERSION_2018, "ModifyMigrateJob"),
}


def node_of(fields: dict[str, Any]) -> dict[str, Any]:
    info: dict[str, Any] = next(value for name, value in fields.items() if name.endswith("Info"))
    node: dict[str, Any] = info["Info"][0] if "Info" in info else info
    return node


@for_every("area, access_type", [(area, kind) for area in AREAS for kind in AREAS[area][0].required])
def test_every_access_type_has_a_shape_that_the_api_takes(area: str, access_type: str) -> None:
    shape, made, version, action = AREAS[area]
    fields = made(connection(access_type, shape))
    problems = [problem for problem in load(version).problems(action, fields) if problem.kind != "missing"]
    assert problems == []
    node = node_of(fields)
    assert (node["User"], node["Password"]) == ("dts", "a-password")
    assert set(shape.required[access_type]) <= {*node, *fields, *fields.get("SrcInfo", {})}
    assert access_type in (
        fields.get("SrcAccessType"),
        fields.get("DstAccessType"),
        fields.get("SrcInfo", {}).get("AccessType"),
    )


@for_every(
    "area, access_type, field",
    [(area, kind, name) for area in AREAS for kind, names in AREAS[area][0].required.items() for name in names],
)
def test_each_missing_field_is_named_with_the_connection_s_own_word(area: str, access_type: str, field: str) -> None:
    shape, made, _, _ = AREAS[area]
    key = fact_of(field).removeprefix("extra ")
    with pytest.raises(InvalidInput, match="connection db") as raised:
        made(connection(access_type, shape, without=key))
    assert raised.value.field == f"connection db, {fact_of(field)}"
    assert field in str(raised.value)
    assert "a-password" not in str(raised.value)


@for_every("area", AREAS)
def test_an_unknown_access_type_is_refused_and_the_allowed_ones_told(area: str) -> None:
    shape, made, _, _ = AREAS[area]
    conn = Connection(conn_id="db", conn_type="mysql", extra='{"access_type": "noProxy"}')
    with pytest.raises(InvalidInput, match="extra access_type is 'noProxy': allowed: ") as raised:
        made(conn)
    assert all(kind in str(raised.value) for kind in shape.required)


def test_every_fact_has_a_field_in_some_shape() -> None:
    fields: set[str] = set()
    for shape in (MIGRATION, SYNC_SOURCE, SOURCE_2018, TARGET_2018):
        types = load(shape.version).types
        fields |= {*types[shape.node], *(types[shape.around] if shape.around else ())}
    assert {name for names in FACTS.values() for name in names} <= fields


def test_one_connection_serves_every_area_in_its_own_spelling() -> None:
    conn = connection("ccn")
    assert endpoint(conn)["Info"][0]["CcnGwId"] == "ccn_gw_id-1"
    assert endpoint(conn)["DatabaseNetEnv"] == "TencentVPC"
    assert endpoint(conn)["Info"][0]["Host"] == "10.0.0.5"
    for node in (source(conn)["SrcInfo"], target(conn)["DstInfo"]):
        assert (node["CcnId"], node["DatabaseNetEnv"], node["Ip"]) == ("ccn_gw_id-1", "TencentVPC", "10.0.0.5")
    assert (old_source(conn)["SrcInfo"]["CcnId"], old_source(conn)["SrcInfo"]["Ip"]) == ("ccn_gw_id-1", "10.0.0.5")
    assert "DatabaseNetEnv" not in old_source(conn)["SrcInfo"]


@pytest.mark.parametrize("access_type", ["cdb", "cvm"])
def test_an_instance_needs_no_host(access_type: str) -> None:
    assert "Host" not in endpoint(connection(access_type))["Info"][0]
    assert "Ip" not in old_source(connection(access_type))["SrcInfo"]


def test_a_port_is_a_number() -> None:
    with pytest.raises(InvalidInput, match="connection db, port is 'many': a number"):
        endpoint(connection("extranet", nodes=[{"port": "many"}]))


@for_every(
    "wrong, meant",
    [
        ("instanceId", "instance_id"),
        ("VpcID", "vpc_id"),
        ("access-type", "access_type"),
        ("ccn_id", "ccn_gw_id"),
        ("CcnId", "ccn_gw_id"),
    ],
)
def test_a_misspelt_fact_is_refused_and_the_right_spelling_told(wrong: str, meant: str) -> None:
    facts: dict[str, Any] = {wrong: "x"}
    with pytest.raises(InvalidInput, match=f"extra {wrong}: write it {meant}"):
        endpoint(connection("extranet", MIGRATION, **facts))


def test_a_misspelt_fact_of_a_node_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match="extra Ip: write it host"):
        source(connection("extranet", nodes=[{"Ip": "10.0.0.1"}]))


def test_other_packages_settings_pass() -> None:
    others: dict[str, Any] = {"charset": "utf8mb4", "sslmode": "disable", "ssl": False, "connect_timeout": 5}
    assert endpoint(connection("extranet", **others))["AccessType"] == "extranet"


def test_without_an_access_type_an_instance_is_cdb_and_a_host_is_extranet() -> None:
    assert endpoint(connection(None))["AccessType"] == "cdb"
    assert endpoint(connection(None, without="instance_id"))["AccessType"] == "extranet"
    assert target(connection(None), "kafka")["DstAccessType"] == "ckafka"


def test_a_ckafka_instance_is_a_target_only() -> None:
    with pytest.raises(InvalidInput, match="access_type is 'ckafka'"):
        source(connection("ckafka", SYNC_TARGET))


def test_several_nodes_share_what_they_do_not_say() -> None:
    nodes = [{"host": "10.0.0.1", "role": "master"}, {"host": "10.0.0.2", "port": 3307}]
    made = endpoint(connection("extranet", nodes=nodes, node_type="cluster"))
    assert made["NodeType"] == "cluster"
    assert [(node["Host"], node["Port"], node["User"]) for node in made["Info"]] == [
        ("10.0.0.1", 3306, "dts"),
        ("10.0.0.2", 3307, "dts"),
    ]


def test_a_database_of_one_node_is_single_for_sync() -> None:
    made = source(connection("extranet", node_type="simple"))
    assert made["SrcNodeType"] == "single"
    assert made["SrcInfo"]["Region"] == REGION
    assert "SrcInfos" not in made


@pytest.mark.parametrize("kind", ["mongodb", "tdstore"])
def test_a_database_of_several_nodes_is_a_cluster_for_sync_even_when_one_is_given(kind: str) -> None:
    made = target(connection("extranet"), kind)
    assert made["DstNodeType"] == "cluster"
    infos = made["DstInfos"]
    assert (infos["Region"], infos["AccessType"], infos["DatabaseType"]) == (REGION, "extranet", kind)
    assert [node["Ip"] for node in infos["Info"]] == ["10.0.0.5"]
    assert "DstInfo" not in made


@pytest.mark.parametrize("extra", [{"node_type": "cluster"}, {"nodes": [{"host": "10.0.0.1"}, {"host": "10.0.0.2"}]}])
def test_what_a_connection_calls_a_cluster_is_one_everywhere(extra: dict[str, Any]) -> None:
    conn = connection("extranet", **extra)
    assert source(conn)["SrcNodeType"] == "cluster"
    old = old_source(conn)
    assert old["SrcNodeType"] == "cluster"
    assert old["SrcInfo"] == old["SrcInfoMulti"][0]
    assert len(old["SrcInfoMulti"]) == len(extra.get("nodes", [1]))


PROXY = {"host": "10.0.0.1", "role": "proxy"}
SHARD = {"host": "10.0.0.2", "role": "set", "set_id": "set_1"}


def test_tdsql_is_its_proxies_then_its_shards() -> None:
    made = source(connection("extranet", nodes=[PROXY, SHARD], connect_type="set"), "tdsqlmysql")
    assert made["SrcConnectType"] == "set"
    assert [(node["Role"], node.get("SetId")) for node in made["SrcInfos"]["Info"]] == [
        ("proxy", None),
        ("set", "set_1"),
    ]
    assert "DstConnectType" not in target(connection("extranet", nodes=[PROXY], connect_type="set"), "tdsqlmysql")


@for_every(
    "nodes, connect_type, field",
    [
        ([{"host": "10.0.0.1"}], "proxy", "extra role: tdsqlmysql needs it"),
        ([PROXY], "", "extra connect_type"),
        ([SHARD, PROXY], "set", "extra nodes"),
        ([PROXY, {**SHARD, "set_id": ""}], "set", "extra set_id"),
    ],
)
def test_what_tdsql_lacks_is_named(nodes: list[dict[str, Any]], connect_type: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"connection db, {field}"):
        source(connection("extranet", nodes=nodes, connect_type=connect_type), "tdsqlmysql")


def test_cdwpg_needs_its_database_which_may_be_the_connection_s_schema() -> None:
    conn = connection("extranet")
    with pytest.raises(InvalidInput, match="extra db_name: cdwpg needs it"):
        target(conn, "cdwpg")
    conn.schema = "warehouse"
    assert target(conn, "cdwpg")["DstInfo"]["DbName"] == "warehouse"
    assert "DbName" not in target(conn)["DstInfo"]


def test_an_instance_of_another_cloud_needs_its_id_there() -> None:
    with pytest.raises(InvalidInput, match="extra rds_instance_id"):
        old_source(connection("extranet", supplier="aliyun"))
    made = old_source(connection("extranet", supplier="aliyun", rds_instance_id="rm-1", engine_version="5.7"))
    assert made["SrcInfo"]["RdsInstanceId"] == "rm-1"
    assert old_source(connection("extranet"))["SrcInfo"]["Supplier"] == "others"


def test_a_2018_target_is_one_instance() -> None:
    assert old_target(connection(None))["DstInfo"] == {
        "Region": REGION,
        "InstanceId": "instance_id-1",
        "User": "dts",
        "Password": "a-password",
    }
    with pytest.raises(InvalidInput, match="extra nodes"):
        old_target(connection("cdb", nodes=[{"role": "a"}, {"role": "b"}]))


@for_every("made", [endpoint, source, target])
def test_an_account_of_another_owner_needs_its_role_or_temporary_keys(made: Made) -> None:
    foreign: dict[str, Any] = {"account_mode": "other", "account": "100000000001"}
    with pytest.raises(InvalidInput, match="account_role"):
        made(connection("cdb", **foreign))
    keys: dict[str, Any] = {"tmp_secret_id": "an-id", "tmp_secret_key": "a-key", "tmp_token": "a-token"}
    if made is endpoint:
        assert made(connection("cdb", **foreign, **keys))
    else:  # the document of sync links wants the role in any case
        with pytest.raises(InvalidInput, match="account_role"):
            made(connection("cdb", **foreign, **keys))
    assert made(connection("cdb", **foreign, account_role="dts"))


def test_further_attributes_are_key_and_value_as_text() -> None:
    made = endpoint(connection("cdb", extra_attr={"DstWriteMode": "overwrite", "Number": 7}))
    assert made["ExtraAttr"] == [{"Key": "DstWriteMode", "Value": "overwrite"}, {"Key": "Number", "Value": "7"}]


@pytest.mark.parametrize("made", [endpoint, source, old_source])
def test_secrets_are_hidden_from_logs(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden: list[str] = []
    monkeypatch.setattr("tencent_dts.api.redaction.mask_secret", hidden.extend)
    made(connection("extranet", access_key="an-access-key", tmp_secret_key="a-key", tmp_token="a-token"))
    assert {"a-password", "an-access-key", "a-key", "a-token"} <= set(hidden)


@for_every(
    "conn_type, extra, kind",
    [
        ("mysql", "{}", "mysql"),
        ("postgres", "{}", "postgresql"),
        ("mongo", "{}", "mongodb"),
        ("redis", "{}", "redis"),
        ("mssql", "{}", "sqlserver"),
        ("kafka", "{}", "kafka"),
        ("mysql", '{"database_type": "cynosdbmysql"}', "cynosdbmysql"),
        ("http", "{}", None),
    ],
)
def test_the_database_type_follows_from_the_connection(conn_type: str, extra: str, kind: str | None) -> None:
    assert database_type_of(Connection(conn_id="db", conn_type=conn_type, extra=extra)) == kind
