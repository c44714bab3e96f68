"""What happens to a migration job by itself, from ``creating`` to ``offlined``.

Documents: the table of task statuses in the introduction, DescribeMigrationDetail (steps), TradeInfo.
"""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator import agenda, billing, compare_runs, rehearsals
from tencent_dts.emulator.agenda import Record, happens
from tencent_dts.emulator.kernel import World
from tencent_dts.emulator.tables import FINAL, INCREMENTAL, shown

RUN = "run"
TRADE = "trade"
SINKER = "sinker"
SUSPENDED = frozenset(
    {"checking", "readyRun", "running", "running.incremental", "readyComplete", "error", "resumableErr", "resuming"}
)
"""States whose work stands still while the job is isolated or resized; the short ones come to their end."""

_COMPARE_ENDS = FINAL | {"completing", "stopping"}


def enter(job: Record, state: str, at: float) -> None:
    """Bring a job into a state, with everything that follows from it at once."""
    job["state"] = state
    job["updated"] = at
    job["history"].append([at, "Status", shown(state)])
    if state in FINAL:
        job["ended"] = at
    if state in _COMPARE_ENDS:
        compare_runs.interrupt(job, at)
    billing.meter(job, at)


def enter_trade(job: Record, state: str, at: float) -> None:
    """Bring a job into a billing state; leaving service releases what is frozen and ends what runs."""
    trade = job["trade"]
    trade["state"] = state
    job["updated"] = at
    job["history"].append([at, "TradeStatus", shown(state)])
    if state in ("isolating", "isolated", "isolated.arrears", "offlining", "offlined"):
        compare_runs.interrupt(job, at)
    if state in ("isolated", "isolated.arrears"):
        trade.update(frozen=False, isolated=at)
    if state == "offlined":
        trade.update(frozen=False, offline=at)
        job["agenda"] = []
        job["held"] = []
    billing.meter(job, at)


def suspend(job: Record, at: float) -> None:
    """Let the job's work stand still: it is being isolated or resized."""
    if job["state"] in SUSPENDED:
        agenda.hold(job, RUN, at)
        job["suspended"] = at


def go_on(job: Record, at: float) -> None:
    """Let the job's work go on where it stood."""
    if job["suspended"] is not None and job["lag"]:
        job["lag"]["since"] += at - job["suspended"]
    job["suspended"] = None
    agenda.release(job, at)


def steps_of(job: Record) -> list[str]:
    """Return the ids of the steps that a job of this MigrateType has."""
    whole = (job["configuration"]["MigrateOption"].get("MigrateType") or "fullAndIncrement") == "fullAndIncrement"
    return ["dumper", "loader", SINKER] if whole else ["dumper", "loader"]


def current_step(job: Record) -> dict[str, Any] | None:
    """Return the step that is or was last under way, or None before the first."""
    return job["steps"][-1] if job["steps"] else None


def begin_step(world: World, job: Record, name: str, at: float) -> None:
    """Begin a step, or begin it again."""
    timings = world.settings.timings
    if not job["steps"] or job["steps"][-1]["id"] != name:
        job["steps"].append({"id": name, "started": at, "ended": None, "seconds": 0.0})
    trouble = _trouble(world, job, name)
    if name == SINKER:
        enter(job, "running.incremental", at)
        _begin_sinker(world, job, at, struck=bool(trouble))
    else:
        enter(job, "running", at)
        job["steps"][-1]["seconds"] = timings.dumper if name == "dumper" else timings.loader
    if trouble:
        agenda.schedule(job, RUN, "fault", at + timings.fault)
    elif name != SINKER:
        agenda.schedule(job, RUN, "step_done", at + job["steps"][-1]["seconds"])


def _trouble(world: World, job: Record, step: str) -> list[dict[str, Any]]:
    phases = (step, "incremental") if step == SINKER else (step,)
    return [item for item in rehearsals.pending(world, job, "fail_at") if item["fail_at"] in phases]


def _begin_sinker(world: World, job: Record, at: float, *, struck: bool) -> None:
    timings = world.settings.timings
    lag: dict[str, float] = {"seconds": 20, "megabytes": 8, "drain": timings.draining}
    for item in rehearsals.pending(world, job, "lag")[:1]:
        lag |= item["lag"]
        rehearsals.use(job, item, "lag")
    job["lag"] = lag | {"since": at}
    for item in rehearsals.pending(world, job, "unknown_status")[:1]:
        job["overlay"] = item["unknown_status"]
        rehearsals.use(job, item, "unknown_status")
        agenda.schedule(job, "overlay", "known_again", at + timings.overlay)
    if not struck:
        agenda.schedule(job, RUN, "caught_up", at + timings.catching_up)
    compare_runs.start_automatic(world, job, at)


