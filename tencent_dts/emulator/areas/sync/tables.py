"""State tables of the data sync area, API 2021-12-06, and what makes a sync job a kind of job (:data:`KIND`).

Documents: the introduction's table of sync task statuses, "Supported Operation"; SyncJobInfo; the error tables of
the actions; the console's operation matrix. Unlike a migration, a sync writes its states with a capital, stays in
``Running``, pauses and stops but never completes, can be prepaid, and refuses to be isolated while it runs.
"""

from __future__ import annotations

from tencent_dts.emulator.world import checks, compare_tables, kinds
from tencent_dts.emulator.world.kernel import Fields
from tencent_dts.emulator.world.records import Record
from tencent_dts.emulator.world.tables import Row, each

UNSUPPORTED = "UnsupportedOperation.UnsupportedOperationError"
NOT_MET = "OperationDenied.BizOperationDeniedError"
UNKNOWN_ERROR = "InternalError.UnknownError"
# Codes that are common to all actions, for those whose own documents have none that would fit.
COMMON_UNSUPPORTED = "UnsupportedOperation"
COMMON_NOT_FOUND = "ResourceNotFound"

STATES = (
    *("UnInitialized", "Initialized", "Checking", "CheckPass", "CheckNotPass", "ReadyRunning"),
    *("Running", "Running.incremental", "Pausing", "Paused", "Stopping", "Stopped"),
    *("ResumableErr", "Resuming", "Failed", "Resetting", "Unknown"),
)
TRADE_STATES = (
    *("Normal", "Normal.prepaid", "Resizing", "Recovering", "Isolating", "Isolated", "Isolated.prepaid"),
    *("Isolated.arrears", "Offlining", "Offlined", "NotBilled", "NotBilled.deleting"),
    *("NotBilledByInternational", "NotBilledByInternational.deleting"),
)
MODIFICATION_STATES = ("", "Initialized", "Checking", "CheckPass", "CheckNotPass", "Running", "Success", "Failed")
"""OptObjStatus; its values are assumed. "" is a job that has not been modified."""

_CONFIGURABLE = ("UnInitialized", "Initialized", "CheckPass", "CheckNotPass")
_CHECKABLE = ("Initialized", "CheckPass", "CheckNotPass")
_RUNS = ("Running", "Running.incremental")
_AT_REST = ("Pausing", "Paused", "Stopping")
_STOPPABLE = ("ReadyRunning", *_RUNS, "Paused", "ResumableErr", "Resuming", "Unknown")

ROWS: dict[str, Row] = {
    "ConfigureSyncJob": Row(each(_CONFIGURABLE, "Initialized"), missing=COMMON_NOT_FOUND),
    "CreateCheckSyncJob": Row(each(_CHECKABLE, "Checking"), UNSUPPORTED),
    "SkipSyncCheckItem": Row(each(_CHECKABLE), missing=COMMON_NOT_FOUND),
    "StartSyncJob": Row({"CheckPass": "ReadyRunning"}, NOT_MET),
    "StopSyncJob": Row(each(_STOPPABLE, "Stopping"), UNKNOWN_ERROR),
    "PauseSyncJob": Row(each(_RUNS, "Pausing")),
    "ContinueSyncJob": Row({"Paused": "Resuming"}),
    "ResumeSyncJob": Row({"ResumableErr": "Resuming"}, UNKNOWN_ERROR, missing=COMMON_NOT_FOUND),
    "ResizeSyncJob": Row(
        each(tuple(state for state in STATES if state not in _AT_REST)), UNSUPPORTED, missing=COMMON_NOT_FOUND
    ),
    "ModifySyncRateLimit": Row(each(_RUNS), COMMON_UNSUPPORTED, missing=COMMON_NOT_FOUND),
    "ResetSyncJob": Row({"Stopped": "Resetting"}, COMMON_UNSUPPORTED, missing=COMMON_NOT_FOUND),
    "IsolateSyncJob": Row(each(tuple(state for state in STATES if state not in _RUNS)), UNSUPPORTED),
    "RecoverSyncJob": Row(each(STATES), UNSUPPORTED),
    "DestroySyncJob": Row(each(STATES), UNKNOWN_ERROR, missing=COMMON_NOT_FOUND),
    "ModifySyncJobConfig": Row(each(_RUNS), missing=COMMON_NOT_FOUND),
    "CreateModifyCheckSyncJob": Row(each(_RUNS), COMMON_UNSUPPORTED, missing=COMMON_NOT_FOUND),
    "StartModifySyncJob": Row(each(_RUNS), COMMON_UNSUPPORTED),
    "CreateSyncCompareTask": Row({"Running.incremental": "Running.incremental"}),
    "StartSyncCompare": Row({"Running.incremental": "Running.incremental"}),
}
"""The task axis. ``ReadyRunning`` can be stopped by the introduction, not by the console's matrix. That a running job
is not isolated was observed in the code of an official client; the matrix allows it. ``Paused`` and ``Unknown`` are
not in the matrix: that they can be stopped and isolated is assumed. The class of a job that is paused, or about to be
or to stop, cannot be changed (product guide); its rates can be limited only while it runs (ModifySyncRateLimit)."""

