"""A job that DTS does not find: the page tells what is known of it, and takes a NotFound for no ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airflow.models.variable import Variable
from airflow.utils.session import create_session

from tencent_dts.engine.records import KEY, SEEN, Ending, LastSeen, Place
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_connections")

AT = 1795406400.0
BILLED = "its bill is not known."
RELEASED = "Nothing more of it is billed."
Keep = Callable[[str, str], None]


@pytest.fixture
def here(cloud: Cloud) -> LastSeen:
    return LastSeen(Place("ap-guangzhou", cloud.emulator.endpoint), "Status running, TradeStatus normal", AT)


@pytest.fixture
def keep(airflow_database: None) -> Any:
    """Keeps a record in Airflow's database, as tasks do, until the test ends."""
    kept: list[str] = []

    def put(job_id: str, text: str) -> None:
        kept.append(f"{KEY}{job_id}{SEEN}")
        with create_session() as session:
            Variable.set(kept[-1], text, session=session)

    yield put
    with create_session() as session:
        for key in kept:
            Variable.delete(key, session=session)


def test_it_tells_where_it_was_looked_for_and_that_nothing_is_known_of_it(cloud: Cloud, page: Any) -> None:
    text = page("dts-00000000").text
    place = f"region ap-guangzhou of {cloud.emulator.endpoint}"
    assert f"DTS does not find this job in {place}, with connection tencentcloud_default." in text
    assert f"This Airflow has no record of it. No ending of it was seen where it was looked for: {BILLED}" in text
    assert "It costs, or holds a fee, until it is isolated." in text
    assert RELEASED not in text


def test_it_tells_as_what_it_was_last_seen(here: LastSeen, page: Any, keep: Keep) -> None:
    keep("dts-00000001", here.dumps())
    text = page("dts-00000001").text
    assert f"Last seen in {here.place}, as Status running, TradeStatus normal, at 2026-11-23" in text
    assert BILLED in text
    assert RELEASED not in text


def test_one_whose_ending_was_seen_costs_nothing_more(here: LastSeen, page: Any, keep: Keep) -> None:
    keep("dts-00000002", replace(here, ending=Ending("IsolateMigrateJob was accepted", AT)).dumps())
    text = page("dts-00000002").text
    assert f"It has ended: IsolateMigrateJob was accepted (2026-11-23 04:00:00 UTC). {RELEASED}" in text
    assert BILLED not in text
    assert "until it is isolated" not in text


def test_an_ending_in_another_place_says_nothing_of_this_one(here: LastSeen, page: Any, keep: Keep) -> None:
    elsewhere = replace(here, place=Place("ap-shanghai", here.place.site), ending=Ending("isolated", AT))
    keep("dts-00000003", elsewhere.dumps())
    text = page("dts-00000003").text
    assert "Last seen in region ap-shanghai of" in text
    assert BILLED in text
    assert RELEASED not in text


def test_a_record_that_somebody_has_edited_is_no_record(page: Any, keep: Keep) -> None:
    keep("dts-00000004", "edited")
    text = page("dts-00000004").text
    assert f"This Airflow has no record of it. No ending of it was seen where it was looked for: {BILLED}" in text


def test_a_variable_of_another_name_is_no_record(here: LastSeen, page: Any, keep: Keep) -> None:
    with create_session() as session:
        Variable.set("dts-00000007", replace(here, ending=Ending("isolated", AT)).dumps(), session=session)
    try:
        assert "This Airflow has no record of it." in page("dts-00000007").text
    finally:
        with create_session() as session:
            Variable.delete("dts-00000007", session=session)


def test_each_job_of_a_run_has_its_own_record(here: LastSeen, page: Any, keep: Keep) -> None:
    keep("dts-00000005", replace(here, ending=Ending("isolated", AT)).dumps())
    shown = page("dts-00000005", "dts-00000006").text
    assert shown.count(RELEASED) == shown.count(BILLED) == 1
