"""A fresh start, ordered by a person: another job is bought on purpose, once, and the old one costs nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.models.taskinstance import TaskInstance
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from airflow.utils.session import create_session
from sqlalchemy import delete, update

from tencent_dts.api.client import DtsClient
from tencent_dts.engine.memory import Memory
from tencent_dts.operators.migration import DtsDescribeMigrationJobsOperator
from tencent_dts.operators.migration_2018 import DtsCreateMigrateJob2018Operator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.subscription import DtsCreateSubscribe2018Operator
from tencent_dts.operators.sync import DtsCreateSyncJobOperator
from tencent_dts.task_groups.migrate import migrate
from tests.airflow_server import PASSWORD, READER, USER, Served, served
from tests.dag_runs import LocalRun, overwrite_what_was_deleted
from tests.dags.migrations import CONF, done, orders, states
from tests.meanwhile import Meanwhile as BeforeACall
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages_2018 import plan_2018

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


ORDER: Any = {
    "src_database_type": "mysql",
    "dst_database_type": "mysql",
    "src_region": "ap-guangzhou",
    "dst_region": "ap-guangzhou",
    "instance_class": "small",
}
BUYS: dict[str, Callable[..., Any]] = {
    "CreateMigrationService": lambda **given: DtsCreateMigrationServiceOperator(**ORDER, **given),
    "CreateSyncJob": lambda **given: DtsCreateSyncJobOperator(**ORDER, **given),
    "CreateMigrateJob": lambda **given: DtsCreateMigrateJob2018Operator(configuration=plan_2018(), **given),
    "CreateSubscribe": DtsCreateSubscribe2018Operator,
}


def buyer(action: str = "CreateMigrationService", **given: Any) -> Any:
    """A DAG of one task, which buys."""
    with DAG(f"buys_by_{action}", schedule=None) as dag:
        BUYS[action](task_id="purchase", **given)
    return dag


def buyer_and_looker() -> Any:
    """A DAG of a task that buys, and one after it."""
    with DAG("buys_and_looks", schedule=None) as dag:
        BUYS["CreateMigrationService"](task_id="purchase") >> DtsDescribeMigrationJobsOperator(task_id="look")
    return dag


@pytest.fixture(scope="module")
def airflow(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("airflow-api")) as server:
        yield server


def ordered(arguments: list[str]) -> int:
    """The exit code of a command of Airflow's own command line."""
    from airflow.cli.cli_parser import get_parser

    options = get_parser().parse_args(arguments)
    try:
        options.func(options)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


