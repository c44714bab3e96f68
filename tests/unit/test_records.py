"""One record of each job: who holds it, where it is, and how it ended."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from tencent_dts import settings
from tencent_dts.api.client import ClientSettings
from tencent_dts.engine.book import Book
from tencent_dts.engine.converge import converge
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.records import KEY, SEEN, AirflowShelf, Ending, LastSeen, Place, Record, caller_of, prune
from tencent_dts.engine.runs import Holder
from tencent_dts.engine.wording import impossible
from tencent_dts.errors import DtsProblem, HolderUnknown, IdentityConflict, JobNotFound, OutcomeUnknown, WrongPlace
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds.migration import states as table
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tencent_dts.operators.migration_2018 import DtsDeleteMigrateJob2018Operator
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator, DtsStopSyncJobOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tests.dags.migrations import change
from tests.drive import AIRFLOW, Task, TaskInstance
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.cases import CASES, Case
from tests.unit.operators.comparers import COMPARERS
from tests.unit.stages import STAGES, changes
from tests.unit.subjects import ELSEWHERE, SPEED, calls, retag

pytestmark = pytest.mark.usefixtures("airflow_connections")
OTHER = ("dag", "manual__other")
HERE = Place("ap-guangzhou", "dts.tencentcloudapi.com")


def holder(run_id: str = "manual__other", task: str = "purchase") -> Holder:
    return Holder("dag", run_id, task)


def place() -> Place:
    return Place.of(DtsHook().resolve())


def held(job_id: str, by: Holder, state: str = "running", **more: Any) -> None:
    """Let another run hold a job."""
    AIRFLOW.variables[KEY + job_id] = Record((by,), by, place(), **more).dumps()
    AIRFLOW.runs[by.dag_id, by.run_id] = (state, None)


def record(job_id: str) -> Record:
    return Record.loads(AIRFLOW.variables[KEY + job_id], KEY)


def ending(job_id: str) -> Ending | None:
    return LastSeen.loads(AIRFLOW.variables[KEY + job_id + SEEN], KEY).ending


def book(*, run_id: str = TaskInstance.run_id, where: Place = HERE) -> Book:
    return Book(AirflowShelf(), Holder("dag", run_id, "purchase"), where, "tencentcloud_default", print)


# --- The record itself ---


@pytest.mark.parametrize(
    ("endpoint", "site"),
    [
        ("dts.tencentcloudapi.com", "dts.tencentcloudapi.com"),
        ("dts.tencentcloudapi.com:443", "dts.tencentcloudapi.com"),
        ("dts.ap-shanghai.tencentcloudapi.com", "dts.tencentcloudapi.com"),
        ("dts.internal.tencentcloudapi.com", "dts.tencentcloudapi.com"),
        ("DTS.INTL.tencentcloudapi.com", "dts.intl.tencentcloudapi.com"),
        ("dts.ap-singapore.intl.tencentcloudapi.com", "dts.intl.tencentcloudapi.com"),
        ("127.0.0.1:8021", "127.0.0.1:8021"),
        ("tencentcloudapi.com.example.com", "tencentcloudapi.com.example.com"),
    ],
)
def test_all_hosts_of_a_site_are_one_place_and_an_emulator_is_itself(endpoint: str, site: str) -> None:
    assert Place.of(ClientSettings(region="ap-guangzhou", endpoint=endpoint)) == Place("ap-guangzhou", site)


def test_it_is_read_back_as_it_was_written() -> None:
    kept = Record((holder(), holder("b")), holder("b"), HERE, 2.5)
    assert Record.loads(kept.dumps(), KEY) == kept
    seen = LastSeen(HERE, "Status running", 2.5, Ending("seen", 1.5, "success"))
    assert LastSeen.loads(seen.dumps(), KEY) == seen


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"run": "somebody"}', '{"owners": [{}]}'])
def test_what_somebody_else_wrote_names_no_holder(text: str) -> None:
    AIRFLOW.variables[KEY + "dts-1"] = text
    with pytest.raises(HolderUnknown, match="dts-1"):
        asyncio.run(book().allow(table.MIGRATION_JOB, "dts-1", {}))


@pytest.mark.parametrize("suffix", ["", SEEN])
def test_what_somebody_else_wrote_goes_on_as_the_error_says(suffix: str, cloud: Cloud) -> None:
    job = cloud.succeeded()
    key = f"{KEY}{job}{suffix}"
    AIRFLOW.variables[key] = "edited"
    task = Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job))
    with pytest.raises(HolderUnknown) as raised:
        task.run()
    assert "airflow-dag and airflow-run" in str(raised.value.next_step)
    assert f"delete {key} under Admin > Variables, and clear this task" in str(raised.value.next_step)
    assert bool(calls(cloud.emulator, "IsolateMigrateJob")) is bool(
        suffix
    )  # who holds the job is asked before the call
    del AIRFLOW.variables[key]
    cloud.emulator.set_speed(SPEED)
    task.clear().run()
    assert cloud.trade(job) == "isolated"
    assert AIRFLOW.variables[key] != "edited"


def test_a_write_that_was_lost_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AIRFLOW, "_PutVariable", lambda **_: None)
    with pytest.raises(IdentityConflict, match="lost"):
        asyncio.run(book().allow(table.MIGRATION_JOB, "dts-1", {}))


def test_of_two_that_take_it_at_once_one_goes_on() -> None:
    AIRFLOW.runs |= {("dag", run): ("running", None) for run in ("a", "b")}
    first, second = book(run_id="a"), book(run_id="b")
    own = asyncio.run
    own(first.own(table.MIGRATION_JOB, "dts-1", {}))
    # The second one looked before the first one wrote.
    AIRFLOW.variables[KEY + "dts-1"] = Record((second.me,), second.me, HERE).dumps()
    own(second.allow(table.MIGRATION_JOB, "dts-1", {}))
    with pytest.raises(IdentityConflict, match="run b of dag"):
        own(first.allow(table.MIGRATION_JOB, "dts-1", {}))


def test_an_adoption_over_which_an_older_copy_was_written_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The leg of another task of the same run was about to keep how it saw the job."""
    mine = book()
    older = Record((holder(),), replace(mine.me, task="start"), HERE).dumps()
    AIRFLOW.runs[OTHER] = ("failed", None)
    AIRFLOW.variables[KEY + "dts-1"] = older
    put = AIRFLOW._PutVariable

    def overtaken(key: str, value: str, description: str) -> None:
        put(key, value, description)
        put(key, older, description)

    monkeypatch.setattr(AIRFLOW, "_PutVariable", overtaken)
    with pytest.raises(IdentityConflict, match="another task of this run"):
        asyncio.run(mine.own(table.MIGRATION_JOB, "dts-1", {}))


