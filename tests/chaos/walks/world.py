"""The world of one walk: two emulators, a clock, connections, runs, people; and what each event does to them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import httpx
from airflow.providers.standard.operators import hitl
from tencentcloud.common.abstract_client_async import AbstractClient

from tests.chaos.fast_run import WorkerKilled
from tests.chaos.walks import hands
from tests.chaos.walks.clock import WalkClock
from tests.chaos.walks.connections import Connections
from tests.chaos.walks.events import FAULTS, OUTAGES, SEEDS, Event, at_place
from tests.chaos.walks.inside import Inside, Network
from tests.chaos.walks.running import Ended, WalkBox, WalkRun, nested
from tests.chaos.walks.stories import Leg, Story
from tests.chaos.walks.witness import Witness
from tests.drive import AIRFLOW

HERE, ELSEWHERE = 8021, 8022
MOST_MOMENTS = 5000


class Endless(BaseException):
    """The walk goes on and on."""


class World:
    """Everything that is there while a walk is walked.

    :param story: whose life it is.
    :param drawn: the choices of the walk.
    :param events: what happens, by moment.
    """

    def __init__(self, story: Story, drawn: Mapping[str, Any], events: list[Event]) -> None:
        self.story, self.drawn = story, drawn
        self.events = list(events)
        self.ticks: list[str] = []  # what each moment was
        self.moment = 0
        self.calm = False
        self.network = Network()
        self.clock = WalkClock(self._advance)
        self.connections = Connections()
        self.stack: list[tuple[WalkRun, WalkBox]] = []
        self.runs: list[WalkRun] = []  # of the legs, in order
        self.others: list[WalkRun] = []  # that adopt their job, and reapers
        self.lost = 0.0  # until when nothing can be reached
        self.outage: dict[str, Any] = {}
        self.breaking = 0
        self.answers: list[tuple[str, float]] = []
        self._way = self._what = ""
        self.elsewhere = 0.0  # seconds that have passed in what happened beside the task at work
        self.due = self.clock.now()  # when the call at this moment would have left, had nothing happened before it
        self.technical = False
        self._shape: tuple[float, int] | None = None
        self.files = tempfile.TemporaryDirectory() if any(kind == "restart" for _, kind, _ in events) else None
        self.witness = Witness(self)
        self._open()

    # --- The two services ---

    def _open(self) -> None:
        file = Path(self.files.name) / "state" if self.files else None
        self.network.places = {HERE: Inside(HERE, file), ELSEWHERE: Inside(ELSEWHERE)}

    @property
    def emulator(self) -> Inside:
        """The service that the right connections name."""
        return self.network.places[HERE]

    def _advance(self, seconds: float) -> None:
        for place in self.network.places.values():
            place.advance(seconds)

    def restart(self) -> None:
        """End the service as a process ends, and start it on its file."""
        self.emulator.leave()
        assert self.files is not None
        self.network.places[HERE] = Inside(HERE, Path(self.files.name) / "state")

    def close(self) -> None:
        """Leave nothing behind."""
        for place in self.network.places.values():
            place.leave()
        if self.files:
            self.files.cleanup()

    # --- What a run sees ---

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.sleep(seconds)

    def now(self) -> float:
        """What a worker's clock says."""
        return self.clock.time()

    def net(self, seconds: float) -> Any:
        """A context in which time cannot pass beyond so many seconds from now."""
        return self.clock.net(seconds)

    def breaks(self) -> bool:
        """Whether the trigger that starts now is to break."""
        self.breaking -= self.breaking > 0 and not self.calm
        return self.breaking > 0 and not self.calm

    def tell_airflow(self) -> None:
        """Let Airflow know the runs as they are now."""
        for run in [*self.runs, *self.others]:
            ended = None if run.alive else datetime.fromtimestamp(self.clock.now(), UTC)
            before = AIRFLOW.runs.get((run.dag.dag_id, run.run_id))
            if before is None or before[0] != run.told:
                AIRFLOW.runs[run.dag.dag_id, run.run_id] = (run.told, ended)
            AIRFLOW.dags.add(run.dag.dag_id)

    def met(self, run: WalkRun, box: WalkBox, error: BaseException, *, trigger: bool = False) -> None:
        """A try or a trigger has ended with an error."""
        self.witness.met(run, box, error, trigger=trigger)

    @contextlib.contextmanager
    def slot(self, run: WalkRun, box: WalkBox) -> Iterator[None]:
        """A leg holds a worker; what happens beside it takes no time of it."""
        before, elsewhere = self.clock.now(), self.elsewhere
        try:
            yield
        finally:
            self.witness.held(run, box, self.clock.now() - before - (self.elsewhere - elsewhere))

    def answer(self, run: WalkRun, box: WalkBox, operator: Any) -> Mapping[str, Any]:
        """A person's answer, once some time has passed in which other things may happen."""
        option, seconds = self.answers.pop(0) if self.answers and not self.calm else ("Approve", 300.0)
        self.tick("a person is asked")
        self.sleep(seconds)
        self.tick("a person answers")
        silent = option == "silence"
        self.witness.answered(run, box, operator, option)
        return {
            "chosen_options": ["Reject" if silent else option],
            "params_input": {},
            "responded_at": datetime.fromtimestamp(self.clock.now(), UTC),
            "responded_by_user": None if silent else {"id": "oncall", "name": "oncall"},
            "timedout": silent,
        }

    # --- Moments ---

    def tick(self, what: str) -> None:
        """The next moment: what is planned for it happens; then the task at work may find itself ended."""
        self.moment += 1
        self.ticks.append(f"{self._whose()} {what}")
        if self.moment > MOST_MOMENTS:
            raise Endless(what)
        self.tell_airflow()
        self.witness.look()
        if self.stack:
            self.witness.begin(self.stack[-1][0], what)
        due = self.clock.now()
        try:
            while not self.calm and self.events and self.events[0][0] <= self.moment:
                event = self.events.pop(0)
                self.witness.note(f"moment {self.moment}, before {self.ticks[-1]}: {event[1]} {event[2]}")
                nested(partial(self.happen, event, what))
        finally:
            self.due = due
            self.elsewhere += self.clock.now() - due
        self._end_unless(late=True)

    def _whose(self) -> str:
        return f"{self.stack[-1][0].dag.dag_id}/{self.stack[-1][1].task.task_id}" if self.stack else "-"

    def _end_unless(self, *, late: bool) -> None:
        """End the task at work where somebody has ended it; one that is to end late carries out its call first."""
        if self.stack:
            box = self.stack[-1][1]
            if box.fate is not None and not (late and box.late):
                raise Ended

    def happen(self, event: Event, what: str) -> None:
        """Let one event happen."""
        _, kind, more = event
        self.witness.touch(kind, more)
        self._what = what
        getattr(self, f"_on_{kind.replace(' ', '_').replace(chr(39), '')}")(*more)

    def _on_fault(self, name: str) -> None:
        action = self._what if self._what[0].isupper() else "*"  # what is no action is met by the next call
        self.emulator.add_fault({"action": action, "nth": 1, **FAULTS[name]})

    def _on_way(self, way: str) -> None:
        self._way = way

    def _on_shape(self, where: float, how: int) -> None:
        self._shape = (where, how)

    def _on_outage(self, which: int, seconds: float) -> None:
        self.lost, self.outage = self.clock.now() + seconds, OUTAGES[which]

    def _on_clear(self, which: int, place: float, downstream: bool, late: bool) -> None:
        runs = self.runs[-2:-1] if which and len(self.runs) > 1 else self.runs[-1:]
        for run in runs:
            names = list(run.boxes)
            name = at_place(place, names)
            run.clear(run.below(name) if downstream else [name], late=late)
            self._go_beside(run)

    def _on_mark(self, which: int, place: float, state: str, late: bool) -> None:
        for run in self.runs[-1:]:
            names = list(run.boxes)
            name = at_place(place, names)
            self.witness.marked.add((run.dag.dag_id, run.run_id, name, state))
            run.mark(name, state, late=late)
            self._go_beside(run)

    def _on_give_up(self, late: bool) -> None:
        for run in self.runs[-1:]:
            run.give_up(late=late)

    def _go_beside(self, run: WalkRun) -> None:
        """What has been cleared runs now, while the task at work waits for its answer."""
        if all(box.fate is None for _, box in self.stack):
            run.go()

    def _on_connection(self, edit: str) -> None:
        self.connections.edit(edit)

    def _on_correct(self) -> None:
        self.connections.correct()

    def _on_console(self, action: str) -> None:
        hands.console(self, action)

    def _on_later(self, seconds: float) -> None:
        self.sleep(seconds)

    def _on_workers_clock(self, seconds: float) -> None:
        self.clock.skew = seconds

    def _on_lists_lag(self, seconds: float) -> None:
        self.emulator.world.settings.visibility_delay = seconds

    def _on_trigger_breaks(self, times: int) -> None:
        self.breaking = times + 1

    def _on_restart(self) -> None:
        lag = self.emulator.world.settings.visibility_delay
        self.restart()
        self.emulator.world.settings.visibility_delay = lag

    def _on_adopt(self, give_up: bool, tasks: int) -> None:
        hands.adopt(self, tasks, give_up=give_up)

    def _on_other_goes_on(self, tasks: int) -> None:
        for run in self.others[-1:]:
            run.go(tasks)

    def _on_reap(self, stop_running: bool) -> None:
        hands.reap(self, stop_running=stop_running)

    def _on_forget(self) -> None:
        hands.forget(self)

    def _on_lag(self, megabytes: int, seconds: int, drain: int) -> None:
        hands.fall_behind(self, {"megabytes": megabytes, "seconds": seconds, "drain": drain})

    def _on_seed(self, name: str) -> None:
        self.emulator.seed({"match": {"any": True}, **SEEDS[name]})

    def _on_answer(self, option: str, seconds: float) -> None:
        self.answers.append((option, seconds))

    # --- Calls ---

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between the SDK's client and the network."""
        really = AbstractClient.call_and_deserialize

        async def call(client: Any, action: str, params: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            self.tick(action)
            way, self._way = self._way, ""
            if way == "refused connection":
                raise httpx.ConnectError("All connection attempts failed")
            if way == "killed before":
                raise WorkerKilled(f"before {action}")
            if self.clock.now() < self.lost and not self.calm:
                self.emulator.add_fault({"action": action, "times": 1, **self.outage})
            self.witness.leaves(client, action, params)
            try:
                answer = await really(client, action, params, *args, **kwargs)
                self.witness.answers(client, action, params, answer)
            finally:
                self._end_unless(late=False)
                if way == "killed after":
                    raise WorkerKilled(f"after {action}")
            return answer

        with contextlib.ExitStack() as stack:
            stack.enter_context(self.network.installed())
            stack.enter_context(self.clock.installed())
            stack.enter_context(self.connections.installed())
            stack.enter_context(mock.patch.object(AbstractClient, "call_and_deserialize", call))
            stack.enter_context(mock.patch.object(hitl, "upsert_hitl_detail"))
            stack.enter_context(mock.patch("asyncio.to_thread", _at_once))
            self.network.mangle = self._mangled
            yield

    def _mangled(self, body: bytes) -> bytes:
        if self._shape is None:
            return body
        (where, how), self._shape = self._shape, None
        return hands.of_another_shape(body, where, how)

    # --- The end of the disturbance ---

    def calm_down(self) -> None:
        """The world is as it should be: only what was ordered, and what data are like, stays."""
        self.calm = True
        self.connections.correct()
        self.clock.skew = 0.0
        self.emulator.clear_faults()
        self.emulator.world.settings.visibility_delay = 0.0
        self.lost = 0.0
        self._way, self._shape = "", None
        hands.catch_up(self)

    def start(self, leg: Leg, job: str) -> WalkRun:
        """The run of a leg."""
        run = WalkRun(leg.dag, leg.conf(job, self.drawn), self, f"manual__{len(self.runs) + 1}")
        self.runs.append(run)
        return run


async def _at_once(function: Any, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def rng_of(text: str) -> Random:
    """Random numbers that are the same for the same text."""
    return Random(text)
