"""What the service refuses of a fresh job's configuration, `plan` and `make check-migrations` refuse before a purchase.

The same configuration goes to both: to the emulator's validators over HTTP, for a job just bought, as a plan would
send it that kept no rule of several fields; and to the plan and the check of manifests with their rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.emulator import Emulator
from tencent_dts.errors import InvalidInput
from tencent_dts.hooks.reading import databases_of
from tencent_dts.kinds.migration import plan as migration
from tencent_dts.kinds.migration_2018 import plan as migration_2018
from tencent_dts.kinds.planning import ordered_link
from tencent_dts.kinds.subscription_2018 import plan as subscription
from tencent_dts.kinds.sync import plan as sync
from tencent_dts.manifests import InvalidManifest, read_manifest
from tencent_dts.operators.plan_migration import DtsPlanMigrationOperator
from tencent_dts.operators.plan_migration_2018 import DtsPlanMigration2018Operator
from tencent_dts.operators.plan_subscription import DtsPlanSubscriptionOperator
from tencent_dts.operators.plan_sync import DtsPlanSyncOperator
from tencent_dts.params import MIGRATE_2018, SUBSCRIBE
from tencent_dts.spec import VERSION_2018, Field, Spec, load
from tencent_dts.tasks.plan import PlanOperator
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018

pytestmark = pytest.mark.usefixtures("airflow_connections")
SPEC = load()
SOON = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")
NAMES = st.sampled_from(["a", "b", "orders", "2024", ""])
EXAMPLES = 150
TOP = 3
OF_NO_FORM = ("OnlineDDL",)
# Values that the wire takes anywhere in place of a plain one of its kind.
PLAIN = {"Integer": st.integers(0, 40), "Boolean": st.booleans(), "Float": st.floats(0, 9)}


def values(shape: Field, spec: Spec, depth: int) -> st.SearchStrategy[Any]:
    """Values of a field that fit its type; whether they fit each other is what the rules are about."""
    one: st.SearchStrategy[Any]
    if shape.type in spec.types:
        one = objects(shape.type, spec, depth - 1) if depth else st.just({})
    elif shape.enum:
        one = st.sampled_from(shape.enum)
    else:
        one = PLAIN.get(shape.type, NAMES)
    return st.lists(one, max_size=2) if shape.array else one


def objects(
    name: str, spec: Spec, depth: int = TOP, **fixed: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a data type: what is fixed or required always, each other field now and then."""
    shapes = spec.types[name]
    drawn = {field: fixed[field] if field in fixed else values(shape, spec, depth) for field, shape in shapes.items()}
    needed = {field: value for field, value in drawn.items() if field in fixed or shapes[field].required}
    others = {field: value for field, value in drawn.items() if field not in {*needed, *OF_NO_FORM}}
    # Below the top, which a form checks, a field may say nothing, too.
    return few_of({field: value | st.none() if depth < TOP else value for field, value in others.items()}, **needed)


def few_of(fields: Mapping[str, st.SearchStrategy[Any]], **needed: Any) -> st.SearchStrategy[dict[str, Any]]:
    """What is needed, and a few of the other fields: of many, one would hide what is wrong with another."""
    if not fields:
        return st.fixed_dictionaries(needed)
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({**needed, **{name: fields[name] for name in names}}))


def scarce(usual: Any, odd: st.SearchStrategy[Any], one_in: int = 6) -> st.SearchStrategy[Any]:
    """Mostly the usual value."""
    return st.integers(1, one_in).flatmap(lambda luck: odd if luck == min(one_in, 4) else st.just(usual))


