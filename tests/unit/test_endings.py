"""A job that is not found: has it ended, is it not shown yet, or does the connection lead elsewhere?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from tencent_dts import settings
from tencent_dts.engine.book import Book
from tencent_dts.engine.records import KEY, SEEN, Ending, LastSeen, Record
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import DtsProblem, JobNotFound, NotShownYet
from tencent_dts.kinds.migration import states
from tencent_dts.kinds.migration_2018 import states as migration_2018
from tencent_dts.kinds.subscription_2018 import states as subscription
from tencent_dts.kinds.sync import states as sync
from tencent_dts.model.resource import Verdict
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tencent_dts.operators.migration_2018 import DtsDeleteMigrateJob2018Operator
from tencent_dts.operators.subscription import DtsIsolateSubscribe2018Operator
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator
from tests.dags.migrations import change
from tests.drive import AIRFLOW, Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.subjects import ELSEWHERE, SPEED, calls
from tests.unit.test_records import HERE, book, ending, held, holder, made

pytestmark = pytest.mark.usefixtures("airflow_connections")

Look = Callable[[Any, Ending | None], Ending | None]
VANISHING = [
    ("free", "IsolateMigrateJob", DtsIsolateMigrateJobOperator),
    ("sync free, stopped", "IsolateSyncJob", DtsIsolateSyncJobOperator),
    ("2018", "DeleteMigrateJob", DtsDeleteMigrateJob2018Operator),
]


@pytest.mark.parametrize(("name", "action", "kind"), VANISHING, ids=[row[1] for row in VANISHING])
class TestAnOrderWhoseAnswerWasLost:
    """It may have been carried out, and nothing but the job's being seen for long afterwards says that it was not."""

    @pytest.fixture
    def doubted(self, name: str, action: str, kind: type[Any], cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Task:
        """One such order; the next call is answered at once, whatever it is."""
        monkeypatch.setattr(settings, "call_timeout", lambda: 0.0)
        task = Task(kind(task_id="end", job_id=made(name, cloud)))
        cloud.emulator.add_fault({"action": action, "times": 1, "drop": "before"})
        with pytest.raises(DtsProblem):
            task.run()
        return task

    @pytest.mark.parametrize(
        "second", ["ResourceNotFound", "FailedOperation.NotAllowOperation", "UnauthorizedOperation"]
    )
    def test_a_second_one_that_is_refused_does_not_make_it_forgotten(
        self, second: str, action: str, doubted: Task, cloud: Cloud
    ) -> None:
        """The look before it was an old one, and still showed the job."""
        job = doubted.operator.job_id
        before = ending(job)
        cloud.emulator.add_fault({"action": action, "times": 1, "code": second})
        with pytest.raises(DtsProblem, match=second):
            doubted.retry().run()
        after = ending(job)
        assert after is not None
        assert (after == before) == (second != "ResourceNotFound")
        cloud.emulator.reset()
        assert doubted.clear().run()["Status"] == "gone"

    def test_a_job_that_is_seen_long_afterwards_was_not_ended(
        self, action: str, doubted: Task, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "visible_within", lambda: -2.0)  # the service dates its answers in whole seconds
        cloud.emulator.add_fault({"action": action, "times": 1, "code": "UnauthorizedOperation"})
        with pytest.raises(DtsProblem, match="UnauthorizedOperation"):
            doubted.retry().run()
        assert ending(doubted.operator.job_id) is None
        cloud.emulator.reset()
        with pytest.raises(JobNotFound):
            doubted.clear().run()

    def test_another_user_who_does_not_find_the_job_does_not_take_it_for_ended(
        self, action: str, doubted: Task, cloud: Cloud, airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The order may not have arrived, and the job be in the account of the user before."""
        right = dict(airflow_connections["tencentcloud_default"])
        change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
        for _ in range(2):
            with pytest.raises(JobNotFound, match=r"its answer is not known .*; another user sent it"):
                doubted.clear().run()
        change(monkeypatch, airflow_connections, "tencentcloud_default", **right)
        cloud.emulator.set_speed(SPEED)
        assert doubted.clear().run()
        assert len(calls(cloud.emulator, action)) == 1
        change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
        assert doubted.clear().run()["Status"] == "gone"  # the order was accepted: whoever asks now, it has ended


@pytest.mark.parametrize(("name", "action", "kind"), VANISHING, ids=[row[1] for row in VANISHING])
def test_an_order_that_does_not_find_the_job_seen_a_moment_ago_is_no_order_that_did_nothing(
    name: str, action: str, kind: type[Any], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "call_timeout", lambda: 0.0)
    task = Task(kind(task_id="end", job_id=made(name, cloud)))
    cloud.emulator.add_fault({"action": action, "times": 1, "code": "ResourceNotFound"})
    with pytest.raises(DtsProblem, match="ResourceNotFound"):
        task.run()
    cloud.emulator.reset()
    assert task.clear().run()["Status"] == "gone"


# --- What the latest look leaves of an ending ---

_SETTLE, _VISIBLE = 100.0, 1000.0
_SOON, _LATER, _LATE = 10.0, 500.0, 5000.0  # seconds since the ending that is known, when the job is seen

MIGRATION = states.MIGRATION_JOB, {"Status": "success", "TradeInfo": {"TradeStatus": "normal"}}
FREE = states.MIGRATION_JOB, {"Status": "success", "TradeInfo": {"TradeStatus": "notBilled"}}
ENDED = states.MIGRATION_JOB, {"Status": "success", "TradeInfo": {"TradeStatus": "isolated"}}
SYNC = sync.SYNC_JOB, {"Status": "Stopped", "TradeStatus": "Normal"}
FREE_SYNC = sync.SYNC_JOB, {"Status": "Stopped", "TradeStatus": "NotBilled"}
ENDED_SYNC = sync.SYNC_JOB, {"Status": "Stopped", "TradeStatus": "Isolated"}
OF_2018 = migration_2018.MIGRATION_JOB_2018, {"Status": 7}
SUBSCRIPTION = subscription.SUBSCRIPTION, {"SubsStatus": "unbound", "Status": "normal"}
ENDED_SUBSCRIPTION = subscription.SUBSCRIPTION, {"SubsStatus": "unbound", "Status": "isolated"}
ORDERED = "IsolateMigrateJob was accepted"


@for_every("alive", [MIGRATION, SYNC, SUBSCRIPTION], ids=["migration", "sync", "subscription"])
@for_every("after, left", [(_SOON, True), (_LATER, False), (_LATE, False)])
def test_an_ordered_ending_of_a_job_with_a_bill_is_refuted_once_the_order_would_show(
    alive: Any, after: float, left: bool, look: Look
) -> None:
    known = Ending(ORDERED, time.time() - after, "success", ordered=True)
    assert look(alive, known) == (known if left else None)


@for_every("alive", [FREE, FREE_SYNC, OF_2018], ids=["migration", "sync", "2018"])
@for_every("after, left", [(_SOON, True), (_LATER, True), (_LATE, False)])
def test_that_of_a_job_that_vanishes_is_refuted_later_but_not_never(
    alive: Any, after: float, left: bool, look: Look
) -> None:
    known = Ending(ORDERED, time.time() - after, "success", ordered=True)
    assert look(alive, known) == (known if left else None)


@for_every("alive", [MIGRATION, FREE, OF_2018], ids=["billed", "free", "2018"])
@for_every(
    "by_ours, by_dts, left",
    [(_LATE, _SOON, True), (_SOON, _LATE, True), (_LATE, _LATE, False), (-_LATE, _LATE, True)],
    ids=["ours is ahead", "ours is behind", "both say so", "ours was set back"],
)
def test_only_what_both_clocks_say_refutes_an_ordered_ending(
    alive: Any, by_ours: float, by_dts: float, left: bool, look: Look
) -> None:
    """A worker's clock may be hours wrong, and another worker's, which wrote the ending, too."""
    now = time.time()
    known = Ending(ORDERED, now - by_ours, "success", ordered=True, at_dts=now - by_dts)
    assert look(alive, known) == (known if left else None)


@for_every("alive", [MIGRATION, FREE, SYNC, OF_2018, SUBSCRIPTION], ids=lambda row: row[0].name)
def test_an_ending_that_was_seen_is_refuted_by_a_job_that_lives(alive: Any, look: Look) -> None:
    assert look(alive, Ending("seen as TradeStatus isolated", time.time() - _SOON, "success")) is None
    assert look(alive, None) is None


@pytest.mark.parametrize("over", [ENDED, ENDED_SYNC, ENDED_SUBSCRIPTION], ids=["migration", "sync", "subscription"])
def test_an_ending_that_is_seen_takes_the_place_of_one_that_was_ordered_and_keeps_its_time(
    over: Any, look: Look
) -> None:
    first = look(over, Ending(ORDERED, time.time() - _SOON, "success", ordered=True))
    assert first is not None
    assert not first.ordered
    assert first.how.startswith("seen as ")
    assert first.status == over[0].axis.of(over[1])
    earlier = replace(first, at=first.at - _LATE)
    assert look(over, earlier) == earlier
    assert look(over, replace(earlier, how="seen as something else")).at > earlier.at  # type: ignore[union-attr]


@pytest.mark.parametrize("isolated", [ENDED, ENDED_SYNC, ENDED_SUBSCRIPTION], ids=["migration", "sync", "subscription"])
def test_a_deletion_that_was_ordered_stays_known_while_the_job_is_still_shown_as_isolated(
    isolated: Any, look: Look
) -> None:
    at = time.time() - _SOON
    deleted = look(isolated, Ending("DestroyMigrateJob was accepted", at, ordered=True, at_dts=at, for_good=True))
    merely = look(isolated, Ending(ORDERED, at, ordered=True, at_dts=at))
    assert (deleted and deleted.for_good, merely and merely.for_good) == (True, False)


@pytest.mark.parametrize("isolated", [ENDED, ENDED_SYNC, ENDED_SUBSCRIPTION], ids=["migration", "sync", "subscription"])
@pytest.mark.parametrize(("after", "left"), [(_SOON, True), (_LATER, True), (_LATE, False)])
def test_a_deletion_without_an_answer_is_refuted_once_the_job_is_shown_as_isolated_for_long(
    isolated: Any, after: float, left: bool, look: Look
) -> None:
    at = time.time() - after
    doubted = Ending("DestroyMigrateJob was sent", at, ordered=True, at_dts=at, by="us", for_good=True)
    told = look(isolated, doubted)
    assert told is not None, "it is isolated, whatever came of the order"
    assert (told == doubted, told.for_good) == (left, left)


def test_the_days_for_which_an_isolated_job_is_shown_are_counted_by_the_clock_that_is_ahead() -> None:
    """The clock of the worker that saw it isolated may have been days behind."""
    now, before, after = time.time(), time.time() - 8 * 86400, time.time() - 6 * 86400
    for at, at_dts, final in ((before, before, True), (before, 0.0, True), (before, after, False), (after, 0.0, False)):
        assert Ending("seen as isolated", at, at_dts=at_dts).is_final(now) is final


@pytest.mark.parametrize("over", [ENDED, ENDED_SYNC, ENDED_SUBSCRIPTION], ids=["migration", "sync", "subscription"])
def test_an_ending_that_is_seen_has_the_time_of_both_clocks(over: Any, look: Look) -> None:
    told = look(over, None)
    assert told is not None
    assert told.at_dts == pytest.approx(told.at, abs=60)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """A leg that sees a job of its run, of which an ending may be known; returns what is known afterwards."""
    monkeypatch.setattr(settings, "settle_time", lambda: _SETTLE)
    monkeypatch.setattr(settings, "visible_within", lambda: _VISIBLE)

    def leg(seen: Any, known: Ending | None) -> Ending | None:
        mine: Book = book()
        mine.caller = "us"
        AIRFLOW.variables[KEY + "job"] = Record((mine.me,), mine.me, HERE).dumps()
        AIRFLOW.variables[KEY + "job" + SEEN] = LastSeen(HERE, ending=known).dumps()
        mine.saw(seen[0], "job", seen[1])
        told = asyncio.run(mine.ending("job"))
        asyncio.run(mine.flush())
        assert ending("job") == told
        return told

    return leg


def test_an_ending_in_another_place_is_none_here(cloud: Cloud) -> None:
    AIRFLOW.variables[KEY + "dts-1" + SEEN] = LastSeen(HERE, "Status success", 1.0, Ending("seen", 1.0)).dumps()
    with pytest.raises(JobNotFound, match="last seen in region ap-guangzhou of dts"):
        Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id="dts-1")).run()


# --- A purchase that the lists do not show yet ---

ENDERS: dict[str, tuple[type[Any], str]] = {
    "migration": (DtsIsolateMigrateJobOperator, "job_id"),
    "sync": (DtsIsolateSyncJobOperator, "job_id"),
    "migration of 2018": (DtsDeleteMigrateJob2018Operator, "job_id"),
    "subscription": (DtsIsolateSubscribe2018Operator, "subscribe_id"),
}
LAG = 3000.0
LISTED = [name for name, row in ENDERS.items() if row[0].resource.read == row[0].resource.listing]


class TestNotShownYet:
    """A purchase was answered, and the lists show the job only much later."""

    @pytest.fixture(params=ENDERS)
    def buyer(self, request: pytest.FixtureRequest) -> Buyer:
        return BY_THE_HOUR[str(request.param)]

    @pytest.fixture
    def bought(self, buyer: Buyer, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Task:
        monkeypatch.setattr(settings, "settle_time", lambda: 0.0)
        monkeypatch.setattr(settings, "visible_within", lambda: LAG)
        cloud.emulator.add_fault({"action": buyer.action, "times": 1, "visibility_delay": LAG})
        task = Task(buyer.task())
        task.run()
        return task

    @pytest.fixture
    def following(self, bought: Task, buyer: Buyer) -> Task:
        """The task after the purchase that ends the job."""
        name = next(name for name, row in BY_THE_HOUR.items() if row is buyer)
        operator, key = ENDERS[name]
        return Task(operator(task_id="end", **{key: bought.store.values["job_id"]}))

    def test_the_next_task_waits_until_it_is_shown(
        self, buyer: Buyer, following: Task, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if buyer in map(BY_THE_HOUR.get, LISTED):  # the others are read by themselves, which shows them at once
            with pytest.raises(TaskDeferred) as waits:
                following.operator.execute(following.context)
            watch = Watch(**waits.value.trigger.watch)
            assert watch.judge(None) is Verdict.UNDER_WAY
            assert replace(watch, visible_by=time.time() - 1).judge(None) is not Verdict.UNDER_WAY
        cloud.wait(LAG)
        cloud.emulator.set_speed(SPEED)
        assert following.run() is not None
        assert len(calls(cloud.emulator, buyer.letting_go)) == 1

    @pytest.mark.parametrize("buyer", LISTED, indirect=True)
    def test_one_that_does_not_wait_fails_passingly_and_tells_no_way_to_a_second_purchase(
        self, buyer: Buyer, following: Task
    ) -> None:
        following.operator.wait = "no"
        with pytest.raises(NotShownYet, match="not shown by DTS yet") as raised:
            following.run()
        assert not isinstance(raised.value, AirflowFailException)
        assert "forget" not in str(raised.value)
        assert "visible_within" in str(raised.value)

    def test_the_purchase_cleared_meanwhile_goes_on_with_it(self, buyer: Buyer, bought: Task, cloud: Cloud) -> None:
        job = bought.store.values["job_id"]
        assert bought.clear().run() == job
        assert len(calls(cloud.emulator, buyer.action)) == 1

    @pytest.mark.parametrize("buyer", LISTED, indirect=True)
    def test_once_it_must_be_shown_it_is_lost(
        self, buyer: Buyer, following: Task, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "visible_within", lambda: 0.0)
        with pytest.raises(JobNotFound):
            following.run()

    def test_one_that_was_shown_once_is_lost_at_once(self, following: Task, cloud: Cloud) -> None:
        cloud.wait(LAG)
        following.operator.wait = "no"
        job = next(iter(following.operator.ids().values()))
        held(job, holder(following.ti.run_id), bought=time.time())
        AIRFLOW.variables[KEY + job + SEEN] = LastSeen(
            Record.loads(AIRFLOW.variables[KEY + job], KEY).place, "Status created", time.time()
        ).dumps()
        cloud.emulator.reset()
        with pytest.raises(JobNotFound, match="as Status created"):
            following.run()


def test_an_isolated_job_is_gone_after_seven_days_by_the_later_of_two_clocks() -> None:
    week = 7 * 86400.0
    seen = Ending("seen as isolated", 1000.0, at_dts=5000.0)
    assert [seen.is_final(now) for now in (1000 + week, 4999 + week, 5000 + week)] == [False, False, True]
    assert replace(seen, at_dts=0.0).is_final(1000 + week)
    assert replace(seen, for_good=True).is_final(0.0)
    assert str(seen) == "seen as isolated (1970-01-01 00:16:40 UTC)"
