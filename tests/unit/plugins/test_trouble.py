"""What cannot be read is told on the page; nothing breaks it, and nothing secret gets onto it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tencent_dts.api.client import ClientSettings
from tencent_dts.kinds.migration.page import VIEW as MIGRATION
from tencent_dts.plugins.reading import Snapshot, read_job
from tencent_dts.plugins.routes import build
from tests.unit.emulator.cloud import Cloud
from tests.unit.plugins.conftest import DAG_ID, Pages, Runs
from tests.unit.plugins.markup import Markup

Connections = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def connections(airflow_connections: Connections) -> Connections:
    return airflow_connections


@pytest.fixture
def look(airflow_app: FastAPI, pages: Pages, runs: Runs) -> Iterator[Any]:
    """The page of a run, read anew each time."""
    headers = {"Authorization": f"Bearer {pages.tokens['viewer']}"}
    with TestClient(build(seconds_between_reads=0)) as client:

        def of(run_id: str) -> Markup:
            answer = client.get("/run", params={"dag_id": DAG_ID, "run_id": run_id}, headers=headers)
            assert answer.status_code == 200
            return Markup(answer.text)

        yield of


def change(patch: pytest.MonkeyPatch, connections: Connections, **parts: Any) -> None:
    patch.setenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT", json.dumps(connections["tencentcloud_default"] | parts))


@pytest.mark.parametrize(
    "code", ["AuthFailure.UnauthorizedOperation", "InternalError", "RequestLimitExceeded", "SomethingNew.Altogether"]
)
def test_an_error_of_the_api_is_told_with_its_request_id(cloud: Cloud, page: Any, code: str) -> None:
    job_id = cloud.ready()
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "code": code, "message": "told by the service"})
    shown = page(job_id)
    request_id = cloud.emulator.journal("DescribeMigrationDetail")[-1]["request_id"]
    refused = "" if code == "InternalError" else ": refused, this call did nothing"
    told = f"DescribeMigrationDetail was answered with {code}{refused} told by the service RequestId {request_id}"
    assert told in shown.text
    assert "The page tries again by itself." in shown.text


@pytest.mark.parametrize("fault", [{"drop": "before"}, {"drop": "after"}, {"truncate": True}, {"status": 502}])
def test_an_answer_that_is_lost_or_broken_is_told(cloud: Cloud, page: Any, fault: dict[str, Any]) -> None:
    job_id = cloud.ready()
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", **fault})
    assert "DescribeMigrationDetail was answered with" in page(job_id).text


def test_one_lost_answer_is_not_even_seen(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "drop": "after", "nth": 1})
    shown = page(job_id)
    assert "readyComplete" in shown.pills
    assert "was answered with" not in shown.text


@pytest.mark.parametrize("action", ["DescribeMigrationCheckJob", "DescribeCompareTasks", "DescribeCompareReport"])
def test_a_part_that_cannot_be_read_hides_no_other(cloud: Cloud, page: Any, action: str) -> None:
    job_id = cloud.ready()
    cloud.compare(job_id)
    cloud.emulator.add_fault({"action": action, "code": "UnauthorizedOperation"})
    shown = page(job_id)
    assert f"{action} was answered with UnauthorizedOperation" in shown.text
    assert "readyComplete" in shown.pills
    assert ("checkPass" in shown.pills) == (action != "DescribeMigrationCheckJob")


def test_what_was_read_before_stays_while_the_service_is_in_trouble(cloud: Cloud, runs: Runs, look: Any) -> None:
    run_id = runs.of(cloud.ready())
    read_at = look(run_id).text.partition("Read at ")[2][:19]
    cloud.emulator.add_fault({"action": "*", "code": "UnauthorizedOperation"})
    shown = look(run_id)
    assert "readyComplete" in shown.pills
    assert "was answered with UnauthorizedOperation" in shown.text
    assert f"Shown is what was read at {read_at}." in shown.text
    cloud.emulator.clear_faults()
    assert "was answered with" not in look(run_id).text


def test_a_job_that_vanishes_is_not_shown_as_it_was(cloud: Cloud, runs: Runs, look: Any) -> None:
    job_id = cloud.ready()
    run_id = runs.of(job_id)
    assert "readyComplete" in look(run_id).pills
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "code": "ResourceNotFound.JobNotExist"})
    shown = look(run_id)
    assert "DTS does not find this job" in shown.text
    assert "readyComplete" not in shown.pills


def test_a_service_that_does_not_answer_does_not_hold_the_page(cloud: Cloud) -> None:
    job_id = cloud.ready()
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "latency": 20})
    account = ClientSettings(
        region="ap-guangzhou",
        endpoint=cloud.emulator.endpoint,
        protocol="http",
        secret_id="AKIDemulator",
        secret_key="emulator-secret",
    )
    snapshot: Snapshot = asyncio.run(read_job(MIGRATION, job_id, lambda: account, None, seconds=1))
    assert [trouble.what for trouble in snapshot.troubles] == ["DTS has not answered within 1 s"]


def test_a_connection_that_cannot_be_read_in_time_does_not_hold_the_page() -> None:
    release = threading.Event()

    def resolve() -> ClientSettings:
        release.wait(30)
        raise AssertionError("nobody waits for this any more")

    async def read() -> Snapshot:
        try:
            return await read_job(MIGRATION, "dts-a", resolve, None, seconds=0.2)
        finally:
            release.set()

    troubles = asyncio.run(read()).troubles
    assert [trouble.what for trouble in troubles] == ["The connection could not be read within 0.2 s"]


def test_a_connection_that_the_api_server_does_not_know_is_told(
    cloud: Cloud, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TENCENTCLOUD_DEFAULT")
    assert "connection tencentcloud_default: the API server cannot read it" in page(cloud.ready()).text


def test_a_connection_without_its_keys_is_told(
    cloud: Cloud, page: Any, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, connections, password=None)
    assert "set login to the SecretId and password to the SecretKey" in page(cloud.ready()).text


def test_a_wrong_key_is_told(
    cloud: Cloud, page: Any, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch, connections, password="not-the-right-one")
    shown = page(cloud.ready())
    assert "was answered with AuthFailure.SignatureFailure" in shown.text
    assert "not-the-right-one" not in shown.text


HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'{{ 7 * 7 }}"


def test_a_hostile_job_name_is_only_text(cloud: Cloud, page: Any) -> None:
    shown = page(cloud.ready(purchase={"JobName": HOSTILE}))
    assert HOSTILE in shown.text
    assert shown.tags.count("script") == 1
    assert "img" not in shown.tags


def test_a_hostile_error_is_only_text(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready()
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "code": "UnauthorizedOperation", "message": HOSTILE})
    shown = page(job_id)
    assert HOSTILE in shown.text
    assert "img" not in shown.tags


def test_a_hostile_run_id_is_only_text(pages: Pages) -> None:
    answer = pages.get("run", dag_id=DAG_ID, run_id=HOSTILE)
    assert HOSTILE in Markup(answer.text).text
    assert "<img" not in answer.text


def test_a_key_that_the_service_repeats_is_masked(cloud: Cloud, page: Any) -> None:
    job_id = cloud.ready(purchase={"JobName": "named after emulator-secret"})
    fault = {"action": "DescribeCompareTasks", "code": "UnauthorizedOperation", "message": "you sent emulator-secret"}
    cloud.emulator.add_fault(fault)
    shown = page(job_id)
    assert "named after ***" in shown.text
    assert "you sent ***" in shown.text
    assert "emulator-secret" not in shown.text


def test_no_password_of_a_database_is_on_the_page(cloud: Cloud, pages: Pages, runs: Runs) -> None:
    text = pages.text(runs.of(cloud.ready()))
    assert "correct horse" not in text
    assert "migrator" not in text
