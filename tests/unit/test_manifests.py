"""What a migration file may say, and what is said of one that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scripts.local import ROOT
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.registry import BY_NAME
from tencent_dts.manifests import InvalidManifest, Manifest, manifest_dags, manifest_files, read_manifest
from tencent_dts.manifests.check import MANIFEST_SCHEMA, TYPES, is_text
from tencent_dts.manifests.dags import build_dag
from tencent_dts.spec import load
from tests.rules import for_every

BASE = """
migration:
  source_connection: source_mysql
  target_connection: target_mysql
  objects: {ObjectMode: all}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "migrations"
    made.mkdir()
    return made


def write(folder: Path, text: str, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def read(folder: Path, text: str) -> Manifest:
    return read_manifest(write(folder, text))


def refusal(folder: Path, text: str, name: str = "shop.yaml") -> str:
    with pytest.raises(InvalidManifest) as caught:
        read_manifest(write(folder, text, name))
    return str(caught.value)


@for_every("path", manifest_files(ROOT / "migrations"), ids=lambda path: path.stem)
def test_each_shipped_example_is_valid_and_starts_nothing_by_itself(path: Path) -> None:
    dag: Any = manifest_dags(ROOT / "migrations")[path.stem]
    assert dag.schedule is None
    assert dag.is_paused_upon_creation
    assert dag.owner == "shop-team"


def test_a_shipped_example_has_the_values_of_its_file() -> None:
    dag: Any = manifest_dags(ROOT / "migrations")["example_shop"]
    assert dag.params["objects"]["Databases"][0]["DbName"] == "shop"


def test_a_manifest_becomes_a_scheduled_dag_with_its_values_as_defaults(folder: Path) -> None:
    write(
        folder,
        'description: Nightly.\nschedule: "0 2 * * 6"\ntimezone: Asia/Shanghai\nstart_date: 2026-12-31 02:00:00\n'
        f"owner: shop-team\ntags: [shop]\n{BASE}  instance_class: large\n",
    )
    dag = manifest_dags(folder)["shop"]
    assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, True)
    assert {"shop", "manifest", "tencent-dts"} == set(dag.tags)
    assert dag.params["instance_class"] == "large"
    assert dag.params["migrate_type"] == "fullAndIncrement"
    assert {"plan", "purchase", "complete", "isolate"} <= set(dag.task_ids)
    assert {task.owner for task in dag.tasks} == {"shop-team"}


