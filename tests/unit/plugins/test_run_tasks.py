"""Where a run stands, told first on its page: what is red or awaited, and the next step."""

from __future__ import annotations

import time
from typing import Any

import pytest
from airflow.utils.state import TaskInstanceState
from sqlalchemy import event, select, update

from tencent_dts.kinds.migration.texts import TEXTS
from tencent_dts.plugins.run_jobs import PER_PAGE, read_run
from tencent_dts.tasks.links import NEXT_STEP_KEY
from tests.dag_runs import person
from tests.unit.emulator.cloud import Cloud
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs
from tests.unit.plugins.markup import Markup


def put(run_id: str, task_id: str, state: str) -> None:
    """Set a task instance to a state, as a scheduler would."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    instance = TaskInstance
    with create_session() as session:
        where = (instance.dag_id == DAG_ID, instance.run_id == run_id, instance.task_id == task_id)
        session.execute(update(instance).where(*where).values(state=state))


def test_what_is_red_comes_first_with_what_its_documentation_says_of_it(runs: Runs, pages: Pages) -> None:
    run_id = runs.make()
    put(run_id, "configure", "failed")
    put(run_id, "purchase", "deferred")
    red, waiting = read_run(DAG_ID, run_id).stops
    assert (red.task_id, red.state.tone, waiting.task_id, waiting.next_step) == ("configure", "bad", "purchase", "")
    text = TEXTS["dts_migrate"]["configure"]
    assert red.next_step == f"{text.red} Look at: {text.look} Clear it: {text.clear}"
    shown = Markup(pages.text(run_id))
    assert f"configure failed Log and Clear · About this task Next: {red.next_step}" in shown.text
    assert red.page in shown.links
    assert shown.text.index("configure failed") < shown.text.index("purchase waiting")


def test_what_the_error_of_a_red_task_says_comes_before_its_documentation(runs: Runs, pages: Pages) -> None:
    run_id = runs.make()
    put(run_id, "configure", "failed")
    runs.push(run_id, "configure", NEXT_STEP_KEY, "Grant `name/dts:ModifyMigrationJob`; then clear this task.")
    runs.push(run_id, "purchase", NEXT_STEP_KEY, "Top up the account, then clear this task.")
    put(run_id, "purchase", "deferred")  # what it said in another state is no advice for this one
    red, waiting = read_run(DAG_ID, run_id).stops
    assert red.next_step == "Grant `name/dts:ModifyMigrationJob`; then clear this task."
    assert waiting.next_step == ""
    assert "Next: Grant" in Markup(pages.text(run_id)).text


def test_a_red_task_without_documentation_of_its_own_still_has_a_next_step(runs: Runs) -> None:
    run_id = runs.make()
    put(run_id, "purchase", "failed")
    (red,) = read_run(DAG_ID, run_id).stops
    assert "clear this task" in red.next_step


def test_an_answer_that_is_awaited_is_asked_for(runs: Runs, pages: Pages) -> None:
    run_id = runs.make()
    put(run_id, "purchase", "awaiting_input")
    assert "Next: Answer it under Required Actions." in Markup(pages.text(run_id)).text


def test_what_is_done_or_not_begun_is_not_listed(runs: Runs) -> None:
    run_id = runs.make()
    put(run_id, "purchase", "success")
    put(run_id, "configure", "upstream_failed")
    assert read_run(DAG_ID, run_id).stops == []


def test_the_link_to_a_task_keeps_whatever_its_run_is_called(runs: Runs) -> None:
    run_id = runs.make()
    put(run_id, "purchase", "running")
    (stop,) = read_run(DAG_ID, run_id).stops
    assert stop.page == f"../dags/{DAG_ID}/runs/{run_id.replace('+', '%2B')}/tasks/purchase"


# --- Many jobs ---


@pytest.fixture
def large(runs: Runs) -> str:
    """A run whose mapped task has shown a job for each of 120 indexes."""
    from tencent_dts.api.console import console_url
    from tencent_dts.tasks.links import LINK_KEY

    run_id = runs.make()
    instances(run_id, 120)
    for index in range(120):
        runs.push(run_id, "purchase", "job_id", f"dts-{index:03}", index)
        link = console_url(f"dts-{index:03}", "ap-guangzhou", "dts.tencentcloudapi.com")
        runs.push(run_id, "purchase", LINK_KEY, link, index)
    return run_id


def instances(run_id: str, number: int) -> None:
    """Let the task `purchase` be mapped over so many indexes, all of them red."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        dag = SerializedDagModel.get_dag(DAG_ID, session=session)
        assert dag is not None
        task = dag.task_dict["purchase"]
        where = (TaskInstance.run_id == run_id, TaskInstance.task_id == "purchase")
        first = session.scalars(select(TaskInstance).where(*where)).one()
        first.map_index, first.state = 0, TaskInstanceState.FAILED
        for index in range(1, number):
            version = first.dag_version_id
            one = TaskInstance(task, version, run_id=run_id, state=TaskInstanceState.FAILED, map_index=index)
            session.add(one)


