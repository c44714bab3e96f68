"""What must hold in a walk, whatever happens: read from the emulators, from Airflow's side, and from what was asked.

Nothing here believes a task's own words. A cutover is judged by the job as the service kept it at the task's last read
of it, so that what happens between that read and the call, which nobody can see, is held against nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from tencent_dts import settings
from tencent_dts.emulator.world import headway, jobs
from tencent_dts.emulator.world.records import Record
from tencent_dts.engine.identity import Identity
from tencent_dts.errors import DeadlinePassed, DtsProblem
from tests.chaos.fast_run import RETURNED
from tests.chaos.walks import verdicts
from tests.chaos.walks.running import WalkBox, WalkRun

if TYPE_CHECKING:
    from tests.chaos.walks.world import World

JUST_READ = 2.0  # seconds between the read that allows a call and the call


@dataclass
class Seen:
    """The jobs as the service kept them when a task last read its job.

    :param true: the answer arrived as it was given.
    """

    at: float
    jobs: dict[str, Record]
    true: bool = True


@dataclass
class Witness:
    """Sees every call, every answer, every error and every line that is logged.

    :param marked: what people marked, as (DAG, run, task, state).
    :param hands: what people did in the console, as (action, JobId).
    :param broken: every promise that was broken, in words.
    :param trace: what happened, in order, for a person to read.
    """

    world: World
    broken: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    marked: set[tuple[str, str, str, str]] = field(default_factory=set)
    hands: set[tuple[str, str]] = field(default_factory=set)
    reapers: list[WalkRun] = field(default_factory=list)
    forgot: int = 0
    approved: dict[str, Any] = field(default_factory=dict)
    _seen: dict[int, Seen] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)
    _holders: dict[str, WalkRun] = field(default_factory=dict)
    _alive: set[str] = field(default_factory=set)
    _last: dict[str, str] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Write down what happens."""
        self.trace.append(text)

    def touch(self, kind: str, more: tuple[Any, ...]) -> bool:
        """An event happens."""
        self.kinds.add(kind)
        return True

    def log(self, _logger: Any, _name: str, event: Any) -> Any:
        """A processor of structlog: keeps the line, before anything is masked, and prints nothing."""
        self.lines.append(str(event))
        raise structlog.DropEvent

    def emit(self, record: logging.LogRecord) -> bool:
        """A filter of the SDK's logger: keeps what its own filters have left of the line."""
        self.lines.append(record.getMessage())
        return False

    def break_(self, promise: str) -> None:
        """A promise is broken."""
        if promise not in self.broken:
            self.broken.append(promise)
            self.note(f"BROKEN: {promise}")

    # --- Who is who ---

    def job_of(self, run: WalkRun) -> str:
        """The job that a run works on, "" where it has none (yet)."""
        for name in ("purchase", "create"):
            if name in run.boxes:
                return str(run.boxes[name].xcoms.get(RETURNED) or "")
        return str(run.conf.get("job_id") or run.conf.get("subscribe_id") or "")

    def last_job_of(self, run: WalkRun) -> str:
        """The job that a run works on, or was last seen to work on: a purchase that is tried again has none for now."""
        return self.job_of(run) or self._last.get(run.run_id, "")

    def is_taken(self, job_id: str) -> bool:
        """Whether a living run is the last that was given a job."""
        holder = self._holders.get(job_id)
        return holder is not None and holder.alive

    def meddled(self) -> bool:
        """Whether a person, or the search for orphans, has changed by hand what a run leaves."""
        return bool(self.hands or self.reapers or any(state == "success" for *_, state in self.marked))

    def is_marked(self, run: WalkRun, *tasks: str) -> bool:
        """Whether a person has marked one of these tasks as success."""
        return any((run.dag.dag_id, run.run_id, task, "success") in self.marked for task in tasks)

    def did(self, *actions: str) -> bool:
        """Whether a person has done one of these things in the console."""
        return any(action in actions for action, _ in self.hands)

    # --- Calls ---

    def leaves(self, client: Any, action: str, params: Mapping[str, Any]) -> None:
        """A call is about to leave."""
        if not self.world.stack or action.startswith("Describe"):
            return
        run, box = self.world.stack[-1]
        job_id = str(params.get("JobId") or params.get("SubscribeId") or "")
        self.note(f"  {run.dag.dag_id}/{run.run_id}/{box.task.task_id}: {action} {job_id}")
        if job_id:
            self._hold(run, action, job_id)
        own_stop = action == self.world.story.completes and run in [*self.world.runs, *self.world.others]
        if own_stop and box.task.task_id in ("complete", "stop"):
            for wrong in verdicts.of_cutover(self, run, box, self._judged(box, job_id), action):
                self.break_(wrong)

    def answers(self, client: Any, action: str, params: Mapping[str, Any], answer: Any) -> None:
        """A whole answer has come."""
        if not self.world.stack:
            return
        _, box = self.world.stack[-1]
        if action == self.world.story.reads:
            true = "shape" not in self.kinds
            self._seen[id(box)] = Seen(self.world.clock.now(), self.all_jobs(), true)

    def all_jobs(self) -> dict[str, Record]:
        """Every job that any of the services keeps, as it is now."""
        places = self.world.network.places.values()
        return {job["JobId"]: job for place in places for job in jobs.every(place.world)}

    def _judged(self, box: WalkBox, job_id: str) -> verdicts.Judged | None:
        """The job as it was when the call was decided; ``None`` where the task was told something untrue."""
        now, seen = self.world.due, self._seen.get(id(box))
        if seen is not None and now - seen.at <= JUST_READ:
            if not seen.true:
                return None
            job, at = seen.jobs.get(job_id), seen.at
        else:
            job, at = self.all_jobs().get(job_id), now
        if job is None:
            return verdicts.Judged({}, (-1, -1), at)
        return verdicts.Judged(job, headway.lag_at(job, at), at)

    def look(self) -> None:
        """See which run has bought or adopted which job: the latest one holds it, unless the one before is alive."""
        for run in [*self.world.runs, *self.world.others]:
            job_id = self.job_of(run) if self._buys(run) else ""
            if job_id == self._taken.get(run.run_id, ""):
                continue
            self._taken[run.run_id] = job_id
            if job_id:
                self._last[run.run_id] = job_id
            holder = self._holders.get(job_id)
            # Who comes to life again while a purchase looks at its job is seen by nobody, and refused later.
            if job_id and holder is not None and holder is not run and holder.alive and holder.run_id in self._alive:
                self.break_(f"a run of {run.dag.dag_id} takes over a job that a living run holds")
            elif job_id:
                self._holders[job_id] = run

    def begin(self, run: WalkRun, task_id: str) -> None:
        """A leg begins: who is alive then is what it can know."""
        if task_id in ("purchase", "create"):
            self._alive = {other.run_id for other in [*self.world.runs, *self.world.others] if other.alive}

    @staticmethod
    def _buys(run: WalkRun) -> bool:
        return "purchase" in run.boxes or "create" in run.boxes

    def _hold(self, run: WalkRun, action: str, job_id: str) -> None:
        """A job is changed by the run that holds it alone, while that one is alive."""
        holder = self._holders.get(job_id)
        if holder is None or holder is run or not holder.alive:
            return
        if self._buys(run) or "reap" in run.boxes:
            self.break_(f"{action} by a run of {run.dag.dag_id} on a job that another living run holds")

    # --- People and errors ---

    def answered(self, run: WalkRun, box: WalkBox, operator: Any, option: str) -> None:
        """A person has answered to what was shown."""
        shown = dict(operator.evidence or {}) if option == "Approve" else {}
        self.approved[run.run_id] = shown.get("compare_task_id")
        self.note(f"  a person says {option} to {shown.get('compare_task_id')}")

    def met(self, run: WalkRun, box: WalkBox, error: BaseException, *, trigger: bool = False) -> None:
        """An error is one of ours, and says what to do."""
        where = f"{run.dag.dag_id}/{box.task.task_id}"
        self.note(f"  {where}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        if trigger:
            self.break_(f"{where}: its trigger broke by itself with {type(error).__name__}")
        elif not isinstance(error, DtsProblem):
            self.break_(f"{where}: a bare {type(error).__name__}")
        else:
            for wrong in verdicts.of_error(self, run, box, error):
                self.break_(wrong)
            if not error.next_step:
                self.break_(f"{where}: no next step in {type(error).__name__}")
        if isinstance(error, DeadlinePassed) and self.world.calm:
            self.break_(f"{where}: waits until its deadline, and nothing hinders it")

    def held(self, run: WalkRun, box: WalkBox, seconds: float) -> None:
        """A leg has held a worker for so long."""
        for wrong in verdicts.of_slot(run, box, seconds):
            self.break_(wrong)

    def run_key(self, run: WalkRun) -> str:
        """What the names of a run's compare tasks begin with."""
        return Identity(settings.deployment(), run.dag.dag_id, run.run_id, "").run_key

    def owner(self, run: WalkRun, task_id: str) -> str:
        """What tags and names say of a task of a run."""
        return Identity(settings.deployment(), run.dag.dag_id, run.run_id, task_id).owner
