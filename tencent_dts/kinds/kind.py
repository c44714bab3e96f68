"""What a kind of job is: one object that holds all that distinguishes it from the others.

:mod:`tencent_dts.kinds.registry` lists them. Whatever is done for every kind is done by walking over that list: forms,
manifests, the search for orphans, the watch, the *DTS* tab, bills, the links to the runbook, what is ordered on a kill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal

from tencent_dts.kinds.form import Form
from tencent_dts.kinds.page import View
from tencent_dts.kinds.planned import Planned
from tencent_dts.kinds.planning import Rule
from tencent_dts.kinds.price import Price
from tencent_dts.kinds.purchasable import Purchasable
from tencent_dts.kinds.texts import Texts
from tencent_dts.kinds.watching import WatchRule
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Resource, Statuses


@dataclass(frozen=True)
class ManifestShape:
    """What a manifest of a kind may say.

    :param required: parameters that the file must have. The form's defaults are an example: a file that says
        nothing of these would run the example.
    :param rules: what concerns several parameters.
    :param group: the function of :mod:`tencent_dts.task_groups` that builds the tasks.
    :param action: the API action that the shapes belong to.
    :param shapes: parameters that are the API's own, and where in the action's request they stand (dotted).
    :param texts: parameters in which everything is text, names and modes.
    """

    required: tuple[str, ...]
    rules: tuple[Rule, ...]
    group: str
    action: str = ""
    shapes: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    :param name: the key of its manifests, and what ``dts_reap`` calls it.
    :param tables: the modules in which its rows stand: resources, operations, goals, families of comparisons.
    :param purchase: how it is bought or created, found, and let go.
    :param price: how it is billed; ``None``: it is free.
    :param calm: what brings one at work to rest, for the search for orphans; what can be undone comes first.
    :param resting: statuses in which ending it interrupts nothing, for the same.
    :param planned: how it is held against the plan of its run.
    :param forms: of its runs; the first is that of its purchase, and of its manifests.
    :param manifest: what a manifest of it may say.
    :param texts: what the tasks of its lifecycles say of themselves; each lifecycle is a section of the runbook.
    :param view: how the *DTS* tab shows it.
    :param kills: what can be ordered for it when its waiting task is killed.
    :param watch: what ``dts_watch`` looks at in it.
    :param sparing: those of our DAGs that work on a job which another run has bought, without adopting it.
    """

    name: str
    tables: tuple[ModuleType, ...]
    purchase: Purchasable
    price: Price | None
    calm: tuple[Operation, ...]
    resting: Statuses
    planned: Planned
    forms: tuple[Form, ...]
    manifest: ManifestShape
    texts: Texts
    view: View
    kills: Mapping[Literal["pause", "stop"], Operation] = field(default_factory=dict)
    watch: tuple[WatchRule, ...] = ()
    sparing: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """What DTS shows of it."""
        return self.purchase.resource

    @property
    def form(self) -> Form:
        """The form of its purchase."""
        return self.forms[0]
