"""What must hold however a run was disturbed, read from the emulator and from what Airflow keeps of the run."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog

from tencent_dts.errors import DtsProblem
from tests.chaos.fast_run import FastRun, WorkerKilled
from tests.chaos.lifecycles import Lifecycle

SECRETS = ("emulator-secret", "rehearsal-source", "rehearsal-target")
NO_LAG = [0, 0]


@dataclass
class Witness:
    """Sees every call as it leaves, and every line that is logged.

    :param lifecycle: what is being run.
    :param emulator: asked for its own record, beside the API.
    """

    lifecycle: Lifecycle
    emulator: Any
    lines: list[str] = field(default_factory=list)
    cutovers: list[str] = field(default_factory=list)

    def call(self, action: str, params: dict[str, Any]) -> None:
        """Look at the job itself at the moment of a cutover."""
        if action != self.lifecycle.completes:
            return
        (job,) = [job for job in self.emulator.jobs() if job["JobId"] == params["JobId"]]
        proofs = [task for task in job["compare_tasks"] if task["Conclusion"] == "same"]
        proofs += [step for step in job["steps"] if step["id"] == "consistency" and step["ended"]]
        if not proofs or any(step["different"] for step in job["steps"]):
            self.cutovers.append(f"{action} without a report that says same")
        if job["lag"] != NO_LAG:
            self.cutovers.append(f"{action} at a lag of {job['lag']}")

    def log(self, _logger: Any, _name: str, event: Any) -> Any:
        """A processor of structlog: keeps the line, before anything is masked, and prints nothing."""
        self.lines.append(str(event))
        raise structlog.DropEvent

    def emit(self, record: logging.LogRecord) -> bool:
        """A filter of the SDK's logger: keeps what its own filters have left of the line."""
        self.lines.append(record.getMessage())
        return False


def broken(lifecycle: Lifecycle, runs: list[FastRun], emulator: Any, witness: Witness) -> list[str]:
    """Every invariant that does not hold, in words; empty where all do."""
    return [
        *_purchases(emulator),
        *witness.cutovers,
        *_end(lifecycle, runs, emulator),
        *_messages(runs),
        *_secrets(runs, emulator, witness),
        *_silence(emulator),
    ]


def _purchases(emulator: Any) -> Iterator[str]:
    """One live job for each identity."""
    live = set(emulator.meter()["live"])
    owners: dict[str, list[str]] = {}
    for job in emulator.jobs():
        tags = {tag["TagKey"]: tag["TagValue"] for tag in job["Tags"]}
        if not tags.get("airflow-owner"):
            yield f"{job['JobId']} carries no owner"
        if job["JobId"] in live:
            owners.setdefault(tags.get("airflow-owner", ""), []).append(job["JobId"])
    for jobs in owners.values():
        if len(jobs) > 1:
            yield f"{len(jobs)} live jobs of one identity: {', '.join(jobs)}"


def _end(lifecycle: Lifecycle, runs: list[FastRun], emulator: Any) -> Iterator[str]:
    """A lifecycle that ended green has left its job as it says, and no bill."""
    if len(runs) < len(lifecycle.legs) or any(run.state != "success" for run in runs):
        return
    emulator.advance(60)
    if live := emulator.meter()["live"]:
        yield f"green, and {', '.join(live)} still costs"
    states = {(job["Status"], job["TradeStatus"]) for job in emulator.jobs()}
    ended = {lifecycle.ended} if lifecycle.ended else set()
    kept = {state for state in states if state[1] not in ("isolated", "Isolated")} | (states & ended)
    if kept != ended:
        yield f"green, and the jobs are {sorted(states)}"


def _messages(runs: list[FastRun]) -> Iterator[str]:
    """A red task says what happened, to which job, and what to do next."""
    for run in runs:
        for name in run.red():
            error = run.boxes[name].error
            if isinstance(error, WorkerKilled):
                continue
            if not isinstance(error, DtsProblem):
                yield f"{name} failed with {error!r}"
            elif not error.next_step:
                yield f"{name}: no next step in {error}"


def _secrets(runs: list[FastRun], emulator: Any, witness: Witness) -> Iterator[str]:
    """No password and no key in anything that is kept, shown or logged."""
    kept = {
        "journal": json.dumps(emulator.journal()),
        "log": "\n".join(witness.lines),
        "trigger": repr([run.triggers for run in runs]),
        "XCom": repr([box.xcoms for run in runs for box in run.boxes.values()]),
        "state store": repr([box.store.values for run in runs for box in run.boxes.values()]),
        "error": repr([str(box.error) for run in runs for box in run.boxes.values()]),
    }
    for place, text in kept.items():
        for secret in SECRETS:
            if secret in text:
                yield f"a secret in the {place}"


def _silence(emulator: Any) -> Iterator[str]:
    """Nothing is called once the runs have ended."""
    before = len(emulator.journal())
    emulator.advance(3600)
    if len(emulator.journal()) != before:
        yield "calls after the end of the run"
