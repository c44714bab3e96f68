"""Files of fleets: what is wrong with one is named with its line, its value and what would be right."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scripts import manifest_schema
from scripts.local import ROOT
from tencent_dts.errors import InvalidInput
from tencent_dts.manifests import InvalidManifest, load_manifest, manifest_files, read_manifest
from tencent_dts.operators.fleet import DtsBeginWaveOperator, FleetMember
from tencent_dts.task_groups.fleet import Wave, migrate_fleet
from tests.rules import for_every

OBJECTS = "{ObjectMode: partial, Databases: [{DbName: 2024, DBMode: all}]}"
HEAD = f"""fleet:
  in_flight: 2
  defaults:
    source_connection: source_mysql
    target_connection: target_mysql
    objects: {OBJECTS}
"""
WAVES = """  waves:
    - name: first
      members:
        - name: orders
        - name: users
          after: [orders]
    - name: second
      members:
        - name: logs
"""
BASE = HEAD + WAVES

WRONG: dict[str, tuple[str, str]] = {
    "no waves": (HEAD, "line 1: fleet, waves: it is missing"),
    "no members": (HEAD + "  waves: [{name: first, members: []}]\n", "line 7: fleet, waves, 0, members: [] "),
    "no name": (HEAD + "  waves: [{members: [{name: a}]}]\n", "line 7: fleet, waves, 0, name: it is missing"),
    "misspelt field": (
        BASE.replace("in_flight", "inflight"),
        "line 2: fleet, inflight: no such field; did you mean",
    ),
    "none in flight": (BASE.replace("in_flight: 2", "in_flight: 0"), "line 2: fleet, in_flight is 0: 0 is less than"),
    "a part of a job in flight": (BASE.replace("in_flight: 2", "in_flight: 1.5"), "line 2: fleet, in_flight is '1.5'"),
    "failures below none": (BASE + "  max_failed: -1\n", "line 16: fleet, max_failed is -1: -1 is less than"),
    "a name twice": (
        BASE.replace("name: logs", "name: orders"),
        "line 15: fleet, waves, 1, members, 0, name is 'orders': another member has it",
    ),
    "a wave twice": (BASE.replace("name: second", "name: first"), "line 13: fleet, waves, 1, name is 'first': another"),
    "a wave of the canary's name": (BASE.replace("name: second", "name: canary"), "name is 'canary': it is taken"),
    "a name that is no id": (BASE.replace("name: second", "name: the second"), "line 13: fleet, waves, 1, name is"),
    "after one that comes later": (
        BASE.replace("after: [orders]", "after: [logs]"),
        "line 12: fleet, waves, 0, members, 1, after, 0 is 'logs': name a member that stands before this one",
    ),
    "after itself": (BASE.replace("after: [orders]", "after: [users]"), "after, 0 is 'users': name a member that"),
    "no such canary": (BASE + "  canary: bills\n", "line 16: fleet, canary is 'bills': no member has this name"),
    "a canary that waits": (BASE + "  canary: users\n", "line 16: fleet, canary is 'users': it comes after another"),
    "a wrong default": (
        BASE.replace("    objects:", "    instance_class: huge\n    objects:"),
        "line 6: fleet, defaults, instance_class is 'huge': allowed: small",
    ),
    "a wrong value of a member": (
        BASE.replace("- name: logs", "- name: logs\n          compare_threads: 9"),
        "line 16: fleet, waves, 1, members, 0, compare_threads is 9: 9 is greater",
    ),
    "an unknown field of a member": (
        BASE.replace("- name: logs", "- name: logs\n          instance_clas: small"),
        "line 16: fleet, waves, 1, members, 0, instance_clas: no such field; did you mean instance_class?",
    ),
    "a part of the API's that is wrong": (
        BASE.replace("- name: logs", "- name: logs\n          objects: {ObjectMode: partial, Databases: [{DbNam: a}]}"),
        "line 16: fleet, waves, 1, members, 0, objects, Databases, 0, DbNam: is not a field here",
    ),
    "the same in the defaults": (
        BASE.replace("DbName: 2024", "DbNam: a"),
        "line 6: fleet, defaults, objects, Databases, 0, DbNam: is not a field here",
    ),
    "nothing to migrate from": (
        BASE.replace("    source_connection: source_mysql\n", ""),
        "line 9: fleet, waves, 0, members, 0, source_connection: it is missing, here and in defaults",
    ),
    "what does not go together": (
        BASE.replace("- name: logs", "- name: logs\n          source_connection: target_mysql"),
        "line 15: fleet, waves, 1, members, 0, target_connection",
    ),
    "two kinds": (BASE + "sync: {}\n", "line 16: sync: the file has fleet already"),
    "an alias": (HEAD + "  waves: &w [{name: a, members: [{name: b}]}]\n  canary: *w\n", "aliases such as *w"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    return tmp_path / "migrations" / "shops.yaml"


@for_every("case", WRONG)
def test_a_bad_file_names_line_field_value_and_fix(file: Path, case: str) -> None:
    text, expected = WRONG[case]
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidManifest) as told:
        load_manifest(file)
    assert expected in told.value.render()


def begins(dag: Any) -> list[DtsBeginWaveOperator]:
    return [task for task in dag.tasks if isinstance(task, DtsBeginWaveOperator)]


def test_members_have_the_defaults_and_their_own_and_the_canary_goes_first(file: Path) -> None:
    file.write_text(f"{BASE}          instance_class: large\n  canary: orders\n", "utf-8")
    _, dag = load_manifest(file)
    waves = begins(dag)
    assert [(task.line.waves[task.wave].name, [one.name for one in task.members]) for task in waves] == [
        ("canary", ["orders"]),
        ("first", ["users"]),
        ("second", ["logs"]),
    ]
    ((logs,), (users,)) = waves[2].members, waves[1].members
    assert logs.request["instance_class"] == "large"
    assert "instance_class" not in users.request
    assert users.request["objects"]["Databases"] == [{"DbName": "2024", "DBMode": "all"}]
    assert users.after == ("orders",)
    assert waves[0].line.in_flight == 2


def test_no_edge_leads_from_one_wave_to_the_next(file: Path) -> None:
    """Else a Clear of a member with its downstream would clear the waves after its own."""
    file.write_text(BASE, "utf-8")
    _, dag = load_manifest(file)
    for task in dag.tasks:
        below = task.get_flat_relative_ids(upstream=False)
        wave = task.task_id.partition(".")[0]
        assert {name.partition(".")[0] for name in below} <= {wave, "summary"}, task.task_id


@for_every(
    "waves, options, field",
    [
        ([], {}, "waves"),
        ([Wave("a", [])], {}, "wave a"),
        ([Wave("a", [FleetMember("x", {})]), Wave("a", [FleetMember("y", {})])], {}, "waves is 'a'"),
        ([Wave("a", [FleetMember("x", {}), FleetMember("x", {})])], {}, "members is 'x'"),
        ([Wave("a", [FleetMember("x", {}, ("y",)), FleetMember("y", {})])], {}, "x, after is 'y'"),
        ([Wave("a", [FleetMember("x", {})])], {"canary": "z"}, "canary is 'z'"),
        ([Wave("a", [FleetMember("x", {})])], {"in_flight": 0}, "in_flight is 0"),
        ([Wave("a", [FleetMember("x", {})])], {"max_failed": -1}, "max_failed is -1"),
    ],
)
def test_what_an_author_gives_is_refused_when_the_dag_is_parsed(waves: Any, options: Any, field: str) -> None:
    from airflow.sdk import DAG

    with DAG("authored", schedule=None), pytest.raises(InvalidInput, match=f"^{field}"):
        migrate_fleet(None, waves=waves, **options)


def many(members: int) -> str:
    lines = [HEAD, "  waves:", "    - name: all", "      members:"]
    for number in range(members):
        lines += [f"        - name: m{number}", f"          source_connection: source_{number}"]
        lines += [f"          objects: {{ObjectMode: partial, Databases: [{{DbName: db_{number}, DBMode: all}}]}}"]
    return "\n".join(lines).replace("\n\n", "\n")


def test_a_file_of_five_hundred_members_takes_little_longer_than_one_of_fifty(file: Path) -> None:
    """Not a second for each; `make bench` measures the seconds."""

    def seconds(members: int) -> float:
        file.write_text(many(members), "utf-8")
        began = time.process_time()
        _, dag = load_manifest(file)
        assert len(begins(dag)[0].members) == members
        return time.process_time() - began

    seconds(1)  # what is imported once
    few = min(seconds(50) for _ in range(3))
    assert seconds(500) < 15 * few


def test_the_schema_for_editors_is_current_and_takes_the_examples() -> None:
    published = json.loads(manifest_schema.PAGE.read_text("utf-8"))
    assert manifest_schema.PAGE.read_text("utf-8") == manifest_schema.text(), "run: make docs"
    Draft202012Validator.check_schema(published)
    judge = Draft202012Validator(published)
    from tencent_dts.manifests.check import is_fraction, is_text
    from tencent_dts.manifests.document import Document

    for path in manifest_files(ROOT / "migrations"):
        document = Document(is_text, is_fraction)
        document.read(path)
        judge.validate(document.values)
        read_manifest(path)
    assert not judge.is_valid({"fleet": {"waves": []}})
    assert not judge.is_valid({"schedule": None})
