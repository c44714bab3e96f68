"""What holds of mapped runs, of runs whose conf was not merged, and of the reaper's tries, for every kind of job."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator

from tencent_dts import params
from tencent_dts.errors import Impossible, InvalidInput
from tencent_dts.operators.migration import DtsSkipCheckItemOperator
from tencent_dts.operators.sync import DtsSkipSyncCheckItemOperator
from tencent_dts.tasks.plan import PlanOperator
from tests.drive import Task
from tests.rules import for_every
from tests.unit.classes import concrete
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.test_reap import ENDS, MADE, airflow, orders, reap
from tests.unit.subjects import HOLE, SPEED, calls, remember_end

__all__ = ["airflow"]  # a fixture

pytestmark = pytest.mark.usefixtures("airflow_connections")
PLANS: list[Any] = concrete(PlanOperator)


# --- Mapped runs ---


@pytest.fixture(params=BY_THE_HOUR)
def buyer(request: pytest.FixtureRequest) -> Buyer:
    return BY_THE_HOUR[str(request.param)]


@pytest.fixture
def gone(buyer: Buyer, cloud: Cloud) -> Task:
    """The purchase of the first index of a mapped run, whose job has ended and is not there any more."""
    with DAG("fleet", schedule=None):
        purchase = buyer.task()
        purchase >> BaseOperator(task_id="last")
    cloud.emulator.set_speed(SPEED)
    task = Task(purchase, map_index=0)
    remember_end(task.run(), "failed")
    cloud.emulator.reset()
    cloud.emulator.set_speed(SPEED)
    return task


@pytest.mark.parametrize("other", ["failed", "running", "success"])
def test_the_purchase_of_an_index_is_over_once_that_index_is_done_whatever_the_others_are(
    other: str, buyer: Buyer, gone: Task, cloud: Cloud
) -> None:
    gone.ti.task_states = {"last_0": "success", "last_1": other}
    assert gone.clear().run() == gone.store.values["job_id"]
    assert cloud.emulator.journal(buyer.action) == []


@pytest.mark.parametrize("own", ["failed", "running"])
def test_it_is_not_over_because_another_index_is_done(own: str, buyer: Buyer, gone: Task, cloud: Cloud) -> None:
    before = gone.store.values["job_id"]
    gone.ti.task_states = {"last_0": own, "last_1": "success"}
    assert gone.clear().run() != before
    assert len(calls(cloud.emulator, buyer.action)) == 1


# --- What a task finds where a job has ended that it was to change ---


@pytest.mark.parametrize("skip", [DtsSkipCheckItemOperator, DtsSkipSyncCheckItemOperator])
def test_no_item_is_skipped_of_a_check_that_went_with_its_job(skip: Any, cloud: Cloud) -> None:
    remember_end(HOLE)
    items = [{"step_id": "OptimizeCheck", "reason": "known"}]
    with pytest.raises(Impossible, match="is gone"):
        Task(skip(task_id="skip", job_id=HOLE, skips=items)).run()
    assert cloud.emulator.journal(skip.operation.action) == []


# --- A run whose conf was not merged into its parameters ---


def test_there_is_a_plan_of_every_kind() -> None:
    for form in params.FORMS:
        assert [plan.form for plan in PLANS].count(form) == (form not in (params.REAP, params.WATCH)), form.name


@for_every("plan", PLANS, ids=lambda plan: plan.__name__, anew="cloud")
def test_a_run_whose_conf_was_not_merged_is_planned_by_none(plan: Any, cloud: Cloud) -> None:
    name = next(iter(plan.form.schema))
    task = Task(plan(task_id="plan"), params={name: "the form's example"}, conf={name: "what was asked for"})
    with pytest.raises(InvalidInput, match=rf"dag_run_conf_overrides_params, {name}.*was not merged"):
        task.run()
    assert cloud.emulator.journal() == []


# --- What a search for orphans has ended, over all its tries ---


REAPED = [name for name, ordered in ENDS.items() if len(ordered) == 1]


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize("again", [Task.retry, Task.clear], ids=["retried", "cleared"])
@pytest.mark.parametrize("name", REAPED)
def test_at_most_counts_over_all_tries_and_the_last_report_tells_of_all(name: str, again: Any, cloud: Cloud) -> None:
    made, (action,) = {MADE[name](cloud), MADE[name](cloud)}, ENDS[name]
    another = "DescribeSyncJobs" if "migration" in name else "DescribeMigrationJobs"
    cloud.emulator.add_fault({"action": another, "code": "UnauthorizedOperation", "times": 1})
    task = reap(at_most=1, stop_running=True)
    with pytest.raises(Impossible, match="UnauthorizedOperation"):
        task.run()
    cloud.wait(60)
    report = again(task).run()
    assert orders(cloud.emulator).count(action) == 1
    assert {row["job_id"] for row in report["orphans"]} == made
    assert report["counts"]["ended"] == 1
    assert [row["done"] for row in report["orphans"] if row["done"]] == [[f"{action} was ordered"]]
    assert "at_most" in next(row["held"] for row in report["orphans"] if row["held"])
