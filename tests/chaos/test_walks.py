"""The random walks themselves: the same each time, green where nothing happens, and they find what is broken."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tencent_dts.api.client import ClientSettings, DtsClient
from tencent_dts.api.pacing import PACER
from tencent_dts.emulator import Emulator
from tencent_dts.engine import surplus
from tencent_dts.engine.book import Book
from tencent_dts.engine.comparing import Age, CompareCreation
from tencent_dts.errors import DtsError, Impossible
from tencent_dts.model.resource import Resource
from tencent_dts.operators import reap
from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator, DtsStartMigrateJobOperator
from tencent_dts.operators.purchase_migration import DtsCreateMigrationServiceOperator
from tencent_dts.operators.sync import DtsDestroySyncJobOperator
from tencent_dts.tasks import bills, going_on
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.gates.caught_up import CaughtUp
from tencent_dts.tasks.planned import HeldAgainstPlan
from tencent_dts.triggers.wait import DtsWaitTrigger
from tests.chaos.environment import WAITS
from tests.chaos.lifecycles import _dag
from tests.chaos.walks.command import told
from tests.chaos.walks.events import FAULTS, KINDS, Event
from tests.chaos.walks.inside import HOST, KEYS, Inside, Network
from tests.chaos.walks.running import WalkRun
from tests.chaos.walks.stories import OFTEN, STORIES
from tests.chaos.walks.walk import Walk, shrunk, walked

ONE_TABLE = {"DbName": "shop", "DbMode": "partial", "TableMode": "partial", "Tables": [{"TableName": "orders"}]}
OF_A_PART = {
    "ObjectMode": "custom",
    "Objects": {"ObjectMode": "partial", "ObjectItems": [ONE_TABLE]},
}
SLICE, SLICE_SEED = 100, 5
MIGRATION = {"hold": 0, "approval": False}


@pytest.fixture(scope="module", autouse=True)
def waits() -> Iterator[None]:
    with mock.patch.dict(os.environ, {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in WAITS.items()}):
        yield


def migration(*events: Event, **drawn: Any) -> Walk:
    return Walk("planted:1", "migrate", {**MIGRATION, **drawn}, events)


def moment_of(what: str, **drawn: Any) -> int:
    """The first moment at which something is done in a walk in which nothing else happens."""
    ticks = walked(migration(**drawn)).ticks
    return 1 + next(number for number, told in enumerate(ticks) if what in told)


# --- What they are ---


@pytest.mark.parametrize("name", list(STORIES))
@pytest.mark.parametrize("choice", [0, -1])
def test_a_walk_on_which_nothing_happens_is_green(name: str, choice: int) -> None:
    drawn = {what: values[choice] for what, values in STORIES[name].choices.items()}
    found = walked(Walk("planted:1", name, drawn, ()))
    assert (found.green, found.broken) == (True, []), found.trace


def test_a_walk_is_the_same_each_time() -> None:
    for index in range(6):
        once, again = walked(Walk.of(7, index)), walked(Walk.of(7, index))
        assert once.trace == again.trace
        assert once.broken == again.broken


def test_a_walk_can_be_written_down_and_walked_again() -> None:
    walk = Walk.of(7, 3)
    assert Walk.read("7:3") == walk
    assert Walk.read(walk.write(broken=["something"])) == walk


def test_every_story_and_every_kind_of_event_is_drawn() -> None:
    walks = [Walk.of(1, index) for index in range(400)]
    assert {walk.story for walk in walks} == set(STORIES) == set(OFTEN)
    assert {kind for walk in walks for _, kind, _ in walk.events} == set(KINDS)
    assert all(2 <= len(walk.events) <= 8 for walk in walks)


@pytest.mark.parametrize("first", range(0, SLICE, 25))
def test_a_slice_of_the_walks_breaks_no_promise(first: int) -> None:
    found = [walked(Walk.of(SLICE_SEED, index)) for index in range(first, first + 25)]
    assert [told(one) for one in found if one.broken] == []
    assert sum(one.green for one in found) > 10


def test_a_run_that_was_given_up_is_red_whatever_its_last_task_was_marked() -> None:
    marked: list[Event] = [(25, "mark", (0, 0.976, "success", False)), (69, "give up", (True,))]
    assert walked(migration(*marked)).broken == []
    run = WalkRun(_dag("dts_migrate"), {}, mock.Mock(), "manual__1")
    for box in run.boxes.values():
        box.state = "success"
    assert run.state == "success"
    run.give_up()
    assert (run.state, run.told) == ("failed", "failed")


# --- What they find ---


async def finds_nothing(*_: Any) -> list[Any]:
    return []


def shows_a_password(*_: Any) -> Any:
    return {"password": "rehearsal-source"}


def breaks(*_: Any) -> Any:
    raise KeyError("a field that is always there")


def events_but_the_first_one() -> Any:
    really, times = DtsWaitTrigger._event, iter([False])

    def event(payload: Any) -> Any:
        if not next(times, True):
            raise KeyError("a field that is always there")
        return really(payload)

    return staticmethod(event)


def does_nothing(*_: Any) -> Any:
    return {}


def asks_nobody(*_: Any) -> Any:
    return {"asked": False}


def tells_nothing(*_: Any) -> Any:
    return None


def says_it_has_ended(*_: Any) -> Any:
    return "ended (as anybody may say)"


def sleeps_on_its_worker(*_: Any) -> Any:
    async def long() -> None:
        await asyncio.sleep(3600)

    asyncio.run(long())


def calls_at_once(*_: Any) -> Any:
    with mock.patch.object(PACER, "reserve", return_value=0.0):
        for _turn in range(25):
            outcome(f"{HOST}:8021", "DescribeMigrationJobs", {})


def when_tried_again(instead: Callable[[], Any]) -> Any:
    """A task that is right, and does something else when it runs again."""
    really = DtsTask.execute

    def execute(self: Any, context: Any) -> Any:
        return really(self, context) if context["ti"].try_number == 1 else instead()

    return execute


def fails_again() -> Any:
    raise Impossible("it is no more as it was", next_step="leave it", bill="told")


def orders_again() -> Any:
    return outcome(f"{HOST}:8021", "StartMigrateJob", {"JobId": "dts-00000000"})


def story(name: str, *events: Event) -> Walk:
    return Walk("planted:1", name, {what: values[-1] for what, values in STORIES[name].choices.items()}, events)


def reconfigured(name: str, before: str) -> Walk:
    ticks = walked(story(name)).ticks
    moment = 1 + next(number for number, told in enumerate(ticks) if before in told)
    return story(name, (moment, "console", ("reconfigure",)))


def stopped_behind(order: str) -> Walk:
    """The link's own stop is refused; then writes come in, and somebody stops it in the console."""
    never: Event = (10**6, "lag", (0, 0, 0))  # as long as something may still happen, the world is not calm
    ticks = walked(story("sync", never)).ticks
    moment = 1 + next(number for number, told in enumerate(ticks) if order in told)
    after = moment + 1
    return story("sync", (moment, "fault", ("denied",)), (after, "lag", (50, 5, 7000)), (after, "console", ("stop",)))


