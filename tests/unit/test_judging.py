"""The rules by which a look at a resource is judged, one by one, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.model import goal as goals
from tencent_dts.model import operation as operations
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Look, Operation
from tencent_dts.model.resource import Axis, Resource, Verdict, statuses
from tests.rules import for_every

DONE, ALLOWED, UNDER_WAY = Verdict.DONE, Verdict.ALLOWED, Verdict.UNDER_WAY
IMPOSSIBLE, UNDONE, UNKNOWN, VOID = Verdict.IMPOSSIBLE, Verdict.UNDONE, Verdict.UNKNOWN, Verdict.VOID

STATUS = Axis("Status", "Status", statuses("new", "stuck", "going", "there", "arriving", "dead", "odd one"))
BILL = Axis("TradeStatus", "Trade.Status", statuses("normal", "resizing", "isolated", "offlined"))
JOB = Resource(
    name="job",
    version="2021-12-06",
    read="DescribeJob",
    ids=("JobId",),
    axis=STATUS,
    bill=BILL,
    released=statuses("isolated", "offlined"),
    destroyed=statuses("offlined"),
    permissions=("Actions.Allowed", "Actions.All"),
    lag="Lag",
)
ROW: dict[str, Any] = {
    "action": "MoveJob",
    "resource": JOB,
    "axis": STATUS,
    "needs": statuses("new", "stuck"),
    "passes": statuses("going"),
    "done": statuses("there"),
    "reached": statuses("arriving"),
    "failed": statuses("dead"),
    "final": statuses("stuck"),
}


def item(status: str = "new", bill: str = "normal", **more: Any) -> dict[str, Any]:
    return {"Status": status, "Trade": {"Status": bill}, **more}


def listed(*allowed: str, every: tuple[str, ...] = ("move", "stop")) -> dict[str, Any]:
    """The resource's own lists of operations."""
    return {"Actions": {"Allowed": list(allowed), "All": list(every)}}


