"""Airflow connections of databases -> the endpoint shapes of the API.

The connection holds host, port, login and password; the DTS facts stand in its extra under one set of names,
the API's in lower case with underscores: ``access_type``, ``instance_id``, ... Each area of the API writes them in a
shape of its own, which is data here; one function walks it. A fact that a shape has no field for is not sent.

API document: data types DBEndpointInfo and DBInfo, Endpoint and SyncDBEndpointInfos (version 2021-12-06),
SrcInfo and DstInfo (version 2018-03-30).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from tencent_dts.api.connections import (
    Connection,
    Extra,
    Findings,
    asks_for_tls,
    attributes_of,
    check_srv,
    extra_of,
    host,
    line,
    name_of,
    nodes_of,
    port,
    word,
)
from tencent_dts.api.endpoint_shapes import (
    MIGRATION,
    SOURCE_2018,
    SYNC_SOURCE,
    SYNC_TARGET,
    TARGET_2018,
    Node,
    Shape,
    Source2018,
    SyncSource,
    SyncTarget,
    Target2018,
)
from tencent_dts.api.redaction import hide
from tencent_dts.errors import InvalidInput, given_in
from tencent_dts.sizes import check_choice
from tencent_dts.spec import load
from tencent_dts.spec.secrecy import is_secret

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import DBEndpointInfo
    from tencent_dts.spec.shapes.sync_types import Endpoint, SyncDBEndpointInfos

_Facts = dict[str, Any]
"""A node under way to its data type: which fields that has, the spec says."""

# A connection's names, and the fields they set: two where the areas spell one fact differently.
FACTS: dict[str, tuple[str, ...]] = {
    "host": ("Host", "Ip"),
    "port": ("Port",),
    "instance_id": ("InstanceId",),
    "child_instance_id": ("ChildInstanceId",),
    "child_instance_type": ("ChildInstanceType",),
    "cvm_instance_id": ("CvmInstanceId",),
    "rds_instance_id": ("RdsInstanceId",),
    "uniq_dcg_id": ("UniqDcgId",),
    "uniq_vpn_gw_id": ("UniqVpnGwId",),
    "ccn_gw_id": ("CcnGwId", "CcnId"),
    "ccn_owner_uin": ("CcnOwnerUin",),
    "vpc_id": ("VpcId",),
    "subnet_id": ("SubnetId",),
    "database_net_env": ("DatabaseNetEnv",),
    "connect_type": ("ConnectType",),
    "role": ("Role",),
    "set_id": ("SetId",),
    "db_name": ("DbName",),
    "db_kernel": ("DbKernel",),
    "supplier": ("Supplier",),
    "engine_version": ("EngineVersion",),
    "encrypt_conn": ("EncryptConn",),
    "account": ("Account",),
    "account_mode": ("AccountMode",),
    "account_role": ("AccountRole",),
    "role_external_id": ("RoleExternalId",),
    "access_key": ("AccessKey",),
    "tmp_secret_id": ("TmpSecretId",),
    "tmp_secret_key": ("TmpSecretKey",),
    "tmp_token": ("TmpToken",),
}
# These stand in the connection's own fields, and in the extra only for one of several nodes.
OF_THE_CONNECTION = ("host", "port")
# What may hold blanks: a database can be called anything.
_FREE_TEXTS = ("db_name",)
# The node types of a migration, by database type; the first is what a connection means that names none.
_NODE_TYPES: dict[str, tuple[str, ...]] = {
    "mongodb": ("simple", "replicaset", "standalone", "cluster"),
    "redis": ("simple", "cluster", "cluster-cache", "cluster-proxy"),
    "keewidb": ("simple", "cluster", "cluster-cache", "cluster-proxy"),
    "tendis": ("simple", "cluster", "cluster-cache", "cluster-proxy"),
}
_OWN_KEYS = frozenset({"access_type", "region", "database_type", "node_type", "nodes", "extra_attr"})
_DATABASE_TYPE = {
    "kafka": "kafka",
    "mongo": "mongodb",
    "mssql": "sqlserver",
    "mysql": "mysql",
    "postgres": "postgresql",
    "redis": "redis",
}


# Sync takes these as SrcInfos and DstInfos, also where one node is given.
_OF_SEVERAL_NODES = frozenset({"mongodb", "tdsqlmysql", "tdstore"})


def fact_of(name: str) -> str:
    """The connection's name for a field of a shape: ``host``, or ``extra vpc_id``."""
    key = next(key for key, names in FACTS.items() if name in names)
    return key if key in OF_THE_CONNECTION else f"extra {key}"


