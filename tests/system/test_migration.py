"""A whole migration on the topology of docker-compose.yml, with its processes killed on the way."""

from typing import Any

from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.stack import Stack

DAG = "dts_migrate"
QUICK: dict[str, Any] = {"approval": False, "hold_seconds": 1}


def answered(emulator: EmulatorProcess, action: str) -> list[dict[str, Any]]:
    return [call for call in emulator.journal(action) if not call["code"]]


def assert_migrated_once(emulator: EmulatorProcess) -> None:
    (job,) = emulator.jobs()
    assert (job["Status"], job["TradeStatus"]) == ("success", "isolated")
    assert len(answered(emulator, "CreateMigrationService")) == 1
    assert len(answered(emulator, "CompleteMigrateJob")) == 1
    assert emulator.meter()["live"] == []


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
    assert_migrated_once(emulator)
    stack.processes[worker].start()
    stack.processes[triggerer].start()