# rule, the row's own fields, what is seen, whether it was called, what follows
OPERATION: list[tuple[str, dict[str, Any], dict[str, Any], bool, Verdict | None]] = [
    ("out_of_service", {"billed": BILL.known - JOB.released}, item(bill="isolated"), False, IMPOSSIBLE),
    ("out_of_service", {"billed": BILL.known - JOB.released}, item("there", "isolated"), True, IMPOSSIBLE),
    ("out_of_service", {"billed": BILL.known - JOB.released}, item(), False, None),
    ("out_of_service", {}, item(bill="isolated"), False, None),  # the bill does not matter to it
    ("at_its_effect", {}, item("there"), False, DONE),
    ("at_its_effect", {}, item("arriving"), True, DONE),
    ("at_its_effect", {}, item("arriving"), False, None),  # another hand's
    ("at_its_effect", {"proof": "Class"}, item("there", Class="large"), False, DONE),
    ("at_its_effect", {"proof": "Class"}, item("there", Class="small"), False, UNDER_WAY),
    ("at_its_effect", {}, item(), False, None),
    ("failed", {}, item("dead"), False, IMPOSSIBLE),
    ("failed", {}, item("dead"), True, IMPOSSIBLE),
    ("failed", {}, item(), False, None),
    ("under_way", {}, item("going"), False, UNDER_WAY),
    ("under_way", {}, item("going", "isolated"), False, IMPOSSIBLE),
    ("under_way", {}, item(), False, None),
    ("unknown_status", {}, item("never heard of"), False, UNKNOWN),
    ("unknown_status", {"permission": "move"}, item("never heard of", **listed("move")), False, ALLOWED),
    ("unknown_status", {"permission": "move"}, item("never heard of", **listed("move")), True, UNKNOWN),
    ("unknown_status", {"permission": "move"}, item("never heard of", **listed()), False, UNKNOWN),
    ("unknown_status", {}, {}, False, UNKNOWN),
    ("unknown_status", {}, item("odd one"), False, None),
    ("not_in_this_state", {}, item("odd one"), False, IMPOSSIBLE),
    ("not_in_this_state", {}, item("new"), False, None),
    ("bill_in_between", {"billed": statuses("normal")}, item(bill="resizing"), False, UNDER_WAY),
    ("bill_in_between", {"billed": statuses("normal")}, item(bill="never heard of"), False, UNKNOWN),
    (
        "bill_in_between",
        {"billed": statuses("normal"), "permission": "move"},
        item(bill="never heard of", **listed("move")),
        False,
        None,
    ),
    ("bill_in_between", {"billed": statuses("normal")}, item(bill="resizing"), True, None),
    ("bill_in_between", {"billed": statuses("normal")}, item(), False, None),
    ("shown_already", {"proof": "Class"}, item(Class="large"), False, DONE),
    ("shown_already", {"proof": "Class"}, item(Class="large"), True, None),
    ("shown_already", {"proof": "Class"}, item(Class="small"), False, None),
    ("shown_already", {}, item(Class="large"), False, None),
    ("barred", {"barred": {"Kind": {"old": "Buy a new one."}}}, item(Kind="old"), False, IMPOSSIBLE),
    ("barred", {"barred": {"Kind": {"old": "Buy a new one."}}}, item(Kind="old"), True, None),
    ("barred", {"barred": {"Kind": {"old": "Buy a new one."}}}, item(Kind="new"), False, None),
    ("not_permitted", {"permission": "move"}, item(**listed("stop")), False, UNDER_WAY),
    ("not_permitted", {"permission": "move"}, item("stuck", **listed("stop")), False, IMPOSSIBLE),
    ("not_permitted", {"permission": "move"}, item("stuck", **listed("stop")), True, IMPOSSIBLE),
    ("not_permitted", {"permission": "move"}, item(bill="isolated", **listed("stop")), False, IMPOSSIBLE),
    ("not_permitted", {"permission": "move"}, item(**listed("stop")), True, None),
    ("not_permitted", {"permission": "move"}, item(**listed("move")), False, None),
    ("not_permitted", {"permission": "move"}, item(**listed("stop", every=("stop",))), False, None),  # not spoken of
    ("not_permitted", {"permission": "move"}, item(), False, None),  # nor told at all
    ("not_permitted", {}, item(**listed("stop")), False, None),
    ("accepted_before", {}, item(), True, UNDONE),
    ("accepted_before", {}, item(bill="isolated"), True, IMPOSSIBLE),
    ("accepted_before", {}, item(), False, None),
    ("allowed", {}, item(), False, ALLOWED),
]


@for_every("rule, fields, seen, called, verdict", OPERATION)
def test_a_rule_of_an_operation(
    rule: str, fields: dict[str, Any], seen: dict[str, Any], called: bool, verdict: Verdict | None
) -> None:
    look = Look(Operation(**{**ROW, **fields}), seen, called, "large")
    assert getattr(operations, rule)(look) is verdict
    assert getattr(operations, rule) in operations.RULES


def test_every_rule_of_an_operation_has_a_case_that_decides_and_but_for_the_last_one_that_does_not() -> None:
    assert operations.RULES[-1] is operations.allowed
    for rule in operations.RULES[:-1]:
        verdicts = [verdict for name, *_, verdict in OPERATION if name == rule.__name__]
        assert None in verdicts, rule
        assert set(verdicts) - {None}, rule


