"""Compare tasks as records inside their job's document: how they run by themselves and what they report.

Documents: CreateCompareTask, DescribeCompareTasks, DescribeCompareReport; the product guide on data consistency
(one run per job at a time; only in the incremental step; a run fails when its job ends meanwhile).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tencent_dts.emulator.data.model import Comparison, Difference
from tencent_dts.emulator.world import agenda, kinds, rehearsals, rows
from tencent_dts.emulator.world.agenda import EVERY, happens
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.ids import new_id
from tencent_dts.emulator.world.kernel import World
from tencent_dts.emulator.world.records import Record, Report, Task
from tencent_dts.emulator.world.rehearsals import Outcome

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import CompareOptions
    from tencent_dts.spec.shapes.compare_types import CompareObject, DifferenceItem
    from tencent_dts.spec.shapes.migration_types import CompareTaskInfo


UNDER_WAY = frozenset({"readyRun", "running", "stopping"})
WHOLE_DATABASE = ("customers", "orders", "payments")
"""Tables that a database has in the emulator when it is selected whole."""

NO_KEY = "The table has no primary key and more than 10000 rows."


def new_task(job: Record, at: float, name: str, config: CompareObject, options: CompareOptions) -> Task:
    """Add a compare task to its job and return it; without a name its id is its name."""
    task_id = new_id(f"{job['JobId']}-cmp-")
    task: Task = {
        "id": task_id,
        "name": name or task_id,
        "state": "created",
        "automatic": False,
        "created": at,
        "started": None,
        "finished": None,
        "config": config,
        "options": complete_options(options),
        "conclusion": "",
        "message": "",
        "report": None,
    }
    job["compares"].append(task)
    return task


def complete_options(options: CompareOptions) -> CompareOptions:
    """Return CompareOptions with the documented defaults; the old spelling ``rowCount`` becomes ``rowsCount``."""
    given = cast("CompareOptions", {key: value for key, value in options.items() if value is not None})
    whole: CompareOptions = {"Method": "dataCheck", "SampleRate": 100, "ThreadCount": 1, **given}
    return {**whole, "Method": "rowsCount" if whole["Method"] == "rowCount" else whole["Method"]}


def same_as_migrate(job: Record) -> Any:
    """Return the CompareObject that covers what the job migrates or syncs; sync writes its modes in capitals."""
    items = [
        {
            "DbName": item.get("DbName") or "",
            "DbMode": (item.get("DBMode") or item.get("DbMode") or "all").lower(),
            "SchemaName": item.get("SchemaName") or "",
            "TableMode": (item.get("TableMode") or "all").lower(),
            "Tables": [{"TableName": table.get("TableName")} for table in item.get("Tables") or []] or None,
            "ViewMode": (item.get("ViewMode") or "all").lower(),
            "Views": [{"ViewName": view.get("ViewName")} for view in item.get("Views") or []] or None,
        }
        for item in kinds.of(job).selected(job)
    ]
    return {"ObjectMode": "partial" if items else "all", "ObjectItems": items, "AdvancedObjects": None}


def tables_of(config: CompareObject) -> list[tuple[str, str]]:
    """Return (database, table) of everything a compare configuration covers; whole databases have made-up tables."""
    items = config.get("ObjectItems") or [{"DbName": "app", "DbMode": "all"}]
    return [
        (item["DbName"], name)
        for item in items
        for name in [table["TableName"] for table in item.get("Tables") or []] or WHOLE_DATABASE
    ]


def start(world: World, job: Record, task: Task, at: float) -> None:
    """Let a created task run."""
    task |= {"state": "readyRun", "started": at}
    agenda.schedule(job, _axis(task), "compare_running", at + world.settings.timings.compare_ready, task["id"])


def stop(world: World, job: Record, task: Task, at: float, *, force: bool) -> None:
    """Let a running task stop; with ``force`` at once."""
    agenda.cancel(job, _axis(task))
    rows.give_up(world, job, _axis(task))
    task["state"] = "stopping"
    seconds = 0 if force else world.settings.timings.compare_stopping
    agenda.schedule(job, _axis(task), "compare_canceled", at + seconds, task["id"])


def interrupt(job: Record, at: float) -> None:
    """Fail every run under way, because the job has left the incremental step for good."""
    for task in job["compares"]:
        if task["state"] in UNDER_WAY:
            agenda.cancel(job, _axis(task))
            task |= {"state": "failed", "finished": at, "message": "The job ended or was stopped meanwhile."}


def start_automatic(world: World, job: Record, at: float) -> None:
    """Start the task that ``Consistency.Mode`` full has made, on the entry to the incremental step."""
    for task in job["compares"]:
        if task["automatic"] and task["state"] == "created":
            start(world, job, task, at)


def find(job: Record, task_id: str) -> Task | None:
    """Return the task with this id, or None."""
    return next((task for task in job["compares"] if task["id"] == task_id), None)


def on_job(job: Record) -> CompareTaskInfo:
    """Return CompareTaskInfo, what the job says of its latest compare task."""
    if not job["compares"]:
        return {"CompareTaskId": "", "Status": "notexist"}
    task = job["compares"][-1]
    ended = "inconsistent" if task["conclusion"] == "different" else "consistent"
    statuses = {"created": "unstart", "success": ended, "failed": "failed", "canceled": "canceled"}
    return {"CompareTaskId": task["id"], "Status": statuses.get(task["state"], "running")}


def _axis(task: Task) -> str:
    return f"compare:{task['id']}"


def _task(job: Record, task_id: str) -> Task:
    """The task that an event is about; a task is deleted only when nothing is planned for it."""
    return next(task for task in job["compares"] if task["id"] == task_id)


@happens(EVERY, "compare_running")
def _running(world: World, job: Record, at: float, task_id: str) -> None:
    task = _task(job, task_id)
    task["state"] = "running"
    rows.begin(world, job, _axis(task))
    agenda.schedule(job, _axis(task), "compare_done", at + world.settings.timings.compare_running, task_id)


@happens(EVERY, "compare_canceled")
def _canceled(_world: World, job: Record, at: float, task_id: str) -> None:
    _task(job, task_id).update({"state": "canceled", "finished": at, "message": "The task was stopped."})


@happens(EVERY, "compare_done")
def _done(world: World, job: Record, at: float, task_id: str) -> None:
    task = _task(job, task_id)
    if rows.real(world, job):
        _really_done(world, job, task, at)
        return
    wanted = rehearsals.pending(world, job, "compare")[:1]
    outcome: Outcome = wanted[0]["compare"] if wanted else {}
    # The automatic task reports the truth, and leaves the rehearsal for the one that a person ordered.
    if wanted and not task["automatic"]:
        rehearsals.use(job, wanted[0], "compare")
    task["finished"] = at
    if outcome.get("status") == "failed":
        message = outcome.get("message", "The query timed out after 10 minutes; reduce the load on the source.")
        task.update({"state": "failed", "message": message})
        return
    conclusion, report = _report(task, outcome, at)
    task.update({"state": "success", "message": "done", "conclusion": conclusion, "report": report})


def _really_done(world: World, job: Record, task: Task, at: float) -> None:
    """Report what the servers have found, once they have."""
    outcome = rows.asked(world, job, _axis(task), _axis(task), "compare_done", argument=task["id"])
    if outcome is None:
        return
    task["finished"] = at
    if outcome.words:
        task.update({"state": "failed", "message": outcome.words})
        return
    found: Comparison = outcome.value
    conclusion = "different" if found.differences else "same"
    if found.tables == len(found.skipped):
        conclusion = "skipAll"
    report: Report = {
        "total": found.tables,
        "different": len({(row.database, row.schema, row.table) for row in found.differences}),
        "differences": [_difference(row, at) for row in found.differences],
        "skipped": [
            {"Db": item.database, "Schema": item.schema, "Table": item.table, "Reason": item.reason}
            for item in found.skipped
        ],
        "rows": [found.source_rows, found.target_rows],
    }
    task.update({"state": "success", "message": "done", "conclusion": conclusion, "report": report})


def _difference(row: Difference, at: float) -> DifferenceItem:
    return {
        "Db": row.database,
        "Schema": row.schema,
        "Table": row.table,
        "Chunk": row.chunk,
        "SrcItem": row.source,
        "DstItem": row.target,
        "IndexName": row.index,
        "LowerBoundary": row.lower,
        "UpperBoundary": row.upper,
        "CostTime": 0.0,
        "FinishedAt": stamp(at),
    }


def _report(task: Task, outcome: Outcome, at: float) -> tuple[str, Report]:
    tables = tables_of(task["config"])
    rows = outcome.get("rows") or []
    skip_all = outcome.get("conclusion") == "skipAll"
    skipped = len(tables) if skip_all else outcome.get("skipped_tables", 0)
    different = len({(row["Db"], row["Table"]) for row in rows}) or outcome.get("different_tables", 0)
    different = 0 if skip_all else max(different, int(outcome.get("conclusion") == "different"))
    if not skip_all:
        # A rehearsal shows even where the job has fewer tables than it wants.
        tables += [(tables[0][0], f"table_{number}") for number in range(len(tables), skipped + max(different, 1))]
    return "skipAll" if skip_all else "different" if different else "same", {
        "total": len(tables),
        "different": different,
        "differences": rows or [row for table in tables[:different] for row in _rows(table, at)],
        "skipped": [{"Db": db, "Table": name, "Reason": NO_KEY} for db, name in tables[len(tables) - skipped :]],
    }


def _rows(table: tuple[str, str], at: float) -> list[DifferenceItem]:
    """Two differing chunks of one table, as DifferenceItem."""
    return [
        {
            "Db": table[0],
            "Table": table[1],
            "Chunk": chunk,
            "SrcItem": f'{{"id": {chunk * 1000 + 17}, "amount": "25.00"}}',
            "DstItem": f'{{"id": {chunk * 1000 + 17}, "amount": "24.00"}}',
            "IndexName": "PRIMARY",
            "LowerBoundary": str(chunk * 1000),
            "UpperBoundary": str(chunk * 1000 + 999),
            "CostTime": 0.25,
            "FinishedAt": stamp(at),
        }
        for chunk in (1, 2)
    ]
