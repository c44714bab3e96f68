"""Jobs between mapped PostgreSQL servers, through the raw SDK: what each call does to them, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import postgresql
from tencent_dts.emulator import Emulator
from tencent_dts.emulator.data.model import Account, Server
from tests.unit.emulator.cloud import PURCHASE, configuration, databases, endpoint
from tests.unit.emulator.data.grounds import POSTGRESQL
from tests.unit.emulator.raw import call
from tests.unit.emulator.test_rows import Mapped
from tests.unit.emulator.test_rows_killed import Process

NAMES = ("203.0.113.1:3306", "203.0.113.2:3306")
OF_POSTGRESQL = {**PURCHASE, "SrcDatabaseType": "postgresql", "DstDatabaseType": "postgresql"}
ROWS = 40_000
Servers = list[postgresql.PostgreSqlServer]


def connected(*servers: Server, **changes: Any) -> dict[str, Any]:
    """Parameters of ModifyMigrationJob that name the two servers as the mapping does, with their accounts."""
    logins = [{"User": server.account.user, "Password": server.account.password} for server in servers]
    sides = [
        endpoint("postgresql", Host=name.partition(":")[0], **login) for name, login in zip(NAMES, logins, strict=True)
    ]
    whole = configuration("postgresql", SrcInfo=sides[0], DstInfo=sides[1], MigrateOption=databases("shop"))
    return whole | changes


def part(**item: Any) -> dict[str, Any]:
    """A MigrateOption that takes a part of the shop."""
    chosen = {"DbName": "shop", "DBMode": "partial", "TableMode": "all", **item}
    return {"DatabaseTable": {"ObjectMode": "partial", "Databases": [chosen]}}


class MappedPostgreSql(Mapped):
    """An account whose jobs are of PostgreSQL."""

    def job(self, **parameters: Any) -> str:
        """Buy a job and configure it."""
        (job,) = self.call("CreateMigrationService", **OF_POSTGRESQL)["JobIds"]
        self.wait(5)
        self.call("ModifyMigrationJob", JobId=job, **parameters)
        return str(job)


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    if not postgresql.installed():
        pytest.skip(postgresql.lacking())
    with postgresql.servers() as started:
        yield started


@pytest.fixture
def servers(running: Servers) -> Iterator[Servers]:
    POSTGRESQL.fresh(running[0])
    running[0].execute(
        "CREATE TABLE shop.orders (id int PRIMARY KEY, note text)",
        "CREATE TABLE other.orders (id int PRIMARY KEY)",
        "INSERT INTO shop.orders VALUES (1, 'first')",
        database="shop",
    )
    yield running
    left = POSTGRESQL.left(*running)
    for server in running:
        POSTGRESQL.drop(server)
    assert left == []


@pytest.fixture
def cloud(servers: Servers) -> Iterator[MappedPostgreSql]:
    mapped = {name: server.server for name, server in zip(NAMES, servers, strict=True)}
    with Emulator(speed=0, rate_limit=False, servers=mapped) as emulator:
        yield MappedPostgreSql(emulator)


@pytest.fixture
def job(cloud: MappedPostgreSql, servers: Servers) -> str:
    return cloud.job(**connected(*(server.server for server in servers)))


@pytest.mark.long
@pytest.mark.parametrize("action", ["StopMigrateJob", "IsolateMigrateJob"])
def test_a_job_that_ends_leaves_nothing_on_its_servers(
    action: str, cloud: MappedPostgreSql, job: str, servers: Servers
) -> None:
    cloud.bring_up(job)
    assert len(POSTGRESQL.left(*servers)) == 4  # a slot, a subscription, a publication and the target's mark
    cloud.call(action, JobId=job)
    cloud.until(job, lambda found: "canceled" in found["Status"] or found["TradeInfo"]["TradeStatus"] == "isolated")
    assert POSTGRESQL.left(*servers) == []


@pytest.mark.long
def test_a_recovered_job_says_that_it_cannot_follow_on(cloud: MappedPostgreSql, job: str, servers: Servers) -> None:
    cloud.bring_up(job)
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.until(job, lambda found: found["TradeInfo"]["TradeStatus"] == "isolated")
    cloud.call("RecoverMigrateJob", JobId=job)
    found = cloud.reach(job, "error")
    assert "can only be copied again, by another job" in found["ErrorInfo"][0]["ErrorLog"]


@pytest.mark.long
def test_a_paused_job_stands_still_until_it_is_continued(cloud: MappedPostgreSql, job: str, servers: Servers) -> None:
    source, target = servers
    cloud.bring_up(job)
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.reach(job, "manualPaused")
    source.execute("INSERT INTO shop.orders VALUES (2)", database="shop")
    time.sleep(0.5)
    assert target.execute("SELECT id FROM shop.orders", database="shop") == [(1,)]
    cloud.call("ContinueMigrateJob", JobId=job)
    cloud.reach(job, "readyComplete")
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.reach(job, "success")
    assert target.execute("SELECT id FROM shop.orders", database="shop") == [(1,), (2,)]


@pytest.mark.long
def test_a_fault_shows_the_servers_words_and_is_resumed(cloud: MappedPostgreSql, job: str, servers: Servers) -> None:
    source, target = servers
    cloud.bring_up(job)
    target.execute("INSERT INTO shop.orders VALUES (2)", database="shop")
    source.execute("INSERT INTO shop.orders VALUES (2)", database="shop")
    found = cloud.reach(job, "error")
    assert found["ErrorInfo"][0]["ErrorLog"].startswith("Error 23505: ")
    assert '"orders_pkey"' in found["ErrorInfo"][0]["ErrorLog"]
    target.execute("DELETE FROM shop.orders WHERE id = 2", database="shop")
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    assert cloud.reach(job, "readyComplete")["ErrorInfo"] == []


@pytest.mark.long
def test_a_failed_check_says_what_to_do_in_this_family(cloud: MappedPostgreSql, servers: Servers) -> None:
    source, target = (server.server for server in servers)
    servers[0].execute("CREATE TABLE shop.bare (v int)", database="shop")
    job = cloud.job(**connected(source, target))
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkNotPass")
    steps = cloud.call("DescribeMigrationCheckJob", JobId=job)["StepInfo"]
    (failed,) = [step for step in steps if step["StepStatus"] == "failed"]
    assert failed["StepId"] == "IncrementalCheck"
    assert "REPLICA IDENTITY FULL" in failed["DetailCheckItems"][0]["Solution"]
    servers[0].execute("ALTER TABLE shop.bare REPLICA IDENTITY FULL", database="shop")
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkPass")


@pytest.mark.long
def test_a_schema_is_migrated_compared_and_named(cloud: MappedPostgreSql, servers: Servers) -> None:
    whole = connected(*(server.server for server in servers), MigrateOption=part(SchemaName="shop"))
    job = cloud.job(**whole)
    cloud.bring_up(job)
    assert servers[1].execute("SELECT to_regclass('other.orders')", database="shop") == [(None,)]
    servers[1].execute("UPDATE shop.orders SET note = 'other'", database="shop")
    item = {"DbName": "shop", "SchemaName": "shop", "DbMode": "partial", "TableMode": "partial"}
    chosen = {"ObjectMode": "partial", "ObjectItems": [{**item, "Tables": [{"TableName": "orders"}]}]}
    task = cloud.call("CreateCompareTask", JobId=job, ObjectMode="custom", Objects=chosen)["CompareTaskId"]
    cloud.call("StartCompare", JobId=job, CompareTaskId=task)
    cloud.until(job, lambda found: found["CompareTask"]["Status"] == "inconsistent")
    report = cloud.call("DescribeCompareReport", JobId=job, CompareTaskId=task, DifferenceLimit=10)
    (row,) = report["Detail"]["Difference"]["Items"]
    assert (row["Db"], row["Schema"], row["Table"], row["LowerBoundary"]) == ("shop", "shop", "orders", "1")
    assert (row["SrcItem"], row["DstItem"]) == ('{"id": "1", "note": "first"}', '{"id": "1", "note": "other"}')


@pytest.mark.long
def test_a_job_goes_on_wherever_its_emulator_was_killed(servers: Servers, tmp_path: Path) -> None:
    source, target = servers
    source.execute(
        f"INSERT INTO shop.orders SELECT n, repeat('n', 200) FROM generate_series(2, {ROWS}) AS n", database="shop"
    )
    process = Process(tmp_path, servers)
    try:
        (job,) = call(process.sdk, "CreateMigrationService", OF_POSTGRESQL)["JobIds"]
        process.reach(job, "created")
        call(process.sdk, "ModifyMigrationJob", {"JobId": job, **connected(source.server, target.server)})
        call(process.sdk, "CreateMigrateCheckJob", {"JobId": job})
        process.replace()
        process.reach(job, "checkPass")
        call(process.sdk, "StartMigrateJob", {"JobId": job})
        process.reach(job, "running")
        time.sleep(0.3)  # somewhere within the copy: wherever it is, the job must go on
        process.replace()
        process.reach(job, "readyComplete")
        source.execute("INSERT INTO shop.orders VALUES (0, 'new')", database="shop")
        process.replace()
        process.reach(job, "readyComplete")
        call(process.sdk, "CompleteMigrateJob", {"JobId": job})
        process.replace()
        process.reach(job, "success")
    finally:
        process.kill()
    statement = "SELECT count(*), sum(hashtext(o::text)::bigint) FROM shop.orders AS o"
    here, there = (server.execute(statement, database="shop") for server in servers)
    assert here == there
    assert there[0][0] == ROWS + 1


SERVERS = {name: Server("127.0.0.1", port, Account("dts", "none")) for port, name in enumerate(NAMES, 1)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MigrateOption": part(TableMode="partial", Tables=[{"TableName": "t"}])}, "without their SchemaName"),
        ({"MigrateOption": part(SchemaName="shop", DBMode="all")}, "SchemaName is shop while DBMode is all"),
        ({"MigrateOption": part(SchemaName="shop", NewSchemaName="new")}, "Databases.0.NewSchemaName is new"),
        ({"MigrateOption": part(RoleMode="all")}, "Databases.0.RoleMode: real servers replicate no roles"),
        (
            {"MigrateOption": part(ViewMode="partial", Views=[{"ViewName": "v", "NewViewName": "w"}])},
            "Databases.0.Views.0: real servers",
        ),
    ],
    ids=["no schema", "all of it", "renamed schema", "roles", "renamed view"],
)
def test_what_servers_cannot_do_is_refused_when_it_is_configured(changes: dict[str, Any], said: str) -> None:
    with Emulator(speed=0, rate_limit=False, servers=SERVERS) as emulator:
        cloud = MappedPostgreSql(emulator)
        (job,) = cloud.call("CreateMigrationService", **OF_POSTGRESQL)["JobIds"]
        cloud.wait(5)
        cloud.refused("ModifyMigrationJob", JobId=job, **connected(*SERVERS.values(), **changes))
        assert said in emulator.journal("ModifyMigrationJob")[-1]["message"]


def test_a_server_of_another_family_is_refused() -> None:
    other = {name: Server("127.0.0.1", server.port, server.account, "mysql") for name, server in SERVERS.items()}
    with Emulator(speed=0, rate_limit=False, servers=other) as emulator:
        cloud = MappedPostgreSql(emulator)
        (job,) = cloud.call("CreateMigrationService", **OF_POSTGRESQL)["JobIds"]
        cloud.wait(5)
        cloud.refused("ModifyMigrationJob", JobId=job, **connected(*other.values()))
        said = emulator.journal("ModifyMigrationJob")[-1]["message"]
    assert "SrcInfo.Info.0 is 203.0.113.1:3306, a server of the mysql family, which the job is not of" in said
