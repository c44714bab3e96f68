"""What a job shows beside what it was asked for: never a difference where it was taken, always one where it was not.

Configurations are drawn at random, kept where the plan's rules keep them and the emulator takes them, and compared
with what the job shows then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from tencent_dts.api import endpoint_shapes
from tencent_dts.emulator import Emulator
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.migration import plan as migration
from tencent_dts.kinds.migration_2018 import plan as migration_2018
from tencent_dts.kinds.shown import Shown
from tencent_dts.kinds.subscription_2018 import plan as subscription
from tencent_dts.kinds.sync import plan as sync
from tencent_dts.params import MIGRATE_2018, MIGRATION, SUBSCRIBE, SYNC, Form
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.test_endpoints import connection

Strategy = st.SearchStrategy[Any]
Draw = Callable[[Strategy], Any]
Drawn = Mapping[str, Any]
REGION = "ap-guangzhou"
NAMES = ("app", "App", "shop", "logs_2024", "2024")
drawn = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def some(items: Strategy, key: str, least: int = 0) -> Strategy:
    """A list of objects that differ in their name."""
    return st.lists(items, min_size=least, max_size=3, unique_by=lambda item: item[key])


def fields(required: Drawn, **optional: Strategy) -> Strategy:
    return st.fixed_dictionaries(dict(required), optional=optional)


NAME = st.sampled_from(NAMES)
NEW_NAME = st.sampled_from(["", *NAMES, "renamed"])


def database(mode: str, whole: str, part: str, table: Strategy) -> Strategy:
    """A database as migrations (``DBMode``) or links (``DbMode``) write it."""
    modes = st.sampled_from(["", whole, part])
    view = fields({"ViewName": NAME}, NewViewName=NEW_NAME)
    return fields(
        {"DbName": NAME, mode: st.sampled_from([whole, part])},
        NewDbName=NEW_NAME,
        SchemaName=st.sampled_from(["", "public"]),
        TableMode=modes,
        Tables=some(table, "TableName"),
        ViewMode=modes,
        Views=some(view, "ViewName"),
        FunctionMode=modes,
        Functions=st.lists(NAME, max_size=2, unique=True),
        ProcedureMode=modes,
        Procedures=st.lists(NAME, max_size=2, unique=True),
    )


TABLE = fields(
    {"TableName": NAME},
    NewTableName=NEW_NAME,
    TableEditMode=st.sampled_from(["", "rename", "pt"]),
    TmpTables=st.lists(NAME, max_size=2, unique=True),
)
ADVANCED = st.lists(st.sampled_from(["function", "procedure"]), max_size=2, unique=True)
OBJECTS = fields(
    {
        "ObjectMode": st.sampled_from(["all", "partial"]),
        "Databases": some(database("DBMode", "all", "partial", TABLE), "DbName"),
    },
    AdvancedObjects=ADVANCED,
)
LINK_TABLE = fields({"TableName": NAME}, NewTableName=NEW_NAME, FilterCondition=st.sampled_from(["", "id > 5"]))
LINK_OBJECTS = fields(
    {"Mode": st.just("Partial"), "Databases": some(database("DbMode", "All", "Partial", LINK_TABLE), "DbName", 1)},
    AdvancedObjects=ADVANCED,
)
MIGRATE_OPTION = fields(
    {},
    IsMigrateAccount=st.booleans(),
    IsDstReadOnly=st.booleans(),
    Consistency=st.sampled_from([{"Mode": "full"}, {"Mode": "notConfigured"}]),
    ExtraAttr=st.just([{"Key": "ReplTimeout", "Value": "120"}]),
)
OPERATIONS = st.lists(st.sampled_from(["Insert", "Update", "Delete", "DDL"]), max_size=4, unique=True)
OPTIONS = fields(
    {},
    InitType=st.sampled_from(["", "Data", "data", "Structure", "Full", "None"]),
    DealOfExistSameTable=st.sampled_from(["", "ReportErrorAfterCheck", "InitializeAfterDelete", "ExecuteAfterIgnore"]),
    ConflictHandleType=st.sampled_from(["", "ReportError", "Ignore", "Cover"]),
    AddAdditionalColumn=st.booleans(),
    OpTypes=OPERATIONS,
    DdlOptions=st.just([{"DdlObject": "Table", "DdlValue": ["Create", "Drop"]}]),
    AutoRetryTimeRangeMinutes=st.sampled_from([0, 5, 720]),
)


def conn(shape: endpoint_shapes.Shape[Any]) -> Strategy:
    """An Airflow connection of any access type of a shape, with facts that are not needed as well."""
    extra = fields({}, encrypt_conn=st.sampled_from(["UnEncrypted", "Encrypted"]), engine_version=st.just("5.7"))
    return st.builds(
        lambda access, more: connection(access, shape, **more), st.sampled_from(sorted(shape.required)), extra
    )


def kept(make: Callable[..., Any], *given: Any) -> Any:
    """What a rule makes of an example; one that it refuses is passed over."""
    try:
        return make(*given)
    except InvalidInput:
        assume(False)


def chosen(form: Form, rules: Any, **parts: Any) -> dict[str, Any]:
    """The request of a form with these parts, where the rules of its plan keep it."""
    connections = {"source_connection": "source", "target_connection": "target"}
    link = {"source_database_type": "mysql", "target_database_type": "mysql"}
    given = {**connections, **link, "instance_id": "cdb-9dijwkkw"}
    whole = kept(form.complete, {name: value for name, value in given.items() if name in form.schema} | parts)
    for rule in rules:
        kept(rule, whole)
    return dict(whole)


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    """An emulator for as many calls a second as a property makes."""
    with Emulator(speed=0, rate_limit=False, max_unused_jobs=100_000) as emulator:
        yield emulator
        emulator.raise_failures()


@pytest.fixture
def cloud(service: Emulator) -> Cloud:
    return Cloud(service)


SIDE = {"connection": "of no interest", "database_type": "mysql", "region": REGION}
SIDES = {"source": SIDE, "target": SIDE, "expect_run_time": ""}


def taken(cloud: Cloud, action: str, request: Drawn) -> None:
    """Send it; an example that the service refuses is passed over."""
    try:
        cloud.call(action, **request)
    except TencentCloudSDKException:
        assume(False)


def migrations(draw: Draw) -> dict[str, Any]:
    request = chosen(
        MIGRATION,
        migration.RULES,
        objects=draw(OBJECTS),
        migrate_option=draw(MIGRATE_OPTION),
        migrate_type=draw(st.sampled_from(migration.MIGRATE_TYPES)),
    )
    sides = (draw(conn(endpoint_shapes.MIGRATION)), draw(conn(endpoint_shapes.MIGRATION)))
    return dict(kept(migration.modify_request, "dts-1", {**request, **SIDES}, *sides))


def links(draw: Draw) -> dict[str, Any]:
    request = chosen(SYNC, sync.RULES, objects=draw(LINK_OBJECTS), options=draw(OPTIONS), compare_wanted=False)
    sides = (draw(conn(endpoint_shapes.SYNC_SOURCE)), draw(conn(endpoint_shapes.SYNC_SOURCE)))
    return dict(kept(sync.configure_request, "sync-1", {**request, **SIDES}, *sides))


def old_migrations(draw: Draw) -> dict[str, Any]:
    databases = draw(some(fields({"Database": NAME}, Table=st.lists(NAME, max_size=2, unique=True)), "Database"))
    request = chosen(
        MIGRATE_2018,
        migration_2018.RULES,
        databases=databases,
        migrate_object="tables" if databases else "instance",
        migrate_type=draw(st.sampled_from(list(migration_2018.MIGRATE_TYPES))),
        consistency=draw(st.sampled_from(["notConfigured", "full"])),
        cutover_unproven=draw(st.booleans()),
        is_override_root=draw(st.booleans()),
        read_only=draw(st.booleans()),
    )
    plan = {**request, "consistency_params": {}, **SIDES}
    sides = (draw(conn(endpoint_shapes.SOURCE_2018)), draw(conn(endpoint_shapes.TARGET_2018)))
    return dict(kept(migration_2018.create_request, plan, *sides))


@pytest.fixture
def migration_shows(cloud: Cloud) -> Callable[[Drawn], Drawn]:
    job = cloud.buy()
    cloud.wait(2)

    def shows(request: Drawn) -> Drawn:
        taken(cloud, "ModifyMigrationJob", {**request, "JobId": job})
        return cloud.detail(job)

    return shows


@pytest.fixture
def link_shows(cloud: Cloud) -> Callable[[Drawn], Drawn]:
    person = SyncCloud(cloud.emulator)
    job = person.buy_sync()

    def shows(request: Drawn) -> Drawn:
        taken(person, "ConfigureSyncJob", {**request, "JobId": job})
        return person.info(job)

    return shows


@pytest.fixture
def old_migration_shows(cloud: Cloud) -> Callable[[Drawn], Drawn]:
    person = Cloud2018(cloud.emulator)

    def shows(request: Drawn) -> Drawn:
        taken(person, "CreateMigrateJob", {**request, "JobName": "orders"})
        (job, *_) = person.call("DescribeMigrateJobs", Limit=1)["JobList"]
        person.call("DeleteMigrateJob", JobId=job["JobId"])
        return dict(job)

    return shows


KINDS: dict[str, tuple[Shown, Callable[[Draw], dict[str, Any]]]] = {
    "migration_shows": (migration.SHOWN, migrations),
    "link_shows": (sync.SHOWN, links),
    "old_migration_shows": (migration_2018.SHOWN, old_migrations),
}
every_kind = pytest.mark.parametrize("kind", list(KINDS))


@every_kind
@drawn
@given(data=st.data())
def test_what_was_taken_is_shown_without_a_difference(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    shown, draws = KINDS[kind]
    asked = draws(data.draw)
    item = request.getfixturevalue(kind)(asked)
    assert shown.is_configured(item)
    assert shown.differences(asked, item) == []
    assert shown.differences(otherwise_spelt(asked, data.draw), item) == []


@every_kind
@drawn
@given(data=st.data())
def test_one_value_that_was_not_asked_for_is_a_difference(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    shown, draws = KINDS[kind]
    asked = draws(data.draw)
    item = request.getfixturevalue(kind)(asked)
    other = deepcopy(asked)
    place, name, value = data.draw(st.sampled_from(list(values(other))))
    place[name] = another(value)
    assert shown.differences(other, item), f"{name} is {value!r} in the job, {place[name]!r} in the plan"
    assert "a-password" not in str(shown.differences(other, item))


# What may be given without being shown, or without being judged where it is not reported.
_NOT_JUDGED = frozenset({"Password", "JobId", "JobMode", "Mode", "Key", "Value", "DatabaseInfo", "ExternParams"})
_OF_A_DEFAULT = frozenset({"SrcNodeType", "NodeType", "Supplier", "Consistency"})


def values(part: Any) -> Any:
    """Every single value of a request that is judged: what holds it, its name, itself."""
    if isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, dict | list):
                yield from values(value)
            elif value not in (None, "") and name not in _NOT_JUDGED | _OF_A_DEFAULT:
                yield part, name, value
    elif isinstance(part, list):
        for item in part:
            yield from values(item)


def another(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"


def otherwise_spelt(part: Any, draw: Draw, name: str = "") -> Any:
    """The same request: lists in another order, hosts in capitals, the API's words in another case."""
    if isinstance(part, dict):
        return {key: otherwise_spelt(value, draw, key) for key, value in part.items()}
    if isinstance(part, list):
        return [otherwise_spelt(item, draw) for item in draw(st.permutations(part))]
    if name in ("Host", "Ip"):
        return f"{part.upper()}." if draw(st.booleans()) else part
    if name in ("InitType", "TableMode", "DBMode", "DbMode", "ObjectMode", "MigrateType") and isinstance(part, str):
        return draw(st.sampled_from([part, part.lower(), part.upper()]))
    if name == "NewDbName" and part == "":
        return None
    return part


