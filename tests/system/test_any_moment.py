"""Processes lost and halted, tasks marked, cleared and timed out: every run keeps its promises, and can be finished."""

import time

from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.promises import answered, assert_kept, assert_migrated, assert_promised, assert_silent
from tests.system.stack import Stack
from tests.unit.emulator.raw import call, client

DAG = "dts_migrate"
QUICK = {"approval": False, "hold_seconds": 1}
TWENTY = 20
FAST, HALTED = 60, 0


def holders(api: AirflowApi, run: str) -> list[str]:
    """For each of the twenty waits that a triggerer holds: which one."""
    jobs = [task["triggerer_job"] for task in api.tasks("twenty_jobs", run) if task["task_id"] == "isolated"]
    return [job["hostname"] for job in jobs if job]


def test_twenty_waits_outlive_a_halted_triggerer_and_a_lost_one(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(FAST)
    run = api.start_run("twenty_jobs")
    wait_until(lambda: len(holders(api, run)) == TWENTY, seconds=300, what="twenty waits", every=3)
    halted, lost = stack.process("triggerer", 0), stack.process("triggerer", 1)
    halted.halt()
    wait_until(
        lambda: holders(api, run) == [lost.name] * TWENTY, seconds=120, what="the other triggerer to take all", every=3
    )
    halted.go_on()
    lost.kill()
    wait_until(
        lambda: holders(api, run) == [halted.name] * TWENTY,
        seconds=120,
        what="the first triggerer to take all",
        every=3,
    )

    console = client(emulator)
    for job in emulator.jobs():
        call(console, "IsolateMigrateJob", {"JobId": job["JobId"]})
    api.wait_for_run("twenty_jobs", run)
    assert_promised(emulator)
    assert len(answered(emulator, "CreateMigrationService")) == TWENTY
    assert emulator.meter()["live"] == []
    lost.start()


def test_a_purchase_under_way_outlives_half_a_minute_without_scheduler_and_api_server(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(FAST)
    emulator.add_fault({"action": "CreateMigrationService", "latency": 10, "times": 1})
    run = api.start_run(DAG, QUICK)
    wait_until(emulator.jobs, seconds=90, what="the purchase")
    for service in ("api-server", "scheduler"):
        stack.kill(service)
    time.sleep(30)
    for service in ("api-server", "scheduler"):
        stack.process(service).start()
    stack.wait_until_healthy()
    api.wait_for_run(DAG, run, seconds=600)
    assert_migrated(emulator)


def test_a_wait_may_be_marked_failed_cleared_and_marked_a_success(api: AirflowApi, emulator: EmulatorProcess) -> None:
    emulator.set_speed(HALTED)
    run = api.start_run(DAG, QUICK)
    api.wait_for_task(DAG, run, "configure", "deferred")
    emulator.advance(30)
    api.wait_for_task(DAG, run, "check_passed", "deferred")

    api.mark_task(DAG, run, "check_passed", "failed")
    api.wait_for_run(DAG, run, "failed")
    assert_silent(emulator)
    assert_kept(emulator)

    for number in (2, 3):  # cleared when it is red, and once more while it waits
        api.clear_task(DAG, run, "check_passed")
        api.wait_for_task(DAG, run, "check_passed", "deferred", minimum_try=number)

    # Somebody says that the check has passed. It is still running, so the start waits for it by itself.
    api.mark_task(DAG, run, "check_passed", "success")
    api.wait_for_task(DAG, run, "start", "deferred")
    assert answered(emulator, "StartMigrateJob") == []
    assert_kept(emulator)
    emulator.set_speed(FAST)
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)


def test_a_wait_whose_trigger_timed_out_looks_at_the_job_and_waits_on(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(HALTED)
    run = api.start_run(DAG, QUICK)
    task = api.wait_for_task(DAG, run, "configure", "deferred")
    # Airflow's own time-out lies five minutes beyond the wait's deadline: the time is moved, the scheduler meets it.
    stack.postgres.execute("UPDATE task_instance SET trigger_timeout = now() WHERE trigger_timeout IS NOT NULL")
    told = "the trigger ended without an event"
    wait_until(lambda: told in api.log(DAG, run, "configure"), seconds=120, what="the time-out to be met", every=2)
    again = api.wait_for_task(DAG, run, "configure", "deferred")
    assert again["try_number"] == task["try_number"]
    assert_kept(emulator)

    emulator.set_speed(FAST)
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)


def test_a_purchase_cleared_while_it_runs_and_a_run_cleared_while_it_asks_buy_nothing_more(
    api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(FAST)
    emulator.add_fault({"action": "CreateMigrationService", "latency": 60, "times": 1})
    run = api.start_run(DAG, {**QUICK, "approval": True})
    wait_until(emulator.jobs, seconds=90, what="the purchase")
    api.clear_task(DAG, run, "purchase")
    first = api.wait_for_task(DAG, run, "approve", "awaiting_input", seconds=400)

    api.clear_run(DAG, run)
    api.wait_for_task(DAG, run, "approve", "awaiting_input", minimum_try=first["try_number"] + 1, seconds=300)
    assert_promised(emulator)
    api.respond(DAG, run, "approve")
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)


def test_what_a_time_limit_ended_costs_until_it_is_finished_and_can_be(
    api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(HALTED)
    limited = api.start_run("migrate_within_a_minute", QUICK)
    late = api.start_run(DAG, {**QUICK, "check_deadline": 1 / 60})
    wait_until(lambda: len(emulator.jobs()) == 2, seconds=90, what="two purchases")
    api.wait_for_run("migrate_within_a_minute", limited, "failed")
    api.wait_for_run(DAG, late, "failed")
    assert api.red_tasks(DAG, late) == ["configure"]
    assert "deadline" in api.log(DAG, late, "configure")
    assert_silent(emulator)
    assert_kept(emulator)
    assert len(emulator.meter()["live"]) == 2

    emulator.set_speed(FAST)
    job_id = api.xcom("migrate_within_a_minute", limited, "purchase")
    finishing = api.start_run(DAG, {**QUICK, "existing_job_id": job_id})
    api.clear_task(DAG, late, "configure")
    for run in (finishing, late):
        api.wait_for_run(DAG, run, seconds=400)
    assert_migrated(emulator, 2)


def test_silence_is_a_no_and_a_yes_on_old_evidence_is_proven_again(api: AirflowApi, emulator: EmulatorProcess) -> None:
    dag = "migrate_on_fresh_evidence"
    emulator.set_speed(FAST)
    run = api.start_run(dag, {"hold_seconds": 1, "approval_deadline": 2 / 60})
    api.wait_for_run(dag, run, "failed", seconds=400)
    assert api.red_tasks(dag, run) == ["approve"]
    assert "was not approved in time" in api.log(dag, run, "approve")
    assert_kept(emulator)

    api.clear_task(dag, run, "approve")
    api.wait_for_task(dag, run, "approve", "awaiting_input", minimum_try=2)
    api.respond(dag, run, "approve")
    api.wait_for_run(dag, run)
    assert "is not known to be from the last 5400 s" in api.log(dag, run, "complete", 1)
    (job,) = emulator.jobs()
    assert [task["Conclusion"] for task in job["compare_tasks"]] == ["same", "same"]
    assert_migrated(emulator)
