"""The promises of a walk, one function each; and what excuses a run from one of them, as data."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.http.journal import NOT_EXECUTED
from tencent_dts.emulator.world import billing, compare_runs, kinds
from tencent_dts.emulator.world.records import Record, Task
from tencent_dts.errors import DtsProblem, IdentityConflict, OutcomeUnknown, Throttled, Unavailable
from tencent_dts.spec import VERSION_2018, load
from tencent_dts.tasks.sensor import DtsSensor
from tests.chaos.walks.inside import ACCOUNT, REGION
from tests.chaos.walks.running import WalkBox, WalkRun

if TYPE_CHECKING:
    from tests.chaos.walks.stories import Leg
    from tests.chaos.walks.witness import Witness

OTHER_DATABASE = '"another"'  # what a person in the console has a job move
SECRETS = (
    *("emulator-secret", "rehearsal-source", "rehearsal-target", "a-wrong-secret-key", "rotated-secret"),
    *("stranger-secret", "another-source-password", "another-target-password"),
)

MAX_REPORT_AGE = 3600.0
NO_LAG = (0, 0)
STOPPED_BEHIND = "stop it behind its source"  # what somebody did in the console
SLOT = 900.0  # seconds that a leg may hold a worker: three times what one call may be repeated for
BLIPS = (Throttled, Unavailable, OutcomeUnknown)

EXCUSED_GREEN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # what is wrong: (tasks that a person marked as success, what a person did in the console)
    "costs": (("isolate", "delete"), ("recover",)),
    "never cut over": (("complete", "succeeded"), ("complete",)),
}
"""What a green run is excused for: it did as it was told by a person's own hand."""

LEFT: Mapping[str, Callable[[Record, Mapping[str, Any]], bool]] = {
    "dts_migrate": lambda job, conf: job["state"] == "success",
    "dts_sync": lambda job, conf: job["state"] in kinds.of(job).incremental_states,
    "dts_sync_modify": lambda job, conf: '"more"' in json.dumps(job["configuration"]),
    "dts_sync_retire": lambda job, conf: job["state"] == kinds.of(job).stopped and _is_gone(job, conf.get("destroy")),
    "dts_migrate_2018": lambda job, conf: False,  # it is deleted
    "dts_subscribe": lambda job, conf: job["state"] == "configured" and job["trade"]["state"] == "normal",
    "dts_unsubscribe": lambda job, conf: _is_gone(job, conf.get("offline")),
}
"""As what a green run leaves its job, by the service's own record."""


@dataclass(frozen=True)
class Judged:
    """A job as it was when a call about it was decided."""

    job: Any  # a record, or nothing of one that is not there any more
    lag: tuple[int, int]
    at: float


def of_cutover(witness: Witness, run: WalkRun, box: WalkBox, judged: Judged | None, action: str) -> Iterator[str]:
    """What is wrong with a cutover, or a stop, that is being sent."""
    if judged is None or run.conf.get("compare_wanted") is False:
        return
    if action == "CompleteMigrateJob" and OTHER_DATABASE in json.dumps(judged.job.get("configuration")):
        yield f"{action} of a job that does something else than the plan"
    if judged.lag != NO_LAG:
        yield f"{action} at a lag of {'unknown' if judged.lag[0] < 0 else 'above 0'}"
    if witness.world.story.name == "migrate 2018":
        steps = [step for step in judged.job.get("steps", ()) if step["id"] == "consistency" and step["ended"]]
        if not steps or any(step.get("different") for step in judged.job["steps"]):
            yield f"{action} although the job's own check did not end well"
        return
    proofs = [task for task in judged.job.get("compares", ()) if _proves(witness, run, judged.job, task)]
    if not proofs:
        yield f"{action} without a comparison of this run that says same"
        return
    allowed = MAX_REPORT_AGE + 1  # times are told in whole seconds
    fresh = [task for task in proofs if judged.at - float(task["finished"]) <= allowed]
    if not fresh:
        yield f"{action} on data compared longer ago than max_report_age"
        return
    if run.conf.get("approval") and not witness.is_marked(run, "approve"):
        yield from _of_approval(witness, run, fresh, judged.job["compares"], action)


def _proves(witness: Witness, run: WalkRun, job: Record, task: Task) -> bool:
    """A comparison of this run, of all that the job moves, that has found everything the same and left nothing out."""
    ours = str(task["name"]).startswith(witness.run_key(run))
    skipped = task["report"]["skipped"] if task["report"] else ()
    every, compared = compare_runs.same_as_migrate(job), set(compare_runs.tables_of(task["config"]))
    whole = compared >= set(compare_runs.tables_of(every))
    return ours and whole and task["state"] == "success" and task["conclusion"] == "same" and not skipped


