"""Orphans on the emulator: which are found, exactly what is ordered for each, and what is never touched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts import settings
from tencent_dts.api.client import DtsClient
from tencent_dts.emulator import Emulator
from tencent_dts.engine import runs
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.records import Place, Record
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import DtsProblem, Impossible, InvalidInput
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.reap import DtsReapOrphansOperator
from tencent_dts.operators.sync import DtsCreateSyncJobOperator
from tests.drive import AIRFLOW, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud

pytestmark = pytest.mark.usefixtures("airflow_connections", "airflow")

RUN = ("dts_migrate", "manual__2026-11-23T00:00:00+00:00")
YESTERDAY = datetime.now(UTC) - timedelta(hours=30)


@pytest.fixture
def airflow() -> Iterator[None]:
    """One run that ended red yesterday."""
    AIRFLOW.reset()
    AIRFLOW.runs[RUN] = ("failed", YESTERDAY)
    yield
    AIRFLOW.reset()


def tags(run: tuple[str, str] = RUN, deployment: str = "tests") -> dict[str, Any]:
    return {"Tags": Identity(deployment, *run, "purchase").tags(0)}


def chosen(cloud: Cloud, job_id: str) -> None:
    """Its run has gone on with it."""
    holder = Holder(*RUN, "purchase")
    record = Record((holder,), holder, Place("ap-guangzhou", cloud.emulator.endpoint))
    AIRFLOW.variables[f"tencent_dts.job.{job_id}"] = record.dumps()


def reap(**changes: Any) -> Task:
    given = {"end_orphans": True, "wait": "sync", "timeout": 20}
    return Task(DtsReapOrphansOperator(task_id="reap", **{**given, **changes}))


def orders(emulator: Emulator, before: int = 0) -> list[str]:
    """The changing calls after the first so many, refused ones too."""
    return [call["action"] for call in emulator.journal() if not call["action"].startswith("Describe")][before:]


def reaped(cloud: Cloud, **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """The report of one look, and what it ordered; time goes on meanwhile."""
    before = len(orders(cloud.emulator))
    cloud.emulator.set_speed(600)
    report = reap(**changes).run()
    cloud.emulator.set_speed(0)
    return report, orders(cloud.emulator, before)


MADE: dict[str, Any] = {
    "migration checked": lambda cloud: cloud.checked(purchase=tags()),
    "migration in its incremental step": lambda cloud: cloud.ready(purchase=tags()),
    "migration in its full step": lambda cloud: cloud.dumping(purchase=tags()),
    "sync at work": lambda cloud: SyncCloud(cloud.emulator).syncing(tags()),
    "sync paused": lambda cloud: SyncCloud(cloud.emulator).paused_sync(tags()),
    "2018 created": lambda cloud: Cloud2018(cloud.emulator).made(**tags()),
    "2018 at work": lambda cloud: Cloud2018(cloud.emulator).in_time(**tags()),
    "subscription at work": lambda cloud: Cloud2018(cloud.emulator).active(**tags()),
}
ENDS = {
    "migration checked": ["IsolateMigrateJob"],
    "migration in its incremental step": ["PauseMigrateJob", "IsolateMigrateJob"],
    "sync at work": ["PauseSyncJob", "IsolateSyncJob"],
    "sync paused": ["IsolateSyncJob"],
    "2018 created": ["DeleteMigrateJob"],
    "2018 at work": ["StopMigrateJob", "DeleteMigrateJob"],
    "subscription at work": ["IsolateSubscribe"],
}
AT_WORK = [name for name in MADE if "at work" in name or "step" in name]


@pytest.mark.parametrize("name", ENDS)
def test_an_orphan_is_ended_as_gently_as_it_can_be(name: str, cloud: Cloud) -> None:
    job_id = MADE[name](cloud)
    report, ordered = reaped(cloud, stop_running=True)
    assert ordered == ENDS[name]
    (row,) = report["orphans"]
    assert row["job_id"] == job_id
    assert row["done"] == [f"{action} was ordered" for action in ENDS[name]]
    assert report["counts"]["ended"] == 1
    cloud.wait(60)  # what was ordered takes a while, which the look before may not have taken
    assert cloud.emulator.meter()["live"] == []
    again, ordered = reaped(cloud, stop_running=True)
    assert ordered == []
    assert again["counts"]["orphan"] == 0


def test_one_that_cannot_be_paused_is_stopped(cloud: Cloud) -> None:
    MADE["migration in its full step"](cloud)
    report = reap(stop_running=True, wait="no").run()
    assert orders(cloud.emulator)[-1] == "StopMigrateJob"
    assert "on its way to rest" in report["orphans"][0]["held"]
    cloud.wait(60)
    assert reaped(cloud)[1] == ["IsolateMigrateJob"]


def test_one_that_dts_refuses_to_pause_is_stopped(cloud: Cloud) -> None:
    MADE["sync at work"](cloud)
    cloud.emulator.add_fault({"action": "PauseSyncJob", "code": "OperationDenied.OperationDeniedError"})
    assert list(dict.fromkeys(reaped(cloud, stop_running=True)[1])) == ["PauseSyncJob", "StopSyncJob", "IsolateSyncJob"]


def test_by_default_orphans_of_every_kind_are_only_reported(cloud: Cloud) -> None:
    made = {MADE[name](cloud) for name in ("migration checked", "sync at work", "2018 created", "subscription at work")}
    report, ordered = reaped(cloud, end_orphans=False)
    assert ordered == []
    assert {row["job_id"] for row in report["orphans"]} == made
    for row in report["orphans"]:
        assert row["owner"] == {"dag_id": RUN[0], "run_id": RUN[1], "task": "purchase"}
        assert "ended red" in row["why"]
        assert row["cost"]
        assert row["age_hours"] is not None
        assert "(end_orphans)" in row["held"]


@pytest.mark.parametrize("name", AT_WORK)
def test_one_at_work_is_left_alone_unless_that_is_asked_for(name: str, cloud: Cloud) -> None:
    MADE[name](cloud)
    report, ordered = reaped(cloud)
    assert ordered == []
    assert "stop_running" in report["orphans"][0]["held"]


@pytest.mark.parametrize("filtered", [True, False], ids=["by the service", "here alone"])
def test_jobs_of_nobody_and_of_another_deployment_are_not_even_reported(
    filtered: bool, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not filtered:
        really = DtsClient._send

        async def send(client: DtsClient, action: str, request: dict[str, Any]) -> Any:
            return await really(client, action, {key: value for key, value in request.items() if key != "TagFilters"})

        monkeypatch.setattr(DtsClient, "_send", send)
    cloud.checked()
    cloud.checked(purchase=tags(deployment="staging"))
    cloud.checked(purchase=tags(deployment="tests-2"))
    report, ordered = reaped(cloud)
    assert ordered == []
    assert set(report["counts"].values()) == {0}


def test_without_a_deployment_nothing_is_looked_at(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.checked(purchase=tags())
    before = len(cloud.emulator.journal())
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "")
    with pytest.raises(InvalidInput, match="deployment"):
        reap().run()
    assert len(cloud.emulator.journal()) == before


@pytest.mark.parametrize("state", ["running", "queued", "restarting"])
def test_the_job_of_a_run_that_is_alive_is_only_counted(state: str, cloud: Cloud) -> None:
    cloud.checked(purchase=tags())
    AIRFLOW.runs[RUN] = (state, None)
    report, ordered = reaped(cloud, grace_hours=0, stop_running=True, gone_runs=True)
    assert ordered == []
    assert report["orphans"] == []
    assert report["counts"]["alive"] == 1


def test_a_run_that_was_cleared_while_the_reaper_looks_keeps_its_job(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.checked(purchase=tags())
    told = iter([runs.Run("failed", YESTERDAY), runs.Run("running")])
    monkeypatch.setattr(runs, "look_up", lambda *_: next(told))
    report, ordered = reaped(cloud)
    assert ordered == []
    assert report["counts"]["alive"] == 1


def test_the_link_of_a_green_run_is_kept_and_its_migration_is_not(cloud: Cloud) -> None:
    AIRFLOW.runs[RUN] = ("success", YESTERDAY)
    link, migration = MADE["sync paused"](cloud), MADE["migration checked"](cloud)
    subscription = MADE["subscription at work"](cloud)
    for job_id in (link, subscription):
        chosen(cloud, job_id)
    report, ordered = reaped(cloud, stop_running=True)
    assert ordered == ["IsolateMigrateJob"]
    assert [row["job_id"] for row in report["orphans"]] == [migration]
    assert {row["job_id"] for row in report["kept"]} == {link, subscription}


@pytest.mark.parametrize("name", ["sync paused", "subscription at work"])
def test_what_a_green_run_has_bought_besides_its_link_is_reported(name: str, cloud: Cloud) -> None:
    """An order of which nothing was known in the end can have made one later than anybody looked."""
    AIRFLOW.runs[RUN] = ("success", YESTERDAY)
    link, twin = MADE[name](cloud), MADE[name](cloud)
    chosen(cloud, link)
    report, ordered = reaped(cloud, stop_running=True)
    assert ordered == []
    assert [row["job_id"] for row in report["kept"]] == [link]
    (row,) = report["unknown"]
    assert row["job_id"] == twin
    assert "no record says that it went on with this one" in row["why"]
    assert "whether it is still needed is not known" in row["held"]


def test_a_run_that_is_gone_needs_its_own_word(cloud: Cloud) -> None:
    cloud.checked(purchase=tags())
    AIRFLOW.runs.clear()
    report, ordered = reaped(cloud, grace_hours=0)
    assert ordered == []
    assert "gone, and so is its DAG" in report["orphans"][0]["why"]
    assert "gone_runs" in report["orphans"][0]["held"]
    AIRFLOW.dags.add(RUN[0])
    report, ordered = reaped(cloud, gone_runs=True)
    assert ordered == []  # the job itself is young
    assert "grace" in report["orphans"][0]["held"]
    report, ordered = reaped(cloud, grace_hours=0, gone_runs=True)
    assert ordered == ["IsolateMigrateJob"]
    assert "DAG" not in report["orphans"][0]["why"].replace(RUN[0], "")


def test_the_grace_period_counts_from_the_end_of_the_run(cloud: Cloud) -> None:
    cloud.checked(purchase=tags())
    report, ordered = reaped(cloud, grace_hours=48)
    assert ordered == []
    assert "grace" in report["orphans"][0]["held"]
    assert reaped(cloud, grace_hours=29)[1] == ["IsolateMigrateJob"]


def test_an_id_that_a_tag_cannot_hold_makes_nobody_an_orphan(cloud: Cloud) -> None:
    cloud.checked(purchase=tags((RUN[0], "manual~1")))
    report, ordered = reaped(cloud, grace_hours=0, gone_runs=True)
    assert ordered == []
    assert report["counts"]["not known"] == 1


class TestAdopted:
    """A sync link keeps the tags of the run that bought it: the run that adopted it leaves its name elsewhere."""

    LATER = ("dts_sync", "manual__later")

    @pytest.fixture
    def link(self, cloud: Cloud) -> str:
        job_id = str(MADE["sync at work"](cloud))
        order = {"src_database_type": "mysql", "dst_database_type": "mysql", "instance_class": "small"}
        places = {"src_region": "ap-guangzhou", "dst_region": "ap-guangzhou"}
        adopting = DtsCreateSyncJobOperator(task_id="purchase", existing_job_id=job_id, **order, **places)
        assert Task(adopting, dag_id=self.LATER[0], run_id=self.LATER[1]).run() == job_id
        return job_id

    @pytest.mark.parametrize(
        ("later", "listed"),
        [("running", "alive"), ("success", "kept on purpose"), ("gone", "orphan"), ("strange", "not known")],
    )
    def test_it_is_spared_where_that_run_is_not_over(self, later: str, listed: str, link: str, cloud: Cloud) -> None:
        if later != "gone":
            AIRFLOW.runs[self.LATER] = (later, None)
        report, ordered = reaped(cloud, stop_running=True)
        assert ordered == []
        assert report["counts"][listed] == 1

    def test_it_is_ended_once_both_runs_are_over(self, link: str, cloud: Cloud) -> None:
        AIRFLOW.runs[self.LATER] = ("failed", YESTERDAY)
        report, ordered = reaped(cloud, stop_running=True)
        assert ordered == ["PauseSyncJob", "IsolateSyncJob"]
        assert report["orphans"][0]["owner"]["run_id"] == self.LATER[1]
        assert '"how": "seen as TradeStatus Isolat' in AIRFLOW.variables[f"tencent_dts.job.{link}.seen"]

    def test_a_name_that_cannot_be_read_spares_it_and_is_red(self, link: str, cloud: Cloud) -> None:
        AIRFLOW.variables = dict.fromkeys(AIRFLOW.variables, '{"run": "somebody"}')
        with pytest.raises(DtsProblem, match="does not hold what this package keeps"):
            reaped(cloud, stop_running=True)
        assert SyncCloud(cloud.emulator).sync_status(link) == "Running"

    def test_a_third_run_cannot_adopt_it_while_the_second_is_alive(self, link: str, cloud: Cloud) -> None:
        order = {"src_database_type": "mysql", "dst_database_type": "mysql", "instance_class": "small"}
        places = {"src_region": "ap-guangzhou", "dst_region": "ap-guangzhou"}
        third = Task(DtsCreateSyncJobOperator(task_id="purchase", existing_job_id=link, **order, **places))
        AIRFLOW.runs[self.LATER] = ("running", None)
        with pytest.raises(AirflowFailException, match="alive"):
            third.run()


def test_a_status_that_nobody_knows_is_not_acted_upon(cloud: Cloud) -> None:
    job_id = cloud.checked(purchase=tags())
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "strange"})
    report, ordered = reaped(cloud, stop_running=True)
    assert ordered == []
    assert "not one that is known" in report["orphans"][0]["held"]


def test_a_prepaid_link_is_only_reported(cloud: Cloud) -> None:
    prepaid = {"PayMode": "PrePay", "TimeSpan": 1, **tags()}
    SyncCloud(cloud.emulator).buy_sync(**prepaid)
    report, ordered = reaped(cloud)
    assert ordered == []
    assert "prepaid" in report["orphans"][0]["held"]


def test_a_free_job_is_deleted_by_its_end(cloud: Cloud) -> None:
    cloud.emulator.seed({"match": {"any": True}, "trade_status": "notBilled"})
    cloud.checked(purchase=tags())
    report, ordered = reaped(cloud)
    assert ordered == ["IsolateMigrateJob"]
    assert "free" in report["orphans"][0]["cost"]
    cloud.wait(60)
    assert cloud.listed() == []


def test_no_more_are_ended_than_allowed(cloud: Cloud) -> None:
    for _ in range(3):
        cloud.buy(**tags())
    cloud.wait(5)
    report, ordered = reaped(cloud, at_most=2)
    assert ordered == ["IsolateMigrateJob"] * 2
    assert [row["held"] for row in report["orphans"] if "at_most" in row["held"]]


def test_those_to_be_kept_and_those_of_a_busy_dag_are_spared(cloud: Cloud) -> None:
    job_id = cloud.checked(purchase=tags())
    assert reaped(cloud, keep_job_ids=f"dts-1,{job_id}")[1] == []
    AIRFLOW.runs["dts_sync_modify", "manual__1"] = ("running", None)
    report, ordered = reaped(cloud)
    assert ordered == []
    assert "dts_sync_modify" in report["orphans"][0]["held"]
    assert reaped(cloud, sparing_dags=[])[1] == ["IsolateMigrateJob"]


def test_a_lost_answer_is_looked_up(cloud: Cloud) -> None:
    cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": "IsolateMigrateJob", "drop": "after", "times": 1})
    report, ordered = reaped(cloud)
    assert ordered == ["IsolateMigrateJob"]
    assert report["counts"]["ended"] == 1


def test_two_reapers_at_once_end_a_job_once(cloud: Cloud) -> None:
    cloud.ready(purchase=tags())
    cloud.emulator.set_speed(600)
    tasks = [reap(stop_running=True) for _ in range(2)]
    done: list[Any] = []
    threads = [threading.Thread(target=lambda task=task: done.append(task.run())) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
    taken = [call["action"] for call in cloud.emulator.journal() if not call["code"]]
    assert taken.count("PauseMigrateJob") == taken.count("IsolateMigrateJob") == 1
    assert cloud.emulator.meter()["live"] == []


def test_the_wait_for_rest_holds_no_worker(cloud: Cloud) -> None:
    cloud.ready(purchase=tags())
    cloud.emulator.set_speed(2)
    task = reap(stop_running=True, wait="defer")
    report = task.run()
    assert task.deferrals >= 1
    assert orders(cloud.emulator)[-2:] == ["PauseMigrateJob", "IsolateMigrateJob"]
    assert report["orphans"][0]["done"] == ["PauseMigrateJob was ordered", "IsolateMigrateJob was ordered"]


def test_one_that_does_not_come_to_rest_in_time_is_red(cloud: Cloud) -> None:
    job_id = cloud.ready(purchase=tags())
    with pytest.raises(DtsProblem, match="have not done so yet; they still cost") as raised:
        reap(stop_running=True, timeout=0.5).run()
    assert job_id in str(raised.value)
    cloud.wait(60)
    assert reaped(cloud)[1] == ["IsolateMigrateJob"]


def test_what_cannot_be_looked_at_is_red_and_the_rest_is_done(cloud: Cloud) -> None:
    job_id = cloud.checked(purchase=tags())
    cloud.emulator.add_fault({"action": "DescribeSyncJobs", "code": "UnauthorizedOperation"})
    task = reap()
    with pytest.raises(Impossible, match="UnauthorizedOperation"):
        task.run()
    assert cloud.trade(job_id) in ("isolating", "isolated")
    assert task.ti.pushed["report"]["counts"]["ended"] == 1


def test_an_outage_is_waited_for_once_and_not_by_each_kind_of_jobs(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look holds a worker; the task tries again later."""
    monkeypatch.setattr(settings, "call_timeout", lambda: 0.5)
    listings = ["DescribeMigrationJobs", "DescribeSyncJobs", "DescribeMigrateJobs", "DescribeSubscribes"]
    for action in listings:
        cloud.emulator.add_fault({"action": action, "code": "InternalError"})
    task = reap()
    with pytest.raises(DtsProblem, match=r"subscription in ap-guangzhou: .*InternalError"):
        task.run()
    tries = [len(cloud.emulator.journal(action)) for action in listings]
    assert tries[0] > 1
    assert tries[1:] == [1, 1, 1]
    cloud.emulator.reset()
    cloud.emulator.add_fault({"action": listings[0], "code": "InternalError", "times": 1})
    task.retry().run()  # the next look is as patient as the first