# What is seen where two rules would say different things: the earlier one decides.
ORDER: dict[str, tuple[dict[str, Any], dict[str, Any], bool, Verdict]] = {
    "a bill that has ended, before an effect": (
        *({"billed": statuses("normal")}, item("there", "isolated"), False, IMPOSSIBLE),
    ),
    "an effect, before a status that rules it out": ({"failed": statuses("there")}, item("there"), False, DONE),
    "what rules it out, before what is under way": ({"failed": statuses("going")}, item("going"), False, IMPOSSIBLE),
    "what is under way, before a call": ({"passes": statuses("new")}, item("new"), False, UNDER_WAY),
    "a state that rules it out, before a bill in between": (
        *({"billed": statuses("normal")}, item("odd one", "resizing"), False, IMPOSSIBLE),
    ),
    "a bill in between, before what is shown": (
        *({"billed": statuses("normal"), "proof": "Class"}, item(bill="resizing", Class="large"), False, UNDER_WAY),
    ),
    "what is shown, before what bars": (
        *({"proof": "Class", "barred": {"Kind": {"old": "No."}}}, item(Class="large", Kind="old"), False, DONE),
    ),
    "what bars, before a permission": (
        *({"permission": "move", "barred": {"Kind": {"old": "No."}}}, item(Kind="old", **listed("stop")), False),
        IMPOSSIBLE,
    ),
    "a permission that never comes, before an order that does not show": (
        *({"permission": "move"}, item("stuck", **listed("stop")), True, IMPOSSIBLE),
    ),
    "an accepted order is never sent again by a permission": (
        *({"permission": "move"}, item("stuck", **listed("move")), True, UNDONE),
    ),
    "nothing that speaks against it": ({}, item(), False, ALLOWED),
}


@for_every("case", ORDER)
def test_the_first_rule_that_has_a_verdict_decides(case: str) -> None:
    fields, seen, called, verdict = ORDER[case]
    assert Operation(**{**ROW, **fields}).judge(seen, called=called, expected="large") is verdict


@pytest.mark.parametrize(("destroys", "verdict"), [(True, DONE), (False, IMPOSSIBLE)])
def test_one_that_is_gone_is_done_only_for_what_ends_it(destroys: bool, verdict: Verdict) -> None:
    assert Operation(**ROW, destroys=destroys).judge(None, called=False) is verdict


CHECK = Axis("CheckFlag", "CheckFlag", statuses("ok", "bad", "none yet"))
WAIT: dict[str, Any] = {"name": "moved", "resource": JOB, "axis": STATUS, "reached": statuses("there")}
CHECKED: dict[str, Any] = {**WAIT, "axis": CHECK, "reached": statuses("ok"), "failed": statuses("bad")}
FLAWS = {"flaws": ("Steps", "Result", statuses("broken"))}

GOAL: list[tuple[str, dict[str, Any], dict[str, Any], Verdict | None]] = [
    ("broken", {**CHECKED, "broken": statuses("dead")}, item("dead", CheckFlag="ok"), IMPOSSIBLE),
    ("broken", {**CHECKED, "broken": statuses("dead")}, item("going", CheckFlag="ok"), None),
    ("broken", {**WAIT, "broken": statuses("dead")}, item("dead"), None),  # no other axis tells that it ran
    ("ended", {**WAIT, "ended": statuses("isolated")}, item("there", "isolated"), IMPOSSIBLE),
    ("ended", {**WAIT, "ended": statuses("isolated")}, item("there"), None),
    ("ended", WAIT, item("there", "isolated"), None),
    ("refuted", {**WAIT, **FLAWS}, item("there", Steps=[{"Result": "fine"}, {"Result": "broken"}]), IMPOSSIBLE),
    ("refuted", {**WAIT, **FLAWS}, item("going", Steps=[{"Result": "broken"}]), None),
    ("refuted", {**WAIT, **FLAWS}, item("there", Steps=None), None),
    ("refuted", WAIT, item("there", Steps=[{"Result": "broken"}]), None),
    ("running", {**CHECKED, "unfinished": statuses("going")}, item("going", CheckFlag="ok"), UNDER_WAY),
    ("running", {**CHECKED, "unfinished": statuses("going")}, item("there", CheckFlag="ok"), None),
    ("at_the_goal", WAIT, item("there"), DONE),
    ("at_the_goal", WAIT, item("going"), None),
    *(
        ("at_the_goal", {**WAIT, "lag": statuses("there")}, item("there", Lag=lag), verdict)
        for lag, verdict in (
            ({"MasterSlaveDistance": 0, "SecondsBehindMaster": 0}, DONE),
            ({"MasterSlaveDistance": 1, "SecondsBehindMaster": 0}, None),
            ({"MasterSlaveDistance": 0, "SecondsBehindMaster": 1}, None),
            ({"MasterSlaveDistance": -1, "SecondsBehindMaster": 0}, None),
            ({"MasterSlaveDistance": 0, "SecondsBehindMaster": -1}, None),
            (None, None),
        )
    ),
    ("failed", CHECKED, item(CheckFlag="bad"), IMPOSSIBLE),
    ("failed", CHECKED, item("new", "isolated", CheckFlag="none yet"), IMPOSSIBLE),
    ("failed", CHECKED, item(CheckFlag="none yet"), None),
    ("void", {**CHECKED, "void": ((CHECK, statuses("none yet")),)}, item(CheckFlag="none yet"), VOID),
    ("void", {**CHECKED, "void": ((STATUS, statuses("new")),)}, item("new", CheckFlag="none yet"), None),  # its job's
    ("void", CHECKED, item(CheckFlag="none yet"), None),
    ("on_the_way", WAIT, item("going"), UNDER_WAY),
    ("on_the_way", WAIT, item("never heard of"), UNKNOWN),
    ("on_the_way", WAIT, {}, UNKNOWN),
]


