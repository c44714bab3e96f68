"""Sync jobs, their changes and compare tasks: what each operator does in every state."""

from __future__ import annotations

from typing import Any

from tencent_dts.operators import sync
from tencent_dts.tasks.operator import DtsOperator
from tests.unit.operators import cases_sync_changes, cases_sync_compare
from tests.unit.operators.case import Case, ends
from tests.unit.stages_sync import plan
from tests.unit.subjects import of_a_person

_BEFORE = ("UnInitialized", "Initialized", "Checking", "CheckPass", "CheckNotPass")
_STARTED = ("Running", "Running in the incremental step", "Pausing", "Paused", "ResumableErr", "Resuming")
_OVER = ("Stopping", "Stopped", "Failed")


def _case(
    operator: type[DtsOperator],
    allowed: str,
    *states: str,
    done: tuple[str, ...] = (),
    under_way: tuple[str, ...] = (),
    impossible: tuple[str, ...] = (),
    **more: Any,
) -> Case:
    """A row; the names of stages stand without what tells them from those of other kinds of jobs."""
    lists = {"done": done, "under_way": under_way, "impossible": impossible}
    named: dict[str, Any] = {kind: tuple(f"sync {name}" for name in names) for kind, names in lists.items()}
    return Case(operator, allowed=f"sync {allowed}", ends=ends(*states), hole="no such sync job", **named, **more)


JOBS: list[Case] = [
    _case(
        sync.DtsConfigureSyncJobOperator,
        "UnInitialized",
        "Initialized",
        done=("Checking", "ReadyRunning", *_STARTED),
        under_way=("Resetting",),
        impossible=(*_OVER, "isolated before its start"),
        arguments={"configuration": plan(**of_a_person("person_sync"))},
        repeats=True,
    ),
    _case(
        sync.DtsCreateCheckSyncJobOperator,
        "Initialized",
        "Checking",
        "CheckPass",
        done=("Checking", "CheckPass", "ReadyRunning", *_STARTED),
        impossible=("UnInitialized", *_OVER),
    ),
    _case(
        sync.DtsSkipSyncCheckItemOperator,
        "CheckNotPass",
        "CheckNotPass",
        done=("check item skipped", "ReadyRunning", *_STARTED),
        under_way=("Checking",),
        impossible=("UnInitialized", "Initialized", *_OVER),
        arguments={"skips": [{"step_id": "OptimizeCheck", "reason": "known to be harmless"}]},
        repeats=True,
    ),
    _case(
        sync.DtsStartSyncJobOperator,
        "CheckPass",
        "Running",
        done=_STARTED,
        under_way=("Checking", "ReadyRunning"),
        impossible=("UnInitialized", "CheckNotPass", *_OVER, "isolated before its start"),
    ),
    _case(
        sync.DtsStopSyncJobOperator,
        "Running in the incremental step",
        "Stopped",
        done=("Stopped", "Failed", "isolated"),
        under_way=("Stopping", "Pausing"),
        impossible=(*_BEFORE, "Resetting", "isolated while paused"),
        gone_is_done=True,
    ),
    _case(
        sync.DtsPauseSyncJobOperator,
        "Running in the incremental step",
        "Paused",
        done=("Paused",),
        under_way=("ReadyRunning", "Pausing", "Resuming"),
        impossible=(*_BEFORE, "ResumableErr", *_OVER),
    ),
    _case(
        sync.DtsContinueSyncJobOperator,
        "Paused",
        "Running",
        done=("Running", "Running in the incremental step"),
        under_way=("Pausing", "Resuming"),
        impossible=("Initialized", "ResumableErr", *_OVER, "isolated while paused"),
    ),
    _case(
        sync.DtsResumeSyncJobOperator,
        "ResumableErr",
        "Running",
        done=("Running", "Running in the incremental step"),
        under_way=("Resuming",),
        impossible=("Initialized", "Paused", *_OVER),
    ),
    _case(
        sync.DtsResetSyncJobOperator,
        "prepaid, stopped",
        "UnInitialized",
        done=("UnInitialized", "reset"),
        under_way=("Resetting", "Stopping"),
        impossible=("Initialized", "CheckPass", "Running", "Paused", "Failed", "Stopped"),
    ),
    _case(
        sync.DtsResizeSyncJobOperator,
        "Running in the incremental step",
        "Normal",
        done=("resized",),
        under_way=("resizing", "recovering"),
        impossible=("prepaid", "free", "isolated", "isolating"),
        arguments={"new_instance_class": "large"},
        axis="TradeStatus",
    ),
    _case(
        sync.DtsModifySyncRateLimitOperator,
        "Running in the incremental step",
        "Running",
        arguments={"dump_thread": 4},
        repeats=True,
    ),
    _case(
        sync.DtsIsolateSyncJobOperator,
        "Stopped",
        "Isolated",
        done=("isolated", "prepaid, isolated", "offlining"),
        under_way=("isolating", "resizing while stopped"),
        impossible=("ReadyRunning", "Running", "Pausing", "Stopping", "ResumableErr", "Resuming", "Resetting"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
    _case(
        sync.DtsRecoverSyncJobOperator,
        "isolated",
        "Normal",
        done=("Stopped", "Running"),
        under_way=("isolating", "recovering"),
        impossible=("prepaid, isolated", "isolated for debt", "offlining", "free"),
        axis="TradeStatus",
    ),
    _case(
        sync.DtsDestroySyncJobOperator,
        "isolated",
        "gone",
        under_way=("isolating", "offlining"),
        impossible=("Stopped", "free"),
        axis="TradeStatus",
        gone_is_done=True,
    ),
]
CASES: list[Case] = [*JOBS, *cases_sync_changes.CASES, *cases_sync_compare.CASES]
