"""The page about the emulator is current and leaves nothing out; the tables keep to the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tencent_dts.emulator import coverage, rehearsals, tables
from tencent_dts.emulator.kernel import HANDLERS
from tencent_dts.spec import load

ROOT = Path(__file__).parents[3]
SPEC = load()
# Codes that the documents list as common to all actions.
COMMON = {"ResourceNotFound", "UnsupportedOperation"}


def test_the_committed_page_is_what_the_code_says() -> None:
    committed = (ROOT / coverage.PAGE).read_text("utf-8")
    assert committed == coverage.page(), "run: python -m tencent_dts.emulator.coverage"


def test_every_action_of_both_areas_is_answered() -> None:
    coverage.page()
    wanted = {name for name, action in SPEC.actions.items() if action.area in ("migration", "compare")}
    assert wanted <= {action for version, action in HANDLERS if version == SPEC.version}


def test_what_is_assumed_or_observed_says_so_in_words() -> None:
    coverage.page()
    for registered in HANDLERS.values():
        assert registered.note or registered.fidelity == "documented", registered.action


def test_the_page_names_every_state_action_and_rehearsal() -> None:
    page = coverage.page()
    states = (*tables.MIGRATION_STATES, *tables.TRADE_STATES, *tables.COMPARE_STATES)
    for name in (*tables.MIGRATION, *tables.COMPARE, *states):
        assert f"`{name}`" in page, name
    for name in rehearsals.CONVENTION:
        assert f"`rehearse_{name}`" in page


@pytest.mark.parametrize("axis", [tables.MIGRATION, tables.TRADE, tables.COMPARE])
def test_every_code_of_the_tables_is_documented_for_its_action(axis: dict[str, tables.Row]) -> None:
    for action, row in axis.items():
        documented = COMMON | set(SPEC.actions[action].errors)
        assert {row.refusal, *row.instead.values()} <= documented, action
        if axis is not tables.TRADE:
            assert row.missing in documented, action


def test_the_tables_lead_from_states_that_exist_to_states_that_exist() -> None:
    for axis, states in (
        (tables.MIGRATION, set(tables.MIGRATION_STATES)),
        (tables.TRADE, set(tables.TRADE_STATES)),
        (tables.COMPARE, {*tables.COMPARE_STATES, tables.GONE}),
    ):
        for action, row in axis.items():
            assert row.to.keys() | set(row.to.values()) | row.instead.keys() <= states, action
    assert tables.ALLOWED.keys() == set(tables.MIGRATION_STATES)


def test_every_code_that_a_handler_raises_by_itself_is_documented_somewhere() -> None:
    known = {code for action in SPEC.actions.values() for code in action.errors} | COMMON
    folder = ROOT / "tencent_dts" / "emulator"
    for name in ("tables", "migration", "migration_reads", "compare", "configuration", "jobs"):
        source = (folder / f"{name}.py").read_text("utf-8")
        codes = re.findall(r'"((?:Invalid|Limit|Operation|Failed|Resource|Internal|Unsupported)\w+\.\w+)"', source)
        assert set(codes) <= known, name
