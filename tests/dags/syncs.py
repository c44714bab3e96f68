"""What the tests of whole runs about sync links share: the DAGs, their parameters, and what a run must come to."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from scripts.local import ROOT, connections
from tencent_dts.emulator import Emulator
from tests.dag_runs import LocalRun
from tests.dags.migrations import done, orders, states
from tests.dags.quick_runs import QuickRun
from tests.unit.emulator.sync_cloud import SyncCloud, objects

CONF = {"hold_seconds": 0}
LIVING = [("Running", "Normal")]
MAKING = ("plan", "purchase", "configure", "check", "check_passed", "start", "caught_up", "compare", "report")
_ENDS = ("StopSyncJob", "IsolateSyncJob", "DestroySyncJob")


def sync_dag(name: str = "dts_sync") -> Any:
    """A DAG that people run, read from its file anew: ``dag.test()`` leaves a run's parameters in it."""
    return runpy.run_path(str(ROOT / "dags" / f"{name}.py"))["dag"]


def databases(*names: str, **conf: Any) -> dict[str, Any]:
    """The parameters of a run that syncs these databases; a name can rehearse a failure."""
    return {**CONF, "objects": objects(*names), **conf}


def link(emulator: Emulator, *names: str, **purchase: Any) -> str:
    """A link that somebody has made and that has caught up; a name can rehearse a failure."""
    return SyncCloud(emulator).syncing(purchase, Objects=objects(*names or ("app",)))


def modification(job: str, *names: str, **conf: Any) -> dict[str, Any]:
    """The parameters of a run that changes a link to these databases."""
    return {"job_id": job, "objects": objects(*names or ("app", "more")), **conf}


def shown(emulator: Emulator, job: str) -> list[str]:
    """The databases that a link syncs."""
    return [item["DbName"] for item in SyncCloud(emulator).info(job)["Objects"]["Databases"]]


def conclusions(emulator: Emulator) -> list[str]:
    """What each comparison of the only link said, in order."""
    (job,) = emulator.jobs()
    return [task["Conclusion"] for task in job["compare_tasks"]]


def assert_green(run: LocalRun | QuickRun) -> None:
    """The run has ended well, every task of it."""
    assert run.state == "success", run.states()
    assert set(run.states().values()) == {"success"}, run.states()


def assert_linked(run: LocalRun | QuickRun, emulator: Emulator) -> None:
    """The run has ended well with one link, bought once, that goes on."""
    assert_green(run)
    assert states(emulator) == LIVING
    assert (done(emulator, "CreateSyncJob"), done(emulator, "StartSyncJob")) == (1, 1)
    assert [done(emulator, action) for action in _ENDS] == [0, 0, 0]
    (job,) = emulator.jobs()
    assert run.xcom("purchase") == job["JobId"]
    assert emulator.meter()["live"] == [job["JobId"]] or job["TradeStatus"] != "Normal"


def assert_red(run: LocalRun | QuickRun, emulator: Emulator, task_id: str, *said: str) -> None:
    """One task is red and says why and that the job costs; nothing was ended."""
    assert run.state == "failed"
    assert run.red() == [task_id], run.states()
    message = run.error(task_id)
    (job,) = emulator.jobs()
    for part in (job["JobId"], "bill: ", "until the job is isolated", *said):
        assert part in message
    assert [done(emulator, action) for action in _ENDS] == [0, 0, 0]


class Green(NamedTuple):
    """A run that has ended well, and the emulator it ran on."""

    run: LocalRun
    emulator: Emulator


@contextmanager
def on_an_emulator(options: dict[str, Any]) -> Iterator[Emulator]:
    """An emulator that the connections name, for the tests of a module."""
    with Emulator(**options) as emulator, pytest.MonkeyPatch.context() as patch:
        host, port = emulator.endpoint.split(":")
        for name, value in connections(host, int(port)).items():
            patch.setenv(name, value)
        yield emulator


def assert_nothing_is_ordered(green: Green, task_ids: tuple[str, ...]) -> None:
    """Clearing each task alone, and the whole run, leaves everything as it is."""
    before = orders(green.emulator)
    assert set(green.run.states()) == set(task_ids)
    for task_id in task_ids:
        green.run.clear(task_id, downstream=False)
        assert_green(green.run)
        assert orders(green.emulator) == before, task_id
    assert_green(green.run.clear(task_ids[0]))
    assert orders(green.emulator) == before
