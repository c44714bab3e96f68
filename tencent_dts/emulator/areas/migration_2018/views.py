"""Migration jobs in the shapes of API 2018-03-30: MigrateJobInfo and the check, with statuses as numbers.

Documents: DescribeMigrateJobs, DescribeMigrateCheckJob and their data types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.areas.migration_2018.configuration import migrate_type
from tencent_dts.emulator.areas.migration_2018.tables import CHECK_FLAG, STATUS, STEP_STATUS
from tencent_dts.emulator.world import findings, headway, jobs, kinds
from tencent_dts.emulator.world.billing import NO_TIME
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.kernel import Fields, World
from tencent_dts.emulator.world.records import Record, Step
from tencent_dts.emulator.world.shapes import FAULT, full
from tencent_dts.spec import VERSION_2018

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_2018 import DescribeMigrateCheckJobAnswer
    from tencent_dts.spec.shapes.migration_types_2018 import ErrorInfo, MigrateDetailInfo, MigrateJobInfo


STOPPED = "The task was stopped by the user."
DIFFERENT = "The data of source and target are inconsistent."


def status(job: Record) -> int:
    """Return Status as the API shows it; a seeded one that is no number is 23, the unknown status."""
    shown = jobs.status(job)
    return int(shown) if shown.isdecimal() else STATUS.get(shown, STATUS["unknown"])


def item(world: World, job: Record) -> MigrateJobInfo:
    """Return a job as DescribeMigrateJobs lists it (MigrateJobInfo)."""
    configuration = job["configuration"]
    return {
        "JobId": job["JobId"],
        "JobName": job["JobName"],
        "MigrateOption": _option(configuration["MigrateOption"]),
        "SrcDatabaseType": job["src_type"],
        "SrcAccessType": configuration["SrcAccessType"],
        "SrcInfo": full("SrcInfo", configuration["SrcInfo"], VERSION_2018),
        "DstDatabaseType": job["dst_type"],
        "DstAccessType": configuration["DstAccessType"],
        "DstInfo": full("DstInfo", configuration["DstInfo"], VERSION_2018),
        "DatabaseInfo": configuration.get("DatabaseInfo") or "[]",
        "CreateTime": stamp(job["created"]),
        "StartTime": stamp(job["started"]) if job["started"] else NO_TIME,
        "EndTime": stamp(job["ended"]) if job["ended"] else NO_TIME,
        "Status": status(job),
        "Detail": _run(job, world.clock.now()),
        "ErrorInfo": _errors(job),
        "Tags": [full("TagItem", tag, VERSION_2018) for tag in job["tags"]],
        "SrcInfoMulti": [full("SrcInfo", info, VERSION_2018) for info in configuration["SrcInfoMulti"]],
    }


def _option(given: Fields) -> Any:
    whole = full("MigrateOption", {**given, "MigrateType": migrate_type(given)}, VERSION_2018)
    whole["ExpectTime"] = whole["ExpectTime"] or NO_TIME
    whole["ConsistencyParams"] = full("ConsistencyParams", given.get("ConsistencyParams") or {}, VERSION_2018)
    return whole


def _errors(job: Record) -> list[ErrorInfo]:
    """What is wrong with the job: why it failed, or that its data differ."""
    logs = [DIFFERENT] if any(step.get("different") for step in job["steps"]) else []
    if job["state"] == "failed":
        logs.append(STOPPED if job["faulted"] is None else FAULT["ErrorLog"] or "")
    return [{"ErrorLog": log, "HelpDoc": FAULT["HelpDoc"]} for log in logs]


def _run(job: Record, now: float) -> MigrateDetailInfo:
    """Return MigrateDetailInfo; all is 0 before the start, as in the documents' example."""
    if job["started"] is None:
        return {
            "StepAll": 0,
            "StepNow": 0,
            "MasterSlaveDistance": 0,
            "SecondsBehindMaster": 0,
            "Progress": "0",
            "CurrentStepProgress": "0",
            "StepInfo": [],
        }
    megabytes, seconds = headway.lag_at(job, now)
    kind = kinds.of(job)
    names = kind.steps(job)
    begun = {step["id"]: step for step in job["steps"]}
    current = headway.progress(job, now) if job["steps"] else 0
    done = 100 * max(len(job["steps"]) - 1, 0) + current
    return {
        "StepAll": len(names),
        "StepNow": len(job["steps"]),
        "Progress": str(done // len(names)),
        "CurrentStepProgress": str(current),
        "MasterSlaveDistance": megabytes,
        "SecondsBehindMaster": seconds,
        "StepInfo": [
            {
                "StepNo": number,
                "StepName": kind.step_names[name],
                "StepId": name,
                "Status": STEP_STATUS[_step_state(job, begun.get(name))],
                "StartTime": stamp(begun[name]["started"]) if name in begun else "",
            }
            for number, name in enumerate(names, 1)
        ],
    }


def _step_state(job: Record, step: Step | None) -> str:
    if step is None:
        return "notStarted"
    if step.get("different") or (step["ended"] is None and job["state"] == "failed"):
        return "failed"
    return "success" if step["ended"] is not None else "running"


def check(world: World, job: Record) -> DescribeMigrateCheckJobAnswer:
    """Return what DescribeMigrateCheckJob answers; the message names every item that did not pass."""
    record = job["check"]
    if record is None:
        return _check("unavailable", 0, "", 0, "")
    steps, done = findings.so_far(world, job, record, "checked")
    if record["ended"] is None:
        return _check("running" if done else "starting", 0, "", 100 * done // len(steps), "")
    if record["flag"] == "checkPass":
        return _check("finished", 0, "ok", 100, "checkPass")
    reasons = [
        f"{step['StepName']}: {found['FailureReason']} {found['Solution']} {' '.join(found['ErrorLog'] or [])}".strip()
        for step in steps
        for found in step["DetailCheckItems"] or []
        if step["StepStatus"] == "failed"
    ]
    return _check("finished", -1, "; ".join(reasons) or "The check task broke; check again.", 100, "checkNotPass")


def _check(state: str, code: int, message: str, percent: int, flag: str) -> DescribeMigrateCheckJobAnswer:
    return {
        "Status": state,
        "ErrorCode": code,
        "ErrorMessage": message,
        "Progress": str(percent),
        "CheckFlag": CHECK_FLAG[flag],
    }
