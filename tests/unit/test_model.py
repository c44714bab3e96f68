"""What a resource, an operation and a goal say of an answer, by their fields alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tencent_dts.model.answers import Fields, dig, plain, text_at
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, Verdict, statuses
from tests.rules import for_every

STATUS = Axis("Status", "Status", statuses("new", "at work", "over"), names={"7": "over"})
BILL = Axis("TradeStatus", "Trade.Status", statuses("normal", "isolated", "offline", "free"))
JOB = Resource(
    "job",
    "2021-12-06",
    "DescribeJob",
    ("JobId", "Other"),
    STATUS,
    bill=BILL,
    released=statuses("isolated", "offline"),
    destroyed=statuses("offline"),
    free=statuses("free"),
    prepaid=("PayMode", "PrePay"),
    lag="Step",
)
UNBILLED = replace(JOB, name="unbilled job", bill=None, prepaid=("", ""), lag="")
PART = Resource("part", "2021-12-06", "DescribePart", ("JobId", "PartId"), STATUS, part_of=JOB)
SEND = Operation("Send", JOB, STATUS, needs=statuses("new"))


def billed(bill: str, **fields: Any) -> dict[str, Any]:
    return {"Status": "new", "Trade": {"Status": bill}, **fields}


class TestResource:
    """Its bill, its lag, and whose part it is."""

    def test_a_number_is_read_by_its_name(self) -> None:
        assert [STATUS.of({"Status": value}) for value in (7, "7", "new", None)] == ["over", "over", "new", ""]
        assert STATUS.of({}) == ""

    @for_every(
        "bill, released, destroyed, vanishes",
        [
            ("normal", False, False, False),
            ("isolated", True, False, False),
            ("offline", True, True, False),
            ("free", False, False, True),
            ("", False, False, False),
        ],
    )
    def test_its_bill_says_what_becomes_of_it(self, bill: str, released: bool, destroyed: bool, vanishes: bool) -> None:
        item = billed(bill)
        assert (JOB.is_released(item), JOB.is_destroyed(item), JOB.vanishes(item)) == (released, destroyed, vanishes)
        assert JOB.stands_still(STATUS, item) is released
        assert not JOB.stands_still(BILL, item)

    def test_without_a_bill_it_is_deleted_at_once_and_never_seen_to_be_released(self) -> None:
        item = billed("offline")
        assert (UNBILLED.is_released(item), UNBILLED.is_destroyed(item), UNBILLED.vanishes(item)) == (
            False,
            False,
            True,
        )
        assert (UNBILLED.is_deleted_in_the_end, JOB.is_deleted_in_the_end) == (True, False)

    def test_a_part_is_of_its_job_and_a_job_of_itself(self) -> None:
        assert (PART.job, JOB.job, PART.key, JOB.key) == (JOB, JOB, "JobId", "JobId")
        assert not PART.is_deleted_in_the_end
        assert len({PART, JOB, replace(JOB)}) == 2

    def test_it_is_prepaid_where_it_says_so(self) -> None:
        said = [JOB.is_prepaid({"PayMode": mode}) for mode in ("PrePay", "PostPay", None)]
        assert said == [True, False, False]
        assert not UNBILLED.is_prepaid({"": ""})
        assert not UNBILLED.is_prepaid({})

    @for_every(
        "megabytes, seconds, known",
        [
            *((0, 0, True), (0, 1, True), (1, 0, True), (-1, 0, False), (0, -1, False)),
            *((None, 0, False), (0, None, False), ("0", 0, False), (0, "0", False)),
        ],
    )
    def test_a_lag_is_known_where_both_numbers_are(self, megabytes: Any, seconds: Any, known: bool) -> None:
        item = {"Step": {"MasterSlaveDistance": megabytes, "SecondsBehindMaster": seconds}}
        assert JOB.lag_of(item) == ((megabytes, seconds) if known else None)
        assert UNBILLED.lag_of(item) is None

    def test_its_state_in_words_names_what_is_not_reported(self) -> None:
        assert JOB.in_words(billed("normal")) == "Status new, TradeStatus normal"
        assert JOB.in_words({}) == "Status not reported, TradeStatus not reported"
        assert UNBILLED.in_words({"Status": "over"}) == "Status over"


class TestOperation:
    """What it sets, how that shows, and what rules it out."""

    def test_what_is_not_said_of_a_row_is_not_so(self) -> None:
        assert not any((SEND.destroys, SEND.ends, SEND.patient, SEND.digest, SEND.deletes_isolated))

    @for_every(
        "changes, deletes",
        [
            ({}, True),
            ({"destroys": False}, False),
            ({"axis": STATUS}, False),
            ({"needs": statuses("isolated", "normal")}, False),
            ({"needs": statuses("isolated", "offline")}, True),
        ],
    )
    def test_it_deletes_what_is_isolated_where_it_is_called_in_nothing_else(
        self, changes: dict[str, Any], deletes: bool
    ) -> None:
        row = Operation("Destroy", JOB, BILL, needs=statuses("isolated"), destroys=True)
        assert replace(row, **changes).deletes_isolated is deletes

    def test_what_is_not_there_is_done_for_what_destroys_alone(self) -> None:
        assert SEND.judge(None, called=True) is Verdict.IMPOSSIBLE
        assert replace(SEND, destroys=True).judge(None, called=False) is Verdict.DONE

    @for_every(
        "request, expected",
        [
            ({"NewClass": "large"}, "large"),
            ({"Class": "small", "NewClass": "large"}, "small"),
            ({"Class": 0}, "0"),
            ({"Class": None}, ""),
            ({}, ""),
        ],
    )
    def test_a_field_shows_what_the_request_sets_by_its_name(self, request: dict[str, Any], expected: str) -> None:
        row = replace(SEND, proof="Trade.Info.Class")
        assert row.proofs() == ("Trade.Info.Class",)
        assert row.expected_of(request) == expected
        assert row.shows({"Trade": {"Info": {"Class": "large"}}}, expected) is (expected == "large")

    def test_several_fields_must_all_show_what_the_request_sets(self) -> None:
        row = replace(SEND, proof={"Threads": "Limit.Threads", "Rows": "Limit.Rows", "Names": "Names"})
        expected = row.expected_of({"Threads": 8, "Rows": None, "Names": ["b", "a"]})
        assert json.loads(expected) == {"Limit.Threads": "8", "Names": ["a", "b"]}
        assert row.proofs() == ("Limit.Threads", "Limit.Rows", "Names")
        assert row.shows({"Limit": {"Threads": "8"}, "Names": ["a", "b"]}, expected)
        assert not row.shows({"Limit": {"Threads": "8"}, "Names": ["a"]}, expected)
        assert not row.shows({"Limit": {"Threads": "9"}, "Names": ["a", "b"]}, expected)
        assert row.expected_of({"Rows": None}) == ""
        assert not row.shows({}, "")

    def test_a_row_without_proof_shows_nothing(self) -> None:
        assert SEND.proofs() == ()
        assert SEND.expected_of({"NewClass": "large"}) == ""
        assert not SEND.shows({"Status": ""}, "")

    def test_a_property_rules_it_out_and_says_what_to_do_instead(self) -> None:
        row = replace(SEND, barred={"PayMode": {"PrePay": "of {JobId}: ask {Nobody}"}, "Free": {"True": "it is free"}})
        assert row.bar({"PayMode": "PrePay", "JobId": "sync-1"}) == "of sync-1: ask not reported"
        assert row.bar({"PayMode": "PostPay", "Free": True}) == "it is free"
        assert row.bar({"PayMode": "PostPay"}) == ""


class TestGoal:
    """What leads to it, and where that is seen."""

    GOAL = Goal("checked", PART, Axis("Flag", "Flag", statuses("passed")), reached=statuses("passed"))

    def test_it_is_void_by_its_own_axis_or_by_its_jobs(self) -> None:
        goal = replace(self.GOAL, void=((self.GOAL.axis, statuses("none")), (STATUS, statuses("new"))))
        assert goal.is_void({"Flag": "none", "Status": "over"}, of_job=False)
        assert not goal.is_void({"Flag": "none", "Status": "over"}, of_job=True)
        assert goal.is_void({"Flag": "passed", "Status": "new"}, of_job=True)
        assert not goal.is_void({"Flag": "passed", "Status": "new"}, of_job=False)
        assert (goal.asks_job(), replace(goal, void=goal.void[:1]).asks_job()) == (True, False)

    def test_that_it_ran_is_seen_on_another_axis_than_its_own(self) -> None:
        assert self.GOAL.ran({"Status": "at work", "Flag": "passed"}) == "at work"
        assert replace(self.GOAL, axis=STATUS).ran({"Status": "at work"}) == ""


class TestAnswers:
    """Fields found by their paths, and compared as they are meant."""

    def test_a_path_leads_to_a_value_or_to_nothing(self) -> None:
        item = {"a": {"b": 0, "c": None}, "d": [1]}
        assert [dig(item, path) for path in ("a.b", "a.c", "a.x", "d.a", "x.y", "d")] == [
            0,
            None,
            None,
            None,
            None,
            [1],
        ]
        assert [text_at(item, path) for path in ("a.b", "a.c", "x")] == ["0", "", ""]

    def test_values_that_mean_the_same_are_alike(self) -> None:
        assert plain({"b": 1, "a": [2, {"x": None, "y": 0}], "c": None, "d": [], "e": {}}) == {
            "a": ["2", {"y": "0"}],
            "b": "1",
        }
        assert plain([3, 1, 2]) == plain(("1", "2", "3"))
        assert plain([]) == ""
        assert plain([{"b": 1, "a": 2}, {"a": 1}]) == plain([{"a": 1}, {"a": 2, "b": 1}])

    def test_an_absent_field_of_a_text_is_named_as_such(self) -> None:
        assert "{a}, {b}".format_map(Fields({"a": 1})) == "1, not reported"
