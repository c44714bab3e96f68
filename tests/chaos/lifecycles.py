"""The lifecycles that are put through the faults: the DAGs that people run, one after the other."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from scripts.local import ROOT
from tests.chaos.fast_run import FastRun

Conf = Callable[[list[FastRun]], Mapping[str, Any]]


@dataclass(frozen=True)
class Leg:
    """One run of one DAG; its parameters may come from what the runs before it have made."""

    dag_id: str
    conf: Conf

    @property
    def dag(self) -> Any:
        """The DAG, read from its file once: a fast run leaves nothing in it."""
        return _dag(self.dag_id)


@cache
def _dag(dag_id: str) -> Any:
    return runpy.run_path(str(ROOT / "dags" / f"{dag_id}.py"))["dag"]


@dataclass(frozen=True)
class Lifecycle:
    """Runs that together begin and end one job.

    :param creates: the actions that create something, exactly once.
    :param completes: the action that cuts over; "" where there is none.
    :param ended: what the job is at the end, by the emulator's own record; ``None``: it is gone.
    """

    name: str
    legs: tuple[Leg, ...]
    creates: frozenset[str]
    completes: str
    ended: tuple[str, str] | None


MIGRATE = Lifecycle(
    "dts_migrate",
    (Leg("dts_migrate", lambda runs: {"approval": False, "hold_seconds": 0}),),
    creates=frozenset({"CreateMigrationService", "CreateCompareTask"}),
    completes="CompleteMigrateJob",
    ended=("success", "isolated"),
)
SYNC = Lifecycle(
    "dts_sync",
    (
        Leg("dts_sync", lambda runs: {"hold_seconds": 0}),
        Leg("dts_sync_retire", lambda runs: {"job_id": runs[0].result("purchase")}),
    ),
    creates=frozenset({"CreateSyncJob", "CreateSyncCompareTask"}),
    completes="StopSyncJob",
    ended=("Stopped", "Isolated"),
)
MIGRATE_2018 = Lifecycle(
    "dts_migrate_2018",
    (Leg("dts_migrate_2018", lambda runs: {"hold_seconds": 0}),),
    creates=frozenset({"CreateMigrateJob"}),
    completes="CompleteMigrateJob",
    ended=None,
)
SUBSCRIBE = Lifecycle(
    "dts_subscribe",
    (
        Leg("dts_subscribe", lambda runs: {"instance_id": "cdb-9dijwkkw"}),
        Leg("dts_unsubscribe", lambda runs: {"subscribe_id": runs[0].result("purchase")}),
    ),
    creates=frozenset({"CreateSubscribe"}),
    completes="",
    ended=("configured", "isolated"),
)
LIFECYCLES = {lifecycle.name: lifecycle for lifecycle in (MIGRATE, SYNC, MIGRATE_2018, SUBSCRIBE)}
