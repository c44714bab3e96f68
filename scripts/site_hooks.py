"""What ``mkdocs`` asks for while it builds the site: pages that stand outside ``docs/``, and links between the two."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
OUTSIDE = {"index.md": "README.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
_INTO_DOCS = re.compile(r"\]\(docs/")
_OUT_OF_DOCS = re.compile(r"\]\(\.\./([A-Z]+\.md)")
_ROLE = re.compile(r":(?:class|data|mod|func|meth):<code>~?(?:[\w.]*\.)?(\w+)</code>")  # of docstrings
_API = """# Hooks, task groups, triggers and errors

What may be imported besides [operators and sensors](operators.md), from the docstrings.
"""
_MODULES = (
    *("task_groups.migrate", "task_groups.fleet", "task_groups.sync"),
    *("task_groups.migrate_2018", "task_groups.subscribe"),
    *("hooks.dts", "errors", "triggers.wait", "triggers.pause", "triggers.answer", "triggers.line"),
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root, and the one that is made of docstrings."""
    from mkdocs.structure.files import File

    for name, source in OUTSIDE.items():
        text = _INTO_DOCS.sub("](", (ROOT / source).read_text("utf-8"))
        files.append(File.generated(config, name, content=text))
    text = "\n".join([_API, *(f"::: tencent_dts.{name}\n" for name in _MODULES)])
    files.append(File.generated(config, "api.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links out of ``docs/`` to the page that stands for the file."""
    return _OUT_OF_DOCS.sub(r"](\1", markdown)


def on_page_content(html: str, **_: object) -> str:
    """Show a reference of a docstring by its name alone."""
    return _ROLE.sub(r"<code>\1</code>", html)
