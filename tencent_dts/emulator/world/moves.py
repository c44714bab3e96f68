"""How a handler leaves a job of any kind: in its next state, in a passing one, or in a passing billing state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tencent_dts.emulator.world import agenda, billing, compare_runs, jobs, kinds, lifecycle
from tencent_dts.emulator.world.clock import moment
from tencent_dts.emulator.world.kernel import Answer, ApiError, Caller, Fidelity, Fields, World, answers
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import WRONG_VALUE

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.migration import ModifyMigrateJobSpecRequest
    from tencent_dts.spec.shapes.sync import ResizeSyncJobRequest


MAX_MONGODB_RPS = 20_000

Way = Callable[[World, Record, str, str, Any], Answer]
"""What an action does: takes the job, its next states (task, billing) and the request; returns the answer."""


def answer(action: str, way: Way, *, fidelity: Fidelity, note: str = "") -> None:
    """Register an action of API 2021-12-06 that does nothing but one of the moves below, when the tables allow it."""

    def handler(world: World, caller: Caller, params: Fields) -> Answer:
        job, state, trade = jobs.admitted(world, caller, action, params.get("JobId"))
        return way(world, job, state, trade, params)

    answers(action, fidelity=fidelity, note=note)(handler)


def passes(event: str, time: str) -> Way:
    """Return the way of a job through a passing state; ``time`` names the field of Timings after which it ends."""

    def way(world: World, job: Record, state: str, _trade: str, _params: Fields) -> Answer:
        return passing(world, job, state, event, getattr(world.settings.timings, time))

    return way


def resumes(how: str) -> Way:
    """Return the way of a faulted or paused job back into its run (:func:`lifecycle.resume`)."""

    def way(world: World, job: Record, _state: str, _trade: str, _params: Fields) -> Answer:
        lifecycle.resume(world, job, world.clock.now(), how)
        return done(world, job, job["state"])

    return way


def trades(move: Callable[[World, Record, str], Answer]) -> Way:
    """Return the way of a job on its billing axis alone, by one of the moves below."""

    def way(world: World, job: Record, _state: str, trade: str, _params: Fields) -> Answer:
        return move(world, job, trade)

    return way


def done(world: World, job: Record, state: str) -> Answer:
    """Store a job, in its new state, and answer nothing."""
    now = world.clock.now()
    if state != job["state"]:
        lifecycle.enter(job, state, now)
    job["updated"] = now
    jobs.save(world, job)
    return {}


def passing(world: World, job: Record, state: str, event: str, seconds: float) -> Answer:
    """Bring a job into a passing state that an event ends."""
    agenda.cancel(job, lifecycle.RUN)
    agenda.schedule(job, lifecycle.RUN, event, world.clock.now() + seconds)
    return done(world, job, state)


def trading(world: World, job: Record, trade: str, event: str, seconds: float) -> Answer:
    """Bring a job into a passing billing state that an event ends; its work stands still."""
    now = world.clock.now()
    lifecycle.suspend(job, now)
    lifecycle.enter_trade(job, trade, now)
    agenda.schedule(job, lifecycle.TRADE, event, now + seconds)
    jobs.save(world, job)
    return {}


def resizing(
    world: World, job: Record, _state: str, trade: str, params: ModifyMigrateJobSpecRequest | ResizeSyncJobRequest
) -> Answer:
    """Let a job's class be changed, under a new order."""
    deal = billing.deal_name(world.clock.now())
    job["trade"].update({"new_class": params["NewInstanceClass"], "last_deal": job["trade"]["deal"], "deal": deal})
    return trading(world, job, trade, "resized", world.settings.timings.resizing)


def isolating(world: World, job: Record, trade: str) -> Answer:
    """Let a job be isolated, or, when it is free, be deleted."""
    compare_runs.interrupt(job, world.clock.now())
    event = "deleted" if job["trade"]["free"] else "isolated"
    return trading(world, job, trade, event, world.settings.timings.isolating)


def recovering(world: World, job: Record, trade: str) -> Answer:
    """Let an isolated job come back into service."""
    agenda.cancel(job, lifecycle.TRADE)
    return trading(world, job, trade, "recovered", world.settings.timings.recovering)


def destroying(world: World, job: Record, trade: str) -> Answer:
    """Let an isolated job be destroyed."""
    agenda.cancel(job, lifecycle.TRADE)
    job["trade"]["offline_reason"] = "Destroyed by the user."
    return trading(world, job, trade, "offlined", world.settings.timings.offlining)


def within_limit(world: World, job: Record) -> None:
    """Refuse when the account has more idle jobs of the job's kind than it may."""
    limit, kind = world.settings.max_unused_jobs, kinds.of(job)
    others = jobs.load_all(world, kind, job["scope"])
    idle = sum(other["state"] in kind.idle and other["trade"]["state"] in kind.served for other in others)
    if idle > limit:
        raise ApiError("LimitExceeded.MaxUnusedJobs", f"{idle} idle migration jobs exceed the limit of {limit}.")


def starting(world: World, job: Record) -> None:
    """Let a job start; one that is to run at a time waits for it."""
    now = world.clock.now()
    begins = now + world.settings.timings.ready_run
    if job["configuration"]["RunMode"].lower() == "timed":
        begins = max(begins, moment(job["configuration"]["ExpectRunTime"]))
    agenda.schedule(job, lifecycle.RUN, "prepared", begins)
    job["started"] = now


def limiting(world: World, job: Record, _state: str, _trade: str, params: Fields) -> Answer:
    """Set the speed limits of a job; what is absent stays."""
    given: dict[str, int] = {name: value for name, value in params.items() if name != "JobId" and value is not None}
    if job["family"] == "mongodb" and given.get("DumpRps", 0) > MAX_MONGODB_RPS:
        raise ApiError(WRONG_VALUE, f"DumpRps is {given['DumpRps']}; a MongoDB link takes at most {MAX_MONGODB_RPS}.")
    job["rates"] |= given
    return done(world, job, job["state"])