def database_type_of(conn: Connection) -> str | None:
    """The DTS database type of a connection: its extra ``database_type``, else what its type implies."""
    return extra_of(conn).get("database_type") or _DATABASE_TYPE.get(conn.conn_type or "")


@given_in("connection")
def migration_endpoint(conn: Connection, *, region: str, database_type: str) -> DBEndpointInfo:
    """A database's Airflow connection as ``DBEndpointInfo``, for SrcInfo or DstInfo of a migration.

    :param conn: an Airflow connection.
    :param region: the instance's region, or the region nearest to a database outside the cloud.
    :param database_type: as in the purchase, for example ``mysql``.
    :raises InvalidInput: a field that the access type needs is missing; names connection and field.
    """
    extra = extra_of(conn)
    access_type, nodes = _walk(conn, MIGRATION, database_type)
    endpoint: DBEndpointInfo = {
        "Region": region,
        "AccessType": access_type,
        "DatabaseType": database_type,
        "NodeType": _node_type(conn, extra, database_type),
        "Info": nodes,
    }
    # By the fields that the spec knows of DBEndpointInfo; one that is sent here already is no fact of a connection.
    endpoint.update(cast("DBEndpointInfo", _fields(extra, MIGRATION.version, MIGRATION.around)))
    if attributes := extra.get("extra_attr"):
        endpoint["ExtraAttr"] = attributes_of(attributes, f"{name_of(conn)}, extra extra_attr")
    return endpoint


@overload
def sync_side(conn: Connection, side: Literal["Src"], *, region: str, database_type: str) -> SyncSource: ...


@overload
def sync_side(conn: Connection, side: Literal["Dst"], *, region: str, database_type: str) -> SyncTarget: ...


@given_in("connection")
def sync_side(
    conn: Connection, side: Literal["Src", "Dst"], *, region: str, database_type: str
) -> SyncSource | SyncTarget:
    """A database's Airflow connection as the fields of ConfigureSyncJob for one side.

    :param conn: an Airflow connection.
    :param side: ``Src`` or ``Dst``.
    :param region: region of the database.
    :param database_type: as in the purchase, for example ``mysql``.
    :raises InvalidInput: a field that access type or database type needs is missing; names connection and field.
    """
    extra = extra_of(conn)
    access_type, nodes = _walk(conn, SYNC_SOURCE if side == "Src" else SYNC_TARGET, database_type)
    nodes = [{**node, "Region": region} for node in nodes]
    if database_type == "tdsqlmysql":
        _check_shards(conn, side, nodes)
    node_type = _node_type(conn, extra, database_type, also="single")
    several = database_type in _OF_SEVERAL_NODES or node_type == "cluster" or len(nodes) > 1
    infos: SyncDBEndpointInfos = {
        "Region": region,
        "AccessType": access_type,
        "DatabaseType": database_type,
        "Info": nodes,
    }
    node_type = "cluster" if several else "single"
    if side == "Dst":
        target: SyncTarget = {"DstAccessType": access_type, "DstNodeType": node_type}
        return {**target, "DstInfos": infos} if several else {**target, "DstInfo": nodes[0]}
    source: SyncSource = {"SrcAccessType": access_type, "SrcNodeType": node_type}
    if connect_type := extra.get("connect_type"):
        source["SrcConnectType"] = connect_type
    return {**source, "SrcInfos": infos} if several else {**source, "SrcInfo": nodes[0]}


@given_in("connection")
def source_2018(conn: Connection, *, region: str, database_type: str) -> Source2018:
    """A database's Airflow connection as the source fields of CreateMigrateJob and ModifyMigrateJob, 2018-03-30.

    :param conn: an Airflow connection.
    :param region: region of the database, or the one nearest to it.
    :param database_type: as ``mysql``.
    :raises InvalidInput: a field that the access type needs is missing; names connection and field.
    """
    access_type, nodes = _walk(conn, SOURCE_2018, database_type)
    nodes = [{**node, "Region": region, "Supplier": node.get("Supplier", "others")} for node in nodes]
    for node in nodes:
        if node["Supplier"] == "aliyun" and not node.get("RdsInstanceId"):
            raise InvalidInput(f"{name_of(conn)}, extra rds_instance_id", "supplier aliyun needs it")
    several = _node_type(conn, extra_of(conn), database_type) == "cluster" or len(nodes) > 1
    fields: Source2018 = {
        "SrcAccessType": access_type,
        "SrcInfo": nodes[0],
        "SrcNodeType": "cluster" if several else "simple",
    }
    return {**fields, "SrcInfoMulti": nodes} if several else fields