_SERVED = each(("Normal", "Normal.prepaid", "NotBilled", "NotBilledByInternational"))
_DELETING = {state: f"{state}.deleting" for state in ("NotBilled", "NotBilledByInternational")}

TRADES: dict[str, Row] = {
    **{action: Row(_SERVED, refusal=row.refusal) for action, row in ROWS.items()},
    "ResizeSyncJob": Row({"Normal": "Resizing"}, UNSUPPORTED),
    "ResetSyncJob": Row({"Normal.prepaid": "Normal.prepaid"}, COMMON_UNSUPPORTED),
    "IsolateSyncJob": Row({"Normal": "Isolating", "Normal.prepaid": "Isolating", **_DELETING}, UNSUPPORTED),
    "RecoverSyncJob": Row({"Isolated": "Recovering"}, UNSUPPORTED),
    "DestroySyncJob": Row(each(("Isolated", "Isolated.prepaid", "Isolated.arrears"), "Offlining"), UNKNOWN_ERROR),
}
"""The billing axis. Documents: IsolateSyncJob, RecoverSyncJob, DestroySyncJob, ResizeSyncJob (paid by the hour only);
the product guide on resetting (prepaid only) and on renewing what is isolated."""

MODIFICATION: dict[str, Row] = {
    "ModifySyncJobConfig": Row(
        each(("", "Initialized", "CheckPass", "CheckNotPass", "Success", "Failed"), "Initialized")
    ),
    "CreateModifyCheckSyncJob": Row(each(("Initialized", "CheckPass", "CheckNotPass"), "Checking"), COMMON_UNSUPPORTED),
    "StartModifySyncJob": Row({"CheckPass": "Running"}, COMMON_UNSUPPORTED),
}
"""The change of a running job's objects and options. Documents: ModifySyncJobConfig (the order of the four calls),
StartModifySyncJob (only after a check that passed)."""


def compare_action(name: str) -> str:
    """Return what a compare action of migration jobs is called for sync jobs: StartSyncCompare for StartCompare."""
    return name.replace("Compare", "SyncCompare")


COMPARE = {compare_action(name): row for name, row in compare_tables.COMPARE.items()}
"""A compare task of a sync job. Documents: CreateSyncCompareTask and its neighbours."""

ALL_ACTIONS = (
    *("view", "configure", "check", "start", "stop", "resume", "pause", "continue", "limitRate", "resize", "isolate"),
    *("offline", "recover", "postPay2prePay", "configureOptObj", "checkOptObj", "startOptObj", "createCmpTask"),
)
"""AllActions as in the example of DescribeSyncJobs."""

_BILLED = ("resize", "isolate", "postPay2prePay")
_RESTING = ("isolate", "postPay2prePay")
_RUNNING = ("pause", "stop", "limitRate", "view", *_BILLED, "configureOptObj")

ALLOWED: dict[str, tuple[str, ...]] = {
    "UnInitialized": ("configure", "view", *_BILLED),
    "Initialized": ("configure", "check", "view", *_BILLED),
    "Checking": ("view", *_BILLED),
    "CheckPass": ("configure", "check", "start", "view", *_BILLED),
    "CheckNotPass": ("configure", "check", "view", *_BILLED),
    "ReadyRunning": ("stop", "view", *_BILLED),
    "Running": _RUNNING,
    "Running.incremental": _RUNNING,
    "Pausing": ("view", *_RESTING),
    "Paused": ("continue", "stop", "view", *_RESTING),
    "Stopping": ("view", *_RESTING),
    "Stopped": ("view", *_BILLED),
    "ResumableErr": ("resume", "stop", "view", *_BILLED),
    "Resuming": ("stop", "view", *_BILLED),
    "Failed": ("view", *_BILLED),
    "Resetting": ("view",),
    "Unknown": ("stop", "view", *_BILLED),
}
"""Actions of a job paid by the hour: those of ``Running`` are the documents' example, the others the matrix."""

_CHECKABLE_CHANGE = ("checkOptObj",)
_MODIFIABLE = {
    "Initialized": _CHECKABLE_CHANGE,
    "CheckPass": (*_CHECKABLE_CHANGE, "startOptObj"),
    "CheckNotPass": _CHECKABLE_CHANGE,  # as for the job itself, by the console's matrix
}


