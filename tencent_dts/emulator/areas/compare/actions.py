"""The data consistency check area, API 2021-12-06: the compare tasks of migration jobs and of sync jobs.

Documents: "Data Consistency Check APIs", CreateSyncCompareTask and its neighbours, which take and answer the same.
:data:`OWNERS` distinguishes the two families. Importing this module registers both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tencent_dts.emulator.areas.migration import tables as migration_tables
from tencent_dts.emulator.areas.sync import configuration as sync_configuration
from tencent_dts.emulator.areas.sync import tables
from tencent_dts.emulator.world import agenda, compare_configuration, compare_runs, jobs
from tencent_dts.emulator.world.billing import NO_TIME
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.compare_tables import COMPARE
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, Fidelity, Fields, World, answers
from tencent_dts.emulator.world.kinds import Kind
from tencent_dts.emulator.world.lists import page
from tencent_dts.emulator.world.records import Record, Report, Task
from tencent_dts.emulator.world.tables import DENIED, GONE, NO_RESOURCE, WRONG_VALUE, Row, alternatives

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import ProcessProgress
    from tencent_dts.spec.shapes.compare import (
        CreateCompareTaskAnswer,
        CreateCompareTaskRequest,
        DeleteCompareTaskRequest,
        DescribeCompareReportAnswer,
        DescribeCompareReportRequest,
        DescribeCompareTasksAnswer,
        DescribeCompareTasksRequest,
        ModifyCompareTaskNameRequest,
        ModifyCompareTaskRequest,
        StartCompareRequest,
        StopCompareRequest,
    )
    from tencent_dts.spec.shapes.compare_types import CompareAbstractInfo, CompareObject, CompareTaskItem


@dataclass(frozen=True)
class Owner:
    """A kind of job that has compare tasks: its actions' names by verb, the tasks' state table, where it is mentioned.

    ``uncomparable`` gives the reason why a job with this configuration cannot be compared, or "".
    """

    kind: Kind
    actions: Mapping[str, str]
    rows: Mapping[str, Row]
    fidelity: Fidelity
    source: str = ""
    uncomparable: Callable[[Fields], str] = lambda _: ""


VERBS = ("create", "start", "stop", "delete", "modify", "rename", "list", "report")
_MIGRATION = (
    *("CreateCompareTask", "StartCompare", "StopCompare", "DeleteCompareTask", "ModifyCompareTask"),
    *("ModifyCompareTaskName", "DescribeCompareTasks", "DescribeCompareReport"),
)
OWNERS = (
    Owner(migration_tables.KIND, dict(zip(VERBS, _MIGRATION, strict=True)), COMPARE, "documented"),
    Owner(
        tables.KIND,
        dict(zip(VERBS, (tables.compare_action(name) for name in _MIGRATION), strict=True)),
        tables.COMPARE,
        "documented",
        "As of a migration job. ",
        sync_configuration.uncomparable,
    ),
)


def _admitted(owner: Owner, world: World, caller: Caller, verb: str, params: Fields) -> tuple[Record, Task, str]:
    """Return the job, the task and the state that an action leads it to; both tables must allow it."""
    job = _job(owner, world, caller, params)
    task = _task(job, params["CompareTaskId"])
    action = owner.actions[verb]
    state, refusal = owner.rows[action].cell(task["state"])
    if refusal:
        possible = alternatives(owner.rows[action].to)
        raise ApiError(refusal, f"{action} is not allowed: {task['id']} is {task['state']}. It needs: {possible}.")
    return job, task, state


def _job(owner: Owner, world: World, caller: Caller, params: Fields) -> Record:
    return jobs.load(world, caller, owner.kind, params["JobId"], NO_RESOURCE)


def _task(job: Record, task_id: str) -> Task:
    task = compare_runs.find(job, task_id)
    if task is None:
        raise ApiError(NO_RESOURCE, f"The compare task {task_id} of {job['JobId']} does not exist.")
    return task


def _configured(job: Record, params: Fields) -> CompareObject:
    """Return the CompareObject that ObjectMode and Objects ask for; custom objects are among the job's own."""
    own: CompareObject = compare_runs.same_as_migrate(job)
    if params.get("ObjectMode") != "custom":
        return own
    custom = params.get("Objects")
    if not custom:
        raise ApiError(WRONG_VALUE, "Objects is required when ObjectMode is custom.")
    columns = job["kind"] == tables.KIND.name
    _refuse(compare_configuration.object_problems(custom, own, job["family"], columns=columns))
    return cast("CompareObject", dict(custom))


