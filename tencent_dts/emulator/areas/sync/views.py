"""Sync jobs in the shapes of the API: SyncJobInfo and the result of a check.

Documents: DescribeSyncJobs, DescribeCheckSyncJobResult, DescribeModifyCheckSyncJobResult and their data types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.areas.sync import configuration as sync_configuration
from tencent_dts.emulator.areas.sync import tables
from tencent_dts.emulator.world import findings, headway, jobs
from tencent_dts.emulator.world.billing import NO_TIME
from tencent_dts.emulator.world.clock import stamp
from tencent_dts.emulator.world.kernel import Fields, World
from tencent_dts.emulator.world.records import Check, Record, Side, Step, side_of
from tencent_dts.emulator.world.shapes import FAULT, full, rate_limits
from tencent_dts.emulator.world.tables import shown

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration_types import CheckStep
    from tencent_dts.spec.shapes.sync import DescribeCheckSyncJobResultAnswer
    from tencent_dts.spec.shapes.sync_types import StepInfo, StepTip, SyncDetailInfo, SyncJobInfo


NO_PROGRESS = -1
"""How a step says that it has no progress: as in the documents' example, one that is finished or incremental."""


def _time(at: float | None) -> str:
    return stamp(at) if at else NO_TIME


def job_info(world: World, job: Record) -> SyncJobInfo:
    """Return a job as DescribeSyncJobs lists it (SyncJobInfo)."""
    configuration, trade = job["configuration"] or {}, job["trade"]
    comparable = bool(configuration) and not sync_configuration.uncomparable(configuration)
    modification = job["modification"]["state"] if job["modification"] else ""
    return {
        "JobId": job["JobId"],
        "JobName": job["JobName"],
        "PayMode": job["pay_mode"],
        "RunMode": configuration.get("RunMode") or "Immediate",
        "ExpectRunTime": configuration.get("ExpectRunTime") or NO_TIME,
        "AllActions": list(tables.ALL_ACTIONS),
        "Actions": tables.allowed_actions(job["state"], trade["state"], modification, comparable=comparable),
        "Options": _options(job) if configuration else None,
        "Objects": full("Objects", configuration["Objects"]) if configuration else None,
        "Specification": job["specification"],
        "ExpireTime": _time(trade["expires"]),
        **_side(configuration, "Src", side_of(job, "src")),
        **_side(configuration, "Dst", side_of(job, "dst")),
        "CreateTime": stamp(job["created"]),
        "StartTime": _time(job["started"]),
        "Status": jobs.status(job),
        "EndTime": _time(job["ended"]),
        "Tags": [full("TagItem", tag) for tag in job["tags"]],
        "Detail": _detail(job, world.clock.now()),
        "TradeStatus": shown(trade["state"]),
        "InstanceClass": trade["class"],
        "AutoRenew": int(trade["auto_renew"]),
        "OfflineTime": _time(trade["offline"]),
        "OptObjStatus": modification,
        "AutoRetryTimeRangeMinutes": job["retry_minutes"],
        "DumperResumeCtrl": "yes" if job["started"] else "",
    }


def _options(job: Record) -> Any:
    """Options with null for a list that was not given and an empty object for an object, as in the example."""
    given = job["configuration"]["Options"]
    objects = {name: given.get(name) or {} for name in ("ConflictHandleOption", "KafkaOption")}
    options = full("Options", given | objects)
    options |= {name: options[name] or None for name in ("OpTypes", "DdlOptions")}
    return options | {"RateLimitOption": rate_limits(job), "AutoRetryTimeRangeMinutes": job["retry_minutes"]}


def _side(configuration: Fields, side: str, bought: Side) -> Any:
    """The fields of one side; before the configuration only what was bought is known."""
    return {
        f"{side}Region": bought.region,
        f"{side}DatabaseType": bought.database_type,
        f"{side}AccessType": configuration.get(f"{side}AccessType", ""),
        f"{side}Info": full("Endpoint", configuration.get(f"{side}Info") or {}),
        f"{side}NodeType": configuration.get(f"{side}NodeType", ""),
        f"{side}Infos": _nodes(configuration.get(f"{side}Infos") or {}),
    }


def _nodes(infos: Fields) -> Any:
    """The nodes of a cluster; where there is none, Info is null as in the example."""
    nodes = full("SyncDBEndpointInfos", infos)
    return nodes | {"Info": nodes["Info"] or None}


