"""The classes of this package that people and Airflow use, found in the class tree."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TypeVar

import tencent_dts.operators
import tencent_dts.sensors
import tencent_dts.triggers

PACKAGES = (tencent_dts.operators, tencent_dts.sensors, tencent_dts.triggers)

Kind = TypeVar("Kind")


def modules(packages: Iterable[ModuleType] = PACKAGES) -> list[ModuleType]:
    """Every module of packages: of operators, sensors and triggers where none are named."""
    return [
        importlib.import_module(info.name)
        for package in packages
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


def _tree(kind: type[Kind]) -> Iterator[type[Kind]]:
    for child in kind.__subclasses__():
        yield child
        yield from _tree(child)


def concrete(kind: type[Kind]) -> list[type[Kind]]:
    """The classes below ``kind`` in this package that have no subclass there: what people put into DAGs."""
    modules()
    ours = {cls for cls in _tree(kind) if cls.__module__.startswith("tencent_dts.")}
    leaves = [cls for cls in ours if not any(other is not cls and issubclass(other, cls) for other in ours)]
    return sorted(leaves, key=lambda cls: cls.__name__)
