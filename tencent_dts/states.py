"""Each resource's statuses, and what every operation needs, passes through and reaches.

The one place where status strings stand. A later area of the API adds a :class:`Resource` and rows;
no code branches on a status by itself. An unknown status is never success: it waits and warns.

API document: "Introduction" (the table of task statuses), DescribeMigrationDetail, DescribeCompareTasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Statuses = frozenset[str]


def _set(*names: str) -> Statuses:
    return frozenset(names)


class Verdict(Enum):
    """What a resource's state means to an operation or a wait."""

    DONE = "done"
    ALLOWED = "allowed"
    UNDER_WAY = "under way"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Axis:
    """One of the independent things a resource is in a state of.

    :param name: the field's name in the API document.
    :param path: where it stands in the resource's answer, dotted.
    :param known: every documented value; another one is unknown.
    """

    name: str
    path: str
    known: Statuses

    def of(self, item: Mapping[str, Any]) -> str:
        """The value in an answer; "" where it is absent or null."""
        return str(dig(item, self.path) or "")


@dataclass(frozen=True)
class Resource:
    """A kind of thing that DTS keeps: how it is read, and by what name its id goes.

    :param read: action that reads one; ``items`` names the list in the answer where it answers a list.
    :param listing: action that lists many by tag, for the shared poll; "" where there is none.
    :param ids: the request fields that identify one.
    :param permissions: where the resource carries its own list of allowed operations; "" where it does not.
    """

    name: str
    version: str
    read: str
    ids: tuple[str, ...]
    axis: Axis
    items: str = ""
    listing: str = ""
    permissions: str = ""


@dataclass(frozen=True)
class Operation:
    """One changing action, as a row of the state table.

    :param needs: statuses in which it is called.
    :param passes: statuses while it, or what must come before it, is under way.
    :param done: statuses at or beyond its effect: success without a call.
    :param reached: statuses that also count as its effect once we have called it ourselves.
    :param failed: statuses that rule it out for good.
    :param permission: its name in the resource's own list of allowed operations.
    :param destroys: it ends the resource; a resource that is gone counts as done.
    :param instead: for a status in ``failed`` or none of the others: what to do instead.
    """

    action: str
    resource: Resource
    axis: Axis
    needs: Statuses
    done: Statuses = frozenset()
    passes: Statuses = frozenset()
    reached: Statuses = frozenset()
    failed: Statuses = frozenset()
    permission: str = ""
    destroys: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)

    def judge(self, status: str | None, *, called: bool) -> Verdict:
        """What a status means; ``None`` is a resource that is gone.

        :param called: whether this run of the task has had the call accepted.
        """
        if status is None:
            return Verdict.DONE if self.destroys else Verdict.IMPOSSIBLE
        if status in self.done or called and status in self.reached:
            return Verdict.DONE
        if status in self.failed:
            return Verdict.IMPOSSIBLE
        if status in self.passes or called and status in self.needs:
            return Verdict.UNDER_WAY
        if status in self.needs:
            return Verdict.ALLOWED
        return Verdict.IMPOSSIBLE if status in self.axis.known else Verdict.UNKNOWN


@dataclass(frozen=True)
class Goal:
    """What a wait waits for on one axis.

    :param reached: statuses that end it well.
    :param failed: statuses that end it badly; every other one, known or not, goes on waiting.
    :param gone: what a resource that has vanished means; ``None`` goes on waiting until the deadline.
    :param lag: the wait also wants a lag of 0 MB and 0 s; unknown (-1, absent) is not 0.
    """

    name: str
    resource: Resource
    axis: Axis
    reached: Statuses
    failed: Statuses = frozenset()
    gone: Verdict = Verdict.IMPOSSIBLE
    lag: Statuses = frozenset()

    def judge(self, status: str | None) -> Verdict:
        """What a status means to the wait; ``None`` is a resource that is gone."""
        if status is None:
            return self.gone
        if status in self.reached:
            return Verdict.DONE
        if status in self.failed:
            return Verdict.IMPOSSIBLE
        return Verdict.UNDER_WAY if status in self.axis.known else Verdict.UNKNOWN


def dig(item: Any, path: str) -> Any:
    """The value at a dotted path, ``None`` where any part of it is absent or null."""
    for name in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return item


def lag_of(item: Mapping[str, Any]) -> tuple[int, int] | None:
    """Lag as (megabytes, seconds); ``None`` where it is unknown, which -1, null and absence are."""
    megabytes = dig(item, "StepInfo.MasterSlaveDistance")
    seconds = dig(item, "StepInfo.SecondsBehindMaster")
    if not isinstance(megabytes, int) or not isinstance(seconds, int) or megabytes < 0 or seconds < 0:
        return None
    return megabytes, seconds


# --- Migration, 2021-12-06 -------------------------------------------------------------------------

