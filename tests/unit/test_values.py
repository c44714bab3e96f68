"""What stands in tables, plans and settings is a value: no task changes it under another's hands."""

from __future__ import annotations

from tencent_dts import api, engine, kinds, model, tasks
from tests.unit.classes import modules

CHANGING = {
    "Attention": "the reads that one poll has granted",
    "Book": "what one leg has seen and called",
    "CompareCreation": "what one creation has found",
    "JobPurchase": "what one purchase has found",
    "_Trouble": "refusals of one call, counted",
    "_Diary": "the last line that a wait has logged",
    "_Streak": "the verdict of a wait, and since when",
    "ReadEvidence": "evidence of one leg, renewed in it",
    "Call": "one leg of an operator, which its gates add to",
}
"""State of one leg or one wait, which nothing else can see."""


def test_every_dataclass_but_the_state_of_one_leg_is_frozen() -> None:
    found = {
        each.__name__: each.__dataclass_params__.frozen  # type: ignore[attr-defined]  # no stub knows it
        for module in modules((api, engine, kinds, model, tasks))
        for each in vars(module).values()
        if isinstance(each, type) and "__dataclass_params__" in vars(each) and each.__module__ == module.__name__
    }
    assert {name for name, frozen in found.items() if not frozen} == CHANGING.keys()
