"""No module and no function grows past what a reader can hold, and few lines leave a type open."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.rules import for_every

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted(path for folder in ("tencent_dts", "dags", "scripts") for path in (ROOT / folder).rglob("*.py"))
LINES_OF_A_MODULE = 400
LINES_OF_A_FUNCTION = 40
LINES_OF_ANY = 6
"""Of a thousand of the package: a third are arguments that a task passes on to Airflow, the rest is open by nature."""


def long_functions(module: ast.Module) -> Iterator[str]:
    """The functions that are too long, their docstrings not counted."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
            lines = (body[-1].end_lineno or 0) - node.lineno + 1 - (body[0].lineno - node.body[0].lineno)
            if lines >= LINES_OF_A_FUNCTION:
                yield f"{node.name}: {lines} lines"


@for_every("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_is_short_enough_to_read(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < LINES_OF_A_MODULE
    assert list(long_functions(ast.parse(text))) == []


def test_few_lines_leave_a_type_open() -> None:
    lines = [line for path in (ROOT / "tencent_dts").rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    untyped = [line for line in lines if re.search(r"\bAny\b", line) and "import" not in line]
    most = len(lines) * LINES_OF_ANY // 1000
    assert len(untyped) <= most, f"{len(untyped)} lines say Any; name the shape, as tencent_dts/spec/shapes does"
