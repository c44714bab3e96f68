"""The promises of a walk, one function each; and what excuses a run from one of them, as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.world import billing
from tencent_dts.errors import DtsProblem
from tests.chaos.walks.running import WalkBox, WalkRun

if TYPE_CHECKING:
    from tests.chaos.walks.stories import Leg
    from tests.chaos.walks.witness import Witness

SECRETS = (
    *("emulator-secret", "rehearsal-source", "rehearsal-target", "a-wrong-secret-key", "rotated-secret"),
    *("stranger-secret", "another-source-password", "another-target-password"),
)

MAX_REPORT_AGE = 3600.0
NO_LAG = (0, 0)

EXCUSED_GREEN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # what is wrong: (tasks that a person marked as success, what a person did in the console)
    "costs": (("isolate", "delete"), ("recover",)),
    "never cut over": (("complete", "succeeded"), ("complete",)),
}
"""What a green run is excused for: it did as it was told by a person's own hand."""


@dataclass(frozen=True)
class Judged:
    """A job as it was when a call about it was decided."""

    job: dict[str, Any]
    lag: tuple[int, int]
    at: float


def of_cutover(witness: Witness, run: WalkRun, box: WalkBox, judged: Judged | None, action: str) -> Iterator[str]:
    """What is wrong with a cutover, or a stop, that is being sent."""
    if judged is None or run.conf.get("compare_wanted") is False:
        return
    if judged.lag != NO_LAG:
        yield f"{action} at a lag of {'unknown' if judged.lag[0] < 0 else 'above 0'}"
    if witness.world.story.name == "migrate 2018":
        steps = [step for step in judged.job.get("steps", ()) if step["id"] == "consistency" and step["ended"]]
        if not steps or any(step.get("different") for step in judged.job["steps"]):
            yield f"{action} although the job's own check did not end well"
        return
    proofs = [task for task in judged.job.get("compares", ()) if _proves(witness, run, task)]
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


def _proves(witness: Witness, run: WalkRun, task: Mapping[str, Any]) -> bool:
    ours = str(task["name"]).startswith(witness.run_key(run))
    skipped = (task.get("report") or {}).get("skipped") or ()
    return ours and task["state"] == "success" and task["conclusion"] == "same" and not skipped


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
        yield from _of_red(witness, run)
    yield from _purchases(witness, leg, run)
    yield from _secrets(witness, run)


def _of_green(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    job_id = witness.job_of(run)
    costing = [job["JobId"] for job in _costing(witness) if job["JobId"] == job_id]
    if leg.ends and costing and not _excused(witness, run, "costs"):
        yield f"{leg.dag_id} is green, and its job costs"
    accepted = [call["job_id"] for call in witness.world.emulator.journal("CompleteMigrateJob") if not call["code"]]
    if "complete" in run.boxes and job_id not in accepted and not _excused(witness, run, "never cut over"):
        yield f"{leg.dag_id} is green, and its job was never cut over"


def _excused(witness: Witness, run: WalkRun, what: str) -> bool:
    tasks, actions = EXCUSED_GREEN[what]
    return witness.is_marked(run, *tasks) or witness.did(*actions)


def _costing(witness: Witness) -> list[dict[str, Any]]:
    """Jobs that cost, or that are there although nothing of them should be (those that are free)."""
    found = []
    for place in witness.world.network.places.values():
        for job in _every(place):
            free = job["kind"] == "migration-2018"
            if billing.costs(job) or (free and job["deleted"] is None):
                found.append(job)
    return found


def _every(place: Any) -> list[dict[str, Any]]:
    from tencent_dts.emulator.world import jobs

    return list(jobs.every(place.world))


def _of_red(witness: Witness, run: WalkRun) -> Iterator[str]:
    """What a person could not clear says why, and what to do; nothing technical leaves that."""
    for name in run.red():
        error = run.boxes[name].error
        if isinstance(error, DtsProblem) and witness.world.technical:
            yield f"{run.dag.dag_id}/{name} stays red with {type(error).__name__}, and nothing was wrong any more"


def _purchases(witness: Witness, leg: Leg, run: WalkRun) -> Iterator[str]:
    """One purchase of a run, at most, goes on costing."""
    if not leg.buys:
        return
    owner, bought = witness.owner(run, leg.buys), set()
    for place in witness.world.network.places.values():
        for call in place.journal(witness.world.story.creates):
            tags = {tag["TagKey"]: tag["TagValue"] for tag in call["parameters"].get("Tags") or ()}
            if tags.get("airflow-owner") == owner and not call["code"]:
                bought |= set(call["job_id"].split(","))
    alive = [job["JobId"] for job in _costing(witness) if job["JobId"] in bought]
    if len(alive) > 1:
        yield f"{leg.dag_id}: {len(alive)} purchases of one run cost"
    if run.state == "success" and leg.ends and alive and not _excused(witness, run, "costs"):
        yield f"{leg.dag_id} is green, and something it bought costs"


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
