"""A class that forgot what each of its kind must say fails where it is made, and not in a run."""

from __future__ import annotations

import pytest

from tencent_dts.tasks.base import DtsTask
from tencent_dts.tasks.plan import PlanOperator
from tencent_dts.tasks.purchase import PurchaseTask
from tencent_dts.tasks.steps import Step
from tests.rules import for_every


@for_every(
    "base, owed",
    [
        (Step, {"at_stake"}),
        (DtsTask, {"act"}),
        (PlanOperator, {"plan", "requests"}),
        (PurchaseTask, {"order"}),
    ],
)
def test_what_a_class_owes_it_must_have(base: type, owed: set[str]) -> None:
    forgetful = type("Forgetful", (base,), {})
    assert owed == {name for name in vars(base) if name in forgetful.__abstractmethods__}  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="abstract"):
        forgetful(task_id="x")
