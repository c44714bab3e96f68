"""An outage that meets what looks before it orders: it looks again until its deadline, and orders once all the same."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tencent_dts.errors import DeadlinePassed, DtsProblem, OutcomeUnknown, Throttled
from tencent_dts.operators.reap import DtsReapOrphansOperator
from tencent_dts.operators.watch import DtsWatchJobsOperator
from tencent_dts.tasks import going_on
from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.going_on import pause_before
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.sensor import DtsSensor
from tests.chaos.virtual import VirtualClock
from tests.drive import Task
from tests.meanwhile import Meanwhile
from tests.unit.classes import concrete
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.comparers import COMPARERS
from tests.unit.subjects import calls

pytestmark = pytest.mark.usefixtures("airflow_connections", "passing_time")

OUTAGES: list[dict[str, Any]] = [{"status": 502}, {"code": "RequestLimitExceeded"}, {"drop": "before"}]
LONGER_THAN_A_LEG = 6


@pytest.fixture(autouse=True)
def _a_leg_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__CALL_TIMEOUT", "0.2")


@pytest.fixture(params=BY_THE_HOUR)
def buyer(request: pytest.FixtureRequest) -> Buyer:
    return BY_THE_HOUR[str(request.param)]


def test_every_task_that_orders_something_waits_through_an_outage_or_begins_again() -> None:
    """What only reads lists is tried again by Airflow; so are the search for orphans and the watch, which say so."""
    every: list[Any] = concrete(DtsTask)
    lost = [cls for cls in every if not (cls.begins_again or issubclass(cls, (DtsOperator, DtsSensor)))]
    assert [cls for cls in lost if not issubclass(cls, DescribeOperator)] == [
        DtsReapOrphansOperator,
        DtsWatchJobsOperator,
    ]


@pytest.mark.parametrize(("wait", "outage"), [("defer", OUTAGES[0]), ("sync", OUTAGES[1]), ("defer", OUTAGES[2])])
def test_a_purchase_outlasts_what_keeps_it_from_reading(
    wait: str, outage: dict[str, Any], buyer: Buyer, cloud: Cloud
) -> None:
    task = Task(buyer.task(wait=wait))
    cloud.emulator.add_fault({"action": buyer.listing, "times": LONGER_THAN_A_LEG, **outage})
    assert task.run() == cloud.emulator.jobs()[0]["JobId"]
    assert len(calls(cloud.emulator, buyer.action)) == 1
    assert (task.deferrals > 0) is (wait == "defer")
    assert task.ti.try_number == 1


def test_one_that_has_ordered_finds_what_it_made(buyer: Buyer, cloud: Cloud, meanwhile: Meanwhile) -> None:
    fault = {"action": buyer.listing, "times": LONGER_THAN_A_LEG, "status": 502}
    meanwhile.after(buyer.action, lambda: cloud.emulator.add_fault(fault))
    task = Task(buyer.task())
    assert task.run() == cloud.emulator.jobs()[0]["JobId"]
    assert len(cloud.emulator.journal(buyer.action)) == 1
    assert task.deferrals > 0


@pytest.mark.parametrize("name", COMPARERS)
def test_so_does_the_order_of_a_comparison(name: str, cloud: Cloud) -> None:
    comparer = COMPARERS[name]
    task = comparer.task(comparer.made(cloud))
    cloud.emulator.add_fault({"action": task.operator.resource.read, "times": LONGER_THAN_A_LEG, "status": 502})
    assert task.run()
    assert len(calls(cloud.emulator, comparer.action)) == 1
    assert task.deferrals > 0


@pytest.mark.parametrize("wait", ["defer", "sync"])
def test_an_outage_without_end_ends_at_the_deadline_with_nothing_bought(
    wait: str, buyer: Buyer, cloud: Cloud, passing_time: VirtualClock
) -> None:
    cloud.emulator.add_fault({"action": buyer.listing, "status": 502})
    task = Task(buyer.task(wait=wait, timeout=1, poll_interval=3600))
    began = passing_time.time()
    with pytest.raises(DeadlinePassed, match="could not be read for 1 s") as raised:
        task.run()
    assert passing_time.time() - began < 60  # it does not sit out its interval
    assert isinstance(raised.value, AirflowFailException)
    assert (raised.value.bill, raised.value.job_id) == (None, None)
    told = " ".join(str(raised.value).split())
    assert f"cause: {buyer.listing}: " in told
    assert "See whether connection `tencentcloud_default` leads to the right endpoint" in told
    assert cloud.emulator.jobs() == []


def test_nothing_is_tried_for_longer_than_an_hour(buyer: Buyer, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the connection that is wrong: whoever started the run is not left to guess for a day."""
    monkeypatch.setattr(going_on, "_SECONDS_TO_BEGIN", 1.0)
    cloud.emulator.add_fault({"action": buyer.listing, "status": 502})
    with pytest.raises(DeadlinePassed, match="could not be read for 1 s"):
        Task(buyer.task(timeout=86400)).run(timeout=60)
    assert cloud.emulator.jobs() == []


def test_what_may_have_been_bought_before_it_is_told_as_a_bill(buyer: Buyer, cloud: Cloud) -> None:
    task = Task(buyer.task(timeout=1))
    job = task.run()
    cloud.emulator.add_fault({"action": "*", "status": 502})
    with pytest.raises(DeadlinePassed) as raised:
        task.clear().run()
    assert raised.value.job_id == job
    assert "not known (ServerNetworkError)" in str(raised.value.bill)
    del task.store.values["job_id"]  # the worker did not live to keep it
    with pytest.raises(DeadlinePassed) as raised:
        task.clear().run()
    assert "what was ordered before" in str(raised.value.bill)


@pytest.mark.parametrize("fault", [{"code": "RequestLimitExceeded"}, {"status": 502}], ids=str)
def test_an_order_is_not_waited_for_as_a_reading_is(fault: dict[str, Any], buyer: Buyer, cloud: Cloud) -> None:
    """A person decides how long one is worth it: one refused fails, and one without an answer is sent twice at most."""
    cloud.emulator.add_fault({"action": buyer.action, **fault})
    with pytest.raises(DtsProblem) as raised:
        Task(buyer.task()).run(timeout=60)
    assert isinstance(raised.value, Throttled) is ("code" in fault)
    assert not isinstance(raised.value, DeadlinePassed)
    assert cloud.emulator.jobs() == []


def test_a_purchase_that_does_not_wait_is_tried_again_by_airflow(buyer: Buyer, cloud: Cloud) -> None:
    cloud.emulator.add_fault({"action": buyer.listing, "status": 502})
    with pytest.raises(OutcomeUnknown) as raised:
        Task(buyer.task(wait="no")).run()
    assert not isinstance(raised.value, AirflowFailException)


def test_a_pause_is_spread_and_ends_with_the_deadline(passing_time: VirtualClock) -> None:
    task = BY_THE_HOUR["migration"].task(poll_interval=1000)
    now = passing_time.time()
    drawn = {pause_before(task, now + 1e6) for _ in range(20)}
    assert len(drawn) > 1
    assert all(900 <= pause <= 1100 for pause in drawn)
    assert 0 < pause_before(task, now + 50) <= 50
    assert pause_before(task, now - 50) == 0
    assert pause_before(task, now + 1e6, at_least=5000) > 4000
