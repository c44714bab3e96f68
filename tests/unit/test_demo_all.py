"""What `make demo-all` promises: every DAG once, each job bought once, and in the end nothing that costs."""

from __future__ import annotations

from typing import Any

import pytest

from scripts import demo_all
from scripts.demo_all import LIVES, Part
from scripts.runs import PURCHASES
from tencent_dts.kinds.registry import BY_NAME
from tests.rules import for_every

LINE = {"state": "success", "purchases": 1, "conclusion": "same", "live": [], "throttled": 0}


def test_every_dag_of_the_folder_is_run_but_fleets_which_ask_a_person() -> None:
    run = {part.dag_id for life in demo_all.lives() for part in life}
    assert run | {"example_fleet"} == demo_all.load().keys()
    assert demo_all.fleets() == {"example_fleet"}


def test_a_dag_without_a_row_must_buy_nothing_and_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_all, "LIVES", {key: life for key, life in LIVES.items() if key != "migration_2018"})
    (part,) = next(life for life in demo_all.lives() if life[0].dag_id == "dts_migrate_2018")
    assert part == Part("dts_migrate_2018")
    assert demo_all.broken(part, LINE, "dts-a") == ["purchases is 1, not 0", "conclusion is same, not "]


def test_every_kind_of_manifest_has_its_dags() -> None:
    assert LIVES.keys() == BY_NAME.keys()


def test_what_goes_on_is_ended_by_the_last_dag_of_its_life() -> None:
    for life in demo_all.lives():
        assert not life[-1].goes_on, life
        assert [part.job for part in life].count("") == 1, life


def test_a_manifest_is_run_with_its_own_values() -> None:
    made = {life[0].dag_id: life for life in demo_all.lives()}
    assert [part.dag_id for part in made["example_sync"]] == ["example_sync", "dts_sync_retire"]
    assert made["example_subscription"][0].conf == {}


def test_every_purchase_is_counted() -> None:
    assert {kind.purchase.action for kind in BY_NAME.values()} == set(PURCHASES)


@for_every(
    "changes, said",
    [
        ({}, []),
        ({"state": "failed"}, ["state is failed, not success"]),
        ({"purchases": 2}, ["purchases is 2, not 1"]),
        ({"conclusion": ""}, ["conclusion is , not same"]),
        ({"live": ["dts-a"]}, ["live is ['dts-a'], not []"]),
    ],
)
def test_what_was_not_promised_is_told(changes: dict[str, Any], said: list[str]) -> None:
    part = Part("dts_migrate", purchases=1, conclusion="same")
    assert demo_all.broken(part, LINE | changes, "dts-a") == said


def test_a_job_that_goes_on_must_be_the_only_one_that_costs() -> None:
    part = Part("dts_sync", purchases=1, conclusion="same", goes_on=True)
    assert demo_all.broken(part, LINE | {"live": ["sync-a"]}, "sync-a") == []
    assert demo_all.broken(part, LINE, "sync-a") == ["live is [], not ['sync-a']"]


@pytest.mark.usefixtures("airflow_database", "airflow_connections")
def test_a_subscription_is_made_and_ended(dts_emulator: Any, capfd: pytest.CaptureFixture[str]) -> None:
    made, ended = LIVES["subscription"]
    line, job_id = demo_all.run(dts_emulator, made, "")
    assert demo_all.broken(made, line, job_id) == []
    assert line["dag_id"] == "dts_subscribe"
    assert line["live"] == [job_id]
    line, _ = demo_all.run(dts_emulator, ended, job_id)
    assert demo_all.broken(ended, line, job_id) == []
    assert line["throttled"] == 0
    assert line["api_calls"] > 0
    assert "XCom not found" not in "".join(capfd.readouterr()), "a step that is not wanted looks like an error"
