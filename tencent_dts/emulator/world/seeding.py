"""What the admin API knows of jobs: seeds that take effect at once, the list of jobs, the meter."""

from __future__ import annotations

from tencent_dts.emulator.world import agenda, billing, headway, instances, jobs, kinds, lifecycle, rehearsals
from tencent_dts.emulator.world.clock import iso
from tencent_dts.emulator.world.kernel import Answer, Fields, World, controls
from tencent_dts.emulator.world.lifecycle import RUN, TRADE
from tencent_dts.emulator.world.records import Record, Task
from tencent_dts.emulator.world.tables import shown


def apply(world: World, job: Record, seed: rehearsals.Rehearsal) -> None:
    """Let the parts of a seed that do not wait for a phase, ``trade_status`` and ``force_status``, take effect."""
    at = world.clock.now()
    if "trade_status" in seed:
        _set_trade(world, job, seed["trade_status"], at)
    if "force_status" in seed:
        _force(world, job, seed["force_status"], at)


def at_birth(world: World, job: Record) -> None:
    """Apply the seeds that match a job just bought."""
    for seed in world.store.all("seed"):
        if rehearsals.matches(seed["match"], job):
            apply(world, job, seed)


def _set_trade(world: World, job: Record, wanted: str, at: float) -> None:
    if wanted not in kinds.of(job).trade:
        return  # this kind of job cannot be in it
    agenda.cancel(job, TRADE)
    state = lifecycle.traded(job, wanted)
    if wanted in ("isolated", "arrears"):
        job["trade"]["isolate_reason"] = "The account was overdue." if wanted == "arrears" else "Isolated by the user."
        lifecycle.suspend(job, at)
        lifecycle.enter_trade(job, state, at)
        agenda.schedule(job, TRADE, "offlined", at + world.settings.timings.retention)
        return
    free = wanted == "notBilled"
    job["trade"].update({"free": free, "frozen": not free and not job["trade"]["months"]})
    lifecycle.go_on(job, at)
    lifecycle.enter_trade(job, state, at)


def _force(world: World, job: Record, wanted: str, at: float) -> None:
    """Put the job into a status; one that the API does not know only shows, until "" takes it away."""
    kind = kinds.of(job)
    job["overlay"] = "" if wanted in kind.states else wanted
    if wanted not in kind.states:
        return
    agenda.cancel(job, RUN)
    for fault, status in kind.faults.items():
        if wanted == status:
            lifecycle.fail(world, job, fault, at)
            return
    step = lifecycle.current_step(job)
    incremental = step is not None and step["id"] == headway.SINKER
    case = "incremental" if incremental else "configured" if job["configuration"] is not None else ""
    lifecycle.enter(job, kind.variant(wanted, case, kind.states), at)


@controls("seed")
def seed(world: World, arguments: Fields) -> Answer:
    """Take one seed; ``instances`` alone replaces the fleet of DescribeMigrateDBInstances."""
    if set(arguments) == {"instances"}:
        instances.replace(world, arguments["instances"])
        return {"instances": len(arguments["instances"])}
    wanted = rehearsals.validated(arguments)
    matched = [job for job in jobs.every(world) if rehearsals.matches(wanted["match"], job)]
    for job in matched:
        apply(world, job, wanted)
        jobs.save(world, job)
    return {"id": rehearsals.add(world, wanted), "jobs": [job["JobId"] for job in matched]}


@controls("jobs")
def list_jobs(world: World, _arguments: Fields) -> list[Answer]:
    """Return every job of every account, in short, with the history of its states."""
    now = world.clock.now()
    return [
        {
            "JobId": job["JobId"],
            "JobName": job["JobName"],
            "account": job["account"],
            "region": job["region"],
            "Status": jobs.status(job),
            "TradeStatus": shown(job["trade"]["state"]),
            "InstanceClass": job["trade"]["class"],
            "Tags": job["tags"],
            "frozen": job["trade"]["frozen"],
            "billed_hours": billing.hours(job, now),
            "lag": list(headway.lag_at(job, now)),
            "steps": [
                {"id": step["id"], "ended": step["ended"] is not None, "different": bool(step.get("different"))}
                for step in job["steps"]
            ],
            "compare_tasks": [_comparison(task) for task in job["compares"]],
            "rehearsed": job["rehearsed"],
            "history": [[iso(at), axis, state] for at, axis, state in job["history"]],
        }
        for job in jobs.every(world)
    ]


def _comparison(task: Task) -> Answer:
    report = task["report"]
    return {
        "CompareTaskId": task["id"],
        "TaskName": task["name"],
        "Status": task["state"],
        "Conclusion": task["conclusion"],
        "rows": report.get("rows", []) if report else [],
        "different_rows": len(report["differences"]) if report else 0,
    }


@controls("meter")
def meter(world: World, _arguments: Fields) -> Answer:
    """Return what all jobs have cost and which still do."""
    return billing.summary(jobs.every(world), world.clock.now())
