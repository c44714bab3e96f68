"""Rows of the pre-check: what orders it, what voids it, and how its job shows its progress.

The checks of a migration job, of a sync job and of a change of a running sync job differ in nothing else.

API document: CreateMigrateCheckJob, DescribeMigrationCheckJob, SkipCheckItem, CreateCheckSyncJob,
DescribeCheckSyncJobResult, SkipSyncCheckItem, CreateModifyCheckSyncJob, DescribeModifyCheckSyncJobResult.
"""

from __future__ import annotations

from dataclasses import dataclass

from tencent_dts.kinds.migration import states
from tencent_dts.kinds.sync import change_states
from tencent_dts.kinds.sync import states as sync
from tencent_dts.model.goal import Goal
from tencent_dts.model.operation import Operation
from tencent_dts.model.resource import Axis, Statuses


@dataclass(frozen=True)
class CheckFamily:
    """The check of one kind of job, or of a change of one.

    :param axis: where the job shows how far the check is; the statuses below but ``ended`` are its values.
    :param configure: what sends the configuration that is checked; it voids an earlier check.
    :param check: what orders a check.
    :param skip: what skips items of it; ``None`` where none can be skipped.
    :param passed: what is waited for; its resource is the check run.
    :param before: statuses in which it can be configured and checked again.
    :param unchecked: statuses in which it is configured, and no check of that has been ordered, or one has become void.
    :param unconfigured: statuses that only a job has that was never configured.
    :param checking: statuses while a check runs: no configuration is taken, and the last result is not its own.
    :param past: statuses that only a check that passed leads to.
    :param contradicting: statuses in which the job denies a run that says it passed.
    :param ended: statuses on the job's own axis in which its check will not pass any more.
    :param shown_by: the field, and its value, by which a sensor's result says that the check has passed.
    """

    axis: Axis
    configure: Operation
    check: Operation
    skip: Operation | None
    passed: Goal
    before: Statuses
    unchecked: Statuses
    checking: Statuses
    past: Statuses
    ended: Statuses
    shown_by: tuple[str, str]
    unconfigured: Statuses = frozenset()
    contradicting: Statuses = frozenset()


OF_MIGRATION = CheckFamily(
    axis=states.MIGRATION_STATUS,
    configure=states.CONFIGURE,
    check=states.CHECK,
    skip=states.SKIP,
    passed=states.CHECK_PASSED,
    before=states.BEFORE_START,
    unchecked=states.UNCHECKED,
    checking=states.CHECKING,
    past=states.PAST_CHECK,
    ended=states.ENDED_BADLY,
    shown_by=("CheckFlag", "checkPass"),
)
OF_SYNC = CheckFamily(
    axis=sync.SYNC_STATUS,
    configure=sync.CONFIGURE,
    check=sync.CHECK,
    skip=sync.SKIP,
    passed=sync.CHECK_PASSED,
    before=sync.BEFORE_START,
    unchecked=sync.CONFIGURED,
    unconfigured=sync.UNCHECKED - sync.CONFIGURED,
    checking=sync.CHECKING,
    past=sync.PAST_CHECK,
    ended=sync.STOPPED | sync.ENDED_BADLY,
    shown_by=("Status", "CheckPass"),
    contradicting=sync.UNCHECKED | sync.NOT_PASSED,
)
OF_SYNC_CHANGE = CheckFamily(
    axis=change_states.OPT_OBJ_STATUS,
    configure=change_states.MODIFY,
    check=change_states.CHECK,
    skip=None,
    passed=change_states.CHECK_PASSED,
    before=change_states.UNSTARTED,
    unchecked=change_states.UNCHECKED,
    unconfigured=change_states.NONE,
    checking=change_states.CHECKING,
    past=change_states.BEGUN,
    ended=sync.STOPPED | sync.ENDED_BADLY,
    shown_by=("OptObjStatus", "CheckPass"),
    contradicting=change_states.UNSTARTED - change_states.PASSED,
)