@pytest.mark.parametrize("bill", ["normal", "isolated"])
@pytest.mark.parametrize("before", [None, holder(), holder(TaskInstance.run_id, "start")], ids=str)
def test_a_leg_keeps_nothing_once_another_hand_has_taken_hold(before: Holder | None, bill: str) -> None:
    late, key = book(), KEY + "dts-1"
    if before is not None:
        AIRFLOW.variables[key] = Record((), before, HERE).dumps()
    asyncio.run(late.begin("dts-1"))
    late.saw(table.MIGRATION_JOB, "dts-1", {"Status": "running", "TradeInfo": {"TradeStatus": bill}})
    AIRFLOW.variables[key] = newer = Record((holder(), late.me), late.me, HERE).dumps()
    asyncio.run(late.flush())
    assert AIRFLOW.variables[key] == newer


def test_two_indexes_of_a_mapped_task_do_not_own_one_job() -> None:
    first, second = (replace(book(), me=Holder("dag", "a", f"purchase[{index}]")) for index in (0, 1))
    asyncio.run(first.own(table.MIGRATION_JOB, "dts-1", {}))
    asyncio.run(first.own(table.MIGRATION_JOB, "dts-1", {}))
    with pytest.raises(IdentityConflict, match=r"purchase\[0\] of this run"):
        asyncio.run(second.own(table.MIGRATION_JOB, "dts-1", {}))


