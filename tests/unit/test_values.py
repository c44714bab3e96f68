"""What stands in tables, plans and settings is a value: no task changes it under another's hands."""

from __future__ import annotations

import inspect
import re
from typing import Any

from tencent_dts import api, engine, kinds, model, tasks
from tests.unit.classes import modules

CHANGED_ELSEWHERE = {"Call", "ReadEvidence"}
"""State of one leg of an operator, which its gates add to."""
_CHANGE = r"(\[[^]]*\])? [+|-]?= |\.(add|append|clear|discard|extend|pop|setdefault|update)\("


def changes_itself(kind: type[Any]) -> bool:
    """Whether the module of a class assigns to one of its fields, or adds to it."""
    fields = "|".join([*vars(kind)["__dataclass_fields__"], *re.findall(r"self\.(\w+) =", inspect.getsource(kind))])
    return bool(re.search(rf"\.({fields})({_CHANGE})", inspect.getsource(inspect.getmodule(kind) or kind)))


def test_every_dataclass_that_nothing_changes_is_frozen() -> None:
    thawed = [
        each
        for module in modules((api, engine, kinds, model, tasks))
        for each in vars(module).values()
        if isinstance(each, type) and "__dataclass_params__" in vars(each) and each.__module__ == module.__name__
        if not vars(each)["__dataclass_params__"].frozen
    ]
    assert thawed
    assert [
        each.__name__ for each in thawed if not changes_itself(each) and each.__name__ not in CHANGED_ELSEWHERE
    ] == []