def first_run(folder: Path, text: str) -> Any:
    """When the scheduler will start the first run of a DAG that is unpaused now, and the timetable."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    write(folder, f"{text}{BASE}")
    dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(manifest_dags(folder)["shop"]))
    start: Any = dag.start_date
    restriction = TimeRestriction(earliest=start, latest=None, catchup=dag.catchup)
    info = dag.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info is not None
    return info.run_after


@pytest.mark.parametrize("start_date", ["", "start_date: 2026-01-01\n"])
def test_unpausing_starts_nothing_before_the_next_tick(folder: Path, start_date: str) -> None:
    soon = first_run(folder, f'schedule: "0 2 * * 6"\ntimezone: Asia/Shanghai\n{start_date}')
    assert soon > datetime.now(UTC)
    assert soon.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%a %H:%M") == "Sat 02:00"


def test_nothing_starts_before_the_start_date(folder: Path) -> None:
    text = 'schedule: "0 2 * * 6"\ntimezone: Asia/Shanghai\nstart_date: 2199-12-31 02:00:01\n'
    assert first_run(folder, text).isoformat() == "2200-01-03T18:00:00+00:00"


def test_a_manifest_that_is_started_by_hand_only_may_be_started_before_its_start_date(folder: Path) -> None:
    write(folder, f"schedule: null\nstart_date: 2199-12-31 02:00:01\n{BASE}")
    assert manifest_dags(folder)["shop"].start_date is None


def test_once_is_at_the_start_date_in_the_manifests_time_zone(folder: Path) -> None:
    text = 'schedule: "@once"\ntimezone: Asia/Shanghai\nstart_date: 2026-01-31 02:00:00\n'
    assert first_run(folder, text).isoformat() == "2026-01-30T18:00:00+00:00"


DAYS = ["0 2 29 2 *", "0 2 L * *", "0 2 ? * thu-fri", "'0 2 * mar,apr 1#1'"]


@for_every("preset", ['"@once"', '"@weekly"', "null", "30 1 1 * *", *DAYS])
def test_presets_cron_expressions_and_no_schedule_are_schedules(folder: Path, preset: str) -> None:
    assert read(folder, f"schedule: {preset}\n{BASE}").dag_id == "shop"


@for_every("name", ["2024", "0123", "0x1f", "on", "no", "true", "1e3", "2024-01-01", "1_000", "12:30", "~x"])
def test_a_database_keeps_the_name_that_is_written(folder: Path, name: str) -> None:
    text = BASE.replace("{ObjectMode: all}", f"{{ObjectMode: partial, Databases: [{{DbName: {name}, DBMode: all}}]}}")
    manifest = read(folder, text)
    assert manifest.values["objects"]["Databases"] == [{"DbName": name, "DBMode": "all"}]


@pytest.mark.parametrize("name", ["DatabaseTableObject", "Objects"])
def test_everything_in_objects_is_text_to_the_api_too(name: str) -> None:
    spec = load()

    def kinds(name: str) -> set[str]:
        fields = spec.types[name].values()
        return set().union(*(kinds(f.type) if f.type in spec.types else {f.type} for f in fields))

    assert kinds(name) == {"String"}


def test_numbers_and_flags_stay_what_they_are_where_the_form_wants_them(folder: Path) -> None:
    manifest = read(folder, f"{BASE}  hold_seconds: 60\n  approval: false\n  source_region: null\n")
    assert manifest.values["hold_seconds"] == 60
    assert manifest.values["approval"] is False
    assert manifest.values["source_region"] is None


def test_a_start_time_needs_no_quotes(folder: Path) -> None:
    manifest = read(folder, f"{BASE}  run_mode: timed\n  expect_run_time: 2026-12-31 02:00:00\n")
    assert manifest.values["expect_run_time"] == "2026-12-31 02:00:00"


WRONG = {
    "unknown field": (f"shedule: null\n{BASE}", "line 1: shedule: no such field; did you mean schedule?"),
    "unknown parameter": (
        f"{BASE}  instance_clas: small\n",
        "line 6: migration, instance_clas: no such field; did you mean instance_class?",
    ),
    "wrong value": (
        f"{BASE}  instance_class: huge\n",
        "line 6: migration, instance_class is 'huge': allowed: small, medium, large, xlarge, 2xlarge",
    ),
    "wrong type": (f"{BASE}  approval: yes\n", "line 6: migration, approval is 'yes': it must be true or false"),
    "number as text": (f'{BASE}  hold_seconds: "60"\n', "hold_seconds is '60': it must be a whole number"),
    "text as a number of hours": (
        f"{BASE}  ready_deadline: 12 hours\n",
        "line 6: migration, ready_deadline is '12 hours': it must be a number, as 12 or 0.5",
    ),
    "no fraction": (f"{BASE}  hold_seconds: 0.5\n", "hold_seconds is '0.5': it must be a whole number"),
    "no hours": (f"{BASE}  ready_deadline: 0.0\n", "line 6: migration, ready_deadline is 0.0: 0.0 is less than"),
    "octal number": (f"{BASE}  hold_seconds: 0600\n", "hold_seconds is '0600': it must be a whole number"),
    "too many digits": (f"{BASE}  hold_seconds: {'9' * 5000}\n", "line 6: migration, hold_seconds"),
    "out of range": (f"{BASE}  compare_threads: 99\n", "line 6: migration, compare_threads is 99: 99 is greater"),
    "missing": (
        "migration:\n  source_connection: source_mysql\n  objects: {ObjectMode: all}\n",
        "line 1: migration, target_connection: it is missing",
    ),
    "no kind": (
        "owner: me\n",
        "line 1: the file: it has none of migration, sync, migration_2018, subscription, fleet; it needs one",
    ),
    "two kinds": (
        f"{BASE}sync: {{source_connection: a, target_connection: b, objects: {{}}}}\n",
        "line 6: sync: the file has migration already; keep one of migration, sync, migration_2018, subscription, "
        "fleet",
    ),
    "empty migration": ("migration:\n", "line 1: migration is None: it must be a mapping of names to values"),
    "empty file": ("", "the file is None: it must be a mapping of names to values"),
    "a list": ("- migration\n", "line 1: the file: it must be a mapping of names to values"),
    "key twice": (
        f"{BASE}  source_connection: other\n",
        "line 6: migration, source_connection is here twice (first in line 3)",
    ),
    "alias": ("a: &a 1\nb: *a\n", "line 2: aliases such as *a are not read here; write it out"),
    "tag": (f"owner: !!python/name:os.system x\n{BASE}", "line 1: owner: a value of YAML type"),
    "float tag": (f"{BASE}  hold_seconds: !!float 1\n", "line 6: migration, hold_seconds: a value of YAML type"),
    "preset without quotes": (
        f"schedule: @once\n{BASE}",
        "line 1: found character '@' that cannot start any token; put",
    ),
    "broken YAML": (f"{BASE}  tags: [\n", "line 7: "),
    "two documents": (f"{BASE}---\n{BASE}", "line 6: but found another document"),
    "mapping as key": (f"{BASE}  ? {{a: 1}}\n  : 1\n", "line 6: a name must be plain text"),
    "control character": ("owner: a\x01b\n", "character 8 cannot be in YAML"),
    "nested too deeply": ("[" * 5000, "it is nested too deeply"),
    "cron": (f'schedule: "0 99 * * *"\n{BASE}', "line 1: schedule is '0 99 * * *': a cron expression"),
    "endless purchases": (f'schedule: "@continuous"\n{BASE}', "line 1: schedule is '@continuous': a cron expression"),
    "six fields": (
        f'schedule: "0 2 * * 6 0"\n{BASE}',
        "line 1: schedule is '0 2 * * 6 0': it has 6 fields; write five",
    ),
    "seven fields": (f'schedule: "0 0 2 * * 6 2027"\n{BASE}', "it has 7 fields; write five"),
    "31 February": (f'schedule: "0 2 31 2 *"\n{BASE}', "schedule is '0 2 31 2 *': there is no such day in any year"),
    "31 April or June": (f'schedule: "0 2 31 4,6 *"\n{BASE}', "there is no such day in any year"),
    "at random": (f'schedule: "R(0-3) 2 * * *"\n{BASE}', "R(0-3) is another time at each look; write the time"),
    "two kinds of days": (f'schedule: "0 2 1-7 * 1"\n{BASE}', "cron runs on either; make one of them *, or write"),
    "a database in part": (
        BASE.replace("{ObjectMode: all}", "{ObjectMode: partial, Databases: [{DbName: a, DBMode: partial}]}"),
        "migration, objects, Databases 0, TableMode: DBMode partial needs it: all, or partial with Tables",
    ),
    "start date": (f"start_date: soon\n{BASE}", "line 1: start_date is 'soon': write it as"),
    "start date before time": (f"start_date: 0001-01-01\n{BASE}", "line 1: start_date is '0001-01-01': write it as"),
    "time zone": (f"timezone: Beijing\n{BASE}", "line 1: timezone is 'Beijing': write it as Asia/Shanghai or UTC"),
    "same connection": (
        BASE.replace("target_mysql", "source_mysql"),
        "line 4: migration, target_connection is 'source_mysql': it is the source, too; name another",
    ),
    "no such link": (
        f"{BASE}  source_database_type: mysql\n  target_database_type: redis\n",
        "line 7: migration, target_database_type: DTS has no migration link from mysql to redis",
    ),
    "timed without a time": (
        f"{BASE}  run_mode: timed\n",
        "line 2: migration, expect_run_time: run_mode timed needs it",
    ),
    "time without timed": (
        f"{BASE}  expect_run_time: 2026-12-31 02:00:00\n",
        "line 6: migration, expect_run_time is '2026-12-31 02:00:00': leave it empty, or set run_mode to timed",
    ),
    "no such time": (
        f"{BASE}  run_mode: timed\n  expect_run_time: tomorrow\n",
        "line 7: migration, expect_run_time is 'tomorrow': write it like 2026-12-31 02:00:00 (Beijing time)",
    ),
    "rate without samples": (
        f"{BASE}  compare_sample_rate: 50\n",
        "line 6: migration, compare_sample_rate is 50: method dataCheck compares all; leave it at 100",
    ),
    "objects without databases": (
        BASE.replace("all}", "partial}"),
        "line 5: migration, objects, Databases: ObjectMode partial needs at least one database",
    ),
    "database without a name": (
        BASE.replace("all}", "partial, Databases: [{DbName: null, DBMode: all}]}"),
        "line 5: migration, objects, Databases 0, DbName: every database needs its name",
    ),
    "misspelt field of the API": (
        BASE.replace("all}", "partial, Databases: [{DBName: shop, DBMode: all}]}"),
        "line 5: migration, objects, Databases, 0, DBName: is not a field here",
    ),
    "wrong type in an option": (
        f"{BASE}  migrate_option:\n    IsMigrateAccount: 1\n",
        "line 7: migration, migrate_option, IsMigrateAccount: must be of type Boolean",
    ),
    "objects as an option": (
        f"{BASE}  migrate_option:\n    MigrateType: full\n",
        "migrate_option: write DatabaseTable as objects, and MigrateType as migrate_type",
    ),
}


SYNC = """
sync:
  source_connection: source_mysql
  target_connection: target_mysql
  objects: {Mode: Partial, Databases: [{DbName: shop, DbMode: All}]}