def test_records_of_jobs_that_ended_long_ago_are_pruned_and_no_others() -> None:
    now = 1e9
    ended = {"old": Ending("seen", 10.0), "new": Ending("seen", now - 10), "alive": None}
    for name, how in ended.items():
        AIRFLOW.variables[KEY + name] = Record((), holder(), HERE).dumps()
        AIRFLOW.variables[KEY + name + SEEN] = LastSeen(HERE, ending=how).dumps()
    AIRFLOW.variables |= {KEY + "strange" + SEEN: "{}", "somebody's": "own"}
    before = set(AIRFLOW.variables)
    assert prune(now, older_than=3600, at_most=0) == []
    assert prune(now, older_than=3600, at_most=100) == ["old"]
    assert before - set(AIRFLOW.variables) == {KEY + "old", KEY + "old" + SEEN}


# --- One holder ---


@for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
def test_no_operator_changes_a_job_that_a_living_run_holds(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    held(subject.job, holder())
    before = len(cloud.emulator.journal(case.action))
    with pytest.raises(IdentityConflict, match="run manual__other of dag, which is alive") as raised:
        Task(case.task(subject)).run()
    assert isinstance(raised.value, AirflowFailException)
    assert len(cloud.emulator.journal(case.action)) == before


@pytest.mark.parametrize("state", ["queued", "restarting", "strange"])
def test_a_run_in_a_state_that_does_not_say_that_it_is_over_holds_its_job(state: str, cloud: Cloud) -> None:
    job = cloud.succeeded()
    held(job, holder(), state)
    with pytest.raises(IdentityConflict, match=state):
        Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()


@pytest.mark.parametrize("state", ["failed", "success", "gone"])
def test_the_hold_of_a_run_that_is_over_is_taken(state: str, cloud: Cloud) -> None:
    job = cloud.succeeded()
    held(job, holder(), state)
    if state == "gone":
        AIRFLOW.runs.clear()
    cloud.emulator.set_speed(SPEED)
    Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
    assert record(job).holder == Holder(TaskInstance.dag_id, TaskInstance.run_id, "isolate")
    assert record(job).owners == (holder(),)


def tagged(cloud: Cloud, job_id: str) -> None:
    """Let the tags alone tell that another run, which is alive, has bought it."""
    retag(cloud, job_id, Identity("tests", *OTHER, "purchase").tags(0))
    AIRFLOW.runs[OTHER] = ("running", None)


@for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
def test_a_job_without_a_record_belongs_to_the_living_run_in_its_tags(case: Case, cloud: Cloud) -> None:
    subject = STAGES[case.allowed](cloud)
    tagged(cloud, subject.job)
    before = len(cloud.emulator.journal(case.action))
    with pytest.raises(IdentityConflict, match="run manual__other of dag, which is alive"):
        Task(case.task(subject)).run()
    assert len(cloud.emulator.journal(case.action)) == before
    if KEY + subject.job in AIRFLOW.variables:  # an ending is remembered whoever has seen it, for whose job it is
        assert record(subject.job).holder == holder()


@pytest.mark.parametrize("recorded", [True, False], ids=["by its record", "by its tags"])
@pytest.mark.parametrize("name", COMPARERS)
def test_no_comparison_is_created_on_a_job_that_a_living_run_holds(name: str, recorded: bool, cloud: Cloud) -> None:
    comparer = COMPARERS[name]
    job = comparer.made(cloud)
    if recorded:
        held(job, holder())
    else:
        tagged(cloud, job)
    with pytest.raises(IdentityConflict, match="manual__other"):
        comparer.task(job).run()
    assert calls(cloud.emulator, comparer.action) == []
    assert (KEY + job in AIRFLOW.variables) == recorded


def test_airflow_that_does_not_tell_means_nobody_acts_and_it_is_tried_again(cloud: Cloud) -> None:
    job = cloud.succeeded()
    AIRFLOW.silent = True
    with pytest.raises(HolderUnknown) as raised:
        Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
    assert not isinstance(raised.value, AirflowFailException)
    assert "Look whether Airflow's API server runs and answers" in str(raised.value.next_step)
    assert cloud.trade(job) == "normal"


def test_a_client_without_records_changes_nothing(cloud: Cloud) -> None:
    from tencent_dts.api.client import DtsClient

    job = cloud.succeeded()

    async def isolate() -> None:
        async with DtsClient(DtsHook().resolve()) as client:
            await converge(client, table.ISOLATE, {"JobId": job}, {"JobId": job})

    with pytest.raises(TypeError, match="book"):
        asyncio.run(isolate())


ALICE = ClientSettings("ap-guangzhou", secret_id="AKIDalice", secret_key="one")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(ALICE, secret_key="two", region="ap-shanghai", token="a-token"), True),
        (replace(ALICE, secret_id="AKIDbob"), False),
        (replace(ALICE, role_arn="qcs::cam::uin/1:roleName/dts"), False),
        (replace(ALICE, credentials="default"), False),
    ],
    ids=["another secret", "another key", "a role", "the provider chain"],
)
def test_one_user_is_told_from_another_without_a_name(other: ClientSettings, same: bool) -> None:
    assert (caller_of(other) == caller_of(ALICE)) is same
    assert "AKID" not in caller_of(other)


