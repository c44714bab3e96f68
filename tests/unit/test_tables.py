"""The client's state tables beside the emulator's: written apart from the same documents, so differences are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tencent_dts.emulator.areas.migration import tables as server
from tencent_dts.emulator.areas.sync import tables as syncs
from tencent_dts.emulator.world import compare_tables as compares
from tencent_dts.emulator.world.tables import Row, shown
from tencent_dts.kinds import compare as compare_rows
from tencent_dts.kinds.migration import states as rows
from tencent_dts.kinds.rows import OPERATIONS
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tests.rules import for_every

# Where the client asks in fewer or more states than the server allows, and why.
DIFFERENCES = {
    ("CreateMigrateCheckJob", "checkPass"): "allowed, but a check that has passed is not ordered again",
    ("SkipCheckItem", "created"): "allowed once configured, but there is no check yet that has found the item",
    ("ResumeMigrateJob", "failed"): "Redis only, so the job's own list of allowed operations decides",
    ("PauseMigrateJob", "running"): "in the incremental step only, so the job's own list decides",
}
MIGRATION = [row for row in OPERATIONS.values() if row.resource is rows.MIGRATION_JOB]


def allowed_by_server(action: str, axis: str) -> set[str]:
    table = server.TRADES if axis == "TradeStatus" else server.ROWS
    return {shown(state) for state in table[action].to}


@for_every("row", MIGRATION, ids=lambda row: row.action)
def test_the_client_calls_where_the_server_allows_it(row: Operation) -> None:
    mine, servers = set(row.needs), allowed_by_server(row.action, row.axis.name)
    known = {status for action, status in DIFFERENCES if action == row.action}
    assert mine ^ servers <= known, f"client only: {mine - servers}; server only: {servers - mine}"


COMPARES = [(compare_rows.OF_MIGRATION, compares.COMPARE), (compare_rows.OF_SYNC, syncs.COMPARE)]


@pytest.mark.parametrize(("family", "table"), COMPARES, ids=["migration", "sync"])
def test_the_client_calls_where_the_server_allows_it_for_compare_tasks(
    family: compare_rows.CompareFamily, table: Mapping[str, Row]
) -> None:
    own = [row for row in OPERATIONS.values() if row.resource is family.task]
    assert {row.action for row in own} == set(table)
    for row in own:
        assert set(row.needs) == {shown(state) for state in table[row.action].to}, row.action


def test_every_named_difference_is_one() -> None:
    for action, status in DIFFERENCES:
        row = OPERATIONS["2021-12-06", action]
        split = [state for state in server.STATES if shown(state) == status]
        cells = {bool(server.ROWS[action].cell(state)[1]) for state in split}
        differs = (status in row.needs) != (status in allowed_by_server(action, row.axis.name))
        assert differs or len(cells) == 2, (action, status)


def test_both_know_the_same_statuses() -> None:
    statuses = {shown(state) for state in server.STATES}
    assert statuses - rows.MIGRATION_STATUS.known == {"unknown"}
    assert rows.MIGRATION_STATUS.known <= statuses
    assert {shown(state) for state in server.TRADE_STATES} == rows.TRADE_STATUS.known
    assert set(compares.COMPARE_STATES) == compare_rows.COMPARE_STATUS.known


@for_every("row", MIGRATION, ids=lambda row: row.action)
def test_a_permission_is_one_that_the_server_speaks_of(row: Operation) -> None:
    assert row.permission in {"", *server.ALL_ACTIONS}


@for_every("row", OPERATIONS.values(), ids=lambda row: row.action)
def test_no_status_means_two_things(row: Operation) -> None:
    assert not row.done & row.needs
    assert not row.done & row.passes
    assert not row.done & row.failed
    assert not row.failed & row.needs
    assert row.final <= row.needs
    mentioned = row.needs | row.passes | row.done | row.reached | row.failed | set(row.instead)
    assert mentioned <= row.axis.known | {"unknown"}


@pytest.mark.parametrize("called", [False, True])
@for_every("row", OPERATIONS.values(), ids=lambda row: row.action)
def test_an_unknown_status_is_never_success(row: Operation, called: bool) -> None:
    container, _, name = row.axis.path.rpartition(".")
    item: dict[str, Any] = {container: {name: "upgrading"}} if container else {name: "upgrading"}
    assert row.judge(item, called=called) is Verdict.UNKNOWN


@for_every("row", MIGRATION, ids=lambda row: row.action)
def test_where_the_server_refuses_for_good_the_client_never_calls(row: Operation) -> None:
    """Over every pair of task state and billing state that the emulator knows."""
    for state in server.STATES:
        for trade in server.TRADE_STATES:
            allowed = server.allowed_actions(state, trade)
            item = {
                "Status": shown(state),
                "TradeInfo": {"TradeStatus": shown(trade), "InstanceClass": "small"},
                "Action": {"AllAction": list(server.ALL_ACTIONS), "AllowedAction": allowed},
            }
            verdict = row.judge(item, called=False, expected="large")
            if verdict is Verdict.ALLOWED and row.permission:
                assert row.permission in allowed, (state, trade)
