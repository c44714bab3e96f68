"""What ``make mutate`` takes for a mutant, and what it says at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutants import covering, report, trial
from tests.mutants.report import Report
from tests.mutants.trial import Outcome
from tests.mutants.work import Mutant, between_operands, unseen

KILLED, SURVIVED = Outcome("killed", 3), Outcome("survived", 3)


def mutant(line: int, path: str = "tencent_dts/engine/converge.py") -> Mutant:
    return Mutant(path, line, 0, "core/AddNot", 0, "")


def test_annotations_and_what_is_for_the_type_checker_are_no_mutants(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import collections\n"
        "kept: int | None = 3 | 4\n"
        "def asked(given: int | None) -> int | None:\n    return given\n"
    )
    spans = unseen(file)

    def is_unseen(line: int, column: int) -> bool:
        return any(first <= (line, column) < last for first, last in spans)

    assert is_unseen(2, 3)
    assert is_unseen(3, 4)
    assert is_unseen(4, 10)
    assert not is_unseen(4, 21)
    assert is_unseen(5, 21)
    assert is_unseen(5, 38)
    assert not is_unseen(6, 4)


def test_more_survivors_than_may_be_end_it_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    few, many = Report(10), Report(10)
    for line in range(1, 11):
        few.add(mutant(line), SURVIVED if line == 1 else KILLED)
        many.add(mutant(line), SURVIVED if line < 3 else KILLED)
    assert (few.finish(0.1), many.finish(0.1)) == (0, 1)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["mutants"], last["killed"], last["survived"], last["score"]) == (10, 8, 2, 0.8)
    assert len(last["survivors"]) == 2


def test_a_line_that_no_test_runs_counts_as_a_survivor_and_a_hung_test_does_not() -> None:
    counted = Report(3)
    counted.add(mutant(1), Outcome("not run", 0))
    counted.add(mutant(2), Outcome("hung", 1))
    counted.add(mutant(3), Outcome("not made", 0))
    assert counted.finish(0.4) == 1
    assert counted.finish(0.5) == 0


def test_an_explained_survivor_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = tmp_path / "survivors.toml"
    known.write_text(f"[survivors]\n{json.dumps(mutant(1).name)} = 'No run can tell it from the original.'\n")
    monkeypatch.setattr(report, "KNOWN", known)
    counted = Report(1)
    counted.add(mutant(1), SURVIVED)
    assert counted.finish(0.0) == 0


def test_every_explained_survivor_is_a_line_that_is_still_there() -> None:
    import tomllib

    names = tomllib.loads(report.KNOWN.read_text("utf-8"))["survivors"]
    root = report.KNOWN.parents[2]
    gone = [
        name
        for name in names
        if name.split(": ", 2)[2]
        not in [line.strip() for line in (root / name.split(": ")[0]).read_text().splitlines()]
    ]
    assert gone == []


def test_a_star_in_a_signature_is_no_operator(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("def asked(*, given: int) -> int:\n    return {**{}, 1: given * (2 + 3)}[1]\n")
    spans = between_operands(file)
    found = [column for column in range(60) if any(first <= (2, column) < last for first, last in spans)]
    line = file.read_text().splitlines()[1]
    assert "".join(line[column] for column in found).replace(" ", "") == "*(+"
    assert not any(first <= (1, column) < last for first, last in spans for column in range(40))


def test_some_tests_of_every_file_are_tried_each_file_s_together() -> None:
    many = [f"a.py::test_{number}" for number in range(covering.MOST_TESTS)]
    tried = covering.chosen([*many, "b.py::test_slow", "b.py::test_slow"])
    assert len(tried) == covering.MOST_TESTS
    assert tried == [*many[:-1], "b.py::test_slow"]


def test_half_of_them_are_about_the_place() -> None:
    many = [f"a.py::test_{number}" for number in range(covering.MOST_TESTS * 2)]
    tried = covering.chosen([*many, "a.py::test_slow"], {"a.py::test_slow": 0.5, many[-1]: 0.4, many[0]: 0.1})
    assert tried[-2:] == [many[-1], "a.py::test_slow"]
    assert len(tried) == covering.MOST_TESTS


def test_a_test_that_is_red_without_a_mutant_is_not_tried(tmp_path: Path) -> None:
    times = tmp_path / "times.xml"
    times.write_text(
        '<suites><testcase classname="tests.unit.test_a.TestOf" name="test_x[a::b]" time="2"/>'
        '<testcase classname="tests.unit.test_a" name="test_y" time="1"/>'
        '<testcase classname="tests.unit.test_a" name="test_red" time="1"><failure/></testcase></suites>'
    )
    lines = [
        ("module.py", 1, f"tests/unit/test_a.py::{name}") for name in ("TestOf::test_x[a::b]", "test_red", "test_y")
    ]
    found = covering.in_order(lines + lines, covering.seconds_of_green(times))
    assert found == {"module.py": {"1": ["tests/unit/test_a.py::test_y", "tests/unit/test_a.py::TestOf::test_x[a::b]"]}}


def tree(folder: Path, test: str, module: str = "") -> Path:
    (folder / "tests").mkdir()
    (folder / "tests" / "conftest.py").write_text(module)
    (folder / "tests" / "test_it.py").write_text(test)
    return folder


@pytest.mark.parametrize(
    ("test", "module", "verdict"),
    [
        ("def test_it(): pass\n", "", "survived"),
        ("def test_it(): assert False\n", "", "killed"),
        ("def test_it(): pass\n", "import tencent_dts.gone\n", "killed"),
        ("import tencent_dts.gone\ndef test_it(): pass\n", "", "killed"),
    ],
    ids=["green", "red", "cannot be loaded", "cannot be imported"],
)
def test_what_the_tests_come_to(test: str, module: str, verdict: str, tmp_path: Path) -> None:
    assert trial.tested(tree(tmp_path, test, module), ["tests/test_it.py::test_it"]).verdict == verdict


def test_a_test_that_has_another_name_with_a_mutant_is_left_out(tmp_path: Path) -> None:
    outcome = trial.tested(
        tree(tmp_path, "def test_it(): assert False\n"), [f"tests/test_it.py::test_{n}" for n in ("was", "it")]
    )
    assert (outcome.verdict, outcome.killer) == ("killed", "tests/test_it.py::test_it")


def test_a_pytest_that_cannot_run_kills_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    with pytest.raises(SystemExit, match="nonsense"):
        trial.tested(tree(tmp_path, "def test_it(): pass\n"), ["tests/test_it.py::test_it"])
