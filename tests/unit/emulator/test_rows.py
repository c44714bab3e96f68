"""Jobs between mapped servers, through the raw SDK: what each call does to the servers, and what is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import mariadb
from tencent_dts.emulator import Emulator
from tencent_dts.emulator.data.desk import Desk
from tencent_dts.emulator.data.model import Account, DataError, Server
from tencent_dts.emulator.data.mysql import MariaDb
from tencent_dts.emulator.world import headway, rows
from tests.unit.emulator import sync_cloud
from tests.unit.emulator.cloud import PURCHASE, Cloud, configuration, databases, endpoint

NAMES = ("203.0.113.1:3306", "203.0.113.2:3306")


def connected(*servers: Server, **changes: Any) -> dict[str, Any]:
    """Parameters of ModifyMigrationJob that name the two servers as the mapping does, with their accounts."""
    logins = [{"User": server.account.user, "Password": server.account.password} for server in servers]
    sides = [endpoint(Host=name.partition(":")[0], **login) for name, login in zip(NAMES, logins, strict=True)]
    return configuration(SrcInfo=sides[0], DstInfo=sides[1], MigrateOption=databases("shop")) | changes


class Mapped(Cloud):
    """An account whose jobs are mapped; the clock stands still but in :meth:`until`."""

    def job(self, **parameters: Any) -> str:
        """Buy a job and configure it."""
        (job,) = self.call("CreateMigrationService", **PURCHASE)["JobIds"]
        self.wait(5)
        self.call("ModifyMigrationJob", JobId=job, **parameters)
        return str(job)

    def until(self, job: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Let virtual time pass until something holds of a job's detail, which is returned."""
        deadline = time.monotonic() + 60
        while not holds(found := self.detail(job)):
            assert time.monotonic() < deadline, (found["Status"], found["TradeInfo"], found["ErrorInfo"])
            self.wait(2)
            time.sleep(0.02)
        return found

    def reach(self, job: str, status: str) -> dict[str, Any]:
        """Let virtual time pass until a job has a status."""
        return self.until(job, lambda found: found["Status"] == status)

    def bring_up(self, job: str) -> None:
        """Check and start a job, and wait until it is ready."""
        self.call("CreateMigrateCheckJob", JobId=job)
        self.reach(job, "checkPass")
        self.call("StartMigrateJob", JobId=job)
        self.reach(job, "readyComplete")


@pytest.fixture(scope="module")
def running() -> Iterator[list[mariadb.MariaDbServer]]:
    if not mariadb.installed():
        pytest.skip("scripts/install_system_packages.sh installs MariaDB")
    with mariadb.servers() as started:
        yield started


@pytest.fixture
def servers(running: list[mariadb.MariaDbServer]) -> Iterator[list[mariadb.MariaDbServer]]:
    source, target = running
    source.execute(
        "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY)", "INSERT INTO shop.orders VALUES (1)"
    )
    yield running
    for server in running:
        server.execute("DROP DATABASE IF EXISTS shop")
    assert replications(target) == []


def replications(target: mariadb.MariaDbServer) -> list[Any]:
    marks = target.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name = '__tencentdb__'")
    return [*target.execute("SHOW ALL SLAVES STATUS"), *marks]


@pytest.fixture
def cloud(servers: list[mariadb.MariaDbServer]) -> Iterator[Mapped]:
    mapped = {name: server.server for name, server in zip(NAMES, servers, strict=True)}
    with Emulator(speed=0, rate_limit=False, servers=mapped) as emulator:
        yield Mapped(emulator)


@pytest.fixture
def job(cloud: Mapped, servers: list[mariadb.MariaDbServer]) -> str:
    return cloud.job(**connected(*(server.server for server in servers)))


