"""Check results and compare reports: what passes, what does not, and what is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tencent_dts.engine.verdicts import (
    compare_result,
    coverage_of,
    doubt_of,
    explain_items,
    failed_items,
    not_proven,
    shown_evidence,
    skipped_steps,
)
from tencent_dts.model.answers import typed
from tests.rules import for_every


def step(step_id: str, status: str, **changes: Any) -> dict[str, Any]:
    return {"StepId": step_id, "StepName": step_id, "StepStatus": status, "DetailCheckItems": [], **changes}


def item(result: str, **changes: Any) -> dict[str, Any]:
    return {"CheckItemName": "item", "CheckResult": result, "FailureReason": "because", "Solution": "do it"} | changes


def test_only_failed_steps_count_and_skipped_ones_do_not() -> None:
    check = {
        "StepInfo": [
            step("Passed", "pass"),
            step("Warned", "warning", DetailCheckItems=[item("warning")]),
            step("Skipped", "failed", HasSkipped=True, DetailCheckItems=[item("warning")]),
            step(
                "Failed", "failed", DetailCheckItems=[item("failed"), item("pass"), item("failed", FailureReason=None)]
            ),
            step("Blocked", "blocked"),
        ]
    }
    assert [entry["step_id"] for entry in failed_items(check)] == ["Failed", "Failed"]
    assert skipped_steps(check) == {"Skipped"}


def test_blocked_steps_count_where_nothing_says_why() -> None:
    parsed = json.loads(json.dumps({"StepInfo": [step("Blocked", "blocked", StepName="a step"), step("Ok", "pass")]}))
    assert [(entry["step_id"], entry["item"]) for entry in failed_items(parsed)] == [("Blocked", "a step")]


@for_every("check", [{}, {"StepInfo": None}, {"StepInfo": []}])
def test_nothing_told_is_no_item(check: dict[str, Any]) -> None:
    assert failed_items(check) == []


def test_a_failed_step_without_items_is_told_by_its_message() -> None:
    check = {"StepInfo": [step("Failed", "failed", DetailCheckItems=None, StepMessage="no route")]}
    assert "no route" in explain_items(failed_items(check))


def test_what_was_found_is_shown_beside_a_reason_that_is_the_same_for_all() -> None:
    both = step("Failed", "failed", DetailCheckItems=[item("failed", ErrorLog=["log_bin is OFF\nserver_id is 0"])])
    assert "because\n        log: log_bin is OFF\n        log: server_id is 0" in explain_items(
        failed_items({"StepInfo": [both]})
    )
    alone = step("Failed", "failed", DetailCheckItems=[item("failed", FailureReason="", ErrorLog=["log_bin is OFF"])])
    (found,) = failed_items({"StepInfo": [alone]})
    assert (found["reason"], found["log"]) == ("log_bin is OFF", "")


def test_reason_solution_and_help_are_shown() -> None:
    links = ["https://a", "https://b"]
    check = {"StepInfo": [step("Failed", "failed", DetailCheckItems=[item("failed", HelpDoc=links, ErrorLog=None)])]}
    text = explain_items(failed_items(check))
    for told in ("Failed (item): because", "solution: do it", *links):
        assert told in text


def report(**abstract: Any) -> Any:
    counts = {"TotalTables": 3, "CheckedTables": 3, "DifferentTables": 0, "SkippedTables": 0, "DifferentRows": 0}
    return {"Abstract": {"Conclusion": "same", **counts, **abstract}, "Detail": None}


@for_every(
    "abstract, allowed, proven",
    [
        ({}, 0, True),
        ({"CheckedTables": 2, "SkippedTables": 1}, 1, True),
        ({"CheckedTables": 2, "SkippedTables": 1}, 0, False),
        ({"CheckedTables": 3, "SkippedTables": 1}, 1, True),
        ({"CheckedTables": 2, "SkippedTables": 1}, 2, True),
        ({"CheckedTables": 2}, 0, False),
        ({"CheckedTables": 0, "SkippedTables": 3}, 3, False),
        ({"CheckedTables": 0, "TotalTables": 0}, 0, False),
        ({"Conclusion": "different"}, 9, False),
        ({"Conclusion": "skipAll"}, 9, False),
        ({"Conclusion": ""}, 9, False),
        ({"Conclusion": None}, 9, False),
        ({"Conclusion": "probably"}, 9, False),
        ({"Conclusion": "Same"}, 9, False),
        ({"TotalTables": None}, 0, False),
        ({"SkippedTables": None}, 0, False),
        ({"CheckedTables": "3"}, 0, False),
    ],
)
def test_what_proves_the_data_equal(abstract: dict[str, Any], allowed: int, proven: bool) -> None:
    why = not_proven(compare_result(report(**abstract)), allowed)
    assert (why is None) is proven


@for_every("answer", [{}, {"Abstract": None}, {"Abstract": {}, "Detail": {}}])
def test_an_empty_report_proves_nothing(answer: Any) -> None:
    assert not_proven(compare_result(answer), 9)


def test_counts_that_evidence_does_not_tell_are_not_told_as_numbers() -> None:
    why = not_proven(coverage_of({"conclusion": "different"}), 0)
    assert why == "conclusion different: different tables: not reported, rows: not reported"
    told = {"conclusion": "different", "different_tables": 2, "different_rows": 0}
    assert not_proven(coverage_of(told), 0) == "conclusion different: different tables: 2, rows: 0"


def test_at_most_ten_rows_are_shown_and_none_of_their_values() -> None:
    rows = [{"Db": "d", "Table": f"t{n}", "Chunk": n, "SrcItem": "secret", "DstItem": "secret"} for n in range(50)]
    skipped = [{"Db": "d", "Table": f"s{n}"} for n in range(50)]
    answer = report() | {"Detail": {"Difference": {"Items": rows}, "Skipped": {"Items": skipped}}}
    result = compare_result(answer)
    assert len(result["differences"]) == len(result["skipped"]) == 10
    assert "secret" not in str(result)
    assert result["skipped"][0] == "d.s0: no reason given"


def sync_step(status: str, *tips: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"StepId": status, "StepName": f"{status} step", "Status": status, "Errors": list(tips), **changes}


def test_in_a_sync_check_only_steps_that_failed_count() -> None:
    tip = {"Code": "Error: failed", "Message": "no binlog", "Solution": "turn it on", "HelpDoc": "https://a"}
    warning = {"Code": "Warning: SrcPrivilegeCheck", "Message": "more than needed"}
    check = {
        "StepInfos": [
            sync_step("finished", Warnings=[warning]),
            sync_step("skipped", tip),
            sync_step("failed", tip, {"Code": "Error: failed", "Message": None, "HelpDoc": None}),
            sync_step("notStarted"),
        ]
    }
    first, second = failed_items(check)
    assert first == {
        "step_id": "failed",
        "item": "failed step",
        "reason": "no binlog",
        "log": "",
        "solution": "turn it on",
        "help": ["https://a"],
    }
    assert (second["reason"], second["solution"], second["help"]) == ("Error: failed", "", [])
    assert skipped_steps(check) == {"skipped"}


@pytest.mark.parametrize("errors", [None, []])
def test_a_failed_step_of_a_sync_check_is_named_although_it_tells_nothing(errors: Any) -> None:
    (item,) = failed_items({"StepInfos": [sync_step("failed", Errors=errors)]})
    assert (item["step_id"], item["reason"]) == ("failed", "not reported")


def test_a_difference_is_named_by_its_place() -> None:
    whole = {"Db": "app", "Schema": "public", "Table": "orders", "Chunk": 7, "IndexName": "by_day"}
    rows = [whole | {"LowerBoundary": "1", "UpperBoundary": "9"}, {"Db": "app", "Table": "orders", "Chunk": 8}]
    answer = report() | {
        "Detail": {"Difference": {"Items": rows}, "Skipped": {"Items": [whole | {"Reason": "no key"}]}}
    }
    result = compare_result(answer)
    assert result["differences"] == [
        "app.public.orders: chunk 7, by_day from 1 to 9",
        "app.orders: chunk 8, index from None to None",
    ]
    assert result["skipped"] == ["app.public.orders: no key"]


def test_evidence_is_shown_in_a_line() -> None:
    whole = {"conclusion": "same", "compare_task_id": "cmp-1", "total_tables": 3, "checked_tables": 2}
    assert shown_evidence(whole | {"skipped_tables": 1, "compared_at": 1_795_900_000}) == (
        "same by cmp-1, 2 of 3 tables compared, 1 skipped, data compared at 2026-11-28 21:06:40 UTC"
    )
    assert shown_evidence({"compared_at": None}) == (
        "no conclusion by None, None of None tables compared, None skipped, data compared at not reported"
    )


def test_what_evidence_lacks_is_not_reported() -> None:
    assert set(coverage_of({}).items()) == {
        ("conclusion", ""),
        *((f"{part}_tables", -1) for part in ("total", "checked", "different", "skipped")),
        ("different_rows", -1),
    }
    whole = coverage_of(compare_result(report(DifferentTables=1, SkippedTables=2, DifferentRows=4, CheckedTables=1)))
    assert list(whole.values()) == ["same", 3, 1, 1, 2, 4]
    assert list(coverage_of(compare_result(typed({}))).values()) == ["", -1, -1, -1, -1, -1]


@for_every(
    "abstract, cause",
    [
        ({"Conclusion": "different"}, "different"),
        ({"Conclusion": "skipAll"}, "skipAll"),
        ({"Conclusion": "probably"}, "not reported"),
        ({"TotalTables": None}, "not reported"),
        ({"CheckedTables": None}, "not reported"),
        ({"SkippedTables": 1}, "skipped"),
        ({"CheckedTables": 2}, "partial"),
        ({"CheckedTables": 0, "TotalTables": 0}, "partial"),
    ],
)
def test_what_to_do_about_a_doubt_goes_by_its_cause(abstract: dict[str, Any], cause: str) -> None:
    doubt = doubt_of(compare_result(report(**abstract)), 0)
    assert doubt is not None
    assert doubt.cause == cause


def test_one_table_is_enough_where_it_is_all() -> None:
    assert doubt_of(compare_result(report(TotalTables=1, CheckedTables=1)), 0) is None
