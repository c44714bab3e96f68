"""A slice through the matrix of ``make chaos``: every lifecycle, every fault, every recovery, some of the calls."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from tencent_dts.emulator.world.rehearsals import CONVENTION
from tencent_dts.engine.purchases import JobPurchase
from tests.chaos.environment import WAITS
from tests.chaos.errors import PAGE, plain
from tests.chaos.faults import FAULTS
from tests.chaos.laboratory import Laboratory
from tests.chaos.lifecycles import LIFECYCLES
from tests.chaos.matrix import RECOVERIES, Case, cases_of, merged, verdict

NAMES = list(LIFECYCLES)
EVERY_ERROR = PAGE.read_text()


def chosen(cases: dict[str, list[Case]]) -> list[Case]:
    """For each fault two cases of different lifecycles, with another call and another recovery each time."""
    found = []
    for number, fault in enumerate(FAULTS):
        for turn in range(2):
            of_fault = [case for case in cases[NAMES[(number + 2 * turn) % len(NAMES)]] if case.fault is fault]
            of_recovery = [case for case in of_fault if case.recovery == RECOVERIES[(number + turn) % len(RECOVERIES)]]
            found.append(of_recovery[(7 * number + 5 * turn) % len(of_recovery)])
    return found


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with mock.patch.dict(os.environ, {f"AIRFLOW__TENCENT_DTS__{name}": value for name, value in WAITS.items()}):
        found = Laboratory()
        yield found
        found.emulator.stop()


@pytest.fixture(scope="module")
def cases(laboratory: Laboratory) -> dict[str, list[Case]]:
    """Every case, from a straight run of each lifecycle, which must hold what the disturbed ones must."""
    return {name: merged(cases_of(one, laboratory.straight(one))) for name, one in LIFECYCLES.items()}


def test_a_disturbed_run_keeps_every_promise(cases: dict[str, list[Case]], laboratory: Laboratory) -> None:
    outcomes = [(case, laboratory.run(case)) for case in chosen(cases)]
    broken = {str(case): verdict(case, outcome) for case, outcome in outcomes}
    assert {case: wrong for case, wrong in broken.items() if wrong} == {}
    errors = {plain(outcome.error) for _, outcome in outcomes if outcome.error}
    assert len(errors) > 3
    assert [error for error in errors if error not in EVERY_ERROR] == []


def test_recoveries_are_run_where_there_is_something_to_recover(
    cases: dict[str, list[Case]], laboratory: Laboratory
) -> None:
    first = [case for case in cases["dts_subscribe"] if case.call == cases["dts_subscribe"][0].call]
    for fault, needless in (("throttled 5 times", 2), ("refused: Denied", 0)):
        put = laboratory.put_through([case for case in first if case.fault.name == fault])
        assert len({one.case for one in put}) == len(RECOVERIES)
        assert [one.wrong for one in put] == [[]] * len(RECOVERIES)
        assert sum(one.needless for one in put) == needless


@pytest.mark.parametrize("lifecycle", NAMES)
def test_a_rehearsed_difference_is_told_as_the_page_of_errors_has_it(lifecycle: str, laboratory: Laboratory) -> None:
    outcome = laboratory.rehearse(LIFECYCLES[lifecycle], CONVENTION["different"][0], {})
    assert bool(outcome.error) is (lifecycle != "dts_subscribe")  # which compares nothing
    assert plain(outcome.error) in EVERY_ERROR


def test_purchases_that_nobody_looks_up_are_found_out(cases: dict[str, list[Case]], laboratory: Laboratory) -> None:
    (case,) = [
        case
        for case in cases["dts_migrate"]
        if (case.call.action, case.fault.name) == ("CreateMigrationService", "dropped after commit")
        and case.recovery == RECOVERIES[0]
    ]
    assert verdict(case, laboratory.run(case)) == []
    blind, nobody = mock.AsyncMock(return_value=[]), mock.AsyncMock(return_value=([], []))
    unowned = mock.patch("tencent_dts.tasks.release.find_owned", nobody)
    with mock.patch.object(JobPurchase, "find", blind), unowned:
        assert any("still costs" in wrong for wrong in verdict(case, laboratory.run(case)))