def some(item: st.SearchStrategy[Any], usual: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    """A list of databases, none of them now and then."""
    return scarce([usual], st.lists(item, max_size=2), one_in=2)


# --- What is asked for ---

DB_ITEM = objects("DBItem", SPEC, 2, DbName=st.just("a") | NAMES, DBMode=st.sampled_from(["all", "partial", "partial"]))
LINK_ITEM = objects(
    "Database", SPEC, 2, DbName=st.just("a") | NAMES, DbMode=st.sampled_from(["All", "Partial", "Partial"])
)
TYPES = sorted(SPEC.actions["CreateMigrationService"].request["SrcDatabaseType"].enum or ())
FAMILIES = [("mysql", "mysql"), ("mysql", "cynosdbmysql"), ("postgresql", "postgresql"), ("mongodb", "mongodb")]
OPTION = {
    name: shape for name, shape in SPEC.types["MigrateOption"].items() if name not in ("DatabaseTable", "MigrateType")
}


def timed(mode: str) -> st.SearchStrategy[dict[str, str]]:
    """Run mode and start time, which mostly go together."""
    right = st.sampled_from([{}, {"run_mode": mode, "expect_run_time": SOON}])
    wrong = st.sampled_from([{"run_mode": mode}, {"expect_run_time": SOON}, {"run_mode": mode, "expect_run_time": "x"}])
    return st.integers(1, 8).flatmap(lambda luck: wrong if luck == 4 else right)


def sided(types: list[str], usual: list[tuple[str, str]]) -> st.SearchStrategy[dict[str, str]]:
    """Database types of both sides: mostly a link that there is."""
    odd = st.tuples(st.sampled_from(types), st.sampled_from(types))
    pairs = st.integers(1, 6).flatmap(lambda luck: odd if luck == 4 else st.sampled_from(usual))
    return pairs.map(lambda pair: {"source_database_type": pair[0], "target_database_type": pair[1]})


MIGRATIONS = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    sided(TYPES, FAMILIES),
    few_of(
        {
            "migrate_type": st.sampled_from(migration.MIGRATE_TYPES),
            "migrate_option": scarce({}, few_of({name: values(shape, SPEC, 2) for name, shape in OPTION.items()})),
        }
    ),
    timed("timed"),
    st.fixed_dictionaries(
        {
            "objects": objects(
                "DatabaseTableObject", SPEC, TOP, Databases=some(DB_ITEM, {"DbName": "a", "DBMode": "all"})
            )
        }
    ),
)
LINKS = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    sided(TYPES, [("mysql", "mysql"), ("mysql", "kafka"), ("mongodb", "mongodb")]),
    few_of(
        {
            "options": scarce({}, objects("Options", SPEC, 2), one_in=3),
            "job_mode": st.sampled_from(sync.JOB_MODES),
        }
    ),
    timed("Timed"),
    st.fixed_dictionaries(
        {
            "compare_wanted": st.just(False),
            "objects": objects(
                "Objects",
                SPEC,
                TOP,
                Mode=st.just("Partial"),
                Databases=some(LINK_ITEM, {"DbName": "a", "DbMode": "All"}),
            ),
        }
    ),
)


def of_form(schema: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, st.SearchStrategy[Any]]:
    """Values of a form's choices, switches and numbers."""
    found: dict[str, st.SearchStrategy[Any]] = {}
    for name in names:
        told = schema[name]
        if "enum" in told:
            found[name] = st.sampled_from(told["enum"])
        elif told["type"] == "boolean":
            found[name] = st.booleans()
        else:
            found[name] = st.none() | st.integers(told["minimum"], told["maximum"])
    return found


DATABASES_2018 = st.lists(
    st.fixed_dictionaries({"Database": st.just("a")}, optional={"Schema": st.just("s"), "Table": st.just(["t"])}),
    max_size=2,
)
MIGRATIONS_2018 = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    st.sampled_from(
        [
            {},
            {"migrate_object": "tables", "databases": [{"Database": "a"}]},
            {"migrate_type": "structure", "consistency": "notConfigured"},
        ]
    ),
    sided(["mysql", "redis", "mongodb"], [("mysql", "mysql"), ("redis", "redis")]),
    few_of(
        {
            **of_form(
                MIGRATE_2018.schema,
                (
                    *("migrate_type", "migrate_object", "consistency", "is_override_root", "read_only"),
                    *("sampled_rows", "sampled_tables", "counted_tables", "cutover_unproven"),
                ),
            ),
            "databases": DATABASES_2018,
            "extern_params": st.sampled_from([{}, {"ReplTimeout": 60}]),
        }
    ),
    timed("timed"),
)
SUBSCRIPTIONS = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    st.just({"instance_id": "cdb-9dijwkkw"}),
    few_of(
        {
            **of_form(
                SUBSCRIBE.schema, ("product", "subscribe_object_type", "pay_type", "duration", "auto_renew", "vport")
            ),
            "objects": st.lists(
                st.fixed_dictionaries({"DatabaseName": NAMES}, optional={"TableNames": st.lists(NAMES, max_size=2)}),
                max_size=2,
            ),
        }
    ),
)

