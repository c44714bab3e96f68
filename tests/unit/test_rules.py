"""A rule over many things names every offender, and is never held by nothing."""

from __future__ import annotations

import pytest

from tests.rules import for_every


def test_every_offender_is_named() -> None:
    @for_every("number", [1, 2, 3, 4])
    def even(number: int) -> None:
        assert number % 2 == 0, "odd"

    with pytest.raises(
        AssertionError, match=r"(?s)2 of 4 break the rule.*1: AssertionError in line \d+: odd.*3: AssertionError"
    ):
        even()


def test_of_several_arguments_and_of_every_pair_too() -> None:
    @for_every("factor", [1, 2])
    @for_every("number, half", [(2, 1), (4, 2), (8, 5)])
    def halved(number: int, half: int, factor: int) -> None:
        assert number * factor == half * 2, "not the half"

    with pytest.raises(AssertionError) as raised:
        halved()
    offenders = [line.split(": Assert")[0] for line in str(raised.value).splitlines() if ": Assert" in line]
    assert offenders == ["1", "8, 5", "2", "2, 1", "4, 2", "8, 5"]


def test_one_that_raises_nothing_where_it_should_is_an_offender() -> None:
    @for_every("number", [1])
    def refused(number: int) -> None:
        with pytest.raises(ValueError, match="never"):
            assert number

    with pytest.raises(AssertionError, match="DID NOT RAISE"):
        refused()


def test_a_rule_for_nothing_is_no_rule() -> None:
    with pytest.raises(AssertionError, match="nothing that the rule could hold for"):
        for_every("number", [])
