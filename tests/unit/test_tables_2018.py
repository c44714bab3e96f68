"""The client's rows of 2018 migration jobs beside the emulator's: written apart, so differences are named."""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator.areas.migration_2018 import tables as server
from tencent_dts.emulator.world.tables import shown
from tencent_dts.kinds.migration_2018 import states as rows
from tencent_dts.kinds.rows import GOALS, KILLS, LISTINGS, OPERATIONS
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tests.rules import for_every

# Where the client asks in fewer states than the server allows, and why.
DIFFERENCES = {
    ("CreateMigrateCheckJob", "checkPass"): "allowed, but a check that has passed is not ordered again",
    ("DeleteMigrateJob", "unknown"): "assumed to be allowed, but an unknown status waits",
}
MIGRATION = [row for row in OPERATIONS.values() if row.resource is rows.MIGRATION_JOB_2018]

every_row = for_every("row", MIGRATION, ids=lambda row: row.action)


def allowed_by_server(action: str) -> set[str]:
    return {shown(state) for state in server.ROWS[action].to}


def test_every_changing_action_but_the_creation_has_its_row() -> None:
    assert {row.action for row in MIGRATION} == server.ROWS.keys()


@every_row
def test_the_client_calls_where_the_server_allows_it(row: Operation) -> None:
    mine, servers = set(row.needs), allowed_by_server(row.action)
    known = {status for action, status in DIFFERENCES if action == row.action}
    assert mine <= servers, mine - servers
    assert servers - mine == known


def test_both_give_every_number_the_same_name() -> None:
    for axis, numbers in (
        (rows.MIGRATION_STATUS_2018, server.STATUS),
        (rows.CHECK_FLAG_2018, server.CHECK_FLAG),
        (rows.STEP_STATUS_2018, server.STEP_STATUS),
    ):
        for name, number in numbers.items():
            assert axis.of({axis.path: number}) == name
    assert set(server.STATUS) - rows.MIGRATION_STATUS_2018.known == {"unknown"}
    assert rows.MIGRATION_STATUS_2018.known <= set(server.STATUS)
    assert rows.STEP_STATUS_2018.known - set(server.STEP_STATUS) == {"default"}  # 0: documented, never sent


@every_row
@for_every("status", [0, 2, 6, 23, 99, "7.0", None])
@for_every("called", [False, True])
def test_a_number_that_is_not_known_waits(row: Operation, status: Any, called: bool) -> None:
    assert row.judge({"Status": status}, called=called) is Verdict.UNKNOWN


@every_row
def test_every_known_status_is_decided(row: Operation) -> None:
    for status in rows.MIGRATION_STATUS_2018.known:
        assert row.judge({"Status": server.STATUS[status]}, called=False) is not Verdict.UNKNOWN


@for_every("goal", [rows.READY_2018, rows.COMPARED_2018, rows.SUCCEEDED_2018, rows.CHECK_PASSED_2018])
def test_an_answer_without_a_status_reaches_nothing(goal: Any) -> None:
    assert GOALS[goal.name] is goal
    for item in ({}, {"Status": 23, "CheckFlag": 2}, {"Detail": {"StepInfo": None}}, {"Detail": {"StepInfo": "odd"}}):
        assert goal.judge(item) in (Verdict.UNDER_WAY, Verdict.UNKNOWN)


@for_every(
    "lag, verdict",
    [
        ((0, 0), Verdict.DONE),
        ((0, 1), Verdict.UNDER_WAY),
        ((3, 0), Verdict.UNDER_WAY),
        ((-1, -1), Verdict.UNDER_WAY),
        ((None, 0), Verdict.UNDER_WAY),
    ],
)
def test_a_job_is_ready_at_lag_0_alone(lag: tuple[Any, Any], verdict: Verdict) -> None:
    item = {"Status": 8, "Detail": {"MasterSlaveDistance": lag[0], "SecondsBehindMaster": lag[1]}}
    assert rows.READY_2018.judge(item) is verdict


def test_before_its_start_a_job_with_lag_0_is_not_ready() -> None:
    item = {"Status": 4, "Detail": {"MasterSlaveDistance": 0, "SecondsBehindMaster": 0}}
    assert rows.READY_2018.judge(item) is Verdict.VOID


@for_every("status, verdict", [(1, Verdict.DONE), (2, Verdict.IMPOSSIBLE), (3, Verdict.UNDER_WAY)])
def test_the_step_that_compares_decides_whether_the_data_are_proven(status: int, verdict: Verdict) -> None:
    steps = [{"StepId": "loader", "Status": 1}, {"StepId": "consistency", "Status": status}]
    assert rows.COMPARED_2018.judge({"Status": 8, "Detail": {"StepInfo": steps}}) is verdict


def test_a_job_that_found_a_difference_has_not_succeeded() -> None:
    steps = [{"StepId": "consistency", "Status": 2}]
    assert rows.SUCCEEDED_2018.judge({"Status": 9, "Detail": {"StepInfo": steps}}) is Verdict.IMPOSSIBLE
    assert rows.SUCCEEDED_2018.judge({"Status": 9, "Detail": {"StepInfo": []}}) is Verdict.DONE


def test_a_job_is_listed_by_tag_can_be_stopped_and_costs_nothing() -> None:
    job = rows.MIGRATION_JOB_2018
    assert LISTINGS[job.listing] is job
    assert KILLS[job.name] == {"stop": rows.STOP_2018}
    assert job.bill is None
    assert not job.is_released({"Status": 9})
