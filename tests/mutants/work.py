"""Which mutants there are: what Cosmic Ray lists, but for what no run can show, such as an annotation."""

from __future__ import annotations

import ast
import hashlib
import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.local import ROOT

COSMIC_RAY = ROOT / ".build" / "cosmic-ray" / "bin" / "cosmic-ray"
AIMS = ("engine", "model", "tasks", "api/client.py", "api/pacing.py", "kinds")
"""What is mutated, below the package."""
_NOT = ("texts.py", "form.py", "page.py", "form_parts.py")
"""Tables of words, which other tests hold."""
_ALIKE = tuple(f"ComparisonOperator_{pair}" for pair in ("Eq_Is", "NotEq_IsNot", "Is_Eq", "IsNot_NotEq"))
"""Comparisons that differ only for what is equal and not the same, which neither ``None``, members of an enumeration,
small numbers nor names in a program are."""
_CONFIG = """[cosmic-ray]
module-path = {paths}
timeout = 60
excluded-modules = []
test-command = "true"
[cosmic-ray.distributor]
name = "local"
"""


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of one file.

    :param path: of the file, from the root.
    :param line: where it begins; ``column`` the same.
    :param operator: Cosmic Ray's name of what it does.
    :param occurrence: which of the places in the file where it can be done.
    :param function: in which it stands; "" at the module's level.
    """

    path: str
    line: int
    column: int
    operator: str
    occurrence: int
    function: str

    @property
    def text(self) -> str:
        """The line that it changes."""
        return (ROOT / self.path).read_text("utf-8").splitlines()[self.line - 1].strip()

    @property
    def name(self) -> str:
        """What it is called in ``survivors.toml``: without a line's number, which moves."""
        return f"{self.path}: {self.operator.removeprefix('core/')}: {self.text}"


def draw(how_many: str, seed: int, only: str) -> list[Mutant]:
    """Draw mutants; of those that change one place in one way only in kind, one.

    :param how_many: a number, or ``all``.
    :param only: take only files whose path holds this.
    """
    files = [path for path in _files() if only in str(path.relative_to(ROOT))]
    drawn = random.Random(seed)
    places: dict[tuple[str, int, int, str], list[Mutant]] = {}
    for mutant in sorted(_listed(files)):
        family = mutant.operator.partition("_")[0]
        places.setdefault((mutant.path, mutant.line, mutant.column, family), []).append(mutant)
    one_each = [drawn.choice(alike) for alike in places.values()]
    drawn.shuffle(one_each)
    return one_each if how_many == "all" else one_each[: int(how_many)]


def _files() -> Iterator[Path]:
    for aim in AIMS:
        path = ROOT / "tencent_dts" / aim
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if file.name not in _NOT and file.name != "__init__.py":
                yield file


def _listed(files: list[Path]) -> Iterator[Mutant]:
    """All mutants of some files."""
    folder = ROOT / ".build" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    text = _CONFIG.format(paths=json.dumps([str(file) for file in files]))
    key = hashlib.sha256(b"".join([text.encode(), *(file.read_bytes() for file in files)])).hexdigest()[:12]
    config, session = folder / f"config-{key}.toml", folder / f"session-{key}.sqlite"
    if not session.exists():
        unfinished = session.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        config.write_text(text, "utf-8")
        subprocess.run([COSMIC_RAY, "init", config, unfinished], check=True, capture_output=True)
        unfinished.replace(session)
    dumped = subprocess.run([COSMIC_RAY, "dump", session], check=True, capture_output=True, text=True).stdout
    spans = {str(file): unseen(file) for file in files}
    operators = {str(file): between_operands(file) for file in files}
    for row in dumped.splitlines():
        for change in json.loads(row)[0]["mutations"]:
            line, column = change["start_pos"]
            file, signs = change["module_path"], "BinaryOperator" in change["operator_name"]
            if change["operator_name"].endswith(_ALIKE):
                continue
            if not _is_in((line, column), spans[file]) and (not signs or _is_in((line, column), operators[file])):
                path = str(Path(file).relative_to(ROOT))
                function = change.get("definition_name") or ""
                yield Mutant(path, line, column, change["operator_name"], change["occurrence"], function)


Span = tuple[tuple[int, int], tuple[int, int]]


def unseen(file: Path) -> list[Span]:
    """What no run evaluates: annotations, and what is there for the type checker alone."""
    found: list[ast.AST | None] = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found += [node.test, *node.body]
    return [_span(node) for node in found if node is not None]


def between_operands(file: Path) -> list[Span]:
    """Where a sign is an operator; elsewhere, as in ``def f(self, *, x)``, another in its place cannot be compiled."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.BinOp)]
    return [(_span(node.left)[1], _span(node.right)[0]) for node in nodes]


def _is_in(at: tuple[int, int], spans: list[Span]) -> bool:
    return any(first <= at < last for first, last in spans)


def _span(node: ast.AST) -> Span:
    begin, end = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)), ("end_lineno", "end_col_offset")
    return begin, (getattr(node, end[0], 0), getattr(node, end[1], 0))
