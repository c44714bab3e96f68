"""Orders whose outcome is not known: counted, bounded by the clears of a person, and accounted for at the run's end."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from unittest import mock

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred

from tencent_dts.api.client import DtsClient
from tencent_dts.api.pacing import PACER
from tencent_dts.engine.ledger import Ledger, Order
from tencent_dts.engine.memory import Memory
from tencent_dts.errors import DeadlinePassed, DtsProblem, IdentityConflict, Impossible, JobNotFound, OutcomesUnknown
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tencent_dts.operators.migration_2018 import DtsDeleteMigrateJob2018Operator
from tencent_dts.operators.subscription import DtsIsolateSubscribe2018Operator
from tencent_dts.operators.sync import DtsIsolateSyncJobOperator
from tests.chaos.virtual import VirtualClock
from tests.dags.migrations import change
from tests.drive import Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.comparers import COMPARERS
from tests.unit.subjects import ELSEWHERE, calls, retag

pytestmark = pytest.mark.usefixtures("airflow_connections")

ENDS: dict[str, tuple[Any, str]] = {
    "migration": (DtsIsolateMigrateJobOperator, "job_id"),
    "migration of 2018": (DtsDeleteMigrateJob2018Operator, "job_id"),
    "sync": (DtsIsolateSyncJobOperator, "job_id"),
    "subscription": (DtsIsolateSubscribe2018Operator, "subscribe_id"),
}
LAG = 1800.0
WAITS = {"POLL_INTERVAL": "100", "SETTLE_TIME": "60", "VISIBLE_WITHIN": "3600"}


@dataclass
class Life:
    """A purchase, and the task of the same run that ends what it bought.

    :param clock: moves the emulator's time, too.
    """

    buyer: Buyer
    end: tuple[Any, str]
    person: Cloud
    clock: VirtualClock

    def __post_init__(self) -> None:
        with DAG("own", schedule=None) as self.dag:
            self.purchase = Task(self.buyer.task())

    def ending(self, job_id: str, **given: Any) -> Task:
        """The task that ends the job, behind the purchase, with what that has handed on."""
        operator, name = self.end
        with self.dag:
            task = Task(operator(task_id="isolate", **{name: job_id}, **given))
        _ = self.purchase.operator >> task.operator
        task.ti.returned["purchase/orders"] = self.purchase.ti.pushed["orders"]
        return task

    def meets(self, times: int | None = 1, **fault: Any) -> None:
        """Let the next orders meet a fault; all of them where ``times`` is ``None``."""
        code = {"code": self.buyer.untold} if fault.get("code") == "untold" else {}
        counted = {} if times is None else {"times": times}
        self.person.emulator.add_fault({"action": self.buyer.action, **fault, **code, **counted})

    @property
    def orders(self) -> int:
        """How many orders were sent."""
        return len(self.person.emulator.journal(self.buyer.action))

    @property
    def alive(self) -> list[str]:
        """The jobs that cost, or are there where none costs."""
        self.clock.sleep(60)
        emulator = self.person.emulator
        return list(emulator.meter()["live"]) if self.buyer.costs else [job["JobId"] for job in emulator.jobs()]

    @property
    def lives_on(self) -> bool:
        """Whether its run leaves it at work: then the purchase has the last word, else the task that ends it."""
        return bool(self.purchase.operator.kind.lives_on)

    @property
    def ledger(self) -> Ledger:
        """What the purchase remembers."""
        return Memory(self.purchase.context).ledger()


@pytest.fixture(params=BY_THE_HOUR)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def life(name: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """A run in virtual time."""
    for setting, value in WAITS.items():
        monkeypatch.setenv(f"AIRFLOW__TENCENT_DTS__{setting}", value)
    # In virtual time nobody waits for a turn: what is limited by the second is not limited here.
    monkeypatch.setattr(PACER, "reserve", lambda *_: 0.0)
    monkeypatch.setattr(cloud.emulator._service.limits, "admit", lambda *_: None)
    clock = VirtualClock(cloud.emulator)
    with clock.installed():
        yield Life(BY_THE_HOUR[name], ENDS[name], BY_THE_HOUR[name].person(cloud.emulator), clock)


NEVER_TOLD = [{"code": "untold"}, {"status": 502}, {"drop": "before"}, {"drop": "after", "visibility_delay": 86400.0}]


@pytest.mark.parametrize("fault", NEVER_TOLD, ids=str)
def test_after_an_unknown_outcome_one_more_is_sent_for_each_clear(fault: dict[str, Any], life: Life) -> None:
    life.meets(None, **fault)
    for again in (lambda task: task, Task.retry, Task.retry):
        with pytest.raises(OutcomesUnknown) as raised:
            again(life.purchase).run()
        assert life.orders == 2
    text = str(raised.value)
    assert len(re.findall(r"ordered at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", text)) == 2
    owner = life.purchase.operator.identity.owner
    assert f"begins with {owner}-" in text
    assert "nothing that it made was found" in text
    for count in (3, 4):
        with pytest.raises(OutcomesUnknown, match=f"sent {count} times"):
            life.purchase.clear().run()
        assert life.orders == count


def test_an_order_of_a_worker_whose_clock_is_ahead_is_settled_by_ones_own(life: Life) -> None:
    """It would be looked for until that time has come; and it is looked for no shorter than any other."""
    ahead = Order("theirs", life.clock.time() + 7200, {}, further=False)
    life.purchase.store.set("intent", [asdict(ahead)])
    began, sent = life.clock.time(), []
    really = Ledger.announce

    def announce(ledger: Ledger) -> Order:
        sent.append(life.clock.time() - began)
        return really(ledger)

    with mock.patch.object(Ledger, "announce", announce), contextlib.suppress(TaskDeferred):
        life.purchase.operator.execute(life.purchase.context)
    assert sent == [pytest.approx(60, abs=6)]
    assert life.orders == 1


@pytest.mark.parametrize("fault", NEVER_TOLD[:2], ids=str)
def test_each_order_has_a_time_of_its_own_to_settle(fault: dict[str, Any], life: Life) -> None:
    """The last look at what a second order may have made is no sooner after it than after the first."""
    life.meets(None, **fault)
    began = life.clock.time()
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    assert life.clock.time() - began == pytest.approx(120, abs=12)


def test_a_worker_that_dies_before_each_answer_orders_no_more_often(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = DtsClient.call

    async def dies(client: Any, action: str, *args: Any, **given: Any) -> Any:
        if action == life.buyer.action:
            raise KeyboardInterrupt
        return await call(client, action, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(DtsClient, "call", dies)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                life.purchase.retry().run()
    with pytest.raises(OutcomesUnknown, match="the worker ended before an answer came"):
        life.purchase.retry().run()
    assert life.orders == 0
    assert life.purchase.clear().run()
    assert life.orders == 1


def test_what_becomes_visible_later_is_adopted_and_its_twin_is_let_go(life: Life) -> None:
    life.meets(2, drop="after", visibility_delay=LAG)
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    life.clock.sleep(LAG)
    job_id = life.purchase.clear().run()
    assert life.orders == 2
    assert life.alive == [job_id]
    assert life.ledger.unknown() == []


@pytest.mark.parametrize("second", ["throttled", "refused"])
def test_a_refusal_leaves_what_is_known_of_an_earlier_order(second: str, life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    code = "RequestLimitExceeded" if second == "throttled" else next(iter(life.buyer.refusals))
    life.person.emulator.add_fault({"action": life.buyer.action, "code": code, "times": 1})
    if second == "refused":
        with pytest.raises(life.buyer.refusals[code]):
            life.purchase.run()
        assert len(life.ledger.unknown()) == 1
        assert life.ledger.announced()
        life.purchase.clear()
    assert life.purchase.run()
    assert life.orders == 3
    if life.lives_on:  # nothing after the purchase looks for it, so that waits until it is shown
        assert len(life.ledger.made()) == 2
        return
    (lost,) = life.ledger.unknown()
    assert lost.why
    assert len(life.ledger.made()) == 1


def test_an_answer_that_its_worker_did_not_outlive_is_not_ordered_again_while_the_list_lags(life: Life) -> None:
    life.meets(1, visibility_delay=LAG)
    job_id = life.purchase.run()
    life.purchase.store.delete("job_id")
    life.clock.sleep(120)
    with contextlib.suppress(DtsProblem):  # where it can be read in no way, nothing is bought either
        assert life.purchase.retry().run() == job_id
    life.clock.sleep(LAG)
    assert life.purchase.clear().run() == job_id
    assert life.orders == 1


# --- Made, and not remembered ---


class Died(BaseException):
    """The worker was killed."""


@pytest.fixture
def dies(life: Life, monkeypatch: pytest.MonkeyPatch) -> Callable[[Task], None]:
    """Run a purchase on a worker that dies when the order has been answered, before the task remembers its job."""

    def die(*_: Any) -> None:
        raise Died

    def run(task: Task) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Memory, "remember_purchase", die)
            with pytest.raises(Died):
                task.run()

    return run


@pytest.fixture
def account(
    airflow_connections: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Lets the connection lead to another account for a while."""
    right = dict(airflow_connections["tencentcloud_default"])

    @contextlib.contextmanager
    def other() -> Iterator[None]:
        change(monkeypatch, airflow_connections, "tencentcloud_default", **ELSEWHERE)
        yield
        change(monkeypatch, airflow_connections, "tencentcloud_default", **right)

    return other