"""
MIGRATION_2018 = """
migration_2018:
  source_connection: source_mysql
  target_connection: target_mysql
  migrate_object: instance
"""
SUBSCRIPTION = "\nsubscription:\n  instance_id: cdb-9dijwkkw\n"
OF_EACH_KIND = {"migration": BASE, "sync": SYNC, "migration_2018": MIGRATION_2018, "subscription": SUBSCRIPTION}

WRONG |= {
    "parameter of another kind": (
        f"{SYNC}  migrate_type: full\n",
        "line 6: sync, migrate_type: no such field",
    ),
    "misspelt field of sync objects": (
        SYNC.replace("DbName", "DbNam"),
        "line 5: sync, objects, Databases, 0, DbNam: is not a field here",
    ),
    "misspelt sync option": (
        f"{SYNC}  options: {{InitTyp: Full}}\n",
        "line 6: sync, options, InitTyp: is not a field here",
    ),
    "sync objects without databases": (
        SYNC.replace(", Databases: [{DbName: shop, DbMode: All}]", ""),
        "line 5: sync, objects, Databases: name at least one database",
    ),
    "prepaid without months": (f"{SYNC}  pay_mode: PrePay\n", "line 2: sync, time_span: pay_mode PrePay needs it"),
    "compared with Kafka": (
        f"{SYNC}  target_database_type: kafka\n  compare_wanted: true\n",
        "line 7: sync, compare_wanted is True: a Kafka target holds no rows to compare; set it to false",
    ),
    "no such sync link": (
        f"{SYNC}  source_database_type: mongodb\n  target_database_type: mysql\n",
        "line 7: sync, target_database_type: DTS has no sync link from mongodb to mysql",
    ),
    "unproven cutover": (
        f"{MIGRATION_2018}  consistency: noCheck\n",
        "line 2: migration_2018, cutover_unproven is False: consistency noCheck proves nothing",
    ),
    "whole instance by default": (
        MIGRATION_2018.replace("  migrate_object: instance\n", ""),
        "line 2: migration_2018, migrate_object: it is missing",
    ),
    "data of nothing": (
        f"{SUBSCRIPTION}  subscribe_object_type: data\n",
        "line 2: subscription, objects: subscribe_object_type data needs at least one database",
    ),
    "no instance": ("subscription: {vport: 7507}\n", "line 1: subscription, instance_id: it is missing"),
}


@for_every("key", BY_NAME)
def test_each_kind_of_manifest_is_read_with_its_own_form(folder: Path, key: str) -> None:
    manifest = read(folder, OF_EACH_KIND[key])
    assert manifest.kind is BY_NAME[key]
    assert manifest.kind.form.complete(manifest.values)


@for_every("key", BY_NAME)
def test_each_kind_of_manifest_becomes_a_dag(folder: Path, key: str) -> None:
    write(folder, OF_EACH_KIND[key])
    dag = manifest_dags(folder)["shop"]
    assert "plan" in dag.task_ids
    assert len(dag.task_ids) > 3
    assert set(BY_NAME[key].form.schema) == set(dag.params)


def test_a_database_of_a_subscription_keeps_the_name_that_is_written(folder: Path) -> None:
    text = f"{SUBSCRIPTION}  subscribe_object_type: data\n  objects: [{{DatabaseName: 2024, TableNames: [on, 1e3]}}]\n"
    assert read(folder, text).values["objects"] == [{"DatabaseName": "2024", "TableNames": ["on", "1e3"]}]


@for_every("case", WRONG)
def test_names_file_line_field_value_and_fix(folder: Path, case: str) -> None:
    text, expected = WRONG[case]
    told = refusal(folder, text)
    assert told.startswith("migrations/shop.yaml is not a valid manifest; nothing was bought")
    assert expected in told
    assert "make check-migrations" in told


def test_tells_everything_that_is_wrong_at_once(folder: Path) -> None:
    told = refusal(folder, f"shedule: null\n{BASE}  instance_class: huge\n  approval: maybe\n")
    assert all(f"line {line}: " in told for line in (1, 7, 8))


def test_never_shows_the_value_of_an_unknown_field(folder: Path) -> None:
    told = refusal(folder, f"{BASE}  password: correct-horse\n  source_connection_password: [battery-staple]\n")
    assert "migration, password: no such field" in told
    assert "horse" not in told
    assert "battery" not in told


@for_every(
    "name, expected",
    [
        ("shop.yml", "rename it to shop.yaml"),
        ("a shop.yaml", "its name becomes the DAG's id"),
        ("dts_migrate.yaml", "names that begin with dts_ or invalid__ are taken"),
        ("invalid__shop.yaml", "names that begin with dts_ or invalid__ are taken"),
    ],
)
def test_refuses_file_names_that_cannot_be_ids(folder: Path, name: str, expected: str) -> None:
    assert expected in refusal(folder, BASE, name)


def test_refuses_a_file_that_is_not_utf_8(folder: Path) -> None:
    (folder / "shop.yaml").write_bytes(b"owner: M\xfcller\n")
    with pytest.raises(InvalidManifest, match="byte 8 is not UTF-8"):
        read_manifest(folder / "shop.yaml")


def test_refuses_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "shop.yaml").mkdir()
    with pytest.raises(InvalidManifest, match="it cannot be read: Is a directory"):
        read_manifest(folder / "shop.yaml")


def test_a_bad_file_becomes_a_dag_of_its_own_and_the_others_load(folder: Path) -> None:
    write(folder, BASE, "good.yaml")
    write(folder, BASE, "other.yml")
    write(folder, BASE, "two words.yaml")
    write(folder, "migration: 1\n", "bad.yaml")
    write(folder, "nobody reads this\n", "README.md")
    write(folder, "migration: 1\n", ".hidden.yaml")
    dags = manifest_dags(folder)
    assert set(dags) == {"good", "invalid__bad", "invalid__other.yml", "invalid__two_words_20dece55"}
    bad = dags["invalid__bad"]
    assert bad.task_ids == ["explain"]
    assert not bad.is_paused_upon_creation
    assert "line 1: migration is 1" in str(bad.doc_md)


_LINKED = {"Mode": "Partial", "Databases": [{"DbName": "shop", "DbMode": "All"}]}
SMALLEST: dict[str, dict[str, Any]] = {
    "migration": {"source_connection": "a", "target_connection": "b", "objects": {"ObjectMode": "all"}},
    "sync": {
        "source_connection": "a",
        "target_connection": "b",
        "objects": _LINKED,
    },
    "migration_2018": {"source_connection": "a", "target_connection": "b", "migrate_object": "instance"},
    "subscription": {"instance_id": "cdb-9dijwkkw"},
}
_TABLE = {"DbName": "shop", "DBMode": "partial", "TableMode": "partial", "Tables": [7]}
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 10**17, "", "12 hours", "soon", "\0", [], {}, [None], ["x"], [1], [[]], [{}]),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    *({"a": None}, {"ObjectMode": 7}, {"ObjectMode": "partial", "Databases": [_TABLE]}, {"Databases": "shop"}),
    *({"Databases": [1]}, {"Databases": [{"DbName": {}}]}, [{"step_id": 1, "reason": None}]),
)


def only_findings(path: Path, document: Any) -> str:
    """What is wrong with a document, or the DAG's id; anything else that is raised fails the test."""
    path.write_text(json.dumps(document), "utf-8")
    try:
        manifest = read_manifest(path)
    except InvalidManifest as problem:
        return str(problem)
    return build_dag(manifest).dag_id


