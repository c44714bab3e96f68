"""The sensors of 2018 migrations: a check is re-armed, a failure is not resumed, a difference is not a success."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.errors import CheckNotPassed, DataNotProven, JobFailed, Permanent
from tencent_dts.operators.migration_2018 import DtsCreateMigrateCheckJob2018Operator, DtsCreateMigrateJob2018Operator
from tencent_dts.sensors import migration_2018 as sensors
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import OPTION, Cloud2018, naming
from tests.unit.stages_2018 import TO_THE_INCREMENTAL_STEP, of_2018, plan_2018
from tests.unit.subjects import SPEED, calls

Connections = dict[str, dict[str, Any]]

SAMPLE = {"SelectRowsPerTable": 10, "TablesSelectAll": 20, "TablesSelectCount": 30}


@pytest.fixture
def old(cloud: Cloud, airflow_connections: Connections) -> Cloud2018:
    return of_2018(cloud)


class TestCheckPassed:
    """A verdict stands until a clear, which configures and checks anew."""

    def sensor(self, job: str, **changes: Any) -> Task:
        plan = plan_2018(**changes)
        return Task(sensors.DtsMigrateCheckPassed2018Sensor(task_id="check_passed", job_id=job, configuration=plan))

    def test_a_failure_says_what_the_check_said(self, old: Cloud2018) -> None:
        job = old.passed(**naming("rehearse_check_DstEmptyCheck"))
        with pytest.raises(CheckNotPassed, match="content conflict") as raised:
            self.sensor(job).run()
        assert job in str(raised.value)
        assert "clear this task" in str(raised.value.next_step)
        assert "costs nothing" in str(raised.value)

    def test_a_check_that_broke_is_a_failure(self, old: Cloud2018) -> None:
        old.emulator.seed({"match": {"any": True}, "check_run": "failed"})
        with pytest.raises(CheckNotPassed, match="broke"):
            self.sensor(old.passed()).run()

    def test_a_corrected_password_is_sent_by_a_clear_and_the_check_ordered_anew(
        self, old: Cloud2018, airflow_connections: Connections, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def password(text: str) -> None:
            value = airflow_connections["source_mysql"] | {"password": text}
            monkeypatch.setenv("AIRFLOW_CONN_SOURCE_MYSQL", json.dumps(value))

        old.emulator.set_speed(SPEED)
        password("wrong-one")
        job = Task(DtsCreateMigrateJob2018Operator(task_id="create", configuration=plan_2018())).run()
        Task(DtsCreateMigrateCheckJob2018Operator(task_id="check", job_id=job)).run()
        task = self.sensor(job)
        with pytest.raises(CheckNotPassed, match="password"):
            task.run()
        password("right-one")
        with pytest.raises(CheckNotPassed, match="stands"):
            task.retry().run()
        assert calls(old.emulator, "ModifyMigrateJob") == []
        assert task.clear().run() == {"JobId": job, "CheckFlag": "checkPass", "skipped": []}
        assert len(calls(old.emulator, "ModifyMigrateJob")) == 1
        assert len(calls(old.emulator, "CreateMigrateCheckJob")) == 2
        assert len(calls(old.emulator, "CreateMigrateJob")) == 1

    def test_an_old_verdict_does_not_count_and_the_check_is_ordered_again(self, old: Cloud2018) -> None:
        job = old.passed()
        old.emulator.seed({"match": {"JobId": job}, "force_status": "creating"})
        old.emulator.set_speed(SPEED)
        assert self.sensor(job).run()["JobId"] == job
        assert len(calls(old.emulator, "CreateMigrateCheckJob")) == 2  # it was ordered again

    def test_a_check_is_known_to_run_from_the_shared_list(self, old: Cloud2018) -> None:
        import asyncio

        from tencent_dts.api.client import DtsClient
        from tencent_dts.engine.waiting import Round, Watch, look
        from tencent_dts.hooks.dts import DtsHook
        from tencent_dts.model.resource import Verdict

        job = old.then(old.made(), "CreateMigrateCheckJob")
        watch = Watch({"JobId": job}, goal="check passed (2018)")

        async def seen() -> Verdict:
            async with DtsClient(DtsHook().resolve(), watch.resource.version) as client:
                found = await look(watch, Round(client, {job: old.item(job)}))
                assert found is not None
                return found[0]

        assert asyncio.run(seen()) is Verdict.UNDER_WAY
        assert old.emulator.journal("DescribeMigrateCheckJob") == []


class TestReady:
    """Lag 0, held; and no resume."""

    def sensor(self, job: str, **changes: Any) -> Task:
        return Task(sensors.DtsMigrateJobReady2018Sensor(task_id="ready", job_id=job, **changes))

    def test_lag_that_drains_is_waited_for(self, old: Cloud2018) -> None:
        job = old.begun(TO_THE_INCREMENTAL_STEP + 16)
        assert old.number(job) == 8
        task = self.sensor(job)
        with pytest.raises(TaskDeferred):
            task.operator.execute(task.context)
        old.wait(20)
        assert task.run() == {"JobId": job, "Status": "readyComplete"}

    def test_lag_zero_must_hold(self, old: Cloud2018) -> None:
        job = old.in_time()
        began = time.time()
        assert self.sensor(job, hold_seconds="1").run()["Status"] == "readyComplete"
        assert time.time() - began >= 1

    def test_a_failed_job_is_not_resumed_and_the_error_names_the_way_on(self, old: Cloud2018) -> None:
        job = old.in_time(**naming("rehearse_failed"))
        task = self.sensor(job)
        before = len([call for call in old.emulator.journal() if not call["action"].startswith("Describe")])
        for _ in range(2):
            with pytest.raises(JobFailed, match="no resume") as raised:
                task.clear().run()
        assert "clear `create`" in str(raised.value.next_step)
        assert "Find Resumable Error" in str(raised.value.cause)
        assert len([c for c in old.emulator.journal() if not c["action"].startswith("Describe")]) == before

    @pytest.mark.parametrize("kind", [1, 2])
    def test_a_migration_that_ends_by_itself_is_waited_for_until_it_has_succeeded(
        self, kind: int, old: Cloud2018
    ) -> None:
        job = old.begun(MigrateOption=OPTION | {"MigrateType": kind})
        old.emulator.set_speed(SPEED)
        assert self.sensor(job).run()["Status"] == "success"


class TestSucceeded:
    """A job whose own check found a difference succeeds all the same; the task does not."""

    def sensor(self, job: str) -> Task:
        return Task(sensors.DtsMigrateJobSucceeded2018Sensor(task_id="succeeded", job_id=job))

    def full(self, old: Cloud2018, name: str, consistency: int = 2) -> str:
        option = OPTION | {"MigrateType": 2, "ConsistencyType": consistency, "ConsistencyParams": SAMPLE}
        job = old.in_time(215, MigrateOption=option, JobName=name)
        assert old.number(job) == 9
        return job

    def test_it_tells_which_check_it_rests_on(self, old: Cloud2018) -> None:
        job = self.full(old, "orders")
        assert self.sensor(job).run() == {"JobId": job, "Status": "success", "ConsistencyType": "full"}

    @pytest.mark.parametrize("consistency", [2, 3, 4])
    def test_a_difference_is_red_and_stays_so(self, consistency: int, old: Cloud2018) -> None:
        task = self.sensor(self.full(old, "rehearse_different", consistency))
        with pytest.raises(DataNotProven, match="differ") as raised:
            task.run()
        assert "inconsistent" in str(raised.value.cause)
        assert raised.value.next_step
        with pytest.raises(Permanent, match="stands"):
            task.retry().run()
        with pytest.raises(DataNotProven):
            task.clear().run()

    def test_a_difference_told_by_the_job_s_errors_alone_counts(self, old: Cloud2018) -> None:
        import asyncio

        item = old.item(self.full(old, "orders"))
        item["ErrorInfo"] = [{"ErrorLog": "The data of source and target are inconsistent.", "HelpDoc": ""}]
        operator = self.sensor(item["JobId"]).operator
        with pytest.raises(DataNotProven, match="differ"):
            asyncio.run(operator.result(None, None, item))
