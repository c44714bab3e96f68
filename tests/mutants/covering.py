"""Which tests run a line: measured once for a commit, in one run of the unit tests."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from scripts.local import ROOT

FOLDER = ROOT / ".build" / "mutants"
MEASURED = ("tests/unit", "tests/dags")


class Covering:
    """The tests that run each line, the fastest first."""

    def __init__(self) -> None:
        kept = FOLDER / f"covering-{_sign()}.json"
        if not kept.exists():
            print("Measuring which tests run which lines, once for these sources: some minutes", flush=True)
            kept.write_text(json.dumps(_measured()), "utf-8")
        self._tests: dict[str, dict[str, list[str]]] = json.loads(kept.read_text("utf-8"))

    def of(self, path: str, line: int) -> list[str]:
        """The ids of the tests that run a line."""
        return self._tests.get(path, {}).get(str(line), [])


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
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    seconds = _seconds(times)
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for path, line, test in _rows(database):
        found[path].setdefault(str(line), []).append(test)
    for lines in found.values():
        for tests in lines.values():
            tests.sort(key=lambda test: seconds.get(_plain(test), 60.0))
    return found


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


def _seconds(times: Path) -> dict[str, float]:
    cases = ElementTree.parse(times).getroot().iter("testcase")  # noqa: S314 - written by our own run
    return {f"{case.get('classname')}.{case.get('name')}": float(case.get("time", 0)) for case in cases}


def _plain(test: str) -> str:
    """A test's id as JUnit writes it."""
    file, _, rest = test.partition("::")
    return f"{file.removesuffix('.py').replace('/', '.')}.{rest.replace('::', '.')}"
