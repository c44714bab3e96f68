"""What happens to a job of any kind by itself, from its purchase to its end.

Documents: the tables of task statuses in the introduction, DescribeMigrationDetail and DescribeSyncJobs (steps),
TradeInfo, SyncJobInfo. What differs between the kinds of jobs is in :mod:`kinds`.
"""

from __future__ import annotations

from tencent_dts.emulator.world import agenda, billing, compare_runs, findings, kinds, rehearsals, rows
from tencent_dts.emulator.world.agenda import EVERY, happens
from tencent_dts.emulator.world.headway import SINKER
from tencent_dts.emulator.world.kernel import World
from tencent_dts.emulator.world.records import LagAtFirst, Record, Step, present
from tencent_dts.emulator.world.rehearsals import Rehearsal
from tencent_dts.emulator.world.tables import shown

RUN = "run"
TRADE = "trade"
DUMPER = "dumper"
CONSISTENCY = "consistency"
EXPIRY = "expiry"


def enter(job: Record, state: str, at: float) -> None:
    """Bring a job into a state, with everything that follows from it at once."""
    kind = kinds.of(job)
    job["state"] = state
    job["updated"] = at
    job["history"].append((at, "Status", shown(state)))
    if state in kind.final:
        job["ended"] = at
    if state in kind.compare_ends:
        compare_runs.interrupt(job, at)
    billing.meter(job, at)


def enter_trade(job: Record, state: str, at: float) -> None:
    """Bring a job into a billing state; leaving service releases what is frozen and ends what runs."""
    kind, trade = kinds.of(job), job["trade"]
    trade["state"] = state
    job["updated"] = at
    job["history"].append((at, "TradeStatus", shown(state)))
    if state in kind.leaving:
        agenda.cancel(job, EXPIRY)
        compare_runs.interrupt(job, at)
    if state in kind.isolations:
        trade.update({"frozen": False, "isolated": at})
    if state == kind.trade["offlined"]:
        trade.update({"frozen": False, "offline": at})
        job["agenda"] = []
        job["held"] = []
    billing.meter(job, at)


def suspend(job: Record, at: float) -> None:
    """Let the job's work stand still: it is being isolated or resized."""
    if job["state"] in kinds.of(job).suspended:
        agenda.hold(job, RUN, at)
        job["suspended"] = at


def go_on(job: Record, at: float) -> None:
    """Let the job's work go on where it stood."""
    if job["suspended"] is not None and job["lag"]:
        job["lag"]["since"] += at - job["suspended"]
    job["suspended"] = None
    agenda.release(job, at)


def current_step(job: Record) -> Step | None:
    """Return the step that is or was last under way, or None before the first."""
    return job["steps"][-1] if job["steps"] else None


def begin_step(world: World, job: Record, name: str, at: float) -> None:
    """Begin a step, or begin it again."""
    timings, kind = world.settings.timings, kinds.of(job)
    if not job["steps"] or job["steps"][-1]["id"] != name:
        job["steps"].append({"id": name, "started": at, "ended": None, "seconds": 0.0})
    trouble = _trouble(world, job, name)
    if name == SINKER:
        enter(job, kind.incremental, at)
        _begin_sinker(world, job, at, struck=bool(trouble))
    else:
        enter(job, kind.running, at)
        job["steps"][-1]["seconds"] = getattr(timings, name.replace("-", "_"))
    if trouble:
        agenda.schedule(job, RUN, "fault", at + timings.fault)
    elif rows.real(world, job):
        _begin_really(world, job, name)
    elif name != SINKER:
        agenda.schedule(job, RUN, "step_done", at + job["steps"][-1]["seconds"])


def _begin_really(world: World, job: Record, name: str) -> None:
    """Let the job's engine work on a step; what it says is asked for until it has come to something."""
    rows.kept(job).update({"words": "", "following": False, "lag": [-1, -1]})
    rows.begin(world, job, "replicate" if name == SINKER else "copy")
    agenda.schedule(job, RUN, "looked" if name == SINKER else "step_done", world.clock.now() + rows.LOOK)


