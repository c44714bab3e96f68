"""``airflow tencent-dts``: what people ask of a file, of an account and of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from scripts.local import ROOT
from tencent_dts.task_groups import migrate
from tests.airflow_server import PASSWORD, USER, Served, served
from tests.dag_runs import LocalRun
from tests.dags.migrations import databases
from tests.dags.test_forget import ordered

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("airflow_database", "airflow_connections")]


@pytest.fixture(scope="module")
def airflow(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("airflow-api")) as server:
        yield server


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints."""
    capsys.readouterr()
    assert ordered(["tencent-dts", *arguments]) == code
    told = "".join(capsys.readouterr())
    assert PASSWORD not in told
    assert "rehearsal-source" not in told
    return told


def test_a_plan_of_a_fleet_names_what_each_would_buy_and_calls_nothing(
    dts_emulator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "plan", str(ROOT / "migrations" / "example_fleet.yaml"))
    assert "wave canary: 1 members\n  shop_north: CreateMigrationService: " in told
    assert "orders: CreateMigrationService: SrcDatabaseType mysql" in told
    assert "InstanceClass large" in told
    for guarded in (
        "CreateMigrationService: where this run has made none",
        "CreateCompareTask: where this run has made none",
        "CompleteMigrateJob: Status readyComplete",
        "IsolateMigrateJob: TradeStatus normal",
    ):
        assert guarded in told
    assert "least time that the quota of 20 requests/s and action allows: 1 s" in told
    assert dts_emulator.journal() == []


@pytest.mark.parametrize("name", ["example_shop", "example_sync", "example_subscription"])
def test_so_it_is_of_every_file(name: str, dts_emulator: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{name}: Create" in said(capsys, "plan", str(ROOT / "migrations" / f"{name}.yaml"))
    assert dts_emulator.journal() == []


def test_five_hundred_purchases_take_25_seconds_at_least(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = "".join(f"        - name: m{number}\n" for number in range(500))
    (tmp_path / "many.yaml").write_text(
        "fleet:\n  defaults:\n    source_connection: source_mysql\n    target_connection: target_mysql\n"
        f"    objects: {{ObjectMode: all}}\n  waves:\n    - name: all\n      members:\n{members}"
    )
    assert "allows: 25 s" in said(capsys, "plan", str(tmp_path / "many.yaml"))


def test_a_plan_that_would_be_red_says_why_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "migrations" / "example_shop.yaml").read_text().replace("source_mysql", "no_such_connection")
    (tmp_path / "shop.yaml").write_text(text)
    assert "connection no_such_connection: it is not defined" in said(
        capsys, "plan", str(tmp_path / "shop.yaml"), code=1
    )
    (tmp_path / "shop.yaml").write_text("fleet: {}\n")
    assert "line 1: fleet, waves: it is missing" in said(capsys, "plan", str(tmp_path / "shop.yaml"), code=1)


def test_a_red_run_and_its_living_job(
    dts_emulator: Any, airflow: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dts_emulator.add_fault({"action": "CreateMigrateCheckJob", "code": "UnauthorizedOperation", "times": 1})
    with DAG("red", schedule=None) as dag:
        migrate(None, request=databases("shop"), retries=0)
    run = LocalRun(dag)
    assert run.red() == ["check"]
    monkeypatch.setenv("AIRFLOW_USERNAME", USER)
    monkeypatch.setenv("AIRFLOW_PASSWORD", PASSWORD)
    airflow.door.expect()
    told = said(capsys, "why", run.run_id, "--dag", "red", "--airflow-url", airflow.address)
    assert f"{run.run_id} of red: 1 red tasks\n" in told
    (line,) = (line for line in told.splitlines() if line.startswith("  check: "))
    assert "name/dts:CreateMigrateCheckJob" in line  # the next step of its error
    told = said(capsys, "jobs")
    assert f"  {run.xcom('purchase')} (migration): " in told
    assert f"bought by red, {run.run_id}, purchase" in told
    run.clear("check")
    assert "0 living jobs of deployment tests in ap-guangzhou" in said(capsys, "jobs")