MIGRATION_STATUS = Axis(
    "Status",
    "Status",
    _set("creating", "created", "checking", "checkPass", "checkNotPass", "readyRun", "running", "readyComplete")
    | _set("success", "failed", "stopping", "completing", "pausing", "manualPaused", "error", "resumableErr")
    | _set("resuming", "canceled"),  # the documented value `unknown` is left out: it must wait and warn
)
TRADE_STATUS = Axis(
    "TradeStatus",
    "TradeInfo.TradeStatus",
    _set("normal", "resizing", "reversing", "isolating", "isolated", "offlining", "offlined", "notBilled"),
)
MIGRATION_JOB = Resource(
    name="migration job",
    version="2021-12-06",
    read="DescribeMigrationDetail",
    ids=("JobId",),
    axis=MIGRATION_STATUS,
    listing="DescribeMigrationJobs",
    permissions="Action.AllowedAction",
)

BEFORE_START = _set("creating", "created", "checking", "checkPass", "checkNotPass")
FAULTED = _set("error", "resumableErr")
ENDED_BADLY = _set("failed", "canceled", "stopping")
ENDED = _set("success", "failed", "canceled")
STARTED = _set("running", "readyComplete", "completing", "success", "pausing", "manualPaused", "resuming") | FAULTED
RELEASED = _set("isolating", "isolated", "offlining", "offlined")

_RESUME = "Mend the cause, then order ResumeMigrateJob (clearing `ready` does so, except for Redis)."
_CANCELED = "A stopped or failed job cannot go on. Clear `purchase` with its downstream: it isolates it and buys anew."
_CHECK_FIRST = "Clear `check` with its downstream: the job must pass its check first."

CONFIGURE = Operation(
    "ModifyMigrationJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("created", "checkPass", "checkNotPass"),
    passes=_set("creating"),
    done=_set("checking", "readyRun") | STARTED,
    reached=_set("created"),
    failed=ENDED_BADLY,
    permission="configure",
    instead={"failed": _CANCELED, "canceled": _CANCELED},
)
CHECK = Operation(
    "CreateMigrateCheckJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("created", "checkNotPass"),
    passes=_set("creating"),
    done=_set("checking", "checkPass", "readyRun") | STARTED,
    reached=_set("checkNotPass"),
    failed=ENDED_BADLY,
    instead={"failed": _CANCELED, "canceled": _CANCELED},
)
START = Operation(
    "StartMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("checkPass"),
    passes=_set("checking", "readyRun"),
    done=STARTED,
    failed=ENDED_BADLY,
    permission="start",
    instead={"created": _CHECK_FIRST, "checkNotPass": _CHECK_FIRST, "failed": _CANCELED, "canceled": _CANCELED},
)
STOP = Operation(
    "StopMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("readyRun", "running", "readyComplete", "manualPaused", "unknown") | FAULTED,
    passes=_set("stopping"),
    done=_set("canceled"),
    permission="stop",
    destroys=True,
    instead=dict.fromkeys(BEFORE_START, "The job has not started; isolate it if it is not wanted.")
    | dict.fromkeys(("success", "failed"), "The job has ended; isolate it."),
)
PAUSE = Operation(
    "PauseMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("running", "readyComplete"),
    passes=_set("readyRun", "pausing", "resuming"),
    done=_set("manualPaused"),
    failed=ENDED_BADLY,
    permission="pause",
)
CONTINUE = Operation(
    "ContinueMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("manualPaused"),
    passes=_set("pausing", "resuming"),
    done=_set("running", "readyComplete", "completing", "success"),
    failed=ENDED_BADLY,
    permission="continue",
    instead=dict.fromkeys(FAULTED, _RESUME),
)
RESUME = Operation(
    "ResumeMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=FAULTED | _set("failed"),
    passes=_set("resuming"),
    done=_set("running", "readyComplete", "completing", "success"),
    permission="resume",
    instead={"canceled": _CANCELED},
)
COMPLETE = Operation(
    "CompleteMigrateJob",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("readyComplete"),
    passes=_set("completing", "resuming"),
    done=_set("success"),
    failed=ENDED_BADLY,
    permission="complete",
    instead=dict.fromkeys(FAULTED, _RESUME) | {"running": "Clear `ready` with its downstream: the lag must be 0."},
)
ISOLATE = Operation(
    "IsolateMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=_set("normal", "notBilled"),
    passes=_set("isolating", "resizing", "reversing"),
    done=_set("isolated", "offlining", "offlined"),
    permission="isolate",
    destroys=True,
)
RECOVER = Operation(
    "RecoverMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=_set("isolated"),
    passes=_set("isolating", "reversing", "resizing"),
    done=_set("normal"),
    failed=_set("offlining", "offlined"),
    instead={"notBilled": "A free job is deleted by isolation; there is nothing to recover."},
)
DESTROY = Operation(
    "DestroyMigrateJob",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=_set("isolated"),
    passes=_set("isolating", "offlining"),
    done=_set("offlined"),
    destroys=True,
    instead={
        "normal": "Only an isolated job can be destroyed: order IsolateMigrateJob first.",
        "notBilled": "A free job is deleted by IsolateMigrateJob itself.",
    },
)
RESIZE = Operation(
    "ModifyMigrateJobSpec",
    MIGRATION_JOB,
    TRADE_STATUS,
    needs=_set("normal"),
    passes=_set("resizing", "reversing"),
    reached=_set("normal"),
    failed=RELEASED,
    permission="resize",
    instead={"notBilled": "Free links have one class only; they cannot be resized."},
)
RENAME = Operation(
    "ModifyMigrateName",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=MIGRATION_STATUS.known | _set("unknown"),
    reached=MIGRATION_STATUS.known | _set("unknown"),
)
SKIP = Operation(
    "SkipCheckItem",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    needs=_set("checkNotPass", "checkPass"),
    passes=_set("checking"),
    done=_set("readyRun") | STARTED,
    reached=_set("checkNotPass", "checkPass"),
    failed=ENDED_BADLY,
    instead={"created": "A check item can be skipped once a check has found it: clear `check`."},
)

