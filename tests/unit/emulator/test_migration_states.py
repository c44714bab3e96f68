"""What may be called in which state, and what is answered otherwise: written from the documents' tables.

API documents: the introduction's table of task statuses, "Supported Operation"; the error tables of the actions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tencent_dts.emulator import Emulator
from tencent_dts.spec import load
from tests.rules import for_every
from tests.unit.emulator.cloud import Cloud, configuration

Reach = Callable[[Cloud], str]

STATES: dict[str, Reach] = {
    "creating": Cloud.buy,
    "created without configuration": lambda cloud: _waited(cloud, cloud.buy(), 2),
    "created": Cloud.configured,
    "checking": lambda cloud: cloud.after(cloud.configured, ("CreateMigrateCheckJob", 5)),
    "checkPass": Cloud.checked,
    "checkNotPass": lambda cloud: cloud.checked(purchase={"JobName": "rehearse_check_OptimizeCheck_always"}),
    "readyRun": Cloud.started,
    "running": Cloud.dumping,
    "running in the incremental step": Cloud.incremental,
    "readyComplete": Cloud.ready,
    "completing": lambda cloud: cloud.after(cloud.ready, ("CompleteMigrateJob", 5)),
    "success": Cloud.succeeded,
    "stopping": lambda cloud: cloud.after(cloud.ready, ("StopMigrateJob", 5)),
    "canceled": lambda cloud: cloud.after(cloud.ready, ("StopMigrateJob", 10)),
    "pausing": lambda cloud: cloud.after(cloud.ready, ("PauseMigrateJob", 2)),
    "manualPaused": lambda cloud: cloud.after(cloud.ready, ("PauseMigrateJob", 5)),
    "error": lambda cloud: _waited(cloud, cloud.incremental(purchase={"JobName": "rehearse_error"}), 10),
    "resuming": lambda cloud: cloud.after(cloud.ready, ("PauseMigrateJob", 5), ("ContinueMigrateJob", 2)),
    "failed": lambda cloud: _waited(cloud, cloud.incremental(purchase={"JobName": "rehearse_failed"}), 10),
    "failed, of Redis": lambda cloud: _waited(
        cloud, cloud.incremental("redis", purchase={"JobName": "rehearse_failed"}), 10
    ),
}

ANYWHERE = frozenset({"ModifyMigrateName", "ModifyMigrateJobSpec", "IsolateMigrateJob"})

CALLABLE: dict[str, dict[str, str]] = {
    "creating": {},
    "created without configuration": {"ModifyMigrationJob": "created"},
    "created": {"ModifyMigrationJob": "created", "CreateMigrateCheckJob": "checking", "SkipCheckItem": "created"},
    "checking": {},
    "checkPass": {
        "ModifyMigrationJob": "created",
        "CreateMigrateCheckJob": "checking",
        "SkipCheckItem": "checkPass",
        "StartMigrateJob": "readyRun",
    },
    "checkNotPass": {
        "ModifyMigrationJob": "created",
        "CreateMigrateCheckJob": "checking",
        "SkipCheckItem": "checkNotPass",
    },
    "readyRun": {"StopMigrateJob": "stopping"},
    "running": {"StopMigrateJob": "stopping"},
    "running in the incremental step": {
        "StopMigrateJob": "stopping",
        "PauseMigrateJob": "pausing",
        "CreateCompareTask": "running",
    },
    "readyComplete": {
        "StopMigrateJob": "stopping",
        "PauseMigrateJob": "pausing",
        "CompleteMigrateJob": "completing",
        "CreateCompareTask": "readyComplete",
    },
    "completing": {},
    "success": {},
    "stopping": {},
    "canceled": {},
    "pausing": {},
    "manualPaused": {"StopMigrateJob": "stopping", "ContinueMigrateJob": "resuming"},
    "error": {"StopMigrateJob": "stopping", "ResumeMigrateJob": "resuming"},
    "resuming": {},
    "failed": {},
    "failed, of Redis": {"ResumeMigrateJob": "resuming"},
}

DENIED = "OperationDenied.OperationDeniedError"
CONFLICT = "FailedOperation.StatusInConflict"
REFUSALS = {
    "ModifyMigrationJob": DENIED,
    "CreateMigrateCheckJob": DENIED,
    "SkipCheckItem": DENIED,
    "StartMigrateJob": CONFLICT,
    "StopMigrateJob": CONFLICT,
    "PauseMigrateJob": DENIED,
    "ContinueMigrateJob": DENIED,
    "ResumeMigrateJob": DENIED,
    "CompleteMigrateJob": CONFLICT,
    "RecoverMigrateJob": "InternalError.InternalHttpServerError",
    "DestroyMigrateJob": DENIED,
    "CreateCompareTask": DENIED,
}
SPECIAL_REFUSALS = {
    ("checking", "CreateMigrateCheckJob"): "InternalError.DuplicateJob",
    ("failed", "ResumeMigrateJob"): "FailedOperation.NotAllowOperation",
}

# The console's matrix; `check` in `created` and the states that it lacks are noted in docs/emulator.md.
MATRIX = {
    "creating": "view isolate",
    "created without configuration": "view configure resize isolate",
    "created": "view configure check resize isolate",
    "checking": "view resize isolate",
    "checkPass": "view start configure check resize isolate",
    "checkNotPass": "view configure check resize isolate",
    "readyRun": "view stop resize isolate",
    "running": "view stop createCmpTask resize isolate",
    "running in the incremental step": "view stop createCmpTask resize isolate pause",
    "readyComplete": "view complete stop createCmpTask resize isolate pause",
    "completing": "view resize isolate",
    "success": "view resize isolate",
    "stopping": "view resize isolate",
    "canceled": "view resize isolate",
    "pausing": "view resize isolate",
    "manualPaused": "view stop continue resize isolate",
    "error": "view stop resume resize isolate",
    "resuming": "view resize isolate",
    "failed": "view resize isolate",
    "failed, of Redis": "view resume resize isolate",
}
EXAMPLE_ALL_ACTIONS = {
    *("view", "modify", "check", "start", "configure", "stop", "complete", "resume", "createCmpTask"),
    *("isolate", "offline", "resize", "recover"),
}


def _waited(cloud: Cloud, job: str, seconds: float) -> str:
    cloud.wait(seconds)
    return job


def _shown(name: str) -> str:
    return name.split(maxsplit=1)[0].rstrip(",")


def _params(action: str, state: str) -> dict[str, Any]:
    redis = state.endswith("Redis")
    return {
        "ModifyMigrationJob": configuration("redis" if redis else "mysql"),
        "SkipCheckItem": {"StepIds": ["DstEmptyCheck"]},
        "ResumeMigrateJob": {"ResumeOption": "overwrite" if redis else "normal"},
        "ModifyMigrateName": {"JobName": "renamed"},
        "ModifyMigrateJobSpec": {"NewInstanceClass": "large"},
    }.get(action, {})


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator)


@for_every("state", STATES, anew="cloud")
def test_each_state_is_reached_through_the_api_and_shown_in_detail_and_list(cloud: Cloud, state: str) -> None:
    job = STATES[state](cloud)
    assert cloud.status(job) == _shown(state)
    assert cloud.listed(Status=[_shown(state)]) == [job]


@for_every("state", STATES, anew="cloud")
def test_what_a_state_does_not_allow_is_refused_with_the_documented_code_and_changes_nothing(
    cloud: Cloud, state: str
) -> None:
    job = STATES[state](cloud)
    before = cloud.detail(job)
    for action in REFUSALS.keys() - CALLABLE[state].keys():
        code = cloud.refused(action, JobId=job, **_params(action, state))
        assert code == SPECIAL_REFUSALS.get((state, action), REFUSALS[action]), action
        assert code in load().actions[action].errors, action
    after = cloud.detail(job)
    assert after | {"RequestId": ""} == before | {"RequestId": ""}


@for_every(
    "state, action, following",
    [(state, action, following) for state, calls in CALLABLE.items() for action, following in calls.items()],
    anew="cloud",
)
def test_what_a_state_allows_leads_to_the_next_state_at_once(
    cloud: Cloud, state: str, action: str, following: str
) -> None:
    job = STATES[state](cloud)
    cloud.call(action, JobId=job, **_params(action, state))
    assert cloud.status(job) == following


@for_every("state", STATES, anew="cloud")
def test_renaming_resizing_and_isolating_are_possible_in_every_state_and_leave_the_status(
    cloud: Cloud, state: str
) -> None:
    for action in sorted(ANYWHERE):
        job = STATES[state](cloud)
        cloud.call(action, JobId=job, **_params(action, state))
        assert cloud.status(job) == _shown(state), action


@for_every("state", STATES, anew="cloud")
def test_the_job_carries_the_operations_that_the_matrix_allows(cloud: Cloud, state: str) -> None:
    action = cloud.detail(STATES[state](cloud))["Action"]
    assert set(action["AllowedAction"]) == set(MATRIX[state].split())
    assert set(action["AllAction"]) >= EXAMPLE_ALL_ACTIONS
    assert set(action["AllowedAction"]) <= set(action["AllAction"])


def test_ready_complete_lists_its_operations_as_the_documents_example_does(cloud: Cloud) -> None:
    allowed = cloud.detail(cloud.ready())["Action"]["AllowedAction"]
    example = ["view", "stop", "complete", "createCmpTask", "view", "isolate", "resize"]
    assert [name for name in allowed if name != "pause"] == example


UNKNOWN_JOB = {
    **dict.fromkeys(
        ("CreateMigrateCheckJob", "StartMigrateJob", "StopMigrateJob", "ResumeMigrateJob", "CompleteMigrateJob"),
        "ResourceNotFound.JobNotExist",
    ),
    "ModifyMigrateName": "ResourceNotFound.JobNotExist",
    **dict.fromkeys(
        (
            *("ModifyMigrationJob", "SkipCheckItem", "PauseMigrateJob", "ContinueMigrateJob", "RecoverMigrateJob"),
            *("ModifyMigrateJobSpec", "IsolateMigrateJob", "DestroyMigrateJob", "DescribeMigrationDetail"),
            *("DescribeMigrationCheckJob", "CreateCompareTask", "DescribeCompareTasks"),
        ),
        "ResourceNotFound.ResourceNotFoundError",
    ),
}


@for_every("action, code", UNKNOWN_JOB.items(), anew="cloud")
def test_a_job_that_does_not_exist_is_answered_with_the_documented_code(cloud: Cloud, action: str, code: str) -> None:
    assert code in load().actions[action].errors
    assert cloud.refused(action, JobId="dts-00000000", **_params(action, "")) == code


def test_a_job_of_another_account_or_region_does_not_exist() -> None:
    accounts = {"AKIDone": "first-secret", "AKIDtwo": "second-secret"}
    with Emulator(speed=0, rate_limit=False, accounts=accounts) as emulator:
        owner = Cloud(emulator, key=("AKIDone", "first-secret"))
        job = owner.configured()
        strangers = (
            Cloud(emulator, key=("AKIDtwo", "second-secret")),
            Cloud(emulator, key=("AKIDone", "first-secret"), region="ap-shanghai"),
        )
        for stranger in strangers:
            assert stranger.listed() == []
            assert stranger.refused("DescribeMigrationDetail", JobId=job) == "ResourceNotFound.ResourceNotFoundError"
            assert stranger.refused("StartMigrateJob", JobId=job) == "ResourceNotFound.JobNotExist"
        assert owner.listed() == [job]