def _refuse(problems: Iterable[str]) -> None:
    text = "; ".join(problems)
    if text:
        raise ApiError(WRONG_VALUE, text)


def create(owner: Owner, world: World, caller: Caller, params: CreateCompareTaskRequest) -> CreateCompareTaskAnswer:
    """Create a compare task; it waits for StartCompare."""
    job, _, _ = jobs.admitted(world, caller, owner.actions["create"], params["JobId"])
    reason = owner.uncomparable(job["configuration"])
    if reason:
        raise ApiError(DENIED, f"{job['JobId']} cannot be compared: {reason}")
    config = _configured(job, params)
    _refuse(compare_configuration.option_problems(params.get("Options") or {}, job["family"]))
    name = params.get("TaskName") or ""
    task = compare_runs.new_task(job, world.clock.now(), name, config, params.get("Options") or {})
    jobs.save(world, job)
    return {"CompareTaskId": task["id"]}


def start(owner: Owner, world: World, caller: Caller, params: StartCompareRequest) -> Answer:
    """Start a compare task."""
    job, task, _ = _admitted(owner, world, caller, "start", params)
    jobs.admitted(world, caller, owner.actions["start"], params["JobId"])
    busy = [other["id"] for other in job["compares"] if other["state"] in compare_runs.UNDER_WAY]
    if busy:
        raise ApiError(DENIED, f"The start is not allowed: {busy[0]} is under way, and a job runs one at a time.")
    compare_runs.start(world, job, task, world.clock.now())
    jobs.save(world, job)
    return {}


def stop(owner: Owner, world: World, caller: Caller, params: StopCompareRequest) -> Answer:
    """Stop a compare task that is under way."""
    job, task, _ = _admitted(owner, world, caller, "stop", params)
    compare_runs.stop(world, job, task, world.clock.now(), force=bool(params.get("ForceStop")))
    agenda.settle(world, job)
    jobs.save(world, job)
    return {}


def delete(owner: Owner, world: World, caller: Caller, params: DeleteCompareTaskRequest) -> Answer:
    """Delete a compare task that is not under way."""
    job, task, state = _admitted(owner, world, caller, "delete", params)
    if state == GONE:
        job["compares"].remove(task)
    jobs.save(world, job)
    return {}


def modify(owner: Owner, world: World, caller: Caller, params: ModifyCompareTaskRequest) -> Answer:
    """Change a compare task that has not been started."""
    job, task, _ = _admitted(owner, world, caller, "modify", params)
    task["name"] = params.get("TaskName") or task["name"]
    if params.get("ObjectMode") or params.get("Objects"):
        task["config"] = _configured(job, params)
    if params.get("Options"):
        options = task["options"] | params["Options"]
        _refuse(compare_configuration.option_problems(options, job["family"]))
        task["options"] = compare_runs.complete_options(options)
    jobs.save(world, job)
    return {}


def rename(owner: Owner, world: World, caller: Caller, params: ModifyCompareTaskNameRequest) -> Answer:
    """Rename a compare task."""
    job, task, _ = _admitted(owner, world, caller, "rename", params)
    task["name"] = params["TaskName"]
    jobs.save(world, job)
    return {}


def describe_tasks(
    owner: Owner, world: World, caller: Caller, params: DescribeCompareTasksRequest
) -> DescribeCompareTasksAnswer:
    """List the compare tasks of a job."""
    job = _job(owner, world, caller, params)
    wanted = params.get("CompareTaskId")
    found = [
        task
        for task in reversed(job["compares"])
        if wanted in (None, "", task["id"]) and (not params.get("Status") or task["state"] in params["Status"])
    ]
    return {"TotalCount": len(found), "Items": [_item(job, task, world) for task in page(found, params)]}