@given_in("connection")
def target_2018(conn: Connection, *, region: str, database_type: str) -> Target2018:
    """A TencentDB instance's Airflow connection as the target fields of CreateMigrateJob, 2018-03-30.

    :param conn: an Airflow connection; access type ``cdb``, the only one that this version takes.
    :param region: region of the instance, in which the job runs.
    :param database_type: as ``mysql``.
    :raises InvalidInput: it is no instance of the cloud; names connection and field.
    """
    access_type, (node, *more) = _walk(conn, TARGET_2018, database_type)
    if more:
        raise InvalidInput(f"{name_of(conn)}, extra nodes", "a target is one instance; leave them out")
    return {"DstAccessType": access_type, "DstInfo": {**node, "Region": region}}


def _walk(conn: Connection, shape: Shape[Node], database_type: str) -> tuple[str, list[Node]]:
    """Access type and nodes of a connection in a shape, with all that the access type needs."""
    extra = extra_of(conn)
    where = name_of(conn)
    nodes = nodes_of(extra, where)
    findings = Findings()
    for facts in (extra, *nodes):
        _refuse_unknown(facts, where, OF_THE_CONNECTION if facts is not extra else ())
        _check_texts(facts, where, findings)
    access_type = extra.get("access_type") or _access_type(extra, shape, database_type)
    check_choice(f"{where}, extra access_type", access_type, shape.required)
    _check_encryption(extra, shape, where, findings)
    with findings.noted():
        check_srv(extra, database_type, where)
    with findings.noted():
        line(conn.login or "", f"{where}, login")
    with findings.noted():
        line(conn.password or "", f"{where}, password", shown=False)
    outer = _fields(extra, shape.version, shape.around)
    found = []
    for node in nodes or [{}]:
        with findings.noted():
            found.append(_node(conn, {**extra, **node}, shape, (access_type, database_type), outer))
    findings.tell()
    return access_type, cast("list[Node]", found)  # _fields takes the fields of the data type from the spec alone


def _check_texts(facts: Extra, where: str, findings: Findings) -> None:
    """Ids and names are texts without blanks; a secret among them is not shown."""
    for key, value in facts.items():
        if key in FACTS and key not in OF_THE_CONNECTION and value not in (None, ""):
            with findings.noted():
                check = line if key in _FREE_TEXTS else word
                check(value, f"{where}, extra {key}", shown=not is_secret(key))


def _check_encryption(extra: Extra, shape: Shape[Node], where: str, findings: Findings) -> None:
    """A connection that other packages open with TLS must say what DTS is to do; it would use plain text."""
    wanted, key = extra.get("encrypt_conn"), asks_for_tls(extra)
    if key and not wanted:
        fix = f"extra {key} asks for encryption: set Encrypted, or UnEncrypted where DTS is to connect without"
        findings.add(InvalidInput(f"{where}, extra encrypt_conn", fix))
    if wanted == "Encrypted" and "EncryptConn" not in load(shape.version).types[shape.node]:
        fix = f"API {shape.version} connects without encryption; set UnEncrypted where that is meant"
        findings.add(InvalidInput(f"{where}, extra encrypt_conn", fix, wanted))


def _node_type(conn: Connection, extra: Extra, database_type: str, also: str = "simple") -> str:
    """One connection may serve every area, so each takes the names of all that its database type has.

    :param also: the area's own name for one node.
    """
    allowed = tuple(dict.fromkeys((*_NODE_TYPES.get(database_type, ("simple", "cluster")), also)))
    value = extra.get("node_type") or allowed[0]
    check_choice(f"{name_of(conn)}, extra node_type", value, allowed)
    return str(value)


def _access_type(extra: Extra, shape: Shape[Node], database_type: str) -> str:
    """What follows from the other facts where a connection names none."""
    if not extra.get("instance_id"):
        return "extranet"
    return "ckafka" if database_type == "kafka" and "ckafka" in shape.required else "cdb"


