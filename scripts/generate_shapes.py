"""Write the wire shapes as types for mypy: ``python -m scripts.generate_shapes``, part of ``make docs``.

From ``tencent_dts/spec/dts-<version>.json`` come TypedDicts of the requests and answers of the actions that are built
(all but those of :data:`scripts.coverage.NOT_BUILT`), and of the data types that they reach. A module holds the
requests and answers of an area of an API version, ``<area>_types`` its data types; those that several areas use are in
``common``. The modules are committed; a test generates them again and
compares.

* A field of a request is required where the documents say so.
* A field of an answer may be absent or null, but for those without which the client takes no answer
  (:data:`tencent_dts.api.answers.INDISPENSABLE`).
* A data type that requests and answers share is written as requests have it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.coverage import NOT_BUILT
from tencent_dts.api.answers import INDISPENSABLE
from tencent_dts.spec import VERSION_2018, VERSION_2021, Action, Field, Spec, load

HERE = Path(__file__).parents[1] / "tencent_dts" / "spec" / "shapes"
SUFFIXES = {VERSION_2021: "", VERSION_2018: "_2018"}
COMMON, TYPES = "common", "_types"
_SCALARS = {"String": "str", "Integer": "int", "Boolean": "bool", "Float": "float"}
# The area of an action that stands in none of the printed documents: by the first of these that its name holds.
_AREAS = {"Compare": "compare", "Sync": "sync", "Subscri": "subscription", "": "migration"}

Shape = Mapping[str, Field]


@dataclass
class Module:
    """One generated module: its classes by name, each as text."""

    version: str
    area: str
    classes: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """As ``migration_2018``."""
        return f"{self.area}{SUFFIXES[self.version]}"

    def render(self) -> str:
        """The committed text of the module."""
        whose, _, _ = self.area.partition(TYPES)
        kept = "data types" if self.area.endswith(TYPES) else "requests and answers"
        what = "what several areas share" if self.area == COMMON else f"{whose}, its {kept}"
        body = "\n\n\n".join(text for _, text in sorted(self.classes.items()))
        lines = [
            f'"""Wire shapes of API {self.version}: {what}; see scripts/generate_shapes.py."""',
            "",
            "from __future__ import annotations",
            "",
            f"from typing import {'NotRequired, ' if 'NotRequired[' in body else ''}TypedDict",
        ]
        if self.others:
            lines += ["", f"from tencent_dts.spec.shapes import {', '.join(sorted(self.others))}"]
        return "\n".join(lines) + "\n\n\n" + body + "\n"


class _Writer:
    """Writes the modules of one API version."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.actions = [action for name, action in spec.actions.items() if (spec.version, name) not in NOT_BUILT]
        self.areas: dict[str, set[str]] = defaultdict(set)
        self.asked: set[str] = set()
        self.certain: dict[str, set[str]] = defaultdict(set)
        for action in self.actions:
            self.asked |= set(self._reached(action.request))
            for name in (*self._reached(action.request), *self._reached(action.response)):
                self.areas[name].add(area_of(action))
            self._note_certain(action)

    def _reached(self, shape: Shape) -> Iterator[str]:
        """The data types that a shape reaches."""
        found: set[str] = set()
        pending = [rule.type for rule in shape.values()]
        while pending:
            name = pending.pop()
            if name in self.spec.types and name not in found:
                found.add(name)
                yield name
                pending += [rule.type for rule in self.spec.types[name].values()]

    def _note_certain(self, action: Action) -> None:
        """Note which fields of its answer the client relies on, nested ones at their type: JobList.JobId."""
        for path in INDISPENSABLE.get(action.name, ()):
            outer, _, inner = path.partition(".")
            owner = action.response[outer].type if inner else _answer(action.name)
            if outer in action.response:
                self.certain[owner].add(inner or outer)

    def modules(self) -> Iterable[Module]:
        """All of the version, each with its classes."""
        found: dict[str, Module] = {}
        for action in self.actions:
            module = found.setdefault(area_of(action), Module(self.spec.version, area_of(action)))
            request = f"{action.name}Request"
            summary = f"Request of {action.name}, API {self.spec.version}."
            module.classes[request] = self._class(module, request, summary, action.request, asked=True)
            if action.response:
                answer, summary = _answer(action.name), f"Answer of {action.name}, API {self.spec.version}."
                module.classes[answer] = self._class(module, answer, summary, action.response, asked=False)
        for name in sorted(self.areas):
            module = found.setdefault(self._home(name), Module(self.spec.version, self._home(name)))
            summary = f"Data type {name}, API {self.spec.version}."
            module.classes[name] = self._class(module, name, summary, self.spec.types[name], asked=name in self.asked)
        return found.values()

    def _home(self, name: str) -> str:
        return next(iter(self.areas[name])) + TYPES if len(self.areas[name]) == 1 else COMMON

    def _class(self, module: Module, name: str, summary: str, shape: Shape, *, asked: bool) -> str:
        fields = [f"    {key}: {self._type(module, name, key, rule, asked)}" for key, rule in shape.items()]
        return "\n".join([f"class {name}(TypedDict):", f'    """{summary}"""', *([""] if fields else []), *fields])

    def _type(self, module: Module, owner: str, name: str, rule: Field, asked: bool) -> str:
        text = _SCALARS.get(rule.type) or self._reference(module, rule.type)
        text = f"list[{text}]" if rule.array else text
        if asked:
            return text if rule.required else f"NotRequired[{text}]"
        return text if name in self.certain[owner] else f"NotRequired[{text} | None]"

    def _reference(self, module: Module, name: str) -> str:
        if self._home(name) == module.area:
            return name
        home = f"{self._home(name)}{SUFFIXES[self.spec.version]}"
        module.others.add(home)
        return f"{home}.{name}"


def area_of(action: Action) -> str:
    """The area whose module holds an action."""
    if action.area in _AREAS.values():
        return action.area
    return next(area for part, area in _AREAS.items() if part in action.name)


def _answer(action: str) -> str:
    return f"{action}Answer"


def build() -> dict[str, str]:
    """The text of each module, by its file's name."""
    modules = [module for version in SUFFIXES for module in _Writer(load(version)).modules()]
    return {f"{module.name}.py": module.render() for module in modules}


def main() -> int:
    """Write all modules."""
    for name, text in build().items():
        (HERE / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
