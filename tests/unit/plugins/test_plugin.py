"""The plugin as Airflow's processes load it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

HEAVY = (
    "fastapi",
    "jinja2",
    "httpx",
    "tencentcloud",
    "tencent_dts.emulator",
    "tencent_dts.api.client",
    "airflow.models.dagrun",
)


def test_importing_it_loads_nothing_that_only_the_page_needs() -> None:
    code = f"""
import sys
import airflow.plugins_manager
before = set(sys.modules)
import tencent_dts.plugins.dts_page
new = set(sys.modules) - before
print(sorted(name for name in new if name.startswith({HEAVY!r})), len(new))
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded, _, count = answer.strip().splitlines()[-1].rpartition(" ")
    assert loaded == "[]"
    assert int(count) <= 5


def test_the_page_loads_the_sdk_only_for_a_read(airflow_database: None) -> None:
    code = """
import sys
import tencent_dts.plugins.routes
tencent_dts.plugins.routes.build()
print([name for name in sys.modules if name.startswith(("tencentcloud", "tencent_dts.emulator"))])
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip().splitlines()[-1] == "[]"


@pytest.fixture
def listed(pages: Any) -> dict[str, Any]:
    """The plugin as Airflow's REST API lists it."""
    headers = {"Authorization": f"Bearer {pages.tokens['admin']}"}
    found = pages.client.get("/api/v2/plugins", headers=headers).json()["plugins"]
    (plugin,) = [item for item in found if item["name"] == "tencent_dts"]
    return dict(plugin)


def test_airflow_lists_it_once_with_a_tab_on_the_page_of_a_run(listed: dict[str, Any]) -> None:
    (view,) = listed["external_views"]
    assert (view["name"], view["destination"], view["url_route"]) == ("DTS", "dag_run", "tencent-dts")


def test_the_tab_asks_for_the_page_below_whatever_path_airflow_is_served_under(listed: dict[str, Any]) -> None:
    (view,) = listed["external_views"]
    (app,) = listed["fastapi_apps"]
    assert view["href"] == "tencent-dts/run?dag_id={DAG_ID}&run_id={RUN_ID}"
    assert view["href"].startswith(app["url_prefix"].removeprefix("/"))


def test_airflow_has_no_import_error_of_it(pages: Any) -> None:
    headers = {"Authorization": f"Bearer {pages.tokens['admin']}"}
    errors = pages.client.get("/api/v2/plugins/importErrors", headers=headers).json()
    assert errors["import_errors"] == []
