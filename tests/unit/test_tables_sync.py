"""The client's tables of sync jobs beside the emulator's: written apart, so that every difference is named."""

from __future__ import annotations

from typing import Any

from tencent_dts.emulator.areas.sync import tables as server
from tencent_dts.emulator.world.tables import shown
from tencent_dts.kinds.rows import GOALS, KILLS, OPERATIONS
from tencent_dts.kinds.sync import states as rows
from tencent_dts.kinds.sync.kind import PURCHASE
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tests.rules import for_every

# Where the client asks in fewer or more states than the server allows, and why.
DIFFERENCES = {
    ("CreateCheckSyncJob", "CheckPass"): "allowed, but a check that has passed is not ordered again",
    ("SkipSyncCheckItem", "Initialized"): "allowed, but there is no check yet that has found the item",
    ("StopSyncJob", "Unknown"): "an unknown status: the job's own list of allowed operations decides",
}
# The gate of IsolateSyncJob interrupts nothing, while DTS refuses a job in `Running` only.
NOT_AT_REST = {"ReadyRunning", "Pausing", "Stopping", "ResumableErr", "Resuming", "Resetting", "Unknown"}
OWN = {
    *("ConfigureSyncJob", "CreateCheckSyncJob", "SkipSyncCheckItem", "StartSyncJob", "StopSyncJob", "PauseSyncJob"),
    *("ContinueSyncJob", "ResumeSyncJob", "ResetSyncJob", "ResizeSyncJob", "ModifySyncRateLimit"),
    *("IsolateSyncJob", "RecoverSyncJob", "DestroySyncJob"),
}
SYNC_ROWS = [OPERATIONS["2021-12-06", action] for action in sorted(OWN)]
SYNC_GOALS = [goal for goal in GOALS.values() if goal.resource is rows.SYNC_JOB and goal.axis is rows.SYNC_STATUS]

every_row = for_every("row", SYNC_ROWS, ids=lambda row: row.action)


def allowed_by_server(row: Operation) -> set[str]:
    table = server.TRADES if row.axis is rows.SYNC_TRADE_STATUS else server.ROWS
    return {shown(state) for state in table[row.action].to}


@every_row
def test_the_client_calls_where_the_server_allows_it(row: Operation) -> None:
    mine, servers = set(row.needs), allowed_by_server(row)
    known = {status for action, status in DIFFERENCES if action == row.action}
    assert mine ^ servers == known, f"client only: {mine - servers}; server only: {servers - mine}"


def test_what_a_call_leads_to_is_a_state_that_its_row_knows() -> None:
    for row in SYNC_ROWS:
        table = server.TRADES if row.axis is rows.SYNC_TRADE_STATUS else server.ROWS
        for state, following in table[row.action].to.items():
            if shown(state) in row.needs:
                status = shown(following)
                known = row.needs | row.passes | row.done | row.reached
                assert status in known, (row.action, state, following)


def test_both_know_the_same_statuses() -> None:
    statuses = {shown(state) for state in server.STATES}
    assert statuses - rows.SYNC_STATUS.known == {"Unknown"}
    assert rows.SYNC_STATUS.known - statuses == {"Released"}
    trades = {shown(state) for state in server.TRADE_STATES}
    assert trades <= rows.SYNC_TRADE_STATUS.known
    assert rows.SYNC_TRADE_STATUS.known - trades == {"Renewing", "PostPay2Prepaying", "PrePay2Postpaying"}


@every_row
def test_a_permission_is_one_that_the_server_speaks_of(row: Operation) -> None:
    assert row.permission in {"", *server.ALL_ACTIONS}


def job(state: str, trade: str) -> dict[str, Any]:
    """A job in these states, as DescribeSyncJobs shows it."""
    prepaid = trade.endswith("prepaid")
    return {
        "Status": shown(state),
        "TradeStatus": shown(trade),
        "InstanceClass": "small",
        "PayMode": "PrePay" if prepaid else "PostPay",
        "AllActions": list(server.ALL_ACTIONS),
        "Actions": server.allowed_actions(state, trade, "", comparable=True),
        "Detail": {"MasterSlaveDistance": -1, "SecondsBehindMaster": -1},
    }


@every_row
def test_where_the_server_refuses_for_good_the_client_never_calls(row: Operation) -> None:
    """Over every pair of task state and billing state that the emulator knows."""
    for state in server.STATES:
        for trade in server.TRADE_STATES:
            item = job(state, trade)
            if row.judge(item, called=False, expected="large") is Verdict.ALLOWED and row.permission:
                assert row.permission in item["Actions"], (state, trade)


@every_row
def test_a_list_of_operations_that_is_null_leaves_it_to_the_row(row: Operation) -> None:
    for state in row.needs:
        item = job("Stopped", "Normal") | {"Actions": None, "PayMode": None, row.axis.name: state}
        assert row.judge(item, called=False, expected="large") is Verdict.ALLOWED


def test_a_job_at_rest_is_one_that_the_server_isolates() -> None:
    isolated_by_server = {shown(state) for state in server.ROWS["IsolateSyncJob"].to}
    assert {"Running"} == {shown(state) for state in server.STATES} - isolated_by_server
    assert isolated_by_server - PURCHASE.at_rest == NOT_AT_REST
    assert PURCHASE.at_rest - isolated_by_server == {"Released"}


@for_every("goal", SYNC_GOALS)
def test_an_unknown_status_or_lag_reaches_no_goal(goal: Goal) -> None:
    for status in ("Unknown", "upgrading", "running", ""):
        assert goal.judge(job("Running", "Normal") | {"Status": status}) is Verdict.UNKNOWN
    assert rows.CAUGHT_UP.judge(job("Running", "Normal")) is Verdict.UNDER_WAY


@for_every(
    "megabytes, seconds, verdict",
    [(0, 0, "DONE"), (0, 1, "UNDER_WAY"), (1, 0, "UNDER_WAY"), (-1, -1, "UNDER_WAY"), (0, None, "UNDER_WAY")],
)
def test_caught_up_is_a_lag_of_nothing_at_all(megabytes: int, seconds: int | None, verdict: str) -> None:
    lag = {"MasterSlaveDistance": megabytes, "SecondsBehindMaster": seconds}
    assert rows.CAUGHT_UP.judge({"Status": "Running", "Detail": lag}) is Verdict[verdict]


@for_every(
    "status, steps, verdict",
    [
        ("success", ["finished", "skipped"], "DONE"),
        ("success", ["finished", "failed"], "IMPOSSIBLE"),
        ("success", None, "DONE"),
        ("failed", ["failed"], "IMPOSSIBLE"),
        ("failed", [], "IMPOSSIBLE"),
        ("running", ["failed", "notStarted"], "UNDER_WAY"),
        ("notStarted", [], "UNDER_WAY"),
        ("paused", ["finished"], "UNKNOWN"),
        ("", ["finished"], "UNKNOWN"),
    ],
)
def test_a_check_has_passed_where_no_step_of_it_failed(status: str, steps: list[str] | None, verdict: str) -> None:
    infos = None if steps is None else [{"StepId": name, "Status": name} for name in steps]
    assert rows.CHECK_PASSED.judge({"Status": status, "StepInfos": infos}) is Verdict[verdict]


def test_what_is_ordered_when_a_task_is_killed() -> None:
    assert KILLS[rows.SYNC_JOB.name] == {"pause": rows.PAUSE, "stop": rows.STOP}