# --- Who is asked ---


def send_migration(cloud: Any, task: Task, plan: Any) -> None:
    job = cloud.call("CreateMigrationService", **migration.order_request(ordered_link(plan, plan["instance_class"])))
    cloud.wait(2)
    cloud.call("ModifyMigrationJob", **migration.modify_request(job["JobIds"][0], plan, *databases_of(plan)))


def send_link(cloud: Any, task: Task, plan: Any) -> None:
    order: Any = task.ti.pushed
    job = cloud.call("CreateSyncJob", **sync.order_request(order))
    cloud.call("ConfigureSyncJob", **sync.configure_request(job["JobIds"][0], plan, *databases_of(plan)))


def send_2018(cloud: Any, task: Task, plan: Any) -> None:
    both = databases_of(plan)
    job = cloud.call("CreateMigrateJob", JobName="a", **migration_2018.create_request(plan, *both))
    cloud.call("ModifyMigrateJob", **migration_2018.modify_request(job["JobId"], plan, *both))


def send_subscription(cloud: Any, task: Task, plan: Any) -> None:
    (job,) = cloud.call("CreateSubscribe", Name="a", **subscription.order_request(plan))["SubscribeIds"]
    cloud.wait(2)
    cloud.call("ActivateSubscribe", **subscription.activate_request(job, plan))
    cloud.wait(60)
    if plan["objects"]:
        cloud.call("ModifySubscribeObjects", **subscription.objects_request(job, plan))


@dataclass
class Kind:
    """One kind of job: how a plan of it is made, sent, and written as a manifest."""

    key: str
    planner: type[PlanOperator]
    asked: st.SearchStrategy[dict[str, Any]]
    send: Callable[[Any, Task, Mapping[str, Any]], None]
    version: str = ""
    seen: list[str] = field(default_factory=list)


KINDS = [
    Kind("migration", DtsPlanMigrationOperator, MIGRATIONS, send_migration),
    Kind("sync", DtsPlanSyncOperator, LINKS, send_link),
    Kind("migration_2018", DtsPlanMigration2018Operator, MIGRATIONS_2018, send_2018, VERSION_2018),
    Kind("subscription", DtsPlanSubscriptionOperator, SUBSCRIPTIONS, send_subscription, VERSION_2018),
]


def planned(kind: Kind, request: dict[str, Any], *, ruled: bool) -> tuple[Task, Mapping[str, Any]]:
    """The plan, with or without the rules of several fields."""
    operator = kind.planner(task_id="plan", request=request)
    if not ruled:
        operator.rules = ()  # type: ignore[misc]  # of this one task
    task = Task(operator)
    return task, task.run()


def refused_by_service(kind: Kind, cloud: Any, request: dict[str, Any]) -> str | None:
    """What the service says against the configuration; ``None``: nothing; empty: it cannot even be written."""
    try:
        task, plan = planned(kind, request, ruled=False)
    except InvalidInput:  # by its shape alone, or by a connection
        return ""
    try:
        kind.send(cloud, task, plan)
    except TencentCloudSDKException as error:
        return str(error)
    return None


def refused_by_plan(kind: Kind, request: dict[str, Any]) -> InvalidInput | None:
    try:
        planned(kind, request, ruled=True)
    except InvalidInput as error:
        return error
    return None