@pytest.mark.parametrize("key", BY_NAME)
def test_no_value_of_any_field_of_any_form_raises_anything_but_a_finding(folder: Path, key: str) -> None:
    path = folder / "shop.yaml"
    assert only_findings(path, {key: SMALLEST[key]}) == "shop"
    for odd in ODD:
        assert only_findings(path, {key: odd})
        for name in BY_NAME[key].form.schema:
            assert only_findings(path, {key: {**SMALLEST[key], name: odd}})


def test_no_value_of_what_all_manifests_have_raises_anything_but_a_finding(folder: Path) -> None:
    for odd in ODD:
        assert only_findings(folder / "shop.yaml", odd)
        for name in MANIFEST_SCHEMA["properties"]:
            assert only_findings(folder / "shop.yaml", {"migration": SMALLEST["migration"], name: odd})


def test_each_type_of_a_form_has_its_words() -> None:
    def types(schema: Any) -> Iterator[str]:
        if isinstance(schema, list):
            for item in schema:
                yield from types(item)
        elif isinstance(schema, dict):
            kinds = schema.get("type", ())
            if isinstance(kinds, str | list):
                yield from [kinds] if isinstance(kinds, str) else kinds
            for part in schema.values():
                yield from types(part)

    assert set(types(MANIFEST_SCHEMA)) == set(TYPES)