class TestSpelling:
    """Single cases of the same, and of what is not the same."""

    @staticmethod
    def database(**more: Any) -> dict[str, Any]:
        whole = {"ObjectMode": "partial", "Databases": [{"DbName": "app", "DBMode": "all", **more}]}
        return {"MigrateOption": {"DatabaseTable": whole}}

    @for_every(
        "more",
        [
            {"NewDbName": "app"},
            {"NewDbName": ""},
            {"NewDbName": None},
            {"TableMode": "all"},
            {"TableMode": "ALL", "Tables": []},
            {"Tables": None, "ViewMode": "", "Views": None},
        ],
        ids=str,
    )
    def test_a_default_that_is_written_out_is_none(self, more: dict[str, Any]) -> None:
        assert migration.SHOWN.differences(self.database(), self.database(**more)) == []
        assert migration.SHOWN.differences(self.database(**more), self.database()) == []

    @for_every(
        "more",
        [
            {"NewDbName": "App"},
            {"TableMode": "partial", "Tables": [{"TableName": "a"}]},
            {"ViewMode": "none"},
            {"SchemaName": "public"},
        ],
        ids=str,
    )
    def test_what_was_not_asked_for_is_one(self, more: dict[str, Any]) -> None:
        assert migration.SHOWN.differences(self.database(), self.database(**more))
        assert migration.SHOWN.differences(self.database(**more), self.database())

    def test_two_schemas_of_a_database_are_told_apart(self) -> None:
        def schemas(*names: str) -> dict[str, Any]:
            chosen = [{"DbName": "app", "DBMode": "partial", "SchemaName": name, "SchemaMode": "all"} for name in names]
            return {"MigrateOption": {"DatabaseTable": {"ObjectMode": "partial", "Databases": chosen}}}

        assert migration.SHOWN.differences(schemas("a", "b"), schemas("b", "a")) == []
        (lack, extra) = migration.SHOWN.differences(schemas("a", "b"), schemas("a", "c"))
        assert lack.endswith("lacks app.b")
        assert "has app.c" in extra

    def test_all_objects_are_all_objects_whatever_the_service_lists(self) -> None:
        asked = {"MigrateOption": {"DatabaseTable": {"ObjectMode": "all"}}}
        listed = {"ObjectMode": "all", "Databases": [{"DbName": "app", "DBMode": "all"}]}
        assert migration.SHOWN.differences(asked, {"MigrateOption": {"DatabaseTable": listed}}) == []

    def test_an_access_type_that_no_document_knows_is_not_judged_but_the_address_is(self) -> None:
        asked = {"SrcAccessType": "intranet", "SrcInfo": {"Ip": "10.0.0.5", "Port": 3306, "EncryptConn": "Encrypted"}}
        shown = {"SrcAccessType": "noProxy", "SrcInfo": {"Ip": "10.0.0.5", "Port": 3306, "EncryptConn": ""}}
        assert sync.SHOWN.differences(asked, shown) == []
        moved = {**shown, "SrcInfo": {"Ip": "10.0.0.6", "Port": 3306}}
        assert sync.SHOWN.differences(asked, moved) == ["SrcInfo.Ip is 10.0.0.6, not 10.0.0.5"]
        unknown = {**shown, "SrcInfo": {"Ip": "", "Port": 3306}}
        assert sync.SHOWN.differences(asked, unknown) == ["SrcInfo.Ip is not reported, not 10.0.0.5"]

    def test_the_account_of_somebody_else_is_told(self) -> None:
        asked = {"SrcInfo": {"Ip": "10.0.0.5"}}
        shown = {"SrcInfo": {"Ip": "10.0.0.5", "AccountMode": "other", "Account": "100000000001"}}
        assert sync.SHOWN.differences(asked, shown) == ["SrcInfo.AccountMode is other, not self"]

    def test_the_nodes_of_a_cluster_stand_in_any_order(self) -> None:
        def cluster(*hosts: str) -> dict[str, Any]:
            return {"SrcInfos": {"DatabaseType": "mongodb", "Info": [{"Ip": host, "Port": 27017} for host in hosts]}}

        assert sync.SHOWN.differences(cluster("a", "b"), cluster("B", "a")) == []
        assert sync.SHOWN.differences(cluster("a", "b"), cluster("a", "c")) == [
            "SrcInfos.Info lacks b.27017",
            "SrcInfos.Info has c.27017, which was not asked for",
        ]

    @for_every("told", ["xxx", "******", "", None])  # as the official examples show passwords
    def test_a_password_is_never_compared(self, told: str | None) -> None:
        node = {"Host": "10.0.0.5", "Password": "a-password", "TmpSecretKey": "b"}
        asked = {"SrcInfo": {"Info": [node]}}
        assert migration.SHOWN.differences(asked, {"SrcInfo": {"Info": [node | {"Password": told}]}}) == []
        assert migration.SHOWN.differences(asked, {"SrcInfo": {"Info": [node | {"TmpSecretKey": told}]}}) == []

    def test_no_value_of_an_attribute_is_told(self) -> None:
        asked = {
            "SrcInfo": {"ExtraAttr": [{"Key": "AuthDatabase", "Value": "admin"}, {"Key": "password", "Value": "x"}]}
        }
        shown = {"SrcInfo": {"Region": "r", "ExtraAttr": [{"Key": "AuthDatabase", "Value": "local"}]}}
        (line,) = migration.SHOWN.differences(asked, shown)
        assert line == "SrcInfo.ExtraAttr, AuthDatabase has another value than the one asked for"

    def test_the_time_of_a_start_is_a_moment(self) -> None:
        asked = {"RunMode": "timed", "ExpectRunTime": "2026-12-31 02:00:00"}
        for told in ("2026-12-31 02:00:00", "2026-12-30T18:00:00+00:00"):
            assert migration.SHOWN.differences(asked, {"RunMode": "timed", "ExpectRunTime": told}) == []
        assert migration.SHOWN.differences(asked, {"RunMode": "timed", "ExpectRunTime": "2026-12-31 03:00:00"})

    @for_every("told", ["[]", "", None, "not JSON"])
    def test_databases_of_2018_are_read_from_their_text(self, told: str | None) -> None:
        asked = {"DatabaseInfo": json.dumps([{"Database": "app", "Table": ["b", "a"]}])}
        same = {"DatabaseInfo": json.dumps([{"Table": ["a", "b"], "Database": "app", "Schema": ""}])}
        assert migration_2018.SHOWN.differences(asked, same) == []
        assert migration_2018.SHOWN.differences(asked, {"DatabaseInfo": told}) == ["DatabaseInfo lacks app"]


def test_a_subscription_shows_its_instance_whatever_its_objects(cloud: Cloud) -> None:
    person = Cloud2018(cloud.emulator)
    job = person.active()
    whole: Any = chosen(SUBSCRIBE, subscription.RULES, objects=[{"DatabaseName": "app"}], subscribe_object_type="data")
    bound: Any = {**whole, "uniq_subnet_id": "", "vport": 0}
    asked = subscription.activate_request(job, bound)
    assert subscription.SHOWN.differences(asked, person.conf(job)) == []


ROWS = [row for module in (migration, migration_2018, subscription, sync) for row in vars(module).values()]


@for_every("row", [row for row in ROWS if isinstance(row, Shown)], ids=lambda row: row.action)
def test_every_path_that_is_compared_is_a_field_of_the_request(row: Shown) -> None:
    assert [path for path in row.places if row._rule(path).field is None] == []