# What is broken: where, by what; what happens then; and what must be found.
PLANTED: dict[str, tuple[Any, str, Any, Callable[[], Walk], str]] = {
    "the lag is not looked at": (
        *(Resource, "lag_of", lambda *_: (0, 0)),
        lambda: migration((moment_of("dts_migrate/compare compare"), "lag", (50, 5, 7000))),
        "CompleteMigrateJob at a lag of above 0",
    ),
    "evidence is not looked at": (
        *(Age, "is_within", lambda *_: True),
        lambda: migration((moment_of("dts_migrate/complete complete"), "later", (26 * 3600,))),
        "CompleteMigrateJob on data compared longer ago than max_report_age",
    ),
    "purchases are not looked up": (
        *(surplus, "read_jobs", finds_nothing),
        lambda: migration((moment_of("CreateMigrationService"), "fault", ("dropped after commit",))),
        "dts_migrate is green, and something it bought costs",
    ),
    "nobody is asked": (
        *(DtsApproveCutoverOperator, "execute", asks_nobody),
        lambda: migration(approval=True),
        "CompleteMigrateJob without the approval that was asked for",
    ),
    "nothing is started": (
        *(DtsStartMigrateJobOperator, "execute", does_nothing),
        migration,
        "dts_migrate/ready stays red with JobFailed, and nothing was wrong any more",
    ),
    "a job is left": (
        *(DtsIsolateMigrateJobOperator, "execute", does_nothing),
        migration,
        "dts_migrate is green, and its job costs",
    ),
    "a secret is returned": (
        *(DtsIsolateMigrateJobOperator, "result", shows_a_password),
        migration,
        "a secret in the XCom",
    ),
    "an answer is not checked": (
        *(DtsCreateMigrationServiceOperator, "order", breaks),
        migration,
        "dts_migrate/purchase: a bare KeyError",
    ),
    "a trigger breaks": (
        *(DtsWaitTrigger, "_event", events_but_the_first_one()),
        migration,
        "its trigger broke by itself with KeyError",
    ),
    "what a job of 2021 moves is not looked at": (
        *(HeldAgainstPlan, "found", lambda *_: []),
        lambda: reconfigured("migrate", "CreateMigrateCheckJob"),
        "CompleteMigrateJob of a job that does something else than the plan",
    ),
    "what a job of 2018 moves is not looked at": (
        *(HeldAgainstPlan, "found", lambda *_: []),
        lambda: reconfigured("migrate 2018", "CreateMigrateCheckJob"),
        "CompleteMigrateJob of a job that does something else than the plan",
    ),
    "what a comparison leaves out is not looked at": (
        *(CompareCreation, "request", lambda self: {"JobId": self.job_id, "TaskName": self.name, **OF_A_PART}),
        migration,
        "CompleteMigrateJob without a comparison of this run that says same",
    ),
    "a bill is not reported": (
        *(bills, "read_bill", tells_nothing),
        lambda: migration((moment_of("StartMigrateJob"), "fault", ("denied",))),
        "dts_migrate/start: Denied says nothing of the bill of a job that costs",
    ),
    "a bill is told as ended": (
        *(bills, "read_bill", says_it_has_ended),
        lambda: migration((moment_of("StartMigrateJob"), "fault", ("denied",))),
        "dts_migrate/start: Denied says that the bill of a job that costs has ended",
    ),
    "an outage ends a wait": (
        *(going_on, "goes_on", lambda *_: False),
        lambda: migration((moment_of("dts_migrate/ready DescribeMigrationDetail"), "outage", (0, 5400))),
        "dts_migrate/ready: a wait ends with OutcomeUnknown before its deadline",
    ),
    "a task holds its worker": (
        *(DtsStartMigrateJobOperator, "execute", sleeps_on_its_worker),
        migration,
        "dts_migrate/start: a leg holds a worker for more than 900 s",
    ),
    "nobody spreads the calls": (
        *(DtsStartMigrateJobOperator, "execute", calls_at_once),
        migration,
        "more than 20 DescribeMigrationJobs in a second",
    ),
    "a link that is to be destroyed is left": (
        *(DtsDestroySyncJobOperator, "execute", does_nothing),
        lambda: story("sync"),
        "dts_sync_retire is green, and its job is Stopped, Isolated",
    ),
    "a task fails when it is cleared": (
        *(DtsTask, "execute", when_tried_again(fails_again)),
        migration,
        "cleared alone, is red",
    ),
    "a task orders something when it is cleared": (
        *(DtsTask, "execute", when_tried_again(orders_again)),
        migration,
        "cleared alone, has ordered StartMigrateJob",
    ),
    "what was left is not found": (
        *(reap, "find", lambda *_: mock.Mock(held="", to_dict=dict)),
        lambda: migration((moment_of("dts_migrate/compare compare"), "give up", (False,))),
        "a job that a run of dts_migrate has left is not reported as an orphan",
    ),
    "a stop that was refused counts as sent": (
        *(CaughtUp, "refused", tells_nothing),
        lambda: stopped_behind("StopSyncJob"),
        "dts_sync_retire is green, and another hand has stopped its link behind the source",
    ),
    "whose job it is does not matter": (
        *(Book, "_refuse_living", finds_nothing),
        lambda: migration((moment_of("dts_migrate/compare compare"), "adopt", (False, 20))),
        "a run of dts_migrate takes over a job that a living run holds",
    ),
}