def test_a_part_of_an_hour_is_a_deadline(folder: Path) -> None:
    values = read(folder, f"{BASE}  ready_deadline: 0.5\n  job_title: 1.5\n").values
    assert (values["ready_deadline"], values["job_title"]) == (0.5, "1.5")
    assert "ready_deadline is '0.5': it must be a number" in refusal(folder, f'{BASE}  ready_deadline: "0.5"\n')


def test_a_file_that_breaks_in_an_unforeseen_way_leaves_the_others_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(values: Any) -> None:
        raise KeyError(values["job_title"])

    write(folder, BASE, "bad.yaml")
    write(folder, SUBSCRIPTION, "good.yaml")
    migration = replace(BY_NAME["migration"], manifest=replace(BY_NAME["migration"].manifest, rules=(broken,)))
    monkeypatch.setitem(BY_NAME, "migration", migration)
    dags = manifest_dags(folder)
    assert set(dags) == {"good", "invalid__bad"}
    assert "migrations/bad.yaml is not a valid manifest" in str(dags["invalid__bad"].doc_md)
    assert "cannot be made into a DAG: KeyError in test_manifests.py" in str(dags["invalid__bad"].doc_md)


def test_a_worker_builds_only_the_dag_that_it_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        write(folder, BASE, f"{name}.yaml")
    assert len(manifest_dags(folder)) == 3
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "two")  # as a worker does
    assert set(manifest_dags(folder)) == {"two"}


