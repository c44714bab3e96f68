"""State tables of migration jobs, API 2018-03-30, and what makes such a job a kind of job (:data:`KIND`).

Documents: the migration actions of version 2018-03-30, MigrateJobInfo, MigrateStepDetailInfo. In which states an action
is taken is documented, except where the text says that it is assumed; the error codes are documented for the actions,
which of them the real service sends in which state is assumed.
"""

from __future__ import annotations

from tencent_dts.emulator.areas.migration_2018.configuration import run_steps
from tencent_dts.emulator.world import checks, kinds
from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import CONFLICT, DUPLICATE, GONE, NO_JOB, NOT_ALLOWED, Row, each
from tencent_dts.spec import VERSION_2018

STATUS = {
    "creating": 1,
    "checking": 3,
    "checkPass": 4,
    "checkNotPass": 5,
    "running": 7,
    "readyComplete": 8,
    "success": 9,
    "failed": 10,
    "stopping": 11,
    "completing": 12,
    "unknown": 23,
}
"""MigrateJobInfo.Status by the name that the documents give it."""

STEP_STATUS = {"success": 1, "failed": 2, "running": 3, "notStarted": 4}
"""MigrateStepDetailInfo.Status."""

CHECK_FLAG = {"checkNotPass": 0, "checkPass": 1, "": 3}
"""DescribeMigrateCheckJob's CheckFlag by the verdict; 3 until there is one."""

STATES = (
    *("creating", "checking", "checkPass", "checkNotPass", "running.waiting", "running", "running.incremental"),
    *("readyComplete", "completing", "success", "stopping", "failed", "unknown"),
)
FREE = "notBilled"

_RUNNING = ("running.waiting", "running", "running.incremental")
_DELETABLE = ("creating", "checkPass", "checkNotPass", "success", "failed", "unknown")

ROWS: dict[str, Row] = {
    "ModifyMigrateJob": Row(
        each(("creating", "checkPass", "checkNotPass", "failed"), "creating"), NOT_ALLOWED, missing=NO_JOB
    ),
    "CreateMigrateCheckJob": Row(
        each(("creating", "checkPass", "checkNotPass"), "checking"),
        NOT_ALLOWED,
        instead={"checking": DUPLICATE},
        missing=NO_JOB,
    ),
    "StartMigrateJob": Row({"checkPass": "running.waiting"}, CONFLICT, missing=NO_JOB),
    "StopMigrateJob": Row(each((*_RUNNING, "readyComplete"), "stopping"), CONFLICT, missing=NO_JOB),
    "CompleteMigrateJob": Row({"readyComplete": "completing"}, CONFLICT, missing=NO_JOB),
    "DeleteMigrateJob": Row(each(_DELETABLE, GONE), CONFLICT, missing=NO_JOB),
}
"""A migration job. A check of a job that has failed without being modified is assumed to be refused, as is the
deletion of one whose status is unknown to be taken."""

TRADES = {action: Row(each((FREE,))) for action in ROWS}
"""Migration jobs of 2018 have no billing status: they are free."""


def _steps(job: Record) -> list[str]:
    return run_steps(job["configuration"])


def _databases(job: Record) -> list[Fields]:
    found: list[Fields] = (job["configuration"] or {}).get("databases") or []
    return found


KIND = kinds.add(
    kinds.Kind(
        name="migration-2018",
        version=VERSION_2018,
        prefix="dts-",
        rows=ROWS,
        trades=TRADES,
        states=STATES,
        trade_states=(FREE,),
        bought="creating",
        passed="checkPass",
        not_passed="checkNotPass",
        running="running",
        incremental="running.incremental",
        caught_up="readyComplete",
        success="success",
        stopped="failed",
        faults={"error": "failed", "resumableErr": "failed", "failed": "failed"},
        final=frozenset({"success", "failed"}),
        idle=frozenset({"creating", "checkPass", "checkNotPass"}),
        faulted=frozenset({"failed"}),
        incremental_states=frozenset({"running.incremental", "readyComplete"}),
        metered=frozenset(),
        trade={"normal": FREE, "notBilled": FREE, "international": FREE, "offlined": "offlined"},
        served=frozenset({FREE}),
        metered_trades=frozenset(),
        leaving=frozenset(),
        isolations=frozenset(),
        steps=_steps,
        step_names={
            "dumper": "Export from Source Database",
            "loader": "Data Import",
            "consistency": "Data Consistency Check",
            "sinker": "Incremental Sync",
        },
        selected=_databases,
        check_steps=checks.STEPS,
    )
)
"""A migration job of 2018: it has no billing, cannot be paused or resumed, and one that is stopped has failed."""