def allowed_actions(state: str, trade: str, modification: str, *, comparable: bool) -> list[str]:
    """Return Actions of a job in these states.

    ``modification`` is the state of a change of its objects or options, ``comparable`` whether compare tasks can be
    made. A free or prepaid job is neither resized nor turned into a prepaid one.
    """
    if trade == "Isolated":
        return ["recover", "offline"]
    if trade.startswith("Isolated."):
        return ["offline"]
    if trade not in _SERVED:
        return ["view"]
    actions = list(ALLOWED[state])
    if state in _RUNS:
        actions += _MODIFIABLE.get(modification, ())
    if state == "Running.incremental" and comparable:
        actions.append("createCmpTask")
    return actions if trade == "Normal" else [name for name in actions if name not in ("resize", "postPay2prePay")]


_STEPS = {
    "Full": ["schema-init", "dumper", "loader", "sinker"],
    "Structure": ["schema-init", "sinker"],
    "Data": ["dumper", "loader", "sinker"],
    "None": ["sinker"],
}


def _steps(job: Record) -> list[str]:
    """The steps of a job by Options.InitType, which older documents write ``data``."""
    kind = (job["configuration"]["Options"].get("InitType") or "Full").capitalize()
    return _STEPS[kind]


def _databases(job: Record) -> list[Fields]:
    return (job["configuration"] or {}).get("Objects", {}).get("Databases") or []


def _numbered(*steps: str) -> kinds.Steps:
    names = dict(checks.STEPS["mysql"]) | checks.SYNC_STEPS
    return tuple((step, names[step]) for step in steps)


def modify_check_steps(family: str) -> kinds.Steps:
    """Return the steps of the check of a modification: those of the job's and one of its own."""
    return (*CHECK_STEPS[family], ("ModifyConfigCheck", checks.SYNC_STEPS["ModifyConfigCheck"]))


CHECK_STEPS: dict[str, kinds.Steps] = {
    **checks.STEPS,
    "mysql": _numbered(
        *("ConnectDBCheck", "OptimizeCheck", "VersionCheck", "SrcPrivilegeCheck", "SimpleParamCheck"),
        *("DstPrivilegeCheck", "DstEmptyCheck", "DstSpaceCheck", "BinlogParamCheck", "ConstraintCheck"),
        *("ConstraintRefCheck", "ViewCheck", "WarningParamCheck", "AdvancedStoreObjectCheck"),
    ),
}

KIND = kinds.add(
    kinds.Kind(
        name="sync",
        prefix="sync-",
        rows=ROWS,
        trades=TRADES,
        states=STATES,
        trade_states=TRADE_STATES,
        bought="UnInitialized",
        created="UnInitialized",
        passed="CheckPass",
        not_passed="CheckNotPass",
        running="Running",
        incremental="Running.incremental",
        caught_up="Running.incremental",
        success="Stopped",
        paused="Paused",
        resuming="Resuming",
        stopped="Stopped",
        faults={"error": "ResumableErr", "resumableErr": "ResumableErr", "failed": "Failed"},
        final=frozenset({"Stopped", "Failed"}),
        idle=frozenset({"UnInitialized", "Initialized", "CheckPass", "CheckNotPass"}),
        faulted=frozenset({"ResumableErr", "Failed"}),
        incremental_states=frozenset({"Running.incremental"}),
        suspended=frozenset({"Checking", "ReadyRunning", *_RUNS, "Paused", "ResumableErr", "Resuming"}),
        metered=frozenset({"ReadyRunning", *_RUNS, "Pausing", "Stopping", "ResumableErr", "Resuming"}),
        compare_ends=frozenset({"Stopped", "Failed", "Stopping"}),
        trade={
            "normal": "Normal",
            "notBilled": "NotBilled",
            "international": "NotBilledByInternational",
            "isolated": "Isolated",
            "arrears": "Isolated.arrears",
            "offlined": "Offlined",
        },
        served=frozenset(_SERVED),
        metered_trades=frozenset({"Normal", "Resizing"}),
        leaving=frozenset(("Isolating", "Isolated", "Isolated.prepaid", "Isolated.arrears", "Offlining", "Offlined")),
        isolations=frozenset({"Isolated", "Isolated.prepaid", "Isolated.arrears"}),
        steps=_steps,
        step_names={
            "schema-init": "Incremental database table initialization",
            "dumper": "Full export",
            "loader": "Full import",
            "sinker": "Sync incrementally",
        },
        selected=_databases,
        check_steps=CHECK_STEPS,
        default_rates={"DumpThread": 8, "DumpRps": 0, "LoadThread": 8, "LoadRps": 0, "SinkerThread": 32},
        pause_ends=True,
    )
)
"""A sync job. It is billed by the hour from its start (price guide), but not while it is paused (product guide); a
paused one fails after seven days."""
