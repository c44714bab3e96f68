"""The client's rows of subscriptions beside the emulator's: written apart from the same documents."""

from __future__ import annotations

from typing import Any

import pytest

from tencent_dts.emulator.areas.subscription_2018 import tables as server
from tencent_dts.emulator.world.tables import shown
from tencent_dts.kinds.rows import OPERATIONS
from tencent_dts.kinds.subscription_2018 import states as rows
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tests.rules import for_every

ROWS = [row for row in OPERATIONS.values() if row.resource is rows.SUBSCRIPTION]
# A change of objects that runs is not shown: the client calls, is refused, and is patient.
HIDDEN = "configured.changing"

every_row = for_every("row", ROWS, ids=lambda row: row.action)


def allowed(action: str, state: str, trade: str) -> bool:
    return not server.ROWS[action].cell(state)[1] and not server.TRADES[action].cell(trade)[1]


def test_both_have_a_row_for_each_action() -> None:
    assert {row.action for row in ROWS} == set(server.ROWS) == set(server.TRADES)


def test_both_know_the_same_statuses() -> None:
    assert {shown(state) for state in server.STATES} == rows.SUBS_STATUS.known
    assert set(server.TRADE_STATES) == rows.SUBSCRIPTION_BILL.known


@every_row
def test_the_client_calls_exactly_where_the_server_allows_it(row: Operation) -> None:
    """Over every pair of SubsStatus and Status, where nothing of what is asked for is shown yet."""
    for state in server.STATES:
        for trade in server.TRADE_STATES:
            item: dict[str, Any] = {"SubsStatus": shown(state), "Status": trade}
            calls = row.judge(item, called=False, expected='{"SubscribeName": "x"}') is Verdict.ALLOWED
            if state == HIDDEN and calls and not allowed(row.action, state, trade):
                assert row.patient
            else:
                assert calls == allowed(row.action, state, trade), (state, trade)


@every_row
def test_one_that_has_ended_is_never_waited_for_without_end(row: Operation) -> None:
    """Whatever is ordered for a subscription that is isolated: it is done, ruled out, or leads to its end."""
    for state in rows.SUBS_STATUS.known:
        item = {"SubsStatus": state, "Status": "offline"}
        for called in (False, True):
            assert row.judge(item, called=called, expected="{}") in (Verdict.DONE, Verdict.IMPOSSIBLE), (state, called)


@for_every("row", [rows.ACTIVATE, rows.CHANGE_OBJECTS, rows.RENEW], ids=lambda row: row.action)
def test_an_unknown_bill_is_waited_out(row: Operation) -> None:
    (status, *_) = sorted(row.needs)
    item = {"SubsStatus": status, "Status": "upgrading"}
    assert row.judge(item, called=False, expected='{"AutoRenewFlag": "1"}') is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("paid", "verdict"), [("0", Verdict.IMPOSSIBLE), ("1", Verdict.ALLOWED)], ids=["prepaid", "postpaid"]
)
def test_what_is_prepaid_is_never_isolated(paid: str, verdict: Verdict) -> None:
    item = {"SubsStatus": "configured", "Status": "normal", "PayType": int(paid)}
    assert rows.ISOLATE.judge(item, called=False) is verdict
    assert ("not reported" in rows.ISOLATE.bar(item)) == (paid == "0")  # it names fields that this answer lacks


@for_every(
    "shows, proven",
    [
        ({"SubscribeObjectType": 1, "SubscribeObjects": [{"ObjectsType": 0, "DatabaseName": "app"}]}, True),
        (
            {
                "SubscribeObjectType": 1,
                "SubscribeObjects": [{"ObjectsType": 0, "DatabaseName": "app", "TableNames": None}],
            },
            True,
        ),
        ({"SubscribeObjectType": 3, "SubscribeObjects": [{"ObjectsType": 0, "DatabaseName": "app"}]}, False),
        ({"SubscribeObjectType": 1, "SubscribeObjects": []}, False),
        ({"SubscribeObjectType": 1, "SubscribeObjects": None}, False),
        ({}, False),
    ],
)
def test_objects_are_proven_by_what_is_read_alone(shows: dict[str, Any], proven: bool) -> None:
    request = {"SubscribeObjectType": 1, "Objects": [{"ObjectsType": 0, "DatabaseName": "app"}]}
    item = {"SubsStatus": "configured", "Status": "normal", **shows}
    verdict = rows.CHANGE_OBJECTS.judge(item, called=True, expected=rows.CHANGE_OBJECTS.expected_of(request))
    assert verdict is (Verdict.DONE if proven else Verdict.UNDER_WAY)


@pytest.mark.parametrize("shows", [[], None])
def test_everything_of_an_instance_needs_no_objects(shows: Any) -> None:
    expected = rows.CHANGE_OBJECTS.expected_of({"SubscribeObjectType": 0, "Objects": []})
    item = {"SubsStatus": "configured", "Status": "normal", "SubscribeObjectType": 0, "SubscribeObjects": shows}
    assert rows.CHANGE_OBJECTS.judge(item, called=False, expected=expected) is Verdict.DONE