def test_a_job_goes_on_while_nobody_asks_for_it(cloud: Mapped, job: str, servers: Any) -> None:
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkPass")
    cloud.call("StartMigrateJob", JobId=job)
    cloud.emulator.set_speed(60)
    deadline = time.monotonic() + 60
    while not (running := servers[1].execute("SHOW ALL SLAVES STATUS")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert job in running[0]
    cloud.reach(job, "readyComplete")


@pytest.mark.parametrize("action", ["StopMigrateJob", "IsolateMigrateJob"])
def test_a_job_that_ends_leaves_nothing_on_its_target(action: str, cloud: Mapped, job: str, servers: Any) -> None:
    cloud.bring_up(job)
    assert len(replications(servers[1])) == 2
    cloud.call(action, JobId=job)
    cloud.until(job, lambda found: "canceled" in (found["Status"]) or found["TradeInfo"]["TradeStatus"] == "isolated")
    assert replications(servers[1]) == []


@pytest.mark.long
def test_a_recovered_job_follows_on_from_where_it_was_isolated(cloud: Mapped, job: str, servers: Any) -> None:
    source, target = servers
    cloud.bring_up(job)
    source.execute("INSERT INTO shop.orders VALUES (2)")
    cloud.call("IsolateMigrateJob", JobId=job)
    cloud.until(job, lambda found: found["TradeInfo"]["TradeStatus"] == "isolated")
    source.execute("INSERT INTO shop.orders VALUES (3)")
    cloud.call("RecoverMigrateJob", JobId=job)
    cloud.until(job, lambda found: found["TradeInfo"]["TradeStatus"] == "normal")
    cloud.until(job, lambda found: found["StepInfo"]["SecondsBehindMaster"] == 0)
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.reach(job, "success")
    assert target.execute("SELECT id FROM shop.orders") == [(1,), (2,), (3,)]


@pytest.mark.long
def test_a_paused_job_stands_still_until_it_is_continued(cloud: Mapped, job: str, servers: Any) -> None:
    source, target = servers
    cloud.bring_up(job)
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.reach(job, "manualPaused")
    source.execute("INSERT INTO shop.orders VALUES (2)")
    assert target.execute("SELECT id FROM shop.orders") == [(1,)]
    cloud.call("ContinueMigrateJob", JobId=job)
    cloud.reach(job, "readyComplete")
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.reach(job, "success")
    assert target.execute("SELECT id FROM shop.orders") == [(1,), (2,)]


@pytest.mark.long
def test_a_server_that_is_lost_for_long_is_the_jobs_error_until_it_is_back(
    cloud: Mapped, job: str, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = servers
    cloud.bring_up(job)
    monkeypatch.setattr(rows, "LOST_SECONDS", 0)
    target.stop()
    try:
        found = cloud.reach(job, "error")
    finally:
        target.restart()
    assert "Error 2003: Can't connect to MySQL server on '127.0.0.1'" in found["ErrorInfo"][0]["ErrorLog"]
    source.execute("INSERT INTO shop.orders VALUES (2)")
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    cloud.reach(job, "readyComplete")
    cloud.call("CompleteMigrateJob", JobId=job)
    cloud.reach(job, "success")
    assert target.execute("SELECT id FROM shop.orders") == [(1,), (2,)]


@pytest.mark.long
def test_a_comparison_that_is_stopped_ends(cloud: Mapped, job: str, servers: Any) -> None:
    source, target = servers
    source.execute("CREATE TABLE shop.blocked (id INT PRIMARY KEY)")
    cloud.bring_up(job)
    with target.connect("shop") as blocking, blocking.cursor() as cursor:
        cursor.execute("LOCK TABLES orders WRITE, blocked WRITE")
        compared = cloud.call("CreateCompareTask", JobId=job, TaskName="c", ObjectMode="sameAsMigrate")["CompareTaskId"]
        cloud.call("StartCompare", JobId=job, CompareTaskId=compared)
        working = f"{job} compare:{compared}"
        cloud.until(job, lambda _: working in {thread.name for thread in threading.enumerate()})
        cloud.call("StopCompare", JobId=job, CompareTaskId=compared)
    deadline = time.monotonic() + 60
    while working in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    desk: Any = cloud.emulator._desk  # what became of the work shows nowhere: nobody asks for it any more
    assert desk.ask(job, f"compare:{compared}", None).words == "the comparison was canceled"
    cloud.until(job, lambda _: cloud.emulator.jobs()[0]["compare_tasks"][0]["Status"] == "canceled")


def test_a_fault_shows_the_servers_words_and_is_resumed(cloud: Mapped, job: str, servers: Any) -> None:
    source, target = servers
    cloud.bring_up(job)
    target.execute("INSERT INTO shop.orders VALUES (2)")
    source.execute("INSERT INTO shop.orders VALUES (2)")
    found = cloud.reach(job, "error")
    assert "Duplicate entry '2' for key 'PRIMARY'" in found["ErrorInfo"][0]["ErrorLog"]
    assert (found["StepInfo"]["SecondsBehindMaster"], found["StepInfo"]["MasterSlaveDistance"]) == (-1, -1)
    target.execute("DELETE FROM shop.orders WHERE id = 2")
    cloud.call("ResumeMigrateJob", JobId=job, ResumeOption="normal")
    assert cloud.reach(job, "readyComplete")["ErrorInfo"] == []


def test_a_wrong_password_fails_the_check_and_is_not_kept(cloud: Mapped, servers: Any) -> None:
    source, target = (server.server for server in servers)
    wrong = Server(source.host, source.port, Account("dts", "not the password"))
    job = cloud.job(**connected(wrong, target))
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkNotPass")
    first = cloud.call("DescribeMigrationCheckJob", JobId=job)["StepInfo"][0]
    assert (first["StepId"], first["StepStatus"]) == ("ConnectDBCheck", "failed")
    assert "Error 1045: Access denied" in first["DetailCheckItems"][0]["ErrorLog"][0]
    assert "not the password" not in str([cloud.emulator.journal(), cloud.emulator.jobs(), first])
    cloud.call("ModifyMigrationJob", JobId=job, **connected(source, target))
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkPass")


def test_the_progress_of_a_copy_is_the_servers_own() -> None:
    job: Any = {"steps": [{"id": "dumper", "ended": None}], "rows": {"percent": 42}}
    assert headway.progress(job, 0.0) == 42


SERVERS = {name: Server("127.0.0.1", port, Account("dts", "none")) for port, name in enumerate(NAMES, 1)}


@pytest.fixture
def unreached() -> Iterator[Mapped]:
    """A mapping to servers that do not run: what is refused is refused before they are asked."""
    with Emulator(speed=0, rate_limit=False, servers=SERVERS) as emulator:
        yield Mapped(emulator)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DstInfo": endpoint()}, "DstInfo.Info.0 is 203.0.113.10:3306, which is mapped to no server"),
        ({"DstInfo": endpoint(Host="203.0.113.1")}, "mapped to one server"),
        (
            {
                "MigrateOption": {
                    "DatabaseTable": {
                        "ObjectMode": "partial",
                        "Databases": [{"DbName": "a", "NewDbName": "b", "DBMode": "all"}],
                    }
                }
            },
            "Databases.0.NewDbName is b",
        ),
        ({"MigrateOption": databases("a,b")}, "has a comma in its name"),
    ],
    ids=["one side", "same server", "renamed", "comma"],
)
def test_what_servers_cannot_do_is_refused_when_it_is_configured(
    changes: dict[str, Any], said: str, unreached: Mapped
) -> None:
    (job,) = unreached.call("CreateMigrationService", **PURCHASE)["JobIds"]
    unreached.wait(5)
    parameters = connected(*SERVERS.values(), **changes)
    assert unreached.refused("ModifyMigrationJob", JobId=job, **parameters).startswith("InvalidParameterValue")
    assert said in unreached.emulator.journal("ModifyMigrationJob")[-1]["message"]


