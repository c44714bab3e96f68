"""The client's rows of a change of a running sync job beside the emulator's, which was written apart from them."""

from __future__ import annotations

from tencent_dts.emulator.areas.sync import tables as server
from tencent_dts.kinds.sync import change_states as rows
from tencent_dts.kinds.sync.states import SYNC_STATUS
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Verdict
from tests.rules import for_every

ROWS = [rows.MODIFY, rows.CHECK, rows.START]
# Where the client asks in fewer states than the server allows, and why.
DIFFERENCES = {
    ("CreateModifyCheckSyncJob", "CheckPass"): "allowed, but a check that has passed is not ordered again",
}


def judged(row: Operation, change: str, job: str = "Running") -> Verdict:
    return row.judge({"Status": job, "OptObjStatus": change}, called=False)


def test_both_know_the_same_states_of_a_change() -> None:
    assert set(server.MODIFICATION_STATES) == rows.OPT_OBJ_STATUS.known


@for_every("row", ROWS, ids=lambda row: row.action)
def test_what_the_client_asks_for_is_what_the_server_allows(row: Operation) -> None:
    asked = {state for state in rows.OPT_OBJ_STATUS.known if judged(row, state) is Verdict.ALLOWED}
    allowed = set(server.MODIFICATION[row.action].to)
    explained = {state for action, state in DIFFERENCES if action == row.action}
    assert asked <= allowed
    assert allowed - asked == explained


@for_every("row", ROWS, ids=lambda row: row.action)
def test_nothing_is_asked_for_of_a_job_that_the_server_would_refuse(row: Operation) -> None:
    possible = {state.partition(".")[0] for state in server.ROWS[row.action].to}
    for job in SYNC_STATUS.known - possible - {"ReadyRunning", "Pausing", "Resuming", "Resetting"}:
        for change in sorted(row.needs):
            assert judged(row, change, job) is Verdict.IMPOSSIBLE, (job, change)


@for_every("job", ["ReadyRunning", "Pausing", "Resuming", "Resetting", "a status that nobody knows"])
@for_every("row", ROWS, ids=lambda row: row.action)
def test_a_job_on_its_way_is_waited_for_by_what_it_allows(row: Operation, job: str) -> None:
    item = {"Status": job, "Actions": ["view"], "AllActions": ["view", row.permission]}
    for change in row.needs:
        assert row.judge({**item, "OptObjStatus": change}, called=False) is Verdict.UNDER_WAY


@for_every("row", ROWS, ids=lambda row: row.action)
def test_where_a_call_leads_counts_as_done_once_it_was_made(row: Operation) -> None:
    for state in set(server.MODIFICATION[row.action].to.values()):
        assert row.judge({"Status": "Running", "OptObjStatus": state}, called=True) is Verdict.DONE


def test_each_operation_is_named_as_the_server_names_it() -> None:
    assert {row.permission for row in ROWS} <= set(server.ALL_ACTIONS)