LATE = 7200.0


@pytest.mark.parametrize("again", [Task.retry, Task.clear])
def test_a_job_that_was_made_and_is_lost_is_not_bought_again_however_late(
    again: Callable[[Task], Task], life: Life, dies: Any, account: Any
) -> None:
    dies(life.purchase)
    (made,) = life.ledger.known()
    life.clock.sleep(LATE)
    with account():
        for _ in range(2):
            with pytest.raises(JobNotFound, match=made) as raised:
                again(life.purchase).run()
        assert "not known" in (raised.value.bill or "")
        assert life.orders == 1
    assert again(life.purchase).run() == made
    assert life.orders == 1


@pytest.mark.parametrize("name", [name for name, buyer in BY_THE_HOUR.items() if buyer.makes_way])
@pytest.mark.parametrize("lags", [False, True], ids=["in another account", "in no list yet"])
def test_nor_is_the_one_for_which_an_earlier_one_has_made_way(lags: bool, life: Life, dies: Any, account: Any) -> None:
    old = life.purchase.run()
    life.clock.sleep(60)
    life.person.emulator.seed({"match": {"JobId": old}, "force_status": life.buyer.makes_way[0]})
    if lags:
        life.meets(1, visibility_delay=LAG)
    dies(life.purchase.clear())
    assert life.orders == 2
    made = life.ledger.known()[-1]
    assert made != old
    if lags:
        with contextlib.suppress(DtsProblem):
            assert life.purchase.clear().run() == made
        life.clock.sleep(LAG)
    else:
        life.clock.sleep(LATE)
        with account(), pytest.raises(JobNotFound, match=made):
            life.purchase.clear().run()
    assert life.orders == 2
    assert life.purchase.clear().run() == made
    assert life.orders == 2
    assert life.alive == [made]


