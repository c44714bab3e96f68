"""Operators that change the objects or options of a running sync job, API version 2021-12-06: one for each action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tencent_dts.kinds.check import OF_SYNC_CHANGE
from tencent_dts.kinds.sync import change_states as table
from tencent_dts.kinds.sync.plan import ChangePlan, modify_request
from tencent_dts.tasks.describe import DescribeOperator
from tencent_dts.tasks.gates.change import NoOther
from tencent_dts.tasks.gates.check import Checked
from tencent_dts.tasks.jobs import ConfiguredJobTask, JobTask
from tencent_dts.tasks.operator import DtsOperator

if TYPE_CHECKING:
    from tencent_dts.spec.shapes.sync import ModifySyncJobConfigRequest


class DtsModifySyncJobConfigOperator(ConfiguredJobTask, DtsOperator):
    """Say how the objects or options of a running sync job are to change; nothing changes before it is started.

    Sends nothing when the same change was sent before (a digest is kept, which needs no key: a change holds no secret),
    or when the job holds it already. A change that failed is sent again. Another change under way is waited for, never
    overwritten silently.

    :param configuration: the plan of the change, see :class:`tencent_dts.kinds.sync.plan.ChangePlan`.

    API document: ModifySyncJobConfig.
    """

    configuration: ChangePlan
    operation = table.MODIFY
    gates = (NoOther(),)
    sides = ()  # a change has no connections

    def request(self) -> ModifySyncJobConfigRequest:
        """The change."""
        return modify_request(self.job_id, self.configuration)


class DtsCreateModifyCheckSyncJobOperator(JobTask, DtsOperator):
    """Order the check of a change.

    Sends nothing when a check is running or has passed; after one that did not pass it orders another.

    API document: CreateModifyCheckSyncJob.
    """

    operation = table.CHECK


class DtsStartModifySyncJobOperator(JobTask, DtsOperator):
    """Start a change whose check has passed.

    Succeeds without a call when it takes hold already, or has done so. Where no check stands, because it was never
    ordered or the change was sent again since, it orders one and waits for it first.

    API document: StartModifySyncJob.
    """

    operation = table.START
    gates = (Checked(OF_SYNC_CHANGE),)


class DtsDescribeModifyCheckSyncJobResultOperator(JobTask, DescribeOperator):
    """Return the progress and result of the latest check of a change.

    API document: DescribeModifyCheckSyncJobResult.
    """

    resource = table.CHANGE_CHECK_RUN
    action = "DescribeModifyCheckSyncJobResult"