def test_of_many_jobs_a_page_is_read_and_the_others_are_a_click_away(
    large: str, pages: Pages, airflow_connections: Any, cloud: Cloud
) -> None:
    run = read_run(DAG_ID, large, 3)
    assert [job.job_id for job in run.jobs] == [f"dts-{index:03}" for index in range(2 * PER_PAGE, 120)]
    assert (run.page, run.pages) == (3, 3)
    assert read_run(DAG_ID, large, 99).page == 3
    shown = Markup(pages.text(large, page="2"))
    assert "page 1 page 2 page 3" in shown.text
    assert "50: dts-050" in shown.text
    assert "100: dts-100" not in shown.text


def test_a_mapped_task_is_told_once_for_all_its_indexes(large: str) -> None:
    (red,) = read_run(DAG_ID, large).stops
    assert (red.task_id, red.instances) == ("purchase", "120 of its indexes")


def test_viewers_share_what_is_read_of_airflow(runs: Runs, pages: Pages) -> None:
    from airflow.settings import engine

    run_id = runs.make()
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "xcom" in statement.lower():
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        pages.text(run_id)
        once = len(asked)
        pages.text(run_id)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert once > 0
    assert len(asked) == once


# --- Orphans ---


def test_the_report_of_a_run_that_looked_for_orphans_is_its_page(runs: Runs, pages: Pages) -> None:
    row: dict[str, Any] = {
        "job_id": "dts-orphan",
        "kind": "migration",
        "region": "ap-guangzhou",
        "status": "running",
        "bill": "normal",
        "standing": "orphan",
        "why": "its run has failed",
        "owner": {"dag_id": "dts_migrate", "run_id": "manual__1", "task": "purchase"},
        "created": None,
        "age_hours": 30.5,
        "cost": "about 29 h x medium",
        "held": "it is at work",
        "done": [],
    }
    counts = {"orphan": 1, "kept on purpose": 0, "not known": 0, "alive": 2, "released": 3, "ended": 0}
    head = {"deployment": "local", "regions": ["ap-guangzhou"], "at": "2026-11-23T00:00:00", "end_orphans": False}
    run_id = runs.make()
    report = {**head, "counts": counts, "orphans": [row], "kept": [], "unknown": [], "failed": ["sync: no answer"]}
    runs.push(run_id, "purchase", "report", report)
    runs.push(run_id, "configure", "report", "of another provider")
    shown = Markup(pages.text(run_id)).text
    assert "1 orphan, 0 ended in this run" in shown
    assert "dts-orphan migration, ap-guangzhou running normal 30.5 h dts_migrate manual__1 purchase" in shown
    assert "left as it is: it is at work" in shown
    assert "sync: no answer" in shown
    assert "at 2026-11-23 00:00:00 UTC" in shown
    assert "Beijing" not in shown
    assert "no DTS job yet" not in shown


def test_a_person_in_another_test_is_not_asked_by_a_task_that_a_test_has_left(runs: Runs) -> None:
    run_id = runs.make()
    put(run_id, "purchase", "awaiting_input")
    with person(lambda _ti: None) as asked:
        time.sleep(0.5)
    assert asked == []
    with person(lambda _ti: None) as asked:
        put(run_id, "configure", "awaiting_input")
        while not asked:
            time.sleep(0.05)
    assert {ti.task_id for ti in asked} == {"configure"}