@pytest.mark.parametrize("name", list(PLANTED))
def test_what_is_broken_on_purpose_is_found(name: str) -> None:
    owner, attribute, broken, walk, promise = PLANTED[name]
    with mock.patch.object(owner, attribute, broken):
        planned = walk()
        found = walked(planned)
    assert not any(promise in text for text in walked(planned).broken)
    assert any(promise in text for text in found.broken), (found.broken, found.trace)


def test_a_breach_shrinks_to_what_makes_it() -> None:
    later = (moment_of("dts_migrate/complete complete"), "later", (26 * 3600,))
    noise: list[Event] = [(at, "fault", ("throttled",)) for at in (5, 9, 20, 31, 40, 44)]
    with mock.patch.object(Age, "is_within", return_value=True):
        found = shrunk(walked(migration(*sorted([*noise, later]))))
    assert [event[1:] for event in found.walk.events] == [later[1:]]
    text = told(found)
    assert "WALK=planted:1 (migrate) breaks a promise: CompleteMigrateJob on data compared longer ago than" in text
    assert Walk.read(text.splitlines()[-1].strip()).events == found.walk.events


# --- What they stand on ---


def outcome(endpoint: str, action: str, request: dict[str, Any]) -> tuple[str, str]:
    """What a client makes of one call: what it was answered, or its error."""
    secret_id = next(iter(KEYS))
    account = ClientSettings("ap-guangzhou", endpoint, "http", secret_id, KEYS[secret_id].secret_key)

    async def call() -> Any:
        async with DtsClient(account) as client:
            return await client.call(action, request, until=0)

    try:
        answer = asyncio.run(call())
    except DtsError as error:
        return type(error).__name__, error.code
    return "answered", ", ".join(sorted(answer))


