"""Rows of the data-consistency check (compare task), API 2021-12-06, of migration jobs and of sync jobs.

Both kinds of jobs have the same eight actions under names of their own: StartCompare, StartSyncCompare.

API document: DescribeCompareTasks, StartCompare, StopCompare, DeleteCompareTask, ModifyCompareTask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from tencent_dts.kinds.migration import states as of_migration
from tencent_dts.kinds.migration.states import CUT_OVER, MIGRATION_JOB
from tencent_dts.kinds.sync import states as of_sync
from tencent_dts.kinds.sync.states import STOPPED, SYNC_JOB
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Resource, Statuses, statuses

COMPARE_STATUS = Axis(
    "Status", "Status", statuses("created", "readyRun", "running", "success", "stopping", "failed", "canceled")
)
CONCLUSION = Axis("Conclusion", "Conclusion", statuses("same", "different", "skipAll", ""))
UNSTARTED = statuses("created")
FINISHED = statuses("success")
_ENDED = FINISHED | statuses("failed", "canceled")
ENDED_BADLY = statuses("failed", "canceled", "stopping")
"""Statuses from which no report comes any more."""
_NEW_COMPARE = "A compare task that has run cannot run again: clear `report`, which orders a new one."


@dataclass(frozen=True)
class CompareFamily:
    """The compare tasks of one kind of job.

    :param over: statuses of the job at and beyond which nothing is compared any more, because it is done with.
    :param go_on: what to order first where the job compares nothing, by its status.
    :param create: action that creates a task; ``report`` reads what it has found.
    :param marked: what such a job moves can change while it runs, so the names of its comparisons say what each is of.
    """

    task: Resource
    over: Statuses
    go_on: Mapping[str, str]
    create: str
    report: str
    start: Operation
    stop: Operation
    delete: Operation
    modify: Operation
    rename: Operation
    compared: Goal
    marked: bool = False


class _Row(TypedDict, total=False):
    """The fields of an operation that the family's own row fills."""

    needs: Statuses
    passes: Statuses
    done: Statuses
    reached: Statuses
    failed: Statuses
    patient: bool
    digest: bool
    destroys: bool
    instead: Mapping[str, str]
    proof: str


_OPERATIONS: dict[str, tuple[str, _Row]] = {
    "start": (
        "Start{}",
        {
            "needs": UNSTARTED,
            "passes": statuses("readyRun"),
            "done": statuses("running", "success"),
            "reached": statuses("failed"),
            "failed": ENDED_BADLY,
            "patient": True,  # a job runs one comparison at a time
            "instead": dict.fromkeys(("failed", "canceled"), _NEW_COMPARE),
        },
    ),
    "stop": (
        "Stop{}",
        {
            "needs": statuses("readyRun", "running"),
            "passes": statuses("stopping"),
            "done": _ENDED,
            "instead": {"created": "The compare task was never started; there is nothing to stop."},
        },
    ),
    "delete": (
        "Delete{}Task",
        {
            "needs": _ENDED,
            "passes": statuses("stopping"),
            "destroys": True,
            "instead": dict.fromkeys(("readyRun", "running"), "Stop the comparison first."),
        },
    ),
    "modify": (
        "Modify{}Task",
        {
            "needs": statuses("created"),
            "reached": statuses("created"),
            "digest": True,
            "instead": dict.fromkeys(("success", "failed", "canceled", "running"), _NEW_COMPARE),
        },
    ),
    "rename": (
        "Modify{}TaskName",
        {"needs": COMPARE_STATUS.known, "reached": COMPARE_STATUS.known, "proof": "TaskName"},
    ),
}
"""By our word for it: the name of the action, less the word for the kind of job, and its row."""


def _family(
    job: Resource, word: str, over: Statuses, go_on: Mapping[str, str], *, marked: bool = False
) -> CompareFamily:
    """The rows for one kind of job; ``word`` stands in the names of its actions."""
    task = Resource(
        name=f"compare task of a {job.name}",
        version=job.version,
        read=f"Describe{word}Tasks",
        ids=("JobId", "CompareTaskId"),
        axis=COMPARE_STATUS,
        items="Items",
        part_of=job,
    )
    compared = Goal(
        f"{task.name} finished",
        task,
        COMPARE_STATUS,
        reached=_ENDED,
        glance=("CompareTask.Status", statuses("running")),
        void=((COMPARE_STATUS, UNSTARTED),),
    )
    operations = {
        name: Operation(action.format(word), task, COMPARE_STATUS, **row) for name, (action, row) in _OPERATIONS.items()
    }
    return CompareFamily(
        task=task,
        over=over,
        go_on=go_on,
        create=f"Create{word}Task",
        report=f"Describe{word}Report",
        compared=compared,
        marked=marked,
        **operations,
    )


OF_MIGRATION = _family(MIGRATION_JOB, "Compare", CUT_OVER, of_migration.GO_ON)
OF_SYNC = _family(SYNC_JOB, "SyncCompare", STOPPED, of_sync.GO_ON, marked=True)
