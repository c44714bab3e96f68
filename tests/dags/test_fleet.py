"""A fleet as a whole: its waves, its line, and what one red member does to the others."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.models.taskinstance import TaskInstance, find_relevant_relatives
from airflow.sdk import DAG
from airflow.utils.session import create_session
from sqlalchemy import select

from tencent_dts.engine.line import KEY
from tencent_dts.operators.fleet import FleetMember
from tencent_dts.task_groups import migrate_fleet
from tencent_dts.task_groups.fleet import Wave
from tencent_dts.tasks.in_line import FleetStopped
from tests.dag_runs import LocalRun, answers, person, stays_silent
from tests.dags.migrations import databases

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


def member(name: str, *after: str) -> FleetMember:
    return FleetMember(name, databases(name), after)


def fleet(*waves: Wave, **options: Any) -> DAG:
    with DAG("fleet", schedule=None) as dag:
        migrate_fleet(None, waves=waves, **options)
    return dag


def shown(run: LocalRun, task_id: str) -> list[str]:
    """The names of a mapped task's indexes, as the UI shows them."""
    mine = (TaskInstance.run_id == run.run_id, TaskInstance.task_id == task_id)
    with create_session() as session:
        found = session.scalars(select(TaskInstance).where(*mine).order_by(TaskInstance.map_index))
        return [str(ti.rendered_map_index) for ti in found]


def bought(emulator: Any) -> list[str]:
    """The members in the order of their purchase, by the names of their jobs."""
    calls = [call for call in emulator.journal("CreateMigrationService") if not call["code"]]
    return [call["parameters"]["JobName"].partition("-")[2] for call in calls]


def paid_at_once(emulator: Any) -> int:
    """The most jobs that were paid for at one time, by what was carried out in its order."""
    paid = most = 0
    for call in emulator.journal():
        if not call["code"]:
            paid += {"CreateMigrationService": 1, "IsolateMigrateJob": -1}.get(call["action"], 0)
            most = max(most, paid)
    return most


def cleared_along(run: LocalRun, task_id: str, index: int) -> set[Any]:
    """What Airflow's own button clears below an index of a mapped task."""
    with create_session() as session:
        return set(
            find_relevant_relatives(
                [],
                [(task_id, index)],
                dag=run._scheduler_dag(),
                run_id=run.run_id,
                direction="downstream",
                session=session,
            )
        )


def test_canary_first_then_one_after_the_other_and_each_by_its_name(dts_emulator: Any) -> None:
    first = Wave("first", [member("orders"), member("users", "orders"), member("bills")])
    run = LocalRun(fleet(first, canary="bills", in_flight=1))
    assert run.state == "success", run.states()
    assert bought(dts_emulator) == ["bills", "orders", "users"]
    assert paid_at_once(dts_emulator) == 1
    for task_id in ("plan", "purchase", "isolate"):
        assert shown(run, f"first.migrate.{task_id}") == ["orders", "users"]
    assert run.xcom("summary")["waves"] == {"canary": ["bills"], "first": ["orders", "users"]}
    assert dts_emulator.meter()["live"] == []
    from airflow.models.variable import Variable

    with create_session() as session:
        assert not [key for key in session.scalars(select(Variable.key)) if key.startswith(KEY)]


def test_a_red_member_stops_the_line_alone_and_one_clear_of_it_goes_on(dts_emulator: Any) -> None:
    first = Wave("first", [member("orders"), member("rehearse_different")])
    run = LocalRun(fleet(first, Wave("second", [member("logs")]), in_flight=2))
    assert run.state == "failed"
    assert run.red() == ["first.migrate.report[1]", "second.begin", "summary"]
    assert bought(dts_emulator) == ["orders", "rehearse_different"]
    assert paid_at_once(dts_emulator) == 2
    assert isinstance(run.problem("second.begin"), FleetStopped)
    for told in ("1 members of wave first have failed, and 0 may", "rehearse_different"):
        assert told in run.error("second.begin")
    for told in ("2 of the fleet are not green", "rehearse_different in first", "wave second: never began", "isolated"):
        assert told in run.error("summary")
    steps = ("approve", "complete", "succeeded", "isolate")
    alone = {"summary", *((f"first.migrate.{step}", 1) for step in steps)}
    assert cleared_along(run, "first.migrate.report", 1) == alone
    journal = len(dts_emulator.journal())
    run.clear("first.migrate.report", map_index=1)
    (other,) = [job["JobId"] for job in dts_emulator.jobs() if job["JobName"].endswith("orders")]
    assert not [call for call in dts_emulator.journal()[journal:] if call["parameters"].get("JobId") == other]
    assert run.clear("second.begin").state == "success"
    assert bought(dts_emulator) == ["orders", "rehearse_different", "logs"]


def test_a_wave_that_nobody_approves_is_not_bought(dts_emulator: Any) -> None:
    second = Wave("second", [member("logs")], approval=True)
    with person(stays_silent()) as asked:
        run = LocalRun(fleet(Wave("first", [member("orders")]), second))
    assert [ti.task_id for ti in asked] == ["second.approve_wave"]
    assert run.red() == ["second.approve_wave", "summary"]
    assert bought(dts_emulator) == ["orders"]
    assert "nothing of it was bought" in run.error("second.approve_wave").lower()
    with person(answers("Approve")):
        assert run.clear("second.approve_wave").state == "success"
    assert bought(dts_emulator) == ["orders", "logs"]