def _refuse_unknown(facts: Extra, where: str, of_a_node: tuple[str, ...]) -> None:
    """A misspelt DTS fact would be left out silently; names of other packages' settings pass."""
    for key in facts:
        meant = _meant().get(key.lower().replace("_", "").replace("-", ""))
        if meant not in (None, key) and (meant not in OF_THE_CONNECTION or of_a_node):
            raise InvalidInput(f"{where}, extra {key}", f"write it {meant}")


@cache
def _meant() -> dict[str, str]:
    """Every spelling of a fact, without its separators -> the connection's name for it."""
    spelt = {name.lower(): key for key, names in FACTS.items() for name in names}
    return spelt | {key.replace("_", ""): key for key in (*_OWN_KEYS, *FACTS)}


def _fields(facts: Extra, version: str, data_type: str) -> _Facts:
    """The facts that a data type has a field for, under its own spelling."""
    known = load(version).types[data_type] if data_type else {}
    return {name: facts[key] for key, names in FACTS.items() for name in names if name in known and facts.get(key)}


def _node(conn: Connection, facts: Extra, shape: Shape[Node], kinds: tuple[str, str], outer: _Facts) -> _Facts:
    """One node, with everything that its access type and its database type need."""
    access_type, database_type = kinds
    where = name_of(conn)
    needed = shape.required[access_type]
    hide(conn.password)
    whole = {**facts, **_address(conn, facts, where, access_type, needed)}
    if database_type == "cdwpg":
        whole["db_name"] = facts.get("db_name") or conn.schema
    node = _fields(whole, shape.version, shape.node)
    for name in ("Host", "Ip", "Port"):
        if name not in needed:  # an instance is found by its id
            node.pop(name, None)
    if conn.login:
        node["User"] = conn.login
    if conn.password:
        node["Password"] = conn.password
    for kind, names in ((f"access type {access_type}", needed), (database_type, shape.of_type.get(database_type, ()))):
        for name in names:
            if not node.get(name) and not outer.get(name):
                raise InvalidInput(f"{where}, {fact_of(name)}", f"{kind} needs it ({name})")
    _check_account(node, where, in_a_role=shape.node == "Endpoint")
    return node


def _address(conn: Connection, facts: Extra, where: str, access_type: str, needed: tuple[str, ...]) -> Extra:
    """Host and port, as far as the access type needs them: the node's own, else the connection's."""
    address: Extra = {"host": facts.get("host") or conn.host, "port": 0}
    if address["host"] and {"Host", "Ip"} & set(needed):
        host(address["host"], f"{where}, host", ipv6=access_type == "ipv6")
    if "Port" in needed:
        address["port"] = port(facts.get("port") or conn.port, f"{where}, port")
    return address


def _check_account(node: _Facts, where: str, *, in_a_role: bool) -> None:
    """A database of another account is reached in a role or, but for sync links, with temporary keys alone."""
    if in_a_role and node.get("AccountMode") == "other" and not (node.get("Account") and node.get("AccountRole")):
        raise InvalidInput(f"{where}, extra account_role", "account_mode other of a sync link needs it, and account")
    keys = all(node.get(name) for name in ("TmpSecretId", "TmpSecretKey", "TmpToken"))
    if node.get("AccountMode") == "other" and not (node.get("Account") and (node.get("AccountRole") or keys)):
        raise InvalidInput(
            f"{where}, extra account_role",
            "account_mode other needs account, and account_role or tmp_secret_id, tmp_secret_key and tmp_token",
        )


def _check_shards(conn: Connection, side: str, nodes: list[Endpoint]) -> None:
    """TDSQL is given as its proxies, then its shards; a source also says through which it is read."""
    where = f"{name_of(conn)}, extra"
    if side == "Src" and not extra_of(conn).get("connect_type"):
        raise InvalidInput(f"{where} connect_type", "a tdsqlmysql source needs it: proxy or set")
    roles = [node["Role"] for node in nodes]
    if roles != sorted(roles):  # "proxy" sorts before "set"
        raise InvalidInput(f"{where} nodes", "nodes of role proxy come before those of role set")
    if any(node["Role"] == "set" and not node.get("SetId") for node in nodes):
        raise InvalidInput(f"{where} set_id", "a node of role set needs it (SetId)")