def _trouble(world: World, job: Record, step: str) -> list[Rehearsal]:
    phases = (step, "incremental") if step == SINKER else (step,)
    return [item for item in rehearsals.pending(world, job, "fail_at") if item["fail_at"] in phases]


def _begin_sinker(world: World, job: Record, at: float, *, struck: bool) -> None:
    timings = world.settings.timings
    lag: LagAtFirst = {"seconds": 20, "megabytes": 8, "drain": timings.draining}
    for item in rehearsals.pending(world, job, "lag")[:1]:
        lag = {**lag, **item["lag"]}
        rehearsals.use(job, item, "lag")
    job["lag"] = {**lag, "since": at}
    for item in rehearsals.pending(world, job, "unknown_status")[:1]:
        job["overlay"] = item["unknown_status"]
        rehearsals.use(job, item, "unknown_status")
        agenda.schedule(job, "overlay", "known_again", at + timings.overlay)
    if not struck and not rows.real(world, job):
        agenda.schedule(job, RUN, "caught_up", at + timings.catching_up)
    compare_runs.start_automatic(world, job, at)


@happens(EVERY, "created")
def _created(_world: World, job: Record, at: float, _argument: str) -> None:
    enter(job, kinds.of(job).created, at)


@happens(EVERY, "checked")
def _checked(world: World, job: Record, at: float, _argument: str) -> None:
    check = present(job["check"])
    if rows.real(world, job):
        outcome = rows.asked(world, job, "check", RUN, "checked")
        if outcome is None:
            return
        check.update(findings.answered(world, job, check, outcome))
    check["ended"] = at
    kind = kinds.of(job)
    enter(job, kind.passed if check["flag"] == "checkPass" else kind.not_passed, at)


@happens(EVERY, "prepared")
def _prepared(world: World, job: Record, at: float, _argument: str) -> None:
    begin_step(world, job, kinds.of(job).steps(job)[0], at)


@happens(EVERY, "step_done")
def _step_done(world: World, job: Record, at: float, _argument: str) -> None:
    step = job["steps"][-1]
    if rows.real(world, job) and not _really_done(world, job, step, at):
        return
    step["ended"] = at
    if step["id"] == CONSISTENCY:
        _compare_all(world, job, step)
    names = kinds.of(job).steps(job)
    following = names[names.index(step["id"]) + 1 :]
    if following:
        begin_step(world, job, following[0], at)
    else:
        _last_done(world, job, at, "")


@happens(EVERY, "last_done")
def _last_done(world: World, job: Record, at: float, _argument: str) -> None:
    if rows.ended(world, job, RUN, "last_done"):
        enter(job, kinds.of(job).success, at)


def _really_done(world: World, job: Record, step: Step, at: float) -> bool:
    """Return whether a step of the copy is done; if not, it is asked again, or the job has failed."""
    if step["id"] == DUMPER and rows.exported(world, job):
        return True
    rows.kept(job)["percent"] = rows.percent(world, job)
    outcome = rows.asked(world, job, "copy", RUN, "step_done")
    if outcome is None:
        return False
    if outcome.words:
        _fail_by(world, job, outcome.words, at)
        return False
    rows.kept(job)["position"] = outcome.value
    return True


def _fail_by(world: World, job: Record, words: str, at: float) -> None:
    """Bring a job into error by what its engine says."""
    rows.kept(job)["words"] = words
    fail(world, job, "error", at)


