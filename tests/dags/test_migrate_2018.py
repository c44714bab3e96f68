"""A whole migration of API 2018-03-30: straight, and with each kind of trouble and one Clear."""

from __future__ import annotations

import json
import logging
import runpy
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk import task as airflow_task

from scripts.local import ROOT
from tencent_dts.emulator import Emulator
from tencent_dts.task_groups import migrate_2018
from tencent_dts.times import BEIJING
from tests.dag_runs import LocalRun
from tests.dags.migrations import Connections, change, done, orders
from tests.dags.test_secrets import RIGHT, WRONG, database, written
from tests.unit.emulator.cloud_2018 import JOB, Cloud2018

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


TASKS = ("plan", "create", "check", "check_passed", "start", "ready", "complete", "succeeded", "delete")
CONF: dict[str, Any] = {"hold_seconds": 0}
# Trouble of the first job of a run alone: the next generation is free of it.
FIRST = {"Tag": {"airflow-generation": "0"}}


def dag_2018() -> Any:
    """The DAG that people run, read from its file anew."""
    return runpy.run_path(str(ROOT / "dags" / "dts_migrate_2018.py"))["dag"]


def quick_2018(conf: dict[str, Any]) -> LocalRun:
    """A run of the same tasks in a DAG without a form, which Airflow serializes much faster."""
    with DAG("quick_2018", schedule=None) as dag:
        migrate_2018(None, request=conf, retry_delay=timedelta(0))
    return LocalRun(dag)


def tables(*names: str, **conf: Any) -> dict[str, Any]:
    """The parameters of a run that migrates these databases; a name can rehearse a failure."""
    return {**CONF, "migrate_object": "tables", "databases": [{"Database": name} for name in names], **conf}


def assert_green(run: LocalRun, emulator: Emulator, *, creates: int = 1, completes: int = 1) -> None:
    """The run has ended well: created once, cut over once, and no job is left."""
    assert run.state == "success", {name: run.error(name) for name in run.red()}
    assert set(run.states().values()) == {"success"}, (run.states(), {name: run.error(name) for name in run.red()})
    assert emulator.jobs() == []
    assert done(emulator, "CreateMigrateJob") == creates
    assert done(emulator, "CompleteMigrateJob") == completes
    assert done(emulator, "DeleteMigrateJob") == creates


def assert_red(run: LocalRun, emulator: Emulator, task_id: str, *said: str, creates: int = 1) -> None:
    """One task is red and says why; nothing was cut over, and the job was kept."""
    assert run.state == "failed"
    assert run.red() == [task_id]
    (job,) = emulator.jobs()
    for part in (job["JobId"], "costs nothing", *said):
        assert part in run.error(task_id)
    assert done(emulator, "CreateMigrateJob") == creates
    assert done(emulator, "CompleteMigrateJob") == 0


def test_a_lost_answer_and_a_database_named_like_a_number_end_with_one_job_deleted(dts_emulator: Any) -> None:
    dts_emulator.add_fault({"action": "CreateMigrateJob", "drop": "after", "times": 1})
    run = quick_2018(tables("2024"))
    assert_green(run, dts_emulator)
    (call,) = dts_emulator.journal("CreateMigrateJob")
    assert json.loads(call["parameters"]["DatabaseInfo"]) == [{"Database": "2024"}]
    assert call["parameters"]["MigrateOption"]["ConsistencyType"] == 2
    assert run.xcom("succeeded") == {"JobId": run.xcom("create"), "Status": "success", "ConsistencyType": "full"}


def test_a_migration_that_ends_by_itself_is_not_cut_over(dts_emulator: Any) -> None:
    run = quick_2018({**CONF, "migrate_type": "structure", "consistency": "notConfigured"})
    assert_green(run, dts_emulator, completes=0)


def test_a_timed_run_starts_at_its_time_and_a_cutover_without_a_check_that_was_spelled_out_is_made(
    dts_emulator: Any,
) -> None:
    begins = datetime.now(BEIJING) + timedelta(hours=1)
    timed = {"run_mode": "timed", "expect_run_time": begins.strftime("%Y-%m-%d %H:%M:%S")}
    run = quick_2018({**CONF, **timed, "consistency": "noCheck", "cutover_unproven": True})
    assert_green(run, dts_emulator)
    assert run.xcom("plan")["start_delay"] > 3000
    assert run.xcom("plan", "ready_deadline") > run.xcom("plan", "complete_deadline") + 3000


