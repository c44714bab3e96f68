"""The coverage page accounts for every action that the SDK has, once, and is current."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts import coverage
from scripts.local import ROOT
from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world.kernel import HANDLERS
from tencent_dts.spec import load
from tencent_dts.tasks.compare_tasks import CreateCompareTask
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.operator import DtsOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.tasks.sensor import DtsSensor
from tests.rules import for_every
from tests.unit.classes import concrete

ACTIONS = coverage.sdk_actions()
OPERATORS = coverage.classes_by_action("operators")
SENSORS = coverage.classes_by_action("sensors")
load_areas()

every_action = for_every("key", ACTIONS, ids="/".join)


def rows() -> list[list[str]]:
    """The cells of every action's row."""
    lines = [line for line in coverage.page().splitlines() if line.startswith("| `")]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]


def test_the_committed_page_is_what_the_code_says() -> None:
    assert coverage.PAGE.read_text("utf-8") == coverage.page(), "run: make docs"


def test_the_sdk_has_the_actions_whose_shapes_we_know() -> None:
    assert {version: sum(key[0] == version for key in ACTIONS) for version in dict(ACTIONS)} == {
        "2021-12-06": 84,
        "2018-03-30": 22,
    }
    assert set(ACTIONS) == {(version, name) for version in dict(ACTIONS) for name in load(version).actions}


def test_every_action_has_one_row() -> None:
    assert [row[0].strip("`") for row in rows()] == [name for _, name in ACTIONS]


@every_action
def test_an_action_is_built_or_the_page_says_why_not(key: coverage.Key) -> None:
    assert (key in OPERATORS) != (key in coverage.NOT_BUILT)


@every_action
def test_what_is_built_is_emulated_and_what_is_not_is_not(key: coverage.Key) -> None:
    assert (key in OPERATORS) == (key in HANDLERS)


def test_no_account_names_an_action_that_the_sdk_does_not_have_or_two_reasons() -> None:
    named = [(version, name) for version, told in coverage.ACCOUNTS.items() for one in told for name in one.actions]
    assert set(named) <= set(ACTIONS)
    assert len(named) == len(set(named))


def test_an_action_without_operator_and_account_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "sdk_actions", lambda: [*ACTIONS, ("2021-12-06", "CreateSomethingNew")])
    with pytest.raises(SystemExit, match="CreateSomethingNew of 2021-12-06 has no operator"):
        coverage.page()


@every_action
def test_an_action_has_one_operator(key: coverage.Key) -> None:
    assert len(OPERATORS.get(key, ["none"])) == 1


def test_every_class_of_one_action_is_in_the_page() -> None:
    page = coverage.page()
    called = {name for found in (OPERATORS, SENSORS) for names in found.values() for name in names}
    bases: list[Any] = [DtsOperator, DescribeOperator, PurchaseTask, CreateCompareTask, DtsSensor]
    assert {cls.__name__ for base in bases for cls in concrete(base)} == called
    assert all(f"[`{name}`]" in page for name in called)


def test_the_classes_of_one_version_do_not_stand_for_the_other() -> None:
    assert OPERATORS["2021-12-06", "CompleteMigrateJob"] == ["DtsCompleteMigrateJobOperator"]
    assert OPERATORS["2018-03-30", "CompleteMigrateJob"] == ["DtsCompleteMigrateJob2018Operator"]
    assert SENSORS["2021-12-06", "DescribeCompareReport"] == ["DtsCompareReportSensor"]


def test_marks_and_rates_are_the_emulators_and_the_documents() -> None:
    found = {row[0].strip("`"): row[3:] for row in rows()}
    assert found["DescribeSyncJobs"] == ["yes", "documented", "100"]
    assert found["DescribeMigrateJobs"] == ["yes", "documented", "50"]
    assert found["ResetSyncJob"] == ["yes", "documented", "20 (assumed)"]
    assert found["StartSubscribe"] == ["no", "", "20 (assumed)"]


def test_a_link_of_the_page_leads_to_the_class() -> None:
    anchors = re.findall(r"\(operators\.md#(\w+)\)", coverage.page())
    assert anchors
    assert {name.lower() for names in (*OPERATORS.values(), *SENSORS.values()) for name in names} == set(anchors)
    assert (ROOT / "docs" / "operators.md").exists()
