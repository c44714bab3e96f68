"""A run that people and accidents meddle with: cleared, marked, killed and parked at any call of any of its tasks.

What happens at a moment happens inside the call of the task that is at work then: another run, the reaper or a cleared
task goes its way there, while that task waits for its answer, as it would beside it on another worker.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    TaskAwaitingInput,
    TaskDeferred,
)
from airflow.sdk.serde import deserialize, serialize

from tencent_dts.triggers.answer import DtsAnswerTrigger
from tests.chaos.fast_run import RETURNED, Box, FastRun, WorkerKilled, _stored
from tests.drive import first_event, rebuilt

AT_WORK = ("running", "deferred", "awaiting")
UNFINISHED = ("", *AT_WORK)
NOT_GREEN = ("failed", "upstream_failed", "skipped")


class Ended(BaseException):
    """Somebody has cleared or marked the task instance at work: its process ends, and nobody asks it."""


class NetReached(BaseException):
    """The timeout of a deferral: Airflow takes the trigger away."""


class World(Protocol):
    """What a run sees of what is around it."""

    stack: list[tuple[WalkRun, WalkBox]]

    def tick(self, what: str) -> Any:
        """Something is about to happen: what is planned for this moment happens first."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def now(self) -> float:
        """What a worker's clock says."""

    def breaks(self) -> bool:
        """Whether the trigger that starts now is to break."""

    def net(self, seconds: float) -> Any:
        """A context in which time cannot pass beyond so many seconds from now."""

    def slot(self, run: WalkRun, box: WalkBox) -> Any:
        """A context in which a leg holds a worker."""

    def answer(self, run: WalkRun, box: WalkBox, operator: Any) -> Mapping[str, Any]:
        """A person's answer to a task that asks for input."""

    def met(self, run: WalkRun, box: WalkBox, error: BaseException, *, trigger: bool = False) -> None:
        """A try or a trigger has ended with an error."""


@dataclass
class WalkBox(Box):
    """One task instance.

    :param fate: what somebody has made of it while it was at work: a state, "" for cleared; ``None``: nothing.
    :param late: the call under way is still carried out.
    :param rendered: its template fields, as Airflow keeps them of the last try.
    :param sweeps: how often it was cleared.
    :param answered: what a person answered to the question that it has asked.
    """

    fate: str | None = None
    late: bool = False
    rendered: dict[str, Any] = field(default_factory=dict)
    sweeps: int = 0
    answered: Mapping[str, Any] | None = None