def test_a_corrected_password_and_one_clear_of_the_check_end_green_and_no_password_is_kept(
    dts_emulator: Any,
    airflow_connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="tencentcloud_sdk_common")
    change(monkeypatch, airflow_connections, "source_mysql", password=WRONG)
    run = LocalRun(dag_2018(), CONF)
    assert_red(run, dts_emulator, "check_passed", "password", "clear this task")
    change(monkeypatch, airflow_connections, "source_mysql", password=RIGHT)
    assert_green(run.clear("check_passed"), dts_emulator)
    assert done(dts_emulator, "ModifyMigrateJob") == 1

    printed = capfd.readouterr()
    kept, logged = database().decode(errors="replace"), caplog.text + printed.out + printed.err
    journal = json.dumps(dts_emulator.journal(), ensure_ascii=False)
    assert run.run_id in kept
    assert "ModifyMigrateJob" in journal
    # None of them stands in this file: Airflow keeps the text of a DAG's file, and the quick DAGs are made here.
    others = [airflow_connections[name]["password"] for name in ("target_mysql", "tencentcloud_default")]
    for secret in (WRONG, RIGHT, *others):
        for text in written(secret):
            assert text not in kept
            assert text not in logged
            assert text not in journal


def test_a_failed_job_is_not_resumed_and_one_clear_of_the_creation_ends_green(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": FIRST, "fail_at": "incremental", "status": "failed"})
    run = quick_2018(CONF)
    assert_red(run, dts_emulator, "ready", "no resume", "clear `create`")
    before = orders(dts_emulator)
    assert_red(run.clear("ready"), dts_emulator, "ready", "no resume")
    for task_id in ("plan", "check", "check_passed", "start"):
        run.clear(task_id, downstream=False)
        assert orders(dts_emulator) == before, task_id
    assert_green(run.clear("create"), dts_emulator, creates=2)


def test_a_difference_stops_the_cutover_until_the_data_are_migrated_anew(dts_emulator: Any) -> None:
    dts_emulator.seed({"match": FIRST, "compare": {"conclusion": "different"}})
    run = quick_2018(CONF)
    assert_red(run, dts_emulator, "complete", "inconsistent", "StopMigrateJob")
    before = orders(dts_emulator)
    for task_id in ("plan", "create", "check", "check_passed", "start", "ready", "complete"):
        assert_red(run.clear(task_id, downstream=False), dts_emulator, "complete", "inconsistent")
        assert orders(dts_emulator) == before, task_id
    person = Cloud2018(dts_emulator)
    person.then(run.xcom("create"), "StopMigrateJob", 60)
    assert_green(run.clear("create"), dts_emulator, creates=2)


def test_a_difference_in_a_migration_that_ends_by_itself_is_red(dts_emulator: Any) -> None:
    run = quick_2018(tables("rehearse_different", migrate_type="full"))
    assert_red(run, dts_emulator, "succeeded", "inconsistent", "differ")
    assert done(dts_emulator, "DeleteMigrateJob") == 0


def test_a_job_created_elsewhere_is_adopted_by_its_id(dts_emulator: Any) -> None:
    option = JOB["MigrateOption"] | {"ConsistencyType": 2}
    job_id = Cloud2018(dts_emulator).made(MigrateOption=option)
    sides = {"source_connection": "person_mysql", "target_connection": "person_cdb"}
    run = quick_2018({**CONF, **sides, "existing_job_id": job_id})
    assert_green(run, dts_emulator)
    before = orders(dts_emulator)
    assert_green(run.clear("create", downstream=False), dts_emulator)
    assert orders(dts_emulator) == before


def test_the_author_s_own_tasks_run_between_ready_and_the_cutover() -> None:
    with DAG("own", schedule=None) as dag:

        @airflow_task
        def freeze() -> None:
            """Freeze the source."""

        migrate_2018("shop", request={"source_connection": "source_mysql"}, before_cutover=freeze())
    assert dag.get_task("freeze").upstream_task_ids == {"shop.ready"}
    assert "freeze" in dag.get_task("shop.complete").upstream_task_ids
    assert {task.task_id for task in dag.tasks} == {"freeze", *(f"shop.{name}" for name in TASKS)}
