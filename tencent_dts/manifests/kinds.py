"""What the manifests of each kind of job may hold, by their one key in the file.

API document: ModifyMigrationJob (MigrateOption), ConfigureSyncJob (Objects, Options).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from tencent_dts.kinds.form import Property, Values
from tencent_dts.kinds.kind import Kind
from tencent_dts.manifests.document import DocumentPath
from tencent_dts.spec import load


def schema(kind: Kind) -> Property:
    """The JSON schema of what stands under the key of a kind."""
    return {
        "type": "object",
        "properties": kind.form.schema,
        "required": list(kind.manifest.required),
        "additionalProperties": False,
    }


def build(kind: Kind) -> None:
    """Build the tasks in the DAG that is open. Operators are imported here: who only checks a file needs none."""
    groups = importlib.import_module("tencent_dts.task_groups")
    builder: Callable[[None], object] = getattr(groups, kind.manifest.group)
    builder(None)


def misshapen(kind: Kind, values: Values) -> Iterator[tuple[DocumentPath, str]]:
    """What is wrong with the API's own parts: names, types and allowed values, where in the file."""
    shapes = kind.manifest.shapes
    wire: dict[str, Any] = {}
    for name, place in sorted(shapes.items(), key=lambda item: item[1]):
        *above, last = place.split(".")
        inner = wire
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = dict(values.get(name) or {})
    for problem in load().problems(kind.manifest.action, wire) if wire else ():
        path = problem.path.split(".")
        # The innermost: options of a migration hold its objects.
        for name, place in sorted(shapes.items(), key=lambda item: -len(item[1])):
            depth = place.count(".") + 1
            if path[:depth] == place.split(".") and len(path) > depth:
                below = [int(part) if part.isdigit() else part for part in path[depth:]]
                yield (kind.name, name, *below), f": {problem.message.removeprefix(problem.path).strip()}"
                break
