"""What the page tells of a job in each of its states, read from the emulator over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, databases
from tests.unit.emulator.test_migration_states import STATES
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs
from tests.unit.plugins.markup import Markup

pytestmark = pytest.mark.usefixtures("airflow_connections")


@for_every("state", STATES)
def test_every_state_is_shown_with_its_name(cloud: Cloud, page: Any, state: str) -> None:
    job_id = STATES[state](cloud)
    shown = page(job_id)
    assert cloud.status(job_id) in shown.pills
    assert job_id in shown.text
    assert "RequestId" not in shown.text


@for_every(
    "state, tone",
    [
        ("created", "idle"),
        ("checking", "busy"),
        ("checkPass", "good"),
        ("checkNotPass", "bad"),
        ("running", "busy"),
        ("readyComplete", "good"),
        ("success", "good"),
        ("error", "bad"),
        ("failed", "bad"),
        ("canceled", "bad"),
    ],
)
def test_a_state_is_coloured_by_what_it_means(cloud: Cloud, page: Any, state: str, tone: str) -> None:
    job_id = STATES[state](cloud)
    assert page(job_id).pills[cloud.status(job_id)] == tone


def test_an_undocumented_status_is_shown_and_marked(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job_id}, "force_status": "upgrading"})
    assert page(job_id).pills["upgrading"] == "unknown"


def test_a_run_without_a_job_says_so(pages: Pages, runs: Runs) -> None:
    assert "This run has no DTS job yet." in Markup(pages.text(runs.make())).text


def test_a_run_that_does_not_exist_is_not_found(pages: Pages) -> None:
    answer = pages.get("run", dag_id=DAG_ID, run_id="manual__never")
    assert answer.status_code == 404
    assert "Airflow has no such run." in Markup(answer.text).text


def test_a_job_that_has_vanished_says_so(cloud: Cloud, page: Any) -> None:
    job_id = cloud.buy()
    cloud.emulator.seed({"match": {"JobId": job_id}, "trade_status": "notBilled"})
    cloud.wait(2)
    cloud.call("IsolateMigrateJob", JobId=job_id)
    cloud.wait(60)
    shown = page(job_id)
    assert "DTS does not find this job" in shown.text
    assert job_id in shown.text


def test_the_route_the_ids_and_the_way_to_the_console_are_shown(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    shown = page(job_id)
    assert "mysql ap-guangzhou extranet → mysql ap-guangzhou extranet" in shown.text
    assert "read with connection tencentcloud_default" in shown.text
    assert "Shown by tasks purchase" in shown.text
    assert f"https://console.cloud.tencent.com/dts/migration?region=ap-guangzhou&jobId={job_id}" in shown.links


def test_the_steps_of_a_run_are_shown_with_their_progress(cloud: Cloud, page: Any) -> None:
    job_id = cloud.dumping()
    cloud.wait(22)
    shown = page(job_id)
    assert "Export from Source Database running 50 % 50 %" in shown.text
    assert "Data Import notStarted 0 %" in shown.text
    assert ("value", "50") in shown.attributes
    assert "Lag not known now" in shown.text


def test_the_lag_of_the_incremental_step_is_shown(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    assert "Lag 0 MB, 0 s" in page(job_id).text


def test_the_error_of_a_job_is_shown_with_what_to_do_about_it(cloud: Cloud, page: Any) -> None:
    shown = page(STATES["error"](cloud))
    assert "Find Resumable Error, src db has long query sql" in shown.text
    assert "Solution: End the long queries of the source" in shown.text
    assert "https://www.tencentcloud.com/document/product/571/57013" in shown.links


@pytest.mark.parametrize("state", ["error", "failed"])
def test_an_error_is_told_once(cloud: Cloud, page: Any, state: str) -> None:
    job_id = STATES[state](cloud)
    detail = cloud.call("DescribeMigrationDetail", JobId=job_id)
    assert detail["BriefMsg"] == detail["ErrorInfo"][0]["ErrorLog"]
    assert any(step["Errors"] for step in detail["StepInfo"]["StepInfo"])
    assert page(job_id).text.count("Find Resumable Error") == 1


def test_the_page_begins_with_places_and_databases_and_no_hash(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready(purchase={"JobName": "0123456789abcdef-orders"}, MigrateOption=databases("app", "crm"))
    source = cloud.call("DescribeMigrationDetail", JobId=job_id)["SrcInfo"]["Info"][0]
    text = page(job_id).text
    assert f"{source['Host']}:{source['Port']} → " in text
    assert "Databases app, crm Lag 0 MB, 0 s" in text
    assert "0123456789abcdef" not in text
    assert f"orders: migration job {job_id} in ap-guangzhou" in text


def test_a_comparison_that_differs_stands_above_the_run_of_the_job(cloud: Cloud, page: Any) -> None:
    same, different = cloud.ready(), cloud.ready()
    cloud.compare(same)
    cloud.emulator.seed({"match": {"JobId": different}, "compare": {"conclusion": "different"}})
    cloud.compare(different)
    parts = [page(job_id).text for job_id in (same, different)]
    above = [text.index("Comparison of the data") < text.index("Export from Source Database") for text in parts]
    assert above == [False, True]


def test_what_goes_on_is_timed_by_the_clock_of_dts(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.compare(job_id)
    cloud.wait(3 * 3600)
    cloud.compare(job_id)
    (step,) = cloud.call("DescribeMigrationDetail", JobId=job_id)["StepInfo"]["StepInfo"][-1:]
    assert not step["FinishTime"].strip("0-: ")
    text = page(job_id).text
    assert f"{step['StartTime']} 3 h" in text
    assert "Export from Source Database finished 100 % 100 %" in text
    assert text.index("so far") > text.index("Incremental")


def test_a_failed_check_item_is_shown_with_its_reason_solution_and_help(cloud: Cloud, page: Any) -> None:
    job_id = cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck"})
    steps = cloud.call("DescribeMigrationCheckJob", JobId=job_id)["StepInfo"]
    (failed,) = [step for step in steps if step["StepStatus"] == "failed"]
    item = failed["DetailCheckItems"][0]
    shown = page(job_id)
    assert shown.pills["checkNotPass"] == "bad"
    assert f"OptimizeCheck: {item['CheckItemName']}" in shown.text
    assert " ".join(item["FailureReason"].split()) in shown.text
    assert " ".join(item["Solution"].split()) in shown.text
    assert set(item["HelpDoc"]) <= set(shown.links)
    assert f"All {len(steps)} check items" in shown.text


def test_a_skipped_check_item_is_shown_as_skipped(cloud: Cloud, page: Any) -> None:
    job_id = cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck_always"})
    cloud.call("SkipCheckItem", JobId=job_id, StepIds=["OptimizeCheck"])
    cloud.check(job_id)
    shown = page(job_id)
    assert shown.pills["skipped"] == "warn"
    assert "checkNotPass" not in shown.pills


def test_a_check_under_way_is_shown_with_its_progress(cloud: Cloud, page: Any) -> None:
    assert "Check running, " in page(STATES["checking"](cloud)).text


def test_equal_data_is_shown_as_proven(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.compare(job_id)
    shown = page(job_id)
    assert shown.pills["same"] == "good"
    assert "Tables 3 Compared 3 Different 0 Skipped 0 Different rows 0" in shown.text


def test_differences_are_shown_with_their_place_and_without_the_rows(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready(MigrateOption=databases("app"))
    row = {
        "Db": "app",
        "Table": "orders",
        "Chunk": 7,
        "SrcItem": "a customer's name",
        "DstItem": "another",
        "IndexName": "PRIMARY",
    }
    cloud.emulator.seed({"match": {"JobId": job_id}, "compare": {"conclusion": "different", "rows": [row]}})
    cloud.compare(job_id)
    shown = page(job_id)
    assert shown.pills["different"] == "bad"
    assert "app.orders chunk 7, PRIMARY from" in shown.text
    assert "a customer's name" not in shown.text


def test_skipped_tables_are_shown_with_their_reason(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job_id}, "compare": {"skipped_tables": 1}})
    task = cloud.compare(job_id)
    (skipped,) = cloud.report(job_id, task)["Detail"]["Skipped"]["Items"]
    assert f"Skipped tables {skipped['Db']}.{skipped['Table']} {skipped['Reason']}" in page(job_id).text


@pytest.mark.parametrize(
    ("compare", "word"), [({"conclusion": "skipAll"}, "skipAll"), ({"status": "failed"}, "failed")]
)
def test_a_comparison_that_proves_nothing_is_red(cloud: Cloud, page: Any, compare: dict[str, str], word: str) -> None:
    job_id = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job_id}, "compare": compare})
    cloud.compare(job_id)
    assert page(job_id).pills[word] == "bad"


def test_the_latest_comparison_is_shown_before_the_earlier_ones(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    first = cloud.compare(job_id, TaskName="the first one")
    cloud.wait(60)
    second = cloud.comparing(job_id, TaskName="the second one")
    shown = page(job_id)
    assert f"the second one {cloud.task(job_id, second)['Status']} {second}" in shown.text
    assert "1 earlier the first one success same" in shown.text
    assert first != second


def test_the_frozen_fee_is_held_until_the_job_is_isolated(cloud: Cloud, page: Any) -> None:
    assert "Frozen fee one hour's fee is held until the job is isolated" in page(cloud.succeeded()).text
    shown = page(cloud.isolated())
    assert "Frozen fee released" in shown.text
    assert shown.pills["isolated"] == "good"


def test_billed_hours_are_those_of_the_incremental_step(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready(purchase={"InstanceClass": "large"})
    cloud.wait(2.5 * 3600)
    cloud.call("CompleteMigrateJob", JobId=job_id)
    cloud.wait(20)
    (metered,) = [job["billed_hours"]["large"] for job in cloud.emulator.jobs() if job["JobId"] == job_id]
    assert f"about {metered:.2f} h × large Frozen fee" in page(job_id).text  # noqa: RUF001 - as shown


def test_a_job_that_costs_nothing_says_so(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.emulator.seed({"match": {"JobId": job_id}, "trade_status": "notBilled"})
    assert "Frozen fee none: this job is free" in page(job_id).text


def test_two_jobs_of_a_run_are_both_shown(cloud: Cloud, page: Any) -> None:
    first, second = cloud.buy(), cloud.ready()
    shown = page(first, second)
    assert first in shown.text
    assert second in shown.text
    assert shown.tags.count("article") == 2


def test_the_page_refreshes_itself_and_runs_nothing_inline(cloud: Cloud, page: Any) -> None:
    shown = page(cloud.buy())
    assert ("src", "page.js") in shown.attributes
    assert ("content", "10") in shown.attributes  # for browsers without scripts
    assert "style" not in shown.tags
    assert not [name for name, _ in shown.attributes if name == "style" or name.startswith("on")]


def test_the_page_may_load_and_be_framed_by_nothing_foreign(pages: Pages, runs: Runs) -> None:
    headers = pages.get("run", dag_id=DAG_ID, run_id=runs.make()).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["cache-control"] == "no-store"