class WalkRun(FastRun):
    """One run of a DAG in a world in which things happen.

    :param dag: the DAG.
    :param conf: the run's parameters.
    :param world: where it runs.
    """

    boxes: dict[str, WalkBox]  # type: ignore[assignment]  # FastRun's boxes are the same with less in them

    def __init__(self, dag: Any, conf: Mapping[str, Any], world: World, run_id: str) -> None:
        super().__init__(dag, conf, world.sleep, run_id=run_id)
        self.world = world
        self.boxes = {name: WalkBox(box.task, max_tries=box.max_tries) for name, box in self.boxes.items()}
        self.over = False  # somebody has marked the whole run as failed

    @property
    def alive(self) -> bool:
        """Whether Airflow says that it is running."""
        return not self.over and any(box.state in UNFINISHED for box in self.boxes.values())

    @property
    def state(self) -> str:
        """The state that it has come to; a run that somebody has given up failed, whatever its last tasks came to."""
        return "failed" if self.over else super().state

    @property
    def told(self) -> str:
        """Its state as Airflow tells it."""
        return "running" if self.alive else self.state

    # --- What people do ---

    def clear(self, task_ids: Iterable[str], *, late: bool = False) -> None:
        """Clear tasks: those at work end first."""
        self.over = False
        for name in task_ids:
            box = self.boxes[name]
            box.sweeps += 1
            box.max_tries = box.try_number + self._retries_of(box)
            self._put(box, "", late)

    def mark(self, task_id: str, state: str, *, late: bool = False) -> None:
        """Mark a task; below one that is marked as success, Airflow clears what had failed because of it."""
        self._put(self.boxes[task_id], state, late)
        if state == "success":
            self.clear(name for name in self.below(task_id)[1:] if self.boxes[name].state in NOT_GREEN)

    def give_up(self, *, late: bool = False) -> None:
        """Mark the whole run as failed."""
        for box in self.boxes.values():
            if box.state in UNFINISHED:
                self._put(box, "failed" if box.state in AT_WORK else "skipped", late)
        self.over = True

    def _put(self, box: WalkBox, state: str, late: bool) -> None:
        if box.state in AT_WORK:
            box.fate, box.late = state, late
        else:
            box.state = state

    # --- Running ---

    def go(self, limit: int = 1_000_000) -> WalkRun:
        """Run the tasks whose turn it is, at most so many, until none is left."""
        while limit and not self.over and (box := self._next()):
            limit -= 1
            self._run(box)
        return self

    def _next(self) -> WalkBox | None:
        for box in self.boxes.values():
            if box.state:
                continue
            above = {self.boxes[other].state for other in box.task.upstream_task_ids}
            if above & set(NOT_GREEN):
                box.state = "upstream_failed"
            elif above <= {"success"}:
                return box
        return None

    def _run(self, box: WalkBox) -> None:  # type: ignore[override]  # as above
        self.world.stack.append((self, box))
        try:
            self._tries(box)
        except Ended:
            box.state, box.fate = box.fate or "", None
        finally:
            self.world.stack.pop()

    def _tries(self, box: WalkBox) -> None:
        while True:
            box.try_number += 1
            box.xcoms = {}
            box.state = "running"
            try:
                result = self._attempt(box)
            except Exception as error:  # noqa: BLE001 - Airflow catches every error of a task, and so must this
                box.error = error
                self.world.met(self, box, error)
                if isinstance(error, AirflowFailException) or box.try_number > box.max_tries:
                    box.state = "failed"
                    return
            except WorkerKilled as error:
                box.error = error
                if box.try_number > box.max_tries:
                    box.state = "failed"
                    return
            else:
                if result is not None:
                    box.xcoms[RETURNED] = _stored(result)
                box.state, box.error = "success", None
                return
            self.world.sleep(box.task.retry_delay.total_seconds())

    def _attempt(self, box: WalkBox) -> Any:  # type: ignore[override]  # as above
        context = self._context(box)
        method, more = "", dict[str, Any]()
        while True:
            operator = box.task.prepare_for_execution()
            self.world.tick(box.task.task_id)
            operator.render_template_fields(context, jinja_env=self._jinja)
            box.rendered = {name: getattr(operator, name, None) for name in operator.template_fields}
            box.state = "running"
            try:
                with self.world.slot(self, box):
                    if method:
                        return operator.resume_execution(method, more, context)
                    return operator.execute(context)
            except TaskDeferred as deferred:
                box.state = "deferred"
                method, more = self._wait(box, operator, deferred)
            except AirflowRescheduleException as later:
                method, more = "", {}
                self.world.sleep(later.reschedule_date.timestamp() - self.world.now())
            except TaskAwaitingInput as parked:
                box.state = "awaiting"
                method = parked.method_name
                box.answered = None
                more = {**(parked.kwargs or {}), "event": self._answer(box, operator)}

    def _answer(self, box: WalkBox, operator: Any) -> Mapping[str, Any]:
        """The answer to the question that stands, which a person gives once."""
        if box.answered is None:
            box.answered = self.world.answer(self, box, operator)
        return box.answered

    def _wait(self, box: WalkBox, operator: Any, deferred: TaskDeferred) -> tuple[str, dict[str, Any]]:
        """What the trigger comes to: its event, or the failure that Airflow makes of it."""
        trigger = rebuilt(deferred.trigger)
        self.triggers.append(trigger.serialize())
        if self.world.breaks():
            return TRIGGER_FAIL_REPR, {"error": "Trigger failure", "traceback": ["it was made to break"]}
        if hasattr(trigger, "moment"):
            self.world.sleep(deferred.timeout.total_seconds() - 300 if deferred.timeout else 60)
            return deferred.method_name, {"event": None}
        if isinstance(trigger, DtsAnswerTrigger):  # it asks Airflow's database, which a walk has none of
            return deferred.method_name, {"event": self._answer(box, operator)}
        beyond = deferred.timeout.total_seconds() if deferred.timeout else 10**9
        with self.world.net(beyond):
            while True:
                try:
                    payload = asyncio.run(_event_of(rebuilt(deferred.trigger)))
                except WorkerKilled:
                    continue  # the triggerer is gone, and another one takes its triggers
                except NetReached:
                    return TRIGGER_FAIL_REPR, {"error": "Trigger timeout"}
                except Exception as error:  # noqa: BLE001 - a triggerer makes a failed trigger of every error
                    self.world.met(self, box, error, trigger=True)
                    return TRIGGER_FAIL_REPR, {"error": "Trigger failure", "traceback": [repr(error)]}
                return deferred.method_name, {**(deferred.kwargs or {}), "event": payload}

    def _context(self, box: Box) -> dict[str, Any]:
        context = super()._context(box)
        ti = context["ti"]
        ti.id = uuid.uuid4()
        return context


async def _event_of(trigger: Any) -> Any:
    """The first event of a trigger, by the way that a triggerer takes: a shared stream, where there is one."""
    if getattr(trigger, "shared_stream_key", lambda: None)() is None:
        return await first_event(trigger)
    _, kwargs = trigger.serialize()
    async with aclosing(type(trigger).open_shared_stream(kwargs)) as stream:
        async for event in trigger.filter_shared_stream(stream):
            return deserialize(serialize(event.payload))
    raise AssertionError("the trigger ended without an event")


def nested(call: partial[Any]) -> Any:
    """Run something that opens event loops of its own, from inside one."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return call()
    finally:
        asyncio._set_running_loop(loop)
