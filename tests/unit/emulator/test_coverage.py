"""The page about the emulator is current and leaves nothing out; the tables keep to the documents."""

from __future__ import annotations

import re
from pathlib import Path

from scripts import emulator_page
from tencent_dts.emulator.areas.migration import tables as migration_tables
from tencent_dts.emulator.areas.sync import tables as sync_tables
from tencent_dts.emulator.http.service import load_areas
from tencent_dts.emulator.world import compare_tables, kinds, rehearsals, tables
from tencent_dts.emulator.world.kernel import HANDLERS
from tencent_dts.spec import VERSION_2018, load
from tests.rules import for_every

ROOT = Path(__file__).parents[3]
SPEC = load()
SPEC_2018 = load(VERSION_2018)
CODE = r'"((?:Invalid|Limit|Operation|Failed|Resource|Internal|Unsupported)\w+\.\w+)"'
load_areas()
# Codes that the documents list as common to all actions.
COMMON = {"ResourceNotFound", "UnsupportedOperation"}


def test_the_committed_page_is_what_the_code_says() -> None:
    committed = (ROOT / emulator_page.PAGE).read_text("utf-8")
    assert committed == emulator_page.page(), "run: python -m scripts.emulator_page"


def test_every_documented_action_is_answered() -> None:
    emulator_page.page()
    wanted = {name for name, action in SPEC.actions.items() if action.area in ("migration", "sync", "compare")}
    wanted |= {name for name in SPEC.actions if name.startswith(("ModifySync", "ResetSync", "CreateSyncCompare"))}
    wanted |= {name for name in SPEC.actions if name.endswith(("SyncCompare", "SyncCompareTask", "SyncCompareTasks"))}
    assert wanted <= {action for version, action in HANDLERS if version == SPEC.version}
    assert {action for version, action in HANDLERS if version == SPEC_2018.version} == SPEC_2018.actions.keys()


def test_what_is_assumed_or_observed_says_so_in_words() -> None:
    emulator_page.page()
    for registered in HANDLERS.values():
        assert registered.note or registered.fidelity == "documented", registered.action


def test_the_page_names_every_state_action_and_rehearsal() -> None:
    page = emulator_page.page()
    states = [state for kind in kinds.KINDS.values() for state in (*kind.states, *kind.trade_states)]
    actions = [action for kind in kinds.KINDS.values() for action in kind.rows]
    for name in (*actions, *compare_tables.COMPARE, *sync_tables.COMPARE, *states, *compare_tables.COMPARE_STATES):
        assert f"`{name}`" in page, name
    for name in rehearsals.CONVENTION:
        assert f"`rehearse_{name}`" in page


AXES = [
    *((kind.version, kind.rows, {*kind.states, tables.GONE}) for kind in kinds.KINDS.values()),
    *((kind.version, kind.trades, {*kind.trade_states}) for kind in kinds.KINDS.values()),
    *(
        (SPEC.version, rows, {*compare_tables.COMPARE_STATES, tables.GONE})
        for rows in (compare_tables.COMPARE, sync_tables.COMPARE)
    ),
    (SPEC.version, sync_tables.MODIFICATION, {*sync_tables.MODIFICATION_STATES}),
]


def documented_codes(version: str, action: str) -> set[str]:
    """The codes of an action; one without documented codes has those of its like."""
    like = {sync_tables.compare_action(name): name for name in compare_tables.COMPARE} | {
        "CreateSyncCompareTask": "CreateCompareTask"
    }
    return COMMON | set(load(version).actions[like.get(action, action)].errors)


def first_and_last(row: tuple[str, dict[str, tables.Row], set[str]]) -> str:
    """How a table is called: by its version and the ends of its actions."""
    version, axis, _ = row
    return f"{version} {next(iter(axis))} to {next(reversed(axis))}"


every_table = for_every("version, axis, states", AXES, ids=first_and_last)


@every_table
def test_every_code_of_the_tables_is_documented_for_its_action(
    version: str, axis: dict[str, tables.Row], states: set[str]
) -> None:
    told = [axis for kind in kinds.KINDS.values() for axis in (kind.rows,)]
    undocumented: dict[str, set[str]] = {}
    for action, row in axis.items():
        documented = documented_codes(version, action)
        # A row that allows the action in every state refuses it in none.
        refusal = set() if row.to.keys() >= states - {tables.GONE} else {row.refusal}
        missing = {row.missing} if axis in told else set()
        if wrong := {*refusal, *row.instead.values(), *missing} - documented:
            undocumented[action] = wrong
    assert undocumented == {}


@every_table
def test_the_tables_lead_from_states_that_exist_to_states_that_exist(
    version: str, axis: dict[str, tables.Row], states: set[str]
) -> None:
    named = {action: {*row.to, *row.to.values(), *row.instead} - states for action, row in axis.items()}
    assert {action: unknown for action, unknown in named.items() if unknown} == {}


def test_every_state_has_its_operations() -> None:
    assert migration_tables.ALLOWED.keys() == set(migration_tables.STATES)
    assert sync_tables.ALLOWED.keys() == set(sync_tables.STATES)


def test_every_code_that_a_handler_raises_by_itself_is_documented_somewhere() -> None:
    codes = {
        spec.version: {code for action in spec.actions.values() for code in action.errors} for spec in (SPEC, SPEC_2018)
    }
    found = 0
    for source in sorted((ROOT / "tencent_dts" / "emulator" / "areas").rglob("*.py")):
        known = codes[VERSION_2018 if "_2018" in str(source.parent) else SPEC.version] | COMMON
        raised = set(re.findall(CODE, source.read_text("utf-8")))
        found += len(raised)
        assert raised <= known, source
    for source in sorted((ROOT / "tencent_dts" / "emulator" / "world").glob("*.py")):
        raised = set(re.findall(CODE, source.read_text("utf-8")))
        found += len(raised)
        assert raised <= set().union(*codes.values(), COMMON), source
    assert found > 10, "the files are read from where they are"
