"""The hours of a cutover, as forms and tasks are given them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tencent_dts.engine.waiting import Watch
from tencent_dts.errors import Impossible, InvalidInput
from tencent_dts.kinds.cutover import asked_window, window_of
from tencent_dts.kinds.migration.states import READY
from tencent_dts.sensors.migration import DtsMigrationJobReadySensor
from tencent_dts.tasks.gates import window
from tencent_dts.tasks.gates.window import opening

NONE: dict[str, Any] = {
    "cutover_not_before": None,
    "cutover_not_after": None,
    "cutover_time_zone": None,
    "migrate_type": "fullAndIncrement",
}


def asked(**given: Any) -> Any:
    return asked_window({**NONE, **given})


def test_a_time_is_one_of_its_zone_and_beijing_time_without_one() -> None:
    assert asked(cutover_not_before="2026-12-31 02:00").told()["not_before"] == "2026-12-31T02:00:00+08:00"
    berlin = asked(cutover_not_before="2026-07-01 02:00", cutover_time_zone="Europe/Berlin")
    assert berlin.told() == {"not_before": "2026-07-01T02:00:00+02:00", "not_after": ""}
    offset = asked(cutover_not_after="2026-07-01 02:00-05:00", cutover_time_zone="Europe/Berlin")
    assert offset.told() == {"not_before": "", "not_after": "2026-07-01T02:00:00-05:00"}


def test_a_plan_can_hold_it() -> None:
    window = asked(
        cutover_not_before="2026-12-31 02:00", cutover_not_after="2026-12-31 05:00", cutover_time_zone="Europe/Berlin"
    )
    assert window_of(window.told()) == window
    assert str(window) == "not before 2026-12-31 02:00:00+01:00, not after 2026-12-31 05:00:00+01:00"
    assert str(window_of(None)) == str(asked()) == "at any time"


def test_its_bounds() -> None:
    window = asked(cutover_not_before="2026-12-31 02:00+00:00", cutover_not_after="2026-12-31 05:00+00:00")
    two, five = (datetime.fromisoformat(f"2026-12-31T0{hour}:00+00:00").timestamp() for hour in (2, 5))
    assert window.seconds_until_open(two - 1) == 1
    assert window.seconds_until_open(two) == window.seconds_until_open(five) == 0
    assert not window.is_past(five - 1)
    assert window.is_past(five)
    assert not asked().is_past(five)
    assert asked().seconds_until_open(0) == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cutover_not_before": "tonight"}, "cutover_not_before is 'tonight': write it like 2026-12-31 02:00"),
    (
        {"cutover_not_before": "2026-12-31 02:00", "cutover_not_after": "2026-12-31 02:00"},
        "cutover_not_after is '2026-12-31 02:00:00+08:00': it must lie after the beginning, 2026-12-31 02:00:00+08:00",
    ),
    ({"cutover_time_zone": "Berlin"}, "cutover_time_zone is 'Berlin': give a name of the time zone database"),
    (
        {"cutover_not_before": "2026-03-29 02:30", "cutover_time_zone": "Europe/Berlin"},
        "cutover_not_before is '2026-03-29 02:30': the clocks of Europe/Berlin are put forward then",
    ),
    (
        {"cutover_not_after": "2026-10-25 02:30", "cutover_time_zone": "Europe/Berlin"},
        "cutover_not_after is '2026-10-25 02:30': the clocks of Europe/Berlin are put back then, and show it twice: "
        "write 2026-10-25 02:30:00+02:00 or 2026-10-25 02:30:00+01:00",
    ),
    (
        {"cutover_not_after": "2026-12-31 02:00", "migrate_type": "full"},
        "cutover_not_after is '2026-12-31 02:00': leave it empty: migrate_type full ends by itself",
    ),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=range(len(WRONG)))
def test_what_means_no_window_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(**given)
    assert message in str(refused.value)


def test_what_a_task_is_given_has_offsets_and_known_names() -> None:
    with pytest.raises(InvalidInput, match="window, not_before is '2026-12-31 02:00': give its offset"):
        window_of({"not_before": "2026-12-31 02:00"})
    with pytest.raises(InvalidInput, match="window, opens is '2': a window has not_before and not_after"):
        window_of({"opens": "2"})


HOUR = 3600.0
NOW = 1_800_000_000.0
READY_JOB = {"Status": "readyComplete", "TradeInfo": {"TradeStatus": "normal"}}


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


@pytest.mark.parametrize(("behind", "ahead"), [(-HOUR, 0.0), (0.0, HOUR)], ids=["DTS is behind", "DTS is ahead"])
def test_both_clocks_must_be_within_it(behind: float, ahead: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "time", SimpleNamespace(time=lambda: NOW))
    task = DtsMigrationJobReadySensor(task_id="ready", job_id="dts-1")
    client: Any = SimpleNamespace(now=lambda: NOW + behind + ahead)

    def opens(job: dict[str, Any] = READY_JOB, **bounds: str) -> Watch | None:
        return opening(task, bounds, client, job, READY)

    assert opens(not_before=moment(behind), not_after=moment(ahead + 1)) is None
    first = opens(not_before=moment(behind + 600))
    assert first == Watch({"JobId": "dts-1"}, goal=READY.name, rests=30, opens=NOW + 600)
    with pytest.raises(Impossible, match="The cutover window has passed"):
        opens(not_after=moment(ahead))
    assert opens({**READY_JOB, "Status": "success"}, not_after=moment(-HOUR)) is None