def test_a_job_that_is_not_mapped_is_rehearsed_as_ever(unreached: Mapped) -> None:
    job = unreached.job(**configuration())
    unreached.bring_up(job)
    unreached.call("CompleteMigrateJob", JobId=job)
    unreached.reach(job, "success")


def test_a_sync_job_that_names_a_mapped_server_is_refused(unreached: Mapped) -> None:
    sync = sync_cloud.SyncCloud(unreached.emulator)
    job = sync.buy_sync()
    sync.wait(5)
    wanted = sync_cloud.configuration(SrcInfo=sync_cloud.ENDPOINT | {"Ip": "203.0.113.1"})
    sync.refused("ConfigureSyncJob", JobId=job, **wanted)
    assert "is mapped to a real server" in unreached.emulator.journal("ConfigureSyncJob")[-1]["message"]


def test_a_start_without_the_servers_of_a_job_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Emulator(speed=0, rate_limit=False, servers=SERVERS, state=state) as emulator:
        cloud = Mapped(emulator)
        job = cloud.job(**connected(*SERVERS.values()))
        cloud.call("CreateMigrateCheckJob", JobId=job)
        cloud.reach(job, "checkNotPass")  # the servers have been asked, and do not answer
    for mapped in ({}, {NAMES[1]: SERVERS[NAMES[1]]}):
        with pytest.raises(
            ValueError, match=rf"{job} \(checkNotPass\) moves rows of {NAMES[0]}, .*mapped to no server"
        ):
            Emulator(speed=0, servers=mapped, state=state)
    with Emulator(speed=0, rate_limit=False, servers=SERVERS, state=state) as emulator:
        Mapped(emulator).call("ModifyMigrationJob", JobId=job, **configuration())
    with Emulator(speed=0, rate_limit=False, state=state) as emulator:  # it is a rehearsed one now
        Mapped(emulator).bring_up(job)


