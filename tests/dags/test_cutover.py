"""No cutover without proof and, where it is asked for, a person's yes."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.models.hitl import HITLDetail
from airflow.utils.session import create_session
from sqlalchemy import select

from tencent_dts.engine.comparing import shown_of
from tests.dag_runs import LocalRun, answers, person, stays_silent
from tests.dags.migrations import CONF, assert_green, assert_red, conclusions, databases, done, migrate_dag
from tests.dags.quick_runs import QuickRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

ASK = {**CONF, "approval": True}
DIFFERENT = {"match": {"any": True}, "compare": {"conclusion": "different"}}


AGES = 26 * 3600.0


def test_an_approved_cutover_ends_green_and_names_who_approved(dts_emulator: Any) -> None:
    with person(answers("Approve", "carol")) as asked:
        run = LocalRun(migrate_dag(), ASK)
    assert_green(run, dts_emulator)
    assert [ti.task_id for ti in asked] == ["approve"]
    assert run.xcom("approve") == {"asked": True, "responded_by": "carol", **shown_of(run.xcom("report"))}


def test_a_rejected_cutover_is_red_and_one_clear_asks_again(dts_emulator: Any) -> None:
    with person(answers("Reject", "carol")):
        run = LocalRun(migrate_dag(), ASK)
    assert_red(run, dts_emulator, "approve", "rejected by carol")
    with person(answers("Approve")) as asked:
        assert_green(run.clear("approve"), dts_emulator)
    assert len(asked) == 1


def test_an_answer_outlives_the_try_that_was_asked(dts_emulator: Any) -> None:
    """Airflow moves it on to the next try, which is what an automatic retry of the approval relies on."""
    with person(answers("Reject", "carol")) as asked:
        LocalRun(migrate_dag(), ASK)
    with create_session() as session:
        ti = session.merge(asked[0])
        before = ti.id
        ti.prepare_db_for_next_try(session)
        session.commit()
        after = ti.id
    with create_session() as session:
        detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == after))
        assert after != before
        assert detail is not None
        assert detail.chosen_options == ["Reject"]


def test_silence_is_a_no(dts_emulator: Any) -> None:
    with person(stays_silent()):
        run = LocalRun(migrate_dag(), ASK)
    assert_red(run, dts_emulator, "approve", "The cutover was not approved in time")
    with person(answers("Approve")):
        assert_green(run.clear("approve"), dts_emulator)


def approves_late(emulator: Any, happen: Any = None) -> Any:
    """Approves a day after the data were compared, and after something else has happened."""

    def act(ti: Any) -> None:
        if happen is not None:
            happen()
        emulator.advance(AGES)
        answers("Approve")(ti)

    return act


def test_evidence_grown_old_is_renewed_before_the_cutover(dts_emulator: Any) -> None:
    with person(approves_late(dts_emulator)):
        assert_green(LocalRun(migrate_dag(), ASK), dts_emulator)
    assert conclusions(dts_emulator) == ["same", "same"]


def test_a_difference_found_when_old_evidence_is_renewed_stops_the_cutover(dts_emulator: Any) -> None:
    with person(approves_late(dts_emulator, lambda: dts_emulator.seed(DIFFERENT))):
        run = LocalRun(migrate_dag(), ASK)
    assert_red(run, dts_emulator, "complete", "compared again, it says different", "Clear `report`")
    with person(answers("Approve")) as asked:
        assert_green(run.clear("report"), dts_emulator)
    assert len(asked) == 1
    assert conclusions(dts_emulator) == ["same", "different", "same"]


def test_clearing_a_green_report_before_the_cutover_compares_anew(dts_emulator: Any) -> None:
    with person(answers("Reject")):
        run = LocalRun(migrate_dag(), ASK)
    dts_emulator.seed(DIFFERENT)
    assert_red(run.clear("report"), dts_emulator, "report", "different")
    with person(answers("Approve")):
        assert_green(run.clear("report"), dts_emulator)
    assert conclusions(dts_emulator) == ["same", "different", "same"]


def test_a_report_is_not_compared_anew_once_the_job_was_cut_over(dts_emulator: Any) -> None:
    run = QuickRun(dts_emulator, migrate_dag(), CONF)
    assert_green(run.clear("compare"), dts_emulator)
    assert conclusions(dts_emulator) == ["same"]
    assert done(dts_emulator, "CreateCompareTask") == 1


def test_the_report_that_was_read_is_shown_to_the_person(dts_emulator: Any) -> None:
    with person(answers("Approve")) as asked:
        run = LocalRun(migrate_dag(), databases("orders", approval=True))
    with create_session() as session:
        detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == asked[0].id))
        assert detail is not None
        body, defaults = detail.body or "", detail.defaults
    assert run.xcom("purchase") in body
    assert run.xcom("report")["compare_task_id"] in body
    assert "| connections | `source_mysql → target_mysql` |" in body
    assert "| databases | `orders` |" in body
    assert defaults == ["Reject"]
