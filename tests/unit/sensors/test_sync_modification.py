"""The sensors of a change: every failed item told, a new check after a clear, and proof that the change holds."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.errors import CheckNotPassed, JobFailed
from tencent_dts.sensors.sync_change import DtsSyncChangeAppliedSensor, DtsSyncChangeCheckPassedSensor
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.sync_cloud import SyncCloud
from tests.unit.stages import SPEED, STAGES, calls
from tests.unit.stages_sync_changes import change

pytestmark = pytest.mark.usefixtures("airflow_connections")


@pytest.fixture
def person(cloud: Cloud) -> SyncCloud:
    """Somebody at the console."""
    return SyncCloud(cloud.emulator)


def check_passed(job: str, **changes: Any) -> Task:
    plan = change(**changes)
    return Task(DtsSyncChangeCheckPassedSensor(task_id="check_passed", job_id=job, configuration=plan))


def modified(job: str, *names: str, **changes: Any) -> Task:
    return Task(DtsSyncChangeAppliedSensor(task_id="applied", job_id=job, configuration=change(*names, **changes)))


def failed_check(person: SyncCloud, *steps: str, always: bool = False) -> str:
    job = person.syncing()
    person.emulator.seed({"match": {"JobId": job}, "checks": dict.fromkeys(steps, "failed"), "always": always})
    person.modify(job)
    person.modify_checked(job)
    return job


class TestCheckPassed:
    """The check of a change."""

    def test_every_failed_item_is_told_with_reason_solution_and_help(self, person: SyncCloud) -> None:
        job = failed_check(person, "DstSpaceCheck", "ModifyConfigCheck")
        with pytest.raises(CheckNotPassed, match="2 items") as raised:
            check_passed(job).run()
        for told in ("DstSpaceCheck", "ModifyConfigCheck", "solution: ", "help: https://", "The link goes on"):
            assert told in str(raised.value)

    def test_after_a_clear_it_sends_the_change_again_and_checks_anew(self, person: SyncCloud) -> None:
        job = failed_check(person, "DstSpaceCheck")
        task = check_passed(job)
        for _ in range(2):
            with pytest.raises(CheckNotPassed):
                task.retry().run()
        assert len(calls(person.emulator, "CreateModifyCheckSyncJob")) == 1
        person.emulator.set_speed(SPEED)
        assert task.clear().run() == {"JobId": job, "OptObjStatus": "CheckPass", "skipped": []}
        assert len(calls(person.emulator, "ModifySyncJobConfig")) == 2
        assert len(calls(person.emulator, "CreateModifyCheckSyncJob")) == 2

    def test_a_verdict_that_stays_negative_is_red_again(self, person: SyncCloud) -> None:
        job = failed_check(person, "DstSpaceCheck", always=True)
        task = check_passed(job)
        person.emulator.set_speed(SPEED)
        for _ in range(3):
            with pytest.raises(CheckNotPassed, match="DstSpaceCheck"):
                task.clear().run()

    def test_cleared_after_the_change_has_begun_it_orders_nothing(self, person: SyncCloud) -> None:
        job = failed_check(person, "DstSpaceCheck")
        task = check_passed(job)
        with pytest.raises(CheckNotPassed):
            task.run()
        person.modify_checked(job)
        person.call("StartModifySyncJob", JobId=job)
        before = len(calls(person.emulator, "ModifySyncJobConfig"))
        assert task.clear().run()["OptObjStatus"] == "CheckPass"
        assert len(calls(person.emulator, "ModifySyncJobConfig")) == before

    def test_a_lost_answer_to_the_new_check_orders_no_second(self, person: SyncCloud) -> None:
        job = failed_check(person, "DstSpaceCheck")
        task = check_passed(job)
        with pytest.raises(CheckNotPassed):
            task.run()
        person.emulator.add_fault({"action": "CreateModifyCheckSyncJob", "drop": "after", "times": 1})
        person.emulator.set_speed(SPEED)
        task.clear().run()
        assert len(calls(person.emulator, "CreateModifyCheckSyncJob")) == 2

    def test_a_stopped_job_is_not_waited_for(self, person: SyncCloud) -> None:
        job = STAGES["sync change of a stopped job"](person).job
        task = check_passed(job)
        with pytest.raises(JobFailed, match="cannot be changed any more"):
            task.operator.execute(task.context)


class TestModified:
    """The end of a change."""

    def test_it_is_applied_only_where_the_job_shows_it(self, person: SyncCloud) -> None:
        job = STAGES["sync change Success"](person).job
        assert modified(job).run() == {"JobId": job, "OptObjStatus": "Success"}
        task = modified(job, "app", "other")
        with pytest.raises(JobFailed, match=r"lacks other") as raised:
            task.run()
        assert "has more, which was not asked for" in str(raised.value)
        with pytest.raises(JobFailed, match="stands"):
            task.retry().run()

    def test_options_are_looked_at_too(self, person: SyncCloud) -> None:
        job = person.syncing()
        wanted = {"OpTypes": ["Insert"], "DdlOptions": [{"DdlObject": "Table", "DdlValue": ["Create"]}]}
        person.modify(job, DynamicOptions=wanted)
        person.modify_checked(job)
        person.call("StartModifySyncJob", JobId=job)
        person.wait(30)
        assert modified(job, objects={}, options=wanted).run()
        with pytest.raises(JobFailed, match=r"OpTypes lacks Delete"):
            modified(job, objects={}, options={**wanted, "OpTypes": ["Insert", "Delete"]}).run()

    def test_a_difference_that_is_gone_is_green_after_a_clear(self, person: SyncCloud) -> None:
        job = STAGES["sync change Success"](person).job
        task = modified(job, "app")
        with pytest.raises(JobFailed):
            task.run()
        person.call("ModifySyncJobConfig", JobId=job, DynamicObjects=change("app")["objects"])
        person.modify_checked(job)
        person.call("StartModifySyncJob", JobId=job)
        person.emulator.set_speed(SPEED)
        assert task.clear().run()["OptObjStatus"] == "Success"

    def test_a_change_that_failed_says_to_send_it_again(self, person: SyncCloud) -> None:
        with pytest.raises(JobFailed, match="clear `modify`"):
            modified(STAGES["sync change Failed"](person).job).run()

    def test_a_change_applied_before_the_job_was_stopped_stays_applied(self, person: SyncCloud) -> None:
        job = STAGES["sync change Success"](person).job
        person.call("StopSyncJob", JobId=job)
        person.wait(20)
        assert modified(job).run()["OptObjStatus"] == "Success"
