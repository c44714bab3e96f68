"""Migration jobs in the shapes of the API: JobItem, the detail, the check.

Documents: DescribeMigrationJobs, DescribeMigrationDetail, DescribeMigrationCheckJob and their data types. What
has no value yet is null or empty as in the documents' examples; passwords are answered as "".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from tencent_dts.emulator.areas.migration.tables import ALL_ACTIONS, FAULTED, KIND, allowed_actions
from tencent_dts.emulator.world import billing, compare_runs, findings, headway, jobs, kinds
from tencent_dts.emulator.world.billing import NO_TIME
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.kernel import World
from tencent_dts.emulator.world.records import Record, Step, side_of
from tencent_dts.emulator.world.shapes import fault, full, rate_limits

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.common import ProcessProgress, ProcessStepTip, StepDetailInfo
    from tencent_dts.spec.shapes.migration import DescribeMigrationCheckJobAnswer, DescribeMigrationDetailAnswer
    from tencent_dts.spec.shapes.migration_types import CheckStep, CheckStepInfo, JobItem, MigrateDetailInfo


def endpoint(job: Record, side: Literal["src", "dst"]) -> Any:
    """Return SrcInfo (``side`` src) or DstInfo (dst); before the configuration only what was bought is known."""
    configured = (job["configuration"] or {}).get("SrcInfo" if side == "src" else "DstInfo")
    bought = side_of(job, side)
    return full("DBEndpointInfo", configured or {"Region": bought.region, "DatabaseType": bought.database_type})


def run_view(job: Record, now: float) -> MigrateDetailInfo | None:
    """Return MigrateDetailInfo, or None before the job has started."""
    if job["started"] is None:
        return None
    megabytes, seconds = headway.lag_at(job, now)
    names = kinds.of(job).steps(job)
    begun = {step["id"]: step for step in job["steps"]}
    return {
        "StepAll": len(names),
        "StepNow": len(job["steps"]),
        "MasterSlaveDistance": megabytes,
        "SecondsBehindMaster": seconds,
        "StepInfo": [_step(job, number, name, begun.get(name), now) for number, name in enumerate(names, 1)],
    }


def _step(job: Record, number: int, name: str, step: Step | None, now: float) -> StepDetailInfo:
    failed = step is not None and step["ended"] is None and job["state"] in FAULTED
    said = fault(job)
    tip: ProcessStepTip = {"Message": said["ErrorLog"], "Solution": said["Solution"], "HelpDoc": said["HelpDoc"]}
    shown = "notStarted" if step is None else "finished" if step["ended"] else "failed" if failed else "running"
    percent = 0 if step is None else 100 if step["ended"] else headway.progress(job, now)
    return {
        "StepNo": number,
        "StepId": name,
        "StepName": KIND.step_names[name],
        "Status": shown,
        "StartTime": stamp(step["started"]) if step else "",
        "FinishTime": stamp(step["ended"]) if step and step["ended"] else "",
        "StepMessage": said["ErrorLog"] if failed else "",
        "Percent": percent,
        "Errors": [tip] if failed else [],
        "Warnings": [],
    }


def _common(world: World, job: Record) -> JobItem:
    configuration = job["configuration"] or {}
    return {
        "JobId": job["JobId"],
        "JobName": job["JobName"],
        "CreateTime": stamp(job["created"]),
        "UpdateTime": stamp(job["updated"]),
        "StartTime": stamp(job["started"]) if job["started"] else NO_TIME,
        "EndTime": stamp(job["ended"]) if job["ended"] else NO_TIME,
        "BriefMsg": fault(job)["ErrorLog"] if job["state"] in FAULTED else "",
        "Status": jobs.status(job),
        "RunMode": configuration.get("RunMode") or "immediate",
        "ExpectRunTime": configuration.get("ExpectRunTime") or "",
        "Action": {
            "AllAction": list(ALL_ACTIONS),
            "AllowedAction": allowed_actions(job["state"], job["trade"]["state"]),
        },
        "StepInfo": run_view(job, world.clock.now()),
        "SrcInfo": endpoint(job, "src"),
        "DstInfo": endpoint(job, "dst"),
        "CompareTask": compare_runs.on_job(job),
        "TradeInfo": billing.trade_info(job),
        "Tags": [full("TagItem", tag) for tag in job["tags"]],
        "DumperResumeCtrl": "no" if job["started"] else "",
    }


def list_item(world: World, job: Record) -> JobItem:
    """Return a job as DescribeMigrationJobs lists it (JobItem)."""
    return {**_common(world, job), "AutoRetryTimeRangeMinutes": job["retry_minutes"]}


def detail(world: World, job: Record) -> DescribeMigrationDetailAnswer:
    """Return a job as DescribeMigrationDetail shows it."""
    configuration = job["configuration"]
    shared = cast("DescribeMigrationDetailAnswer", _common(world, job))  # which are fields of both
    return {
        **shared,
        "MigrateOption": full("MigrateOption", configuration["MigrateOption"]) if configuration else None,
        "CheckStepInfo": _check_progress(world, job),
        "ErrorInfo": [fault(job)] if job["state"] in FAULTED else [],
        "RateLimitOption": rate_limits(job) if job["started"] else None,
    }


def check_view(world: World, job: Record) -> DescribeMigrationCheckJobAnswer:
    """Return what DescribeMigrationCheckJob answers; CheckFlag is "" until the check has come to its verdict."""
    check = job["check"]
    if check is None:
        return {"Status": "notStarted", "BriefMsg": "", "StepInfo": [], "CheckFlag": ""}
    steps, _ = findings.so_far(world, job, check, "checked")
    if check["ended"] is None:
        return {"Status": "running", "BriefMsg": "", "StepInfo": steps, "CheckFlag": ""}
    message = "success" if check["flag"] == "checkPass" else "the check did not pass"
    return {"Status": check["status"], "BriefMsg": message, "StepInfo": steps, "CheckFlag": check["flag"]}


def _check_progress(world: World, job: Record) -> CheckStepInfo | None:
    check = job["check"]
    if check is None:
        return None
    steps, done = findings.so_far(world, job, check, "checked")
    ended = check["ended"]
    running = ended is None
    verdict = "success" if check["flag"] == "checkPass" else "failed"
    progress: ProcessProgress = {
        "Status": "running" if running else verdict,
        "Percent": int(100 * done / len(steps)),
        "StepAll": len(steps),
        "StepNow": done,
        "Message": "" if running else verdict,
        "Steps": [_check_step(step) for step in steps],
    }
    return {
        "StartAt": stamp(check["started"]),
        "EndAt": "" if ended is None else stamp(ended),
        "Progress": progress,
    }


def _check_step(step: CheckStep) -> StepDetailInfo:
    """One check step as StepDetailInfo, whose spelling of the same facts differs from CheckStep."""
    result = step["StepStatus"] or ""
    shown = {"pass": "finished", "warning": "finished", "blocked": "notStarted"}.get(result, result)
    tips: list[ProcessStepTip] = [
        {
            "Message": item["FailureReason"] or "; ".join(item["ErrorLog"] or []),
            "Solution": item["Solution"],
            "HelpDoc": "; ".join(item["HelpDoc"] or []),
        }
        for item in step["DetailCheckItems"] or []
    ]
    failed = result == "failed" and not step["HasSkipped"]
    return {
        "StepNo": 0,
        "StepId": step["StepId"],
        "StepName": step["StepName"],
        "Status": "skipped" if step["HasSkipped"] else shown,
        "StartTime": "",
        "FinishTime": "",
        "StepMessage": "",
        "Percent": 100 if shown == "finished" else 0,
        "Errors": tips if failed else [],
        "Warnings": [] if failed else tips,
    }
