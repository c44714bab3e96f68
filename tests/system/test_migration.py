"""A whole migration on the topology of docker-compose.yml, with its processes killed on the way."""

import json
import secrets
from typing import Any

from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.promises import assert_kept, assert_migrated
from tests.system.stack import Stack

DAG = "dts_migrate"
QUICK: dict[str, Any] = {"approval": False, "hold_seconds": 1}


def set_source(stack: Stack, api: AirflowApi, password: str) -> None:
    """The example source as a connection of the database, which a person may correct."""
    example = json.loads(stack.variables["AIRFLOW_CONN_SOURCE_MYSQL"])
    fields = {name: example[name] for name in ("host", "port", "login")}
    extra = json.dumps(example["extra"])
    api.set_connection("orders_mysql", "mysql", **fields, password=password, extra=extra)


def test_a_migration_survives_the_loss_of_a_worker_and_of_a_triggerer(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    emulator.set_speed(1)
    # The job is bought at once; its worker is lost before the answer is in.
    emulator.add_fault({"action": "CreateMigrationService", "latency": 60, "times": 1})
    run = api.start_run(DAG, QUICK)
    wait_until(emulator.jobs, seconds=90, what="the purchase")
    worker = api.task(DAG, run, "purchase")["hostname"]
    stack.processes[worker].kill()

    api.wait_for_task(DAG, run, "check_passed", "deferred", seconds=240)
    triggerer = wait_until(lambda: api.triggerer_of(DAG, run, "check_passed"), seconds=30, what="a triggerer")
    stack.processes[triggerer].kill()
    emulator.set_speed(60)

    api.wait_for_run(DAG, run, seconds=600)
    assert_migrated(emulator)
    stack.processes[worker].start()
    stack.processes[triggerer].start()


def test_one_clear_of_each_red_task_finishes_the_run_and_leaks_no_password(
    stack: Stack, api: AirflowApi, emulator: EmulatorProcess
) -> None:
    wrong, right = f"wrong-{secrets.token_hex(8)}", f"right-{secrets.token_hex(8)}"
    set_source(stack, api, wrong)
    emulator.seed({"match": {"any": True}, "fail_at": "incremental", "status": "error"})
    emulator.seed({"match": {"any": True}, "compare": {"conclusion": "different", "different_tables": 1}})

    run = api.start_run(DAG, {**QUICK, "source_connection": "orders_mysql"})
    api.wait_for_run(DAG, run, "failed")
    assert api.red_tasks(DAG, run) == ["check_passed"]
    set_source(stack, api, right)
    for cleared, next_red in (("check_passed", "ready"), ("ready", "report")):
        api.clear_task(DAG, run, cleared)
        api.wait_for_run(DAG, run, "failed")
        assert api.red_tasks(DAG, run) == [next_red]
    api.clear_task(DAG, run, "report")
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)

    api.clear_task(DAG, run, "purchase", downstream=False)
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)

    seen = [stack.postgres.dump(), json.dumps(emulator.journal())]
    seen += [log.read_text(errors="replace") for log in stack.logs.rglob("*.log")]
    assert any("orders_mysql" in text for text in seen)
    assert not [text[:200] for text in seen if wrong in text or right in text]


def test_a_cutover_that_was_rejected_is_approved_after_one_clear(api: AirflowApi, emulator: EmulatorProcess) -> None:
    run = api.start_run(DAG, {**QUICK, "approval": True})
    api.wait_for_task(DAG, run, "approve", "awaiting_input", seconds=300)
    api.respond(DAG, run, "approve", "Reject")
    api.wait_for_run(DAG, run, "failed")
    assert api.red_tasks(DAG, run) == ["approve"]
    assert "rejected by admin" in api.log(DAG, run, "approve")
    assert_kept(emulator)

    api.clear_task(DAG, run, "approve")
    api.wait_for_task(DAG, run, "approve", "awaiting_input", minimum_try=2, seconds=120)
    api.respond(DAG, run, "approve", "Approve")
    api.wait_for_run(DAG, run)
    assert_migrated(emulator)
    assert api.xcom(DAG, run, "approve")["responded_by"] == "admin"
