"""What single operators of API 2018-03-30 do besides converging."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tencent_dts.errors import Impossible, InvalidInput, JobNotFound
from tencent_dts.operators import migration_2018 as migration
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import OPTION, Cloud2018, naming
from tests.unit.stages_2018 import of_2018, plan_2018
from tests.unit.subjects import SPEED, calls, remember_end

pytestmark = pytest.mark.usefixtures("airflow_connections")

MODIFY = "ModifyMigrateJob"


@pytest.fixture
def old(cloud: Cloud) -> Cloud2018:
    return of_2018(cloud)


class TestModify:
    """A configuration is sent once, unless it has changed or come to nothing."""

    def task(self, job: str, *names: str, **changes: Any) -> Task:
        plan = plan_2018(*names, **changes)
        return Task(migration.DtsModifyMigrateJob2018Operator(task_id="configure", job_id=job, configuration=plan))

    def test_the_whole_configuration_is_sent_without_types_name_or_tags(self, old: Cloud2018) -> None:
        self.task(old.made(), "app").run()
        (call,) = calls(old.emulator, MODIFY)
        assert call["parameters"].keys() >= {"MigrateOption", "SrcInfo", "DstInfo", "SrcAccessType", "DstAccessType"}
        assert not {"SrcDatabaseType", "DstDatabaseType", "JobName", "Tags"} & call["parameters"].keys()
        assert json.loads(call["parameters"]["DatabaseInfo"]) == [{"Database": "app"}]

    def test_the_same_configuration_is_not_sent_twice(self, old: Cloud2018) -> None:
        task = self.task(old.made())
        task.run()
        task.clear().run()
        assert len(calls(old.emulator, MODIFY)) == 1

    def test_a_changed_one_is_sent_and_voids_the_check(self, old: Cloud2018) -> None:
        job = old.made()
        task = self.task(job)
        task.run()
        old.verdict(job)
        task.operator.configuration = plan_2018("app")
        assert task.clear().run()["Status"] == "creating"
        assert len(calls(old.emulator, MODIFY)) == 2

    def test_a_changed_password_is_sent(self, old: Cloud2018, monkeypatch: pytest.MonkeyPatch) -> None:
        task = self.task(old.made())
        task.run()
        value = {"conn_type": "mysql", "host": "203.0.113.5", "port": 3306, "login": "dts", "password": "another"}
        value |= {"extra": {"access_type": "extranet", "region": "ap-guangzhou"}}
        monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(value))
        task.clear().run()
        assert len(calls(old.emulator, MODIFY)) == 2
        assert "another" not in json.dumps([task.store.values, task.ti.pushed])

    def test_a_failed_job_is_taken_back_to_its_beginning_though_nothing_has_changed(self, old: Cloud2018) -> None:
        job = old.made()
        task = self.task(job)
        task.run()
        old.emulator.seed({"match": {"JobId": job}, "force_status": "failed"})
        assert task.clear().run()["Status"] == "creating"
        assert len(calls(old.emulator, MODIFY)) == 2


class TestStop:
    """A stopped job of this version has failed."""

    def test_the_job_ends_as_failed_and_says_who_stopped_it(self, old: Cloud2018) -> None:
        job = old.in_time()
        old.emulator.set_speed(SPEED)
        result = Task(migration.DtsStopMigrateJob2018Operator(task_id="stop", job_id=job)).run()
        assert result == {"JobId": job, "Status": "failed"}
        assert "stopped by the user" in old.item(job)["ErrorInfo"][0]["ErrorLog"]

    def test_a_job_that_was_killed_can_be_stopped_but_not_paused(self) -> None:
        task = migration.DtsStartMigrateJob2018Operator(task_id="start", job_id="dts-1", when_killed="stop")
        assert task.when_killed == "stop"
        with pytest.raises(InvalidInput, match="allowed: leave, stop"):
            migration.DtsStartMigrateJob2018Operator(task_id="start", job_id="dts-1", when_killed="pause")


class TestDelete:
    """A job at work is refused; everything else of the run goes."""

    @pytest.mark.parametrize("seconds", [70, 170])
    def test_a_job_at_work_is_refused_and_nothing_offers_to_force_it(self, seconds: float, old: Cloud2018) -> None:
        job = old.begun(seconds)
        with pytest.raises(Impossible, match="at work") as raised:
            Task(migration.DtsDeleteMigrateJob2018Operator(task_id="delete", job_id=job)).run()
        assert "StopMigrateJob" in str(raised.value.next_step)
        assert "even_if_running" not in str(raised.value)
        assert "costs nothing" in str(raised.value)
        assert old.emulator.journal("DeleteMigrateJob") == []

    @pytest.mark.parametrize("made", ["made", "passed"])
    def test_a_job_that_has_not_started_is_deleted(self, made: str, old: Cloud2018) -> None:
        job = getattr(old, made)()
        task = Task(migration.DtsDeleteMigrateJob2018Operator(task_id="delete", job_id=job))
        assert task.run() == {"JobId": job, "Status": "gone"}
        assert task.clear().run() == {"JobId": job, "Status": "gone"}
        assert len(calls(old.emulator, "DeleteMigrateJob")) == 1


class TestAfterTheDeletion:
    """A task that has done its work keeps its result; one that has not finds the job missing."""

    def test_what_was_done_stays_done(self, old: Cloud2018) -> None:
        job = old.passed()
        task = Task(migration.DtsStartMigrateJob2018Operator(task_id="start", job_id=job))
        old.emulator.set_speed(SPEED)
        result = task.run()
        old.emulator.seed({"match": {"JobId": job}, "force_status": "success"})
        old.call("DeleteMigrateJob", JobId=job)
        with pytest.raises(JobNotFound):
            task.clear().run()
        remember_end(job)
        before = len(old.emulator.journal("StartMigrateJob"))
        assert task.clear().run() == result
        assert len(old.emulator.journal("StartMigrateJob")) == before

    def test_what_was_not_done_is_impossible(self, old: Cloud2018) -> None:
        job = old.passed()
        old.call("DeleteMigrateJob", JobId=job)
        remember_end(job)
        with pytest.raises(Impossible, match="gone"):
            Task(migration.DtsStartMigrateJob2018Operator(task_id="start", job_id=job)).run()

    def test_a_result_of_before_does_not_stand_in_for_a_job_that_is_there(self, old: Cloud2018) -> None:
        job = old.passed()
        old.emulator.set_speed(SPEED)
        task = Task(migration.DtsStartMigrateJob2018Operator(task_id="start", job_id=job))
        task.run()
        old.emulator.seed({"match": {"JobId": job}, "force_status": "failed"})
        with pytest.raises(Impossible, match="no resume"):
            task.clear().run()


class TestDescribe:
    """Answers with names for numbers, and databases as objects."""

    def jobs(self, **given: Any) -> Any:
        return Task(migration.DtsDescribeMigrateJobs2018Operator(task_id="jobs", **given)).run()

    def test_a_job_has_names_for_its_numbers_and_objects_for_its_databases(self, old: Cloud2018) -> None:
        option = OPTION | {"MigrateObject": 2, "ConsistencyType": 2}
        job = old.begun(110, **naming("app", "2024") | {"MigrateOption": option})
        (item,) = self.jobs(filters={"JobId": job})
        assert item["Status"] == "running"
        names = {name: item["MigrateOption"][name] for name in ("RunMode", "MigrateType", "MigrateObject")}
        assert names == {"RunMode": "immediate", "MigrateType": "fullAndIncrement", "MigrateObject": "tables"}
        assert item["MigrateOption"]["ConsistencyType"] == "full"
        assert item["DatabaseInfo"] == [{"Database": "app"}, {"Database": "2024"}]
        assert [step["Status"] for step in item["Detail"]["StepInfo"]] == [
            "success",
            "running",
            "notStarted",
            "notStarted",
        ]
        assert not item["SrcInfo"]["Password"]

    def test_lists_are_read_to_their_end_or_to_the_limit(self, old: Cloud2018) -> None:
        for _ in range(3):
            old.made()
        assert len(self.jobs()) == 3
        assert len(self.jobs(limit=2)) == 2

    def test_numbers_without_a_name_and_text_that_is_no_json_stay(self) -> None:
        from tencent_dts.kinds.migration_2018.names import consistency_of, readable_job

        odd = {"Status": 99, "MigrateOption": {"RunMode": 7}, "Detail": None, "DatabaseInfo": "[oops"}
        read = readable_job(odd)
        assert (read["Status"], read["MigrateOption"], read["DatabaseInfo"]) == ("99", {"RunMode": 7}, "[oops")
        assert consistency_of({"MigrateOption": {"ConsistencyType": 9}}) == "9"
        assert readable_job({"Status": 23})["Status"] == "unknown"
        assert consistency_of({}) == ""

    @pytest.mark.parametrize(("made", "flag"), [("made", ""), ("passed", "checkPass")])
    def test_a_check_has_a_name_for_its_flag(self, made: str, flag: str, old: Cloud2018) -> None:
        job = getattr(old, made)()
        answer = Task(migration.DtsDescribeMigrateCheckJob2018Operator(task_id="check", job_id=job)).run()
        assert answer["CheckFlag"] == flag
        assert "RequestId" not in answer