def test_the_keys_that_a_role_or_the_provider_chain_lends_are_those_of_one_user() -> None:
    role = replace(ALICE, role_arn="qcs::cam::uin/1:roleName/dts")
    assert caller_of(replace(role, secret_id="AKIDbob")) == caller_of(role)
    chain = replace(ALICE, credentials="default")
    assert caller_of(replace(chain, secret_id="")) == caller_of(chain)


@pytest.fixture(params=BY_THE_HOUR)
def buyer(request: pytest.FixtureRequest) -> Buyer:
    return BY_THE_HOUR[str(request.param)]


@pytest.fixture
def person(buyer: Buyer, cloud: Cloud) -> Cloud:
    cloud.emulator.set_speed(SPEED)
    return buyer.person(cloud.emulator)


def adoption(buyer: Buyer, job_id: str) -> Task:
    return Task(buyer.task(existing_job_id=job_id), run_id="manual__other")


class TestAdoptedByALivingRun:
    """A is red; B has adopted its job, and lives."""

    @pytest.fixture
    def a(self, buyer: Buyer, person: Cloud) -> Task:
        task = Task(buyer.task())
        job_id = task.run()
        AIRFLOW.runs[task.ti.dag_id, task.ti.run_id] = ("failed", None)
        assert adoption(buyer, job_id).run() == job_id
        AIRFLOW.runs[task.ti.dag_id, task.ti.run_id] = ("running", None)
        AIRFLOW.runs[OTHER] = ("running", None)
        return task

    def test_the_purchase_of_the_first_run_takes_nothing_back_and_buys_nothing(
        self, a: Task, buyer: Buyer, person: Cloud
    ) -> None:
        before = changes(person)
        with pytest.raises(IdentityConflict, match="manual__other"):
            a.clear().run()
        assert changes(person) == before

    def test_nor_does_it_once_the_job_has_been_ended_there(self, a: Task, buyer: Buyer, person: Cloud) -> None:
        (job,) = person.emulator.jobs()
        for status in buyer.makes_way:
            person.emulator.seed({"match": {"JobId": job["JobId"]}, "force_status": status})
            with pytest.raises(IdentityConflict, match="manual__other"):
                a.clear().run()
        assert len(calls(person.emulator, buyer.action)) == 1

    def test_once_the_second_run_is_over_the_first_goes_on_with_the_job(
        self, a: Task, buyer: Buyer, person: Cloud
    ) -> None:
        AIRFLOW.runs[OTHER] = ("failed", None)
        (job,) = person.emulator.jobs()
        assert a.clear().run() == job["JobId"]
        with pytest.raises(IdentityConflict, match="2026-11-23"):  # the run of A, which is alive
            adoption(buyer, job["JobId"]).run()


# --- In its own place ---