@for_every("rule, row, seen, verdict", GOAL)
def test_a_rule_of_a_wait(rule: str, row: dict[str, Any], seen: dict[str, Any], verdict: Verdict | None) -> None:
    assert getattr(goals, rule)(Goal(**row), seen) is verdict
    assert getattr(goals, rule) in goals.RULES


def test_every_rule_of_a_wait_has_a_case_that_decides() -> None:
    for rule in goals.RULES:
        assert {verdict for name, *_, verdict in GOAL if name == rule.__name__} - {None}, rule


WAIT_ORDER: dict[str, tuple[dict[str, Any], dict[str, Any], Verdict]] = {
    "a run that broke, before an old result": (
        *({**CHECKED, "broken": statuses("dead")}, item("dead", CheckFlag="ok"), IMPOSSIBLE),
    ),
    "a bill that has ended, before the goal": (
        *({**WAIT, "ended": statuses("isolated")}, item("there", "isolated"), IMPOSSIBLE),
    ),
    "a flaw, before the goal": ({**WAIT, **FLAWS}, item("there", Steps=[{"Result": "broken"}]), IMPOSSIBLE),
    "a run that goes on, before an old result": (
        *({**CHECKED, "unfinished": statuses("going")}, item("going", CheckFlag="ok"), UNDER_WAY),
    ),
    "a flaw, before a run that goes on": (
        *({**CHECKED, **FLAWS, "unfinished": statuses("going")},),
        *(item("going", CheckFlag="ok", Steps=[{"Result": "broken"}]), IMPOSSIBLE),
    ),
    "what is void, before what is only waited for": (
        *({**CHECKED, "void": ((CHECK, statuses("none yet")),)}, item(CheckFlag="none yet"), VOID),
    ),
    "the goal, before what would rule it out": (*({**WAIT, "failed": statuses("there")}, item("there"), DONE),),
    "what rules it out, before what is void": (
        *({**CHECKED, "void": ((CHECK, statuses("bad")),)}, item(CheckFlag="bad"), IMPOSSIBLE),
    ),
}


@for_every("case", WAIT_ORDER)
def test_the_first_rule_of_a_wait_that_has_a_verdict_decides(case: str) -> None:
    row, seen, verdict = WAIT_ORDER[case]
    assert Goal(**row).judge(seen) is verdict


@pytest.mark.parametrize("gone", [DONE, IMPOSSIBLE])
def test_a_wait_for_one_that_is_gone_ends_as_its_row_says(gone: Verdict) -> None:
    assert Goal(**WAIT, gone=gone).judge(None) is gone
