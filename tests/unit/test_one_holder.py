"""Whose job it is, asked right before each changing call: of this run, of another, of another deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tencent_dts.api.pacing import PACER
from tencent_dts.engine.identity import TAG_DEPLOYMENT, Identity, tags_of
from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import IdentityConflict
from tencent_dts.model.answers import Item
from tencent_dts.operators.migration import DtsIsolateMigrateJobOperator
from tencent_dts.tasks.gates.gate import Call, Gate
from tests.drive import Task, TaskInstance
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.operators.buyers import BY_THE_HOUR, Buyer
from tests.unit.operators.cases import CASES, Case
from tests.unit.operators.comparers import COMPARERS
from tests.unit.stages import STAGES
from tests.unit.subjects import SPEED, calls, retag
from tests.unit.test_records import held, holder, record

pytestmark = pytest.mark.usefixtures("airflow_connections")
THEIRS = Identity("production", "their_dag", "their_run", "purchase").tags(0)


class TestAnotherDeployment:
    """Two Airflows on one account never touch each other's jobs, whether the other's runs are alive or not."""

    @for_every("recorded", [False, True], ids=["no record", "held by this run"])
    @for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
    def test_no_operator_changes_its_jobs(self, case: Case, recorded: bool, cloud: Cloud) -> None:
        subject = STAGES[case.allowed](cloud)
        retag(cloud, subject.job, THEIRS)
        if recorded:
            held(subject.job, holder(TaskInstance.run_id))
        before = len(cloud.emulator.journal(case.action))
        with pytest.raises(IdentityConflict, match=r"belongs to deployment production.*nothing was called") as raised:
            Task(case.task(subject)).run()
        assert "tests" in str(raised.value)
        assert len(cloud.emulator.journal(case.action)) == before

    @pytest.mark.parametrize("name", COMPARERS)
    def test_no_comparison_of_its_jobs_is_created(self, name: str, cloud: Cloud) -> None:
        comparer = COMPARERS[name]
        job = comparer.made(cloud)
        retag(cloud, job, THEIRS)
        with pytest.raises(IdentityConflict, match="deployment production"):
            comparer.task(job).run()
        assert calls(cloud.emulator, comparer.action) == []

    @pytest.mark.parametrize("name", BY_THE_HOUR)
    def test_none_of_its_jobs_is_adopted(self, name: str, cloud: Cloud) -> None:
        buyer: Buyer = BY_THE_HOUR[name]
        job = buyer.elsewhere(buyer.person(cloud.emulator))
        retag(cloud, job, THEIRS)
        with pytest.raises(IdentityConflict, match="deployment production"):
            Task(buyer.task(existing_job_id=job, **buyer.adopting)).run()

    @pytest.mark.parametrize("whose", ["tests", "production"])
    def test_a_job_whose_deployment_tag_is_gone_belongs_to_whom_its_owner_tag_tells(
        self, whose: str, cloud: Cloud
    ) -> None:
        job = cloud.succeeded()
        tags = Identity(whose, "dag", TaskInstance.run_id, "purchase").tags(0)
        retag(cloud, job, [tag for tag in tags if tag["TagKey"] != TAG_DEPLOYMENT])
        cloud.emulator.set_speed(SPEED)
        isolate = Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job))
        if whose == "tests":
            isolate.run()
        else:
            with pytest.raises(IdentityConflict, match="deployment not reported"):
                isolate.run()
        assert (cloud.trade(job) == "normal") == (whose == "production")

    def test_a_job_of_nobody_is_anybodys(self, cloud: Cloud) -> None:
        job = cloud.succeeded()
        assert "airflow-owner" not in tags_of(cloud.emulator.jobs()[0])
        cloud.emulator.set_speed(SPEED)
        Task(DtsIsolateMigrateJobOperator(task_id="isolate", job_id=job)).run()
        assert record(job).holder.task == "isolate"


class TestRightBeforeTheCall:
    """What is gathered for a judgement can take minutes, in which a run can lose its job to another one."""

    @for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
    def test_the_holder_is_asked_after_all_that_takes_time(
        self, case: Case, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = STAGES[case.allowed](cloud)
        task = Task(case.task(subject))

        class Taken(Gate):
            async def gather(self, call: Call, item: Item) -> Watch | None:
                held(subject.job, holder())  # this run was marked as failed, and another one has adopted the job
                return None

        monkeypatch.setattr(case.operator, "gates", (*case.operator.gates, Taken()))
        before = len(cloud.emulator.journal(case.action))
        with pytest.raises(IdentityConflict, match="run manual__other of dag, which is alive"):
            task.run()
        assert len(cloud.emulator.journal(case.action)) == before
        assert record(subject.job).holder == holder()

    @for_every("case", CASES, ids=lambda case: case.action, anew="cloud")
    def test_nothing_is_waited_for_between_the_last_look_and_the_call(
        self, case: Case, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The turn within the quota is taken before that look, and once."""
        subject = STAGES[case.allowed](cloud)
        turns: list[str] = []
        sent: list[int] = []
        reserve: Callable[..., float] = PACER.reserve

        def noted(account: str, action: str, rate: float) -> float:
            turns.append(action)
            sent.append(len(calls(cloud.emulator, case.action)))
            return reserve(account, action, rate)

        monkeypatch.setattr(PACER, "reserve", noted)
        before = len(calls(cloud.emulator, case.action))
        Task(case.task(subject, wait="no")).run()
        assert len(calls(cloud.emulator, case.action)) == before + 1
        assert turns.count(case.action) == 1
        last_look = turns.index(case.action) + 1
        assert turns[last_look] == case.operator.resource.read
        assert sent[last_look] == before