class Oncall:
    """Orders the command as a person does.

    :param said: what the last one printed, on both streams.
    """

    def __init__(self, address: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.address = address
        self._capsys = capsys
        self.said = ""

    def arguments(self, run: LocalRun, *more: str, task: str = "purchase") -> list[str]:
        chosen = ("--dag", run.dag.dag_id, "--run", run.run_id, "--task", task)
        return ["tencent-dts", "forget", *chosen, "--airflow-url", self.address, *more]

    def forget(self, run: LocalRun, *more: str, task: str = "purchase", asked: bool = False) -> int:
        """The exit code."""
        self._capsys.readouterr()
        code = ordered(self.arguments(run, *more, *(() if asked else ("--yes",)), task=task))
        self.said = "".join(self._capsys.readouterr())
        assert PASSWORD not in self.said
        sys.stdout.write(self.said)  # shown where the test that asked turns red
        return code


@pytest.fixture
def oncall(airflow: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Oncall:
    monkeypatch.setenv("AIRFLOW_USERNAME", USER)
    monkeypatch.setenv("AIRFLOW_PASSWORD", PASSWORD)
    airflow.door.expect()
    return Oncall(airflow.address, capsys)


def generations(emulator: Any, action: str = "CreateMigrationService") -> list[str]:
    """The generation in the tags of each purchase, in order."""
    bought = [call["parameters"]["Tags"] for call in emulator.journal(action) if not call["code"]]
    return [tag["TagValue"] for tags in bought for tag in tags if tag["TagKey"] == "airflow-generation"]


def test_a_job_isolated_by_hand_is_forgotten_and_one_clear_buys_the_next_generation(
    dts_emulator: Any, oncall: Oncall
) -> None:
    dts_emulator.add_fault({"action": "CreateMigrateCheckJob", "code": "UnauthorizedOperation", "times": 1})
    with DAG("migrates_without_a_form", schedule=None) as dag:
        migrate(None, request=CONF, retries=0)
    run = LocalRun(dag)
    assert run.red() == ["check"]
    old = run.xcom("purchase")
    cloud = Cloud(dts_emulator)
    cloud.call("IsolateMigrateJob", JobId=old)
    cloud.wait(60)
    run.clear("purchase")
    assert run.red() == ["purchase"]
    assert "airflow tencent-dts forget" in run.error("purchase")
    assert oncall.forget(run) == 0
    assert old in oncall.said
    assert "generation 0 becomes 1" in oncall.said
    assert oncall.forget(run) == 0
    assert "nothing is left to do" in oncall.said
    run.clear("purchase")
    assert set(run.states().values()) == {"success"}, run.states()
    assert [trade for _, trade in states(dts_emulator)] == ["isolated", "isolated"]
    assert run.xcom("purchase") != old
    assert generations(dts_emulator) == ["0", "1"]
    assert done(dts_emulator, "IsolateMigrateJob") == 2
    assert dts_emulator.meter()["live"] == []


@pytest.mark.parametrize("action", BUYS)
def test_the_old_job_is_let_go_and_the_next_one_is_bought_once(dts_emulator: Any, oncall: Oncall, action: str) -> None:
    run = LocalRun(buyer(action))
    old = run.xcom("purchase")
    assert oncall.forget(run) == 0, oncall.said
    run.clear("purchase")
    run.clear("purchase")
    assert run.xcom("purchase") != old
    assert generations(dts_emulator, action) == ["0", "1"]
    assert run.xcom("purchase") in {job.get("JobId") or job["SubscribeId"] for job in dts_emulator.jobs()}
    assert old not in dts_emulator.meter()["live"]


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("broken", [1, 2, 3, 4])
def test_what_breaks_off_at_any_write_is_done_by_the_same_command_again(
    dts_emulator: Any, airflow: Served, oncall: Oncall, broken: int, after: bool
) -> None:
    run = LocalRun(buyer())
    airflow.door.expect(broken, after=after)
    assert oncall.forget(run) == 1
    assert "503" in oncall.said
    assert "run the command again" in oncall.said
    assert airflow.door.changes == ["PUT generation", "PUT generation", "DELETE job_id", "DELETE intent"][:broken]
    airflow.door.expect()
    assert oncall.forget(run) == 0, oncall.said
    run.clear("purchase")
    assert run.state == "success"
    assert generations(dts_emulator) == ["0", "1"]
    assert done(dts_emulator, "IsolateMigrateJob") == 1
    assert dts_emulator.meter()["live"] == [run.xcom("purchase")]


@pytest.mark.parametrize(
    ("action", "ends"), [("CreateMigrationService", "IsolateMigrateJob"), ("CreateMigrateJob", "DeleteMigrateJob")]
)
def test_a_clear_after_what_broke_off_buys_no_third_job(
    dts_emulator: Any, airflow: Served, oncall: Oncall, action: str, ends: str
) -> None:
    run = LocalRun(buyer(action))
    airflow.door.expect(3)
    assert oncall.forget(run) == 1
    assert done(dts_emulator, ends) == 1
    run.clear("purchase")
    run.clear("purchase")
    assert generations(dts_emulator, action) == ["0", "1"]


def test_a_job_is_told_to_go_once_although_the_looks_after_that_are_behind(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    really = DtsClient._send
    last: dict[str, Any] = {}
    behind: list[Any] = []

    async def send(client: DtsClient, action: str, request: dict[str, Any]) -> Any:
        if action == "DescribeMigrationDetail" and behind:
            return behind.pop()
        last[action] = answer = await really(client, action, request)
        if action == "IsolateMigrateJob":
            behind.extend([last["DescribeMigrationDetail"]] * 6)
        return answer

    monkeypatch.setattr(DtsClient, "_send", send)
    assert oncall.forget(run) == 0, oncall.said
    assert len(dts_emulator.journal("IsolateMigrateJob")) == 1
    assert behind == []


def test_what_dts_refuses_is_shown_and_the_store_is_left_as_it_is(dts_emulator: Any, oncall: Oncall) -> None:
    run = LocalRun(buyer())
    dts_emulator.add_fault({"action": "IsolateMigrateJob", "code": "UnauthorizedOperation", "times": 1})
    assert oncall.forget(run) == 1
    assert "UnauthorizedOperation" in oncall.said
    run.clear("purchase")
    assert done(dts_emulator, "CreateMigrationService") == 1
    dts_emulator.add_fault({"action": "IsolateMigrateJob", "drop": "after", "times": 1})
    assert oncall.forget(run) == 0
    assert [trade for _, trade in states(dts_emulator)] == ["isolated"]


def test_a_job_at_work_is_refused_unless_told(dts_emulator: Any, oncall: Oncall) -> None:
    run = LocalRun(buyer())
    dts_emulator.seed({"match": {"JobId": run.xcom("purchase")}, "force_status": "running"})
    assert oncall.forget(run) == 1
    for part in ("at work", "StopMigrateJob", "--even-if-running", run.xcom("purchase")):
        assert part in oncall.said
    assert orders(dts_emulator) == ["CreateMigrationService"]
    assert oncall.forget(run, "--even-if-running") == 0
    assert orders(dts_emulator) == ["CreateMigrationService", "IsolateMigrateJob"]


@pytest.mark.parametrize("action", BUYS)
def test_a_job_that_a_living_run_has_taken_over_is_refused(dts_emulator: Any, oncall: Oncall, action: str) -> None:
    run = LocalRun(buyer(action))
    other = LocalRun(buyer(action, existing_job_id=run.xcom("purchase")))
    assert other.state == "success", other.states()
    other.only_clear("purchase")
    assert oncall.forget(run) == 1
    assert f"held by run {other.run_id}" in oncall.said
    assert orders(dts_emulator) == [action]


def test_a_job_that_is_not_found_is_passed_over_on_a_person_s_word_alone(dts_emulator: Any, oncall: Oncall) -> None:
    run = LocalRun(buyer())
    dts_emulator.reset()
    assert oncall.forget(run) == 1
    assert "was not found" in oncall.said
    assert oncall.forget(run, "--although-not-found") == 0
    run.clear("purchase")
    assert run.state == "success", run.states()
    assert generations(dts_emulator) == ["1"]


@pytest.mark.parametrize("action", BUYS)
def test_nor_is_one_that_was_made_and_is_remembered_by_its_order_alone(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Memory, "remember_purchase", broken)
        run = LocalRun(buyer(action))
        assert run.red() == ["purchase"]
    dts_emulator.reset()
    assert oncall.forget(run) == 1
    assert "was not found" in oncall.said
    assert oncall.forget(run, "--although-not-found") == 0
    run.clear("purchase")
    assert run.state == "success", run.states()
    assert done(dts_emulator, action) == 1


def broken(*_: Any) -> None:
    """The worker ends before the task remembers its job."""
    raise AirflowFailException("the worker was killed")


def test_a_run_that_is_alive_on_the_job_is_refused(dts_emulator: Any, oncall: Oncall) -> None:
    run = LocalRun(buyer_and_looker())
    for task in ("purchase", "look"):
        for state in ("running", "deferred", "up_for_retry", "queued", None):
            change_state(run, task, state)
            assert oncall.forget(run) == 1
            assert f"task {task} is {state or 'not scheduled yet'}" in oncall.said
        change_state(run, task, "failed")
    assert orders(dts_emulator) == ["CreateMigrationService"]
    assert oncall.forget(run) == 0


def change_state(run: LocalRun, task_id: str, state: str | None) -> None:
    with create_session() as session:
        own = (TaskInstance.run_id == run.run_id, TaskInstance.task_id == task_id)
        session.execute(update(TaskInstance).where(*own).values(state=state))


def test_a_job_of_another_deployment_or_owner_is_not_touched(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "elsewhere")
        assert oncall.forget(run) == 1
    assert "The job belongs to deployment tests, and this Airflow is deployment elsewhere" in oncall.said
    taken_over = LocalRun(buyer(existing_job_id=run.xcom("purchase")))
    assert oncall.forget(taken_over) == 1
    assert "existing_job_id" in oncall.said
    assert orders(dts_emulator) == ["CreateMigrationService"]


def test_an_open_purchase_is_waited_for(dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "1")
    dts_emulator.add_fault({"action": "CreateMigrationService", "drop": "after", "times": 1})
    dts_emulator.add_fault({"action": "DescribeMigrationJobs", "code": "UnauthorizedOperation", "nth": 3})
    run = LocalRun(buyer())
    assert run.red() == ["purchase"]
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__SETTLE_TIME", "600")
    assert oncall.forget(run) == 1
    assert "not visible yet" in oncall.said
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__SETTLE_TIME", "0")
    assert oncall.forget(run) == 0
    assert done(dts_emulator, "IsolateMigrateJob") == 1


def test_a_person_is_asked_and_anything_but_yes_does_nothing(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    for answer in ("", "no\n", "y\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert oncall.forget(run, asked=True) == 1
        assert "nothing was done" in oncall.said
    assert orders(dts_emulator) == ["CreateMigrationService"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert oncall.forget(run, asked=True) == 0
    assert orders(dts_emulator) == ["CreateMigrationService", "IsolateMigrateJob"]


def another_hand_isolates(emulator: Any, run: LocalRun) -> None:
    Cloud(emulator).call("IsolateMigrateJob", JobId=run.xcom("purchase"))


def somebody_clears_the_task(emulator: Any, run: LocalRun) -> None:
    run.only_clear("purchase")


class Meanwhile:
    """A person who says yes, after something else has happened."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self._happens = happens

    def readline(self) -> str:
        self._happens()
        return "yes\n"


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [(another_hand_isolates, "has changed since you were asked"), (somebody_clears_the_task, "not scheduled yet")],
)
def test_what_changes_while_a_person_is_asked_stops_it(
    dts_emulator: Any,
    oncall: Oncall,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[Any, LocalRun], None],
    told: str,
) -> None:
    run = LocalRun(buyer())
    monkeypatch.setattr(sys, "stdin", Meanwhile(lambda: meanwhile(dts_emulator, run)))
    before = len(dts_emulator.journal("IsolateMigrateJob"))
    assert oncall.forget(run, asked=True) == 1
    assert told in oncall.said
    by_hand = meanwhile is another_hand_isolates
    assert len(dts_emulator.journal("IsolateMigrateJob")) == before + by_hand
    change_state(run, "purchase", "success")
    assert oncall.forget(run) == 0, oncall.said
    assert "generation 0 becomes 1" in oncall.said


@pytest.mark.parametrize(
    ("action", "ends"), [("CreateMigrationService", "IsolateMigrateJob"), ("CreateSyncJob", "IsolateSyncJob")]
)
def test_a_job_that_is_started_before_the_order_is_sent_again_is_left_alone(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch, action: str, ends: str
) -> None:
    run = LocalRun(buyer(action))
    started = {"match": {"JobId": run.xcom("purchase")}, "force_status": "Running" if "Sync" in action else "running"}
    dts_emulator.add_fault({"action": ends, "code": "RequestLimitExceeded", "times": 1})
    BeforeACall(monkeypatch).before(ends, 1, lambda: dts_emulator.seed(started))
    assert oncall.forget(run) == 1
    assert "at work" in oncall.said
    assert len(dts_emulator.journal(ends)) == 1
    assert done(dts_emulator, ends) == 0


def test_a_task_that_is_cleared_before_the_order_is_sent_again_keeps_its_job(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    dts_emulator.add_fault({"action": "IsolateMigrateJob", "code": "RequestLimitExceeded", "times": 1})
    BeforeACall(monkeypatch).before("IsolateMigrateJob", 1, lambda: somebody_clears_the_task(dts_emulator, run))
    assert oncall.forget(run) == 1
    assert "not scheduled yet" in oncall.said
    assert len(dts_emulator.journal("IsolateMigrateJob")) == 1
    assert done(dts_emulator, "IsolateMigrateJob") == 0


def test_who_may_not_write_ends_no_job(
    dts_emulator: Any, oncall: Oncall, airflow: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    monkeypatch.setenv("AIRFLOW_USERNAME", READER)
    assert oncall.forget(run) == 1
    assert "403" in oncall.said
    monkeypatch.setenv("AIRFLOW_PASSWORD", "a-wrong-one")
    assert oncall.forget(run) == 1
    assert "401" in oncall.said
    assert "a-wrong-one" not in oncall.said
    monkeypatch.setenv("AIRFLOW_TOKEN", "a-token-of-no-worth")
    assert oncall.forget(run) == 1
    assert "a-token-of-no-worth" not in oncall.said
    assert orders(dts_emulator) == ["CreateMigrationService"]


def test_a_slip_of_the_pen_is_named(dts_emulator: Any, oncall: Oncall) -> None:
    run = LocalRun(buyer_and_looker())
    assert oncall.forget(run, task="look") == 1
    assert "buys nothing" in oncall.said
    assert oncall.forget(run, task="purchse") == 1
    assert "purchase" in oncall.said
    assert oncall.forget(run, "--map-index", "3") == 1
    assert "404" in oncall.said
    assert oncall.forget(run, "--airflow-url", "http://127.0.0.1:9") == 1
    assert "did not answer" in oncall.said
    assert oncall.forget(run, "--airflow-url", f"http://{USER}:{PASSWORD}@127.0.0.1:9") == 1
    assert "no login in it" in oncall.said
    with pytest.raises(SystemExit) as wrong:
        ordered(["tencent-dts", "forget", "--dag", "d"])
    assert wrong.value.code == 2
    assert orders(dts_emulator) == ["CreateMigrationService"]


def test_the_command_reads_a_connection_that_airflow_keeps_in_its_database(
    dts_emulator: Any, oncall: Oncall, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(buyer())
    text = os.environ["AIRFLOW_CONN_TENCENTCLOUD_DEFAULT"]
    monkeypatch.delenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT")
    kept = Connection.from_json(text, conn_id="tencentcloud_default")
    with create_session() as session:
        session.add(kept)
    try:
        command = [str(Path(sys.executable).with_name("airflow")), *oncall.arguments(run, "--yes")]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    finally:
        with create_session() as session:
            session.execute(delete(Connection).where(Connection.conn_id == "tencentcloud_default"))
        overwrite_what_was_deleted()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [trade for _, trade in states(dts_emulator)] == ["isolated"]
    assert kept.password not in ended.stdout + ended.stderr
