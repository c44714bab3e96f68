"""The approval: switched off, given, refused, and the silence that is a no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput, TaskDeferred

from tencent_dts.engine.comparing import shown_of
from tencent_dts.engine.memory import Memory
from tencent_dts.errors import EvidenceRejected, Impossible, InvalidInput, JobNotFound
from tencent_dts.operators.approve import DtsApproveCutoverOperator
from tencent_dts.tasks.asking import ApprovalRefused
from tencent_dts.triggers.answer import DtsAnswerTrigger
from tests.drive import Task, rebuilt
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.stages import STAGES
from tests.unit.subjects import remember_end

EVIDENCE = {"job_id": "dts-00000001", "conclusion": "same"}


def approve(**changes: Any) -> Task:
    arguments = {"job_id": "dts-00000001", "evidence": EVIDENCE} | changes
    return Task(DtsApproveCutoverOperator(task_id="approve", **arguments))


def answered(option: str, user: str | None = "alice") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "1", "name": user} if user else None,
        "timedout": user is None,
    }


@pytest.mark.usefixtures("airflow_connections")
@pytest.mark.parametrize("state", ["success", "completing", "isolated"])
def test_cleared_after_the_cutover_it_does_not_ask_again(state: str, cloud: Cloud) -> None:
    assert approve(job_id=STAGES[state](cloud).job).run() == {"asked": False}


@pytest.mark.usefixtures("airflow_connections")
class TestOfAJobThatIsNotThere:
    """What is not found is no yes."""

    def test_one_that_nobody_has_seen_end_is_an_error(self, cloud: Cloud) -> None:
        with pytest.raises(JobNotFound):
            approve(job_id=STAGES["no such job"](cloud).job).run()

    def test_one_that_ended_after_its_cutover_is_past_being_asked_about(self, cloud: Cloud) -> None:
        job = STAGES["no such job"](cloud).job
        remember_end(job, "success")
        assert approve(job_id=job).run() == {"asked": False}

    def test_one_that_ended_before_it_is_an_error(self, cloud: Cloud) -> None:
        job = STAGES["no such job"](cloud).job
        remember_end(job, "canceled")
        with pytest.raises(Impossible, match="before it was cut over"):
            approve(job_id=job).run()


@for_every("ask", [False, "False", "false"])
def test_switched_off_it_returns_at_once(ask: Any) -> None:
    assert approve(ask=ask).run() == {"asked": False}


def test_silence_is_a_no() -> None:
    assert approve().operator.defaults == ["Reject"]


@for_every("ask", ["yes", "no", 1, 0, "", None, 2.5, "Truth"])
def test_what_is_no_clear_answer_to_whether_it_is_asked_is_refused_when_the_dag_is_parsed(ask: Any) -> None:
    with pytest.raises(InvalidInput, match="ask"):
        approve(ask=ask)


@for_every("ask", ["yes", 1, "", None])
def test_or_when_a_template_says_it(ask: Any) -> None:
    task = approve(ask="{{ params.ask }}")
    task.operator.ask = ask
    with pytest.raises(InvalidInput, match="ask"):
        task.run()


class TestTheQuestion:
    """Asked once, about what it shows, whatever becomes of the process that asked."""

    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch, cloud: Cloud, airflow_connections: Any) -> list[dict[str, Any]]:
        questions: list[dict[str, Any]] = []
        monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: questions.append(question))
        self.job = cloud.ready()
        return questions

    def parked(self, **evidence: Any) -> Task:
        task = approve(job_id=self.job, evidence=EVIDENCE | {"compare_task_id": "first"} | evidence)
        self.park(task)
        return task

    @staticmethod
    def park(task: Task) -> None:
        with pytest.raises(TaskAwaitingInput):
            task.operator.execute(task.context)

    @staticmethod
    def complete(task: Task, option: str = "Approve") -> Any:
        return task.operator.resume_execution("execute_complete", {"event": answered(option)}, task.context)

    def test_without_a_comparison_to_show_nobody_is_asked(self, asked: list[Any]) -> None:
        with pytest.raises(EvidenceRejected, match="no one was asked") as raised:
            approve(job_id=self.job, evidence=None).run()
        assert "Clear `report`" in str(raised.value)
        assert asked == []

    def test_a_yes_goes_on_and_says_whose_it_was_and_for_what(self) -> None:
        shown = shown_of(EVIDENCE | {"compare_task_id": "first"})
        assert self.complete(self.parked()) == {"asked": True, "responded_by": "alice", **shown}

    @pytest.mark.parametrize("note", [None, {}, {"until": 0}])
    def test_a_yes_to_what_nobody_knows_is_void(self, note: Any) -> None:
        task = self.parked()
        Memory(task.context, self.job).set("asked", note)
        with pytest.raises(ApprovalRefused, match="which comparison") as raised:
            self.complete(task)
        assert "Clear this task" in str(raised.value)

    @pytest.mark.parametrize(
        "change", [{"compare_task_id": "second"}, {"skipped_tables": 1}, {"conclusion": "skipAll"}]
    )
    def test_evidence_that_changed_while_it_was_parked_voids_the_answer(self, change: dict[str, Any]) -> None:
        task = self.parked()
        task.operator.evidence = task.operator.evidence | change
        with pytest.raises(ApprovalRefused, match="another comparison") as raised:
            self.complete(task)
        assert "Clear this task" in str(raised.value)

    def test_it_shows_what_is_cut_over_on_what_proof_for_whom_and_at_what_cost(
        self, asked: list[Any], cloud: Cloud
    ) -> None:
        cloud.emulator.seed({"match": {"JobId": self.job}, "compare": {"skipped_tables": 1}})
        compared = cloud.compare(self.job)
        (skipped,) = cloud.report(self.job, compared)["Detail"]["Skipped"]["Items"]
        job = cloud.call("DescribeMigrationDetail", JobId=self.job)
        source, target = (job[side]["Info"][0] for side in ("SrcInfo", "DstInfo"))
        plan = {"source": {"connection": "shop_old"}, "target": {"connection": "shop_new"}, "password": "not shown"}
        evidence = {**EVIDENCE, "compare_task_id": compared, "skipped_tables": 1, "allowed_skipped_tables": 2}
        task = approve(job_id=self.job, evidence=evidence, plan=plan, timeout=3600)
        before = datetime.now(UTC)
        self.park(task)
        body = asked[0]["body"]
        for told in (
            f"| from, to | `{source['Host']}:{source['Port']} → {target['Host']}:{target['Port']}` |",
            "| connections | `shop_old → shop_new` |",
            "| databases | `app` |",
            "| requested by | `someone` |",
            "| compared by | `dataCheck, 100 % of the rows` |",
            f"| compare task id | `{compared}` |",
            "| skipped tables | `1` |",
            "| skipped tables that are allowed | `2` |",
            "| lag now | `0 MB, 0 s` |",
            "| cost | `class small by the hour, since 20",
            f"| can be answered until | `{before + timedelta(hours=1):%Y-%m-%d}",
            f"Not compared:\n\n- `{skipped['Db']}.{skipped['Table']}: {skipped['Reason']}`",
        ):
            assert told in body, body
        assert "not shown" not in body

    @pytest.mark.parametrize("action", ["DescribeCompareTasks", "DescribeCompareReport"])
    def test_a_part_that_cannot_be_read_hides_the_question_from_nobody(
        self, asked: list[Any], cloud: Cloud, action: str
    ) -> None:
        compared = cloud.compare(self.job)
        cloud.emulator.add_fault({"action": action, "code": "UnauthorizedOperation"})
        self.park(approve(job_id=self.job, evidence={**EVIDENCE, "compare_task_id": compared, "skipped_tables": 3}))
        assert "| lag now | `0 MB, 0 s` |" in asked[0]["body"]
        assert "3 tables were not compared; the console says which." in asked[0]["body"]

    def test_a_name_is_only_text(self, asked: list[Any]) -> None:
        self.parked(conclusion="same` | **yes** <b>")
        assert "| conclusion | `same' / **yes** <b>` |" in asked[0]["body"]

    def test_an_automatic_retry_waits_for_the_answer_to_the_same_question(self, asked: list[Any]) -> None:
        task = self.parked()
        with pytest.raises(TaskDeferred) as deferred:
            task.retry().operator.execute(task.context)
        assert len(asked) == 1
        trigger = rebuilt(deferred.value.trigger)
        assert isinstance(trigger, DtsAnswerTrigger)
        assert trigger.ti_id == task.ti.id
        assert trigger.defaults == ["Reject"]
        assert trigger.timeout_datetime is not None
        assert deferred.value.method_name == "execute_complete"
        assert self.complete(task)["responded_by"] == "alice"

    def test_a_clear_asks_again(self, asked: list[Any]) -> None:
        task = self.parked()
        self.park(task.clear())
        assert len(asked) == 2

    def test_other_evidence_is_asked_about_again_by_a_retry(self, asked: list[Any]) -> None:
        task = self.parked()
        task.operator.evidence = task.operator.evidence | {"compare_task_id": "second"}
        self.park(task.retry())
        assert len(asked) == 2
        assert self.complete(task)["compare_task_id"] == "second"

    def test_a_question_that_cannot_be_read_any_more_is_asked_again(self, asked: list[Any]) -> None:
        task = self.parked()
        with pytest.raises(TaskDeferred):
            task.retry().operator.execute(task.context)
        with pytest.raises(TaskAwaitingInput):
            task.operator.resume_execution("__fail__", {"error": "Trigger failure"}, task.context)
        assert len(asked) == 2


@pytest.mark.parametrize(("user", "told"), [("alice", "rejected by alice"), (None, "in time")])
def test_everything_else_is_red_for_good_and_says_what_to_do(user: str | None, told: str) -> None:
    task = approve()
    with pytest.raises(ApprovalRefused, match=told) as raised:
        task.operator.execute_complete(task.context, answered("Reject", user))
    assert isinstance(raised.value, AirflowFailException)
    assert "dts-00000001" in str(raised.value)
    assert "Clear this task" in str(raised.value)


def test_an_answer_that_is_none_of_the_options_approves_nothing() -> None:
    task = approve()
    with pytest.raises(ValueError, match="Perhaps"):
        task.operator.execute_complete(task.context, answered("Perhaps"))