@happens(EVERY, "looked")
def _looked(world: World, job: Record, at: float, _argument: str) -> None:
    """Look at a real replication: it is started, fails, stands still (its server was restarted), or catches up."""
    known = rows.kept(job)
    if not known.get("following"):
        outcome = rows.asked(world, job, "replicate", RUN, "looked")
        if outcome is None:
            return
        if outcome.words:
            _fail_by(world, job, outcome.words, at)
            return
        known["following"] = True
    lag = rows.look(world, job)
    if lag.words:
        _fail_by(world, job, lag.words, at)
        return
    known["following"] = lag.running
    if (lag.megabytes, lag.seconds) == (0, 0) and job["state"] == kinds.of(job).incremental:
        _caught_up(world, job, at, "")
    agenda.schedule(job, RUN, "looked", world.clock.now() + rows.LOOK)


def _compare_all(world: World, job: Record, step: Step) -> None:
    """Let the run's own check of the data find what is rehearsed, or nothing."""
    for item in rehearsals.pending(world, job, "compare")[:1]:
        step["different"] = item["compare"].get("conclusion") == "different"
        rehearsals.use(job, item, "compare")


@happens(EVERY, "caught_up")
def _caught_up(_world: World, job: Record, at: float, _argument: str) -> None:
    job["faulted"] = None
    enter(job, kinds.of(job).caught_up, at)


@happens(EVERY, "known_again")
def _known_again(_world: World, job: Record, _at: float, _argument: str) -> None:
    job["overlay"] = ""


@happens(EVERY, "fault")
def _fault(world: World, job: Record, at: float, _argument: str) -> None:
    step = job["steps"][-1]
    trouble = _trouble(world, job, step["id"])
    status = trouble[0]["status"] if trouble else "error"
    for item in trouble[:1]:
        rehearsals.use(job, item, "fail_at")
    fail(world, job, status, at)


def fail(world: World, job: Record, status: str, at: float) -> None:
    """Bring a job into its kind's ``error``, ``resumableErr`` or ``failed``: it retries, waits, or is given up."""
    timings, kind = world.settings.timings, kinds.of(job)
    agenda.cancel(job, RUN)
    first = job["faulted"] if job["faulted"] is not None else at
    job["faulted"] = first
    enter(job, kind.variant(kind.faults[status], job["family"], kind.states), at)
    if status != "failed" and at + timings.auto_retry <= first + job["retry_minutes"] * 60:
        agenda.schedule(job, RUN, "auto_retry", at + timings.auto_retry)
    agenda.schedule(job, RUN, "abandoned", at + timings.abandonment)


@happens(EVERY, "auto_retry")
def _auto_retry(world: World, job: Record, at: float, _argument: str) -> None:
    resume(world, job, at, "automatic")


def resume(world: World, job: Record, at: float, how: str) -> None:
    """Let a faulted or paused job go on. ``how``: automatic, normal, clearData, overwrite or continue."""
    agenda.cancel(job, RUN)
    enter(job, kinds.of(job).resuming, at)
    agenda.schedule(job, RUN, "resumed", at + world.settings.timings.resuming, how)


@happens(EVERY, "resumed")
def _resumed(world: World, job: Record, at: float, how: str) -> None:
    step = current_step(job)
    first = kinds.of(job).steps(job)[0]
    name = step["id"] if step else first
    # A retry that meets its fault again ends in `failed` when a person ordered it; an automatic one tries again.
    if how not in ("automatic", "continue") and any(item.get("always") for item in _trouble(world, job, name)):
        fail(world, job, "failed", at)
        return
    if how in ("normal", "clearData", "overwrite"):
        job["faulted"] = None
    if how in ("clearData", "overwrite"):
        job["steps"] = []
        name = first
    begin_step(world, job, name, at)


@happens(EVERY, "abandoned")
def _abandoned(world: World, job: Record, at: float, _argument: str) -> None:
    if not rows.ended(world, job, RUN, "abandoned"):
        return
    enter(job, kinds.of(job).stopped, at)


@happens(EVERY, "stopped")
def _stopped(world: World, job: Record, at: float, _argument: str) -> None:
    if not rows.ended(world, job, RUN, "stopped"):
        return
    enter(job, kinds.of(job).stopped, at)


