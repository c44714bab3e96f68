"""What every kind of purchase keeps: one job, whatever happens to the call, the answer, the worker or the run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts import settings
from tencent_dts.engine import identity
from tencent_dts.engine.identity import tags_of
from tencent_dts.engine.memory import Memory
from tencent_dts.errors import IdentityConflict, InvalidInput, JobNotFound
from tests.chaos.virtual import VirtualClock
from tests.drive import AIRFLOW, Store, Task
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BUYERS, BY_THE_HOUR, Buyer, generation
from tests.unit.subjects import HOLE, SPEED, calls, remember_end

pytestmark = pytest.mark.usefixtures("airflow_connections")

REFUSALS = [(name, code) for name, buyer in BY_THE_HOUR.items() for code in buyer.refusals]
MAKES_WAY = [(name, status) for name, buyer in BY_THE_HOUR.items() for status in buyer.makes_way]
SERVE = [name for name, buyer in BY_THE_HOUR.items() if buyer.served]
# The surplus of a prepaid subscription cannot be ended before its time: none is made where workers see each other's
# orders, and in these tests they do not.
surplus_can_end = pytest.mark.parametrize("name", [name for name in BUYERS if name != "prepaid subscription"])
CAN_BE_RECOVERED = [name for name, buyer in BY_THE_HOUR.items() if buyer.recovery]


@pytest.fixture(params=BUYERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def buyer(name: str) -> Buyer:
    return BUYERS[name]


@pytest.fixture
def person(buyer: Buyer, cloud: Cloud, passing_time: VirtualClock) -> Cloud:
    """Somebody at the API of the kind."""
    return buyer.person(cloud.emulator)


@pytest.fixture
def task(buyer: Buyer, person: Cloud) -> Task:
    return Task(buyer.task())


def bought(buyer: Buyer, person: Cloud) -> int:
    return len(calls(person.emulator, buyer.action))


def test_it_carries_what_it_can_be_found_by(buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    (job,) = person.emulator.jobs()
    tags = tags_of(job)
    assert job["JobId"] == job_id
    assert tags.keys() == {f"airflow-{name}" for name in ("deployment", "owner", "dag", "run", "task", "generation")}
    assert tags["airflow-deployment"] == "tests"
    (call,) = calls(person.emulator, buyer.action)
    assert call["parameters"].get("Count", 1) == 1
    assert task.ti.pushed["job_id"] == job_id
    assert job_id in task.ti.pushed["console_link"]


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"drop": "after"}, 1),
        ({"truncate": True}, 1),
        ({"status": 502, "when": "after"}, 1),
        ({"code": "untold", "when": "after"}, 1),
        ({"drop": "after", "visibility_delay": 6}, 1),
        ({"visibility_delay": 6}, 1),
        ({"drop": "before"}, 2),
        ({"status": 502}, 2),
        ({"code": "untold", "when": "before"}, 2),
        ({"code": "RequestLimitExceeded"}, 2),
    ],
    ids=str,
)
def test_one_is_bought_whatever_happens_to_the_call(
    fault: dict[str, Any], sent: int, buyer: Buyer, task: Task, person: Cloud
) -> None:
    code = {"code": buyer.untold} if fault.get("code") == "untold" else {}
    person.emulator.add_fault({"action": buyer.action, "times": 1, **fault, **code})
    job_id = task.run()
    assert [job["JobId"] for job in person.emulator.jobs()] == [job_id]
    assert len(person.emulator.journal(buyer.action)) == sent
    assert task.clear().run() == job_id
    assert bought(buyer, person) == 1


def test_the_list_may_fail_while_it_is_looked_up(buyer: Buyer, task: Task, person: Cloud) -> None:
    person.emulator.add_fault({"action": buyer.action, "drop": "after", "times": 1})
    person.emulator.add_fault({"action": buyer.listing, "code": buyer.untold, "nth": [2, 4]})
    assert [task.run()] == [job["JobId"] for job in person.emulator.jobs()]


@pytest.mark.parametrize("kept", [True, False], ids=["store kept", "store empty"])
def test_killed_before_it_is_remembered_it_is_adopted(kept: bool, buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    task.store = Store()
    if kept:
        Memory(task.context).ledger().announce()
    assert task.retry().run() == job_id
    assert bought(buyer, person) == 1


def test_killed_after_announcing_it_waits_for_the_settle_time_before_it_buys(
    task: Task, person: Cloud, passing_time: VirtualClock
) -> None:
    job_id = task.run()
    person.emulator.reset()
    task.store = Store()
    Memory(task.context).ledger().announce()
    person.emulator.set_speed(0)
    started = passing_time.time()
    assert task.retry().run() != job_id
    assert passing_time.time() - started >= settings.settle_time()


@pytest.mark.parametrize(("name", "code"), REFUSALS)
def test_a_refusal_buys_nothing_and_is_not_repeated(code: str, buyer: Buyer, task: Task, person: Cloud) -> None:
    person.emulator.add_fault({"action": buyer.action, "code": code})
    with pytest.raises(buyer.refusals[code]) as raised:
        task.run()
    assert isinstance(raised.value, AirflowFailException)
    assert len(person.emulator.journal(buyer.action)) == 1
    assert person.emulator.jobs() == []


@pytest.mark.parametrize(("name", "code"), REFUSALS)
def test_a_refusal_is_not_waited_for(
    code: str, buyer: Buyer, task: Task, person: Cloud, passing_time: VirtualClock
) -> None:
    person.emulator.add_fault({"action": buyer.action, "code": code, "times": 1})
    with pytest.raises(buyer.refusals[code]):
        task.run()
    assert "intent" not in task.store.values
    started = passing_time.time()
    assert task.clear().run()
    assert passing_time.time() - started < settings.settle_time()


@surplus_can_end
def test_two_workers_at_once_end_with_one(buyer: Buyer, cloud: Cloud) -> None:
    cloud.emulator.set_speed(SPEED)
    person = buyer.person(cloud.emulator)
    barrier = threading.Barrier(2)
    results: list[str] = []

    def work(task: Task) -> None:
        barrier.wait()
        results.append(task.run())

    threads = [threading.Thread(target=work, args=(Task(buyer.task()),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert buyer.left(person) == [results[0]] == [results[1]]


PREPAID = pytest.mark.parametrize("name", ["prepaid sync", "prepaid subscription"])


@PREPAID
@pytest.mark.parametrize("instead", [True, False], ids=["in its place", "after it"])
def test_a_prepaid_one_is_not_bought_while_another_worker_orders_it(
    *,
    instead: bool,
    buyer: Buyer,
    task: Task,
    person: Cloud,
    passing_time: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It could not be let go of again, so the worker that wrote last orders, and the other one waits for that."""
    pauses: list[float] = []
    held_back: list[str] = []

    async def overtaken() -> None:
        pauses.append(passing_time.time())
        assert len(pauses) < 4
        if len(pauses) == 1:
            (mine,) = task.store.values["intent"]
            held_back.append(mine["key"])
            theirs = {**mine, "key": "another worker's"}
            task.store.values["intent"] = [theirs] if instead else [mine, theirs]

    monkeypatch.setattr(identity, "let_overtake", overtaken)
    task.run()
    assert bought(buyer, person) == 1
    assert pauses[1] - pauses[0] >= settings.settle_time()
    kept = [order["key"] for order in task.store.values["intent"]]
    assert kept[0] == "another worker's"
    assert not set(held_back) & set(kept), "what was not sent is not waited for"


