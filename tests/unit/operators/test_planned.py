"""A job that does something else than the plan of its run: not adopted, not checked, not started, not cut over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tencent_dts.errors import ConfiguredOtherwise, DataNotProven, Impossible
from tencent_dts.operators import migration, migration_2018, sync
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.subscription import DtsCreateSubscribe2018Operator, DtsModifySubscribeObjects2018Operator
from tencent_dts.sensors.migration import DtsMigrationJobSucceededSensor
from tencent_dts.sensors.migration_2018 import DtsMigrateJobSucceeded2018Sensor
from tencent_dts.sensors.sync import DtsSyncJobCaughtUpSensor
from tests.drive import Task
from tests.unit.emulator import cloud as of_migration
from tests.unit.emulator import cloud_2018, sync_cloud
from tests.unit.emulator.cloud import Cloud, databases
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.operators.buyers import LINK
from tests.unit.operators.comparers import COMPARERS
from tests.unit.stages import plan
from tests.unit.stages_2018 import PLAN_OF_A_PERSON
from tests.unit.stages_sync import plan as sync_plan
from tests.unit.subjects import SPEED, calls, drive, of_a_person

pytestmark = pytest.mark.usefixtures("airflow_connections")


@dataclass(frozen=True)
class Kind:
    """One kind of job with a configuration, and somebody at its API.

    :param plan: the plan of a job as that person configures it.
    :param create: what buys or creates one, and its arguments besides the plan's.
    :param made: such a job, configured; ``passed``: checked; ``running``: in its incremental step.
    :param configure: the action that configures it, whole; ``other`` is a configuration with another database.
    :param path: where the answer shows the difference, and the values of job and plan.
    :param checked: lets the person check the job.
    :param sender: the operator that configures it.
    """

    person: type[Cloud]
    plan: Mapping[str, Any]
    create: tuple[type[Any], Mapping[str, Any]]
    made: Callable[[Any], str]
    passed: Callable[[Any], str]
    running: Callable[[Any], str]
    configure: str
    other: Mapping[str, Any]
    told: tuple[str, ...]
    checked: Callable[[Any, str], Any]
    sender: type[Any]
    check: type[Any]
    start: type[Any]

    def task(self, operator: Callable[..., Any], job: str, **changes: Any) -> Task:
        """A task of a run whose plan this is."""
        return Task(operator(task_id="task", job_id=job, configuration={**self.plan, **changes}, timeout=600))

    def adoption(self, job: str, **changes: Any) -> Task:
        """The purchase of a run that takes this job."""
        operator, given = self.create
        whole = {**self.plan, **changes}
        return Task(operator(task_id="purchase", existing_job_id=job, configuration=whole, **given))

    def meddle(self, person: Any, job: str) -> None:
        """Another hand in the console."""
        person.call(self.configure, JobId=job, **self.other)


_ELSEWHERE = {"Host": "198.51.100.7"}
KINDS = {
    "migration": Kind(
        Cloud,
        plan(**of_a_person("person_mysql")),
        (DtsCreateMigrationServiceOperator, LINK),
        Cloud.configured,
        Cloud.checked,
        Cloud.ready,
        "ModifyMigrationJob",
        of_migration.configuration(SrcInfo=of_migration.endpoint(**_ELSEWHERE), MigrateOption=databases("secrets")),
        (
            "SrcInfo.Info, number 1.Host is 198.51.100.7, not 203.0.113.10",
            "MigrateOption.DatabaseTable.Databases lacks app",
            "MigrateOption.DatabaseTable.Databases has secrets, which was not asked for",
        ),
        Cloud.check,
        migration.DtsModifyMigrationJobOperator,
        migration.DtsCreateMigrateCheckJobOperator,
        migration.DtsStartMigrateJobOperator,
    ),
    "sync": Kind(
        SyncCloud,
        sync_plan(**of_a_person("person_sync")),
        (sync.DtsCreateSyncJobOperator, LINK),
        SyncCloud.initialized,
        SyncCloud.check_passed,
        SyncCloud.syncing,
        "ConfigureSyncJob",
        sync_cloud.configuration(
            DstInfo=sync_cloud.ENDPOINT | {"Ip": "198.51.100.7"},
            Objects=sync_cloud.objects("secrets"),
            Options={"ConflictHandleType": "Cover"},
        ),
        (
            "DstInfo.Ip is 198.51.100.7, not 203.0.113.10",
            "Objects.Databases lacks app",
            "Objects.Databases has secrets, which was not asked for",
            "Options.ConflictHandleType is Cover, not ReportError",
        ),
        SyncCloud.sync_check,
        sync.DtsConfigureSyncJobOperator,
        sync.DtsCreateCheckSyncJobOperator,
        sync.DtsStartSyncJobOperator,
    ),
    "migration of 2018": Kind(
        Cloud2018,
        PLAN_OF_A_PERSON,
        (migration_2018.DtsCreateMigrateJob2018Operator, {"region": "ap-guangzhou"}),
        Cloud2018.made,
        Cloud2018.passed,
        Cloud2018.in_time,
        "ModifyMigrateJob",
        {
            "SrcAccessType": "extranet",
            "SrcInfo": cloud_2018.SOURCE | {"Ip": "198.51.100.7"},
            "DstAccessType": "cdb",
            "DstInfo": cloud_2018.TARGET,
            **cloud_2018.naming("secrets"),
        },
        (
            "SrcInfo.Ip is 198.51.100.7, not 203.0.113.10",
            "MigrateOption.MigrateObject is 2 (tables), not 1 (instance)",
            "DatabaseInfo has secrets, which was not asked for",
        ),
        Cloud2018.verdict,
        migration_2018.DtsModifyMigrateJob2018Operator,
        migration_2018.DtsCreateMigrateCheckJob2018Operator,
        migration_2018.DtsStartMigrateJob2018Operator,
    ),
}


COMPLETE: dict[Any, Any] = {
    Cloud: migration.DtsCompleteMigrateJobOperator,
    Cloud2018: migration_2018.DtsCompleteMigrateJob2018Operator,
}
SUCCEEDED: dict[Any, Any] = {Cloud: DtsMigrationJobSucceededSensor, Cloud2018: DtsMigrateJobSucceeded2018Sensor}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def person(kind: Kind, cloud: Cloud) -> Any:
    """Somebody at the console."""
    return kind.person(cloud.emulator)


def started(kind: Kind, person: Any, job: str) -> None:
    """Let the person check the job and start it."""
    kind.checked(person, job)
    person.call(kind.start.operation.action, JobId=job)
    person.wait(63 + 10 + 44 + 43 + 20)


def refused(kind: Kind, person: Any, task: Task) -> ConfiguredOtherwise:
    """The task is red, names every difference and calls nothing that changes anything."""
    before = changes(person)
    with pytest.raises(ConfiguredOtherwise) as raised:
        task.run()
    for line in kind.told:
        assert line in (raised.value.cause or "")
    assert "correct horse" not in str(raised.value)
    assert changes(person) == before
    return raised.value


def changes(person: Cloud) -> list[str]:
    return [call["action"] for call in person.emulator.journal() if not call["action"].startswith("Describe")]


class TestAdoption:
    """A job given by its id must do what the run is asked for, unless the run is going to configure it."""

    def test_one_at_work_for_something_else_is_refused(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        started(kind, person, job)
        error = refused(kind, person, kind.adoption(job))
        assert "new run" in (error.next_step or "")

    def test_one_that_is_being_checked_is_too(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        person.call(kind.check.operation.action, JobId=job)
        refused(kind, person, kind.adoption(job))

    def test_one_at_work_for_the_plan_is_adopted(self, kind: Kind, person: Any) -> None:
        job = kind.running(person)
        assert kind.adoption(job).run() == job

    def test_one_that_the_run_will_configure_is_adopted_whatever_it_was_for(self, kind: Kind, person: Any) -> None:
        job = kind.passed(person)
        kind.meddle(person, job)
        if kind.person is Cloud2018:  # its jobs are created configured: no task of a run configures them
            refused(kind, person, kind.adoption(job))
        else:
            assert kind.adoption(job).run() == job

    def test_one_that_was_bought_for_other_databases_is_refused(self, cloud: Cloud) -> None:
        job = cloud.buy(SrcDatabaseType="postgresql", DstDatabaseType="postgresql")
        with pytest.raises(ConfiguredOtherwise, match="not adopted") as raised:
            KINDS["migration"].adoption(job).run()
        assert "SrcInfo.DatabaseType is postgresql, not mysql" in (raised.value.cause or "")

    @pytest.mark.parametrize("kind", ["migration", "sync"], indirect=True)  # one of 2018 is created with its plan
    def test_without_a_plan_nothing_is_compared(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        started(kind, person, job)
        operator, given = kind.create
        assert Task(operator(task_id="purchase", existing_job_id=job, **given)).run() == job


class TestAnotherHand:
    """Somebody configures the job in the console while the run is at work."""

    def test_before_the_check_nothing_is_checked(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        error = refused(kind, person, kind.task(kind.check, job))
        assert "with its downstream" in (error.next_step or "")

    def test_before_the_start_nothing_is_started(self, kind: Kind, person: Any) -> None:
        job = kind.passed(person)
        kind.meddle(person, job)
        kind.checked(person, job)
        refused(kind, person, kind.task(kind.start, job))

    def test_while_a_check_runs_the_check_that_was_ordered_is_none(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        person.call(kind.check.operation.action, JobId=job)
        error = refused(kind, person, kind.task(kind.check, job))
        assert (error.next_step or "").startswith("When its check has ended")

    @pytest.mark.parametrize("step", ["sender", "check", "start"])
    def test_a_job_that_runs_for_something_else_is_told_by_every_step(self, step: str, kind: Kind, person: Any) -> None:
        job = kind.passed(person)
        kind.meddle(person, job)
        started(kind, person, job)
        refused(kind, person, kind.task(getattr(kind, step), job))

    def test_configuring_again_puts_it_right(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        task = kind.task(kind.sender, job)
        task.run()
        sent = len(calls(person.emulator, kind.configure))
        task.clear().run()
        assert len(calls(person.emulator, kind.configure)) == sent
        kind.meddle(person, job)
        task.clear().run()
        assert len(calls(person.emulator, kind.configure)) == sent + 2
        drive(person.emulator, kind.task(kind.check, job).operator)

    def test_without_a_plan_nothing_is_compared(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        kind.meddle(person, job)
        drive(person.emulator, kind.check(task_id="task", job_id=job))
        assert len(calls(person.emulator, kind.check.operation.action)) == 1


class TestTheSame:
    """What is no difference."""

    def test_the_job_of_the_plan_is_checked_and_started(self, kind: Kind, person: Any) -> None:
        job = kind.made(person)
        drive(person.emulator, kind.task(kind.check, job).operator)
        person.emulator.set_speed(0)
        person.wait(28)
        drive(person.emulator, kind.task(kind.start, job).operator)
        assert len(calls(person.emulator, kind.start.operation.action)) == 1

    @pytest.mark.parametrize("step", ["check", "start"])
    def test_a_rotated_password(
        self, step: str, kind: Kind, person: Any, monkeypatch: pytest.MonkeyPatch, airflow_connections: Any
    ) -> None:
        job = kind.made(person) if step == "check" else kind.passed(person)
        for side in ("source", "target"):
            name = kind.plan[side]["connection"]
            rotate(monkeypatch, name, "another password")
        drive(person.emulator, kind.task(getattr(kind, step), job).operator)

    def test_a_user_that_was_rotated_once_the_job_runs(
        self, kind: Kind, person: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = kind.running(person)
        rotate(monkeypatch, kind.plan["source"]["connection"], "another password", login="dts_green")
        assert kind.task(kind.start, job).run()["JobId"] == job

    def test_but_not_before(self, kind: Kind, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        job = kind.passed(person)
        rotate(monkeypatch, kind.plan["source"]["connection"], "another password", login="dts_green")
        with pytest.raises(ConfiguredOtherwise, match=r"User is \w+, not dts_green"):
            kind.task(kind.start, job).run()


def test_a_link_that_was_changed_after_its_start_has_not_caught_up_for_the_plan(cloud: Cloud) -> None:
    kind, person = KINDS["sync"], SyncCloud(cloud.emulator)
    job = person.syncing()
    assert kind.task(DtsSyncJobCaughtUpSensor, job).run()["Status"] == "Running"
    person.modify(job, DynamicObjects=sync_cloud.objects("secrets"))
    person.modify_checked(job)
    person.call("StartModifySyncJob", JobId=job)
    person.wait(30)
    with pytest.raises(ConfiguredOtherwise, match=r"Objects\.Databases has secrets"):
        kind.task(DtsSyncJobCaughtUpSensor, job).run()


def test_that_it_was_as_planned_does_not_count_while_it_can_still_be_changed(cloud: Cloud) -> None:
    kind, person = KINDS["sync"], SyncCloud(cloud.emulator)
    job = person.syncing()
    start = kind.task(kind.start, job)
    start.run()
    person.modify(job, DynamicObjects=sync_cloud.objects("secrets"))
    person.modify_checked(job)
    person.call("StartModifySyncJob", JobId=job)
    person.wait(30)
    with pytest.raises(ConfiguredOtherwise, match=r"Objects\.Databases has secrets"):
        start.clear().run()


def test_a_link_that_was_isolated_while_it_was_paused_is_over_for_the_run_that_found_it_as_planned(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, person = KINDS["sync"], SyncCloud(cloud.emulator)
    job = person.syncing()
    start = kind.task(kind.start, job)
    start.run()
    for order in ("PauseSyncJob", "IsolateSyncJob"):
        person.call(order, JobId=job)
        person.wait(30)
    rotate(monkeypatch, kind.plan["target"]["connection"], "correct horse", host="198.51.100.7")
    told = start.clear().run()
    assert (told["Status"], told["TradeStatus"]) == ("Paused", "Isolated")
    with pytest.raises(ConfiguredOtherwise, match=r"not 198\.51\.100\.7"):  # nobody has compared it before
        kind.task(kind.start, job).run()


@pytest.mark.parametrize("name", COMPARERS)
def test_that_the_data_of_another_plan_are_the_same_is_red_until_a_clear(
    name: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, person = KINDS[name], KINDS[name].person(cloud.emulator)
    job, side = kind.running(person), "source" if name == "migration" else "target"
    compared = COMPARERS[name].task(job).run()
    cloud.wait(60)
    task = kind.task(partial(COMPARERS[name].report, compare_task_id=compared), job)
    with monkeypatch.context() as corrected:
        rotate(corrected, kind.plan[side]["connection"], "correct horse", host="198.51.100.7")
        with pytest.raises(ConfiguredOtherwise, match="proves nothing") as raised:
            task.run()
    assert "not 198.51.100.7" in str(raised.value.cause)
    with pytest.raises(DataNotProven, match="proves nothing") as standing:
        task.retry().run()
    assert "stands; clear this task" in str(standing.value.next_step)
    cloud.emulator.set_speed(SPEED)
    assert task.clear().run()["conclusion"] == "same"


def rotate(monkeypatch: pytest.MonkeyPatch, conn_id: str, password: str, **parts: Any) -> None:
    """Change an Airflow connection."""
    import json
    import os

    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    monkeypatch.setenv(variable, json.dumps({**json.loads(os.environ[variable]), "password": password, **parts}))


class TestCutover:
    """What is cut over is what was asked for."""

    @staticmethod
    def foreign(kind: Kind, person: Any) -> str:
        job = kind.passed(person)
        kind.meddle(person, job)
        started(kind, person, job)
        return job

    def test_a_migration_of_other_databases_is_not_cut_over(self, cloud: Cloud) -> None:
        kind = KINDS["migration"]
        job = self.foreign(kind, cloud)
        operator = migration.DtsCompleteMigrateJobOperator(
            task_id="complete", job_id=job, configuration=kind.plan, unproven=True
        )
        refused(kind, cloud, Task(operator))

    def test_neither_is_one_of_2018(self, cloud: Cloud) -> None:
        kind = KINDS["migration of 2018"]
        person = Cloud2018(cloud.emulator)
        job = self.foreign(kind, person)
        operator = migration_2018.DtsCompleteMigrateJob2018Operator(
            task_id="complete", job_id=job, configuration=kind.plan, unproven=True
        )
        refused(kind, person, Task(operator))


@pytest.mark.parametrize("kind", ["migration", "migration of 2018"], indirect=True)
class TestEnded:
    """A migration that has ended must have done what the plan says; it keeps having done so."""

    @staticmethod
    def steps(kind: Kind, job: str) -> dict[str, Task]:
        """The tasks of a run that look at a job which has ended."""
        given: dict[str, Any] = {"job_id": job, "configuration": kind.plan}
        complete, succeeded = COMPLETE[kind.person], SUCCEEDED[kind.person]
        return {
            "sender": kind.task(kind.sender, job),
            "check": kind.task(kind.check, job),
            "start": kind.task(kind.start, job),
            "complete": Task(complete(task_id="complete", unproven=True, **given)),
            "succeeded": Task(succeeded(task_id="succeeded", **given)),
        }

    @staticmethod
    def ended(kind: Kind, person: Any, job: str) -> None:
        started(kind, person, job)
        person.call("CompleteMigrateJob", JobId=job)
        person.wait(10)

    @pytest.mark.parametrize("step", ["sender", "check", "start", "complete", "succeeded"])
    def test_one_that_another_hand_configured_started_and_ended_is_told_by_every_step(
        self, step: str, kind: Kind, person: Any
    ) -> None:
        job = kind.passed(person)
        kind.meddle(person, job)
        self.ended(kind, person, job)
        error = refused(kind, person, self.steps(kind, job)[step])
        assert "trigger a new run" in (error.next_step or "")

    def test_what_was_found_as_planned_stays_so_although_a_connection_names_another_host_by_now(
        self, kind: Kind, person: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = kind.running(person)
        steps = self.steps(kind, job)
        person.emulator.set_speed(SPEED)
        for task in steps.values():
            task.run()
        rotate(monkeypatch, kind.plan["source"]["connection"], "another password", host="192.0.2.9")
        for task in steps.values():
            assert task.clear().run()["JobId"] == job
        for task in steps.values():
            task.operator.configuration = {**kind.plan, "migrate_type": "full"}  # another request was found by no task
            with pytest.raises(ConfiguredOtherwise):
                task.clear().run()

    def test_what_was_started_as_planned_ended_as_planned(
        self, kind: Kind, person: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = kind.passed(person)
        start = self.steps(kind, job)["start"]
        person.emulator.set_speed(SPEED)
        start.run()
        person.emulator.set_speed(0)
        person.wait(63 + 44 + 43 + 20)
        person.call("CompleteMigrateJob", JobId=job)
        person.wait(10)
        rotate(monkeypatch, kind.plan["source"]["connection"], "another password", host="192.0.2.9")
        assert start.clear().run()["JobId"] == job


class TestSubscription:
    """A subscription is bound to one instance; its objects are set by the run."""

    PLAN = {  # noqa: RUF012 - read only
        "instance_id": "cdb-9dijwkkw",
        "subscribe_object_type": "data",
        "objects": [{"DatabaseName": "app"}],
        "uniq_subnet_id": "",
        "vport": 0,
    }

    @staticmethod
    def adoption(job: str, **changes: Any) -> Task:
        configuration = {**TestSubscription.PLAN, **changes}
        return Task(
            DtsCreateSubscribe2018Operator(task_id="purchase", existing_job_id=job, configuration=configuration)
        )

    def test_one_that_is_bound_to_another_instance_is_refused(self, cloud: Cloud) -> None:
        person = Cloud2018(cloud.emulator)
        job = person.active()
        before = changes(person)
        with pytest.raises(ConfiguredOtherwise, match="InstanceId is cdb-9dijwkkw, not cdb-another1"):
            self.adoption(job, instance_id="cdb-another1").run()
        assert changes(person) == before

    def test_one_that_is_bound_to_this_instance_is_adopted_with_whatever_objects(self, cloud: Cloud) -> None:
        job = Cloud2018(cloud.emulator).active()
        assert self.adoption(job).run() == job

    def test_one_that_is_bound_to_none_is_adopted(self, cloud: Cloud) -> None:
        job = Cloud2018(cloud.emulator).subscribed()
        assert self.adoption(job, instance_id="cdb-another1").run() == job

    def test_objects_of_another_instance_are_not_changed(self, cloud: Cloud) -> None:
        job = Cloud2018(cloud.emulator).active()
        before = changes(cloud)
        configuration = {**self.PLAN, "instance_id": "cdb-another1"}
        operator = DtsModifySubscribeObjects2018Operator(
            task_id="objects", subscribe_id=job, configuration=configuration
        )
        with pytest.raises(Impossible, match="another instance"):
            Task(operator).run()
        assert changes(cloud) == before

    def test_one_that_delivers_at_another_port_is_refused(self, cloud: Cloud) -> None:
        job = Cloud2018(cloud.emulator).active()
        with pytest.raises(ConfiguredOtherwise, match="Vport is 7507, not 7600"):
            self.adoption(job, vport=7600).run()