@happens(EVERY, "completed")
def _completed(world: World, job: Record, at: float, _argument: str) -> None:
    if rows.real(world, job):
        outcome = rows.asked(world, job, "finish", RUN, "completed")
        if outcome is None:
            return
        if outcome.words:
            _fail_by(world, job, outcome.words, at)
            return
    for step in job["steps"][-1:]:
        step["ended"] = at
    enter(job, kinds.of(job).success, at)


@happens(EVERY, "paused")
def _paused(world: World, job: Record, at: float, _argument: str) -> None:
    kind = kinds.of(job)
    if rows.real(world, job):
        outcome = rows.asked(world, job, "pause", RUN, "paused")
        if outcome is None:
            return
        if outcome.words:  # what follows on is not paused, whatever a server had to say
            agenda.schedule(job, RUN, "paused", world.clock.now() + rows.LOOK)
            return
    enter(job, kind.paused, at)
    if kind.pause_ends:
        agenda.schedule(job, RUN, "pause_ended", at + world.settings.timings.pause_limit)


@happens(EVERY, "pause_ended")
def _pause_ended(world: World, job: Record, at: float, _argument: str) -> None:
    fail(world, job, "failed", at)


@happens(EVERY, "isolated")
def _isolated(world: World, job: Record, at: float, _argument: str) -> None:
    if not rows.ended(world, job, TRADE, "isolated"):
        return
    job["trade"]["isolate_reason"] = "Isolated by the user."
    enter_trade(job, traded(job, "isolated"), at)
    agenda.schedule(job, TRADE, "offlined", at + world.settings.timings.retention)


def traded(job: Record, name: str) -> str:
    """Return the billing state of this name, for the way the job is paid."""
    kind = kinds.of(job)
    state = kind.trade[name]
    return kind.variant(state, "prepaid", kind.trade_states) if job["trade"]["months"] else state


@happens(EVERY, "expired")
def _expired(world: World, job: Record, at: float, _argument: str) -> None:
    """A prepaid job has come to the end of its time: it is renewed for a month, or isolated."""
    trade, timings = job["trade"], world.settings.timings
    if trade["auto_renew"]:
        trade["months"] += 1
        trade["expires"] = at + timings.month
        agenda.schedule(job, EXPIRY, "expired", at + timings.month)
        return
    if job["suspended"] is None:
        suspend(job, at)
    if not rows.ended(world, job, EXPIRY, "expired"):
        return
    trade["isolate_reason"] = "The prepaid time ended."
    enter_trade(job, traded(job, "isolated"), at)
    agenda.schedule(job, TRADE, "offlined", at + timings.retention)


@happens(EVERY, "recovered")
def _recovered(_world: World, job: Record, at: float, _argument: str) -> None:
    job["trade"].update({"frozen": True, "isolated": None, "isolate_reason": ""})
    go_on(job, at)
    enter_trade(job, kinds.of(job).trade["normal"], at)


@happens(EVERY, "resized")
def _resized(_world: World, job: Record, at: float, _argument: str) -> None:
    trade = job["trade"]
    # The hours before the change are billed at the old class.
    normal = kinds.of(job).trade["normal"]
    trade["state"] = normal
    billing.meter(job, at)
    trade.update({"class": trade["new_class"], "new_class": ""})
    go_on(job, at)
    enter_trade(job, normal, at)


@happens(EVERY, "offlined")
def _offlined(_world: World, job: Record, at: float, _argument: str) -> None:
    job["trade"]["offline_reason"] = job["trade"]["offline_reason"] or "The retention of seven days ended."
    enter_trade(job, kinds.of(job).trade["offlined"], at)


@happens(EVERY, "deleted")
def _deleted(world: World, job: Record, at: float, _argument: str) -> None:
    if not rows.ended(world, job, TRADE, "deleted"):
        return
    job["agenda"] = []
    job["deleted"] = at
