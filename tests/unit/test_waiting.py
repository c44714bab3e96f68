"""The core of every wait: how long a goal must hold, and what begins that time again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from unittest import mock

import pytest

from tencent_dts.api.client import DtsClient
from tencent_dts.api.pacing import PACER
from tencent_dts.engine.waiting import Round, Watch, Woken, jittered, progress, wait_until
from tencent_dts.hooks.dts import DtsHook
from tencent_dts.kinds import check
from tencent_dts.kinds.migration import states as table
from tencent_dts.kinds.migration_2018 import states as table_2018
from tencent_dts.kinds.sync import states as sync_table
from tencent_dts.model.goal import Goal
from tencent_dts.model.resource import Verdict
from tests.chaos.virtual import VirtualClock
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud

pytestmark = pytest.mark.usefixtures("airflow_connections")

STEP = 10.0
HOLD = 40.0
Happens = Callable[[Cloud, str], Any]


def nothing(cloud: Cloud, job: str) -> None:
    pass


def lag_comes_back(cloud: Cloud, job: str) -> None:
    """A pause, from which the job goes on with what was written meanwhile."""
    cloud.call("PauseMigrateJob", JobId=job)


def lag_is_gone(cloud: Cloud, job: str) -> None:
    cloud.wait(5)
    cloud.call("ContinueMigrateJob", JobId=job)


def list_fails(cloud: Cloud, job: str) -> str:
    return "failed"


def throttled(cloud: Cloud, job: str) -> None:
    cloud.emulator.add_fault({"action": "DescribeMigrationDetail", "times": 1, "code": "RequestLimitExceeded"})


def waited(
    cloud: Cloud,
    script: Sequence[Happens],
    *,
    hold: float = HOLD,
    not_before: float = 0.0,
    reason: str = "done",
    rests: float = 0.0,
    opens: float = 0.0,
) -> float:
    """Seconds until a ready job has held long enough, where this happens at one turn after another.

    :param not_before: seconds before which nobody is to be woken.
    :param reason: why the task is woken in the end.
    :param rests: the same, of this wait.
    :param opens: seconds before which nobody is to be woken for a job that is ready.
    """
    job = cloud.ready()
    clock = VirtualClock(cloud.emulator)
    account, began = DtsHook().resolve(), clock.time()

    async def turns(client: DtsClient) -> AsyncIterator[Round]:
        for happens in (*script, *[nothing] * 100):
            failed = happens(cloud, job) == "failed"
            yield Round(client, failed=failed)
            clock.sleep(STEP)

    async def wait() -> Woken:
        async with DtsClient(account) as client:
            watch = Watch({"JobId": job}, goal=table.READY.name, hold=hold, rests=rests, opens=began + opens)
            return await wait_until(watch, turns(client), deadline=began + 600, not_before=began + not_before)

    with clock.installed(), mock.patch.object(PACER, "_paces", {}):  # what a test before has reserved is later
        assert asyncio.run(wait()) == {"reason": reason, "called": False, "held": reason == "done"}
    return clock.time() - began


def test_a_goal_that_is_reached_must_hold(cloud: Cloud) -> None:
    assert waited(cloud, []) == pytest.approx(HOLD, abs=1)


@pytest.mark.parametrize("trouble", [list_fails, throttled])
def test_what_was_not_seen_was_not_held(trouble: Happens, cloud: Cloud) -> None:
    script = [nothing, nothing, trouble]
    assert waited(cloud, script) == pytest.approx(len(script) * STEP + HOLD, abs=1)


def test_a_lag_that_comes_back_begins_the_time_again(cloud: Cloud) -> None:
    script = [nothing, nothing, lag_comes_back, nothing, lag_is_gone]
    assert waited(cloud, script) >= (len(script) + 1) * STEP + HOLD


def test_nobody_is_woken_before_a_live_scheduler_is_ready_for_it(cloud: Cloud) -> None:
    assert waited(cloud, [], hold=0) < 1
    assert waited(cloud, [], hold=0, not_before=25) == pytest.approx(25, abs=1)


def test_a_task_that_rests_is_not_woken_whatever_is_seen(cloud: Cloud) -> None:
    assert waited(cloud, [], hold=0, rests=40) == pytest.approx(40, abs=1)
    assert waited(cloud, [], hold=0, rests=40, not_before=50) == pytest.approx(50, abs=1)


def fails(cloud: Cloud, job: str) -> None:
    cloud.emulator.seed({"match": {"JobId": job}, "force_status": "failed"})


def test_a_goal_that_is_reached_wakes_no_one_before_its_hour_and_a_failure_does(cloud: Cloud) -> None:
    assert waited(cloud, [], hold=10, opens=55) == pytest.approx(60, abs=1)
    assert waited(cloud, [], hold=70, opens=55) == pytest.approx(70, abs=1)
    assert waited(cloud, [nothing, fails], opens=900, reason="impossible") == pytest.approx(STEP, abs=1)


ROW = [table.ISOLATE.resource.version, table.ISOLATE.action]


@pytest.mark.parametrize(
    "told",
    [("undone", {"operation": ROW, "called": True}), ("void", {"goal": table.ISOLATED.name})],
    ids=["ordered here", "ordered elsewhere"],
)
@pytest.mark.parametrize(("settle", "looks"), [(60.0, 7), (0.0, 2)], ids=["at 0, 10, ... 60 s", "never one look alone"])
def test_an_order_that_does_not_show_at_first_is_waited_for_as_long_as_a_look_can_be_behind(
    told: tuple[str, dict[str, Any]], settle: float, looks: int, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    (reason, watched), job = told, cloud.succeeded()
    monkeypatch.setattr("tencent_dts.settings.settle_time", lambda: settle)
    clock = VirtualClock(cloud.emulator)
    seen: list[int] = []

    async def turns(client: DtsClient, late: int) -> AsyncIterator[Round]:
        for turn in range(20):
            if turn == late:
                cloud.call("IsolateMigrateJob", JobId=job)
            seen.append(turn)
            yield Round(client)
            clock.sleep(STEP)

    async def wait(late: int) -> Woken:
        async with DtsClient(DtsHook().resolve()) as client:
            watch = Watch({"JobId": job}, **watched)
            return await wait_until(watch, turns(client, late), deadline=clock.time() + 600)

    with clock.installed(), mock.patch.object(PACER, "_paces", {}):
        assert asyncio.run(wait(late=99))["reason"] == reason
        assert seen == list(range(looks))
        assert asyncio.run(wait(late=looks - 1))["reason"] == "done"


def test_one_look_at_a_void_check_is_not_enough(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be older than the order that the task has given right before it waits."""
    monkeypatch.setattr("tencent_dts.settings.settle_time", lambda: 0.0)
    job = cloud.configured()
    script = ["void", "ordered", "checked", "configured", "void again"]
    seen: list[str] = []

    async def turns(client: DtsClient) -> AsyncIterator[Round]:
        for step in script:
            if step == "ordered":
                cloud.call("CreateMigrateCheckJob", JobId=job)
            if step == "configured":
                cloud.emulator.seed({"match": {"JobId": job}, "force_status": "created"})
            seen.append(step)
            yield Round(client)

    async def wait() -> Woken:
        async with DtsClient(DtsHook().resolve()) as client:
            watch = Watch({"JobId": job}, goal=table.CHECK_PASSED.name)
            return await wait_until(watch, turns(client), deadline=time.time() + 600)

    assert asyncio.run(wait())["reason"] == "void"
    assert seen == script