def test_the_folder_is_configurable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, BASE)
    assert manifest_dags(folder / "nowhere") == {}
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__MIGRATIONS_FOLDER", str(folder))
    assert set(manifest_dags(folder / "nowhere")) == {"shop"}


@pytest.mark.parametrize(("value", "expected"), [("/does/not/exist", "there is no such folder"), ("here", "absolute")])
def test_a_configured_folder_must_exist(value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__TENCENT_DTS__MIGRATIONS_FOLDER", value)
    with pytest.raises(InvalidInput, match=expected):
        manifest_dags(ROOT / "migrations")


def test_text_is_expected_where_the_schema_wants_it() -> None:
    assert is_text(("owner",))
    assert is_text(("tags", 0))
    assert is_text(("migration", "skip_check_items", 0, "step_id"))
    assert is_text(("migration_2018", "databases", 0, "Table", 0))
    assert is_text(("subscription", "objects", 0, "TableNames", 0))
    assert not is_text(("sync", "options", "AddAdditionalColumn"))
    assert not is_text(("migration", "hold_seconds"))
    assert not is_text(("migration", "migrate_option", "RateLimit"))


def check_migrations(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.check_migrations", str(folder)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, env=dict(os.environ))


def test_the_command_accepts_valid_files(folder: Path) -> None:
    write(folder, BASE)
    checked = check_migrations(folder)
    assert checked.returncode == 0, checked.stderr
    assert "migrations/shop.yaml: valid; DAG shop, schedule by hand only" in checked.stdout


def test_the_command_says_what_the_dag_says_and_fails(folder: Path) -> None:
    write(folder, BASE, "good.yaml")
    told = refusal(folder, f"{BASE}  instance_class: huge\n", "bad.yaml")
    checked = check_migrations(folder)
    assert checked.returncode == 1
    assert told in checked.stderr
    assert "good.yaml: valid" in checked.stdout


def test_parsing_loads_neither_the_sdk_nor_the_emulator() -> None:
    program = (
        "import runpy, sys; dags = runpy.run_path('dags/dts_manifests.py'); assert 'example_shop' in dags;"
        "print([name for name in sys.modules if name.startswith(('tencentcloud', 'tencent_dts.emulator'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]"
