"""The docs say what the code does, and every example in them is one that runs."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import runpy
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from airflow.sdk import BaseOperator

import tencent_dts.operators
import tencent_dts.sensors
from scripts import reference
from scripts.local import ROOT
from tencent_dts import errors
from tencent_dts.api.endpoint_shapes import MIGRATION, SYNC_TARGET
from tencent_dts.api.endpoints import database_type_of, migration_endpoint, source_2018, sync_side
from tencent_dts.emulator.cli import DEFAULT_PORT
from tencent_dts.errors import DtsProblem
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.plugins.runbook import SECTIONS
from tencent_dts.provider import get_provider_info
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tencent_dts.tasks.asking import ApprovalRefused
from tencent_dts.tasks.base import DtsTask
from tests.chaos.errors import error_classes, meaning_of
from tests.chaos.errors import page as page_of_errors
from tests.rules import for_every

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()


def classes() -> list[type]:
    """Every task class of the package that names its API document."""
    found = set()
    for package in (tencent_dts.operators, tencent_dts.sensors):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(member, BaseOperator) and "\nAPI document: " in (inspect.getdoc(member) or ""):
                    found.add(member)
    return sorted(found, key=lambda cls: cls.__name__)


@for_every("path", reference.pages(), ids=lambda path: path.name)
def test_what_comes_from_the_code_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == reference.pages()[path], "run: make docs"


@for_every("cls", classes())
def test_every_operator_and_sensor_is_in_the_reference(cls: type) -> None:
    assert f"\n### {cls.__name__}\n" in (ROOT / "docs" / "operators.md").read_text()


def test_an_undescribed_parameter_stops_the_reference() -> None:
    class Undescribed(DtsTask):
        """A task."""

        def __init__(self, *, secret_switch: bool = False, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    Undescribed.__module__ = "tencent_dts.tasks.base"
    with pytest.raises(SystemExit, match="Undescribed does not describe secret_switch"):
        reference.parameters_of(Undescribed)


def test_a_block_ends_at_its_own_end() -> None:
    page = "<!-- begin: access types -->\n<!-- end -->\nkept\n<!-- begin: configuration -->\nstale\n<!-- end -->\n"
    written = reference.refreshed(page)
    assert "\nkept\n" in written
    assert "stale" not in written
    assert reference.refreshed(written) == written


def test_a_misspelt_block_is_refused() -> None:
    with pytest.raises(SystemExit, match="no block 'acess types'"):
        reference.refreshed("<!-- begin: acess types -->\n<!-- end -->")


def test_code_in_the_docs_is_included_from_files() -> None:
    for page in PAGES:
        for start in re.finditer(r"^```(?:python|json|yaml)$", page.read_text("utf-8"), flags=re.MULTILINE):
            before = page.read_text("utf-8")[: start.start()].rstrip().splitlines()[-1]
            assert before.startswith("<!-- begin: include ") or page.name == "emulator.md", (page.name, before)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@for_every("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            aim = (page.parent / file) if file else page
            assert aim.exists(), target
            assert not anchor or anchor in anchors(aim), target


@for_every("image", sorted((ROOT / "docs" / "images").glob("*.svg")))
def test_pictures_are_well_formed_and_have_a_title(image: Path) -> None:
    title = ElementTree.parse(image).getroot().find("{http://www.w3.org/2000/svg}title")  # noqa: S314 - our own file
    assert title is not None
    assert title.text


DAGS = {path.stem: path for path in sorted((ROOT / "dags").glob("*.py")) if path.stem != "dts_manifests"}


@for_every("dag_id", DAGS)
def test_every_task_that_can_be_red_says_so_and_has_one_row_in_the_runbook(dag_id: str) -> None:
    dag = runpy.run_path(str(DAGS[dag_id]))["dag"]
    assert dag.dag_id == dag_id
    section = RUNBOOK.partition(f"\n## {dag_id}\n")[2].partition("\n## ")[0]
    rows = re.findall(r'^\| <a id="(\w+)-(\w+)"></a>`(\w+)` \|', section, flags=re.MULTILINE)
    assert sorted(rows) == sorted((dag_id, task_id, task_id) for task_id in dag.task_ids)
    assert set(SECTIONS[dag_id]) == set(dag.task_ids)  # to which the DTS tab links
    for task in dag.tasks:
        assert "**Red:**" in (task.doc_md or ""), task.task_id


PROBLEMS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, errors.DtsProblem) and found not in (errors.DtsProblem, errors.Permanent, errors.DtsError)
]


@for_every("problem", [*PROBLEMS, ApprovalRefused])
def test_every_error_is_in_the_runbook(problem: type) -> None:
    assert f"`{problem.__name__}`" in RUNBOOK


@for_every("problem", error_classes())
def test_every_class_of_the_tree_has_a_row_and_is_explained(problem: type[DtsProblem]) -> None:
    name, explained = problem.__name__, page_of_errors([])
    by_the_error = RUNBOOK.partition("## By the error")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0] for line in by_the_error.splitlines() if line.startswith("|")]
    assert any(f"`{name}`" in row for row in rows)
    assert f"## {name}\n\n{meaning_of(problem)}\n" in explained
    assert len(meaning_of(problem)) > 20
    assert f"## {name}\n" in (ROOT / "docs" / "errors.md").read_text("utf-8")


def test_the_runbook_leads_to_every_class_of_errors() -> None:
    classes = re.findall(r"^## (\w+)$", (ROOT / "docs" / "errors.md").read_text(), flags=re.MULTILINE)
    assert len(classes) > 8
    assert [name for name in classes if f"[`{name}`](errors.md#{name.lower()})" not in RUNBOOK] == []


def test_every_option_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text()
    config: Any = get_provider_info()["config"]
    for option in config["tencent_dts"]["options"]:
        assert f"| `{option}` |" in guide


def example_connections() -> dict[str, Any]:
    from airflow.secrets.local_filesystem import load_connections_dict

    return load_connections_dict(str(ROOT / "docs" / "examples" / "connections.json"))


def test_the_example_connections_show_every_access_type() -> None:
    shown = {conn.extra_dejson.get("access_type") for conn in example_connections().values()}
    assert shown == {*MIGRATION.required, *SYNC_TARGET.required, None}  # the cloud's own connection has none


# What makes the fields of a request of each example connection; most serve every area.
ENDPOINTS: dict[str, tuple[str, str, Any]] = {
    "migration": (VERSION_2021, "ModifyMigrationJob", lambda *args: {"SrcInfo": endpoint(migration_endpoint, *args)}),
    "sync source": (VERSION_2021, "ConfigureSyncJob", lambda *args: endpoint(partial(sync_side, side="Src"), *args)),
    "sync target": (VERSION_2021, "ConfigureSyncJob", lambda *args: endpoint(partial(sync_side, side="Dst"), *args)),
    "2018 source": (VERSION_2018, "ModifyMigrateJob", lambda *args: endpoint(source_2018, *args)),
}
SOME = {
    "kafka_in_the_cloud": {"sync target"},
    "kafka_in_a_vpc": {"sync target"},
    "postgres_with_ipv6": {"migration"},
    "redis_cluster": {"migration", "2018 source"},
    "tdsql_c_on_the_cloud_network": {"migration", "sync source", "sync target"},
    "mongo_in_a_vpc": {"migration", "sync source", "sync target"},
    "tdsql_through_its_proxy": {"migration", "sync source", "sync target"},
}


def endpoint(made: Any, conn: Any, database_type: str) -> dict[str, Any]:
    fields: dict[str, Any] = made(conn, region=conn.extra_dejson["region"], database_type=database_type)
    return fields


@for_every("conn_id", sorted(example_connections().keys() - {"tencentcloud_default"}))
def test_an_example_connection_is_one_that_dts_takes(conn_id: str) -> None:
    conn = example_connections()[conn_id]
    database_type = database_type_of(conn)
    assert database_type
    for area in SOME.get(conn_id, ENDPOINTS):
        version, action, made = ENDPOINTS[area]
        problems = load(version).problems(action, made(conn, database_type))
        assert [problem for problem in problems if problem.kind != "missing" or "." in problem.path] == [], area


def test_the_changelog_has_the_version() -> None:
    from tencent_dts import __version__

    assert __version__ in (ROOT / "CHANGELOG.md").read_text()


def test_the_connection_to_an_emulator_of_ones_own_is_there_to_be_pasted_on_one_page(
    dts_emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands on the page, but for the port, which is the one that this emulator happens to have."""
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    told = {
        page.name: re.findall(r"^ +export (AIRFLOW_CONN_.*)$", page.read_text("utf-8"), re.MULTILINE) for page in pages
    }
    ((line,),) = [lines for lines in told.values() if lines]
    variable, _, value = line.partition("=")
    port = json.loads(value.strip("'"))["port"]
    assert port == DEFAULT_PORT
    monkeypatch.setenv(variable, value.strip("'").replace(str(port), dts_emulator.endpoint.rpartition(":")[2]))
    assert DtsHook().test_connection()[0]
    assert dts_emulator.journal("DescribeMigrationJobs")
