"""A YAML file as values, the line of each, and what is wrong.

Reading is stricter than YAML 1.1, because a migration of the wrong database is expensive: only ``true`` and
``false`` are booleans, a number is decimal and has a point only where hours belong, a repeated key or an alias is
an error, and where text belongs, what is written is the text. So a database named ``2024``, ``0123``, ``on`` or
``1e3`` keeps its name, quoted or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.composer import Composer
from yaml.scanner import ScannerError

from tencent_dts.errors import Permanent

DocumentPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong with a manifest: where, and what would be right. ``line`` 0: the whole file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class InvalidManifest(Permanent):
    """A file that cannot be used; nothing was bought.

    :param name: the file's name, with its folder.
    :param findings: everything that is wrong with it.
    """

    def __init__(self, name: str, findings: Iterable[Finding]) -> None:
        self.findings = sorted(set(findings))
        super().__init__(
            f"{name} is not a valid manifest; nothing was bought",
            cause="\n    ".join(map(str, self.findings)),
            next_step="Correct the file (`make check-migrations` says the same). Airflow loads its DAG by itself then.",
        )


def shown(path: Iterable[str | int]) -> str:
    """A path for people: ``migration, objects, Databases, 0``."""
    return ", ".join(map(str, path)) or "the file"


@dataclass
class Document:
    """What a YAML file holds.

    :param is_text: whether text belongs at a path.
    :param is_fraction: whether a number that need not be whole belongs at a path.
    :param values: the file as plain data; ``None`` where it is empty or cannot be read.
    :param findings: what is wrong so far.
    """

    is_text: Callable[[DocumentPath], bool]
    is_fraction: Callable[[DocumentPath], bool]
    values: Any = None
    findings: list[Finding] = field(default_factory=list)
    _lines: dict[DocumentPath, int] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Read a file; what cannot be read becomes findings."""
        try:
            node = _composed(path.read_text("utf-8"))
            self.values = self._value(node, ()) if node is not None else None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            quotes = "; put text with special characters in quotes" if isinstance(error, ScannerError) else ""
            self.findings.append(Finding(mark.line + 1 if mark else 0, f"{error.problem}{quotes}"))
        except yaml.reader.ReaderError as error:
            self.findings.append(Finding(0, f"character {error.position} cannot be in YAML: {error.reason}"))
        except UnicodeDecodeError as error:
            self.findings.append(Finding(0, f"byte {error.start} is not UTF-8"))
        except RecursionError:
            self.findings.append(Finding(0, "it is nested too deeply"))
        except OSError as error:
            self.findings.append(Finding(0, f"it cannot be read: {error.strerror}"))

    def find(self, path: DocumentPath, text: str) -> None:
        """Note a problem at a path, with the line of its nearest part that is there."""
        where = path
        while where and where not in self._lines:
            where = where[:-1]
        self.findings.append(Finding(self._lines.get(where, 0), f"{shown(path)}{text}"))

    def _value(self, node: yaml.Node, path: DocumentPath) -> object:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: DocumentPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.findings.append(Finding(line, "a name must be plain text"))
                continue
            name, below = key.value, (*path, key.value)
            if name in values:
                first = self._lines[below]
                self.findings.append(Finding(line, f"{shown(below)} is here twice (first in line {first})"))
                continue
            self._lines[below] = line
            values[name] = self._value(item, below)
        return values

    def _scalar(self, node: yaml.Node, path: DocumentPath) -> object:
        kind, text = node.tag.rpartition(":")[2], str(node.value)
        if kind == "null":
            return None
        if kind == "str" or (kind in ("bool", "int") and self.is_text(path)):
            fraction = self._fraction(node, path)
            return text if fraction is None else fraction
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and re.fullmatch(r"[-+]?\d{1,18}", text):
            return int(text)
        self.find(path, f": a value of YAML type {node.tag} is not read here")
        return None

    def _fraction(self, node: yaml.Node, path: DocumentPath) -> float | None:
        """What stands for a number with a point, unquoted, where one belongs; everywhere else it is text."""
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        written = plain and self.is_fraction(path) and re.fullmatch(r"[-+]?\d{1,9}\.\d{1,9}", node.value)
        return float(node.value) if written else None


_RESOLVERS: dict[str, list[Any]] = {}  # by the first character of a scalar; filled below


def _composed(text: str) -> yaml.Node | None:
    """The nodes of a file, by libyaml where it is there, which is five times as fast."""
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):  # it says what is wrong in other words, and less of it
            return _FastLoader(text).get_single_node()
    return _Loader(text).get_single_node()


class _Strict:
    """Plain scalars are text, null, true, false or a decimal number."""

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        """Refuse aliases: a few of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()
            problem = f"aliases such as *{event.anchor} are not read here; write it out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return cast("Any", super()).compose_node(parent, index)


class _Loader(_Strict, yaml.SafeLoader):
    """YAML, read by Python alone."""

    yaml_implicit_resolvers = _RESOLVERS


if yaml.__with_libyaml__:

    class _FastLoader(_Strict, Composer, yaml.CSafeLoader):
        """The same over the events of libyaml; what it composes by itself would not refuse aliases."""

        yaml_implicit_resolvers = _RESOLVERS

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)