def _of_approval(witness: Witness, run: WalkRun, fresh: list[Any], every: list[Any], action: str) -> Iterator[str]:
    """The approval is for one of the fresh proofs, or for one that the cutover has renewed alike."""
    approved = witness.approved.get(run.run_id)
    if approved is None:
        yield f"{action} without the approval that was asked for"
        return
    renewed = [task for task in fresh if witness.owner(run, "complete") in str(task["name"])]
    if approved not in [task["id"] for task in fresh] and not (renewed and approved in [t["id"] for t in every]):
        yield f"{action} on another comparison than the one that was approved"


def of_end(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    """What is wrong with a run of a leg that has come to its end."""
    if run.state == "success":
        yield from _of_green(witness, leg, run)
    elif not run.over:
        yield from _of_red(witness, leg, run)
    yield from _purchases(witness, leg, run)
    yield from _secrets(witness, run)


def _of_green(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    job_id = witness.job_of(run)
    costing = [job["JobId"] for job in _costing(witness) if job["JobId"] == job_id]
    if leg.ends and costing and not _excused(witness, run, "costs"):
        yield f"{leg.dag_id} is green, and its job costs"
    if "complete" in run.boxes and job_id not in _cut_over(witness) and not _excused(witness, run, "never cut over"):
        yield f"{leg.dag_id} is green, and its job was never cut over"
    if leg.dag_id == "dts_sync_retire" and (STOPPED_BEHIND, job_id) in witness.hands:
        yield from _of_a_link_stopped_behind(witness, run, job_id)
    job = witness.all_jobs().get(job_id)
    later = leg.dag is not witness.world.runs[-1].dag  # another leg has changed the job since
    if job and not LEFT[leg.dag_id](job, run.conf) and not later and not witness.meddled():
        yield f"{leg.dag_id} is green, and its job is {job['state']}, {job['trade']['state']}"


def _of_a_link_stopped_behind(witness: Witness, run: WalkRun, job_id: str) -> Iterator[str]:
    """Where another hand stopped it, nothing proves what its target holds, unless that may have been the own stop.

    Of a stop that never arrived the run cannot tell whether it did.
    """
    calls = [call for place in witness.world.network.places.values() for call in place.journal("StopSyncJob")]
    lost = any(call["code"] == NOT_EXECUTED for call in calls if call["job_id"] == job_id)
    if not lost and not witness.is_marked(run, "compare", "report", "stop"):
        yield f"{run.dag.dag_id} is green, and another hand has stopped its link behind the source"


def _is_gone(job: Record, destroyed: object) -> bool:
    kind = kinds.of(job)
    offline = {kind.trade["offlined"]}  # an isolated job goes offline by itself, after a week
    return str(job["trade"]["state"]) in (offline if destroyed else offline | kind.isolations)


def of_error(witness: Witness, run: WalkRun, box: WalkBox, error: DtsProblem) -> Iterator[str]:
    """What is wrong with an error of ours as a task raises it: a hidden bill, or a wait that a blip has ended."""
    where = f"{run.dag.dag_id}/{box.task.task_id}"
    job = witness.all_jobs().get(witness.last_job_of(run))
    if job is not None and billing.costs(job) and job["trade"]["state"] not in kinds.of(job).leaving:
        if error.bill is None:
            yield f"{where}: {type(error).__name__} says nothing of the bill of a job that costs"
        elif error.bill.startswith(("ended", "none")) and not witness.meddled():
            yield f"{where}: {type(error).__name__} says that the bill of a job that costs has ended"
    if isinstance(box.task, DtsSensor) and isinstance(error, BLIPS) and error.action.startswith("Describe"):
        yield f"{where}: a wait ends with {type(error).__name__} before its deadline"


def of_slot(run: WalkRun, box: WalkBox, seconds: float) -> Iterator[str]:
    """A leg that holds a worker for as long as only a wait takes."""
    if seconds > SLOT:
        yield f"{run.dag.dag_id}/{box.task.task_id}: a leg holds a worker for more than {SLOT:.0f} s"


def of_traffic(witness: Witness) -> Iterator[str]:
    """Calls of one action are kept within the published quota."""
    published = {**load(VERSION_2018).actions, **load().actions}  # names of both have the same rate
    for place in witness.world.network.places.values():
        latest: dict[str, deque[float]] = {}
        for call in place.journal():
            times = latest.setdefault(call["action"], deque())
            times.append(call["time"])
            while times[0] <= call["time"] - 1:
                times.popleft()
            quota = published[call["action"]].rate_per_second
            if len(times) > quota:
                yield f"more than {quota:g} {call['action']} in a second"


def of_clear(run: WalkRun, name: str, changed: list[str]) -> Iterator[str]:
    """What is wrong after one task of a green run was cleared alone: it is green again, and nothing was ordered.

    A link lives on, and who clears its `report` asks for a comparison of today.
    """
    if name == "report" and run.dag.dag_id == "dts_sync":
        changed = [action for action in changed if action not in ("CreateSyncCompareTask", "StartSyncCompare")]
    if run.boxes[name].state != "success":
        yield f"{run.dag.dag_id} was green, and {name}, cleared alone, is red"
    if changed:
        yield f"{run.dag.dag_id} was green, and {name}, cleared alone, has ordered {', '.join(changed)}"


def of_orphans(witness: Witness, leg: Leg, run: WalkRun, reported: str) -> Iterator[str]:
    """A job that a run has left, and that costs, is found where one looks, unless another run goes on with it."""
    if run.alive or run.state == "success":
        return
    jobs = _every(witness.world.emulator)
    here = {job["JobId"] for job in jobs if (job["account"], job["region"]) == (ACCOUNT, REGION)}
    costing = {job["JobId"] for job in _costing(witness)} & here
    for job_id in sorted(costing & _bought(witness, leg, run)):
        if job_id not in reported and not witness.is_taken(job_id):
            yield f"a job that a run of {leg.dag_id} has left is not reported as an orphan"


def _excused(witness: Witness, run: WalkRun, what: str) -> bool:
    tasks, actions = EXCUSED_GREEN[what]
    return witness.is_marked(run, *tasks) or witness.did(*actions)


def _costing(witness: Witness) -> list[Record]:
    """Jobs that cost, or that are there although nothing of them should be (those that are free)."""
    found = []
    for place in witness.world.network.places.values():
        for job in _every(place):
            free = job["kind"] == "migration-2018"
            if billing.costs(job) or (free and job["deleted"] is None):
                found.append(job)
    return found


def _cut_over(witness: Witness) -> set[str]:
    """The jobs for which a cutover was accepted."""
    calls = [call for place in witness.world.network.places.values() for call in place.journal("CompleteMigrateJob")]
    return {call["job_id"] for call in calls if not call["code"]}


def _every(place: Any) -> list[Record]:
    from tencent_dts.emulator.world import jobs

    return list(jobs.every(place.world))


def _of_red(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    """What a person could not clear says why, and what to do; nothing technical leaves that.

    A purchase that is cleared with what follows it, once its job of 2018 is cut over and deleted, stays red on purpose:
    its work is done, and nothing is there that later tasks could look at.
    """
    job_id = witness.last_job_of(run)
    is_done = job_id in _cut_over(witness) and job_id not in witness.all_jobs()
    for name in run.red():
        error = run.boxes[name].error
        if name == leg.buys and is_done and isinstance(error, IdentityConflict):
            continue
        if isinstance(error, DtsProblem) and witness.world.technical:
            yield f"{run.dag.dag_id}/{name} stays red with {type(error).__name__}, and nothing was wrong any more"


def _purchases(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    """One purchase of a run, at most, goes on costing."""
    if not leg.buys:
        return
    bought = _bought(witness, leg, run)
    alive = [job["JobId"] for job in _costing(witness) if job["JobId"] in bought]
    if len(alive) > 1:
        yield f"{leg.dag_id}: {len(alive)} purchases of one run cost"
    if run.state == "success" and leg.ends and alive and not _excused(witness, run, "costs"):
        yield f"{leg.dag_id} is green, and something it bought costs"


def _bought(witness: Witness, leg: Leg, run: WalkRun) -> set[str]:
    """The ids of all jobs that a run has bought, by the journal."""
    owner, bought = witness.owner(run, leg.buys), set[str]()
    for place in witness.world.network.places.values():
        for call in place.journal(witness.world.story.creates):
            tags = {tag["TagKey"]: tag["TagValue"] for tag in call["parameters"].get("Tags") or ()}
            if tags.get("airflow-owner") == owner and not call["code"]:
                bought |= set(call["job_id"].split(","))
    return bought


def _secrets(witness: Witness, run: WalkRun) -> Iterator[str]:
    """No password and no key in anything that is kept, shown or logged."""
    boxes = run.boxes.values()
    kept = {
        "journal": json.dumps(witness.world.emulator.journal()),
        "log": "\n".join(witness.lines),
        "trigger": repr(run.triggers),
        "XCom": repr([box.xcoms for box in boxes]),
        "state store": repr([box.store.values for box in boxes]),
        "rendered fields": repr([box.rendered for box in boxes]),
        "error": repr([str(box.error) for box in boxes]),
    }
    for place, text in kept.items():
        if any(secret in text for secret in SECRETS):
            yield f"a secret in the {place}"
