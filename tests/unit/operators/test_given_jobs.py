"""A plan that fails tells the bill of the job that its run was given: it goes on costing, whatever the plan knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tencent_dts.errors import Denied, DtsProblem, InvalidInput, JobNotFound, OutcomeUnknown, Unavailable
from tencent_dts.kinds.migration.states import MIGRATION_JOB
from tencent_dts.kinds.migration_2018.states import MIGRATION_JOB_2018
from tencent_dts.kinds.subscription_2018.states import SUBSCRIPTION
from tencent_dts.kinds.sync.states import SYNC_JOB
from tencent_dts.model.resource import Resource
from tests.chaos.lifecycles import _dag
from tests.drive import Task
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.emulator.sync_cloud import SyncCloud, objects

pytestmark = pytest.mark.usefixtures("airflow_connections")

FREE = "none; a migration job of 2018 costs nothing"
HELD = "until the job is isolated"


@dataclass(frozen=True)
class Given:
    """A DAG whose run may be given a job.

    :param names: the parameter that names it.
    :param costs: how the bill of such a job, which was just bought, goes on.
    :param needs: what else its form must be given.
    """

    dag_id: str
    names: str
    resource: Resource
    costs: str
    needs: Mapping[str, Any] = field(default_factory=dict)

    def job(self, cloud: Cloud) -> str:
        """A job of its kind, just bought."""
        if self.resource is MIGRATION_JOB:
            return cloud.buy()
        if self.resource is SYNC_JOB:
            return SyncCloud(cloud.emulator).buy_sync()
        old = Cloud2018(cloud.emulator)
        return old.made() if self.resource is MIGRATION_JOB_2018 else old.subscribed()

    def plan(self, job: str, **more: Any) -> Task:
        """The first task of a run that was given a job."""
        dag = _dag(self.dag_id)
        conf = {self.names: job, **self.needs, **more}
        task = dag.get_task("plan").prepare_for_execution()  # a copy, as each try has one
        return Task(task, params={**dag.params.dump(), **conf}, conf=conf, dag_id=self.dag_id)


ABOUT = (
    Given("dts_sync_modify", "job_id", SYNC_JOB, HELD, {"objects": objects("shop", "more")}),
    Given("dts_sync_retire", "job_id", SYNC_JOB, HELD),
    Given("dts_unsubscribe", "subscribe_id", SUBSCRIPTION, HELD),
)
ADOPTING = (
    Given("dts_migrate", "existing_job_id", MIGRATION_JOB, HELD),
    Given("dts_sync", "existing_job_id", SYNC_JOB, HELD),
    Given("dts_migrate_2018", "existing_job_id", MIGRATION_JOB_2018, FREE),
    Given("dts_subscribe", "existing_subscribe_id", SUBSCRIPTION, HELD),
)
UNREADABLE: dict[str, tuple[dict[str, Any], tuple[type[DtsProblem], ...]]] = {
    "denied": ({"code": "UnauthorizedOperation"}, (Denied,)),
    "not found": ({"code": "ResourceNotFound.ResourceNotFoundError"}, (JobNotFound,)),
    "an outage": ({"status": 502}, (Unavailable, OutcomeUnknown)),
}


def red(task: Task) -> DtsProblem:
    with pytest.raises(DtsProblem) as raised:
        task.run()
    assert f"bill: {raised.value.bill}" in raised.value.render()
    return raised.value


@for_every("given", [*ABOUT, *ADOPTING], ids=lambda given: given.dag_id, anew="cloud")
def test_a_plan_that_refuses_its_form_tells_the_bill_of_the_job_it_was_given(given: Given, cloud: Cloud) -> None:
    job = given.job(cloud)
    problem = red(given.plan(job, misspelt=1))
    assert isinstance(problem, InvalidInput)
    assert problem.job_id == job
    assert given.costs in str(problem.bill)


@for_every("given", [*ABOUT, *ADOPTING], ids=lambda given: given.dag_id, anew="cloud")
def test_a_bill_that_the_plan_cannot_read_is_told_as_not_known(given: Given, cloud: Cloud) -> None:
    job = given.job(cloud)
    problem = red(given.plan(job, cloud_connection="not_there"))
    assert problem.job_id == job
    unread = "not known (connection not_there"
    assert (FREE if given.costs == FREE else unread) in str(problem.bill)


@pytest.mark.usefixtures("passing_time")
@pytest.mark.parametrize("fault", list(UNREADABLE))
@pytest.mark.parametrize("given", ABOUT, ids=lambda given: given.dag_id)
def test_a_plan_that_may_not_read_its_job_says_that_its_bill_is_not_known(
    given: Given, fault: str, cloud: Cloud
) -> None:
    job = given.job(cloud)
    rule, error = UNREADABLE[fault]
    cloud.emulator.add_fault({"action": "*", **rule})
    problem = red(given.plan(job))
    assert isinstance(problem, error)
    assert "not known" in str(problem.bill)
    assert problem.job_id == job


@pytest.mark.parametrize("given", ABOUT, ids=lambda given: given.dag_id)
def test_a_first_read_that_is_denied_once_leaves_the_bill_known(given: Given, cloud: Cloud) -> None:
    job = given.job(cloud)
    cloud.emulator.add_fault({"action": "*", "code": "UnauthorizedOperation", "nth": 1})
    problem = red(given.plan(job))
    assert isinstance(problem, Denied)
    assert given.costs in str(problem.bill)


def test_the_bill_of_a_given_job_is_read_in_the_region_that_the_form_names(cloud: Cloud) -> None:
    given = ABOUT[1]
    job = SyncCloud(cloud.emulator, region="ap-shanghai").buy_sync(SrcRegion="ap-shanghai", DstRegion="ap-shanghai")
    problem = red(given.plan(job, region="ap-shanghai", misspelt=1))
    assert HELD in str(problem.bill)


@for_every("given", [*ABOUT, *ADOPTING], ids=lambda given: given.dag_id, anew="cloud")
def test_what_is_no_id_has_no_bill(given: Given, cloud: Cloud) -> None:
    """A job under it was never there."""
    for wrong in ("", "{{ nothing }}", 7):
        with pytest.raises(InvalidInput) as raised:
            given.plan(wrong, misspelt=1).run()  # type: ignore[arg-type]  # a form takes anything
        assert raised.value.bill is None


def test_a_job_is_known_from_the_run_s_conf_or_from_its_params_alone(cloud: Cloud) -> None:
    """Airflow merges the one into the other only where the form is right."""
    given = ADOPTING[0]
    job = given.job(cloud)
    task = given.plan(job)
    params, asked = _dag(given.dag_id).params.dump(), {given.names: job, "allowed_skipped_tables": "many"}
    for merged, conf in ((params, asked), ({**params, **asked}, None), ({**params, given.names: "dts-other"}, asked)):
        problem = red(Task(task.operator, params=merged, conf=conf, dag_id=given.dag_id))
        assert (problem.job_id, given.costs in str(problem.bill)) == (job, True)
