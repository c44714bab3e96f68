"""Airflow connections of databases -> the endpoint shapes of the API.

The connection holds host, port, login and password; the DTS facts stand in its extra, named as the
API names them but in lower case with underscores: ``access_type``, ``instance_id``, ``vpc_id``, ...

API document: data types DBEndpointInfo and DBInfo (version 2021-12-06).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tencent_dts.errors import InvalidInput
from tencent_dts.redaction import hide

# What DTS must be told for each access type: DBInfo fields, with the connection's name for each.
REQUIRED: dict[str, tuple[str, ...]] = {
    "cdb": ("InstanceId",),
    "extranet": ("Host", "Port"),
    "ipv6": ("Host", "Port"),
    "cvm": ("CvmInstanceId", "Port"),
    "dcg": ("UniqDcgId", "VpcId", "SubnetId", "Host", "Port"),
    "vpncloud": ("UniqVpnGwId", "VpcId", "SubnetId", "Host", "Port"),
    "ccn": ("CcnGwId", "VpcId", "SubnetId", "Host", "Port"),
    "vpc": ("VpcId", "SubnetId", "Host", "Port"),
    "intranet": ("Host", "Port"),
}

# Extra names of a connection (of a node, where it has several) and the DBInfo fields they set.
_NODE_FIELDS: dict[str, str] = {
    "instance_id": "InstanceId",
    "cvm_instance_id": "CvmInstanceId",
    "uniq_dcg_id": "UniqDcgId",
    "uniq_vpn_gw_id": "UniqVpnGwId",
    "ccn_gw_id": "CcnGwId",
    "vpc_id": "VpcId",
    "subnet_id": "SubnetId",
    "role": "Role",
    "set_id": "SetId",
    "db_kernel": "DbKernel",
    "engine_version": "EngineVersion",
    "encrypt_conn": "EncryptConn",
    "account": "Account",
    "account_mode": "AccountMode",
    "account_role": "AccountRole",
    "tmp_secret_id": "TmpSecretId",
    "tmp_secret_key": "TmpSecretKey",
    "tmp_token": "TmpToken",
}
_ENDPOINT_FIELDS: dict[str, str] = {
    "supplier": "Supplier",
    "database_net_env": "DatabaseNetEnv",
    "connect_type": "ConnectType",
    "ccn_owner_uin": "CcnOwnerUin",
}
_OWN_KEYS = frozenset({"access_type", "region", "database_type", "node_type", "nodes", "extra_attr"})
_CONNECTION_PART = {"Host": "host", "Port": "port"}
_DATABASE_TYPE = {
    "mysql": "mysql",
    "postgres": "postgresql",
    "mongo": "mongodb",
    "redis": "redis",
    "mssql": "sqlserver",
}


def database_type_of(conn: Any) -> str | None:
    """The DTS database type of a connection: its extra ``database_type``, else what its type implies."""
    return conn.extra_dejson.get("database_type") or _DATABASE_TYPE.get(conn.conn_type)


def migration_endpoint(conn: Any, *, region: str, database_type: str) -> dict[str, Any]:
    """A database's Airflow connection as ``DBEndpointInfo``, for SrcInfo or DstInfo of a migration.

    :param conn: an Airflow connection.
    :param region: the instance's region, or the region nearest to a database outside the cloud.
    :param database_type: as in the purchase, for example ``mysql``.
    :raises InvalidInput: a field that the access type needs is missing; names connection and field.
    """
    extra: dict[str, Any] = conn.extra_dejson
    where = f"connection {conn.conn_id}"
    _refuse_unknown(extra, where)
    access_type = extra.get("access_type") or ("cdb" if extra.get("instance_id") else "extranet")
    if access_type not in REQUIRED:
        raise InvalidInput(f"{where}, extra access_type", f"allowed: {', '.join(REQUIRED)}", access_type)
    nodes = extra.get("nodes") or [{}]
    endpoint = {
        "Region": region,
        "AccessType": access_type,
        "DatabaseType": database_type,
        "NodeType": extra.get("node_type") or "simple",
        "Info": [_node(conn, {**extra, **node}, access_type, where) for node in nodes],
        **{name: extra[key] for key, name in _ENDPOINT_FIELDS.items() if extra.get(key)},
    }
    if access_type == "ccn" and "DatabaseNetEnv" not in endpoint:
        raise InvalidInput(f"{where}, extra database_net_env", "access type ccn needs it: UserIDC or TencentVPC")
    if attributes := extra.get("extra_attr"):
        endpoint["ExtraAttr"] = [{"Key": key, "Value": str(value)} for key, value in attributes.items()]
    return endpoint


def _refuse_unknown(extra: Mapping[str, Any], where: str) -> None:
    """A misspelt DTS fact would be left out silently; names of other packages' settings pass."""
    known = {key.replace("_", ""): key for key in _OWN_KEYS | _NODE_FIELDS.keys() | _ENDPOINT_FIELDS.keys()}
    for key in extra:
        meant = known.get(key.lower().replace("_", "").replace("-", ""))
        if meant is not None and meant != key:
            raise InvalidInput(f"{where}, extra {key}", f"write it {meant}")


def _node(conn: Any, facts: Mapping[str, Any], access_type: str, where: str) -> dict[str, Any]:
    node: dict[str, Any] = {name: facts[key] for key, name in _NODE_FIELDS.items() if facts.get(key)}
    hide(conn.password, *(str(facts[key]) for key in ("tmp_secret_key", "tmp_token") if facts.get(key)))
    host, port = facts.get("host") or conn.host, facts.get("port") or conn.port
    if host and access_type not in ("cdb", "cvm"):
        node["Host"] = host
    if port and access_type != "cdb":
        node["Port"] = int(port)
    if conn.login:
        node["User"] = conn.login
    if conn.password:
        node["Password"] = conn.password
    for name in REQUIRED[access_type]:
        if not node.get(name):
            key = _CONNECTION_PART.get(name) or next(f"extra {k}" for k, n in _NODE_FIELDS.items() if n == name)
            raise InvalidInput(f"{where}, {key}", f"access type {access_type} needs it ({name})")
    if node.get("AccountMode") == "other" and not (node.get("Account") and node.get("AccountRole")):
        raise InvalidInput(f"{where}, extra account_role", "account_mode other needs account and account_role")
    return node
