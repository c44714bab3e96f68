"""Who may call a job theirs: whoever has bought or adopted it, where nobody alive has a claim to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tencent_dts.engine.book import Book
from tencent_dts.engine.identity import Identity
from tencent_dts.engine.records import KEY, Record
from tencent_dts.engine.runs import Holder
from tencent_dts.errors import IdentityConflict
from tencent_dts.kinds.migration import states as table
from tests.drive import AIRFLOW, TaskInstance
from tests.unit.test_records import HERE, book, holder, record

pytestmark = pytest.mark.usefixtures("airflow")

JOB = "dts-1"
ME = Holder("dag", TaskInstance.run_id, "purchase")
OTHER, THIRD = holder(), Holder("another", "run", "purchase")


@pytest.fixture
def airflow() -> Iterator[None]:
    """Every other run is over."""
    AIRFLOW.reset()
    for other in (OTHER, THIRD):
        AIRFLOW.runs[other.dag_id, other.run_id] = ("failed", None)
    yield
    AIRFLOW.reset()


def kept(*owners: Holder, by: Holder) -> None:
    AIRFLOW.variables[KEY + JOB] = Record(owners, by, HERE).dumps()


def alive(run: Holder) -> None:
    AIRFLOW.runs[run.dag_id, run.run_id] = ("running", None)


def own(item: dict[str, Any] | None = None, me: Holder = ME) -> tuple[Holder, ...]:
    """Own the job; returns the owners that are written down then."""
    hand: Book = replace(book(), me=me)
    asyncio.run(hand.own(table.MIGRATION_JOB, JOB, item or {}))
    assert record(JOB).holder.run_id == me.run_id
    return record(JOB).owners


@pytest.mark.parametrize("owner", [OTHER, THIRD])
def test_an_owner_that_is_alive_keeps_it_though_a_run_that_is_over_holds_it_now(owner: Holder) -> None:
    kept(OTHER, THIRD, by=Holder("dag", "acted", "pause"))
    alive(owner)
    with pytest.raises(IdentityConflict, match=f"run {owner.run_id} of {owner.dag_id}, which is alive"):
        own()


def test_so_does_the_buyer_in_its_tags_though_the_record_names_others() -> None:
    kept(OTHER, by=OTHER)
    tagged = {"Tags": Identity("tests", THIRD.dag_id, THIRD.run_id, THIRD.task).tags(0)}
    alive(THIRD)
    with pytest.raises(IdentityConflict, match="run run of another, which is alive"):
        own(tagged)


def test_a_holder_that_is_alive_keeps_it_though_it_does_not_own_it() -> None:
    kept(OTHER, by=THIRD)
    alive(THIRD)
    with pytest.raises(IdentityConflict, match="run run of another, which is alive"):
        own()


@pytest.mark.parametrize("recorded", [True, False])
def test_the_job_of_another_deployment_is_its_own_whatever_is_recorded_here(recorded: bool) -> None:
    if recorded:
        kept(OTHER, by=OTHER)
    tagged = {"Tags": Identity("elsewhere", OTHER.dag_id, OTHER.run_id, OTHER.task).tags(0)}
    with pytest.raises(IdentityConflict, match="belongs to deployment elsewhere"):
        own(tagged)
    with pytest.raises(IdentityConflict, match="belongs to deployment elsewhere"):
        asyncio.run(book().allow(table.MIGRATION_JOB, JOB, tagged))


def test_what_this_run_holds_already_is_asked_of_nobody() -> None:
    kept(OTHER, by=Holder("dag", TaskInstance.run_id, "start"))
    alive(OTHER)
    assert own() == (OTHER, ME)


def test_the_latest_owner_comes_last_also_where_it_has_owned_it_before() -> None:
    kept(ME, OTHER, by=OTHER)
    assert own()[-1] == ME


def test_two_tasks_of_a_run_may_own_it_and_so_may_an_index_of_a_later_run() -> None:
    assert own() == (ME,)
    adopter = replace(ME, task="adopt")
    assert own(me=adopter) == (ME, adopter)
    kept(replace(OTHER, task="purchase[0]"), by=replace(OTHER, task="purchase[0]"))
    assert own(me=replace(ME, task="purchase[1]"))[-1].task == "purchase[1]"


@pytest.mark.parametrize(
    "taker", [Holder("dag", "later", "purchase"), Holder("later", TaskInstance.run_id, "purchase")]
)
def test_a_run_is_told_by_its_dag_and_its_id_together(taker: Holder) -> None:
    kept(ME, by=ME)
    alive(ME)
    with pytest.raises(IdentityConflict, match="which is alive"):
        own(me=taker)


def test_who_acts_on_a_job_of_nobody_or_of_a_run_that_is_over_holds_it_and_leaves_its_owners() -> None:
    asyncio.run(book().allow(table.MIGRATION_JOB, JOB, {}))
    assert (record(JOB).owners, record(JOB).holder.run_id) == ((), TaskInstance.run_id)
    kept(OTHER, THIRD, by=OTHER)
    asyncio.run(book().allow(table.MIGRATION_JOB, JOB, {}))
    assert (record(JOB).owners, record(JOB).holder.run_id) == ((OTHER, THIRD), TaskInstance.run_id)


def test_when_it_was_bought_is_kept_by_whoever_takes_hold_of_it() -> None:
    AIRFLOW.variables[KEY + JOB] = Record((OTHER,), OTHER, HERE, bought=7.0).dumps()
    own()
    assert record(JOB).bought == 7.0


@pytest.mark.parametrize(("tagged", "recorded"), [(THIRD, OTHER), (OTHER, THIRD)], ids=["alive by tag", "by record"])
def test_who_acts_goes_by_the_record_and_not_by_the_tags_that_may_be_older(tagged: Holder, recorded: Holder) -> None:
    kept(by=recorded)
    alive(THIRD)
    item = {"Tags": Identity("tests", tagged.dag_id, tagged.run_id, tagged.task).tags(0)}
    if recorded == OTHER:
        asyncio.run(book().allow(table.MIGRATION_JOB, JOB, item))
        return
    with pytest.raises(IdentityConflict, match="run run of another, which is alive"):
        asyncio.run(book().allow(table.MIGRATION_JOB, JOB, item))


@pytest.mark.parametrize(
    ("recorded", "tagged", "bought", "pauses"),
    [
        (None, None, 0.0, 1),
        (OTHER, ME, 0.0, 1),
        (None, OTHER, 0.0, 1),
        (None, None, 7.0, 0),
        (None, ME, 0.0, 0),
        (replace(ME, task="start"), None, 0.0, 0),
    ],
    ids=["nobody's", "another's by the record", "another's by its tags", "bought here", "ours by its tags", "ours"],
)
def test_a_worker_pauses_only_where_it_takes_a_job_over(
    recorded: Holder | None, tagged: Holder | None, bought: float, pauses: int
) -> None:
    counted: list[int] = []

    async def pause() -> None:
        counted.append(1)

    if recorded is not None:
        kept(by=recorded)
    item = {"Tags": Identity("tests", tagged.dag_id, tagged.run_id, tagged.task).tags(0)} if tagged else {}
    asyncio.run(replace(book(), let_overtake=pause).own(table.MIGRATION_JOB, JOB, item, bought=bought))
    assert len(counted) == pauses


def test_what_this_run_holds_is_not_written_again_before_each_call() -> None:
    kept(OTHER, by=replace(ME, task="start"))
    before = AIRFLOW.variables[KEY + JOB]
    asyncio.run(book().allow(table.MIGRATION_JOB, JOB, {}))
    assert AIRFLOW.variables[KEY + JOB] == before