@pytest.mark.parametrize("name", [name for name in BUYERS if name not in ("prepaid sync", "prepaid subscription")])
def test_what_can_be_let_go_of_is_bought_without_a_pause(
    buyer: Buyer, task: Task, person: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(identity, "let_overtake")
    task.run()
    assert bought(buyer, person) == 1


@surplus_can_end
def test_surplus_is_let_go_by_a_clear(buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    twin = buyer.again(person)
    assert task.clear().run() == job_id
    assert buyer.left(person) == [job_id]
    (call,) = calls(person.emulator, buyer.letting_go)
    assert twin in call["parameters"].values()


@pytest.mark.parametrize("name", BY_THE_HOUR)
def test_surplus_at_work_is_left_to_a_person(buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    twin = buyer.again(person)
    person.emulator.seed({"match": {"JobId": twin}, "force_status": buyer.at_work})
    with pytest.raises(IdentityConflict, match=twin) as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(person.emulator, buyer.letting_go) == []


@pytest.mark.parametrize("name", ["migration", "sync"])
def test_surplus_at_work_does_not_keep_the_rest_from_being_let_go(buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    first, at_work, last = (buyer.again(person) for _ in range(3))
    person.emulator.seed({"match": {"JobId": at_work}, "force_status": buyer.at_work})
    with pytest.raises(IdentityConflict, match=at_work):
        task.clear().run()
    assert sorted(buyer.left(person)) == sorted([job_id, at_work]), (first, last)


@pytest.mark.parametrize(("name", "status"), MAKES_WAY)
def test_one_that_has_failed_makes_way_for_the_next_generation(
    status: str, buyer: Buyer, task: Task, person: Cloud
) -> None:
    old = task.run()
    first = generation(person, old)
    person.emulator.seed({"match": {"JobId": old}, "force_status": status})
    new = task.clear().run()
    assert new != old
    assert (first, generation(person, new)) == ("0", "1")
    assert buyer.left(person) == [new]
    assert task.clear().run() == new


@pytest.mark.parametrize("name", SERVE)
def test_one_that_has_served_is_adopted_by_the_run_that_remembers_it_alone(
    buyer: Buyer, task: Task, person: Cloud
) -> None:
    job_id = task.run()
    person.emulator.seed({"match": {"JobId": job_id}, "force_status": buyer.served})
    assert task.clear().run() == job_id
    task.store = Store()
    for _ in range(2):  # the refusal itself must leave no intent behind that the next try takes for a memory
        with pytest.raises(IdentityConflict, match=job_id):
            task.clear().run()
    assert bought(buyer, person) == 1


@pytest.mark.parametrize("name", CAN_BE_RECOVERED)
def test_an_isolated_one_is_never_recovered_nor_replaced_by_itself(buyer: Buyer, task: Task, person: Cloud) -> None:
    job_id = task.run()
    _after(person, job_id, buyer.letting_go)
    with pytest.raises(IdentityConflict, match=buyer.recovery) as raised:
        task.clear().run()
    assert job_id in str(raised.value)
    assert calls(person.emulator, buyer.recovery) == []
    assert bought(buyer, person) == 1
    _after(person, job_id, buyer.recovery)
    assert task.clear().run() == job_id


@pytest.mark.parametrize("name", CAN_BE_RECOVERED)
def test_one_that_was_destroyed_before_it_served_makes_way(buyer: Buyer, task: Task, person: Cloud) -> None:
    old = task.run()
    _after(person, old, buyer.letting_go)
    with pytest.raises(IdentityConflict, match="isolated"):
        task.clear().run()
    _after(person, old, buyer.destruction)
    new = task.clear().run()
    assert new != old
    assert buyer.left(person) == [new]


@pytest.mark.parametrize("name", CAN_BE_RECOVERED)
def test_one_that_vanished_unseen_is_missed_and_nothing_is_bought(buyer: Buyer, task: Task, person: Cloud) -> None:
    task.run()
    person.emulator.reset()
    for _ in range(2):
        with pytest.raises(JobNotFound, match="last seen in region ap-guangzhou"):
            task.clear().run()
    assert person.emulator.jobs() == []
    assert len(calls(person.emulator, buyer.action)) == 0  # the journal began anew with the reset


def _after(person: Cloud, job_id: str, *actions: str) -> None:
    """Call them one after the other, with time to take hold; a job must be in service for the first."""
    for action in actions:
        person.wait(10)
        person.call(action, JobId=job_id)
    person.wait(10)


def test_another_run_buys_its_own(buyer: Buyer, task: Task, person: Cloud) -> None:
    others = [Task(buyer.task(), run_id="manual__other"), Task(buyer.task(), map_index=3)]
    assert len({task.run(), *(other.run() for other in others)}) == len(person.emulator.jobs()) == 3


def test_without_a_deployment_nothing_is_bought(task: Task, person: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "")
    with pytest.raises(InvalidInput, match="deployment"):
        task.run()
    assert person.emulator.journal() == []


def test_one_that_is_known_to_have_ended_is_replaced_unless_its_run_is_done(task: Task, person: Cloud) -> None:
    old = task.run()
    remember_end(old, "failed")
    person.emulator.reset()
    person.emulator.set_speed(0)
    assert task.clear().run() != old


def adopt(buyer: Buyer, job_id: str, given: Mapping[str, Any] | None = None, **ti: Any) -> Task:
    return Task(buyer.task(existing_job_id=job_id, **given or {}), **ti)


@pytest.mark.parametrize("name", CAN_BE_RECOVERED)
def test_an_isolated_one_cannot_be_adopted(buyer: Buyer, person: Cloud) -> None:
    job_id = buyer.elsewhere(person)
    _after(person, job_id, buyer.letting_go)
    with pytest.raises(IdentityConflict, match=buyer.recovery):
        adopt(buyer, job_id).run()


@pytest.mark.parametrize("name", BY_THE_HOUR)
class TestAdoption:
    """A job bought elsewhere, taken over by its id."""

    def test_it_is_adopted_and_nothing_is_bought(self, buyer: Buyer, person: Cloud) -> None:
        job_id = buyer.elsewhere(person)
        task = adopt(buyer, job_id, buyer.adopting)
        assert task.run() == job_id
        assert task.store.values["job_id"] == job_id
        assert bought(buyer, person) == 1

    def test_an_unknown_id_is_refused(self, buyer: Buyer, person: Cloud) -> None:
        with pytest.raises(JobNotFound, match=HOLE):
            adopt(buyer, HOLE).run()
        assert person.emulator.jobs() == []

    @pytest.mark.parametrize("state", ["running", "queued"])
    def test_that_of_a_living_run_is_refused(self, state: str, buyer: Buyer, task: Task) -> None:
        other = adopt(buyer, task.run(), run_id="manual__other")
        AIRFLOW.runs[task.ti.dag_id, task.ti.run_id] = (state, None)
        with pytest.raises(IdentityConflict, match="alive"):
            other.run()

    def test_that_of_a_run_that_has_ended_is_adopted(self, buyer: Buyer, task: Task) -> None:
        job_id = task.run()
        assert adopt(buyer, job_id, run_id="manual__other").run() == job_id

    def test_that_of_another_deployment_is_refused(
        self, buyer: Buyer, task: Task, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = task.run()
        monkeypatch.setenv("AIRFLOW__TENCENT_DTS__DEPLOYMENT", "staging")
        with pytest.raises(IdentityConflict, match="deployment tests"):
            adopt(buyer, job_id).run()
