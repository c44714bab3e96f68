"""The wire shapes as types: current with the spec, and mypy finds a wrong field of a request and of an answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mypy import api

from scripts import generate_shapes
from tencent_dts.spec import VERSION_2018, VERSION_2021, Field, Spec, load

ROOT = Path(__file__).parent.parent.parent

HEAD = """\
from tencent_dts.spec.shapes.migration import CompleteMigrateJobRequest, DescribeMigrationJobsAnswer
from tencent_dts.spec.shapes.migration_types import JobItem
from tencent_dts.spec.shapes.sync import ConfigureSyncJobRequest
from tencent_dts.spec.shapes.sync_types import Endpoint


def requests(endpoint: Endpoint) -> None:
    complete: CompleteMigrateJobRequest = {"JobId": "dts-1", "CompleteMode": "immediately"}
    complete["CompleteMode"] = "waitForSync"


def answers(page: DescribeMigrationJobsAnswer) -> None:
    jobs = [job["JobId"] for job in page.get("JobList") or []]
    first: str = jobs[0]
"""
WRONG = {
    'misspelt: CompleteMigrateJobRequest = {"JobId": "dts-1", "CompletMode": "immediately"}': "CompletMode",
    'missing: CompleteMigrateJobRequest = {"CompleteMode": "immediately"}': "JobId",
    'mistyped: Endpoint = {"Port": "3306"}': "Port",
    "def nested(request: ConfigureSyncJobRequest) -> None: request['SrcInfo'] = {'Prot': 1}": "Prot",
    "def by_key(job: JobItem) -> object: return job['Statsu']": "Statsu",
    "def by_get(job: JobItem) -> object: return job.get('Statsu')": "Statsu",
    "def by_get_or_else(job: JobItem) -> object: return job.get('Statsu', '')": "Statsu",
    "def null(job: JobItem) -> str: return job.get('Status', '')": "return",
}


def test_what_is_committed_is_what_the_generator_writes() -> None:
    committed = {path.name: path.read_text() for path in generate_shapes.HERE.glob("[!_]*.py")}
    assert committed == generate_shapes.build()


def test_mypy_finds_every_wrong_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # mypy's settings, and its cache
    file = tmp_path / "wrong.py"
    file.write_text(HEAD + "\n\n" + "\n".join(WRONG) + "\n")
    report, trouble, _ = api.run([str(file), "--no-error-summary", "--hide-error-context"])
    assert not trouble
    first = len(HEAD.splitlines()) + 3
    found = {int(line.split(":")[1]): line for line in report.splitlines() if ": error:" in line}
    assert sorted(found) == list(range(first, first + len(WRONG))), report
    for number, word in enumerate(WRONG.values(), first):
        assert word in found[number]


# Where resources are read that only their row knows: no type can tell mypy of their fields.
READERS = ("engine", "hooks", "kinds", "model", "operators", "orphans", "plugins", "sensors", "tasks", "triggers")
NAME = re.compile(r"[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)*")


def _is_of_actions(node: ast.expr) -> bool:
    """Whether the names are those of actions: ``load().actions["CreateSyncJob"]``."""
    return isinstance(node, ast.Attribute) and node.attr == "actions"


def names_read(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Fields, by their names or dotted paths, that a module reads of anything, and the lines."""
    for node in ast.walk(module):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            given = node.args[:1]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("dig", "text_at"):
            given = node.args[1:2]
        elif isinstance(node, ast.Subscript) and not _is_of_actions(node.value):
            given = [node.slice]
        for each in given:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and NAME.fullmatch(each.value):
                yield each.lineno, each.value


def is_known(path: str) -> bool:
    """Whether any request, answer or data type of either version has a field at a path."""

    def reaches(spec: Spec, shape: Mapping[str, Field], names: list[str]) -> bool:
        rule = shape.get(names[0])
        return rule is not None and (not names[1:] or reaches(spec, spec.types.get(rule.type, {}), names[1:]))

    for spec in (load(VERSION_2021), load(VERSION_2018)):
        actions = [shape for action in spec.actions.values() for shape in (action.request, action.response)]
        if any(reaches(spec, shape, path.split(".")) for shape in [*spec.types.values(), *actions]):
            return True
    return False


def test_every_field_that_is_read_by_its_name_is_one_of_the_api() -> None:
    unknown = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for folder in READERS
        for path in sorted((ROOT / "tencent_dts" / folder).rglob("*.py"))
        for line, name in names_read(ast.parse(path.read_text()))
        if not is_known(name)
    ]
    assert unknown == []


def test_the_types_cost_nothing_where_nothing_is_checked() -> None:
    """Parsing a DAG does not load them: they are imported for the type checker alone."""
    loading = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tencent_dts").rglob("*.py"))
        if path.parent != generate_shapes.HERE
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tencent_dts.spec.shapes")
    ]
    assert loading == []
