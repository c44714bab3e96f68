"""What is read from a job in trouble for the error of its task."""

from __future__ import annotations

from typing import Any

from tencent_dts.engine.wording import cause_of
from tests.rules import for_every

LOG = {"ErrorLog": "the disk is full", "Solution": "enlarge it"}
TIP = {"Message": "the disk is full", "Solution": "enlarge it"}
SINKER = {"StepId": "sinker", "Errors": [TIP]}


@for_every(
    "item, cause",
    [
        (None, None),
        ({}, None),
        ({"ErrorInfo": [{"Code": "Disk", **LOG}]}, "Disk: the disk is full enlarge it"),
        ({"ErrorInfo": [LOG]}, "error: the disk is full enlarge it"),
        ({"StepInfo": {"StepInfo": [{"StepId": "load", "Errors": [TIP]}]}}, "step load: the disk is full enlarge it"),
        (
            {"Detail": {"StepInfos": [{"StepId": "sinker", "Errors": [TIP]}]}},
            "step sinker: the disk is full enlarge it",
        ),
        ({"Detail": {"ErrInfo": {"Reason": "the disk", "Message": "full"}}}, "full the disk"),
        ({"Errors": [{"Message": "the request failed"}, {}]}, "the request failed"),
        ({"BriefMsg": "failed", "Message": "for a reason"}, "failed; for a reason"),
    ],
)
def test_it_is_told_from_wherever_it_stands(item: dict[str, Any] | None, cause: str | None) -> None:
    assert cause_of(item) == cause


def test_the_same_text_is_told_once_and_by_the_step_where_it_happened() -> None:
    step = {"StepInfo": {"StepInfo": [{"StepId": "load", "Errors": [TIP]}]}}
    assert cause_of({**step, "ErrorInfo": [LOG], "BriefMsg": "the disk is full"}) == (
        "step load: the disk is full enlarge it"
    )


def test_different_texts_are_all_told() -> None:
    item = {"ErrorInfo": [LOG, {"Code": "Net", "ErrorLog": "lost"}], "Message": "stopped"}
    assert cause_of(item) == "error: the disk is full enlarge it; Net: lost; stopped"
