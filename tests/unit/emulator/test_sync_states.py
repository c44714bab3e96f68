"""What may be called in which state of a sync job, and what is answered otherwise: from the documents' tables.

API documents: the introduction's table of sync task statuses, "Supported Operation"; the error tables of the actions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import load
from tests.rules import for_every
from tests.unit.emulator.sync_cloud import SyncCloud, configuration, objects

PREPAID = {"PayMode": "PrePay"}
NOT_PASSING = {"JobName": "rehearse_check_OptimizeCheck_always"}


def _then(cloud: SyncCloud, job: str, action: str, seconds: float) -> str:
    cloud.call(action, JobId=job)
    cloud.wait(seconds)
    return job


STATES: dict[str, Callable[[SyncCloud], str]] = {
    "UnInitialized": SyncCloud.buy_sync,
    "Initialized": SyncCloud.initialized,
    "Checking": lambda cloud: _then(cloud, cloud.initialized(), "CreateCheckSyncJob", 5),
    "CheckPass": SyncCloud.check_passed,
    "CheckNotPass": lambda cloud: cloud.check_passed(NOT_PASSING),
    "ReadyRunning": SyncCloud.ready_running,
    "Running": SyncCloud.full_phase,
    "Running in the incremental step": SyncCloud.syncing,
    "Pausing": lambda cloud: _then(cloud, cloud.syncing(), "PauseSyncJob", 2),
    "Paused": SyncCloud.paused_sync,
    "Stopping": lambda cloud: _then(cloud, cloud.syncing(), "StopSyncJob", 5),
    "Stopped": SyncCloud.stopped_sync,
    "ResumableErr": SyncCloud.erring,
    "Resuming": lambda cloud: _then(cloud, cloud.erring(), "ResumeSyncJob", 2),
    "Failed": lambda cloud: cloud.erring(word="rehearse_failed"),
    "Resetting": lambda cloud: _then(cloud, cloud.stopped_sync(PREPAID), "ResetSyncJob", 2),
}

_CONFIGURE = {"ConfigureSyncJob": "Initialized"}
_RUNNING = {
    "StopSyncJob": "Stopping",
    "PauseSyncJob": "Pausing",
    "ModifySyncJobConfig": "Running",
}
CALLABLE: dict[str, dict[str, str]] = {
    "UnInitialized": _CONFIGURE,
    "Initialized": _CONFIGURE | {"CreateCheckSyncJob": "Checking", "SkipSyncCheckItem": "Initialized"},
    "Checking": {},
    "CheckPass": _CONFIGURE
    | {"CreateCheckSyncJob": "Checking", "SkipSyncCheckItem": "CheckPass", "StartSyncJob": "ReadyRunning"},
    "CheckNotPass": _CONFIGURE | {"CreateCheckSyncJob": "Checking", "SkipSyncCheckItem": "CheckNotPass"},
    "ReadyRunning": {"StopSyncJob": "Stopping"},
    "Running": _RUNNING,
    "Running in the incremental step": _RUNNING | {"CreateSyncCompareTask": "Running"},
    "Pausing": {},
    "Paused": {"StopSyncJob": "Stopping", "ContinueSyncJob": "Resuming"},
    "Stopping": {},
    "Stopped": {},
    "ResumableErr": {"StopSyncJob": "Stopping", "ResumeSyncJob": "Resuming"},
    "Resuming": {"StopSyncJob": "Stopping"},
    "Failed": {},
    "Resetting": {},
}

DENIED = "OperationDenied.OperationDeniedError"
UNSUPPORTED = "UnsupportedOperation.UnsupportedOperationError"
UNKNOWN = "InternalError.UnknownError"
REFUSALS = {
    "ConfigureSyncJob": DENIED,
    "CreateCheckSyncJob": UNSUPPORTED,
    "SkipSyncCheckItem": DENIED,
    "StartSyncJob": "OperationDenied.BizOperationDeniedError",
    "StopSyncJob": UNKNOWN,
    "PauseSyncJob": DENIED,
    "ContinueSyncJob": DENIED,
    "ResumeSyncJob": UNKNOWN,
    "RecoverSyncJob": UNSUPPORTED,
    "DestroySyncJob": UNKNOWN,
    "ResetSyncJob": "UnsupportedOperation",
    "ModifySyncJobConfig": DENIED,
    "CreateModifyCheckSyncJob": "UnsupportedOperation",
    "StartModifySyncJob": "UnsupportedOperation",
    "CreateSyncCompareTask": DENIED,
}
WITHOUT_CODES = {"ResetSyncJob", "CreateSyncCompareTask", "ModifySyncRateLimit"}
"""Actions whose codes no document that we have lists."""

RESTING = frozenset({"Pausing", "Paused", "Stopping"})
"""States in which the console offers no change of class."""

# The console's matrix, with `view`; what is billed can be resized and isolated too. The operations of `Running` are
# those of the documents' example.
MATRIX = {
    "UnInitialized": "configure",
    "Initialized": "configure check",
    "Checking": "",
    "CheckPass": "configure check start",
    "CheckNotPass": "configure check",
    "ReadyRunning": "stop",
    "Running": "pause stop limitRate configureOptObj",
    "Running in the incremental step": "pause stop limitRate configureOptObj createCmpTask",
    "Pausing": "",
    "Paused": "continue stop",
    "Stopping": "",
    "Stopped": "",
    "ResumableErr": "resume stop",
    "Resuming": "stop",
    "Failed": "",
}


def _shown(name: str) -> str:
    return name.split(maxsplit=1)[0]


def _params(action: str) -> dict[str, Any]:
    return {
        "ConfigureSyncJob": configuration(),
        "SkipSyncCheckItem": {"StepIds": ["OptimizeCheck"]},
        "ModifySyncJobConfig": {"DynamicObjects": objects("app", "more")},
        "ResizeSyncJob": {"NewInstanceClass": "large"},
        "ModifySyncRateLimit": {"DumpThread": 3},
    }.get(action, {})


@pytest.fixture
def cloud(emulator: Emulator) -> SyncCloud:
    return SyncCloud(emulator)


@for_every("state", STATES, anew="cloud")
def test_each_state_is_reached_through_the_api_and_found_by_its_name(cloud: SyncCloud, state: str) -> None:
    job = STATES[state](cloud)
    assert cloud.sync_status(job) == _shown(state)
    assert cloud.syncs(Status=[_shown(state)]) == [job]


@for_every("state", STATES, anew="cloud")
def test_what_a_state_does_not_allow_is_refused_with_a_documented_code_and_changes_nothing(
    cloud: SyncCloud, state: str
) -> None:
    job = STATES[state](cloud)
    before = cloud.info(job)
    for action in REFUSALS.keys() - CALLABLE[state].keys():
        code = cloud.refused(action, JobId=job, **_params(action))
        assert code == REFUSALS[action], action
        common = code in ("UnsupportedOperation", "ResourceNotFound")
        assert common or action in WITHOUT_CODES or code in load().actions[action].errors, action
    assert cloud.info(job) == before


@for_every(
    "state, action, following",
    [(state, action, following) for state, calls in CALLABLE.items() for action, following in calls.items()],
    anew="cloud",
)
def test_what_a_state_allows_leads_to_the_next_state_at_once(
    cloud: SyncCloud, state: str, action: str, following: str
) -> None:
    job = STATES[state](cloud)
    cloud.call(action, JobId=job, **_params(action))
    assert cloud.sync_status(job) == following


@for_every("state", STATES, anew="cloud")
def test_rates_are_limited_only_while_the_job_runs(cloud: SyncCloud, state: str) -> None:
    job = STATES[state](cloud)
    if _shown(state) == "Running":
        cloud.call("ModifySyncRateLimit", JobId=job, DumpThread=3)
    else:
        assert cloud.refused("ModifySyncRateLimit", JobId=job, DumpThread=3) == "UnsupportedOperation"
    assert cloud.sync_status(job) == _shown(state)


@for_every("state", STATES, anew="cloud")
def test_a_job_paid_by_the_hour_is_resized_unless_it_pauses_or_stops(cloud: SyncCloud, state: str) -> None:
    job = STATES[state](cloud)
    if state in RESTING or state == "Resetting":  # only a prepaid job can be reset
        assert cloud.refused("ResizeSyncJob", JobId=job, NewInstanceClass="large") == UNSUPPORTED
    else:
        cloud.call("ResizeSyncJob", JobId=job, NewInstanceClass="large")
    assert cloud.sync_status(job) == _shown(state)


@for_every("state", STATES, anew="cloud")
def test_a_running_job_is_not_isolated_and_any_other_is(cloud: SyncCloud, state: str) -> None:
    job = STATES[state](cloud)
    if _shown(state) == "Running":
        assert cloud.refused("IsolateSyncJob", JobId=job) == UNSUPPORTED
        assert cloud.sync_trade(job) == "Normal"
    else:
        cloud.call("IsolateSyncJob", JobId=job)
        assert (cloud.sync_trade(job), cloud.sync_status(job)) == ("Isolating", _shown(state))


@for_every("state", MATRIX, anew="cloud")
def test_the_job_carries_the_operations_that_the_matrix_allows(cloud: SyncCloud, state: str) -> None:
    item = cloud.info(STATES[state](cloud))
    billed = {"view", "resize", "isolate", "postPay2prePay"} - ({"resize"} if state in RESTING else set())
    assert set(item["Actions"]) == set(MATRIX[state].split()) | billed
    assert set(item["Actions"]) <= set(item["AllActions"])


UNKNOWN_JOB = {
    **dict.fromkeys(
        (
            *("CreateCheckSyncJob", "StartSyncJob", "StopSyncJob", "PauseSyncJob", "ContinueSyncJob"),
            *("IsolateSyncJob", "RecoverSyncJob", "StartModifySyncJob", "DescribeCheckSyncJobResult"),
            *("CreateSyncCompareTask", "DescribeSyncCompareTasks"),
        ),
        "ResourceNotFound.ResourceNotFoundError",
    ),
    **dict.fromkeys(
        (
            *("ConfigureSyncJob", "SkipSyncCheckItem", "ResumeSyncJob", "ResizeSyncJob", "DestroySyncJob"),
            *("ModifySyncJobConfig", "CreateModifyCheckSyncJob", "DescribeModifyCheckSyncJobResult"),
            *("ModifySyncRateLimit", "ResetSyncJob"),
        ),
        "ResourceNotFound",
    ),
}


@for_every("action, code", UNKNOWN_JOB.items(), anew="cloud")
def test_a_job_that_does_not_exist_is_not_found(cloud: SyncCloud, action: str, code: str) -> None:
    assert cloud.refused(action, JobId="sync-00000000", **_params(action)) == code


def test_an_unknown_job_is_not_in_the_list_and_no_error(cloud: SyncCloud) -> None:
    assert cloud.call("DescribeSyncJobs", JobId="sync-00000000")["TotalCount"] == 0


def test_a_migration_job_is_no_sync_job_nor_the_other_way_round(cloud: SyncCloud) -> None:
    migration, sync = cloud.ready(), cloud.syncing()
    assert cloud.refused("StopSyncJob", JobId=migration) == "ResourceNotFound.ResourceNotFoundError"
    assert cloud.refused("StopMigrateJob", JobId=sync) == "ResourceNotFound.JobNotExist"
    assert (cloud.listed(), cloud.syncs()) == ([migration], [sync])
    task = cloud.comparing(migration)
    assert cloud.refused("StopSyncCompare", JobId=migration, CompareTaskId=task).startswith("ResourceNotFound")


def test_a_job_of_another_account_or_region_does_not_exist() -> None:
    accounts = {"AKIDone": "first-secret", "AKIDtwo": "second-secret"}
    with Emulator(speed=0, rate_limit=False, accounts=accounts) as emulator:
        job = SyncCloud(emulator, key=("AKIDone", "first-secret")).initialized()
        stranger = SyncCloud(emulator, key=("AKIDtwo", "second-secret"))
        elsewhere = SyncCloud(emulator, key=("AKIDone", "first-secret"), region="ap-shanghai")
        assert stranger.syncs() == elsewhere.syncs() == []
        assert stranger.refused("StopSyncJob", JobId=job) == "ResourceNotFound.ResourceNotFoundError"
