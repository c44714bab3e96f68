"""Rows move, a client writes to them, and every process is lost at every step that matters: no write is."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.families import Family, family, names
from scripts.local import ROOT, example_connections
from scripts.shop import Admin, Client, lost
from tests.system.airflow_api import AirflowApi
from tests.system.emulator import EmulatorProcess
from tests.system.processes import wait_until
from tests.system.promises import answered, assert_migrated
from tests.system.stack import PROGRAMS, Stack

EXAMPLE = ROOT / "docs" / "examples" / "freeze_source.py"
DAG = "migrate_shop_frozen"
ROWS = 30_000
LATE = 20
"""Seconds by which an answer is late, so that there is time to lose who waits for it."""

Shops = Sequence[Any]


@pytest.fixture(params=names())
def chosen(request: pytest.FixtureRequest) -> Family:
    """A family of databases."""
    try:
        return family(request.param)
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.fixture
def shops(chosen: Family) -> Iterator[Shops]:
    """A source with a shop, and an empty target."""
    with chosen.shops(None) as started:
        started[0].fill(ROWS)
        yield started


@pytest.fixture
def mapped(chosen: Family, shops: Shops, logs: Path, tmp_path: Path) -> Iterator[EmulatorProcess]:
    """An emulator whose jobs between the two move rows."""
    running = EmulatorProcess(PROGRAMS, tmp_path, logs / "emulator-of-rows.log", chosen.named(shops))
    try:
        running.start()
        yield running
    finally:
        running.stop()


def connect(api: AirflowApi, mapped: EmulatorProcess, chosen: Family, shops: Shops, admin: Admin) -> dict[str, str]:
    """Make Airflow's connections to all of them, and return the parameters of a run that takes these."""
    host, _, port = mapped.endpoint.partition(":")
    source, target = chosen.connections(shops).values()
    wanted = {
        "cloud_of_rows": example_connections(host, int(port))["tencentcloud_default"],
        "source_of_rows": source,
        "target_of_rows": target,
        "shop_admin": admin.connection,
    }
    for name, connection in wanted.items():
        fields = {key: value for key, value in connection.items() if key not in ("conn_type", "extra")}
        api.set_connection(name, connection["conn_type"], **fields, extra=json.dumps(connection.get("extra", {})))
    return {f"{side}_connection": f"{side}_of_rows" for side in ("cloud", "source", "target")}


def lose_what_waits(stack: Stack, api: AirflowApi, mapped: EmulatorProcess, run: str, task: str) -> None:
    """Lose the emulator and the triggerer that holds a task's wait; others take their place."""
    api.wait_for_task(DAG, run, task, ("deferred", "success"))
    holder = api.triggerer_of(DAG, run, task) or "triggerer-0"
    for process in (mapped.process, stack.processes[holder]):
        process.kill()
    stack.processes[holder].start()
    mapped.start()


CALLS = {"compare": "StartCompare", "complete": "CompleteMigrateJob"}


def lose_what_works(stack: Stack, api: AirflowApi, mapped: EmulatorProcess, run: str, task: str) -> None:
    """Lose the worker of a task whose call has been carried out and not been answered, and the emulator with it."""
    mapped.add_fault({"action": CALLS[task], "latency": LATE, "times": 1})
    wait_until(lambda: answered(mapped, CALLS[task]), seconds=180, what=CALLS[task])
    worker = str(api.task(DAG, run, task)["hostname"])
    for process in (stack.processes[worker], mapped.process):
        process.kill()
    mapped.start()
    stack.processes[worker].start()


def test_no_acknowledged_write_is_lost_whoever_is_killed_in_ready_compare_and_complete(
    stack: Stack, api: AirflowApi, mapped: EmulatorProcess, chosen: Family, shops: Shops
) -> None:
    source, target = shops
    if not (stack.dags / EXAMPLE.name).exists():
        (stack.dags / EXAMPLE.name).symlink_to(EXAMPLE)
    client = Client(ROWS)
    with Admin(client) as admin:
        connections = connect(api, mapped, chosen, shops, admin)
        client.open(source)
        run = api.start_run(DAG, {"approval": False, "hold_seconds": 1, **connections})

        api.wait_for_task(DAG, run, "ready", ("running", "deferred"), seconds=240)
        target.running.restart()
        lose_what_waits(stack, api, mapped, run, "ready")
        stack.restart("worker", 0)

        for task, waiting in (("compare", "report"), ("complete", "succeeded")):
            lose_what_works(stack, api, mapped, run, task)
            lose_what_waits(stack, api, mapped, run, waiting)

        api.wait_for_run(DAG, run, seconds=300)
        client.freeze()
    assert_migrated(mapped)
    assert len(client.placed) > 100
    assert lost(target, client) == []
    assert source.checksums() == target.checksums()
    assert target.left() == []
