"""Other deadlines, skips and allowed tables for a job that lives: a new run adopts it by its id, and buys nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.sdk import DAG
from airflow.utils.session import create_session
from sqlalchemy import select

from tencent_dts.task_groups.migrate import migrate
from tencent_dts.task_groups.sync import sync
from tests.dag_runs import LocalRun
from tests.dags import migrations, syncs
from tests.dags.migrations import done

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


Runs = Callable[..., LocalRun]
SKIP = {"step_id": "OptimizeCheck", "reason": "the source is a copy"}
TROUBLE = ("rehearse_check_OptimizeCheck_always", "rehearse_skipped_always")


def migrating(*names: str, **conf: Any) -> LocalRun:
    """A run of the same tasks in a DAG without a form, which Airflow serializes much faster."""
    with DAG(f"migrates_{len(conf)}", schedule=None) as dag:
        migrate(None, request=migrations.databases(*names, **conf), retries=0)
    return LocalRun(dag)


def syncing(*names: str, **conf: Any) -> LocalRun:
    """Likewise."""
    with DAG(f"syncs_{len(conf)}", schedule=None) as dag:
        sync(None, request=syncs.databases(*names, **conf), retries=0)
    return LocalRun(dag)


def waited(run: LocalRun, task_id: str) -> float:
    """The seconds for which a task was ready to wait, as Airflow has rendered them."""
    own = (RenderedTaskInstanceFields.run_id == run.run_id, RenderedTaskInstanceFields.task_id == task_id)
    with create_session() as session:
        fields: Any = session.scalar(select(RenderedTaskInstanceFields.rendered_fields).where(*own))
    return float(fields["timeout"])


@pytest.mark.parametrize(
    ("start", "wait", "once"),
    [
        (migrating, "ready", ("CreateMigrationService", "SkipCheckItem", "StartMigrateJob")),
        (syncing, "caught_up", ("CreateSyncJob", "SkipSyncCheckItem", "StartSyncJob")),
    ],
    ids=["migration", "sync"],
)
def test_a_run_with_other_parameters_goes_on_with_the_job_of_a_red_one(
    dts_emulator: Any, start: Runs, wait: str, once: tuple[str, ...]
) -> None:
    first = start(*TROUBLE)
    assert (first.state, first.red()) == ("failed", ["check_passed"])
    job_id = first.xcom("purchase")
    second = start(*TROUBLE, existing_job_id=job_id, skip_check_items=[SKIP])
    assert (second.state, second.red()) == ("failed", ["report"])
    assert "skipped" in second.error("report")
    third = start(
        *TROUBLE,
        existing_job_id=job_id,
        skip_check_items=[SKIP],
        allowed_skipped_tables=1,
        **{f"{wait}_deadline": 7, "report_deadline": 11},
    )
    assert set(third.states().values()) == {"success"}, third.states()
    assert [run.xcom("purchase") for run in (second, third)] == [job_id, job_id]
    assert (waited(third, wait), waited(third, "report")) == (7 * 3600, 11 * 3600)
    assert [done(dts_emulator, action) for action in once] == [1, 1, 1]
    assert len(dts_emulator.jobs()) == 1
