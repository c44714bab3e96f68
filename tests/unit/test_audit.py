"""`make audit` never takes a question that could not be asked for a good answer."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from scripts import audit

FOUND = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {
            "name": "bad",
            "version": "2.0",
            "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": ["CVE-1"], "description": "..."}],
        },
        {"name": "unheard-of", "skip_reason": "Dependency not found on PyPI"},
    ]
}
CLEAN = {"dependencies": FOUND["dependencies"][:1]}


def program(folder: Path, script: str) -> str:
    """A program that behaves as pip-audit may; its last argument is ``--output=FILE``."""
    path = folder / "pip-audit"
    path.write_text(f'#!/bin/sh\nfor last; do :; done\nfile="${{last#--output=}}"\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def writes(answer: dict[str, Any], code: int) -> str:
    return f"cat > \"$file\" <<'END'\n{json.dumps(answer)}\nEND\nexit {code}"


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        (writes(CLEAN, 0), 0, "1 packages, 0 findings"),
        (writes(FOUND, 1), 1, "bad 2.0: PYSEC-1, fixed in 2.1"),
        (writes(FOUND, 0), 1, "unheard-of: not looked up"),
        ("echo 'ERROR: cannot reach the index' >&2\nexit 1", 2, "nothing is known of the locked packages"),
        (': > "$file"\nexit 0', 2, "nothing is known of the locked packages"),
        (writes({"dependencies": FOUND["dependencies"][2:]}, 0), 2, "nothing is known of the locked packages"),
        ("exit 0", 2, "nothing is known of the locked packages"),
    ],
    ids=["clean", "found", "skipped", "unreachable", "empty", "a mirror", "silent"],
)
def test_the_answer_decides_and_its_absence_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, code: int, said: str
) -> None:
    assert audit.main([program(tmp_path, script)]) == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_an_explained_advisory_is_told_and_does_not_count(name: str) -> None:
    bad, passed = audit.findings(FOUND, {name: "that part is not used here"})
    assert [line for line in bad if "PYSEC-1" in line] == []
    assert passed == ["bad 2.0: PYSEC-1, fixed in 2.1; that part is not used here"]


def test_every_exception_has_its_reason() -> None:
    assert all(reason.strip() for reason in audit.EXPLAINED.values())


def test_an_answer_of_an_earlier_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    answer = tmp_path / "audit.json"
    answer.write_text(json.dumps(CLEAN))
    assert audit.ask(program(tmp_path, "exit 1"), tmp_path / "lock", answer) is None
