"""What is walked through: one job's life each, by the DAGs that people run, and all of them together every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.lifecycles import _dag

Conf = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Makes a leg's parameters of the job's id, "" before there is one, and of what the walk has drawn."""


@dataclass(frozen=True)
class Leg:
    """One run of one DAG.

    :param buys: the task that buys or creates the job; "" where the job is given.
    :param ends: whether a green run leaves a job that costs nothing any more.
    """

    dag_id: str
    conf: Conf
    buys: str = ""
    ends: bool = False

    @property
    def dag(self) -> Any:
        """The DAG, read from its file once."""
        return _dag(self.dag_id)


@dataclass(frozen=True)
class Story:
    """One job's life.

    :param creates: the action that buys.
    :param reads: the action by whose answer a cutover or a stop is judged.
    :param completes: what cannot be undone and needs proof: the cutover, or the stop of a link.
    :param version: of the API.
    :param calls: about how many calls it takes undisturbed: so far disturbances are spread.
    :param choices: what a walk draws, each from these values.
    """

    name: str
    legs: tuple[Leg, ...]
    creates: str
    reads: str
    completes: str
    version: str
    calls: int
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


_HOURS = 4
_V21, _V18 = "2021-12-06", "2018-03-30"
_OBJECTS = {"Mode": "Partial", "Databases": [{"DbName": "shop", "DbMode": "All"}, {"DbName": "more", "DbMode": "All"}]}
_COMPARED = {"report_deadline": _HOURS}

_MIGRATE = Leg(
    "dts_migrate",
    lambda job, drawn: {
        "approval": drawn["approval"],
        "hold_seconds": drawn["hold"],
        "ready_deadline": _HOURS,
        "complete_deadline": _HOURS,
        **_COMPARED,
    },
    buys="purchase",
    ends=True,
)
_SYNC = Leg(
    "dts_sync",
    lambda job, drawn: {"hold_seconds": drawn["hold"], "caught_up_deadline": _HOURS, **_COMPARED},
    buys="purchase",
)
_MODIFY = Leg("dts_sync_modify", lambda job, drawn: {"job_id": job, "objects": _OBJECTS, "applied_deadline": _HOURS})
_RETIRE = Leg(
    "dts_sync_retire", lambda job, drawn: {"job_id": job, "destroy": drawn["destroy"], **_COMPARED}, ends=True
)
_MIGRATE_2018 = Leg(
    "dts_migrate_2018",
    lambda job, drawn: {"hold_seconds": drawn["hold"], "ready_deadline": _HOURS, "complete_deadline": _HOURS},
    buys="create",
    ends=True,
)
_SUBSCRIBE = Leg("dts_subscribe", lambda job, drawn: {"instance_id": "cdb-9dijwkkw"}, buys="purchase")
_UNSUBSCRIBE = Leg("dts_unsubscribe", lambda job, drawn: {"subscribe_id": job, "offline": drawn["destroy"]}, ends=True)

_HOLD = {"hold": (0, 0, 120)}
_DESTROY = {"destroy": (False, True)}
_APPROVAL = {"approval": (False, True)}

STORIES = {
    story.name: story
    for story in (
        Story(
            *("migrate", (_MIGRATE,), "CreateMigrationService", "DescribeMigrationDetail", "CompleteMigrateJob"),
            *(_V21, 75, {**_HOLD, **_APPROVAL}),
        ),
        Story(
            *("sync", (_SYNC, _RETIRE), "CreateSyncJob", "DescribeSyncJobs", "StopSyncJob"),
            *(_V21, 95, {**_HOLD, **_DESTROY}),
        ),
        Story(
            *("modified sync", (_SYNC, _MODIFY, _RETIRE), "CreateSyncJob", "DescribeSyncJobs", "StopSyncJob"),
            *(_V21, 125, {**_HOLD, **_DESTROY}),
        ),
        Story(
            *("migrate 2018", (_MIGRATE_2018,), "CreateMigrateJob", "DescribeMigrateJobs", "CompleteMigrateJob"),
            *(_V18, 50, _HOLD),
        ),
        Story(
            *("subscription", (_SUBSCRIBE, _UNSUBSCRIBE), "CreateSubscribe", "DescribeSubscribes", ""),
            *(_V18, 45, _DESTROY),
        ),
    )
}
OFTEN = ("migrate", "migrate", "migrate", "sync", "sync", "modified sync", "migrate 2018", "subscription")
"""What a walk draws its story from: where most can go wrong comes most often."""