def test_an_airflow_that_does_not_answer_makes_nobody_an_orphan(cloud: Cloud) -> None:
    cloud.checked(purchase=tags())
    AIRFLOW.silent = True
    with pytest.raises(DtsProblem) as raised:
        reaped(cloud, grace_hours=0, gone_runs=True)
    assert not isinstance(raised.value, AirflowFailException)  # it is tried again
    assert orders(cloud.emulator)[-1] != "IsolateMigrateJob"


def test_a_job_whose_run_was_deleted_can_be_adopted(cloud: Cloud) -> None:
    job_id = cloud.checked(purchase=tags())
    order = {"src_database_type": "mysql", "dst_database_type": "mysql", "instance_class": "small"}
    places = {"src_region": "ap-guangzhou", "dst_region": "ap-guangzhou"}
    task = Task(DtsCreateMigrationServiceOperator(task_id="purchase", existing_job_id=job_id, **order, **places))
    AIRFLOW.runs.clear()
    assert task.run() == job_id


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kinds": ["orders"]}, "kinds"),
        ({"regions": "guangzhou"}, "regions"),
        ({"grace_hours": "-1"}, "grace_hours"),
        ({"at_most": "many"}, "at_most"),
    ],
)
def test_a_wrong_value_is_refused(given: dict[str, Any], field: str, cloud: Cloud) -> None:
    with pytest.raises(InvalidInput, match=field):
        reap(**given).run()
    assert cloud.emulator.journal() == []