def test_nothing_of_a_job_whose_servers_are_mapped_no_more_is_rehearsed(
    unreached: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = unreached.job(**connected(*SERVERS.values()))
    unreached.call("CreateMigrateCheckJob", JobId=job)
    unreached.reach(job, "checkNotPass")
    monkeypatch.setattr(Desk, "server", lambda *_: None)
    unreached.call("CreateMigrateCheckJob", JobId=job)
    unreached.wait(600)
    assert unreached.reach(job, "checkNotPass")["JobId"] == job
    found = unreached.call("DescribeMigrationCheckJob", JobId=job)
    assert f"the servers of {job} are mapped no more" in str(found)


@pytest.mark.long
def test_a_finished_job_needs_its_servers_no_more(servers: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    mapped = {name: server.server for name, server in zip(NAMES, servers, strict=True)}
    with Emulator(speed=0, rate_limit=False, servers=mapped, state=state) as emulator:
        cloud = Mapped(emulator)
        job = cloud.job(**connected(*mapped.values()))
        cloud.bring_up(job)
        cloud.call("CompleteMigrateJob", JobId=job)
        cloud.reach(job, "success")
    with Emulator(speed=0, rate_limit=False, state=state) as emulator:
        cloud = Mapped(emulator)
        cloud.call("IsolateMigrateJob", JobId=job)
        cloud.until(job, lambda found: found["TradeInfo"]["TradeStatus"] == "isolated")


@pytest.mark.long
def test_a_pause_that_fails_is_not_shown_as_paused(
    cloud: Mapped, job: str, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.bring_up(job)
    refusals = ["the server is busy", "the server is busy"]
    pause = MariaDb.pause

    def refused(engine: MariaDb) -> None:
        if refusals:
            assert following(servers[1])
            raise DataError(refusals.pop())
        pause(engine)

    monkeypatch.setattr(MariaDb, "pause", refused)
    cloud.call("PauseMigrateJob", JobId=job)
    cloud.reach(job, "manualPaused")
    assert not refusals
    assert not following(servers[1])


def following(target: mariadb.MariaDbServer) -> bool:
    """Whether a replication applies what it gets."""
    return bool(target.execute("SELECT 1 FROM information_schema.processlist WHERE command = 'Slave_SQL'"))


@pytest.mark.long
@pytest.mark.parametrize("ending", ["abandoned", "structure alone"])
def test_the_end_of_a_job_is_shown_when_nothing_of_it_is_left(
    ending: str, cloud: Mapped, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = ["the server is busy", "the server is busy"]
    stop = MariaDb.stop

    def refused(engine: MariaDb, *, finish: bool) -> str:
        if refusals and not finish:
            raise DataError(refusals.pop())
        return stop(engine, finish=finish)

    monkeypatch.setattr(MariaDb, "stop", refused)
    wanted = connected(*(server.server for server in servers))
    if ending == "structure alone":
        wanted["MigrateOption"] |= {"MigrateType": "structure"}
    job = cloud.job(**wanted)
    cloud.call("CreateMigrateCheckJob", JobId=job)
    cloud.reach(job, "checkPass")
    cloud.call("StartMigrateJob", JobId=job)
    if ending == "structure alone":
        cloud.reach(job, "success")
    else:
        cloud.reach(job, "readyComplete")
        servers[1].execute("INSERT INTO shop.orders VALUES (2)")
        servers[0].execute("INSERT INTO shop.orders VALUES (2)")
        cloud.reach(job, "error")
        deadline = time.monotonic() + 60
        while cloud.detail(job)["Status"] != "canceled":
            assert time.monotonic() < deadline
            cloud.wait(86400)
            time.sleep(0.02)
    assert not refusals
    assert replications(servers[1]) == []


@pytest.mark.long
def test_a_reset_after_a_restart_leaves_nothing_of_earlier_jobs(servers: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    mapped = {name: server.server for name, server in zip(NAMES, servers, strict=True)}
    with Emulator(speed=0, rate_limit=False, servers=mapped, state=state) as emulator:
        cloud = Mapped(emulator)
        cloud.bring_up(cloud.job(**connected(*mapped.values())))
    assert replications(servers[1])
    with Emulator(speed=0, rate_limit=False, servers=mapped, state=state) as emulator:
        emulator.reset()
        deadline = time.monotonic() + 60
        while replications(servers[1]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