def _detail(job: Record, now: float) -> SyncDetailInfo | None:
    """SyncDetailInfo, or None before the job has started."""
    if job["started"] is None:
        return None
    megabytes, seconds = headway.lag_at(job, now)
    names = tables.KIND.steps(job)
    begun = {step["id"]: step for step in job["steps"]}
    troubled = job["state"] in tables.KIND.faulted
    progress = _progress(job, job["steps"][-1], now) if job["steps"] else 0
    return {
        "StepAll": len(names),
        "StepNow": len(job["steps"]),
        "Progress": progress,
        "CurrentStepProgress": max(progress, 0),
        "MasterSlaveDistance": megabytes,
        "SecondsBehindMaster": seconds,
        "Message": FAULT["ErrorLog"] if troubled else "",
        "StepInfos": [_step(job, number, name, begun.get(name), now) for number, name in enumerate(names, 1)],
        "CauseOfCompareDisable": sync_configuration.uncomparable(job["configuration"]),
        "ErrInfo": {
            "Reason": FAULT["ErrorLog"] if troubled else "",
            "Message": "The sync task met an error." if troubled else "",
            "Solution": FAULT["Solution"] if troubled else "",
        },
    }


def _progress(job: Record, step: Step, now: float) -> int:
    without = step["ended"] is not None or step["id"] in ("schema-init", headway.SINKER)
    return NO_PROGRESS if without else headway.progress(job, now)


def _step(job: Record, number: int, name: str, step: Step | None, now: float) -> StepInfo:
    under_way = step is not None and step["ended"] is None
    status = "notStarted" if step is None else "finished"
    if under_way:
        status = {"ResumableErr": "failed", "Failed": "failed", "Paused": "paused"}.get(job["state"], "running")
    failed = status == "failed"
    return {
        "StepNo": number,
        "StepName": tables.KIND.step_names[name],
        "StepId": name,
        "Status": status,
        "StartTime": stamp(step["started"]) if step else "",
        "FinishTime": stamp(step["ended"]) if step and step["ended"] else "",
        "Errors": [_tip("Error", name, FAULT["ErrorLog"], FAULT["Solution"], FAULT["HelpDoc"])] if failed else None,
        "Warnings": [],
        "Progress": _progress(job, step, now) if step else 0,
    }


def _tip(grade: str, step: str, message: str | None, solution: str | None, page: str | None) -> StepTip:
    return {"Code": f"{grade}: {step}", "Message": message, "Solution": solution, "HelpDoc": page, "SkipInfo": ""}


def check_view(world: World, job: Record, check: Check | None, event: str) -> DescribeCheckSyncJobResultAnswer:
    """Return what the two actions that show a check answer; ``event`` is what ends this check."""
    if check is None:
        return {"Status": "notStarted", "StepCount": 0, "StepCur": 0, "Progress": 0, "StepInfos": []}
    steps, done = findings.so_far(world, job, check, event)
    verdict = "success" if check["flag"] == "checkPass" else "failed"
    return {
        "Status": "running" if check["ended"] is None else verdict,
        "StepCount": len(steps),
        "StepCur": done,
        "Progress": int(100 * done / len(steps)),
        "StepInfos": [_check_step(number, step) for number, step in enumerate(steps, 1)],
    }


def _check_step(number: int, step: CheckStep) -> StepInfo:
    """One check step as StepInfo, whose spelling of the same facts differs from CheckStep."""
    result = step["StepStatus"] or ""
    status = {"pass": "finished", "warning": "finished", "blocked": "notStarted"}.get(result, result)
    status = "skipped" if step["HasSkipped"] else status
    failed = status == "failed"
    tips = [
        _tip(
            "Error" if failed else "Warning",
            step["StepId"] or "",
            "; ".join(filter(None, (item["FailureReason"], *(item["ErrorLog"] or [])))),
            item["Solution"] or "",
            "; ".join(item["HelpDoc"] or []),
        )
        for item in step["DetailCheckItems"] or []
    ]
    return {
        "StepNo": number,
        "StepName": step["StepName"],
        "StepId": step["StepId"],
        "Status": status,
        "StartTime": "",
        "FinishTime": "",
        "Errors": tips if failed else [],
        "Warnings": [] if failed else tips,
        "Progress": 100 if status in ("finished", "failed", "skipped") else 0,
    }