def _item(job: Record, task: Task, world: World) -> CompareTaskItem:
    percent = 100 if task["state"] == "success" else 0
    if task["state"] == "running":
        seconds = world.settings.timings.compare_running
        left = agenda.remaining(job, "compare_done", world.clock.now()) or 0.0
        percent = int(100 * agenda.share(seconds - left, seconds))
    return {
        "JobId": job["JobId"],
        "CompareTaskId": task["id"],
        "TaskName": task["name"],
        "Status": task["state"],
        "Config": _config(task),
        "CheckProcess": _progress("", 0),
        "CompareProcess": _progress(task["message"], percent),
        "Conclusion": task["conclusion"],
        "CreatedAt": stamp(task["created"]),
        "StartedAt": stamp(task["started"]) if task["started"] else NO_TIME,
        "FinishedAt": stamp(task["finished"]) if task["finished"] else NO_TIME,
        "Method": task["options"]["Method"],
        "Options": task["options"],
        "Message": task["message"],
    }


def _config(task: Task) -> Any:
    """The task's CompareObject, with null for what it does not name, as in the documents' example."""
    names = ("DbName", "DbMode", "SchemaName", "TableMode", "Tables", "ViewMode", "Views")
    config = task["config"]
    items = [{name: item.get(name) for name in names} for item in config.get("ObjectItems") or []]
    return {"ObjectMode": config["ObjectMode"], "ObjectItems": items, "AdvancedObjects": config.get("AdvancedObjects")}


def _progress(message: str, percent: int) -> ProcessProgress:
    return {"Status": "", "Message": message, "StepAll": 0, "StepNow": 0, "Percent": percent, "Steps": []}


def describe_report(
    owner: Owner, world: World, caller: Caller, params: DescribeCompareReportRequest
) -> DescribeCompareReportAnswer:
    """Show what a compare task has found."""
    job = _job(owner, world, caller, params)
    task = _task(job, params["CompareTaskId"])
    report: Report = task["report"] or {"total": 0, "different": 0, "differences": [], "skipped": []}
    return {
        "Abstract": _abstract(task, report),
        "Detail": {
            "Difference": _detail(report["differences"], params, "Difference"),
            "Skipped": _detail(report["skipped"], params, "Skipped"),
        },
    }


def _abstract(task: Task, report: Report) -> CompareAbstractInfo:
    counted = task["options"]["Method"] == "rowsCount"
    rows = 1000 * report["total"] if counted else 0
    source, target = report.get("rows") or (rows, rows - len(report["differences"]) if counted else 0)
    return {
        "Options": task["options"],
        "Objects": _config(task),
        "Conclusion": task["conclusion"],
        "Status": task["state"],
        "TotalTables": report["total"],
        "CheckedTables": report["total"] - len(report["skipped"]),
        "DifferentTables": report["different"],
        "SkippedTables": len(report["skipped"]),
        "NearlyTableCount": report["total"],
        "DifferentRows": len(report["differences"]),
        "SrcSampleRows": source,
        "DstSampleRows": target,
        "StartedAt": stamp(task["started"]) if task["started"] else NO_TIME,
        "FinishedAt": stamp(task["finished"]) if task["finished"] else NO_TIME,
    }


def _detail(rows: Sequence[Fields], params: Fields, part: str) -> Any:
    """One page of the differing or skipped tables that the request's database and table name."""
    database, table = params.get(f"{part}DB"), params.get(f"{part}Table")
    found = [row for row in rows if database in (None, "", row["Db"]) and table in (None, "", row["Table"])]
    return {"TotalCount": len(found), "Items": page(found, params, f"{part}Limit", f"{part}Offset")}


ANSWERS: Mapping[str, tuple[Callable[[Owner, World, Caller, Any], Answer], str]] = {
    "create": (
        create,
        "Only in the incremental step (product guide). Whole databases have three made-up tables each. Chosen tables "
        "must be among those that the job names; DbMode `partial` needs TableMode (both assumed).",
    ),
    "start": (start, "One run per job at a time; a second is refused."),
    "stop": (stop, "ForceStop ends the run at once."),
    "delete": (delete, ""),
    "modify": (modify, ""),
    "rename": (rename, "In every state of the task (assumed)."),
    "list": (describe_tasks, "Newest first (assumed)."),
    "report": (
        describe_report,
        "Databases and tables are found by their whole names; a page has 20 rows by default (both assumed). A task "
        "that has not succeeded has an abstract without a conclusion.",
    ),
}
"""What answers each verb, and what to know of it."""

for _owner in OWNERS:
    for _verb, (_handler, _note) in ANSWERS.items():
        answers(_owner.actions[_verb], fidelity=_owner.fidelity, note=(_owner.source + _note).strip())(
            partial(_handler, _owner)
        )