def refused_by_manifest(kind: Kind, request: dict[str, Any], folder: Path) -> bool:
    sides = {"source_connection": "source_mysql", "target_connection": "target_mysql"}
    required = {"migrate_object": "instance"} if kind.key == "migration_2018" else {}
    body = {**required, **({} if kind.key == "subscription" else sides), **request}
    path = folder / "asked.yaml"
    path.write_text(yaml.safe_dump({kind.key: json.loads(json.dumps(body))}), "utf-8")
    try:
        read_manifest(path)
    except InvalidManifest:
        return True
    return False


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    """An emulator for as many purchases as a property takes; a plan sends it nothing."""
    with Emulator(speed=0, rate_limit=False, max_unused_jobs=100_000) as emulator:
        yield emulator
        emulator.raise_failures()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_whatever_the_service_refuses_is_refused_before_a_purchase(
    kind: Kind, service: Emulator, tmp_path: Path
) -> None:
    person = Cloud2018(service) if kind.version else Cloud(service)
    said: list[str | None] = []

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(request=kind.asked)
    def holds(request: dict[str, Any]) -> None:
        why = refused_by_service(kind, person, request)
        said.append(why)
        if why:
            refusal = refused_by_plan(kind, request)
            assert refusal, f"plan takes what the service refuses: {why}"
            if not refusal.field.startswith("connection "):  # which a manifest is checked without
                assert refused_by_manifest(kind, request, tmp_path), f"a manifest may hold what is refused: {why}"

    holds()
    assert said.count(None) > EXAMPLES // 20, "hardly anything is right: the rules are not looked at"
    assert sum(1 for why in said if why) > EXAMPLES // 20, "hardly anything is wrong: the rules are not looked at"


FACTS = st.fixed_dictionaries(
    {
        "access_type": st.sampled_from(
            ["cdb", "extranet", "cvm", "dcg", "vpncloud", "ccn", "vpc", "intranet", "ipv6", "ckafka"]
        )
    },
    optional={
        name: st.just(value)
        for name, value in {
            "instance_id": "cdb-powiqx8q",
            "cvm_instance_id": "ins-olgl39y8",
            "uniq_dcg_id": "dcg-0rxtqqxb",
            "uniq_vpn_gw_id": "vpngw-9ghexg7q",
            "ccn_gw_id": "ccn-afp6kltc",
            "vpc_id": "vpc-92jblxto",
            "subnet_id": "subnet-3paxmkdz",
            "database_net_env": "UserIDC",
            "account_mode": "other",
            "account": "100000000001",
            "account_role": "dts-role",
            "connect_type": "proxy",
            "role": "proxy",
            "supplier": "aliyun",
        }.items()
    },
)
TYPE_OF_SOURCE = st.sampled_from(["mysql", "mysql", "tdsqlmysql", "mongodb"])


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.key)
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_connection_that_the_service_refuses_is_refused_before_a_purchase(
    kind: Kind, side: str, service: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Cloud2018(service) if kind.version else Cloud(service)
    said: list[str | None] = []
    plain = {"conn_type": "mysql", "login": "dts", "password": "a-password", "host": "203.0.113.5", "port": 3306}

    @settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(facts=FACTS, address=st.booleans(), database_type=TYPE_OF_SOURCE)
    def holds(facts: dict[str, str], address: bool, database_type: str) -> None:
        value = plain if address else {name: plain[name] for name in ("conn_type", "login", "password")}
        extra = {"region": "ap-guangzhou", **facts}
        monkeypatch.setenv(f"AIRFLOW_CONN_{side.upper()}_MYSQL", json.dumps({**value, "extra": extra}))
        link = {"source_database_type": database_type, "target_database_type": database_type}
        data = {"options": {"InitType": "Data"}} if kind.key == "sync" and database_type == "mongodb" else {}
        why = refused_by_service(kind, person, {**(link if kind.version == "" else {}), **data})
        said.append(why)
        assert not why, f"plan takes a connection that the service refuses: {why}"

    holds()
    assert None in said
    assert "" in said