@pytest.mark.parametrize("family", [check.OF_MIGRATION, check.OF_SYNC, check.OF_SYNC_CHANGE, table_2018.CHECK_OF_2018])
def test_every_state_that_leads_to_no_check_is_void_and_no_other(family: check.CheckFamily) -> None:
    job = family.configure.resource.job
    void = {axis.name: values for axis, values in family.passed.void}
    expected = {family.axis.name: family.unchecked | family.unconfigured}
    expected[job.axis.name] = expected.get(job.axis.name, frozenset()) | family.ended
    assert void == expected
    assert family.passed.asks_job()


LAGS: dict[str, tuple[Goal, str, Callable[[Any, Any], dict[str, Any]]]] = {
    "migration": (
        *(table.READY, "readyComplete"),
        lambda mb, s: {"StepInfo": {"MasterSlaveDistance": mb, "SecondsBehindMaster": s}},
    ),
    "sync": (
        *(sync_table.CAUGHT_UP, "Running"),
        lambda mb, s: {"Detail": {"MasterSlaveDistance": mb, "SecondsBehindMaster": s}},
    ),
    "migration of 2018": (
        *(table_2018.READY_2018, "readyComplete"),
        lambda mb, s: {"Detail": {"MasterSlaveDistance": mb, "SecondsBehindMaster": s}},
    ),
}


@for_every("lag", [(0, -1), (-1, 0), (-1, -1), (0, None), (None, 0), (0, 1), (1, 0), (0, "0")], ids=str)
@for_every("kind", list(LAGS))
def test_only_0_megabytes_and_0_seconds_are_no_lag(kind: str, lag: tuple[Any, Any]) -> None:
    goal, status, told = LAGS[kind]
    assert goal.resource.axis.of(item := {"Status": status, **told(*lag)}) in goal.lag or kind.endswith("2018")
    assert goal.judge(item) is not Verdict.DONE


