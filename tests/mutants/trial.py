"""Try mutants: each in a copy of the tree, by the tests that run its line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import mkdtemp
from types import TracebackType
from typing import Literal

from scripts.local import ROOT
from tests.mutants.covering import Covering
from tests.mutants.work import COSMIC_RAY, Mutant

MOST_TESTS = 60
"""Tests of one mutant: the fastest of those that run its line. Where these see nothing it counts as a survivor."""
SECONDS = 300
"""For all of them; a mutant that hangs its tests is seen."""
_COPIED = ("tencent_dts", "tests", "scripts", "dags", "docs", "migrations", "pyproject.toml", "requirements.lock")


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a mutant.

    :param tests: how many were there to run.
    :param said: the end of their output.
    """

    verdict: Literal["killed", "hung", "survived", "not run"]
    tests: int
    said: str = ""


class Trials:
    """Copies of the tree, one for each process, in which mutants are tried."""

    def __init__(self) -> None:
        self._covering = Covering()
        self._folder = Path(mkdtemp(prefix="mutants-"))
        self._copies: SimpleQueue[Path] = SimpleQueue()

    def __enter__(self) -> Trials:
        for number in range(int(os.environ.get("TEST_PROCESSES", "2"))):
            copy = self._folder / str(number)
            copy.mkdir()
            for name in _COPIED:
                whole = ROOT / name
                (shutil.copytree if whole.is_dir() else shutil.copy)(whole, copy / name)
            self._copies.put(copy)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, mutants: list[Mutant]) -> Iterator[tuple[Mutant, Outcome]]:
        """Try them side by side; yields each as it is known."""
        with ThreadPoolExecutor(self._copies.qsize()) as pool:
            tried = {pool.submit(self._try, mutant): mutant for mutant in mutants}
            for done in as_completed(tried):
                yield tried[done], done.result()

    def _try(self, mutant: Mutant) -> Outcome:
        tests = self._covering.of(mutant.path, mutant.line)
        if not tests:
            return Outcome("not run", 0)
        copy = self._copies.get()
        try:
            changed = copy / mutant.path
            apply: list[str | Path] = [COSMIC_RAY, "apply", changed, mutant.operator, str(mutant.occurrence)]
            subprocess.run(apply, check=True, capture_output=True, cwd=copy)
            return _tested(copy, tests[:MOST_TESTS])
        finally:
            shutil.copy(ROOT / mutant.path, copy / mutant.path)
            self._copies.put(copy)


def _tested(copy: Path, tests: list[str]) -> Outcome:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome("hung", len(tests))
    if ended.returncode not in (0, 1, 2, 4):  # 2 and 4: the mutant cannot even be imported
        raise SystemExit(f"pytest ended with {ended.returncode}:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return Outcome("survived" if ended.returncode == 0 else "killed", len(tests), ended.stdout[-500:])
