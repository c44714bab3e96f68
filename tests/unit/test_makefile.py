"""Every command that the Makefile offers exists and is explained."""

import importlib.util
import re
from pathlib import Path

from tests.rules import for_every

ROOT = Path(__file__).parent.parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.MULTILINE)


@for_every("module", re.findall(r"-m ((?:scripts|tencent_dts)\.[\w.]+)", MAKEFILE))
def test_the_module_that_a_target_runs_exists(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


@for_every("target", sorted(set(TARGETS) - {"help", "install", "clean"}))
def test_contributors_are_told_of(target: str) -> None:
    assert f"`make {target}`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_every_target_is_a_command_and_not_a_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(TARGETS)