def lag_at(job: Record, now: float) -> tuple[int, int]:
    """Return (megabytes, seconds) behind the source; (-1, -1) where the API has no valid value.

    What piled up during the full phase still grows for a quarter of the time, by half, and then drains.
    """
    healthy = job["state"] in INCREMENTAL | {"completing"} and job["trade"]["state"] in ("normal", "notBilled")
    if not healthy or job["lag"] is None:
        return -1, -1
    lag = job["lag"]
    passed = agenda.share(now - lag["since"], lag["drain"])
    left = 1 + 2 * passed if passed < 0.25 else max(0.0, (1 - passed) * 2)
    # Rounded up: the lag is 0 only when nothing is left.
    return -int(-lag["megabytes"] * left // 1), -int(-lag["seconds"] * left // 1)


@happens("migration", "created")
def _created(_world: World, job: Record, at: float, _argument: str) -> None:
    enter(job, "created", at)


@happens("migration", "checked")
def _checked(_world: World, job: Record, at: float, _argument: str) -> None:
    check = job["check"]
    check["ended"] = at
    enter(job, "checkPass" if check["flag"] == "checkPass" else "checkNotPass", at)


@happens("migration", "prepared")
def _prepared(world: World, job: Record, at: float, _argument: str) -> None:
    begin_step(world, job, "dumper", at)


@happens("migration", "step_done")
def _step_done(world: World, job: Record, at: float, _argument: str) -> None:
    step = job["steps"][-1]
    step["ended"] = at
    names = steps_of(job)
    following = names[names.index(step["id"]) + 1 :]
    if following:
        begin_step(world, job, following[0], at)
    else:
        enter(job, "success", at)


@happens("migration", "caught_up")
def _caught_up(_world: World, job: Record, at: float, _argument: str) -> None:
    job["faulted"] = None
    enter(job, "readyComplete", at)


@happens("migration", "known_again")
def _known_again(_world: World, job: Record, _at: float, _argument: str) -> None:
    job["overlay"] = ""


@happens("migration", "fault")
def _fault(world: World, job: Record, at: float, _argument: str) -> None:
    step = job["steps"][-1]
    trouble = _trouble(world, job, step["id"])
    status = trouble[0]["status"] if trouble else "error"
    for item in trouble[:1]:
        rehearsals.use(job, item, "fail_at")
    fail(world, job, status, at)


def fail(world: World, job: Record, status: str, at: float) -> None:
    """Bring a job into ``error``, ``resumableErr`` or ``failed``: it retries by itself, waits, or is given up."""
    timings = world.settings.timings
    agenda.cancel(job, RUN)
    first = job["faulted"] if job["faulted"] is not None else at
    job["faulted"] = first
    redis = job["family"] == "redis" and status == "failed"
    enter(job, "failed.redis" if redis else status, at)
    if status != "failed" and at + timings.auto_retry <= first + job["retry_minutes"] * 60:
        agenda.schedule(job, RUN, "auto_retry", at + timings.auto_retry)
    agenda.schedule(job, RUN, "abandoned", at + timings.abandonment)


@happens("migration", "auto_retry")
def _auto_retry(world: World, job: Record, at: float, _argument: str) -> None:
    resume(world, job, at, "automatic")


def resume(world: World, job: Record, at: float, how: str) -> None:
    """Let a faulted or paused job go on. ``how``: automatic, normal, clearData, overwrite or continue."""
    agenda.cancel(job, RUN)
    enter(job, "resuming", at)
    agenda.schedule(job, RUN, "resumed", at + world.settings.timings.resuming, how)


@happens("migration", "resumed")
def _resumed(world: World, job: Record, at: float, how: str) -> None:
    step = current_step(job)
    name = step["id"] if step else "dumper"
    # A retry that meets its fault again ends in `failed` when a person ordered it; an automatic one tries again.
    if how not in ("automatic", "continue") and any(item.get("always") for item in _trouble(world, job, name)):
        fail(world, job, "failed", at)
        return
    if how in ("normal", "clearData", "overwrite"):
        job["faulted"] = None
    if how in ("clearData", "overwrite"):
        job["steps"] = []
        name = "dumper"
    begin_step(world, job, name, at)


@happens("migration", "abandoned")
def _abandoned(_world: World, job: Record, at: float, _argument: str) -> None:
    enter(job, "canceled", at)


@happens("migration", "stopped")
def _stopped(_world: World, job: Record, at: float, _argument: str) -> None:
    enter(job, "canceled", at)


@happens("migration", "completed")
def _completed(_world: World, job: Record, at: float, _argument: str) -> None:
    for step in job["steps"][-1:]:
        step["ended"] = at
    enter(job, "success", at)


@happens("migration", "paused")
def _paused(_world: World, job: Record, at: float, _argument: str) -> None:
    enter(job, "manualPaused", at)


@happens("migration", "isolated")
def _isolated(world: World, job: Record, at: float, _argument: str) -> None:
    job["trade"]["isolate_reason"] = "Isolated by the user."
    enter_trade(job, "isolated", at)
    agenda.schedule(job, TRADE, "offlined", at + world.settings.timings.retention)


@happens("migration", "recovered")
def _recovered(_world: World, job: Record, at: float, _argument: str) -> None:
    job["trade"].update(frozen=True, isolated=None, isolate_reason="")
    go_on(job, at)
    enter_trade(job, "normal", at)


@happens("migration", "resized")
def _resized(_world: World, job: Record, at: float, _argument: str) -> None:
    trade = job["trade"]
    # The hours before the change are billed at the old class.
    trade["state"] = "normal"
    billing.meter(job, at)
    trade.update({"class": trade["new_class"], "new_class": ""})
    go_on(job, at)
    enter_trade(job, "normal", at)


@happens("migration", "offlined")
def _offlined(_world: World, job: Record, at: float, _argument: str) -> None:
    job["trade"]["offline_reason"] = job["trade"]["offline_reason"] or "The retention of seven days ended."
    enter_trade(job, "offlined", at)


@happens("migration", "deleted")
def _deleted(_world: World, job: Record, at: float, _argument: str) -> None:
    job["agenda"] = []
    job["deleted"] = at


def progress(job: Record, now: float) -> int:
    """Return how far the step under way is, in percent; the incremental step is at 100 from its start."""
    step = job["steps"][-1]
    if step["ended"] is not None or step["id"] == SINKER:
        return 100
    left = agenda.remaining(job, "step_done", now)
    # A step that is going to fail, or has, got a third of its way.
    return 33 if left is None else int(100 * agenda.share(step["seconds"] - left, step["seconds"]))