@pytest.mark.parametrize("bill", ["isolating", "isolated", "offlined"])
def test_a_job_that_is_out_of_service_does_not_come_to_what_is_waited_for(bill: str) -> None:
    item = {"TradeInfo": {"TradeStatus": bill}}
    for status in ("readyRun", "running", "resuming"):
        assert table.START.judge({**item, "Status": "readyRun"}, called=True) is Verdict.IMPOSSIBLE
        assert table.READY.judge({**item, "Status": status}) is Verdict.IMPOSSIBLE
    lag = {"StepInfo": {"MasterSlaveDistance": -1, "SecondsBehindMaster": -1}}
    assert table.READY.judge({**item, "Status": "readyComplete", **lag}) is Verdict.IMPOSSIBLE
    assert table.ISOLATED.judge({**item, "Status": "running"}) is not Verdict.IMPOSSIBLE


def test_a_job_that_is_listed_as_before_is_not_judged_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    job = cloud.started()
    running = next(item for item in cloud.call("DescribeMigrationJobs")["JobList"] if item["JobId"] == job)
    judged: list[str] = []

    async def turns(client: DtsClient) -> AsyncIterator[Round]:
        same = {job: running}
        for turn in (*[Round(client, {**same}) for _ in range(50)], Round(client, failed=True), Round(client, same)):
            yield turn
        yield Round(client, {job: {**running, "Status": "failed"}})

    async def wait() -> Woken:
        async with DtsClient(DtsHook().resolve()) as client:
            return await wait_until(Watch({"JobId": job}, goal=table.READY.name), turns(client), deadline=2e9)

    really = Watch.judge

    def judge(watch: Watch, item: Any) -> Verdict:
        judged.append(item["Status"])
        return really(watch, item)

    monkeypatch.setattr(Watch, "judge", judge)
    assert asyncio.run(wait())["reason"] == "impossible"
    assert judged == ["readyRun", "readyRun", "failed"]  # at first, after the turn that failed, and once it is another


RUNNING = {"StepId": "load", "Status": "running", "Percent": 40}


@for_every(
    "item, line",
    [
        (None, "not found"),
        ({}, ""),
        ({"Status": "running", "TradeInfo": {"TradeStatus": "normal"}}, "running"),
        ({"Status": "running", "TradeInfo": {"TradeStatus": "isolating"}}, "running, isolating"),
        ({"Status": "checking", "CheckFlag": "checkPass", "Conclusion": "same"}, "checking, checkPass, same"),
        ({"Status": "running", "StepInfo": {"StepInfo": [{"StepId": "init"}, RUNNING]}}, "running, step load 40%"),
        ({"Status": "running", "StepInfo": [{**RUNNING, "StepStatus": "x"}]}, "running, step load 40%"),
        ({"Status": "running", "StepInfos": [{"StepId": "a", "StepStatus": "3", "Progress": 7}]}, "running, step a 7%"),
        ({"Status": "running", "StepInfos": [{"StepId": "a", "Status": "running"}]}, "running, step a %"),
        ({"Status": "running", "CompareProcess": {"Percent": 0}}, "running, 0%"),
        (
            {"Status": "running", "StepInfo": {"MasterSlaveDistance": 0, "SecondsBehindMaster": 3}},
            "running, lag 0 MB 3 s",
        ),
        ({"Status": "running", "StepInfo": {"MasterSlaveDistance": -1, "SecondsBehindMaster": 3}}, "running"),
    ],
)
def test_progress_is_one_line_of_what_is_reported(item: dict[str, Any] | None, line: str) -> None:
    assert progress(table.MIGRATION_JOB, item) == line


def test_the_log_says_what_changes_at_once_and_what_does_not_every_ten_minutes(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    job, clock = cloud.ready(), VirtualClock(cloud.emulator)
    cloud.emulator.seed({"match": {"JobId": job}, "force_status": "upgrading"})
    begun = clock.monotonic()
    said: list[float] = []

    async def turns(client: DtsClient) -> AsyncIterator[Round]:
        for turn in range(8):
            caplog.clear()
            yield Round(client, failed=turn == 1)
            said.extend(clock.monotonic() - begun for record in caplog.records if record.name.endswith("waiting"))
            clock.sleep({4: 399.0, 5: 1.0}.get(turn, 100.0))

    async def wait() -> Woken:
        async with DtsClient(DtsHook().resolve()) as client:
            watch = Watch({"JobId": job}, goal=table.READY.name)
            return await wait_until(watch, turns(client), deadline=clock.time() + 900)

    with clock.installed(), caplog.at_level("INFO"):
        asyncio.run(wait())
    assert said == [0.0, 100.0, 200.0, 800.0]


def test_an_interval_is_spread_by_a_tenth_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for drawn, interval in ((min, 90.0), (max, 110.0)):
        monkeypatch.setattr("random.uniform", drawn)
        assert jittered(100.0) == pytest.approx(interval)