def test_one_that_the_ledger_accounts_for_before_the_latest_is_not_bought_again_either(
    life: Life, dies: Any, account: Any
) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    dies(life.purchase)
    life.clock.sleep(LAG)
    dies(life.purchase.clear())  # sees both, keeps one and lets the other go
    (kept,) = life.alive
    life.clock.sleep(LATE)
    with account(), pytest.raises(JobNotFound):
        life.purchase.clear().run()
    assert life.orders == 2
    assert life.purchase.clear().run() == kept
    assert life.orders == 2


def test_one_whose_end_was_seen_stands_in_the_way_of_nothing(life: Life, dies: Any) -> None:
    dies(life.purchase)
    (made,) = life.ledger.known()
    life.clock.sleep(60)
    operator, name = life.end
    Task(operator(task_id="isolate", **{name: made})).run()
    life.clock.sleep(60)
    if life.buyer.costs:  # it is isolated, and there: a person says what becomes of it
        with pytest.raises(IdentityConflict, match="isolated"):
            life.purchase.clear().run()
        assert life.orders == 1
    else:  # it is deleted
        assert life.purchase.clear().run() != made
        assert life.orders == 2


# --- The run's last word ---


def test_a_twin_that_the_lists_do_not_show_yet_is_waited_for(life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    before = life.clock.time()
    job_id = life.purchase.run()
    assert (life.alive == [job_id]) is life.lives_on
    task = life.ending(job_id)
    task.run()
    assert (life.purchase if life.lives_on else task).deferrals > 1
    assert LAG - 300 < life.clock.time() - before < LAG + 300
    assert life.alive == []
    assert life.orders == 2


def test_an_order_that_no_list_ever_shows_is_taken_for_not_carried_out(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    life.meets(1, drop="before")
    before = life.clock.time()
    job_id = life.purchase.run()
    task = life.ending(job_id, wait="sync")
    task.run()
    assert 3000 < life.clock.time() - before < 4200
    assert life.alive == []
    assert "counts as not carried out" in capsys.readouterr().out
    before = life.clock.time()
    task.clear().run()  # it is long enough ago now
    assert life.clock.time() - before < 120


@pytest.mark.parametrize("name", ["sync", "subscription"])
def test_a_purchase_that_nothing_follows_is_red_at_its_deadline_and_the_next_clear_goes_on_looking(life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    with life.dag:
        life.purchase = Task(life.buyer.operator(task_id="bounded", timeout=600, **life.buyer.arguments))
    with pytest.raises(DeadlinePassed, match="not known what another of its orders has made") as raised:
        life.purchase.run()
    assert raised.value.job_id in life.alive
    assert len(life.alive) == 2
    assert "what it may have made can become visible until" in str(raised.value)
    life.clock.sleep(LAG)
    assert life.purchase.clear().run() == raised.value.job_id
    assert life.alive == [raised.value.job_id]
    assert life.orders == 2


@pytest.mark.parametrize("name", ["sync", "subscription"])
def test_one_that_was_not_carried_out_is_waited_for_once(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    life.meets(1, drop="before")
    before = life.clock.time()
    job_id = life.purchase.run()
    assert 3000 < life.clock.time() - before < 4200
    assert "counts as not carried out" in capsys.readouterr().out
    before = life.clock.time()
    assert life.purchase.clear().run() == job_id
    assert life.clock.time() - before < 120
    assert life.alive == [job_id]


@pytest.mark.parametrize("name", ["sync", "subscription"])
def test_one_that_is_not_to_wait_is_red_and_hands_on_nothing(life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    with life.dag:
        life.purchase = Task(life.buyer.operator(task_id="hasty", wait="no", **life.buyer.arguments))
    before = life.clock.time()
    with pytest.raises(DeadlinePassed, match="not known what another of its orders has made") as raised:
        life.purchase.run()
    assert life.clock.time() - before < 300
    assert len(life.alive) == 2
    life.clock.sleep(LAG)
    assert life.purchase.clear().run() == raised.value.job_id
    assert life.alive == [raised.value.job_id]


@pytest.mark.parametrize("name", ["migration", "migration of 2018"])
def test_the_deadline_is_red_and_the_next_clear_goes_on_looking(life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=LAG)
    job_id = life.purchase.run()
    task = life.ending(job_id, timeout=600)
    with pytest.raises(OutcomesUnknown, match="may become visible until") as raised:
        task.run()
    assert "ordered at" in str(raised.value)
    assert len(life.alive) == 1  # the twin; the run's own job has ended
    assert job_id not in life.alive
    life.clock.sleep(LAG)
    task.clear().run()
    assert life.alive == []


def test_nothing_is_waited_for_where_every_outcome_is_known(life: Life) -> None:
    job_id = life.purchase.run()
    before = life.clock.time()
    life.ending(job_id).run()
    assert life.clock.time() - before < 300
    assert life.alive == []


def test_a_job_that_lost_its_tags_hides_no_twin(life: Life) -> None:
    job_id = life.purchase.run()
    life.buyer.again(life.person)
    retag(life.person, job_id, [{"TagKey": "team", "TagValue": "shop"}])
    life.ending(job_id).run()
    assert life.alive == []


def test_a_twin_that_lost_its_tags_is_found_by_its_name(life: Life) -> None:
    job_id = life.purchase.run()
    retag(life.person, life.buyer.again(life.person), [])
    life.ending(job_id).run()
    assert life.alive == []


def _strangers(life: Life) -> str:
    """Somebody else's job, to which this run's tags were copied."""
    order = dict(calls(life.person.emulator, life.buyer.action)[0]["parameters"])
    field = "Name" if "Name" in order else "JobName"
    life.person.call(life.buyer.action, **{**order, field: "somebody else's"})
    return str(life.person.emulator.jobs()[-1]["JobId"])


def test_a_job_with_copied_tags_is_left_to_its_owner(life: Life, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = life.purchase.run()
    theirs = _strangers(life)
    assert life.purchase.clear().run() == job_id
    life.ending(job_id).run()
    assert life.alive == [theirs]
    told = capsys.readouterr().out
    assert re.search(rf"{theirs} \(.*which did not buy it", told)


def test_one_with_copied_tags_alone_is_neither_adopted_nor_passed_over(life: Life) -> None:
    life.purchase.run()
    order = calls(life.person.emulator, life.buyer.action)[0]
    life.person.emulator.reset()
    field = "Name" if "Name" in order["parameters"] else "JobName"
    life.person.call(life.buyer.action, **{**order["parameters"], field: "somebody else's"})
    (theirs,) = (job["JobId"] for job in life.person.emulator.jobs())
    life.purchase = Task(life.purchase.operator)
    with pytest.raises(IdentityConflict, match="a name that this run did not give it") as raised:
        life.purchase.run()
    assert theirs in str(raised.value)
    assert life.orders == 1


@pytest.mark.parametrize("last", ["purchase", "isolate"])
def test_surplus_that_starts_to_work_meanwhile_is_not_let_go(
    last: str, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = life.purchase.run()
    twin = life.buyer.again(life.person)
    life.clock.sleep(60)
    call, reads = DtsClient.call, 0

    async def overtaken(client: Any, action: str, params: Any, *args: Any, **given: Any) -> Any:
        """Between the look that finds the surplus and the call that lets it go, somebody starts it."""
        nonlocal reads
        if action.startswith("Describe") and twin in str(params):
            reads += 1
            if reads == 2:
                life.person.emulator.seed({"match": {"JobId": twin}, "force_status": life.buyer.at_work})
        return await call(client, action, params, *args, **given)

    monkeypatch.setattr(DtsClient, "call", overtaken)
    task = life.purchase.clear() if last == "purchase" else life.ending(job_id)
    with pytest.raises((IdentityConflict, Impossible), match=twin):  # the row of DeleteMigrateJob says so itself
        task.run()
    assert reads > 1
    ended = {
        value for one in calls(life.person.emulator, life.buyer.letting_go) for value in one["parameters"].values()
    }
    assert twin not in ended


# --- After a fresh start ---


def fresh_start(life: Life) -> None:
    """What `airflow tencent-dts forget` leaves in the task's store."""
    memory = Memory(life.purchase.context)
    memory.raise_generation(memory.generation() + 1)
    memory.forget_purchase()
    life.purchase.clear()


def test_what_is_bought_after_a_fresh_start_is_credited_to_no_order_from_before_it(life: Life) -> None:
    life.meets(2, drop="before")
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    life.clock.sleep(120)
    fresh_start(life)
    life.meets(1, drop="after")
    job_id = life.purchase.run()
    assert life.ledger.known() == [job_id]
    assert [order.past for order in life.ledger.unknown()] == [True, True]


def test_the_end_credits_no_order_with_a_job_from_before_a_fresh_start(life: Life) -> None:
    old = life.purchase.run()
    life.clock.sleep(60)
    operator, name = life.end
    Task(operator(task_id="isolate", **{name: old})).run()
    life.clock.sleep(60)
    fresh_start(life)
    life.meets(1, drop="before")
    before = life.clock.time()
    job_id = life.purchase.run()
    life.ending(job_id).run()
    assert life.clock.time() - before > 3000  # what the lost order may have made is waited for
    assert life.alive == []


def test_nor_an_order_from_before_it_with_a_twin(life: Life) -> None:
    life.meets(2, drop="before")
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    life.clock.sleep(4000)  # no list shows what they may have made any more
    fresh_start(life)
    life.meets(1, drop="after", visibility_delay=LAG)
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    before = life.clock.time()
    job_id = life.purchase.clear().run()
    life.ending(job_id).run()
    assert LAG - 300 < life.clock.time() - before < LAG + 300
    assert life.alive == []


def test_a_twin_that_its_end_has_deleted_goes_on_counting(life: Life) -> None:
    life.meets(1, drop="after", visibility_delay=900.0)
    life.meets(1, drop="after", visibility_delay=LAG)
    with pytest.raises(OutcomesUnknown):
        life.purchase.run()
    before = life.clock.time()
    job_id = life.purchase.clear().run()
    assert life.orders == 3
    life.ending(job_id).run()
    assert LAG - 600 < life.clock.time() - before < LAG + 300  # the second twin is the last to be looked for
    assert life.alive == []


# --- A job of another run ---


def _copied(life: Life, *, name: bool, tags: tuple[str, ...]) -> str:
    """Somebody else's job with some of what this run's purchase gave its own."""
    order = dict(calls(life.person.emulator, life.buyer.action)[0]["parameters"])
    field = "Name" if "Name" in order else "JobName"
    kept = [tag for tag in order["Tags"] if tag["TagKey"] in tags]
    title = order[field] if name else "somebody else's"
    life.person.call(life.buyer.action, **{**order, field: title, "Tags": kept})
    return str(life.person.emulator.jobs()[-1]["JobId"])


@pytest.mark.parametrize(
    ("has_name", "has_tags"),
    [
        (False, ("airflow-deployment", "airflow-owner")),
        (True, ("airflow-deployment",)),
    ],
    ids=["tags alone", "no owner"],
)
def test_the_end_of_a_job_that_is_a_copy_leads_to_no_other(
    has_name: bool, has_tags: tuple[str, ...], life: Life
) -> None:
    job_id = life.purchase.run()
    theirs = _copied(life, name=has_name, tags=has_tags)
    life.clock.sleep(60)
    operator, argument = life.end
    Task(operator(task_id="isolate", **{argument: theirs}), run_id="manual__another").run()
    assert life.alive == [job_id]


def test_the_end_of_a_job_that_tells_its_purchase_leads_to_its_twin(life: Life) -> None:
    job_id = life.purchase.run()
    life.buyer.again(life.person)
    life.clock.sleep(60)
    operator, argument = life.end
    Task(operator(task_id="isolate", **{argument: job_id}), run_id="manual__another").run()
    assert life.alive == []


# --- Compare tasks ---


@pytest.mark.parametrize("name", COMPARERS)
class TestCompareTasks:
    """What costs nothing is ordered no more often."""

    @pytest.fixture
    def task(self, life: Life, name: str) -> Task:
        comparer = COMPARERS[name]
        self.action = comparer.action
        return comparer.task(comparer.made(life.person))

    def test_after_an_unknown_outcome_one_more_is_sent_for_each_clear(self, task: Task, life: Life) -> None:
        rule = life.person.emulator.add_fault({"action": self.action, "status": 502})
        for again, count in ((Task.retry, 2), (Task.retry, 2), (Task.clear, 3)):
            with pytest.raises(OutcomesUnknown, match="costs nothing"):
                again(task).run()
            assert len(life.person.emulator.journal(self.action)) == count
        life.person.emulator.clear_faults(rule)
        assert task.clear().run()
        assert len(calls(life.person.emulator, self.action)) == 1

    def test_a_lost_answer_is_looked_up(self, task: Task, life: Life) -> None:
        life.person.emulator.add_fault({"action": self.action, "drop": "after", "times": 1})
        assert task.run()
        assert len(life.person.emulator.journal(self.action)) == 1