class TestAnotherPlace:
    """What was bought in one place is not bought in another, and nothing is called there."""

    @pytest.mark.parametrize("remembered", ["job", "announcement"])
    def test_a_region_corrected_after_the_purchase_buys_nothing_twice(
        self, remembered: str, buyer: Buyer, person: Cloud
    ) -> None:
        task = Task(buyer.task())
        job_id = task.run()
        if remembered == "announcement":
            task.store.delete("job_id")
        task.operator.region = "ap-shanghai"
        before = len(person.emulator.journal())
        with pytest.raises(WrongPlace) as raised:
            task.clear().run()
        for told in ("region ap-guangzhou of", "region ap-shanghai of", "forget"):
            assert told in str(raised.value)
        assert len(person.emulator.journal()) == before
        task.operator.region = "ap-guangzhou"
        assert task.clear().run() == job_id

    def test_what_was_refused_can_be_bought_elsewhere(self, buyer: Buyer, person: Cloud) -> None:
        task = Task(buyer.task())
        person.emulator.add_fault({"action": buyer.action, "code": next(iter(buyer.refusals)), "times": 1})
        with pytest.raises(DtsProblem):
            task.run()
        for name in ("region", "dst_region"):
            if hasattr(task.operator, name):
                setattr(task.operator, name, "ap-shanghai")
        assert task.clear().run()

    @for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
    def test_every_later_task_refuses_first_thing(self, case: Case, cloud: Cloud) -> None:
        subject = STAGES[case.allowed](cloud)
        held(subject.job, Holder(TaskInstance.dag_id, TaskInstance.run_id, "purchase"))
        before = len(cloud.emulator.journal())
        with pytest.raises(WrongPlace, match="ap-shanghai"):
            Task(case.task(subject, region="ap-shanghai")).run()
        assert len(cloud.emulator.journal()) == before

    def test_what_was_adopted_is_not_looked_for_in_another(self, buyer: Buyer, person: Cloud) -> None:
        job_id = buyer.elsewhere(person)
        task = Task(buyer.task(existing_job_id=job_id, **buyer.adopting))
        assert task.run() == job_id
        task.operator.region = "ap-shanghai"
        before = len(person.emulator.journal())
        with pytest.raises(WrongPlace) as raised:
            task.clear().run()
        assert "region ap-guangzhou of" in str(raised.value)
        assert len(person.emulator.journal()) == before


# --- An ending is something seen ---


class TestAnotherAccount:
    """The connection of a run leads to another account for a while."""

    def test_the_purchase_buys_no_second_job_and_goes_on_when_it_is_put_right(
        self, buyer: Buyer, person: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = Task(buyer.task())
        job_id = task.run()
        right = dict(airflow_connections["tencentcloud_default"])
        change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
        for _ in range(2):
            with pytest.raises(JobNotFound, match="last seen in region ap-guangzhou") as raised:
                task.clear().run()
            assert "not known" in (raised.value.bill or "")
        assert len(calls(person.emulator, buyer.action)) == 1
        change(monkeypatch, airflow_connections, "tencentcloud_default", **right)
        assert task.clear().run() == job_id

    def test_keys_rotate_within_an_account(
        self, buyer: Buyer, person: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = Task(buyer.task())
        job_id = task.run()
        rotated = {"login": "AKIDrotated", "password": "rotated-secret"}
        change(monkeypatch, airflow_connections, "tencentcloud_default", **rotated)
        assert task.clear().run() == job_id
        assert len(calls(person.emulator, buyer.action)) == 1


def test_an_ending_that_was_seen_is_remembered_over_tasks(cloud: Cloud) -> None:
    job = cloud.succeeded()
    cloud.emulator.set_speed(SPEED)
    isolate = Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job))
    isolate.run()
    assert "isolat" in str(ending(job))
    assert ending(job).status == "success"  # type: ignore[union-attr]  # the line above says so
    cloud.emulator.reset()
    assert isolate.clear().run() == {"JobId": job, "Status": "gone", "TradeStatus": "gone"}


@pytest.mark.parametrize(
    ("name", "action", "kind"),
    [
        ("free", "IsolateMigrateJob", DtsIsolateMigrateJobOperator),
        ("sync free, stopped", "IsolateSyncJob", DtsIsolateSyncJobOperator),
        ("2018", "DeleteMigrateJob", DtsDeleteMigrateJob2018Operator),
    ],
)
@pytest.mark.parametrize("fault", [{}, {"drop": "after"}, {"status": 502, "when": "after"}], ids=str)
def test_an_order_that_deletes_at_once_is_an_ending_even_if_its_answer_is_lost(
    name: str, action: str, kind: type[Any], fault: dict[str, Any], cloud: Cloud
) -> None:
    job = made(name, cloud)
    cloud.emulator.set_speed(SPEED)
    if fault:
        cloud.emulator.add_fault({"action": action, "times": 1, **fault})
    task = Task(kind(task_id="end", job_id=job))
    assert task.run()["JobId"] == job
    cloud.wait(60)
    assert task.clear().run()["Status"] == "gone"
    assert len(calls(cloud.emulator, action)) == 1


