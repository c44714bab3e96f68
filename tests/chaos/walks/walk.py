"""One walk: drawn from a seed, walked, judged; and, where a promise broke, shrunk to the few events that break it."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import structlog
from airflow.sdk.bases.operator import ExecutorSafeguard

from tencent_dts.api.pacing import PACER
from tencent_dts.api.redaction import SDK_LOGGER
from tests.chaos.walks import hands, verdicts
from tests.chaos.walks.events import Event, draw, is_technical
from tests.chaos.walks.inside import same_ids
from tests.chaos.walks.running import WalkRun
from tests.chaos.walks.stories import OFTEN, STORIES, Leg, Story
from tests.chaos.walks.world import Endless, World, rng_of
from tests.drive import AIRFLOW

HASTY = 2  # clears while things still happen
PATIENT = 4  # clears once the world is as it should be
_PAUSE = 600.0
_SHOWN = 3600.0  # seconds after which every list shows what was bought, however far it lagged
_ADVICE = re.compile(r"[Cc]lear `(\w+)` with its downstream")


@dataclass(frozen=True)
class Walk:
    """What happens in one walk, as data: the same each time it is walked.

    :param name: ``seed:index``.
    :param drawn: the choices of its story.
    """

    name: str
    story: str
    drawn: Mapping[str, Any]
    events: tuple[Event, ...]

    @classmethod
    def of(cls, seed: int, index: int) -> Walk:
        """The walk of this number."""
        name = f"{seed}:{index}"
        rng = rng_of(name)
        story = STORIES[rng.choice(OFTEN)]
        drawn = {choice: rng.choice(values) for choice, values in story.choices.items()}
        return cls(name, story.name, drawn, tuple(draw(rng, story.calls)))

    @classmethod
    def read(cls, text: str) -> Walk:
        """A walk as :meth:`write` has written it, or ``seed:index``."""
        if not text.lstrip().startswith("{"):
            seed, index = text.split(":")
            return cls.of(int(seed), int(index))
        told = json.loads(text)
        events = tuple((at, kind, tuple(more)) for at, kind, more in told["events"])
        return cls(told["walk"], told["story"], told["drawn"], events)

    def write(self, **more: Any) -> str:
        """One line of JSON, from which it can be walked again."""
        told = {"walk": self.name, "story": self.story, "drawn": dict(self.drawn), "events": list(self.events)}
        return json.dumps({**told, **more})


@dataclass
class Walked:
    """What became of a walk."""

    walk: Walk
    broken: list[str]
    trace: list[str] = field(repr=False, default_factory=list)
    ticks: list[str] = field(repr=False, default_factory=list)
    green: bool = False

    @property
    def kind(self) -> str:
        """The first promise that broke."""
        return self.broken[0] if self.broken else ""


def walked(walk: Walk) -> Walked:
    """Walk it."""
    story = STORIES[walk.story]
    with same_ids(walk.name), _seeded(walk.name):
        world = World(story, walk.drawn, list(walk.events))
        world.technical = is_technical(list(walk.events))
        AIRFLOW.reset()
        try:
            with world.installed(), _listened(world):
                green = _walk(world, story)
            return Walked(walk, world.witness.broken, world.witness.trace, world.ticks, green)
        finally:
            world.close()
            AIRFLOW.reset()


def _walk(world: World, story: Story) -> bool:
    """Walk through the legs, and judge what concerns them all; whether everything is green and no promise broke."""
    green = False
    try:
        green = _legs(world, story)
        _look_for_orphans(world)
    except Endless as endless:
        world.witness.break_(f"the walk does not end: {endless}")
    for wrong in verdicts.of_traffic(world.witness):
        world.witness.break_(wrong)
    return green and not world.witness.broken


def _legs(world: World, story: Story) -> bool:
    job = ""
    for leg in story.legs:
        world.calm = False
        run = world.start(leg, job)
        _disturbed(run)
        world.calm_down()
        _settle(world, run)
        for other in list(world.others):
            _settle(world, other)
        _judge(world, leg, run)
        if run.state != "success":
            return False
        _clear_one(world, run)
        job = world.witness.job_of(run)
    return True


def _disturbed(run: WalkRun) -> None:
    run.go()
    for _ in range(HASTY):
        if run.over or not run.red():
            return
        _clear_red(run)
        run.go()


def _settle(world: World, run: WalkRun) -> None:
    """Somebody on call clears what is red, as it says, some times."""
    if run.over:
        return
    run.go()
    for _ in range(PATIENT):
        if not run.red():
            return
        world.sleep(_PAUSE)
        _clear_red(run)
        run.go()


def _clear_red(run: WalkRun) -> None:
    """Clear the task that the first error names, else the red one, with its downstream."""
    red = run.red()[0]
    advice = _ADVICE.search(str(getattr(run.boxes[red].error, "next_step", "") or ""))
    name = advice.group(1) if advice and advice.group(1) in run.boxes else red
    run.clear(run.below(name))


def _judge(world: World, leg: Leg, run: WalkRun) -> None:
    world.sleep(120)  # what was ordered last takes hold
    for wrong in verdicts.of_end(world.witness, leg, run):
        world.witness.break_(wrong)
    for other in world.others:
        own = next(leg for leg in world.story.legs if leg.dag_id == other.dag.dag_id)
        for wrong in verdicts.of_end(world.witness, own, other):
            world.witness.break_(wrong)


def _clear_one(world: World, run: WalkRun) -> None:
    """Clear one task of a green run alone, where nothing but techniques has gone wrong; it counts for no moment."""
    if not world.technical or run.state != "success":
        return
    name = rng_of(f"{run.run_id} {world.moment}").choice(list(run.boxes))
    moment, calls = world.moment, len(world.emulator.journal())
    run.clear([name])
    run.go()
    world.moment = moment
    changed = [call["action"] for call in world.emulator.journal()[calls:] if not call["action"].startswith("Describe")]
    for wrong in verdicts.of_clear(run, name, changed):
        world.witness.break_(wrong)


def _look_for_orphans(world: World) -> None:
    """The search for orphans finds what was left; unless somebody has taken its tags away."""
    if world.witness.did("retag"):
        return
    world.sleep(_SHOWN)
    reported = hands.search(world)
    for run in [*world.runs, *world.others]:
        leg = next((leg for leg in world.story.legs if leg.dag_id == run.dag.dag_id and leg.buys), None)
        for wrong in verdicts.of_orphans(world.witness, leg, run, reported) if leg else ():
            world.witness.break_(wrong)


@contextlib.contextmanager
def _seeded(name: str) -> Iterator[None]:
    """The jitter of waits is the same each time."""
    before = random.getstate()
    random.seed(name)
    try:
        yield
    finally:
        random.setstate(before)


@contextlib.contextmanager
def _listened(world: World) -> Iterator[None]:
    """Everything that is logged is heard, and nothing is printed."""
    before = structlog.get_config()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(PACER, "_paces", {}))
        stack.enter_context(mock.patch.object(ExecutorSafeguard, "test_mode", True))
        structlog.configure(processors=[world.witness.log], cache_logger_on_first_use=False)
        stack.callback(structlog.configure, **before)
        handler = logging.NullHandler()
        handler.handle = world.witness.emit  # type: ignore[method-assign]  # a handler that only listens
        for logger in map(logging.getLogger, (SDK_LOGGER, "tencent_dts")):
            logger.addHandler(handler)
            stack.callback(logger.removeHandler, handler)
            stack.enter_context(mock.patch.object(logger, "propagate", False))
        yield


def shrunk(found: Walked, *, most: int = 60) -> Walked:
    """The same breach with as few events as are found to do it, by leaving out ever smaller parts.

    :param most: so many walks are tried.
    """
    best, tried, part = found, 0, max(1, len(found.walk.events) // 2)
    while part:
        events, start, smaller = best.walk.events, 0, False
        while start < len(events) and tried < most:
            left = events[:start] + events[start + part :]
            again = walked(replace(best.walk, events=left))
            tried += 1
            if again.kind == found.kind:
                best, events, smaller = again, left, True
            else:
                start += part
        if not smaller or part > 1:
            part = part // 2 if part > 1 else 0
        if tried >= most:
            break
    return best
