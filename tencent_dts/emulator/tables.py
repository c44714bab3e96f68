"""State tables: what each action does in each state of a resource, as the API documents tell it.

A state is a status of the API, sometimes split where the documents tell two cases apart: ``running`` is the
full phase and ``running.incremental`` the incremental one, yet both show as ``running`` (:func:`shown`).
A job has two independent axes, the task's status and the billing status; an action must be allowed on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

DENIED = "OperationDenied.OperationDeniedError"
CONFLICT = "FailedOperation.StatusInConflict"
NOT_ALLOWED = "FailedOperation.NotAllowOperation"
DUPLICATE = "InternalError.DuplicateJob"
HTTP_ERROR = "InternalError.InternalHttpServerError"
NO_RESOURCE = "ResourceNotFound.ResourceNotFoundError"
NO_JOB = "ResourceNotFound.JobNotExist"
WRONG_VALUE = "InvalidParameterValue.InvalidParameterValueError"

MIGRATION_STATES = (
    *("creating", "created", "created.configured", "checking", "checkPass", "checkNotPass", "readyRun"),
    *("running", "running.incremental", "readyComplete", "completing", "success", "stopping", "canceled"),
    *("pausing", "manualPaused", "error", "resumableErr", "resuming", "failed", "failed.redis", "unknown"),
)
TRADE_STATES = (
    *("normal", "resizing", "reversing", "isolating", "isolated", "isolated.arrears"),
    *("offlining", "offlined", "notBilled", "notBilled.deleting"),
)
COMPARE_STATES = ("created", "readyRun", "running", "success", "stopping", "failed", "canceled")
FINAL = frozenset({"success", "canceled", "failed", "failed.redis"})
IDLE = frozenset({"created", "created.configured", "checkPass", "checkNotPass"})
FAULTED = frozenset({"error", "resumableErr", "failed", "failed.redis"})
INCREMENTAL = frozenset({"running.incremental", "readyComplete"})
GONE = "gone"


@dataclass(frozen=True)
class Row:
    """One action: the next state by present state, and the error code for every state that is not named.

    ``instead`` gives a state its own error code; ``missing`` is the code for a resource that does not exist.
    """

    to: Mapping[str, str]
    refusal: str = DENIED
    instead: Mapping[str, str] = field(default_factory=dict)
    missing: str = NO_RESOURCE

    def cell(self, state: str) -> tuple[str, str]:
        """Return (next state, "") where the action is allowed, ("", error code) where it is refused."""
        if state in self.to:
            return self.to[state], ""
        return "", self.instead.get(state, self.refusal)


_CASES = {
    "configured": "once configured",
    "incremental": "in the incremental step",
    "redis": "of a Redis link",
    "arrears": "for arrears",
}
"""What tells a state apart from the status that it shows."""


def shown(state: str) -> str:
    """Return the status that the API shows for a state."""
    return state.partition(".")[0]


def told(state: str) -> str:
    """Return a state in words: the status that it shows and, where there is more than one such state, which."""
    status, _, case = state.partition(".")
    return f"{status} {_CASES.get(case, case)}".strip()


def alternatives(states: Iterable[str]) -> str:
    """Return the states that an action needs, in words, by name; one whose status will do in any case is told once."""
    names = sorted(states)
    return ", ".join(told(name) for name in names if "." not in name or shown(name) not in names)


def each(states: tuple[str, ...] | frozenset[str], to: str = "") -> dict[str, str]:
    """Every one of the states leads to ``to``; without it, each stays what it is."""
    return {state: to or state for state in states}


_CONFIGURABLE = ("created", "created.configured", "checkPass", "checkNotPass")
_CHECKABLE = ("created.configured", "checkPass", "checkNotPass")
_RUNS = ("running", "running.incremental", "readyComplete")
_STOPPABLE = (
    *("readyRun", "running", "running.incremental", "readyComplete"),
    *("error", "resumableErr", "manualPaused", "unknown"),
)

MIGRATION: dict[str, Row] = {
    "ModifyMigrationJob": Row(each(_CONFIGURABLE, "created.configured")),
    "CreateMigrateCheckJob": Row(each(_CHECKABLE, "checking"), instead={"checking": DUPLICATE}, missing=NO_JOB),
    "SkipCheckItem": Row(each(_CHECKABLE)),
    "StartMigrateJob": Row({"checkPass": "readyRun"}, CONFLICT, missing=NO_JOB),
    "StopMigrateJob": Row(each(_STOPPABLE, "stopping"), CONFLICT, missing=NO_JOB),
    "PauseMigrateJob": Row(each(INCREMENTAL, "pausing")),
    "ContinueMigrateJob": Row({"manualPaused": "resuming"}),
    "ResumeMigrateJob": Row(
        each(("error", "resumableErr", "failed.redis"), "resuming"), instead={"failed": NOT_ALLOWED}, missing=NO_JOB
    ),
    "CompleteMigrateJob": Row({"readyComplete": "completing"}, CONFLICT, missing=NO_JOB),
    "ModifyMigrateName": Row(each(MIGRATION_STATES), missing=NO_JOB),
    "ModifyMigrateJobSpec": Row(each(MIGRATION_STATES)),
    "ModifyMigrateRateLimit": Row(each(_RUNS), "UnsupportedOperation", missing="ResourceNotFound"),
    "IsolateMigrateJob": Row(each(MIGRATION_STATES)),
    "RecoverMigrateJob": Row(each(MIGRATION_STATES), HTTP_ERROR),
    "DestroyMigrateJob": Row(each(MIGRATION_STATES)),
    "CreateCompareTask": Row(each(INCREMENTAL)),
    "StartCompare": Row(each(INCREMENTAL)),
}
"""The task axis of a migration job. Documents: the table of task statuses in the introduction; CompleteMigrateJob,
ResumeMigrateJob, CreateMigrateCheckJob; the console's operation matrix. The error codes are documented for the
actions; which of them the real service sends in which state is assumed."""

_SERVED = each(("normal", "notBilled"))

TRADE: dict[str, Row] = {
    **{
        action: Row(_SERVED, refusal=MIGRATION[action].refusal)
        for action in (
            *("ModifyMigrationJob", "CreateMigrateCheckJob", "SkipCheckItem", "StartMigrateJob", "StopMigrateJob"),
            *("PauseMigrateJob", "ContinueMigrateJob", "ResumeMigrateJob", "CompleteMigrateJob"),
            *("CreateCompareTask", "StartCompare"),
        )
    },
    "ModifyMigrateRateLimit": Row(_SERVED, refusal="UnsupportedOperation"),
    "ModifyMigrateName": Row(
        each(("normal", "notBilled", "resizing", "reversing", "isolating", "isolated", "isolated.arrears"))
    ),
    "ModifyMigrateJobSpec": Row({"normal": "resizing"}),
    "IsolateMigrateJob": Row({"normal": "isolating", "notBilled": "notBilled.deleting"}),
    "RecoverMigrateJob": Row({"isolated": "reversing"}, HTTP_ERROR),
    "DestroyMigrateJob": Row(each(("isolated", "isolated.arrears"), "offlining")),
}
"""The billing axis of a migration job. Documents: IsolateMigrateJob, DestroyMigrateJob, RecoverMigrateJob,
ModifyMigrateJobSpec, TradeInfo."""

COMPARE: dict[str, Row] = {
    "StartCompare": Row({"created": "readyRun"}),
    "StopCompare": Row(each(("readyRun", "running"), "stopping")),
    "ModifyCompareTask": Row({"created": "created"}),
    "ModifyCompareTaskName": Row(each(COMPARE_STATES)),
    "DeleteCompareTask": Row(each(("success", "failed", "canceled"), GONE)),
}
"""A compare task. Documents: StartCompare, StopCompare, ModifyCompareTask, DeleteCompareTask."""

ALL_ACTIONS = (
    *("view", "modify", "check", "start", "configure", "stop", "complete", "resume", "createCmpTask"),
    *("isolate", "offline", "resize", "recover", "pause", "continue"),
)
"""Action.AllAction as in the example of DescribeMigrationJobs, with pause and continue, which it lacks, added."""

_ALWAYS = ("view", "resize", "isolate")
_ERROR = ("view", "stop", "resume", "resize", "isolate")
_RUNNING = ("view", "stop", "createCmpTask", "resize", "isolate")

ALLOWED: dict[str, tuple[str, ...]] = {
    "creating": ("view", "isolate"),
    "created": ("view", "configure", "resize", "isolate"),
    "created.configured": ("view", "configure", "check", "resize", "isolate"),
    "checking": _ALWAYS,
    "checkPass": ("view", "start", "configure", "check", "resize", "isolate"),
    "checkNotPass": ("view", "configure", "check", "resize", "isolate"),
    "readyRun": ("view", "stop", "resize", "isolate"),
    "running": _RUNNING,
    "running.incremental": (*_RUNNING, "pause"),
    "readyComplete": ("view", "stop", "complete", "createCmpTask", "view", "isolate", "resize", "pause"),
    "completing": _ALWAYS,
    "success": _ALWAYS,
    "stopping": _ALWAYS,
    "canceled": _ALWAYS,
    "pausing": _ALWAYS,
    "manualPaused": ("view", "stop", "continue", "resize", "isolate"),
    "error": _ERROR,
    "resumableErr": _ERROR,
    "resuming": _ALWAYS,
    "failed": _ALWAYS,
    "failed.redis": ("view", "resume", "resize", "isolate"),
    "unknown": ("view", "stop", "resize", "isolate"),
}
"""Action.AllowedAction by task state of a billed job: the console's matrix (the duplicate of ``readyComplete`` is in
the documents' example). ``check`` in ``created.configured`` is the introduction's; ``pause`` and ``continue``, and
the rows of ``creating``, ``pausing``, ``manualPaused`` and ``unknown``, are assumed."""


def allowed_actions(state: str, trade: str) -> list[str]:
    """Return Action.AllowedAction of a job in these two states.

    A free job can be deleted (``isolate``) in every state and never resized. In the short billing states
    nothing can be done; an isolated job can be recovered (unless it is isolated for arrears) or destroyed.
    """
    if trade == "normal":
        return list(ALLOWED[state])
    if trade == "notBilled":
        return [action for action in ALLOWED[state] if action != "resize"]
    if trade == "isolated":
        return ["recover", "offline"]
    return ["offline"] if trade == "isolated.arrears" else ["view"]
