"""What a comparison is of: the objects and options that its job showed when it was ordered, as a mark in its name.

A report says that so many tables are the same, not which. A link that is given other objects, or is set to leave out
deletions, between a comparison and its use is not the one that was compared. So the TaskName of each comparison of a
sync job ends with a mark of what the job synced, which holds for as long as the comparison can be read, whatever
becomes of the process that ordered it. A migration job cannot be changed once it has started, and bears none.

API document: CreateSyncCompareTask, DescribeSyncCompareTasks, DescribeSyncJobs (Objects, Options, OptObjStatus).
"""

from __future__ import annotations

import re

from tencent_dts.kinds.compare import CompareFamily
from tencent_dts.kinds.shown import fingerprint
from tencent_dts.kinds.sync.change_states import OPT_OBJ_STATUS, TAKING_HOLD
from tencent_dts.model.answers import Item

_CHANGING = "changing"  # what is synced then is neither what was, nor what will be
_WHOLE, _OWN = "s", "c"  # sameAsMigrate, custom
_SHOWN = ("Objects", "Options")
_NAME = re.compile(rf"[^-]+-[^-]+-\d+-(?P<mark>[{_WHOLE}{_OWN}]({_CHANGING}|[0-9a-f]{{12}}))")


def mark_of(family: CompareFamily, job: Item, configuration: Item) -> str:
    """The mark of what a job syncs now, to end the name of a comparison with; "" for a kind of job that bears none.

    :param configuration: of the comparison; the mark shows, too, whether it names objects of its own.
    """
    if not family.marked:
        return ""
    return f"{_OWN if configuration.get('ObjectMode') == 'custom' else _WHOLE}{_synced(job)}"


def is_of_whole_job(task: Item) -> bool:
    """Whether a comparison was ordered of all that its job syncs: the service may list what that came to then."""
    return _mark_in(task).startswith(_WHOLE)


def _synced(job: Item) -> str:
    if OPT_OBJ_STATUS.of(job) in TAKING_HOLD:
        return _CHANGING
    return fingerprint({name: job.get(name) for name in _SHOWN})


def is_marked(family: CompareFamily, task: Item) -> bool:
    """Whether the name of a comparison says what it is of; that of one ordered by a person does not."""
    return not family.marked or bool(_mark_in(task))


def changed_since(family: CompareFamily, task: Item, job: Item) -> str:
    """Why a comparison says nothing of what a job syncs now; "" where it does.

    :param task: the comparison as the service shows it.
    :param job: the job as the service shows it.
    """
    if not family.marked:
        return ""
    if _synced(job) == _CHANGING:
        return "a change of the job's objects or options is taking hold (ModifySyncJobConfig)"
    if not (mark := _mark_in(task)):
        return "the name of the comparison does not say which objects it was ordered for"
    if mark[1:] == _CHANGING:
        return "a change of the job's objects or options was taking hold when it was compared (ModifySyncJobConfig)"
    if mark[1:] != _synced(job):
        return "the job syncs other objects, or syncs them otherwise, than when it was compared (ModifySyncJobConfig)"
    return ""


def _mark_in(task: Item) -> str:
    """The fourth part of a name, after run, task and attempt; "" where a person gave the name."""
    named = _NAME.fullmatch(str(task.get("TaskName") or ""))
    return named["mark"] if named else ""