def test_only_the_regions_and_kinds_asked_for_are_looked_at(cloud: Cloud) -> None:
    report, _ = reaped(cloud, regions="ap-guangzhou, ap-shanghai", kinds=["migration", "sync"])
    assert report["regions"] == ["ap-guangzhou", "ap-shanghai"]
    looked = [call["action"] for call in cloud.emulator.journal()]
    assert looked == ["DescribeMigrationJobs", "DescribeSyncJobs"] * 2


def test_a_search_whose_conf_was_not_merged_looks_at_nothing(cloud: Cloud) -> None:
    task = reap()
    task.params, task.conf = {"at_most": 10}, {"at_most": 1}
    with pytest.raises(InvalidInput, match="dag_run_conf_overrides_params, at_most"):
        task.run()
    assert cloud.emulator.journal() == []


class TestTries:
    """What a run has ended counts, and is told, over all its tries."""

    @pytest.fixture
    def interrupted(self, cloud: Cloud) -> Task:
        """A reaper that ended two of three orphans before something that it could not look at made it red."""
        for _ in range(3):
            cloud.buy(**tags())
        cloud.wait(5)
        cloud.emulator.add_fault({"action": "DescribeSyncJobs", "code": "UnauthorizedOperation", "times": 1})
        task = reap(at_most=2)
        with pytest.raises(Impossible, match="UnauthorizedOperation"):
            task.run()
        assert orders(cloud.emulator)[3:] == ["IsolateMigrateJob"] * 2
        return task

    @pytest.mark.parametrize("again", [Task.retry, Task.clear])
    def test_no_more_are_ended_than_allowed(self, again: Any, interrupted: Task, cloud: Cloud) -> None:
        report = again(interrupted).run()
        assert orders(cloud.emulator)[3:] == ["IsolateMigrateJob"] * 2
        assert report["counts"]["ended"] == 2
        assert "at_most" in next(row["held"] for row in report["orphans"] if row["held"])

    def test_the_last_report_tells_of_all(self, interrupted: Task, cloud: Cloud) -> None:
        cloud.wait(60)
        report = interrupted.clear().run()
        assert report["counts"]["orphan"] == 3
        assert report["counts"]["released"] == 0
        ended = [row for row in report["orphans"] if row["done"]]
        assert [row["done"] for row in ended] == [["IsolateMigrateJob was ordered"]] * 2
        assert not any(row["held"] for row in ended)

    def test_one_that_a_person_took_out_of_isolation_is_an_orphan_once_more(
        self, interrupted: Task, cloud: Cloud
    ) -> None:
        cloud.wait(60)
        back = next(job["JobId"] for job in cloud.emulator.jobs() if job["TradeStatus"] == "isolated")
        cloud.call("RecoverMigrateJob", JobId=back)
        cloud.wait(60)
        report = interrupted.clear().run()
        assert orders(cloud.emulator)[-1] == "IsolateMigrateJob"
        assert [row["job_id"] for row in report["orphans"]].count(back) == 1
        assert report["counts"]["ended"] == 2

    def test_an_order_that_a_worker_did_not_outlive_is_told(self, cloud: Cloud, monkeypatch: Any) -> None:
        job_id = cloud.buy(**tags())
        cloud.wait(5)
        task, note = reap(), DtsReapOrphansOperator._note

        def dies(*args: Any, ended: bool = False) -> None:
            assert not ended, "the worker is killed"
            note(*args, ended=ended)

        with monkeypatch.context() as patch:
            patch.setattr(DtsReapOrphansOperator, "_note", dies)
            with pytest.raises(AssertionError, match="killed"):
                task.run()
        cloud.wait(60)
        report = task.retry().run()
        assert [row["job_id"] for row in report["orphans"]] == [job_id]
        assert report["counts"]["ended"] == 1
        assert orders(cloud.emulator)[1:] == ["IsolateMigrateJob"]