# The check run is a resource of its own: `Status` says that it ran, `CheckFlag` what it found.
CHECK_FLAG = Axis("CheckFlag", "CheckFlag", _set("checkPass", "checkNotPass", ""))
CHECK_RUN = Resource(
    name="check of a migration job",
    version="2021-12-06",
    read="DescribeMigrationCheckJob",
    ids=("JobId",),
    axis=Axis("Status", "Status", _set("notStarted", "running", "failed", "success")),
)

READY = Goal(
    "ready to complete",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    reached=_set("readyComplete", "completing", "success"),
    failed=ENDED_BADLY | FAULTED,
    lag=_set("readyComplete"),
)
SUCCEEDED = Goal(
    "succeeded", MIGRATION_JOB, MIGRATION_STATUS, reached=_set("success"), failed=ENDED_BADLY | FAULTED
)
PAUSED = Goal(
    "paused",
    MIGRATION_JOB,
    MIGRATION_STATUS,
    reached=_set("manualPaused"),
    failed=ENDED_BADLY | FAULTED | _set("success", "completing"),
)
ISOLATED = Goal(
    "isolated",
    MIGRATION_JOB,
    TRADE_STATUS,
    reached=_set("isolated", "offlining", "offlined"),
    gone=Verdict.DONE,
)
CHECK_PASSED = Goal("check passed", CHECK_RUN, CHECK_FLAG, reached=_set("checkPass"), failed=_set("checkNotPass"))

# --- Data-consistency check, 2021-12-06 ------------------------------------------------------------

COMPARE_STATUS = Axis(
    "Status", "Status", _set("created", "readyRun", "running", "success", "stopping", "failed", "canceled")
)
CONCLUSION = Axis("Conclusion", "Conclusion", _set("same", "different", "skipAll", ""))
COMPARE_TASK = Resource(
    name="compare task",
    version="2021-12-06",
    read="DescribeCompareTasks",
    ids=("JobId", "CompareTaskId"),
    axis=COMPARE_STATUS,
    items="Items",
)
_COMPARE_ENDED = _set("success", "failed", "canceled")
_NEW_COMPARE = "A compare task that has run cannot run again: clear `report`, which orders a new one."

START_COMPARE = Operation(
    "StartCompare",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=_set("created"),
    passes=_set("readyRun"),
    done=_set("running", "success"),
    reached=_set("failed"),
    failed=_set("failed", "canceled", "stopping"),
    instead=dict.fromkeys(("failed", "canceled"), _NEW_COMPARE),
)
STOP_COMPARE = Operation(
    "StopCompare",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=_set("readyRun", "running"),
    passes=_set("stopping"),
    done=_COMPARE_ENDED,
    instead={"created": "The compare task was never started; there is nothing to stop."},
)
DELETE_COMPARE = Operation(
    "DeleteCompareTask",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=_COMPARE_ENDED,
    passes=_set("stopping"),
    destroys=True,
    instead=dict.fromkeys(("readyRun", "running"), "Order StopCompare first."),
)
MODIFY_COMPARE = Operation(
    "ModifyCompareTask",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=_set("created"),
    reached=_set("created"),
    instead=dict.fromkeys(("success", "failed", "canceled", "running"), _NEW_COMPARE),
)
RENAME_COMPARE = Operation(
    "ModifyCompareTaskName",
    COMPARE_TASK,
    COMPARE_STATUS,
    needs=COMPARE_STATUS.known,
    reached=COMPARE_STATUS.known,
)
COMPARED = Goal(
    "compare task finished",
    COMPARE_TASK,
    COMPARE_STATUS,
    reached=_COMPARE_ENDED,
)

OPERATIONS: dict[str, Operation] = {
    operation.action: operation for operation in list(globals().values()) if isinstance(operation, Operation)
}
GOALS: dict[str, Goal] = {goal.name: goal for goal in list(globals().values()) if isinstance(goal, Goal)}