def made(name: str, cloud: Cloud) -> str:
    """A job whose end deletes it."""
    return Cloud2018(cloud.emulator).made() if name == "2018" else STAGES[name](cloud).job


def test_an_order_that_was_refused_is_no_ending(cloud: Cloud) -> None:
    job = Cloud2018(cloud.emulator).made()
    cloud.emulator.add_fault({"action": "DeleteMigrateJob", "code": "UnauthorizedOperation", "times": 1})
    task = Task(DtsDeleteMigrateJob2018Operator(task_id="end", job_id=job))
    with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
        task.run()
    assert ending(job) is None
    cloud.emulator.reset()
    with pytest.raises(JobNotFound, match=job):
        task.clear().run()


def test_an_order_for_a_job_that_costs_is_no_ending_while_its_outcome_is_unknown(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "call_timeout", lambda: 0.0)
    job = cloud.succeeded()
    cloud.emulator.add_fault({"action": "IsolateMigrateJob", "drop": "before"})
    task = Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job))
    with pytest.raises(OutcomeUnknown):
        task.run()
    assert ending(job) is None


def test_a_job_that_was_recovered_has_not_ended(cloud: Cloud) -> None:
    from tencent_dts.operators.migration import DtsRecoverMigrateJobOperator

    job = cloud.succeeded()
    cloud.emulator.set_speed(SPEED)
    Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
    Task(DtsRecoverMigrateJobOperator(task_id="recover", job_id=job)).run()
    assert ending(job) is None
    cloud.emulator.reset()
    with pytest.raises(JobNotFound):
        Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()


@pytest.mark.parametrize(
    ("made", "operator"),
    [
        (lambda cloud: cloud.succeeded(), DtsIsolateMigrateJobOperator),
        (lambda cloud: SyncCloud(cloud.emulator).stopped_sync(), DtsIsolateSyncJobOperator),
    ],
    ids=["migration", "sync"],
)
def test_one_look_that_does_not_find_a_job_is_made_again(made: Any, operator: Any, cloud: Cloud) -> None:
    job = made(cloud)
    cloud.emulator.add_fault({"action": operator.operation.resource.read, "code": "ResourceNotFound", "times": 1})
    cloud.emulator.set_speed(SPEED)
    assert Task(operator(task_id="isolate", job_id=job)).run()["TradeStatus"].lower() == "isolated"


def test_a_link_that_is_not_found_is_neither_stopped_nor_isolated(cloud: Cloud) -> None:
    for kind in (DtsStopSyncJobOperator, DtsIsolateSyncJobOperator):
        with pytest.raises(JobNotFound, match="sync-misspelt"):
            Task(kind(task_id="task", job_id="sync-misspelt")).run()


@pytest.mark.parametrize("bill", ["offlining", "offlined"])
def test_a_destroyed_job_is_not_told_as_one_that_can_be_recovered(bill: str) -> None:
    item = {"JobId": "dts-1", "Status": "running", "TradeInfo": {"TradeStatus": bill}}
    told = str(impossible(table.PAUSE, {"JobId": "dts-1"}, item))
    assert "destroyed" in told
    assert "RecoverMigrateJob" not in told


def test_what_was_bought_is_remembered_before_it_is_written_down_whose_it_is(
    buyer: Buyer, person: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker of this task keeps the one that is remembered, and to take hold of a job can take a while."""
    really = AIRFLOW._PutVariable

    def silent(key: str, value: str, **more: Any) -> None:
        if json.loads(value).get("owners"):
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))
        really(key, value, **more)

    monkeypatch.setattr(AIRFLOW, "_PutVariable", silent)
    task = Task(buyer.task())
    with pytest.raises(HolderUnknown):
        task.run()
    assert [task.store.values["job_id"]] == buyer.left(person)


def test_every_purchase_writes_its_record(buyer: Buyer, person: Cloud) -> None:
    task, began = Task(buyer.task(), map_index=2), time.time()
    kept = record(task.run())
    assert began <= kept.bought <= time.time()
    assert issubclass(buyer.operator, PurchaseTask)
    assert kept.holder == kept.owners[-1] == Holder("dag", TaskInstance.run_id, "purchase[2]")
    assert kept.place == place()
    assert json.loads(AIRFLOW.variables[KEY + task.store.values["job_id"]]).keys() == Record.__dataclass_fields__.keys()
