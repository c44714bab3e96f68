"""The recipe for a new action in CONTRIBUTING.md: how many files name an action, beside the generated types."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tencent_dts.kinds.registry import KINDS
from tencent_dts.spec import VERSION_2018, VERSION_2021, load
from tests.rules import for_every

PACKAGE = Path(__file__).parents[2] / "tencent_dts"
EMULATOR = PACKAGE / "emulator"
ACTIONS = sorted({*load(VERSION_2021).actions, *load(VERSION_2018).actions})
# What makes or configures a whole job belongs to the recipe for a new kind: its form and its plan name these, too.
OF_A_KIND = {kind.purchase.action for kind in KINDS} | {"ConfigureSyncJob"}
MOST, MOST_OF_THE_EMULATOR = 4, 2
OF_TWO_TABLES = {"StartCompare"}  # whether a comparison may start depends on its own state and on that of its job


@cache
def named_in() -> dict[Path, frozenset[str]]:
    """The texts in the code of each file, but for docstrings."""
    files = [path for path in PACKAGE.rglob("*.py") if "shapes" not in path.parts]
    return {path: frozenset(_texts(ast.parse(path.read_text("utf-8")))) for path in files}


def _texts(tree: ast.Module) -> list[str]:
    written = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in written
    ]


def files_of(action: str, *, emulator: bool) -> list[str]:
    """The files of one kind, and those that all kinds share; where two versions have the action, the longer list."""
    files = [
        path.relative_to(PACKAGE)
        for path, texts in named_in().items()
        if action in texts and (EMULATOR in path.parents) is emulator
    ]
    homes = {_home(path) for path in files} - {""}
    lists = [[str(path) for path in files if _home(path) in ("", home)] for home in homes or {""}]
    return max(lists, key=len)


def _home(path: Path) -> str:
    """The folder of its kind; "" of a file that all kinds share."""
    parts = path.parts
    below = next((parts[at + 1] for at, part in enumerate(parts[:-2]) if part in ("kinds", "areas")), "")
    return "" if below == "compare" else below


@for_every("action", [action for action in ACTIONS if action not in OF_A_KIND])
def test_an_action_is_named_in_few_files(action: str) -> None:
    assert len(files_of(action, emulator=False)) <= MOST, files_of(action, emulator=False)
    most = MOST_OF_THE_EMULATOR + (action in OF_TWO_TABLES)
    assert len(files_of(action, emulator=True)) <= most, files_of(action, emulator=True)


def test_the_files_that_the_recipe_names_are_those_that_name_an_action() -> None:
    recipe = (
        (PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8").partition("## A new operator")[2].partition("\n## ")[0]
    )
    for file in ("emulator/areas/<kind>/actions.py", "tables.py", "kinds/<kind>/states.py", "operators/"):
        assert file in recipe
    assert files_of("PauseMigrateJob", emulator=False) == ["kinds/migration/states.py"]
    assert sorted(files_of("PauseMigrateJob", emulator=True)) == [
        "emulator/areas/migration/actions.py",
        "emulator/areas/migration/tables.py",
    ]
