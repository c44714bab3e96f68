"""Which jobs a run has, from what its tasks have left in Airflow's metadata database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tencent_dts.api.console import console_url
from tencent_dts.kinds.migration.page import VIEW as MIGRATION
from tencent_dts.kinds.migration_2018.page import VIEW as MIGRATION_2018
from tencent_dts.kinds.page import View
from tencent_dts.kinds.rows import LISTINGS
from tencent_dts.kinds.sync.states import SYNC_JOB
from tencent_dts.plugins.run_jobs import VIEWS, RunJob, account_of, job_of_link, read_run
from tencent_dts.tasks.links import LINK_KEY
from tests.dag_runs import LocalRun
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud
from tests.unit.emulator.cloud_2018 import Cloud2018
from tests.unit.plugins.conftest import Pages, Runs
from tests.unit.plugins.markup import Markup

LINK = console_url("dts-a", "ap-guangzhou", "dts.tencentcloudapi.com")


def found(runs: Runs, run_id: str) -> list[RunJob]:
    run = read_run(runs.dag_id, run_id)
    assert run.exists
    return list(run.jobs)


@for_every("endpoint", ["dts.tencentcloudapi.com", "dts.intl.tencentcloudapi.com", "127.0.0.1:8021"])
@for_every("region", ["ap-guangzhou", "eu-frankfurt"])
def test_the_region_is_read_back_from_the_link_that_tasks_push(endpoint: str, region: str) -> None:
    assert job_of_link(console_url("dts-8yv4w2i1", region, endpoint)) == (MIGRATION, "dts-8yv4w2i1", region)


@for_every("kind", VIEWS, ids=lambda kind: kind.resource.name)
def test_page_and_version_tell_the_kind_of_job(kind: View) -> None:
    page, version = kind.key
    link = console_url("dts-8yv4w2i1", "ap-guangzhou", "dts.tencentcloudapi.com", page)
    assert job_of_link(link, version) == (kind, "dts-8yv4w2i1", "ap-guangzhou")
    assert job_of_link(link, "2099-01-01") is None


def test_no_two_kinds_of_jobs_have_the_same_page_and_version() -> None:
    assert len({kind.key for kind in VIEWS}) == len(VIEWS)


def test_every_kind_of_job_has_its_row() -> None:
    assert {kind.resource.name for kind in VIEWS} == {resource.name for resource in LISTINGS.values()}


def test_a_link_without_a_version_is_one_of_an_earlier_release(runs: Runs) -> None:
    run_id = runs.make()
    runs.push(run_id, "purchase", "job_id", "dts-a")
    runs.push(run_id, "purchase", LINK_KEY, LINK)
    assert [job.kind for job in found(runs, run_id)] == [MIGRATION]


def test_jobs_of_two_kinds_may_have_one_id(runs: Runs) -> None:
    run_id = runs.make()
    runs.show(run_id, "dts-a", "purchase")
    runs.show(run_id, "dts-a", "configure", kind=SYNC_JOB)
    assert {job.kind.resource.name for job in found(runs, run_id)} == {"migration job", "sync job"}


@for_every(
    "link",
    [
        None,
        7,
        "",
        "not a link",
        "javascript:alert(1)",
        LINK.replace("https", "http"),
        LINK.replace("console.cloud.tencent.com", "console.example.com"),
        LINK.replace("jobId", "job"),
        LINK.replace("/dts/migration", "/dts/unknown"),
        f"{LINK}&more=1",
        "https://[broken",
    ],
)
def test_anything_else_is_no_link_of_ours(link: Any) -> None:
    assert job_of_link(link) is None


def test_tasks_that_show_the_same_job_are_one_job_of_the_run(runs: Runs) -> None:
    (job,) = found(runs, runs.of("dts-a", "dts-a"))
    assert job.job_id == "dts-a"
    assert job.tasks == ("purchase", "configure")


def test_the_job_shown_last_comes_first(runs: Runs) -> None:
    assert [job.job_id for job in found(runs, runs.of("dts-old", "dts-new"))] == ["dts-new", "dts-old"]


def test_a_job_id_of_another_provider_is_none_of_ours(runs: Runs) -> None:
    run_id = runs.make()
    runs.push(run_id, "purchase", "job_id", "dts-a")
    runs.push(run_id, "configure", "job_id", 12345)
    assert found(runs, run_id) == []


def test_a_link_to_another_job_than_the_task_names_is_ignored(runs: Runs) -> None:
    run_id = runs.make()
    runs.push(run_id, "purchase", "job_id", "dts-b")
    runs.push(run_id, "purchase", LINK_KEY, LINK)
    assert found(runs, run_id) == []


def test_a_task_without_a_job_shows_none(runs: Runs) -> None:
    run_id = runs.make()
    runs.push(run_id, "purchase", LINK_KEY, "")
    assert found(runs, run_id) == []


def test_the_region_of_each_job_is_that_of_its_own_link(runs: Runs) -> None:
    run_id = runs.make()
    runs.show(run_id, "dts-a", "purchase", region="ap-seoul")
    runs.show(run_id, "dts-b", "configure", region="ap-tokyo")
    assert {job.job_id: job.region for job in found(runs, run_id)} == {"dts-a": "ap-seoul", "dts-b": "ap-tokyo"}


def test_jobs_of_other_runs_are_not_looked_at(runs: Runs) -> None:
    runs.of("dts-a")
    assert found(runs, runs.make()) == []


def test_a_run_that_does_not_exist_has_no_list_of_jobs(runs: Runs) -> None:
    assert not read_run(runs.dag_id, "manual__never").exists
    assert not read_run("no_such_dag", runs.make()).exists


def test_the_connection_is_the_one_in_the_dag_where_nothing_was_rendered(airflow_database: None) -> None:
    other = Runs("page_of_another_account", conn_id="another_account")
    assert [job.connection for job in found(other, other.of("dts-a"))] == ["another_account"]


def test_a_template_that_was_never_rendered_is_no_connection(airflow_database: None) -> None:
    other = Runs("page_of_a_template", conn_id="{{ params.account }}")
    assert [job.connection for job in found(other, other.of("dts-a"))] == ["tencentcloud_default"]


def test_a_job_is_read_in_its_own_region_with_its_own_connection(
    runs: Runs, airflow_connections: dict[str, Any]
) -> None:
    run_id = runs.make()
    runs.show(run_id, "dts-a", region="ap-seoul")
    account = account_of(found(runs, run_id)[0])
    assert (account.region, account.connection_id) == ("ap-seoul", "tencentcloud_default")


Fleet = tuple[LocalRun, list[str]]


@pytest.fixture
def fleet(
    airflow_database: None,
    airflow_connections: dict[str, dict[str, Any]],
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> Fleet:
    """A run, gone through Airflow, whose mapped task has read seven jobs with a connection that it rendered."""
    from airflow.sdk import DAG

    from tencent_dts.operators.migration import DtsDescribeMigrationDetailOperator

    jobs = [cloud.buy() for _ in range(7)]
    monkeypatch.setenv("AIRFLOW_CONN_FLEET_ACCOUNT", json.dumps(airflow_connections["tencentcloud_default"]))
    with DAG("page_of_a_fleet", schedule=None, params={"account": "fleet_account"}) as dag:
        look = DtsDescribeMigrationDetailOperator.partial(task_id="look", tencentcloud_conn_id="{{ params.account }}")
        look.expand(job_id=jobs)
    return LocalRun(dag), jobs


def test_of_many_jobs_the_one_asked_for_is_read_and_the_others_are_listed(
    fleet: Fleet, pages: Pages, cloud: Cloud
) -> None:
    run, jobs = fleet
    found = read_run(run.dag.dag_id, run.run_id).jobs
    assert [(job.map_index, job.job_id) for job in found] == list(enumerate(jobs))
    assert {(job.connection, job.tasks) for job in found} == {("fleet_account", ("look",))}
    before = len(cloud.emulator.journal("DescribeMigrationDetail"))
    shown = Markup(pages.get("run", dag_id=run.dag.dag_id, run_id=run.run_id, job=jobs[3]).text)
    assert len(cloud.emulator.journal("DescribeMigrationDetail")) == before + 1
    assert articles(shown) == [f"Job {jobs[3]}"]
    assert "read with connection fleet_account , map index 3" in shown.text
    assert len([link for link in shown.links if link.startswith("run?")]) == len(jobs)
    assert all(f"{index}: {job_id}" in shown.text for index, job_id in enumerate(jobs))
    shown = Markup(pages.get("run", dag_id=run.dag.dag_id, run_id=run.run_id, job="dts-foreign").text)
    assert articles(shown) == [f"Job {jobs[0]}"]
    assert "dts-foreign" not in shown.text


def articles(shown: Markup) -> list[str]:
    return [value for name, value in shown.attributes if name == "aria-label" and value.startswith("Job dts-")]


def test_a_task_of_2018_shows_a_job_of_2018(
    airflow_database: None, airflow_connections: dict[str, dict[str, Any]], cloud: Cloud, pages: Pages
) -> None:
    from airflow.sdk import DAG

    from tencent_dts.operators.migration_2018 import DtsDescribeMigrateCheckJob2018Operator

    job_id = Cloud2018(cloud.emulator).passed()
    with DAG("page_of_2018", schedule=None) as dag:
        DtsDescribeMigrateCheckJob2018Operator(task_id="look", job_id=job_id)
    run = LocalRun(dag)
    (job,) = read_run("page_of_2018", run.run_id).jobs
    assert job.kind is MIGRATION_2018
    assert "checkPass" in Markup(pages.get("run", dag_id="page_of_2018", run_id=run.run_id).text).pills
