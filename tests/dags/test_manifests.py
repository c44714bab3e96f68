"""Migrations from files, run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.local import ROOT
from tencent_dts.manifests import manifest_dags
from tests.dag_runs import LocalRun

pytestmark = pytest.mark.usefixtures("airflow_database", "airflow_connections")

TEXT = """
owner: shop-team
migration:
  source_connection: source_mysql
  target_connection: target_mysql
  instance_class: large
  objects: {ObjectMode: partial, Databases: [{DbName: 2024, DBMode: all}]}
  approval: false
  hold_seconds: 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(TEXT)
    (tmp_path / "broken.yaml").write_text(f"{TEXT}  objets: all\n")
    return tmp_path


def test_a_manifest_runs_green_with_its_own_values(dts_emulator: Any, folder: Path) -> None:
    run = LocalRun(manifest_dags(folder)["shop"])
    assert run.state == "success"
    (job,) = dts_emulator.jobs()
    assert (job["Status"], job["TradeStatus"]) == ("success", "isolated")
    (purchase,) = dts_emulator.journal("CreateMigrationService")
    assert purchase["parameters"]["InstanceClass"] == "large"
    objects = dts_emulator.journal("ModifyMigrationJob")[0]["parameters"]["MigrateOption"]["DatabaseTable"]
    assert objects["Databases"][0]["DbName"] == "2024"


def test_a_bad_file_is_red_says_why_and_buys_nothing(dts_emulator: Any, folder: Path) -> None:
    run = LocalRun(manifest_dags(folder)["invalid__broken"])
    assert run.states() == {"explain": "failed"}
    assert run.state == "failed"
    assert "line 10: migration, objets: no such field; did you mean objects?" in run.error("explain")
    assert dts_emulator.journal() == []


OTHERS = {
    "CreateSyncJob": """
sync:
  source_connection: source_mysql
  target_connection: target_mysql
  instance_class: micro
  objects: {Mode: Partial, Databases: [{DbName: 2024, DbMode: All}]}
  compare_wanted: false
  hold_seconds: 0
""",
    "CreateSubscribe": """
subscription:
  instance_id: cdb-9dijwkkw
  subscribe_object_type: data
  objects: [{DatabaseName: 2024}]
""",
}
SENT = {
    "CreateSyncJob": ("InstanceClass", "micro", "ConfigureSyncJob"),
    "CreateSubscribe": ("Product", "mysql", "ActivateSubscribe"),
}


@pytest.mark.parametrize("action", OTHERS)
def test_a_manifest_of_another_kind_runs_green_and_buys_once(dts_emulator: Any, tmp_path: Path, action: str) -> None:
    (tmp_path / "link.yaml").write_text(OTHERS[action])
    run = LocalRun(manifest_dags(tmp_path)["link"])
    assert run.state == "success", run.states()
    (purchase,) = dts_emulator.journal(action)
    name, value, configured = SENT[action]
    assert purchase["parameters"][name] == value
    assert "2024" in str(dts_emulator.journal(configured)[0]["parameters"])


def test_airflow_loads_every_manifest_from_the_dag_file() -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags" / "dts_manifests.py")
    assert bag.import_errors == {}
    assert set(bag.dags) == {"example_fleet", "example_shop", "example_subscription", "example_sync"}
    assert {dag.fileloc for dag in bag.dags.values()} == {str(ROOT / "dags" / "dts_manifests.py")}
