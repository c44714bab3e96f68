"""Try mutants: each in a copy of the tree, by the tests that run its line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue
from tempfile import mkdtemp
from types import TracebackType
from typing import Literal

from scripts.local import ROOT
from tests.mutants.covering import Covering
from tests.mutants.work import COSMIC_RAY, Mutant

SECONDS = 300
"""For all tests of a mutant; one that hangs them is seen."""


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a mutant.

    :param tests: how many were there to run.
    :param killer: the test that turned red; "" where the module can no longer be imported, or nothing turned red.
    """

    verdict: Literal["killed", "hung", "survived", "not run", "not made"]
    tests: int
    killer: str = ""


class Trials:
    """Copies of the tree, one for each process, in which mutants are tried."""

    def __init__(self) -> None:
        self._covering = Covering()
        self._folder = Path(mkdtemp(prefix="mutants-"))
        self._copies: SimpleQueue[Path] = SimpleQueue()
        self._killers: set[str] = set()

    def __enter__(self) -> Trials:
        for number in range(int(os.environ.get("TEST_PROCESSES", "2"))):
            self._copies.put(_copied(self._folder / str(number)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, mutants: list[Mutant]) -> Iterator[tuple[Mutant, Outcome]]:
        """Try them side by side; yields each as it is known."""
        with ThreadPoolExecutor(self._copies.qsize()) as pool:
            tried = {pool.submit(self._try, mutant): mutant for mutant in mutants}
            for done in as_completed(tried):
                self._killers |= {done.result().killer} - {""}
                yield tried[done], done.result()

    def red_without_a_mutant(self) -> str:
        """What the tests that turned red say of the tree as it is; "" where all of them are green, as they must be."""
        ended = _pytest(self._folder / "0", sorted(self._killers), None) if self._killers else None
        return "" if ended is None or ended.returncode == _GREEN else ended.stdout[-3000:] + ended.stderr[-3000:]

    def _try(self, mutant: Mutant) -> Outcome:
        tests = self._covering.of(mutant.path, mutant.line)
        if not tests:
            return Outcome("not run", 0)
        copy = self._copies.get()
        changed = copy / mutant.path
        before = changed.read_bytes()
        try:
            apply: list[str | Path] = [COSMIC_RAY, "apply", changed, mutant.operator, str(mutant.occurrence)]
            if subprocess.run(apply, check=False, capture_output=True, cwd=copy).returncode:
                return Outcome("not made", 0)  # listed all the same: `except (module.Error, Other)`
            _forget_compiled(changed)
            return tested(copy, tests)
        finally:
            changed.write_bytes(before)
            _forget_compiled(changed)
            self._copies.put(copy)


def _copied(copy: Path) -> Path:
    """A copy of the tree as Git sees it, with what is ready-made beside it."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name, follow_symlinks=False)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    (copy / ".build").mkdir()
    for database in (ROOT / ".build").glob("airflow-*.db"):
        shutil.copy(database, copy / ".build")
    return copy


def _forget_compiled(source: Path) -> None:
    """Two versions of one second and one size would be taken for one."""
    Path(cache_from_source(str(source))).unlink(missing_ok=True)


def tested(copy: Path, tests: list[str]) -> Outcome:
    """What some tests of a copy of the tree come to.

    :raises SystemExit: pytest could not run them, and no error of the tree's code is the reason.
    """
    try:
        ended = _pytest(copy, ["-x", *tests], SECONDS)
    except subprocess.TimeoutExpired:
        return Outcome("hung", len(tests))
    gone = set(_NOT_FOUND.findall(ended.stderr))  # named after a value that the mutant has changed
    if ended.returncode == _UNUSABLE and gone:
        left = [test for test in tests if test not in gone]
        return tested(copy, left) if 0 < len(left) < len(tests) else Outcome("survived", 0)
    if ended.returncode == _GREEN:
        return Outcome("survived", len(tests))
    if ended.returncode != _RED and not _BROKEN.search(ended.stdout + ended.stderr):
        raise SystemExit(f"pytest ended with {ended.returncode}:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return Outcome("killed", len(tests), next(iter(_FAILED.findall(ended.stdout)), ""))


def _pytest(copy: Path, arguments: list[str], seconds: float | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(copy)
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


_GREEN, _RED, _UNUSABLE = 0, 1, 4
_NOT_FOUND = re.compile(r"^ERROR: not found: .*?/(tests/\S+::.+)$", re.MULTILINE)
_BROKEN = re.compile(r"^E +\w+: ", re.MULTILINE)  # a module that cannot be imported is shown with its error
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - |$)", re.MULTILINE)
