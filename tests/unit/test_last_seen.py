"""What a leg keeps of a job that it has seen, and when it keeps nothing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from tencent_dts.engine.book import Book
from tencent_dts.engine.records import KEY, SEEN, AirflowShelf, Ending, LastSeen, Place, Record
from tencent_dts.engine.runs import GONE, Holder
from tencent_dts.errors import IdentityConflict, JobNotFound, NotShownYet
from tencent_dts.kinds.migration import states as table
from tests.drive import AIRFLOW, TaskInstance
from tests.unit.test_records import HERE, book, holder

JOB = "dts-1"
ME = Holder("dag", TaskInstance.run_id, "purchase")
ELSEWHERE = replace(HERE, region="ap-shanghai")
LONG_AGO = 1000.0
TOLD = "Status running, TradeStatus normal"


def item(bill: str = "normal", status: str = "running") -> dict[str, Any]:
    return {"Status": status, "TradeInfo": {"TradeStatus": bill}}


def kept() -> LastSeen | None:
    text = AIRFLOW.variables.get(KEY + JOB + SEEN)
    return LastSeen.loads(text, KEY) if text is not None else None


def known(seen: LastSeen) -> LastSeen:
    AIRFLOW.variables[KEY + JOB + SEEN] = seen.dumps()
    return seen


def held_by(owner: Holder, place: Place = HERE) -> None:
    AIRFLOW.variables[KEY + JOB] = Record((owner,), owner, place).dumps()


def leg(seen: dict[str, Any], mine: Book | None = None) -> LastSeen | None:
    """A leg that sees the job so; what is kept of it afterwards."""
    mine = mine or book()
    mine.saw(table.MIGRATION_JOB, JOB, seen)
    asyncio.run(mine.flush())
    return kept()


@pytest.mark.parametrize(
    ("owner", "place", "bill", "keeps"),
    [
        (ME, HERE, "normal", True),
        (replace(ME, task="start"), HERE, "normal", True),
        (holder(), HERE, "normal", False),
        (ME, ELSEWHERE, "normal", False),
        (None, HERE, "normal", False),
        (None, HERE, "isolated", True),
        (holder(), HERE, "isolated", False),
        (ME, ELSEWHERE, "isolated", False),
    ],
    ids=[
        *("this task's", "this run's", "another run's", "held in another place", "nobody's"),
        *("nobody's, ended", "another run's, ended", "held in another place, ended"),
    ],
)
def test_a_run_keeps_how_its_own_job_was_seen_and_of_nobody_s_job_its_ending(
    owner: Holder | None, place: Place, bill: str, keeps: bool
) -> None:
    if owner is not None:
        held_by(owner, place)
    assert (leg(item(bill)) is not None) is keeps


@pytest.mark.parametrize("bill", ["normal", "isolated"])
@pytest.mark.parametrize("later", [holder(), ME], ids=["another run", "another task of this run"])
def test_whoever_takes_hold_during_the_leg_has_seen_the_job_later(later: Holder, bill: str) -> None:
    mine = book()
    if later == ME:
        held_by(holder())
    asyncio.run(mine.begin(JOB))
    held_by(later)
    assert leg(item(bill), mine) is None


def test_what_was_seen_in_another_place_is_not_carried_over() -> None:
    held_by(ME)
    known(LastSeen(ELSEWHERE, TOLD, LONG_AGO, Ending("IsolateMigrateJob was accepted", time.time(), ordered=True)))
    found = leg(item())
    assert found is not None
    assert (found.place, found.ending) == (HERE, None)
    assert found.seen_at > LONG_AGO


@pytest.mark.parametrize(
    ("ago", "seen", "written"),
    [
        (60.0, item(), False),
        (3600.0, item(), True),
        (60.0, item(status="success"), True),
        (60.0, item("isolated"), True),
    ],
    ids=["the same, a moment ago", "the same, long ago", "another status", "an ending"],
)
def test_the_same_is_written_again_only_after_a_while(ago: float, seen: dict[str, Any], written: bool) -> None:
    held_by(ME)
    before = known(LastSeen(HERE, table.MIGRATION_JOB.in_words(item()), time.time() - ago))
    after = leg(seen)
    assert after is not None
    assert (after.seen_at > before.seen_at) is written
    assert after.seen == table.MIGRATION_JOB.in_words(seen)


def test_an_ending_that_is_refuted_is_forgotten_though_the_state_told_is_the_same() -> None:
    held_by(ME)
    known(
        LastSeen(HERE, table.MIGRATION_JOB.in_words(item()), time.time(), Ending("seen as TradeStatus isolated", 1.0))
    )
    found = leg(item())
    assert found is not None
    assert found.ending is None


def test_one_that_this_leg_has_seen_is_none_that_is_not_shown_yet() -> None:
    AIRFLOW.variables[KEY + JOB] = Record((ME,), ME, HERE, bought=time.time() + 60).dumps()
    mine = book()
    with pytest.raises(NotShownYet):
        asyncio.run(mine.missing(table.MIGRATION_JOB, JOB))
    mine.saw(table.MIGRATION_JOB, JOB, item())
    with pytest.raises(JobNotFound):
        asyncio.run(mine.missing(table.MIGRATION_JOB, JOB))


# --- A book that serves one leg after another ---


def test_what_a_leg_has_called_is_not_said_of_the_next_one() -> None:
    mine, other = book(), holder()
    held_by(other)
    AIRFLOW.runs[other.dag_id, other.run_id] = ("running", None)
    mine.called()
    with pytest.raises(IdentityConflict) as raised:
        asyncio.run(mine.allow(table.MIGRATION_JOB, JOB, item()))
    assert "nothing was called" not in raised.value.what
    asyncio.run(mine.flush())
    with pytest.raises(IdentityConflict, match="nothing was called"):
        asyncio.run(mine.allow(table.MIGRATION_JOB, JOB, item()))


def test_whom_a_leg_knew_as_holder_does_not_count_for_the_next_one() -> None:
    mine = book()
    asyncio.run(mine.begin(JOB))
    asyncio.run(mine.flush())
    held_by(ME)
    asyncio.run(mine.begin(JOB))
    assert leg(item(), mine) is not None


def test_nor_does_what_it_saw() -> None:
    mine = book()
    held_by(ME)
    assert leg(item(), mine) is not None
    del AIRFLOW.variables[KEY + JOB + SEEN]
    asyncio.run(mine.flush())
    assert kept() is None


# --- A run that Airflow does not tell of ---


def answered(status: int, **detail: str) -> AirflowRuntimeError:
    told = {"status_code": status, "detail": {"detail": detail}}
    return AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=told))


@pytest.mark.parametrize("status", [500, 503, 403])
def test_a_run_is_gone_where_airflow_says_so_and_for_no_other_error(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(AirflowShelf().run_state("dag", "never was")) == GONE

    def fails(*_: Any) -> Any:
        raise answered(status, reason="trouble", message="it did not answer")

    monkeypatch.setattr(AIRFLOW, "_GetDagRun", fails)
    with pytest.raises(AirflowRuntimeError):
        asyncio.run(AirflowShelf().run_state("dag", "never was"))
