"""Which tests run a line: measured once for a commit, in one run of the unit tests."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from xml.etree import ElementTree

from scripts.local import ROOT

MOST_TESTS = 120
"""Tests of one mutant. Where these see nothing it counts as a survivor."""
_NEAR = 12  # lines before and after a place that belong to it
FOLDER = ROOT / ".build" / "mutants"
MEASURED = ("tests/unit", "tests/dags", "--ignore=tests/unit/emulator")  # the emulator runs nothing of the rest
TABLES = tuple(
    f"tests/unit/{name}"
    for name in (
        "test_tables",
        "test_kinds",
        "test_model",
        "test_values",
        "operators/test_states",
        "sensors/test_states",
    )
)
"""Where the tests begin that hold what stands in tables, and so in lines that an import runs."""


class Covering:
    """The tests that run each line, the fastest first."""

    def __init__(self) -> None:
        given = os.environ.get("COVERING")
        kept = Path(given) if given else FOLDER / f"covering-{_sign()}.json"
        if not kept.exists():
            print("Measuring which tests run which lines, once for these sources: some minutes", flush=True)
            kept.write_text(json.dumps(_measured()), "utf-8")
        self._tests: dict[str, dict[str, list[str]]] = json.loads(kept.read_text("utf-8"))
        every = sorted({test for lines in self._tests.values() for tests in lines.values() for test in tests})
        self._of_tables = [test for test in every if test.startswith(TABLES)]

    def of(self, path: str, line: int) -> list[str]:
        """The ids of the tests that run a line; of one that only an import runs, of all that can see what it says."""
        lines = self._tests.get(path, {})
        if str(line) in lines:
            return chosen(lines[str(line)], self._close(lines, line))
        of_module = chosen([test for tests in lines.values() for test in tests])
        return list(dict.fromkeys(self._of_tables + of_module))

    @staticmethod
    def _close(lines: dict[str, list[str]], line: int) -> dict[str, float]:
        """How much each test is about a place: it runs lines near it that few others run."""
        weights: dict[str, float] = defaultdict(float)
        for near in range(line - _NEAR, line + _NEAR + 1):
            for test in lines.get(str(near), ()):
                weights[test] += 1 / len(lines[str(near)])
        return weights


def chosen(tests: Iterable[str], weights: Mapping[str, float] | None = None) -> list[str]:
    """The tests to run of many, each file's together.

    Half of them are those that are most about the place; the rest are some of every file, for they are about different
    things.

    :param tests: the fastest first.
    :param weights: how much each is about the place.
    """
    tests = list(dict.fromkeys(tests))
    best = sorted(tests, key=lambda test: -(weights or {}).get(test, 0.0))[: MOST_TESTS // 2] if weights else []
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.partition("::")[0], []).append(test)
    turns = [test for turn in zip_longest(*files.values()) for test in turn if test is not None]
    taken = set(list(dict.fromkeys(best + turns))[:MOST_TESTS])
    return [test for of_file in files.values() for test in of_file if test in taken]


def _sign() -> str:
    """Changes with the sources and the tests."""
    signed = hashlib.sha256()
    for folder in ("tencent_dts", "tests"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            signed.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return signed.hexdigest()[:12]


def _measured() -> dict[str, dict[str, list[str]]]:
    database, times = FOLDER / "coverage", FOLDER / "times.xml"
    database.unlink(missing_ok=True)
    command: list[str | Path] = [sys.executable, "-m", "pytest", *MEASURED, "-q", "-m", "not long", "--junitxml", times]
    command += ["-n", os.environ.get("TEST_PROCESSES", "2"), "--dist", "loadfile"]
    command += ["--cov", "tencent_dts", "--cov-context", "test", "--cov-report", ""]
    environment = os.environ | {"COVERAGE_FILE": str(database)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if ended.returncode > 1:
        raise SystemExit(f"pytest ended with {ended.returncode}")
    return in_order(_rows(database), seconds_of_green(times))


def in_order(rows: Iterable[tuple[str, int, str]], seconds: dict[str, float]) -> dict[str, dict[str, list[str]]]:
    """By file and line, the tests that were green."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, line, test in rows:
        if _plain(test) in seconds:
            found[path][str(line)].add(test)
    return {
        path: {line: sorted(tests, key=lambda test: (seconds[_plain(test)], test)) for line, tests in lines.items()}
        for path, lines in found.items()
    }


def _rows(database: Path) -> list[tuple[str, int, str]]:
    from coverage.numbits import numbits_to_nums

    with sqlite3.connect(database) as read:
        rows = read.execute(
            "select file.path, line_bits.numbits, context.context from line_bits "
            "join file on file.id = line_bits.file_id join context on context.id = line_bits.context_id "
            "where context.context != ''"
        )
        return [
            (str(Path(path).relative_to(ROOT)), line, context.partition("|")[0])
            for path, bits, context in rows
            for line in numbits_to_nums(bits)
        ]


def seconds_of_green(times: Path) -> dict[str, float]:
    """How long each test took that was green: one that is red without a mutant says nothing of one."""
    cases = ElementTree.parse(times).getroot().iter("testcase")  # noqa: S314 - written by our own run
    green = [case for case in cases if case.find("failure") is None and case.find("error") is None]
    return {f"{case.get('classname')}.{case.get('name')}": float(case.get("time", 0)) for case in green}


def _plain(test: str) -> str:
    """A test's id as JUnit writes it."""
    place, bracket, parameters = test.partition("[")
    file, *names = place.split("::")
    return ".".join([file.removesuffix(".py").replace("/", "."), *names]) + bracket + parameters