@pytest.mark.parametrize("fault", list(FAULTS))
def test_an_emulator_inside_answers_as_one_behind_a_socket(fault: str) -> None:
    order: dict[str, Any] = {"SrcDatabaseType": "mysql", "DstDatabaseType": "mysql", "SrcRegion": "ap-guangzhou"}
    order |= {"DstRegion": "ap-guangzhou", "InstanceClass": "medium", "Count": 1}
    calls: list[tuple[str, dict[str, Any]]] = [("DescribeMigrationJobs", {}), ("CreateMigrationService", order)]
    rules = [{"action": action, "nth": 1, **FAULTS[fault]} for action, _ in calls]
    network, inside = Network(), Inside(8021)
    network.places = {8021: inside}
    with Emulator(speed=0, rate_limit=False, accounts=KEYS) as outside:
        for place in (inside, outside):
            for rule in rules:
                place.add_fault(rule)
        over_a_socket = [outcome(outside.endpoint, *call) for call in calls]
        with network.installed():
            within = [outcome(f"{HOST}:8021", *call) for call in calls]
        assert within == over_a_socket
        assert len(inside.jobs()) == len(outside.jobs())
    inside.leave()


def test_an_emulator_inside_goes_on_from_its_file(tmp_path: Path) -> None:
    first = Inside(8021, tmp_path / "state")
    network = Network()
    network.places = {8021: first}
    with network.installed():
        assert outcome(f"{HOST}:8021", "DescribeMigrationJobs", {})[0] == "answered"
    first.advance(1000)
    told_time = first.now()
    first.leave()
    second = Inside(8021, tmp_path / "state")
    assert [call["action"] for call in second.journal()] == ["DescribeMigrationJobs"]
    assert second.now() == told_time
    second.leave()
