"""What a manifest may describe: a row for each kind, named by its one key in the file.

API document: ModifyMigrationJob (MigrateOption), ConfigureSyncJob (Objects, Options).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tencent_dts.kinds.migration import plan
from tencent_dts.kinds.migration_2018 import plan as migration_2018
from tencent_dts.kinds.planning import Rule
from tencent_dts.kinds.subscription_2018 import plan as subscription
from tencent_dts.kinds.sync import plan as sync
from tencent_dts.manifests.document import DocumentPath
from tencent_dts.params import MIGRATE_2018, MIGRATION, SUBSCRIBE, SYNC, Form
from tencent_dts.spec import load


@dataclass(frozen=True)
class Kind:
    """One kind of manifest.

    :param key: the file's key that holds the form's parameters.
    :param form: the form.
    :param required: parameters that the file must have. The form's defaults are an example: a file that says
        nothing of these would run the example.
    :param rules: what concerns several parameters.
    :param group: the function of :mod:`tencent_dts.task_groups` that builds the tasks.
    :param action: the API action that the shapes belong to.
    :param shapes: parameters that are the API's own, and where in the action's request they stand (dotted).
    :param texts: parameters in which everything is text, names and modes.
    """

    key: str
    form: Form
    required: tuple[str, ...]
    rules: tuple[Rule, ...]
    group: str
    action: str = ""
    shapes: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the key's value."""
        return {
            "type": "object",
            "properties": self.form.schema,
            "required": list(self.required),
            "additionalProperties": False,
        }

    def build(self) -> None:
        """Build the tasks in the DAG that is open. Imported here: a folder of one kind needs no other."""
        builder: Callable[[None], object] = getattr(importlib.import_module("tencent_dts.task_groups"), self.group)
        builder(None)

    def misshapen(self, values: Mapping[str, Any]) -> Iterator[tuple[DocumentPath, str]]:
        """What is wrong with the API's own parts: names, types and allowed values, where in the file."""
        wire: dict[str, Any] = {}
        for name, place in sorted(self.shapes.items(), key=lambda item: item[1]):
            *above, last = place.split(".")
            inner = wire
            for part in above:
                inner = inner.setdefault(part, {})
            inner[last] = dict(values.get(name) or {})
        for problem in load().problems(self.action, wire) if wire else ():
            path = problem.path.split(".")
            # The innermost: options of a migration hold its objects.
            for name, place in sorted(self.shapes.items(), key=lambda item: -len(item[1])):
                depth = place.count(".") + 1
                if path[:depth] == place.split(".") and len(path) > depth:
                    below = [int(part) if part.isdigit() else part for part in path[depth:]]
                    yield (self.key, name, *below), f": {problem.message.removeprefix(problem.path).strip()}"
                    break


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="migration",
            form=MIGRATION,
            required=("source_connection", "target_connection", "objects"),
            rules=plan.RULES,
            group="migrate",
            action="ModifyMigrationJob",
            shapes={"migrate_option": "MigrateOption", "objects": "MigrateOption.DatabaseTable"},
            texts=("objects",),
        ),
        Kind(
            key="sync",
            form=SYNC,
            required=("source_connection", "target_connection", "objects"),
            rules=sync.RULES,
            group="sync",
            action="ConfigureSyncJob",
            shapes={"objects": "Objects", "options": "Options"},
            texts=("objects",),
        ),
        Kind(
            key="migration_2018",
            form=MIGRATE_2018,
            required=("source_connection", "target_connection", "migrate_object"),
            rules=migration_2018.RULES,
            group="migrate_2018",
        ),
        Kind(
            key="subscription",
            form=SUBSCRIBE,
            required=("instance_id",),
            rules=subscription.RULES,
            group="subscribe",
        ),
    )
}


def kind_of(values: Mapping[str, Any]) -> Kind:
    """The kind of a file that has been found to have exactly one."""
    return next(KINDS[key] for key in values if key in KINDS)
