"""The ledger of orders: what two workers write over each other, and how long an order is unsettled."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tencent_dts import settings
from tencent_dts.engine.ledger import Ledger, Order, shown_orders
from tencent_dts.tasks.orders import Orders


class Paper:
    """One key of a store."""

    value: Any = None

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        self.value = value


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def ledger(paper: Paper) -> Ledger:
    return Ledger(paper, lambda: {"try": 1}, lambda sign: False)


def test_an_order_that_another_worker_has_written_over_comes_back_with_its_outcome(
    paper: Paper, ledger: Ledger
) -> None:
    """Both have read the empty ledger, and the other one wrote last."""
    mine = ledger.announce()
    paper.value = None
    theirs = ledger.announce()
    assert [order.key for order in ledger.orders()] == [theirs.key]
    ledger.fulfil(mine, "dts-1")
    assert {order.key: order.made for order in ledger.orders()} == {theirs.key: "", mine.key: "dts-1"}
    ledger.doubt(theirs, "no answer")
    assert {order.key: (order.made, order.why) for order in ledger.orders()} == {
        theirs.key: ("", "no answer"),
        mine.key: ("dts-1", ""),
    }


def test_an_outcome_is_written_to_its_order_alone(ledger: Ledger) -> None:
    first, second = ledger.announce(), ledger.announce()
    ledger.fulfil(second, "dts-2")
    assert [order.made for order in ledger.orders()] == ["", "dts-2"]
    ledger.refuse(first)
    assert ledger.made() == ["dts-2"]


def test_it_is_unsettled_from_when_the_latest_doubt_was_learned(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out tells long after the sending that no answer came."""
    monkeypatch.setattr(settings, "settle_time", lambda: 60.0)
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    assert ledger.pending_since() is None
    assert ledger.unsettled() == 0
    first = ledger.announce()
    assert first.doubted == 0
    assert ledger.pending_since() == 1000.0
    now = 1040.0
    ledger.doubt(first, "no answer")
    assert ledger.pending_since() == 1040.0
    assert ledger.unsettled() == 60.0
    now = 1050.0
    second = ledger.announce()
    assert ledger.pending_since() == 1050.0
    ledger.fulfil(second, "dts-2")
    assert ledger.pending_since() == 1040.0
    assert ledger.unsettled() == 50.0


def test_what_is_seen_is_credited_to_the_earliest_order_since_the_last_fresh_start(ledger: Ledger) -> None:
    old = ledger.announce()
    ledger.doubt(old, "no answer")
    ledger.forget()
    first, second = ledger.announce(), ledger.announce()
    ledger.account(["dts-1"])
    assert {order.key: order.made for order in ledger.orders()} == {old.key: "", first.key: "dts-1", second.key: ""}
    ledger.account(["dts-1"])
    assert ledger.known() == ["dts-1"]
    ledger.account(["dts-1", "dts-2", "dts-3"])
    assert ledger.known() == ["dts-1", "dts-2"]
    assert [order.key for order in ledger.unknown()] == [old.key]


def test_a_job_that_was_seen_is_credited_to_no_order_from_before_a_fresh_start(paper: Paper, ledger: Ledger) -> None:
    """So one of them may still have made something, however many jobs were seen since."""
    ledger.announce()
    ledger.forget()
    ledger.announce()
    ledger.announce()
    past, *recent = paper.value
    orders = Orders("dts-1", "owner", "name", 1, [], paper.value)
    assert [order.key for order in orders.missing(0)] == [row["key"] for row in paper.value]
    assert [order.key for order in orders.missing(1)] == [past["key"], recent[1]["key"]]
    assert [order.key for order in orders.missing(5)] == [past["key"]]


def test_what_was_made_is_shown_as_fresh_until_the_lists_must_show_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(settings, "visible_within", lambda: 300.0)
    assert ledger.fresh() == ""
    ledger.fulfil(ledger.announce(), "dts-1")
    assert ledger.fresh() == "dts-1"
    now = 1100.0
    ledger.fulfil(ledger.announce(), "dts-2")
    ledger.announce()
    now = 1399.0
    assert ledger.fresh() == "dts-2"
    now = 1400.0
    assert ledger.fresh() == ""
    now = 1100.0
    ledger.forget()
    assert ledger.fresh() == ""


def test_nothing_is_announced_after_a_refusal_or_a_fresh_start(paper: Paper, ledger: Ledger) -> None:
    assert not ledger.announced()
    order = ledger.announce()
    assert ledger.announced()
    ledger.refuse(order)
    assert not ledger.announced()
    assert paper.value is None
    ledger.announce()
    ledger.forget()
    assert not ledger.announced()
    assert [order.past for order in ledger.unknown()] == [True]


def test_a_fresh_start_forgets_what_is_known_to_have_been_made(ledger: Ledger) -> None:
    ledger.fulfil(ledger.announce(), "dts-1")
    ledger.announce()
    assert (ledger.made(), ledger.known(), len(ledger.unknown())) == (["dts-1"], ["dts-1"], 1)
    ledger.forget()
    (left,) = ledger.orders()
    assert (left.made, left.past) == ("", True)
    ledger.fulfil(left, "dts-2")
    assert (ledger.made(), ledger.known()) == (["dts-2"], [])


def test_the_latest_order_stands_and_no_earlier_one(paper: Paper, ledger: Ledger) -> None:
    first = ledger.announce()
    assert ledger.stands(first)
    second = ledger.announce()
    assert (ledger.stands(first), ledger.stands(second)) == (False, True)
    paper.value = None
    assert not ledger.stands(second)


def test_the_one_further_order_is_spent_until_the_task_is_cleared(paper: Paper) -> None:
    cleared = False
    ledger = Ledger(paper, lambda: {"try": 1}, lambda sign: cleared)
    ledger.announce()
    assert not ledger.is_exhausted()
    further = ledger.announce()
    assert (further.further, ledger.is_exhausted()) == (True, True)
    cleared = True
    assert not ledger.is_exhausted()
    cleared = False
    ledger.fulfil(further, "dts-1")
    assert not ledger.is_exhausted()


def test_an_order_says_when_it_was_sent_and_what_came_of_it() -> None:
    order = Order("key", 1_795_900_000.0, {"try": 1}, further=False)
    when = "ordered at 2026-11-28 21:06:40 UTC: "
    assert order.in_words() == f"{when}the worker ended before an answer came; nothing that it made was found"
    known = replace(order, why="no answer", made="dts-1")
    assert known.in_words() == f"{when}no answer; it made dts-1"
    assert shown_orders([order, known]) == f"{order.in_words()}\n    {known.in_words()}"
